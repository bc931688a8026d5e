/* SPDX-License-Identifier: MIT */
/* The sender's loop by the contract's own clock model: what is late, what is dropped, in which order all is
 * sent. */
#include <errno.h>

#include "band_bench.h"
#include "music_random.h"

#define V1 "contract v1: a change of this needs another version (T-55): "

static struct band_loop *loop_of(
	struct bench *b, const struct band_schedule *schedule, const struct mos_gate_policy *policy)
{
	struct band_loop *loop;

	bench_init(b);
	loop = band_loop_new(schedule, policy, &b->sender, T0);
	cr_assert_not_null(loop, "errno %d", errno);
	return loop;
}

/* One schedule, woken once, so late. @return the verdicts in order, as letters. */
static const char *verdicts(
	const struct band_schedule *schedule, const struct mos_gate_policy *policy, int64_t now_ns)
{
	static char ret[64];
	struct bench b;
	struct band_loop *loop = loop_of(&b, schedule, policy);

	(void)bench_run(&b, loop, T0 + now_ns);
	for (uint32_t i = 0; i < b.n_decisions; i++)
		ret[i] = "sdo"[b.decision[i].verdict];
	ret[b.n_decisions] = 0;
	band_loop_free(loop);
	bench_finish(&b);
	return ret;
}

