/* SPDX-License-Identifier: MIT */
/* Ink of all that stands in a staff: heads with what hangs on them, rests, signs. */
#include "impl.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#define DOT_STEP 0.6f

static uint32_t system_of(const struct eng *e, const struct eng_event *v)
{
	return e->measure[v->measure].system;
}

static int put(struct eng *e, const struct eng_event *v, struct mos_shape s)
{
	return eng_ink(e, system_of(e, v), v->staff, v->measure, &s, 0);
}

static int put_glyph(struct eng *e, const struct eng_event *v, uint32_t code, float x, float y)
{
	return put(e, v, eng_glyph(code, x, y, v->scale, ENGRAVE_NOTATION, MOS_TOKEN_INK));
}

/** Leger lines of one side, each as wide as the heads that need it. */
static int draw_legers(struct eng *e, const struct eng_event *v, float x, int side)
{
	const struct eng_staff *staff = &e->staff[v->staff];
	const float extension = e->metrics->defaults.leger_extension * v->scale;
	int far = 0;
	for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
		const int out = side * e->head[i].position;
		far = out > far ? out : far;
	}
	for (int at = staff->lines + 1; at <= far; at += 2) {
		float x0 = INFINITY, x1 = -INFINITY;
		for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
			const struct eng_head *h = &e->head[i];
			if (side * h->position < at)
				continue;
			const struct eng_box b = eng_head_box(e, v, h);
			x0 = fminf(x0, b.x0);
			x1 = fmaxf(x1, b.x1);
		}
		if (x1 < x0)
			break;
		const float y = eng_y(staff, side * at);
		const int rc = put(e, v,
			eng_line(x + x0 - extension, y, x + x1 + extension, y,
				e->metrics->defaults.leger_line, ENGRAVE_NOTATION, MOS_TOKEN_STAFF));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int draw_accidental(
	struct eng *e, const struct eng_event *v, const struct eng_head *h, float x, float y)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, h->accidental);
	int rc = put_glyph(e, v, h->accidental, x, y);
	if (rc == 0 && h->accidental_in_parens) {
		const struct engrave_glyph *paren = engrave_glyph(e->metrics, 0xe26a);
		rc = put_glyph(e, v, 0xe26a, x + (g->x0 - 0.08f - paren->x1) * v->scale, y);
		if (rc == 0)
			rc = put_glyph(e, v, 0xe26b,
				x + (g->x1 + 0.08f - engrave_glyph(e->metrics, 0xe26b)->x0) * v->scale, y);
	}
	return rc;
}

static int draw_dots(struct eng *e, const struct eng_event *v, float x, int position)
{
	int rc = 0;
	for (unsigned i = 0; rc == 0 && i < v->dots; i++)
		rc = put_glyph(e, v, 0xe1e7, x + v->dot_x + DOT_STEP * (float)i * v->scale,
			eng_y(&e->staff[v->staff], position));
	return rc;
}

static int draw_head(struct eng *e, const struct eng_event *v, uint32_t head, float x)
{
	const struct eng_head *h = &e->head[head];
	const float y = eng_y(&e->staff[v->staff], h->position);
	int rc = 0;
	if (h->code) {
		rc = put_glyph(e, v, h->code, x + h->x, y);
		if (rc == 0)
			e->ink[e->n_ink - 1].note = head;
	}
	if (rc == 0 && h->accidental)
		rc = draw_accidental(e, v, h, x + h->accidental_x, y);
	if (rc == 0 && v->dots && (head == v->first_head || h[-1].dot_position != h->dot_position))
		rc = draw_dots(e, v, x, h->dot_position);
	return rc;
}

