/* SPDX-License-Identifier: MIT */
/* What ids name: the object must be there and be of the right kind. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "places.h"
#include "pool_private.h"
#include "shape.h"

/** One reference that is looked at. */
struct reference {
	struct check *check;
	const struct check_at *at;
	const char *list; /**< member that it is in, "": the object itself */
	uint32_t index;   /**< in that list */
	uint32_t part;    /**< whose regions are meant */
};

static const char *kind_name(unsigned ref)
{
	static const char *const names[] = {
		[NVX_REF_PART] = "part",
		[NVX_REF_REGION] = "region of the part",
		[NVX_REF_NOTE] = "note",
		[NVX_REF_ELEMENT] = "element",
		[NVX_REF_FORM] = "section",
		[NVX_REF_CHORD] = "chord",
		[NVX_REF_EVENT] = "event",
		[NVX_REF_TUPLET] = "tuplet",
		[NVX_REF_LYRIC] = "syllable",
		[NVX_REF_MEDIA] = "medium",
		[NVX_REF_ANNOTATION] = "annotation",
	};
	return names[ref];
}

int check_names(const struct check_found *found, unsigned ref, uint32_t part)
{
	const struct nvx_element *e = shape_is_element(found->list) ? found->item : NULL;
	switch (ref) {
	case NVX_REF_PART:
		return found->list == NVX_LIST_part;
	case NVX_REF_REGION:
		return found->list == PLACE_REGION && found->part == part;
	case NVX_REF_NOTE:
		return found->list == NVX_LIST_note;
	case NVX_REF_ELEMENT:
		return e != NULL;
	case NVX_REF_FORM:
		return found->list == NVX_LIST_form;
	case NVX_REF_CHORD:
		return found->list == NVX_LIST_chord;
	case NVX_REF_EVENT:
		return found->list == NVX_LIST_notation && e->kind == NVX_NOTATION_EVENT;
	case NVX_REF_TUPLET:
		return found->list == NVX_LIST_notation && e->kind == NVX_NOTATION_TUPLET;
	case NVX_REF_LYRIC:
		return found->list == NVX_LIST_lyric;
	case NVX_REF_MEDIA:
		return found->list == NVX_LIST_media;
	case NVX_REF_ANNOTATION:
		return found->list == NVX_LIST_annotation;
	default:
		return 1;
	}
}

/** @return 1: it names something, or it is refused; 0: it is to go. */
static int is_good(const struct reference *reference, const struct shape_field *field, nvx_id id)
{
	struct check *check = reference->check;
	if (field->ref == NVX_REF_PART && id == check->known_part)
		return 1;
	const struct check_found found = check->source.find(check, id);
	const int dropped = found.item && shape_is_element(found.list) && check_is_dropped(found.item);
	if (found.item && !dropped && check_names(&found, field->ref, reference->part)) {
		if (field->ref == NVX_REF_PART)
			check_know_part(check, id, found.part);
		return 1;
	}

	char text[NVX_ID_MAX + 1], value[NVX_ID_MAX + 3], member[80];
	(void)nvx_id_format(reference->check->pool, id, text);
	(void)snprintf(value, sizeof(value), "\"%s\"", text);
	if (field->type == SHAPE_IDS)
		(void)snprintf(member, sizeof(member), "/%s/%u", field->name, reference->index);
	else if (*reference->list)
		(void)snprintf(
			member, sizeof(member), "/%s/%u/%s", reference->list, reference->index, field->name);
	else
		(void)snprintf(member, sizeof(member), "/%s", field->name);
	check->value = value;
	const int mend = found.item && !dropped
				 ? check_broken(check, reference->at, "nvx1.ref.kind", member, "%s is no %s",
					   text, kind_name(field->ref))
				 : check_broken(check, reference->at, "nvx1.ref.unknown", member,
					   "no %s has the id %s", kind_name(field->ref), text);
	check->value = NULL;
	return !mend;
}

/** Ids of a list; those that name nothing are taken out. */
static void check_ids(struct reference *reference, const struct shape_field *field, void *item)
{
	struct nvx_pool *pool = reference->check->pool;
	const nvx_list list = shape_get(item, field);
	uint32_t n, kept = 0;
	nvx_id *ids = nvx_items_mut(pool, list, &n);
	for (uint32_t i = 0; i < n; i++) {
		reference->index = i;
		if (is_good(reference, field, ids[i]))
			ids[kept++] = ids[i];
	}
	if (kept == n)
		return;
	if (kept)
		nvx_items_cut(pool, list, kept);
	else
		shape_set(item, field, 0);
}

/** @return 0: the object is nothing without what it names and that is not there. */
static int check_object(
	struct reference *reference, const struct shape *shape, const struct shape_used *used, void *item);

