/* SPDX-License-Identifier: MIT */
#include "sort.h"

#include <string.h>

void nvx_sort(void *items, size_t n, size_t item_bytes,
	int (*compare)(const void *a, const void *b, void *ctx), void *ctx)
{
	char *item = items;
	char moved[NVX_SORT_MAX_BYTES];

	for (size_t heap = n, i = n / 2; heap > 1;) {
		if (i > 0) {
			memcpy(moved, item + --i * item_bytes, item_bytes);
		} else {
			memcpy(moved, item + --heap * item_bytes, item_bytes);
			memcpy(item + heap * item_bytes, item, item_bytes);
		}
		size_t at = i;
		for (size_t child; (child = 2 * at + 1) < heap; at = child) {
			if (child + 1 < heap &&
				compare(item + (child + 1) * item_bytes, item + child * item_bytes, ctx) > 0)
				child++;
			if (compare(item + child * item_bytes, moved, ctx) <= 0)
				break;
			memcpy(item + at * item_bytes, item + child * item_bytes, item_bytes);
		}
		memcpy(item + at * item_bytes, moved, item_bytes);
	}
}
