/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <string.h>

static uint8_t cc_default(uint8_t num) MOS_RT
{
	switch (num) {
	case 7:
		return 100;
	case 8:
	case 10:
		return 64;
	case 11:
		return 127;
	case 70 ... 79: /* sound controllers are centred */
		return 64;
	case 91:
		return 40;
	case 98 ... 101:
		return 127;
	default:
		return 0;
	}
}

#define CHAN_NOTE_BEND_CENTS 4800.0

/* what CC 121 resets, by RP-015 */
static const uint8_t reset_list[] = {1, 2, 4, 5, 11, 64, 65, 66, 67, 68, 69};

static const uint16_t rpn_default[RPN_COUNT] = {2 << 7, 8192, 64 << 7};

/*
 * M2-115 scales up so that the lower half is shifted and the upper half reaches the top: a line on each side of the
 * centre. @return 7 bits and 8 bits of fraction of a value of `bits` bits.
 */
static uint32_t scale_down(uint32_t x, uint32_t bits) MOS_RT
{
	uint64_t half = UINT64_C(1) << (bits - 1);

	if (x <= half)
		return (uint32_t)((((uint64_t)x << 14) + (half >> 1)) >> (bits - 1));
	return (64u << 8) + (uint32_t)((((uint64_t)(x - half)) * (63 << 8) + half / 2) / (half - 1));
}

static void set_value(struct chan_msg *m, uint32_t x, uint32_t bits) MOS_RT
{
	uint32_t v = scale_down(x, bits);

	m->d2 = (uint8_t)(v >> 8);
	m->fine = (uint8_t)v;
}

/* MIDI 2.0 note-on attribute 3: pitch 7.9. */
static int attribute_pitch(const uint32_t ump[2], struct chan_note_msg *m) MOS_RT
{
	if ((ump[0] & 0xff) != 3)
		return -1;
	m->kind = CHAN_NOTE_PITCH_ONCE;
	m->value = (float)(ump[1] & 0xffff) * (100.0f / 512) - (float)m->key * 100;
	return 0;
}

static int registered(uint32_t num, uint32_t x, struct chan_note_msg *m) MOS_RT
{
	m->value = (float)scale_down(x, 32) * (1.0f / 256);
	switch (num) {
	case 3: /* pitch 7.25 */
		m->kind = CHAN_NOTE_PITCH;
		m->value = (float)((double)x * (100.0 / 33554432.0) - (double)m->key * 100);
		return 0;
	case 7:
		m->kind = CHAN_NOTE_VOLUME;
		return 0;
	case 10:
		m->kind = CHAN_NOTE_PAN;
		return 0;
	case 11:
		m->kind = CHAN_NOTE_EXPRESSION;
		return 0;
	case 74:
		m->kind = CHAN_NOTE_BRIGHTNESS;
		return 0;
	default:
		return -1;
	}
}

int chan_decode_note(const uint32_t ump[2], struct chan_note_msg *ret) MOS_RT
{
	uint32_t w = ump[0], status = w >> 20 & 15;

	ret->channel = (uint8_t)((w >> 24 & 15) * 16 + (w >> 16 & 15));
	ret->key = (uint8_t)(w >> 8 & 127);
	if (w >> 28 != 4)
		return -1;
	switch (status) {
	case 0x0:
		return registered(w & 255, ump[1], ret);
	case 0x6: /* 32 bits, bipolar; four octaves each way, as in MPE */
		ret->kind = CHAN_NOTE_BEND;
		ret->value = (float)(((double)ump[1] - 2147483648.0) * (CHAN_NOTE_BEND_CENTS / 2147483648.0));
		return 0;
	case 0x9:
		return attribute_pitch(ump, ret);
	case 0xf:
		ret->kind = CHAN_NOTE_RESET;
		return w & 1 ? 0 : -1;
	default:
		return -1;
	}
}

