/* SPDX-License-Identifier: MIT */
/*
 * Tablature proposed for every fretted part of the Guitar Pro corpus, as if nobody had written any (HRM-09):
 * a hand can play it, and nearly every note has a place, since somebody did play these pieces.
 */
#include <criterion/criterion.h>

#include <math.h>

#include <score/format.h>
#include <score/tablature.h>

#define CORPUS "guitarpro"
#include "corpus.h"

struct sum {
	uint64_t files, parts, notes, left_out, unreachable, holes, filled, written, fingered;
	float widest_mm;
};

/* The places of the notes of a part, from the layer. */
static void check_part(const struct score *score, const struct score_part *part, struct sum *sum)
{
	uint32_t n_strings, n = 0;
	struct nvx_tab tab[16];
	int64_t tick = -1;

	(void)nvx_items(score->pool, part->part.tuning, &n_strings);
	for (uint32_t i = 0; i < score_n_tab(score); i++) {
		const struct nvx_tab *t = score_tab(score, i);

		if (t->e.part_id != part->part.id)
			continue;
		if (t->e.tick != tick)
			n = 0;
		tick = t->e.tick;
		cr_assert(t->string >= 1 && t->string <= n_strings);
		float low = 1e9f, high = 0;
		for (uint32_t k = 0; k < n; k++) {
			cr_assert_neq(tab[k].string, t->string, "%s: two notes on a string at tick %lld",
				score_text(score, part->part.name), (long long)tick);
		}
		cr_assert_lt(n, 16);
		tab[n++] = *t;
		for (uint32_t k = 0; k < n; k++)
			if (tab[k].fret) {
				const float mm = mos_fret_mm(&mos_fret_guitar, tab[k].fret + part->part.capo);

				low = fminf(low, mm);
				high = fmaxf(high, mm);
			}
		if (high > 0) {
			cr_assert_leq(high - low, MOS_FRET_REACH_MM + 0.01f);
			sum->widest_mm = fmaxf(sum->widest_mm, high - low);
		}
	}
}

/* Of a score without any tablature: what was written goes first. */
static struct score *bare(const struct score *score)
{
	struct score_report report = {0};
	struct score_change change;
	struct score *ret = NULL;

	score_change_init(&change, score);
	for (uint32_t i = 0; i < score_n_tab(score); i++)
		cr_assert_eq(score_change_add(
				     &change, SCORE_OP_REMOVE, NVX_LIST_tab, 0, 0, score_tab(score, i), NULL),
			0);
	for (uint32_t i = 0; i < score_n_fingering(score); i++)
		cr_assert_eq(score_change_add(&change, SCORE_OP_REMOVE, NVX_LIST_fingering, 0, 0,
				     score_fingering(score, i), NULL),
			0);
	cr_assert_eq(score_apply(score, &change, &report, &ret), 0, "%s: %s", report.error[0].where,
		report.error[0].reason);
	score_change_finish(&change);
	return ret;
}

static void propose(const char *name, const struct score *score, struct sum *sum)
{
	struct score_tablature_report found;
	struct score_report report = {0};
	struct score_change change;
	struct score *with = NULL, *again = NULL;

	cr_assert_eq(score_tablature(score, 0, 0, &change, &found), 0);
	sum->left_out += found.fret.n_left_out;
	sum->unreachable += found.fret.n_unreachable;
	sum->parts += found.n_parts;
	sum->notes += found.n_placed + found.fret.n_left_out;
	cr_assert_eq(score_apply(score, &change, &report, &with), 0, "%s: %s: %s", name,
		report.error[0].where, report.error[0].reason);
	score_change_finish(&change);
	cr_assert_eq(score_n_tab(with), found.n_placed, "%s", name);
	for (uint32_t i = 0; i < with->n_parts; i++)
		if (with->part[i]->part.tuning)
			check_part(with, with->part[i], sum);
	/* Once more: what was proposed is proposed anew, and nothing piles up. */
	cr_assert_eq(score_tablature(with, 0, 0, &change, &found), 0);
	cr_assert_eq(score_apply(with, &change, &report, &again), 0);
	cr_assert_eq(score_n_tab(again), score_n_tab(with));
	cr_assert_eq(score_n_fingering(again), score_n_fingering(with));
	score_change_finish(&change);
	score_unref(again);
	score_unref(with);
}

