/* SPDX-License-Identifier: MIT */
/* The last step of a draft: its lists become sequences, without a copy. */
#include <errno.h>

#include "finish.h"

static int freeze_list(const struct score_alloc *alloc, const struct draft_list *items, struct nvx_seq *ret)
{
	if (draft_list_fit(alloc, items) ||
		nvx_seq_adopt(alloc, *items->items, (uint32_t)*items->n, (uint32_t)items->item_bytes, ret))
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
	const struct draft_list notes = draft_list(finish->draft, NVX_LIST_note, index);
	const struct draft_list controls = draft_list(finish->draft, NVX_LIST_control, index);
	const int err = freeze_list(finish->alloc, &notes, &part->note);
	return err ? err : freeze_list(finish->alloc, &controls, &part->control);
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
		err = freeze_list(finish->alloc, &items, &score->list[list]);
	}
	if (err) {
		score_unref(score);
		return err;
	}
	*ret = score;
	return 0;
}
