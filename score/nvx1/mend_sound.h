/* SPDX-License-Identifier: MIT */
/**
 * Nearly everything that importers make is sound. That is seen by comparing an item with the defaults of its
 * kind, word by word, and looking only at the members that lie in words which differ. One thread.
 */
#ifndef NVX1_MEND_SOUND_H
#define NVX1_MEND_SOUND_H

#include <score/draft.h>
#include <score/nvx_tables.h>

struct sound_kind;

/** What is known of a table's kinds; made when one is met. */
struct sound {
	const struct nvx_table *table;
	struct nvx_draft *draft;
	struct sound_kind *kind[32];
};

void sound_init(struct sound *sound, const struct nvx_table *table, struct nvx_draft *draft);
void sound_finish(struct sound *sound);
#define SOUND_MAX_DOUBTS 16u
/**
 * Members that have to be looked at closer, in the table's order; all others are as their tables ask.
 * @return how many; -1: any of them, or draft->error.
 */
int sound_doubts(struct sound *sound, const void *item, const struct nvx_field *ret[static SOUND_MAX_DOUBTS]);

#endif
