/* SPDX-License-Identifier: MIT */
/** Chord cubes: 27 places for the chords of a key, each a cube whose four sides are the chord's inversions.
 * Pure. */
#ifndef WIDGET_CUBES_H
#define WIDGET_CUBES_H

#include <mos/draw.h>

#include "harmony.h"

#define CUBES 27
#define CUBES_OTHER 26 /* what has no place of its own */
#define CUBES_VOICES 5

enum cubes_group { CUBES_MAJOR, CUBES_APPLIED, CUBES_MINOR, CUBES_REST, CUBES_GROUPS };

const char *cubes_numeral(int slot);
enum cubes_group cubes_group(int slot);
/* @return the slot of a chord in a key; -1: no chord. */
int cubes_find(const struct mos_chord *chord, struct mos_tonality key);
/*
 * Keys of a slot's chord, the lowest first, as many quarter turns on as inversions; no inversion begins below
 * C3.
 * @return how many; 0: CUBES_OTHER has no chord.
 */
uint32_t cubes_voicing(
	int slot, struct mos_tonality key, unsigned int turn, uint8_t ret_key[static CUBES_VOICES]);

struct cube {
	unsigned int turn; /* 0..3: the side in front */
	float turning;     /* 1 ... 0 while it gets there */
	float lift;        /* 1 ... 0 after it was struck */
};
struct cubes {
	struct cube cube[CUBES];
	struct mos_tonality key;
	int now; /* -1: none */
};
/* Another chord: its cube is lifted. */
void cubes_strike(struct cubes *c, int slot);
void cubes_turn(struct cubes *c, int slot);
/* A frame passes. @return 1: something still moves. */
int cubes_step(struct cubes *c);

struct mos_box cubes_place(float width, float height, int slot);
/* @return the slot at a point, -1: none. */
int cubes_at(float width, float height, struct mos_point at);
void cubes_draw(struct mos_draw *d, const struct cubes *c);

#endif
