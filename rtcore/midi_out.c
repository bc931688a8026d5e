/* SPDX-License-Identifier: MIT */
/*
 * The MIDI output. Score packets pass the gate; what the listener has heard is remembered, so that a jump, a
 * panic or a new listener costs only what differs. No end of a note and no controller's last value is ever
 * lost: what finds no room in a cycle is sent in the next one.
 */
#include "engine.h"

#include <string.h>

#define SWEEP_MAX (SONG_CHANNELS * 4u) /* packets */
#define HOLD_MAX_MS 500u               /* should control never say that the link is cut */
#define STALE_WAIT_MS 500u             /* a new link may not be heard yet; control says when it is */
#define UMP_SYSTEM 1u                  /* clocks, start, stop: whoever counts them cannot spare one */

/* What holds notes whose keys are up: the pedal, sostenuto, hold 2. */
static const uint8_t pedal[] = {64, 66, 69};

static uint32_t channel_of(const uint32_t ump[2]) MOS_RT
{
	return (ump[0] >> 24 & 15) * 16 + (ump[0] >> 16 & 15);
}

static int is_held(const struct engine *e) MOS_RT
{
	return e->frame < e->out.held_until;
}

static uint32_t room(const struct engine *e) MOS_RT
{
	return e->midi_out && !is_held(e) ? DRIVER_MIDI_MAX - e->midi_out->n : 0;
}

static void hear(struct midi_out *out, const uint32_t ump[2]) MOS_RT
{
	uint32_t group = ump[0] >> 24 & 15;
	struct chan_msg m;

	if (chan_decode(ump, &m) == 0)
		chan_apply(&out->heard[m.channel], &m);
	else if (ump[0] >> 28 == 3 && chan_is_system_on(&out->sysex, ump))
		for (uint32_t ch = group * 16; ch < group * 16 + 16; ch++)
			chan_reset(&out->heard[ch]);
}

static void no_room(struct engine *e) MOS_RT
{
	e->out.is_behind = 1;
	if (is_held(e))
		return;
	e->midi_out->dropped++;
	engine_count(e, C_MIDI_DROPPED, 1);
}

void engine_midi_out(struct engine *e, uint32_t offset, const uint32_t ump[2]) MOS_RT
{
	if (!e->midi_out || channel_of(ump) >= SONG_CHANNELS)
		return; /* live input is not echoed: it came from outside */
	if (ump[0] >> 28 == UMP_SYSTEM ? e->midi_out->n == DRIVER_MIDI_MAX : room(e) == 0) {
		no_room(e);
		return;
	}
	hear(&e->out, ump);
	e->midi_out->ump[e->midi_out->n++] = (struct driver_ump){.offset_frames = e->midi_out_base + offset,
		.n_words = ump[0] >> 28 <= 2 ? 1 : 2,
		.word = {ump[0], ump[1]}};
	engine_count(e, C_MIDI_OUT, 1);
}

static void send_out(void *data, const uint32_t ump[2]) MOS_RT
{
	struct engine *e = data;

	engine_midi_out(e, e->out.offset, ump);
}

/* A beginning without room is as if dropped, and so is its end; an end without room is owed. */
static void notes_without_room(struct engine *e, struct midi_out_lane *lane, const uint32_t ump[2]) MOS_RT
{
	uint32_t ch = channel_of(ump), key = ump[0] >> 8 & 127;
	uint8_t *dropped = &lane->gate.dropped[ch][key], *owed = &lane->owed[ch][key];
	struct mos_event ev;

	no_room(e);
	if (!engine_note_event(ump, &ev))
		return;
	if (ev.type == MOS_EVENT_MIDI_NOTEON && *dropped < UINT8_MAX) {
		(*dropped)++;
	} else if (ev.type == MOS_EVENT_MIDI_NOTEOFF && *dropped) {
		(*dropped)--;
	} else if (ev.type == MOS_EVENT_MIDI_NOTEOFF && *owed < lane->gate.down[ch][key]) {
		(*owed)++;
		lane->n_owed++;
	}
}

void engine_midi_out_notes(struct engine *e, struct midi_out_lane *lane, uint32_t offset, const uint32_t ump[2])
	MOS_RT
{
	enum mos_gate_verdict verdict;
	uint32_t end[2];

	if (!e->midi_out || channel_of(ump) >= SONG_CHANNELS)
		return;
	if (room(e) < 2) { /* one of them for the end that may have to go first */
		notes_without_room(e, lane, ump);
		return;
	}
	verdict = mos_gate_pass(&lane->gate, ump, e->late_ns);
	if (verdict == MOS_GATE_DROP)
		return;
	if (verdict == MOS_GATE_OFF_FIRST) {
		mos_gate_end_of(ump, end);
		engine_midi_out(e, offset, end);
	}
	engine_midi_out(e, offset, ump);
}

