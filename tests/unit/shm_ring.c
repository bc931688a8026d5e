/* SPDX-License-Identifier: MIT */
/* The event ring, one step at a time: order, laps, wrap-around, half-written records, the bell. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shm_fixture.h"

#define N_SLOTS 16

static void publish(struct ring_fixture *f, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++) {
		struct mos_event ev = numbered(n);

		cr_assert_eq(mos_event_publish(&f->writer, &ev), n);
	}
}

static void expect(struct mos_event_reader *r, uint64_t from, uint64_t to)
{
	struct mos_event ev;

	for (uint64_t n = from; n <= to; n++) {
		cr_assert_eq(mos_event_next(r, &ev), 1, "record %lu is not there", n);
		cr_assert_eq(ev.seq, n, "%lu came instead of %lu", ev.seq, n);
		cr_assert(is_numbered(&ev, n), "record %lu is not what was written", n);
	}
}

static void expect_nothing(struct mos_event_reader *r)
{
	struct mos_event ev = {.type = 77};

	cr_assert_eq(mos_event_next(r, &ev), 0);
	cr_assert_eq(ev.type, 77, "the out-parameter was written though there was nothing");
}

static void expect_lapped(struct mos_event_reader *r, uint64_t lost, uint64_t next)
{
	struct mos_event ev = {.type = 77};
	uint64_t before = r->lost;

	cr_assert_eq(mos_event_next(r, &ev), -EOVERFLOW);
	cr_assert_eq(ev.type, 77);
	cr_assert_eq(r->lost - before, lost, "lost %lu, wanted %lu", r->lost - before, lost);
	cr_assert_eq(r->next_seq, next);
}

Test(shm_ring, layout_refused,
	.description = "Slots that are no power of two or don't fit are refused by both sides")
{
	struct mos_event_writer w;
	struct mos_event_reader r;
	struct mos_region region;
	struct mos_event_ring_hdr *hdr;

	cr_assert_eq(mos_event_ring_size(16384), 384 + (1u << 20));
	cr_assert_eq(mos_region_create("x", mos_event_ring_size(16), 1, 0, 1, &region), 0);
	cr_assert_eq(mos_event_writer_init(&w, &region, 0), -EINVAL);
	cr_assert_eq(mos_event_writer_init(&w, &region, 1), -EINVAL);
	cr_assert_eq(mos_event_writer_init(&w, &region, 12), -EINVAL);
	cr_assert_eq(mos_event_writer_init(&w, &region, 32), -EINVAL);
	cr_assert_eq(mos_event_writer_init(&w, &region, 16), 0);
	hdr = region.base;
	for (uint32_t bad = 0; bad < 80; bad++) {
		hdr->n_slots = bad;
		cr_assert_eq(mos_event_reader_init(&r, &region, 0),
			bad == 2 || bad == 4 || bad == 8 || bad == 16 ? 0 : -EINVAL);
	}
	hdr->n_slots = 1u << 31;
	cr_assert_eq(mos_event_reader_init(&r, &region, 0), -EINVAL);
	hdr->n_slots = 16;
	region.size = 100;
	cr_assert_eq(mos_event_reader_init(&r, &region, 0), -EINVAL);
	region.size = mos_event_ring_size(16);
	mos_region_finish(&region);
}

Test(shm_ring, order_and_content, .description = "EVT-17: what is published arrives once, whole and in order")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);

	expect_nothing(&r);
	for (uint64_t n = 1; n < 200; n += 3) {
		publish(&f, n, n + 2);
		expect(&r, n, n + 2);
		expect_nothing(&r);
	}
	cr_assert_eq(r.lost, 0);
	mos_region_finish(&f.region);
}

Test(shm_ring, late_join,
	.description = "A late reader starts at the newest or at the oldest record still whole")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader newest, oldest;

	oldest = ring_reader(&f, 1);
	cr_assert_eq(oldest.next_seq, 1);
	publish(&f, 1, 5);
	oldest = ring_reader(&f, 1);
	newest = ring_reader(&f, 0);
	expect(&oldest, 1, 5);
	expect_nothing(&newest);
	publish(&f, 6, 40);
	oldest = ring_reader(&f, 1);
	newest = ring_reader(&f, 0);
	expect(&oldest, 40 - N_SLOTS + 1, 40);
	publish(&f, 41, 41);
	expect(&newest, 41, 41);
	mos_region_finish(&f.region);
}

Test(shm_ring, lap_counts,
	.description = "EVT-17: a lapped reader learns exactly how many it lost and goes on at the oldest")
{
	for (uint64_t n = 1; n <= 3 * N_SLOTS; n++) {
		struct ring_fixture f = ring_make(N_SLOTS);
		struct mos_event_reader r = ring_reader(&f, 0);

		publish(&f, 1, n);
		if (n > N_SLOTS)
			expect_lapped(&r, n - N_SLOTS, n - N_SLOTS + 1);
		expect(&r, n > N_SLOTS ? n - N_SLOTS + 1 : 1, n);
		expect_nothing(&r);
		mos_region_finish(&f.region);
	}
}

Test(shm_ring, readers_are_independent,
	.description =
		"EVT-16 EVT-22: each reader has a cursor of its own; one that never reads disturbs nobody")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader fast = ring_reader(&f, 0), slow = fast, idle = fast;

	for (uint64_t n = 1; n <= 100; n++) {
		publish(&f, n, n);
		expect(&fast, n, n);
		if (n % 10 == 0)
			expect(&slow, n - 9, n);
	}
	expect_lapped(&idle, 100 - N_SLOTS, 100 - N_SLOTS + 1);
	mos_region_finish(&f.region);
}

static void run_over(uint64_t start)
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r, late;

	ring_start_after(&f, start);
	r = ring_reader(&f, 0);
	expect_nothing(&r);
	publish(&f, start + 1, start + 40);
	expect_lapped(&r, 40 - N_SLOTS, start + 40 - N_SLOTS + 1);
	expect(&r, start + 40 - N_SLOTS + 1, start + 40);
	late = ring_reader(&f, 1);
	expect(&late, start + 40 - N_SLOTS + 1, start + 40);
	mos_region_finish(&f.region);
}

Test(shm_ring, wrap_32_bits, .description = "Numbers count on through 2^31 and 2^32")
{
	run_over((UINT64_C(1) << 31) - 20);
	run_over((UINT64_C(1) << 32) - 20);
	run_over((UINT64_C(1) << 63) - 20);
}

Test(shm_ring, last_numbers, .description = "The last number before MOS_SEQ_BUSY is delivered like any other")
{
	run_over(MOS_SEQ_BUSY - 1 - 40);
}

/** What a writer leaves that is stopped, or dies, inside mos_event_publish(). */
static void half_publish(struct ring_fixture *f)
{
	struct mos_event *slot = &f->writer.slot[f->writer.next_seq & f->writer.mask];

	__atomic_store_n(&slot->seq, MOS_SEQ_BUSY, __ATOMIC_RELAXED);
	slot->tick = 0x5555;
}

