/* SPDX-License-Identifier: MIT */
/** The braid: where a chord stands in its key; README.md has the rules. Pure. */
#ifndef WIDGET_BRAID_H
#define WIDGET_BRAID_H

#include <mos/draw.h>

#include "harmony.h"

#define BRAID_SIDE 8  /* positions above and below the tonic: seventeen in all */
#define BRAID_SHOWN 7 /* of them seen: fifteen circles */

enum braid_lane { BRAID_OUTER_LEFT, BRAID_LEFT, BRAID_CENTER, BRAID_RIGHT, BRAID_OUTER_RIGHT, BRAID_LANES };
enum braid_half { BRAID_UPPER, BRAID_LOWER }; /* of the center: major, minor */

struct braid_place {
	enum braid_lane lane;
	enum braid_half half;
	int index; /* -BRAID_SIDE..BRAID_SIDE, fifths from the tonic */
};

/* Fifths from C that the picture is turned: that of a minor key is its relative major's and three. */
int braid_turn(struct mos_tonality key);
/* Is the chord at an index of the center lane minor in the key? */
int braid_is_minor(int index, int key_is_minor);
/* @return 0: no chord. */
int braid_find(const struct mos_chord *chord, struct mos_tonality key, struct braid_place *ret);
/* The chord at a place. */
struct mos_chord braid_chord(struct braid_place place, struct mos_tonality key);
/* The numeral of a place; "" where it is not one of the key's own seven. @param ret MOS_ROMAN_TEXT_MAX bytes.
 */
void braid_numeral(struct braid_place place, struct mos_tonality key, char *ret);

/* Middle of a place, and how large it is drawn. */
struct mos_point braid_point(float width, float height, struct braid_place place, float *ret_radius);
/* @return 1 and the place at a point. */
int braid_at(float width, float height, struct mos_point at, struct braid_place *ret);

struct braid_state {
	struct mos_tonality key;
	struct braid_place now, before;
	int has_now, has_before;
};
void braid_draw(struct mos_draw *d, const struct braid_state *state);

#endif
