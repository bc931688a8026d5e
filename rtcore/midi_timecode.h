/* SPDX-License-Identifier: MIT */
/**
 * MIDI time code, on the MIDI output for others, and at the MIDI input when we follow it (KRO-26). Audio
 * thread only.
 */
#ifndef RTCORE_MIDI_TIMECODE_H
#define RTCORE_MIDI_TIMECODE_H

#include <stdint.h>

#include "kronos/pulse.h"
#include "kronos/timecode.h"

/** What others are told. */
struct timecode_out {
	uint32_t rate;    /**< enum mos_timecode */
	int is_running;   /**< quarter frames go out */
	int64_t next;     /**< quarter of a picture, not told yet */
	int64_t at_frame; /**< of the song: where the next block begins unless somebody jumps */
	int64_t told;     /**< picture of the last full frame; -1: none */
};

#define TIMECODE_SYSEX_BYTES 8u /* of a full frame, between its first and its last */

/** What we are told. */
struct timecode_in {
	uint8_t nibble[TIMECODE_PIECES];
	uint32_t n_pieces; /**< in a row, 0..8; the next one is their number */
	int is_known;      /**< a whole time was heard: `quarter` is known */
	uint32_t rate;
	int64_t quarter; /**< of a picture, at the last message */
	struct pulse pulse;
	int64_t heard_ns;
	uint8_t sysex[TIMECODE_SYSEX_BYTES];
	uint32_t n_sysex; /**< more: it is not for us */
};

#endif