Test(shm_ring, died_before_the_number,
	.description = "A half-written record is never seen; all whole ones are")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r, lapped = ring_reader(&f, 0), late;

	publish(&f, 1, 3);
	r = ring_reader(&f, 0);
	half_publish(&f);
	expect_nothing(&r);
	expect_nothing(&r);
	expect(&lapped, 1, 3);
	expect_nothing(&lapped);

	mos_region_finish(&f.region);

	/* The same, where the slot held an older record: all but that one are whole. */
	f = ring_make(N_SLOTS);
	lapped = ring_reader(&f, 0);
	publish(&f, 1, N_SLOTS + 3);
	half_publish(&f);
	late = ring_reader(&f, 1);
	expect_lapped(&late, 1, 5);
	expect_lapped(&lapped, 4, 5);
	expect(&lapped, 5, N_SLOTS + 3);
	expect_nothing(&lapped);
	mos_region_finish(&f.region);
}

Test(shm_ring, stands_on_the_dying_slot,
	.description = "A reader whose next record is being overwritten loses that one only")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);

	publish(&f, 1, N_SLOTS);
	half_publish(&f);
	expect_lapped(&r, 1, 2);
	expect(&r, 2, N_SLOTS);
	expect_nothing(&r);
	mos_region_finish(&f.region);
}

