/* SPDX-License-Identifier: MIT */
/* Pass 8, the end of it: staves below one another as close as their outlines let them, systems likewise,
 * pages filled. */
#include "impl.h"

#include <errno.h>
#include <math.h>

#define SYSTEM_GAP 2.6f    /* least between the ink of two systems */
#define PART_DISTANCE 5.2f /* from a staff's last line to the next part's first */
#define SYSTEM_DISTANCE 7.0f
#define FEW_STAVES 4u /* with more of them parts that rest are hidden */
/* A page is filled by distances that grow by at most so much: of systems, of parts, of the staves of a part.
 */
#define SYSTEM_GIVES 11.0f
#define PART_GIVES 3.6f
#define STAFF_GIVES 1.6f
#define TIGHTEST 0.6f /* of the distances in a system that is taller than its page */

static float staff_height(const struct eng_staff *staff)
{
	return (float)(staff->lines > 1 ? staff->lines - 1 : 0) * staff->space;
}

uint32_t eng_staff_in(const struct eng *e, uint32_t system, uint32_t staff)
{
	for (uint32_t i = staff; i < e->n_staves; i++) {
		if (!eng_is_hidden_in(e, system, i))
			return i;
	}
	for (uint32_t i = staff; i-- > 0;) {
		if (!eng_is_hidden_in(e, system, i))
			return i;
	}
	return staff;
}

int eng_hide(struct eng *e)
{
	if (e->n_staves <= FEW_STAVES || e->n_systems < 2)
		return 0;
	uint8_t *plays = eng_alloc(e->arena, (size_t)e->n_systems * e->score->n_parts);
	if (plays == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		uint32_t system = e->measure[ev->measure].system;
		if (!ev->is_hidden && (ev->n_heads > 0 || ev->slash) && system < e->n_systems)
			plays[(size_t)system * e->score->n_parts + e->staff[ev->staff].part] = 1;
	}
	/* The first system shows who plays at all; one in which nobody does shows all. */
	for (uint32_t i = 1; i < e->n_systems; i++) {
		uint8_t *hides = eng_alloc(e->arena, e->n_staves);
		uint32_t n_shown = 0;
		if (hides == NULL)
			return -ENOMEM;
		for (uint32_t k = 0; k < e->n_staves; k++) {
			hides[k] = !plays[(size_t)i * e->score->n_parts + e->staff[k].part];
			n_shown += !hides[k] && !e->staff[k].is_hidden;
		}
		e->system[i].hides = n_shown > 0 ? hides : NULL;
	}
	return 0;
}

static int next_staff(const struct eng *e, uint32_t system, uint32_t from, uint32_t *ret)
{
	for (uint32_t i = from; i < e->n_staves; i++) {
		if (!eng_is_hidden_in(e, system, i)) {
			*ret = i;
			return 1;
		}
	}
	return 0;
}

/** What the space between a staff and the next one may grow by. */
static float gives(const struct eng *e, uint32_t staff, uint32_t next)
{
	return e->staff[staff].part == e->staff[next].part ? STAFF_GIVES : PART_GIVES;
}

/** `tightness` 1: the usual distances; less: closer, but never ink on ink. */
static int stack_staves(struct eng *e, uint32_t system, float tightness)
{
	struct eng_system *s = &e->system[system];
	if (s->staff_y == NULL)
		s->staff_y = eng_alloc(e->arena, (e->n_staves ? e->n_staves : 1) * sizeof(*s->staff_y));
	if (s->staff_y == NULL)
		return -ENOMEM;
	uint32_t before = ENG_NONE;
	float y = 0.0f;
	s->ink = (struct eng_box){0.0f, 0.0f, s->width, 4.0f};
	for (uint32_t i = 0; i < e->n_staves; i++) {
		s->staff_y[i] = NAN;
		if (eng_is_hidden_in(e, system, i))
			continue;
		struct eng_skyline *up = eng_sky_of(e, system, i, 1), *down = eng_sky_of(e, system, i, 0);
		if (up == NULL || down == NULL)
			return -ENOMEM;
		if (before != ENG_NONE) {
			const struct eng_staff *last = &e->staff[before];
			float distance = last->part == e->staff[i].part ? ENG_STAFF_DISTANCE : PART_DISTANCE;
			distance = distance * tightness + staff_height(last);
			distance = fmaxf(distance, eng_sky_distance(eng_sky_of(e, system, before, 0), up,
							   ENG_STAFF_GAP * tightness));
			y += distance;
		}
		s->staff_y[i] = y;
		float top = eng_sky_place(up, 0.0f, INFINITY, 0.0f),
		      bottom = eng_sky_place(down, 0.0f, INFINITY, 0.0f);
		s->ink.y0 = fminf(s->ink.y0, y + top);
		s->ink.y1 = before == ENG_NONE ? y + bottom : fmaxf(s->ink.y1, y + bottom);
		before = i;
	}
	return 0;
}

