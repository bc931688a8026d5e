/* SPDX-License-Identifier: MIT */
/*
 * EVT-16 E2.4.4.5: what libmos shares between threads: the bells' thread behind mos_events_fd() and
 * mos_emit() beside a dispatching program. A program without a test library, since that one's sandbox and
 * ThreadSanitizer exclude each other. What arrived is checked, not only that nothing raced.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/client.h>

#include "fake_broker.h"

#define N_EVENTS 20000
#define N_RESTARTS 20

static struct fake fake;
static struct mos_client *client;

static void check(int ok, const char *what, long value)
{
	if (ok)
		return;
	(void)fprintf(stderr, "libmos_threads: %s (%ld)\n", what, value);
	exit(1);
}

static void begin(uint32_t n_slots)
{
	const struct mos_client_options options = {.name = "threads", .runtime_dir = fake.dir};

	fake_init_ring(&fake, n_slots);
	check(mos_client_create(&options, &client, NULL) == 0, "no client", 0);
}

static void end(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
}

static void turn(int timeout_ms)
{
	struct pollfd pfd = {.fd = mos_events_fd(client), .events = POLLIN};
	int rc;

	check(poll(&pfd, 1, timeout_ms) > 0, "the descriptor says nothing", timeout_ms);
	rc = mos_events_dispatch(client, 0);
	check(rc >= 0, "dispatch", rc);
}

static const uint32_t type[] = {
	MOS_EVENT_METRONOME_BEAT, MOS_EVENT_CHORD_DETECTED, MOS_EVENT_KEY_CHANGE, MOS_EVENT_TRANSPORT_STATE};
#define N_TYPES (sizeof(type) / sizeof(type[0]))

static void *publish(void *arg)
{
	for (int64_t i = 1; i <= N_EVENTS; i++) {
		struct mos_event ev = fake_event(type[i % (int64_t)N_TYPES], i);

		fake_publish(&fake, &ev);
	}
	return NULL;
}

static int64_t last;
static long n_heard;

static void hear(const struct mos_event *event, void *data)
{
	check(event->tick > last, "out of order", event->tick);
	last = event->tick;
	n_heard++;
}

/* A poll loop hears each of many events, while what it wants besides comes and goes. */
static void follow_events(void)
{
	struct mos_listener *also = NULL;
	pthread_t thread;

	begin(32768);
	last = 0;
	n_heard = 0;
	check(mos_events_on(client, 0, hear, NULL, NULL) == 0, "on", 0);
	check(pthread_create(&thread, NULL, publish, NULL) == 0, "no thread", 0);
	while (n_heard < N_EVENTS)
		turn(10000);
	check(pthread_join(thread, NULL) == 0, "join", 0);
	mos_events_off_all(client);

	check(pthread_create(&thread, NULL, publish, NULL) == 0, "no thread", 0);
	last = 0;
	n_heard = 0;
	check(mos_events_on(client, type[0], hear, NULL, NULL) == 0, "on", 0);
	for (int i = 0; last <= N_EVENTS - 2 * (int64_t)N_TYPES; i++) {
		mos_events_off(also);
		check(mos_events_on(client, type[1 + i % 3], hear, NULL, &also) == 0, "on", i);
		turn(10000);
	}
	check(pthread_join(thread, NULL) == 0, "join", 0);
	check(n_heard >= N_EVENTS / (int)N_TYPES - 2, "too few", n_heard);
	check(mos_events_lost(client) == 0, "lost", (long)mos_events_lost(client));
	end();
}

struct emitter {
	int stop;
	long n;
};

static void *emit(void *arg)
{
	struct emitter *e = arg;
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT, .flags = MOS_EVENT_IMMEDIATE};

	while (!__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE)) {
		int rc = mos_emit(client, &ev);

		check(rc == 0 || rc == -EAGAIN, "emit", rc);
		e->n++;
	}
	return NULL;
}

static void note_connection(struct mos_client *c, enum mos_connection connection, void *data)
{
	if (connection == MOS_CONNECTION_NEW)
		++*(int *)data;
}

/* An audio thread emits while rtcore is restarted again and again, and the bells' thread changes pages. */
static void follow_restarts(void)
{
	struct emitter e = {0};
	pthread_t thread;
	int n_new = 0;

	begin(64);
	mos_client_on_connection(client, note_connection, &n_new);
	check(mos_events_on(client, 0, hear, NULL, NULL) == 0, "on", 0);
	check(pthread_create(&thread, NULL, emit, &e) == 0, "no thread", 0);
	for (int i = 1; i <= N_RESTARTS; i++) {
		struct mos_event ev = fake_event(MOS_EVENT_METRONOME_BEAT, i);

		fake_new_rtcore(&fake);
		fake_notify(&fake, "broker.client.renew", NULL, NULL);
		while (n_new < i)
			turn(10000);
		last = 0;
		fake_publish(&fake, &ev);
		while (last != i)
			turn(10000);
	}
	__atomic_store_n(&e.stop, 1, __ATOMIC_RELEASE);
	check(pthread_join(thread, NULL) == 0, "join", 0);
	check(e.n > 0, "nothing was emitted", e.n);
	end();
}

int main(void)
{
	alarm(110); /* an event that never comes would be waited for without end */
	follow_events();
	follow_restarts();
	return 0;
}
