/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "edit_private.h"
#include "score_private.h"

/** A score that shares everything with its base. */
static struct score *share(const struct score *base)
{
	const struct score_alloc *alloc = nvx_pool_alloc(base->pool);
	struct score *next = score_zalloc(alloc, 1, sizeof(*next));
	struct score_part **parts = score_zalloc(alloc, base->n_parts, sizeof(*parts));
	if (!next || !parts) {
		score_free(alloc, next);
		score_free(alloc, parts);
		return NULL;
	}
	atomic_init(&next->refs, 1);
	next->pool = nvx_pool_ref(base->pool);
	next->globals = base->globals;
	next->n_parts = base->n_parts;
	next->end_tick = base->end_tick;
	next->index = base->index; /* its sequences are shared below */
	next->part = parts;
	for (uint32_t i = 0; i < base->n_parts; i++)
		parts[i] = score_part_ref(base->part[i]);
	for (unsigned i = 0; i < NVX_N_LISTS; i++)
		next->list[i] = nvx_seq_ref(base->list[i]);
	next->index.place = nvx_seq_ref(base->index.place);
	next->index.use = nvx_seq_ref(base->index.use);
	return next;
}

static int run(struct edit *edit, const struct score_change *change)
{
	int err = edit_expand(edit, change);
	if (!err)
		err = edit_cascade(edit);
	if (!err)
		err = edit_check_grid(edit);
	if (!err)
		err = edit_build(edit);
	return err ? err : edit_check(edit);
}

int score_apply(const struct score *base, struct score_change *change, struct score_report *report,
	struct score **ret)
{
	struct edit edit = {
		.base = base,
		.report = report,
		.alloc = nvx_pool_alloc(base->pool),
		.pool = base->pool,
	};
	*ret = NULL;
	/* The index is the editing thread's own: it is no part of what the snapshot says. */
	int err = score_index_make((struct score *)base);
	if (err)
		return err;
	edit.next = share(base);
	if (!edit.next)
		return -ENOMEM;
	score_change_init(&edit.done, base);
	err = places_init(&edit.places, edit.alloc, 0);
	if (!err)
		err = run(&edit, change);
	if (!err) {
		const struct score_change given = *change;
		*change = edit.done;
		edit.done = given;
		*ret = edit.next;
		edit.next = NULL;
	}
	places_finish(&edit.places);
	places_finish(&edit.ranks);
	score_change_finish(&edit.done);
	score_free(edit.alloc, edit.net);
	score_free(edit.alloc, edit.queue);
	score_unref(edit.next);
	return err;
}