static void control(struct engine *e, uint32_t offset, uint8_t status, uint8_t ch, uint8_t d1, uint8_t d2)
	MOS_RT
{
	engine_midi_out(e, offset, (const uint32_t[]){ump_cv1(ch / 16, status, ch % 16, d1, d2), 0});
}

/* Or they would hold what was let go. @return 0: there was no room for all of them. */
static int lift_pedals(struct engine *e, uint32_t offset) MOS_RT
{
	const int all = e->out.leaving & MIDI_OUT_CLIENTS;

	for (uint8_t ch = 0; ch < SONG_CHANNELS; ch++)
		for (uint32_t i = 0; i < sizeof(pedal); i++) {
			if (e->out.heard[ch].v.cc[pedal[i]] < 64 || (!all && e->send.pedal[ch][i]))
				continue;
			if (room(e) == 0)
				return 0;
			control(e, offset, 0xb0, ch, pedal[i], 0);
		}
	return 1;
}

/* @return 0: there was no room for all of it. */
static int release_lane(struct engine *e, struct midi_out_lane *lane) MOS_RT
{
	if (!mos_gate_release_some(&lane->gate, room(e), send_out, e))
		return 0;
	if (lane->n_owed)
		memset(lane->owed, 0, sizeof(lane->owed)); /* they were among the keys that were down */
	lane->n_owed = 0;
	return 1;
}

/* As much as the cycle takes of what is under way. */
static void go_on_leaving(struct engine *e, uint32_t offset) MOS_RT
{
	struct midi_out *out = &e->out;
	struct mos_gate *gate = &out->score.gate;
	bool panic = gate->policy.panic;

	out->offset = offset;
	if (!release_lane(e, &out->score) ||
		(out->leaving & MIDI_OUT_CLIENTS && !release_lane(e, &out->clients)) || !lift_pedals(e, offset))
		return;
	out->leaving &= MIDI_OUT_SWEEP;
	if (!out->leaving || room(e) < SWEEP_MAX)
		return;
	gate->policy.panic = true; /* that of the song that asked for it, which may be gone */
	mos_gate_panic(gate, true, send_out, e);
	gate->policy.panic = panic;
	out->leaving = 0;
}

static void leave(struct engine *e, uint32_t offset, uint32_t what) MOS_RT
{
	e->out.leaving |= what;
	if (e->midi_out)
		go_on_leaving(e, offset);
}

void engine_midi_out_release(struct engine *e, uint32_t offset, int sweep) MOS_RT
{
	leave(e, offset, MIDI_OUT_RELEASE | (sweep ? MIDI_OUT_SWEEP | MIDI_OUT_CLIENTS : 0));
}

static void chase_rpn(struct engine *e, uint32_t offset, uint8_t ch, uint8_t n, uint16_t value) MOS_RT
{
	control(e, offset, 0xb0, ch, 101, 0);
	control(e, offset, 0xb0, ch, 100, n);
	control(e, offset, 0xb0, ch, 6, (uint8_t)(value >> 7));
	control(e, offset, 0xb0, ch, 38, value & 127);
	control(e, offset, 0xb0, ch, 101, 127);
	control(e, offset, 0xb0, ch, 100, 127);
}

/* A pedal holds what somebody else plays there: it is down only while we play. A client's is the client's. */
static uint8_t wanted_cc(const struct engine *e, uint8_t ch, const struct chan_values *want, uint8_t i) MOS_RT
{
	int plays = e->kronos.state == MOS_TRANSPORT_PLAYING && !(e->route & MOS_TL_NO_MIDI), is_pedal = 0;

	for (uint32_t k = 0; k < sizeof(pedal); k++) {
		is_pedal |= pedal[k] == i;
		if (pedal[k] == i && e->send.pedal[ch][k])
			return e->out.heard[ch].v.cc[i];
	}
	return is_pedal && !plays ? 0 : want->cc[i];
}

void engine_midi_out_chase(struct engine *e, uint32_t offset, const struct chan_state *to) MOS_RT
{
	if (!e->midi_out || e->route & MOS_TL_NO_MIDI)
		return;
	for (uint8_t ch = 0; ch < SONG_CHANNELS; ch++) {
		const struct chan_values *is = &e->out.heard[ch].v, *want = &to[ch].v;

		for (uint8_t i = 1; i < 120; i++)
			if (is->cc[i] != wanted_cc(e, ch, want, i) && i != 32)
				control(e, offset, 0xb0, ch, i, wanted_cc(e, ch, want, i));
		if (is->program != want->program || is->bank_msb != want->bank_msb ||
			is->bank_lsb != want->bank_lsb) {
			control(e, offset, 0xb0, ch, 0, want->bank_msb);
			control(e, offset, 0xb0, ch, 32, want->bank_lsb);
			control(e, offset, 0xc0, ch, want->program, 0);
		}
		for (uint8_t i = 0; i < RPN_COUNT; i++)
			if (is->rpn[i] != want->rpn[i])
				chase_rpn(e, offset, ch, i, want->rpn[i]);
		if (is->pressure != want->pressure)
			control(e, offset, 0xd0, ch, want->pressure, 0);
		if (is->bend != want->bend)
			control(e, offset, 0xe0, ch, want->bend & 127, (uint8_t)(want->bend >> 7));
	}
}

