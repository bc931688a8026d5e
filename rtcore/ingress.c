/* SPDX-License-Identifier: MIT */
/* What clients sent: every field was written by a stranger. Copy, check the copy, count what is refused. */
#include "engine.h"

#define AHEAD_MAX_NS INT64_C(3600000000000)

/* Types that only rtcore itself may publish. */
static int reserved_type(uint32_t type) MOS_RT
{
	return type >> 8 == 0x10 || type >> 8 == 0x11 || type >> 8 == 0x12 || type >> 8 == 0x13 ||
	       type >> 8 == 0x15 || type == MOS_EVENT_METRONOME_BEAT;
}

/* What sounds goes to the live group, whatever the client wrote. @return 0, -1 no packet of a channel. */
static int to_packet(struct mos_event *ev, uint32_t ump[2]) MOS_RT
{
	struct mos_ev_note *n = &ev->u.note;
	struct chan_msg m;

	if (ev->type == MOS_EVENT_MIDI_UMP) {
		ev->u.ump.word[0] = (ev->u.ump.word[0] & 0xf0ffffffu) | MOS_GROUP_LIVE << 24;
		if (ev->u.ump.word[0] >> 28 == 2)
			ev->u.ump.word[1] = 0;
		ump[0] = ev->u.ump.word[0];
		ump[1] = ev->u.ump.word[1];
		return chan_decode(ump, &m);
	}
	n->group = MOS_GROUP_LIVE;
	ump[0] = 0x40000000u | MOS_GROUP_LIVE << 24 |
		 (ev->type == MOS_EVENT_MIDI_NOTEON ? 0x90u : 0x80u) << 16 | (uint32_t)n->channel << 16 |
		 (uint32_t)n->key << 8;
	ump[1] = (uint32_t)n->velocity << 16;
	return 0;
}

static void play(struct engine *e, struct mos_event *ev, const uint32_t ump[2], uint16_t slot) MOS_RT
{
	int64_t ahead_ns = ev->time_ns ? (int64_t)(ev->time_ns - (uint64_t)e->anchor_ns) : 0;

	if (ev->tick != INT64_MIN) {
		(void)live_at_tick(&e->live, ev->tick, ump[0], ump[1], slot);
		return;
	}
	if (ahead_ns <= 0 || ahead_ns > AHEAD_MAX_NS)
		ahead_ns = 0; /* past, or nonsense: now, and so it is told */
	if (ahead_ns == 0)
		ev->time_ns = 0;
	(void)live_at_frame(
		&e->live, e->frame + (uint64_t)((double)ahead_ns / e->dll.frame_ns), ump[0], ump[1], slot);
}

static void take(struct engine *e, struct mos_event *ev, uint16_t slot) MOS_RT
{
	int sounds = ev->type == MOS_EVENT_MIDI_NOTEON || ev->type == MOS_EVENT_MIDI_NOTEOFF ||
		     ev->type == MOS_EVENT_MIDI_UMP;
	enum mos_event_fault fault = mos_event_check(ev);
	uint32_t ump[2] = {0};

	if (fault == MOS_EVENT_BAD_HOPS) {
		engine_count(e, C_INGRESS_HOPS, 1);
		return;
	}
	if (fault != MOS_EVENT_OK || reserved_type(ev->type) || (sounds && to_packet(ev, ump) < 0)) {
		engine_count(e, C_INGRESS_REFUSED, 1);
		return;
	}
	engine_count(e, C_INGRESS, 1);
	if (sounds)
		play(e, ev, ump, slot);
	ev->source = slot;
	ev->flags &= MOS_EVENT_IMMEDIATE;
	engine_publish(e, ev, 0);
}

static void drain(struct engine *e, uint32_t slot) MOS_RT
{
	struct mos_event ev;

	for (uint32_t i = 0; i < ENGINE_PER_CLIENT; i++) {
		int r = mos_ingress_pop(&e->client[slot], &ev);

		if (r == 0) {
			e->more[slot / 64] &= ~(UINT64_C(1) << slot % 64);
			return;
		}
		if (r < 0)
			engine_count(e, C_INGRESS_RESYNC, 1);
		else
			take(e, &ev, (uint16_t)slot);
	}
	e->more[slot / 64] |= UINT64_C(1) << slot % 64;
}

void engine_ingress(struct engine *e) MOS_RT
{
	uint64_t look[MOS_CLIENTS_MAX / 64];
	uint32_t i;

	for (i = 0; i < MOS_CLIENTS_MAX / 64; i++) {
		look[i] = e->more[i];
		look[i] |= mos_dirty_take(e->dirty, i);
	}
	for (i = 0; i < ENGINE_SWEEP; i++) {
		e->sweep = (e->sweep + 1) % MOS_CLIENTS_MAX;
		look[e->sweep / 64] |= UINT64_C(1) << e->sweep % 64;
	}
	for (i = 0; i < MOS_CLIENTS_MAX / 64; i++)
		for (uint64_t m = look[i] & e->attached[i]; m; m &= m - 1)
			drain(e, i * 64 + (uint32_t)__builtin_ctzll(m));
}
