/* SPDX-License-Identifier: MIT */
/* The next score: every list spliced once, the state brought up to date by what changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit_private.h"
#include "score_private.h"

int edit_is_changed(const struct net *net)
{
	if (!net->before || !net->after)
		return net->before != net->after;
	return net->list_before != net->list_after || net->part_before != net->part_after ||
	       memcmp(net->before, net->after, shape_of(net->list_after)->item_bytes) != 0;
}

/* ---- order ---- */

uint32_t edit_part_rank(const struct edit *edit, nvx_id part_id)
{
	const struct place *place = part_id ? places_find(&edit->ranks, part_id) : NULL;
	return place ? place->index + 1 : 0;
}

/** Parts of the base, with new ones behind those that they follow in the next score. */
static int rank_parts(struct edit *edit)
{
	const struct score *base = edit->base, *next = edit->next;
	nvx_id *id = score_zalloc(edit->alloc, (size_t)base->n_parts + next->n_parts, sizeof(*id));
	if (!id)
		return -ENOMEM;
	size_t n = 0;
	for (; n < base->n_parts; n++)
		id[n] = base->part[n]->part.id;
	for (uint32_t i = 0; i < next->n_parts && edit->touched_parts; i++) {
		if (score_find_part(base, next->part[i]->part.id) != UINT32_MAX)
			continue;
		size_t at = 0;
		while (i && at < n && id[at] != next->part[i - 1]->part.id)
			at++;
		at += i > 0;
		memmove(id + at + 1, id + at, (n++ - at) * sizeof(*id));
		id[at] = next->part[i]->part.id;
	}
	int err = places_init(&edit->ranks, edit->alloc, 0);
	for (size_t i = 0; i < n && !err; i++)
		err = places_add(&edit->ranks, id[i], (struct place){.index = (uint32_t)i});
	score_free(edit->alloc, id);
	return err;
}

#define LESS(a, b)                                                                                           \
	if ((a) != (b))                                                                                      \
	return (a) < (b) ? -1 : 1

static int compare_notes(const void *a, const void *b, const void *ctx)
{
	const struct nvx_note *p = a, *q = b;
	LESS(p->tick, q->tick);
	LESS(p->pitch, q->pitch);
	LESS(p->duration_ticks, q->duration_ticks);
	return nvx_id_compare(((const struct edit *)ctx)->pool, p->id, q->id);
}

static int compare_controls(const void *a, const void *b, const void *ctx)
{
	const struct nvx_control *p = a, *q = b;
	LESS(p->tick, q->tick);
	LESS(p->seq, q->seq);
	LESS(p->kind, q->kind);
	LESS(p->number, q->number);
	return nvx_id_compare(((const struct edit *)ctx)->pool, p->id, q->id);
}

static int compare_elements(const void *a, const void *b, const void *ctx)
{
	const struct nvx_element *p = a, *q = b;
	LESS(p->tick, q->tick);
	if (p->part_id != q->part_id)
		LESS(edit_part_rank(ctx, p->part_id), edit_part_rank(ctx, q->part_id));
	LESS(p->staff, q->staff);
	LESS(p->voice, q->voice);
	LESS(p->kind, q->kind);
	return nvx_id_compare(((const struct edit *)ctx)->pool, p->id, q->id);
}

static int compare_media(const void *a, const void *b, const void *ctx)
{
	return nvx_id_compare(((const struct edit *)ctx)->pool, ((const struct nvx_media_entry *)a)->id,
		((const struct nvx_media_entry *)b)->id);
}

static int compare_annotations(const void *a, const void *b, const void *ctx)
{
	const struct nvx_annotation_entry *p = a, *q = b;
	LESS(p->tick, q->tick);
	return nvx_id_compare(((const struct edit *)ctx)->pool, p->id, q->id);
}

static seq_compare_fn *order_of(unsigned list)
{
	switch (list) {
	case NVX_LIST_note:
		return compare_notes;
	case NVX_LIST_control:
		return compare_controls;
	case NVX_LIST_media:
		return compare_media;
	case NVX_LIST_annotation:
		return compare_annotations;
	default:
		return compare_elements;
	}
}

/* ---- lists ---- */

struct edits {
	struct seq_edit *edit;
	size_t n;
};

/** What changes in one list. @param part_id  Of notes and controls; else 0. */
static void collect(const struct edit *edit, unsigned list, nvx_id part_id, struct edits *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		if (!edit_is_changed(net))
			continue;
		if (net->before && net->list_before == list && net->part_before == part_id)
			ret->edit[ret->n++] = (struct seq_edit){.item = net->before, .remove = 1};
		if (net->after && net->list_after == list && net->part_after == part_id)
			ret->edit[ret->n++] = (struct seq_edit){.item = net->after};
	}
}

static int apply(const struct edit *edit, struct nvx_seq *seq, unsigned list, struct edits *edits)
{
	return edits->n ? seq_apply(seq, edit->alloc, edits->edit, edits->n, order_of(list), edit) : 0;
}

struct by_parts {
	const struct score *score;
	const struct nvx_pool *pool;
};

