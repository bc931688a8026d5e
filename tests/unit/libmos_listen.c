/* SPDX-License-Identifier: MIT */
/* Handlers of events, over a ring that the test writes itself. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

#include <mos/client.h>

#include "fake_broker.h"

static struct fake fake;
static struct mos_client *client;

static void setup(void)
{
	fake_init(&fake);
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "test", .runtime_dir = fake.dir},
			     &client, NULL),
		0);
}

static void teardown(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
}

TestSuite(libmos_listen, .init = setup, .fini = teardown, .timeout = 20);

static void publish(uint32_t type, int64_t tick)
{
	(void)mos_event_publish(&fake.writer, &(struct mos_event){.type = type, .tick = tick});
}

/* What a handler heard. */
struct heard {
	int n;
	uint32_t type;
	int64_t tick;
};

static void hear(const struct mos_event *event, void *data)
{
	struct heard *heard = data;

	heard->n++;
	heard->type = event->type;
	heard->tick = event->tick;
}

Test(libmos_listen, each_transport_event,
	.description = "KRO-10: play, pause, stop, seek, tempo, loop, tick, measure, state and error each "
		       "reach their "
		       "handler, no other one, and none after it unsubscribed")
{
	static const uint32_t type[] = {MOS_EVENT_TRANSPORT_PLAY, MOS_EVENT_TRANSPORT_PAUSE,
		MOS_EVENT_TRANSPORT_STOP, MOS_EVENT_TRANSPORT_SEEK, MOS_EVENT_TEMPO_CHANGE,
		MOS_EVENT_TRANSPORT_LOOP, MOS_EVENT_METRONOME_BEAT, MOS_EVENT_TRANSPORT_MEASURE,
		MOS_EVENT_TRANSPORT_STATE, MOS_EVENT_TRANSPORT_ERROR};
	enum { N = sizeof(type) / sizeof(type[0]) };
	struct heard heard[N] = {0}, all = {0};
	struct mos_listener *on[N], *on_all;

	for (int i = 0; i < N; i++)
		cr_assert_eq(mos_events_on(client, type[i], hear, &heard[i], &on[i]), 0);
	cr_assert_eq(mos_events_on(client, 0, hear, &all, &on_all), 0);
	for (int i = 0; i < N; i++)
		publish(type[i], 100 + i);
	cr_assert_eq(mos_events_dispatch(client, 0), N);
	for (int i = 0; i < N; i++) {
		cr_expect_eq(heard[i].n, 1, "type %#x: %d", type[i], heard[i].n);
		cr_expect_eq(heard[i].type, type[i]);
		cr_expect_eq(heard[i].tick, 100 + i);
		mos_events_off(on[i]);
		publish(type[i], 0);
	}
	cr_assert_eq(mos_events_dispatch(client, 0), N);
	for (int i = 0; i < N; i++)
		cr_expect_eq(heard[i].n, 1, "type %#x is heard after its end", type[i]);
	cr_expect_eq(all.n, 2 * N);
	mos_events_off(on_all);
	publish(type[0], 0);
	cr_assert_eq(mos_events_dispatch(client, 0), 1);
	cr_expect_eq(all.n, 2 * N);
	cr_expect_eq(mos_events_dispatch(client, 0), 0, "each event is told once");
}

/* Ends itself and `other`, starts `late`, and tries to dispatch. */
struct meddler {
	struct mos_listener *self, *other, *added;
	struct heard late;
	int n, nested;
};

static void meddle(const struct mos_event *event, void *data)
{
	struct meddler *m = data;

	m->n++;
	m->nested = mos_events_dispatch(client, 0);
	mos_events_off(m->self);
	mos_events_off(m->other);
	cr_assert_eq(mos_events_on(client, 0, hear, &m->late, &m->added), 0);
}

Test(libmos_listen, handlers_may_end_listeners,
	.description = "KRO-10: while an event is told, listeners come and go")
{
	struct meddler m = {0};
	struct heard other = {0};

	cr_assert_eq(mos_events_on(client, 0, meddle, &m, &m.self), 0);
	cr_assert_eq(mos_events_on(client, 0, hear, &other, &m.other), 0);
	publish(MOS_EVENT_TRANSPORT_PLAY, 1);
	publish(MOS_EVENT_TRANSPORT_STOP, 2);
	cr_assert_eq(mos_events_dispatch(client, 0), 2);
	cr_expect_eq(m.n, 1, "it ended itself");
	cr_expect_eq(m.nested, -EBUSY);
	cr_expect_eq(other.n, 0, "it was ended before its turn");
	cr_expect_eq(m.late.n, 1, "it hears from the next event on");
	cr_expect_eq(m.late.type, MOS_EVENT_TRANSPORT_STOP);
	/* the last one, and one never ended, go with the client */
}

static void *play_a_bit_later(void *data)
{
	publish(MOS_EVENT_TRANSPORT_PLAY, 5);
	mos_event_ring_bell(&fake.writer);
	return NULL;
}

Test(libmos_listen, waits, .description = "KRO-10: dispatch sleeps until something happens")
{
	struct mos_listener *l;
	struct heard heard = {0};
	pthread_t thread;

	cr_assert_eq(mos_events_on(client, MOS_EVENT_TRANSPORT_PLAY, hear, &heard, &l), 0);
	cr_expect_eq(mos_events_dispatch(client, 1), 0, "nothing within a millisecond");
	cr_assert_eq(pthread_create(&thread, NULL, play_a_bit_later, NULL), 0);
	cr_assert_eq(mos_events_dispatch(client, -1), 1);
	cr_expect_eq(heard.tick, 5);
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(libmos_listen, a_busy_ring,
	.description = "a call ends after 256 events; what was lost is counted and passed over")
{
	struct mos_listener *l;
	struct heard heard = {0};
	int taken = 0, n;

	cr_assert_eq(mos_events_on(client, 0, hear, &heard, &l), 0);
	for (int i = 1; i <= 100000; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	while ((n = mos_events_dispatch(client, 0)) > 0) {
		cr_assert_leq(n, 256);
		taken += n;
	}
	cr_expect_eq(n, 0);
	cr_expect_eq(heard.n, taken);
	cr_expect_eq(heard.tick, 100000);
	cr_expect_eq((uint64_t)taken + mos_events_lost(client), 100000);
	cr_expect_gt(mos_events_lost(client), 0);
}

Test(libmos_listen, refusals)
{
	struct mos_client *plain;
	struct mos_listener *l = NULL;

	cr_expect_eq(mos_events_on(client, 0, NULL, NULL, &l), -EINVAL);
	cr_expect_null(l);
	mos_events_off(NULL);
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "plain",
					       .runtime_dir = fake.dir,
					       .flags = MOS_CLIENT_CONTROL_ONLY},
			     &plain, NULL),
		0);
	cr_expect_eq(mos_events_dispatch(plain, 0), -ENOTCONN);
	mos_client_destroy(plain);
}