static int draw_tremolo(struct eng *e, const struct eng_event *v, float x)
{
	const unsigned strokes = v->tremolo > 5 ? 5 : v->tremolo;
	const struct eng_head *low = &e->head[v->first_head], *high = low + v->n_heads - 1;
	const struct eng_staff *staff = &e->staff[v->staff];
	if (!v->stem)
		return put_glyph(e, v, 0xe21fu + strokes, x + eng_head_box(e, v, high).x1 / 2,
			eng_y(staff, high->position) - 1.2f - 0.3f * (float)strokes);
	/* in the middle of what is free of the stem, beams and flags aside */
	const float head = eng_y(staff, v->stem > 0 ? high->position : low->position) - 0.5f * (float)v->stem;
	const float off = v->beam != ENG_NONE ? 0.75f * (float)v->flags : v->flags ? 1.2f : 0;
	const float end = v->stem_y1 + off * (float)v->stem;
	return put_glyph(e, v, 0xe21fu + strokes, x + v->stem_x, (head + end) / 2);
}

static int draw_stem(struct eng *e, const struct eng_event *v, float x)
{
	const float thick = e->metrics->defaults.stem * (v->is_grace ? 0.8f : 1);
	int rc = put(e, v,
		eng_line(x + v->stem_x, v->stem_y0, x + v->stem_x, v->stem_y1, thick, ENGRAVE_NOTATION,
			MOS_TOKEN_INK));
	if (rc == 0 && v->flags && v->beam == ENG_NONE)
		rc = put_glyph(e, v, eng_flag_code(v), x + v->stem_x - thick / 2,
			v->stem_y1 + (float)v->stem * eng_flag_rise(e, v) * v->scale);
	if (rc == 0 && v->grace_slash) {
		const float y = v->stem_y1 + 0.9f * (float)v->stem, up = (float)v->stem;
		rc = put(e, v,
			eng_line(x + v->stem_x - 0.55f, y + 0.5f * up, x + v->stem_x + 0.85f, y - 0.5f * up,
				0.1f, ENGRAVE_NOTATION, MOS_TOKEN_INK));
	}
	return rc;
}

static int draw_chord(struct eng *e, const struct eng_event *v)
{
	const float x = eng_event_x(e, v);
	int rc = draw_legers(e, v, x, 1);
	if (rc == 0)
		rc = draw_legers(e, v, x, -1);
	if (rc == 0 && v->stem && !v->is_far && v->joins == ENG_NONE)
		rc = draw_stem(e, v, x);
	for (uint32_t i = 0; rc == 0 && i < v->n_heads; i++)
		rc = draw_head(e, v, v->first_head + i, x);
	if (rc == 0 && v->tremolo && v->tremolo_to == ENG_NONE)
		rc = draw_tremolo(e, v, x);
	return rc;
}

void eng_inside_of(const struct eng *e, uint32_t measure, float *x0, float *x1)
{
	const struct eng_measure *m = &e->measure[measure];
	const struct eng_system *s = &e->system[m->system];
	const float head = s->first_measure == measure ? s->head_width : m->head_width - 0.9f;
	*x0 = m->x + head;
	*x1 = m->x + m->width - eng_tail_signs_width(e, measure);
}

static int draw_rest(struct eng *e, const struct eng_event *v)
{
	const uint32_t code = eng_rest_code(v);
	const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
	const struct eng_staff *staff = &e->staff[v->staff];
	float x = eng_event_x(e, v);
	if (v->is_full_measure_rest) {
		float x0, x1;
		eng_inside_of(e, v->measure, &x0, &x1);
		x = (x0 + x1 - (g->x1 + g->x0)) / 2;
	}
	const float y = eng_y(staff, v->rest_position);
	int rc = put_glyph(e, v, code, x, y);
	/* whole and half rests outside bring their line along */
	const int is_outside = v->rest_position > staff->lines || v->rest_position < -staff->lines;
	if (rc == 0 && is_outside && (code == 0xe4e3 || code == 0xe4e4))
		rc = put(e, v,
			eng_line(x + g->x0 - 0.4f, y, x + g->x1 + 0.4f, y, e->metrics->defaults.leger_line,
				ENGRAVE_NOTATION, MOS_TOKEN_STAFF));
	if (rc == 0 && v->dots && !v->is_full_measure_rest)
		rc = draw_dots(e, v, x, v->rest_position + (v->rest_position % 2 ? 0 : 1));
	return rc;
}

