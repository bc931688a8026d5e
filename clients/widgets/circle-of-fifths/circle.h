/* SPDX-License-Identifier: MIT */
/** The circle of fifths: rings of major, minor and diminished chords, 30 degrees a fifth from the top. Pure.
 */
#ifndef WIDGET_CIRCLE_H
#define WIDGET_CIRCLE_H

#include <mos/draw.h>

#include "harmony.h"

enum circle_ring { CIRCLE_MAJOR, CIRCLE_MINOR, CIRCLE_DIMINISHED, CIRCLE_RINGS };

/* Modes by how many fifths below the tonic their scale begins: seven neighbours are the scale. */
enum circle_mode {
	CIRCLE_LYDIAN,
	CIRCLE_IONIAN,
	CIRCLE_MIXOLYDIAN,
	CIRCLE_DORIAN,
	CIRCLE_AEOLIAN,
	CIRCLE_PHRYGIAN,
	CIRCLE_LOCRIAN,
	CIRCLE_NO_MODE
};
extern const char *const circle_mode_names[CIRCLE_NO_MODE + 1];

struct circle_look {
	enum circle_mode mode;
	int is_turned; /* the key is on top */
	float turn;    /* radians clockwise that the circle is turned now */
};

/* Middle of a place, radians clockwise from 12 o'clock, -pi < a <= pi. @param place fifths from C. */
double circle_angle(int place, double turn);
/* Turn that brings the key on top; 0 for a circle that is not turned. */
double circle_turn(const struct circle_look *look, const struct harmony *harmony);
/* A step of the way to `to`, the shorter way round. @return 1: not there yet. */
int circle_approach(float *turn, double to);
/* Pitch class of the root at a place of a ring. */
int circle_root(enum circle_ring ring, int place);
/* Numeral of a place in the key, diatonic; NULL: none. */
const char *circle_numeral(enum circle_ring ring, int place, struct mos_tonality key);
/* Is the place (0..11) in the mode of the key's tonic? */
int circle_in_mode(enum circle_mode mode, int place, struct mos_tonality key);
/* Place of a chord. @return 0: it has none (augmented, suspended ...). */
int circle_find(const struct mos_chord *chord, enum circle_ring *ret_ring, int *ret_place);
/* @return 1 and what is at a point. */
int circle_at(float width, float height, double turn, struct mos_point at, enum circle_ring *ret_ring,
	int *ret_place);
/* Keys of the triad, close, the root from G3 to F#4. */
void circle_triad(enum circle_ring ring, int place, int ret_key[static 3]);
/* "Am", "F♯", "B°". */
void circle_name(enum circle_ring ring, int place, char *ret, size_t size);

void circle_draw(
	struct mos_draw *d, const struct circle_look *look, const struct harmony *harmony, uint16_t sounding);

#endif
