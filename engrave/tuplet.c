/* SPDX-License-Identifier: MIT */
/* Tuplets: a number at a beam of their own, else a bracket with the number in it; inner ones closer to the
 * notes. */
#include "layers.h"

#include <math.h>
#include <stdio.h>

#define CODE_DIGIT_0 0xe880u
#define CODE_COLON 0xe88au
#define GAP 0.5f
#define HOOK 0.8f
#define MAX_RISE 2.0f

/* The number, or the ratio, as glyphs. @return its width; draws when `draw`. */
static float number(struct eng *e, const struct eng_tuplet *t, int draw, uint32_t system, uint32_t staff,
	uint32_t measure, float x, float y, int *ret)
{
	uint32_t code[12];
	unsigned n = 0;
	char text[16];
	int len = snprintf(
		text, sizeof(text), t->show == NVX_TUPLET_SHOW_BOTH ? "%u:%u" : "%u", t->actual, t->normal);
	for (int i = 0; i < len && n < 12; i++)
		code[n++] = text[i] == ':' ? CODE_COLON : CODE_DIGIT_0 + (uint32_t)(text[i] - '0');
	float width = 0.0f;
	for (unsigned i = 0; i < n; i++) {
		const struct engrave_glyph *g = engrave_glyph(e->metrics, code[i]);
		if (draw && *ret == 0) {
			struct mos_shape s =
				eng_glyph(code[i], x + width, y, 1.0f, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			*ret = eng_ink(e, system, staff, measure, &s, 0);
		}
		width += g->advance > 0.0f ? g->advance : g->x1;
	}
	return width;
}

struct reach {
	float x0, x1; /* outer edges of its first and last note */
	float y0, y1; /* outlines there */
	int ups, downs;
	uint32_t beam; /* the one that joins all of it; ENG_NONE */
	uint32_t n;
};

static struct reach reach_of(const struct eng *e, const struct eng_tuplet *t)
{
	struct reach r = {.beam = ENG_NONE};
	unsigned guard = 0;
	for (uint32_t i = t->first; i < e->n_events && guard++ < 1024; i = e->event[i].next) {
		const struct eng_event *ev = &e->event[i];
		if (!ev->is_grace) {
			r.ups += ev->stem > 0;
			r.downs += ev->stem < 0;
			r.beam = r.n == 0 ? ev->beam : r.beam == ev->beam ? ev->beam : ENG_NONE;
			r.n++;
		}
		if (i == t->last)
			break;
	}
	return r;
}

static int joins_exactly(const struct eng *e, const struct eng_tuplet *t, const struct reach *r)
{
	if (r->beam >= e->n_beams)
		return 0;
	const struct eng_beam *b = &e->beam[r->beam];
	return b->n > 0 && e->beam_event[b->first] == t->first &&
	       e->beam_event[b->first + b->n - 1] == t->last;
}

/** Beside a beam that has heads on both sides: where no stem goes, as close to its middle as can be. */
static int at_beam(struct eng *e, const struct eng_tuplet *t, const struct eng_beam *b, float width)
{
	const struct eng_event *first = &e->event[e->beam_event[b->first]];
	const struct eng_event *last = &e->event[e->beam_event[b->first + b->n - 1]];
	const float half = 0.8f, clear = width / 2 + 0.15f;
	const float x0 = eng_event_x(e, first) + first->stem_x, x1 = eng_event_x(e, last) + last->stem_x;
	float best = INFINITY, x = (x0 + x1) / 2, side = -1.0f, depth = 0;
	/* a stem comes from above (-1) or from below (1) the whole beam */
	for (unsigned i = 0; i <= 40; i++) {
		const float at = (x0 + x1) / 2 + (x1 - x0) * 0.01f * (float)(i % 2 ? -(int)(i + 1) : (int)i);
		for (int k = -1; k <= 1; k += 2) {
			int is_free = 1;
			for (uint32_t n = 0; n < b->n; n++) {
				const struct eng_event *v = &e->event[e->beam_event[b->first + n]];
				const float stem = eng_event_x(e, v) + v->stem_x;
				is_free &= !v->stem || v->stem != k || fabsf(stem - at) > clear;
			}
			const float cost = fabsf(at - (x0 + x1) / 2) + (k == b->direction ? 0.3f : 0);
			if (is_free && cost < best) {
				best = cost;
				x = at;
				side = (float)k;
			}
		}
	}
	for (uint32_t n = 0; n < b->n; n++)
		depth = fmaxf(depth, (float)e->event[e->beam_event[b->first + n]].flags - 1);
	depth *= e->metrics->defaults.beam + e->metrics->defaults.beam_gap;
	float y = eng_beam_y(e, b, x) + side * (e->metrics->defaults.beam / 2 + 0.35f);
	if (side * (float)b->direction > 0) /* the shorter beams lie there */
		y += side * depth;
	int r = 0;
	(void)number(e, t, 1, eng_event_system(e, first), b->staff, first->measure, x - width / 2,
		side < 0 ? y : y + 2 * half, &r);
	return r;
}

/** `is_outer`: of one that has others in it, which is level. */
static int one(struct eng *e, const struct eng_tuplet *t, int is_outer)
{
	const struct eng_event *first = &e->event[t->first], *last = &e->event[t->last];
	uint32_t system = eng_event_system(e, first), staff = first->staff, measure = first->measure;
	struct reach r = reach_of(e, t);
	if (r.beam < e->n_beams)
		staff = e->beam[r.beam].staff;
	int voice = eng_voice_side(e, first);
	int above = r.beam < e->n_beams ? e->beam[r.beam].direction > 0
		    : voice != 0        ? voice > 0
					: r.ups >= r.downs;
	float side = above ? -1.0f : 1.0f;
	struct eng_skyline *sky = eng_sky_of(e, system, staff, above);
	if (sky == NULL)
		return -ENOMEM;
	struct eng_box a = eng_event_box(e, first), b = eng_event_box(e, last);
	int ends_here = eng_event_system(e, last) == system;
	float x0 = a.x0 - 0.1f, x1 = ends_here ? b.x1 + 0.1f : eng_system_right(e, system);
	int ret = 0;
	float width = number(e, t, 0, 0, 0, 0, 0, 0, &ret);
	int has_bracket = t->bracket == 1 ||
			  (t->bracket == NVX_NO_U8 && !(joins_exactly(e, t, &r) && t->parent == ENG_NONE));
	float half = 0.8f; /* of the digits' height */
	if (!has_bracket) {
		if (t->show == NVX_TUPLET_SHOW_NONE)
			return 0;
		if (r.beam < e->n_beams && e->beam[r.beam].is_between)
			return at_beam(e, t, &e->beam[r.beam], width);
		float mid = (x0 + x1) / 2;
		if (r.beam < e->n_beams && first->stem != 0)
			mid = (eng_event_x(e, first) + first->stem_x + eng_event_x(e, last) + last->stem_x) /
			      2;
		float y = eng_sky_place(sky, mid - width / 2, mid + width / 2, 0.4f);
		(void)number(
			e, t, 1, system, staff, measure, mid - width / 2, above ? y : y + 2 * half, &ret);
		return ret;
	}
	/* Along the line from the first to the last note's outline, as far out as what lies between wants. */
	float third = fminf((x1 - x0) / 2, 1.5f);
	float ya = eng_sky_place(sky, x0, x0 + third, 0.0f), yb = eng_sky_place(sky, x1 - third, x1, 0.0f);
	float rise = is_outer ? 0.0f : fmaxf(-MAX_RISE, fminf(MAX_RISE, (yb - ya) * 0.6f));
	if (fabsf(rise) > 0.25f * (x1 - x0))
		rise = copysignf(0.25f * (x1 - x0), rise);
	float out = -INFINITY;
	unsigned steps = (unsigned)fminf(fmaxf(2.0f, (x1 - x0) / 0.5f), 2000.0f);
	for (unsigned i = 0; i < steps; i++) {
		float xa = x0 + (x1 - x0) * (float)i / (float)steps,
		      xb = x0 + (x1 - x0) * (float)(i + 1) / (float)steps;
		float line = rise * ((float)i + 0.5f) / (float)steps;
		out = fmaxf(out, side * (eng_sky_place(sky, xa, xb, 0.0f) - line));
	}
	/* A bracket doesn't lie inside the staff. */
	float least = above ? 0.4f : (float)(e->staff[staff].lines - 1) + 0.4f;
	float y0 = side * (out + GAP + HOOK * 0.6f);
	float inside = side * (least - fminf(side * y0, side * (y0 + rise)));
	if (side * inside > 0.0f)
		y0 += inside;
	float thick = e->metrics->defaults.tuplet_bracket, mid = (x0 + x1) / 2;
	int shows = t->show != NVX_TUPLET_SHOW_NONE;
	float hole = shows ? width / 2 + 0.35f : 0.0f;
	float slope = rise / (x1 - x0);
	struct mos_shape part[4] = {
		eng_line(x0, y0 - side * HOOK, x0, y0 + side * thick / 2, thick, ENGRAVE_NOTATION,
			MOS_TOKEN_INK),
		eng_line(x0, y0, mid - hole, y0 + slope * (mid - hole - x0), thick, ENGRAVE_NOTATION,
			MOS_TOKEN_INK),
		eng_line(mid + hole, y0 + slope * (mid + hole - x0), x1, y0 + rise, thick, ENGRAVE_NOTATION,
			MOS_TOKEN_INK),
		eng_line(x1, y0 + rise - side * HOOK, x1, y0 + rise + side * thick / 2, thick,
			ENGRAVE_NOTATION, MOS_TOKEN_INK),
	};
	for (unsigned i = 0; ret == 0 && i < 4; i++) {
		if ((i == 1 && mid - hole <= x0) || (i == 2 && mid + hole >= x1))
			continue;
		ret = eng_ink(e, system, staff, measure, &part[i], 0);
	}
	if (ret == 0 && shows)
		(void)number(e, t, 1, system, staff, measure, mid - width / 2, y0 + rise / 2 + half, &ret);
	return ret;
}

static unsigned depth_of(const struct eng *e, uint32_t i)
{
	unsigned depth = 0;
	while (depth < 16 && (i = e->tuplet[i].parent) < e->n_tuplets)
		depth++;
	return depth;
}

int eng_tuplets(struct eng *e)
{
	int r = 0;
	uint8_t *is_outer = eng_alloc(e->arena, e->n_tuplets + 1u);
	if (is_outer == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_tuplets; i++) {
		if (e->tuplet[i].parent < e->n_tuplets)
			is_outer[e->tuplet[i].parent] = 1;
	}
	for (unsigned depth = 17; r == 0 && depth-- > 0;) {
		for (uint32_t i = 0; r == 0 && i < e->n_tuplets; i++) {
			const struct eng_tuplet *t = &e->tuplet[i];
			if (t->first >= e->n_events || t->last >= e->n_events || depth_of(e, i) != depth)
				continue;
			if (t->show == NVX_TUPLET_SHOW_NONE && t->bracket != 1)
				continue;
			if (eng_is_drawn(e, &e->event[t->first]) && eng_is_drawn(e, &e->event[t->last]))
				r = one(e, t, is_outer[i]);
		}
	}
	return r;
}
