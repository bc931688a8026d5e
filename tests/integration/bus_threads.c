/* SPDX-License-Identifier: MIT */
/*
 * EVT-16 E2.4.4.5 EVT-02 E2.4.4.1 EVT-17: the bus with its thread, an audio thread beside it, clients that
 * emit, come and go, and readers that sleep on its bells. Every event has to arrive at every reader, once and
 * in its client's order. A program without a test library, since that one's sandbox and ThreadSanitizer
 * exclude each other.
 */
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bus.h"

#define N_CLIENTS 6
#define N_EVENTS 4000u /* a client */
#define N_NOTES 300u
#define N_READERS 3
#define N_GUESTS 60 /* clients that come and go meanwhile, one after the other in one slot */
#define GUEST_EVENTS 40u
#define GUEST_SLOT 1000
#define QUANTUM 64

static struct engine_regions regions;
static struct engine *engine;
static struct bus bus;
static int n_running; /* atomic: clients that still emit */
/* Readers may sleep for long on a loaded machine: nobody runs away from them, or the ring would lap them. */
static uint32_t n_emitted;          /* atomic: by clients */
static uint32_t n_taken[N_READERS]; /* atomic: of these */
#define MOST_AHEAD 8192u            /* half the ring; guests and notes are fewer than the other half */

static void check(int ok, const char *what, uint64_t value)
{
	if (ok)
		return;
	fprintf(stderr, "bus_threads: %s (%lu)\n", what, value);
	exit(1);
}

static pthread_t start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, run, arg) == 0, "no thread", 0);
	return thread;
}

struct client {
	struct mos_region ring;
	struct mos_ingress_writer w;
	int doorbell;
	uint16_t slot;
	pthread_t thread;
};

/* What control does: ask, and wait for the answer. */
static void ask(struct engine_cmd *cmd)
{
	struct pollfd p = {.fd = bus.control_fd, .events = POLLIN};
	uint32_t op = cmd->msg.op;
	uint64_t n;

	check(bus_send(&bus, cmd) == 0, "no room for a command", op);
	bus_wake(&bus);
	for (;;) {
		check(poll(&p, 1, 60000) == 1, "no answer", op);
		(void)!read(bus.control_fd, &n, sizeof(n));
		while (bus_receive(&bus, cmd) || engine_receive(engine, cmd))
			if (cmd->msg.op == op)
				return;
	}
}

static void attach(struct client *c, uint16_t slot)
{
	struct bus_attach attach = {.may = MOS_MAY_EMIT | MOS_MAY_PLAY};
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_CLIENT_ADD, .ptr = &attach, .arg = slot};

	c->slot = slot;
	c->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	attach.doorbell = c->doorbell;
	check(mos_region_create("ingress", MOS_INGRESS_SIZE, 2, 0, 1, &c->ring) == 0, "no ring", slot);
	check(mos_ingress_init(&c->ring, slot) == 0, "no ring", slot);
	check(mos_ingress_reader_init(&attach.ring, &c->ring) == 0, "no ring", slot);
	check(mos_ingress_writer_init(&c->w, &c->ring) == 0, "no ring", slot);
	ask(&cmd);
	check(cmd.msg.status == 0, "not attached", slot);
}

static void detach(struct client *c)
{
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_CLIENT_REMOVE, .arg = c->slot};

	ask(&cmd);
	check(cmd.arg == c->slot, "another one left", cmd.arg);
	mos_region_finish(&c->ring);
	close(c->doorbell);
}

static void emit(struct client *c, const struct mos_event *ev)
{
	uint64_t one = 1;
	int r;

	while ((r = mos_ingress_push(&c->w, ev)) < 0)
		sched_yield();
	if (r == 1)
		(void)!write(c->doorbell, &one, sizeof(one));
}

static void wait_for_readers(void)
{
	for (int i = 0; i < N_READERS; i++)
		while (__atomic_load_n(&n_emitted, __ATOMIC_RELAXED) -
				__atomic_load_n(&n_taken[i], __ATOMIC_RELAXED) >
			MOST_AHEAD)
			sched_yield();
}

static struct mos_event nth(uint32_t n)
{
	return (struct mos_event){
		.type = MOS_EVENT_CHORD_DETECTED, .tick = n, .flags = n % 7 == 0 ? MOS_EVENT_IMMEDIATE : 0};
}

static void *run_client(void *arg)
{
	struct mos_event note = {
		.type = MOS_EVENT_MIDI_NOTEON, .tick = INT64_MAX, .u.note = {.key = 60, .velocity = 1}};
	struct client *c = arg;

	for (uint32_t n = 0; n < N_EVENTS; n++) {
		struct mos_event ev = nth(n);

		emit(c, &ev);
		if (c->slot == 0 && n < N_NOTES)
			emit(c, &note);
		__atomic_fetch_add(&n_emitted, 1, __ATOMIC_RELAXED);
		if (n % 64 == 0)
			wait_for_readers();
	}
	__atomic_fetch_sub(&n_running, 1, __ATOMIC_RELEASE);
	return NULL;
}

struct reading {
	struct mos_event_reader reader;
	uint32_t groups;
	uint32_t next[N_CLIENTS]; /* the count that has to come next of each client */
	uint32_t n_notes, guest_next, n_guests;
	uint64_t n_waits;
	uint32_t *taken;
};

