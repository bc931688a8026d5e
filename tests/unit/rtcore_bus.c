/* SPDX-License-Identifier: MIT */
/* The bus, a turn at a time: lanes, frames, shares, order, notices. Time is a number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtcore_fixture.h"

#define MAY_ALL (MOS_MAY_EMIT | MOS_MAY_PLAY)
#define MS INT64_C(1000000)
#define BIT(group) (1u << MOS_EVENT_GROUP_##group)

/** A bus whose clock is set by the test, and clients on it. */
struct stand {
	struct rig rig;
	int64_t now_ns;
	uint32_t rung; /* groups since the last look */
	struct rig_client client[4];
};

static void take_turns(struct stand *s)
{
	int more;

	do {
		more = bus_turn(s->rig.bus, s->now_ns);
		s->rung |= s->rig.bus->groups;
		s->rig.bus->groups = 0;
	} while (more);
}

static void set_up(struct stand *s, uint32_t n_clients)
{
	*s = (struct stand){.now_ns = 1000 * MS * 16};
	rig_init(&s->rig, 48000, 64);
	for (uint32_t i = 0; i < n_clients; i++)
		rig_client_open(&s->client[i], &s->rig, (uint16_t)(i * 300), MAY_ALL);
	take_turns(s);
}

static void tear_down(struct stand *s, uint32_t n_clients)
{
	for (uint32_t i = 0; i < n_clients; i++)
		rig_client_close(&s->client[i], &s->rig);
	rig_finish(&s->rig);
}

/** To `ms` after the start of the stand's time, a turn there. */
static void go_to(struct stand *s, int64_t us)
{
	s->now_ns = 1000 * MS * 16 + us * 1000;
	take_turns(s);
}

static int emit(struct stand *s, uint32_t i, const struct mos_event *ev)
{
	int rc = mos_ingress_push(&s->client[i].w, ev);

	if (rc == 1)
		bus_doorbell(s->rig.bus, s->client[i].slot, s->now_ns);
	return rc;
}

static struct mos_event numbered_chord(uint32_t n, uint8_t flags)
{
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .tick = n, .flags = flags};

	return ev;
}

static struct mos_event snapshot(uint8_t sustain, uint8_t flags)
{
	return (struct mos_event){
		.type = MOS_EVENT_MIDI_SNAPSHOT, .flags = flags, .u.snapshot = {.sustain = sustain}};
}

static uint32_t count_events(struct stand *s, uint32_t type)
{
	struct mos_event ev;
	uint32_t n = 0;

	while (rig_event(&s->rig, type, &ev))
		n++;
	return n;
}

Test(bus, batch_of_a_hundred,
	.description = "EVT-02 E2.4.4.1 EVT-15: a hundred events within a frame come with its end, all, "
		       "once, in order")
{
	struct mos_event ev;
	struct stand s;

	set_up(&s, 1);
	for (uint32_t n = 0; n < 100; n++) {
		ev = numbered_chord(n, 0);
		go_to(&s, 100 + n * 150);
		cr_assert_geq(emit(&s, 0, &ev), 0);
	}
	go_to(&s, 15999);
	cr_assert_eq(rig_event(&s.rig, 0, &ev), 0, "told before the frame's end");
	cr_assert_eq(s.rung, 0);
	cr_assert_eq(bus_deadline_ns(s.rig.bus), 1001 * MS * 16, "nobody would wake up for the frame");
	go_to(&s, 16000);
	for (uint32_t n = 0; n < 100; n++) {
		cr_assert(rig_event(&s.rig, 0, &ev), "event %u is missing", n);
		cr_assert_eq(ev.tick, n);
		cr_assert_eq(ev.source, 0);
		cr_assert_eq(ev.time_ns, (uint64_t)s.now_ns);
	}
	cr_assert_eq(rig_event(&s.rig, 0, &ev), 0);
	cr_assert_eq(s.rung, BIT(CHORD));
	cr_assert_eq(bus_deadline_ns(s.rig.bus), 0, "it wakes up for nothing");
	tear_down(&s, 1);
}

