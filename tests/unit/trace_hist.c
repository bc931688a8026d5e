/* SPDX-License-Identifier: MIT */
/* The histograms of mos-trace against sorted samples. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "hist.h"

#define SAMPLES 20000u

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 11;
}

static int by_value(const void *va, const void *vb)
{
	uint64_t a = *(const uint64_t *)va, b = *(const uint64_t *)vb;

	return (a > b) - (a < b);
}

/* Times of all sizes: even in the octave, not in the value. */
static uint64_t any_time(uint64_t *state)
{
	uint64_t octave = next(state) % 34;

	return (UINT64_C(1) << octave) + next(state) % (UINT64_C(1) << octave);
}

static void compare(const uint64_t *sorted, const struct hist *h, uint32_t permille)
{
	uint64_t rank = ((uint64_t)SAMPLES * permille + 999) / 1000;
	uint64_t want = sorted[rank ? rank - 1 : 0], got = hist_percentile(h, permille);
	uint64_t apart = got > want ? got - want : want - got;

	cr_expect(apart <= want / 32 + 1, "%u permille: %llu, sorted samples say %llu", permille,
		(unsigned long long)got, (unsigned long long)want);
}

Test(trace_hist, percentiles_agree_with_sorted_samples)
{
	static const uint32_t permille[] = {0, 1, 10, 250, 500, 900, 990, 999, 1000};
	uint64_t *sorted = calloc(SAMPLES, sizeof(*sorted)), state = 8;
	struct hist *h = calloc(1, sizeof(*h));

	for (uint32_t kind = 0; kind < 3; kind++) {
		*h = (struct hist){0};
		for (uint32_t i = 0; i < SAMPLES; i++) {
			sorted[i] = kind == 0   ? any_time(&state)
				    : kind == 1 ? 50000 + next(&state) % 3000
						: next(&state) % 40;
			hist_add(h, sorted[i], i);
		}
		qsort(sorted, SAMPLES, sizeof(*sorted), by_value);
		cr_expect_eq(h->min, sorted[0]);
		cr_expect_eq(h->max, sorted[SAMPLES - 1]);
		cr_expect_eq(h->n, SAMPLES);
		for (uint32_t i = 0; i < sizeof(permille) / sizeof(permille[0]); i++)
			compare(sorted, h, permille[i]);
	}
	free(sorted);
	free(h);
}

Test(trace_hist, a_bucket_is_never_wider_than_a_thirty_second_of_its_values)
{
	uint32_t last = 0;

	for (uint64_t v = 0; v < UINT64_C(1) << 40; v += 1 + v / 512) {
		uint32_t i = hist_bucket_of(v);

		cr_assert(i >= last && i < HIST_BUCKETS, "value %llu falls back to bucket %u",
			(unsigned long long)v, i);
		cr_assert(v < HIST_SUB || i == HIST_BUCKETS - 1 || hist_bucket_of(v + v / 32 + 1) > i,
			"the bucket of %llu is too wide", (unsigned long long)v);
		last = i;
	}
	cr_expect_eq(last, HIST_BUCKETS - 1);
}

Test(trace_hist, what_is_beyond_the_last_bucket_still_counts)
{
	struct hist *h = calloc(1, sizeof(*h));

	cr_expect_eq(hist_percentile(h, 500), 0);
	hist_add(h, UINT64_MAX, 77);
	hist_add(h, 5, 78);
	cr_expect_eq(h->bucket[HIST_BUCKETS - 1], 1);
	cr_expect_eq(h->max, UINT64_MAX);
	cr_expect_eq(h->tag_of_max, 77);
	cr_expect_eq(hist_percentile(h, 1000), UINT64_MAX);
	cr_expect_eq(hist_percentile(h, 500), 5);
	free(h);
}
