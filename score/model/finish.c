/* SPDX-License-Identifier: MIT */
#include "finish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/nvx_tables.h>
#include <score/utf8.h>

#define TITLE_BYTES 1024u

/* ---- what the rules look at: the draft's arrays ---- */

static struct check_found find(struct check *check, nvx_id id)
{
	struct finish *finish = check->source.ctx;
	const struct place *place = id ? places_find(&finish->places, id) : NULL;
	if (!place)
		return (struct check_found){};
	if (place->list == PLACE_REGION)
		return (struct check_found){&finish->draft->part[place->part], place->part, PLACE_REGION};
	const struct draft_list list = draft_list(finish->draft, place->list, place->part);
	return (struct check_found){draft_item(&list, place->index),
		place->list == NVX_LIST_part ? place->index : place->part, place->list};
}

/** @return 1: the tick lies in the measure, as far as the next tells. */
static inline int is_in(const struct nvx_measure *measure, size_t i, size_t n, int64_t tick)
{
	return i < n && measure[i].tick <= tick && (i + 1 == n || tick < measure[i + 1].tick);
}

static size_t find_bar(const struct nvx_measure *measure, size_t n, int64_t tick)
{
	size_t low = 0, high = n;
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;
		if (measure[middle].tick <= tick)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static struct check_bar bar_at(struct check *check, int64_t tick)
{
	struct finish *finish = check->source.ctx;
	const struct nvx_measure *measure = finish->draft->measure;
	const size_t n = finish->draft->n_measure;
	size_t i = finish->bar < n ? finish->bar : 0;
	/* Mostly the same as before, or a neighbour. */
	if (is_in(measure, i, n, tick))
		;
	else if (is_in(measure, i + 1, n, tick))
		i++;
	else if (i && is_in(measure, i - 1, n, tick))
		i--;
	else
		i = find_bar(measure, n, tick);
	finish->bar = i;
	return (struct check_bar){measure[i].tick, measure[i].tick + (int64_t)measure[i].duration_ticks};
}

static const struct nvx_part *part_of(struct check *check, uint32_t part)
{
	struct finish *finish = check->source.ctx;
	return &finish->draft->part[part].part;
}

static uint32_t original(const struct finish *finish, unsigned list, uint32_t part, uint32_t index)
{
	const uint32_t *from = NULL;
	if (list < NVX_N_LISTS)
		from = finish->from[list];
	else if (list != NVX_LIST_part && part < finish->n_part_from)
		from = list == NVX_LIST_note ? finish->part_from[part].note : finish->part_from[part].control;
	return from ? from[index] : index;
}

static uint64_t rank(struct check *check, unsigned list, uint32_t part, uint32_t index)
{
	const struct finish *finish = check->source.ctx;
	index = original(finish, list, part, index);
	/* Maps, measures, parts, layers, rails, media. */
	if (list >= NVX_N_LISTS)
		return UINT64_C(5) << 56 | (uint64_t)part << 36 |
		       (uint64_t)(list == NVX_LIST_part ? 0 : list - NVX_N_LISTS + 1) << 32 |
		       (list == NVX_LIST_part ? 0 : index);
	return (uint64_t)(list <= NVX_LIST_measure ? list : list + 1) << 56 | index;
}

/** Paths of a document that was not read from JSON. */
static const char *usual_path(unsigned list)
{
	static const char *const paths[] = {
		[NVX_LIST_tempo] = "/timeline/tempo",
		[NVX_LIST_meter] = "/timeline/meter",
		[NVX_LIST_key] = "/timeline/key",
		[NVX_LIST_order] = "/timeline/order",
		[NVX_LIST_measure] = "/measures",
		[NVX_LIST_form] = "/layers/0/elements",
		[NVX_LIST_chord] = "/layers/1/elements",
		[NVX_LIST_analysis] = "/layers/2/elements",
		[NVX_LIST_tab] = "/layers/3/elements",
		[NVX_LIST_diagram] = "/layers/4/elements",
		[NVX_LIST_fingering] = "/layers/5/elements",
		[NVX_LIST_notation] = "/layers/6/elements",
		[NVX_LIST_lyric] = "/layers/7/elements",
		[NVX_LIST_marker] = "/layers/8/elements",
		[NVX_LIST_drum] = "/rails/drums",
		[NVX_LIST_performance] = "/rails/performance",
		[NVX_LIST_melody] = "/rails/melody",
		[NVX_LIST_extended] = "/rails/extended",
		[NVX_LIST_media] = "/media",
		[NVX_LIST_annotation] = "/learning/annotations",
		[NVX_LIST_note] = "/parts",
		[NVX_LIST_control] = "/parts",
		[NVX_LIST_part] = "/parts",
	};
	return paths[list];
}

static void where_in_json(
	const struct finish *finish, unsigned list, uint32_t part, uint32_t index, char *buf, size_t size)
{
	const struct nvx_draft *draft = finish->draft;
	const unsigned stands_in = list >= NVX_N_LISTS ? NVX_LIST_part : list;
	const char *path = draft->place[stands_in][0] ? draft->place[stands_in] : usual_path(list);
	index = original(finish, list, part, index);
	if (list == NVX_LIST_note || list == NVX_LIST_control)
		(void)snprintf(buf, size, "%s/%u/%s/%u", path, part,
			list == NVX_LIST_note ? "notes" : "controllers", index);
	else if (list == NVX_LIST_marker && index - draft->poi_first < draft->n_poi)
		(void)snprintf(buf, size, "/learning/pointsOfInterest/%u", index - draft->poi_first);
	else
		(void)snprintf(buf, size, "%s/%u", path, index);
}

/** In a foreign file: the bar and the part, as a musician would say it. */
static void where_in_music(
	struct finish *finish, unsigned list, uint32_t part, const void *item, char *buf, size_t size)
{
	static const char *const names[] = {
#define X(name, type) [NVX_LIST_##name] = #name,
		NVX_LISTS(X)
#undef X
			[NVX_LIST_note] = "note",
		[NVX_LIST_control] = "controller",
		[NVX_LIST_part] = "part",
	};
	int n = 0;
	int64_t tick = -1;
	if (list == NVX_LIST_note || list == NVX_LIST_control ||
		(list >= NVX_LIST_form && list <= NVX_LIST_melody))
		memcpy(&tick, item, sizeof(tick));
	if (tick >= 0 && finish->draft->n_measure && finish->check.end_tick) {
		(void)bar_at(&finish->check, tick);
		n = snprintf(buf, size, "bar %zu, ", finish->bar + 1);
	}
	if (list >= NVX_LIST_form && list <= NVX_LIST_melody)
		part = check_part(&finish->check, item);
	else if (list < NVX_N_LISTS)
		part = UINT32_MAX;
	if (part != UINT32_MAX && n >= 0)
		n += snprintf(buf + n, size - (size_t)n, "part %u, ", part + 1);
	(void)snprintf(buf + n, size - (size_t)n, "%s", names[list]);
}

static void where(struct check *check, unsigned list, uint32_t part, uint32_t index, const void *item,
	char *buf, size_t size)
{
	struct finish *finish = check->source.ctx;
	const unsigned stands_in = list >= NVX_N_LISTS ? NVX_LIST_part : list;
	if (check->repair && !finish->draft->place[stands_in][0])
		where_in_music(finish, list, part, item, buf, size);
	else
		where_in_json(finish, list, part, index, buf, size);
}

/* ---- the steps ---- */

int finish_defaults(struct finish *finish, const char *name)
{
	struct nvx_draft *draft = finish->draft;
	struct nvx_metadata *metadata = &draft->globals.metadata;
	size_t len;

	if (draft->n_part == 0)
		(void)nvx_add_part(draft);
	(void)nvx_string(draft->pool, metadata->title, &len);
	if (!len && name)
		metadata->title = nvx_clean_text(draft, name, strlen(name));
	else if (len > TITLE_BYTES && draft->repair)
		metadata->title = nvx_clean_text(draft, nvx_string(draft->pool, metadata->title, NULL), len);
	(void)nvx_string(draft->pool, metadata->title, &len);
	if (!len)
		metadata->title = nvx_text(draft, "Untitled", 8);
	return draft->error;
}

/** Importers leave room to grow; what comes now needs room of its own beside it. */
static int fit_lists(const struct finish *finish)
{
	int err = 0;
	for (uint32_t part = 0; part < finish->draft->n_part && !err; part++)
		for (unsigned list = NVX_LIST_note; list <= NVX_LIST_control && !err; list++) {
			const struct draft_list items = draft_list(finish->draft, list, part);
			err = draft_list_fit(finish->alloc, &items);
		}
	for (unsigned list = 0; list < NVX_N_LISTS && !err; list++) {
		const struct draft_list items = draft_list(finish->draft, list, 0);
		err = draft_list_fit(finish->alloc, &items);
	}
	return err;
}

static int run(struct finish *finish, const char *name, struct score **ret)
{
	static int (*const steps[])(struct finish *) = {finish_maps, finish_places, finish_measures,
		finish_rules, finish_sounding, finish_references};
	int err = fit_lists(finish);
	if (err)
		return err;
	if (finish->draft->repair)
		nvx_mend_draft(finish->draft);
	err = finish->draft->error ? finish->draft->error : finish_defaults(finish, name);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		err = steps[i](finish);
		if (!err)
			err = finish->draft->error ? finish->draft->error : finish->check.error;
	}
	if (!err && finish->draft->report->n_errors)
		err = -EINVAL;
	if (!err)
		err = finish_ids(finish);
	return err ? err : finish_freeze(finish, ret);
}

