/* SPDX-License-Identifier: MIT */
/* Names for what has none yet (nvx1.md 12.4): in canonical order, by kind, the smallest number that is free.
 */
#include <errno.h>
#include <string.h>

#include "finish.h"
#include "pool_private.h"
#include "shape.h"
#include "sort.h"

struct naming {
	struct finish *finish;
	nvx_id *final;      /**< by number of a provisional id; 0: names nothing */
	uint32_t last[128]; /**< number given last, by letter */
};

static nvx_id final_id(const struct naming *naming, nvx_id id)
{
	return nvx_id_provisional(id) ? naming->final[id & NVX_ID_NUMBER_MAX] : id;
}

/** Take out what was dropped. */
static void compact(struct finish *finish)
{
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		const struct draft_list items = draft_list(finish->draft, list, 0);
		size_t n = 0;
		for (size_t i = 0; i < *items.n; i++) {
			if (check_is_dropped(draft_item(&items, i)))
				continue;
			if (n != i)
				memcpy(draft_item(&items, n), draft_item(&items, i), items.item_bytes);
			n++;
		}
		*items.n = n;
	}
}

static int sort_again(struct finish *finish)
{
	int err = 0;
	for (uint32_t p = 0; p < finish->draft->n_part && !err; p++)
		err = finish_sort_part(finish, p, 0);
	for (unsigned list = NVX_LIST_form; list < NVX_N_LISTS && !err; list++)
		err = finish_sort_list(finish, list, 0);
	return err;
}

/** The smallest number that no object of the document has. */
static nvx_id next_name(struct naming *naming, uint32_t *last, unsigned letter)
{
	nvx_id named;
	do
		named = nvx_id_number(letter, ++*last);
	while (naming->finish->places.n_used && places_find(&naming->finish->places, named));
	return named;
}

/** @param item_bytes  From one item to the next. */
static void name_items(
	struct naming *naming, const struct shape *shape, void *items, size_t n, size_t item_bytes)
{
	const unsigned letter = (unsigned char)shape->letter;
	uint32_t *last = &naming->last[letter];
	char *item = items;
	if (!letter || n == 0)
		return;
	/* Where the document named nothing itself they follow each other. */
	const nvx_id zeroth = nvx_id_number(letter, 1) - 1;
	const int is_free = naming->finish->places.n_used == 0;
	const char *end = item + n * item_bytes;
	uint32_t number = *last;
	for (item += shape->id; item < end; item += item_bytes) {
		nvx_id id;
		memcpy(&id, item, sizeof(id));
		if (!nvx_id_provisional(id))
			continue;
		const nvx_id named = is_free ? zeroth + ++number : next_name(naming, &number, letter);
		naming->final[id & NVX_ID_NUMBER_MAX] = named;
		memcpy(item, &named, sizeof(named));
	}
	*last = number;
}

static void name_list(struct naming *naming, unsigned list, uint32_t part)
{
	const struct draft_list items = draft_list(naming->finish->draft, list, part);
	name_items(naming, shape_of(list), *items.items, *items.n, items.item_bytes);
}

static void name_all(struct naming *naming)
{
	struct nvx_draft *draft = naming->finish->draft;
	name_list(naming, NVX_LIST_part, 0);
	for (uint32_t p = 0; p < draft->n_part; p++) {
		uint32_t n;
		struct nvx_region *regions = nvx_items_mut(draft->pool, draft->part[p].part.regions, &n);
		name_items(naming, &shape_region, regions, n, sizeof(*regions));
		name_list(naming, NVX_LIST_note, p);
		name_list(naming, NVX_LIST_control, p);
	}
	for (unsigned list = NVX_LIST_form; list < NVX_N_LISTS; list++)
		name_list(naming, list, 0);
}

static void rename_ids(const struct naming *naming, nvx_list list)
{
	uint32_t n;
	nvx_id *ids = nvx_items_mut(naming->finish->draft->pool, list, &n);
	for (uint32_t k = 0; k < n; k++)
		ids[k] = final_id(naming, ids[k]);
}

static void rename_objects(const struct naming *naming, const struct shape *shape, nvx_list list);

/** One member of all items: what is to be done with it is found out once. */
static void rename_field(const struct naming *naming, const struct shape_field *field, char *items, size_t n,
	size_t item_bytes)
{
	const char *end = items + n * item_bytes;
	if (field->type == SHAPE_ID) {
		for (char *item = items; item < end; item += item_bytes)
			shape_set(item, field, final_id(naming, shape_get(item, field)));
	} else if (field->type == SHAPE_IDS) {
		for (const char *item = items; item < end; item += item_bytes)
			if (shape_get(item, field)) /* one kind of element has it, others do not */
				rename_ids(naming, shape_get(item, field));
	} else if (field->type == SHAPE_OBJECTS) {
		for (const char *item = items; item < end; item += item_bytes)
			rename_objects(naming, field->item, shape_get(item, field));
	}
}

static void rename_objects(const struct naming *naming, const struct shape *shape, nvx_list list)
{
	uint32_t n;
	char *objects = nvx_items_mut(naming->finish->draft->pool, list, &n);
	for (uint32_t i = 0; i < shape->n_fields && n; i++)
		rename_field(naming, &shape->field[i], objects, n, shape->item_bytes);
}

static void rename_list(const struct naming *naming, unsigned list, uint32_t part)
{
	const struct draft_list items = draft_list(naming->finish->draft, list, part);
	const struct shape_used *used = finish_used(naming->finish, list, part);
	const struct shape *shape = shape_of(list);
	for (uint8_t i = 0; i < used->n; i++) {
		const struct shape_field *field = &shape->field[used->field[i]];
		if (shape->letter && field->ref == NVX_REF_SELF)
			continue; /* they have their names */
		rename_field(naming, field, *items.items, *items.n, items.item_bytes);
	}
}

int finish_ids(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	struct naming naming = {.finish = finish};
	int err = 0;

	if (finish->check.mended) {
		compact(finish);
		err = sort_again(finish);
	}
	if (err)
		return err;
	naming.final = score_zalloc(finish->alloc, (size_t)draft->last_id + 1, sizeof(*naming.final));
	if (!naming.final)
		return -ENOMEM;
	name_all(&naming);
	finish->final = naming.final;
	for (uint32_t p = 0; p < draft->n_part && !err; p++)
		err = finish_sort_part(finish, p, 1);
	for (unsigned list = NVX_LIST_form; list < NVX_N_LISTS && !err; list++)
		err = finish_sort_list(finish, list, 1);
	finish->final = NULL;
	if (!err) {
		rename_list(&naming, NVX_LIST_part, 0);
		for (uint32_t p = 0; p < draft->n_part; p++) {
			rename_list(&naming, NVX_LIST_note, p);
			rename_list(&naming, NVX_LIST_control, p);
		}
		for (unsigned list = NVX_LIST_measure; list < NVX_N_LISTS; list++)
			rename_list(&naming, list, 0);
	}
	score_free(finish->alloc, naming.final);
	return err;
}
