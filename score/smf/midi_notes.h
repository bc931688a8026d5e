/* SPDX-License-Identifier: MIT */
/**
 * Notes of one track that have begun and not ended, first in first out for each line (channel of a port) and
 * key. A note is its index in its part, and a line has one part.
 */
#ifndef SCORE_MIDI_NOTES_H
#define SCORE_MIDI_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include <score/alloc.h>

#define MIDI_LINES 256u /**< 16 ports of 16 channels */

struct midi_notes {
	const struct score_alloc *alloc;
	struct midi_note_queue *line[MIDI_LINES]; /**< [128 keys]; made when the line's first note begins */
	struct midi_open_note *open;              /**< nodes of all queues; [0] is none */
	size_t n_open_nodes, cap_open;
	uint32_t free; /**< a list of free nodes */
	uint64_t n_open;
};

void midi_notes_init(struct midi_notes *notes, const struct score_alloc *alloc);
/** Zeroed ones are fine. */
void midi_notes_finish(struct midi_notes *notes);

/** Note number `note` begins. @return 0, -ENOMEM. */
int midi_notes_open(struct midi_notes *notes, unsigned line, unsigned key, uint32_t note);
/** Take the oldest open note of a line and key. @return 1, or 0: none is open. */
int midi_notes_close(struct midi_notes *notes, unsigned line, unsigned key, uint32_t *ret_note);

#endif
