/* SPDX-License-Identifier: MIT */
/* Records of probes become ways, in whatever order they come. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include <mos/event.h>

#include "match.h"

#define SLOW_NS 20000000u
#define RTCORE 100u
#define AUDIO 101u
#define BUS 102u

static struct match *m;

static void setup(void)
{
	m = match_create(SLOW_NS, NULL, NULL);
	cr_assert(m);
}

static void teardown(void)
{
	match_destroy(m);
}

TestSuite(trace_match, .init = setup, .fini = teardown);

static void tell(struct path_record r, const char *comm)
{
	(void)snprintf(r.comm, sizeof(r.comm), "%s", comm);
	match_take(m, &r);
}

static void publish(uint64_t seq, uint32_t source, uint32_t tid, uint64_t ns)
{
	tell((struct path_record){.kind = PATH_PUBLISH,
		     .number = seq,
		     .slot = source,
		     .type = MOS_EVENT_ROCKY_HIGHLIGHT,
		     .tgid = RTCORE,
		     .tid = tid,
		     .time_ns = ns},
		"rtcore");
}

static void receive(uint64_t seq, uint32_t client, uint64_t ns)
{
	tell((struct path_record){.kind = PATH_RECEIVE,
		     .number = seq,
		     .slot = client,
		     .type = MOS_EVENT_ROCKY_HIGHLIGHT,
		     .tgid = 1000 + client,
		     .tid = 1000 + client,
		     .time_ns = ns},
		"client");
}

static void step(enum path_kind kind, uint32_t slot, uint64_t pos, uint32_t tgid, uint32_t tid, uint64_t ns)
{
	tell((struct path_record){.kind = kind,
		     .number = pos,
		     .slot = slot,
		     .type = MOS_EVENT_ROCKY_HIGHLIGHT,
		     .tgid = tgid,
		     .tid = tid,
		     .time_ns = ns},
		"step");
}

static uint64_t n_of(enum match_hop hop)
{
	return match_hop(m, hop)->n;
}

Test(trace_match, whole_way,
	.description = "TIM-08: emit, take, publish, receive by two: each hop takes what lies between")
{
	step(PATH_EMIT, 7, 41, 1007, 1007, 1000);
	step(PATH_DOORBELL, 7, 42, 1007, 1007, 1300);
	step(PATH_TAKE, 7, 41, RTCORE, BUS, 3000);
	publish(500, 7, BUS, 3500);
	receive(500, 7, 5000);
	receive(500, 8, 9500);
	cr_assert_eq(match_hop(m, HOP_EMIT_BELL)->sum, 300);
	cr_assert_eq(match_hop(m, HOP_EMIT_TAKE)->sum, 2000);
	cr_assert_eq(match_hop(m, HOP_TAKE_RING)->sum, 500);
	cr_assert_eq(match_hop(m, HOP_RING_RECEIVE)->sum, 1500 + 6000);
	cr_assert_eq(match_hop(m, HOP_EMIT_RECEIVE)->sum, 4000 + 8500);
	cr_assert_eq(match_client(m, 0)->receive.max, 1500);
	cr_assert_eq(match_client(m, 1)->receive.max, 6000);
	cr_assert_null(match_client(m, 2));
	cr_assert_eq(match_published(m), 1);
	cr_assert_eq(match_unmatched(m), 0);
}

Test(trace_match, late_bell,
	.description = "TIM-08: who rings is put off by who hears it: the bell is told last, and counts")
{
	step(PATH_EMIT, 7, 41, 1007, 1007, 1000);
	step(PATH_TAKE, 7, 41, RTCORE, BUS, 3000);
	publish(500, 7, BUS, 3500);
	step(PATH_DOORBELL, 7, 42, 1007, 1007, 4200);
	cr_assert_eq(match_hop(m, HOP_EMIT_BELL)->sum, 3200);
	cr_assert_eq(match_unmatched(m), 0);
}

Test(trace_match, any_order,
	.description = "TIM-08: told before its publishing, a receiving waits for it and took no time")
{
	publish(1, MOS_SOURCE_RTCORE, AUDIO, 100);
	receive(3, 1, 990);
	receive(3, 2, 1500);
	step(PATH_TAKE, 7, 41, RTCORE, BUS, 800);
	step(PATH_EMIT, 7, 41, 1007, 1007, 700);
	publish(3, 7, BUS, 1000);
	cr_assert_eq(n_of(HOP_RING_RECEIVE), 2);
	cr_assert_eq(match_client(m, 0)->receive.max, 0);
	cr_assert_eq(match_client(m, 1)->receive.max, 500);
	cr_assert_eq(match_hop(m, HOP_EMIT_TAKE)->sum, 100);
	cr_assert_eq(match_hop(m, HOP_TAKE_RING)->sum, 200);
	cr_assert_eq(n_of(HOP_EMIT_RECEIVE), 2);
	cr_assert_eq(match_unmatched(m), 0);
}

Test(trace_match, lost, .description = "TIM-08: what was not told is counted, and spoils nothing else")
{
	receive(5, 1, 100); /* published before we came */
	publish(10, MOS_SOURCE_RTCORE, AUDIO, 1000);
	receive(10, 1, 1100);
	receive(11, 1, 1200);                     /* its publishing found no room */
	step(PATH_TAKE, 7, 9, RTCORE, BUS, 1300); /* its emit, too */
	publish(12, 7, BUS, 1400);
	receive(12, 1, 1700);
	cr_assert_eq(match_unmatched(m), 1);
	cr_assert_eq(n_of(HOP_RING_RECEIVE), 2);
	cr_assert_eq(match_hop(m, HOP_RING_RECEIVE)->sum, 100 + 300);
	cr_assert_eq(n_of(HOP_EMIT_TAKE), 0);
	cr_assert_eq(n_of(HOP_EMIT_RECEIVE), 0);
	cr_assert_eq(n_of(HOP_TAKE_RING), 1);
	/* the reader says itself what it lost: the greatest figure counts, whichever comes last */
	tell((struct path_record){.kind = PATH_LOST, .number = 40, .slot = 1, .tgid = 1001, .tid = 1001},
		"client");
	tell((struct path_record){.kind = PATH_LOST, .number = 30, .slot = 1, .tgid = 1001, .tid = 1001},
		"client");
	cr_assert_eq(match_client(m, 0)->lost, 40);
	cr_assert(match_is_slow(m, match_client(m, 0)));
}

