/* SPDX-License-Identifier: MIT */
/**
 * A persistent sequence of plain items: immutable chunks in an immutable table, both reference-counted and shared
 * between snapshots. A changed sequence copies the table and the chunks that are touched (about 4 KiB each), nothing
 * else. Reading is safe from any thread that holds a reference.
 */
#ifndef SCORE_SEQ_H
#define SCORE_SEQ_H

#include <stdint.h>

#include <score/alloc.h>

struct nvx_seq_table;

/** By value; holds a reference to its table. Zeroed: empty. */
struct nvx_seq {
	struct nvx_seq_table *table;
	uint32_t n;
	uint32_t item_bytes;
};

/** Copy of an array. @return 0, -ENOMEM. */
int nvx_seq_make(const struct score_alloc *alloc, const void *items, uint32_t n, uint32_t item_bytes,
	struct nvx_seq *ret);
/**
 * The array itself, without a copy: it belongs to the sequence, and lives as long as anything that shares a part of it.
 * @param items  Of `alloc`. @return 0; -ENOMEM: it is still the caller's.
 */
int nvx_seq_adopt(const struct score_alloc *alloc, void *items, uint32_t n, uint32_t item_bytes,
	struct nvx_seq *ret);
struct nvx_seq nvx_seq_ref(struct nvx_seq seq);
/** Zeroed ones are fine. */
void nvx_seq_unref(struct nvx_seq *seq);
/** i < seq->n. O(log chunks). */
const void *nvx_seq_at(const struct nvx_seq *seq, uint32_t i);

/**
 * Replace `n_old` items from index `at` by `n_new` new ones, in a new sequence; `seq` stays as it is.
 * @return 0, -ENOMEM.
 */
int nvx_seq_splice(const struct nvx_seq *seq, const struct score_alloc *alloc, uint32_t at, uint32_t n_old,
	const void *items, uint32_t n_new, struct nvx_seq *ret);

/** First index whose item is at or after `tick`; for items that begin with `int64_t tick` and are sorted by it. */
uint32_t nvx_seq_find(const struct nvx_seq *seq, int64_t tick);

/** One after the other, without the search: `for (it = nvx_seq_from(&seq, i); (p = nvx_seq_next(&it));)`. */
struct nvx_seq_iter {
	const struct nvx_seq *seq;
	const char *item; /**< next */
	uint32_t left;    /**< items left in its chunk */
	uint32_t index;   /**< of the next item */
};
struct nvx_seq_iter nvx_seq_from(const struct nvx_seq *seq, uint32_t at);
/** To the next chunk. @return 0: there is none. */
int nvx_seq_turn(struct nvx_seq_iter *it);
static inline const void *nvx_seq_next(struct nvx_seq_iter *it)
{
	if (!it->left && !nvx_seq_turn(it))
		return NULL;
	const char *item = it->item;
	it->item += it->seq->item_bytes;
	it->left--;
	it->index++;
	return item;
}

/** 1: the same table: equal without looking. */
int nvx_seq_same(const struct nvx_seq *a, const struct nvx_seq *b);

#endif
