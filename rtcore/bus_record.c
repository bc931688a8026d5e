/* SPDX-License-Identifier: MIT */
/* One record of a client: every field was written by a stranger. The copy is checked, then it acts. */
#include "bus.h"

#include <errno.h>

#include "../shm/probe.h"

#define APART_MAX_NS INT64_C(3600000000000) /* times further away than an hour are nonsense */

static int sounds(uint32_t type)
{
	return type == MOS_EVENT_MIDI_NOTEON || type == MOS_EVENT_MIDI_NOTEOFF || type == MOS_EVENT_MIDI_UMP;
}

/* What only rtcore and the broker tell. */
static int is_ours(const struct mos_event *ev)
{
	switch (mos_event_group(ev->type)) {
	case MOS_EVENT_GROUP_TRANSPORT:
	case MOS_EVENT_GROUP_SCORE:
	case MOS_EVENT_GROUP_SYSTEM:
	case MOS_EVENT_GROUP_BUS:
		return 1;
	default:
		return ev->type == MOS_EVENT_METRONOME_BEAT && ev->u.beat.n_steps == 0;
	}
}

/*
 * What sounds goes to the live group, whatever the client wrote; what is for the MIDI output, to one of the three
 * groups that are sent. @return 0, -1 no packet of a channel.
 */
static int to_packet(struct mos_event *ev, uint32_t ump[2])
{
	struct mos_ev_note *n = &ev->u.note;
	struct chan_msg m;

	const int to_output = (ev->flags & MOS_EVENT_TO_OUTPUT) != 0;

	if (to_output && ev->tick != INT64_MIN)
		return -1; /* the output knows times, no ticks */
	if (ev->type == MOS_EVENT_MIDI_UMP) {
		if (to_output && (ev->u.ump.word[0] >> 24 & 15) >= MOS_GROUP_LIVE)
			return -1;
		if (!to_output)
			ev->u.ump.word[0] = (ev->u.ump.word[0] & 0xf0ffffffu) | MOS_GROUP_LIVE << 24;
		ump[0] = ev->u.ump.word[0];
		ump[1] = ev->u.ump.word[1];
		return chan_decode(ump, &m);
	}
	if (!to_output)
		n->group = MOS_GROUP_LIVE;
	else if (n->group >= MOS_GROUP_LIVE)
		return -1;
	ump[0] = 0x40000000u | (uint32_t)n->group << 24 |
		 (ev->type == MOS_EVENT_MIDI_NOTEON ? 0x90u : 0x80u) << 16 | (uint32_t)n->channel << 16 |
		 (uint32_t)n->key << 8;
	ump[1] = (uint32_t)n->velocity << 16;
	return 0;
}

/*
 * Who told the event that `slot` would have answered: the last one at the limit, or, where that is itself (two
 * chains may run at once), the one before.
 */
static uint16_t answered(const struct bus *b, uint32_t slot)
{
	uint16_t other = b->far[0] == slot && b->far[1] < MOS_CLIENTS_MAX ? b->far[1] : b->far[0];

	return other < MOS_CLIENTS_MAX ? other : 0xffff;
}

static void refuse(
	struct bus *b, uint32_t slot, enum rtcore_refusal why, const struct mos_event *ev, int64_t now_ns)
{
	uint32_t place = (uint32_t)mos_event_type_index(ev->type);

	mos_counter_add(b->engine->counters, C_BUS_REFUSED + why * RTCORE_N_TYPES + place, 1);
	if (why == REFUSED_HOPS) {
		mos_counter_add(b->engine->counters, C_BUS_CYCLES, 1);
		bus_notice(b, slot, MOS_BUS_CYCLE, ev->type, answered(b, slot), now_ns);
	} else {
		bus_notice(b, slot, MOS_BUS_REFUSED, ev->type, 0xffff, now_ns);
	}
}

