/* SPDX-License-Identifier: MIT */
/** The piano: where its 88 keys lie, how they look. Pure. */
#ifndef WIDGET_PIANO_H
#define WIDGET_PIANO_H

#include <mos/draw.h>

#include "played.h"

#define PIANO_LOW 21   /* A0 */
#define PIANO_HIGH 108 /* C8 */
#define PIANO_WHITE 52

enum piano_color { PIANO_COLOR_PITCH, PIANO_COLOR_ACCENT, PIANO_COLOR_CHANNEL };
enum piano_labels { PIANO_LABELS_NONE, PIANO_LABELS_C, PIANO_LABELS_WHITE };

struct piano_look {
	enum piano_color color;
	enum piano_labels labels;
	int fifths; /* key signature, for the names of what sounds */
};

int piano_is_black(int key);
/* The part of the widget that is keys. */
struct mos_box piano_keyboard(float width, float height);
/* A key's box in the keyboard; black ones lie on top of white ones. */
struct mos_box piano_key_box(struct mos_box keyboard, int key);
/* @return the key at a point, -1: none. */
int piano_key_at(struct mos_box keyboard, struct mos_point at);
/* How hard a key is struck there, 0.35 ... 1: the nearer to its lower end, the harder. */
float piano_velocity_at(struct mos_box keyboard, int key, struct mos_point at);
/* Colour of a key that sounds, as strong as its velocity. */
struct mos_ink piano_ink(const struct piano_look *look, const struct played *played, int key);

/* The keys alone, in this box. */
void piano_draw_keys(struct mos_draw *d, struct mos_box keyboard, const struct piano_look *look,
	const struct played *played);
void piano_draw(struct mos_draw *d, const struct piano_look *look, const struct played *played);
/* Names of what sounds, a line for terminals. */
void piano_text(const struct played *played, int fifths, char *ret, size_t size);

#endif
