/* SPDX-License-Identifier: MIT */
/*
 * Slopes of beams: both ends on places where a beam stands well against the staff lines, all pairs near the
 * stems' best line tried, the one with the fewest demerits taken (after LilyPond's beam quanting, with fewer
 * terms).
 */
#include "impl.h"

#include <math.h>
#include <stdlib.h>

#define STEP 0.25f
#define CANDIDATES 8 /* to each side: 2 sp */
#define MAX_RISE 2.0f
#define MAX_STEMS 64u

#define SHORT 2000.0f /* for a stem below its minimum, and by how much */
#define LENGTH 12.0f  /* times the square of what stems differ from their best */
#define AGAINST_MUSIC 800.0f
#define SLOPE 120.0f
#define BETWEEN_LINES 500.0f

struct stem {
	float x;
	float head; /**< y of the head that the stem begins from on the beam's side */
	float least, best;
};

struct quant {
	struct stem stem[MAX_STEMS];
	unsigned n;
	float direction; /**< of y: -1 above */
	float rise;      /**< what the music asks for, in y */
	float bottom;    /**< y of the lowest staff line */
	int is_free;     /**< no staff lines to mind */
};

/** Shortest and best stems, by number of beams. */
static void lengths_of(unsigned beams, float scale, float *least, float *best)
{
	static const float mins[] = {2.75f, 2.75f, 3.25f, 3.75f, 4.5f, 5.25f, 6.0f, 6.75f, 7.5f};
	static const float bests[] = {3.5f, 3.5f, 3.5f, 4.0f, 4.75f, 5.5f, 6.25f, 7.0f, 7.75f};
	beams = beams > 8 ? 8 : beams;
	*least = mins[beams] * scale;
	*best = bests[beams] * scale;
}

/** Between two lines a beam leaves a wedge of white. */
static int is_between(const struct quant *q, float y)
{
	if (q->is_free || y < -0.4f || y > q->bottom + 0.4f)
		return 0;
	const float in_space = y - floorf(y);
	return fabsf(in_space - 0.5f) < 0.13f;
}

static float demerits(const struct quant *q, float y0, float y1, float limit)
{
	const float rise = y1 - y0, width = q->stem[q->n - 1].x - q->stem[0].x;
	float sum = 0;
	if (fabsf(rise) > MAX_RISE + 0.001f)
		return INFINITY;
	if (rise != 0 && rise * q->rise <= 0)
		sum += AGAINST_MUSIC;
	sum += SLOPE * (rise - q->rise) * (rise - q->rise);
	sum += BETWEEN_LINES * (float)(is_between(q, y0) + is_between(q, y1));
	for (unsigned i = 0; i < q->n && sum < limit; i++) {
		const struct stem *s = &q->stem[i];
		const float y = y0 + (width > 0 ? (s->x - q->stem[0].x) / width * rise : 0);
		const float length = (y - s->head) * q->direction;
		if (length < s->least - 0.001f)
			sum += SHORT * (1 + s->least - length);
		sum += LENGTH * (length - s->best) * (length - s->best) / (float)q->n;
	}
	return sum;
}

/** What the music does, as far as a beam shows it. */
static float musical_rise(const struct quant *q)
{
	const struct stem *first = &q->stem[0], *last = &q->stem[q->n - 1];
	const float interval = last->head - first->head;
	const float size = fabsf(interval), width = last->x - first->x;
	if (size < 0.01f)
		return 0;
	/* an inner note nearer the beam than both ends: flat */
	for (unsigned i = 1; i + 1 < q->n; i++) {
		if ((q->stem[i].head - first->head) * q->direction >= -0.01f &&
			(q->stem[i].head - last->head) * q->direction >= -0.01f)
			return 0;
	}
	float rise = size <= 0.5f   ? 0.25f
		     : size <= 1    ? 0.5f
		     : size <= 1.5f ? 0.75f
		     : size <= 2.5f ? 1
		     : size <= 3.5f ? 1.25f
				    : 1.5f;
	rise = fminf(rise, 0.22f * width);
	return copysignf(roundf(rise / STEP) * STEP, interval);
}

static float round_to(float y)
{
	return roundf(y / STEP) * STEP;
}

static void find_slope(const struct quant *q, float *ret_y0, float *ret_y1)
{
	/* the line that moves along with the slope to where the shortest stem is just right */
	const float width = q->stem[q->n - 1].x - q->stem[0].x;
	float base = -INFINITY;
	for (unsigned i = 0; i < q->n; i++) {
		const struct stem *s = &q->stem[i];
		const float along = width > 0 ? (s->x - q->stem[0].x) / width * q->rise : 0;
		base = fmaxf(base, (s->head - along) * q->direction + s->best);
	}
	base = round_to(base * q->direction);
	const float end = round_to(base + q->rise);
	float best = INFINITY;
	*ret_y0 = base;
	*ret_y1 = end;
	for (int a = 0; a <= 2 * CANDIDATES; a++) {
		const float y0 = base + STEP * (float)(a % 2 ? -(a + 1) / 2 : a / 2);
		for (int b = 0; b <= 2 * CANDIDATES; b++) {
			const float y1 = end + STEP * (float)(b % 2 ? -(b + 1) / 2 : b / 2);
			const float d = demerits(q, y0, y1, best);
			if (d < best - 0.001f) {
				best = d;
				*ret_y0 = y0;
				*ret_y1 = y1;
			}
		}
	}
}

