/* SPDX-License-Identifier: MIT */
/** Many insertions and removals in a sorted sequence at once, as few splices. */
#ifndef SCORE_SEQ_EDIT_H
#define SCORE_SEQ_EDIT_H

#include <score/seq.h>

struct seq_edit {
	const void *item;
	uint32_t index; /**< of the sequence: where it is, or before which it goes */
	uint8_t remove; /**< 1: take this item out; 0: put it in */
};
/** A total order. */
typedef int seq_compare_fn(const void *a, const void *b, const void *ctx);

/** First index whose item is not before `item`. */
uint32_t seq_lower_bound(
	const struct nvx_seq *seq, const void *item, seq_compare_fn *compare, const void *ctx);
/**
 * Apply edits in any order: items that are removed are found by the order, and have to be there.
 * @param seq  Replaced by the new sequence; on failure as it was. Edits are sorted.
 * @return 0; -ENOMEM; -ENOENT: an item to be removed is not there.
 */
int seq_apply(struct nvx_seq *seq, const struct score_alloc *alloc, struct seq_edit *edits, size_t n,
	seq_compare_fn *compare, const void *ctx);

#endif
