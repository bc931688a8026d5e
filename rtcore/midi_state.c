/* SPDX-License-Identifier: MIT */
#include "midi_state.h"

#include <string.h>

#include "apollo/channel.h"

#define NO_KEY 0xffu

void midi_state_init(struct midi_state *s, uint32_t guitar) MOS_RT
{
	memset(s, 0, sizeof(*s));
	memset(s->newest, NO_KEY, sizeof(s->newest));
	memset(s->told.string, NO_KEY, sizeof(s->told.string));
	s->guitar = MIDI_STATE_NO_GUITAR;
	if (guitar + MIDI_STATE_STRINGS <= 16) {
		s->guitar = (uint8_t)guitar;
		s->guitar_fixed = 1;
	}
}

static uint64_t bit_of(uint8_t key) MOS_RT
{
	return UINT64_C(1) << key % 64;
}

static void strike(struct midi_state *s, uint32_t ch, uint8_t key) MOS_RT
{
	s->down[ch][key / 64] |= bit_of(key);
	s->kept[ch][key / 64] &= ~bit_of(key);
	s->newest[ch] = key;
}

static void let_go(struct midi_state *s, uint32_t ch, uint8_t key) MOS_RT
{
	uint64_t was = s->down[ch][key / 64] & bit_of(key);

	s->down[ch][key / 64] &= ~bit_of(key);
	if (s->sustain[ch] >= 64)
		s->kept[ch][key / 64] |= was;
}

static void let_go_all(struct midi_state *s, uint32_t ch) MOS_RT
{
	for (uint32_t i = 0; i < 2; i++) {
		if (s->sustain[ch] >= 64)
			s->kept[ch][i] |= s->down[ch][i];
		s->down[ch][i] = 0;
	}
}

static void pedal(struct midi_state *s, uint32_t ch, uint8_t value) MOS_RT
{
	s->sustain[ch] = value;
	if (value < 64)
		s->kept[ch][0] = s->kept[ch][1] = 0;
}

/** The lowest six neighbours in mono mode. */
static uint8_t find_guitar(uint16_t mono) MOS_RT
{
	for (uint8_t first = 0; first + MIDI_STATE_STRINGS <= 16; first++)
		if ((mono >> first & 0x3f) == 0x3f)
			return first;
	return MIDI_STATE_NO_GUITAR;
}

static void mono_mode(struct midi_state *s, uint32_t ch, uint8_t n_channels) MOS_RT
{
	if (n_channels == 1)
		s->mono |= (uint16_t)(1u << ch);
	else if (n_channels == MIDI_STATE_STRINGS)
		s->mono |= (uint16_t)(0x3fu << ch);
	if (!s->guitar_fixed)
		s->guitar = find_guitar(s->mono);
}

static void poly_mode(struct midi_state *s, uint32_t ch) MOS_RT
{
	s->mono &= (uint16_t)~(1u << ch);
	if (!s->guitar_fixed)
		s->guitar = find_guitar(s->mono);
}

static void control(struct midi_state *s, uint32_t ch, uint8_t number, uint8_t value) MOS_RT
{
	switch (number) {
	case 64:
		pedal(s, ch, value);
		break;
	case 120:
		s->down[ch][0] = s->down[ch][1] = 0;
		s->kept[ch][0] = s->kept[ch][1] = 0;
		break;
	case 121:
		pedal(s, ch, 0);
		break;
	case 126:
		mono_mode(s, ch, value);
		let_go_all(s, ch);
		break;
	case 127:
		poly_mode(s, ch);
		let_go_all(s, ch);
		break;
	case 123:
	case 124:
	case 125:
		let_go_all(s, ch);
		break;
	default:
		return;
	}
	s->changed = 1;
}

void midi_state_packet(struct midi_state *s, const uint32_t ump[2]) MOS_RT
{
	struct chan_msg m;
	uint32_t ch;

	if (chan_decode(ump, &m) < 0 || m.channel / 16 != MOS_GROUP_LIVE || chan_is_drums(m.channel))
		return;
	ch = m.channel % 16;
	switch (m.status) {
	case 0x9:
		if (m.d2)
			strike(s, ch, m.d1);
		else
			let_go(s, ch, m.d1);
		s->changed = 1;
		break;
	case 0x8:
		let_go(s, ch, m.d1);
		s->changed = 1;
		break;
	case 0xb:
		control(s, ch, m.d1, m.d2);
		break;
	default:
		break;
	}
}

static struct mos_ev_snapshot snapshot(const struct midi_state *s) MOS_RT
{
	struct mos_ev_snapshot snap = {0};

	memset(snap.string, NO_KEY, sizeof(snap.string));
	for (uint32_t ch = 0; ch < 16; ch++) {
		uint64_t low = s->down[ch][0] | s->kept[ch][0], high = s->down[ch][1] | s->kept[ch][1];
		uint8_t key = s->newest[ch];

		snap.keys[0] |= low;
		snap.keys[1] |= high;
		if (low | high)
			snap.channels |= (uint16_t)(1u << ch);
		if (s->sustain[ch] > snap.sustain)
			snap.sustain = s->sustain[ch];
		if (ch >= s->guitar && ch < s->guitar + MIDI_STATE_STRINGS && key != NO_KEY &&
			((key < 64 ? low : high) & bit_of(key)))
			snap.string[MIDI_STATE_STRINGS - 1 - (ch - s->guitar)] = key;
	}
	snap.n_keys = (uint8_t)(__builtin_popcountll(snap.keys[0]) + __builtin_popcountll(snap.keys[1]));
	return snap;
}

int midi_state_due(struct midi_state *s, int64_t now_ns, struct mos_ev_snapshot *ret) MOS_RT
{
	struct mos_ev_snapshot now;

	/* A clock that went back has begun anew. */
	if (!s->changed || (s->told_ns && now_ns >= s->told_ns && now_ns - s->told_ns < MIDI_STATE_FRAME_NS))
		return 0;
	s->changed = 0;
	now = snapshot(s);
	if (memcmp(&now, &s->told, sizeof(now)) == 0)
		return 0;
	s->told = *ret = now;
	s->told_ns = now_ns;
	return 1;
}
