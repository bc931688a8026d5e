/* SPDX-License-Identifier: MIT */
/* What becomes of each object. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "edit_private.h"
#include "finish.h"
#include "pool_private.h"
#include "score_private.h"

static const char *const list_names[] = {
#define X(name, type) [NVX_LIST_##name] = #name,
	NVX_LISTS(X)
#undef X
		[NVX_LIST_note] = "notes",
	[NVX_LIST_control] = "controllers",
	[NVX_LIST_part] = "parts",
};

int edit_error(struct edit *edit, const struct score_op *op, const char *code, const char *reason)
{
	char text[NVX_ID_MAX + 1] = "";
	const void *item = op->after ? op->after : op->before;
	if (op->list == SCORE_EDIT_GLOBALS)
		return score_error(edit->report, code, "/metadata", "%s", reason);
	const struct shape *shape = shape_of(op->list);
	if (item && shape->id != SHAPE_NO_ID)
		(void)nvx_id_format(edit->pool, shape_item_id(shape, item), text);
	else
		(void)snprintf(text, sizeof(text), "%u", op->index);
	return score_error(edit->report, code, SCORE_AT("/%s/%s", list_names[op->list], text), "%s", reason);
}

/* ---- objects with ids ---- */

struct net *edit_net(struct edit *edit, nvx_id id, int make)
{
	const struct place *known = places_find(&edit->places, id);
	if (known)
		return &edit->net[known->index];
	const struct index_place *at = score_index_find(&edit->base->index, id);
	if (!make || (at && !edit_is_net(at->tick_list & 0xff))) {
		errno = ENOENT;
		return NULL;
	}
	void *nets = edit->net;
	if (score_reserve(edit->alloc, &nets, &edit->cap_net, edit->n_net + 1, sizeof(struct net)) ||
		(edit->net = nets,
			places_add(&edit->places, id, (struct place){.index = (uint32_t)edit->n_net}))) {
		errno = ENOMEM;
		return NULL;
	}
	struct net *net = &edit->net[edit->n_net++];
	*net = (struct net){.id = id};
	if (at) {
		net->list_before = net->list_after = (uint8_t)(at->tick_list & 0xff);
		net->part_before = net->part_after = at->part_id;
		net->before = score_index_item(edit->base, at);
		net->after = (void *)net->before;
	}
	return net;
}

/** Its users have to be looked at (again). */
static int queue_net(struct edit *edit, struct net *net)
{
	if (net->is_queued || !net->before)
		return 0;
	void *queue = edit->queue;
	if (score_reserve(edit->alloc, &queue, &edit->cap_queue, edit->n_queue + 1, sizeof(*edit->queue)))
		return -ENOMEM;
	edit->queue = queue;
	edit->queue[edit->n_queue++] = (uint32_t)(net - edit->net);
	net->is_queued = 1;
	return 0;
}

/** Ids of editing: behind all numbers that this document has or had. */
static nvx_id next_id(struct edit *edit, char letter)
{
	const char *at = strchr(NVX_ID_LETTERS, letter);
	uint32_t *last = &edit->next->index.last[at - NVX_ID_LETTERS];
	if (*last >= NVX_ID_NUMBER_MAX)
		return 0;
	return nvx_id_number((unsigned char)letter, ++*last);
}

/** Numbers that are given by others are not given again. */
static void note_number(struct edit *edit, nvx_id id)
{
	if (!(id & NVX_ID_IS_NUMBER) || nvx_id_provisional(id))
		return;
	uint32_t *last = &edit->next->index.last[nvx_id_letter(id)];
	if ((id & NVX_ID_NUMBER_MAX) > *last)
		*last = id & NVX_ID_NUMBER_MAX;
}

/** The operation's items, completed: `before` is what stands there. */
static int complete(struct edit *edit, struct score_op *op, const void *before)
{
	if (op->kind == SCORE_OP_ADD)
		return 0;
	void *copy = edit_copy(edit->alloc, op->list, before);
	if (!copy)
		return -ENOMEM;
	score_free(edit->alloc, (void *)op->before);
	op->before = copy;
	return 0;
}

