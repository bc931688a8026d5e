/* SPDX-License-Identifier: MIT */
/**
 * A delay line that is read in runs: a ring of a power of two, whose first frames stand once more behind its
 * end, so that a run of FX_GRID frames and an interpolator's neighbours can be read without a break.
 */
#ifndef FX_DELAY_H
#define FX_DELAY_H

#include <stdint.h>
#include <mos/attr.h>

#include "grid.h"

#define DELAY_EXTRA (FX_GRID + 8u)

/** Write n <= FX_GRID frames at `pos`. ring: size + DELAY_EXTRA floats. */
static inline void delay_write(float *ring, uint32_t size, uint32_t pos, const float *x, uint32_t n) MOS_RT
{
	uint32_t at = pos & (size - 1), first = n < size - at ? n : size - at, rest = n - first;

	if (n == FX_GRID && at >= DELAY_EXTRA && !rest) { /* mostly: nothing stands twice */
		__builtin_memcpy(ring + at, x, FX_GRID * sizeof(float));
		return;
	}
	__builtin_memcpy(ring + at, x, first * sizeof(float));
	__builtin_memcpy(ring, x + first, rest * sizeof(float));
	if (at < DELAY_EXTRA) /* size is larger than both together */
		__builtin_memcpy(ring + size + at, x,
			(first < DELAY_EXTRA - at ? first : DELAY_EXTRA - at) * sizeof(float));
	else
		__builtin_memcpy(ring + size, x + first, rest * sizeof(float));
}

/** The run that begins at frame `pos`. */
static inline const float *delay_read(const float *ring, uint32_t size, uint32_t pos) MOS_RT
{
	return ring + (pos & (size - 1));
}

#endif