Test(bus, chords_for_a_minute,
	.description = "EVT-02 E2.4.4.1: ten chord changes a second for a minute all arrive, once and in "
		       "order, each within 16 ms")
{
	struct mos_event ev;
	struct stand s;

	set_up(&s, 1);
	for (uint32_t n = 0; n < 600; n++) {
		int64_t at_us = n * 100000 + (int64_t)n * 7919 % 16000;

		go_to(&s, at_us);
		ev = numbered_chord(n, 0);
		cr_assert_geq(emit(&s, 0, &ev), 0);
		take_turns(&s);
		if (bus_deadline_ns(s.rig.bus))
			go_to(&s, (bus_deadline_ns(s.rig.bus) - 1000 * MS * 16) / 1000);
		cr_assert_leq(s.now_ns - (1000 * MS * 16 + at_us * 1000), 16 * MS);
		cr_assert(rig_event(&s.rig, 0, &ev));
		cr_assert_eq(ev.tick, n);
		cr_assert_eq(rig_event(&s.rig, 0, &ev), 0);
	}
	tear_down(&s, 1);
}

Test(bus, immediate_at_once,
	.description = "EVT-12 EVT-14: an immediate event is told in the same turn, and takes what its "
		       "client sent before it along, in "
		       "order; other clients' batched ones wait")
{
	struct mos_event ev;
	struct stand s;

	set_up(&s, 2);
	go_to(&s, 1000);
	for (uint32_t n = 0; n < 3; n++) {
		ev = numbered_chord(n, 0);
		cr_assert_geq(emit(&s, 0, &ev), 0);
		cr_assert_geq(emit(&s, 1, &ev), 0);
	}
	take_turns(&s);
	cr_assert_eq(rig_event(&s.rig, 0, &ev), 0);
	ev = numbered_chord(3, MOS_EVENT_IMMEDIATE);
	cr_assert_eq(emit(&s, 0, &ev), 1);
	take_turns(&s);
	for (uint32_t n = 0; n < 4; n++) {
		cr_assert(rig_event(&s.rig, 0, &ev));
		cr_assert_eq(ev.tick, n);
		cr_assert_eq(ev.source, 0);
	}
	cr_assert_eq(rig_event(&s.rig, 0, &ev), 0);
	cr_assert_eq(s.rung, BIT(CHORD));
	go_to(&s, 16000);
	cr_assert_eq(count_events(&s, 0), 3);
	tear_down(&s, 2);
}

Test(bus, half_full,
	.description = "EVT-02: a ring that is half full is emptied before its frame ends, so that a burst "
		       "of a thousand within a frame "
		       "is not lost: the client's share of it comes at once, the rest with the next frames")
{
	struct mos_event ev;
	struct stand s;
	uint32_t in = 0, out = 0;

	set_up(&s, 1);
	for (int64_t us = 1000; out < 1000; us += 100) {
		go_to(&s, us);
		for (int k = 0; k < 40 && in < 1000; k++) {
			ev = numbered_chord(in, 0);
			if (emit(&s, 0, &ev) >= 0)
				in++;
		}
		take_turns(&s);
		while (rig_event(&s.rig, MOS_EVENT_CHORD_DETECTED, &ev))
			cr_assert_eq(ev.tick, out++);
		cr_assert_leq(out, BUS_SHARE * (1 + us / 16000), "more than its share by %ld us", us);
		cr_assert_lt(us, 40000);
	}
	cr_assert_eq(in, 1000);
	tear_down(&s, 1);
}

