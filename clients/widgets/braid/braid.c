/* SPDX-License-Identifier: MIT */
#include "braid.h"

#include <math.h>
#include <stdlib.h>

#define MAJOR_TRIAD (MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5))
#define MINOR_TRIAD (MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5))

int braid_turn(struct mos_tonality key)
{
	return mos_tonality_fifths(key) + (key.minor ? 3 : 0);
}

int braid_is_minor(int index, int key_is_minor)
{
	return index + (key_is_minor ? 3 : 0) > 1;
}

/* What sounds the same lies twelve fifths away: the place nearest to the tonic, as it is written where that
 * is near. */
static int near(int index)
{
	while (index > BRAID_SIDE)
		index -= 12;
	while (index < -BRAID_SIDE)
		index += 12;
	return index;
}

/* The seventh of a German sixth is written as an augmented sixth or as a seventh; it stands on the lowered
 * sixth degree, and nothing else of its sound leads there. */
static int is_german(const struct mos_chord *chord, struct mos_tonality key)
{
	return (mos_tone_class(chord->root) - mos_tone_class(key.tonic) + 12) % 12 == 8;
}

int braid_find(const struct mos_chord *chord, struct mos_tonality key, struct braid_place *ret)
{
	const uint16_t has = chord->degrees;
	const int at = harmony_fifths(chord->root) - braid_turn(key);
	const int flat_fifth = (has & (MOS_HAS(B5) | MOS_HAS(S11))) && !(has & MOS_HAS(5));

	if (chord->family == MOS_CHORD_NONE)
		return 0;
	*ret = (struct braid_place){
		BRAID_CENTER, chord->family == MOS_CHORD_MINOR ? BRAID_LOWER : BRAID_UPPER, near(at)};
	if (has & MOS_HAS(3) && has & MOS_HAS(B7)) {
		if (flat_fifth)
			*ret = (struct braid_place){BRAID_OUTER_LEFT, BRAID_UPPER, near(at + 5)};
		else if (is_german(chord, key))
			*ret = (struct braid_place){BRAID_OUTER_RIGHT, BRAID_UPPER, near(at + 5)};
		else
			*ret = (struct braid_place){
				braid_is_minor(near(at - 1), key.minor) ? BRAID_LEFT : BRAID_RIGHT,
				BRAID_UPPER, near(at - 1)};
	} else if (chord->family == MOS_CHORD_DIMINISHED) {
		if (has & MOS_HAS(B7))
			*ret = (struct braid_place){BRAID_LEFT, BRAID_LOWER, near(at - 2)};
		else
			*ret = (struct braid_place){BRAID_RIGHT, BRAID_LOWER, near(at - 5)};
	}
	return 1;
}

struct mos_chord braid_chord(struct braid_place place, struct mos_tonality key)
{
	const int tonic = braid_turn(key) + place.index;
	int fifths = tonic;
	struct mos_chord chord = {.family = MOS_CHORD_MAJOR, .degrees = MAJOR_TRIAD};

	switch (place.lane) {
	case BRAID_CENTER:
		if (place.half == BRAID_LOWER)
			chord = (struct mos_chord){.family = MOS_CHORD_MINOR, .degrees = MINOR_TRIAD};
		break;
	case BRAID_LEFT:
	case BRAID_RIGHT:
		fifths = tonic + 1;
		chord.degrees = MAJOR_TRIAD | MOS_HAS(B7);
		if (place.half == BRAID_UPPER)
			break;
		chord.family = MOS_CHORD_DIMINISHED;
		chord.degrees = MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5);
		fifths = tonic + (place.lane == BRAID_LEFT ? 2 : 5);
		if (place.lane == BRAID_LEFT)
			chord.degrees |= MOS_HAS(B7);
		break;
	case BRAID_OUTER_LEFT:
		fifths = tonic - 5;
		chord.degrees = MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(B5) | MOS_HAS(B7);
		break;
	default:
		fifths = tonic - 5;
		chord.degrees = MAJOR_TRIAD | MOS_HAS(B7);
		break;
	}
	chord.root = harmony_tone(fifths);
	chord.bass = chord.root;
	return chord;
}

void braid_numeral(struct braid_place place, struct mos_tonality key, char *ret)
{
	const struct mos_chord chord = braid_chord(place, key);
	const int relative = place.index + (key.minor ? 3 : 0);
	struct mos_roman roman;

	ret[0] = '\0';
	if (place.lane == BRAID_CENTER &&
		(relative < -1 || relative > 4 ||
			(place.half == BRAID_LOWER) != braid_is_minor(place.index, key.minor)))
		return;
	if (mos_roman_from_chord(&chord, key, &roman) < 0 ||
		mos_roman_format(&roman, ret, MOS_ROMAN_TEXT_MAX) < 0)
		ret[0] = '\0';
}

struct mos_point braid_point(float width, float height, struct braid_place place, float *ret_radius)
{
	const float row = height / (2 * BRAID_SHOWN + 2), lane = fminf(width / 5.2f, row * 2.6f);
	const float side = (float)((int)place.lane - BRAID_CENTER);
	struct mos_point at = {width / 2 + lane * side, height / 2 - row * (float)place.index};

	*ret_radius = fminf(row, lane) * (place.lane == BRAID_CENTER ? 0.47f : 0.27f);
	/* side lanes: two to a circle, a little above and below it */
	if (place.lane == BRAID_LEFT || place.lane == BRAID_RIGHT)
		at.y += row * (place.half == BRAID_UPPER ? -0.26f : 0.26f);
	return at;
}

int braid_at(float width, float height, struct mos_point at, struct braid_place *ret)
{
	for (int lane = 0; lane < BRAID_LANES; lane++)
		for (int index = -BRAID_SHOWN; index <= BRAID_SHOWN; index++)
			for (int half = BRAID_UPPER; half <= BRAID_LOWER; half++) {
				struct braid_place place = {
					(enum braid_lane)lane, (enum braid_half)half, index};
				float radius;
				const struct mos_point c = braid_point(width, height, place, &radius);

				if (hypotf(at.x - c.x, at.y - c.y) > radius)
					continue;
				if (lane == BRAID_CENTER)
					place.half = at.y < c.y ? BRAID_UPPER : BRAID_LOWER;
				*ret = place;
				return 1;
			}
	return 0;
}
