/* SPDX-License-Identifier: MIT */
/** Heap sort: no memory, no recursion, no input that makes it slow. */
#ifndef NVX1_SORT_H
#define NVX1_SORT_H

#include <stddef.h>

#define NVX_SORT_MAX_BYTES 64u /**< of an item */

void nvx_sort(void *items, size_t n, size_t item_bytes,
	int (*compare)(const void *a, const void *b, void *ctx), void *ctx);

#endif
