/* SPDX-License-Identifier: MIT */
/* Tablature: numbers on the lines, and stems where no other staff shows the rhythm. Techniques:
 * tab_technique.c. */
#include "tab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER 1.85f
#define STEM 2.6f
#define STEM_GAP 0.7f

float eng_tab_y(const struct eng *e, uint32_t staff, unsigned string)
{
	const struct eng_staff *st = &e->staff[staff];
	unsigned line = string >= 1 && string <= st->lines ? string - 1 : 0;
	return (float)line * st->space;
}

float eng_tab_bottom(const struct eng *e, uint32_t staff)
{
	return (float)(e->staff[staff].lines - 1) * e->staff[staff].space;
}

static int has_technique(const struct eng *e, const struct nvx_tab *tab, unsigned type, unsigned style)
{
	uint32_t n;
	const struct nvx_technique_use *use = nvx_items(e->score->pool, tab->techniques, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (use[i].type == type && (style == 0 || use[i].style == style))
			return 1;
	}
	return 0;
}

static void fret_text(const struct eng *e, const struct nvx_tab *tab, char buf[static 16])
{
	if (has_technique(e, tab, NVX_TECHNIQUE_DEAD, 0))
		(void)snprintf(buf, 16, "x");
	else if (has_technique(e, tab, NVX_TECHNIQUE_HARMONIC, NVX_HARMONIC_NATURAL))
		(void)snprintf(buf, 16, "<%u>", tab->fret);
	else if (has_technique(e, tab, NVX_TECHNIQUE_GHOST, 0))
		(void)snprintf(buf, 16, "(%u)", tab->fret);
	else
		(void)snprintf(buf, 16, "%u", tab->fret);
}

int eng_tab_note(const struct eng *e, uint32_t index, struct eng_tab_note *ret)
{
	const struct nvx_tab *tab = score_tab(e->score, index);
	uint32_t head, ev = eng_find_note(e, tab->e.note_id, tab->e.tick, &head);
	uint32_t staff = eng_find_staff(e, tab->e.part_id, 0, 1);
	if (ev == ENG_NONE || staff == ENG_NONE)
		return 0;
	const struct eng_event *event = &e->event[ev];
	if (e->measure[event->measure].is_skipped || e->measure[event->measure].system >= e->n_systems)
		return 0;
	char text[16];
	fret_text(e, tab, text);
	float half = eng_text_width(e, NUMBER, 0, text) / 2, x = eng_event_x(e, event) + eng_half_head(e);
	*ret = (struct eng_tab_note){.tab = tab,
		.event = event,
		.head = head,
		.staff = staff,
		.system = eng_event_system(e, event),
		.x = x,
		.x0 = x - half,
		.x1 = x + half,
		.y = eng_tab_y(e, staff, tab->string)};
	return 1;
}

static int draw_number(struct eng *e, const struct eng_tab_note *n)
{
	char text[16];
	fret_text(e, n->tab, text);
	float cap = e->metrics->cap_height * NUMBER;
	/* The line doesn't run through the number. */
	struct mos_shape gap = eng_rect(n->x0 - 0.12f, n->y - cap / 2 - 0.05f, n->x1 - n->x0 + 0.24f,
		cap + 0.1f, ENGRAVE_TABLATURE, MOS_TOKEN_PAPER);
	int r = eng_ink(e, n->system, n->staff, n->event->measure, &gap, 0);
	uint32_t at = e->n_ink;
	if (r == 0)
		r = eng_text(e, n->system, n->staff, n->event->measure, n->x, n->y, NUMBER,
			MOS_SHAPE_CENTER | MOS_SHAPE_MIDDLE, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE, text, 0);
	if (r == 0 && e->n_ink > at && eng_is_on_tab(e, n->event))
		e->ink[at].note = n->head;
	return r;
}

/* --- rhythm below a tablature that stands alone --- */

static int shows_rhythm(const struct eng *e, uint32_t staff)
{
	for (uint32_t i = 0; i < e->n_staves; i++) {
		if (e->staff[i].part == e->staff[staff].part && !e->staff[i].is_tab && !e->staff[i].is_hidden)
			return 0;
	}
	return 1;
}

static int stroke(struct eng *e, const struct eng_event *ev, uint32_t staff, struct mos_shape s)
{
	return eng_ink(e, eng_event_system(e, ev), staff, ev->measure, &s, 0);
}

