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

/* what CC 121 resets, by RP-015 */
static const uint8_t reset_list[] = {1, 2, 4, 5, 11, 64, 65, 66, 67, 68, 69};

static const uint16_t rpn_default[RPN_COUNT] = {2 << 7, 8192, 64 << 7};

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
		m.d2 = (uint8_t)(ump[1] >> 25);
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
}

static void set_cc(struct chan_state *c, uint8_t num, uint8_t value) MOS_RT
{
	if (c->v.cc[num] == value)
		return;
	c->v.cc[num] = value;
	c->cc_version[num] = ++c->version;
}

static void set_rpn(struct chan_state *c, uint32_t n, uint16_t value) MOS_RT
{
	if (c->v.rpn[n] == value)
		return;
	c->v.rpn[n] = value;
	c->rpn_version[n] = ++c->version;
}

static void set_program(struct chan_state *c, uint8_t program, uint8_t bank_msb, uint8_t bank_lsb) MOS_RT
{
	if (c->v.program == program && c->v.bank_msb == bank_msb && c->v.bank_lsb == bank_lsb)
		return;
	c->v.program = program;
	c->v.bank_msb = bank_msb;
	c->v.bank_lsb = bank_lsb;
	c->program_version = ++c->version;
}

static void set_bend(struct chan_state *c, uint16_t bend) MOS_RT
{
	if (c->v.bend == bend)
		return;
	c->v.bend = bend;
	c->bend_version = ++c->version;
}

static void set_pressure(struct chan_state *c, uint8_t value) MOS_RT
{
	if (c->v.pressure == value)
		return;
	c->v.pressure = value;
	c->pressure_version = ++c->version;
}

void chan_assign(struct chan_state *c, const struct chan_values *to) MOS_RT
{
	for (uint32_t i = 0; i < 128; i++)
		set_cc(c, (uint8_t)i, to->cc[i]);
	for (uint32_t i = 0; i < RPN_COUNT; i++)
		set_rpn(c, i, to->rpn[i]);
	set_program(c, to->program, to->bank_msb, to->bank_lsb);
	set_bend(c, to->bend);
	set_pressure(c, to->pressure);
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
		set_cc(c, reset_list[i], cc_default(reset_list[i]));
	set_bend(c, 8192);
	set_pressure(c, 0);
	c->v.select_msb = c->v.select_lsb = 127;
	c->v.select_nrpn = 0;
}

/* Data entry, coarse or fine, of the parameter selected. */
static void data_entry(struct chan_state *c, int fine, uint8_t value) MOS_RT
{
	uint32_t n = c->v.select_lsb;
	uint16_t v;

	if (c->v.select_nrpn || c->v.select_msb != 0 || n >= RPN_COUNT)
		return;
	v = c->v.rpn[n];
	set_rpn(c, n, fine ? (uint16_t)((v & 0x3f80) | value) : (uint16_t)(value << 7 | (v & 0x7f)));
}

static void controller(struct chan_state *c, uint8_t num, uint8_t value) MOS_RT
{
	switch (num) {
	case 6:
		data_entry(c, 0, value);
		break;
	case 38:
		data_entry(c, 1, value);
		break;
	case 98:
	case 99:
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
		set_cc(c, num, value);
		break;
	}
}

void chan_apply(struct chan_state *c, const struct chan_msg *m) MOS_RT
{
	switch (m->status) {
	case 0xb:
		controller(c, m->d1, m->d2);
		break;
	case 0xc:
		if (m->has_bank) {
			set_cc(c, 0, m->bank_msb);
			set_cc(c, 32, m->bank_lsb);
		}
		set_program(c, m->d1, c->v.cc[0], c->v.cc[32]);
		break;
	case 0xd:
		set_pressure(c, m->d1);
		break;
	case 0xe:
		set_bend(c, (uint16_t)(m->d1 | m->d2 << 7));
		break;
	default:
		break;
	}
}
