/* SPDX-License-Identifier: MIT */
/* Overdrive and cabinet: latency, response, harmonics, what folds back; and the whole chain of a strip. */
#include <criterion/criterion.h>
#include <string.h>

#include "apollo/mix.h"
#include "fx_measure.h"

#define RATE 48000u
#define N 65536u

static struct drive_tables tables;
static struct drive drive;
static float left[N], right[N];

static void run(uint32_t n, uint32_t block)
{
#define CALL(k, first, len) drive_process(&drive, left + (first), right + (first), k, len)
	RUN_PIECES(n, block, drive_grid(&drive), CALL)
#undef CALL
}

static void begin(uint32_t rate, float gain_db, float bias, float cabinet, float level_db)
{
	drive_tables_init(&tables, rate);
	drive_init(&drive, &tables, rate);
	drive_set(&drive, (float[]){1, gain_db, bias, cabinet, level_db});
	memset(left, 0, sizeof(left));
	memset(right, 0, sizeof(right));
	run(8192, 64);
}

Test(drive, latency,
	.description = "NAM-01: the bend's latency is the one told, 15 frames: 0.3 ms of 5; below it the "
		       "response is flat")
{
	uint32_t top = 0;

	begin(RATE, 0, 0, 0, 0);
	left[0] = 1e-3f;
	run(N, 256);
	for (uint32_t i = 1; i < N; i++)
		top = fabsf(left[i]) > fabsf(left[top]) ? i : top;
	cr_expect_eq(top, 15);
	cr_expect_eq(drive_latency(&drive), 15);
	for (double hz = 100; hz < 14000; hz *= 1.3)
		cr_expect_float_eq(
			measure_db(cabs(measure_response(left, 4096, hz, RATE)) / 1e-3), 0, 0.2, "%g Hz", hz);
}

/* A band of the cabinet, by its analogue formula with the bilinear axis. */
static double complex biquad(int kind, double f0, double q, double db, double hz)
{
	double complex s = I * tan(M_PI * hz / RATE) / tan(M_PI * f0 / RATE);
	double a = pow(10, db / 40);

	if (kind == 0)
		return s * s / (s * s + s / q + 1);
	if (kind == 1)
		return 1 / (s * s + s / q + 1);
	return (s * s + s * a / q + 1) / (s * s + s / (a * q) + 1);
}

static double complex cabinet(double hz)
{
	return biquad(0, 75, 0.8, 0, hz) * biquad(2, 115, 1.2, 5, hz) * biquad(2, 420, 0.9, -4, hz) *
	       biquad(2, 2600, 1.1, 6, hz) * biquad(2, 3800, 3, 2, hz) * biquad(1, 4800, 0.54, 0, hz) *
	       biquad(1, 4800, 1.31, 0, hz);
}

Test(drive, cabinet,
	.description = "NAM-01: the convolved loudspeaker has the response of its formula within 1 dB, and "
		       "adds no latency")
{
	uint32_t top = 0;

	begin(RATE, 0, 0, 1, 0);
	left[0] = 1e-3f;
	run(N, 256);
	for (uint32_t i = 1; i < N; i++)
		top = fabsf(left[i]) > fabsf(left[top]) ? i : top;
	cr_expect_lt(top, 15 + 10, "%u", top);
	for (double hz = 120; hz < 9000; hz *= 1.1) {
		double is = measure_db(cabs(measure_response(left, 4096, hz, RATE)) / 1e-3);
		double want = measure_db(cabs(cabinet(hz) / cabinet(800)));

		cr_expect_float_eq(is, want, 1, "%g Hz: %g dB, not %g", hz, is, want);
	}
}

#define LEN 16384u

static void sine(uint32_t bin)
{
	for (uint32_t f = 0; f < N; f++)
		left[f] = (float)(0.2 * sin(2 * M_PI * bin * (double)(f % LEN) / LEN));
}

