/* SPDX-License-Identifier: MIT */
/* The event ring, one step at a time: order, laps, wrap-around, half-written records, two writers, stamps,
 * bells. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "shm_fixture.h"

#define N_SLOTS 16

static void publish(struct ring_fixture *f, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n <= to; n++) {
		struct mos_event ev = numbered(n);

		cr_assert_eq(mos_event_publish(f->writer, &ev, 1000 + n), n);
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
	struct mos_event_log log;
	struct mos_event_reader r;
	struct mos_region region;
	struct mos_event_ring_hdr *hdr;

	cr_assert_eq(mos_event_ring_size(16384), 384 + (1u << 20) + 16384);
	cr_assert_eq(mos_region_create("x", mos_event_ring_size(16), 2, 0, 1, &region), 0);
	for (uint32_t bad = 0; bad < 16; bad++)
		cr_assert_eq(mos_event_log_init(&log, &region, bad), -EINVAL);
	cr_assert_eq(mos_event_log_init(&log, &region, 24), -EINVAL);
	cr_assert_eq(mos_event_log_init(&log, &region, 32), -EINVAL);
	cr_assert_eq(mos_event_log_init(&log, &region, 16), 0);
	hdr = region.base;
	for (uint32_t bad = 0; bad < 80; bad++) {
		hdr->n_slots = bad;
		cr_assert_eq(mos_event_reader_init(&r, &region, 0), bad == 16 ? 0 : -EINVAL);
	}
	hdr->n_slots = 1u << 31;
	cr_assert_eq(mos_event_reader_init(&r, &region, 0), -EINVAL);
	hdr->n_slots = 16;
	region.size = 100;
	cr_assert_eq(mos_event_reader_init(&r, &region, 0), -EINVAL);
	region.size = mos_event_ring_size(16) - 1;
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
	ring_finish(&f);
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
	ring_finish(&f);
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
		ring_finish(&f);
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
	ring_finish(&f);
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
	ring_finish(&f);
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

/** What a writer leaves that is stopped, or dies, inside mos_event_publish(). @return the number it wrote. */
static uint64_t half_publish(struct ring_fixture *f, struct mos_event_writer *w)
{
	uint64_t seq = f->log->claim + 1;
	struct mos_event *slot = &f->log->slot[seq & f->log->mask];

	w->busy_seq = seq;
	f->log->claim = seq;
	__atomic_store_n(&slot->seq, MOS_SEQ_BUSY, __ATOMIC_RELAXED);
	slot->tick = 0x5555;
	return seq;
}

Test(shm_ring, died_before_the_number,
	.description = "A half-written record is never seen; all whole ones are")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r, lapped = ring_reader(&f, 0), late;

	publish(&f, 1, 3);
	r = ring_reader(&f, 0);
	half_publish(&f, f.writer);
	expect_nothing(&r);
	expect_nothing(&r);
	expect(&lapped, 1, 3);
	expect_nothing(&lapped);

	ring_finish(&f);

	/* The same, where the slot held an older record: all but that one are whole. */
	f = ring_make(N_SLOTS);
	lapped = ring_reader(&f, 0);
	publish(&f, 1, N_SLOTS + 3);
	half_publish(&f, f.writer);
	late = ring_reader(&f, 1);
	expect_lapped(&late, 1, 5);
	expect_lapped(&lapped, 4, 5);
	expect(&lapped, 5, N_SLOTS + 3);
	expect_nothing(&lapped);
	ring_finish(&f);
}

Test(shm_ring, stands_on_the_dying_slot,
	.description = "A reader whose next record is being overwritten loses that one only")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);

	publish(&f, 1, N_SLOTS);
	half_publish(&f, f.writer);
	expect_lapped(&r, 1, 2);
	expect(&r, 2, N_SLOTS);
	expect_nothing(&r);
	ring_finish(&f);
}

