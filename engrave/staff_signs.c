/* SPDX-License-Identifier: MIT */
/* Clefs, key signatures, meters: their room and their ink. Signs of one kind stand in one column over all
 * staves. */
#include "impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM_START 0.7f
#define TIE_ROOM 1.5f
#define AFTER_CLEF 0.8f
#define AFTER_KEY 0.8f
#define AFTER_METER 0.9f
#define SMALL 0.75f
#define BEFORE_COURTESY 0.5f
#define KEY_STEP 0.1f

static uint32_t clef_code(struct eng_clef clef)
{
	static const uint16_t g[] = {0xe051, 0xe052, 0xe050, 0xe053, 0xe054};
	static const uint16_t f[] = {0xe063, 0xe064, 0xe062, 0xe065, 0xe066};
	const unsigned octave = clef.octave >= -2 && clef.octave <= 2 ? (unsigned)(clef.octave + 2) : 2;
	switch (clef.sign) {
	case NVX_CLEF_G:
		return g[octave];
	case NVX_CLEF_F:
		return f[octave];
	case NVX_CLEF_C:
		return octave < 2 ? 0xe05d : 0xe05c;
	case NVX_CLEF_PERCUSSION:
		return 0xe069;
	case NVX_CLEF_TAB:
		return 0xe06d;
	default:
		return 0;
	}
}

float eng_clef_width(const struct eng *e, struct eng_clef clef, int is_small)
{
	const uint32_t code = clef_code(clef);
	return code ? engrave_glyph(e->metrics, code)->x1 * (is_small ? SMALL : 1) : 0;
}

/* ---- keys ---- */

/** Position of the i-th sign of a signature. */
static int key_position(struct eng_clef clef, unsigned i, int is_flat)
{
	static const int8_t sharps[] = {4, 1, 5, 2, -1, 3, 0}, flats[] = {0, 3, -1, 2, -2, 1, -3};
	static const int8_t tenor[] = {-2, 2, -1, 3, 0, 4, 1};
	int middle = 34;
	if (clef.sign == NVX_CLEF_F)
		middle = 24 + 2 * (3 - clef.line);
	else if (clef.sign == NVX_CLEF_C)
		middle = 28 + 2 * (3 - clef.line);
	else if (clef.sign == NVX_CLEF_G)
		middle = 32 + 2 * (3 - clef.line);
	int shift = (34 - middle) % 7;
	shift = shift > 3 ? shift - 7 : shift < -3 ? shift + 7 : shift;
	if (clef.sign == NVX_CLEF_C && clef.line == 4 && !is_flat)
		return tenor[i];
	const int at = (is_flat ? flats[i] : sharps[i]) + shift;
	return at > 5 ? at - 7 : at < -5 ? at + 7 : at;
}

static int has_key(const struct eng *e, uint32_t staff, struct eng_clef clef)
{
	return !e->staff[staff].is_tab && clef.sign != NVX_CLEF_PERCUSSION && clef.sign != NVX_CLEF_TAB;
}

/** Signs of a key, naturals first where the one before ends. @return its width. Drawn when `system` is one.
 */
static float draw_key(struct eng *e, int fifths, int before, struct eng_clef clef, uint32_t system,
	uint32_t staff, uint32_t measure, float x, int *rc)
{
	const unsigned had = (unsigned)(before < 0 ? -before : before);
	const unsigned has = (unsigned)(fifths < 0 ? -fifths : fifths);
	const int turns = (before < 0) != (fifths < 0);
	const float start = x;
	for (unsigned i = turns ? 0 : has; i < had && i < 7; i++) {
		if (system != ENG_NONE && *rc == 0) {
			const struct mos_shape s = eng_glyph(0xe261, x,
				eng_y(&e->staff[staff], key_position(clef, i, before < 0)), 1,
				ENGRAVE_NOTATION, MOS_TOKEN_INK);
			*rc = eng_ink(e, system, staff, measure, &s, 0);
		}
		x += engrave_glyph(e->metrics, 0xe261)->x1 + 2 * KEY_STEP;
	}
	const uint32_t code = fifths < 0 ? 0xe260 : 0xe262;
	for (unsigned i = 0; i < has && i < 7; i++) {
		if (system != ENG_NONE && *rc == 0) {
			const struct mos_shape s =
				eng_glyph(code, x, eng_y(&e->staff[staff], key_position(clef, i, fifths < 0)),
					1, ENGRAVE_NOTATION, MOS_TOKEN_INK);
			*rc = eng_ink(e, system, staff, measure, &s, 0);
		}
		x += engrave_glyph(e->metrics, code)->x1 + (fifths < 0 ? KEY_STEP : 0.02f);
	}
	return x - start;
}

