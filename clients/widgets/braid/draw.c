/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "braid.h"

#define HALF_TURN ((float)M_PI)

static void print_chord(struct braid_place place, struct mos_tonality key, char *ret, size_t size)
{
	const struct mos_chord chord = braid_chord(place, key);
	char text[MOS_CHORD_TEXT_MAX];

	ret[0] = '\0';
	if (mos_chord_format(&chord, text, sizeof(text)) > 0)
		harmony_print(text, ret, size);
}

/* Two strands that cross between the circles, one light and one dark. */
static void draw_strands(struct mos_draw *d)
{
	const float width = mos_draw_width(d), height = mos_draw_height(d);

	for (int index = -BRAID_SIDE; index < BRAID_SIDE; index++) {
		float r;
		const struct mos_point low = braid_point(width, height,
					       (struct braid_place){BRAID_CENTER, BRAID_UPPER, index}, &r),
				       high = braid_point(width, height,
					       (struct braid_place){BRAID_CENTER, BRAID_UPPER, index + 1},
					       &r);

		for (int side = -1; side <= 1; side += 2) {
			const float s = (float)(index % 2 ? side : -side) * r * 1.55f;
			const struct mos_point line[4] = {{low.x + s, low.y},
				{low.x + s, low.y + (high.y - low.y) / 2},
				{high.x - s, low.y + (high.y - low.y) / 2}, {high.x - s, high.y}};

			mos_draw_curve(d, line, fmaxf(r * 0.09f, 1),
				mos_ink_faint(side < 0 ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_TEXT_DIM, 0.35f));
		}
	}
}

