/* SPDX-License-Identifier: MIT */
/**
 * MIDI channel state: what the messages of a channel have set, and the one place that says what a message
 * sets. Apollo keeps one for all instruments; songs keep snapshots, to catch up after a jump. In a state each
 * value carries the version at which it last changed, so that an instrument can be brought up to date on the
 * one channel it needs, when it needs it. Pure: audio thread and loader alike.
 */
#ifndef APOLLO_CHANNEL_H
#define APOLLO_CHANNEL_H

#include <stdint.h>
#include <mos/attr.h>
#include <mos/rtctl.h>

#define APOLLO_CHANNELS MOS_N_STRIPS /**< group * 16 + channel; one strip each */

enum chan_rpn { RPN_BEND_RANGE = 0, RPN_FINE_TUNE, RPN_COARSE_TUNE, RPN_COUNT };

struct chan_values {
	uint8_t cc[128];
	uint8_t program;
	uint8_t bank_msb, bank_lsb; /**< as they were at the program change */
	uint8_t pressure;
	uint16_t bend;                  /**< 0..16383, 8192 centre */
	uint16_t rpn[RPN_COUNT];        /**< 14 bit */
	uint8_t select_msb, select_lsb; /**< parameter selected by CC 100/101; 127/127 none */
	uint8_t select_nrpn;
};

struct chan_state {
	struct chan_values v;
	uint32_t version; /**< grows with each change; 0: as after power-on */
	uint32_t cc_version[128];
	uint32_t program_version, bend_version, pressure_version, rpn_version[RPN_COUNT];
};

/** A channel-voice message as MIDI 1.0 says it. */
struct chan_msg {
	uint8_t channel; /**< group * 16 + channel */
	uint8_t status;  /**< 0x8 .. 0xe */
	uint8_t d1, d2;
	uint8_t has_bank, bank_msb, bank_lsb; /**< a MIDI 2.0 program change may bring its bank */
};

/**
 * Read a MIDI 1.0 or 2.0 channel-voice packet. MIDI 2.0 values are scaled down by a right shift, which is
 * exact for what was scaled up (M2-115); a note-on of velocity 0 becomes one of 1, since it is no note-off.
 * @return 0, -1: a packet of another kind.
 */
int chan_decode(const uint32_t ump[2], struct chan_msg *ret) MOS_RT;
/**
 * Does this sysex7 packet complete a "system on" of GM, GS or XG?
 * @param pending  Bit per group: the first packet of a GS reset was seen; start with 0.
 */
int chan_is_system_on(uint32_t *pending, const uint32_t ump[2]) MOS_RT;

/** Power-on state of General MIDI. */
void chan_init(struct chan_state *c) MOS_RT;
/** Back to power-on values; like all below, only what differs gets a new version. */
void chan_reset(struct chan_state *c) MOS_RT;
/** Program change, pressure, bend, controllers 0..119 and 121 (as RP-015 says); other messages set nothing.
 */
void chan_apply(struct chan_state *c, const struct chan_msg *m) MOS_RT;
void chan_assign(struct chan_state *c, const struct chan_values *to) MOS_RT;

static inline int chan_is_drums(uint32_t channel) MOS_RT
{
	return channel % 16 == 9;
}

#endif
