/* SPDX-License-Identifier: MIT */
/* Ties: between heads of one note, over the end of a system in two pieces; into nothing where a note rings
 * on. */
#include "layers.h"

#include <math.h>

#define LIMIT 0.9f
#define RATIO 0.33f

/* The side that a head's tie bows to: -1 up, 1 down. */
static float side_of(const struct eng *e, const struct eng_event *ev, uint32_t index)
{
	int voice = eng_voice_side(e, ev);
	if (voice != 0 && ev->n_heads == 1)
		return voice > 0 ? -1.0f : 1.0f;
	if (ev->n_heads == 1)
		return ev->stem != 0 ? (ev->stem > 0 ? 1.0f : -1.0f)
				     : (e->head[ev->first_head].position >= 0 ? -1.0f : 1.0f);
	/* Of a chord the upper half bows up, the lower down; the middle one of three away from the stem. */
	if (ev->n_heads % 2 && index == ev->n_heads / 2)
		return ev->stem > 0 ? 1.0f : -1.0f;
	return index >= (ev->n_heads + 1) / 2 || (ev->n_heads % 2 == 0 && index >= ev->n_heads / 2) ? -1.0f
												    : 1.0f;
}

static struct mos_shape shape_of(
	const struct eng *e, const struct eng_event *ev, float x0, float x1, float y, float side)
{
	x1 = fmaxf(x1, x0 + 0.5f);
	float h = eng_bow_height(x1 - x0, LIMIT, RATIO) / 0.75f;
	/* The flat middle of a tie doesn't lie on a line of the staff. */
	float top = y + side * 0.75f * h, line = roundf(top);
	if (line >= 0.0f && line <= (float)e->staff[ev->staff].lines - 1.0f && fabsf(top - line) < 0.14f)
		h += 0.24f;
	const struct engrave_defaults *d = &e->metrics->defaults;
	return eng_bow(x0, y, x1, y, h, h, side, d->tie_end, d->tie_middle);
}

static int draw(struct eng *e, const struct eng_event *ev, uint32_t system, uint32_t measure, float x0,
	float x1, float y, float side)
{
	const struct mos_shape s = shape_of(e, ev, x0, x1, y, side);
	return eng_ink(e, system, ev->staff, measure, &s, 0);
}

/* Where heads end that a tie at this position would touch: a second stands beside it, or another voice's. */
static float edge_of(const struct eng *e, const struct eng_event *ev, int position, int right)
{
	const struct eng_measure *m = &e->measure[ev->measure];
	float x = right ? -INFINITY : INFINITY;
	for (uint32_t k = m->first_event; k < m->first_event + m->n_events; k++) {
		const struct eng_event *v = &e->event[k];
		if (v->column != ev->column || v->staff != ev->staff || !eng_is_drawn(e, v))
			continue;
		for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
			const int off = e->head[i].position - position;
			if (off < -1 || off > 1)
				continue;
			x = right ? fmaxf(x, eng_head_x1(e, v, &e->head[i]))
				  : fminf(x, eng_head_x0(e, v, &e->head[i]));
		}
	}
	return x;
}

/* Signs of the chord that a tie comes to: it ends before those that stand in its way. */
static float before_signs(const struct eng *e, const struct eng_event *ev, float y, float x)
{
	for (uint32_t i = ev->first_head; i < ev->first_head + ev->n_heads; i++) {
		const struct eng_head *h = &e->head[i];
		const struct engrave_glyph *g = engrave_glyph(e->metrics, h->accidental);
		const float middle = eng_y(&e->staff[ev->staff], h->position);
		if (h->accidental && y > middle - g->y1 - 0.2f && y < middle - g->y0 + 0.2f)
			x = fminf(x, eng_event_x(e, ev) + h->accidental_x + g->x0 - 0.15f);
	}
	return x;
}

