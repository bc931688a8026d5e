/* SPDX-License-Identifier: MIT */
/* Pass 9, what joins notes; and the geometry that it and the texts ask for. */
#include "layers.h"

#include <math.h>

#define CODE_BLACK_HEAD 0xe0a4u

int eng_is_drawn(const struct eng *e, const struct eng_event *ev)
{
	const struct eng_measure *m = &e->measure[ev->measure];
	return !m->is_skipped && m->system < e->n_systems && !e->system[m->system].is_kept && !ev->is_hidden &&
	       !eng_is_hidden_in(e, m->system, ev->staff);
}

static float head_edge(
	const struct eng *e, const struct eng_event *ev, const struct eng_head *head, int right)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, head->code ? head->code : CODE_BLACK_HEAD);
	float scale = ev->scale > 0.0f ? ev->scale : 1.0f;
	return eng_event_x(e, ev) + head->x + (right ? g->x1 : g->x0) * scale;
}

float eng_head_x0(const struct eng *e, const struct eng_event *ev, const struct eng_head *head)
{
	return head_edge(e, ev, head, 0);
}

float eng_head_x1(const struct eng *e, const struct eng_event *ev, const struct eng_head *head)
{
	return head_edge(e, ev, head, 1);
}

struct eng_box eng_event_box(const struct eng *e, const struct eng_event *ev)
{
	const struct eng_staff *staff = &e->staff[ev->staff];
	float x = eng_event_x(e, ev);
	if (ev->n_heads == 0) {
		float y = eng_y(staff, ev->rest_position);
		return (struct eng_box){x, y - 1.0f, x + 1.0f, y + 1.0f};
	}
	struct eng_box b = {INFINITY, INFINITY, -INFINITY, -INFINITY};
	float half = 0.5f * (ev->scale > 0.0f ? ev->scale : 1.0f);
	for (uint32_t i = 0; i < ev->n_heads; i++) {
		const struct eng_head *h = &e->head[ev->first_head + i];
		float y = eng_y(staff, h->position);
		b.x0 = fminf(b.x0, eng_head_x0(e, ev, h));
		b.x1 = fmaxf(b.x1, eng_head_x1(e, ev, h));
		b.y0 = fminf(b.y0, y - half);
		b.y1 = fmaxf(b.y1, y + half);
	}
	if (ev->stem != 0) {
		b.y0 = fminf(b.y0, fminf(ev->stem_y0, ev->stem_y1));
		b.y1 = fmaxf(b.y1, fmaxf(ev->stem_y0, ev->stem_y1));
	}
	return b;
}

/* Events of a measure are sorted by staff, then voice. */
static int find_voices(struct eng *e)
{
	e->is_one_of_voices = eng_alloc(e->arena, e->n_events ? e->n_events : 1);
	if (e->is_one_of_voices == NULL)
		return -ENOMEM;
	for (uint32_t i = 0, next; i < e->n_events; i = next) {
		uint32_t voice = ENG_NONE;
		uint8_t many = 0;
		for (next = i; next < e->n_events && e->event[next].staff == e->event[i].staff &&
			       e->event[next].measure == e->event[i].measure;
			next++) {
			const struct eng_event *ev = &e->event[next];
			if (ev->is_hidden || ev->n_heads == 0)
				continue;
			many |= voice != ENG_NONE && voice != ev->voice;
			voice = ev->voice;
		}
		for (uint32_t k = i; k < next; k++)
			e->is_one_of_voices[k] = many;
	}
	return 0;
}

int eng_voice_side(const struct eng *e, const struct eng_event *ev)
{
	if (!e->is_one_of_voices[ev - e->event])
		return 0;
	return ev->stem > 0 ? 1 : ev->stem < 0 ? -1 : ev->voice % 2 ? -1 : 1;
}

float eng_system_left(const struct eng *e, uint32_t system)
{
	const struct eng_system *s = &e->system[system];
	const struct eng_measure *m = &e->measure[s->first_measure];
	if (m->n_columns == 0)
		return s->indent + s->head_width;
	const struct eng_column *c = &e->column[m->first_column];
	return fmaxf(s->indent, c->x - c->left - 0.3f);
}

float eng_bar_x(const struct eng *e, uint32_t system)
{
	const struct eng_system *s = &e->system[system];
	for (uint32_t i = s->first_measure + s->n_measures; i-- > s->first_measure;) {
		if (!e->measure[i].is_skipped)
			return e->measure[i].x + e->measure[i].width;
	}
	return s->width;
}

float eng_system_right(const struct eng *e, uint32_t system)
{
	return eng_bar_x(e, system) - 0.4f;
}

