/* SPDX-License-Identifier: MIT */
#include "piano.h"

#include <stdio.h>

#include <mos/pitch.h>

#define BLACK_WIDTH 0.58f
#define BLACK_HEIGHT 0.62f
#define LIGHT_HEIGHT 0.035f /* strip of light above the keys */
#define LABEL_MIN_PT 9.0f

static const int8_t white_before[12] = {
	0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6}; /* white keys of the octave below */
static const int8_t is_black[12] = {0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0};
/* Black keys don't stand in the middle: the outer ones of a group stand further out. In their own widths. */
static const float shift[12] = {0, -0.17f, 0, 0.17f, 0, 0, -0.22f, 0, 0, 0, 0.22f, 0};

int piano_is_black(int key)
{
	return is_black[key % 12];
}

/* White keys from A0 to the left edge of this one (of the white key above, for a black one). */
static int white_index(int key)
{
	return key / 12 * 7 + white_before[key % 12] - (PIANO_LOW / 12 * 7 + white_before[PIANO_LOW % 12]);
}

struct mos_box piano_keyboard(float width, float height)
{
	const float margin = height * 0.06f < 10 ? height * 0.06f : 10;
	const float light = height * LIGHT_HEIGHT + 2;

	return (struct mos_box){margin, margin + light, width - 2 * margin, height - 2 * margin - light};
}

struct mos_box piano_key_box(struct mos_box k, int key)
{
	const float white = k.w / PIANO_WHITE;
	const float x = k.x + white * (float)white_index(key);

	if (!piano_is_black(key))
		return (struct mos_box){x, k.y, white, k.h};
	return (struct mos_box){x + white * BLACK_WIDTH * (shift[key % 12] - 0.5f), k.y, white * BLACK_WIDTH,
		k.h * BLACK_HEIGHT};
}

int piano_key_at(struct mos_box keyboard, struct mos_point at)
{
	for (int black = 1; black >= 0; black--)
		for (int key = PIANO_LOW; key <= PIANO_HIGH; key++)
			if (piano_is_black(key) == black && mos_box_has(piano_key_box(keyboard, key), at))
				return key;
	return -1;
}

float piano_velocity_at(struct mos_box keyboard, int key, struct mos_point at)
{
	const struct mos_box box = piano_key_box(keyboard, key);
	const float down = (at.y - box.y) / box.h;

	return 0.35f + 0.65f * (down < 0 ? 0 : down > 1 ? 1 : down);
}

struct mos_ink piano_ink(const struct piano_look *look, const struct played *played, int key)
{
	const float level = played_level(played, (unsigned int)key);
	struct mos_ink ink = mos_ink(MOS_TOKEN_ACCENT);

	if (look->color == PIANO_COLOR_PITCH)
		ink = mos_ink_pitch(key % 12);
	else if (look->color == PIANO_COLOR_CHANNEL)
		ink = mos_ink_pitch(played->channel[key] * 7 % 12);
	ink.color = (ink.color & 0x00ffffffu) | (uint32_t)(255 * (0.35f + 0.65f * level)) << 24;
	return ink;
}

static void draw_light(struct mos_draw *d, struct mos_box k, struct mos_box box, struct mos_ink ink)
{
	const float h = k.h * LIGHT_HEIGHT + 1;

	mos_draw_box(d, (struct mos_box){box.x + 1, k.y - h - 1, box.w - 2, h}, h / 2, ink);
}

static void draw_label(
	struct mos_draw *d, struct mos_box box, int key, int fifths, int with_octave, struct mos_ink ink)
{
	const float size = box.w * 0.62f < 15 ? box.w * 0.62f : 15;
	const struct mos_point at = {box.x + box.w / 2, box.y + box.h - size * 0.75f};
	char name[8];

