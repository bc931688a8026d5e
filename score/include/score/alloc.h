/* SPDX-License-Identifier: MIT */
/**
 * The one door to the heap for everything that turns files into scores and timelines, so that a test can make each
 * allocation fail in turn and an import can be given a budget. Any thread, if the functions behind it are.
 */
#ifndef SCORE_ALLOC_H
#define SCORE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

struct score_alloc {
	/** realloc()'s contract; size 0 frees and returns NULL. */
	void *(*resize)(void *ctx, void *ptr, size_t size_bytes);
	void *ctx;
};

/** The C library's heap. */
extern const struct score_alloc score_heap;

/**
 * Make room for `need` items in a growing array: capacity grows by half or more, so that appending is O(1) amortised.
 * @param items  The array, NULL when *cap is 0; moved on growth.
 * @param cap    Items that fit; grows.
 * @return 0, or -ENOMEM with nothing changed.
 */
int score_reserve(const struct score_alloc *alloc, void **items, size_t *cap, size_t need, size_t item_bytes);

/** Give back the room behind `n` items; all of it stays where n is 0. @return 0, or -ENOMEM with nothing changed. */
int score_fit(const struct score_alloc *alloc, void **items, size_t *cap, size_t n, size_t item_bytes);

/** Zeroed array; NULL when out of memory. */
void *score_zalloc(const struct score_alloc *alloc, size_t n, size_t item_bytes);

void score_free(const struct score_alloc *alloc, void *ptr);

/** A heap with a budget: beyond it, resize() returns NULL. One thread. */
struct score_budget {
	struct score_alloc alloc; /**< hand this out */
	size_t used_bytes;
	size_t max_bytes;
};
void score_budget_init(struct score_budget *budget, size_t max_bytes);

#endif
