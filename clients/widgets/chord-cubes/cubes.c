/* SPDX-License-Identifier: MIT */
#include "cubes.h"

#define LOWEST_ROOT 48 /* C3 */
#define FALL 0.92f     /* a frame */
#define STILL 0.02f

enum quality { MAJOR, MINOR, DOMINANT, HALF_DIMINISHED, DIMINISHED, FLAT_NINE };

static const struct {
	const char *numeral;
	uint8_t above; /* semitones from the tonic */
	uint8_t quality;
} slots[CUBES_OTHER] = {
	{"I", 0, MAJOR},
	{"ii", 2, MINOR},
	{"iii", 4, MINOR},
	{"IV", 5, MAJOR},
	{"V", 7, MAJOR},
	{"vi", 9, MINOR},
	{"viiø", 11, HALF_DIMINISHED},
	{"I7", 0, DOMINANT},
	{"iiiø", 4, HALF_DIMINISHED},
	{"II(7)", 2, DOMINANT},
	{"♯ivø", 6, HALF_DIMINISHED},
	{"III(7)", 4, DOMINANT},
	{"♯v°", 8, DIMINISHED},
	{"VI(7)", 9, DOMINANT},
	{"♯i°", 1, DIMINISHED},
	{"VII(7)", 11, DOMINANT},
	{"♯ii°", 3, DIMINISHED},
	{"i", 0, MINOR},
	{"iiø", 2, HALF_DIMINISHED},
	{"♭III", 3, MAJOR},
	{"iv", 5, MINOR},
	{"v", 7, MINOR},
	{"♭VI", 8, MAJOR},
	{"♭VII", 10, MAJOR},
	{"V(♭9)", 7, FLAT_NINE},
	{"vii°", 11, DIMINISHED},
};
static const uint8_t group_end[CUBES_GROUPS] = {7, 17, 26, 27};

/* Semitones above the root, 0 ends. */
static const uint8_t tones[][CUBES_VOICES] = {
	[MAJOR] = {0, 4, 7},
	[MINOR] = {0, 3, 7},
	[DOMINANT] = {0, 4, 7, 10},
	[HALF_DIMINISHED] = {0, 3, 6, 10},
	[DIMINISHED] = {0, 3, 6, 9},
	[FLAT_NINE] = {0, 4, 7, 10, 13},
};
static const uint8_t n_tones[] = {3, 3, 4, 4, 4, 5};

const char *cubes_numeral(int slot)
{
	return slot >= 0 && slot < CUBES_OTHER ? slots[slot].numeral : "…";
}

enum cubes_group cubes_group(int slot)
{
	int group = 0;

	while (slot >= group_end[group])
		group++;
	return (enum cubes_group)group;
}

static int find(int above, enum quality quality)
{
	for (int slot = 0; slot < CUBES_OTHER; slot++)
		if (slots[slot].above == above && slots[slot].quality == quality)
			return slot;
	return -1;
}

int cubes_find(const struct mos_chord *chord, struct mos_tonality key)
{
	const int above = (mos_tone_class(chord->root) - mos_tone_class(key.tonic) + 12) % 12;
	const uint16_t has = chord->degrees;
	int slot = -1;

	switch (chord->family) {
	case MOS_CHORD_NONE:
		return -1;
	case MOS_CHORD_MINOR:
		slot = find(above, MINOR);
		break;
	case MOS_CHORD_DIMINISHED:
		slot = find(above, has & MOS_HAS(B7) ? HALF_DIMINISHED : DIMINISHED);
		break;
	case MOS_CHORD_MAJOR:
		if (has & MOS_HAS(B7) && has & MOS_HAS(B9))
			slot = find(above, FLAT_NINE);
		if (slot < 0 && has & MOS_HAS(B7))
			slot = find(above, DOMINANT);
		/* With or without a seventh: V7 is V, and a major second degree is II(7). */
		if (slot < 0)
			slot = find(above, MAJOR);
		if (slot < 0)
			slot = find(above, DOMINANT);
		break;
	default:
		break;
	}
	return slot < 0 ? CUBES_OTHER : slot;
}

uint32_t cubes_voicing(
	int slot, struct mos_tonality key, unsigned int turn, uint8_t ret_key[static CUBES_VOICES])
{
	uint32_t n;
	int root;

	if (slot < 0 || slot >= CUBES_OTHER)
		return 0;
	n = n_tones[slots[slot].quality];
	root = LOWEST_ROOT + (mos_tone_class(key.tonic) + slots[slot].above) % 12;
	for (uint32_t i = 0; i < n; i++) {
		/* The lowest goes up an octave at each quarter turn. */
		const uint32_t from = (i + turn) % n, octaves = (i + turn) / n;

		ret_key[i] = (uint8_t)(root + tones[slots[slot].quality][from] + 12 * (int)octaves);
	}
	/* the ninth is above what was turned over it */
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t k = i; k > 0 && ret_key[k - 1] > ret_key[k]; k--) {
			const uint8_t swap = ret_key[k];

			ret_key[k] = ret_key[k - 1];
			ret_key[k - 1] = swap;
		}
	return n;
}

void cubes_strike(struct cubes *c, int slot)
{
	c->now = slot;
	if (slot >= 0 && slot < CUBES)
		c->cube[slot].lift = 1;
}

void cubes_turn(struct cubes *c, int slot)
{
	c->cube[slot].turn = (c->cube[slot].turn + 1) % 4;
	c->cube[slot].turning = 1;
}

static int fall(float *x)
{
	*x = *x > STILL ? *x * FALL : 0;
	return *x > 0;
}

int cubes_step(struct cubes *c)
{
	int moves = 0;

	for (int slot = 0; slot < CUBES; slot++) {
		moves |= fall(&c->cube[slot].lift);
		moves |= fall(&c->cube[slot].turning);
	}
	return moves;
}

struct mos_box cubes_place(float width, float height, int slot)
{
	const enum cubes_group group = cubes_group(slot);
	const float margin = width * 0.03f < 12 ? width * 0.03f : 12;
	const struct mos_box all = mos_box_inset((struct mos_box){0, 0, width, height}, margin);
	/* three rows of at most ten; the rest stands behind the minor ones */
	const unsigned int row = group == CUBES_REST ? CUBES_MINOR : group;
	const unsigned int first = row ? group_end[row - 1] : 0;
	const unsigned int n = row == CUBES_MINOR ? 10u : (unsigned int)(group_end[row] - (int)first);
	struct mos_box line = mos_box_row(all, row, 3, margin);

	line.x += line.w * (float)(10 - n) / 20;
	line.w *= (float)n / 10;
	return mos_box_column(line, (unsigned int)slot - first, n, margin * 0.6f);
}

int cubes_at(float width, float height, struct mos_point at)
{
	for (int slot = 0; slot < CUBES; slot++)
		if (mos_box_has(cubes_place(width, height, slot), at))
			return slot;
	return -1;
}
