/* SPDX-License-Identifier: MIT */
/* Pitch of synthetic sounds: how far off, in cents, over the range of instruments; and what has none. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/pitch_detect.h>
#include <mos/pitch.h>

#include "music_random.h"

#define RATE 48000.0
#define N_MAX 16384u

static float x[N_MAX], corr[N_MAX], nsdf[N_MAX];

/* By the definition: the test has no Fourier transform, and needs none. It is squares of thousands of steps, so no
 * sanitizer looks at them. */
__attribute__((no_sanitize("address", "undefined"))) static void correlate(uint32_t n)
{
	for (uint32_t k = 0; k <= n / 2; k++) {
		double sum = 0;

		for (uint32_t i = 0; i + k < n; i++)
			sum += (double)x[i] * x[i + k];
		corr[k] = (float)sum;
	}
}

static struct mos_pitch_found detect(uint32_t n, double min_hz, double max_hz)
{
	correlate(n);
	return mos_pitch_detect(x, corr, nsdf, n, RATE, min_hz, max_hz);
}

/* As the tuner does it: long windows for low pitches. */
static uint32_t window_of(double hz)
{
	return hz < 120 ? 8192 : hz < 1000 ? 4096 : 2048;
}

static uint64_t seed = 3;

static double noise(void)
{
	return (double)(int64_t)random_u64(&seed) / 9.3e18;
}

static void tone(uint32_t n, double hz, const double *harmonic, uint32_t n_harmonics, double noise_level)
{
	double phase = noise();

	for (uint32_t i = 0; i < n; i++) {
		double v = noise_level * noise();

		for (uint32_t h = 0; h < n_harmonics && hz * (h + 1) < RATE / 2.2; h++)
			v += harmonic[h] * sin(2 * M_PI * (hz * (h + 1) * i / RATE + phase * (h + 1)));
		x[i] = (float)(0.3 * v);
	}
}

static double cents_off(double hz, double wanted)
{
	return hz > 0 ? fabs(1200 * log2(hz / wanted)) : 9999;
}

static void expect_within(const char *what, const double *harmonic, uint32_t n_harmonics, double noise_level,
	double from, double to, double limit)
{
	double worst = 0, worst_hz = 0;

	for (double hz = from; hz <= to; hz *= 1.0734) {
		uint32_t n = window_of(hz);
		struct mos_pitch_found found;
		double off;

		tone(n, hz, harmonic, n_harmonics, noise_level);
		found = detect(n, 25, 5000);
		off = cents_off(found.hz, hz);
		cr_expect_lt(
			off, limit, "%s, %.2f Hz: heard %.3f Hz, %.2f cents off", what, hz, found.hz, off);
		if (off > worst)
			worst = off, worst_hz = hz;
	}
	printf("%s: worst %.3f cents, at %.1f Hz\n", what, worst, worst_hz);
}

Test(pitch_detect, sines, .timeout = 60,
	.description = "MTM-03: sines from 30 to 4000 Hz within half a cent")
{
	expect_within("sine", (const double[]){1}, 1, 0, 30, 4000, 0.5);
}

Test(pitch_detect, harmonics, .timeout = 60,
	.description = "MTM-03: rich tones, also with a weak or missing fundamental, within half a "
		       "cent, never an "
		       "octave off")
{
	expect_within(
		"saw", (const double[]){1, 0.5, 0.333, 0.25, 0.2, 0.167, 0.143, 0.125}, 8, 0, 30, 4000, 0.5);
	expect_within("odd harmonics", (const double[]){1, 0, 0.33, 0, 0.2, 0, 0.14}, 7, 0, 30, 4000, 0.5);
	expect_within("weak fundamental", (const double[]){0.05, 1, 0.8, 0.5, 0.3}, 5, 0, 30, 1500, 0.5);
	expect_within("no fundamental", (const double[]){0, 0.8, 0.7, 0.6, 0.5, 0.3}, 6, 0, 40, 1000, 0.5);
}

Test(pitch_detect, noisy, .timeout = 60,
	.description = "MTM-03: 30 dB above noise, within two cents and the right octave")
{
	expect_within("saw in noise", (const double[]){1, 0.5, 0.333, 0.25}, 4, 0.05, 30, 2000, 2);
}

Test(pitch_detect, none, .description = "MTM-03: silence, noise and a constant have no pitch")
{
	uint32_t n_found = 0;

	memset(x, 0, sizeof(x));
	cr_expect_eq(detect(4096, 25, 5000).hz, 0);
	for (uint32_t i = 0; i < 4096; i++)
		x[i] = 0.5f;
	cr_expect_eq(detect(4096, 25, 5000).hz, 0);
	for (int round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < 2048; i++)
			x[i] = (float)noise();
		n_found += detect(2048, 25, 5000).hz > 0;
	}
	cr_expect_eq(n_found, 0, "noise has a pitch %u times of 20", n_found);
	tone(1024, 440, (const double[]){1}, 1, 0);
	cr_expect_eq(detect(8, 25, 5000).hz, 0, "eight samples");
	cr_expect_eq(detect(1024, 500, 400).hz, 0, "an empty range");
	x[10] = NAN;
	cr_expect_eq(detect(1024, 25, 5000).hz, 0, "no number");
	x[10] = INFINITY;
	cr_expect_eq(detect(1024, 25, 5000).hz, 0);
}

Test(pitch_detect, confidence, .description = "MTM-03: the noisier, the less sure")
{
	double before = 1.01;

	for (double level = 0; level < 2; level += 0.4) {
		struct mos_pitch_found found;

		tone(4096, 220, (const double[]){1}, 1, level);
		found = detect(4096, 25, 5000);
		cr_expect_lt(found.confidence, before);
		cr_expect(found.confidence >= 0 && found.confidence <= 1);
		if (level == 0)
			cr_expect_gt(found.confidence, 0.99);
		before = found.confidence;
	}
}

Test(pitch_detect, keys, .description = "MTM-03: the nearest key and its cents, by any reference")
{
	double cents = 0;

	for (int key = 0; key < 128; key++)
		for (double off = -49; off <= 49; off += 7) {
			cr_assert_eq(mos_key_from_hz(mos_key_to_hz(key + off / 100, 442), 442, &cents), key);
			cr_assert_float_eq(cents, off, 1e-6);
		}
	cr_expect_eq(mos_key_from_hz(0, 440, &cents), -1);
	cr_expect_eq(mos_key_from_hz(-1, 440, &cents), -1);
	cr_expect_eq(mos_key_from_hz(NAN, 440, &cents), -1);
	cr_expect_eq(mos_key_from_hz(INFINITY, 440, &cents), -1);
	cr_expect_eq(mos_key_from_hz(440, 0, &cents), -1);
	cr_expect_eq(mos_key_from_hz(20000, 440, &cents), -1);
	cr_expect_eq(mos_key_from_hz(1, 440, &cents), -1);
}
