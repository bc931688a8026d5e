/* SPDX-License-Identifier: MIT */
/* A band that plays on and on while its player changes style, tempo, chords and how hard it plays, bar after
 * bar. */
#include <errno.h>
#include <stdio.h>

#include "band_bench.h"
#include "band_fixture.h"
#include "music_random.h"

#define MAX_LIST 60000u

/* What must be struck, written out. */
struct list {
	struct band_due due[MAX_LIST];
	uint32_t n;
};

/* The schedule's messages but the ends of notes from one place to another; its loop as often as it takes. */
static void write_out(
	struct list *list, const struct band_schedule *s, int64_t from_ns, int64_t to_ns, int64_t origin_ns)
{
	const int64_t len_ns = s->loop_end_ns - s->loop_start_ns;

	for (int64_t pass_ns = 0; pass_ns == 0 || (len_ns && s->loop_start_ns + pass_ns < to_ns);
		pass_ns += len_ns) {
		for (uint32_t i = 0; i < s->n_due; i++) {
			const struct band_due *d = &s->due[i];
			const int64_t ns = d->due_ns + pass_ns;

			if (is_off(d->ump[0]) || ns < from_ns || ns >= to_ns ||
				(pass_ns && d->due_ns < s->loop_start_ns) ||
				(len_ns && d->due_ns >= s->loop_end_ns))
				continue;
			cr_assert_lt(list->n, MAX_LIST);
			list->due[list->n] = *d;
			list->due[list->n++].due_ns = origin_ns + ns;
		}
		if (len_ns == 0)
			return;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct band_due *x = a, *y = b;

	if (x->due_ns != y->due_ns)
		return x->due_ns < y->due_ns ? -1 : 1;
	return x->ump[0] < y->ump[0] ? -1 : x->ump[0] > y->ump[0];
}

static void assert_struck(struct list *want, const struct bench *b, int64_t until_ns, uint64_t round)
{
	struct list *got = calloc(1, sizeof(*got));

	for (uint32_t i = 0; i < b->n_decisions; i++) {
		const struct band_decision *d = &b->decision[i];

		if (is_off(d->ump[0]) || d->due_ns >= until_ns)
			continue;
		cr_assert_lt(got->n, MAX_LIST);
		got->due[got->n++] = (struct band_due){.due_ns = d->due_ns, .ump = {d->ump[0]}};
	}
	qsort(want->due, want->n, sizeof(want->due[0]), by_time);
	qsort(got->due, got->n, sizeof(got->due[0]), by_time);
	for (uint32_t i = 0; i < want->n && i < got->n; i++)
		cr_assert(want->due[i].due_ns == got->due[i].due_ns &&
				  want->due[i].ump[0] == got->due[i].ump[0],
			"round %lu: %u: %08x at %ld, not %08x at %ld", round, i, got->due[i].ump[0],
			got->due[i].due_ns - T0, want->due[i].ump[0], want->due[i].due_ns - T0);
	cr_assert_eq(want->n, got->n, "round %lu: %u, not %u", round, got->n, want->n);
	free(got);
}

static void random_piece(struct band_piece *piece, uint64_t *seed)
{
	static const char *const styles[] = {
		"swing", "bossa", "ballad", "ballad_basic", "samba_brazil_full", "waltz"};
	static const char *const chords[] = {"Dm7 G7 Cmaj7", "C7 F7 | G7", "Am7 D7 Gmaj7 E7", "Cmaj7"};
	static const char *const tempi[] = {"240", "200", "300", "263"};
	static const char *const intensities[] = {"soft", "medium", "hard"};
	struct band_overrides flags = {0};

	flags.value[BAND_KEY_STYLE] = styles[random_between(seed, 0, 5)];
	flags.value[BAND_KEY_CHORDS] = chords[random_between(seed, 0, 3)];
	flags.value[BAND_KEY_TEMPO] = tempi[random_between(seed, 0, 3)];
	flags.value[BAND_KEY_INTENSITY] = intensities[random_between(seed, 0, 2)];
	flags.value[BAND_KEY_SWING] = random_between(seed, 0, 1) ? "0.6" : "0";
	flags.value[BAND_KEY_HUMANIZE_MS] = random_between(seed, 0, 1) ? "8" : NULL;
	flags.value[BAND_KEY_HUMANIZE_SEED] = "7";
	piece_render(piece, NULL, &flags);
}

Test(band_loop_splice, while_it_loops,
	.description =
		"T-19 T-40: changes of everything at bar lines of an endless performance: bar for bar what "
		"the performance of the time says, nothing doubled, nothing lost, nothing left sounding",
	.timeout = 60)
{
	struct list *want = malloc(sizeof(*want));
	uint64_t seed = 17;

	for (uint64_t round = 0; round < 12; round++) {
		struct band_piece *piece = malloc(sizeof(*piece));
		struct band_report report = {0};
		struct band_options options;
		struct band_performance *p;
		struct band_schedule schedule;
		struct bench b;
		struct band_loop *loop;
		int64_t ns = T0, origin_ns = T0, from_ns = 0;

		want->n = 0;
		random_piece(piece, &seed);
		band_options_init(&options);
		options.choruses = 0;
		options.bar_cc = round % 2;
		options.click = round % 3 == 0;
		p = band_performance_new(&(struct band_item){&piece->in, 1}, 1, &options, &report);
		cr_assert_not_null(p, "%s", report.issue[0].message);
		cr_assert_eq(band_performance_schedule(p, &report, &schedule), 0);
		piece_finish(piece);
		bench_init(&b);
		loop = band_loop_new(&schedule, &options.gate, &b.sender, T0);
		for (uint32_t change = 0; change < 6; change++) {
			const int64_t until_ns = ns + random_between(&seed, 100, 9000) * MS;
			struct band_schedule next_schedule;
			struct band_performance *next;
			int64_t at_ns, position_ns;
			uint32_t bar = 0;

			(void)bench_play(&b, loop, ns, until_ns);
			ns = until_ns;
			/* the line that is reached 150 ms from now or later, counted on behind the loop's end
			 */
			position_ns = band_loop_position(loop, ns);
			while (band_performance_bar_ns(p, bar) <= position_ns + 150 * MS)
				bar++;
			random_piece(piece, &seed);
			options.click = random_between(&seed, 0, 1);
			next = band_performance_splice(
				p, bar, &piece->in, &options, random_between(&seed, 0, 1), &report);
			cr_assert_not_null(next, "%s", report.issue[0].message);
			piece_finish(piece);
			at_ns = band_performance_bar_ns(p, bar);
			cr_assert_eq(band_performance_schedule(next, &report, &next_schedule), 0);
			cr_assert_eq(band_loop_replace(loop, &next_schedule, at_ns), 0, "round %lu", round);
			write_out(want, &schedule, from_ns, ns - position_ns + at_ns - origin_ns, origin_ns);
			from_ns = at_ns;
			origin_ns = ns - position_ns;
			band_schedule_finish(&schedule);
			band_performance_free(p);
			schedule = next_schedule;
			p = next;
		}
		(void)bench_play(&b, loop, ns, ns + 5 * SECOND);
		write_out(want, &schedule, from_ns, ns + 5 * SECOND - origin_ns, origin_ns);
		assert_struck(want, &b, ns + 5 * SECOND, round);
		cr_assert_eq(b.n_closed, 0);
		band_loop_free(loop);
		cr_assert_eq(bench_sounding(&b), 0, "round %lu", round);
		bench_finish(&b);
		band_schedule_finish(&schedule);
		band_performance_free(p);
		free(piece);
	}
	free(want);
}
