/* SPDX-License-Identifier: MIT */
/* Canonical order (nvx1.md 12.5), and where each object of a draft is. */
#include <errno.h>
#include <string.h>

#include "finish.h"
#include "pool_private.h"
#include "shape.h"
#include "sort.h"

/* ---- order ---- */

static void note_key(const void *item, void *, struct sort_key *ret)
{
	const struct nvx_note *note = item;
	ret->hi = (uint64_t)note->tick;
	ret->lo = (uint64_t)note->pitch << 32 | note->duration_ticks;
}

static void control_key(const void *item, void *, struct sort_key *ret)
{
	const struct nvx_control *control = item;
	ret->hi = (uint64_t)control->tick;
	ret->lo = (uint64_t)control->seq << 32 | (uint64_t)control->kind << 16 | control->number;
}

/** An element's part by its place in the score; 0: the whole score. */
static uint64_t part_order(struct finish *finish, nvx_id part_id)
{
	if (part_id == finish->ordered_part)
		return finish->part_order;
	const struct place *place = part_id ? places_find(&finish->places, part_id) : NULL;
	finish->ordered_part = part_id;
	finish->part_order = place && place->list == NVX_LIST_part ? place->index + 1 : 0;
	return finish->part_order;
}

static void element_key(const void *item, void *ctx, struct sort_key *ret)
{
	const struct nvx_element *e = item;
	ret->hi = (uint64_t)e->tick;
	ret->lo = part_order(ctx, e->part_id) << 24 | (uint64_t)e->staff << 16 | (uint64_t)e->voice << 8 |
		  e->kind;
}

static void region_key(const void *item, void *, struct sort_key *ret)
{
	ret->hi = (uint64_t)((const struct nvx_region *)item)->tick;
	ret->lo = 0;
}

static void media_key(const void *, void *, struct sort_key *ret)
{
	ret->hi = ret->lo = 0;
}

static void annotation_key(const void *item, void *, struct sort_key *ret)
{
	ret->hi = (uint64_t)((const struct nvx_annotation_entry *)item)->tick;
	ret->lo = 0;
}

static nvx_id named(const struct finish *finish, nvx_id id)
{
	return nvx_id_provisional(id) ? finish->final[id & NVX_ID_NUMBER_MAX] : id;
}

static int compare_ids(const struct finish *finish, nvx_id a, nvx_id b)
{
	return nvx_id_compare(finish->draft->pool, named(finish, a), named(finish, b));
}

#define TIE(name, type, id)                                                                                  \
	static int name##_tie(const void *a, const void *b, void *ctx)                                       \
	{                                                                                                    \
		return compare_ids(ctx, ((const type *)a)->id, ((const type *)b)->id);                       \
	}
TIE(note, struct nvx_note, id)
TIE(control, struct nvx_control, id)
TIE(element, struct nvx_element, id)
TIE(media, struct nvx_media_entry, id)
TIE(annotation, struct nvx_annotation_entry, id)

/** No rule has mended anything, so what was in order still is. */
static int is_settled(const struct finish *finish)
{
	return finish->check.n_broken == 0;
}

int finish_sort_list(struct finish *finish, unsigned list, int by_id)
{
	struct sort_order order = {.ctx = finish, .ret_ties = by_id ? NULL : &finish->ties[list]};
	if (by_id && is_settled(finish) && !finish->ties[list])
		return 0;
	if (shape_is_element(list)) {
		order.key = element_key;
		order.by_tick = 1;
		order.tie = by_id ? element_tie : NULL;
	} else if (list == NVX_LIST_media) {
		order.key = media_key;
		order.tie = by_id ? media_tie : NULL;
	} else if (list == NVX_LIST_annotation) {
		order.key = annotation_key;
		order.tie = by_id ? annotation_tie : NULL;
	} else {
		return 0;
	}
	const struct draft_list items = draft_list(finish->draft, list, 0);
	return sort_items(
		finish->alloc, *items.items, *items.n, items.item_bytes, &order, &finish->from[list]);
}

int finish_sort_part(struct finish *finish, uint32_t part, int by_id)
{
	const struct nvx_draft_part *of = &finish->draft->part[part];
	uint8_t *note_ties = &finish->part_from[part].note_ties,
		*control_ties = &finish->part_from[part].control_ties;
	const struct sort_order notes = {
		note_key, by_id ? note_tie : NULL, finish, by_id ? NULL : note_ties, 1};
	const struct sort_order controls = {
		control_key, by_id ? control_tie : NULL, finish, by_id ? NULL : control_ties, 1};
	const int again = !by_id || !is_settled(finish);
	int err = 0;
	if (again || *note_ties)
		err = sort_items(finish->alloc, of->note, of->n_note, sizeof(*of->note), &notes,
			&finish->part_from[part].note);
	if (!err && (again || *control_ties))
		err = sort_items(finish->alloc, of->control, of->n_control, sizeof(*of->control), &controls,
			&finish->part_from[part].control);
	return err;
}

/* ---- places ---- */

