/* SPDX-License-Identifier: MIT */
/* Signs of one note in Gould's order: near ones between head and slur, in the spaces of the staff; far ones
 * above it. */
#include "layers.h"

#include <math.h>

struct sign {
	uint32_t above, below;
	uint8_t is_near, inside; /* inside: may stand in the staff, on a space */
	int8_t side;             /* 1 always above; 0: away from the stem */
};

static const struct sign articulation[] = {
	[NVX_ARTICULATION_STACCATO] = {0xe4a2, 0xe4a3, 1, 1, 0},
	[NVX_ARTICULATION_TENUTO] = {0xe4a4, 0xe4a5, 1, 1, 0},
	[NVX_ARTICULATION_PORTATO] = {0xe4b2, 0xe4b3, 1, 1, 0},
	[NVX_ARTICULATION_STACCATISSIMO] = {0xe4a6, 0xe4a7, 1, 0, 0},
	[NVX_ARTICULATION_SPICCATO] = {0xe4a8, 0xe4a9, 1, 0, 0},
	[NVX_ARTICULATION_ACCENT] = {0xe4a0, 0xe4a1, 1, 0, 0},
	[NVX_ARTICULATION_MARCATO] = {0xe4ac, 0xe4ad, 0, 0, 1},
	[NVX_ARTICULATION_STRESS] = {0xe4b6, 0xe4b7, 0, 0, 0},
	[NVX_ARTICULATION_UNSTRESS] = {0xe4b8, 0xe4b9, 0, 0, 0},
};
/* Closest first. */
static const uint8_t near_order[] = {NVX_ARTICULATION_STACCATO, NVX_ARTICULATION_TENUTO,
	NVX_ARTICULATION_PORTATO, NVX_ARTICULATION_STACCATISSIMO, NVX_ARTICULATION_SPICCATO,
	NVX_ARTICULATION_ACCENT};
static const uint8_t far_order[] = {
	NVX_ARTICULATION_MARCATO, NVX_ARTICULATION_STRESS, NVX_ARTICULATION_UNSTRESS};

static const uint32_t ornament[] = {
	[NVX_ORNAMENT_TRILL] = 0xe566,
	[NVX_ORNAMENT_MORDENT] = 0xe56d,
	[NVX_ORNAMENT_INVERTED_MORDENT] = 0xe56c,
	[NVX_ORNAMENT_TURN] = 0xe567,
	[NVX_ORNAMENT_INVERTED_TURN] = 0xe568,
	[NVX_ORNAMENT_DELAYED_TURN] = 0xe567,
	[NVX_ORNAMENT_SHAKE] = 0xe56e,
	[NVX_ORNAMENT_SCHLEIFER] = 0xe587,
};
static const uint32_t technical[] = {
	[NVX_TECHNICAL_UP_BOW] = 0xe612,
	[NVX_TECHNICAL_DOWN_BOW] = 0xe610,
	[NVX_TECHNICAL_OPEN] = 0xe5e7,
	[NVX_TECHNICAL_STOPPED] = 0xe5e5,
	[NVX_TECHNICAL_HARMONIC] = 0xe614,
	[NVX_TECHNICAL_THUMB] = 0xe624,
	[NVX_TECHNICAL_SNAP_PIZZICATO] = 0xe631,
	[NVX_TECHNICAL_DOUBLE_TONGUE] = 0xe5f0,
	[NVX_TECHNICAL_TRIPLE_TONGUE] = 0xe5f2,
};
#define CODE_FERMATA_ABOVE 0xe4c0u
#define CODE_FERMATA_BELOW 0xe4c1u
#define CODE_COMMA 0xe4ceu
#define CODE_CAESURA 0xe4d1u

/* Middle of the heads on the side that a sign stands at. */
static float middle_of(const struct eng *e, const struct eng_event *ev, float side)
{
	if (ev->n_heads == 0) {
		struct eng_box b = eng_event_box(e, ev);
		return (b.x0 + b.x1) / 2;
	}
	const struct eng_head *h = &e->head[ev->first_head + (side < 0.0f ? ev->n_heads - 1 : 0)];
	return (eng_head_x0(e, ev, h) + eng_head_x1(e, ev, h)) / 2;
}

