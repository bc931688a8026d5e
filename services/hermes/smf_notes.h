/* SPDX-License-Identifier: MIT */
/**
 * Notes of one track that have begun and not ended, first in first out for each line (channel of a group)
 * and key. Note numbers are indices into the score's notes.
 */
#ifndef HERMES_SMF_NOTES_H
#define HERMES_SMF_NOTES_H

#include <stdint.h>

#include "alloc.h"

#define SMF_NOTES_LINES 48u /**< 3 groups of 16 channels */

struct smf_notes {
	const struct hermes_alloc *alloc;
	struct smf_note_queue *queue; /**< [line * 128 + key] */
	uint32_t *next;               /**< [note]: the one that began after it on its line and key */
	size_t cap_next;
	uint64_t n_open;
	uint32_t scan; /**< smf_notes_close_any(): queues before it are empty */
};

/** @return 0, -ENOMEM. */
int smf_notes_init(struct smf_notes *notes, const struct hermes_alloc *alloc);
void smf_notes_finish(struct smf_notes *notes);

/** Note number `note` begins. @return 0, -ENOMEM. */
int smf_notes_open(struct smf_notes *notes, unsigned line, unsigned key, uint32_t note);
/** Take the oldest open note of a line and key. @return 1, or 0: none is open. */
int smf_notes_close(struct smf_notes *notes, unsigned line, unsigned key, uint32_t *ret_note);
/** Take any open note; call until it returns 0. */
int smf_notes_close_any(struct smf_notes *notes, uint32_t *ret_note);

#endif
