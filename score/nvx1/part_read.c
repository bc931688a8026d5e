/* SPDX-License-Identifier: MIT */
/* hermes.part.add: a part with its notes, and what layers say of it; ids that are taken get new ones. */
#include <score/nvx_json.h>

#include <errno.h>
#include <string.h>

#include "json_put.h"
#include "map_ids.h"
#include "pieces.h"
#include "sort.h"

/** Ids in use: open addressing, at most half full. 0 is no id. */
struct taken {
	const struct score_alloc *alloc;
	nvx_id *slot;
	uint32_t mask, n;
	int error;
};

static uint32_t slot_of(const struct taken *t, nvx_id id)
{
	uint32_t i = id * 0x9e3779b1u;
	for (i = (i ^ i >> 15) & t->mask; t->slot[i] && t->slot[i] != id;)
		i = (i + 1) & t->mask;
	return i;
}

static int is_taken(const struct taken *t, nvx_id id)
{
	return t->slot && t->slot[slot_of(t, id)] == id;
}

static void grow(struct taken *t)
{
	struct taken wider = {.alloc = t->alloc, .mask = t->slot ? 2 * t->mask + 1 : 1023, .n = t->n};
	wider.slot = score_zalloc(t->alloc, (size_t)wider.mask + 1, sizeof(nvx_id));
	if (!wider.slot) {
		t->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; t->slot && i <= t->mask; i++)
		if (t->slot[i])
			wider.slot[slot_of(&wider, t->slot[i])] = t->slot[i];
	score_free(t->alloc, t->slot);
	*t = wider;
}

static void take(struct taken *t, nvx_id id)
{
	if (!id || t->error)
		return;
	if (!t->slot || 2 * t->n > t->mask)
		grow(t);
	if (t->error)
		return;
	const uint32_t i = slot_of(t, id);
	t->n += t->slot[i] == 0;
	t->slot[i] = id;
}

static void take_all(struct taken *t, unsigned list, const struct nvx_seq *seq)
{
	const void *item;
	for (struct nvx_seq_iter it = nvx_seq_from(seq, 0); (item = nvx_seq_next(&it));)
		take(t, nvx_item_id(list, item));
}

static void take_score(struct taken *t, const struct score *score)
{
	for (unsigned list = 0; list < NVX_N_LISTS; list++)
		take_all(t, list, &score->list[list]);
	for (uint32_t i = 0; i < score->n_parts; i++) {
		uint32_t n;
		const struct nvx_region *region = nvx_items(score->pool, score->part[i]->part.regions, &n);
		take(t, score->part[i]->part.id);
		for (uint32_t j = 0; j < n; j++)
			take(t, region[j].id);
		take_all(t, NVX_LIST_note, &score->part[i]->note);
		take_all(t, NVX_LIST_control, &score->part[i]->control);
	}
}

struct renamed {
	nvx_id old, now;
};

/** New names, found by the old one. */
struct renames {
	struct taken *taken;
	struct score_bytes all; /**< struct renamed */
	uint32_t next[256];     /**< the next number to try, by letter */
	struct nvx_reader *reader;
};

static int by_old(const void *a, const void *b, void *)
{
	const struct renamed *x = a, *y = b;
	return (x->old > y->old) - (x->old < y->old);
}