Test(shm_ring, died_before_the_header,
	.description = "A record whose number is not yet in the header is read from its slot")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);

	publish(&f, 1, N_SLOTS + 1);
	f.writer.hdr->write_seq--;
	expect_lapped(&r, 1, 2);
	expect(&r, 2, N_SLOTS + 1);
	mos_region_finish(&f.region);
}

Test(shm_ring, nonsense_moves_on,
	.description =
		"A ring full of nonsense neither loops nor crashes its reader, nor moves its cursor back")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);
	uint64_t rng = 1;

	for (int i = 0; i < 100000; i++) {
		uint64_t before = r.next_seq, lost = r.lost;
		struct mos_event ev;
		int got;

		rng = mix(rng + 0x9e3779b97f4a7c15);
		f.writer.slot[rng >> 8 & f.writer.mask].seq =
			rng & 1 ? MOS_SEQ_BUSY : before + (rng >> 16) % 40 - 8;
		f.writer.hdr->write_seq = rng & 2 ? before + (rng >> 24) % 64 - 16 : rng;
		got = mos_event_next(&r, &ev);
		cr_assert(got == 0 || got == 1 || got == -EOVERFLOW);
		if (r.next_seq > UINT64_MAX / 2)
			r.next_seq = 1; /* the nonsense led to the end of the numbers */
		else
			cr_assert_eq(r.next_seq - before, (got == 1 ? 1 : 0) + (r.lost - lost));
	}
	mos_region_finish(&f.region);
}

Test(shm_ring, bell,
	.description = "The bell grows by one a ring; waiting returns at once if it rang before, else after "
		       "the time")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);
	uint32_t seen = mos_event_bell(&r);

	cr_assert_eq(mos_event_wait(&r, seen, 1), -ETIMEDOUT);
	mos_event_ring_bell(&f.writer);
	cr_assert_eq(mos_event_bell(&r), seen + 1);
	cr_assert_eq(mos_event_wait(&r, seen, -1), 0);
	f.writer.hdr->bell = UINT32_MAX;
	mos_event_ring_bell(&f.writer);
	cr_assert_eq(mos_event_bell(&r), 0);
	mos_region_finish(&f.region);
}

struct sleeper {
	struct mos_event_reader reader;
	uint64_t got;
};

static void *sleep_and_read(void *arg)
{
	struct sleeper *s = arg;
	struct mos_event ev;

	for (uint32_t seen = mos_event_bell(&s->reader); s->got < 100; seen = mos_event_bell(&s->reader)) {
		while (mos_event_next(&s->reader, &ev) == 1)
			s->got++;
		if (s->got < 100)
			(void)mos_event_wait(&s->reader, seen, -1);
	}
	return NULL;
}

Test(shm_ring, no_ring_is_missed, .timeout = 60,
	.description = "Sleepers without a time limit all wake: the bell read before draining misses no ring")
{
	struct ring_fixture f = ring_make(256);
	struct mos_region read_only;
	struct sleeper sleepers[4] = {0};
	pthread_t threads[4];

	/* As clients do: mapped for reading only. */
	cr_assert_eq(mos_region_attach(
			     f.region.fd, MOS_MAGIC_EVENTS, 1, MOS_EVENT_RING_SLOTS_OFF, 0, &read_only, NULL),
		0);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(mos_event_reader_init(&sleepers[i].reader, &read_only, 0), 0);
		cr_assert_eq(pthread_create(&threads[i], NULL, sleep_and_read, &sleepers[i]), 0);
	}
	for (uint64_t n = 1; n <= 100; n++) {
		publish(&f, n, n);
		mos_event_ring_bell(&f.writer);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		cr_assert_eq(sleepers[i].got, 100);
	}
	mos_region_finish(&read_only);
	mos_region_finish(&f.region);
}