static int draw_multi_rest(struct eng *e, uint32_t measure, uint32_t staff)
{
	const struct eng_measure *m = &e->measure[measure];
	const struct eng_staff *st = &e->staff[staff];
	const float y = (float)(st->lines - 1) * st->space / 2;
	float x0, x1, width = 0;
	char text[12];
	eng_inside_of(e, measure, &x0, &x1);
	x0 += 0.8f;
	x1 -= 0.8f;
	const struct mos_shape shape[] = {
		eng_rect(x0, y - 0.3f, x1 - x0, 0.6f, ENGRAVE_NOTATION, MOS_TOKEN_INK),
		eng_line(x0, y - 1, x0, y + 1, 0.16f, ENGRAVE_NOTATION, MOS_TOKEN_INK),
		eng_line(x1, y - 1, x1, y + 1, 0.16f, ENGRAVE_NOTATION, MOS_TOKEN_INK),
	};
	for (unsigned i = 0; i < 3; i++) {
		const int rc = eng_ink(e, m->system, staff, measure, &shape[i], 0);
		if (rc < 0)
			return rc;
	}
	(void)snprintf(text, sizeof(text), "%u", m->multi_rest);
	for (const char *at = text; *at; at++)
		width += engrave_glyph(e->metrics, 0xe080u + (uint32_t)(*at - '0'))->x1;
	float x = (x0 + x1 - width) / 2;
	for (const char *at = text; *at; at++) {
		const uint32_t code = 0xe080u + (uint32_t)(*at - '0');
		const struct mos_shape s = eng_glyph(code, x, -1.6f, 1, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		const int rc = eng_ink(e, m->system, staff, measure, &s, 0);
		if (rc < 0)
			return rc;
		x += engrave_glyph(e->metrics, code)->x1;
	}
	return 0;
}

static int draw_slash(struct eng *e, const struct eng_event *v)
{
	return put_glyph(e, v, 0xe101, eng_event_x(e, v), eng_y(&e->staff[v->staff], 0));
}

/** One, two or four measures again. */
static int draw_repeats(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_repeats; i++) {
		const struct eng_repeat *r = &e->repeat[i];
		const uint32_t code = r->count >= 4 ? 0xe502 : r->count >= 2 ? 0xe501 : 0xe500;
		const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
		const struct eng_staff *st = &e->staff[r->staff];
		float x0, x1;
		eng_inside_of(e, r->measure, &x0, &x1);
		float x = (x0 + x1 - g->x1) / 2;
		if (r->count >= 2) /* on a bar line */
			x = e->measure[r->measure].x + e->measure[r->measure].width - g->x1 / 2;
		const struct mos_shape s = eng_glyph(
			code, x, (float)(st->lines - 1) * st->space / 2, 1, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		const int rc = eng_ink(e, e->measure[r->measure].system, r->staff, r->measure, &s, 0);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int eng_staff(struct eng *e)
{
	int rc = eng_signs(e);
	for (uint32_t i = 0; rc == 0 && i < e->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		const struct eng_staff *staff = &e->staff[v->staff];
		if (v->is_hidden || staff->is_hidden || staff->is_tab || !eng_is_set(e, v->measure) ||
			e->measure[v->measure].multi_rest > 1)
			continue;
		rc = v->slash ? draw_slash(e, v) : v->n_heads ? draw_chord(e, v) : draw_rest(e, v);
		if ((i & 4095) == 4095 && e->cancelled && e->cancelled(e->cancel_data))
			return -ECANCELED;
	}
	for (uint32_t i = 0; rc == 0 && i < e->n_measures; i++) {
		for (uint32_t s = 0; rc == 0 && e->measure[i].multi_rest > 1 && s < e->n_staves; s++) {
			if (!e->staff[s].is_hidden)
				rc = draw_multi_rest(e, i, s);
		}
	}
	if (rc == 0)
		rc = draw_repeats(e);
	return rc < 0 ? rc : eng_draw_beams(e);
}
