/* SPDX-License-Identifier: MIT */
/**
 * Where in a signal something is wrong. One assertion is made of the answer, not one of each frame: with a
 * sanitizer these take longer than what they judge.
 */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <math.h>
#include <stddef.h>

/** The first frame that differs; n: none does. */
static inline size_t frames_differ(const float *a, const float *b, size_t n)
{
	size_t f = 0;

	while (f < n && a[f] == b[f])
		f++;
	return f;
}

/** The first frame that is louder than `level`, or no number; n: none is. */
static inline size_t frames_beyond(const float *x, size_t n, float level)
{
	size_t f = 0;

	while (f < n && fabsf(x[f]) <= level)
		f++;
	return f;
}

#endif