Test(shm_ring, died_before_the_header,
	.description = "A record whose number is not yet in the header is read from its slot")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);

	publish(&f, 1, N_SLOTS + 1);
	f.log->hdr->write_seq--;
	expect_lapped(&r, 1, 2);
	expect(&r, 2, N_SLOTS + 1);
	ring_finish(&f);
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
		f.log->slot[rng >> 8 & f.log->mask].seq =
			rng & 1 ? MOS_SEQ_BUSY : before + (rng >> 16) % 40 - 8;
		f.log->hdr->write_seq = rng & 2 ? before + (rng >> 24) % 64 - 16 : rng;
		got = mos_event_next(&r, &ev);
		cr_assert(got == 0 || got == 1 || got == -EOVERFLOW);
		if (r.next_seq > UINT64_MAX / 2)
			r.next_seq = 1; /* the nonsense led to the end of the numbers */
		else
			cr_assert_eq(r.next_seq - before, (got == 1 ? 1 : 0) + (r.lost - lost));
	}
	ring_finish(&f);
}

Test(shm_ring, two_writers_one_order,
	.description = "EVT-17 E2.4.4.6: two writers share one line of numbers; a record that is claimed and "
		       "not yet "
		       "written hides what is behind it, and loses nothing")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);
	struct mos_event ev;
	uint64_t half;

	publish(&f, 1, 3);
	half = half_publish(&f, f.second);
	cr_assert_eq(half, 4);
	publish(&f, 5, 7);
	expect(&r, 1, 3);
	expect_nothing(&r);
	expect_nothing(&r);
	cr_assert_eq(f.log->hdr->write_seq, 7);
	/* The second writer comes back. */
	ev = numbered(half);
	memcpy((char *)&f.log->slot[half & f.log->mask] + 8, (char *)&ev + 8, sizeof(ev) - 8);
	__atomic_store_n(&f.log->slot[half & f.log->mask].seq, half, __ATOMIC_RELEASE);
	f.second->busy_seq = 0;
	expect(&r, 4, 7);
	expect_nothing(&r);
	cr_assert_eq(r.lost, 0);
	ring_finish(&f);
}

Test(shm_ring, never_laps_the_other_writer,
	.description =
		"EVT-17: a writer that stands still within a record is not overrun: the other one publishes "
		"up to a lap, then refuses, then goes on when it comes back")
{
	for (uint64_t before = 0; before < 3 * N_SLOTS; before++) {
		struct ring_fixture f = ring_make(N_SLOTS);
		struct mos_event_reader r;
		struct mos_event ev = {0};
		uint64_t half, n = 0;

		publish(&f, 1, before);
		r = ring_reader(&f, 0);
		half = half_publish(&f, f.second);
		while (mos_event_publish(f.writer, &ev, 1))
			cr_assert_lt(++n, N_SLOTS);
		cr_assert_eq(n, N_SLOTS - MOS_EVENT_AHEAD_SHORT - 1, "%lu", n);
		cr_assert_eq(f.log->claim, half + n, "a number was claimed in vain");
		cr_assert_eq(f.writer->busy_seq, 0);
		cr_assert_eq(f.log->slot[half & f.log->mask].seq, MOS_SEQ_BUSY);
		expect_nothing(&r);
		cr_assert_eq(r.lost, 0);
		f.log->slot[half & f.log->mask].seq = half;
		f.second->busy_seq = 0;
		cr_assert_eq(mos_event_publish(f.writer, &ev, 1), half + n + 1);
		for (uint64_t i = 0; i < n + 2; i++)
			cr_assert_eq(mos_event_next(&r, &ev), 1);
		expect_nothing(&r);
		cr_assert_eq(r.lost, 0);
		ring_finish(&f);
	}
}

