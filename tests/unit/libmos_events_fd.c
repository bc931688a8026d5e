/* SPDX-License-Identifier: MIT */
/* The descriptor of a client in other loops: readable when there is something to do, and no longer. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <systemd/sd-event.h>

#include <mos/client.h>

#include "fake_broker.h"

#define SLOTS 1024u

static struct fake fake;
static struct mos_client *client;

/* A clock that is not stale for as long as the test takes: nobody asks the broker about rtcore then. */
static void keep_fresh(void)
{
	struct mos_clock clock = {.frame_ps = 20833333};
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	clock.time_ns = ((int64_t)ts.tv_sec + 3600) * 1000000000;
	mos_clock_publish(fake.clock.base, &clock);
}

static void setup(void)
{
	fake_init_ring(&fake, SLOTS);
	keep_fresh();
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "test", .runtime_dir = fake.dir},
			     &client, NULL),
		0);
}

static void teardown(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
}

TestSuite(libmos_events_fd, .init = setup, .fini = teardown, .timeout = 60);

static void publish(uint32_t type, int64_t tick)
{
	struct mos_event ev = fake_event(type, tick);

	fake_publish(&fake, &ev);
}

struct heard {
	int n;
	int64_t tick;
};

static void hear(const struct mos_event *event, void *data)
{
	struct heard *heard = data;

	heard->n++;
	heard->tick = event->tick;
}

static int readable(int timeout_ms)
{
	struct pollfd pfd = {.fd = mos_events_fd(client), .events = POLLIN};

	cr_assert_geq(pfd.fd, 0);
	return poll(&pfd, 1, timeout_ms);
}

/* It may say so once too often, when a bell rang for what had been taken already; never for ever. */
static void expect_quiet(const char *when)
{
	int tries = 0;

	while (readable(2) && tries++ < 100)
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	cr_expect_lt(tries, 100, "readable for ever %s", when);
}

Test(libmos_events_fd, tells_events,
	.description = "EVT-08: a poll loop hears each event; dispatching clears the descriptor")
{
	struct heard heard = {0};

	cr_assert_eq(mos_events_on(client, MOS_EVENT_METRONOME_BEAT, hear, &heard, NULL), 0);
	expect_quiet("at first");
	for (int i = 1; i <= 200; i++) {
		publish(MOS_EVENT_METRONOME_BEAT, i);
		while (heard.n < i) {
			cr_assert_eq(readable(10000), 1, "event %d", i);
			cr_assert_geq(mos_events_dispatch(client, 0), 0);
		}
		cr_assert_eq(heard.tick, i);
	}
	expect_quiet("after all was told");
}

