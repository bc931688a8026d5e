/* SPDX-License-Identifier: MIT */
/* Every way out of the loop leaves nothing sounding and closes the sender once. */
#include <errno.h>

#include "band_bench.h"

#define N_CONTROLLERS 4u

static struct band_schedule two_chords(struct band_due *events)
{
	struct band_schedule schedule = {.due = events, .end_ns = 2 * SECOND};

	for (uint32_t i = 0; i < 16; i++) {
		const uint32_t key = 48 + i % 4 * 4 + i / 8;

		events[i] = i % 8 < 4 ? due(i / 8 * SECOND, m_on(i % 3, key, 80))
				      : due(i / 8 * SECOND + 900 * MS, m_off(i % 8 % 4 % 3, key));
	}
	for (uint32_t i = 0; i < 16; i++)
		events[i].ump[0] = (events[i].ump[0] & ~0x000f0000u) | (i % 4 % 3) << 16;
	schedule.n_due = 16;
	return schedule;
}

/* The sweep: on each channel of 16 the pedal first, then all notes off, all sound off, controllers reset. */
static void assert_sweep(const struct bench *b, uint32_t from, const char *what)
{
	static const uint32_t controllers[N_CONTROLLERS] = {64, 123, 120, 121};

	cr_assert_eq(b->n - from, 16 * N_CONTROLLERS, "%s: %u messages", what, b->n - from);
	for (uint32_t i = 0; i < 16 * N_CONTROLLERS; i++)
		cr_assert_eq(b->message[from + i].ump,
			m_cc(i / N_CONTROLLERS, controllers[i % N_CONTROLLERS], 0), "%s: %u: %08x", what, i,
			b->message[from + i].ump);
}

Test(band_loop_end, while_a_chord_sounds,
	.description = "T-46 T-62 T-19: ended in a chord: its keys are let go, then the sweep, then the "
		       "sender is closed; without the flag the keys still are (D-11)")
{
	struct band_due events[16];
	const struct band_schedule schedule = two_chords(events);

	for (int panic = 0; panic < 2; panic++) {
		struct mos_gate_policy policy = policy_of_contract();
		struct bench b;
		struct band_loop *loop;
		uint32_t n_before;

		bench_init(&b);
		policy.panic = panic;
		loop = band_loop_new(&schedule, &policy, &b.sender, T0);
		(void)bench_play(&b, loop, T0 - 100 * MS, T0 + 400 * MS);
		cr_assert_eq(bench_sounding(&b), 4);
		n_before = b.n;
		band_loop_end(loop);
		cr_assert_eq(bench_sounding(&b), 0, "D-11");
		for (uint32_t i = n_before; i < n_before + 4; i++)
			cr_assert(is_off(b.message[i].ump), "T-62: its keys first");
		if (panic)
			assert_sweep(&b, n_before + 4, "T-46");
		else
			cr_assert_eq(b.n, n_before + 4);
		cr_assert_eq(b.n_closed, 1);
		band_loop_end(loop);
		band_loop_free(loop);
		cr_assert(b.n_closed == 1 && b.n_after_close == 0, "once");
		bench_finish(&b);
	}
}

Test(band_loop_end, behind_what_was_handed_over,
	.description = "T-19 T-46: what was handed over ahead of its time cannot begin after its end")
{
	struct band_due events[16];
	const struct band_schedule schedule = two_chords(events);
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;
	int64_t last_ns = 0;

	bench_init(&b);
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	(void)bench_run(&b, loop, T0 - BAND_LOOKAHEAD_NS); /* the chord is 50 ms ahead */
	cr_assert_eq(b.n, 4);
	band_loop_end(loop);
	for (uint32_t i = 0; i < b.n; i++) {
		cr_assert_geq(heard_ns(&b.message[i]), last_ns, "%u is heard before %u", i, i - 1);
		last_ns = heard_ns(&b.message[i]);
	}
	cr_assert_eq(bench_sounding(&b), 0);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_end, at_the_end,
	.description = "T-46 T-19: played to its end it ends as well: sweep and close")
{
	const struct band_schedule schedule =
		SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(SECOND, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	cr_assert_eq(bench_play(&b, loop, T0, T0 + 2 * SECOND), 0);
	assert_sweep(&b, 2, "T-46");
	cr_assert_eq(b.n_closed, 1);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_end, before_the_start,
	.description = "T-46 T-47: never played: the sweep, one close; freeing alone does it, too")
{
	struct band_due events[16];
	const struct band_schedule schedule = two_chords(events);
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;

	bench_init(&b);
	band_loop_free(band_loop_new(&schedule, &policy, &b.sender, T0));
	assert_sweep(&b, 0, "T-47");
	cr_assert_eq(b.n_closed, 1);
	band_loop_free(NULL);
	bench_finish(&b);
}

/* A sender that fails: at one message or from it on, when it is sent or when it is flushed. */
static void fail(uint32_t at, bool panic, bool for_good, bool flush)
{
	struct band_due events[16];
	const struct band_schedule schedule = two_chords(events);
	struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;
	int64_t rc;

	bench_init(&b);
	b.fail_at = at;
	b.fail_for_good = for_good;
	b.fail_flush = flush;
	policy.panic = panic;
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	rc = bench_play(&b, loop, T0, T0 + 3 * SECOND);
	cr_assert_eq(rc, at <= schedule.n_due ? -EIO : 0, "%u of %u: %ld", at, schedule.n_due, rc);
	cr_assert_eq(b.n_closed, 1, "%u: closed %u times", at, b.n_closed);
	if (at <= schedule.n_due)
		cr_assert_eq(bench_run(&b, loop, T0 + 4 * SECOND), -EIO, "it stays failed");
	band_loop_free(loop);
	cr_assert(b.n_closed == 1 && b.n_after_close == 0, "%u", at);
	if (!for_good)
		cr_assert_eq(bench_sounding(&b), 0, "T-17: message %u panic %d flush %d: %u keys sound", at,
			panic, flush, bench_sounding(&b));
	/* all was tried, whatever failed */
	cr_assert_geq(b.n_sends, panic ? 16 * N_CONTROLLERS : 0, "T-47: %u", b.n_sends);
	if (panic && !for_good && at <= schedule.n_due)
		assert_sweep(&b, b.n - 16 * N_CONTROLLERS, "T-47");
	bench_finish(&b);
}

Test(band_loop_end, sender_fails,
	.description = "T-17 T-19 T-47: a sender that fails at the n-th message, once or for good, for every "
		       "n, with both flags: RT_BACKEND_FAILURE, nothing left down, one close")
{
	for (uint32_t at = 1; at <= 16 + 16 * N_CONTROLLERS + 1; at++) {
		for (int i = 0; i < 8; i++)
			fail(at, i & 1, i & 2, i & 4);
	}
}

Test(band_loop_end, two_groups,
	.description = "T-19 T-46: keys of any UMP group are let go, and their channels swept")
{
	struct band_schedule schedule = SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(0, m_on(3, 61, 90)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	schedule.due[1].ump[0] |= 0x02000000u;
	bench_init(&b);
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	(void)bench_run(&b, loop, T0);
	band_loop_end(loop);
	cr_assert_eq(bench_count(&b, 0x22833d40u, NULL) + bench_count(&b, 0x22833d00u, NULL), 1);
	cr_assert_eq(bench_count(&b, 0x22b37b00u, NULL), 1, "all notes off of group 2, channel 3");
	band_loop_free(loop);
	bench_finish(&b);
}
