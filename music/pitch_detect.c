/* SPDX-License-Identifier: MIT */
#include <mos/pitch_detect.h>

#include <math.h>

/** The first peak that is this near to the highest is the period; later ones are its multiples. */
#define PEAK_SHARE 0.93
/** Less periodic than this is noise. */
#define CONFIDENCE_MIN 0.5
/** Mean square below which there is silence: -90 dBFS. */
#define SILENCE 1e-9

/**
 * 2 * corr / (energy of both overlapping parts): 1 where the sound repeats exactly. The energy is updated
 * from lag to lag, in double, so that nothing adds up wrongly.
 */
static void normalise(const float *x, const float *corr, float *nsdf, uint32_t n, uint32_t n_lags)
{
	double energy = 2.0 * corr[0];

	for (uint32_t k = 0; k < n_lags; k++) {
		nsdf[k] = energy > 0 ? (float)(2.0 * corr[k] / energy) : 0;
		energy -= (double)x[k] * x[k] + (double)x[n - 1 - k] * x[n - 1 - k];
	}
}

/** Highest point of the parabola through three; *ret_at is its place relative to the middle one. */
static double parabola(double left, double mid, double right, double *ret_at)
{
	double bend = left - 2 * mid + right;

	*ret_at = bend < 0 ? 0.5 * (left - right) / bend : 0;
	return mid - 0.25 * (left - right) * *ret_at;
}

static uint32_t highest_in(const float *v, uint32_t from, uint32_t to)
{
	uint32_t best = from;

	for (uint32_t k = from; k < to; k++)
		if (v[k] > v[best])
			best = k;
	return best;
}

/**
 * The period as a multiple sees it: its j-th peak is as sharp as the first but its place is divided by j, and
 * so is its error. Follow the multiples while they are clear peaks where they ought to be.
 */
static double refine(const float *nsdf, uint32_t n_lags, double period, double height)
{
	double best = period, at;

	for (uint32_t j = 2; best * j + 2 < n_lags; j++) {
		uint32_t near = (uint32_t)(best * j + 0.5);
		uint32_t reach = (uint32_t)(period / 4) + 1;
		uint32_t from = near > reach ? near - reach : 1, to = near + reach + 1;
		uint32_t k = highest_in(nsdf, from, to < n_lags ? to : n_lags);
		double top;

		if (k <= from || k + 1 >= (to < n_lags ? to : n_lags))
			break;
		top = parabola(nsdf[k - 1], nsdf[k], nsdf[k + 1], &at);
		if (top < height * PEAK_SHARE)
			break;
		best = (k + at) / j;
	}
	return best;
}

struct mos_pitch_found mos_pitch_detect(const float *x, const float *corr, float *nsdf, uint32_t n,
	double rate_hz, double min_hz, double max_hz)
{
	struct mos_pitch_found none = {0, 0};
	uint32_t n_lags = n / 2 + 1, from, to, first = 0;
	double highest = 0, at, top = 0;

	if (n < 16 || !(min_hz > 0 && max_hz > min_hz) || !(corr[0] / (double)n > SILENCE))
		return none;
	from = (uint32_t)(rate_hz / max_hz);
	to = rate_hz / min_hz + 2 < n_lags ? (uint32_t)(rate_hz / min_hz) + 2 : n_lags;
	if (from < 2 || from + 2 >= to)
		return none;
	normalise(x, corr, nsdf, n, n_lags);

	/* Past the slope of lag 0: a period begins where the curve has been below zero, or at least has risen
	 * again. */
	while (first + 1 < from && nsdf[first + 1] < nsdf[first] && nsdf[first] > 0)
		first++;
	for (uint32_t k = from > first ? from : first; k + 1 < to; k++)
		if (k > 1 && nsdf[k] > highest && nsdf[k] >= nsdf[k - 1] && nsdf[k] > nsdf[k + 1])
			highest = nsdf[k];
	if (highest < CONFIDENCE_MIN)
		return none;
	for (uint32_t k = from > first ? from : first; k + 1 < to; k++) {
		if (k < 2 || nsdf[k] < highest * PEAK_SHARE || nsdf[k] < nsdf[k - 1] ||
			nsdf[k] <= nsdf[k + 1])
			continue;
		top = parabola(nsdf[k - 1], nsdf[k], nsdf[k + 1], &at);
		at = refine(nsdf, n_lags, k + at, top);
		return (struct mos_pitch_found){rate_hz / at, top > 1 ? 1 : top};
	}
	return none;
}

int mos_key_from_hz(double hz, double a4_hz, double *ret_cents)
{
	double key;
	int nearest;

	if (!(hz > 0 && a4_hz > 0) || !isfinite(hz) || !isfinite(a4_hz))
		return -1;
	key = 69 + 12 * log2(hz / a4_hz);
	if (!(key >= -0.5 && key < 127.5))
		return -1;
	nearest = (int)floor(key + 0.5);
	if (nearest < 0 || nearest > 127)
		return -1;
	*ret_cents = (key - nearest) * 100;
	return nearest;
}