static void take(struct reading *r, const struct mos_event *ev)
{
	if (ev->type == MOS_EVENT_MIDI_NOTEON) {
		r->n_notes++;
	} else if (ev->type == MOS_EVENT_CHORD_DETECTED && ev->source == GUEST_SLOT) {
		check(ev->tick == r->guest_next, "not a guest's next event", (uint64_t)ev->tick);
		r->guest_next = (r->guest_next + 1) % GUEST_EVENTS;
		r->n_guests += r->guest_next == 0;
	} else if (ev->type == MOS_EVENT_CHORD_DETECTED) {
		check(ev->source < N_CLIENTS, "nobody's event", ev->source);
		check(ev->tick == r->next[ev->source], "not the client's next event", (uint64_t)ev->tick);
		r->next[ev->source]++;
		__atomic_fetch_add(r->taken, 1, __ATOMIC_RELAXED);
	}
}

static int has_all(const struct reading *r)
{
	for (int i = 0; i < N_CLIENTS; i++)
		if (r->next[i] < N_EVENTS)
			return 0;
	return r->n_notes == N_NOTES && r->n_guests == N_GUESTS;
}

static void *run_reader(void *arg)
{
	struct reading *r = arg;
	struct mos_event_bells seen;
	struct mos_event ev;
	int got;

	while (!has_all(r)) {
		mos_event_bells(&r->reader, r->groups, &seen);
		while ((got = mos_event_next(&r->reader, &ev)) != 0) {
			check(got == 1, "lapped", r->reader.lost);
			take(r, &ev);
		}
		if (!has_all(r)) {
			(void)mos_event_wait(&r->reader, r->groups, &seen, -1);
			r->n_waits++;
		}
	}
	return NULL;
}

static int audio_stop; /* atomic */

/* Cycles as a driver would call them, a quantum apart. */
static void *run_audio(void *arg)
{
	static float left[QUANTUM], right[QUANTUM];
	struct driver_cycle c = {.n_frames = QUANTUM, .rate_hz = 48000, .out = {left, right}};
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	while (!__atomic_load_n(&audio_stop, __ATOMIC_ACQUIRE)) {
		c.time_ns = (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
		engine_cycle(engine, &c);
		at.tv_nsec += 1333333;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	return NULL;
}

int main(void)
{
	static struct client client[N_CLIENTS], guest;
	static struct reading reading[N_READERS] = {{.groups = 1u << MOS_EVENT_GROUP_ANY},
		{.groups = 1u << MOS_EVENT_GROUP_CHORD | 1u << MOS_EVENT_GROUP_MIDI},
		{.groups = 1u << MOS_EVENT_GROUP_ANY}};
	pthread_t audio, readers[N_READERS];
	uint64_t n_records;

	alarm(170); /* an event that never comes would be waited for without end */
	check(engine_regions_create(&regions) == 0, "no regions", 0);
	check(bus_open(&bus) == 0, "no bus", 0);
	engine = engine_create(48000, &regions, bus.fd);
	check(engine && bus_init(&bus, engine) == 0 && bus_start(&bus) == 0, "no bus", 0);
	audio = start(run_audio, NULL);
	for (int i = 0; i < N_READERS; i++) {
		check(mos_event_reader_init(&reading[i].reader, &regions.events, 0) == 0, "no reader", 0);
		reading[i].taken = &n_taken[i];
		readers[i] = start(run_reader, &reading[i]);
	}
	n_running = N_CLIENTS;
	for (uint16_t i = 0; i < N_CLIENTS; i++)
		attach(&client[i], i);
	for (uint16_t i = 0; i < N_CLIENTS; i++)
		client[i].thread = start(run_client, &client[i]);
	for (int i = 0; i < N_GUESTS; i++) { /* the last words of each have to be heard before it is gone */
		attach(&guest, GUEST_SLOT);
		for (uint32_t n = 0; n < GUEST_EVENTS; n++) {
			struct mos_event ev = nth(n);

			emit(&guest, &ev);
		}
		detach(&guest);
	}
	for (uint16_t i = 0; i < N_CLIENTS; i++) {
		pthread_join(client[i].thread, NULL);
		detach(&client[i]);
	}
	for (int i = 0; i < N_READERS; i++) {
		pthread_join(readers[i], NULL);
		printf("reader %d: all events, %lu sleeps\n", i, reading[i].n_waits);
	}
	__atomic_store_n(&audio_stop, 1, __ATOMIC_RELEASE);
	pthread_join(audio, NULL);
	bus_stop(&bus);
	check(engine->live.n_waiting == 0, "notes of clients that are gone wait", engine->live.n_waiting);
	n_records = *regions.counters.value[C_BUS_RECORDS];
	check(n_records == N_CLIENTS * N_EVENTS + N_NOTES + N_GUESTS * GUEST_EVENTS, "records", n_records);
	printf("%lu records, %lu wake-ups of the bus, %lu bells, %lu floods, %lu held\n", n_records,
		*regions.counters.value[C_BUS_WAKEUPS], *regions.counters.value[C_BUS_BELLS],
		*regions.counters.value[C_BUS_FLOODS], *regions.counters.value[C_BUS_HELD]);
	bus_finish(&bus);
	engine_destroy(engine);
	engine_regions_finish(&regions);
	return 0;
}
