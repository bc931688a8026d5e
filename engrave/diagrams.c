/* SPDX-License-Identifier: MIT */
/* Chord diagrams over their chords: a fretboard with its dots and barres, or a keyboard with the keys to
 * press. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define STRING_GAP 0.95f
#define FRET_GAP 1.25f
#define DOT 0.36f
#define GAP 0.9f
#define WHITE_WIDTH 0.62f
#define KEYS_HEIGHT 3.4f
#define LINE 0.09f
#define NAME 1.9f
#define SMALL 1.15f

struct place {
	struct eng *e;
	uint32_t system, staff, measure;
	int r;
};

static void add(struct place *p, struct mos_shape s, unsigned token, uint8_t opacity)
{
	s.color = MOS_TOKEN(token, opacity);
	if (p->r == 0)
		p->r = eng_ink(p->e, p->system, p->staff, p->measure, &s, 0);
}

static void write_text(
	struct place *p, float x, float y, float size, unsigned flags, unsigned token, const char *text)
{
	if (p->r == 0)
		p->r = eng_text(p->e, p->system, p->staff, p->measure, x, y, size, flags, ENGRAVE_DIAGRAMS,
			token, text, 0);
}

static struct mos_shape circle(float x, float y, float radius, float thickness)
{
	return (struct mos_shape){.kind = MOS_SHAPE_ARC,
		.flags = MOS_SHAPE_TOKEN,
		.layer = ENGRAVE_DIAGRAMS,
		.x = x,
		.y = y,
		.w = radius,
		.h = thickness,
		.p = {0, 2 * (float)M_PI}};
}

static unsigned n_strings(const struct nvx_diagram_element *d)
{
	return d->strings < 1 ? 6 : d->strings > 12 ? 12 : d->strings;
}

static unsigned n_frets(const struct nvx_diagram_element *d)
{
	return d->frets < 1 ? 4 : d->frets > 24 ? 24 : d->frets;
}

/* The keys that a keyboard diagram shows: whole octaves' white keys around what is pressed. */
static void key_range(
	const struct eng *e, const struct nvx_diagram_element *d, unsigned *ret_low, unsigned *ret_high)
{
	uint32_t n;
	const struct nvx_piano_key *key = nvx_items(e->score->pool, d->keys, &n);
	unsigned low = 60, high = 71;
	for (uint32_t i = 0; i < n; i++) {
		low = i == 0 || key[i].pitch < low ? key[i].pitch : low;
		high = i == 0 || key[i].pitch > high ? key[i].pitch : high;
	}
	*ret_low = low - low % 12;
	*ret_high = high - high % 12 + 11;
}

static int is_black(unsigned pitch)
{
	return (0x54a >> pitch % 12 & 1) != 0;
}

static unsigned whites(unsigned low, unsigned high)
{
	unsigned n = 0;
	for (unsigned p = low; p <= high; p++)
		n += !is_black(p);
	return n;
}

static float box_width(const struct eng *e, const struct nvx_diagram_element *d)
{
	if (d->e.kind == NVX_DIAGRAM_KEYBOARD) {
		unsigned low, high;
		key_range(e, d, &low, &high);
		return (float)whites(low, high) * WHITE_WIDTH;
	}
	return (float)(n_strings(d) - 1) * STRING_GAP;
}

static float base_fret_width(const struct nvx_diagram_element *d)
{
	return d->e.kind != NVX_DIAGRAM_KEYBOARD && d->base_fret > 1 ? 2.0f : 0.0f;
}

float eng_diagram_width(const struct eng *e, const struct nvx_diagram_element *d)
{
	return fmaxf(box_width(e, d) + base_fret_width(d) + 2 * DOT,
		eng_text_width(e, NAME, 0, score_text(e->score, d->name)));
}

static float height_of(const struct nvx_diagram_element *d)
{
	return d->e.kind == NVX_DIAGRAM_KEYBOARD ? KEYS_HEIGHT : (float)n_frets(d) * FRET_GAP + 1.1f;
}

static const char *finger_text(unsigned finger)
{
	static const char *const text[] = {
#define WORD(constant, text) text,
		NVX_FINGERS(WORD, )
#undef WORD
	};
	return finger < sizeof(text) / sizeof(text[0]) ? text[finger] : "";
}

/* String 1 sounds highest and stands on the right. */
static float string_x(const struct nvx_diagram_element *d, unsigned string, float x)
{
	unsigned n = n_strings(d);
	return x + (float)(string >= 1 && string <= n ? n - string : 0) * STRING_GAP;
}

