/* SPDX-License-Identifier: MIT */
/* The equaliser against the closed formula of its bands, and what it does while it is moved. */
#include <criterion/criterion.h>
#include <string.h>

#include "apollo/fx/eq.h"
#include "fx_measure.h"

#define N 32768u

static float left[N], right[N];

static void run(struct eq *e, uint32_t n, uint32_t block)
{
#define CALL(k, first, len) eq_process(e, left + (first), right + (first), k, len)
	RUN_PIECES(n, block, eq_grid(e), CALL)
#undef CALL
}

static void settle(struct eq *e)
{
	memset(left, 0, sizeof(left));
	memset(right, 0, sizeof(right));
	run(e, 8192, 64);
}

/* Gain of the four bands at a frequency: analogue filters, the axis bent by the bilinear transform. */
static double formula(const float *v, double hz, double rate)
{
	static const int at[4][3] = {{MOS_FX_EQ_LOW_HZ, MOS_FX_EQ_LOW_DB, -1},
		{MOS_FX_EQ_MID1_HZ, MOS_FX_EQ_MID1_DB, MOS_FX_EQ_MID1_Q},
		{MOS_FX_EQ_MID2_HZ, MOS_FX_EQ_MID2_DB, MOS_FX_EQ_MID2_Q},
		{MOS_FX_EQ_HIGH_HZ, MOS_FX_EQ_HIGH_DB, -1}};
	double complex h = 1;

	for (int b = 0; b < 4; b++) {
		double complex s = I * tan(M_PI * hz / rate) / tan(M_PI * (double)v[at[b][0]] / rate);
		double a = pow(10, (double)v[at[b][1]] / 40),
		       q = at[b][2] < 0 ? sqrt(0.5) : (double)v[at[b][2]];

		if (b == 0)
			h *= a * (s * s + sqrt(a) / q * s + a) / (a * s * s + sqrt(a) / q * s + 1);
		else if (b == 3)
			h *= a * (a * s * s + sqrt(a) / q * s + 1) / (s * s + sqrt(a) / q * s + a);
		else
			h *= (s * s + s * a / q + 1) / (s * s + s / (a * q) + 1);
	}
	return measure_db(cabs(h));
}

static const float settings[][MOS_FX_EQ_N] = {
	{1, 100, 6, 500, -6, 0.7f, 3000, 4, 2, 8000, -9},
	{1, 20, 18, 60, -18, 10, 20000, 12, 0.1f, 500, 3},
	{1, 1000, -18, 1000, 18, 0.1f, 1000, -18, 10, 20000, 18},
	{1, 250, 0, 40, 3, 4, 12000, -12, 5, 4000, 0},
	{1, 80, -3, 800, 0, 1, 2500, 0, 1, 10000, 1.5f},
};

Test(eq, response,
	.description = "APO-28 NAM-01: each band's response is the formula's within 0.05 dB, at each rate")
{
	static const uint32_t rates[] = {44100, 48000, 96000};
	static struct eq e;
	double worst = 0;

	for (size_t s = 0; s < sizeof(settings) / sizeof(settings[0]); s++)
		for (int i = 0; i < 3; i++) {
			eq_init(&e, rates[i]);
			eq_set(&e, settings[s]);
			settle(&e);
			memset(left, 0, sizeof(left));
			left[0] = 1;
			run(&e, N, 256);
			for (double hz = 20; hz < 0.45 * rates[i]; hz *= 1.07) {
				double is = measure_db(cabs(measure_response(left, N, hz, rates[i])));
				double off = fabs(is - formula(settings[s], hz, rates[i]));

				worst = fmax(worst, off);
				cr_assert_lt(off, 0.05, "setting %zu at %u Hz: %g Hz is %g dB off", s,
					rates[i], hz, off);
			}
		}
	cr_expect_gt(worst, 0);
}