static float stem_x(const struct eng *e, const struct eng_event *ev)
{
	return eng_event_x(e, ev) + eng_half_head(e);
}

static int stem(struct eng *e, const struct eng_event *ev, uint32_t staff)
{
	if (ev->n_heads == 0 || ev->value < NVX_VALUE_2 || ev->is_grace)
		return 0;
	float x = stem_x(e, ev), top = eng_tab_bottom(e, staff) + STEM_GAP, y = top + STEM;
	if (ev->value == NVX_VALUE_2)
		top += STEM / 2;
	int r = stroke(e, ev, staff,
		eng_line(x, top, x, y, e->metrics->defaults.stem, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE));
	/* Flags hang from the end: short slanted strokes, whatever the font has. */
	for (unsigned i = 0; r == 0 && ev->beam == ENG_NONE && i < ev->flags && i < 8; i++) {
		float fy = y - 0.65f * (float)i;
		float xy[8] = {x, fy - 0.4f, x + 1.0f, fy - 1.3f, x + 1.0f, fy - 1.0f, x, fy};
		r = stroke(e, ev, staff, eng_quad(xy, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE));
	}
	for (unsigned i = 0; r == 0 && i < ev->dots && i < 4; i++) {
		float d = 0.35f;
		struct mos_shape dot = eng_rect(
			x + 0.5f + 0.6f * (float)i, y - d, d, d, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE);
		dot.p[0] = d / 2;
		r = stroke(e, ev, staff, dot);
	}
	return r;
}

static int beam(struct eng *e, const struct eng_beam *b, uint32_t staff)
{
	float y = eng_tab_bottom(e, staff) + STEM_GAP + STEM, thick = 0.45f, step = 0.7f,
	      width = e->metrics->defaults.stem / 2;
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < b->n; i++) {
		const struct eng_event *ev = &e->event[e->beam_event[b->first + i]];
		const struct eng_event *next =
			i + 1 < b->n ? &e->event[e->beam_event[b->first + i + 1]] : NULL;
		const struct eng_event *before = i > 0 ? &e->event[e->beam_event[b->first + i - 1]] : NULL;
		if (ev->n_heads == 0 || ev->is_grace)
			continue;
		for (unsigned k = 0; r == 0 && k < ev->flags && k < 8; k++) {
			float x0 = stem_x(e, ev) - width, x1 = x0;
			if (next != NULL && k < next->flags)
				x1 = stem_x(e, next) + width;
			else if (before == NULL || k >= before->flags)
				x1 = next != NULL ? x0 + 1.0f : x0;
			if (x1 == x0 && (before == NULL || k >= before->flags)) {
				x0 -= 1.0f;
				x1 += 2 * width;
			}
			if (x1 > x0)
				r = stroke(e, ev, staff,
					eng_rect(x0, y - thick - step * (float)k, x1 - x0, thick,
						ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE));
		}
	}
	return r;
}

static int rhythm(struct eng *e, uint32_t staff)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		if (e->staff[e->event[i].staff].part == e->staff[staff].part &&
			eng_is_drawn_at(e, &e->event[i]))
			r = stem(e, &e->event[i], staff);
	}
	for (uint32_t i = 0; r == 0 && i < e->n_beams; i++) {
		const struct eng_beam *b = &e->beam[i];
		if (b->n > 0 && e->staff[b->staff].part == e->staff[staff].part &&
			eng_is_drawn_at(e, &e->event[e->beam_event[b->first]]))
			r = beam(e, b, staff);
	}
	return r;
}

int eng_tab(struct eng *e)
{
	int r = 0;
	if (!eng_has_layer(e, ENGRAVE_TABLATURE) || e->n_measures == 0)
		return 0;
	struct eng_tab_note note;
	for (uint32_t i = 0; r == 0 && i < score_n_tab(e->score); i++) {
		if (eng_tab_note(e, i, &note))
			r = draw_number(e, &note);
	}
	for (uint32_t i = 0; r == 0 && i < e->n_staves; i++) {
		if (e->staff[i].is_tab && !e->staff[i].is_hidden && shows_rhythm(e, i))
			r = rhythm(e, i);
	}
	return r < 0 ? r : eng_tab_techniques(e);
}