const struct shape_used *finish_used(struct finish *finish, unsigned list, uint32_t part)
{
	const struct draft_list items = draft_list(finish->draft, list, part);
	static const struct shape_used none;
	struct shape_used *used = &finish->used[list];
	uint8_t *is_used = &finish->is_used[list];
	if (*items.n == 0)
		return &none;
	if (list == NVX_LIST_note) {
		used = &finish->part_from[part].note_used;
		is_used = &finish->part_from[part].is_note_used;
	} else if (list == NVX_LIST_control) {
		used = &finish->part_from[part].control_used;
		is_used = &finish->part_from[part].is_control_used;
	}
	if (!*is_used)
		shape_find_used(shape_of(list), *items.items, *items.n, items.item_bytes, used);
	*is_used = 1;
	return used;
}

void finish_check_init(struct finish *finish)
{
	finish->check = (struct check){
		.source = {find, bar_at, part_of, where, rank, finish},
		.places = &finish->places,
		.alloc = finish->alloc,
		.pool = finish->draft->pool,
		.report = finish->draft->report,
		.repair = finish->draft->repair,
	};
}

int nvx_finish(struct nvx_draft *draft, const char *name, struct score **ret)
{
	*ret = NULL;
	if (!draft->error && draft->cancel && atomic_load_explicit(draft->cancel, memory_order_relaxed))
		draft->error = -ECANCELED;
	if (draft->error) {
		const int err = draft->error;
		nvx_draft_finish(draft);
		return err;
	}
	struct finish finish = {.draft = draft, .alloc = nvx_pool_alloc(draft->pool)};
	finish_check_init(&finish);
	const int err = run(&finish, name, ret);
	for (unsigned i = 0; i < NVX_N_LISTS; i++)
		score_free(finish.alloc, finish.from[i]);
	for (size_t i = 0; i < finish.n_part_from; i++) {
		score_free(finish.alloc, finish.part_from[i].note);
		score_free(finish.alloc, finish.part_from[i].control);
	}
	score_free(finish.alloc, finish.part_from);
	places_finish(&finish.places);
	nvx_draft_finish(draft);
	return err;
}
