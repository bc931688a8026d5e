/* SPDX-License-Identifier: MIT */
/* The index of the next score: that of the base with what changed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edit_private.h"

struct uses {
	const struct edit *edit;
	struct index_use *use;
	size_t n, cap;
	nvx_id source;
	int error;
};

static void put_use(void *ctx, nvx_id target)
{
	struct uses *uses = ctx;
	void *items = uses->use;
	if (uses->error)
		return;
	uses->error = score_reserve(uses->edit->alloc, &items, &uses->cap, uses->n + 1, sizeof(*uses->use));
	if (uses->error)
		return;
	uses->use = items;
	uses->use[uses->n++] = (struct index_use){target, uses->source};
}

static int compare_uses(const void *a, const void *b)
{
	return index_compare_use(a, b, NULL);
}

static void sort_uses(struct uses *uses)
{
	size_t n = 0;
	if (uses->n)
		qsort(uses->use, uses->n, sizeof(*uses->use), compare_uses);
	for (size_t i = 0; i < uses->n; i++)
		if (!n || compare_uses(&uses->use[n - 1], &uses->use[i]) != 0)
			uses->use[n++] = uses->use[i];
	uses->n = n;
}

/** Uses that are in one and not in the other. */
static int update_uses(struct edit *edit, const struct uses *before, const struct uses *after)
{
	struct seq_edit *edits = score_zalloc(edit->alloc, before->n + after->n, sizeof(*edits));
	size_t n = 0, b = 0, a = 0;
	if (!edits)
		return -ENOMEM;
	while (b < before->n || a < after->n) {
		const int order = b == before->n  ? 1
				  : a == after->n ? -1
						  : compare_uses(&before->use[b], &after->use[a]);
		if (order < 0)
			edits[n++] = (struct seq_edit){.item = &before->use[b++], .remove = 1};
		else if (order > 0)
			edits[n++] = (struct seq_edit){.item = &after->use[a++]};
		else
			a++, b++;
	}
	const int err =
		n ? seq_apply(&edit->next->index.use, edit->alloc, edits, n, index_compare_use, NULL) : 0;
	score_free(edit->alloc, edits);
	return err;
}

static int index_uses(struct edit *edit)
{
	struct uses before = {.edit = edit}, after = {.edit = edit};
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		before.source = after.source = net->id;
		if (!edit_is_changed(net))
			continue;
		if (net->before && net->list_before < NVX_N_LISTS)
			index_visit(edit->pool, shape_of(net->list_before), net->before, put_use, &before);
		if (net->after && net->list_after < NVX_N_LISTS)
			index_visit(edit->pool, shape_of(net->list_after), net->after, put_use, &after);
	}
	int err = before.error ? before.error : after.error;
	if (!err) {
		sort_uses(&before);
		sort_uses(&after);
		err = update_uses(edit, &before, &after);
	}
	score_free(edit->alloc, before.use);
	score_free(edit->alloc, after.use);
	return err;
}

struct moves {
	const struct edit *edit;
	struct index_place *before, *after;
	size_t n_before, n_after, cap_before, cap_after;
	int error;
};

static void put_place(struct moves *moves, int is_after, struct index_place place)
{
	struct index_place **list = is_after ? &moves->after : &moves->before;
	size_t *n = is_after ? &moves->n_after : &moves->n_before;
	void *items = *list;
	if (!place.id || moves->error)
		return;
	moves->error = score_reserve(moves->edit->alloc, &items,
		is_after ? &moves->cap_after : &moves->cap_before, *n + 1, sizeof(place));
	if (moves->error)
		return;
	*list = items;
	(*list)[(*n)++] = place;
}

static void put_part(struct moves *moves, int is_after, const struct nvx_part *part)
{
	uint32_t n;
	const struct nvx_region *regions = nvx_items(moves->edit->pool, part->regions, &n);
	put_place(moves, is_after, index_place_of(NVX_LIST_part, 0, part));
	for (uint32_t i = 0; i < n; i++)
		put_place(moves, is_after, (struct index_place){regions[i].id, part->id, PLACE_REGION});
}