Test(bus, snapshots,
	.description = "EVT-13 MID-08: of fifty snapshots in a frame one is told, the last, of each client; "
		       "an immediate one at once")
{
	struct mos_event ev;
	struct stand s;

	set_up(&s, 2);
	for (uint32_t n = 0; n < 50; n++) {
		go_to(&s, 100 + n * 300);
		ev = snapshot((uint8_t)n, 0);
		cr_assert_geq(emit(&s, 0, &ev), 0);
		ev = snapshot((uint8_t)(n + 50), 0);
		cr_assert_geq(emit(&s, 1, &ev), 0);
	}
	go_to(&s, 16000);
	for (uint8_t i = 0; i < 2; i++) {
		cr_assert(rig_event(&s.rig, MOS_EVENT_MIDI_SNAPSHOT, &ev));
		cr_assert_eq(ev.u.snapshot.sustain, ev.source ? 99 : 49);
	}
	cr_assert_eq(rig_event(&s.rig, MOS_EVENT_MIDI_SNAPSHOT, &ev), 0);
	cr_assert_eq(rig_counter(&s.rig, C_BUS_COALESCED), 98);
	go_to(&s, 32000);
	cr_assert_eq(count_events(&s, 0), 0);

	/* An urgent turn within the frame does not tell what its end shall tell. */
	ev = snapshot(1, 0);
	cr_assert_geq(emit(&s, 0, &ev), 0);
	ev = numbered_chord(1, MOS_EVENT_IMMEDIATE);
	cr_assert_geq(emit(&s, 0, &ev), 0);
	go_to(&s, 33000);
	cr_assert_eq(count_events(&s, MOS_EVENT_MIDI_SNAPSHOT), 0);
	ev = snapshot(2, MOS_EVENT_IMMEDIATE);
	cr_assert_eq(emit(&s, 0, &ev), 1);
	go_to(&s, 34000);
	cr_assert(rig_event(&s.rig, MOS_EVENT_MIDI_SNAPSHOT, &ev));
	cr_assert_eq(ev.u.snapshot.sustain, 2);
	go_to(&s, 48000);
	cr_assert_eq(count_events(&s, 0), 0, "an older one was told after it");
	cr_assert_eq(rig_counter(&s.rig, C_BUS_COALESCED), 99);
	ev = snapshot(3, 0);
	cr_assert_geq(emit(&s, 0, &ev), 0);
	go_to(&s, 49000);
	tear_down(&s, 2); /* the last one goes with its client */
}

/** What came since the last look, in a flood of client 0 beside client 1's calm events. */
struct tally {
	uint64_t n_flood; /* in order, numbered from 0 */
	uint32_t n_calm, n_notices;
	struct mos_event calm, notice; /* the last ones */
};

static void look(struct stand *s, struct tally *t)
{
	struct mos_event ev;

	while (rig_event(&s->rig, 0, &ev))
		if (ev.type == MOS_EVENT_BUS_NOTICE) {
			t->notice = ev;
			t->n_notices++;
		} else if (ev.source == 0) {
			cr_assert_eq(ev.tick, (int64_t)t->n_flood);
			t->n_flood++;
		} else {
			t->calm = ev;
			t->n_calm++;
		}
}

Test(bus, flood,
	.description = "EVT-05 EVT-12: a flood costs the flooding client: it gets its share of a frame, "
		       "loses nothing and is named once a "
		       "second; others' immediate events are told in the same turn")
{
	struct tally t = {0};
	struct mos_event ev;
	struct stand s;
	uint32_t in = 0, n_calm = 0;

	set_up(&s, 2);
	for (int64_t us = 0; us < 2000000; us += 1000) {
		go_to(&s, us);
		for (ev = numbered_chord(in, 0); emit(&s, 0, &ev) >= 0; ev = numbered_chord(in, 0))
			in++;
		ev = numbered_chord((uint32_t)us, MOS_EVENT_IMMEDIATE);
		cr_assert_eq(emit(&s, 1, &ev), 1);
		(void)bus_turn(s.rig.bus, s.now_ns);
		look(&s, &t);
		cr_assert_eq(t.n_calm, ++n_calm, "at %ld us: the calm one waits", us);
		cr_assert_eq(t.calm.tick, us);
		take_turns(&s);
		look(&s, &t);
	}
	cr_assert_leq(t.n_flood, BUS_SHARE * 126);
	cr_assert_geq(t.n_flood, BUS_SHARE * 124, "%lu", t.n_flood);
	cr_assert_eq(t.n_notices, 2, "%u notices in two seconds", t.n_notices);
	cr_assert_eq(t.notice.u.notice.reason, MOS_BUS_FLOOD);
	cr_assert_eq(t.notice.u.notice.source, 0);
	cr_assert_gt(t.notice.u.notice.count, 50);
	cr_assert_geq(rig_counter(&s.rig, C_BUS_FLOODS), 120);
	tear_down(&s, 2);
}