/** Give an id its place. A second object of the same id is refused; of an import it gets an id of its own. */
static int add(struct finish *finish, const struct check_at *at, const struct shape *shape, void *item,
	struct place place)
{
	nvx_id id = shape_item_id(shape, item);
	int err = id ? places_add(&finish->places, id, place) : 0;
	if (err != -EEXIST)
		return err;
	char text[NVX_ID_MAX + 1];
	(void)nvx_id_format(finish->draft->pool, id, text);
	finish->check.value = text;
	const int mend = check_broken(
		&finish->check, at, "nvx1.id.duplicate", "/id", "another object has the id %s", text);
	finish->check.value = NULL;
	if (!mend)
		return 0;
	id = nvx_new_id(finish->draft);
	if (finish->draft->error)
		return finish->draft->error;
	memcpy((char *)item + shape->id, &id, sizeof(id));
	return places_add(&finish->places, id, place);
}

static int add_list(struct finish *finish, unsigned list, uint32_t part)
{
	const struct shape *shape = shape_of(list);
	const struct draft_list items = draft_list(finish->draft, list, part);
	const int is_element = shape_is_element(list);
	const size_t n = *items.n;
	char *item = *items.items;
	int err = 0;
	for (size_t i = 0; i < n && !err; i++, item += items.item_bytes) {
		struct place place = {.index = (uint32_t)i, .part = (uint16_t)part, .list = (uint8_t)list};
		if (is_element)
			place.kind = ((const struct nvx_element *)(void *)item)->kind;
		if (places_add_given(&finish->places, shape_item_id(shape, item), place))
			continue;
		const struct check_at at = {
			list, list == NVX_LIST_part ? (uint32_t)i : part, (uint32_t)i, item};
		err = add(finish, &at, shape, item, place);
	}
	return err;
}

static int add_regions(struct finish *finish, uint32_t part)
{
	struct nvx_part *of = &finish->draft->part[part].part;
	const struct check_at at = {NVX_LIST_part, part, part, of};
	uint32_t n;
	struct nvx_region *regions = nvx_items_mut(finish->draft->pool, of->regions, &n);
	uint32_t *from = NULL;
	const struct sort_order order = {.key = region_key};
	int err = sort_items(finish->alloc, regions, n, sizeof(*regions), &order, &from);
	score_free(finish->alloc, from);
	for (uint32_t i = 0; i < n && !err; i++)
		err = add(finish, &at, &shape_region, &regions[i],
			(struct place){.index = i, .part = (uint16_t)part, .list = PLACE_REGION});
	return err;
}

/** What hangs on a note has its time and its part. */
static void hang(struct finish *finish, unsigned list)
{
	const struct draft_list elements = draft_list(finish->draft, list, 0);
	for (size_t i = 0; i < *elements.n; i++) {
		struct nvx_element *e = draft_item(&elements, i);
		if (e->staff == 1)
			e->staff = 0; /* the same, and how it is written */
		if (!e->note_id)
			continue;
		const struct place *place = places_find(&finish->places, e->note_id);
		if (!place || place->list != NVX_LIST_note)
			continue; /* told as a reference */
		e->tick = finish->draft->part[place->part].note[place->index].tick;
		e->part_id = finish->draft->part[place->part].part.id;
	}
}

/** Ticks before the beginning, which only a broken file has. */
static void clip_ticks(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	for (size_t p = 0; p < draft->n_part; p++) {
		for (size_t i = 0; i < draft->part[p].n_note; i++)
			if (draft->part[p].note[i].tick < 0)
				draft->part[p].note[i].tick = 0;
		for (size_t i = 0; i < draft->part[p].n_control; i++)
			if (draft->part[p].control[i].tick < 0)
				draft->part[p].control[i].tick = 0;
	}
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		const struct draft_list elements = draft_list(draft, list, 0);
		for (size_t i = 0; i < *elements.n; i++) {
			struct nvx_element *e = draft_item(&elements, i);
			if (e->tick < 0)
				e->tick = 0;
		}
	}
}

int finish_places(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	const uint32_t n_parts = (uint32_t)draft->n_part;

	if (draft->repair)
		clip_ticks(finish);
	finish->check.n_parts = n_parts;
	finish->part_from = score_zalloc(finish->alloc, n_parts, sizeof(*finish->part_from));
	if (!finish->part_from)
		return -ENOMEM;
	finish->n_part_from = n_parts;
	int err = places_init(&finish->places, finish->alloc, draft->last_id);
	if (!err)
		err = add_list(finish, NVX_LIST_part, 0);
	for (uint32_t p = 0; p < n_parts && !err; p++) {
		err = finish_sort_part(finish, p, 0);
		if (!err)
			err = add_regions(finish, p);
		if (!err)
			err = add_list(finish, NVX_LIST_note, p);
		if (!err)
			err = add_list(finish, NVX_LIST_control, p);
	}
	if (!err)
		err = add_list(finish, NVX_LIST_measure, 0);
	for (unsigned list = NVX_LIST_form; list < NVX_N_LISTS && !err; list++) {
		if (shape_is_element(list))
			hang(finish, list);
		err = finish_sort_list(finish, list, 0);
		if (!err)
			err = add_list(finish, list, 0);
	}
	return err;
}