Test(band_loop, window,
	.description = "T-25 T-61: R-1, R-2: each event is handed over once, ahead, with its own time")
{
	struct bench b;
	struct band_due events[64];
	const struct band_schedule schedule = {.due = events, .n_due = 64, .end_ns = 4 * SECOND};
	const struct mos_gate_policy policy = policy_of_contract();
	struct band_loop *loop;
	int64_t wait_ns;

	/* eight chords of four notes and their ends: many messages at one time */
	for (uint32_t i = 0; i < 64; i++)
		events[i] = i % 8 < 4 ? due(i / 8 * 500 * MS, m_on(0, 48 + i % 4 * 4, 80))
				      : due(i / 8 * 500 * MS + 400 * MS, m_off(0, 48 + i % 4 * 4));
	loop = loop_of(&b, &schedule, &policy);
	wait_ns = bench_play(&b, loop, T0 - 100 * MS, T0 + 4 * SECOND - 1);
	cr_assert_gt(wait_ns, 0);
	cr_assert_eq(b.n, 64, "R-1: %u of 64", b.n);
	for (uint32_t i = 0; i < b.n; i++) {
		cr_assert_eq(b.message[i].due_ns, T0 + events[i].due_ns, "%u", i);
		cr_assert_eq(b.message[i].ump, events[i].ump[0], "%u", i);
		cr_assert_leq(b.message[i].due_ns - b.message[i].at_ns, BAND_LOOKAHEAD_NS, "never earlier");
		cr_assert_geq(b.message[i].due_ns - b.message[i].at_ns, BAND_LOOKAHEAD_NS - BAND_TICK_NS,
			"and well ahead");
	}
	cr_assert_eq(bench_run(&b, loop, T0 + 4 * SECOND), 0, "the end");
	cr_assert_eq(b.n_closed, 1);
	cr_assert_eq(bench_run(&b, loop, T0 + 5 * SECOND), 0, "and nothing more");
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop, waits,
	.description = "T-25: a backend that cannot schedule gets each message when it is due, not before")
{
	const struct band_schedule schedule =
		SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(123456789, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop = loop_of(&b, &schedule, &policy);

	b.sender.waits = true;
	cr_assert_eq(bench_run(&b, loop, T0 - 7), 7, "asks to be woken for the first");
	cr_assert_eq(b.n, 0);
	cr_assert_eq(bench_run(&b, loop, T0), 123456789);
	cr_assert_eq(b.n, 1);
	cr_assert_eq(bench_run(&b, loop, T0 + 123456789), SECOND - 123456789);
	cr_assert_eq(b.n, 2);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop, late_is_more_than_the_limit,
	.description = "T-41: 35.000 ms is not late, 35.001 ms is; whole nanoseconds (D-6)")
{
	const struct band_schedule one = SCHEDULE(SECOND, due(0, m_on(0, 60, 15)));
	const struct mos_gate_policy policy = policy_of_contract();

	cr_assert_str_eq(verdicts(&one, &policy, 35 * MS), "s", V1 "T-41");
	cr_assert_str_eq(verdicts(&one, &policy, 35 * MS + 1), "d", V1 "T-41");
	cr_assert_str_eq(verdicts(&one, &policy, 35001000), "d", V1 "T-41");
	cr_assert_str_eq(verdicts(&one, &policy, -BAND_LOOKAHEAD_NS), "s", "ahead");
}

Test(band_loop, ornament,
	.description =
		"T-44 T-18: 22 is dropped, 23 is sent, an end in the shape of velocity 0 is sent (D-1)")
{
	const struct band_schedule notes = SCHEDULE(SECOND, due(0, m_on(0, 60, 22)), due(1, m_on(0, 61, 23)),
		due(2, m_on(0, 61, 0)), due(3, m_on(0, 62, 1)));
	const struct mos_gate_policy policy = policy_of_contract();

	cr_assert_str_eq(
		verdicts(&notes, &policy, 50 * MS), "dsds", V1 "T-44; the end comes a tick later (D-8)");
}

Test(band_loop, policy_reaches_the_loop,
	.description = "T-45 T-22: the threshold and the limit are what was asked for; a limit of 0 drops "
		       "nothing (D-5)")
{
	const struct band_schedule notes = SCHEDULE(SECOND, due(0, m_on(0, 60, 30)), due(1, m_on(0, 61, 31)));
	struct mos_gate_policy policy = policy_of_contract();

	policy.ghost_vel_max = 30;
	cr_assert_str_eq(verdicts(&notes, &policy, 36 * MS), "ds", "T-45");
	policy.late_drop_ms = 500;
	cr_assert_str_eq(verdicts(&notes, &policy, 499 * MS), "ss");
	cr_assert_str_eq(verdicts(&notes, &policy, 501 * MS), "ds");
	policy.late_drop_ms = 0;
	cr_assert_str_eq(verdicts(&notes, &policy, 3600 * SECOND), "ss", "D-5");
	policy.late_drop_ms = 1;
	policy.ghost_vel_max = 0;
	cr_assert_str_eq(verdicts(&notes, &policy, 3600 * SECOND), "ss", "no ornaments at all");
}

Test(band_loop, stall,
	.description = "T-42 T-43 T-61: a stall of 50 ms drops the ghost and its end; all else is sent, "
		       "late, in order, the click and its end too (D-7)")
{
	const struct band_schedule schedule = SCHEDULE(SECOND, due(100 * MS, m_off(2, 50)),
		due(100 * MS, m_program(0, 5)), due(100 * MS, m_cc(0, 7, 100)),
		due(100 * MS, m_on(0, 60, 90)), due(101 * MS, m_on(0, 64, 15)),
		due(102 * MS, m_on(9, 37, 40)), due(103 * MS, m_off(0, 64)), due(180 * MS, m_off(9, 37)),
		due(190 * MS, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop = loop_of(&b, &schedule, &policy);
	const uint32_t sent[] = {m_off(2, 50), m_program(0, 5), m_cc(0, 7, 100), m_on(0, 60, 90),
		m_on(9, 37, 40), m_off(9, 37), m_off(0, 60)};
	uint64_t n_sent, n_late, n_dropped;

	(void)bench_run(&b, loop, T0 + 20 * MS); /* awake, nothing due */
	cr_assert_eq(b.n, 0);
	(void)bench_run(
		&b, loop, T0 + 152 * MS); /* it was to be 50 ms after the chord, and the ghost is 51 late */
	cr_assert_eq(b.n, 7);
	for (uint32_t i = 0; i < b.n; i++)
		cr_assert_eq(b.message[i].ump, sent[i], "%u: %08x", i, b.message[i].ump);
	band_loop_counts(loop, &n_sent, &n_late, &n_dropped);
	cr_assert(n_sent == 7 && n_dropped == 1 && n_late == 6 + 1, "%lu sent %lu late %lu dropped", n_sent,
		n_late, n_dropped);
	band_loop_free(loop);
	cr_assert_eq(bench_sounding(&b), 0);
	bench_finish(&b);
}

Test(band_loop, struck_after_its_end,
	.description = "T-43: unsafe is a note whose end is past: the note is sent, its end a tick of the "
		       "loop later, never alone (D-8)")
{
	const struct band_schedule schedule = SCHEDULE(SECOND, due(0, m_on(0, 60, 90)),
		due(100 * MS, m_off(0, 60)), due(200 * MS, m_on(0, 62, 90)), due(505 * MS, m_off(0, 62)));
	const struct mos_gate_policy policy = policy_of_contract();

	for (int waits = 0; waits < 2; waits++) {
		struct bench b;
		struct band_loop *loop = loop_of(&b, &schedule, &policy);
		uint32_t on, off;

		b.sender.waits = waits;
		(void)bench_play(&b, loop, T0 + 500 * MS, T0 + 600 * MS);
		cr_assert_eq(bench_count(&b, m_on(0, 60, 90), &on), 1);
		cr_assert_eq(bench_count(&b, m_off(0, 60), &off), 1);
		cr_assert_eq(heard_ns(&b.message[on]), T0 + 500 * MS);
		cr_assert_eq(heard_ns(&b.message[off]), T0 + 500 * MS + BAND_TICK_NS);
		cr_assert_eq(bench_count(&b, m_off(0, 62), &off), 1);
		cr_assert_eq(heard_ns(&b.message[off]), T0 + 505 * MS, "this one's own end is still ahead");
		band_loop_free(loop);
		bench_finish(&b);
	}
}

Test(band_loop, held_end_and_next_note,
	.description = "T-31 T-43: an end that was held back and a note of the same key at the same time: "
		       "the end first, with overlaps allowed too")
{
	const struct band_schedule schedule = SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(MS, m_off(0, 60)),
		due(60 * MS, m_on(0, 60, 80)), due(90 * MS, m_off(0, 60)));
	struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	policy.no_overlap = false;
	loop = loop_of(&b, &schedule, &policy);
	(void)bench_play(&b, loop, T0 + 50 * MS, T0 + 900 * MS);
	cr_assert_eq(b.n, 4);
	cr_assert(b.message[1].ump == m_off(0, 60) && b.message[1].due_ns == T0 + 60 * MS);
	cr_assert(b.message[2].ump == m_on(0, 60, 80) && b.message[2].due_ns == T0 + 60 * MS);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop, end_of_a_dropped_note,
	.description = "T-19: the end of a dropped ghost does not cut the chord that has the same key (D-9)")
{
	const struct band_schedule schedule = SCHEDULE(SECOND, due(0, m_on(0, 60, 90)),
		due(100 * MS, m_on(0, 60, 14)), due(130 * MS, m_off(0, 60)), due(400 * MS, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop = loop_of(&b, &schedule, &policy);

	(void)bench_run(&b, loop, T0 - BAND_LOOKAHEAD_NS);
	(void)bench_play(&b, loop, T0 + 140 * MS, T0 + 900 * MS);
	cr_assert_eq(b.n, 2);
	cr_assert_eq(b.message[1].ump, m_off(0, 60));
	cr_assert_eq(b.message[1].due_ns, T0 + 400 * MS, "the chord's own end");
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop, one_voice_a_key,
	.description =
		"T-19: a key that is down is let go before it is struck again; the older end is void (D-10)")
{
	const struct band_schedule schedule = SCHEDULE(SECOND, due(0, m_on(0, 60, 90)),
		due(100 * MS, m_on(0, 60, 80)), due(150 * MS, m_off(0, 60)), due(300 * MS, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop = loop_of(&b, &schedule, &policy);

	(void)bench_play(&b, loop, T0 - 100 * MS, T0 + 900 * MS);
	cr_assert_eq(b.n, 4);
	cr_assert(is_off(b.message[1].ump) && b.message[1].due_ns == T0 + 100 * MS);
	cr_assert(is_on(b.message[2].ump) && b.message[2].due_ns == T0 + 100 * MS);
	cr_assert(is_off(b.message[3].ump) && b.message[3].due_ns == T0 + 300 * MS);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop, order,
	.description = "T-31 T-32 T-33 T-59: at one time ends, then programs, controllers, notes; in the "
		       "schedule's order within (D-3, D-4)")
{
	const uint32_t want[] = {m_off(0, 60), m_off(1, 36), m_program(0, 0), m_program(1, 32),
		m_cc(15, 20, 3), m_cc(15, 21, 0), m_on(0, 60, 80), m_on(0, 64, 80), m_on(1, 36, 80)};
	struct band_due events[9];
	uint64_t seed = 5;

	/* as a schedule brings it, and with the classes in any order: those of one class keep theirs */
	for (uint32_t round = 0; round < 200; round++) {
		const struct band_schedule schedule = {.due = events, .n_due = 9, .end_ns = SECOND};
		const struct mos_gate_policy policy = policy_of_contract();
		uint32_t at[4] = {0, 2, 4, 6};
		const uint32_t end[4] = {2, 4, 6, 9};
		struct bench b;
		struct band_loop *loop;

		for (uint32_t i = 0; i < 9;) {
			const uint32_t class = round == 0 ? (uint32_t)(i >= 2) + (i >= 4) + (i >= 6)
							  : (uint32_t)random_between(&seed, 0, 3);

			if (at[class] < end[class])
				events[i++] = due(50 * MS, want[at[class]++]);
		}
		loop = loop_of(&b, &schedule, &policy);
		(void)bench_play(&b, loop, T0 - 100 * MS, T0 + 200 * MS);
		cr_assert_eq(b.n, 9);
		for (uint32_t i = 0; i < 9; i++)
			cr_assert_eq(b.message[i].ump, want[i], V1 "T-31: round %u, %u", round, i);
		band_loop_free(loop);
		bench_finish(&b);
	}
}

Test(band_loop, telemetry_in_a_stall,
	.description = "T-49 T-54: telemetry shares the queue: in a stall one pair a missed bar, before that "
		       "bar's notes, none dropped (D-19)")
{
	struct band_due events[8 * 4];
	const struct band_schedule with = {.due = events, .n_due = 32, .end_ns = 17 * SECOND};
	struct band_due notes[8 * 2];
	const struct band_schedule without = {.due = notes, .n_due = 16, .end_ns = 17 * SECOND};
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench a, b;
	struct band_loop *loop, *plain;
	uint32_t n_notes = 0;

	for (uint32_t bar = 0; bar < 8; bar++) {
		events[4 * bar] = due(bar * 2 * SECOND, m_cc(15, 20, 7 - bar));
		events[4 * bar + 1] = due(bar * 2 * SECOND, m_cc(15, 21, bar));
		events[4 * bar + 2] = notes[2 * bar] = due(bar * 2 * SECOND, m_on(0, 60 + bar, 90));
		events[4 * bar + 3] = notes[2 * bar + 1] = due(bar * 2 * SECOND + SECOND, m_off(0, 60 + bar));
	}
	loop = loop_of(&a, &with, &policy);
	plain = loop_of(&b, &without, &policy);
	(void)bench_run(&a, loop, T0);
	(void)bench_run(&b, plain, T0);
	(void)bench_play(&a, loop, T0 + 9 * SECOND, T0 + 20 * SECOND); /* bars 1 to 4 come too late */
	(void)bench_play(&b, plain, T0 + 9 * SECOND, T0 + 20 * SECOND);
	for (uint32_t bar = 0; bar < 8; bar++) {
		uint32_t down = 0, up = 0, note = 0;

		cr_assert_eq(bench_count(&a, m_cc(15, 20, 7 - bar), &down), 1, "D-19: bar %u", bar);
		cr_assert_eq(bench_count(&a, m_cc(15, 21, bar), &up), 1);
		cr_assert_eq(bench_count(&a, m_on(0, 60 + bar, 90), &note), 1);
		cr_assert(down + 1 == up && up < note, "D-19: before its notes");
		cr_assert_eq(a.message[down].due_ns, T0 + bar * 2 * SECOND, "T-49: due at the bar's start");
	}
	for (uint32_t i = 0; i < a.n; i++) {
		const bool is_telemetry = (a.message[i].ump & 0x000f0000u) == 0x000f0000u;

		if (is_telemetry || (a.message[i].ump & 0x00f00000u) == 0x00b00000u)
			continue;
		cr_assert_eq(a.message[i].ump, b.message[n_notes].ump, "T-54: the notes are the same");
		cr_assert_eq(heard_ns(&a.message[i]), heard_ns(&b.message[n_notes]), "T-54");
		n_notes++;
	}
	cr_assert_eq(n_notes, 16);
	band_loop_free(loop);
	band_loop_free(plain);
	bench_finish(&a);
	bench_finish(&b);
}

/* Two bars that repeat, with ghosts, overlaps and controllers. */
static struct band_schedule two_bars(struct band_due *events, uint64_t seed)
{
	struct band_schedule schedule = {.due = events, .loop_end_ns = 4 * SECOND, .end_ns = 4 * SECOND};

	for (uint32_t i = 0; i < 40; i++) {
		const int64_t at_ns = random_between(&seed, 0, 31) * 125 * MS;
		const uint32_t key = (uint32_t)random_between(&seed, 48, 60);
		const uint32_t velocity = (uint32_t)(i % 3 == 0 ? random_between(&seed, 1, 22) : 80);

		events[schedule.n_due++] = due(at_ns, m_on(i % 4, key, velocity));
		events[schedule.n_due++] = due((at_ns + 250 * MS) % (4 * SECOND), m_off(i % 4, key));
		if (i % 5 == 0)
			events[schedule.n_due++] = due(at_ns, m_cc(15, 20, i));
	}
	return schedule;
}

static uint64_t hash_of(const struct bench *b)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (uint32_t i = 0; i < b->n_decisions; i++) {
		const struct band_decision *d = &b->decision[i];
		const uint64_t values[] = {(uint64_t)d->due_ns, (uint64_t)d->sent_ns, d->ump[0], d->verdict};

		for (uint32_t k = 0; k < 4 * 8; k++)
			hash = (hash ^ (values[k / 8] >> k % 8 * 8 & 0xff)) * UINT64_C(0x100000001b3);
	}
	return hash;
}

Test(band_loop, replay,
	.description = "T-2: one recorded list of wake-ups gives one list of decisions, in every build")
{
	struct band_due events[100];
	const struct band_schedule schedule = two_bars(events, 11);
	const struct mos_gate_policy policy = policy_of_contract();
	uint64_t hash[2];

	for (int run = 0; run < 2; run++) {
		struct bench b;
		struct band_loop *loop = loop_of(&b, &schedule, &policy);
		uint64_t seed = 99;

		for (int64_t ns = T0; ns < T0 + 60 * SECOND;)
			(void)bench_run(&b, loop,
				ns += random_between(&seed, 0, 20)
					      ? random_between(&seed, 1, 30 * MS)
					      : random_between(&seed, 50 * MS, 500 * MS));
		hash[run] = hash_of(&b);
		cr_assert_gt(b.n_decisions, 1000);
		band_loop_free(loop);
		cr_assert_eq(bench_sounding(&b), 0);
		bench_finish(&b);
	}
	cr_assert_eq(hash[0], hash[1]);
	cr_assert_eq(hash[0], UINT64_C(0x7d7de93ea85ed213),
		"T-2: %016lx, and it is the same with every compiler", hash[0]);
}

Test(band_loop, second_cycle,
	.description = "T-24: a cycle is as the one before it, exactly one length later")
{
	struct band_due events[100];
	const struct band_schedule schedule = two_bars(events, 12);
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop = loop_of(&b, &schedule, &policy);

	(void)bench_play(&b, loop, T0 - 100 * MS, T0 + 17 * SECOND);
	for (uint32_t i = schedule.n_due; i < 4 * schedule.n_due; i++) {
		cr_assert_eq(b.decision[i].ump[0], b.decision[i - schedule.n_due].ump[0], "%u", i);
		cr_assert_eq(
			b.decision[i].due_ns, b.decision[i - schedule.n_due].due_ns + 4 * SECOND, "%u", i);
	}
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop, refused, .description = "T-14: what cannot be a schedule is refused before anything is sent")
{
	const struct mos_gate_policy policy = policy_of_contract();
	const struct band_schedule good = SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(MS, m_off(0, 60)));
	struct band_schedule bad;
	struct band_due event;
	struct bench b;

	bench_init(&b);
	for (int i = 0; i < 8; i++) {
		event = good.due[0];
		bad = good;
		bad.due = &event;
		bad.n_due = 1;
		if (i == 0)
			event.due_ns = -1;
		else if (i == 1)
			event.due_ns = INT64_MAX;
		else if (i == 2)
			event.ump[0] = 0xf0000000u;
		else if (i == 3)
			event.rank = 4;
		else if (i == 4)
			bad.end_ns = -1;
		else if (i == 5)
			bad.loop_start_ns = bad.loop_end_ns = 5;
		else if (i == 6)
			bad.loop_start_ns = SECOND, bad.loop_end_ns = SECOND + MS - 1;
		else
			bad.n_due = UINT32_MAX;
		errno = 0;
		cr_assert_null(band_loop_new(&bad, &policy, &b.sender, T0), "%d", i);
		cr_assert_eq(errno, EINVAL, "%d", i);
	}
	cr_assert(b.n_sends == 0 && b.n_closed == 0, "the sender stays the caller's");
	bench_finish(&b);
}

Test(band_loop, empty,
	.description = "T-24: no events: it ends at its end; an endless silence neither ends nor keeps a "
		       "processor busy")
{
	const struct mos_gate_policy policy = policy_of_contract();
	struct band_schedule schedule = {.end_ns = SECOND};
	struct bench b;
	struct band_loop *loop = loop_of(&b, &schedule, &policy);

	cr_assert_eq(bench_run(&b, loop, T0), SECOND);
	cr_assert_eq(bench_run(&b, loop, T0 + SECOND), 0);
	band_loop_free(loop);
	bench_finish(&b);

	schedule.loop_end_ns = SECOND;
	loop = loop_of(&b, &schedule, &policy);
	for (int64_t ns = T0; ns < T0 + 100 * SECOND; ns += SECOND)
		cr_assert_eq(bench_run(&b, loop, ns), SECOND);
	cr_assert_eq(band_loop_position(loop, T0 + 100 * SECOND + 3), 3);
	band_loop_free(loop);
	bench_finish(&b);
}
