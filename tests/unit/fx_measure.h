/* SPDX-License-Identifier: MIT */
/**
 * Running an effect in pieces of the grid, and measuring what came out: for the tests of rtcore/apollo/fx.
 */
#ifndef TEST_FX_MEASURE_H
#define TEST_FX_MEASURE_H

#include <complex.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "apollo/fx/grid.h"

/** CALL(k, first, n) for the pieces of frames 0 .. total, cut at the grid and every `block` frames; GRID() at
 * its points. */
#define RUN_PIECES(total, block, GRID, CALL)                                                                 \
	for (uint32_t at_ = 0, n_; at_ < (total); at_ += n_) {                                               \
		uint32_t k_ = at_ % FX_GRID;                                                                 \
                                                                                                             \
		n_ = FX_GRID - k_;                                                                           \
		if (n_ > (block) - at_ % (block))                                                            \
			n_ = (block) - at_ % (block);                                                        \
		if (n_ > (total) - at_)                                                                      \
			n_ = (total) - at_;                                                                  \
		if (k_ == 0)                                                                                 \
			GRID;                                                                                \
		CALL(k_, at_, n_);                                                                           \
	}

/** White noise, -1..1; the same for the same state. */
static inline float measure_noise(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (float)((double)(int32_t)(*state >> 32) / 2147483648.0);
}

/** Response at `hz` of an impulse response. */
static inline double complex measure_response(const float *h, uint32_t n, double hz, double rate_hz)
{
	double complex sum = 0, turn = 1, step = cexp(-2 * M_PI * I * hz / rate_hz);

	for (uint32_t i = 0; i < n; i++, turn *= step)
		sum += (double)h[i] * turn;
	return sum;
}

static inline double measure_db(double ratio)
{
	return 20 * log10(ratio);
}

static inline double measure_rms(const float *x, uint32_t n)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return sqrt(sum / n);
}

static inline float measure_peak(const float *x, uint32_t n)
{
	float p = 0;

	for (uint32_t i = 0; i < n; i++)
		p = fmaxf(p, fabsf(x[i]));
	return p;
}

/** In place; n a power of two. sign -1: forward; 1: back, not divided by n. */
static inline void measure_fft(double complex *x, uint32_t n, int sign)
{
	for (uint32_t i = 1, j = 0; i < n; i++) {
		uint32_t bit = n >> 1;

		for (; j & bit; bit >>= 1)
			j ^= bit;
		j ^= bit;
		if (i < j) {
			double complex t = x[i];

			x[i] = x[j];
			x[j] = t;
		}
	}
	for (uint32_t len = 2; len <= n; len *= 2) {
		double complex step = cexp(sign * 2 * M_PI * I / len);

		for (uint32_t i = 0; i < n; i += len) {
			double complex w = 1;

			for (uint32_t k = 0; k < len / 2; k++, w *= step) {
				double complex a = x[i + k], b = x[i + k + len / 2] * w;

				x[i + k] = a + b;
				x[i + k + len / 2] = a - b;
			}
		}
	}
}

/**
 * The true peak of n frames: the signal between the samples, 16 points a frame, by the Fourier transform. The
 * ends are left out, as the transform joins them. n a power of two.
 */
static inline double measure_true_peak(const float *x, uint32_t n)
{
	double complex *s = calloc((size_t)n * 16, sizeof(*s));
	double peak = 0;

	for (uint32_t i = 0; i < n; i++)
		s[i] = (double)x[i];
	measure_fft(s, n, -1);
	for (uint32_t i = n / 2; i < n; i++) { /* the spectrum's upper half to the end of the longer one */
		double complex v = s[i];

		s[i] = 0;
		s[(size_t)n * 15 + i] = v;
	}
	measure_fft(s, n * 16, 1);
	for (uint32_t i = n; i < n * 15; i++)
		peak = fmax(peak, fabs(creal(s[i])) / n);
	free(s);
	return peak;
}

#endif
