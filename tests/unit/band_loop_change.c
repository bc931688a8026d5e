/* SPDX-License-Identifier: MIT */
/* Loops and changes against a naive model: the list of all notes, written out. */
#include <errno.h>
#include <malloc.h>

#include "band_bench.h"
#include "music_random.h"

#define MAX_LIST 20000u

/* What must be heard. */
struct list {
	struct band_due due[MAX_LIST];
	uint32_t n;
};

static int by_time(const void *a, const void *b)
{
	const struct band_due *x = a, *y = b;

	if (x->due_ns != y->due_ns)
		return x->due_ns < y->due_ns ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->ump[0] < y->ump[0] ? -1 : x->ump[0] > y->ump[0];
}

static void add(struct list *list, int64_t due_ns, uint32_t ump)
{
	cr_assert_lt(list->n, MAX_LIST);
	list->due[list->n++] = due(due_ns, ump);
}

/* The list and what was decided, without what is due later: the same. */
static void assert_heard(struct list *list, const struct bench *b, int64_t until_ns, const char *what)
{
	struct list *got = calloc(1, sizeof(*got));
	uint32_t n = 0;

	/* who waits is a little late, and ends that follow too closely come later still (D-8) */
	for (uint32_t i = 0; b->sender.waits && i < list->n; i++) {
		if (!is_off(list->due[i].ump[0]))
			list->due[n++] = list->due[i];
	}
	list->n = b->sender.waits ? n : list->n;
	n = 0;
	for (uint32_t i = 0; i < b->n_decisions; i++) {
		if (b->decision[i].due_ns - T0 < until_ns &&
			!(b->sender.waits && is_off(b->decision[i].ump[0])))
			add(got, b->decision[i].due_ns - T0, b->decision[i].ump[0]);
	}
	qsort(list->due, list->n, sizeof(list->due[0]), by_time);
	qsort(got->due, got->n, sizeof(got->due[0]), by_time);
	while (n < list->n && list->due[n].due_ns < until_ns)
		n++;
	for (uint32_t i = 0; i < n && i < got->n; i++)
		cr_assert(list->due[i].due_ns == got->due[i].due_ns &&
				  list->due[i].ump[0] == got->due[i].ump[0],
			"%s: %u: %08x at %ld, not %08x at %ld", what, i, got->due[i].ump[0],
			got->due[i].due_ns, list->due[i].ump[0], list->due[i].due_ns);
	cr_assert_eq(got->n, n, "%s: %u, not %u", what, got->n, n);
	free(got);
}

static void assert_in_order(const struct bench *b)
{
	for (uint32_t i = 1; i < b->n; i++)
		cr_assert_leq(heard_ns(&b->message[i - 1]), heard_ns(&b->message[i]), "%u", i);
}

struct note {
	int64_t at_ns, len_ns;
	uint32_t key;
};

static struct note a_note(uint64_t *seed, int64_t from_ns, int64_t to_ns, uint32_t key)
{
	return (struct note){.at_ns = random_between(seed, from_ns / MS, to_ns / MS - 1) * MS,
		.len_ns = random_between(seed, 1, 700) * MS,
		.key = key};
}