static int expand_net(struct edit *edit, struct score_op *op)
{
	const struct shape *shape = shape_of(op->list);
	const void *given = op->kind == SCORE_OP_REMOVE ? op->before : op->after;
	if (!given)
		return edit_error(edit, op, "nvx1.member.missing", "the operation says not what");
	nvx_id id = shape_item_id(shape, given);
	if (!id && op->kind == SCORE_OP_ADD) {
		id = next_id(edit, shape->letter);
		memcpy((char *)op->after + shape->id, &id, sizeof(id));
	}
	if (!id)
		return edit_error(edit, op, "nvx1.id.malformed", "no id");
	note_number(edit, id);
	struct net *net = edit_net(edit, id, 1);
	if (!net)
		return errno == ENOMEM ? -ENOMEM
				       : edit_error(edit, op, "nvx1.id.duplicate",
						 "an object of another kind has the id");
	if (op->kind == SCORE_OP_ADD ? net->after != NULL : !net->after || net->list_after != op->list)
		return op->kind == SCORE_OP_ADD
			       ? edit_error(edit, op, "nvx1.id.duplicate", "an object has the id already")
			       : edit_error(edit, op, "nvx1.ref.unknown", "there is no such object");
	if ((op->list == NVX_LIST_note || op->list == NVX_LIST_control) && op->kind == SCORE_OP_ADD &&
		score_find_part(edit->next, op->part_id) == UINT32_MAX)
		return edit_error(edit, op, "nvx1.ref.unknown", "there is no such part");
	int err = complete(edit, op, net->after);
	if (err)
		return err;
	if (op->kind == SCORE_OP_ADD) {
		net->list_after = op->list;
		net->part_after = op->part_id;
	} else {
		op->part_id = net->part_after; /* moving between parts is removing and adding */
	}
	net->after = (void *)op->after;
	edit->n_gone += !net->after;
	return queue_net(edit, net);
}

int edit_follow(struct edit *edit, struct net *net, void *after)
{
	const enum score_op_kind kind = after ? SCORE_OP_REPLACE : SCORE_OP_REMOVE;
	int err = score_change_add(&edit->done, kind, net->list_after, net->part_after, 0, net->after, after);
	if (err)
		return err;
	net->after = (void *)edit->done.op[edit->done.n_op - 1].after;
	edit->n_gone += !net->after;
	net->is_queued = 0;
	return queue_net(edit, net);
}

/* ---- objects that are found by their place ---- */

static int splice_one(
	struct edit *edit, unsigned list, uint32_t at, uint32_t n_old, const void *item, uint32_t n_new)
{
	struct nvx_seq *seq = &edit->next->list[list], next;
	const int err = nvx_seq_splice(seq, edit->alloc, at, n_old, item, n_new, &next);
	if (err)
		return err;
	nvx_seq_unref(seq);
	*seq = next;
	edit->touched[list] = 1;
	return 0;
}

/** An entry of a map, by its tick. */
static int expand_entry(struct edit *edit, struct score_op *op)
{
	const struct nvx_seq *seq = &edit->next->list[op->list];
	const void *given = op->kind == SCORE_OP_ADD || !op->before ? op->after : op->before;
	if (!given || (op->kind == SCORE_OP_REPLACE && !op->after))
		return edit_error(edit, op, "nvx1.member.missing", "the operation says not what");
	int64_t tick, found_tick = -1;
	memcpy(&tick, given, sizeof(tick));
	if (op->list == NVX_LIST_key && op->after)
		finish_settle_key((struct nvx_key *)op->after);
	const uint32_t at = nvx_seq_find(seq, tick);
	const void *found = at < seq->n ? nvx_seq_at(seq, at) : NULL;
	if (found)
		memcpy(&found_tick, found, sizeof(found_tick));
	if (op->kind == SCORE_OP_ADD)
		return found_tick == tick ? edit_error(edit, op, "nvx1.map.order",
						    "there is an entry at this tick already")
					  : splice_one(edit, op->list, at, 0, op->after, 1);
	if (found_tick != tick)
		return edit_error(edit, op, "nvx1.ref.unknown", "there is no entry at this tick");
	int err = complete(edit, op, found);
	if (!err && op->kind == SCORE_OP_REPLACE) {
		int64_t new_tick;
		memcpy(&new_tick, op->after, sizeof(new_tick));
		if (new_tick != tick) {
			/* It moves: out, and in where it belongs. */
			err = splice_one(edit, op->list, at, 1, NULL, 0);
			const uint32_t to = nvx_seq_find(&edit->next->list[op->list], new_tick);
			return err ? err : splice_one(edit, op->list, to, 0, op->after, 1);
		}
	}
	return err ? err : splice_one(edit, op->list, at, 1, op->after, op->kind == SCORE_OP_REPLACE);
}

/** What follows from the measures before and the meter, as in nvx_finish(). */
static void complete_measure(const struct edit *edit, struct nvx_measure *measure, uint32_t index)
{
	const struct nvx_measure *before = index ? score_measure(edit->next, index - 1) : NULL;
	if (measure->tick < 0)
		measure->tick = before ? before->tick + (int64_t)before->duration_ticks : 0;
	if (measure->duration_ticks == 0)
		measure->duration_ticks = finish_bar_ticks(score_meter_at(edit->next, measure->tick));
}

