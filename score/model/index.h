/* SPDX-License-Identifier: MIT */
/**
 * Where each object of a score is, and who names it: persistent like the score itself, made at the first edit
 * of a document and carried along from snapshot to snapshot. The editing thread's own.
 */
#ifndef SCORE_INDEX_H
#define SCORE_INDEX_H

#include <score/score.h>

#include "seq_edit.h"
#include "shape.h"

/** By id. */
struct index_place {
	nvx_id id;
	nvx_id part_id;     /**< whose note, controller or region it is */
	uint64_t tick_list; /**< tick << 8 | enum nvx_list_kind, PLACE_REGION */
};
/** By target, then source. What names a part or a region is not held: it is looked for. */
struct index_use {
	nvx_id target, source;
};

/** Make it if there is none yet. @return 0, -ENOMEM. */
int score_index_make(struct score *score);
/** Drop it. Zeroed ones are fine. */
void score_index_finish(struct score_index *index);

/** NULL: no object has this id. */
const struct index_place *score_index_find(const struct score_index *index, nvx_id id);
/** First of the uses of `target`, or where they would be. */
uint32_t score_index_uses(const struct score_index *index, nvx_id target);
/** The object that a place is of. @return NULL: the index is of another score. */
const void *score_index_item(const struct score *score, const struct index_place *place);

/** Tell `use` every id of an object that other objects have, parts and regions left out. */
void index_visit(const struct nvx_pool *pool, const struct shape *shape, const void *item,
	void (*use)(void *ctx, nvx_id target), void *ctx);
/** Where an item of a list belongs. */
struct index_place index_place_of(unsigned list, nvx_id part_id, const void *item);

int index_compare_place(const void *a, const void *b, const void *ctx);
int index_compare_use(const void *a, const void *b, const void *ctx);

#endif
