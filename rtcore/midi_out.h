/* SPDX-License-Identifier: MIT */
/**
 * What the engine knows of whoever listens to its MIDI output: which keys are down there, which controllers
 * it has heard, and what is still to be sent because a cycle had no more room. Audio thread only.
 */
#ifndef RTCORE_MIDI_OUT_H
#define RTCORE_MIDI_OUT_H

#include <stdint.h>

#include <mos/midi_gate.h>

#include "apollo/channel.h"
#include "kronos/song.h"

/** What is under way until it is done; bits of `leaving`. */
#define MIDI_OUT_RELEASE 1u
#define MIDI_OUT_SWEEP 2u
#define MIDI_OUT_CLIENTS 4u /**< what clients hold is released with it, not the score's notes alone */

/** Who sends notes there: which of them are down, and which ends found no room. */
struct midi_out_lane {
	struct mos_gate gate;
	uint32_t n_owed;
	uint8_t owed[SONG_CHANNELS][128];
};

struct midi_out {
	struct midi_out_lane score, clients;
	struct chan_state heard[SONG_CHANNELS];
	uint32_t sysex;      /**< chan_is_system_on()'s */
	uint32_t offset;     /**< in the block, of what the gate sends */
	uint32_t leaving;    /**< MIDI_OUT_* */
	uint64_t held_until; /**< frame; before it nothing but clocks is sent: a link is being cut */
	int is_heard;        /**< somebody listens since the last cycle */
	int is_stale;  /**< who listens may hold notes of another process */
	int is_behind; /**< a packet found no room: perhaps it was a controller, so they are told anew */
};

#endif
