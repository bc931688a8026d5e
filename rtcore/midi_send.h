/* SPDX-License-Identifier: MIT */
/**
 * What clients with `midi.out` send to the MIDI output: waits here for its frame, and it is kept who holds
 * which key and which pedal there, so that a client's death ends its notes. Audio thread only.
 */
#ifndef RTCORE_MIDI_SEND_H
#define RTCORE_MIDI_SEND_H

#include <mos/ingress.h>

#include "block.h"
#include "kronos/song.h"

#define MIDI_SEND_WAITING 1024u
#define MIDI_SEND_PER_CLIENT 128u /**< its note-ons are refused a quarter earlier than the rest */

#define MIDI_SEND_PEDALS 3u /**< sustain, sostenuto, hold 2 */

struct midi_send_item {
	uint64_t frame;
	uint32_t ump[2];
	uint16_t source;
};

struct midi_send {
	uint32_t n_waiting, n_held;
	struct midi_send_item waiting[MIDI_SEND_WAITING]; /**< in order of arrival */
	uint16_t waiting_of[MOS_CLIENTS_MAX];
	uint16_t holder[SONG_CHANNELS][128];             /**< client slot + 1, 0: nobody */
	uint16_t pedal[SONG_CHANNELS][MIDI_SEND_PEDALS]; /**< in the same way */
};

/** @return 0, -1: full. */
int midi_send_add(struct midi_send *s, uint64_t frame, const uint32_t ump[2], uint16_t source) MOS_RT;
/** Move what is due in the block into it. */
void midi_send_collect(struct midi_send *s, struct block *b) MOS_RT;
/** Keep the books: a packet goes out now. */
void midi_send_book(struct midi_send *s, const struct block_event *ev) MOS_RT;
/**
 * Everything that `source` holds there, or has waiting, ends now.
 * @return 0; -1: the block was full before all ends were in it; to be asked again when it has been played.
 */
int midi_send_release(struct midi_send *s, struct block *b, uint16_t source) MOS_RT;

#endif
