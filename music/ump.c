/* SPDX-License-Identifier: MIT */
#include <mos/ump.h>

/** By message type, the upper four bits (M2-104-UM). */
static const uint8_t words_of_type[16] = {1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4};

#define NOTE_OFF 0x8u
#define NOTE_ON 0x9u
#define KEY_PRESSURE 0xau
#define CONTROL 0xbu
#define PROGRAM 0xcu
#define PRESSURE 0xdu
#define BEND 0xeu
#define REGISTERED 0x2u /* MIDI 2.0: parameters */
#define ASSIGNABLE 0x3u

uint32_t mos_ump_scale_up(uint32_t value, uint32_t src_bits, uint32_t dst_bits) MOS_RT
{
	uint32_t more = dst_bits - src_bits, repeat_bits = src_bits - 1;
	uint64_t scaled = (uint64_t)value << more, repeat;

	if (value <= 1u << (src_bits - 1))
		return (uint32_t)scaled;
	/* above the middle, the lower bits are repeated downwards */
	repeat = value & ((1u << repeat_bits) - 1);
	repeat = more > repeat_bits ? repeat << (more - repeat_bits) : repeat >> (repeat_bits - more);
	for (; repeat; repeat >>= repeat_bits)
		scaled |= repeat;
	return (uint32_t)scaled;
}

uint32_t mos_ump_words(uint32_t word0) MOS_RT
{
	return words_of_type[word0 >> 28];
}

static uint32_t midi1(uint32_t word0, uint32_t status, uint32_t d1, uint32_t d2) MOS_RT
{
	return 0x20000000u | (word0 & 0x0f0f0000u) | status << 20 | d1 << 8 | d2;
}

/* A parameter: selected, then set, coarse and fine. */
static uint32_t parameter(const uint32_t ump[2], uint32_t select, uint32_t ret[4]) MOS_RT
{
	ret[0] = midi1(ump[0], CONTROL, select, ump[0] >> 8 & 127);
	ret[1] = midi1(ump[0], CONTROL, select - 1, ump[0] & 127);
	ret[2] = midi1(ump[0], CONTROL, 6, ump[1] >> 25);
	ret[3] = midi1(ump[0], CONTROL, 38, ump[1] >> 18 & 127);
	return 4;
}

static uint32_t program(const uint32_t ump[2], uint32_t ret[4]) MOS_RT
{
	uint32_t n = 0;

	if (ump[0] & 1) {
		ret[n++] = midi1(ump[0], CONTROL, 0, ump[1] >> 8 & 127);
		ret[n++] = midi1(ump[0], CONTROL, 32, ump[1] & 127);
	}
	ret[n++] = midi1(ump[0], PROGRAM, ump[1] >> 24 & 127, 0);
	return n;
}

uint32_t mos_ump_to_midi1(const uint32_t ump[2], uint32_t ret[4]) MOS_RT
{
	uint32_t status = ump[0] >> 20 & 15, d1 = ump[0] >> 8 & 127, velocity = ump[1] >> 25;

	if (ump[0] >> 28 != 4)
		return 0;
	switch (status) {
	case NOTE_ON: /* velocity 0 is soft in MIDI 2.0, in MIDI 1.0 an end */
		ret[0] = midi1(ump[0], status, d1, velocity ? velocity : 1);
		return 1;
	case NOTE_OFF:
	case KEY_PRESSURE:
	case CONTROL:
		ret[0] = midi1(ump[0], status, d1, velocity);
		return 1;
	case PRESSURE:
		ret[0] = midi1(ump[0], status, velocity, 0);
		return 1;
	case BEND:
		ret[0] = midi1(ump[0], status, ump[1] >> 18 & 127, velocity);
		return 1;
	case PROGRAM:
		return program(ump, ret);
	case REGISTERED:
		return parameter(ump, 101, ret);
	case ASSIGNABLE:
		return parameter(ump, 99, ret);
	default:
		return 0;
	}
}

int mos_ump_to_midi2(uint32_t word0, uint32_t ret[2]) MOS_RT
{
	uint32_t status = word0 >> 20 & 15, d1 = word0 >> 8 & 127, d2 = word0 & 127;

	if (word0 >> 28 != 2 || status < NOTE_OFF || status > BEND)
		return 0;
	if (status == NOTE_ON && d2 == 0) {
		status = NOTE_OFF;
		d2 = 64; /* what MIDI 1.0 means where it says no velocity */
	}
	ret[0] = 0x40000000u | (word0 & 0x0f0f0000u) | status << 20;
	ret[1] = 0;
	switch (status) {
	case NOTE_OFF:
	case NOTE_ON:
		ret[0] |= d1 << 8;
		ret[1] = mos_ump_scale_up(d2, 7, 16) << 16;
		break;
	case KEY_PRESSURE:
	case CONTROL:
		ret[0] |= d1 << 8;
		ret[1] = mos_ump_scale_up(d2, 7, 32);
		break;
	case PROGRAM:
		ret[1] = d1 << 24;
		break;
	case PRESSURE:
		ret[1] = mos_ump_scale_up(d1, 7, 32);
		break;
	default:
		ret[1] = mos_ump_scale_up(d2 << 7 | d1, 14, 32);
		break;
	}
	return 1;
}
