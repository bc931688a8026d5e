/* SPDX-License-Identifier: MIT */
/* libmos' real-time plane: clock, events, emit, counters, over regions that the test writes itself. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

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

static void publish(uint32_t type, int64_t tick)
{
	struct mos_event ev = fake_event(type, tick);

	fake_publish(&fake, &ev);
}

Test(libmos_realtime, events_in_order_and_losses_counted,
	.description = "EVT-17: order is kept, a lapped reader learns how many it lost")
{
	struct mos_event ev;
	int64_t next;
	int rc;

	for (int64_t i = 0; i < 3; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	for (int64_t i = 0; i < 3; i++) {
		cr_assert_eq(mos_events_next(client, &ev), 1);
		cr_assert_eq(ev.tick, i);
	}
	cr_assert_eq(mos_events_next(client, &ev), 0);

	for (int64_t i = 0; i < 40; i++) /* the ring has 16 slots */
		publish(MOS_EVENT_METRONOME_BEAT, i);
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
	publish(MOS_EVENT_CHORD_DETECTED, 0);
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

/* How often the doorbell was rung since the last look. */
static uint64_t rings(void)
{
	uint64_t n = 0;

	return read(fake.doorbell, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

Test(libmos_realtime, emit_until_full,
	.description = "EVT-07: what a client emits is in its ingress ring, in order; a full ring says so")
{
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT}, got;
	uint32_t n = 0;
	int rc;

	while ((rc = mos_emit(client, &ev)) == 0) {
		ev.tick = ++n;
		cr_assert_leq(n, MOS_INGRESS_SLOTS);
	}
	cr_assert_eq(rc, -EAGAIN);
	cr_assert_eq(n, MOS_INGRESS_SLOTS);
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 1);
		cr_assert_eq(got.tick, i);
	}
	cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 0);
	cr_assert_eq(mos_emit(client, &ev), 0, "room again");
}

Test(libmos_realtime, both_lanes,
	.description = "EVT-07: emit(event, immediate) rings the doorbell each time, a batched one only into "
		       "an empty ring")
{
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT}, got;

	(void)rings();
	for (int i = 0; i < 10; i++)
		cr_assert_eq(mos_emit(client, &ev), 0);
	cr_expect_eq(rings(), 1, "ten batched ones in one frame");
	ev.flags = MOS_EVENT_IMMEDIATE;
	for (int i = 0; i < 3; i++)
		cr_assert_eq(mos_emit(client, &ev), 0);
	cr_expect_eq(rings(), 3, "three at once");
	cr_expect(mos_ingress_urgent(&fake.reader));
	for (int i = 0; i < 13; i++) {
		cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 1);
		cr_expect_eq(got.flags, i < 10 ? 0 : MOS_EVENT_IMMEDIATE);
	}
}

Test(libmos_realtime, records_that_do_not_check_stay_here,
	.description = "EVT-05 E2.4.4.3: a malformed record is refused by its own client before it travels")
{
	struct mos_event ev = {.type = 0x7777}, got;

	cr_expect_eq(mos_emit(client, &ev), -EINVAL, "no such type");
	ev = (struct mos_event){.type = MOS_EVENT_ROCKY_HIGHLIGHT, .flags = 0x80};
	cr_expect_eq(mos_emit(client, &ev), -EINVAL, "no such flag");
	ev = (struct mos_event){.type = MOS_EVENT_MIDI_NOTEON, .u.note = {.key = 200, .velocity = 1}};
	cr_expect_eq(mos_emit(client, &ev), -EINVAL, "no such key");
	cr_expect_eq(mos_ingress_pop(&fake.reader, &got), 0);
}

Test(libmos_realtime, answers_carry_hops,
	.description = "EVT-18 E2.4.4.7: an answer has one hop more than its cause; past the limit the "
		       "caller is told so, and rtcore by a record that it drops")
{
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT}, cause = ev, got;

	for (int hops = 0; hops < MOS_HOPS_MAX; hops++) {
		cause.hops = (uint8_t)hops;
		cr_assert_eq(mos_emit_answer(client, &ev, &cause), 0);
		cr_assert_eq(mos_ingress_pop(&fake.reader, &got), 1);
		cr_expect_eq(got.hops, hops + 1);
	}
	for (int hops = MOS_HOPS_MAX; hops < 256; hops++) {
		cause.hops = (uint8_t)hops;
		cr_expect_eq(mos_emit_answer(client, &ev, &cause), -ELOOP);
		cr_assert_eq(
			mos_ingress_pop(&fake.reader, &got), 1, "rtcore is to name who is in the circle");
		cr_expect_eq(got.hops, MOS_HOPS_MAX + 1);
		cr_expect_eq(mos_event_check(&got), MOS_EVENT_BAD_HOPS, "and drops it");
	}
}