int chan_decode(const uint32_t ump[2], struct chan_msg *ret) MOS_RT
{
	uint32_t w = ump[0], type = w >> 28, status = w >> 20 & 15;
	struct chan_msg m = {.channel = (uint8_t)((w >> 24 & 15) * 16 + (w >> 16 & 15)),
		.status = (uint8_t)status,
		.d1 = (uint8_t)(w >> 8 & 127),
		.d2 = (uint8_t)(w & 127)};

	if ((type != 2 && type != 4) || status < 0x8 || status == 0xf)
		return -1;
	if (type == 4) {
		if (status == 0x8 || status == 0x9)
			set_value(&m, ump[1] >> 16, 16);
		else
			set_value(&m, ump[1], 32);
		if (status == 0x9 && m.d2 == 0)
			m.d2 = 1;
		if (status == 0xc) {
			m.d1 = (uint8_t)(ump[1] >> 24 & 127);
			m.has_bank = w & 1;
			m.bank_msb = (uint8_t)(ump[1] >> 8 & 127);
			m.bank_lsb = (uint8_t)(ump[1] & 127);
		} else if (status == 0xd) {
			m.d1 = m.d2;
		} else if (status == 0xe) {
			m.d1 = (uint8_t)(ump[1] >> 18 & 127);
			m.d2 = (uint8_t)(ump[1] >> 25);
			m.bend_fine = (uint16_t)(ump[1] >> 2);
		}
	}
	*ret = m;
	return 0;
}

int chan_is_system_on(uint32_t *pending, const uint32_t ump[2]) MOS_RT
{
	uint32_t group = 1u << (ump[0] >> 24 & 15), form = ump[0] >> 20 & 15, n = ump[0] >> 16 & 15;
	uint32_t b0 = ump[0] >> 8 & 127, b1 = ump[0] & 127, b2 = ump[1] >> 24 & 127, b3 = ump[1] >> 16 & 127;
	uint32_t b4 = ump[1] >> 8 & 127, b5 = ump[1] & 127;
	int begun = (*pending & group) != 0;

	*pending &= ~group;
	if (form == 0) /* 7E dev 09 01, or 03 for GM 2 */
		return n == 4 && b0 == 0x7e && b2 == 0x09 && (b3 == 1 || b3 == 3);
	if (form == 3) /* ... 7F 00 41: address 40 00 7F; other addresses set volume, tuning ... */
		return begun && n == 3 && b0 == 0x7f && b1 == 0;
	if (form != 1)
		return 0;
	if (b0 == 0x41 && b2 == 0x42 && b3 == 0x12 && b4 == 0x40 && b5 == 0)
		*pending |= group;
	return b0 == 0x43 && b1 >> 4 == 1 && b2 == 0x4c && b3 == 0 && b4 == 0 && b5 == 0x7e;
}

void chan_init(struct chan_state *c) MOS_RT
{
	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < 128; i++)
		c->v.cc[i] = cc_default((uint8_t)i);
	c->v.bend = 8192;
	c->v.select_msb = c->v.select_lsb = 127;
	memcpy(c->v.rpn, rpn_default, sizeof(c->v.rpn));
	c->v.shape[CHAN_SHAPE_SUSTAIN] = CHAN_SHAPE_FULL;
}

static void set_cc(struct chan_state *c, uint8_t num, uint8_t value, uint8_t fine) MOS_RT
{
	if (c->v.cc[num] == value && c->v.cc_fine[num] == fine)
		return;
	c->v.cc[num] = value;
	c->v.cc_fine[num] = fine;
	c->cc_version[num] = ++c->version;
}

static void set_rpn(struct chan_state *c, uint32_t n, uint16_t value) MOS_RT
{
	if (c->v.rpn[n] == value)
		return;
	c->v.rpn[n] = value;
	c->rpn_version[n] = ++c->version;
}

