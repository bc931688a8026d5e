/* SPDX-License-Identifier: MIT */
/* Where played notes begin and end on paper. */
#include "derive.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t error_of(int64_t offset, uint32_t grid)
{
	const uint32_t rest = (uint32_t)(offset % grid);
	return rest < grid - rest ? rest : grid - rest;
}

/** The coarsest grid that fits well, else sixteenths or thirds of eighths; thirds must fit clearly better. */
static uint32_t choose_grid(const struct pending *p, uint32_t n)
{
	static const uint16_t grids[] = {960, 480, 240, 320, 160, 120, 60};
	uint64_t sum[7] = {};
	for (unsigned g = 0; g < 7; g++) {
		uint32_t worst = 0;
		for (uint32_t i = 0; i < n; i++) {
			const uint32_t error = error_of(p[i].from % BEAT, grids[g]);
			worst = error > worst ? error : worst;
			sum[g] += error;
		}
		if (worst <= 10)
			return grids[g];
	}
	return sum[4] * 2 < sum[2] ? 160 : 240;
}

static int64_t snap(int64_t tick, uint32_t grid)
{
	const int64_t in_beat = tick % BEAT;
	return tick - in_beat + (in_beat + grid / 2) / grid * grid;
}

static int by_start(const void *a, const void *b)
{
	const struct pending *p = a, *q = b;
	if (p->from != q->from)
		return p->from < q->from ? -1 : 1;
	return p->note < q->note ? -1 : p->note > q->note;
}

static int by_chord(const void *a, const void *b)
{
	const struct pending *p = a, *q = b;
	if (p->from != q->from)
		return p->from < q->from ? -1 : 1;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	if (p->to != q->to)
		return p->to > q->to ? -1 : 1; /* the long ones first */
	return p->note < q->note ? -1 : p->note > q->note;
}

int eng_is_third(const struct derive *d, int64_t tick)
{
	const int64_t beat = tick - tick % BEAT;
	uint32_t low = 0, high = d->n_thirds;
	while (low < high) {
		const uint32_t mid = (low + high) / 2;
		if (d->third[mid] < beat)
			low = mid + 1;
		else
			high = mid;
	}
	return low < d->n_thirds && d->third[low] == beat;
}

/** Beats in which something begins on a third. */
static int find_thirds(struct derive *d)
{
	d->third = eng_alloc(d->r->e->arena, ((size_t)d->n + 1) * sizeof(*d->third));
	if (!d->third)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->n; i++) {
		const int64_t from = d->pending[i].from, beat = from - from % BEAT;
		if (from % 240 && from % 160 == 0 && (!d->n_thirds || d->third[d->n_thirds - 1] != beat))
			d->third[d->n_thirds++] = beat;
	}
	return 0;
}

static int quantise(struct derive *d)
{
	const int64_t end = d->r->e->score->end_tick;
	const int is_kit = d->r->e->staff[d->r->first_staff[d->part]].is_drums;
	eng_sort(d->pending, d->n, sizeof(*d->pending), by_start);
	for (uint32_t i = 0, next; i < d->n; i = next) {
		const int64_t beat = d->pending[i].from / BEAT;
		for (next = i; next < d->n && d->pending[next].from / BEAT == beat;)
			next++;
		const uint32_t grid = choose_grid(d->pending + i, next - i);
		for (uint32_t k = i; k < next; k++) {
			struct pending *p = &d->pending[k];
			const uint32_t fine = grid == 320 ? 160 : grid > 240 ? 240 : grid;
			p->from = snap(p->from, grid);
			if (p->from >= end)
				p->from = end > grid ? end - grid : 0;
			p->to = snap(p->to, fine);
			if (p->to <= p->from)
				p->to = p->from + fine;
			if (is_kit) /* a stroke lasts as long as the grid */
				p->to = p->from - p->from % BEAT + (p->from % BEAT / fine + 1) * fine;
			p->to = p->to > end ? end : p->to;
		}
	}
	eng_sort(d->pending, d->n, sizeof(*d->pending), by_chord);
	if (find_thirds(d) < 0)
		return -ENOMEM;
	/* an end goes by what the beat that it lies in counts in */
	for (uint32_t k = 0; k < d->n; k++) {
		struct pending *p = &d->pending[k];
		const uint32_t own = eng_is_third(d, p->from)                 ? 160
				     : p->from % 240 || p->to - p->from < 240 ? 60
									      : 240;
		const uint32_t fine = p->to % BEAT == 0        ? 0
				      : eng_is_third(d, p->to) ? 160
				      : own == 160             ? 240
							       : own;
		if (!fine)
			continue;
		p->to = snap(p->to, fine);
		if (p->to <= p->from)
			p->to = p->from + (fine < own ? fine : own);
		p->to = p->to > end ? end : p->to;
	}
	return 0;
}