static void send_owed(struct engine *e, struct midi_out_lane *lane) MOS_RT
{
	for (uint32_t ch = 0; lane->n_owed && ch < SONG_CHANNELS; ch++) {
		for (uint32_t key = 0; key < 128; key++) {
			for (; lane->owed[ch][key] && room(e); lane->owed[ch][key]--, lane->n_owed--) {
				const uint32_t ump[2] = {ump_cv1(
					(uint8_t)(ch / 16), 0x80, (uint8_t)(ch % 16), (uint8_t)key, 64)};

				if (mos_gate_pass(&lane->gate, ump, 0) != MOS_GATE_DROP)
					engine_midi_out(e, 0, ump);
			}
		}
	}
}

/* Nobody knows which controllers it has; but a pedal that was pressed before may still be down. */
static void forget_heard(struct engine *e) MOS_RT
{
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++) {
		struct chan_state *heard = &e->out.heard[ch];
		uint8_t was[sizeof(pedal)];

		for (uint32_t i = 0; i < sizeof(pedal); i++)
			was[i] = heard->v.cc[pedal[i]];
		chan_init(heard);
		for (uint32_t i = 0; i < sizeof(pedal); i++)
			if (wanted_cc(e, (uint8_t)ch, &e->apollo.channel[ch].v, pedal[i]) == 0)
				heard->v.cc[pedal[i]] = was[i];
	}
}

/* All notes off and the pedals up: nobody knows what was down. */
static void end_stale(struct engine *e) MOS_RT
{
	e->out.is_stale = 0;
	e->out.is_behind = 1; /* pedals that are down go down again */
	for (uint8_t ch = 0; ch < SONG_CHANNELS; ch++) {
		for (uint32_t i = 0; i < sizeof(pedal); i++)
			control(e, 0, 0xb0, ch, pedal[i], 0);
		control(e, 0, 0xb0, ch, 123, 0);
	}
}

void engine_midi_out_stale(struct engine *e) MOS_RT
{
	e->out.is_stale = 1;
	if (e->midi_out && e->out.is_heard)
		end_stale(e);
	/* else who listens hears nothing until that is sent */
}

void engine_midi_out_begin(struct engine *e) MOS_RT
{
	struct midi_out *out = &e->out;

	if (!e->midi_out) {
		out->is_heard = 0;
		return;
	}
	if (!out->is_heard) { /* ends may have gone by unheard, and nobody knows which controllers it has */
		out->is_heard = 1;
		out->is_behind = 0;
		forget_heard(e);
		if (out->is_stale)
			out->held_until = e->frame + (uint64_t)e->rate_hz * STALE_WAIT_MS / 1000;
		leave(e, 0, MIDI_OUT_RELEASE | MIDI_OUT_CLIENTS);
		engine_midi_out_chase(e, 0, e->apollo.channel);
		return;
	}
	if (out->is_stale && !is_held(e))
		end_stale(e);
	if (out->leaving)
		go_on_leaving(e, 0);
	send_owed(e, &out->score);
	send_owed(e, &out->clients);
	if (out->is_behind && !out->leaving) {
		out->is_behind = 0;
		engine_midi_out_chase(e, 0, e->apollo.channel);
	}
}

int engine_midi_out_leave(struct engine *e) MOS_RT
{
	if (!e->midi_out)
		return 1;
	e->out.held_until = 0;
	leave(e, 0, MIDI_OUT_RELEASE | MIDI_OUT_CLIENTS | (e->out.score.gate.policy.panic ? MIDI_OUT_SWEEP : 0));
	e->out.is_heard = 0;
	return e->out.leaving == 0;
}

void engine_midi_out_hold(struct engine *e, int on) MOS_RT
{
	struct midi_out *out = &e->out;

	out->held_until = 0;
	if (!on) {
		engine_midi_out_chase(e, 0, e->apollo.channel);
		return;
	}
	out->is_behind = 1; /* pedals are let go, too: who listens on is told where they are */
	leave(e, 0, MIDI_OUT_RELEASE | MIDI_OUT_CLIENTS);
	if (!out->leaving)
		out->held_until = e->frame + (uint64_t)e->rate_hz * HOLD_MAX_MS / 1000;
}

void engine_midi_out_retell(struct engine *e) MOS_RT
{
	if (!e->midi_out)
		return;
	forget_heard(e);
	engine_midi_out_chase(e, 0, e->apollo.channel);
}
