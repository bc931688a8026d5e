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

/** Where a list's items, their number and the room for them stand: in the draft, or in a part of it. */
struct draft_place {
	uint16_t items, n, cap, item_bytes;
};
extern const struct draft_place draft_places[NVX_LIST_part + 1];

/** @param list  enum nvx_list_kind; of note and control: `part` says whose. */
static inline struct draft_list draft_list(struct nvx_draft *draft, unsigned list, uint32_t part)
{
	const struct draft_place *place = &draft_places[list];
	char *base = (char *)draft;
	if (list == NVX_LIST_note || list == NVX_LIST_control)
		base = (char *)(part < draft->n_part ? &draft->part[part] : &draft->nowhere.part);
	return (struct draft_list){(void **)(void *)(base + place->items),
		(size_t *)(void *)(base + place->n), (size_t *)(void *)(base + place->cap),
		place->item_bytes};
}

static inline void *draft_item(const struct draft_list *list, size_t i)
{
	return (char *)*list->items + i * list->item_bytes;
}

/** Give back the room that a list has no use for. @return 0, -ENOMEM. */
static inline int draft_list_fit(const struct score_alloc *alloc, const struct draft_list *list)
{
	return score_fit(alloc, list->items, list->cap, *list->n, list->item_bytes);
}

#endif
