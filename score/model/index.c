/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <errno.h>

#include "places.h"
#include "pool_private.h"
#include "sort.h"

void score_index_finish(struct score_index *index)
{
	nvx_seq_unref(&index->place);
	nvx_seq_unref(&index->use);
	index->is_made = 0;
}

int index_compare_place(const void *a, const void *b, const void *)
{
	const nvx_id p = ((const struct index_place *)a)->id, q = ((const struct index_place *)b)->id;
	return p < q ? -1 : p > q;
}

int index_compare_use(const void *a, const void *b, const void *)
{
	const struct index_use *p = a, *q = b;
	if (p->target != q->target)
		return p->target < q->target ? -1 : 1;
	return p->source < q->source ? -1 : p->source > q->source;
}

void index_visit(const struct nvx_pool *pool, const struct shape *shape, const void *item,
	void (*use)(void *ctx, nvx_id target), void *ctx)
{
	for (uint32_t i = 0; i < shape->n_fields; i++) {
		const struct shape_field *field = &shape->field[i];
		const uint32_t handle = shape_get(item, field);
		if (!handle)
			continue;
		uint32_t n;
		if (field->type == SHAPE_ID) {
			if (field->ref > NVX_REF_REGION)
				use(ctx, handle);
		} else if (field->type == SHAPE_IDS) {
			const nvx_id *ids = nvx_items(pool, handle, &n);
			for (uint32_t k = 0; k < n; k++)
				use(ctx, ids[k]);
		} else if (field->type == SHAPE_OBJECTS) {
			const char *objects = nvx_items(pool, handle, &n);
			for (uint32_t k = 0; k < n; k++)
				index_visit(pool, field->item, objects + (size_t)k * field->item->item_bytes,
					use, ctx);
		}
	}
}

struct index_place index_place_of(unsigned list, nvx_id part_id, const void *item)
{
	int64_t tick = 0;
	if (shape_is_element(list) || list == NVX_LIST_note || list == NVX_LIST_control ||
		list == NVX_LIST_measure)
		memcpy(&tick, item, sizeof(tick));
	else if (list == NVX_LIST_annotation)
		tick = ((const struct nvx_annotation_entry *)item)->tick;
	return (struct index_place){shape_item_id(shape_of(list), item), part_id, (uint64_t)tick << 8 | list};
}

/* ---- making ---- */

struct maker {
	const struct score *score;
	const struct score_alloc *alloc;
	struct index_place *place;
	struct index_use *use;
	size_t n_place, cap_place, n_use, cap_use;
	nvx_id source;
	uint32_t last[32];
	int error;
};

static void put_place(struct maker *maker, struct index_place place)
{
	void *items = maker->place;
	if (!place.id || maker->error)
		return;
	maker->error =
		score_reserve(maker->alloc, &items, &maker->cap_place, maker->n_place + 1, sizeof(place));
	if (maker->error)
		return;
	maker->place = items;
	maker->place[maker->n_place++] = place;
	if (place.id & NVX_ID_IS_NUMBER) {
		uint32_t *last = &maker->last[nvx_id_letter(place.id)];
		if ((place.id & NVX_ID_NUMBER_MAX) > *last)
			*last = place.id & NVX_ID_NUMBER_MAX;
	}
}

static void put_use(void *ctx, nvx_id target)
{
	struct maker *maker = ctx;
	void *items = maker->use;
	if (maker->error)
		return;
	maker->error =
		score_reserve(maker->alloc, &items, &maker->cap_use, maker->n_use + 1, sizeof(*maker->use));
	if (maker->error)
		return;
	maker->use = items;
	maker->use[maker->n_use++] = (struct index_use){target, maker->source};
}

static void put_list(struct maker *maker, unsigned list, nvx_id part_id, const struct nvx_seq *seq)
{
	const struct shape *shape = shape_of(list);
	if (shape->id == SHAPE_NO_ID)
		return;
	struct nvx_seq_iter it = nvx_seq_from(seq, 0);
	for (const void *item; (item = nvx_seq_next(&it));) {
		const struct index_place place = index_place_of(list, part_id, item);
		put_place(maker, place);
		maker->source = place.id;
		if (list < NVX_N_LISTS)
			index_visit(maker->score->pool, shape, item, put_use, maker);
	}
}