/* A client with the capabilities and regions that the fake is told to give. */
static struct mos_client *limited(const char *denied, const char *withheld)
{
	struct mos_client *c;

	fake.denied = denied;
	fake.withheld = withheld;
	cr_assert_eq(
		mos_client_create(
			&(struct mos_client_options){.name = "limited", .runtime_dir = fake.dir}, &c, NULL),
		0);
	return c;
}

Test(libmos_realtime, what_was_not_granted,
	.description =
		"WID-03: without a capability its door is closed: emit, play, events, clock, counters, audio")
{
	struct mos_event chord = {.type = MOS_EVENT_ROCKY_HIGHLIGHT};
	struct mos_event note = {.type = MOS_EVENT_MIDI_NOTEOFF, .u.note = {.part = 0xffff}};
	struct mos_client *c = limited("events.emit", NULL);
	struct mos_audio_reader audio;
	struct mos_listener *l;
	struct mos_now now;

	cr_expect_eq(mos_emit(c, &chord), -EACCES);
	cr_expect_eq(mos_emit(c, &note), 0);
	cr_expect_not(mos_client_can(c, "events.emit"));
	cr_expect(mos_client_can(c, "apollo.play"));
	cr_expect_not(mos_client_can(c, "apollo"));
	mos_client_destroy(c);

	c = limited("apollo.play", NULL);
	cr_expect_eq(mos_emit(c, &chord), 0);
	cr_expect_eq(mos_emit(c, &note), -EACCES);
	mos_client_destroy(c);

	c = limited("clock.read events.read audio.in status.read", "clock events counters audio");
	cr_expect_eq(mos_events_next(c, &chord), -EACCES);
	cr_expect_eq(mos_events_wait(c, 0), -EACCES);
	cr_expect_eq(mos_events_on(c, 0, (mos_event_handler)abort, NULL, &l), -EACCES);
	cr_expect_eq(mos_events_dispatch(c, 1), 0);
	cr_expect_eq(mos_clock_now(c, &now), -EACCES);
	cr_expect_eq(mos_clock_wait_tick(c, 0, 0), -EACCES);
	cr_expect_null(mos_client_clock(c));
	cr_expect_null(mos_client_counters(c));
	cr_expect_eq(mos_client_audio(c, &audio), -EACCES);
	cr_expect_eq(mos_emit(c, &(struct mos_event){.type = MOS_EVENT_ROCKY_HIGHLIGHT}), 0);
	mos_client_destroy(c);
}

Test(libmos_realtime, unknown_regions_are_passed_over)
{
	struct mos_client *c;
	struct mos_now now;
	struct mos_clock clock = still(7, 0, 0, 4, 4);

	fake.nonsense = "surface";
	c = limited(NULL, NULL);
	mos_clock_publish(fake.clock.base, &clock);
	cr_expect_eq(mos_clock_now(c, &now), 0);
	mos_client_destroy(c);
	fake.nonsense = "clock"; /* twice, and the second one is a doorbell */
	c = limited(NULL, NULL);
	cr_expect_eq(mos_clock_now(c, &now), 0);
	cr_expect_eq(now.tick, 7);
	mos_client_destroy(c);
}

Test(libmos_realtime, audio,
	.description = "WID-03: with audio.in a client reads what rtcore hears and plays")
{
	float left[256], got[256];
	const float *const channel[MOS_TAP_N_CHANNELS] = {left};
	struct mos_audio_reader audio;

	for (int i = 0; i < 256; i++)
		left[i] = (float)i;
	mos_audio_tap_write(&fake.tap, 1000, channel, 256);
	cr_assert_eq(mos_client_audio(client, &audio), 0);
	cr_expect_eq(audio.rate_hz, 48000);
	cr_expect_eq(mos_audio_read(&audio, MOS_TAP_IN_L, got, 256), 0, "from now on");
	mos_audio_tap_write(&fake.tap, 1256, channel, 256);
	cr_assert_eq(mos_audio_read(&audio, MOS_TAP_IN_L, got, 256), 256);
	cr_expect_eq(got[255], 255.0F);
}

