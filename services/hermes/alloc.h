/* SPDX-License-Identifier: MIT */
/**
 * The one door to the heap for everything that turns files into scores and timelines, so that a test can
 * make each allocation fail in turn. Process: mos-hermes; any thread.
 */
#ifndef HERMES_ALLOC_H
#define HERMES_ALLOC_H

#include <stddef.h>
#include <stdint.h>

struct hermes_alloc {
	/** realloc()'s contract; size 0 frees and returns NULL. */
	void *(*resize)(void *ctx, void *ptr, size_t size_bytes);
	void *ctx;
};

/** The C library's heap. */
extern const struct hermes_alloc hermes_heap;

/**
 * Make room for `need` items in a growing array: capacity at least doubles, so that appending is O(1)
 * amortised.
 * @param items  The array, NULL when *cap is 0; moved on growth.
 * @param cap    Items that fit; grows.
 * @return 0, or -ENOMEM with nothing changed.
 */
int hermes_reserve(
	const struct hermes_alloc *alloc, void **items, size_t *cap, size_t need, size_t item_bytes);

/** Zeroed array; NULL when out of memory. */
void *hermes_zalloc(const struct hermes_alloc *alloc, size_t n, size_t item_bytes);

void hermes_free(const struct hermes_alloc *alloc, void *ptr);

#endif