Test(band_loop_change, loops,
	.description = "T-24 T-40: any loop, with notes that ring into it and over its end, is the list "
		       "written out, pass for pass")
{
	struct band_due *events = calloc(200, sizeof(*events));
	struct list *list = calloc(1, sizeof(*list));
	uint64_t seed = 1;

	for (uint32_t round = 0; round < 150; round++) {
		const int64_t start = random_between(&seed, 0, 2) * SECOND;
		const int64_t end = start + random_between(&seed, 200, 3000) * MS;
		struct band_schedule schedule = {
			.due = events, .loop_start_ns = start, .loop_end_ns = end, .end_ns = end};
		const struct mos_gate_policy policy = policy_of_contract();
		const bool is_folded = random_between(&seed, 0, 1);
		const int64_t until_ns = 20 * SECOND;
		struct bench b;
		struct band_loop *loop;

		list->n = 0;
		for (uint32_t i = 0; start && i < 10; i++) { /* before the loop: other keys */
			const struct note note = a_note(&seed, 0, start, 20 + i);

			events[schedule.n_due++] = due(note.at_ns, m_on(0, note.key, 90));
			events[schedule.n_due++] = due(note.at_ns + note.len_ns, m_off(0, note.key));
			add(list, note.at_ns, m_on(0, note.key, 90));
			add(list, note.at_ns + note.len_ns, m_off(0, note.key));
		}
		for (uint32_t i = 0; i < 20; i++) {
			const struct note note = a_note(&seed, start, end, 60 + i);
			const int64_t off_ns = note.at_ns + note.len_ns;

			events[schedule.n_due++] = due(note.at_ns, m_on(0, note.key, 90));
			events[schedule.n_due++] =
				due(is_folded ? start + (off_ns - start) % (end - start) : off_ns,
					m_off(0, note.key));
			for (int64_t ns = 0; ns < until_ns; ns += end - start) {
				add(list, ns + note.at_ns, m_on(0, note.key, 90));
				add(list, ns + off_ns, m_off(0, note.key));
			}
			/* in a loop that was folded already, the end is in the first pass, too */
			for (int64_t ns = off_ns - (end - start); is_folded && ns >= start; ns -= end - start)
				add(list, ns, m_off(0, note.key));
		}
		qsort(events, schedule.n_due, sizeof(events[0]), by_time);
		bench_init(&b);
		loop = band_loop_new(&schedule, &policy, &b.sender, T0);
		for (int64_t ns = T0 - 60 * MS; ns < T0 + until_ns;)
			(void)bench_run(&b, loop, ns += random_between(&seed, 1, 30 * MS));
		assert_heard(list, &b, until_ns, "T-24");
		assert_in_order(&b);
		band_loop_free(loop);
		cr_assert_eq(bench_sounding(&b), 0);
		bench_finish(&b);
	}
	free(list);
	free(events);
}

Test(band_loop_change, eight_hours,
	.description =
		"T-40: 8 hours at 120 BPM: the last bar is due to the nanosecond, and nothing has grown")
{
	struct band_due events[34];
	struct band_schedule schedule = {.due = events, .loop_end_ns = 2 * SECOND, .end_ns = 2 * SECOND};
	const struct mos_gate_policy policy = policy_of_contract();
	const int64_t until_ns = T0 + 8 * 3600 * SECOND;
	struct bench b;
	struct band_loop *loop;
	size_t before;
	uint64_t n_sent, n_late, n_dropped;

	for (uint32_t i = 0; i < 16; i++) {
		events[schedule.n_due++] = due(i * 125 * MS, m_on(i % 2, 48 + i, 15 + i * 5));
		events[schedule.n_due++] = due((i * 125 + 90) * MS, m_off(i % 2, 48 + i));
	}
	events[schedule.n_due++] = due(0, m_cc(15, 21, 1));
	bench_init(&b);
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	(void)bench_play(&b, loop, T0 - 100 * MS, T0 + 4 * SECOND);
	before = mallinfo2().uordblks;
	for (int64_t ns = T0 + 4 * SECOND; ns < until_ns; ns += 40 * MS) {
		b.n = b.n_flushed = b.n_decisions = 0;
		(void)bench_run(&b, loop, ns);
	}
	cr_assert_eq(mallinfo2().uordblks, before, "growth");
	b.n = b.n_flushed = 0;
	(void)bench_run(&b, loop, until_ns);
	cr_assert_eq(bench_count(&b, m_cc(15, 21, 1), NULL) + (b.n == 0), 1);
	band_loop_counts(loop, &n_sent, &n_late, &n_dropped);
	cr_assert(n_late == 0 && n_dropped == 0);
	cr_assert_eq(band_loop_position(loop, until_ns + 7), 7, "drift");
	cr_assert_geq(n_sent, 14400 * 33);
	band_loop_free(loop);
	bench_finish(&b);
}

