/* SPDX-License-Identifier: MIT */
/** Stable sorting of the items of a draft, which are mostly sorted already: runs are found and merged. */
#ifndef SCORE_SORT_H
#define SCORE_SORT_H

#include <stddef.h>
#include <stdint.h>

#include <score/alloc.h>

struct sort_key {
	uint64_t hi, lo;
	uint32_t index; /**< set by the sort */
};
struct sort_order {
	/** Fill hi and lo. */
	void (*key)(const void *item, void *ctx, struct sort_key *ret);
	/** Order of items with equal keys; NULL: as they are. */
	int (*tie)(const void *a, const void *b, void *ctx);
	void *ctx;
	uint8_t *ret_ties; /**< may be NULL; 1 where items have equal keys */
	uint8_t by_tick;   /**< 1: an item begins with its tick, an int64_t, which is `hi` */
};

#define SORT_MAX_BYTES 512u /**< of an item */

/**
 * Sort in place.
 * @param from  Where each item was before: NULL stands for "all where they are"; made or brought up to date.
 * @return 0, -ENOMEM (nothing moved).
 */
int sort_items(const struct score_alloc *alloc, void *items, size_t n, size_t item_bytes,
	const struct sort_order *order, uint32_t **from);

#endif
