/* SPDX-License-Identifier: MIT */
#include "midi_notes.h"

#include <errno.h>

/* Nodes by index; 0: none. */
struct midi_note_queue {
	uint32_t oldest, newest;
};

struct midi_open_note {
	uint32_t note, next;
};

void midi_notes_init(struct midi_notes *notes, const struct score_alloc *alloc)
{
	*notes = (struct midi_notes){.alloc = alloc, .n_open_nodes = 1};
}

void midi_notes_finish(struct midi_notes *notes)
{
	if (!notes->alloc)
		return;
	for (unsigned i = 0; i < MIDI_LINES; i++)
		score_free(notes->alloc, notes->line[i]);
	score_free(notes->alloc, notes->open);
	*notes = (struct midi_notes){0};
}

/** @return 0: out of memory. */
static uint32_t new_node(struct midi_notes *notes)
{
	const uint32_t node = notes->free;
	if (node) {
		notes->free = notes->open[node].next;
		return node;
	}
	if (score_reserve(notes->alloc, (void **)&notes->open, &notes->cap_open, notes->n_open_nodes + 1,
		    sizeof(*notes->open)))
		return 0;
	return (uint32_t)notes->n_open_nodes++;
}

int midi_notes_open(struct midi_notes *notes, unsigned line, unsigned key, uint32_t note)
{
	if (!notes->line[line]) {
		notes->line[line] = score_zalloc(notes->alloc, 128, sizeof(**notes->line));
		if (!notes->line[line])
			return -ENOMEM;
	}
	const uint32_t node = new_node(notes);
	if (!node)
		return -ENOMEM;
	struct midi_note_queue *queue = &notes->line[line][key];
	notes->open[node] = (struct midi_open_note){.note = note};
	if (queue->oldest)
		notes->open[queue->newest].next = node;
	else
		queue->oldest = node;
	queue->newest = node;
	notes->n_open++;
	return 0;
}

int midi_notes_close(struct midi_notes *notes, unsigned line, unsigned key, uint32_t *ret_note)
{
	struct midi_note_queue *queue = notes->line[line] ? &notes->line[line][key] : NULL;
	if (!queue || !queue->oldest)
		return 0;
	const uint32_t node = queue->oldest;
	*ret_note = notes->open[node].note;
	queue->oldest = notes->open[node].next;
	notes->open[node].next = notes->free;
	notes->free = node;
	notes->n_open--;
	return 1;
}
