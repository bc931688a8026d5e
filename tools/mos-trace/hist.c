/* SPDX-License-Identifier: MIT */
#include "hist.h"

/** The least value of a bucket. */
static uint64_t floor_of(uint32_t i)
{
	uint32_t octave = i / HIST_SUB, part = i % HIST_SUB;

	return octave == 0 ? part : (uint64_t)(HIST_SUB + part) << (octave - 1);
}

uint64_t hist_percentile(const struct hist *h, uint32_t permille)
{
	uint64_t n = 0, rank, before = 0;

	for (uint32_t i = 0; i < HIST_BUCKETS; i++) /* h->n may be ahead of the buckets while somebody adds */
		n += h->bucket[i];
	rank = (n * permille + 999) / 1000;
	if (n == 0)
		return 0;
	if (rank == 0)
		return h->min;
	if (rank >= n)
		return h->max;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		uint64_t here = h->bucket[i], lo = floor_of(i), v;

		if (before + here < rank) {
			before += here;
			continue;
		}
		/* they lie evenly in their bucket, as far as we know */
		v = lo + (uint64_t)((double)(floor_of(i + 1) - lo) * ((double)(rank - before) - 0.5) /
				    (double)here);
		return v < h->min ? h->min : v > h->max ? h->max : v;
	}
	return h->max;
}