/* A head or a sign of another voice that a tie runs through. */
static int is_through(const struct mos_shape *s, struct eng_box b)
{
	for (unsigned i = 1; i < 24; i++) {
		const float t = (float)i / 24.0f, u = 1.0f - t;
		const float x = u * u * u * s->x + 3 * u * u * t * s->p[0] + 3 * u * t * t * s->p[2] +
				t * t * t * s->w;
		const float y = u * u * u * s->y + 3 * u * u * t * s->p[1] + 3 * u * t * t * s->p[3] +
				t * t * t * s->h;
		if (x > b.x0 && x < b.x1 && y > b.y0 && y < b.y1)
			return 1;
	}
	return 0;
}

static unsigned n_through(const struct eng *e, const struct eng_event *from, const struct eng_event *to,
	const struct mos_shape *s)
{
	unsigned n = 0;
	const struct eng_measure *last = &e->measure[to->measure];
	for (uint32_t i = e->measure[from->measure].first_event; i < last->first_event + last->n_events;
		i++) {
		const struct eng_event *v = &e->event[i];
		if (v->staff != from->staff || v == from || v == to || !eng_is_drawn(e, v))
			continue;
		for (uint32_t k = v->first_head; k < v->first_head + v->n_heads; k++) {
			const struct eng_head *h = &e->head[k];
			const float x = eng_event_x(e, v), y = eng_y(&e->staff[v->staff], h->position);
			const struct mos_shape head =
				eng_glyph(h->code, x + h->x, y, v->scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			const struct mos_shape sign = eng_glyph(h->accidental, x + h->accidental_x, y,
				v->scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			n += (unsigned)is_through(s, eng_shape_box(e, &head));
			n += h->accidental && is_through(s, eng_shape_box(e, &sign));
		}
	}
	return n;
}

/** Where a tie goes on one side of its heads. */
struct way {
	float from, to, y;
};

static struct way way_of(const struct eng *e, const struct eng_event *ev, uint32_t index, float side)
{
	const struct eng_head *head = &e->head[ev->first_head + index];
	const uint32_t next = e->next_head[ev->first_head + index];
	const int is_outer = (side < 0.0f && index + 1 == ev->n_heads) || (side > 0.0f && index == 0);
	const int by_stem = ev->stem != 0 && (side < 0.0f) == (ev->stem > 0);
	const float x0 = eng_head_x0(e, ev, head), width = eng_head_x1(e, ev, head) - x0;
	/* a sign that stands there again is not tied over */
	const int has_sign = next < e->n_heads && e->head[next].accidental;
	const int is_over = is_outer && !by_stem && !has_sign;
	struct way w = {.from = is_over ? x0 + 0.6f * width : edge_of(e, ev, head->position, 1) + 0.15f};
	w.y = eng_y(&e->staff[ev->staff], head->position) + side * (is_over ? 0.68f : 0.3f);
	if (!is_over && ev->dots > 0)
		w.from = eng_event_x(e, ev) + ev->dot_x + 0.5f * (float)ev->dots + 0.1f;
	if (by_stem && ev->flags && ev->beam == ENG_NONE)
		w.from = fmaxf(w.from, eng_event_x(e, ev) + ev->stem_x +
					       engrave_glyph(e->metrics, eng_flag_code(ev))->x1 * ev->scale +
					       0.1f);
	w.to = w.from + 2.2f;
	if (next >= e->n_heads || !eng_is_drawn(e, &e->event[e->head[next].event]))
		return w;
	const struct eng_head *other = &e->head[next];
	const struct eng_event *oev = &e->event[other->event];
	w.to = is_over ? eng_head_x0(e, oev, other) + 0.4f * width
		       : before_signs(e, oev, w.y, edge_of(e, oev, other->position, 0) - 0.15f);
	/* Notes close together: over the dot rather than through the head. */
	if (eng_event_system(e, oev) == eng_event_system(e, ev) && w.to - w.from < 0.9f)
		w.from = fmaxf(x0 + 0.6f * width, w.to - 0.9f);
	return w;
}

static int tie(struct eng *e, const struct eng_event *ev, uint32_t index)
{
	const uint32_t system = eng_event_system(e, ev), next = e->next_head[ev->first_head + index];
	float side = side_of(e, ev, index);
	struct way w = way_of(e, ev, index, side);
	const struct eng_event *oev = next < e->n_heads ? &e->event[e->head[next].event] : NULL;
	if (oev != NULL && eng_is_across(e, ev, oev))
		return 0; /* when the staves have their places */
	if (oev == NULL || !eng_is_drawn(e, oev))
		return draw(e, ev, system, ev->measure, w.from, w.to, w.y, side);
	const uint32_t other_system = eng_event_system(e, oev);
	if (other_system == system) {
		/* In a chord either side will do: not the one where another voice is. */
		const struct way other = way_of(e, ev, index, -side);
		const struct mos_shape s = shape_of(e, ev, w.from, w.to, w.y, side);
		const struct mos_shape t = shape_of(e, ev, other.from, other.to, other.y, -side);
		if (e->is_one_of_voices[ev - e->event] &&
			n_through(e, ev, oev, &s) > n_through(e, ev, oev, &t)) {
			w = other;
			side = -side;
		}
		return draw(e, ev, system, oev->measure == ev->measure ? ev->measure : ENG_NONE, w.from, w.to,
			w.y, side);
	}
	int r = draw(e, ev, system, ENG_NONE, w.from, eng_system_right(e, system), w.y, side);
	/* At the start of the next system there is no stem or dot to keep clear of. */
	float left = fminf(eng_system_left(e, other_system), w.to - 1.6f);
	return r < 0 ? r : draw(e, oev, other_system, ENG_NONE, left, w.to, w.y, side);
}

/** From staff to staff: from beside one head to beside the other. */
static int across(struct eng *e, const struct eng_event *ev, uint32_t index)
{
	const struct eng_head *head = &e->head[ev->first_head + index];
	const uint32_t next = e->next_head[ev->first_head + index];
	if (next >= e->n_heads || !eng_is_across(e, ev, &e->event[e->head[next].event]))
		return 0;
	const struct eng_head *other = &e->head[next];
	const struct eng_event *oev = &e->event[other->event];
	if (!eng_is_drawn(e, oev))
		return 0;
	const float side = side_of(e, ev, index);
	const float x0 = eng_head_x1(e, ev, head) + 0.15f;
	const float x1 = fmaxf(eng_head_x0(e, oev, other) - 0.15f, x0 + 0.5f);
	const float y0 = eng_staff_y(e, ev) + eng_y(&e->staff[ev->staff], head->position) + side * 0.3f;
	const float y1 = eng_staff_y(e, oev) + eng_y(&e->staff[oev->staff], other->position) + side * 0.3f;
	const float h = eng_bow_height(hypotf(x1 - x0, y1 - y0), LIMIT, RATIO) / 0.75f;
	const struct engrave_defaults *d = &e->metrics->defaults;
	const struct mos_shape s = eng_bow(x0, y0, x1, y1, h, h, side, d->tie_end, d->tie_middle);
	return eng_ink(e, eng_event_system(e, ev), ENG_NONE,
		ev->measure == oev->measure ? ev->measure : ENG_NONE, &s, 1);
}

static int each(struct eng *e, int (*one)(struct eng *e, const struct eng_event *ev, uint32_t index))
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		if (!eng_is_drawn(e, ev) || ev->slash || eng_is_on_tab(e, ev))
			continue;
		for (uint32_t k = 0; r == 0 && k < ev->n_heads; k++) {
			if (e->head[ev->first_head + k].is_tied_to)
				r = one(e, ev, k);
		}
	}
	return r;
}

int eng_ties(struct eng *e)
{
	return each(e, tie);
}

int eng_cross_ties(struct eng *e)
{
	return each(e, across);
}
