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
#define SIGN 400.0f   /* likewise, for an accidental that it touches */
#define AGAINST_MUSIC 800.0f
#define SLOPE 120.0f
#define BETWEEN_LINES 500.0f
#define EVEN_SLOPE 8.0f /* of a beam between heads */

struct stem {
	float x, share;    /**< of the way from the first to the last */
	float head;        /**< y of the head that the stem begins from on the beam's side */
	float least, best; /**< best 0: any */
	float direction;   /**< of y, from the head to the beam */
};

struct quant {
	struct stem stem[MAX_STEMS];
	struct stem sign[MAX_STEMS]; /**< accidentals that it passes, as stems of a least length */
	unsigned n, n_signs;
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

static float length_of(const struct quant *q, const struct stem *s, float y0, float rise)
{
	return (y0 + s->share * rise - s->head) * q->direction;
}

static float demerits(const struct quant *q, float y0, float y1, float limit)
{
	const float rise = y1 - y0;
	float sum = 0;
	if (fabsf(rise) > MAX_RISE + 0.001f)
		return INFINITY;
	if (rise != 0 && rise * q->rise <= 0)
		sum += AGAINST_MUSIC;
	sum += SLOPE * (rise - q->rise) * (rise - q->rise);
	sum += BETWEEN_LINES * (float)(is_between(q, y0) + is_between(q, y1));
	for (unsigned i = 0; i < q->n && sum < limit; i++) {
		const struct stem *s = &q->stem[i];
		const float length = length_of(q, s, y0, rise);
		if (length < s->least - 0.001f)
			sum += SHORT * (1 + s->least - length);
		if (s->best > 0)
			sum += LENGTH * (length - s->best) * (length - s->best) / (float)q->n;
	}
	for (unsigned i = 0; i < q->n_signs && sum < limit; i++) {
		const float length = length_of(q, &q->sign[i], y0, rise);
		if (length < q->sign[i].least)
			sum += SIGN * (1 + q->sign[i].least - length);
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
	float base = -INFINITY;
	for (unsigned i = 0; i < q->n; i++) {
		const struct stem *s = &q->stem[i];
		base = fmaxf(base, (s->head - s->share * q->rise) * q->direction + fmaxf(s->best, s->least));
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

float eng_beam_offset(const struct eng *e, const struct eng_beam *b, const struct eng_event *v)
{
	const uint32_t top = v->staff < b->staff ? v->staff : b->staff;
	const uint32_t bottom = v->staff < b->staff ? b->staff : v->staff;
	float distance = b->apart;
	if (top == bottom)
		return 0;
	for (uint32_t i = top; i < bottom; i++) {
		const struct eng_staff *staff = &e->staff[i];
		if (!eng_is_hidden_in(e, e->measure[v->measure].system, i))
			distance += (float)(staff->lines > 1 ? staff->lines - 1 : 0) * staff->space +
				    ENG_STAFF_DISTANCE;
	}
	return v->staff > b->staff ? distance : -distance;
}

static float beam_step(const struct eng *e)
{
	return e->metrics->defaults.beam + e->metrics->defaults.beam_gap;
}

/** How much farther than the outer beam a stem goes that comes from its other side. */
static float beyond(const struct eng *e, const struct eng_beam *b, const struct eng_event *v)
{
	if (!v->stem || v->stem == b->direction || v->flags < 2)
		return 0;
	return beam_step(e) * v->scale * (float)(v->flags - 1);
}

/* ---- between heads above and heads below ---- */

/** Stems as evenly long as they can be, the beam as flat as the music lets it. */
static float unevenness(const struct quant *q, float y0, float y1)
{
	const float rise = y1 - y0, width = q->stem[q->n - 1].x - q->stem[0].x;
	float sum = EVEN_SLOPE * (rise - q->rise) * (rise - q->rise), mean = 0, square = 0;
	for (unsigned i = 0; i < q->n; i++) {
		const struct stem *s = &q->stem[i];
		const float y = y0 + (width > 0 ? (s->x - q->stem[0].x) / width * rise : 0);
		const float length = (y - s->head) * s->direction;
		if (length < s->least - 0.001f)
			sum += SHORT * (1 + s->least - length);
		mean += length / (float)q->n;
		square += length * length / (float)q->n;
	}
	return sum + LENGTH * (square - mean * mean);
}

static void place_between(const struct eng *e, struct eng_beam *b)
{
	struct quant q = {};
	float above = -INFINITY, below = INFINITY, first_above = NAN, last_above = 0, first_below = NAN,
	      last_below = 0;
	float least_above = 0, least_below = 0, best = INFINITY;
	b->apart = 0;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct eng_event *v = event_of(e, b, i);
		float ideal;
		if (!v->n_heads || !v->stem)
			continue;
		if (q.n == MAX_STEMS)
			q.n--;
		struct stem *s = &q.stem[q.n++];
		*s = (struct stem){.x = stem_x(e, v),
			.head = far_head(e, v) + eng_beam_offset(e, b, v),
			.direction = v->stem > 0 ? -1.0f : 1.0f};
		lengths_of(v->flags, v->scale, &s->least, &ideal);
		/* from the beam's other side the shorter ones lie beyond it */
		s->least -= beyond(e, b, v);
		if (v->stem < 0) {
			above = fmaxf(above, s->head);
			least_above = fmaxf(least_above, s->least);
			first_above = isnan(first_above) ? s->head : first_above;
			last_above = s->head;
		} else {
			below = fminf(below, s->head);
			least_below = fmaxf(least_below, s->least);
			first_below = isnan(first_below) ? s->head : first_below;
			last_below = s->head;
		}
	}
	if (q.n < 2)
		return;
	/* the staves go as far apart as it wants */
	const float missing = least_above + least_below + 0.25f - (below - above);
	if (b->is_cross && missing > 0) {
		b->apart = missing;
		for (unsigned i = 0; i < q.n; i++)
			q.stem[i].head += q.stem[i].direction < 0 ? missing : 0;
		below += missing;
	}
	/* it rises where both sides do */
	const float p = last_above - first_above, r = last_below - first_below;
	const float width = q.stem[q.n - 1].x - q.stem[0].x;
	if (p * r >= 0)
		q.rise = copysignf(fminf(fminf(0.25f * fabsf(p + r), 1.0f), 0.15f * width), p + r);
	const float middle = round_to((above + least_above + below - least_below) / 2);
	for (int a = 0; a <= 2 * CANDIDATES; a++) {
		const float y0 = middle + STEP * (float)(a % 2 ? -(a + 1) / 2 : a / 2);
		for (int k = 0; k <= CANDIDATES; k++) {
			const float y1 = y0 + STEP * (float)(k % 2 ? -(k + 1) / 2 : k / 2);
			const float d = unevenness(&q, y0, y1);
			if (d < best - 0.001f) {
				best = d;
				b->y0 = y0;
				b->y1 = y1;
			}
		}
	}
}

/** Accidentals of a note that stand below the beams to the note before. */
static void add_signs(const struct eng *e, struct quant *q, const struct eng_event *v, unsigned beams)
{
	for (uint32_t i = v->first_head; i < v->first_head + v->n_heads && q->n_signs < MAX_STEMS; i++) {
		const struct eng_head *h = &e->head[i];
		const struct engrave_glyph *g = engrave_glyph(e->metrics, h->accidental);
		if (!h->accidental)
			continue;
		/* a flat is high on its left alone */
		const float x = eng_event_x(e, v) + h->accidental_x + g->x0 * v->scale;
		const float out = q->direction < 0 ? g->y1 : g->y0;
		q->sign[q->n_signs++] = (struct stem){.x = x,
			.head = eng_y(&e->staff[v->staff], h->position) - out * v->scale,
			.least = (beam_step(e) * (float)(beams > 1 ? beams - 1 : 0) +
					 e->metrics->defaults.beam / 2) *
					 v->scale +
				 0.1f};
	}
}

static void place_beam(struct eng *e, struct eng_beam *b)
{
	struct quant q = {.direction = b->direction > 0 ? -1.0f : 1.0f};
	const struct eng_staff *staff = &e->staff[b->staff];
	const struct eng_event *first = event_of(e, b, 0);
	const float middle = (float)(staff->lines - 1) / 2;
	const struct eng_event *before = NULL;
	q.bottom = (float)(staff->lines - 1);
	q.is_free = first->is_grace || first->scale < 1;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct eng_event *v = event_of(e, b, i);
		if (!v->n_heads || !v->stem)
			continue;
		/* of very long beams the ends and every so many between */
		if (q.n == MAX_STEMS)
			q.n--;
		if (before && v->staff == b->staff)
			add_signs(e, &q, v, before->flags < v->flags ? before->flags : v->flags);
		before = v;
		struct stem *s = &q.stem[q.n++];
		s->x = stem_x(e, v);
		s->head = far_head(e, v) + eng_beam_offset(e, b, v);
		lengths_of(v->flags, v->is_grace ? 0.72f : v->scale, &s->least, &s->best);
		if (v->is_far) { /* as long as it has to be */
			s->best = 0;
			continue;
		}
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
	const float width = q.stem[q.n - 1].x - q.stem[0].x;
	for (unsigned i = 0; i < q.n; i++)
		q.stem[i].share = width > 0 ? (q.stem[i].x - q.stem[0].x) / width : 0;
	for (unsigned i = 0; i < q.n_signs; i++)
		q.sign[i].share = width > 0 ? (q.sign[i].x - q.stem[0].x) / width : 0;
	q.rise = musical_rise(&q);
	find_slope(&q, &b->y0, &b->y1);
}

float eng_beam_y(const struct eng *e, const struct eng_beam *b, float x)
{
	const struct eng_event *last = event_of(e, b, b->n - 1);
	const float x0 = stem_x(e, event_of(e, b, 0)), x1 = stem_x(e, last);
	return x1 > x0 ? b->y0 + (b->y1 - b->y0) * (x - x0) / (x1 - x0) : b->y0;
}

/** Beams that run over a rest: those that the notes on both sides have, and the rest's value too; all of the
 * next note's where the short ones reach it. */
static unsigned beams_over(const struct eng *e, const struct eng_beam *b, const struct eng_event *rest)
{
	const float right = eng_event_x(e, rest) + engrave_glyph(e->metrics, eng_rest_code(rest))->x1;
	const struct eng_event *before = NULL, *after = NULL;
	for (uint32_t i = 0; i < b->n && !after; i++) {
		const struct eng_event *v = event_of(e, b, i);
		if (v->n_heads && v->tick <= rest->tick)
			before = v;
		else if (v->n_heads)
			after = v;
	}
	if (!before || !after)
		return 1;
	if (stem_x(e, after) - right < ENG_STUB + 0.1f)
		return after->flags;
	const unsigned most = before->flags < after->flags ? before->flags : after->flags;
	return most < rest->flags ? most : rest->flags;
}

/** A rest beside a beam or under it gives way to it. */
static void give_way(const struct eng *e, const struct eng_beam *b, struct eng_event *v)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, eng_rest_code(v));
	const struct eng_staff *staff = &e->staff[v->staff];
	const float y = eng_beam_y(e, b, eng_event_x(e, v) + g->x1 / 2);
	const unsigned beams = beams_over(e, b, v);
	const float depth = 0.35f + beam_step(e) * (float)(beams > 1 ? beams - 1 : 0);
	if (b->is_between || v->staff != b->staff)
		return;
	for (unsigned n = 0; n < 20; n++) {
		const float at = eng_y(staff, v->rest_position);
		if (b->direction > 0 ? at - g->y1 >= y + depth : at - g->y0 <= y - depth)
			break;
		v->rest_position = (int8_t)(v->rest_position + (b->direction > 0 ? -2 : 2));
	}
}

/** Stems end at their beam, rests of the voice stay on the heads' side. */
static void reach_beam(struct eng *e, const struct eng_beam *b)
{
	const uint32_t last = e->beam_event[b->first + b->n - 1];
	for (uint32_t i = 0; i < b->n; i++) {
		struct eng_event *v = &e->event[e->beam_event[b->first + i]];
		if (v->n_heads && v->stem)
			v->stem_y1 = eng_beam_y(e, b, stem_x(e, v)) - eng_beam_offset(e, b, v) +
				     (b->direction > 0 ? 1.0f : -1.0f) * beyond(e, b, v);
	}
	unsigned guard = 0;
	for (uint32_t i = e->beam_event[b->first]; i < e->n_events && i != last && guard++ < 256;
		i = e->event[i].next) {
		struct eng_event *v = &e->event[i];
		if (!v->n_heads && !v->is_hidden && !v->slash && v->measure == e->event[last].measure)
			give_way(e, b, v);
	}
}

int eng_beam(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_beams; i++) {
		struct eng_beam *b = &e->beam[i];
		if (e->staff[b->staff].is_tab || !eng_is_set(e, event_of(e, b, 0)->measure))
			continue;
		if (b->is_between)
			place_between(e, b);
		else
			place_beam(e, b);
		reach_beam(e, b);
	}
	return 0;
}