/* With its middle at x, against the outline from there to `other`; or at `y`, if that is a number, of its
 * middle. */
static int put_beside(struct eng *e, const struct eng_event *ev, uint32_t code, float x, float other,
	float side, float gap, float y)
{
	const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
	uint32_t system = eng_event_system(e, ev);
	float scale = ev->scale > 0.0f ? ev->scale : 1.0f;
	float left = x - (g->x0 + g->x1) / 2 * scale;
	if (isnan(y)) {
		struct eng_skyline *sky = eng_sky_of(e, system, ev->staff, side < 0.0f);
		if (sky == NULL)
			return -ENOMEM;
		y = eng_sky_place(
			sky, fminf(left + g->x0 * scale, other), fmaxf(left + g->x1 * scale, other), gap);
		y += side < 0.0f ? g->y0 * scale : g->y1 * scale;
	} else {
		y += (g->y0 + g->y1) / 2 * scale;
	}
	struct mos_shape s = eng_glyph(code, left, y, scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, system, ev->staff, ev->measure, &s, 0);
}

static int put(
	struct eng *e, const struct eng_event *ev, uint32_t code, float x, float side, float gap, float y)
{
	return put_beside(e, ev, code, x, x, side, gap, y);
}

/* Away from the stem; in two voices on the voice's side. */
static float side_of(const struct eng *e, const struct eng_event *ev)
{
	int voice = eng_voice_side(e, ev);
	if (voice != 0)
		return voice > 0 ? -1.0f : 1.0f;
	if (ev->stem == 0)
		return ev->n_heads == 0 || e->head[ev->first_head].position >= 0 ? -1.0f : 1.0f;
	return ev->stem > 0 ? 1.0f : -1.0f;
}

static int near_signs(struct eng *e, const struct eng_event *ev)
{
	float side = side_of(e, ev);
	int r = 0, at_head = ev->stem == 0 || (side < 0.0f) == (ev->stem < 0);
	const struct eng_staff *staff = &e->staff[ev->staff];
	/* Position next to be taken, in steps: the first space beyond the head; none once the staff is left.
	 */
	int position = INT8_MAX, last = staff->lines - 1;
	if (at_head && ev->n_heads > 0) {
		int head = e->head[ev->first_head + (side < 0.0f ? ev->n_heads - 1 : 0)].position;
		position = head + (side < 0.0f ? 2 : -2);
		if ((position + last) % 2 == 0)
			position += side < 0.0f ? 1 : -1;
	}
	for (size_t i = 0; r == 0 && i < sizeof(near_order); i++) {
		unsigned kind = near_order[i];
		if (!(ev->articulations >> kind & 1u))
			continue;
		const struct sign *sign = &articulation[kind];
		float y = NAN;
		if (sign->inside && position != INT8_MAX && position > -last && position < last) {
			y = eng_y(staff, position);
			position += side < 0.0f ? 2 : -2;
		} else {
			position = INT8_MAX;
		}
		float x = middle_of(e, ev, side), stem = x;
		if (!at_head && ev->n_heads > 0) { /* beyond the stem's end, though it may stand beside it */
			stem = eng_event_x(e, ev) + ev->stem_x;
			x = eng_voice_side(e, ev) != 0 ? (x + stem) / 2 : x;
		}
		r = put_beside(e, ev, side < 0.0f ? sign->above : sign->below, x, stem, side, 0.25f, y);
	}
	return r;
}

int eng_scripts_near(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		if (e->event[i].articulations != 0 && eng_is_drawn(e, &e->event[i]) &&
			!eng_is_on_tab(e, &e->event[i]))
			r = near_signs(e, &e->event[i]);
	}
	return r;
}