static void put_part(struct maker *maker, const struct score_part *part)
{
	uint32_t n;
	const struct nvx_region *regions = nvx_items(maker->score->pool, part->part.regions, &n);
	put_place(maker, index_place_of(NVX_LIST_part, 0, &part->part));
	for (uint32_t i = 0; i < n; i++)
		put_place(maker, (struct index_place){regions[i].id, part->part.id, PLACE_REGION});
	put_list(maker, NVX_LIST_note, part->part.id, &part->note);
	put_list(maker, NVX_LIST_control, part->part.id, &part->control);
}

static void place_key(const void *item, void *, struct sort_key *ret)
{
	ret->hi = ((const struct index_place *)item)->id;
	ret->lo = 0;
}

static void use_key(const void *item, void *, struct sort_key *ret)
{
	ret->hi = ((const struct index_use *)item)->target;
	ret->lo = ((const struct index_use *)item)->source;
}

/** Sort, and leave one of equals: an object may name another twice. */
static int settle(struct maker *maker, void *items, size_t n, size_t item_bytes,
	const struct sort_order *order, seq_compare_fn *compare, struct nvx_seq *ret)
{
	uint32_t *from = NULL;
	int err = sort_items(maker->alloc, items, n, item_bytes, order, &from);
	score_free(maker->alloc, from);
	if (err)
		return err;
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		char *item = (char *)items + i * item_bytes, *to = (char *)items + kept * item_bytes;
		if (kept && compare(to - item_bytes, item, NULL) == 0)
			continue;
		memmove(to, item, item_bytes);
		kept++;
	}
	return nvx_seq_make(maker->alloc, items, (uint32_t)kept, (uint32_t)item_bytes, ret);
}

int score_index_make(struct score *score)
{
	struct score_index *index = &score->index;
	if (index->is_made)
		return 0;
	struct maker maker = {.score = score, .alloc = nvx_pool_alloc(score->pool)};
	for (uint32_t p = 0; p < score->n_parts; p++)
		put_part(&maker, score->part[p]);
	for (unsigned list = NVX_LIST_measure; list < NVX_N_LISTS; list++)
		put_list(&maker, list, 0, &score->list[list]);
	const struct sort_order by_id = {.key = place_key}, by_target = {.key = use_key};
	int err = maker.error;
	if (!err)
		err = settle(&maker, maker.place, maker.n_place, sizeof(*maker.place), &by_id,
			index_compare_place, &index->place);
	if (!err)
		err = settle(&maker, maker.use, maker.n_use, sizeof(*maker.use), &by_target,
			index_compare_use, &index->use);
	score_free(maker.alloc, maker.place);
	score_free(maker.alloc, maker.use);
	if (err)
		score_index_finish(index);
	memcpy(index->last, maker.last, sizeof(index->last));
	index->is_made = !err;
	return err;
}

/* ---- looking up ---- */

const struct index_place *score_index_find(const struct score_index *index, nvx_id id)
{
	const struct index_place key = {.id = id};
	const uint32_t at = seq_lower_bound(&index->place, &key, index_compare_place, NULL);
	const struct index_place *place = at < index->place.n ? nvx_seq_at(&index->place, at) : NULL;
	return place && place->id == id ? place : NULL;
}

uint32_t score_index_uses(const struct score_index *index, nvx_id target)
{
	const struct index_use key = {.target = target};
	return seq_lower_bound(&index->use, &key, index_compare_use, NULL);
}

const void *score_index_item(const struct score *score, const struct index_place *place)
{
	const unsigned list = place->tick_list & 0xff;
	const struct nvx_seq *seq = NULL;
	if (list == NVX_LIST_part || list == PLACE_REGION || list == NVX_LIST_note ||
		list == NVX_LIST_control) {
		const uint32_t part =
			score_find_part(score, list == NVX_LIST_part ? place->id : place->part_id);
		if (part == UINT32_MAX)
			return NULL;
		if (list == NVX_LIST_part || list == PLACE_REGION)
			return &score->part[part]->part;
		seq = list == NVX_LIST_note ? &score->part[part]->note : &score->part[part]->control;
	} else {
		seq = &score->list[list];
	}
	const struct shape *shape = shape_of(list);
	const int is_timed = list == NVX_LIST_note || list == NVX_LIST_control || list == NVX_LIST_measure ||
			     shape_is_element(list);
	struct nvx_seq_iter it =
		nvx_seq_from(seq, is_timed ? nvx_seq_find(seq, (int64_t)(place->tick_list >> 8)) : 0);
	for (const void *item; (item = nvx_seq_next(&it));)
		if (shape_item_id(shape, item) == place->id)
			return item;
	return NULL;
}