Test(trace_match, twice, .description = "TIM-08: told twice counts once; backwards is told apart")
{
	publish(10, MOS_SOURCE_RTCORE, AUDIO, 1000);
	publish(10, MOS_SOURCE_RTCORE, AUDIO, 2000);
	publish(11, MOS_SOURCE_RTCORE, AUDIO, 1010);
	receive(11, 1, 1500);
	receive(11, 1, 1900);
	receive(10, 1, 2500);
	step(PATH_TAKE, 3, 1, RTCORE, BUS, 10);
	step(PATH_TAKE, 3, 1, RTCORE, BUS, 50); /* tried again: its sound had found no room */
	publish(12, 3, BUS, 60);
	cr_assert_eq(match_published(m), 3);
	cr_assert_eq(match_client(m, 0)->duplicates, 1);
	cr_assert_eq(match_client(m, 0)->reordered, 1);
	cr_assert_eq(match_client(m, 0)->receive.n, 2);
	cr_assert_eq(match_hop(m, HOP_TAKE_RING)->sum, 50, "from the first time that it was taken");
}

Test(trace_match, foreign_publish,
	.description =
		"TIM-08: a publishing belongs to the record taken before it by the same thread, or to none")
{
	step(PATH_EMIT, 7, 1, 1007, 1007, 1000);
	step(PATH_TAKE, 7, 1, RTCORE, BUS, 2000);
	publish(20, MOS_SOURCE_RTCORE, AUDIO, 2100); /* the other writer's */
	publish(21, 9, BUS, 2200);                   /* another client's: that take was not told */
	cr_assert_eq(n_of(HOP_TAKE_RING), 0);
	publish(22, 7, BUS, 2300);
	cr_assert_eq(match_hop(m, HOP_TAKE_RING)->sum, 300);
	publish(23, 7, BUS, 2400); /* one record is one event */
	cr_assert_eq(n_of(HOP_TAKE_RING), 1);
}

