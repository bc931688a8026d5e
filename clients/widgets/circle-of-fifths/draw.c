/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>

#include "circle.h"
#include "rings.h"

#define STEP ((float)M_PI / 6)

static struct mos_point polar(struct mos_point center, float radius, double angle)
{
	return (struct mos_point){
		center.x + radius * (float)sin(angle), center.y - radius * (float)cos(angle)};
}

/* How a place is seen. */
struct lit {
	int is_tonic, is_chord;
	const char *numeral;
};

static void draw_place(struct mos_draw *d, struct mos_point c, float radius, double turn,
	enum circle_ring ring, int place, struct lit lit)
{
	const float outer = circle_ring_edge[ring] * radius, inner = circle_ring_edge[ring + 1] * radius;
	const float middle = (outer + inner) / 2, thick = outer - inner - radius * 0.012f;
	const float gap = radius * 0.006f / middle, size = radius * (ring == CIRCLE_MAJOR ? 0.098f : 0.07f);
	const double angle = circle_angle(place, turn);
	const struct mos_point at = polar(c, middle, angle);
	struct mos_ink fill = mos_ink_faint(MOS_TOKEN_OFF, 0.45f), text = mos_ink(MOS_TOKEN_TEXT_DIM);
	char name[16];

	if (lit.numeral) {
		fill = mos_ink_faint(MOS_TOKEN_ACCENT_2, 0.30f);
		text = mos_ink(MOS_TOKEN_TEXT);
	}
	if (lit.is_tonic)
		fill = mos_ink_faint(MOS_TOKEN_ACCENT_2, 0.75f);
	if (lit.is_chord) {
		fill = mos_ink(MOS_TOKEN_ACCENT);
		text = mos_ink(MOS_TOKEN_CANVAS);
	}
	mos_draw_arc(d, c, middle, thick, (float)angle - STEP / 2 + gap, STEP - 2 * gap, fill);
	circle_name(ring, place, name, sizeof(name));
	mos_draw_text(d, (struct mos_point){at.x, at.y - (lit.numeral ? size * 0.32f : 0)}, size,
		MOS_CENTER | MOS_MIDDLE | (ring == CIRCLE_MAJOR ? MOS_BOLD : 0), text, "%s", name);
	if (lit.numeral)
		mos_draw_text(d, (struct mos_point){at.x, at.y + size * 0.62f}, size * 0.6f,
			MOS_CENTER | MOS_MIDDLE, text, "%s", lit.numeral);
}

static void draw_center(struct mos_draw *d, struct mos_point c, float radius, const struct harmony *h)
{
	char key[24] = "", symbol[40], numeral[MOS_ROMAN_TEXT_MAX], print[40];
	const float inner = circle_ring_edge[CIRCLE_RINGS] * radius;

	harmony_print(h->symbol, symbol, sizeof(symbol));
	harmony_numeral(h, numeral);
	(void)mos_tonality_format(harmony_tonality(h), key, sizeof(key));
	/* only the tonic has a sign in it: the mode's name is not to be changed */
	(void)snprintf(print, sizeof(print), "%.1s%s%s", key,
		key[1] == 'b'   ? "♭"
		: key[1] == '#' ? "♯"
				: "",
		key[1] == 'b' || key[1] == '#' ? key + 2 : key + 1);
	mos_draw_text_in(d,
		(struct mos_box){c.x - inner * 0.8f, c.y - inner * 0.42f, inner * 1.6f, inner * 0.5f},
		inner * 0.46f, MOS_CENTER | MOS_MIDDLE | MOS_BOLD, mos_ink(MOS_TOKEN_TEXT), "%s", symbol);
	mos_draw_text(d, (struct mos_point){c.x, c.y + inner * 0.24f}, inner * 0.24f, MOS_CENTER | MOS_MIDDLE,
		mos_ink(MOS_TOKEN_ACCENT), "%s", numeral);
	mos_draw_text(d, (struct mos_point){c.x, c.y + inner * 0.58f}, inner * 0.19f, MOS_CENTER | MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT_DIM), "%s", h->has_key ? print : "");
}

void circle_draw(
	struct mos_draw *d, const struct circle_look *look, const struct harmony *h, uint16_t sounding)
{
	const float width = mos_draw_width(d), height = mos_draw_height(d), radius = fminf(width, height) / 2;
	const struct mos_point c = {width / 2, height / 2};
	const struct mos_tonality key = harmony_tonality(h);
	const double turn = (double)look->turn;
	enum circle_ring chord_ring = CIRCLE_RINGS;
	int chord_place = -1;

	(void)mos_draw_panel(d, "");
	if (h->has_chord)
		(void)circle_find(&h->chord, &chord_ring, &chord_place);
	for (int place = 0; place < 12; place++) {
		const double angle = circle_angle(place, turn);

		for (int ring = 0; ring < CIRCLE_RINGS; ring++) {
			const char *numeral =
				h->has_key ? circle_numeral((enum circle_ring)ring, place, key) : NULL;
			const struct lit lit = {.numeral = numeral,
				.is_tonic = numeral && circle_root((enum circle_ring)ring, place) ==
							       mos_tone_class(key.tonic),
				.is_chord = (int)chord_ring == ring && chord_place == place};

			draw_place(d, c, radius, turn, (enum circle_ring)ring, place, lit);
		}
		if (circle_in_mode(look->mode, place, key))
			mos_draw_arc(d, c, radius * 0.955f, radius * 0.018f, (float)angle - STEP / 2, STEP,
				mos_ink(MOS_TOKEN_GOOD));
		if (sounding >> circle_root(CIRCLE_MAJOR, place) & 1)
			mos_draw_disc(d, polar(c, radius * 0.955f, angle), radius * 0.022f,
				mos_ink_pitch(circle_root(CIRCLE_MAJOR, place)));
	}
	draw_center(d, c, radius, h);
}
