/* SPDX-License-Identifier: MIT */
/*
 * How long from telling to hearing? One program emits an event, another hears it; time is taken from just before
 * the call that sends to just after the one that receives. Pauses between events are random, 1 to 3 ms, so that
 * whoever sleeps does sleep. The reader is awake (it looks again and again) or asleep (it waits), and has 1 or
 * 1,000 subscribers: with 1,000 the time is the last one's.
 *
 * Beside it, for the same job: a relay over Unix sockets, as a hub would do it (sender, relay with an epoll loop, one
 * socket a subscriber), and D-Bus signals through a dbus-daemon, one match a connection.
 *
 * Good (EVT-14, EVT-15): awake p99 below 50 us, asleep below 1 ms, batched below 16 ms. Between the
 * two stands a wake-up of rtcore's bus thread, which is what the machine itself takes.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <mos/client.h>

#include "bench.h"
#include "deliver.h"

#define N_EVENTS 1500u
#define N_MANY 1000u
#define GIVE_UP_NS INT64_C(2000000000)

struct reader {
	struct mos_client *client;
	uint32_t type;
	int awake;
	int cpu; /* its own: one that looks all the time leaves no time to the sender beside it */
	uint32_t n_subscribers;
	uint32_t n_heard; /* handlers that have heard the current event */
	uint32_t heard;     /* number of the event heard by all, release */
	int64_t heard_ns;
	int stop;
};

static void on_event(const struct mos_event *ev, void *data)
{
	struct reader *r = data;

	if (++r->n_heard < r->n_subscribers)
		return;
	r->n_heard = 0;
	r->heard_ns = bench_now_ns();
	__atomic_store_n(&r->heard, ev->u.highlight.keys[0] & UINT32_MAX, __ATOMIC_RELEASE);
}

static void *read_events(void *data)
{
	struct reader *r = data;

	(void)bench_pin(r->cpu);
	while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE))
		(void)mos_events_dispatch(r->client, r->awake ? 0 : 200);
	return NULL;
}

static int reader_cpu;
static uint64_t seed = 88172645463325252u;

void deliver_pause(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	nanosleep(&(struct timespec){.tv_nsec = 1000000 + (long)(seed % 2000000)}, NULL);
}

/* Emit events one by one and wait until each is heard. @return how many were. */
static size_t run(struct mos_client *sender, struct reader *r, int immediate, uint32_t n_events, double *us)
{
	size_t n = 0;

	for (uint32_t i = 1; i <= n_events; i++) {
		struct mos_event ev = {.type = r->type, .tick = INT64_MIN, .flags = immediate ? MOS_EVENT_IMMEDIATE : 0};
		int64_t begin_ns;

		deliver_pause();
		ev.u.highlight.keys[0] = i;
		begin_ns = bench_now_ns();
		if (mos_emit(sender, &ev) < 0)
			continue;
		while (__atomic_load_n(&r->heard, __ATOMIC_ACQUIRE) != i && bench_now_ns() - begin_ns < GIVE_UP_NS)
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
		if (__atomic_load_n(&r->heard, __ATOMIC_ACQUIRE) == i)
			us[n++] = (double)(r->heard_ns - begin_ns) / 1000;
	}
	return n;
}

static int measure(const char *what, int awake, uint32_t n_subscribers, int immediate, uint32_t n_events,
	const struct deliver_peer *peer)
{
	struct reader r = {.type = MOS_EVENT_ROCKY_HIGHLIGHT, 
		.awake = awake, .cpu = reader_cpu, .n_subscribers = n_subscribers};
	struct mos_client *sender = NULL;
	struct mos_error err;
	pthread_t thread;
	static double us[N_EVENTS];
	char name[64];
	size_t n;

	if (mos_client_create(&(struct mos_client_options){.name = "bench-sender"}, &sender, &err) < 0 ||
		mos_client_create(&(struct mos_client_options){.name = "bench-reader"}, &r.client, &err) < 0) {
		fprintf(stderr, "deliver: %s\n", err.message);
		return -1;
	}
	for (uint32_t i = 0; i < n_subscribers; i++)
		(void)mos_events_on(r.client, r.type, on_event, &r, NULL);
	if (pthread_create(&thread, NULL, read_events, &r))
		return -1;
	n = run(sender, &r, immediate, n_events, us);
	__atomic_store_n(&r.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	mos_client_destroy(r.client);
	mos_client_destroy(sender);
	if (n < n_events) {
		fprintf(stderr, "deliver: %s: only %zu of %u events were heard\n", what, n, n_events);
		return -1;
	}
	bench_sort(us, n);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "deliver.%s.%s", what, i ? "p99" : "p50");
		bench_print(name, bench_at(us, n, i ? 0.99 : 0.5), "us", peer ? peer->name : NULL,
			peer ? (i ? peer->p99_us : peer->p50_us) : 0);
	}
	return 0;
}

static void print_peer(const char *what, const struct deliver_peer *peer)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "deliver.%s.p50", what);
	bench_print(name, peer->p50_us, "us", NULL, 0);
	(void)snprintf(name, sizeof(name), "deliver.%s.p99", what);
	bench_print(name, peer->p99_us, "us", NULL, 0);
}

int main(void)
{
	struct deliver_peer hub = {.name = "Unix socket hub"}, hub_many = {.name = "Unix socket hub, 1,000 subscribers"};
	struct deliver_peer dbus = {.name = "D-Bus signal"};
	int failed = 0, sender_cpu = bench_nth_cpu(0);

	reader_cpu = bench_nth_cpu(1);
	if (deliver_hub(1, 500, &hub) < 0 || deliver_hub(N_MANY, 100, &hub_many) < 0) {
		fprintf(stderr, "deliver: the hub of sockets does not run\n");
		return 1;
	}
	if (deliver_dbus(500, &dbus) < 0)
		fprintf(stderr, "deliver: no dbus-daemon, measured without\n");
	else
		print_peer("dbus", &dbus);
	(void)bench_pin(sender_cpu);
	failed |= measure("awake", 1, 1, 1, N_EVENTS, &hub);
	failed |= measure("asleep", 0, 1, 1, N_EVENTS, &hub);
	failed |= measure("awake_1000", 1, N_MANY, 1, N_EVENTS, &hub_many);
	failed |= measure("asleep_1000", 0, N_MANY, 1, N_EVENTS, &hub_many);
	failed |= measure("batched", 0, 1, 0, 300, NULL);
	return failed ? 1 : 0;
}
