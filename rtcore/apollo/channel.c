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
static const uint8_t reset_list[] = { 1, 2, 4, 5, 11, 64, 65, 66, 67, 68, 69 };

static const uint16_t rpn_default[RPN_COUNT] = { 2 << 7, 8192, 64 << 7 };

void chan_init(struct chan_state *c) MOS_RT
{
	memset(c, 0, sizeof(*c));
	for (uint32_t i = 0; i < 128; i++)
		c->cc[i] = cc_default((uint8_t)i);
	c->bend = 8192;
	c->select_msb = c->select_lsb = 127;
	memcpy(c->rpn, rpn_default, sizeof(c->rpn));
}

static void set_cc(struct chan_state *c, uint8_t num, uint8_t value) MOS_RT
{
	if (c->cc[num] == value)
		return;
	c->cc[num] = value;
	c->cc_version[num] = ++c->version;
}

void chan_rpn(struct chan_state *c, uint32_t n, uint16_t value) MOS_RT
{
	if (c->rpn[n] == value)
		return;
	c->rpn[n] = value;
	c->rpn_version[n] = ++c->version;
}

void chan_reset(struct chan_state *c) MOS_RT
{
	for (uint32_t i = 0; i < 128; i++)
		set_cc(c, (uint8_t)i, cc_default((uint8_t)i));
	for (uint32_t i = 0; i < RPN_COUNT; i++)
		chan_rpn(c, i, rpn_default[i]);
	chan_bend(c, 8192);
	chan_pressure(c, 0);
	if (c->program || c->bank_msb || c->bank_lsb) {
		c->program = c->bank_msb = c->bank_lsb = 0;
		c->program_version = ++c->version;
	}
	c->select_msb = c->select_lsb = 127;
	c->select_nrpn = 0;
}

void chan_reset_controllers(struct chan_state *c) MOS_RT
{
	for (uint32_t i = 0; i < sizeof(reset_list); i++)
		set_cc(c, reset_list[i], cc_default(reset_list[i]));
	chan_bend(c, 8192);
	chan_pressure(c, 0);
	c->select_msb = c->select_lsb = 127;
}

/* Data entry, coarse or fine, of the parameter selected. */
static void data_entry(struct chan_state *c, int fine, uint8_t value) MOS_RT
{
	uint32_t n = c->select_lsb;
	uint16_t v;

	if (c->select_nrpn || c->select_msb != 0 || n >= RPN_COUNT)
		return;
	v = c->rpn[n];
	chan_rpn(c, n, fine ? (uint16_t)((v & 0x3f80) | value) : (uint16_t)(value << 7 | (v & 0x7f)));
}

void chan_cc(struct chan_state *c, uint8_t num, uint8_t value) MOS_RT
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
		c->select_nrpn = 1;
		break;
	case 100:
		c->select_lsb = value;
		c->select_nrpn = 0;
		break;
	case 101:
		c->select_msb = value;
		c->select_nrpn = 0;
		break;
	default:
		set_cc(c, num, value);
		break;
	}
}

void chan_program(struct chan_state *c, uint8_t program) MOS_RT
{
	if (c->program == program && c->bank_msb == c->cc[0] && c->bank_lsb == c->cc[32])
		return;
	c->program = program;
	c->bank_msb = c->cc[0];
	c->bank_lsb = c->cc[32];
	c->program_version = ++c->version;
}

void chan_bend(struct chan_state *c, uint16_t bend) MOS_RT
{
	if (c->bend == bend)
		return;
	c->bend = bend;
	c->bend_version = ++c->version;
}

void chan_pressure(struct chan_state *c, uint8_t value) MOS_RT
{
	if (c->pressure == value)
		return;
	c->pressure = value;
	c->pressure_version = ++c->version;
}