/** A measure, a step of the playing order, an extended rail: by index. */
static int expand_indexed(struct edit *edit, struct score_op *op)
{
	const struct nvx_seq *seq = &edit->next->list[op->list];
	const struct shape *shape = shape_of(op->list);
	if (op->kind != SCORE_OP_REMOVE && !op->after)
		return edit_error(edit, op, "nvx1.member.missing", "the operation says not what");
	if (op->list == NVX_LIST_extended && op->kind != SCORE_OP_ADD) {
		/* These have ids as well, by which people name them. */
		const nvx_id id = shape_item_id(shape, op->before ? op->before : op->after);
		uint32_t i = 0;
		while (i < seq->n && shape_item_id(shape, nvx_seq_at(seq, i)) != id)
			i++;
		op->index = i;
	}
	if (op->kind == SCORE_OP_ADD ? op->index > seq->n : op->index >= seq->n)
		return edit_error(edit, op, "nvx1.ref.unknown", "there is no such place");
	if (op->kind == SCORE_OP_ADD && op->list == NVX_LIST_extended) {
		nvx_id id = shape_item_id(shape, op->after);
		if (!id) {
			id = next_id(edit, shape->letter);
			memcpy((char *)op->after + shape->id, &id, sizeof(id));
		}
		note_number(edit, id);
	}
	if (op->list == NVX_LIST_measure && op->kind != SCORE_OP_REMOVE)
		complete_measure(edit, (struct nvx_measure *)op->after, op->index);
	if (op->kind == SCORE_OP_ADD)
		return splice_one(edit, op->list, op->index, 0, op->after, 1);
	const int err = complete(edit, op, nvx_seq_at(seq, op->index));
	return err ? err : splice_one(edit, op->list, op->index, 1, op->after, op->kind == SCORE_OP_REPLACE);
}

/* ---- parts ---- */

/** Is an object, as it is now, of a part? */
static int is_of_part(const struct net *net, nvx_id part_id)
{
	if (!net->after)
		return 0;
	if (net->list_after == NVX_LIST_note || net->list_after == NVX_LIST_control)
		return net->part_after == part_id;
	return shape_is_element(net->list_after) &&
	       ((const struct nvx_element *)net->after)->part_id == part_id;
}

static int remove_of_part(struct edit *edit, nvx_id id, nvx_id part_id)
{
	struct net *net = edit_net(edit, id, 1);
	if (!net)
		return -ENOMEM;
	return is_of_part(net, part_id) ? edit_follow(edit, net, NULL) : 0;
}

/** All that is of a part goes before it, also what came in the same change. */
static int remove_contents(struct edit *edit, nvx_id part_id)
{
	const uint32_t at = score_find_part(edit->base, part_id);
	int err = 0;
	for (unsigned list = NVX_LIST_note; list <= NVX_LIST_control && at != UINT32_MAX; list++) {
		const struct score_part *part = edit->base->part[at];
		struct nvx_seq_iter it =
			nvx_seq_from(list == NVX_LIST_note ? &part->note : &part->control, 0);
		for (const void *item; !err && (item = nvx_seq_next(&it));)
			err = remove_of_part(edit, shape_item_id(shape_of(list), item), part_id);
	}
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		struct nvx_seq_iter it = nvx_seq_from(&edit->base->list[list], 0);
		for (const struct nvx_element *e; !err && (e = nvx_seq_next(&it));)
			if (e->part_id == part_id)
				err = remove_of_part(edit, e->id, part_id);
	}
	for (size_t i = 0; i < edit->n_net && !err; i++)
		if (is_of_part(&edit->net[i], part_id))
			err = edit_follow(edit, &edit->net[i], NULL);
	return err;
}