Test(bus, doorbell_flood,
	.description = "EVT-05: a client that only rings is not listened to for the rest of the frame, and "
		       "again in the next one")
{
	struct mos_event ev;
	struct stand s;

	set_up(&s, 1);
	go_to(&s, 1000);
	for (uint32_t n = 0; n < 2000; n++)
		bus_doorbell(s.rig.bus, 0, s.now_ns);
	take_turns(&s);
	cr_assert(bus_set_has(&s.rig.bus->muted, 0));
	cr_assert_eq(bus_deadline_ns(s.rig.bus), 1001 * MS * 16);
	go_to(&s, 16000);
	cr_assert_not(bus_set_has(&s.rig.bus->muted, 0));
	cr_assert(rig_event(&s.rig, MOS_EVENT_BUS_NOTICE, &ev));
	cr_assert_eq(ev.u.notice.reason, MOS_BUS_FLOOD);
	ev = numbered_chord(1, MOS_EVENT_IMMEDIATE);
	cr_assert_eq(emit(&s, 0, &ev), 1);
	take_turns(&s);
	cr_assert_eq(count_events(&s, MOS_EVENT_CHORD_DETECTED), 1);
	tear_down(&s, 1);
}

Test(bus, doorbells_of_many,
	.description = "EVT-05 EVT-22: where many ring and send nothing, those that ring most are shut out "
		       "for the frame; who rings little is heard")
{
	struct mos_event ev = numbered_chord(1, MOS_EVENT_IMMEDIATE);
	struct stand s;

	set_up(&s, 2);
	go_to(&s, 1000);
	s.rig.bus->n_rings = BUS_FRAME_RINGS; /* of a thousand others */
	for (uint32_t n = 0; n <= BUS_ROUND; n++)
		bus_doorbell(s.rig.bus, s.client[0].slot, s.now_ns);
	cr_expect(bus_set_has(&s.rig.bus->muted, s.client[0].slot));
	cr_assert_eq(emit(&s, 1, &ev), 1);
	take_turns(&s);
	cr_expect_not(bus_set_has(&s.rig.bus->muted, s.client[1].slot));
	cr_expect_eq(count_events(&s, MOS_EVENT_CHORD_DETECTED), 1);
	go_to(&s, 16000);
	cr_expect_not(bus_set_has(&s.rig.bus->muted, s.client[0].slot));
	tear_down(&s, 2);
}

Test(bus, sleepers_wake_in_a_flood,
	.description = "EVT-15 EVT-02 E2.4.4.1: who waits for no immediate event wakes once a frame, even if "
		       "the frame's work is never done")
{
	struct mos_event ev = numbered_chord(1, 0);
	struct stand s;

	set_up(&s, 4);
	for (uint32_t i = 0; i < 4; i++) {
		cr_assert_eq(emit(&s, i, &ev), 1);
		for (uint32_t n = 0; n < 250; n++)
			cr_assert_geq(mos_ingress_push(&s.client[i].w, &ev), 0);
	}
	s.now_ns += 16 * MS;
	cr_assert_eq(bus_turn(s.rig.bus, s.now_ns), 1);
	cr_assert_eq(s.rig.bus->groups, 0);
	s.now_ns += 16 * MS;
	cr_assert_eq(bus_turn(s.rig.bus, s.now_ns), 1, "the work is done, nothing is shown");
	cr_expect(s.rig.bus->groups & BIT(CHORD));
	take_turns(&s);
	cr_expect_eq(count_events(&s, MOS_EVENT_CHORD_DETECTED), 4 * 251);
	tear_down(&s, 4);
}

Test(bus, cycle,
	.description = "EVT-18 E2.4.4.7: two that answer each other for ever end after eight hops; the "
		       "notice names both; one that answers "
		       "itself ends too")
{
	struct mos_event ev = numbered_chord(0, MOS_EVENT_IMMEDIATE), notice;
	struct stand s;
	uint32_t n = 0;

	set_up(&s, 2);
	cr_assert_eq(emit(&s, 0, &ev), 1);
	take_turns(&s);
	while (rig_event(&s.rig, MOS_EVENT_CHORD_DETECTED, &ev)) {
		cr_assert_eq(ev.hops, n++);
		ev.hops++;
		cr_assert_eq(emit(&s, ev.source == 0 ? 1 : 0, &ev), 1);
		take_turns(&s);
		cr_assert_leq(n, 9);
	}
	cr_assert_eq(n, 9, "hops 0 to 8");
	cr_assert_eq(rig_counter(&s.rig, C_BUS_CYCLES), 1);
	/* the reader has passed the notice on its way through the chords */
	cr_assert_eq(mos_event_reader_init(&s.rig.reader, &s.rig.regions.events, 1), 0);
	cr_assert(rig_event(&s.rig, MOS_EVENT_BUS_NOTICE, &notice));
	cr_assert_eq(notice.u.notice.reason, MOS_BUS_CYCLE);
	cr_assert_eq(notice.u.notice.type, MOS_EVENT_CHORD_DETECTED);
	cr_assert_eq(notice.u.notice.source, 300);
	cr_assert_eq(notice.u.notice.other, 0);
	cr_assert_eq(mos_event_check(&notice), MOS_EVENT_OK);

	ev = numbered_chord(7, MOS_EVENT_IMMEDIATE);
	for (; ev.hops < 10; ev.hops++) {
		cr_assert_eq(emit(&s, 1, &ev), 1);
		go_to(&s, 2000000 + ev.hops);
	}
	cr_assert_eq(count_events(&s, MOS_EVENT_CHORD_DETECTED), 9);
	cr_assert_eq(rig_counter(&s.rig, C_BUS_CYCLES), 2);
	tear_down(&s, 2);
}

