/* SPDX-License-Identifier: MIT */
/**
 * Pitch of a sound: the McLeod pitch method (normalised square difference, its first peak that is nearly as
 * high as the highest) on an autocorrelation that the caller has, since that one comes from a Fourier
 * transform, and music/ has none. Pure functions.
 */
#ifndef MOS_PITCH_DETECT_H
#define MOS_PITCH_DETECT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mos_pitch_found {
	double hz;         /**< 0: no pitch */
	double confidence; /**< 0..1: how periodic the sound is */
};

/**
 * Find the pitch in a window of n samples.
 *
 * @param x         n samples.
 * @param corr      Autocorrelation of x without wrap-around: corr[k] = sum of x[i] * x[i + k], k = 0 .. n/2.
 * @param nsdf      Scratch, n/2 + 1 values; the normalised square difference afterwards.
 * @param n         At least 16. Two periods of the lowest pitch have to fit in.
 * @param min_hz, max_hz  What is looked for; max_hz below rate_hz / 4.
 * @return hz 0 where nothing is periodic, or all is silent.
 */
struct mos_pitch_found mos_pitch_detect(const float *x, const float *corr, float *nsdf, uint32_t n,
	double rate_hz, double min_hz, double max_hz);

/** Nearest key (0..127) of a frequency, and how far above it the frequency is, in cents (-50 .. 50).
 * @return the key; -1 where hz is no pitch of any key. */
int mos_key_from_hz(double hz, double a4_hz, double *ret_cents);

#ifdef __cplusplus
}
#endif
#endif
