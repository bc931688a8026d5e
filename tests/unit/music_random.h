/* SPDX-License-Identifier: MIT */
/* Seeded numbers for the property tests of music/: splitmix64, so that a failure repeats exactly. */
#ifndef MUSIC_RANDOM_H
#define MUSIC_RANDOM_H

#include <stdint.h>

static inline uint64_t random_u64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Uniform enough for tests: lo..hi, both included. */
static inline int64_t random_between(uint64_t *state, int64_t lo, int64_t hi)
{
	return lo + (int64_t)(random_u64(state) % ((uint64_t)(hi - lo) + 1));
}

#endif
