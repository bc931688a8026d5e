/* SPDX-License-Identifier: MIT */
/** The lists of a draft by number. */
#ifndef SCORE_DRAFT_LIST_H
#define SCORE_DRAFT_LIST_H

#include <score/draft.h>

struct draft_list {
	void **items;
	size_t *n, *cap;
	size_t item_bytes;
};

/** @param list  enum nvx_list_kind; of note and control: `part` says whose. */
struct draft_list draft_list(struct nvx_draft *draft, unsigned list, uint32_t part);

static inline void *draft_item(const struct draft_list *list, size_t i)
{
	return (char *)*list->items + i * list->item_bytes;
}

#endif
