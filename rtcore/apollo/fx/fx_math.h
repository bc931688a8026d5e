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

#endif
