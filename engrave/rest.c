/* SPDX-License-Identifier: MIT */
/*
 * Rests of one voice keep off the notes, stems, flags and beams of the others (Gould: away from them by whole
 * spaces, so that they stand on the lines that they are used to). When lines are broken and beams have their
 * places; heads of their own tick they have cleared by then (chord_cluster.c).
 */
#include "layers.h"

#include <math.h>

#define CLEAR 0.2f
#define MAX_STEPS 20u
#define MAX_EVENTS 512u /* of a measure's staff that a rest is held against */

static struct eng_box moved(struct eng_box b, float x, float y)
{
	return (struct eng_box){b.x0 + x, b.y0 + y, b.x1 + x, b.y1 + y};
}

static int meet(const struct eng_box *a, const struct eng_box *b)
{
	return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

static struct eng_box glyph_box(const struct eng *e, uint32_t code, float scale)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
	return (struct eng_box){g->x0 * scale, -g->y1 * scale, g->x1 * scale, -g->y0 * scale};
}

static struct eng_box box_of(const struct eng *e, const struct eng_event *v)
{
	struct eng_box b = glyph_box(e, eng_rest_code(v), v->scale);
	float x = eng_event_x(e, v);
	if (v->is_full_measure_rest) {
		float x0, x1;
		eng_inside_of(e, v->measure, &x0, &x1);
		x = (x0 + x1 - b.x0 - b.x1) / 2;
	} else if (v->dots) {
		b.x1 = fmaxf(b.x1, v->dot_x + 0.6f * (float)v->dots - 0.2f);
	}
	b = moved(b, x, eng_y(&e->staff[v->staff], v->rest_position));
	return (struct eng_box){b.x0 - CLEAR, b.y0 - CLEAR, b.x1 + CLEAR, b.y1 + CLEAR};
}

static int is_on_heads(const struct eng *e, const struct eng_box *rest, const struct eng_event *v)
{
	const float x = eng_event_x(e, v);
	for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
		const struct eng_head *h = &e->head[i];
		const float y = eng_y(&e->staff[v->staff], h->position);
		const struct eng_box head = moved(eng_head_box(e, v, h), x, 0);
		const struct eng_box sign =
			moved(glyph_box(e, h->accidental, v->scale), x + h->accidental_x, y);
		const float dot = eng_y(&e->staff[v->staff], h->dot_position);
		const struct eng_box dots = {
			x + v->dot_x, dot - 0.2f, x + v->dot_x + 0.6f * (float)v->dots - 0.2f, dot + 0.2f};
		if (meet(rest, &head) || (h->accidental && meet(rest, &sign)) ||
			(v->dots && meet(rest, &dots)))
			return 1;
	}
	return 0;
}

static int is_on_stem(const struct eng *e, const struct eng_box *rest, const struct eng_event *v)
{
	const float x = eng_event_x(e, v) + v->stem_x;
	const struct eng_box stem = {
		x, fminf(v->stem_y0, v->stem_y1), x + 0.01f, fmaxf(v->stem_y0, v->stem_y1)};
	if (!v->stem || v->is_far || v->joins != ENG_NONE)
		return 0;
	if (meet(rest, &stem))
		return 1;
	if (!v->flags || v->beam != ENG_NONE)
		return 0;
	const struct eng_box flag = moved(glyph_box(e, eng_flag_code(v), v->scale), x,
		v->stem_y1 + (float)v->stem * eng_flag_rise(e, v) * v->scale);
	return meet(rest, &flag);
}

/** All of the beams under it, from the outer one on. */
static int is_on_beam(const struct eng *e, const struct eng_box *rest, const struct eng_event *v)
{
	const struct eng_beam *b = &e->beam[v->beam];
	const struct eng_event *first = &e->event[e->beam_event[b->first]],
			       *last = &e->event[e->beam_event[b->first + b->n - 1]];
	const float x0 = fmaxf(rest->x0, eng_event_x(e, first) + first->stem_x),
		    x1 = fminf(rest->x1, eng_event_x(e, last) + last->stem_x);
	if (b->staff != v->staff || x0 > x1)
		return 0;
	const float y0 = eng_beam_y(e, b, x0), y1 = eng_beam_y(e, b, x1);
	const float half = e->metrics->defaults.beam / 2;
	const float deep = (e->metrics->defaults.beam + e->metrics->defaults.beam_gap) *
			   (float)(v->flags > 1 ? v->flags - 1 : 0);
	const struct eng_box beam = {x0, fminf(y0, y1) - half - (b->direction < 0 ? deep : 0), x1 + 0.01f,
		fmaxf(y0, y1) + half + (b->direction > 0 ? deep : 0)};
	return meet(rest, &beam);
}

static int is_free(const struct eng *e, uint32_t rest, uint32_t from, uint32_t end)
{
	const struct eng_event *own = &e->event[rest];
	const struct eng_box box = box_of(e, own);
	for (uint32_t i = from; i < end; i++) {
		const struct eng_event *v = &e->event[i];
		if (i == rest || v->is_hidden || v->slash || v->voice == own->voice)
			continue;
		if (!v->n_heads) {
			const struct eng_box other = box_of(e, v);
			/* of two rests the one of the later voice gives way */
			if (v->voice < own->voice && meet(&box, &other))
				return 0;
			continue;
		}
		if (is_on_heads(e, &box, v) || is_on_stem(e, &box, v) ||
			(v->beam != ENG_NONE && is_on_beam(e, &box, v)))
			return 0;
	}
	return 1;
}

static void give_way(struct eng *e, uint32_t rest, uint32_t from, uint32_t end)
{
	struct eng_event *v = &e->event[rest];
	const int8_t before = v->rest_position;
	const int step = v->voice % 2 ? -2 : 2;
	for (unsigned n = 0; n < MAX_STEPS; n++) {
		if (is_free(e, rest, from, end))
			return;
		v->rest_position = (int8_t)(v->rest_position + step);
	}
	v->rest_position = before; /* nowhere: where it is looked for */
}

int eng_rests(struct eng *e)
{
	for (uint32_t i = 0, end; i < e->n_events; i = end) {
		const struct eng_event *first = &e->event[i];
		for (end = i; end < e->n_events && e->event[end].measure == first->measure &&
			      e->event[end].staff == first->staff;)
			end++;
		if (first->n_voices < 2 || end - i > MAX_EVENTS || e->staff[first->staff].is_tab ||
			!eng_is_set(e, first->measure))
			continue;
		for (uint32_t k = i; k < end; k++) {
			const struct eng_event *v = &e->event[k];
			if (!v->n_heads && !v->is_hidden && !v->slash)
				give_way(e, k, i, end);
		}
	}
	return 0;
}