Test(trace_match, far_behind,
	.description =
		"TIM-08: who still receives what was published before we looked is late by that at least")
{
	publish(100, MOS_SOURCE_RTCORE, AUDIO, 1000);
	receive(50, 1, 1000 + SLOW_NS - 1);
	cr_assert_not(match_is_slow(m, match_client(m, 0)));
	receive(51, 1, 1000 + SLOW_NS + 7);
	cr_assert(match_is_slow(m, match_client(m, 0)));
	cr_assert_eq(match_client(m, 0)->receive.max, SLOW_NS + 7);
	cr_assert_eq(match_client(m, 0)->receive.tag_of_max, 51);
	cr_assert_eq(n_of(HOP_RING_RECEIVE), 0);
	cr_assert_eq(match_unmatched(m), 0);
}

Test(trace_match, lapped,
	.description = "TIM-08: an event that is a lap of the ring old is gone from the table")
{
	publish(10, MOS_SOURCE_RTCORE, AUDIO, 1000);
	publish(10 + MATCH_EVENTS, MOS_SOURCE_RTCORE, AUDIO, 5000);
	receive(10, 1, 6000);
	receive(10 + MATCH_EVENTS, 2, 7000);
	cr_assert_eq(match_unmatched(m), 1);
	cr_assert_eq(match_hop(m, HOP_RING_RECEIVE)->sum, 2000);
}