uint32_t eng_measure_of(const struct eng *e, int64_t tick)
{
	uint32_t m = eng_measure_at(e, tick);
	while (m > 0 && e->measure[m].is_skipped)
		m--;
	return m;
}

uint32_t eng_first_staff(const struct eng *e, nvx_id part_id)
{
	uint32_t part = part_id ? score_find_part(e->score, part_id) : ENG_NONE;
	for (uint32_t i = 0; i < e->n_staves; i++) {
		if (!e->staff[i].is_hidden && (part_id == 0 || e->staff[i].part == part))
			return i;
	}
	return ENG_NONE;
}

uint32_t eng_last_staff(const struct eng *e, nvx_id part_id)
{
	uint32_t part = part_id ? score_find_part(e->score, part_id) : ENG_NONE;
	for (uint32_t i = e->n_staves; i-- > 0;) {
		if (!e->staff[i].is_hidden && (part_id == 0 || e->staff[i].part == part))
			return i;
	}
	return ENG_NONE;
}

float eng_tick_x(const struct eng *e, int64_t tick, uint32_t *ret_measure)
{
	*ret_measure = eng_measure_of(e, tick);
	return eng_x_at(e, *ret_measure, tick);
}

float eng_end_x(const struct eng *e, int64_t end, uint32_t *ret_measure)
{
	*ret_measure = eng_measure_of(e, end - 1);
	const struct eng_measure *m = &e->measure[*ret_measure];
	float x = m->x;
	for (uint32_t i = m->first_column; i < m->first_column + m->n_columns && e->column[i].tick < end; i++)
		x = e->column[i].x + 1.2f;
	return x;
}

float eng_bow_height(float width, float limit, float ratio)
{
	return limit * 2.0f / (float)M_PI * atanf((float)M_PI * ratio * width / (2.0f * limit));
}

float eng_bow_indent(float width, float limit)
{
	float q = 2.0f * limit;
	return q * 2.0f / (float)M_PI * atanf((float)M_PI * width / 3.0f / (2.0f * q));
}

struct mos_shape eng_bow(
	float x0, float y0, float x1, float y1, float h0, float h1, float side, float end, float middle)
{
	float dx = x1 - x0, dy = y1 - y0;
	float indent = eng_bow_indent(dx, 2.0f), t = dx > 0.0f ? indent / dx : 0.0f;
	return (struct mos_shape){.kind = MOS_SHAPE_CURVE,
		.flags = MOS_SHAPE_TOKEN,
		.layer = ENGRAVE_NOTATION,
		.color = MOS_TOKEN(MOS_TOKEN_INK, 255),
		.x = x0,
		.y = y0,
		.w = x1,
		.h = y1,
		.p = {x0 + indent, y0 + dy * t + side * h0, x1 - indent, y1 - dy * t + side * h1, end,
			middle}};
}

int eng_wave(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x0, float y0, float x1,
	float y1, unsigned layer, unsigned token, int no_sky)
{
	float length = hypotf(x1 - x0, y1 - y0);
	if (!(length > 0.2f) || length > 10000.0f)
		return 0;
	unsigned n = (unsigned)fmaxf(2.0f, roundf(length / 0.5f));
	float dx = (x1 - x0) / (float)n, dy = (y1 - y0) / (float)n;
	float nx = -dy / length * (float)n, ny = dx / length * (float)n; /* a unit across */
	int r = 0;
	for (unsigned i = 0; r == 0 && i < n; i++) {
		float ax = x0 + (float)i * dx, ay = y0 + (float)i * dy, up = i % 2 ? 0.38f : -0.38f;
		struct mos_shape s = {.kind = MOS_SHAPE_CURVE,
			.flags = MOS_SHAPE_TOKEN,
			.layer = (uint8_t)layer,
			.color = MOS_TOKEN(token, 255),
			.x = ax,
			.y = ay,
			.w = ax + dx,
			.h = ay + dy,
			.p = {ax + 0.35f * dx + nx * up, ay + 0.35f * dy + ny * up, ax + 0.65f * dx + nx * up,
				ay + 0.65f * dy + ny * up, 0.1f, 0.2f}};
		r = eng_ink(e, system, staff, measure, &s, no_sky);
	}
	return r;
}

int eng_spans(struct eng *e)
{
	static int (*const pass[])(struct eng *) = {
		eng_ties, eng_scripts_near, eng_slurs, eng_tuplets, eng_lines};
	int r = find_voices(e);
	for (size_t i = 0; r == 0 && i < sizeof(pass) / sizeof(pass[0]); i++)
		r = e->cancelled != NULL && e->cancelled(e->cancel_data) ? -ECANCELED : pass[i](e);
	return r;
}
