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

static int draw(struct eng *e, const struct eng_event *ev, uint32_t system, uint32_t measure, float x0,
	float x1, float y, float side)
{
	x1 = fmaxf(x1, x0 + 0.5f);
	float h = eng_bow_height(x1 - x0, LIMIT, RATIO) / 0.75f;
	/* The flat middle of a tie doesn't lie on a line of the staff. */
	float top = y + side * 0.75f * h, line = roundf(top);
	if (line >= 0.0f && line <= (float)e->staff[ev->staff].lines - 1.0f && fabsf(top - line) < 0.14f)
		h += 0.24f;
	const struct engrave_defaults *d = &e->metrics->defaults;
	struct mos_shape s = eng_bow(x0, y, x1, y, h, h, side, d->tie_end, d->tie_middle);
	e->n_elements++;
	return eng_ink(e, system, ev->staff, measure, &s, 0);
}

/* Where the heads of a chord end that a tie at this position would touch: a second stands beside it. */
static float edge_of(const struct eng *e, const struct eng_event *ev, int position, int right)
{
	float x = right ? -INFINITY : INFINITY;
	for (uint32_t i = ev->first_head; i < ev->first_head + ev->n_heads; i++) {
		const int off = e->head[i].position - position;
		if (off < -1 || off > 1)
			continue;
		x = right ? fmaxf(x, eng_head_x1(e, ev, &e->head[i]))
			  : fminf(x, eng_head_x0(e, ev, &e->head[i]));
	}
	return x;
}

static int tie(struct eng *e, const struct eng_event *ev, uint32_t index)
{
	const struct eng_head *head = &e->head[ev->first_head + index];
	float side = side_of(e, ev, index);
	int is_outer = (side < 0.0f && index + 1 == ev->n_heads) || (side > 0.0f && index == 0);
	int by_stem = ev->stem != 0 && (side < 0.0f) == (ev->stem > 0);
	float y = eng_y(&e->staff[ev->staff], head->position);
	float x0 = eng_head_x0(e, ev, head), x1 = eng_head_x1(e, ev, head), width = x1 - x0;
	int is_over = is_outer && !by_stem;
	float from = is_over ? x0 + 0.6f * width : edge_of(e, ev, head->position, 1) + 0.15f;
	y += side * (is_over ? 0.68f : 0.3f);
	if (!is_over && ev->dots > 0)
		from = eng_event_x(e, ev) + ev->dot_x + 0.5f * (float)ev->dots + 0.1f;
	uint32_t system = eng_event_system(e, ev), next = e->next_head[ev->first_head + index];
	if (next >= e->n_heads)
		return draw(e, ev, system, ev->measure, from, from + 2.2f, y, side);
	const struct eng_head *other = &e->head[next];
	const struct eng_event *oev = &e->event[other->event];
	float to = is_over ? eng_head_x0(e, oev, other) + 0.4f * width
			   : edge_of(e, oev, other->position, 0) - 0.15f;
	uint32_t other_system = eng_event_system(e, oev);
	if (eng_is_across(e, ev, oev))
		return 0; /* when the staves have their places */
	if (!eng_is_drawn(e, oev))
		return draw(e, ev, system, ev->measure, from, from + 2.2f, y, side);
	/* Notes close together: over the dot rather than through the head. */
	if (other_system == system && to - from < 0.9f)
		from = fmaxf(x0 + 0.6f * width, to - 0.9f);
	if (other_system == system)
		return draw(e, ev, system, oev->measure == ev->measure ? ev->measure : ENG_NONE, from, to, y,
			side);
	int r = draw(e, ev, system, ENG_NONE, from, eng_system_right(e, system), y, side);
	/* At the start of the next system there is no stem or dot to keep clear of. */
	float left = fminf(eng_system_left(e, other_system), to - 1.6f);
	return r < 0 ? r : draw(e, oev, other_system, ENG_NONE, left, to, y, side);
}

int eng_ties(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		if (!eng_is_drawn(e, ev) || ev->slash || eng_is_on_tab(e, ev))
			continue;
		for (uint32_t k = 0; r == 0 && k < ev->n_heads; k++) {
			if (e->head[ev->first_head + k].is_tied_to)
				r = tie(e, ev, k);
		}
	}
	return r;
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
	e->n_elements++;
	return eng_ink(e, eng_event_system(e, ev), ENG_NONE,
		ev->measure == oev->measure ? ev->measure : ENG_NONE, &s, 1);
}

int eng_cross_ties(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		if (!eng_is_drawn(e, ev) || ev->slash || eng_is_on_tab(e, ev))
			continue;
		for (uint32_t k = 0; r == 0 && k < ev->n_heads; k++) {
			if (e->head[ev->first_head + k].is_tied_to)
				r = across(e, ev, k);
		}
	}
	return r;
}
