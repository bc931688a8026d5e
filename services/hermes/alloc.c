/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <errno.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>

static void *heap_resize(void *ctx, void *ptr, size_t size_bytes)
{
	if (size_bytes == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, size_bytes);
}

const struct hermes_alloc hermes_heap = {.resize = heap_resize};

int hermes_reserve(
	const struct hermes_alloc *alloc, void **items, size_t *cap, size_t need, size_t item_bytes)
{
	if (need <= *cap)
		return 0;
	size_t new_cap = *cap ? *cap : 16;
	while (new_cap < need)
		if (ckd_mul(&new_cap, new_cap, 2))
			return -ENOMEM;
	size_t size_bytes;
	if (ckd_mul(&size_bytes, new_cap, item_bytes))
		return -ENOMEM;
	void *moved = alloc->resize(alloc->ctx, *items, size_bytes);
	if (!moved)
		return -ENOMEM;
	*items = moved;
	*cap = new_cap;
	return 0;
}

void *hermes_zalloc(const struct hermes_alloc *alloc, size_t n, size_t item_bytes)
{
	size_t size_bytes;
	if (ckd_mul(&size_bytes, n, item_bytes))
		return NULL;
	void *ptr = alloc->resize(alloc->ctx, NULL, size_bytes ? size_bytes : 1);
	if (ptr)
		memset(ptr, 0, size_bytes);
	return ptr;
}

void hermes_free(const struct hermes_alloc *alloc, void *ptr)
{
	if (ptr)
		alloc->resize(alloc->ctx, ptr, 0);
}
