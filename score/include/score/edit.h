/* SPDX-License-Identifier: MIT */
/**
 * Changing a score: small operations, each with an inverse, applied together or not at all to make the next snapshot
 * (HER-07, HER-09). What a change says is complete (items before and after), so the same change serves as undo
 * record, as journal entry and as delta to subscribers. One thread edits a document at a time.
 */
#ifndef SCORE_EDIT_H
#define SCORE_EDIT_H

#include <score/score.h>

enum score_op_kind { SCORE_OP_ADD, SCORE_OP_REMOVE, SCORE_OP_REPLACE };

/**
 * One operation on one object.
 *
 * Objects are found by id; entries of the maps (tempo, meter, key) by tick, measures and the order by index, the
 * globals (list NVX_N_EDIT_LISTS: metadata, layers' properties ...) as a whole. `item` sizes follow from the list.
 */
struct score_op {
	uint8_t kind;    /**< enum score_op_kind */
	uint8_t list;    /**< enum nvx_list_kind, or SCORE_EDIT_GLOBALS */
	nvx_id part_id;  /**< of notes and controls */
	uint32_t index;  /**< of measures, order and parts: where; else unused */
	const void *before; /**< REMOVE, REPLACE: the item as it is now */
	const void *after;  /**< ADD, REPLACE */
};
#define SCORE_EDIT_GLOBALS 0xffu

/** Operations in the order in which they are applied. Items are the change's own copies. */
struct score_change {
	const struct score_alloc *alloc;
	struct nvx_pool *pool; /**< of the document; a reference */
	struct score_op *op;
	size_t n_op, cap_op;
};

void score_change_init(struct score_change *change, const struct score *base);
/** Zeroed ones are fine. */
void score_change_finish(struct score_change *change);
/** Append; items are copied. @return 0, -ENOMEM. */
int score_change_add(struct score_change *change, enum score_op_kind kind, unsigned list, nvx_id part_id,
	uint32_t index, const void *before, const void *after);
/**
 * Append what moves everything from a tick on by `delta` ticks: measures, map entries, regions, notes, controllers,
 * elements. For measures that are put in, taken out, or change their length; what they hold is the caller's.
 */
int score_change_shift(struct score_change *change, const struct score *base, int64_t from_tick, int64_t delta_ticks);
/** Turn it round: order, kinds, before and after. Applied to what came of it, it gives the base's bytes back. */
void score_change_invert(struct score_change *change);

/**
 * Apply all or nothing. Elements that hang on a note move with it, and go when it goes (their removal is appended to
 * `change`, so that its inverse brings them back). The result holds all rules of nvx1.md or is not made.
 * @param change  Completed: ids for items that have none, `before` as it was, follow-ups.
 * @return 0 and a reference to the new score; -EINVAL with the report filled; -ENOMEM.
 */
int score_apply(const struct score *base, struct score_change *change, struct score_report *report,
	struct score **ret);

/**
 * The operations that lead from one snapshot to another of the same document, or of another one (`score diff`): its
 * texts are then copied into the first one's pool. Applied to `from`, they give the state of `to`. @return 0, -ENOMEM.
 */
int score_diff(const struct score *from, const struct score *to, struct score_change *ret);

#endif