static const struct eng_event *event_of(const struct eng *e, const struct eng_beam *b, uint32_t i)
{
	return &e->event[e->beam_event[b->first + i]];
}

static float stem_x(const struct eng *e, const struct eng_event *v)
{
	return eng_event_x(e, v) + v->stem_x;
}

/** y of the head on the side of its stem's end. */
static float far_head(const struct eng *e, const struct eng_event *v)
{
	const struct eng_head *h = &e->head[v->first_head + (v->stem > 0 ? v->n_heads - 1 : 0)];
	return eng_y(&e->staff[v->staff], h->position);
}

static int has_both(const struct eng *e, const struct eng_beam *b)
{
	int up = 0, down = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		up |= event_of(e, b, i)->stem > 0;
		down |= event_of(e, b, i)->stem < 0;
	}
	return up && down;
}

/** A beam between heads above and heads below: level, in the middle of the gap. */
static void place_between(const struct eng *e, struct eng_beam *b)
{
	float above = -INFINITY, below = INFINITY;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct eng_event *v = event_of(e, b, i);
		if (v->stem < 0)
			above = fmaxf(above, far_head(e, v));
		else if (v->stem > 0)
			below = fminf(below, far_head(e, v));
	}
	b->y0 = b->y1 = round_to((above + below) / 2);
}

static void place_beam(struct eng *e, struct eng_beam *b)
{
	struct quant q = {.direction = b->direction > 0 ? -1.0f : 1.0f};
	const struct eng_staff *staff = &e->staff[b->staff];
	const struct eng_event *first = event_of(e, b, 0);
	const float middle = (float)(staff->lines - 1) / 2;
	q.bottom = (float)(staff->lines - 1);
	q.is_free = first->is_grace || first->scale < 1;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct eng_event *v = event_of(e, b, i);
		if (!v->n_heads || !v->stem)
			continue;
		/* of very long beams the ends and every so many between */
		if (q.n == MAX_STEMS)
			q.n--;
		struct stem *s = &q.stem[q.n++];
		s->x = stem_x(e, v);
		s->head = far_head(e, v);
		lengths_of(v->flags, v->is_grace ? 0.72f : v->scale, &s->least, &s->best);
		if (v->tremolo && v->tremolo_to == ENG_NONE)
			s->least += 0.5f * (float)v->tremolo;
		/* far heads reach for the middle line */
		if (!v->is_grace) {
			const float to_middle = (middle - s->head) * q.direction;
			s->best = fmaxf(s->best, to_middle);
			s->least = fmaxf(s->least, fminf(to_middle, s->best) - 0.25f * (to_middle > 0));
		}
	}
	if (q.n < 2)
		return;
	q.rise = musical_rise(&q);
	find_slope(&q, &b->y0, &b->y1);
}

float eng_beam_y(const struct eng *e, const struct eng_beam *b, float x)
{
	const struct eng_event *last = event_of(e, b, b->n - 1);
	const float x0 = stem_x(e, event_of(e, b, 0)), x1 = stem_x(e, last);
	return x1 > x0 ? b->y0 + (b->y1 - b->y0) * (x - x0) / (x1 - x0) : b->y0;
}

/** Stems end at their beam, rests give way to it. */
static void reach_beam(struct eng *e, const struct eng_beam *b)
{
	const float step = e->metrics->defaults.beam + e->metrics->defaults.beam_gap;
	for (uint32_t i = 0; i < b->n; i++) {
		struct eng_event *v = &e->event[e->beam_event[b->first + i]];
		if (v->n_heads) {
			if (v->stem)
				v->stem_y1 = eng_beam_y(e, b, stem_x(e, v));
			continue;
		}
		const struct engrave_glyph *g = engrave_glyph(e->metrics, eng_rest_code(v));
		const float y = eng_beam_y(e, b, eng_event_x(e, v) + g->x1 / 2);
		const float depth = 0.35f + step * (float)(v->flags ? v->flags - 1 : 0);
		const struct eng_staff *staff = &e->staff[v->staff];
		for (unsigned n = 0; n < 20; n++) {
			const float at = eng_y(staff, v->rest_position);
			if (b->direction > 0 ? at - g->y1 >= y + depth : at - g->y0 <= y - depth)
				break;
			v->rest_position = (int8_t)(v->rest_position + (b->direction > 0 ? -2 : 2));
		}
	}
}

int eng_beam(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_beams; i++) {
		struct eng_beam *b = &e->beam[i];
		if (e->staff[b->staff].is_tab || e->measure[event_of(e, b, 0)->measure].is_skipped)
			continue;
		if (has_both(e, b))
			place_between(e, b);
		else
			place_beam(e, b);
		reach_beam(e, b);
	}
	return 0;
}