Test(bus, notices_are_few,
	.description = "EVT-05 EVT-20: of ten thousand bad records in two and a half seconds three are told, "
		       "with their number")
{
	struct mos_event bad = {.type = MOS_EVENT_TRANSPORT_STOP, .flags = MOS_EVENT_IMMEDIATE}, ev;
	struct stand s;
	uint64_t n = 0, counted = 0;

	set_up(&s, 1);
	for (int64_t us = 0; us < 2500000; us += 250) {
		go_to(&s, us);
		cr_assert_geq(emit(&s, 0, &bad), 0);
	}
	go_to(&s, 2500000);
	while (rig_event(&s.rig, 0, &ev)) {
		cr_assert_eq(ev.type, MOS_EVENT_BUS_NOTICE);
		cr_assert_eq(ev.u.notice.reason, MOS_BUS_REFUSED);
		cr_assert_eq(ev.u.notice.type, MOS_EVENT_TRANSPORT_STOP);
		cr_assert_gt(ev.u.notice.count, counted);
		counted = ev.u.notice.count;
		n++;
	}
	cr_assert_eq(n, 3);
	cr_assert_eq(counted, 8001);
	tear_down(&s, 1);
}

Test(bus, bells_by_group,
	.description = "EVT-02 EVT-14: immediate news of the audio thread rings at once, other news with the "
		       "frame; each only its group")
{
	struct mos_event ev = {.type = MOS_EVENT_TRANSPORT_PLAY, .flags = MOS_EVENT_IMMEDIATE};
	struct stand s;

	set_up(&s, 0);
	s.rig.e->bell_fd = -2; /* somebody is there to be woken, no descriptor */
	engine_publish(s.rig.e, &ev, 0);
	ev.type = MOS_EVENT_MIDI_NOTEON;
	ev.flags = 0;
	engine_publish(s.rig.e, &ev, 0);
	cr_assert_eq(s.rig.e->groups_now, BIT(TRANSPORT));
	cr_assert_eq(s.rig.e->groups_lane, BIT(MIDI));
	s.rig.e->bell_fd = -1;
	tear_down(&s, 0);
}

Test(bus, broker_events,
	.description = "EVT-25: an event of the broker is told as the broker's, one of rtcore as rtcore's, "
		       "each answered")
{
	struct engine_cmd cmd = {.msg.op = MOS_RTCTL_EVENT, .msg.id = 77};
	struct mos_event ev;
	struct stand s;

	set_up(&s, 0);
	cmd.msg.u.event =
		(struct mos_event){.type = MOS_EVENT_WIDGET_STATE, .source = 5, .u.widget = {.id = "tuner"}};
	cr_assert_eq(bus_send(s.rig.bus, &cmd), 0);
	take_turns(&s);
	cr_assert_eq(bus_receive(s.rig.bus, &cmd), 1);
	cr_assert_eq(cmd.msg.id, 77);
	cr_assert_eq(cmd.msg.status, 0);
	cr_assert(rig_event(&s.rig, MOS_EVENT_WIDGET_STATE, &ev));
	cr_assert_eq(ev.source, MOS_SOURCE_BROKER);
	cmd = (struct engine_cmd){.msg.op = ENGINE_OP_EVENT};
	cmd.msg.u.event = (struct mos_event){.type = MOS_EVENT_ENGINE_STATE};
	cr_assert_eq(bus_send(s.rig.bus, &cmd), 0);
	take_turns(&s);
	cr_assert(rig_event(&s.rig, MOS_EVENT_ENGINE_STATE, &ev));
	cr_assert_eq(ev.source, MOS_SOURCE_RTCORE);
	tear_down(&s, 0);
}