static void check_objects(struct reference *reference, const struct shape_field *field, void *item)
{
	struct nvx_pool *pool = reference->check->pool;
	const nvx_list list = shape_get(item, field);
	const size_t item_bytes = field->item->item_bytes;
	uint32_t n, kept = 0;
	char *objects = nvx_items_mut(pool, list, &n);
	struct reference inner = *reference;
	struct shape_used all;
	inner.list = field->name;
	shape_use_all(field->item, &all);
	for (uint32_t i = 0; i < n; i++) {
		inner.index = i;
		if (!check_object(&inner, field->item, &all, objects + i * item_bytes))
			continue;
		memmove(objects + kept++ * item_bytes, objects + i * item_bytes, item_bytes);
	}
	if (kept == n)
		return;
	if (kept)
		nvx_items_cut(pool, list, kept);
	else
		shape_set(item, field, 0);
}

static int has_references(const struct shape *shape)
{
	for (uint32_t i = 0; i < shape->n_fields; i++)
		if (shape->field[i].ref > NVX_REF_SELF)
			return 1;
	return 0;
}

static int check_object(
	struct reference *reference, const struct shape *shape, const struct shape_used *used, void *item)
{
	int whole = 1;
	for (uint32_t i = 0; i < used->n; i++) {
		const struct shape_field *field = &shape->field[used->field[i]];
		const uint32_t handle = shape_get(item, field);
		if (!handle)
			continue;
		if (field->type == SHAPE_OBJECTS) {
			if (has_references(field->item))
				check_objects(reference, field, item);
		} else if (field->type == SHAPE_IDS) {
			check_ids(reference, field, item);
		} else if (field->type == SHAPE_ID && field->ref > NVX_REF_SELF &&
			   !is_good(reference, field, handle)) {
			shape_set(item, field, 0);
			whole &= !field->need;
		}
	}
	return whole;
}

/** Is an element of this list nothing without a note? Others stay where they are when theirs is gone. */
static int needs_note(unsigned list, const struct nvx_element *e)
{
	return list == NVX_LIST_tab || list == NVX_LIST_melody || list == NVX_LIST_drum ||
	       (list == NVX_LIST_fingering && !((const struct nvx_fingering *)(const void *)e)->has_position);
}

int check_is_complete(unsigned list, const struct nvx_element *e)
{
	if (list == NVX_LIST_notation) {
		const struct nvx_notation_element *notation =
			(const struct nvx_notation_element *)(const void *)e;
		if (e->kind == NVX_NOTATION_SLUR && (!notation->from_event_id || !notation->to_event_id))
			return 0;
		return e->part_id != 0;
	}
	return e->note_id || !needs_note(list, e);
}

int check_knows_part(struct check *check, nvx_id id)
{
	const struct check_found found = check->source.find(check, id);
	if (!found.item || found.list != NVX_LIST_part)
		return 0;
	check_know_part(check, id, found.part);
	return 1;
}

/** Fields that name something, of those that a list uses. */
struct links {
	unsigned n;
	const struct shape_field *field[SHAPE_MAX_FIELDS];
};

static void find_links(const struct shape *shape, const struct shape_used *used, struct links *ret)
{
	ret->n = 0;
	for (uint8_t i = 0; i < used->n; i++) {
		const struct shape_field *field = &shape->field[used->field[i]];
		if (field->ref > NVX_REF_SELF ||
			(field->type == SHAPE_OBJECTS && has_references(field->item)))
			ret->field[ret->n++] = field;
	}
}

/** An id that names what is meant, as nearly all do. @return 0: it has to be looked at. */
static inline int is_usual(const struct check *check, unsigned ref, nvx_id id)
{
	const uint32_t number = id & NVX_ID_NUMBER_MAX;
	if (ref == NVX_REF_PART)
		return id == check->known_part;
	if (!nvx_id_provisional(id) || number > check->places->n_given)
		return 0;
	const struct place *place = &check->places->given[number];
	switch (ref) {
	case NVX_REF_NOTE:
		return place->list == NVX_LIST_note;
	case NVX_REF_EVENT:
		return place->list == NVX_LIST_notation && place->kind == NVX_NOTATION_EVENT;
	case NVX_REF_TUPLET:
		return place->list == NVX_LIST_notation && place->kind == NVX_NOTATION_TUPLET;
	default:
		return 0;
	}
}

static inline int are_usual(const struct check *check, unsigned ref, nvx_list list)
{
	uint32_t n;
	const nvx_id *ids = nvx_items(check->pool, list, &n);
	for (uint32_t k = 0; k < n; k++)
		if (!is_usual(check, ref, ids[k]))
			return 0;
	return 1;
}

