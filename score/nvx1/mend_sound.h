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

#define SOUND_KINDS 32u
#define SOUND_MAX_WORDS 64u

/** One list that is gone through. */
struct sound {
	const struct nvx_table *table;
	struct nvx_draft *draft;
	unsigned list;
	unsigned which;                   /**< the kind that was met last */
	const struct sound_kind *kind;    /**< what is known of it */
	const struct sound_kind *last_of; /**< the kind whose words these are: */
	uint64_t last[SOUND_MAX_WORDS];   /**< what was sound in it, word by word: neighbours are alike */
};

void sound_init(struct sound *sound, unsigned list, struct nvx_draft *draft);
#define SOUND_MAX_DOUBTS 16u
/**
 * Members that have to be looked at closer, in the table's order; all others are as their tables ask.
 * @return how many; -1: any of them, or draft->error.
 */
int sound_doubts(struct sound *sound, const void *item, const struct nvx_field *ret[static SOUND_MAX_DOUBTS]);
/** Elements of staff notation, from the first on, in which there is nothing to be looked at or mended: staff
 * 1 becomes "not given", the same. @return how many. */
size_t sound_elements(struct sound *sound, struct nvx_notation_element *element, size_t n);

#endif
