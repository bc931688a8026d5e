/* SPDX-License-Identifier: MIT */
#include "smf_notes.h"

#include <errno.h>

#define N_QUEUES (SMF_NOTES_LINES * 128)

struct smf_note_queue {
	uint32_t n;
	uint32_t oldest, newest; /**< valid when n is not 0 */
};

int smf_notes_init(struct smf_notes *notes, const struct hermes_alloc *alloc)
{
	*notes = (struct smf_notes){.alloc = alloc};
	notes->queue = hermes_zalloc(alloc, N_QUEUES, sizeof(*notes->queue));
	return notes->queue ? 0 : -ENOMEM;
}

void smf_notes_finish(struct smf_notes *notes)
{
	hermes_free(notes->alloc, notes->queue);
	hermes_free(notes->alloc, notes->next);
	*notes = (struct smf_notes){0};
}

int smf_notes_open(struct smf_notes *notes, unsigned line, unsigned key, uint32_t note)
{
	int rc = hermes_reserve(notes->alloc, (void **)&notes->next, &notes->cap_next, (size_t)note + 1,
		sizeof(*notes->next));
	if (rc < 0)
		return rc;
	struct smf_note_queue *queue = &notes->queue[line * 128 + key];
	if (queue->n++)
		notes->next[queue->newest] = note;
	else
		queue->oldest = note;
	queue->newest = note;
	notes->n_open++;
	notes->scan = 0;
	return 0;
}

static int take(struct smf_notes *notes, struct smf_note_queue *queue, uint32_t *ret_note)
{
	if (!queue->n)
		return 0;
	*ret_note = queue->oldest;
	if (--queue->n)
		queue->oldest = notes->next[queue->oldest];
	notes->n_open--;
	return 1;
}

int smf_notes_close(struct smf_notes *notes, unsigned line, unsigned key, uint32_t *ret_note)
{
	return take(notes, &notes->queue[line * 128 + key], ret_note);
}

int smf_notes_close_any(struct smf_notes *notes, uint32_t *ret_note)
{
	while (notes->n_open) {
		if (take(notes, &notes->queue[notes->scan], ret_note))
			return 1;
		notes->scan++;
	}
	return 0;
}
