/* SPDX-License-Identifier: MIT */
#include "seq_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "seq_private.h"

#define NEAR 64u /**< items between two edits that are copied rather than spliced around */

uint32_t seq_lower_bound(
	const struct nvx_seq *seq, const void *item, seq_compare_fn *compare, const void *ctx)
{
	uint32_t low = 0, high = seq->n;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (compare(nvx_seq_at(seq, middle), item, ctx) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct order {
	seq_compare_fn *compare;
	const void *ctx;
};

static int compare_edits(const void *a, const void *b, void *ctx)
{
	const struct order *order = ctx;
	const struct seq_edit *p = a, *q = b;
	if (p->index != q->index)
		return p->index < q->index ? -1 : 1;
	/* What goes in stands before the item that it displaces; it may be that item's next form. */
	if (p->remove != q->remove)
		return p->remove - q->remove;
	return order->compare(p->item, q->item, order->ctx);
}

/** Apply edits that lie near each other: one splice. */
static int apply_group(
	struct nvx_seq *seq, const struct score_alloc *alloc, const struct seq_edit *edits, size_t n)
{
	const uint32_t from = edits[0].index;
	const uint32_t to = edits[n - 1].index + edits[n - 1].remove;
	const size_t item_bytes = seq->item_bytes;
	char *items = score_zalloc(alloc, to - from + n, item_bytes);
	if (!items)
		return -ENOMEM;
	uint32_t n_items = 0;
	struct nvx_seq_iter it = nvx_seq_from(seq, from);
	uint32_t at = from;
	for (size_t i = 0; i < n; i++) {
		for (; at < edits[i].index; at++)
			memcpy(items + n_items++ * item_bytes, nvx_seq_next(&it), item_bytes);
		if (edits[i].remove) {
			(void)nvx_seq_next(&it);
			at++;
		} else {
			memcpy(items + n_items++ * item_bytes, edits[i].item, item_bytes);
		}
	}
	struct nvx_seq next;
	const int err = nvx_seq_splice(seq, alloc, from, to - from, items, n_items, &next);
	score_free(alloc, items);
	if (err)
		return err;
	nvx_seq_unref(seq);
	*seq = next;
	return 0;
}

int seq_apply(struct nvx_seq *seq, const struct score_alloc *alloc, struct seq_edit *edits, size_t n,
	seq_compare_fn *compare, const void *ctx)
{
	struct order order = {compare, ctx};
	for (size_t i = 0; i < n; i++) {
		edits[i].index = seq_lower_bound(seq, edits[i].item, compare, ctx);
		if (edits[i].remove && (edits[i].index == seq->n || compare(nvx_seq_at(seq, edits[i].index),
									    edits[i].item, ctx) != 0))
			return -ENOENT;
	}
	qsort_r(edits, n, sizeof(*edits), compare_edits, &order);
	struct nvx_seq next = nvx_seq_ref(*seq);
	/* From the end on, so that indices stay what they are. */
	for (size_t end = n; end > 0;) {
		size_t begin = end - 1;
		while (begin > 0 && edits[begin].index - edits[begin - 1].index <= NEAR)
			begin--;
		const int err = apply_group(&next, alloc, edits + begin, end - begin);
		if (err) {
			nvx_seq_unref(&next);
			return err;
		}
		end = begin;
	}
	nvx_seq_unref(seq);
	*seq = next;
	return 0;
}
