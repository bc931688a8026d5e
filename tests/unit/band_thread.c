/* SPDX-License-Identifier: MIT */
/*
 * T-2 T-17 T-19 T-46: the thread that plays, while one thread changes what it plays and another asks where it
 * is. A program without a test library, since that one's sandbox and ThreadSanitizer exclude each other. What
 * was sent is checked, not only that nothing raced.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

#define MS INT64_C(1000000)
#define N_CHANGES 300
#define N_KEYS 4
#define BEAT_NS (2 * MS)

static void check(bool ok, const char *what, int64_t value)
{
	if (ok)
		return;
	(void)fprintf(stderr, "band_thread: %s (%lld)\n", what, (long long)value);
	exit(1);
}

static int64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * MS + now.tv_nsec;
}

/* Who sends is one thread; what it counted is read when that has ended. */
struct counting {
	struct band_sender sender; /* first */
	bool down[128];
	int64_t last_ns, n_on, n_off, n_sweep, n_closed, n_left, fail_at;
};

static int count_send(struct band_sender *sender, int64_t due_ns, const uint32_t ump[2])
{
	struct counting *c = (struct counting *)sender;
	const uint32_t status = ump[0] >> 20 & 15, key = ump[0] >> 8 & 127;

	check(due_ns >= c->last_ns || due_ns == 0, "out of order", due_ns - c->last_ns);
	c->last_ns = due_ns;
	if (c->fail_at && c->n_on + c->n_off >= c->fail_at)
		return -EIO;
	c->n_on += status == 9;
	c->n_off += status == 8;
	c->n_sweep += status == 0xb;
	if (status == 8 || status == 9)
		c->down[key] = status == 9;
	return 0;
}

static int count_flush(struct band_sender *sender)
{
	return 0;
}

static void count_close(struct band_sender *sender)
{
	struct counting *c = (struct counting *)sender;

	c->n_closed++;
	for (uint32_t key = 0; key < 128; key++)
		c->n_left += c->down[key];
}

/* From there on four notes, one after the other, for ever. */
static struct band_schedule schedule_of(struct band_due *due, uint32_t first_key, int64_t from_ns)
{
	for (uint32_t i = 0; i < N_KEYS; i++) {
		const uint32_t key = first_key + i;

		due[2 * i] = (struct band_due){.due_ns = from_ns + i * BEAT_NS,
			.ump = {0x20900050u | key << 8},
			.rank = BAND_RANK_ON};
		due[2 * i + 1] = (struct band_due){.due_ns = from_ns + i * BEAT_NS + BEAT_NS / 2,
			.ump = {0x20800000u | key << 8},
			.rank = BAND_RANK_OFF};
	}
	return (struct band_schedule){.due = due,
		.n_due = 2 * N_KEYS,
		.loop_start_ns = from_ns,
		.loop_end_ns = from_ns + N_KEYS * BEAT_NS,
		.end_ns = from_ns + N_KEYS * BEAT_NS};
}

static struct band_thread *play(struct counting *c)
{
	const struct mos_gate_policy policy = {.late_drop_ms = 0, .panic = true, .no_overlap = true};
	struct band_due due[2 * N_KEYS];
	const struct band_schedule schedule = schedule_of(due, 40, 0);
	struct band_thread *thread = NULL;
	struct band_loop *loop;

	c->sender = (struct band_sender){.send = count_send, .flush = count_flush, .close = count_close};
	loop = band_loop_new(&schedule, &policy, &c->sender, clock_ns());
	check(loop != NULL, "no loop", errno);
	check(band_thread_start(loop, &thread) == 0, "no thread", 0);
	return thread;
}

static atomic_bool asks = true;

static void *ask(void *data)
{
	uint64_t n = 0;

	while (atomic_load(&asks)) {
		struct band_thread_status status;

		band_thread_status(data, &status);
		check(status.n_sent >= n, "fewer than before", (int64_t)status.n_sent);
		check(status.position_ns >= 0 && status.position_ns < N_CHANGES * 20 * BEAT_NS, "position",
			status.position_ns);
		n = status.n_sent;
		(void)usleep(50);
	}
	return NULL;
}

static void change_while_asked(void)
{
	struct counting c = {0};
	struct band_thread *thread = play(&c);
	const int64_t begin_ns = clock_ns();
	struct band_thread_status status;
	int64_t n_taken = 0;
	pthread_t asker;

	(void)pthread_create(&asker, NULL, ask, thread);
	for (uint32_t i = 0; i < N_CHANGES; i++) {
		struct band_due due[2 * N_KEYS];
		struct band_schedule schedule;
		int64_t at_ns;
		int rc;

		/* a line that is far enough ahead, where the look-ahead is not */
		band_thread_status(thread, &status);
		at_ns = (status.position_ns / BEAT_NS + 60) * BEAT_NS + i % 3 * BEAT_NS;
		schedule = schedule_of(due, 40 + i % 50, at_ns);
		rc = band_thread_replace(thread, &schedule, at_ns);
		check(rc == 0 || rc == -ETIME, "refused", rc);
		n_taken += rc == 0;
		if (i % 8 == 0)
			(void)usleep(500);
	}
	check(n_taken > N_CHANGES / 2, "too late too often", n_taken);
	while (clock_ns() - begin_ns < 100 * MS)
		(void)usleep(1000);
	atomic_store(&asks, false);
	(void)pthread_join(asker, NULL);
	band_thread_status(thread, &status);
	check(!status.ended && status.error == 0, "ended", status.error);
	band_thread_stop(thread);
	check(c.n_closed == 1, "closed", c.n_closed);
	check(c.n_left == 0, "keys sound", c.n_left);
	check(c.n_sweep == 64, "sweep", c.n_sweep);
	check(c.n_on >= 40, "notes", c.n_on);
}

static void fail_while_changed(void)
{
	struct counting c = {.fail_at = 40};
	struct band_thread *thread = play(&c);
	struct band_due due[2 * N_KEYS];
	struct band_schedule schedule;
	struct band_thread_status status;
	int rc;

	do {
		band_thread_status(thread, &status);
		schedule = schedule_of(due, 60, status.position_ns + 100 * MS);
		rc = band_thread_replace(thread, &schedule, status.position_ns + 100 * MS);
		(void)usleep(200);
	} while (rc != -ESHUTDOWN);
	band_thread_status(thread, &status);
	check(status.ended && status.error == -EIO, "says why", status.error);
	band_thread_stop(thread);
	check(c.n_closed == 1, "closed", c.n_closed);
}

int main(void)
{
	change_while_asked();
	fail_while_changed();
	band_thread_stop(NULL);
	return 0;
}
