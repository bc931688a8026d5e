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

/**
 * y[i] = the signal `from + step * (k + i)` frames before frame pos + i; 4-point third-order Lagrange. All
 * these delays are within FX_GRID + 2 .. size - FX_GRID - 4 frames, |step| < 1.
 */
static inline void delay_read_moving(const float *ring, uint32_t size, uint32_t pos, double from, float step,
	uint32_t k, float *y, uint32_t n) MOS_RT
{
	uint32_t base = (uint32_t)from - FX_GRID; /* the rest is small, so its fraction is exact enough */
	float off = (float)(from - (double)base);

	for (uint32_t i = 0, run; i < n; i += run) {
		/* frames whose delay has the same whole part make a run */
		uint32_t whole = (uint32_t)(off + step * (float)(int32_t)(k + i));
		const float *x = delay_read(ring, size, pos + i - base - whole - 2);

		run = n - i;
		while ((uint32_t)(off + step * (float)(k + i + run - 1)) != whole)
			run--;
		for (uint32_t j = 0; j < run; j++) {
			/* x[j + 2] is `whole` frames old, x[j + 1] one more; the signal lies a share f
			 * between them */
			float f = off + step * (float)(int32_t)(k + i + j) - (float)whole, c1 = f + 1,
			      c2 = f - 1, c3 = f - 2;

			y[i + j] =
				(x[j + 3] * (f * c2 * c3 * (-1.0f / 6)) + x[j + 2] * (c1 * c2 * c3 * 0.5f)) +
				(x[j] * (f * c1 * c2 * (1.0f / 6)) - x[j + 1] * (f * c1 * c3 * 0.5f));
		}
	}
}

#endif
