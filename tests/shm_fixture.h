/* SPDX-License-Identifier: MIT */
/** Rings and records that the tests of shm/ share. */
#ifndef TEST_SHM_FIXTURE_H
#define TEST_SHM_FIXTURE_H

#include <criterion/criterion.h>

#include <mos/event_ring.h>
#include <mos/ingress.h>

/** A published event ring, its writer ready. */
struct ring_fixture {
	struct mos_region region;
	struct mos_event_writer writer;
};

static inline struct ring_fixture ring_make(uint32_t n_slots)
{
	struct ring_fixture f;

	cr_assert_eq(mos_region_create("test-ring", mos_event_ring_size(n_slots), MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_ABI_MINOR, 1, &f.region),
		0);
	cr_assert_eq(mos_event_writer_init(&f.writer, &f.region, n_slots), 0);
	mos_region_publish(&f.region, MOS_MAGIC_EVENTS);
	return f;
}

/** Go on as if `seq` records had been published already. */
static inline void ring_start_after(struct ring_fixture *f, uint64_t seq)
{
	f->writer.next_seq = seq + 1;
	f->writer.hdr->write_seq = seq;
}

static inline struct mos_event_reader ring_reader(const struct ring_fixture *f, int from_oldest)
{
	struct mos_event_reader r;

	cr_assert_eq(mos_event_reader_init(&r, &f->region, from_oldest), 0);
	return r;
}

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
	struct mos_event ev = {
		.time_ns = mix(n ^ 1), .tick = (int64_t)mix(n ^ 2), .type = (uint32_t)n, .source = (uint16_t)(n >> 32)};

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