static struct mos_reader_page *figures(void)
{
	return mos_ingress_reader_page(&fake.ingress);
}

Test(libmos_realtime, reader_figures,
	.description = "EVT-10: a client's own figures: what it listens to, what was delivered, how late, "
		       "what was lost")
{
	const uint32_t types[] = {MOS_EVENT_METRONOME_BEAT, MOS_EVENT_CHORD_DETECTED};
	int beat = mos_event_type_index(MOS_EVENT_METRONOME_BEAT),
	    chord = mos_event_type_index(MOS_EVENT_CHORD_DETECTED);
	struct mos_reader_page *page = figures();
	uint64_t sampled = 0;
	struct mos_event ev;

	cr_expect_eq(page->interest, 0, "nobody has asked for events yet");
	cr_assert_eq(mos_events_select(client, types, 2), 0);
	cr_expect_eq(page->interest, UINT64_C(1) << beat | UINT64_C(1) << chord);
	for (int i = 0; i < 160; i++) {
		publish(i % 4 ? MOS_EVENT_METRONOME_BEAT : MOS_EVENT_TRANSPORT_STATE, i);
		if (i % 8 == 7) {
			while (mos_events_next(client, &ev) == 1)
				cr_assert_eq(ev.type, MOS_EVENT_METRONOME_BEAT, "others are not wanted");
		}
	}
	cr_expect_eq(page->type[beat].delivered, 120);
	cr_expect_eq(page->type[chord].delivered, 0);
	for (uint32_t b = 0; b < MOS_LATENCY_BUCKETS; b++)
		sampled += page->type[beat].latency[b];
	/* Records 16, 32 ... 160 are stamped; every fourth record, from the first on, is another type's. */
	cr_expect_eq(sampled, 10, "%llu of 10", (unsigned long long)sampled);
	for (int i = 0; i < 40; i++)
		publish(MOS_EVENT_METRONOME_BEAT, i);
	cr_assert_eq(mos_events_next(client, &ev), -EOVERFLOW);
	cr_expect_eq(page->lost, mos_events_lost(client));
	cr_expect_eq(mos_events_select(client, (const uint32_t[]){0x7777}, 1), -EINVAL);
	cr_expect_eq(page->interest, UINT64_C(1) << beat | UINT64_C(1) << chord, "nothing changed");
	cr_assert_eq(mos_events_select(client, NULL, 0), 0);
	cr_expect_eq(page->interest, UINT64_MAX);
}

Test(libmos_realtime, a_million_events,
	.description = "EVT-17 E2.4.4.6: of a million events each is seen in order, or counted as lost")
{
	uint64_t seen = 0, last = 0, n = 0;
	struct mos_event ev;
	uint32_t seed = 1;

	while (n < 1000000) {
		uint32_t burst = (seed = seed * 1664525 + 1013904223) >> 27; /* 0 to 31, the ring has 16 */
		int rc;

		for (uint32_t i = 0; i < burst; i++) {
			ev = fake_event(MOS_EVENT_METRONOME_BEAT, (int64_t)++n);
			fake_publish_quietly(&fake, &ev);
		}
		while ((rc = mos_events_next(client, &ev)) != 0) {
			if (rc == -EOVERFLOW)
				continue;
			cr_assert_eq(rc, 1);
			cr_assert_gt((uint64_t)ev.tick, last);
			cr_assert_eq((uint64_t)ev.tick, seen + mos_events_lost(client) + 1,
				"the gap is what was counted");
			last = (uint64_t)ev.tick;
			seen++;
		}
	}
	cr_expect_eq(seen + mos_events_lost(client), n);
	cr_expect_gt(mos_events_lost(client), 0);
}

static void *ring_others(void *arg)
{
	for (int i = 0; i < 20; i++)
		publish(MOS_EVENT_MIDI_NOTEOFF, i);
	publish(MOS_EVENT_CHORD_DETECTED, 77);
	return NULL;
}

