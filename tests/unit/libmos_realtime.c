/* SPDX-License-Identifier: MIT */
/* libmos' real-time plane: clock, events, emit, counters, over regions that the test writes itself. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>

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

TestSuite(libmos_realtime, .init = setup, .fini = teardown, .timeout = 20);

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Not rolling, so that the position is the anchor's and the test needs no time. */
static struct mos_clock still(
	int64_t tick, uint32_t measure, int64_t measure_tick, uint16_t num, uint16_t den)
{
	return (struct mos_clock){
		.state = MOS_TRANSPORT_PAUSED,
		.flags = MOS_CLOCK_DRIVER_UP,
		.rate_hz = 48000,
		.quantum_frames = 256,
		.time_ns = now_ns(),
		.tick = tick,
		.rate_ppm = 1000000,
		.ns_per_quarter = 500000000,
		.frame_ps = 20833333,
		.meter_num = num,
		.meter_den = den,
		.measure = measure,
		.measure_tick = measure_tick,
		.end_tick = 100 * 3840,
	};
}

Test(libmos_realtime, position_in_bars,
	.description = "KRO-09: bar, beat and tick agree with the tick and the meter")
{
	/* Oracle by hand: 4/4 has 3840 ticks a bar, 6/8 has 6 beats of 480. */
	static const struct {
		int64_t tick;
		uint32_t measure;
		int64_t measure_tick;
		uint16_t num, den;
		uint32_t bar, beat, beat_tick;
	} row[] = {
		{0, 0, 0, 4, 4, 1, 1, 0},
		{961, 0, 0, 4, 4, 1, 2, 1},
		{3839, 0, 0, 4, 4, 1, 4, 959},
		{3840, 1, 3840, 4, 4, 2, 1, 0},
		{3840 + 500, 1, 3840, 6, 8, 2, 2, 20},
		{3840, 0, 0, 4, 4, 2, 1, 0},      /* the page is a bar behind: extrapolated */
		{3839, 1, 3840, 4, 4, 1, 4, 959}, /* a loop jumped back */
		{-960, 0, 0, 4, 4, 1, 1, 0},      /* counting in */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_clock clock =
			still(row[i].tick, row[i].measure, row[i].measure_tick, row[i].num, row[i].den);
		struct mos_now now;

		mos_clock_publish(fake.clock.base, &clock);
		cr_assert_eq(mos_clock_now(client, &now), 0);
		cr_expect_eq(now.tick, row[i].tick);
		cr_expect_eq(now.bar, row[i].bar, "row %zu: bar %u", i, now.bar);
		cr_expect_eq(now.beat, row[i].beat, "row %zu: beat %u", i, now.beat);
		cr_expect_eq(now.beat_tick, row[i].beat_tick, "row %zu: tick %u", i, now.beat_tick);
		cr_expect_eq(now.bpm, 120.0);
	}
}

Test(libmos_realtime, hostile_clock_pages_do_no_harm)
{
	static const uint16_t meter[][2] = {{0, 0}, {4, 0}, {0, 4}, {65535, 65535}, {255, 1}, {1, 3840}};

	for (size_t i = 0; i < sizeof(meter) / sizeof(meter[0]); i++) {
		struct mos_clock clock =
			still(INT64_MIN / 4, UINT32_MAX, INT64_MAX / 4, meter[i][0], meter[i][1]);
		struct mos_now now;

		clock.ns_per_quarter = 0;
		mos_clock_publish(fake.clock.base, &clock);
		cr_expect_eq(mos_clock_now(client, &now), 0);
		cr_expect_eq(now.bpm, 0);
	}
}

Test(libmos_realtime, torn_clock_page_is_not_shown,
	.description = "KRO-09: of a page left half written, the copy before is shown")
{
	struct mos_clock clock = still(1234, 0, 0, 4, 4);
	struct mos_clock_page *page = fake.clock.base;
	struct mos_now now;

	mos_clock_publish(page, &clock);
	memset(&page->clock[(page->seq + 1) % 2], 0xff, sizeof(clock) / 2);
	cr_assert_eq(mos_clock_now(client, &now), 0);
	cr_assert_eq(now.tick, 1234);
}