Test(trace_match, midi,
	.description = "TIM-02: MIDI in to ring, instrument, cycle's end, client: each hop by itself")
{
	const uint64_t in = UINT64_C(0x40903c00'80000000), live = in | UINT64_C(0x03000000) << 32;

	tell((struct path_record){.kind = PATH_MIDI_IN,
		     .key = in,
		     .number = 480,
		     .tgid = RTCORE,
		     .tid = AUDIO,
		     .time_ns = 1000},
		"audio");
	publish(30, MOS_SOURCE_MIDI_IN, AUDIO, 1200);
	tell((struct path_record){.kind = PATH_NOTE_SOUNDED,
		     .key = live,
		     .number = 470,
		     .tgid = RTCORE,
		     .tid = AUDIO,
		     .time_ns = 1500},
		"audio"); /* another frame's: of the score */
	tell((struct path_record){.kind = PATH_NOTE_SOUNDED,
		     .key = live,
		     .number = 480,
		     .tgid = RTCORE,
		     .tid = AUDIO,
		     .time_ns = 1700},
		"audio");
	tell(
		(struct path_record){
			.kind = PATH_CYCLE, .number = 9, .tgid = RTCORE, .tid = AUDIO, .time_ns = 2700},
		"audio");
	receive(30, 1, 4000);
	cr_assert_eq(match_hop(m, HOP_MIDI_RING)->sum, 200);
	cr_assert_eq(match_hop(m, HOP_MIDI_SOUND)->sum, 700);
	cr_assert_eq(n_of(HOP_MIDI_SOUND), 1);
	cr_assert_eq(match_hop(m, HOP_SOUND_OUT)->sum, 1200 + 1000);
	cr_assert_eq(match_hop(m, HOP_MIDI_RECEIVE)->sum, 3000);
}

Test(trace_match, slow,
	.description = "TIM-08: who is late, listens long, or has not come back is slow; nobody else")
{
	struct path_listener out = {.begin_ns = 1000, .seq = 3, .tgid = 1004, .slot = 4, .comm = "stuck"};

	for (uint64_t i = 1; i <= 3; i++)
		publish(i, MOS_SOURCE_RTCORE, AUDIO, i * 1000);
	receive(1, 1, 2000);
	receive(1, 2, 1000 + SLOW_NS);
	receive(1, 3, 2000);
	tell((struct path_record){.kind = PATH_LISTENED,
		     .number = 1,
		     .slot = 3,
		     .tgid = 1003,
		     .tid = 1003,
		     .begin_ns = 5000,
		     .time_ns = 5000 + SLOW_NS},
		"client");
	match_listener(m, &out, 1000 + SLOW_NS - 1);
	cr_assert_not(match_is_slow(m, match_client(m, 3)));
	match_listener(m, &out, 1000 + SLOW_NS);
	cr_assert_not(match_is_slow(m, match_client(m, 0)));
	cr_assert(match_is_slow(m, match_client(m, 1)));
	cr_assert(match_is_slow(m, match_client(m, 2)));
	cr_assert(match_is_slow(m, match_client(m, 3)));
	cr_assert_str_eq(match_client(m, 3)->comm, "stuck");
}

Test(trace_match, bounds,
	.description = "SEC-09: too many clients are counted, nonsense is passed over, names end")
{
	struct path_record nonsense = {.kind = 4711, .number = UINT64_MAX, .slot = UINT32_MAX};

	publish(1, MOS_SOURCE_RTCORE, AUDIO, 1);
	for (uint32_t i = 0; i < MATCH_CLIENTS + 5; i++)
		receive(1, i, 2);
	cr_assert_eq(match_left_out(m), 5);
	cr_assert_null(match_client(m, MATCH_CLIENTS));
	match_take(m, &nonsense);
	for (uint32_t kind = 0; kind < 20; kind++) {
		nonsense.kind = kind;
		nonsense.number = kind % 2 ? 0 : UINT64_MAX;
		memset(nonsense.comm, 'x', sizeof(nonsense.comm));
		match_take(m, &nonsense);
	}
	cr_assert_lt(strlen(match_client(m, 0)->comm), (size_t)PATH_COMM_LEN);
}

Test(trace_match, steps, .description = "TIM-08: followed, the newest steps are kept, oldest first")
{
	match_follow(m, 0);
	for (uint64_t i = 1; i <= MATCH_STEPS + 3; i++)
		publish(i, MOS_SOURCE_RTCORE, AUDIO, i);
	cr_assert_eq(match_step(m, 0)->seq, 4);
	cr_assert_eq(match_step(m, MATCH_STEPS - 1)->seq, MATCH_STEPS + 3);
	cr_assert_null(match_step(m, MATCH_STEPS));
}

Test(trace_match, one_event,
	.description = "TIM-08: of one event also the steps are told that came before it had a number")
{
	match_follow(m, 500);
	step(PATH_EMIT, 7, 41, 1007, 1007, 1000);
	step(PATH_TAKE, 7, 41, RTCORE, BUS, 3000);
	publish(499, MOS_SOURCE_RTCORE, AUDIO, 3100);
	publish(500, 7, BUS, 3500);
	receive(499, 8, 4000);
	receive(500, 8, 9500);
	cr_assert_eq(match_step(m, 0)->kind, PATH_EMIT);
	cr_assert_eq(match_step(m, 1)->kind, PATH_TAKE);
	cr_assert_eq(match_step(m, 1)->took_ns, 2000);
	cr_assert_eq(match_step(m, 2)->kind, PATH_PUBLISH);
	cr_assert_eq(match_step(m, 3)->kind, PATH_RECEIVE);
	cr_assert_eq(match_step(m, 3)->took_ns, 6000);
	cr_assert_null(match_step(m, 4));
}