/* Every third note's own place is taken away: what is proposed fits between the others, and these stay. */
static void fill_gaps(const char *name, const struct score *score, struct sum *sum)
{
	struct score_tablature_report found;
	struct score_report report = {0};
	struct score_change change;
	struct score *holes = NULL, *with = NULL;
	uint32_t n_removed = 0;

	score_change_init(&change, score);
	for (uint32_t i = 0; i < score_n_tab(score); i += 3, n_removed++)
		cr_assert_eq(score_change_add(
				     &change, SCORE_OP_REMOVE, NVX_LIST_tab, 0, 0, score_tab(score, i), NULL),
			0);
	cr_assert_eq(score_apply(score, &change, &report, &holes), 0);
	score_change_finish(&change);
	cr_assert_eq(score_tablature(holes, 0, 0, &change, &found), 0);
	cr_assert_eq(score_apply(holes, &change, &report, &with), 0, "%s: %s: %s", name,
		report.error[0].where, report.error[0].reason);
	score_change_finish(&change);
	cr_assert_eq(score_n_tab(with), score_n_tab(holes) + found.n_placed);
	sum->holes += n_removed;
	sum->filled += found.n_placed;
	score_unref(with);
	score_unref(holes);
}

/* As it is written: no place is another than before, and nearly all get fingers. */
static void finger_it(const char *name, const struct score *score, struct sum *sum)
{
	struct score_tablature_report found;
	struct score_report report = {0};
	struct score_change change;
	struct score *with = NULL;

	cr_assert_eq(score_tablature(score, 0, 0, &change, &found), 0);
	for (size_t i = 0; i < change.n_op; i++)
		cr_assert_eq(change.op[i].kind, SCORE_OP_ADD, "%s: something that was written is taken away",
			name);
	cr_assert_eq(score_apply(score, &change, &report, &with), 0, "%s: %s: %s", name,
		report.error[0].where, report.error[0].reason);
	score_change_finish(&change);
	sum->written += score_n_tab(with);
	for (uint32_t i = 0; i < score_n_fingering(with); i++)
		sum->fingered += score_fingering(with, i)->hand == NVX_HAND_LEFT;
	score_unref(with);
}

static int is_tab_file(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && (strncmp(end, ".gp", 3) == 0);
}

static void look_at(const char *name, struct bytes b, void *data)
{
	struct sum *sum = data;
	struct score_report report = {0};
	struct score *score = NULL;

	if (!is_tab_file(name) || score_import(b.data, b.size,
					  &(struct score_import){.alloc = &score_heap, .name = name}, &report,
					  &score, NULL) < 0)
		return;
	struct score *plain = bare(score);

	propose(name, plain, sum);
	score_unref(plain);
	fill_gaps(name, score, sum);
	finger_it(name, score, sum);
	score_unref(score);
	sum->files++;
}

Test(fretting, corpus, .timeout = 120,
	.description =
		"HRM-09: every fretted part of the tablature corpus gets a tablature that a hand can "
		"play; less than one note in a hundred that the neck has is left out; what others wrote "
		"stays, gets fingers, and what is missing fits between it")
{
	struct sum sum = {0};

	walk_corpus("", CORPUS_ANY_SIZE, look_at, &sum);
	fprintf(stderr,
		"%llu files, %llu parts, %llu notes, %llu left out (%llu not on the neck), widest %.0f mm\n",
		(unsigned long long)sum.files, (unsigned long long)sum.parts, (unsigned long long)sum.notes,
		(unsigned long long)sum.left_out, (unsigned long long)sum.unreachable, (double)sum.widest_mm);
	fprintf(stderr, "%llu places taken away, %llu found among what others wrote\n",
		(unsigned long long)sum.holes, (unsigned long long)sum.filled);
	fprintf(stderr, "%llu of %llu places have fingers\n", (unsigned long long)sum.fingered,
		(unsigned long long)sum.written);
	cr_expect_gt(sum.filled * 20, sum.holes * 19);
	cr_expect_gt(sum.fingered * 20, sum.written * 19);
	cr_assert_gt(sum.files, 50);
	cr_assert_gt(sum.notes, 10000);
	cr_expect_lt((sum.left_out - sum.unreachable) * 100, sum.notes);
}
