/* SPDX-License-Identifier: MIT */
/*
 * MIDI input: packets become notes of the live group and events of the bus, at their frame (TIM-02, MID-01);
 * figures about it (MID-06); and the end of what a source held that is gone.
 */
#include "engine.h"

#include <mos/ump.h>

#include "../shm/probe.h"

#define RATE_NS INT64_C(1000000000)

static void tell(struct engine *e, const uint32_t *word, uint32_t n_words, uint32_t offset) MOS_RT
{
	struct mos_event ev = {.tick = INT64_MIN,
		.type = MOS_EVENT_MIDI_UMP,
		.source = MOS_SOURCE_MIDI_IN,
		.flags = MOS_EVENT_IMMEDIATE};

	if (!engine_note_event(word, &ev))
		for (uint32_t i = 0; i < n_words; i++)
			ev.u.ump.word[i] = word[i];
	engine_publish(e, &ev, offset);
}

/* As it came, group and all, for those who have `midi.in`. */
static void tell_raw(struct engine *e, const struct driver_ump *u, uint32_t offset) MOS_RT
{
	struct mos_event ev = {.tick = INT64_MIN,
		.type = MOS_EVENT_MIDI_UMP,
		.source = MOS_SOURCE_MIDI_IN,
		.flags = MOS_EVENT_IMMEDIATE,
		.time_ns = (uint64_t)engine_frame_ns(e, e->frame + offset)};

	for (uint32_t i = 0; i < u->n_words; i++)
		ev.u.ump.word[i] = u->word[i];
	(void)mos_event_publish(&e->midi_events, &ev, ev.time_ns); /* its one writer never waits */
}

/* Which channels have controllers set by the input: they are put back when it goes away. */
static void remember_control(struct engine *e, const uint32_t ump[2]) MOS_RT
{
	uint32_t status = ump[0] >> 20 & 15, channel = ump[0] >> 16 & 15;

	if (status == 0x2 || status == 0xb || status == 0xd || status == 0xe)
		e->midi_in.controlled |= (uint16_t)(1u << channel);
}

/* In this very cycle, at its frame. Parameters of MIDI 2.0 are spelled as controllers, which the channels
 * know. */
static void sound(struct engine *e, const uint32_t ump[2], uint32_t offset) MOS_RT
{
	uint32_t status = ump[0] >> 20 & 15, packet[4] = {0}, n = 0;

	if (status == 2 || status == 3)
		n = mos_ump_to_midi1(ump, packet);
	for (uint32_t i = 0; i < n; i++)
		(void)live_at_frame(&e->live, e->frame + offset, packet[i], 0, MOS_SOURCE_MIDI_IN);
	if (n == 0)
		(void)live_at_frame(&e->live, e->frame + offset, ump[0], ump[1], MOS_SOURCE_MIDI_IN);
}

void engine_midi_in(struct engine *e, const struct driver_midi *in, uint32_t first, uint32_t n_frames) MOS_RT
{
	for (uint32_t i = 0; i < in->n && i < DRIVER_MIDI_MAX; i++) {
		const struct driver_ump *u = &in->ump[i];
		uint32_t type = u->word[0] >> 28, offset = u->offset_frames - first;
		uint32_t ump[2] = {
			(u->word[0] & 0xf0ffffffu) | MOS_GROUP_LIVE << 24, type == 4 ? u->word[1] : 0};

		if (u->offset_frames < first || u->offset_frames >= first + n_frames)
			continue;
		if (u->n_words >= 1 && u->n_words <= 4)
			tell_raw(e, u, offset);
		if (type == 2 || type == 4) {
			engine_count(e, C_MIDI_IN, 1);
			MOS_PROBE(midi_in, ump[0], ump[1], e->frame + offset);
			remember_control(e, ump);
			sound(e, ump, offset);
			tell(e, ump, 2, offset);
		} else if (type != 0 && u->n_words <= 4) { /* utility packets are the link's own affair */
			engine_count(e, C_MIDI_IN, 1);
			if (type == 1) {
				engine_midi_follow(e, u->word[0], offset);
				engine_timecode_in(e, u->word[0], offset);
			} else if (type == 3) {
				engine_timecode_sysex(e, u->word);
			}
			tell(e, u->word, u->n_words, offset);
		}
	}
}

void engine_midi_in_ended(struct engine *e) MOS_RT
{
	uint32_t ump[2] = {0};

	for (uint32_t key = 0; key < LIVE_KEYS; key++) {
		if (e->live.holder[key] != MOS_SOURCE_MIDI_IN + 1u)
			continue;
		ump[0] = ump_cv1(MOS_GROUP_LIVE, 0x80, (uint8_t)(key / 128), (uint8_t)(key % 128), 64);
		tell(e, ump, 1, 0);
	}
	engine_make_room(e);
	live_release(&e->live, &e->block, MOS_SOURCE_MIDI_IN);
	for (uint32_t ch = 0; ch < 16; ch++) {
		if (!(e->midi_in.controlled >> ch & 1))
			continue;
		ump[0] = ump_cv1(MOS_GROUP_LIVE, 0xb0, (uint8_t)ch, 121, 0);
		tell(e, ump, 1, 0);
		engine_add(e, 0, ump[0], 0, MOS_SOURCE_MIDI_IN, ORIGIN_LIVE);
	}
	e->midi_in.controlled = 0;
}

/*
 * A packet at frame k of the cycle came in k frames after the cycle before began, and is heard when this
 * cycle is handed over: from input to output.
 */
static void sample_latency(struct engine *e, const struct driver_cycle *c, int64_t end_ns) MOS_RT
{
	int64_t took_ns = end_ns - e->cycle_ns + c->late_ns;

	for (uint32_t i = 0; i < c->midi_in->n && i < DRIVER_MIDI_MAX; i++) {
		const struct driver_ump *u = &c->midi_in->ump[i];
		uint32_t type = u->word[0] >> 28;

		if ((type != 2 && type != 4) || (u->word[0] >> 20 & 15) != 9 ||
			u->offset_frames >= c->n_frames)
			continue;
		mos_counter_sample(e->counters, C_MIDI_LATENCY,
			(uint64_t)(took_ns +
				   (int64_t)((double)(c->n_frames - u->offset_frames) * e->dll.nominal_ns)));
	}
}

void engine_midi_in_figures(struct engine *e, const struct driver_cycle *c, int64_t end_ns) MOS_RT
{
	struct midi_input *in = &e->midi_in;

	if (c->midi_in) {
		in->n_since += c->midi_in->n;
		if (c->midi_in->dropped)
			engine_count(e, C_MIDI_IN_DROPPED, c->midi_in->dropped);
		sample_latency(e, c, end_ns);
	}
	if (end_ns - in->since_ns < RATE_NS)
		return;
	mos_counter_set(
		e->counters, C_MIDI_IN_RATE, (int64_t)in->n_since * RATE_NS / (end_ns - in->since_ns));
	in->n_since = 0;
	in->since_ns = end_ns;
}

void engine_midi_snapshot(struct engine *e) MOS_RT
{
	struct mos_event ev = {
		.tick = INT64_MIN, .type = MOS_EVENT_MIDI_SNAPSHOT, .source = MOS_SOURCE_RTCORE};

	if (midi_state_due(&e->midi_state, engine_frame_ns(e, e->frame), &ev.u.snapshot))
		engine_publish(e, &ev, 0);
}