/* The naive change: until `at`, one list; from it on, the other. */
struct song_list {
	struct band_due due[400];
	uint32_t n;
	int64_t bar_ns;
};

static void write_bars(struct song_list *list, uint64_t *seed, uint32_t from, uint32_t to, uint32_t key)
{
	for (uint32_t bar = from; bar < to; bar++) {
		for (uint32_t i = 0; i < 8; i++) {
			const struct note note = a_note(seed, bar * list->bar_ns, (bar + 1) * list->bar_ns,
				key + (uint32_t)random_between(seed, 0, 6));
			const uint32_t velocity = random_between(seed, 0, 3) ? 90 : 15;

			list->due[list->n++] = due(note.at_ns, m_on(0, note.key, velocity));
			list->due[list->n++] = due(note.at_ns + note.len_ns, m_off(0, note.key));
		}
	}
}

static struct band_schedule schedule_of(struct song_list *list, int64_t end_ns)
{
	qsort(list->due, list->n, sizeof(list->due[0]), by_time);
	return (struct band_schedule){.due = list->due, .n_due = list->n, .end_ns = end_ns};
}

Test(band_loop_change, at_a_bar_line,
	.description = "T-19 T-40 T-54: changes at bar lines of random songs, with random wake-ups: nothing "
		       "lost, nothing doubled, nothing left sounding, the bars stay where they were")
{
	uint64_t seed = 7;

	for (uint32_t round = 0; round < 300; round++) {
		struct song_list old = {.bar_ns = 800 * MS}, new = {.bar_ns = 800 * MS};
		const uint32_t at_bar = (uint32_t)random_between(&seed, 1, 7);
		const int64_t at_ns = at_bar * old.bar_ns, end_ns = 10 * old.bar_ns;
		struct mos_gate_policy policy = policy_of_contract();
		struct band_schedule schedule;
		struct list *list = calloc(1, sizeof(*list));
		struct bench b;
		struct band_loop *loop;
		bool is_changed = false;

		write_bars(&old, &seed, 0, at_bar, 60);
		new = old;
		write_bars(&old, &seed, at_bar, 8, 60);
		write_bars(&new, &seed, at_bar, 8, (uint32_t)random_between(&seed, 58, 80));
		for (uint32_t i = 0; i < new.n; i++)
			add(list, new.due[i].due_ns, new.due[i].ump[0]);
		schedule = schedule_of(&old, end_ns);
		bench_init(&b);
		b.sender.waits = random_between(&seed, 0, 1);
		loop = band_loop_new(&schedule, &policy, &b.sender, T0);
		schedule = schedule_of(&new, end_ns);
		for (int64_t ns = T0 - 60 * MS; ns < T0 + end_ns;) {
			(void)bench_run(&b, loop, ns += random_between(&seed, 1, 30 * MS));
			if (!is_changed && ns > T0 + at_ns - 400 * MS) {
				cr_assert_eq(band_loop_replace(loop, &schedule, at_ns), 0);
				is_changed = true;
			}
			cr_assert_eq(band_loop_position(loop, ns), ns < T0            ? 0
								   : ns < T0 + end_ns ? ns - T0
										      : end_ns);
		}
		assert_heard(list, &b, end_ns, "T-40");
		assert_in_order(&b);
		band_loop_free(loop);
		cr_assert_eq(bench_sounding(&b), 0, "round %u", round);
		bench_finish(&b);
		free(list);
	}
}