static int put_part(struct edit *edit, struct score_op *op)
{
	struct score *next = edit->next;
	struct nvx_part *given = (struct nvx_part *)op->after;
	if (op->index > next->n_parts)
		return edit_error(edit, op, "nvx1.ref.unknown", "there is no such place");
	if (next->n_parts >= 1024)
		return edit_error(edit, op, "nvx1.limit.parts", "more than 1024");
	if (!given->id)
		given->id = next_id(edit, 'p');
	note_number(edit, given->id);
	const struct index_place *at = score_index_find(&edit->base->index, given->id);
	if (score_find_part(next, given->id) != UINT32_MAX || places_find(&edit->places, given->id) ||
		(at && (at->tick_list & 0xff) != NVX_LIST_part))
		return edit_error(edit, op, "nvx1.id.duplicate", "an object has the id already");
	struct score_part **parts = score_zalloc(edit->alloc, (size_t)next->n_parts + 1, sizeof(*parts));
	struct score_part *part = score_zalloc(edit->alloc, 1, sizeof(*part));
	if (!parts || !part) {
		score_free(edit->alloc, parts);
		score_free(edit->alloc, part);
		return -ENOMEM;
	}
	atomic_init(&part->refs, 1);
	part->part = *given;
	if (at) {
		/* It was taken out before: what of its contents has come back is found when the lists are
		 * spliced. */
		const struct score_part *old = edit->base->part[score_find_part(edit->base, given->id)];
		part->note = nvx_seq_ref(old->note);
		part->control = nvx_seq_ref(old->control);
		edit->reordered = 1;
	} else {
		part->note.item_bytes = sizeof(struct nvx_note);
		part->control.item_bytes = sizeof(struct nvx_control);
	}
	memcpy(parts, next->part, op->index * sizeof(struct score_part *));
	memcpy(parts + op->index + 1, next->part + op->index,
		(next->n_parts - op->index) * sizeof(struct score_part *));
	parts[op->index] = part;
	score_free(edit->alloc, next->part);
	next->part = parts;
	next->n_parts++;
	return 0;
}

int edit_own_part(struct edit *edit, uint32_t index, const struct nvx_part *after)
{
	struct score_part *old = edit->next->part[index];
	struct score_part *part = score_zalloc(edit->alloc, 1, sizeof(*part));
	if (!part)
		return -ENOMEM;
	atomic_init(&part->refs, 1);
	part->part = *after;
	part->note = nvx_seq_ref(old->note);
	part->control = nvx_seq_ref(old->control);
	edit->next->part[index] = part;
	score_part_unref(edit->alloc, old);
	return 0;
}

static int expand_part(struct edit *edit, struct score_op *op)
{
	struct score *next = edit->next;
	const struct nvx_part *given = op->kind == SCORE_OP_REMOVE ? op->before : op->after;
	if (!given)
		return edit_error(edit, op, "nvx1.member.missing", "the operation says not what");
	edit->touched_parts = 1;
	if (op->kind == SCORE_OP_ADD)
		return put_part(edit, op);
	const uint32_t index = score_find_part(next, given->id);
	if (index == UINT32_MAX)
		return edit_error(edit, op, "nvx1.ref.unknown", "there is no such part");
	const int err = complete(edit, op, &next->part[index]->part);
	if (err)
		return err;
	op->index = index;
	if (op->kind == SCORE_OP_REPLACE)
		return edit_own_part(edit, index, op->after);
	score_part_unref(edit->alloc, next->part[index]);
	memmove(next->part + index, next->part + index + 1,
		(--next->n_parts - index) * sizeof(struct score_part *));
	return 0;
}

/* ---- all ---- */

static int expand_globals(struct edit *edit, struct score_op *op)
{
	size_t len;
	if (op->kind != SCORE_OP_REPLACE || !op->after)
		return edit_error(edit, op, "nvx1.type", "what is no list can only be replaced");
	const int err = complete(edit, op, &edit->next->globals);
	if (err)
		return err;
	edit->next->globals = *(const struct nvx_globals *)op->after;
	(void)nvx_string(edit->pool, edit->next->globals.metadata.title, &len);
	return len ? 0 : edit_error(edit, op, "nvx1.member.missing", "no title");
}

int edit_expand(struct edit *edit, const struct score_change *change)
{
	for (size_t i = 0; i < change->n_op; i++) {
		const struct score_op *given = &change->op[i];
		int err = 0;
		if (given->list != SCORE_EDIT_GLOBALS && given->list > NVX_LIST_part)
			return score_error(edit->report, "nvx1.type", "", "no such list");
		if (given->list == NVX_LIST_part && given->kind == SCORE_OP_REMOVE && given->before) {
			const nvx_id id = ((const struct nvx_part *)given->before)->id;
			err = score_find_part(edit->next, id) == UINT32_MAX ? 0 : remove_contents(edit, id);
		}
		if (!err)
			err = score_change_add(&edit->done, given->kind, given->list, given->part_id,
				given->index, given->before, given->after);
		if (err)
			return err;
		struct score_op *op = &edit->done.op[edit->done.n_op - 1];
		if (op->list == SCORE_EDIT_GLOBALS)
			err = expand_globals(edit, op);
		else if (op->list == NVX_LIST_part)
			err = expand_part(edit, op);
		else if (edit_is_net(op->list))
			err = expand_net(edit, op);
		else if (op->list <= NVX_LIST_key)
			err = expand_entry(edit, op);
		else
			err = expand_indexed(edit, op);
		if (err)
			return err;
	}
	return 0;
}