Test(shm_ring, newest_never_falls,
	.description = "EVT-17: the newest number is that of the later record, whoever ends last")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event ev = {0};

	publish(&f, 1, 2);
	f.log->hdr->write_seq = 9; /* the other writer was quicker */
	cr_assert_eq(mos_event_publish(f.second, &ev, 1), 3);
	cr_assert_eq(f.log->hdr->write_seq, 9);
	ring_finish(&f);
}

Test(shm_ring, million, .timeout = 60,
	.description =
		"EVT-17 E2.4.4.6: of a million events each is got or counted as lost, in order, whatever the "
		"reader's pauses")
{
	struct ring_fixture f = ring_make(1u << 10);
	struct mos_event_reader r = ring_reader(&f, 0);
	uint64_t got = 0, before = 0, rng = 7, reported = 0;
	struct mos_event ev;

	for (uint64_t n = 1; n <= 1000000;) {
		uint64_t lost = r.lost;
		int rc = 0;

		rng = mix(rng + 0x9e3779b97f4a7c15);
		for (uint64_t i = rng % 1500; i > 0 && n <= 1000000; i--, n++) {
			ev = numbered(n);
			cr_assert_eq(mos_event_publish(n & 1 ? f.writer : f.second, &ev, 1), n);
		}
		for (uint64_t i = rng >> 32 & 2047; i > 0; i--) {
			rc = mos_event_next(&r, &ev);
			if (rc != 1)
				break;
			cr_assert_eq(ev.seq, before + 1);
			cr_assert(is_numbered(&ev, ev.seq));
			before = ev.seq;
			got++;
		}
		if (rc == -EOVERFLOW) {
			cr_assert_eq(
				r.next_seq - before - 1, r.lost - lost, "a gap of another size was reported");
			before = r.next_seq - 1;
			reported++;
		}
	}
	while (mos_event_next(&r, &ev) == 1)
		got++;
	if (r.next_seq <= 1000000) /* it was lapped at the very end */
		while (mos_event_next(&r, &ev) == 1)
			got++;
	cr_assert_gt(reported, 50);
	cr_assert_eq(got + r.lost, 1000000, "%lu got, %lu lost", got, r.lost);
	ring_finish(&f);
}

Test(shm_ring, stamps,
	.description = "EVT-10 EVT-20: every 16th record carries the time of its publishing while it is in "
		       "the ring, and "
		       "none when it is turned off")
{
	struct ring_fixture f = ring_make(N_SLOTS * 4);
	struct mos_event_reader r = ring_reader(&f, 1);
	struct mos_event ev = {0};
	struct timespec ts;
	uint64_t now;

	for (uint64_t n = 1; n <= 1000; n++) {
		publish(&f, n, n);
		for (uint64_t seq = n > 90 ? n - 90 : 0; seq <= n + 40; seq++) {
			bool stamped = seq > 0 && seq <= n && seq % 16 == 0 && seq + 64 > n / 16 * 16;

			cr_assert_eq(mos_event_stamp_of(&r, seq), stamped ? 1000 + seq : 0, "%lu after %lu",
				seq, n);
		}
	}
	for (int i = 0; i < 16; i++) /* of these one is a 16th */
		cr_assert(mos_event_publish(f.writer, &ev, 0));
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	cr_assert_leq(mos_event_stamp_of(&r, 1008), now);
	cr_assert_geq(mos_event_stamp_of(&r, 1008), now - 10000000000);
	f.log->stamping = 0;
	for (int i = 0; i < 16; i++)
		cr_assert(mos_event_publish(f.writer, &ev, 5));
	cr_assert_eq(mos_event_stamp_of(&r, 1024), 0);
	ring_finish(&f);
}

#define BIT(group) (1u << MOS_EVENT_GROUP_##group)

