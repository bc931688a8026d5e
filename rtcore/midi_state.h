/* SPDX-License-Identifier: MIT */
/**
 * What is held at this moment on the live group: keys, the pedal, a guitar's strings (MID-08). Fed with every
 * live packet as it sounds; told as midi:snapshot, at most one a frame of 16 ms and only when something
 * changed. Drums (channel 9) are no keys. Audio thread only.
 *
 * A MIDI guitar sends each string on a channel of its own, six in a row, the highest string on the first.
 * Which six, it says itself by switching them to mono mode (CC 126: value 6 on the first, or 1 on each); or
 * the option
 * --guitar-channels does.
 */
#ifndef RTCORE_MIDI_STATE_H
#define RTCORE_MIDI_STATE_H

#include <mos/attr.h>
#include <mos/event.h>

#define MIDI_STATE_NO_GUITAR 16u
#define MIDI_STATE_STRINGS 6u
#define MIDI_STATE_FRAME_NS INT64_C(16000000)

struct midi_state {
	uint64_t down[16][2]; /**< by channel: keys that are held */
	uint64_t kept[16][2]; /**< released, but the pedal keeps them */
	uint8_t sustain[16];
	uint8_t newest[16];   /**< key struck last, 0xff: none */
	uint16_t mono;        /**< channels in mono mode */
	uint8_t guitar;       /**< first of the six channels, MIDI_STATE_NO_GUITAR */
	uint8_t guitar_fixed; /**< by option: mono mode does not change it */
	uint8_t changed;      /**< something came since the last look */
	int64_t told_ns;      /**< when the last one was told; 0: never */
	struct mos_ev_snapshot told;
};

/** @param guitar  First channel of six (0 to 10), MIDI_STATE_NO_GUITAR: as mono mode says. */
void midi_state_init(struct midi_state *s, uint32_t guitar) MOS_RT;

/** A packet of the live group sounds now. Call in order of time. */
void midi_state_packet(struct midi_state *s, const uint32_t ump[2]) MOS_RT;

/** @return 1: *ret is to be told now; 0: nothing new, or the frame is not over. */
int midi_state_due(struct midi_state *s, int64_t now_ns, struct mos_ev_snapshot *ret) MOS_RT;

#endif
