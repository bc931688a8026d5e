/* SPDX-License-Identifier: MIT */
/*
 * The event ring between real processes: what arrives is checked (count, order, content), readers are
 * stopped and killed, and writers are killed in the middle of a record.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "shm_fixture.h"

#define N_READERS 4

/** Ends a test that waits in vain, also if the test runner is gone: it would spin for ever. */
static void start_watchdog(void)
{
	alarm(100);
}

TestSuite(ring_processes, .init = start_watchdog, .timeout = 120);

/** What a reader tells about itself while it reads, in memory shared with its parent. */
struct report {
	uint64_t is_ready;
	uint64_t n_got;
	uint64_t n_lost;
	uint64_t n_bad; /* torn, doubled or out of order */
};

static void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(p, MAP_FAILED);
	return p;
}

/** fork(); the child dies with the test. */
static pid_t spawn(void)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void expect_exit(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with status %x",
		(unsigned)status);
}

static void kill_child(pid_t pid)
{
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

static void count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELEASE);
}

static void wait_for(const uint64_t *counter, uint64_t at_least)
{
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < at_least)
		sched_yield();
}

/** A reader process, ready: its own read-only mapping, from the next record to number `last`, then exit. */
static pid_t spawn_reader(const struct ring_fixture *f, uint64_t last, struct report *report)
{
	struct mos_region region;
	struct mos_event_reader r;
	struct mos_event ev;
	uint64_t before;
	pid_t pid = spawn();

	if (pid != 0) {
		wait_for(&report->is_ready, 1);
		return pid;
	}
	if (mos_region_attach(f->region.fd, MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR,
		    MOS_EVENT_RING_SLOTS_OFF, 0, &region, NULL) < 0)
		_exit(1);
	if (mos_event_reader_init(&r, &region, /* from_oldest= */ 0) < 0)
		_exit(2);
	count(&report->is_ready);
	for (before = r.next_seq - 1; before < last;) {
		if (mos_event_next(&r, &ev) == 1) {
			if (ev.seq <= before || !is_numbered(&ev, ev.seq))
				count(&report->n_bad);
			before = ev.seq;
			count(&report->n_got);
		}
		report->n_lost = r.lost;
	}
	_exit(0);
}

static void publish(struct ring_fixture *f, uint64_t n_records)
{
	for (uint64_t i = 0; i < n_records; i++) {
		struct mos_event ev = numbered(f->log->claim + 1);

		mos_event_publish(i & 1 ? f->second : f->writer, &ev, 1);
	}
}

static void stream(uint32_t n_slots, uint64_t start_after, uint64_t n_records, bool may_lose)
{
	struct ring_fixture f = ring_make(n_slots);
	struct report *reports = shared_memory(N_READERS * sizeof(*reports));
	pid_t readers[N_READERS];

	ring_start_after(&f, start_after);
	for (int i = 0; i < N_READERS; i++)
		readers[i] = spawn_reader(&f, start_after + n_records, &reports[i]);
	publish(&f, n_records);
	for (int i = 0; i < N_READERS; i++) {
		expect_exit(readers[i]);
		cr_assert_eq(
			reports[i].n_bad, 0, "reader %d: %lu torn or misplaced records", i, reports[i].n_bad);
		cr_assert_eq(reports[i].n_got + reports[i].n_lost, n_records, "reader %d: got %lu, lost %lu",
			i, reports[i].n_got, reports[i].n_lost);
		if (!may_lose)
			cr_assert_eq(reports[i].n_got, n_records);
	}
	munmap(reports, N_READERS * sizeof(*reports));
	ring_finish(&f);
}

Test(ring_processes, every_record,
	.description = "EVT-02 E2.4.4.1 EVT-17 E2.4.4.6: each of four processes gets each of 200,000 "
		       "records, once, whole and "
		       "in order")
{
	stream(1u << 18, 0, 200000, /* may_lose= */ false);
}

Test(ring_processes, laps,
	.description = "EVT-17: on a small ring what was got and what was lost are all, and nothing is torn")
{
	stream(64, 0, 1000000, /* may_lose= */ true);
}