static float key_width(const struct eng *e, int fifths, int before)
{
	int rc = 0;
	return draw_key((struct eng *)e, fifths, before, (struct eng_clef){.sign = NVX_CLEF_G, .line = 2},
		ENG_NONE, 0, 0, 0, &rc);
}

/* ---- meters ---- */

static float digits_width(const struct eng *e, unsigned number)
{
	char text[8];
	float width = 0;
	(void)snprintf(text, sizeof(text), "%u", number);
	for (const char *at = text; *at; at++)
		width += engrave_glyph(e->metrics, 0xe080u + (uint32_t)(*at - '0'))->x1;
	return width;
}

static float meter_width(const struct eng *e, const struct eng_change *c)
{
	if (c->meter_sign)
		return engrave_glyph(e->metrics, 0xe089u + c->meter_sign)->x1;
	return fmaxf(digits_width(e, c->num), digits_width(e, c->den));
}

static int draw_digits(
	struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x, float y, unsigned number)
{
	char text[8];
	(void)snprintf(text, sizeof(text), "%u", number);
	for (const char *at = text; *at; at++) {
		const uint32_t code = 0xe080u + (uint32_t)(*at - '0');
		const struct mos_shape s = eng_glyph(code, x, y, 1, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		const int rc = eng_ink(e, system, staff, measure, &s, 0);
		if (rc < 0)
			return rc;
		x += engrave_glyph(e->metrics, code)->x1;
	}
	return 0;
}

static int draw_meter(struct eng *e, const struct eng_change *c, uint32_t system, uint32_t measure, float x)
{
	const struct eng_staff *staff = &e->staff[c->staff];
	const float middle = (float)(staff->lines - 1) * staff->space / 2;
	if (c->meter_sign) {
		const struct mos_shape s =
			eng_glyph(0xe089u + c->meter_sign, x, middle, 1, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		return eng_ink(e, system, c->staff, measure, &s, 0);
	}
	const float width = meter_width(e, c);
	const int rc = draw_digits(
		e, system, c->staff, measure, x + (width - digits_width(e, c->num)) / 2, middle - 1, c->num);
	return rc < 0 ? rc
		      : draw_digits(e, system, c->staff, measure, x + (width - digits_width(e, c->den)) / 2,
				middle + 1, c->den);
}

static int draw_clef(struct eng *e, struct eng_clef clef, int is_small, uint32_t system, uint32_t staff,
	uint32_t measure, float x)
{
	const struct eng_staff *st = &e->staff[staff];
	const uint32_t code = clef_code(clef);
	const float bottom = (float)(st->lines - 1) * st->space;
	float y = bottom / 2, scale = is_small ? SMALL : 1;
	if (!code)
		return 0;
	if (clef.sign == NVX_CLEF_TAB)
		scale *= bottom / (1.5f * 5);
	else if (clef.sign != NVX_CLEF_PERCUSSION && st->lines == 5)
		y = bottom - (float)(clef.line ? clef.line - 1 : 2);
	const struct mos_shape s = eng_glyph(code, x, y, scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, system, staff, measure, &s, 0);
}

/* ---- what begins a measure, a system ---- */

struct room {
	float clef, key, meter;
};

static int is_shown(const struct eng *e, uint32_t staff)
{
	return !e->staff[staff].is_hidden;
}

static struct room head_room(const struct eng *e, uint32_t measure)
{
	const struct eng_measure *m = &e->measure[measure];
	struct room r = {};
	for (uint32_t i = m->first_change; i < m->first_change + m->n_changes; i++) {
		const struct eng_change *c = &e->change[i];
		if (c->tick != m->tick || !is_shown(e, c->staff))
			continue;
		if (c->has_key && has_key(e, c->staff, c->clef))
			r.key = fmaxf(r.key, key_width(e, c->fifths, c->fifths_before));
		if (c->has_meter && !e->staff[c->staff].is_extra)
			r.meter = fmaxf(r.meter, meter_width(e, c));
	}
	return r;
}

static struct room system_room(const struct eng *e, uint32_t measure)
{
	struct room r = head_room(e, measure);
	r.key = 0;
	for (uint32_t i = 0; i < e->n_staves; i++) {
		const struct eng_change c = eng_signs_at(e, i, e->measure[measure].tick);
		if (!is_shown(e, i))
			continue;
		r.clef = fmaxf(r.clef, eng_clef_width(e, c.clef, 0));
		if (has_key(e, i, c.clef))
			r.key = fmaxf(r.key, key_width(e, c.fifths, 0));
	}
	return r;
}

float eng_head_signs_width(const struct eng *e, uint32_t measure)
{
	const struct room r = head_room(e, measure);
	return (r.key > 0 ? r.key + AFTER_KEY : 0) + (r.meter > 0 ? r.meter + AFTER_METER : 0);
}

float eng_tail_signs_width(const struct eng *e, uint32_t measure)
{
	float width = 0;
	if (measure + 1 >= e->n_measures)
		return 0;
	const struct eng_measure *m = &e->measure[measure + 1];
	for (uint32_t i = m->first_change; i < m->first_change + m->n_changes; i++) {
		const struct eng_change *c = &e->change[i];
		if (c->tick == m->tick && c->has_clef && is_shown(e, c->staff))
			width = fmaxf(width, eng_clef_width(e, c->clef, 1) + 0.4f);
	}
	return width;
}

/** For ties that come from the line before. */
static float tie_room(const struct eng *e, uint32_t measure)
{
	const struct eng_measure *m = &e->measure[measure];
	for (uint32_t i = m->first_event; i < m->first_event + m->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		for (uint32_t k = 0; v->tick == m->tick && !v->is_hidden && k < v->n_heads; k++) {
			if (e->head[v->first_head + k].is_tied_from)
				return TIE_ROOM;
		}
	}
	return 0;
}

float eng_system_signs_width(const struct eng *e, uint32_t measure)
{
	const struct room r = system_room(e, measure);
	const float repeat = eng_bar_room(e, measure, 1);
	return SYSTEM_START + r.clef + AFTER_CLEF + (r.key > 0 ? r.key + AFTER_KEY : 0) +
	       (r.meter > 0 ? r.meter + AFTER_METER : 0) + (repeat > 0 ? repeat : tie_room(e, measure));
}

float eng_courtesy_width(const struct eng *e, uint32_t next_measure)
{
	if (next_measure >= e->n_measures)
		return 0;
	const struct room r = head_room(e, next_measure);
	const float width = r.key + (r.key > 0 && r.meter > 0 ? AFTER_KEY : 0) + r.meter;
	return width > 0 ? BEFORE_COURTESY + width + 0.3f : 0;
}

/** Changes of key and meter of a measure, from `x` on: behind its bar line, or at the end of the line before.
 */
static int draw_changes(struct eng *e, uint32_t measure, uint32_t system, uint32_t file_under, float x)
{
	const struct eng_measure *m = &e->measure[measure];
	const struct room r = head_room(e, measure);
	int rc = 0;
	for (uint32_t i = m->first_change; rc == 0 && i < m->first_change + m->n_changes; i++) {
		const struct eng_change c = e->change[i];
		if (c.tick != m->tick || !is_shown(e, c.staff))
			continue;
		if (c.has_key && has_key(e, c.staff, c.clef))
			(void)draw_key(
				e, c.fifths, c.fifths_before, c.clef, system, c.staff, file_under, x, &rc);
		if (rc == 0 && c.has_meter && !e->staff[c.staff].is_extra)
			rc = draw_meter(e, &c, system, file_under, x + (r.key > 0 ? r.key + AFTER_KEY : 0));
	}
	return rc;
}

static int draw_system_start(struct eng *e, uint32_t system)
{
	const struct eng_system *s = &e->system[system];
	const uint32_t measure = s->first_measure;
	const struct eng_measure *m = &e->measure[measure];
	const struct room r = system_room(e, measure);
	const float x = m->x + SYSTEM_START;
	const float key_x = x + r.clef + AFTER_CLEF, meter_x = key_x + (r.key > 0 ? r.key + AFTER_KEY : 0);
	int rc = 0;
	for (uint32_t i = 0; rc == 0 && i < e->n_staves; i++) {
		const struct eng_change c = eng_signs_at(e, i, m->tick);
		if (!is_shown(e, i))
			continue;
		rc = draw_clef(e, c.clef, 0, system, i, ENG_NONE, x);
		if (rc == 0 && has_key(e, i, c.clef))
			(void)draw_key(e, c.fifths, 0, c.clef, system, i, ENG_NONE, key_x, &rc);
	}
	for (uint32_t i = m->first_change; rc == 0 && i < m->first_change + m->n_changes; i++) {
		const struct eng_change c = e->change[i];
		if (c.tick == m->tick && c.has_meter && is_shown(e, c.staff) && !e->staff[c.staff].is_extra)
			rc = draw_meter(e, &c, system, measure, meter_x);
	}
	return rc;
}

/** Clefs within a measure, and before the bar line that ends it. */
static int draw_inner(struct eng *e, uint32_t measure, uint32_t system)
{
	const struct eng_measure *m = &e->measure[measure];
	int rc = 0;
	for (uint32_t i = m->first_change; rc == 0 && i < m->first_change + m->n_changes; i++) {
		const struct eng_change c = e->change[i];
		if (c.tick <= m->tick || !c.has_clef || !is_shown(e, c.staff))
			continue;
		rc = draw_clef(e, c.clef, 1, system, c.staff, measure, eng_x_at(e, measure, c.tick) + c.x);
	}
	if (measure + 1 >= e->n_measures || m->is_skipped)
		return rc;
	const struct eng_measure *next = &e->measure[measure + 1];
	for (uint32_t i = next->first_change; rc == 0 && i < next->first_change + next->n_changes; i++) {
		const struct eng_change c = e->change[i];
		if (c.tick == next->tick && c.has_clef && is_shown(e, c.staff))
			rc = draw_clef(e, c.clef, 1, system, c.staff, measure,
				m->x + m->width - eng_bar_room(e, measure, 0) - 0.4f -
					eng_clef_width(e, c.clef, 1));
	}
	return rc;
}

int eng_signs(struct eng *e)
{
	int rc = 0;
	for (uint32_t s = 0; rc == 0 && s < e->n_systems; s++) {
		const uint32_t first = e->system[s].first_measure, end = first + e->system[s].n_measures;
		if (e->system[s].is_kept)
			continue;
		rc = draw_system_start(e, s);
		for (uint32_t i = first; rc == 0 && i < end; i++) {
			if (i > first)
				rc = draw_changes(e, i, s, i,
					e->measure[i].x + (e->measure[i].is_on ? 0.25f : 0.9f) +
						eng_bar_room(e, i, 1));
			if (rc == 0)
				rc = draw_inner(e, i, s);
		}
		uint32_t last =
			end - 1; /* filed under one that is drawn: not within a rest of many measures */
		while (last > first && e->measure[last].is_skipped)
			last--;
		if (rc == 0 && end < e->n_measures && end > first)
			rc = draw_changes(e, end, s, last,
				e->measure[last].x + e->measure[last].width + BEFORE_COURTESY);
	}
	return rc;
}
