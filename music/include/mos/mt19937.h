/* SPDX-License-Identifier: MIT */
/**
 * The random source of the Tritone contract's reference (tritone.md 7): MT19937, seeded from an integer of
 * any sign and drawn from the way CPython does. Equal seeds, equal numbers, on every machine.
 */
#ifndef MOS_MT19937_H
#define MOS_MT19937_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_MT19937_WORDS 624u

struct mos_mt19937 {
	uint32_t word[MOS_MT19937_WORDS];
	uint32_t next;
};

/** The sign of a seed is lost: -42 is 42. */
void mos_mt19937_seed(struct mos_mt19937 *mt, int64_t seed);
/** The same seed with a number behind it: a sequence of its own for each `lane` but 0, which is the seed's.
 */
void mos_mt19937_seed_lane(struct mos_mt19937 *mt, int64_t seed, uint32_t lane);

uint32_t mos_mt19937_next(struct mos_mt19937 *mt);
/** 0 <= x < 1, 53 bits. */
double mos_mt19937_random(struct mos_mt19937 *mt);
/** low + (high - low) * random. */
double mos_mt19937_uniform(struct mos_mt19937 *mt, double low, double high);
/** A whole number of -n .. n, all equally likely; n up to 2^30. */
int32_t mos_mt19937_around(struct mos_mt19937 *mt, uint32_t n);

#ifdef __cplusplus
}
#endif
#endif