static void put_list(struct moves *moves, int is_after, unsigned list, const struct nvx_seq *seq)
{
	struct nvx_seq_iter it = nvx_seq_from(seq, 0);
	for (const void *item; (item = nvx_seq_next(&it));)
		put_place(moves, is_after, index_place_of(list, 0, item));
}

static int compare_places(const void *a, const void *b)
{
	return index_compare_place(a, b, NULL);
}

/** Has an object that stays this id? */
static int is_taken(const struct edit *edit, const struct moves *moves, const struct index_place *place)
{
	if (!score_index_find(&edit->base->index, place->id))
		return 0;
	return !moves->n_before ||
	       !bsearch(place, moves->before, moves->n_before, sizeof(*place), compare_places);
}

/** Two objects of one id are refused here, whatever they are. */
static int update_places(struct edit *edit, struct moves *moves)
{
	if (moves->n_before)
		qsort(moves->before, moves->n_before, sizeof(*moves->before), compare_places);
	if (moves->n_after)
		qsort(moves->after, moves->n_after, sizeof(*moves->after), compare_places);
	struct seq_edit *edits = score_zalloc(edit->alloc, moves->n_before + moves->n_after, sizeof(*edits));
	size_t n = 0;
	int err = edits ? 0 : -ENOMEM;
	for (size_t i = 0; i < moves->n_before && !err; i++)
		edits[n++] = (struct seq_edit){.item = &moves->before[i], .remove = 1};
	for (size_t i = 0; i < moves->n_after && !err; i++) {
		const struct index_place *place = &moves->after[i];
		if ((i > 0 && moves->after[i - 1].id == place->id) || is_taken(edit, moves, place)) {
			char text[NVX_ID_MAX + 1];
			(void)nvx_id_format(edit->pool, place->id, text);
			err = score_error(edit->report, "nvx1.id.duplicate", SCORE_AT("/%s", text),
				"two objects have the id %s", text);
		}
		edits[n++] = (struct seq_edit){.item = place};
	}
	if (!err && n)
		err = seq_apply(&edit->next->index.place, edit->alloc, edits, n, index_compare_place, NULL);
	score_free(edit->alloc, edits);
	return err;
}

static int index_places(struct edit *edit)
{
	struct moves moves = {.edit = edit};
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		struct index_place before = {}, after = {};
		if (net->before)
			before = index_place_of(net->list_before, net->part_before, net->before);
		if (net->after)
			after = index_place_of(net->list_after, net->part_after, net->after);
		if (memcmp(&before, &after, sizeof(before)) == 0)
			continue;
		put_place(&moves, 0, before);
		put_place(&moves, 1, after);
	}
	for (uint32_t i = 0; i < edit->base->n_parts && edit->touched_parts; i++)
		put_part(&moves, 0, &edit->base->part[i]->part);
	for (uint32_t i = 0; i < edit->next->n_parts && edit->touched_parts; i++)
		put_part(&moves, 1, &edit->next->part[i]->part);
	static const uint8_t lists[] = {NVX_LIST_measure, NVX_LIST_extended};
	for (size_t i = 0; i < sizeof(lists); i++) {
		if (!edit->touched[lists[i]])
			continue;
		put_list(&moves, 0, lists[i], &edit->base->list[lists[i]]);
		put_list(&moves, 1, lists[i], &edit->next->list[lists[i]]);
	}
	const int err = moves.error ? moves.error : update_places(edit, &moves);
	score_free(edit->alloc, moves.before);
	score_free(edit->alloc, moves.after);
	return err;
}

int edit_index(struct edit *edit)
{
	const int err = index_places(edit);
	return err ? err : index_uses(edit);
}