	if (box.w < LABEL_MIN_PT ||
		mos_pitch_format(mos_pitch_spell((uint8_t)key, fifths), name, sizeof(name)) < 0)
		return;
	for (char *c = name; *c && !with_octave; c++)
		if (*c == '-' || (*c >= '0' && *c <= '9'))
			*c = '\0';
	mos_draw_text(d, at, size, MOS_CENTER, ink, "%s", name);
}

static void draw_white(struct mos_draw *d, const struct piano_look *look, const struct played *played,
	struct mos_box k, int key)
{
	const struct mos_box box = piano_key_box(k, key), face = {box.x + 0.5f, box.y, box.w - 1, box.h};
	const float radius = box.w * 0.12f;
	const int lit = played_level(played, (unsigned int)key) > 0;

	mos_draw_gradient(
		d, face, radius, mos_ink(MOS_TOKEN_KEY_WHITE), mos_ink_faint(MOS_TOKEN_KEY_WHITE, 0.88f));
	if (lit) {
		mos_draw_box(d, face, radius, piano_ink(look, played, key));
		draw_light(d, k, box, piano_ink(look, played, key));
	}
	if (lit || look->labels == PIANO_LABELS_WHITE || (look->labels == PIANO_LABELS_C && key % 12 == 0))
		draw_label(d, face, key, lit ? look->fifths : 0, key % 12 == 0,
			mos_ink_faint(MOS_TOKEN_KEY_BLACK, lit ? 1 : 0.55f));
}

static void draw_black(struct mos_draw *d, const struct piano_look *look, const struct played *played,
	struct mos_box k, int key)
{
	const struct mos_box box = piano_key_box(k, key);
	const float radius = box.w * 0.14f;
	const struct mos_box top = {box.x + box.w * 0.14f, box.y, box.w * 0.72f, box.h * 0.9f};

	mos_draw_box(d, box, radius, mos_ink(MOS_TOKEN_KEY_BLACK));
	mos_draw_gradient(d, top, radius, mos_ink_faint(MOS_TOKEN_KEY_WHITE, 0.04f),
		mos_ink_faint(MOS_TOKEN_KEY_WHITE, 0.16f));
	if (played_level(played, (unsigned int)key) <= 0)
		return;
	mos_draw_box(d, box, radius, piano_ink(look, played, key));
	draw_light(d, k, box, piano_ink(look, played, key));
	draw_label(d, box, key, look->fifths, 0, mos_ink(MOS_TOKEN_KEY_BLACK));
}

void piano_draw_keys(
	struct mos_draw *d, struct mos_box k, const struct piano_look *look, const struct played *played)
{
	/* what is seen between white keys, in light themes too */
	mos_draw_box(d, mos_box_inset(k, -1), 2, mos_ink_faint(MOS_TOKEN_KEY_BLACK, 0.8f));
	for (int key = PIANO_LOW; key <= PIANO_HIGH; key++)
		if (!piano_is_black(key))
			draw_white(d, look, played, k, key);
	for (int key = PIANO_LOW; key <= PIANO_HIGH; key++)
		if (piano_is_black(key))
			draw_black(d, look, played, k, key);
}

void piano_draw(struct mos_draw *d, const struct piano_look *look, const struct played *played)
{
	(void)mos_draw_panel(d, "");
	piano_draw_keys(d, piano_keyboard(mos_draw_width(d), mos_draw_height(d)), look, played);
}

void piano_text(const struct played *played, int fifths, char *ret, size_t size)
{
	size_t len = 0;
	char name[8];

	ret[0] = '\0';
	for (unsigned int key = 0; key < 128 && len + sizeof(name) + 2 < size; key++)
		if (played_level(played, key) > 0 &&
			mos_pitch_format(mos_pitch_spell((uint8_t)key, fifths), name, sizeof(name)) > 0)
			len += (size_t)snprintf(ret + len, size - len, "%s%s", len ? " " : "", name);
	(void)snprintf(ret + len, size - len, "%s\n", len ? "" : "-");
}
