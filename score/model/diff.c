/* SPDX-License-Identifier: MIT */
/*
 * What leads from one score to another. Only chunks that the two don't share are looked at; what lies in them
 * is matched by id.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit_private.h"
#include "seq_private.h"

/** One object in a chunk that is not shared. */
struct candidate {
	nvx_id id; /**< in the pool of `from` */
	nvx_id part_id;
	uint32_t list;
	uint32_t order; /**< as they are found: the same input gives the same list */
	const void *item;
};
struct candidates {
	struct candidate *item;
	size_t n, cap;
};

struct diff {
	const struct score *from, *to;
	const struct score_alloc *alloc;
	struct score_change *change;
	struct candidates old, new;
	nvx_id *moved; /**< parts that stand in another order: taken out and put in again */
	size_t n_moved;
};

static int is_moved(const struct diff *diff, nvx_id part_id)
{
	for (size_t i = 0; i < diff->n_moved; i++)
		if (diff->moved[i] == part_id)
			return 1;
	return 0;
}

/** An item of `to` in the pool of `from`, in `copy`. */
static const void *carried(const struct diff *diff, unsigned list, const void *item, void *copy)
{
	const struct shape *shape = list == SCORE_EDIT_GLOBALS ? &shape_globals : shape_of(list);
	if (diff->to->pool == diff->from->pool)
		return item;
	memcpy(copy, item, edit_item_bytes(list));
	return shape_carry(diff->from->pool, diff->to->pool, shape, copy) ? NULL : copy;
}

static int equal(const struct diff *diff, unsigned list, const void *old, const void *new)
{
	return shape_equal(diff->from->pool, old, diff->to->pool, new,
		list == SCORE_EDIT_GLOBALS ? &shape_globals : shape_of(list));
}

static nvx_id carried_id(const struct diff *diff, nvx_id id)
{
	char text[NVX_ID_MAX + 1];
	if (!id || diff->to->pool == diff->from->pool)
		return id;
	const size_t len = nvx_id_format(diff->to->pool, id, text);
	return nvx_id_parse(diff->from->pool, text, len);
}

/** @param new  Of `to`. */
static int put(struct diff *diff, enum score_op_kind kind, unsigned list, nvx_id part_id, uint32_t index,
	const void *old, const void *new)
{
	uint64_t copy[64];
	const void *after = new ? carried(diff, list, new, copy) : NULL;
	if (new && !after)
		return -ENOMEM;
	return score_change_add(diff->change, kind, list, part_id, index, old, after);
}

/* ---- what is not shared ---- */

static int compare_pointers(const void *a, const void *b)
{
	const uintptr_t p = (uintptr_t)*(const void *const *)a, q = (uintptr_t)*(const void *const *)b;
	return p < q ? -1 : p > q;
}

/** The chunks of a sequence, sorted by address. */
static const void **chunks_of(const struct score_alloc *alloc, const struct nvx_seq *seq, size_t *ret_n)
{
	const void **chunk = NULL;
	size_t cap = 0;
	*ret_n = 0;
	for (uint32_t i = 0, n; i < seq->n; i += n) {
		void *items = chunk;
		const void *at = nvx_seq_run(seq, i, &n);
		if (score_reserve(alloc, &items, &cap, *ret_n + 1, sizeof(*chunk))) {
			score_free(alloc, chunk);
			return NULL;
		}
		chunk = items;
		chunk[(*ret_n)++] = at;
	}
	if (!chunk)
		chunk = score_zalloc(alloc, 1, sizeof(*chunk));
	else
		qsort(chunk, *ret_n, sizeof(*chunk), compare_pointers);
	return chunk;
}

static int push(struct diff *diff, struct candidates *to, unsigned list, nvx_id part_id, const void *item)
{
	void *items = to->item;
	const int is_new = to == &diff->new;
	if (score_reserve(diff->alloc, &items, &to->cap, to->n + 1, sizeof(struct candidate)))
		return -ENOMEM;
	to->item = items;
	nvx_id id = shape_item_id(shape_of(list), item);
	if (is_new)
		id = carried_id(diff, id);
	if (!id)
		return -ENOMEM;
	to->item[to->n] = (struct candidate){id, part_id, list, (uint32_t)to->n, item};
	to->n++;
	return 0;
}