Test(libmos_realtime, others_wake_nobody, .description = "EVT-08: who waits for chords sleeps through notes")
{
	const uint32_t types[] = {MOS_EVENT_CHORD_DETECTED};
	struct mos_event ev;
	pthread_t thread;

	cr_assert_eq(mos_events_select(client, types, 1), 0);
	cr_assert_eq(mos_events_next(client, &ev), 0);
	publish(MOS_EVENT_MIDI_NOTEOFF, 1);
	cr_expect_eq(mos_events_wait(client, 1), -ETIMEDOUT);
	cr_assert_eq(pthread_create(&thread, NULL, ring_others, NULL), 0);
	cr_assert_eq(mos_events_wait(client, -1), 0);
	pthread_join(thread, NULL);
	cr_assert_eq(mos_events_next(client, &ev), -EOVERFLOW, "21 records in a ring of 16");
	cr_assert_eq(mos_events_next(client, &ev), 1);
	cr_expect_eq(ev.tick, 77);
}

/* Rolling at 120 BPM from `tick` at `time_ns`. */
static struct mos_clock rolling(int64_t tick, int64_t time_ns)
{
	struct mos_clock clock = still(tick, 0, 0, 4, 4);

	clock.state = MOS_TRANSPORT_PLAYING;
	clock.flags |= MOS_CLOCK_ROLLING;
	clock.time_ns = time_ns;
	return clock;
}

Test(libmos_realtime, waits_for_a_tick)
{
	int64_t begin = now_ns();
	struct mos_clock clock = rolling(0, begin);
	struct mos_now now;

	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_clock_wait_tick(client, 96, 10000), 0); /* 50 ms */
	cr_expect_geq(now_ns() - begin, 49 * INT64_C(1000000), "not before it is due");
	cr_assert_eq(mos_clock_now(client, &now), 0);
	cr_expect_geq(now.tick, 96);
	cr_expect_eq(mos_clock_wait_tick(client, 0, 0), 0, "passed long ago");
	clock = still(96, 0, 0, 4, 4);
	mos_clock_publish(fake.clock.base, &clock);
	cr_expect_eq(mos_clock_wait_tick(client, 0, 1), -ETIMEDOUT, "it does not roll");
}

/* The transport starts, far from the tick, then jumps near it. */
static void *start_and_jump(void *arg)
{
	struct mos_clock clock = rolling(0, now_ns());

	mos_clock_publish(fake.clock.base, &clock);
	publish(MOS_EVENT_TRANSPORT_PLAY, 0);
	clock = rolling(1000000 - 96, now_ns());
	mos_clock_publish(fake.clock.base, &clock);
	publish(MOS_EVENT_TRANSPORT_SEEK, 0);
	return NULL;
}

Test(libmos_realtime, a_jump_is_not_slept_through,
	.description = "KRO-09: who sleeps until a tick hears of starts, seeks and tempo changes meanwhile")
{
	struct mos_clock clock = still(0, 0, 0, 4, 4);
	int64_t begin = now_ns();
	pthread_t thread;

	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(pthread_create(&thread, NULL, start_and_jump, NULL), 0);
	cr_assert_eq(mos_clock_wait_tick(client, 1000000, 15000), 0);
	cr_expect_lt(now_ns() - begin, 10 * INT64_C(1000000000), "1,000,000 ticks are 520 s");
	pthread_join(thread, NULL);
}

/** A place equals what the clock page says at its moment. */
static void expect_of_page(const struct mos_place *place, const struct mos_clock *clock)
{
	const int64_t tick = mos_clock_tick_at(clock, place->now.time_ns, NULL);
	const int64_t bar_ticks = 4 * 960 / clock->meter_den * clock->meter_num;
	const int64_t into = (tick - clock->measure_tick) % bar_ticks;

	cr_expect_leq(llabs(place->now.tick - tick), 1, "HER-19 tick %ld, the page says %ld",
		(long)place->now.tick, (long)tick);
	cr_expect_eq(place->bar_ticks, bar_ticks);
	cr_expect_leq(llabs((int64_t)place->bar_tick - into), 1);
	cr_expect_float_eq(place->bar_position * (double)bar_ticks, (double)into, 1.0);
	cr_expect_eq(place->now.bar, clock->measure + 1 + (tick - clock->measure_tick) / bar_ticks);
}

