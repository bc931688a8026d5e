/* SPDX-License-Identifier: MIT */
/* hermes.measure.update: what an object says of a measure, as a change. */
#include <score/nvx_json.h>

#include <errno.h>
#include <string.h>

#include "measure_edit.h"
#include "sort.h"

/** An item that starts in the measure now. */
struct present {
	nvx_id id;
	uint32_t index;
	uint8_t stays;
};

static int by_id(const void *a, const void *b, void *)
{
	const struct present *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

static struct present *find(struct present *all, uint32_t n, nvx_id id)
{
	uint32_t low = 0, high = n;
	while (low < high) {
		const uint32_t mid = (low + high) / 2;
		if (all[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && all[low].id == id && id ? &all[low] : NULL;
}

/** 1: its place is that of the note it hangs on. */
static int hangs(unsigned list, const union nvx_any *item)
{
	return list >= NVX_LIST_form && list <= NVX_LIST_melody && item->form.e.note_id;
}

static void read_new(struct measure_edit *e, unsigned list, nvx_id part_id, const struct nvx_seq *seq,
	struct present *all, uint32_t n)
{
	struct nvx_reader *r = e->reader;
	union nvx_any item;
	const uint8_t *object = r->pull.at;

	nvx_read_item(r, list, &item);
	/* Everything that starts somewhere begins with its tick. */
	if (!hangs(list, &item) && (item.note.tick < e->start || item.note.tick >= e->new_end))
		nvx_fault_in(r, "nvx1.tick.outside", object, "tick", "the measure is from %lld to %lld",
			(long long)e->start, (long long)e->new_end);
	struct present *present = find(all, n, nvx_item_id(list, &item));
	if (!present) {
		nvx_add_op(r, e->change, SCORE_OP_ADD, list, part_id, UINT32_MAX, NULL, &item);
		return;
	}
	const void *before = nvx_seq_at(seq, present->index);
	present->stays = 1;
	if (hangs(list, &item)) {
		item.form.e.tick = ((const struct nvx_element *)before)->tick;
		item.form.e.part_id = ((const struct nvx_element *)before)->part_id;
	}
	if (memcmp(before, &item, nvx_table_of(list)->item_bytes) != 0)
		nvx_add_op(r, e->change, SCORE_OP_REPLACE, list, part_id, UINT32_MAX, before, &item);
}

/** The array that stands here replaces what the measure has of a list. */
static void replace_list(struct measure_edit *e, unsigned list, nvx_id part_id, const struct nvx_seq *seq)
{
	struct nvx_reader *r = e->reader;
	const uint32_t from = nvx_seq_find(seq, e->start);
	const uint32_t to = e->is_last ? seq->n : nvx_seq_find(seq, e->old_end), n = to - from;

	if (!nvx_expect(r, JSON_ARRAY))
		return;
	struct present *all = score_zalloc(r->alloc, n + 1u, sizeof(*all));
	if (!all) {
		r->draft->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		all[i] = (struct present){
			.id = nvx_item_id(list, nvx_seq_at(seq, from + i)), .index = from + i};
	nvx_sort(all, n, sizeof(*all), by_id, NULL);
	for (json_enter(&r->pull); nvx_more(r);)
		if (nvx_expect(r, JSON_OBJECT))
			read_new(e, list, part_id, seq, all, n);
	for (uint32_t i = 0; i < n && !r->draft->error; i++)
		if (!all[i].stays)
			nvx_add_op(r, e->change, SCORE_OP_REMOVE, list, part_id, UINT32_MAX,
				nvx_seq_at(seq, all[i].index), NULL);
	score_free(r->alloc, all);
}

static void read_part(struct measure_edit *e, const struct score_part *part)
{
	struct nvx_reader *r = e->reader;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	for (json_enter(&r->pull); nvx_more(r);) {
		if (json_text_is(json_key(&r->pull), "notes")) {
			replace_list(e, NVX_LIST_note, part->part.id, &part->note);
		} else if (json_text_is(json_key(&r->pull), "controllers")) {
			replace_list(e, NVX_LIST_control, part->part.id, &part->control);
		} else {
			nvx_fault(r, "nvx1.enum", "none of notes, controllers");
			json_skip(&r->pull);
		}
	}
}

static void read_parts(struct measure_edit *e)
{
	struct nvx_reader *r = e->reader;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	for (json_enter(&r->pull); nvx_more(r);) {
		const struct json_text key = json_key(&r->pull);
		const nvx_id id = key.escaped ? 0 : nvx_id_parse(r->draft->pool, key.at, key.len);
		const uint32_t part = id ? score_find_part(e->base, id) : UINT32_MAX;
		if (part != UINT32_MAX) {
			read_part(e, e->base->part[part]);
		} else {
			nvx_fault(r, "nvx1.ref.unknown", "no part has this id");
			json_skip(&r->pull);
		}
	}
}

static void read_lists(struct measure_edit *e, unsigned first, unsigned last)
{
	struct nvx_reader *r = e->reader;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	for (json_enter(&r->pull); nvx_more(r);) {
		unsigned list = first;
		while (list <= last && !json_text_is(json_key(&r->pull), nvx_list_name(list)))
			list++;
		if (list <= last) {
			replace_list(e, list, 0, &e->base->list[list]);
		} else {
			nvx_fault(r, "nvx1.layer.unknown", "no such layer or rail");
			json_skip(&r->pull);
		}
	}
}

static void read_content(struct measure_edit *e)
{
	struct nvx_reader *r = e->reader;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	for (json_enter(&r->pull); nvx_more(r);) {
		const struct json_text key = json_key(&r->pull);
		if (json_text_is(key, "parts")) {
			read_parts(e);
		} else if (json_text_is(key, "layers")) {
			read_lists(e, NVX_LIST_form, NVX_LIST_marker);
		} else if (json_text_is(key, "rails")) {
			read_lists(e, NVX_LIST_drum, NVX_LIST_melody);
		} else {
			nvx_fault(r, "nvx1.enum", "none of parts, layers, rails");
			json_skip(&r->pull);
		}
	}
}

/** What stands in force at the measure's begin: said by maps, so it is changed there. */
static int read_in_force(struct nvx_reader *r, void *ctx, struct json_text key)
{
	struct measure_edit *e = ctx;
	int64_t value;
	if (json_text_is(key, "meter")) {
		if (!nvx_expect(r, JSON_OBJECT))
			return 1;
		nvx_read_meter_in_force(r, &e->meter);
		e->has_meter = 1;
	} else if (json_text_is(key, "key")) {
		e->has_key = nvx_read_key(r, &e->key) == 0;
	} else if (json_text_is(key, "nsPerQuarter")) {
		e->has_tempo = nvx_read_integer(r, 1, INT64_C(60000000000), &value) == 0;
		e->ns_per_quarter = e->has_tempo ? (uint64_t)value : 0;
	} else if (json_text_is(key, "index")) {
		(void)nvx_read_integer(r, e->index, e->index, &value);
	} else if (json_text_is(key, "content")) {
		e->content = r->pull.at;
		json_skip(&r->pull);
	} else if (json_text_is(key, "formId") || json_text_is(key, "stateId")) {
		json_skip(&r->pull); /* derived */
	} else {
		return 0;
	}
	return 1;
}

/** A number that only says what would be printed anyway is none. */
static void drop_derived_number(struct measure_edit *e)
{
	char derived[64];
	const struct nvx_measure *m = score_measure(e->base, e->index);
	if (m->number || !e->measure.number)
		return;
	score_measure_name(e->base, e->index, derived, sizeof(derived));
	if (strcmp(derived, nvx_string(e->base->pool, e->measure.number, NULL)) == 0)
		e->measure.number = 0;
}

static void read_measure(struct measure_edit *e)
{
	struct nvx_reader *r = e->reader;
	const uint8_t *object = r->pull.at;
	const struct nvx_measure *old = score_measure(e->base, e->index);

	if (!nvx_expect(r, JSON_OBJECT))
		return;
	e->measure = *old;
	e->measure.extra = 0;
	e->meter = *score_meter_at(e->base, old->tick);
	e->key = *score_key_at(e->base, old->tick);
	nvx_read_object(r, &nvx_table_measure, &e->measure, read_in_force, e);
	if (r->draft->error)
		return;
	drop_derived_number(e);
	if (!e->measure.extra)
		e->measure.extra = old->extra;
	if (e->measure.tick != old->tick)
		nvx_fault_in(
			r, "nvx1.range", object, "tick", "the measure begins at %lld", (long long)old->tick);
	if (e->has_meter && !json_find(object, "durationTicks") && e->measure.irregular == NVX_IRREGULAR_NONE)
		e->measure.duration_ticks = (uint32_t)(4u * NVX_PPQ * e->meter.num / e->meter.den);
	e->new_end = e->start + e->measure.duration_ticks;
	if (e->content) {
		const uint8_t *behind = r->pull.at;
		const unsigned depth = r->pull.depth;
		json_reenter(&r->pull, e->content, "content");
		read_content(e);
		r->pull.at = behind;
		r->pull.depth = depth;
	}
}

int nvx_read_measure(const struct score *base, uint32_t index, const char *json, size_t size,
	struct score_report *report, struct score_change *ret)
{
	struct nvx_piece piece;
	struct measure_edit edit = {.base = base, .change = ret, .index = index, .reader = &piece.reader};

	if (index >= score_n_measure(base))
		return -ENOENT;
	score_change_init(ret, base);
	const struct nvx_measure *m = score_measure(base, index);
	edit.start = m->tick;
	edit.old_end = edit.new_end = m->tick + m->duration_ticks;
	edit.is_last = index + 1 == score_n_measure(base);
	int rc = nvx_piece_init(&piece, base, json, size, report);
	if (rc == 0) {
		read_measure(&edit);
		if (!piece.draft.error && report->n_errors == 0)
			nvx_apply_measure(&edit);
	}
	const int failed = nvx_piece_finish(&piece);
	rc = rc ? rc : failed;
	if (rc < 0)
		score_change_finish(ret);
	return rc;
}