Test(band_loop_change, in_a_loop,
	.description = "T-40 T-19: a change in a later pass comes at the bar line that is reached next; what "
		       "the new song has no end for is let go there")
{
	/* two bars of a second; the note of bar 1 rings into bar 0 of the next pass */
	const struct band_due first[] = {due(0, m_on(0, 60, 90)), due(900 * MS, m_off(0, 60)),
		due(1500 * MS, m_on(0, 61, 90)), due(2200 * MS, m_off(0, 61))};
	/* other music from bar 1 on, which then repeats alone */
	const struct band_due second[] = {due(0, m_on(0, 60, 90)), due(900 * MS, m_off(0, 60)),
		due(SECOND, m_on(0, 70, 90)), due(1900 * MS, m_off(0, 70))};
	struct band_due copy[4];
	struct band_schedule schedule = {
		.due = copy, .n_due = 4, .loop_end_ns = 2 * SECOND, .end_ns = 2 * SECOND};
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	memcpy(copy, first, sizeof(copy));
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	(void)bench_play(&b, loop, T0, T0 + 6300 * MS); /* pass 3, bar 0 */
	memcpy(copy, second, sizeof(copy));
	schedule.loop_start_ns = SECOND;
	cr_assert_eq(band_loop_replace(loop, &schedule, SECOND), 0);
	b.n = b.n_flushed = 0;
	(void)bench_play(&b, loop, T0 + 6300 * MS, T0 + 8500 * MS);
	cr_assert_eq(b.n, 1 + 2 + 1, "%u", b.n);
	cr_assert(b.message[0].ump == m_off(0, 60) && b.message[0].due_ns == T0 + 6900 * MS, "as it was");
	cr_assert(
		b.message[1].ump == m_on(0, 70, 90) && b.message[1].due_ns == T0 + 7000 * MS, "at the line");
	cr_assert(
		b.message[3].ump == m_on(0, 70, 90) && b.message[3].due_ns == T0 + 8000 * MS, "its own loop");
	cr_assert_eq(band_loop_position(loop, T0 + 8250 * MS), 1250 * MS);

	/* the line at the loop's end, counted on behind it, from a song whose note rings over that line */
	memcpy(copy, first, sizeof(copy));
	copy[0] = due(2 * SECOND, m_on(0, 72, 90));
	copy[1] = due(2500 * MS, m_off(0, 72));
	copy[2] = due(SECOND, m_on(0, 70, 90));
	copy[3] = due(1900 * MS, m_off(0, 70));
	schedule.loop_start_ns = 2 * SECOND;
	schedule.loop_end_ns = schedule.end_ns = 3 * SECOND;
	cr_assert_eq(band_loop_replace(loop, &schedule, 2 * SECOND), 0);
	b.n = b.n_flushed = 0;
	(void)bench_play(&b, loop, T0 + 8500 * MS, T0 + 9900 * MS);
	cr_assert_eq(bench_count(&b, m_on(0, 72, 90), NULL), 1);
	cr_assert_eq(b.message[1].due_ns, T0 + 9 * SECOND);
	band_loop_free(loop);
	cr_assert_eq(bench_sounding(&b), 0);
	bench_finish(&b);
}