Test(shm_ring, bells,
	.description = "The bell of a group and that of all grow by one a ring, no other; waiting returns at "
		       "once if one of "
		       "them rang before, else after the time")
{
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader r = ring_reader(&f, 0);
	const uint32_t groups[] = {BIT(MIDI), BIT(ANY), BIT(MIDI) | BIT(CHORD), UINT32_MAX & ~1u};
	struct mos_event_bells seen, now;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		mos_event_bells(&r, groups[i], &seen);
		cr_assert_eq(mos_event_wait(&r, groups[i], &seen, 1), -ETIMEDOUT);
		mos_event_ring_bells(f.log, BIT(MIDI));
		mos_event_bells(&r, UINT32_MAX, &now);
		cr_assert_eq(now.seen[MOS_EVENT_GROUP_ANY], i + 1);
		cr_assert_eq(now.seen[MOS_EVENT_GROUP_MIDI], i + 1);
		for (int g = 2; g < MOS_EVENT_N_GROUPS; g++)
			cr_assert_eq(now.seen[g], 0);
		cr_assert_eq(mos_event_wait(&r, groups[i], &seen, -1), 0);
	}
	mos_event_bells(&r, BIT(CHORD), &seen);
	cr_assert_eq(seen.seen[0], 4, "that of all is always looked at");
	mos_event_ring_bells(f.log, BIT(MIDI));
	cr_assert_eq(mos_event_wait(&r, BIT(CHORD), &seen, 1), -ETIMEDOUT, "another group's bell woke it");
	cr_assert_eq(mos_event_wait(&r, BIT(CHORD) | BIT(DATA), &seen, 1), -ETIMEDOUT);
	cr_assert_eq(mos_event_wait(&r, 0, &seen, 1), -EINVAL);
	cr_assert_eq(mos_event_wait(&r, 1u << 16, &seen, 1), -EINVAL);
	mos_event_ring_bells(f.log, 0);
	mos_event_bells(&r, 0, &now);
	cr_assert_eq(now.seen[0], 5, "nothing rang");
	f.log->hdr->bell[MOS_EVENT_GROUP_BUS] = UINT32_MAX;
	mos_event_ring_bells(f.log, BIT(BUS));
	mos_event_bells(&r, BIT(BUS), &now);
	cr_assert_eq(now.seen[MOS_EVENT_GROUP_BUS], 0);
	ring_finish(&f);
}

struct sleeper {
	struct mos_event_reader reader;
	uint32_t groups;
	uint64_t got;
};

static void *sleep_and_read(void *arg)
{
	struct sleeper *s = arg;
	struct mos_event_bells seen;
	struct mos_event ev;

	for (;;) {
		mos_event_bells(&s->reader, s->groups, &seen);
		while (mos_event_next(&s->reader, &ev) == 1)
			s->got++;
		if (s->got >= 100)
			return NULL;
		(void)mos_event_wait(&s->reader, s->groups, &seen, -1);
	}
}

Test(shm_ring, no_ring_is_missed, .timeout = 60,
	.description = "Sleepers without a time limit all wake, by one group, by several, by any: the bells "
		       "read before "
		       "draining miss no ring")
{
	struct ring_fixture f = ring_make(256);
	struct mos_region read_only;
	struct sleeper sleepers[] = {{.groups = BIT(MIDI)}, {.groups = BIT(CHORD) | BIT(MIDI)},
		{.groups = BIT(ANY)}, {.groups = 0xfffe}};
	pthread_t threads[4];

	/* As clients do: mapped for reading only. */
	cr_assert_eq(mos_region_attach(f.region.fd, MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_SLOTS_OFF, 0, &read_only, NULL),
		0);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(mos_event_reader_init(&sleepers[i].reader, &read_only, 0), 0);
		cr_assert_eq(pthread_create(&threads[i], NULL, sleep_and_read, &sleepers[i]), 0);
	}
	for (uint64_t n = 1; n <= 100; n++) {
		publish(&f, n, n);
		mos_event_ring_bells(f.log, BIT(MIDI));
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		cr_assert_eq(sleepers[i].got, 100);
	}
	mos_region_finish(&read_only);
	ring_finish(&f);
}
