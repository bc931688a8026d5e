/* SPDX-License-Identifier: MIT */
/** Numbered records: a stream in which a torn, lost, doubled or misplaced one is seen. Needs no test library.
 */
#ifndef TEST_SHM_RECORD_H
#define TEST_SHM_RECORD_H

#include <string.h>

#include <mos/event.h>

/** SplitMix64's mixing: neighbours differ in half of their bits. */
static inline uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/** The n-th record of a test stream: every word follows from n, so that a torn one can't look whole. */
static inline struct mos_event numbered(uint64_t n)
{
	struct mos_event ev = {.time_ns = mix(n ^ 1),
		.tick = (int64_t)mix(n ^ 2),
		.type = (uint32_t)n,
		.source = (uint16_t)(n >> 32)};

	ev.hops = (uint8_t)mix(n);
	for (uint32_t i = 0; i < 8; i++)
		ev.u.words[i] = (uint32_t)mix(n ^ (uint64_t)(i + 3) << 56);
	return ev;
}

/** Is `ev` the n-th record, all but its seq? */
static inline bool is_numbered(const struct mos_event *ev, uint64_t n)
{
	struct mos_event want = numbered(n);

	want.seq = ev->seq;
	return memcmp(&want, ev, sizeof(want)) == 0;
}

#endif
