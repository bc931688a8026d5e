/* SPDX-License-Identifier: MIT */
/**
 * Powers, logarithms and angles for the audio thread: no libm, the same bits everywhere.
 */
#ifndef FX_MATH_H
#define FX_MATH_H

#include <stdint.h>
#include <mos/attr.h>

#define FX_PI 3.14159265358979323846

/** 2^x for |x| < 1000; relative error below 1e-12. */
static inline double fx_exp2(double x) MOS_RT
{
	int64_t whole = (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
	double y = (x - (double)whole) * 0.69314718055994530942, term = 1, sum = 1; /* e^y, |y| <= 0.35 */
	union {
		uint64_t u;
		double d;
	} scale = {.u = (uint64_t)(whole + 1023) << 52};

	for (int i = 1; i < 12; i++) {
		term *= y / i;
		sum += term;
	}
	return sum * scale.d;
}

static inline double fx_gain_of_db(double db) MOS_RT
{
	return fx_exp2(db * 0.16609640474436811739); /* log2(10) / 20 */
}

/** Sine of an angle in turns. */
static inline double fx_sin_turns(double t) MOS_RT
{
	double x, term, sum;

	t -= (double)(int64_t)(t < 0 ? t - 0.5 : t + 0.5); /* -0.5 .. 0.5 */
	if (t > 0.25)
		t = 0.5 - t;
	if (t < -0.25)
		t = -0.5 - t;
	x = 2 * FX_PI * t;
	term = sum = x;
	for (int i = 1; i < 10; i++) {
		term *= -x * x / ((2 * i) * (2 * i + 1));
		sum += term;
	}
	return sum;
}

/** tan(pi x), 0 <= x < 0.5: what the bilinear transform makes of a frequency x of the rate. */
static inline double fx_tan_pi(double x) MOS_RT
{
	return fx_sin_turns(x / 2) / fx_sin_turns(x / 2 + 0.25);
}

/** log2 of x >= 1e-30; error below 2e-6. */
static inline float fx_log2f(float x) MOS_RT
{
	union {
		float f;
		uint32_t u;
	} v = {.f = x}, m;
	int32_t e = (int32_t)(v.u - 0x3f3504f3u) >> 23; /* mantissa from sqrt(1/2) on */
	float s, t;

	m.u = v.u - ((uint32_t)e << 23);
	s = (m.f - 1) / (m.f + 1);
	t = s * s;
	return (float)e + s * (2.88539008f + t * (0.96179669f + t * (0.57707802f + t * 0.41219858f)));
}

/** 2^x for |x| < 120; relative error below 4e-7. */
static inline float fx_exp2f(float x) MOS_RT
{
	int32_t whole = (int32_t)(x + 256.5f) - 256;
	float y = x - (float)whole;
	union {
		uint32_t u;
		float f;
	} scale = {.u = (uint32_t)(whole + 127) << 23};

	y = 1 + y * (0.693147181f +
			    y * (0.240226507f +
					y * (0.0555041087f + y * (0.00961812911f +
									 y * (0.00133335581f +
										     y * 0.000154035304f)))));
	return y * scale.f;
}

#endif