Test(bus, figures,
	.description = "EVT-20 E2.4.4.10 EVT-10: what is published and refused is counted by type, by each "
		       "writer apart, and in all")
{
	struct mos_event ev = numbered_chord(1, 0);
	struct stand s;
	uint32_t place = (uint32_t)mos_event_type_index(MOS_EVENT_CHORD_DETECTED);

	set_up(&s, 1);
	for (int i = 0; i < 10; i++)
		cr_assert_geq(emit(&s, 0, &ev), 0);
	go_to(&s, 16000);
	engine_publish(s.rig.e, &ev, 0);
	cr_assert_eq(rig_counter(&s.rig, (enum rtcore_counter)(C_BUS_PUBLISHED + place)), 10);
	cr_assert_eq(rig_counter(&s.rig, (enum rtcore_counter)(C_RT_PUBLISHED + place)), 1);
	rig_run(&s.rig, 64);
	cr_assert_eq((uint64_t)rig_counter(&s.rig, C_PUBLISHED), s.rig.e->log.claim);
	cr_assert_geq(rig_counter(&s.rig, C_PUBLISHED), 11);
	for (uint32_t i = 0; i < RTCORE_N_TYPES; i++) {
		char name[64];
		struct mos_counters_view v;
		int index;

		cr_assert_eq(mos_counters_attach(s.rig.regions.counters.region.fd, &v, NULL), 0);
		(void)snprintf(name, sizeof(name), "bus.refused.reserved.%s",
			mos_event_type_name(mos_event_type_at(i)));
		index = mos_counters_find(&v, name);
		cr_assert_eq(index, (int)(C_BUS_REFUSED + REFUSED_RESERVED * RTCORE_N_TYPES + i), "%s", name);
		mos_counters_detach(&v);
	}
	tear_down(&s, 1);
}

Test(bus, thousand_clients, .timeout = 60,
	.description = "EVT-12 EVT-05: a thousand flooding clients together get a bound of the frame, each "
		       "its part; an immediate event of "
		       "another waits for a few records of each at most")
{
	static struct rig_client crowd[1000];
	struct mos_event ev = numbered_chord(0, MOS_EVENT_IMMEDIATE);
	uint32_t n_of[1000] = {0}, taken = 0;
	struct stand s;
	int more;

	set_up(&s, 0);
	for (uint16_t i = 0; i < 1000; i++)
		rig_client_open(&crowd[i], &s.rig, i, MAY_ALL);
	rig_client_open(&s.client[0], &s.rig, 1023, MAY_ALL);
	go_to(&s, 100);
	for (uint16_t i = 0; i < 1000; i++)
		for (int n = 0; n < 40; n++)
			if (mos_ingress_push(&crowd[i].w, &ev) == 1)
				bus_doorbell(s.rig.bus, i, s.now_ns);
	ev.u.chord.confidence = 77;
	cr_assert_eq(emit(&s, 0, &ev), 1);
	do {
		more = bus_turn(s.rig.bus, s.now_ns);
		while (rig_event(&s.rig, 0, &ev))
			if (ev.source < 1000)
				n_of[ev.source]++;
			else if (ev.source == 1023)
				taken = s.rig.bus->n_records;
	} while (more);
	cr_assert(taken > 0 && taken <= 1000 * BUS_FIRST + BUS_TURN, "it came after %u records", taken);
	for (int i = 0; i < 1000; i++)
		cr_assert_geq(n_of[i], BUS_ROUND, "client %d got %u", i, n_of[i]);
	cr_assert_leq(s.rig.bus->n_records, BUS_FRAME_RECORDS + 1000 * BUS_ROUND);
	go_to(&s, 16000);
	while (rig_event(&s.rig, 0, &ev))
		if (ev.source < 1000)
			n_of[ev.source]++;
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(n_of[i], 40);
	cr_assert_eq(rig_counter(&s.rig, C_BUS_UNPUBLISHED), 0);
	for (uint16_t i = 0; i < 1000; i++)
		rig_client_close(&crowd[i], &s.rig);
	tear_down(&s, 1);
}
