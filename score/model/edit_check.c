/* SPDX-License-Identifier: MIT */
/* The rules of nvx1.md 14, where a change has touched something. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit_private.h"

/* ---- what the rules look at: the next score ---- */

static struct check_found find(struct check *check, nvx_id id)
{
	const struct edit *edit = check->source.ctx;
	const struct index_place *at = id ? score_index_find(&edit->next->index, id) : NULL;
	if (!at)
		return (struct check_found){};
	const unsigned list = at->tick_list & 0xff;
	const int in_part = list == NVX_LIST_note || list == NVX_LIST_control || list == PLACE_REGION;
	return (struct check_found){(void *)score_index_item(edit->next, at),
		in_part                 ? score_find_part(edit->next, at->part_id)
		: list == NVX_LIST_part ? score_find_part(edit->next, id)
					: 0,
		(uint8_t)list};
}

static struct check_bar bar_at(struct check *check, int64_t tick)
{
	const struct edit *edit = check->source.ctx;
	const struct nvx_measure *measure = score_measure(edit->next, score_measure_at(edit->next, tick));
	return (struct check_bar){measure->tick, measure->tick + (int64_t)measure->duration_ticks};
}

static const struct nvx_part *part_of(struct check *check, uint32_t part)
{
	const struct edit *edit = check->source.ctx;
	return &edit->next->part[part]->part;
}

/** Objects by id, as deltas name them. */
static void where(struct check *check, unsigned list, uint32_t part, uint32_t index, const void *item,
	char *buf, size_t size)
{
	static const char *const folders[] = {
		[NVX_LIST_tempo] = "timeline/tempo",
		[NVX_LIST_meter] = "timeline/meter",
		[NVX_LIST_key] = "timeline/key",
		[NVX_LIST_order] = "timeline/order",
		[NVX_LIST_measure] = "measures",
		[NVX_LIST_form] = "layers/form",
		[NVX_LIST_chord] = "layers/chords",
		[NVX_LIST_analysis] = "layers/analysis",
		[NVX_LIST_tab] = "layers/tablature",
		[NVX_LIST_diagram] = "layers/diagrams",
		[NVX_LIST_fingering] = "layers/fingering",
		[NVX_LIST_notation] = "layers/notation",
		[NVX_LIST_lyric] = "layers/lyrics",
		[NVX_LIST_marker] = "layers/markers",
		[NVX_LIST_drum] = "rails/drums",
		[NVX_LIST_performance] = "rails/performance",
		[NVX_LIST_melody] = "rails/melody",
		[NVX_LIST_extended] = "rails/extended",
		[NVX_LIST_media] = "media",
		[NVX_LIST_annotation] = "learning/annotations",
		[NVX_LIST_note] = "notes",
		[NVX_LIST_control] = "controllers",
		[NVX_LIST_part] = "parts",
	};
	const struct edit *edit = check->source.ctx;
	const struct shape *shape = shape_of(list);
	char id[NVX_ID_MAX + 1], part_id[NVX_ID_MAX + 1];
	if (shape->id == SHAPE_NO_ID || !shape_item_id(shape, item)) {
		(void)snprintf(buf, size, "/%s/%u", folders[list], index);
		return;
	}
	(void)nvx_id_format(edit->pool, shape_item_id(shape, item), id);
	if (list == NVX_LIST_note || list == NVX_LIST_control) {
		(void)nvx_id_format(edit->pool, edit->next->part[part]->part.id, part_id);
		(void)snprintf(buf, size, "/parts/%s/%s/%s", part_id, folders[list], id);
	} else {
		(void)snprintf(buf, size, "/%s/%s", folders[list], id);
	}
}

static uint64_t rank(struct check *, unsigned, uint32_t, uint32_t)
{
	return 0; /* as they are found */
}

/* ---- ranges of a list ---- */

/** Ticks from .. to - 1 that rules have to look at. */
struct range {
	int64_t from, to;
};
static const struct range nothing = {INT64_MAX, INT64_MIN};

static void widen(struct range *range, int64_t tick)
{
	if (tick < range->from)
		range->from = tick;
	if (tick + 1 > range->to)
		range->to = tick + 1;
}

static struct range all_of(const struct nvx_seq *seq)
{
	return seq->n ? (struct range){0, NVX_MAX_TICK + 1} : nothing;
}

/** Copies of the items that start in a range: the rules take arrays. */
struct piece {
	char *items;
	uint32_t n;
};