static float fret_y(const struct nvx_diagram_element *d, unsigned fret, float y)
{
	unsigned base = d->base_fret > 1 ? d->base_fret : 1;
	return y + ((float)fret - (float)base + 0.5f) * FRET_GAP;
}

static int shows_fret(const struct nvx_diagram_element *d, unsigned fret)
{
	unsigned base = d->base_fret > 1 ? d->base_fret : 1;
	return fret >= base && fret < base + n_frets(d);
}

static void fretted(struct place *p, const struct nvx_diagram_element *d, float x, float top)
{
	unsigned strings = n_strings(d), frets = n_frets(d);
	float y = top + 1.1f, width = (float)(strings - 1) * STRING_GAP, height = (float)frets * FRET_GAP;
	for (unsigned i = 0; i < strings; i++) {
		float sx = x + (float)i * STRING_GAP;
		add(p, eng_line(sx, y, sx, y + height, LINE, ENGRAVE_DIAGRAMS, 0), MOS_TOKEN_INK, 255);
	}
	for (unsigned i = 0; i <= frets; i++) {
		float fy = y + (float)i * FRET_GAP;
		int is_nut = i == 0 && d->base_fret <= 1;
		add(p,
			eng_line(x - LINE / 2, is_nut ? fy - 0.12f : fy, x + width + LINE / 2,
				is_nut ? fy - 0.12f : fy, is_nut ? 0.36f : LINE, ENGRAVE_DIAGRAMS, 0),
			MOS_TOKEN_INK, 255);
	}
	char number[16];
	if (d->base_fret > 1) {
		(void)snprintf(number, sizeof(number), "%ufr", d->base_fret);
		write_text(p, x + width + 0.5f, y + FRET_GAP / 2, SMALL, MOS_SHAPE_MIDDLE, MOS_TOKEN_INK,
			number);
	}
	uint32_t n;
	const struct nvx_barre *barre = nvx_items(p->e->score->pool, d->barres, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (!shows_fret(d, barre[i].fret))
			continue;
		float a = string_x(d, barre[i].from, x), b = string_x(d, barre[i].to, x),
		      by = fret_y(d, barre[i].fret, y);
		struct mos_shape s = eng_rect(fminf(a, b) - DOT, by - DOT * 0.75f, fabsf(b - a) + 2 * DOT,
			1.5f * DOT, ENGRAVE_DIAGRAMS, 0);
		s.p[0] = 0.75f * DOT;
		add(p, s, MOS_TOKEN_DIAGRAMS, 255);
	}
	const struct nvx_dot *dot = nvx_items(p->e->score->pool, d->dots, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (!shows_fret(d, dot[i].fret))
			continue;
		float dx = string_x(d, dot[i].string, x), dy = fret_y(d, dot[i].fret, y);
		add(p, circle(dx, dy, DOT, 0), MOS_TOKEN_DIAGRAMS, 255);
		if (*finger_text(dot[i].finger))
			write_text(p, dx, dy, 0.8f, MOS_SHAPE_CENTER | MOS_SHAPE_MIDDLE | MOS_SHAPE_BOLD,
				MOS_TOKEN_PAPER, finger_text(dot[i].finger));
	}
	const uint8_t *string = nvx_items(p->e->score->pool, d->open, &n);
	for (uint32_t i = 0; i < n; i++)
		add(p, circle(string_x(d, string[i], x), top + 0.45f, 0.3f, 0.09f), MOS_TOKEN_INK, 255);
	string = nvx_items(p->e->score->pool, d->muted, &n);
	for (uint32_t i = 0; i < n; i++) {
		float sx = string_x(d, string[i], x), sy = top + 0.45f, k = 0.28f;
		add(p, eng_line(sx - k, sy - k, sx + k, sy + k, 0.1f, ENGRAVE_DIAGRAMS, 0), MOS_TOKEN_INK,
			255);
		add(p, eng_line(sx - k, sy + k, sx + k, sy - k, 0.1f, ENGRAVE_DIAGRAMS, 0), MOS_TOKEN_INK,
			255);
	}
}

static float key_x(unsigned low, unsigned pitch, float x)
{
	float left = x + (pitch > low ? (float)whites(low, pitch - 1) : 0.0f) * WHITE_WIDTH;
	return is_black(pitch) ? left - 0.3f * WHITE_WIDTH : left;
}