static nvx_id now_called(const void *ctx, nvx_id id)
{
	const struct renames *renames = ctx;
	const struct renamed *all = (const struct renamed *)renames->all.data;
	size_t low = 0, high = renames->all.n / sizeof(*all);
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (all[mid].old < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < renames->all.n / sizeof(*all) && all[low].old == id ? all[low].now : id;
}

static int is_provisional(nvx_id id, const struct nvx_draft *draft)
{
	return draft->last_id > 0 && id >= nvx_id_number(NVX_PROVISIONAL, 1) &&
	       id <= nvx_id_number(NVX_PROVISIONAL, draft->last_id);
}

/** Give an item's own id a new name, if it needs one. */
static void rename_own(struct renames *renames, char letter, nvx_id id)
{
	if (!id || (!is_taken(renames->taken, id) && !is_provisional(id, renames->reader->draft))) {
		take(renames->taken, id);
		return;
	}
	uint32_t *next = &renames->next[(uint8_t)letter];
	nvx_id now;
	do
		now = nvx_id_number((unsigned)letter, ++*next);
	while (is_taken(renames->taken, now) && *next < NVX_ID_NUMBER_MAX);
	take(renames->taken, now);
	score_bytes_put(&renames->all, &(struct renamed){id, now}, sizeof(struct renamed));
}

static void rename_list(struct renames *renames, unsigned list, const void *items, size_t n)
{
	const struct nvx_table *t = nvx_table_of(list);
	for (size_t i = 0; i < n; i++)
		rename_own(renames, t->letter, nvx_item_id(list, (const char *)items + i * t->item_bytes));
}

static void add_list(struct nvx_reader *r, const struct renames *renames, struct score_change *change,
	unsigned list, nvx_id part_id, void *items, size_t n)
{
	const struct nvx_table *t = nvx_table_of(list);
	char *item = items;
	for (size_t i = 0; i < n && !r->draft->error; i++, item += t->item_bytes) {
		if (nvx_map_ids(r->draft->pool, t, item, now_called, renames) < 0)
			r->draft->error = -ENOMEM;
		else
			nvx_add_op(r, change, SCORE_OP_ADD, list, part_id, UINT32_MAX, NULL, item);
	}
}

/** `"old":"new"` of what the caller named, not of what had no id. */
static void put_ids(const struct renames *renames, const struct nvx_draft *draft, struct score_bytes *out)
{
	const struct renamed *all = (const struct renamed *)renames->all.data;
	int comma = 0;
	for (size_t i = 0; i < renames->all.n / sizeof(*all); i++) {
		char id[NVX_ID_MAX + 1];
		if (is_provisional(all[i].old, draft))
			continue;
		if (comma)
			score_bytes_u8(out, ',');
		comma = 1;
		json_put_string(out, id, nvx_id_format(draft->pool, all[i].old, id));
		score_bytes_u8(out, ':');
		json_put_string(out, id, nvx_id_format(draft->pool, all[i].now, id));
	}
}

static void make_change(struct nvx_reader *r, const struct score *base, uint32_t at, struct renames *renames,
	struct score_change *change, struct score_bytes *ids_out)
{
	struct nvx_draft *draft = r->draft;
	struct nvx_draft_part *part = &draft->part[0];
	uint32_t n_regions;
	const struct nvx_region *region = nvx_items(draft->pool, part->part.regions, &n_regions);

	take_score(renames->taken, base);
	rename_own(renames, 'p', part->part.id);
	for (uint32_t i = 0; i < n_regions; i++)
		rename_own(renames, 'r', region[i].id);
	rename_list(renames, NVX_LIST_note, part->note, part->n_note);
	rename_list(renames, NVX_LIST_control, part->control, part->n_control);
#define X(name, type) rename_list(renames, NVX_LIST_##name, draft->name, draft->n_##name);
	NVX_LISTS(X)
#undef X
	if (renames->taken->error || renames->all.error) {
		draft->error = -ENOMEM;
		return;
	}
	nvx_sort(renames->all.data, renames->all.n / sizeof(struct renamed), sizeof(struct renamed), by_old,
		NULL);
	if (nvx_map_ids(draft->pool, &nvx_table_part, &part->part, now_called, renames) < 0) {
		draft->error = -ENOMEM;
		return;
	}
	const nvx_id id = part->part.id;
	nvx_add_op(r, change, SCORE_OP_ADD, NVX_LIST_part, 0, at, NULL, &part->part);
	add_list(r, renames, change, NVX_LIST_note, id, part->note, part->n_note);
	add_list(r, renames, change, NVX_LIST_control, id, part->control, part->n_control);
#define X(name, type) add_list(r, renames, change, NVX_LIST_##name, 0, draft->name, draft->n_##name);
	NVX_LISTS(X)
#undef X
	put_ids(renames, draft, ids_out);
}

/** @return where the part goes. */
static uint32_t read_call(struct nvx_reader *r, const struct score *base)
{
	const uint8_t *object = r->pull.at;
	uint32_t at = base->n_parts;
	if (!nvx_expect(r, JSON_OBJECT))
		return at;
	for (json_enter(&r->pull); nvx_more(r);) {
		const struct json_text key = json_key(&r->pull);
		if (json_text_is(key, "part")) {
			if (nvx_expect(r, JSON_OBJECT))
				nvx_read_one_part(r);
		} else if (json_text_is(key, "layers")) {
			nvx_read_layers(r);
		} else if (json_text_is(key, "afterPartId")) {
			const uint8_t *value = r->pull.at;
			const nvx_id id = nvx_read_id(r);
			const uint32_t after = score_find_part(base, id);
			if (after != UINT32_MAX) {
				at = after + 1;
			} else if (id) {
				const uint8_t *behind = r->pull.at;
				r->pull.at = value;
				nvx_fault(r, "nvx1.ref.unknown", "no part has this id");
				r->pull.at = behind;
			}
		} else {
			json_skip(&r->pull);
		}
	}
	if (r->draft->n_part == 0)
		nvx_fault_in(r, "nvx1.member.missing", object, "", "part is missing");
	return at;
}

int nvx_read_part(const struct score *base, const char *json, size_t size, struct score_report *report,
	struct score_change *ret, struct score_bytes *ids_out)
{
	struct nvx_piece piece;
	struct taken taken = {.alloc = nvx_pool_alloc(base->pool)};
	struct renames renames = {.taken = &taken, .reader = &piece.reader};

	score_change_init(ret, base);
	score_bytes_init(&renames.all, taken.alloc);
	int rc = nvx_piece_init(&piece, base, json, size, report);
	if (rc == 0) {
		const uint32_t at = read_call(&piece.reader, base);
		if (!piece.draft.error && report->n_errors == 0)
			make_change(&piece.reader, base, at, &renames, ret, ids_out);
	}
	const int failed = nvx_piece_finish(&piece);
	score_free(taken.alloc, taken.slot);
	score_bytes_finish(&renames.all);
	rc = rc ? rc : failed;
	if (rc < 0)
		score_change_finish(ret);
	return rc;
}