Test(libmos_realtime, places_equal_the_clock_page,
	.description = "HER-19: each place is the clock page's within a tick, and none comes before its sixtieth")
{
	struct mos_clock clock = rolling(4 * 3840 + 900, now_ns());
	struct mos_place place = {0};
	int64_t last_ns = 0;

	clock.measure = 4;
	clock.measure_tick = 4 * 3840;
	clock.meter_num = 7;
	clock.meter_den = 8;
	mos_clock_publish(fake.clock.base, &clock);
	for (int i = 0; i < 40; i++) {
		cr_assert_eq(mos_place_next(client, 0, &place, 10000), 0);
		expect_of_page(&place, &clock);
		if (i == 0)
			cr_expect_eq(place.changed, 127, "all of it is new");
		else
			cr_expect_eq(place.changed & (MOS_PLACE_MOVED | MOS_PLACE_STATE | MOS_PLACE_TEMPO | MOS_PLACE_JUMPED),
				MOS_PLACE_MOVED);
		const int64_t frame = place.now.time_ns / 16666666;
		cr_expect_gt(frame, last_ns / 16666666, "one in each sixtieth of a second");
		last_ns = place.now.time_ns;
		/* what rtcore does every cycle */
		clock.tick = mos_clock_tick_at(&clock, last_ns, &clock.tick_frac);
		clock.time_ns = last_ns;
		mos_clock_publish(fake.clock.base, &clock);
	}
	cr_expect_eq(mos_place_next(client, 1001, &place, 0), -EINVAL);
}

Test(libmos_realtime, places_of_a_transport_that_stands,
	.description = "HER-19: nothing comes while nothing moves; a start, a seek, a tempo come at once")
{
	struct mos_clock clock = still(960, 0, 0, 4, 4);
	struct mos_place place = {0};

	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_place_next(client, 60, &place, 0), 0, "the first one comes at once");
	expect_of_page(&place, &clock);
	cr_expect_eq(mos_place_next(client, 60, &place, 40), -ETIMEDOUT, "nothing has changed");
	clock.tick = 5000;
	clock.measure = 1;
	clock.measure_tick = 3840;
	mos_clock_publish(fake.clock.base, &clock);
	publish(MOS_EVENT_TRANSPORT_SEEK, 0);
	cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
	cr_expect_eq(place.changed, MOS_PLACE_MOVED | MOS_PLACE_BEAT | MOS_PLACE_BAR | MOS_PLACE_JUMPED);
	expect_of_page(&place, &clock);
	clock.ns_per_quarter = 250000000;
	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
	cr_expect_eq(place.changed, MOS_PLACE_TEMPO);
	cr_expect_float_eq(place.now.bpm, 240.0, 1e-9);
	clock.meter_num = 3;
	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
	cr_expect(place.changed & MOS_PLACE_METER);
	clock = rolling(5000, now_ns());
	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
	cr_expect(place.changed & MOS_PLACE_STATE);
}

Test(libmos_realtime, places_while_another_clock_is_followed,
	.description = "HER-19 KRO-26: who follows another clock is a little faster or slower each cycle: that is no other "
		       "tempo, and no reason for more places")
{
	struct mos_clock clock = rolling(3840, now_ns());
	struct mos_place place = {0};

	clock.flags |= MOS_CLOCK_FOLLOWS;
	clock.rate_ppm = 1000000;
	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
	for (uint32_t i = 0; i < 20; i++) {
		const int64_t frame = place.now.time_ns / 16666666;

		clock.rate_ppm = 1000000 + 331 * i;
		clock.ns_per_quarter = UINT64_C(500000000) * 1000000 / clock.rate_ppm;
		mos_clock_publish(fake.clock.base, &clock);
		cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
		cr_expect_eq(place.changed & (MOS_PLACE_TEMPO | MOS_PLACE_JUMPED), 0, "changed %x", place.changed);
		cr_expect_gt(place.now.time_ns / 16666666, frame, "before its sixtieth");
	}
	clock.ns_per_quarter = UINT64_C(499000000) * 1000000 / clock.rate_ppm;
	mos_clock_publish(fake.clock.base, &clock);
	cr_assert_eq(mos_place_next(client, 60, &place, 10000), 0);
	cr_expect(place.changed & MOS_PLACE_TEMPO, "the leader's is another");
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