/* Ornaments that last: a wave from the sign to the next note of the voice. */
static int wave(struct eng *e, const struct eng_event *ev, float from, float side)
{
	uint32_t system = eng_event_system(e, ev);
	float to = eng_system_right(e, system);
	if (ev->next < e->n_events && eng_event_system(e, &e->event[ev->next]) == system)
		to = eng_event_box(e, &e->event[ev->next]).x0 - 0.5f;
	struct eng_skyline *sky = eng_sky_of(e, system, ev->staff, side < 0.0f);
	if (sky == NULL)
		return -ENOMEM;
	if (to - from < 1.0f)
		return 0;
	float y = eng_sky_place(sky, from, to, 0.5f) + side * 0.3f;
	return eng_wave(
		e, system, ev->staff, ev->measure, from, y, to, y, ENGRAVE_NOTATION, MOS_TOKEN_INK, 0);
}

static int far_signs(struct eng *e, const struct eng_event *ev)
{
	int r = 0, voice = eng_voice_side(e, ev);
	float side = voice < 0 ? 1.0f : -1.0f, x = middle_of(e, ev, side), away = side_of(e, ev);
	for (size_t i = 0; r == 0 && i < sizeof(far_order); i++) {
		const struct sign *sign = &articulation[far_order[i]];
		float at = sign->side ? side : away;
		if (ev->articulations >> far_order[i] & 1u)
			r = put(e, ev, at < 0.0f ? sign->above : sign->below, x, at, 0.3f, NAN);
	}
	for (unsigned i = 0; r == 0 && i < sizeof(ornament) / sizeof(ornament[0]); i++) {
		if (!(ev->ornaments >> i & 1u) || ornament[i] == 0)
			continue;
		float right = x;
		if (i == NVX_ORNAMENT_DELAYED_TURN && ev->next < e->n_events) {
			const struct eng_event *next = &e->event[ev->next];
			if (eng_event_system(e, next) == eng_event_system(e, ev))
				right = (x + eng_event_x(e, next)) / 2;
		}
		r = put(e, ev, ornament[i], right, side, 0.4f, NAN);
		if (r == 0 && i == NVX_ORNAMENT_TRILL && ev->ornaments >> NVX_ORNAMENT_WAVY & 1u)
			r = wave(e, ev, x + engrave_glyph(e->metrics, ornament[i])->x1 * 0.6f + 0.3f, side);
	}
	unsigned trill = 1u << NVX_ORNAMENT_TRILL;
	if (r == 0 && ev->ornaments >> NVX_ORNAMENT_WAVY & 1u && !(ev->ornaments & trill))
		r = wave(e, ev, x - 0.5f, side);
	for (unsigned i = 0; r == 0 && i < sizeof(technical) / sizeof(technical[0]); i++) {
		if (ev->technical >> i & 1u)
			r = put(e, ev, technical[i], x, side, 0.4f, NAN);
	}
	if (r == 0 && ev->fermata)
		r = put(e, ev, side < 0.0f ? CODE_FERMATA_ABOVE : CODE_FERMATA_BELOW, x, side, 0.4f, NAN);
	return r;
}

/* Before the next note, at the top of the staff. */
static int breath(struct eng *e, const struct eng_event *ev)
{
	uint32_t system = eng_event_system(e, ev);
	float to = eng_system_right(e, system);
	const struct eng_measure *m = &e->measure[ev->measure];
	if (ev->next < e->n_events && e->event[ev->next].measure == ev->measure)
		to = eng_event_box(e, &e->event[ev->next]).x0 - 0.3f;
	else if (ev->measure + 1 < e->n_measures && e->measure[ev->measure + 1].system == system)
		to = m->x + m->width - 0.4f;
	float from = eng_event_box(e, ev).x1;
	uint32_t code = ev->breath == NVX_BREATH_CAESURA ? CODE_CAESURA : CODE_COMMA;
	const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
	float x = fmaxf(from + 0.3f, to - g->x1 - 0.2f);
	struct mos_shape s =
		eng_glyph(code, x, code == CODE_COMMA ? -0.4f : 1.0f, 1.0f, ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, system, ev->staff, ev->measure, &s, 0);
}

int eng_scripts_far(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *ev = &e->event[i];
		if (!eng_is_drawn(e, ev) || eng_is_on_tab(e, ev))
			continue;
		if (ev->articulations || ev->ornaments || ev->technical || ev->fermata)
			r = far_signs(e, ev);
		if (r == 0 && ev->breath)
			r = breath(e, ev);
	}
	return r;
}
