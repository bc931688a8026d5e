/* SPDX-License-Identifier: MIT */
#include <score/alloc.h>

#include <errno.h>
#include <stdckdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 1024u /* of an array that grows: 16 items, or as many as this holds */
#define LARGE_BYTES 4096u /* from here on it grows by half: what it has no use for is memory too */

static void *heap_resize(void *, void *ptr, size_t size_bytes)
{
	if (size_bytes == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, size_bytes);
}

const struct score_alloc score_heap = {.resize = heap_resize};

int score_reserve(const struct score_alloc *alloc, void **items, size_t *cap, size_t need, size_t item_bytes)
{
	if (need <= *cap)
		return 0;
	const size_t few = FIRST_BYTES / item_bytes;
	size_t new_cap = *cap ? *cap : few < 1 ? 1 : few < 16 ? few : 16;
	while (new_cap < need) {
		const size_t more = new_cap < LARGE_BYTES / item_bytes ? new_cap : new_cap / 2 + 1;
		if (ckd_add(&new_cap, new_cap, more))
			return -ENOMEM;
	}
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

int score_fit(const struct score_alloc *alloc, void **items, size_t *cap, size_t n, size_t item_bytes)
{
	if (n == 0 || n == *cap)
		return 0;
	void *fits = alloc->resize(alloc->ctx, *items, n * item_bytes);
	if (!fits)
		return -ENOMEM;
	*items = fits;
	*cap = n;
	return 0;
}

void *score_zalloc(const struct score_alloc *alloc, size_t n, size_t item_bytes)
{
	size_t size_bytes;
	if (ckd_mul(&size_bytes, n, item_bytes))
		return NULL;
	void *ptr = alloc->resize(alloc->ctx, NULL, size_bytes ? size_bytes : 1);
	if (ptr)
		memset(ptr, 0, size_bytes);
	return ptr;
}

void score_free(const struct score_alloc *alloc, void *ptr)
{
	if (ptr)
		alloc->resize(alloc->ctx, ptr, 0);
}

/** What is paid for a block, written before it; keeps the block aligned for anything. */
union budget_head {
	size_t size_bytes;
	max_align_t align;
};

static void *budget_resize(void *ctx, void *ptr, size_t size_bytes)
{
	struct score_budget *budget = ctx;
	union budget_head *head = ptr ? (union budget_head *)ptr - 1 : NULL;
	const size_t old_bytes = head ? head->size_bytes : 0;

	if (size_bytes == 0) {
		budget->used_bytes -= old_bytes;
		free(head);
		return NULL;
	}
	size_t full_bytes;
	if (ckd_add(&full_bytes, size_bytes, sizeof(*head)) ||
		full_bytes > budget->max_bytes - (budget->used_bytes - old_bytes))
		return NULL;
	head = realloc(head, full_bytes);
	if (!head)
		return NULL;
	budget->used_bytes += full_bytes - old_bytes;
	head->size_bytes = full_bytes;
	return head + 1;
}

void score_budget_init(struct score_budget *budget, size_t max_bytes)
{
	*budget = (struct score_budget){.alloc = {budget_resize, budget}, .max_bytes = max_bytes};
}
