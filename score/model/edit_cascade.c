/* SPDX-License-Identifier: MIT */
/* What hangs on a note moves with it and goes with it; what else names something that is gone forgets it. */
#include <errno.h>
#include <string.h>

#include "edit_private.h"

#define MAX_ITEM_BYTES 512u

/** Has an object been taken out by this change? */
static int is_gone(struct edit *edit, nvx_id id)
{
	const struct net *net = edit_net(edit, id, 0);
	return net && net->before && !net->after;
}

/** All that is gone, at once. @return 0; 1: the object is nothing without what it named; -ENOMEM. */
static int forget(struct edit *edit, const struct shape *shape, void *item);

/** A list without an id, or without the objects that are nothing without it. */
static int forget_in_list(struct edit *edit, const struct shape_field *field, void *item)
{
	struct nvx_pool *pool = edit->pool;
	const struct score_alloc *alloc = edit->alloc;
	const nvx_list list = shape_get(item, field);
	const size_t item_bytes = field->type == SHAPE_IDS ? sizeof(nvx_id) : field->item->item_bytes;
	uint32_t n, kept = 0;
	const char *items = nvx_items(pool, list, &n);
	char *copy = score_zalloc(alloc, n, item_bytes);
	int err = copy ? 0 : -ENOMEM;
	for (uint32_t i = 0; i < n && !err; i++) {
		char *to = copy + kept * item_bytes;
		memcpy(to, items + i * item_bytes, item_bytes);
		if (field->type == SHAPE_IDS) {
			kept += !is_gone(edit, *(nvx_id *)(void *)to);
			continue;
		}
		err = forget(edit, field->item, to);
		if (err == 1)
			err = 0;
		else
			kept++;
	}
	if (!err && (kept != n || memcmp(copy, items, n * item_bytes) != 0)) {
		const nvx_list less = nvx_pool_list(pool, copy, kept, (uint32_t)item_bytes);
		if (kept && !less)
			err = -ENOMEM;
		shape_set(item, field, less);
	}
	score_free(alloc, copy);
	return err;
}

static int forget(struct edit *edit, const struct shape *shape, void *item)
{
	int whole = 1, err = 0;
	for (uint32_t i = 0; i < shape->n_fields && !err; i++) {
		const struct shape_field *field = &shape->field[i];
		const uint32_t handle = shape_get(item, field);
		if (!handle)
			continue;
		if (field->type == SHAPE_IDS || field->type == SHAPE_OBJECTS) {
			err = forget_in_list(edit, field, item);
		} else if (field->type == SHAPE_ID && field->ref > NVX_REF_REGION && is_gone(edit, handle)) {
			shape_set(item, field, 0);
			whole &= !field->need;
		}
	}
	return err ? err : !whole;
}

/** One user of something that moved or went. */
static int update_user(struct edit *edit, nvx_id user_id, const struct net *of)
{
	const nvx_id id = of->id;
	const struct nvx_note *note = of->list_after == NVX_LIST_note ? of->after : NULL;
	const nvx_id part_id = of->part_after;
	struct net *user = edit_net(edit, user_id, 1); /* moves the nets */
	if (!user)
		return errno == ENOMEM ? -ENOMEM : 0;
	if (!user->after)
		return 0;
	uint64_t copy[MAX_ITEM_BYTES / 8];
	const unsigned list = user->list_after;
	const struct shape *shape = shape_of(list);
	memcpy(copy, user->after, shape->item_bytes);
	struct nvx_element *e = shape_is_element(list) ? (struct nvx_element *)(void *)copy : NULL;
	if (!note && !of->after) {
		const size_t n_gone = edit->n_gone;
		if (user->swept == n_gone)
			return 0; /* it knows already */
		user->swept = n_gone;
		const int gone = forget(edit, shape, copy);
		if (gone < 0)
			return gone;
		if (gone || (e && !check_is_complete(list, e)))
			return edit_follow(edit, user, NULL);
	} else if (note && e && e->note_id == id) {
		e->tick = note->tick;
		e->part_id = part_id;
	}
	if (memcmp(copy, user->after, shape->item_bytes) == 0)
		return 0;
	return edit_follow(edit, user, copy);
}

/** Has what others see of it changed? */
static int concerns_users(const struct net *net)
{
	if (!net->after || net->list_before != net->list_after)
		return 1;
	if (net->list_after == NVX_LIST_note) {
		const struct nvx_note *before = net->before, *after = net->after;
		return before->tick != after->tick || net->part_before != net->part_after;
	}
	if (net->list_after == NVX_LIST_notation) {
		const struct nvx_element *before = net->before, *after = net->after;
		return before->kind != after->kind;
	}
	return 0;
}

/** The note that an element hangs on, as it will be. */
static const struct nvx_note *note_of(struct edit *edit, nvx_id id, nvx_id *ret_part)
{
	const struct net *net = edit_net(edit, id, 0);
	if (net) {
		*ret_part = net->part_after;
		return net->list_after == NVX_LIST_note ? net->after : NULL;
	}
	const struct index_place *at = score_index_find(&edit->base->index, id);
	if (!at || (at->tick_list & 0xff) != NVX_LIST_note)
		return NULL;
	*ret_part = at->part_id;
	return score_index_item(edit->base, at);
}

int edit_cascade(struct edit *edit)
{
	for (size_t q = 0; q < edit->n_queue; q++) {
		const uint32_t index = edit->queue[q];
		edit->net[index].is_queued = 0;
		if (!concerns_users(&edit->net[index]))
			continue;
		const nvx_id id = edit->net[index].id;
		const struct nvx_seq *uses = &edit->base->index.use;
		struct nvx_seq_iter it = nvx_seq_from(uses, score_index_uses(&edit->base->index, id));
		for (const struct index_use *use; (use = nvx_seq_next(&it)) && use->target == id;) {
			const struct net of = edit->net[index];
			const int err = update_user(edit, use->source, &of);
			if (err)
				return err;
		}
	}
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		if (!net->after || net->after == net->before || !shape_is_element(net->list_after))
			continue;
		struct nvx_element *e = net->after;
		nvx_id part_id;
		const struct nvx_note *note = e->note_id ? note_of(edit, e->note_id, &part_id) : NULL;
		if (e->staff == 1)
			e->staff = 0;
		if (note) {
			e->tick = note->tick;
			e->part_id = part_id;
		}
	}
	return 0;
}