static int take(const struct edit *edit, unsigned list, struct range range, struct piece *ret)
{
	const struct nvx_seq *seq = &edit->next->list[list];
	*ret = (struct piece){};
	if (range.from >= range.to)
		return 0;
	const uint32_t from = nvx_seq_find(seq, range.from), to = nvx_seq_find(seq, range.to);
	ret->items = score_zalloc(edit->alloc, to - from, seq->item_bytes);
	if (!ret->items)
		return -ENOMEM;
	struct nvx_seq_iter it = nvx_seq_from(seq, from);
	for (; ret->n < to - from; ret->n++)
		memcpy(ret->items + (size_t)ret->n * seq->item_bytes, nvx_seq_next(&it), seq->item_bytes);
	return 0;
}

/** What was touched of an element list. */
static struct range touched(const struct edit *edit, unsigned list)
{
	struct range range = nothing;
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		if (net->after && net->list_after == list && edit_is_changed(net))
			widen(&range, ((const struct nvx_element *)net->after)->tick);
	}
	return range;
}

/* ---- rules ---- */

struct rules {
	struct edit *edit;
	struct check check;
	int grid; /**< bars are others than before */
};

/** Objects that were touched, one by one. */
static int check_nets(struct rules *rules)
{
	struct edit *edit = rules->edit;
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		if (!net->after)
			continue;
		const unsigned list = net->list_after;
		const int in_part = list == NVX_LIST_note || list == NVX_LIST_control;
		const uint32_t part = in_part ? score_find_part(edit->next, net->part_after) : 0;
		if (part == UINT32_MAX)
			return score_error(
				edit->report, "nvx1.ref.unknown", "", "a note's part is not there");
		/* The rules get a copy: they may mend, and the item is the change's. */
		uint64_t copy[64];
		memcpy(copy, net->after, shape_of(list)->item_bytes);
		const struct check_at at = {list, part, (uint32_t)i, net->after};
		(void)check_hangs(&rules->check, &at, copy);
		if (list == NVX_LIST_note)
			check_notes(&rules->check, part, (struct nvx_note *)(void *)copy, 1);
		else if (list == NVX_LIST_control)
			check_controls(&rules->check, part, (struct nvx_control *)(void *)copy, 1);
		else if (list == NVX_LIST_media)
			check_media(&rules->check, (struct nvx_media_entry *)(void *)copy, 1);
		else if (shape_is_element(list))
			check_ticks(&rules->check, list, copy, 1, sizeof(copy));
	}
	return 0;
}

/** Bars that rules have to look at. */
struct bars {
	const struct score_alloc *alloc;
	struct range *range;
	size_t n, cap;
};

static int push_bar(struct bars *bars, struct check_bar bar)
{
	void *items = bars->range;
	if (bars->n && bars->range[bars->n - 1].from == bar.start)
		return 0;
	if (score_reserve(bars->alloc, &items, &bars->cap, bars->n + 1, sizeof(struct range)))
		return -ENOMEM;
	bars->range = items;
	bars->range[bars->n++] = (struct range){bar.start, bar.end};
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *p = a, *q = b;
	return p->from < q->from ? -1 : p->from > q->from;
}

/** Bars of the touched events, and of those that a touched tuplet governs. */
static int touched_bars(struct rules *rules, struct bars *bars)
{
	struct edit *edit = rules->edit;
	const struct score_index *index = &edit->next->index;
	int err = 0;
	for (size_t i = 0; i < edit->n_net && !err; i++) {
		const struct net *net = &edit->net[i];
		if (!net->after || net->list_after != NVX_LIST_notation || !edit_is_changed(net))
			continue;
		const struct nvx_element *e = net->after;
		err = push_bar(bars, bar_at(&rules->check, e->tick));
		if (e->kind != NVX_NOTATION_TUPLET)
			continue;
		struct nvx_seq_iter it = nvx_seq_from(&index->use, score_index_uses(index, e->id));
		for (const struct index_use *use;
			!err && (use = nvx_seq_next(&it)) && use->target == e->id;) {
			const struct index_place *at = score_index_find(index, use->source);
			if (at)
				err = push_bar(bars, bar_at(&rules->check, (int64_t)(at->tick_list >> 8)));
		}
	}
	return err;
}

static int check_bars(struct rules *rules)
{
	struct edit *edit = rules->edit;
	struct bars bars = {.alloc = edit->alloc};
	int err = rules->grid ? push_bar(&bars, (struct check_bar){0, NVX_MAX_TICK + 1})
			      : touched_bars(rules, &bars);
	if (bars.n)
		qsort(bars.range, bars.n, sizeof(*bars.range), compare_ranges);
	int64_t done = 0;
	for (size_t i = 0; i < bars.n && !err; i++) {
		struct piece piece;
		if (bars.range[i].from < done)
			continue;
		done = bars.range[i].to;
		err = take(edit, NVX_LIST_notation, bars.range[i], &piece);
		if (!err && piece.n)
			check_notation(
				&rules->check, (struct nvx_notation_element *)(void *)piece.items, piece.n);
		score_free(edit->alloc, piece.items);
	}
	score_free(edit->alloc, bars.range);
	return err;
}