/** Items of `seq` in chunks that are not among `shared`. */
static int push_others(struct diff *diff, struct candidates *to, unsigned list, nvx_id part_id,
	const struct nvx_seq *seq, const struct nvx_seq *other)
{
	size_t n_shared;
	const void **shared = chunks_of(diff->alloc, other, &n_shared);
	int err = shared ? 0 : -ENOMEM;
	for (uint32_t i = 0, n; i < seq->n && !err; i += n) {
		const char *items = nvx_seq_run(seq, i, &n);
		const void *key = items;
		if (n_shared && bsearch(&key, shared, n_shared, sizeof(*shared), compare_pointers))
			continue;
		for (uint32_t k = 0; k < n && !err; k++)
			err = push(diff, to, list, part_id, items + (size_t)k * seq->item_bytes);
	}
	score_free(diff->alloc, shared);
	return err;
}

static int collect_list(struct diff *diff, unsigned list, nvx_id part_id, const struct nvx_seq *old,
	const struct nvx_seq *new)
{
	if (nvx_seq_same(old, new))
		return 0;
	const int err = push_others(diff, &diff->old, list, part_id, old, new);
	return err ? err : push_others(diff, &diff->new, list, part_id, new, old);
}

static int collect_parts(struct diff *diff)
{
	static const struct nvx_seq empty;
	int err = 0;
	for (uint32_t p = 0; p < diff->from->n_parts && !err; p++) {
		const struct score_part *old = diff->from->part[p];
		int found = 0;
		for (uint32_t q = 0; q < diff->to->n_parts && !found; q++)
			found = carried_id(diff, diff->to->part[q]->part.id) == old->part.id;
		if (found)
			continue;
		err = collect_list(diff, NVX_LIST_note, old->part.id, &old->note, &empty);
		if (!err)
			err = collect_list(diff, NVX_LIST_control, old->part.id, &old->control, &empty);
	}
	for (uint32_t q = 0; q < diff->to->n_parts && !err; q++) {
		const struct score_part *new = diff->to->part[q];
		const nvx_id id = carried_id(diff, new->part.id);
		const uint32_t p = score_find_part(diff->from, id);
		const struct score_part *old =
			p == UINT32_MAX || is_moved(diff, id) ? NULL : diff->from->part[p];
		err = collect_list(diff, NVX_LIST_note, id, old ? &old->note : &empty, &new->note);
		if (!err)
			err = collect_list(
				diff, NVX_LIST_control, id, old ? &old->control : &empty, &new->control);
	}
	return err;
}

/** Elements of parts that are taken out and put in again: all of them. */
static int collect_moved(struct diff *diff)
{
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		struct nvx_seq_iter it = nvx_seq_from(&diff->to->list[list], 0);
		for (const struct nvx_element *e; (e = nvx_seq_next(&it));)
			if (is_moved(diff, carried_id(diff, e->part_id)) &&
				push(diff, &diff->new, list, 0, e))
				return -ENOMEM;
	}
	return 0;
}

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *p = a, *q = b;
	if (p->id != q->id)
		return p->id < q->id ? -1 : 1;
	return p->order < q->order ? -1 : p->order > q->order;
}

static int compare_order(const void *a, const void *b)
{
	const struct candidate *p = a, *q = b;
	return p->order < q->order ? -1 : p->order > q->order;
}

static void sort(struct candidates *candidates, int (*compare)(const void *, const void *))
{
	if (candidates->n)
		qsort(candidates->item, candidates->n, sizeof(*candidates->item), compare);
}