/** A stroke is held to the next one of the beat: rests between the strokes of a drum help nobody. */
static void hold_strokes(struct derive *d)
{
	for (uint32_t i = 0, next; i < d->n; i = next) {
		for (next = i; next < d->n && d->pending[next].from == d->pending[i].from;)
			next++;
		const int64_t beat_end = d->pending[i].from - d->pending[i].from % BEAT + BEAT;
		const int64_t to =
			next < d->n && d->pending[next].from < beat_end ? d->pending[next].from : beat_end;
		for (uint32_t k = i; k < next; k++)
			d->pending[k].to = to < d->r->e->score->end_tick ? to : d->r->e->score->end_tick;
	}
}

/** By note: the first behind those that begin with it on its staff. */
static uint32_t *find_next(const struct derive *d)
{
	uint32_t *next = eng_alloc(d->r->e->arena, ((size_t)d->n + 1) * sizeof(*next));
	uint32_t first[8];
	for (unsigned s = 0; s < 8; s++)
		first[s] = d->n;
	for (uint32_t i = d->n; next && i-- > 0;) {
		const struct pending *p = &d->pending[i];
		const uint32_t behind = first[p->staff];
		next[i] = behind < d->n && d->pending[behind].from == p->from ? next[behind] : behind;
		first[p->staff] = i;
	}
	return next;
}

/** Hands that play legato overlap a little, and a pedal a lot: that is not polyphony. Notes that reach into
 * the next by a quarter of their length end there; where three starts and more sound together, all end at the
 * next start. */
static int cut_overlaps(struct derive *d)
{
	const uint32_t *start_behind = find_next(d);
	if (!start_behind)
		return -ENOMEM;
	/* what is played short is written up to the next start, if that is near */
	for (uint32_t i = 0; i < d->n; i++) {
		struct pending *p = &d->pending[i];
		const int64_t gap = start_behind[i] < d->n ? d->pending[start_behind[i]].from - p->from : 0;
		if (gap > 0 && gap <= BEAT && p->to - p->from < gap && (p->to - p->from) * 5 >= gap * 2)
			p->to = p->from + gap;
	}
	for (uint32_t i = 0; i < d->n; i++) {
		struct pending *p = &d->pending[i];
		const uint32_t next = start_behind[i];
		if (next < d->n && p->to > d->pending[next].from &&
			(p->to - d->pending[next].from) * 4 <= p->to - p->from)
			p->to = d->pending[next].from;
	}
	for (unsigned staff = 0; staff < d->r->n_staves[d->part]; staff++) {
		uint32_t measure = ENG_NONE, first = 0;
		int is_thick = 0;
		for (uint32_t i = 0; i <= d->n; i++) {
			if (i < d->n && d->pending[i].staff != staff)
				continue;
			const uint32_t m = i < d->n ? eng_bar_at(d->r->e, d->pending[i].from) : ENG_NONE;
			if (m != measure) {
				for (uint32_t k = first; is_thick && k < i; k++) {
					const uint32_t next = start_behind[k];
					if (d->pending[k].staff == staff && next < d->n &&
						d->pending[k].to > d->pending[next].from)
						d->pending[k].to = d->pending[next].from;
				}
				measure = m;
				first = i;
				is_thick = 0;
			}
			if (i == d->n)
				break;
			const uint32_t second = start_behind[i],
				       third = second < d->n ? start_behind[second] : d->n;
			is_thick |= third < d->n && d->pending[i].to > d->pending[third].from &&
				    d->pending[second].to > d->pending[third].from;
		}
	}
	return 0;
}

int eng_quantise(struct derive *d)
{
	int rc = quantise(d);
	if (rc == 0 && d->r->e->staff[d->r->first_staff[d->part]].is_drums)
		hold_strokes(d);
	else if (rc == 0)
		rc = cut_overlaps(d);
	if (rc == 0)
		eng_sort(d->pending, d->n, sizeof(*d->pending), by_chord);
	return rc;
}