/** Strings of parts that were touched: by note or by tablature. */
struct strings {
	const struct edit *edit;
	uint8_t *touched; /**< by rank of the part and string */
	size_t n_lanes;
	uint32_t n_touched;
	struct range range;
};

static uint8_t *lane_of(const struct strings *strings, const struct nvx_tab *tab)
{
	return &strings->touched[edit_part_rank(strings->edit, tab->e.part_id) * 256 + tab->string];
}

static void touch_string(struct strings *strings, const struct nvx_tab *tab, const struct nvx_note *note)
{
	uint8_t *lane = lane_of(strings, tab);
	strings->n_touched += !*lane;
	*lane = 1;
	widen(&strings->range, tab->e.tick);
	if (note)
		widen(&strings->range, note->tick + (int64_t)note->duration_ticks - 1);
}

/** The tablature of a note. */
static void touch_strings_of(struct strings *strings, const struct nvx_note *note)
{
	const struct score *next = strings->edit->next;
	struct nvx_seq_iter it = nvx_seq_from(&next->index.use, score_index_uses(&next->index, note->id));
	for (const struct index_use *use; (use = nvx_seq_next(&it)) && use->target == note->id;) {
		const struct index_place *at = score_index_find(&next->index, use->source);
		const struct nvx_tab *tab =
			at && (at->tick_list & 0xff) == NVX_LIST_tab ? score_index_item(next, at) : NULL;
		if (tab && tab->e.note_id == note->id)
			touch_string(strings, tab, note);
	}
}

/**
 * Tablature that could clash with what was touched: what starts while it sounds, and before it as far back as
 * the note that was struck last on each of those strings.
 */
static int touched_strings(struct rules *rules, struct range *ret)
{
	struct edit *edit = rules->edit;
	const struct nvx_seq *tabs = &edit->next->list[NVX_LIST_tab];
	*ret = nothing;
	if (!tabs->n)
		return 0;
	struct strings strings = {.edit = edit, .range = nothing};
	strings.n_lanes = ((size_t)edit->base->n_parts + edit->next->n_parts + 1) * 256;
	strings.touched = score_zalloc(edit->alloc, strings.n_lanes, 1);
	if (!strings.touched)
		return -ENOMEM;
	for (size_t i = 0; i < edit->n_net; i++) {
		const struct net *net = &edit->net[i];
		if (!net->after || !edit_is_changed(net))
			continue;
		if (net->list_after == NVX_LIST_note)
			touch_strings_of(&strings, net->after);
		if (net->list_after != NVX_LIST_tab)
			continue;
		const struct nvx_tab *tab = net->after;
		const struct check_found found = find(&rules->check, tab->e.note_id);
		touch_string(&strings, tab, found.list == NVX_LIST_note ? found.item : NULL);
	}
	*ret = strings.range;
	if (strings.n_touched) {
		uint32_t at = nvx_seq_find(tabs, ret->from);
		while (at > 0 && strings.n_touched > 0) {
			const struct nvx_tab *tab = nvx_seq_at(tabs, --at);
			uint8_t *lane = lane_of(&strings, tab);
			strings.n_touched -= *lane;
			*lane = 0;
			ret->from = tab->e.tick;
		}
	}
	score_free(edit->alloc, strings.touched);
	return 0;
}

static int tuning_changed(const struct edit *edit)
{
	for (uint32_t i = 0; i < edit->next->n_parts && edit->touched_parts; i++) {
		const struct nvx_part *after = &edit->next->part[i]->part;
		const uint32_t at = score_find_part(edit->base, after->id);
		const struct nvx_part *before = at == UINT32_MAX ? NULL : &edit->base->part[at]->part;
		if (before && (before->tuning != after->tuning || before->capo != after->capo))
			return 1;
	}
	return 0;
}

