/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "cubes.h"

#define REST 0.42f /* radians that a cube at rest is turned, so that two of its sides are seen */
#define SLANT 0.24f

/* One side, from x to x + w, its far edge a little higher. */
static void draw_side(
	struct mos_draw *d, struct mos_point at, float w, float h, float rise, struct mos_ink ink)
{
	const struct mos_point corner[4] = {
		{at.x, at.y}, {at.x + w, at.y - rise}, {at.x + w, at.y - rise + h}, {at.x, at.y + h}};

	if (w > 0.5f)
		mos_draw_quad(d, corner, ink);
}

static struct mos_ink ink_of(int slot, int now, float strength)
{
	static const enum mos_token token[CUBES_GROUPS] = {
		MOS_TOKEN_ACCENT_2, MOS_TOKEN_WARN, MOS_TOKEN_GOOD, MOS_TOKEN_TEXT_DIM};

	return mos_ink_faint(
		now ? MOS_TOKEN_ACCENT : token[cubes_group(slot)], now ? strength : strength * 0.55f);
}

static void draw_cube(struct mos_draw *d, const struct cubes *c, int slot)
{
	const struct cube *cube = &c->cube[slot];
	const struct mos_box place = cubes_place(mos_draw_width(d), mos_draw_height(d), slot);
	const float size = fminf(place.w / (cosf(REST) + sinf(REST)), place.h * 0.72f);
	/* The side that goes is on the left while the cube turns. */
	const float angle = REST + cube->turning * (float)M_PI / 2;
	const float turned = fmodf(angle, (float)M_PI / 2);
	const float front = size * cosf(turned), side = size * sinf(turned), lift = cube->lift * size * 0.22f;
	const float rise = side * SLANT, fall = front * SLANT * 0.5f;
	const struct mos_point left = {
		place.x + (place.w - front - side) / 2, place.y + (place.h - size) / 2 + rise - lift};
	const struct mos_point edge = {left.x + front, left.y + fall};
	const int now = slot == c->now;
	const struct mos_point top[4] = {
		left, edge, {edge.x + side, edge.y - rise}, {left.x + side, left.y - rise}};
	/* The numeral is on what is the front at rest. */
	const float x = cube->turning < 0.5f ? left.x + front / 2 : edge.x + side / 2;
	const float room = cube->turning < 0.5f ? front : side;

	if (lift > 0.5f)
		mos_draw_box(d, (struct mos_box){left.x, left.y + lift + size, front + side, size * 0.05f},
			size * 0.02f, mos_ink_faint(MOS_TOKEN_CANVAS, 0.6f));
	draw_side(d, left, front, size, -fall, ink_of(slot, now, 1));
	draw_side(d, edge, side, size, rise, ink_of(slot, now, 0.6f));
	mos_draw_quad(d, top, ink_of(slot, now, 0.8f));
	mos_draw_text_in(d,
		(struct mos_box){x - room * 0.46f, left.y + size * 0.3f, room * 0.92f, size * 0.4f},
		fminf(size * 0.3f, room * 0.36f), MOS_CENTER | MOS_MIDDLE | MOS_BOLD,
		mos_ink(now ? MOS_TOKEN_CANVAS : MOS_TOKEN_TEXT), "%s", cubes_numeral(slot));
	/* which side it is */
	for (unsigned int i = 0; i < 4 && slot != CUBES_OTHER; i++)
		mos_draw_disc(d,
			(struct mos_point){x + ((float)i - 1.5f) * size * 0.13f, left.y + size * 0.82f},
			size * 0.035f,
			mos_ink_faint(now ? MOS_TOKEN_CANVAS : MOS_TOKEN_TEXT, i == cube->turn ? 1 : 0.3f));
}

void cubes_draw(struct mos_draw *d, const struct cubes *c)
{
	(void)mos_draw_panel(d, "");
	for (int slot = 0; slot < CUBES; slot++)
		draw_cube(d, c, slot);
}