/* @return 1 it may act, its packet in ump if it sounds; 0 it was refused. */
static int admit(struct bus *b, uint32_t slot, struct mos_event *ev, uint32_t ump[2], int64_t now_ns)
{
	static const enum rtcore_refusal why[MOS_EVENT_N_FAULTS] = {[MOS_EVENT_BAD_FLAGS] = REFUSED_FLAGS,
		[MOS_EVENT_BAD_HOPS] = REFUSED_HOPS,
		[MOS_EVENT_BAD_FIELD] = REFUSED_FIELD,
		[MOS_EVENT_BAD_RESERVED] = REFUSED_RESERVED};
	uint32_t need = ev->flags & MOS_EVENT_TO_OUTPUT ? MOS_MAY_MIDI_OUT
			: sounds(ev->type)              ? MOS_MAY_PLAY
							: MOS_MAY_EMIT;
	enum mos_event_fault fault = mos_event_check(ev);

	if (fault == MOS_EVENT_BAD_TYPE) {
		mos_counter_add(b->engine->counters, C_BUS_BAD_TYPE, 1);
		bus_notice(b, slot, MOS_BUS_REFUSED, 0, 0xffff, now_ns);
	} else if (fault != MOS_EVENT_OK) {
		refuse(b, slot, why[fault], ev, now_ns);
	} else if (is_ours(ev)) {
		refuse(b, slot, REFUSED_ORIGIN, ev, now_ns);
	} else if (!(b->client[slot].in.may & need)) {
		refuse(b, slot, REFUSED_GRANT, ev, now_ns);
	} else if (sounds(ev->type) && to_packet(ev, ump) < 0) {
		refuse(b, slot, REFUSED_FIELD, ev, now_ns);
	} else {
		return 1;
	}
	return 0;
}

/* Hand it to the audio thread. @return 0; -EAGAIN its share of a cycle, or the queue, is spent. */
static int play(struct bus *b, uint32_t slot, const struct mos_event *ev, const uint32_t ump[2])
{
	struct bus_client *c = &b->client[slot];
	struct engine_sound s = {.to_output = (ev->flags & MOS_EVENT_TO_OUTPUT) != 0,
		.time_ns = ev->time_ns, .tick = ev->tick, .ump = {ump[0], ump[1]}, .slot = (uint16_t)slot};

	if (c->serve != b->serves) {
		c->serve = b->serves;
		c->n_sounding = 0;
	}
	if (c->n_sounding == ENGINE_PER_CLIENT || spsc_push(&b->engine->sounds, &s) < 0)
		return -EAGAIN;
	c->n_sounding++;
	return 0;
}

void bus_publish(struct bus *b, struct mos_event *ev, int64_t now_ns)
{
	struct engine *e = b->engine;
	uint32_t group = 1u << mos_event_group(ev->type);
	uint64_t seq;

	if (ev->time_ns == 0)
		ev->time_ns = (uint64_t)now_ns;
	seq = mos_event_publish(&e->bus_events, ev, /* now_ns= */ 0);
	if (seq == 0) {
		mos_counter_add(e->counters, C_BUS_UNPUBLISHED, 1);
		return;
	}
	MOS_PROBE(publish, seq, ev->type, ev->source);
	mos_counter_add(e->counters, C_BUS_PUBLISHED + (uint32_t)mos_event_type_index(ev->type), 1);
	if (ev->hops == MOS_HOPS_MAX && ev->source != b->far[0]) {
		b->far[1] = b->far[0];
		b->far[0] = ev->source;
	}
	if (ev->flags & MOS_EVENT_IMMEDIATE)
		b->groups |= group;
	else
		b->lane |= group;
}

/* Of a frame's snapshots the last is told, at its end; an immediate one at once. */
static void take_snapshot(struct bus *b, uint32_t slot, struct mos_event *ev, int64_t now_ns)
{
	struct bus_client *c = &b->client[slot];

	if (c->has_snapshot)
		mos_counter_add(b->engine->counters, C_BUS_COALESCED, 1);
	c->has_snapshot = !(ev->flags & MOS_EVENT_IMMEDIATE);
	if (c->has_snapshot)
		c->snapshot = *ev;
	else
		bus_publish(b, ev, now_ns);
}

int bus_take(struct bus *b, uint32_t slot, struct mos_event *ev, int64_t now_ns)
{
	int64_t ahead_ns = ev->time_ns ? (int64_t)(ev->time_ns - (uint64_t)now_ns) : 0;
	uint32_t ump[2];

	MOS_PROBE(ingress_take, slot, ev->type, b->client[slot].in.ring.read_pos - 1);
	if (!admit(b, slot, ev, ump, now_ns))
		return 0;
	ev->source = (uint16_t)slot;
	ev->flags &= MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT;
	if (ahead_ns > APART_MAX_NS || ahead_ns < -APART_MAX_NS)
		ev->time_ns = 0; /* now, and so it is told */
	if (sounds(ev->type)) {
		if (ahead_ns < 0)
			ev->time_ns = 0; /* it sounds now, whenever it was meant */
		if (play(b, slot, ev, ump) < 0)
			return -EAGAIN;
		if (ev->flags & MOS_EVENT_TO_OUTPUT)
			return 0; /* it is sent, not played: nobody here is told of a note */
	}
	if (ev->type == MOS_EVENT_MIDI_SNAPSHOT)
		take_snapshot(b, slot, ev, now_ns);
	else
		bus_publish(b, ev, now_ns);
	return 0;
}