static int check_layers(struct rules *rules)
{
	struct edit *edit = rules->edit;
	struct check *check = &rules->check;
	const struct nvx_seq *list = edit->next->list;
	struct range ranges[NVX_N_LISTS];
	for (unsigned i = 0; i < NVX_N_LISTS; i++)
		ranges[i] = nothing;
	if (edit->touched[NVX_LIST_form] || rules->grid)
		ranges[NVX_LIST_form] = all_of(&list[NVX_LIST_form]);
	if (edit->touched[NVX_LIST_chord] || rules->grid)
		ranges[NVX_LIST_chord] = all_of(&list[NVX_LIST_chord]);
	if (tuning_changed(edit))
		ranges[NVX_LIST_tab] = all_of(&list[NVX_LIST_tab]);
	else if (touched_strings(rules, &ranges[NVX_LIST_tab]))
		return -ENOMEM;
	ranges[NVX_LIST_fingering] = touched(edit, NVX_LIST_fingering);
	ranges[NVX_LIST_lyric] = touched(edit, NVX_LIST_lyric);
	for (unsigned i = NVX_LIST_form; i <= NVX_LIST_lyric; i++) {
		struct piece piece;
		if (take(edit, i, ranges[i], &piece))
			return -ENOMEM;
		void *items = piece.items;
		if (!piece.n)
			;
		else if (i == NVX_LIST_form)
			check_form(check, items, piece.n);
		else if (i == NVX_LIST_chord)
			check_chords(check, items, piece.n);
		else if (i == NVX_LIST_tab)
			check_tabs(check, items, piece.n);
		else if (i == NVX_LIST_fingering)
			check_fingering(check, items, piece.n);
		else if (i == NVX_LIST_lyric)
			check_lyrics(check, items, piece.n);
		score_free(edit->alloc, piece.items);
	}
	return 0;
}

/** Regions of parts that were touched, and notes that name them. */
static int check_parts(struct rules *rules)
{
	struct edit *edit = rules->edit;
	for (uint32_t p = 0; p < edit->next->n_parts; p++) {
		const struct score_part *part = edit->next->part[p];
		struct nvx_part copy = part->part;
		check_one_part(&rules->check, p, &copy);
		const uint32_t at = score_find_part(edit->base, copy.id);
		if (at != UINT32_MAX && edit->base->part[at]->part.regions == copy.regions)
			continue;
		struct nvx_seq_iter it = nvx_seq_from(&part->note, 0);
		for (const struct nvx_note *note; (note = nvx_seq_next(&it));) {
			struct nvx_note same = *note;
			const struct check_at where_it_is = {NVX_LIST_note, p, it.index - 1, note};
			if (note->region_id)
				(void)check_references(&rules->check, &where_it_is, &same);
		}
	}
	return 0;
}

/** The score became shorter: nothing may stand behind its end. Lists are sorted, so their last items tell. */
static void check_tails(struct rules *rules)
{
	const struct score *next = rules->edit->next;
	for (uint32_t p = 0; p < next->n_parts; p++) {
		struct nvx_note note;
		struct nvx_control control;
		if (next->part[p]->note.n) {
			note = *score_part_note(next->part[p], next->part[p]->note.n - 1);
			check_notes(&rules->check, p, &note, 1);
		}
		if (next->part[p]->control.n) {
			control = *score_part_control(next->part[p], next->part[p]->control.n - 1);
			check_controls(&rules->check, p, &control, 1);
		}
	}
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		uint64_t copy[64];
		const struct nvx_seq *seq = &next->list[list];
		if (!seq->n)
			continue;
		memcpy(copy, nvx_seq_at(seq, seq->n - 1), seq->item_bytes);
		check_ticks(&rules->check, list, copy, 1, sizeof(copy));
	}
}

int edit_check(struct edit *edit)
{
	struct rules rules = {.edit = edit};
	const uint32_t errors = edit->report->n_errors;
	rules.grid = edit->touched[NVX_LIST_measure] || edit->touched[NVX_LIST_meter];
	rules.check = (struct check){
		.source = {find, bar_at, part_of, where, rank, edit},
		.alloc = edit->alloc,
		.pool = edit->pool,
		.report = edit->report,
		.n_parts = edit->next->n_parts,
		.end_tick = edit->next->end_tick,
		.quiet = 1,
	};
	int err = edit->next->n_parts
			  ? 0
			  : score_error(edit->report, "nvx1.member.missing", "/parts", "at least one part");
	if (!err)
		err = check_nets(&rules);
	if (!err)
		err = check_layers(&rules);
	if (!err)
		err = check_bars(&rules);
	if (!err && edit->touched_parts)
		err = check_parts(&rules);
	if (!err && edit->next->end_tick < edit->base->end_tick)
		check_tails(&rules);
	if (!err && (edit->touched[NVX_LIST_order] || edit->touched[NVX_LIST_measure])) {
		size_t n;
		struct nvx_order *order = edit_flatten(edit, NVX_LIST_order, &n);
		if (!order)
			return -ENOMEM;
		check_order(&rules.check, order, (uint32_t)n, score_n_measure(edit->next));
		score_free(edit->alloc, order);
	}
	if (err)
		return err;
	if (rules.check.error)
		return rules.check.error;
	return edit->report->n_errors != errors ? -EINVAL : 0;
}
