/* SPDX-License-Identifier: MIT */
/**
 * Histograms that a BPF program fills and the user side reads: octaves, each cut into 32 equal parts. A
 * bucket is at most 1/32 of its value wide, so a percentile that lies in it is known to 3.1 %; below 64 each
 * value has its own. Shared by both sides: C without any header but integers.
 */
#ifndef MOS_TRACE_HIST_H
#define MOS_TRACE_HIST_H

#ifndef __bpf__
#include <stdint.h>
#endif

#define HIST_SUB_BITS 5u
#define HIST_SUB (1u << HIST_SUB_BITS)
#define HIST_OCTAVES 40u /* values up to 2^40: 18 minutes in ns; what is above counts in the last bucket */
#define HIST_BUCKETS ((HIST_OCTAVES - HIST_SUB_BITS + 1) * HIST_SUB)

struct hist {
	uint64_t n, sum, min, max; /* min holds while n > 0 */
	uint64_t tag_of_max;       /* what the caller gave with the greatest value: which cycle */
	uint64_t bucket[HIST_BUCKETS];
};

static inline uint32_t hist_log2(uint64_t v)
{
	uint32_t r = 0;

	if (v >> 32) {
		v >>= 32;
		r += 32;
	}
	if (v >> 16) {
		v >>= 16;
		r += 16;
	}
	if (v >> 8) {
		v >>= 8;
		r += 8;
	}
	if (v >> 4) {
		v >>= 4;
		r += 4;
	}
	if (v >> 2) {
		v >>= 2;
		r += 2;
	}
	return r + (uint32_t)(v >> 1);
}

static inline uint32_t hist_bucket_of(uint64_t v)
{
	uint32_t e, i;

	if (v < HIST_SUB)
		return (uint32_t)v;
	e = hist_log2(v);
	i = (e - HIST_SUB_BITS + 1) * HIST_SUB + (uint32_t)(v >> (e - HIST_SUB_BITS) & (HIST_SUB - 1));
	return i < HIST_BUCKETS ? i : HIST_BUCKETS - 1;
}

/** Counts are exact whoever adds; min and max may miss one of two threads that meet. */
static inline void hist_add(struct hist *h, uint64_t v, uint64_t tag)
{
	uint64_t i = hist_bucket_of(v);

#ifdef __bpf__
	asm volatile("" : "+r"(i)); /* the verifier is to see the bound in the register that is used */
	if (i >= HIST_BUCKETS)
		return;
#endif
	__sync_fetch_and_add(&h->bucket[i], 1);
	if (h->n == 0 || v < h->min)
		h->min = v;
	if (h->n == 0 || v > h->max) {
		h->max = v;
		h->tag_of_max = tag;
	}
	__sync_fetch_and_add(&h->sum, v);
	__sync_fetch_and_add(&h->n, 1);
}

#ifndef __bpf__
/**
 * The value at or below which `permille` of 1000 of all lie (nearest rank), within 3.1 % and never outside of
 * min..max. 0 when there are none.
 */
uint64_t hist_percentile(const struct hist *h, uint32_t permille);
#endif

#endif