Test(ring_processes, wrap_around, .description = "EVT-17: the same over 2^32")
{
	stream(64, (UINT64_C(1) << 32) - 100000, 300000, /* may_lose= */ true);
}

Test(ring_processes, stopped_and_killed_readers,
	.description = "EVT-22: with one reader stopped and one killed the writer ends its stream and the "
		       "others get all")
{
	struct ring_fixture f = ring_make(1u << 12);
	struct report *reports = shared_memory(4 * sizeof(*reports));
	const uint64_t n_first = 1000, n_rest = 100000, last = n_first + n_rest;
	pid_t reading = spawn_reader(&f, last, &reports[0]);
	pid_t stopped = spawn_reader(&f, last, &reports[1]);
	pid_t killed = spawn_reader(&f, last, &reports[2]);
	int status;

	publish(&f, n_first);
	for (int i = 0; i < 3; i++)
		wait_for(&reports[i].n_got, n_first);
	cr_assert_eq(kill(stopped, SIGSTOP), 0);
	cr_assert_eq(waitpid(stopped, &status, WUNTRACED), stopped);
	kill_child(killed);
	/* A writer that waited for either would never come back from this. */
	publish(&f, n_rest);
	expect_exit(reading);
	cr_assert_eq(reports[0].n_got + reports[0].n_lost, last);
	cr_assert_eq(reports[1].n_got, n_first, "it was not stopped");
	cr_assert_eq(kill(stopped, SIGCONT), 0);
	expect_exit(stopped);
	cr_assert_eq(reports[1].n_lost, n_rest - (1u << 12), "it has to find exactly the ring's last %u",
		1u << 12);
	cr_assert_eq(reports[1].n_got, n_first + (1u << 12));
	for (int i = 0; i < 3; i++)
		cr_assert_eq(reports[i].n_bad, 0);
	munmap(reports, 4 * sizeof(*reports));
	ring_finish(&f);
}

/** Read on until nothing comes; everything that comes is whole and in order. @return records got. */
static uint64_t drain(struct mos_event_reader *r)
{
	uint64_t n = 0;
	struct mos_event ev;

	for (int got = mos_event_next(r, &ev); got != 0; got = mos_event_next(r, &ev)) {
		if (got != 1)
			continue;
		cr_assert(is_numbered(&ev, ev.seq), "record %lu is torn", ev.seq);
		cr_assert_eq(ev.seq, r->next_seq - 1);
		n++;
	}
	return n;
}

/** One writer's life: it publishes as fast as it can until it is killed after about `n_before` records. */
static bool writer_dies(uint64_t n_before)
{
	enum { N_SLOTS = 16 };
	struct ring_fixture f = ring_make(N_SLOTS);
	struct mos_event_reader early = ring_reader(&f, 0), late;
	uint64_t newest;
	bool died_inside = false;
	pid_t writer = spawn();

	if (writer == 0)
		for (;;)
			publish(&f, 1000);
	while (early.next_seq <= n_before)
		drain(&early);
	kill_child(writer);
	drain(&early);

	newest = f.log->hdr->write_seq;
	for (uint32_t i = 0; i < N_SLOTS; i++)
		died_inside |= f.log->slot[i].seq == MOS_SEQ_BUSY;
	late = ring_reader(&f, 1);
	cr_assert_geq(drain(&late), N_SLOTS - 1, "whole records got lost with their writer");
	cr_assert_geq(late.next_seq, newest + 1);
	cr_assert_eq(late.next_seq, early.next_seq, "two readers end at different records");
	ring_finish(&f);
	return died_inside;
}

Test(ring_processes, killed_writer,
	.description = "A writer killed with SIGKILL at random, 400 times, never leaves a torn record, nor "
		       "hides a whole one")
{
	uint32_t n_inside = 0;

	for (uint64_t round = 0; round < 400; round++)
		n_inside += writer_dies(N_READERS * 16 + mix(round) % 2000);
	cr_log_info("%u of 400 writers died inside a record", n_inside);
	cr_assert_gt(n_inside, 0, "no writer died inside a record: the test proved nothing");
}