static int are_usual_objects(const struct check *check, const struct shape *shape, nvx_list list)
{
	uint32_t n;
	const char *object = nvx_items(check->pool, list, &n);
	for (; n > 0; n--, object += shape->item_bytes)
		for (uint32_t i = 0; i < shape->n_fields; i++) {
			const struct shape_field *field = &shape->field[i];
			const uint32_t handle = shape_get(object, field);
			if (!handle || (field->ref <= NVX_REF_SELF && field->type != SHAPE_OBJECTS))
				continue;
			if (field->type != SHAPE_ID || !is_usual(check, field->ref, handle))
				return 0;
		}
	return 1;
}

/** As long as nothing was dropped. @return 1: all that a member names is there. */
static inline int is_usual_link(const struct check *check, const struct shape_field *field, uint32_t handle)
{
	if (field->type == SHAPE_ID)
		return is_usual(check, field->ref, handle);
	return field->type == SHAPE_IDS ? are_usual(check, field->ref, handle)
					: are_usual_objects(check, field->item, handle);
}

static int is_usual_item(const struct check *check, const struct links *links, const void *item)
{
	for (unsigned i = 0; i < links->n; i++) {
		const uint32_t handle = shape_get(item, links->field[i]);
		if (handle && !is_usual_link(check, links->field[i], handle))
			return 0;
	}
	return 1;
}

/** One member of all items, whose part may be any. */
static int is_usual_column(struct check *check, const struct shape *shape, const struct shape_field *field,
	const char *items, uint32_t n)
{
	const char *end = items + (size_t)n * shape->item_bytes;
	for (const char *item = items; item < end; item += shape->item_bytes) {
		const uint32_t handle = shape_get(item, field);
		if (handle && !is_usual_link(check, field, handle) &&
			(field->ref != NVX_REF_PART || field->type != SHAPE_ID ||
				!check_knows_part(check, handle)))
			return 0;
	}
	return 1;
}

/** Nearly every list: nothing to be told or mended. What follows finds the same, an item at a time. */
static int is_usual_list(struct check *check, unsigned list, const struct shape *shape,
	const struct links *links, const char *items, uint32_t n)
{
	if (check->mended || !check->places)
		return 0;
	for (unsigned i = 0; i < links->n; i++)
		if (!is_usual_column(check, shape, links->field[i], items, n))
			return 0;
	for (uint32_t i = 0; i < n && shape_is_element(list); i++, items += shape->item_bytes)
		if (!check_is_complete(list, (const struct nvx_element *)(const void *)items))
			return 0;
	return 1;
}

int check_references(struct check *check, const struct check_at *at, void *item)
{
	struct reference reference = {.check = check, .at = at, .list = "", .part = at->part};
	struct shape_used all;
	shape_use_all(shape_of(at->list), &all);
	return check_object(&reference, shape_of(at->list), &all, item);
}

/** What its references left of an element. @return 0: in repair mode, it is to go. */
static int stays(struct check *check, const struct check_at *at, const void *item, uint32_t n_broken)
{
	if (check_is_complete(at->list, item))
		return 1;
	/* What it hung on is gone: that has been told. */
	if (check->n_broken != n_broken)
		return !check->repair;
	return !check_broken(check, at, "nvx1.member.missing",
		at->list == NVX_LIST_notation ? "/partId" : "/noteId", "it hangs on nothing");
}

int check_hangs(struct check *check, const struct check_at *at, void *item)
{
	const uint32_t before = check->n_broken;
	(void)check_references(check, at, item);
	return stays(check, at, item, before);
}

void check_list(struct check *check, unsigned list, uint32_t part, void *items, uint32_t n,
	const struct shape_used *used)
{
	const struct shape *shape = shape_of(list);
	const int is_element = shape_is_element(list);
	struct links links;
	char *item = items;
	find_links(shape, used, &links);
	if (n == 0 || (links.n == 0 && !is_element) || is_usual_list(check, list, shape, &links, items, n))
		return;
	for (uint32_t i = 0; i < n; i++, item += shape->item_bytes) {
		struct nvx_element *e = is_element ? (struct nvx_element *)(void *)item : NULL;
		if (e && check_is_dropped(e))
			continue;
		const int is_usual = !check->mended && check->places && is_usual_item(check, &links, item);
		if (is_usual && (!e || check_is_complete(list, e)))
			continue;
		const struct check_at at = {list, part, i, item};
		struct reference reference = {.check = check, .at = &at, .list = "", .part = part};
		const uint32_t before = check->n_broken;
		if (!is_usual)
			(void)check_object(&reference, shape, used, item);
		if (e && !stays(check, &at, item, before))
			check_drop(check, e);
	}
}
