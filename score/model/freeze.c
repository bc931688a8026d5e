/* SPDX-License-Identifier: MIT */
/* The last step of a draft: its lists become sequences, without a copy. */
#include <errno.h>

#include "finish.h"
#include "shape.h"

static int freeze_list(struct finish *finish, struct score *score, const struct draft_list *items,
	unsigned list, nvx_id part_id, const struct shape_used *used, struct nvx_seq *ret)
{
	const struct score_alloc *alloc = finish->alloc;
	shape_add_states(&score->state, score->pool, list, part_id, *items->items, *items->n, used);
	if (*items->n && *items->n < *items->cap) { /* what it has no use for is not kept */
		void *fits = alloc->resize(alloc->ctx, *items->items, *items->n * items->item_bytes);
		if (!fits)
			return -ENOMEM;
		*items->items = fits;
		*items->cap = *items->n;
	}
	if (nvx_seq_adopt(alloc, *items->items, (uint32_t)*items->n, (uint32_t)items->item_bytes, ret))
		return -ENOMEM;
	*items->items = NULL;
	*items->n = *items->cap = 0;
	return 0;
}

static int freeze_part(struct finish *finish, struct score *score, uint32_t index)
{
	struct score_part *part = score_zalloc(finish->alloc, 1, sizeof(*part));
	if (!part)
		return -ENOMEM;
	atomic_init(&part->refs, 1);
	part->part = finish->draft->part[index].part;
	score->part[score->n_parts++] = part;
	state_add(&score->state, shape_state(score->pool, shape_of(NVX_LIST_part), &part->part,
					 shape_hash_seed(score->pool, NVX_LIST_part, 0, index)));
	const struct draft_list notes = draft_list(finish->draft, NVX_LIST_note, index);
	const struct draft_list controls = draft_list(finish->draft, NVX_LIST_control, index);
	const int err = freeze_list(finish, score, &notes, NVX_LIST_note, part->part.id,
		finish_used(finish, NVX_LIST_note, index), &part->note);
	return err ? err
		   : freeze_list(finish, score, &controls, NVX_LIST_control, part->part.id,
			     finish_used(finish, NVX_LIST_control, index), &part->control);
}

int finish_freeze(struct finish *finish, struct score **ret)
{
	struct nvx_draft *draft = finish->draft;
	struct score *score = score_zalloc(finish->alloc, 1, sizeof(*score));
	if (!score)
		return -ENOMEM;
	atomic_init(&score->refs, 1);
	score->pool = nvx_pool_ref(draft->pool);
	score->globals = draft->globals;
	score->end_tick = finish->check.end_tick;
	score->part = score_zalloc(finish->alloc, draft->n_part, sizeof(*score->part));
	int err = score->part ? 0 : -ENOMEM;
	for (uint32_t p = 0; p < draft->n_part && !err; p++)
		err = freeze_part(finish, score, p);
	for (unsigned list = 0; list < NVX_N_LISTS && !err; list++) {
		const struct draft_list items = draft_list(draft, list, 0);
		err = freeze_list(
			finish, score, &items, list, 0, finish_used(finish, list, 0), &score->list[list]);
	}
	if (err) {
		score_unref(score);
		return err;
	}
	state_add(&score->state, shape_state(score->pool, &shape_globals, &score->globals,
					 shape_hash_seed(score->pool, SHAPE_GLOBALS, 0, 0)));
	*ret = score;
	return 0;
}