static void set_shape(struct chan_state *c, uint32_t n, uint16_t value) MOS_RT
{
	if (c->v.shape[n] == value)
		return;
	c->v.shape[n] = value;
	c->version++;
}

static void set_program(struct chan_state *c, uint8_t program, uint8_t bank_msb, uint8_t bank_lsb) MOS_RT
{
	if (c->v.program == program && c->v.bank_msb == bank_msb && c->v.bank_lsb == bank_lsb)
		return;
	c->v.program = program;
	c->v.bank_msb = bank_msb;
	c->v.bank_lsb = bank_lsb;
	c->program_version++; /* what sounds stays as it is */
}

static void set_bend(struct chan_state *c, uint16_t bend, uint16_t fine) MOS_RT
{
	if (c->v.bend == bend && c->v.bend_fine == fine)
		return;
	c->v.bend = bend;
	c->v.bend_fine = fine;
	c->bend_version = ++c->version;
}

static void set_pressure(struct chan_state *c, uint8_t value, uint8_t fine) MOS_RT
{
	if (c->v.pressure == value && c->v.pressure_fine == fine)
		return;
	c->v.pressure = value;
	c->v.pressure_fine = fine;
	c->pressure_version = ++c->version;
}

static void set_members(struct chan_state *c, uint8_t n) MOS_RT
{
	if (c->v.mpe_members == n)
		return;
	c->v.mpe_members = n;
	c->version++;
}

void chan_set_zone(struct chan_state *c, float cents) MOS_RT
{
	if (c->zone_cents == cents)
		return;
	c->zone_cents = cents;
	c->bend_version = ++c->version;
}

void chan_assign(struct chan_state *c, const struct chan_values *to) MOS_RT
{
	for (uint32_t i = 0; i < 128; i++)
		set_cc(c, (uint8_t)i, to->cc[i], to->cc_fine[i]);
	for (uint32_t i = 0; i < RPN_COUNT; i++)
		set_rpn(c, i, to->rpn[i]);
	for (uint32_t i = 0; i < CHAN_SHAPE_COUNT; i++)
		set_shape(c, i, to->shape[i]);
	set_program(c, to->program, to->bank_msb, to->bank_lsb);
	set_bend(c, to->bend, to->bend_fine);
	set_pressure(c, to->pressure, to->pressure_fine);
	set_members(c, to->mpe_members);
	chan_set_zone(c, 0); /* who knows its zone says so */
	c->v.select_msb = to->select_msb;
	c->v.select_lsb = to->select_lsb;
	c->v.select_nrpn = to->select_nrpn;
}

void chan_reset(struct chan_state *c) MOS_RT
{
	struct chan_state fresh;

	chan_init(&fresh);
	chan_assign(c, &fresh.v);
}

static void reset_controllers(struct chan_state *c) MOS_RT
{
	for (uint32_t i = 0; i < sizeof(reset_list); i++)
		set_cc(c, reset_list[i], cc_default(reset_list[i]), 0);
	set_bend(c, 8192, 0);
	set_pressure(c, 0, 0);
	c->v.select_msb = c->v.select_lsb = 127;
	c->v.select_nrpn = 0;
}

/* GS: parameters of the sound, NRPN 1/x; they are controllers in General MIDI 2. 0: not one of them. */
static uint8_t sound_of_nrpn(uint8_t msb, uint8_t lsb) MOS_RT
{
	switch (msb << 8 | lsb) {
	case 0x108:
		return CC_VIBRATO_RATE;
	case 0x109:
		return CC_VIBRATO_DEPTH;
	case 0x10a:
		return CC_VIBRATO_DELAY;
	case 0x120:
		return CC_BRIGHTNESS;
	case 0x121:
		return CC_RESONANCE;
	case 0x163:
		return CC_ATTACK;
	case 0x164:
		return CC_DECAY;
	case 0x166:
		return CC_RELEASE;
	default:
		return 0;
	}
}