static void keyboard(struct place *p, const struct nvx_diagram_element *d, float x, float y)
{
	unsigned low, high;
	key_range(p->e, d, &low, &high);
	uint32_t n;
	const struct nvx_piano_key *key = nvx_items(p->e->score->pool, d->keys, &n);
	for (int black = 0; black < 2; black++) {
		for (unsigned pitch = low; pitch <= high; pitch++) {
			if (is_black(pitch) != black)
				continue;
			const char *finger = "";
			int is_down = 0;
			for (uint32_t i = 0; i < n; i++) {
				if (key[i].pitch == pitch) {
					is_down = 1;
					finger = finger_text(key[i].finger);
				}
			}
			float kx = key_x(low, pitch, x), width = black ? 0.6f * WHITE_WIDTH : WHITE_WIDTH;
			float height = black ? 0.62f * KEYS_HEIGHT : KEYS_HEIGHT;
			struct mos_shape s = eng_rect(kx, y, width, height, ENGRAVE_DIAGRAMS, 0);
			s.p[1] = 0.06f;
			s.color2 = MOS_TOKEN(MOS_TOKEN_INK, 255);
			add(p, s,
				is_down ? MOS_TOKEN_DIAGRAMS
				: black ? MOS_TOKEN_INK
					: MOS_TOKEN_PAPER,
				255);
			if (*finger)
				write_text(p, kx + width / 2, y + height - 0.45f, 0.7f,
					MOS_SHAPE_CENTER | MOS_SHAPE_MIDDLE, MOS_TOKEN_PAPER, finger);
		}
	}
}

static uint32_t staff_of(const struct eng *e, const struct nvx_diagram_element *d)
{
	uint32_t staff = eng_first_staff(e, d->e.part_id);
	return staff == ENG_NONE ? eng_first_staff(e, 0) : staff;
}

int eng_diagram_rods(struct eng *e)
{
	int r = 0;
	const struct nvx_diagram_element *before = NULL;
	for (uint32_t i = 0; r == 0 && i < score_n_diagram(e->score); i++) {
		const struct nvx_diagram_element *d = score_diagram(e->score, i);
		if (before != NULL && before->e.tick < d->e.tick && staff_of(e, before) == staff_of(e, d))
			r = eng_keep_apart(e, before->e.tick, d->e.tick,
				(eng_diagram_width(e, before) + eng_diagram_width(e, d)) / 2 + GAP);
		before = d;
	}
	return r;
}

static int one(struct eng *e, const struct nvx_diagram_element *d, uint32_t staff)
{
	struct place p = {.e = e};
	float x = eng_tick_x(e, d->e.tick, &p.measure) + eng_half_head(e);
	p.system = e->measure[p.measure].system;
	staff = p.staff = eng_staff_in(e, p.system, staff);
	float width = eng_diagram_width(e, d), box = box_width(e, d);
	x = fmaxf(x, width / 2);
	x = fminf(x, fmaxf(e->system[p.system].width - width / 2, width / 2));
	struct eng_skyline *sky = eng_sky_of(e, p.system, staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float bottom = eng_sky_place(sky, x - width / 2, x + width / 2, 0.7f), top = bottom - height_of(d);
	float left = x - (box + base_fret_width(d)) / 2;
	if (d->e.kind == NVX_DIAGRAM_KEYBOARD)
		keyboard(&p, d, left, top);
	else
		fretted(&p, d, left, top);
	/* The chord symbol below names it, when there is one. */
	const struct nvx_chord *chord =
		eng_has_layer(e, ENGRAVE_CHORDS) ? score_chord_at(e->score, d->e.tick, d->e.part_id) : NULL;
	if (chord == NULL || chord->e.tick != d->e.tick)
		write_text(&p, x, top - 0.5f, NAME, MOS_SHAPE_CENTER, MOS_TOKEN_DIAGRAMS,
			score_text(e->score, d->name));
	return p.r;
}

int eng_diagrams(struct eng *e)
{
	if (!eng_has_layer(e, ENGRAVE_DIAGRAMS) || e->n_measures == 0)
		return 0;
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < score_n_diagram(e->score); i++) {
		const struct nvx_diagram_element *d = score_diagram(e->score, i);
		uint32_t staff = staff_of(e, d);
		if (staff != ENG_NONE)
			r = one(e, d, staff);
	}
	return r;
}