Test(libmos_realtime, events_in_order_and_losses_counted,
	.description = "EVT-17: order is kept, a lapped reader learns how many it lost")
{
	struct mos_event ev;
	int64_t next;
	int rc;

	for (int64_t i = 0; i < 3; i++)
		(void)mos_event_publish(
			&fake.writer, &(struct mos_event){.type = MOS_EVENT_METRONOME_BEAT, .tick = i});
	for (int64_t i = 0; i < 3; i++) {
		cr_assert_eq(mos_events_next(client, &ev), 1);
		cr_assert_eq(ev.tick, i);
	}
	cr_assert_eq(mos_events_next(client, &ev), 0);

	for (int64_t i = 0; i < 40; i++) /* the ring has 16 slots */
		(void)mos_event_publish(
			&fake.writer, &(struct mos_event){.type = MOS_EVENT_METRONOME_BEAT, .tick = i});
	cr_assert_eq(mos_events_next(client, &ev), -EOVERFLOW);
	next = (int64_t)mos_events_lost(client);
	cr_assert_geq(next, 40 - 16);
	while ((rc = mos_events_next(client, &ev)) == 1)
		cr_assert_eq(ev.tick, next++);
	cr_assert_eq(rc, 0);
	cr_assert_eq(next, 40, "lost and read make up all that was published");
}

static void *ring_later(void *arg)
{
	(void)mos_event_publish(&fake.writer, &(struct mos_event){.type = MOS_EVENT_CHORD_DETECTED});
	mos_event_ring_bell(&fake.writer);
	return NULL;
}

Test(libmos_realtime, waiting_wakes_and_misses_no_bell)
{
	struct mos_event ev;
	pthread_t thread;

	cr_assert_eq(mos_events_next(client, &ev), 0);
	cr_assert_eq(mos_events_wait(client, 1), -ETIMEDOUT);
	for (int i = 0; i < 200; i++) {
		cr_assert_eq(pthread_create(&thread, NULL, ring_later, NULL), 0);
		while (mos_events_next(client, &ev) == 0)
			cr_assert_eq(mos_events_wait(client, -1), 0);
		cr_assert_eq(ev.type, MOS_EVENT_CHORD_DETECTED);
		pthread_join(thread, NULL);
	}
}

static void *restart_rtcore(void *arg)
{
	fake_new_rtcore(&fake);
	while (__atomic_load_n(&fake.opened, __ATOMIC_ACQUIRE) < 2)
		sched_yield();
	for (int i = 0; i < 50; i++) { /* until the sleeper reads the new ring: it starts at its newest */
		(void)ring_later(NULL);
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
	return NULL;
}

Test(libmos_realtime, sleepers_follow_a_new_rtcore)
{
	struct mos_event ev;
	pthread_t thread;

	cr_assert_eq(mos_events_next(client, &ev), 0);
	cr_assert_eq(pthread_create(&thread, NULL, restart_rtcore, NULL), 0);
	while (mos_events_next(client, &ev) == 0)
		cr_assert_eq(mos_events_wait(client, -1), 0);
	cr_assert_eq(ev.type, MOS_EVENT_CHORD_DETECTED);
	cr_assert_eq(mos_client_info(client).generation, 2);
	pthread_join(thread, NULL);
}

Test(libmos_realtime, emit_until_full,
	.description = "EVT-07: what a client emits is in its ingress ring, in order")
{
	struct mos_event ev = {.type = MOS_EVENT_WIDGET_STATE}, got;
	struct mos_dirty_hdr *dirty = fake.dirty.base;
	uint32_t n = 0;
	int rc;

	while ((rc = mos_emit(client, &ev)) == 0) {
		ev.tick = ++n;
		cr_assert_leq(n, MOS_INGRESS_SLOTS);
	}
	cr_assert_eq(rc, -EAGAIN);
	cr_assert_eq(n, MOS_INGRESS_SLOTS);
	cr_assert_eq(dirty->bits[FAKE_SLOT / 64], UINT64_C(1) << FAKE_SLOT % 64);
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 1);
		cr_assert_eq(got.tick, i);
	}
	cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 0);
	cr_assert_eq(mos_emit(client, &ev), 0, "room again");
}

Test(libmos_realtime, counters_by_name)
{
	const struct mos_counters_view *view = mos_client_counters(client);
	int i;

	mos_counter_add(&fake.counters, 0, 3);
	mos_counter_set(&fake.counters, 1, -5);
	i = mos_counters_find(view, "rt.xruns");
	cr_assert_geq(i, 0);
	cr_assert_eq(mos_counters_get(view, (uint32_t)i), 3);
	i = mos_counters_find(view, "apollo.voices");
	cr_assert_geq(i, 0);
	cr_assert_eq((int64_t)mos_counters_get(view, (uint32_t)i), -5);
}
