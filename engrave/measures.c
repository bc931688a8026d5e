/* SPDX-License-Identifier: MIT */
/*
 * Measures of the score; one that is longer than any line (music without bar lines, a cadenza) is cut into
 * pieces, so that lines may be broken between them. Nothing is drawn there: no bar line, no sign again, no
 * number.
 */
#include "read.h"

#include <errno.h>

#define LONG 56u   /* notes one after the other that no line of a sheet holds */
#define A_PIECE 6u /* notes at least */

/** Ticks at which notes of the part begin, from `from` to before `to`. */
static uint32_t count_starts(const struct score_part *part, int64_t from, int64_t to)
{
	struct nvx_seq_iter it = nvx_seq_from(&part->note, nvx_seq_find(&part->note, from));
	const struct nvx_note *note;
	int64_t before = INT64_MIN;
	uint32_t n = 0;
	while ((note = nvx_seq_next(&it)) && note->tick < to) {
		n += note->tick != before;
		before = note->tick;
	}
	return n;
}

/** What a measure is cut at the multiples of; 0: it stays whole. Pages of any width have the same pieces,
 * since how music is written may not depend on the page. */
static int64_t piece_of(const struct eng *e, const struct eng_bar *b)
{
	const struct nvx_measure *m = b->nvx;
	const struct nvx_meter *meter = b->meter;
	const int64_t bar = (int64_t)meter->num * 3840 / meter->den;
	uint32_t n = 0;
	for (uint32_t i = 0; i < e->score->n_parts; i++) {
		const uint32_t own = count_starts(e->score->part[i], m->tick, m->tick + m->duration_ticks);
		n = own > n ? own : n;
	}
	if (n < LONG)
		return 0;
	int64_t unit = m->duration_ticks > bar ? bar : meter->num % 2 == 0 ? bar / 2 : 3840 / meter->den;
	unit = unit > 0 ? unit : NVX_PPQ;
	/* never more pieces than notes to fill them */
	const int64_t least = m->duration_ticks / (n / A_PIECE) + 1;
	return unit >= least ? unit : (least + unit - 1) / unit * unit;
}

static int add_piece(struct eng *e, uint32_t *max, uint32_t of, int64_t tick, int64_t end)
{
	struct eng_measure *list =
		eng_grow(e->arena, e->measure, e->n_measures, max, e->n_measures + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	e->measure = list;
	list[e->n_measures++] =
		(struct eng_measure){.of = of, .tick = tick, .duration_ticks = (uint32_t)(end - tick)};
	return 0;
}

int eng_read_measures(struct eng *e)
{
	uint32_t max = 0;
	struct nvx_seq_iter it = nvx_seq_from(&e->score->list[NVX_LIST_measure], 0);
	const struct nvx_measure *m;
	e->bar = eng_alloc(e->arena, (score_n_measure(e->score) + 1) * sizeof(*e->bar));
	if (!e->bar)
		return -ENOMEM;
	for (uint32_t i = 0; (m = nvx_seq_next(&it)); i++) {
		e->bar[e->n_bars++] = (struct eng_bar){m->tick, m, score_meter_at(e->score, m->tick)};
		const int64_t end = m->tick + m->duration_ticks, piece = piece_of(e, &e->bar[i]);
		for (int64_t tick = m->tick, next; tick == m->tick || tick < end; tick = next) {
			next = piece && tick + piece + piece / 2 < end ? tick + piece : end;
			if (add_piece(e, &max, i, tick, next) < 0)
				return -ENOMEM;
			e->measure[e->n_measures - 1].is_on = tick > m->tick;
			e->measure[e->n_measures - 1].goes_on = next < end;
			if (next == end)
				break;
		}
	}
	if (!e->measure)
		e->measure = eng_alloc(e->arena, sizeof(*e->measure));
	return e->measure ? 0 : -ENOMEM;
}

uint32_t eng_measure_at(const struct eng *e, int64_t tick)
{
	const uint32_t n = eng_until(&e->measure->tick, sizeof(*e->measure), e->n_measures, tick);
	return n ? n - 1 : 0;
}