Test(eq, both_sides, .description = "APO-28: left and right get the same filter and do not hear each other")
{
	static struct eq e;
	static float alone[N];
	uint64_t seed = 1;

	for (int side = 0; side < 2; side++) {
		float *in = side ? right : left, *other = side ? left : right;

		eq_init(&e, 48000);
		eq_set(&e, settings[0]);
		settle(&e);
		seed = 1;
		for (uint32_t i = 0; i < 4096; i++) {
			in[i] = measure_noise(&seed);
			other[i] = 0;
		}
		run(&e, 4096, 100);
		cr_expect_eq(measure_peak(other, 4096), 0);
		if (side)
			cr_expect_arr_eq(in, alone, 4096 * sizeof(float));
		memcpy(alone, in, sizeof(alone));
	}
}

Test(eq, off,
	.description = "APO-28: switched off it has no effect: at rest after some milliseconds, and silent")
{
	static struct eq e;
	float off[MOS_FX_EQ_N];
	uint64_t seed = 3;

	eq_init(&e, 48000);
	cr_expect(eq_is_idle(&e));
	eq_set(&e, settings[0]);
	cr_expect_not(eq_is_idle(&e));
	for (uint32_t i = 0; i < 8192; i++)
		left[i] = right[i] = measure_noise(&seed);
	run(&e, 8192, 64);
	cr_expect_not(eq_is_silent(&e));
	memcpy(off, settings[0], sizeof(off));
	off[MOS_FX_EQ_ON] = 0;
	eq_set(&e, off);
	run(&e, 8192, 64);
	cr_expect(eq_is_idle(&e));
	cr_expect(eq_is_silent(&e));
}

Test(eq, glide, .description = "APO-28: a band that is moved makes no step: nothing but the tone is heard")
{
	static struct eq e;
	float v[MOS_FX_EQ_N] = {1, 100, 0, 1000, 0, 1, 3000, 0, 1, 8000, 0}, most = 0, own;
	const double w = 2 * M_PI * 1000 / 48000;

	eq_init(&e, 48000);
	eq_set(&e, v);
	for (int i = 0; i < 40; i++) {
		v[MOS_FX_EQ_MID1_DB] = i % 2 ? 12 : -12;
		v[MOS_FX_EQ_MID1_HZ] = i % 4 < 2 ? 1000 : 1500;
		eq_set(&e, v);
		for (uint32_t f = 0; f < 800; f++)
			left[f] = right[f] = (float)(0.25 * sin(w * (i * 800 + f)));
		/* the glides go on from one of these to the next: 800 frames are 12 and a half grid steps */
		for (uint32_t f = 0; f < 800; f += 32) {
			if ((i * 800 + f) % FX_GRID == 0)
				eq_grid(&e);
			eq_process(&e, left + f, right + f, (i * 800 + f) % FX_GRID, 32);
		}
		for (uint32_t f = 2; f < 800; f++)
			most = fmaxf(most, fabsf(left[f] - 2 * left[f - 1] + left[f - 2]));
	}
	own = (float)(0.25 * 3.981 * 4 * sin(w / 2) * sin(w / 2)); /* of the tone at +12 dB */
	cr_expect_lt(most, own * 1.02f, "a step: %g of %g", (double)most, (double)own);
	cr_expect_gt(most, own * 0.5f);
}

Test(eq, no_number,
	.description = "APO-28: NaN and infinity do not stay in it, and what rings ends at exactly 0")
{
	static struct eq e;

	eq_init(&e, 48000);
	eq_set(&e, settings[1]);
	settle(&e);
	left[10] = NAN;
	right[20] = INFINITY;
	run(&e, 128, 64);
	memset(left, 0, sizeof(left));
	memset(right, 0, sizeof(right));
	left[0] = right[0] = 1;
	run(&e, N, 64);
	for (uint32_t i = 0; i < N; i++)
		cr_assert(isfinite(left[i]) && isfinite(right[i]));
	for (int i = 0; i < 8; i++) {
		memset(left, 0, sizeof(left));
		memset(right, 0, sizeof(right));
		run(&e, N, 64);
	}
	cr_expect(eq_is_silent(&e));
	cr_expect_eq(measure_peak(left, N), 0);
}