/* From the first staff's top line of system i to that of i + 1. */
static float system_distance(const struct eng *e, uint32_t i)
{
	const struct eng_system *a = &e->system[i], *b = &e->system[i + 1];
	uint32_t first = 0, last = 0;
	if (!next_staff(e, i + 1, 0, &first))
		return SYSTEM_DISTANCE;
	for (uint32_t k = 0; next_staff(e, i, k, &k); k++)
		last = k;
	float y = a->staff_y[last];
	float by_ink = y + eng_sky_distance(a->down[last], b->up[first], SYSTEM_GAP);
	return fmaxf(by_ink, y + staff_height(&e->staff[last]) + SYSTEM_DISTANCE);
}

/** All that the distances within a system may grow by. */
static float system_gives(const struct eng *e, uint32_t system)
{
	float sum = 0.0f;
	uint32_t k = 0, next = 0;
	if (!next_staff(e, system, 0, &k))
		return 0.0f;
	for (; next_staff(e, system, k + 1, &next); k = next)
		sum += gives(e, k, next);
	return sum;
}

/* Stretch the distances of the systems first .. last - 1 of one page, between them and within, so that the
 * last ends at the page's end. */
static void fill_page(struct eng *e, uint32_t first, uint32_t last, float end)
{
	const struct eng_system *bottom = &e->system[last - 1];
	float spare = end - (bottom->y + bottom->ink.y1);
	float most = SYSTEM_GIVES * (float)(last - first - 1);
	for (uint32_t i = first; i < last; i++)
		most += system_gives(e, i);
	if (spare <= 0.0f || most <= 0.0f)
		return;
	float share = fminf(spare / most, 1.0f), down = 0.0f;
	for (uint32_t i = first; i < last; i++) {
		struct eng_system *s = &e->system[i];
		uint32_t k = 0, next = 0;
		float within = 0.0f;
		s->y += down;
		if (!next_staff(e, i, 0, &k))
			continue;
		for (; next_staff(e, i, k + 1, &next); k = next) {
			within += share * gives(e, k, next);
			s->staff_y[next] += within;
		}
		s->ink.y1 += within;
		down += within + share * SYSTEM_GIVES;
	}
}

/** Staves of a system that is taller than a page come closer. */
static int tighten(struct eng *e, uint32_t system, float height)
{
	const struct eng_system *s = &e->system[system];
	int r = 0;
	for (float t = 0.9f; r == 0 && s->ink.y1 - s->ink.y0 > height && t > TIGHTEST - 0.05f; t -= 0.1f)
		r = stack_staves(e, system, t);
	return r;
}

int eng_stack(struct eng *e)
{
	float margin = e->options->margin, height = e->options->page_height;
	int has_pages = height > 0.0f && e->options->layout != ENGRAVE_CONTINUOUS;
	float end = height - margin, y = margin + eng_title_height(e);
	for (uint32_t i = 0; i < e->n_systems; i++) {
		if (e->system[i].is_kept)
			continue;
		int r = stack_staves(e, i, 1.0f);
		if (r == 0 && has_pages)
			r = tighten(e, i, i ? end - margin : end - y);
		if (r < 0)
			return r;
	}
	return 0;
}

int eng_pages(struct eng *e)
{
	const float margin = e->options->margin, height = e->options->page_height;
	const int has_pages = height > 0.0f && e->options->layout != ENGRAVE_CONTINUOUS;
	const float end = height - margin;
	float y = margin + eng_title_height(e);
	uint32_t page = 0, first = 0;
	for (uint32_t i = 0; i < e->n_systems; i++) {
		struct eng_system *s = &e->system[i];
		if (i > first)
			y = e->system[i - 1].y + system_distance(e, i - 1);
		else
			y -= s->ink.y0;
		int is_full = i > first && (y + s->ink.y1 > end || s->is_page_start);
		if (has_pages && is_full) {
			fill_page(e, first, i, end);
			page++;
			first = i;
			y = margin - s->ink.y0;
		}
		s->page = page;
		s->y = y;
	}
	/* The last page is filled only when it is nearly full. */
	if (has_pages && e->n_systems > first) {
		const struct eng_system *last = &e->system[e->n_systems - 1];
		if (last->y + last->ink.y1 > 0.85f * end)
			fill_page(e, first, e->n_systems, end);
	}
	e->n_pages = e->n_systems > 0 ? page + 1 : 0;
	return 0;
}
