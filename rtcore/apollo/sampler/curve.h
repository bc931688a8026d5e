/* SPDX-License-Identifier: MIT */
/** The built-in curves of modulators. */
#ifndef SAMPLER_CURVE_H
#define SAMPLER_CURVE_H

#include <stdint.h>
#include <mos/attr.h>

#include "../rt_math.h"
#include "bank.h"

#define CURVES_BUILTIN (CURVE_FROM_60 + 1)
extern float curve_table[CURVES_BUILTIN][CURVE_POINTS];

/** Table of a built-in curve (0 .. CURVE_FROM_60), made by curve_init(). */
static inline const float *curve_builtin(uint32_t curve) MOS_RT
{
	return curve_table[curve < CURVES_BUILTIN ? curve : 0];
}
/** Setup thread, before the first sampler; safe to repeat. */
void curve_init(void);

/** A table at 0..127.99. */
static inline float curve_at(const float *table, float x) MOS_RT
{
	int i;

	x = x < 0 ? 0 : x > 127.999f ? 127.999f : x;
	i = (int)x;
	return table[i] + (table[i + 1] - table[i]) * (x - (float)i);
}

#endif