Test(libmos_events_fd, pulling_clears_it_too)
{
	struct mos_event ev;

	expect_quiet("at first");
	for (int i = 0; i < 3; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	cr_assert_eq(readable(10000), 1);
	cr_assert_eq(mos_events_next(client, &ev), 1);
	cr_expect_eq(readable(0), 1, "two are left");
	while (mos_events_next(client, &ev) == 1)
		;
	expect_quiet("after pulling");
	cr_expect_eq(ev.tick, 2);
}

Test(libmos_events_fd, stays_readable_while_much_is_left)
{
	struct heard heard = {0};

	cr_assert_eq(mos_events_on(client, 0, hear, &heard, NULL), 0);
	expect_quiet("at first");
	for (int i = 1; i <= 900; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	while (heard.n < 900) {
		cr_assert_eq(readable(10000), 1, "after %d", heard.n);
		cr_assert_leq(mos_events_dispatch(client, 0), 256);
	}
	expect_quiet("after all was told");
}

/* The thread may be late, and then says once what had rung before; what nobody wants it does not say each time. */
static void expect_deaf_to(uint32_t type, const char *why)
{
	int woken = 0;

	for (int i = 1; i <= 5; i++) {
		publish(type, i);
		if (readable(20)) {
			woken++;
			cr_assert_geq(mos_events_dispatch(client, 0), 0);
		}
	}
	cr_expect_leq(woken, 1, "%s", why);
}

Test(libmos_events_fd, follows_what_is_wanted)
{
	struct heard chords = {0}, beats = {0};
	struct mos_listener *l;

	cr_assert_eq(mos_events_on(client, MOS_EVENT_CHORD_DETECTED, hear, &chords, &l), 0);
	expect_quiet("at first");
	expect_deaf_to(MOS_EVENT_METRONOME_BEAT, "nobody wants beats");
	cr_assert_eq(mos_events_on(client, MOS_EVENT_METRONOME_BEAT, hear, &beats, NULL), 0);
	mos_events_off(l);
	expect_quiet("after the change");
	expect_deaf_to(MOS_EVENT_CHORD_DETECTED, "nobody wants chords any more");
	publish(MOS_EVENT_METRONOME_BEAT, 9);
	while (beats.tick != 9) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	cr_expect_eq(chords.n, 0);
}

static int answer(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	if (strncmp(in->method, "kronos.", 7))
		return -1;
	wire_begin_result(out, in->id);
	return FAKE_SEND;
}

static void count(struct mos_client *c, int rc, const struct mos_reply *reply, const struct mos_error *error,
	void *data)
{
	cr_expect_eq(rc, 0);
	++*(int *)data;
}

static void count_notice(struct mos_client *c, const char *method, const struct mos_value *params, void *data)
{
	++*(int *)data;
}

Test(libmos_events_fd, tells_answers_and_notices)
{
	int answers = 0, notices = 0;

	fake.handle = answer;
	mos_client_on_notice(client, count_notice, &notices);
	expect_quiet("at first");
	cr_assert_eq(
		mos_call_async(client, &(struct mos_request){.method = "kronos.a.b"}, count, &answers), 0);
	while (!answers) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	expect_quiet("after the answer");
	fake_notify(&fake, "some.thing", NULL, NULL);
	while (!notices) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	expect_quiet("after the notice");
	/* A blocking call takes them from the socket: the descriptor says so all the same. */
	cr_assert_eq(
		mos_call_async(client, &(struct mos_request){.method = "kronos.a.b"}, count, &answers), 0);
	fake_notify(&fake, "some.thing", NULL, NULL);
	cr_assert_eq(mos_call(client, "kronos.a.b", MOS_NO_ARGS, NULL), 0);
	while (answers < 2 || notices < 2) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	expect_quiet("after both");
}

static int silent(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	return strncmp(in->method, "kronos.", 7) ? -1 : FAKE_SILENCE;
}

static void note_rc(struct mos_client *c, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	*(int *)data = rc;
}

Test(libmos_events_fd, tells_that_no_answer_came)
{
	struct mos_request request = {.method = "kronos.a.b", .timeout_ms = 20};
	int rc = 0;

	fake.handle = silent;
	cr_assert_eq(mos_call_async(client, &request, note_rc, &rc), 0);
	expect_quiet("at first");
	while (!rc) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	cr_expect_eq(rc, -ETIMEDOUT);
	expect_quiet("after that");
}

static void note_connection(struct mos_client *c, enum mos_connection connection, void *data)
{
	*(int *)data |= 1 << connection;
}

Test(libmos_events_fd, survives_restarts)
{
	struct heard heard = {0};
	int seen = 0;

	mos_client_on_connection(client, note_connection, &seen);
	cr_assert_eq(mos_events_on(client, 0, hear, &heard, NULL), 0);
	expect_quiet("at first");
	fake_kill(&fake);
	while (!(seen & 1 << MOS_CONNECTION_LOST)) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	publish(MOS_EVENT_METRONOME_BEAT, 5);
	while (heard.tick != 5) { /* no broker is needed for events */
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	fake_start(&fake);
	while (!(seen & 1 << MOS_CONNECTION_BACK)) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	mos_clock_publish(fake.clock.base, &(struct mos_clock){0}); /* its rtcore's last word, long ago */
	fake_new_rtcore(&fake);
	while (!(seen & 1 << MOS_CONNECTION_NEW)) {
		cr_assert_eq(readable(20000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	publish(MOS_EVENT_METRONOME_BEAT, 6);
	while (heard.tick != 6) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *data)
{
	int rc = mos_events_dispatch(client, 0);

	return rc < 0 ? rc : 0;
}

static void hear_and_leave(const struct mos_event *event, void *data)
{
	if (event->tick == 100)
		(void)sd_event_exit(data, 0);
}

static void *publish_hundred(void *arg)
{
	for (int i = 1; i <= 100; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	return NULL;
}

Test(libmos_events_fd, in_an_sd_event_loop)
{
	sd_event *loop = NULL;
	sd_event_source *source = NULL;
	struct heard heard = {0};
	pthread_t thread;

	cr_assert_geq(sd_event_new(&loop), 0);
	cr_assert_geq(sd_event_add_io(loop, &source, mos_events_fd(client), POLLIN, on_io, NULL), 0);
	cr_assert_eq(mos_events_on(client, 0, hear, &heard, NULL), 0);
	cr_assert_eq(mos_events_on(client, 0, hear_and_leave, loop, NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, publish_hundred, NULL), 0);
	cr_expect_eq(sd_event_loop(loop), 0);
	pthread_join(thread, NULL);
	cr_expect_eq(heard.n, 100);
	sd_event_source_unref(source);
	sd_event_unref(loop);
}

/* Emits for as long as it is told to, as an audio thread would. */
struct emitter {
	int stop;
	uint64_t n, full, other;
};

static void *emit_on(void *arg)
{
	struct emitter *e = arg;
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT, .flags = MOS_EVENT_IMMEDIATE};

	while (!__atomic_load_n(&e->stop, __ATOMIC_ACQUIRE)) {
		int rc = mos_emit(client, &ev);

		e->n += rc == 0;
		e->full += rc == -EAGAIN;
		e->other += rc != 0 && rc != -EAGAIN;
	}
	return NULL;
}

Test(libmos_events_fd, one_thread_emits_while_another_follows_restarts,
	.description = "EVT-16 E2.4.4.5: mos_emit() beside dispatching, through new regions")
{
	struct emitter e = {0};
	struct heard heard = {0};
	pthread_t thread;
	int seen = 0;

	mos_client_on_connection(client, note_connection, &seen);
	cr_assert_eq(mos_events_on(client, 0, hear, &heard, NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, emit_on, &e), 0);
	for (int i = 0; i < 5; i++) {
		seen = 0;
		fake_new_rtcore(&fake);
		fake_notify(&fake, "broker.client.renew", NULL, NULL);
		while (!(seen & 1 << MOS_CONNECTION_NEW)) {
			cr_assert_eq(readable(10000), 1);
			cr_assert_geq(mos_events_dispatch(client, 0), 0);
		}
		publish(MOS_EVENT_METRONOME_BEAT, i);
	}
	__atomic_store_n(&e.stop, 1, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	cr_expect_gt(e.n, 0);
	cr_expect_eq(e.other, 0);
}

Test(libmos_events_fd, for_calls_only)
{
	struct mos_client *plane = client;
	int answers = 0;

	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "plain",
					       .runtime_dir = fake.dir,
					       .flags = MOS_CLIENT_CONTROL_ONLY},
			     &client, NULL),
		0);
	fake.handle = answer;
	expect_quiet("at first");
	cr_assert_eq(
		mos_call_async(client, &(struct mos_request){.method = "kronos.a.b"}, count, &answers), 0);
	while (!answers) {
		cr_assert_eq(readable(10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	expect_quiet("after the answer");
	mos_client_destroy(client);
	client = plane;
}
