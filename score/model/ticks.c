/* SPDX-License-Identifier: MIT */
#include <score/draft.h>

#include "ticks.h"

/** a / b towards minus infinity; b > 0. */
static int floor_div(int a, int b)
{
	return a / b - (a % b < 0);
}

int8_t nvx_fifths_step(int fifths)
{
	const int step = fifths * 4 % 7;
	return (int8_t)(step < 0 ? step + 7 : step);
}

int8_t nvx_fifths_alter(int fifths)
{
	return (int8_t)floor_div(fifths + 1, 7);
}

void nvx_set_key(struct nvx_key *key, int fifths, int minor)
{
	const int tonic = minor ? fifths + 3 : fifths;
	key->step = nvx_fifths_step(tonic);
	key->alter = nvx_fifths_alter(tonic);
	key->mode = minor ? NVX_MODE_MINOR : NVX_MODE_MAJOR;
	key->fifths = (int8_t)fifths;
	key->fifths_given = 0;
}

int nvx_key_fifths(int step, int alter, unsigned mode)
{
	/* C D E F G A B on the line of fifths; how far the mode's signature lies from that of the major key.
	 */
	static const int8_t line[] = {0, 2, 4, -1, 1, 3, 5};
	static const int8_t flatter[] = {
		[NVX_MODE_MINOR] = 3,
		[NVX_MODE_DORIAN] = 2,
		[NVX_MODE_PHRYGIAN] = 4,
		[NVX_MODE_LYDIAN] = -1,
		[NVX_MODE_MIXOLYDIAN] = 1,
		[NVX_MODE_AEOLIAN] = 3,
		[NVX_MODE_LOCRIAN] = 5,
	};
	if (step < 0 || step > 6 || mode >= sizeof(flatter))
		return 0;
	return line[step] + 7 * alter - flatter[mode];
}

int64_t nvx_border(int64_t tick, int64_t span, uint32_t k, uint32_t n)
{
	return tick + (int64_t)((2 * (__int128)k * span + n) / (2 * (__int128)n));
}

int64_t nvx_value_ticks(enum nvx_value value, unsigned dots, unsigned actual, unsigned normal)
{
	if (value < NVX_VALUE_MAXIMA || value > NVX_VALUE_1024 || dots > 4 || actual == 0)
		return 0;
	const unsigned halvings = value - NVX_VALUE_MAXIMA + dots;
	const __int128 over = (__int128)actual << halvings;
	return (int64_t)((2 * (__int128)(8 * 4 * NVX_PPQ) * ((2u << dots) - 1) * normal + over) / (2 * over));
}