static const struct candidate *match(const struct candidates *in, nvx_id id)
{
	size_t low = 0, high = in->n;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (in->item[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < in->n && in->item[low].id == id ? &in->item[low] : NULL;
}

/** Does an old object go with a part that is taken out to be put in elsewhere? */
static int goes_with_part(const struct diff *diff, const struct candidate *old)
{
	const nvx_id part_id =
		shape_is_element(old->list) ? ((const struct nvx_element *)old->item)->part_id : old->part_id;
	return part_id && is_moved(diff, part_id);
}

static int is_same_object(const struct candidate *old, const struct candidate *new)
{
	return old && new && old->list == new->list && old->part_id == new->part_id;
}

static int put_removals(struct diff *diff)
{
	for (size_t i = 0; i < diff->old.n; i++) {
		const struct candidate *old = &diff->old.item[i];
		if (goes_with_part(diff, old) || is_same_object(old, match(&diff->new, old->id)))
			continue;
		if (put(diff, SCORE_OP_REMOVE, old->list, old->part_id, 0, old->item, NULL))
			return -ENOMEM;
	}
	return 0;
}

static int put_others(struct diff *diff)
{
	sort(&diff->old, compare_candidates);
	for (size_t i = 0; i < diff->new.n; i++) {
		const struct candidate *new = &diff->new.item[i], *old = match(&diff->old, new->id);
		int err = 0;
		if (old && is_same_object(old, new) && !goes_with_part(diff, old)) {
			if (!equal(diff, new->list, old->item, new->item))
				err = put(diff, SCORE_OP_REPLACE, new->list, new->part_id, 0, old->item,
					new->item);
		} else {
			err = put(diff, SCORE_OP_ADD, new->list, new->part_id, 0, NULL, new->item);
		}
		if (err)
			return err;
	}
	return 0;
}

/* ---- parts ---- */

/** Parts that both have, but not in the same order. */
static int find_moved(struct diff *diff)
{
	diff->moved = score_zalloc(diff->alloc, diff->to->n_parts, sizeof(*diff->moved));
	if (!diff->moved)
		return -ENOMEM;
	uint32_t last = 0;
	for (uint32_t q = 0; q < diff->to->n_parts; q++) {
		const nvx_id id = carried_id(diff, diff->to->part[q]->part.id);
		const uint32_t p = score_find_part(diff->from, id);
		if (p == UINT32_MAX)
			continue;
		if (p < last)
			diff->moved[diff->n_moved++] = id;
		else
			last = p;
	}
	return 0;
}

static int put_parts(struct diff *diff)
{
	for (uint32_t p = diff->from->n_parts; p-- > 0;) {
		const struct nvx_part *old = &diff->from->part[p]->part;
		int found = 0;
		for (uint32_t q = 0; q < diff->to->n_parts && !found; q++)
			found = carried_id(diff, diff->to->part[q]->part.id) == old->id;
		if ((!found || is_moved(diff, old->id)) &&
			put(diff, SCORE_OP_REMOVE, NVX_LIST_part, 0, p, old, NULL))
			return -ENOMEM;
	}
	for (uint32_t q = 0; q < diff->to->n_parts; q++) {
		const struct nvx_part *new = &diff->to->part[q]->part;
		const nvx_id id = carried_id(diff, new->id);
		const uint32_t p = score_find_part(diff->from, id);
		int err = 0;
		if (p == UINT32_MAX || is_moved(diff, id))
			err = put(diff, SCORE_OP_ADD, NVX_LIST_part, 0, q, NULL, new);
		else if (!equal(diff, NVX_LIST_part, &diff->from->part[p]->part, new))
			err = put(
				diff, SCORE_OP_REPLACE, NVX_LIST_part, 0, q, &diff->from->part[p]->part, new);
		if (err)
			return err;
	}
	return 0;
}

/* ---- the rest ---- */

static int64_t tick_of(const void *item)
{
	int64_t tick;
	memcpy(&tick, item, sizeof(tick));
	return tick;
}

static int put_map(struct diff *diff, unsigned list)
{
	const struct nvx_seq *old = &diff->from->list[list], *new = &diff->to->list[list];
	if (nvx_seq_same(old, new))
		return 0;
	for (uint32_t i = 0, k = 0; i < old->n || k < new->n;) {
		const void *a = i < old->n ? nvx_seq_at(old, i) : NULL,
			   *b = k < new->n ? nvx_seq_at(new, k) : NULL;
		const int64_t tick_a = a ? tick_of(a) : INT64_MAX, tick_b = b ? tick_of(b) : INT64_MAX;
		int err = 0;
		if (tick_a < tick_b)
			err = put(diff, SCORE_OP_REMOVE, list, 0, 0, a, NULL);
		else if (tick_b < tick_a)
			err = put(diff, SCORE_OP_ADD, list, 0, 0, NULL, b);
		else if (!equal(diff, list, a, b))
			err = put(diff, SCORE_OP_REPLACE, list, 0, 0, a, b);
		if (err)
			return err;
		i += tick_a <= tick_b;
		k += tick_b <= tick_a;
	}
	return 0;
}

/** @param by_index  1: what stands at one place is the same object; 0: all is put anew where anything
 * differs. */
static int put_indexed(struct diff *diff, unsigned list, int by_index)
{
	const struct nvx_seq *old = &diff->from->list[list], *new = &diff->to->list[list];
	uint32_t same = 0;
	int err = 0;
	if (nvx_seq_same(old, new))
		return 0;
	while (same < old->n && same < new->n &&
		(by_index || equal(diff, list, nvx_seq_at(old, same), nvx_seq_at(new, same))))
		same++;
	for (uint32_t i = 0; i < same && !err; i++)
		if (by_index && !equal(diff, list, nvx_seq_at(old, i), nvx_seq_at(new, i)))
			err = put(diff, SCORE_OP_REPLACE, list, 0, i, nvx_seq_at(old, i), nvx_seq_at(new, i));
	for (uint32_t i = old->n; i > same && !err; i--)
		err = put(diff, SCORE_OP_REMOVE, list, 0, i - 1, nvx_seq_at(old, i - 1), NULL);
	for (uint32_t i = same; i < new->n && !err; i++)
		err = put(diff, SCORE_OP_ADD, list, 0, i, NULL, nvx_seq_at(new, i));
	return err;
}

static int run(struct diff *diff)
{
	int err = find_moved(diff);
	if (!err)
		err = collect_parts(diff);
	for (unsigned list = NVX_LIST_form; list < NVX_N_LISTS && !err; list++)
		if (edit_is_net(list))
			err = collect_list(diff, list, 0, &diff->from->list[list], &diff->to->list[list]);
	if (!err && diff->n_moved)
		err = collect_moved(diff);
	if (err)
		return err;
	sort(&diff->new, compare_candidates);
	/* An element of a part that moved may have been found twice. */
	size_t n = 0;
	for (size_t i = 0; i < diff->new.n; i++)
		if (!n || diff->new.item[n - 1].id != diff->new.item[i].id)
			diff->new.item[n++] = diff->new.item[i];
	diff->new.n = n;
	err = put_removals(diff);
	if (!err)
		err = put_parts(diff);
	for (unsigned list = NVX_LIST_tempo; list <= NVX_LIST_key && !err; list++)
		err = put_map(diff, list);
	if (!err)
		err = put_indexed(diff, NVX_LIST_measure, 1);
	if (!err)
		err = put_indexed(diff, NVX_LIST_order, 1);
	if (!err)
		err = put_indexed(diff, NVX_LIST_extended, 0);
	sort(&diff->new, compare_order);
	if (!err)
		err = put_others(diff);
	if (!err && !equal(diff, SCORE_EDIT_GLOBALS, &diff->from->globals, &diff->to->globals))
		err = put(diff, SCORE_OP_REPLACE, SCORE_EDIT_GLOBALS, 0, 0, &diff->from->globals,
			&diff->to->globals);
	return err;
}

int score_diff(const struct score *from, const struct score *to, struct score_change *ret)
{
	struct diff diff = {.from = from, .to = to, .alloc = nvx_pool_alloc(from->pool), .change = ret};
	score_change_init(ret, from);
	const int err = run(&diff);
	score_free(diff.alloc, diff.old.item);
	score_free(diff.alloc, diff.new.item);
	score_free(diff.alloc, diff.moved);
	if (err)
		score_change_finish(ret);
	return err;
}
