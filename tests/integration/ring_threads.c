/* SPDX-License-Identifier: MIT */
/*
 * EVT-16 E2.4.4.5 EVT-17: torture of everything that is shared without a lock, with threads instead of
 * processes, so that ThreadSanitizer can watch. A program without a test library, since that one's sandbox
 * and ThreadSanitizer exclude each other. What arrived is checked: count, order, content.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <mos/clock.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>

#include "shm_record.h"

#define N_READERS 3
#define N_SLOTS 256

static void check(int ok, const char *what, uint64_t value)
{
	if (ok)
		return;
	fprintf(stderr, "ring_threads: %s (%lu)\n", what, value);
	exit(1);
}

static struct mos_region make(size_t size, uint32_t magic)
{
	struct mos_region region;

	check(mos_region_create("ring-threads", size, 1, 0, 1, &region) == 0, "no region", size);
	mos_region_publish(&region, magic);
	return region;
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, run, arg) == 0, "no thread", 0);
	return thread;
}

/* The event ring: two writers that never wait, readers that may be lapped. Each record's content follows from
 * its writer and that one's count; the readers check that of each writer all came in order, or were lost. */

struct ring_writing {
	struct mos_event_writer w;
	uint64_t n_records;
	uint32_t index;
	uint64_t n_refused;
};

/* In the first word of what numbered() makes: who wrote it. The rest follows from the count. */
static struct mos_event nth_of(uint32_t writer, uint64_t n)
{
	struct mos_event ev = numbered(n << 1 | writer);

	ev.tick = (int64_t)(n << 1 | writer);
	return ev;
}

static void *write_ring(void *arg)
{
	struct ring_writing *w = arg;

	for (uint64_t n = 0; n < w->n_records;) {
		struct mos_event ev = nth_of(w->index, n);

		/* Every now and then where the clock is taken and where not. */
		if (mos_event_publish(&w->w, &ev, n & 1))
			n++;
		else
			w->n_refused++;
		if (mix(n) % 32 == 0)
			sched_yield(); /* let the readers keep up now and then */
	}
	return NULL;
}

struct ring_reading {
	struct mos_event_reader reader;
	uint64_t last; /* the stream's last number */
	uint64_t n_got, n_stamps;
	uint64_t next[2]; /* of each writer: the least count that may come */
};

static void *read_ring(void *arg)
{
	struct ring_reading *r = arg;
	uint64_t first = r->reader.next_seq, before = first - 1;
	struct mos_event ev;

	while (before < r->last) {
		int got = mos_event_next(&r->reader, &ev);
		uint64_t n, stamp;
		uint32_t writer;
		struct mos_event want;

		check(got == 1 || got == 0 || got == -EOVERFLOW, "unknown result", (uint64_t)got);
		if (got == -EOVERFLOW)
			before = r->reader.next_seq - 1;
		if (got != 1)
			continue;
		check(ev.seq == before + 1, "out of order", ev.seq);
		writer = (uint32_t)ev.tick & 1;
		n = (uint64_t)ev.tick >> 1;
		want = nth_of(writer, n);
		want.seq = ev.seq;
		check(memcmp(&want, &ev, sizeof(ev)) == 0, "torn record", ev.seq);
		check(n >= r->next[writer], "a writer's records out of order", ev.seq);
		r->next[writer] = n + 1;
		stamp = mos_event_stamp_of(&r->reader, ev.seq);
		check(stamp == 0 || ev.seq % MOS_EVENT_STAMP_EVERY == 0, "stamp of a record without", ev.seq);
		r->n_stamps += stamp != 0;
		before = ev.seq;
		r->n_got++;
	}
	check(r->n_got + r->reader.lost == r->last - first + 1, "got and lost are not all", r->n_got);
	return NULL;
}