/* Data entry to 14 bits that are there. */
static uint16_t entered(uint16_t v, int fine, uint8_t value) MOS_RT
{
	return fine ? (uint16_t)((v & 0x3f80) | value) : (uint16_t)(value << 7 | (v & 0x7f));
}

/* Data entry, coarse or fine, of the parameter selected. */
static void data_entry(struct chan_state *c, int fine, uint8_t value) MOS_RT
{
	uint32_t n = c->v.select_lsb;

	if (c->v.select_nrpn) {
		uint8_t num = sound_of_nrpn(c->v.select_msb, c->v.select_lsb);

		if (num && !fine)
			set_cc(c, num, value, 0);
		if (c->v.select_msb == CHAN_SHAPE_MSB && n < CHAN_SHAPE_COUNT)
			set_shape(c, n, entered(c->v.shape[n], fine, value));
		return;
	}
	if (c->v.select_msb != 0)
		return;
	if (n == 6 && !fine)
		set_members(c, value < 15 ? value : 15);
	if (n >= RPN_COUNT)
		return;
	set_rpn(c, n, entered(c->v.rpn[n], fine, value));
}

static void controller(struct chan_state *c, uint8_t num, uint8_t value, uint8_t fine) MOS_RT
{
	switch (num) {
	case 6:
		data_entry(c, 0, value);
		break;
	case 38:
		data_entry(c, 1, value);
		break;
	case 98:
		c->v.select_lsb = value;
		c->v.select_nrpn = 1;
		break;
	case 99:
		c->v.select_msb = value;
		c->v.select_nrpn = 1;
		break;
	case 100:
		c->v.select_lsb = value;
		c->v.select_nrpn = 0;
		break;
	case 101:
		c->v.select_msb = value;
		c->v.select_nrpn = 0;
		break;
	case 121:
		reset_controllers(c);
		break;
	case 120:
	case 122 ... 127: /* modes: they end notes, no value stays */
		break;
	default:
		set_cc(c, num, value, fine);
		break;
	}
}

void chan_apply(struct chan_state *c, const struct chan_msg *m) MOS_RT
{
	switch (m->status) {
	case 0xb:
		controller(c, m->d1, m->d2, m->fine);
		break;
	case 0xc:
		if (m->has_bank) {
			set_cc(c, 0, m->bank_msb, 0);
			set_cc(c, 32, m->bank_lsb, 0);
		}
		set_program(c, m->d1, c->v.cc[0], c->v.cc[32]);
		break;
	case 0xd:
		set_pressure(c, m->d1, m->fine);
		break;
	case 0xe:
		set_bend(c, (uint16_t)(m->d1 | m->d2 << 7), m->bend_fine);
		break;
	default:
		break;
	}
}

uint32_t chan_member(uint32_t manager, uint32_t i) MOS_RT
{
	return manager % 16 == 0 ? manager + 1 + i : manager - 1 - i;
}

int chan_is_for_members(const struct chan_msg *m) MOS_RT
{
	return m->status != 0xb || !(m->d1 == 6 || m->d1 == 38 || (m->d1 >= 96 && m->d1 <= 101));
}

void chan_apply_all(struct chan_state *all, const struct chan_msg *m) MOS_RT
{
	struct chan_state *c = &all[m->channel];
	uint32_t was = c->v.mpe_members, is, n;

	chan_apply(c, m);
	if (m->channel % 16 != 0 && m->channel % 16 != 15)
		return;
	is = c->v.mpe_members;
	n = is > was ? is : was;
	for (uint32_t i = 0; i < n && is != was; i++)
		set_rpn(&all[chan_member(m->channel, i)], RPN_BEND_RANGE,
			i < is ? CHAN_MPE_RANGE : rpn_default[RPN_BEND_RANGE]);
	for (uint32_t i = 0; i < is && m->status != 0xe && chan_is_for_members(m); i++)
		chan_apply(&all[chan_member(m->channel, i)], m);
}
