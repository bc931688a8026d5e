/* SPDX-License-Identifier: MIT */
/* Changes as data: lists of operations that own their items. */
#include <score/edit.h>

#include <errno.h>
#include <string.h>

#include "edit_private.h"

size_t edit_item_bytes(unsigned list)
{
	return list == SCORE_EDIT_GLOBALS ? sizeof(struct nvx_globals) : shape_of(list)->item_bytes;
}

void score_change_init(struct score_change *change, const struct score *base)
{
	*change = (struct score_change){
		.alloc = nvx_pool_alloc(base->pool),
		.pool = nvx_pool_ref(base->pool),
	};
}

static void free_ops(struct score_change *change)
{
	for (size_t i = 0; i < change->n_op; i++) {
		score_free(change->alloc, (void *)change->op[i].before);
		score_free(change->alloc, (void *)change->op[i].after);
	}
}

void score_change_finish(struct score_change *change)
{
	if (!change->alloc)
		return;
	free_ops(change);
	score_free(change->alloc, change->op);
	nvx_pool_unref(change->pool);
	*change = (struct score_change){};
}

void *edit_copy(const struct score_alloc *alloc, unsigned list, const void *item)
{
	const size_t size_bytes = edit_item_bytes(list);
	void *copy = alloc->resize(alloc->ctx, NULL, size_bytes);
	if (copy)
		memcpy(copy, item, size_bytes);
	return copy;
}

int score_change_add(struct score_change *change, enum score_op_kind kind, unsigned list, nvx_id part_id,
	uint32_t index, const void *before, const void *after)
{
	void *ops = change->op;
	if (score_reserve(change->alloc, &ops, &change->cap_op, change->n_op + 1, sizeof(struct score_op)))
		return -ENOMEM;
	change->op = ops;
	struct score_op op = {
		.kind = (uint8_t)kind, .list = (uint8_t)list, .part_id = part_id, .index = index};
	if (before && kind != SCORE_OP_ADD)
		op.before = edit_copy(change->alloc, list, before);
	if (after && kind != SCORE_OP_REMOVE)
		op.after = edit_copy(change->alloc, list, after);
	if ((before && kind != SCORE_OP_ADD && !op.before) ||
		(after && kind != SCORE_OP_REMOVE && !op.after)) {
		score_free(change->alloc, (void *)op.before);
		score_free(change->alloc, (void *)op.after);
		return -ENOMEM;
	}
	change->op[change->n_op++] = op;
	return 0;
}

void score_change_invert(struct score_change *change)
{
	for (size_t i = 0; i < change->n_op; i++) {
		struct score_op *op = &change->op[i];
		const void *before = op->before;
		op->before = op->after;
		op->after = before;
		if (op->kind != SCORE_OP_REPLACE)
			op->kind = op->kind == SCORE_OP_ADD ? SCORE_OP_REMOVE : SCORE_OP_ADD;
	}
	for (size_t i = 0, k = change->n_op; i + 1 < k; i++) {
		const struct score_op op = change->op[i];
		change->op[i] = change->op[--k];
		change->op[k] = op;
	}
}