static void torture_ring(uint64_t n_records, uint64_t start_after)
{
	struct mos_region region = make(mos_event_ring_size(N_SLOTS), MOS_MAGIC_EVENTS);
	struct ring_reading readings[N_READERS] = {0};
	struct ring_writing writings[2] = {
		{.n_records = n_records / 2}, {.n_records = n_records / 2, .index = 1}};
	struct mos_event_log log;
	pthread_t readers[N_READERS], writers[2];

	check(mos_event_log_init(&log, &region, N_SLOTS) == 0, "no ring", 0);
	for (int i = 0; i < 2; i++)
		mos_event_writer_init(&writings[i].w, &log, &writings[!i].w);
	log.claim = log.hdr->write_seq = start_after;
	for (int i = 0; i < N_READERS; i++) {
		readings[i].last = start_after + n_records;
		check(mos_event_reader_init(&readings[i].reader, &region, 0) == 0, "no reader", (uint64_t)i);
		readers[i] = start(read_ring, &readings[i]);
	}
	for (int i = 0; i < 2; i++)
		writers[i] = start(write_ring, &writings[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(writers[i], NULL);
	check(log.hdr->write_seq == start_after + n_records, "the newest is not the last",
		log.hdr->write_seq);
	for (int i = 0; i < N_READERS; i++) {
		pthread_join(readers[i], NULL);
		printf("ring from %lu: reader %d got %lu, lost %lu, stamps %lu\n", start_after + 1, i,
			readings[i].n_got, readings[i].reader.lost, readings[i].n_stamps);
	}
	printf("refused: %lu and %lu times\n", writings[0].n_refused, writings[1].n_refused);
	mos_region_finish(&region);
}

/*
 * The ingress ring: nothing may be lost, the writer tries again when it is full. The taker sleeps on the
 * doorbell whenever the ring was empty: one that was not rung would end this in the watchdog's hands.
 */

struct ingress_writing {
	struct mos_ingress_writer w;
	uint64_t n_records;
	int doorbell;
	uint64_t n_rings;
};

static void *write_ingress(void *arg)
{
	struct ingress_writing *in = arg;
	uint64_t one = 1;

	for (uint64_t n = 0; n < in->n_records;) {
		struct mos_event ev = numbered(n);
		int r = mos_ingress_push(&in->w, &ev);

		if (r >= 0)
			n++;
		if (r == 1) {
			check(write(in->doorbell, &one, sizeof(one)) == sizeof(one), "no doorbell", n);
			in->n_rings++;
		}
		if (mix(n) % 64 == 0)
			sched_yield(); /* let the ring run empty */
	}
	return NULL;
}

static void torture_ingress(uint64_t n_records, uint64_t start_pos)
{
	struct mos_region ring = make(MOS_INGRESS_SIZE, MOS_MAGIC_INGRESS);
	struct mos_ingress_hdr *hdr = ring.base;
	struct ingress_writing in = {.n_records = n_records, .doorbell = eventfd(0, EFD_CLOEXEC)};
	struct mos_ingress_reader r;
	struct mos_event ev;
	pthread_t thread;
	uint64_t n = 0, rings;

	check(in.doorbell >= 0, "no eventfd", 0);
	check(mos_ingress_init(&ring, 700) == 0, "no ingress ring", 0);
	hdr->write_pos = hdr->read_pos = start_pos;
	check(mos_ingress_writer_init(&in.w, &ring) == 0, "no ingress writer", 0);
	check(mos_ingress_reader_init(&r, &ring) == 0, "no ingress reader", 0);
	thread = start(write_ingress, &in);
	while (n < n_records) {
		check(read(in.doorbell, &rings, sizeof(rings)) == sizeof(rings), "no ring", n);
		for (int got = mos_ingress_pop(&r, &ev); got != 0; got = mos_ingress_pop(&r, &ev)) {
			check(got == 1, "position out of step", n);
			check(is_numbered(&ev, n), "not the next record", n);
			n++;
		}
	}
	pthread_join(thread, NULL);
	check(mos_ingress_pop(&r, &ev) == 0, "more came than was sent", n);
	printf("ingress from %lu: %lu records, %lu rings\n", start_pos, n, in.n_rings);
	close(in.doorbell);
	mos_region_finish(&ring);
}

/* The clock page: every copy is one write's. */

struct clock_reading {
	const struct mos_clock_page *page;
	uint64_t n_wanted;
	int *n_running;
};

static struct mos_clock nth_clock(uint64_t n)
{
	return (struct mos_clock){.state = (uint32_t)n,
		.frame = mix(n),
		.time_ns = (int64_t)mix(n + 1),
		.tick = (int64_t)mix(n + 2),
		.cycle = n,
		.key_minor = (uint32_t)mix(n + 3)};
}

static void *read_clock(void *arg)
{
	struct clock_reading *r = arg;
	uint64_t before = 0;
	struct mos_clock c;

	for (uint64_t n = 0; n < r->n_wanted;) {
		struct mos_clock want;

		if (mos_clock_read(r->page, &c) < 0)
			continue;
		want = nth_clock(c.cycle);
		check(memcmp(&c, &want, sizeof(c)) == 0, "mixed clock", c.cycle);
		check(c.cycle >= before, "clock went back", c.cycle);
		before = c.cycle;
		n++;
	}
	__atomic_fetch_sub(r->n_running, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void torture_clock(uint64_t n_reads)
{
	struct mos_region region = make(sizeof(struct mos_clock_page), MOS_MAGIC_CLOCK);
	int n_running = N_READERS;
	struct clock_reading reading = {.page = region.base, .n_wanted = n_reads, .n_running = &n_running};
	struct mos_clock c = nth_clock(0);
	pthread_t threads[N_READERS];
	uint64_t n = 1;

	mos_clock_publish(region.base, &c);
	for (int i = 0; i < N_READERS; i++)
		threads[i] = start(read_clock, &reading);
	for (; __atomic_load_n(&n_running, __ATOMIC_ACQUIRE) > 0; n++) {
		c = nth_clock(n);
		mos_clock_publish(region.base, &c);
	}
	for (int i = 0; i < N_READERS; i++)
		pthread_join(threads[i], NULL);
	printf("clock: %lu writes, %d x %lu reads\n", n, N_READERS, n_reads);
	mos_region_finish(&region);
}

int main(void)
{
	alarm(170); /* a record that never comes would be waited for without end */
	torture_ring(200000, 0);
	torture_ring(100000, (UINT64_C(1) << 32) - 50000);
	torture_ingress(100000, (UINT64_C(1) << 32) - 50000);
	torture_ingress(100000, UINT64_MAX - 50000);
	torture_clock(20000);
	return 0;
}
