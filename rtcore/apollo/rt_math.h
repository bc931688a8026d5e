/* SPDX-License-Identifier: MIT */
/**
 * Arithmetic without libm, for the audio thread: powers of two, logarithms, decibels, sines, the tangent that tunes a
 * filter. The same bits from every compiler.
 */
#ifndef APOLLO_RT_MATH_H
#define APOLLO_RT_MATH_H

#include <stdint.h>
#include <mos/attr.h>

#define RT_LOG2_PER_CB 0.016609640474f /**< log2(10) / 200 */

/** 2^x, relative error below 2e-7; x is held within -126..127. */
static inline float rt_exp2(float x) MOS_RT
{
	union {
		uint32_t u;
		float f;
	} scale;
	float f, y;
	int i;

	x = x > -126 ? x : -126; /* also of NaN */
	x = x < 127 ? x : 127;
	i = (int)(x + __builtin_copysignf(0.5f, x));
	f = x - (float)i;
	y = 1.5252733e-5f;
	y = y * f + 1.5403530e-4f;
	y = y * f + 1.3333558e-3f;
	y = y * f + 9.6181291e-3f;
	y = y * f + 5.5504109e-2f;
	y = y * f + 2.4022651e-1f;
	y = y * f + 6.9314718e-1f;
	y = y * f + 1.0f;
	scale.u = (uint32_t)(i + 127) << 23;
	return y * scale.f;
}

/** log2 of a positive normal number, error below 1e-6. */
static inline float rt_log2(float x) MOS_RT
{
	union {
		float f;
		uint32_t u;
	} b = {x};
	int e = (int)(b.u >> 23) - 127;
	float t, z;

	b.u = (b.u & 0x7fffff) | 0x3f800000;
	if (b.f > 1.4142135f) {
		b.f *= 0.5f;
		e++;
	}
	t = (b.f - 1) / (b.f + 1);
	z = t * t;
	return (float)e +
	       t * (2.8853901f + z * (0.96179669f + z * (0.57707802f + z * (0.41219858f + z * 0.32059890f))));
}

/** Factor of so many cB of attenuation. */
static inline float rt_cb_to_gain(float cb) MOS_RT
{
	return rt_exp2(-cb * RT_LOG2_PER_CB);
}

/** sin(x) for |x| <= pi / 2, error below 1e-7. */
static inline float rt_sin_quarter(float x) MOS_RT
{
	float z = x * x, y = -2.5052108e-8f;

	y = y * z + 2.7557319e-6f;
	y = y * z - 1.9841270e-4f;
	y = y * z + 8.3333333e-3f;
	y = y * z - 1.6666667e-1f;
	return x + x * z * y;
}

/** sin of a whole turn times `phase`; phase wraps at 2^32. */
static inline float rt_sin_turn(uint32_t phase) MOS_RT
{
	int32_t p = (int32_t)phase; /* -1/2 .. 1/2 turn */

	if (p > 0x40000000)
		p = (int32_t)(0x80000000u - (uint32_t)p);
	else if (p < -0x40000000)
		p = (int32_t)(0x80000000u - (uint32_t)p);
	return rt_sin_quarter((float)p * (6.2831853f / 4294967296.0f));
}

/** tan(pi x), 0 <= x < 0.5. */
static inline float rt_tan_pi(float x) MOS_RT
{
	return rt_sin_quarter(3.1415927f * x) / rt_sin_quarter(1.5707963f - 3.1415927f * x);
}

#endif