static int compare_by_parts(const void *a, const void *b, void *ctx)
{
	const struct nvx_element *p = a, *q = b;
	const struct by_parts *by = ctx;
	LESS(p->tick, q->tick);
	if (p->part_id != q->part_id)
		LESS(score_find_part(by->score, p->part_id) + 1, score_find_part(by->score, q->part_id) + 1);
	LESS(p->staff, q->staff);
	LESS(p->voice, q->voice);
	LESS(p->kind, q->kind);
	return nvx_id_compare(by->pool, p->id, q->id);
}

/** Parts have changed places: the elements of one tick with them. */
static int resort(struct edit *edit, unsigned list)
{
	struct nvx_seq *seq = &edit->next->list[list], next;
	const size_t item_bytes = seq->item_bytes;
	char *items = score_zalloc(edit->alloc, seq->n, item_bytes);
	if (!items)
		return -ENOMEM;
	struct nvx_seq_iter it = nvx_seq_from(seq, 0);
	for (uint32_t i = 0; i < seq->n; i++)
		memcpy(items + i * item_bytes, nvx_seq_next(&it), item_bytes);
	struct by_parts by = {edit->next, edit->pool};
	qsort_r(items, seq->n, item_bytes, compare_by_parts, &by);
	const int err = nvx_seq_make(edit->alloc, items, seq->n, (uint32_t)item_bytes, &next);
	score_free(edit->alloc, items);
	if (err)
		return err;
	nvx_seq_unref(seq);
	*seq = next;
	return 0;
}

static int build_part(struct edit *edit, uint32_t index, struct edits *edits)
{
	const nvx_id id = edit->next->part[index]->part.id;
	for (unsigned list = NVX_LIST_note; list <= NVX_LIST_control; list++) {
		collect(edit, list, id, edits);
		if (!edits->n)
			continue;
		struct score_part *part = edit->next->part[index];
		int err = 0;
		if (atomic_load_explicit(&part->refs, memory_order_relaxed) > 1) {
			const struct nvx_part same = part->part;
			err = edit_own_part(edit, index, &same);
			part = edit->next->part[index];
		}
		if (!err)
			err = apply(edit, list == NVX_LIST_note ? &part->note : &part->control, list, edits);
		if (err)
			return err;
	}
	return 0;
}

static int build_lists(struct edit *edit)
{
	struct edits edits = {score_zalloc(edit->alloc, 2 * edit->n_net, sizeof(struct seq_edit)), 0};
	int err = edits.edit ? 0 : -ENOMEM;
	for (uint32_t p = 0; p < edit->next->n_parts && !err; p++)
		err = build_part(edit, p, &edits);
	for (unsigned list = NVX_LIST_form; list < NVX_N_LISTS && !err; list++) {
		if (!edit_is_net(list))
			continue;
		collect(edit, list, 0, &edits);
		edit->touched[list] |= edits.n != 0;
		err = apply(edit, &edit->next->list[list], list, &edits);
		if (!err && edit->reordered && shape_is_element(list))
			err = resort(edit, list);
	}
	score_free(edit->alloc, edits.edit);
	return err;
}

/* ---- state ---- */

typedef void share_fn(struct score_state *sum, struct score_state share);

static void share_list(struct edit *edit, const struct score *score, unsigned list, share_fn *share)
{
	struct nvx_seq_iter it = nvx_seq_from(&score->list[list], 0);
	uint32_t i = 0;
	for (const void *item; (item = nvx_seq_next(&it)); i++)
		share(&edit->state,
			shape_state(edit->pool, shape_of(list), item,
				shape_hash_seed(edit->pool, list, 0, shape_ordered(list) ? i : 0)));
}

static void share_rest(struct edit *edit, const struct score *score, share_fn *share)
{
	for (unsigned list = 0; list < NVX_N_LISTS; list++)
		if (edit->touched[list] && !edit_is_net(list))
			share_list(edit, score, list, share);
	for (uint32_t i = 0; i < score->n_parts && edit->touched_parts; i++)
		share(&edit->state, shape_state(edit->pool, shape_of(NVX_LIST_part), &score->part[i]->part,
					    shape_hash_seed(edit->pool, NVX_LIST_part, 0, i)));
	share(&edit->state, shape_state(edit->pool, &shape_globals, &score->globals,
				    shape_hash_seed(edit->pool, SHAPE_GLOBALS, 0, 0)));
}

static void update_state(struct edit *edit)
{
	edit->state = score_state(edit->base);
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		if (!edit_is_changed(net))
			continue;
		if (net->before)
			state_sub(&edit->state,
				shape_state(edit->pool, shape_of(net->list_before), net->before,
					shape_hash_seed(edit->pool, net->list_before, net->part_before, 0)));
		if (net->after)
			state_add(&edit->state,
				shape_state(edit->pool, shape_of(net->list_after), net->after,
					shape_hash_seed(edit->pool, net->list_after, net->part_after, 0)));
	}
	share_rest(edit, edit->base, state_sub);
	share_rest(edit, edit->next, state_add);
	score_know_state(edit->next, edit->state);
}

int edit_build(struct edit *edit)
{
	int err = rank_parts(edit);
	if (!err)
		err = build_lists(edit);
	if (!err)
		err = edit_index(edit);
	if (!err)
		update_state(edit);
	return err;
}
