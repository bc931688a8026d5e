/* SPDX-License-Identifier: MIT */
/**
 * Where each object of a draft is, by its id: an array for the ids that the draft gave itself, a table for
 * those that the document gave. One thread.
 */
#ifndef SCORE_PLACES_H
#define SCORE_PLACES_H

#include <score/draft.h>

#include "pool_private.h"

struct place {
	uint32_t index;
	uint16_t part; /**< of notes, controls and regions */
	uint8_t list;  /**< enum nvx_list_kind, PLACE_REGION; PLACE_NONE: nothing has this id */
	uint8_t kind;  /**< of elements */
};
#define PLACE_REGION 0xfeu
#define PLACE_NONE 0xffu

struct place_slot {
	nvx_id id;
	struct place place;
};

struct places {
	const struct score_alloc *alloc;
	struct place *given; /**< by number of a provisional id */
	uint32_t n_given;
	struct place_slot *slot;
	uint32_t n_slots, n_used;
	uint64_t seed;
};

/** @param n_given  Provisional ids up to this number. @return 0, -ENOMEM. */
int places_init(struct places *places, const struct score_alloc *alloc, uint32_t n_given);
/** Zeroed ones are fine. */
void places_finish(struct places *places);
/** @return 0; -EEXIST: the id has a place already; -ENOMEM. */
int places_add(struct places *places, nvx_id id, struct place place);
/** What the draft named itself, as nearly all is. @return 1: it has its place now. */
static inline int places_add_given(struct places *places, nvx_id id, struct place place)
{
	const uint32_t number = id & NVX_ID_NUMBER_MAX;
	if (!nvx_id_provisional(id) || number > places->n_given || places->given[number].list != PLACE_NONE)
		return 0;
	places->given[number] = place;
	return 1;
}
/** NULL: nothing has this id. */
struct place *places_find(const struct places *places, nvx_id id);

#endif
