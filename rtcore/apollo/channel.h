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

#define CHAN_MPE_RANGE (48u << 7) /**< bend range that members of an MPE zone begin with */

/** Controllers that move the sound from where the bank has it, centred at 64 (General MIDI 2, GS NRPNs 1/x). */
enum chan_sound {
	CC_RESONANCE = 71,
	CC_RELEASE,
	CC_ATTACK,
	CC_BRIGHTNESS,
	CC_DECAY,
	CC_VIBRATO_RATE,
	CC_VIBRATO_DEPTH,
	CC_VIBRATO_DELAY
};

/** A channel's envelope on top of its instrument's (shape.h): NRPN 77/0, 77/1, 77/2, 14 bit. */
enum chan_shape { CHAN_SHAPE_ATTACK = 0, CHAN_SHAPE_DECAY /**< 1/8 ms */, CHAN_SHAPE_SUSTAIN, CHAN_SHAPE_COUNT };
#define CHAN_SHAPE_FULL 16383u /**< sustain: as loud as it comes */
#define CHAN_SHAPE_MSB 77u

struct chan_values {
	uint8_t cc[128];
	uint8_t cc_fine[128]; /**< 1/256 of a step: what MIDI 2.0 has more */
	uint8_t program;
	uint8_t bank_msb, bank_lsb; /**< as they were at the program change */
	uint8_t pressure;
	uint8_t pressure_fine;          /**< 1/256 */
	uint8_t mpe_members;            /**< of the zone whose manager this channel is (RPN 6); channels 0 and 15 only */
	uint16_t bend;                  /**< 0..16383, 8192 centre */
	uint16_t bend_fine;             /**< 1/65536 */
	uint16_t rpn[RPN_COUNT];        /**< 14 bit */
	uint16_t shape[CHAN_SHAPE_COUNT]; /**< 0, 0, CHAN_SHAPE_FULL: none */
	uint8_t select_msb, select_lsb; /**< parameter selected by CC 100/101; 127/127 none */
	uint8_t select_nrpn;
};

struct chan_state {
	struct chan_values v;
	uint32_t version; /**< grows with each change of what voices that sound follow; 0: as after power-on */
	uint32_t program_version; /**< grows with each change of the program */
	uint32_t cc_version[128];
	uint32_t bend_version, pressure_version, rpn_version[RPN_COUNT];
	float zone_cents; /**< MPE: what the zone's manager bends all members by */
};

/** A channel-voice message as MIDI 1.0 says it, with what MIDI 2.0 has more. */
struct chan_msg {
	uint8_t channel; /**< group * 16 + channel */
	uint8_t status;  /**< 0x8 .. 0xe */
	uint8_t d1, d2;
	uint8_t fine;       /**< 1/256 of d2's step; of pressure and bend: of d1's, d2's */
	uint16_t bend_fine; /**< 1/65536 of the bend's step */
	uint8_t has_bank, bank_msb, bank_lsb; /**< a MIDI 2.0 program change may bring its bank */
};

/**
 * Read a MIDI 1.0 or 2.0 channel-voice packet. MIDI 2.0 values are scaled down so that what was scaled up (M2-115)
 * comes out as it was; a note-on of velocity 0 becomes one of 1, since it is no note-off.
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
/**
 * The same for one of all channels: the manager of an MPE zone speaks for its members, too, and makes the zone. What
 * it bends them by is left to chan_set_zone().
 */
void chan_apply_all(struct chan_state *all, const struct chan_msg *m) MOS_RT;
/** MPE: member number i, from 0, of the zone whose manager this channel is. */
uint32_t chan_member(uint32_t manager, uint32_t i) MOS_RT;
/** MPE: does a manager's message hold for all members? Not what chooses and sets parameters. */
int chan_is_for_members(const struct chan_msg *m) MOS_RT;
/** MPE: the zone's manager bends this channel by so many cents. */
void chan_set_zone(struct chan_state *c, float cents) MOS_RT;
void chan_assign(struct chan_state *c, const struct chan_values *to) MOS_RT;

/** What MIDI 2.0 says of one note: messages that only it has. */
enum chan_note_kind {
	CHAN_NOTE_PITCH,      /**< cents from the key's own pitch */
	CHAN_NOTE_PITCH_ONCE, /**< the same of the note-on that follows, and of no other */
	CHAN_NOTE_BEND,       /**< cents on top */
	CHAN_NOTE_VOLUME,     /**< 0..127, 100 the usual */
	CHAN_NOTE_PAN,        /**< 0..127, 64 the middle */
	CHAN_NOTE_EXPRESSION, /**< 0..127 */
	CHAN_NOTE_BRIGHTNESS, /**< 0..127, 64 as the bank has it */
	CHAN_NOTE_RESET,
	CHAN_NOTE_KINDS
};

struct chan_note_msg {
	uint8_t channel, key;
	uint8_t kind; /**< enum chan_note_kind */
	float value;
};

/** Read a MIDI 2.0 per-note message: bend, registered controllers 3 7 10 11 74, management; or a note-on's pitch. @return 0, -1: another. */
int chan_decode_note(const uint32_t ump[2], struct chan_note_msg *ret) MOS_RT;

/** Value of a message's d2, 0..127. */
static inline float chan_msg_value(const struct chan_msg *m) MOS_RT
{
	return (float)m->d2 + (float)m->fine * (1.0f / 256);
}

/** A controller's value, 0..127. */
static inline float chan_cc(const struct chan_state *c, uint32_t num) MOS_RT
{
	return (float)c->v.cc[num] + (float)c->v.cc_fine[num] * (1.0f / 256);
}

static inline float chan_pressure(const struct chan_state *c) MOS_RT
{
	return (float)c->v.pressure + (float)c->v.pressure_fine * (1.0f / 256);
}

/** -1 .. 1 */
static inline float chan_bend(const struct chan_state *c) MOS_RT
{
	return ((float)c->v.bend - 8192 + (float)c->v.bend_fine * (1.0f / 65536)) * (1.0f / 8192);
}

/** Range of the pitch bend in cents. */
static inline float chan_bend_range(const struct chan_state *c) MOS_RT
{
	uint32_t r = c->v.rpn[RPN_BEND_RANGE];

	return (float)(r >> 7) * 100 + (float)(r & 127);
}

/** Fine and coarse tuning of the channel, and what its zone's manager bends, in cents. */
static inline float chan_tuning(const struct chan_state *c) MOS_RT
{
	return c->zone_cents + ((float)c->v.rpn[RPN_FINE_TUNE] - 8192) * (100.0f / 8192) +
	       ((float)(c->v.rpn[RPN_COARSE_TUNE] >> 7) - 64) * 100;
}

static inline int chan_is_drums(uint32_t channel) MOS_RT
{
	return channel % 16 == 9;
}

#endif