Test(band_loop_change, let_go_at_the_line,
	.description = "T-19: a note of the old song that the new one has no end for ends at the bar line")
{
	const struct band_schedule old =
		SCHEDULE(4 * SECOND, due(0, m_on(0, 60, 90)), due(3 * SECOND, m_off(0, 60)));
	const struct band_schedule new =
		SCHEDULE(4 * SECOND, due(2 * SECOND, m_on(0, 62, 90)), due(3 * SECOND, m_off(0, 62)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	loop = band_loop_new(&old, &policy, &b.sender, T0);
	(void)bench_play(&b, loop, T0, T0 + SECOND);
	cr_assert_eq(band_loop_replace(loop, &new, 2 * SECOND), 0);
	(void)bench_play(&b, loop, T0 + SECOND, T0 + 3900 * MS);
	cr_assert_eq(b.n, 4);
	cr_assert((b.message[1].ump & ~0x7fu) == m_off(0, 60) && b.message[1].due_ns == T0 + 2 * SECOND);
	cr_assert_eq(bench_count(&b, m_off(0, 60), NULL) + bench_count(&b, m_off(0, 60) | 0x40, NULL), 1,
		"and once");
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_change, end_without_a_note,
	.description = "T-19: the end of a note that was never struck, for it began before the change, does "
		       "not cut another")
{
	const struct band_schedule old =
		SCHEDULE(4 * SECOND, due(0, m_on(0, 48, 90)), due(SECOND, m_off(0, 48)));
	const struct band_schedule new = SCHEDULE(4 * SECOND, due(500 * MS, m_on(0, 60, 90)),
		due(1200 * MS, m_on(0, 60, 80)), due(1500 * MS, m_off(0, 60)), due(1800 * MS, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	loop = band_loop_new(&old, &policy, &b.sender, T0);
	(void)bench_play(&b, loop, T0, T0 + 700 * MS);
	cr_assert_eq(band_loop_replace(loop, &new, SECOND), 0);
	(void)bench_play(&b, loop, T0 + 700 * MS, T0 + 3900 * MS);
	cr_assert_eq(b.n, 4);
	cr_assert(is_off(b.message[1].ump) && b.message[1].due_ns == T0 + SECOND, "what sounds ends");
	cr_assert(b.message[3].ump == m_off(0, 60) && b.message[3].due_ns == T0 + 1800 * MS, "its own end");
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_change, ghost_before_the_line,
	.description =
		"T-19: a ghost that was dropped before the change does not swallow an end behind it (D-9)")
{
	const struct band_schedule old =
		SCHEDULE(4 * SECOND, due(900 * MS, m_on(0, 60, 14)), due(1100 * MS, m_off(0, 60)));
	const struct band_schedule new =
		SCHEDULE(4 * SECOND, due(1200 * MS, m_on(0, 60, 80)), due(1300 * MS, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	loop = band_loop_new(&old, &policy, &b.sender, T0);
	cr_assert_eq(band_loop_replace(loop, &new, SECOND), 0);
	(void)bench_play(&b, loop, T0 + 940 * MS, T0 + 3900 * MS);
	cr_assert_eq(b.n, 2, "%u", b.n);
	cr_assert(b.message[1].ump == m_off(0, 60) && b.message[1].due_ns == T0 + 1300 * MS);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_change, across_the_wrap,
	.description = "T-40: a place behind the wrap is counted on, also when the wrap was handed over "
		       "meanwhile; so is the position while the change waits")
{
	struct band_due events[2] = {due(0, m_on(0, 60, 90)), due(400 * MS, m_off(0, 60))};
	struct band_schedule schedule = {
		.due = events, .n_due = 2, .loop_end_ns = 2 * SECOND, .end_ns = 2 * SECOND};
	const struct mos_gate_policy policy = policy_of_contract();

	for (int64_t asked_ns = 1900 * MS; asked_ns <= 1960 * MS; asked_ns += 60 * MS) {
		struct bench b;
		struct band_loop *loop;

		bench_init(&b);
		schedule.loop_start_ns = 0;
		schedule.loop_end_ns = schedule.end_ns = 2 * SECOND;
		events[0] = due(0, m_on(0, 60, 90));
		loop = band_loop_new(&schedule, &policy, &b.sender, T0 - 4 * SECOND);
		(void)bench_play(&b, loop, T0 - 4 * SECOND, T0 + asked_ns - 20 * MS);
		(void)bench_run(&b, loop, T0 + asked_ns);
		cr_assert_eq(band_loop_position(loop, T0 + asked_ns), asked_ns);
		schedule.loop_start_ns = 2500 * MS;
		schedule.loop_end_ns = schedule.end_ns = 4500 * MS;
		events[0] = due(2500 * MS, m_on(0, 70, 90));
		events[1] = due(2900 * MS, m_off(0, 70));
		cr_assert_eq(band_loop_replace(loop, &schedule, 2500 * MS), 0);
		(void)bench_play(&b, loop, T0 + asked_ns, T0 + 2100 * MS);
		cr_assert_eq(band_loop_position(loop, T0 + 2100 * MS), 2100 * MS, "counted on");
		(void)bench_play(&b, loop, T0 + 2100 * MS, T0 + 2600 * MS);
		cr_assert_eq(b.message[b.n - 1].ump, m_on(0, 70, 90));
		cr_assert_eq(b.message[b.n - 1].due_ns, T0 + 2500 * MS);
		events[1] = due(400 * MS, m_off(0, 60));
		band_loop_free(loop);
		bench_finish(&b);
	}
}

Test(band_loop_change, too_late,
	.description = "T-40: a place that was handed over is refused and nothing changes; behind the end "
		       "there is none")
{
	struct band_schedule schedule =
		SCHEDULE(4 * SECOND, due(0, m_on(0, 60, 90)), due(SECOND, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	(void)bench_run(&b, loop, T0 + 950 * MS);
	cr_assert_eq(band_loop_replace(loop, &schedule, SECOND), -ETIME, "within the look-ahead");
	cr_assert_eq(band_loop_replace(loop, &schedule, SECOND + 1), 0);
	cr_assert_eq(band_loop_replace(loop, &schedule, 4 * SECOND + 1), -EINVAL);
	cr_assert_eq(band_loop_replace(loop, &schedule, -1), -EINVAL);
	band_loop_end(loop);
	cr_assert_eq(band_loop_replace(loop, &schedule, 2 * SECOND), -ESHUTDOWN);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_change, last_wins,
	.description = "T-40: two changes before one bar line: the last one is heard; a later one does not "
		       "lose the earlier one's bars")
{
	struct band_due a[] = {due(0, m_on(0, 60, 90)), due(4 * SECOND, m_off(0, 60))};
	struct band_due b1[] = {due(0, m_on(0, 60, 90)), due(SECOND, m_off(0, 60)),
		due(SECOND, m_on(0, 61, 90)), due(4 * SECOND, m_off(0, 61))};
	struct band_due c[] = {due(0, m_on(0, 60, 90)), due(SECOND, m_off(0, 60)),
		due(SECOND, m_on(0, 61, 90)), due(2 * SECOND, m_off(0, 61)), due(2 * SECOND, m_on(0, 62, 90)),
		due(3 * SECOND, m_off(0, 62))};
	const struct mos_gate_policy policy = policy_of_contract();
	struct band_schedule schedule = {.due = a, .n_due = 2, .end_ns = 4 * SECOND};
	struct bench b;
	struct band_loop *loop;

	bench_init(&b);
	loop = band_loop_new(&schedule, &policy, &b.sender, T0);
	(void)bench_run(&b, loop, T0);
	schedule.due = b1;
	schedule.n_due = 4;
	cr_assert_eq(band_loop_replace(loop, &schedule, SECOND), 0);
	schedule.due = c;
	schedule.n_due = 6;
	cr_assert_eq(band_loop_replace(loop, &schedule, 2 * SECOND), 0);
	(void)bench_play(&b, loop, T0 + MS, T0 + 3900 * MS);
	cr_assert_eq(b.n, 6);
	for (uint32_t i = 0; i < 6; i++)
		cr_assert(
			b.message[i].ump == c[i].ump[0] && b.message[i].due_ns == T0 + c[i].due_ns, "%u", i);
	band_loop_free(loop);
	bench_finish(&b);
}

Test(band_loop_change, a_thousand,
	.description =
		"T-40 T-19: a thousand changes while it loops: no growth, no drift, nothing left sounding")
{
	const struct mos_gate_policy policy = policy_of_contract();
	struct band_due events[2];
	struct band_schedule schedule = {.due = events, .n_due = 2};
	struct bench b;
	struct band_loop *loop = NULL;
	size_t before = 0;

	bench_init(&b);
	/* each loops over half a second, and is left where its loop ends */
	for (int64_t i = 0; i < 1000; i++) {
		schedule.loop_start_ns = i * 500 * MS;
		schedule.loop_end_ns = schedule.end_ns = (i + 1) * 500 * MS;
		events[0] = due(schedule.loop_start_ns, m_on(0, 60 + (uint32_t)i % 5, 90));
		events[1] = due(schedule.loop_start_ns + 400 * MS, m_off(0, 60 + (uint32_t)i % 5));
		if (i == 0)
			loop = band_loop_new(&schedule, &policy, &b.sender, T0);
		else
			cr_assert_eq(band_loop_replace(loop, &schedule, schedule.loop_start_ns), 0, "%ld", i);
		b.n_decisions = 0;
		(void)bench_play(&b, loop, T0 + i * 500 * MS - 100 * MS, T0 + (i + 1) * 500 * MS - 100 * MS);
		cr_assert_eq(band_loop_position(loop, T0 + i * 500 * MS + 200 * MS), i * 500 * MS + 200 * MS);
		if (i == 600)
			before = mallinfo2().uordblks - b.room * sizeof(*b.message);
	}
	cr_assert_eq(b.n, 2000);
	for (uint32_t i = 0; i < b.n; i++)
		cr_assert_eq(b.message[i].due_ns, T0 + i / 2 * 500 * MS + i % 2 * 400 * MS, "drift");
	cr_assert_leq(mallinfo2().uordblks - b.room * sizeof(*b.message), before + 64, "growth");
	band_loop_free(loop);
	cr_assert_eq(bench_sounding(&b), 0);
	bench_finish(&b);
}

Test(band_loop_change, stalls,
	.description =
		"T-42 T-43 T-19 T-61: random music with stalls of 50 and 500 ms: only late ornaments are "
		"dropped, all else is sent once, ends come after their notes, nothing is left sounding")
{
	uint64_t seed = 21;

	for (uint32_t round = 0; round < 200; round++) {
		struct song_list song = {.bar_ns = 800 * MS};
		const int64_t end_ns = 10 * song.bar_ns;
		const struct mos_gate_policy policy = policy_of_contract();
		struct band_schedule schedule;
		int64_t on_ns[128];
		uint32_t n_on = 0;
		struct bench b;
		struct band_loop *loop;

		write_bars(&song, &seed, 0, 8, 60);
		schedule = schedule_of(&song, end_ns);
		bench_init(&b);
		b.sender.waits = round % 2;
		loop = band_loop_new(&schedule, &policy, &b.sender, T0);
		for (int64_t ns = T0 - 60 * MS; ns < T0 + end_ns;) {
			static const int64_t stalls[] = {50 * MS, 500 * MS, 80 * MS, 2 * SECOND};

			(void)bench_run(&b, loop, ns);
			ns += random_between(&seed, 0, 20) ? random_between(&seed, 1, 10 * MS)
							   : stalls[random_between(&seed, 0, 3)];
		}
		cr_assert_eq(bench_play(&b, loop, T0 + end_ns + 3 * SECOND, T0 + end_ns + 4 * SECOND), 0);
		assert_in_order(&b);
		for (uint32_t i = 0; i < b.n_decisions; i++) {
			const struct band_decision *d = &b.decision[i];
			const bool is_late = d->sent_ns - d->due_ns > 35 * MS;

			if (!is_on(d->ump[0]))
				continue;
			n_on++;
			cr_assert_eq(
				d->verdict == MOS_GATE_DROP, is_late && (d->ump[0] & 127) <= 22, "T-42 T-43");
		}
		cr_assert_eq(n_on, 8 * 8, "each once");
		for (uint32_t i = 0; i < b.n; i++) {
			const uint32_t key = b.message[i].ump >> 8 & 127;

			if (is_on(b.message[i].ump))
				on_ns[key] = heard_ns(&b.message[i]);
			else if (is_off(b.message[i].ump) && i + 1 < b.n && !is_on(b.message[i + 1].ump))
				cr_assert_gt(heard_ns(&b.message[i]), on_ns[key], "no note of no length");
		}
		band_loop_free(loop);
		cr_assert_eq(bench_sounding(&b), 0);
		bench_finish(&b);
	}
}
