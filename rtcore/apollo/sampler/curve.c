/* SPDX-License-Identifier: MIT */
#include "curve.h"

#include <math.h>
#include <pthread.h>

float curve_table[CURVES_BUILTIN][CURVE_POINTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Section 8.2: 0..1 to 0..1, 96 dB on a logarithmic scale. */
static double concave(double x)
{
	return x <= 0 ? 0 : x >= 1 ? 1 : -400.0 / 960 * log10(1 - x);
}

static double shape(uint32_t type, double x)
{
	double y = type == 1 ? concave(x) : 1 - concave(1 - x);

	return y < 0 ? 0 : y > 1 ? 1 : y;
}

/* Controllers are normalised by 128, section 9.5.3: their centre, 64, is the curve's. */
static double sf2(uint32_t curve, int i)
{
	uint32_t type = curve >> 2;
	double x = (curve & 1 ? 128 - i : i) / 128.0, b = 2 * x - 1;

	if (curve & 2) {
		if (type == 3)
			return b >= 0 ? 1 : -1;
		if (type == 0)
			return b;
		return b >= 0 ? shape(type, b) : -shape(type, -b);
	}
	return type == 3 ? x >= 0.5 : type == 0 ? x : shape(type, x);
}

static double unit(uint32_t curve, int i)
{
	double x = i / 127.0;

	switch (curve) {
	case CURVE_UNIT:
		return x;
	case CURVE_UNIT_BIPOLAR:
		return 2 * x - 1;
	case CURVE_UNIT_DOWN:
		return 1 - x;
	case CURVE_UNIT_BIPOLAR_DOWN:
		return 1 - 2 * x;
	case CURVE_SQUARE:
		return x * x;
	case CURVE_SQRT:
		return sqrt(x);
	case CURVE_SQRT_DOWN:
		return sqrt(1 - x);
	case CURVE_RAW:
		return i;
	default:
		return i - 60;
	}
}

static void make(void)
{
	for (uint32_t c = 0; c < CURVES_BUILTIN; c++) {
		for (int i = 0; i < 128; i++)
			curve_table[c][i] = (float)(c < 16 ? sf2(c, i) : unit(c, i));
		curve_table[c][128] = curve_table[c][127];
	}
}

void curve_init(void)
{
	pthread_once(&once, make);
}
