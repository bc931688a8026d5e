/* SPDX-License-Identifier: MIT */
/** Rings that the Criterion tests of shm/ share. */
#ifndef TEST_SHM_FIXTURE_H
#define TEST_SHM_FIXTURE_H

#include <stdlib.h>

#include <criterion/criterion.h>

#include <mos/event_ring.h>
#include <mos/ingress.h>

#include "shm_record.h"

/** A published event ring with one writer; a second one is there for who wants it. */
struct ring_fixture {
	struct mos_region region;
	struct mos_event_log *log; /* on the heap: the writers point to each other and to it */
	struct mos_event_writer *writer, *second;
};

static inline struct ring_fixture ring_make(uint32_t n_slots)
{
	struct ring_fixture f;

	cr_assert_eq(mos_region_create("test-ring", mos_event_ring_size(n_slots), MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_ABI_MINOR, 1, &f.region),
		0);
	f.log = malloc(sizeof(*f.log));
	f.writer = malloc(sizeof(*f.writer));
	f.second = malloc(sizeof(*f.second));
	cr_assert(f.log && f.writer && f.second);
	cr_assert_eq(mos_event_log_init(f.log, &f.region, n_slots), 0);
	mos_event_writer_init(f.writer, f.log, f.second);
	mos_event_writer_init(f.second, f.log, f.writer);
	mos_region_publish(&f.region, MOS_MAGIC_EVENTS);
	return f;
}

static inline void ring_finish(struct ring_fixture *f)
{
	mos_region_finish(&f->region);
	free(f->log);
	free(f->writer);
	free(f->second);
}

/** Go on as if `seq` records had been published already. */
static inline void ring_start_after(struct ring_fixture *f, uint64_t seq)
{
	f->log->claim = seq;
	f->log->hdr->write_seq = seq;
}

static inline struct mos_event_reader ring_reader(const struct ring_fixture *f, int from_oldest)
{
	struct mos_event_reader r;

	cr_assert_eq(mos_event_reader_init(&r, &f->region, from_oldest), 0);
	return r;
}

#endif
