/* SPDX-License-Identifier: MIT */
/**
 * MIDI channel state, kept once by Apollo for all instruments. Each value carries the version at which it
 * last changed, so that an instrument can be brought up to date on the one channel it needs, when it needs
 * it. Audio thread only.
 */
#ifndef APOLLO_CHANNEL_H
#define APOLLO_CHANNEL_H

#include <stdint.h>
#include <mos/attr.h>
#include <mos/rtctl.h>

#define APOLLO_CHANNELS MOS_N_STRIPS /**< group * 16 + channel; one strip each */

enum chan_rpn { RPN_BEND_RANGE = 0, RPN_FINE_TUNE, RPN_COARSE_TUNE, RPN_COUNT };

struct chan_state {
	uint32_t version; /**< grows with each change; 0: as after power-on */
	uint32_t cc_version[128];
	uint32_t program_version, bend_version, pressure_version, rpn_version[RPN_COUNT];
	uint8_t cc[128];
	uint8_t program;
	uint8_t bank_msb, bank_lsb; /**< as they were at the program change */
	uint8_t pressure;
	uint16_t bend;              /**< 0..16383, 8192 centre */
	uint16_t rpn[RPN_COUNT];    /**< 14 bit */
	uint8_t select_msb, select_lsb; /**< parameter selected by CC 100/101; 127/127 none */
	uint8_t select_nrpn;
};

/** Power-on state of General MIDI. */
void chan_init(struct chan_state *c) MOS_RT;
/** Back to power-on values; only what differs gets a new version. */
void chan_reset(struct chan_state *c) MOS_RT;
/** CC 121 as RP-015 defines it: volume, pan, bank, program stay. */
void chan_reset_controllers(struct chan_state *c) MOS_RT;
/** Controllers 0..119. RPN data entry is resolved here. */
void chan_cc(struct chan_state *c, uint8_t num, uint8_t value) MOS_RT;
/** A registered parameter at once, 14 bit. */
void chan_rpn(struct chan_state *c, uint32_t n, uint16_t value) MOS_RT;
void chan_program(struct chan_state *c, uint8_t program) MOS_RT;
void chan_bend(struct chan_state *c, uint16_t bend) MOS_RT;
void chan_pressure(struct chan_state *c, uint8_t value) MOS_RT;

static inline int chan_is_drums(uint32_t channel) MOS_RT
{
	return channel % 16 == 9;
}

#endif
