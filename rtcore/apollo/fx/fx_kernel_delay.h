/* SPDX-License-Identifier: MIT */
/** Delays, as delay.h has them, in vectors: a run may be read, and y is written, up to the end of its last
 * vector. */
#ifndef FX_KERNEL_DELAY_H
#define FX_KERNEL_DELAY_H

#include "fx_kernel_vec.h"

/**
 * y[i] = the signal `from + step * (k + i)` frames before frame pos + i; 4-point third-order Lagrange. All
 * these delays are within FX_GRID + 2 .. size - FX_GRID - 4 frames, |step| < 1. y: FX_ROW floats.
 */
static void delay_read_moving(const float *ring, uint32_t size, uint32_t pos, double from, float step,
	uint32_t k, float *y, uint32_t n) MOS_RT
{
	uint32_t base = (uint32_t)from - FX_GRID; /* the rest is small, so its fraction is exact enough */
	float off = (float)(from - (double)base);

	for (uint32_t i = 0, run; i < n; i += run) {
		/* frames whose delay has the same whole part make a run */
		uint32_t whole = (uint32_t)(off + step * (float)(int32_t)(k + i));
		const float *x = delay_read(ring, size, pos + i - base - whole - 2);

		run = n - i;
		while ((uint32_t)(off + step * (float)(int32_t)(k + i + run - 1)) != whole)
			run--;
		for (uint32_t j = 0; j < run; j += W) { /* the next run writes over what is too much */
			/* x[j + 2] is `whole` frames old, x[j + 1] one more; the signal lies a share f
			 * between them */
			vf f = off + step * frames_from(k + i + j) - (float)whole, c1 = f + 1, c2 = f - 1,
			   c3 = f - 2;

			store(y + i + j, (load(x + j + 3) * (f * c2 * c3 * (-1.0f / 6)) +
						 load(x + j + 2) * (c1 * c2 * c3 * 0.5f)) +
						 (load(x + j) * (f * c1 * c2 * (1.0f / 6)) -
							 load(x + j + 1) * (f * c1 * c3 * 0.5f)));
		}
	}
}

#endif