/* Power in the bins of multiples of the tone's below half the rate, and in all others. */
static void spectrum(uint32_t bin, double *ret_tone, double *ret_harmonics, double *ret_rest)
{
	static double complex s[LEN];

	for (uint32_t i = 0; i < LEN; i++)
		s[i] = (double)left[N - LEN + i];
	measure_fft(s, LEN, -1);
	*ret_tone = *ret_harmonics = *ret_rest = 0;
	for (uint32_t i = 4; i < LEN / 2; i++) {
		double p = creal(s[i] * conj(s[i]));

		if (i == bin)
			*ret_tone += p;
		else if (i % bin == 0)
			*ret_harmonics += p;
		else
			*ret_rest += p;
	}
}

Test(drive, harmonics,
	.description = "NAM-01: driven hard it makes harmonics, odd ones without bias, and what folds back "
		       "stays 60 dB below")
{
	double tone, harmonics, rest, even[2];

	begin(RATE, 24, 0, 0, 0);
	sine(701);
	run(N, 256);
	spectrum(701, &tone, &harmonics, &rest);
	cr_expect_gt(harmonics / tone, 0.01);
	cr_expect_lt(10 * log10(rest / tone), -60, "%g dB fold back", 10 * log10(rest / tone));
	for (int bias = 0; bias < 2; bias++) {
		begin(RATE, 12, (float)bias, 0, 0);
		sine(701);
		run(N, 256);
		even[bias] = cabs(measure_response(left + N - LEN, LEN, 1402.0 * RATE / LEN, RATE)) /
			     cabs(measure_response(left + N - LEN, LEN, 701.0 * RATE / LEN, RATE));
	}
	cr_expect_lt(even[0], 1e-4);
	cr_expect_gt(even[1], 0.02);
}

Test(drive, rest,
	.description =
		"NAM-01: with bias, silence in is exactly silence out, and it comes to rest; off it is idle")
{
	begin(RATE, 48, 1, 1, 12);
	cr_expect_eq(measure_peak(left, 8192), 0);
	for (uint32_t f = 0; f < 1000; f++)
		left[f] = right[f] = 0.5f;
	run(N, 256);
	cr_expect_gt(measure_peak(left, 1000), 0.1f);
	memset(left, 0, sizeof(left));
	memset(right, 0, sizeof(right));
	run(N, 256);
	cr_expect_eq(measure_peak(left + N / 2, N / 2), 0);
	cr_expect(drive_is_silent(&drive));
	drive_set(&drive, (float[]){0, 48, 1, 1, 12});
	run(8192, 256);
	cr_expect(drive_is_idle(&drive));
	cr_expect_eq(drive_latency(&drive), 0);
}

Test(drive, chain,
	.description = "NAM-01: bend, cabinet, equaliser and compressor of a strip, to the output with "
		       "look-ahead: the latency told is the one measured, below 5 ms")
{
	static struct mixer m;
	static struct strip_bufs bufs;
	uint32_t top = 0, late;

	mix_init(&m, RATE);
	for (uint32_t u = 0; u < 3; u++)
		cr_assert_eq(
			mix_fx_set(&m, 7, (uint32_t[]){MOS_FX_DRIVE, MOS_FX_EQ, MOS_FX_COMPRESSOR}[u], 0, 1),
			0);
	cr_assert_eq(mix_fx_set(&m, 7, MOS_FX_DRIVE, MOS_FX_DRIVE_CABINET, 0), 0);
	cr_assert_eq(mix_fx_set(&m, MIX_MASTER, MOS_FX_LIMITER, MOS_FX_LIMITER_LOOK_AHEAD_MS, 2), 0);
	for (uint32_t at = 0; at < N; at += 64) {
		bufs.active = 0;
		strip_touch(&bufs, 7, 64);
		if (at == 32768)
			bufs.l[7][0] = 0.01f;
		mix_render(&m, &bufs, NULL, left + at, right + at, 64);
	}
	for (uint32_t i = 0; i < N; i++)
		top = fabsf(left[i]) > fabsf(left[top]) ? i : top;
	late = mix_latency(&m, 7) + mix_latency(&m, MIX_MASTER);
	cr_expect_eq(top - 32768, late);
	cr_expect_lt(late, RATE / 200, "%u frames", late);
}