/* Major above, minor below, the one running into the other; the key's own are bright. */
static void draw_circle(struct mos_draw *d, int index, struct mos_tonality key, const struct braid_place *now)
{
	const int minor = braid_is_minor(index, key.minor), relative = index + (key.minor ? 3 : 0);
	const int own = relative >= -1 && relative <= 4;
	const struct braid_place place = {BRAID_CENTER, minor ? BRAID_LOWER : BRAID_UPPER, index};
	struct mos_ink light = mos_ink(own ? MOS_TOKEN_KEY_WHITE : MOS_TOKEN_TEXT_DIM);
	struct mos_ink dark = mos_ink(own ? MOS_TOKEN_KEY_BLACK : MOS_TOKEN_OFF);
	const int lit = now && now->lane == BRAID_CENTER && now->index == index;
	char name[32], numeral[MOS_ROMAN_TEXT_MAX];
	float r, eye;
	const struct mos_point c = braid_point(mos_draw_width(d), mos_draw_height(d), place, &r);
	const struct mos_point left = {c.x - r / 2, c.y}, right = {c.x + r / 2, c.y};

	eye = r * 0.15f;
	if (lit) {
		mos_draw_disc(d, c, r * 1.35f, mos_ink_faint(MOS_TOKEN_ACCENT, 0.35f));
		*(now->half == BRAID_UPPER ? &light : &dark) = mos_ink(MOS_TOKEN_ACCENT);
	}
	mos_draw_sector(d, c, r, -HALF_TURN / 2, HALF_TURN, light);
	mos_draw_sector(d, c, r, HALF_TURN / 2, HALF_TURN, dark);
	mos_draw_disc(d, left, r / 2, light);
	mos_draw_disc(d, right, r / 2, dark);
	mos_draw_disc(d, left, eye, dark);
	mos_draw_disc(d, right, eye, light);
	mos_draw_arc(d, c, r, fmaxf(r * 0.09f, 1), 0, 2 * HALF_TURN,
		index == 0 ? mos_ink(MOS_TOKEN_ACCENT) : mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.6f));
	if (r < 5)
		return;
	print_chord(lit ? *now : place, key, name, sizeof(name));
	mos_draw_text(d, (struct mos_point){c.x - r * 1.45f, c.y}, r * (own ? 0.85f : 0.7f),
		MOS_RIGHT | MOS_MIDDLE | (own ? MOS_BOLD : 0),
		mos_ink(own || lit ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s", name);
	braid_numeral(place, key, numeral);
	mos_draw_text(d, (struct mos_point){c.x + r * 1.45f, c.y}, r * 0.8f, MOS_MIDDLE,
		mos_ink(lit ? MOS_TOKEN_ACCENT : MOS_TOKEN_TEXT_DIM), "%s", numeral);
}

static void draw_side(
	struct mos_draw *d, struct braid_place place, struct mos_tonality key, const struct braid_place *now)
{
	const int lit =
		now && now->lane == place.lane && now->half == place.half && now->index == place.index;
	const int relative = place.index + (key.minor ? 3 : 0), own = relative >= -1 && relative <= 4;
	const int outer = place.lane == BRAID_OUTER_LEFT || place.lane == BRAID_OUTER_RIGHT;
	/* A circle has its dominant on one side only. */
	const int fits = place.half == BRAID_LOWER || outer ||
			 braid_is_minor(place.index, key.minor) == (place.lane == BRAID_LEFT);
	const enum mos_token token = outer                       ? MOS_TOKEN_WARN
				     : place.half == BRAID_UPPER ? MOS_TOKEN_ACCENT_2
								 : MOS_TOKEN_GOOD;
	char name[32];
	float r;
	const struct mos_point c = braid_point(mos_draw_width(d), mos_draw_height(d), place, &r);

	if (!fits)
		return;
	if (lit)
		mos_draw_disc(d, c, r * 1.7f, mos_ink_faint(MOS_TOKEN_ACCENT, 0.35f));
	mos_draw_disc(d, c, lit ? r : r * (own ? 0.5f : 0.3f),
		lit ? mos_ink(MOS_TOKEN_ACCENT) : mos_ink_faint(token, own ? 0.85f : 0.35f));
	if (!lit && !(own && r > 5))
		return;
	print_chord(place, key, name, sizeof(name));
	if (place.lane < BRAID_CENTER)
		mos_draw_text(d, (struct mos_point){c.x - r * (lit ? 1.9f : 0.9f), c.y},
			r * (lit ? 1.6f : 1.15f), MOS_RIGHT | MOS_MIDDLE | (lit ? MOS_BOLD : 0),
			mos_ink(lit ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s", name);
	else
		mos_draw_text(d, (struct mos_point){c.x + r * (lit ? 1.9f : 0.9f), c.y},
			r * (lit ? 1.6f : 1.15f), MOS_MIDDLE | (lit ? MOS_BOLD : 0),
			mos_ink(lit ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM), "%s", name);
}

static void draw_way(struct mos_draw *d, const struct braid_state *s)
{
	const float width = mos_draw_width(d), height = mos_draw_height(d);
	float r;
	const struct mos_point from = braid_point(width, height, s->before, &r),
			       to = braid_point(width, height, s->now, &r);
	const float bow = (to.y - from.y) * 0.35f + r;
	const struct mos_point way[4] = {from, {from.x + bow, from.y}, {to.x + bow, to.y}, to};

	mos_draw_curve(d, way, fmaxf(r * 0.16f, 1.5f), mos_ink_faint(MOS_TOKEN_ACCENT, 0.6f));
}

void braid_draw(struct mos_draw *d, const struct braid_state *s)
{
	const struct braid_place *now = s->has_now ? &s->now : NULL;

	(void)mos_draw_panel(d, "");
	mos_draw_clip(d, mos_draw_area(d));
	draw_strands(d);
	for (int index = -BRAID_SHOWN; index <= BRAID_SHOWN; index++)
		for (int lane = 0; lane < BRAID_LANES; lane++)
			for (int half = BRAID_UPPER; half <= BRAID_LOWER; half++)
				if (lane != BRAID_CENTER &&
					(half == BRAID_UPPER || lane == BRAID_LEFT || lane == BRAID_RIGHT))
					draw_side(d,
						(struct braid_place){
							(enum braid_lane)lane, (enum braid_half)half, index},
						s->key, now);
	for (int index = -BRAID_SHOWN; index <= BRAID_SHOWN; index++)
		draw_circle(d, index, s->key, now);
	if (s->has_now && s->has_before)
		draw_way(d, s);
	mos_draw_clip_end(d);
}
