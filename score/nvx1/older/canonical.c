/* SPDX-License-Identifier: MIT */
/* canonical-1: a model of tracks, voices and elements under a timeline and a structure (nvx1.md 9). */
#include <errno.h>
#include <string.h>

#include "older.h"

#define MAX_METERS 100000u
#define MAX_SECTIONS 1000u

/* ---- bars ---- */

static size_t count(const uint8_t *array)
{
	struct json_pull pull;
	size_t n = 0;
	if (!array || *array != '[')
		return 0;
	json_pull_init(&pull, array);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull))
		n++;
	return n;
}

/** Measures of the longest track. */
static size_t count_measures(const uint8_t *tracks)
{
	struct json_pull pull;
	size_t most = 0;
	if (!tracks || *tracks != '[')
		return 0;
	json_pull_init(&pull, tracks);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
		const size_t n = *pull.at == '{' ? count(json_find(pull.at, "measures")) : 0;
		most = n > most ? n : most;
	}
	return most;
}

/** Bars with the meters that `timeSignatures` gives by index. */
static void add_bars(struct older *o, const struct older_object *timeline, size_t n)
{
	struct older_walk walk;
	if (older_into(o, timeline, "timeSignatures", &walk)) {
		while (older_next(o, &walk)) {
			struct older_object obj;
			int64_t index = 0, num = 4, den = 4;
			if (!older_open(o, &obj))
				continue;
			(void)older_integer(o, &obj, "measureIndex", 0, 99999, &index);
			(void)older_integer(o, &obj, "numerator", 1, 255, &num);
			(void)older_integer(o, &obj, "denominator", 1, 256, &den);
			(void)older_drop(o, &obj);
			if ((size_t)index < o->n_bar)
				nvx_fault(o->r, "nvx1.map.order", "measureIndex %lld is not after the last",
					(long long)index);
			while (o->n_bar < (size_t)index && o->n_bar < n && !o->draft->error)
				(void)older_add_bar(o);
			if (!older_set_meter(o, num, den))
				nvx_fault(o->r, "nvx1.range", "%lld/%lld is no meter", (long long)num,
					(long long)den);
			if (o->n_bar < n)
				(void)older_add_bar(o);
		}
	}
	while ((o->n_bar < n || o->n_bar == 0) && !o->draft->error)
		(void)older_add_bar(o);
}

static void read_timeline(struct older *o, const struct older_object *doc, size_t n)
{
	const uint8_t *value = older_take(o, doc, "timeline");
	struct older_object obj;
	int64_t ppq;
	if (!value) {
		add_bars(o, &(struct older_object){.at = o->r->pull.at}, n);
		return;
	}
	const struct older_place place = older_goto(o, value, "timeline");
	if (older_open(o, &obj)) {
		(void)older_integer(o, &obj, "ticksPerQuarter", 1, 1000000, &ppq);
		older_read_derived(o, &obj, "measureCount", (int64_t)n);
		add_bars(o, &obj, n);
		older_read_tempo_map(o, &obj);
		older_read_head(o, &obj);
		older_done(o, &obj, doc, value);
	}
	older_back(o, place);
}

/* ---- tracks ---- */

/** A note of several pitches: one note each, that begin together. */
static void read_pitches(
	struct older *o, const struct older_object *obj, const char *name, struct older_span *span)
{
	struct older_walk walk;
	const size_t first = o->n_note;
	const int64_t cursor = span->cursor;
	if (!older_into(o, obj, name, &walk))
		return;
	/* Time and writing are the element's; each entry adds a pitch. */
	while (older_next(o, &walk)) {
		struct older_object inner;
		span->cursor = cursor;
		if (*walk.element == '{') {
			if (older_open(o, &inner)) {
				older_read_open_note(o, &inner, span);
				const nvx_str extra = older_close(o, &inner);
				if (o->n_note > first)
					o->note[o->n_note - 1].extra = extra;
			}
			continue;
		}
		struct older_note *note = older_add_note(o);
		if (!note)
			return;
		int64_t pitch = 0;
		if (*walk.element == '"' && older_string_here(o, walk.element))
			pitch = older_pitch_of(
				(const char *)o->r->text.data, strlen((const char *)o->r->text.data));
		else
			(void)nvx_read_integer(o->r, 0, 127, &pitch);
		if (pitch < 0)
			nvx_fault(o->r, "nvx1.range", "no pitch like 60 or \"C4\"");
		note->pitch = (uint8_t)(pitch < 0 ? 0 : pitch);
		if (*walk.element == '"')
			older_spell((const char *)o->r->text.data, o->r->text.n, note);
		note->tick = cursor;
		note->ticks = span->length ? span->length : 1;
		note->sounding = note->ticks;
		note->voice = span->voice;
		note->staff = span->staff;
		note->flags = OLDER_WRITTEN;
		span->cursor = cursor + (int64_t)note->ticks;
	}
	span->last = cursor;
}

/** `position` or `duration` of an element that is no note. */
static void read_place(
	struct older *o, const struct older_object *obj, struct older_span *span, int64_t bar_tick)
{
	int64_t start = 0, length = 0;
	if (older_time(o, obj, "startTick", 1, &start) || older_time(o, obj, "position", 0, &start) ||
		older_time(o, obj, "start", 0, &start))
		span->cursor = bar_tick + start;
	if (older_time(o, obj, "durationTicks", 1, &length) || older_time(o, obj, "duration", 0, &length))
		span->length = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
}

/** @return 1: it has no home. */
static int read_element(struct older *o, struct older_span *span, const struct older_bar *bar)
{
	static const char *const symbols[] = {"symbol", "name", "chord"};
	struct older_object obj;
	const size_t n_before = o->n_note, chord_before = o->draft->n_chord;
	int left = 0;
	if (!older_open(o, &obj))
		return 0;
	const uint8_t *type = older_take(o, &obj, "type");
	struct json_text kind = {.at = "note", .len = 4};
	if (type && *type == '"') {
		struct json_pull pull;
		json_pull_init(&pull, type);
		kind = json_string(&pull);
	}
	if (json_text_is(kind, "note") || json_text_is(kind, "rest")) {
		span->is_rest = (uint8_t)json_text_is(kind, "rest");
		older_read_open_note(o, &obj, span);
		span->is_rest = 0;
	} else if (json_text_is(kind, "chord")) {
		nvx_str symbol = 0;
		const char *pitches = older_peek(o, &obj, "pitches") ? "pitches"
				      : older_peek(o, &obj, "notes") ? "notes"
								     : NULL;
		struct older_span at = *span;
		read_place(o, &obj, &at, bar->tick);
		for (unsigned i = 0; i < 3 && !symbol; i++)
			symbol = older_label(o, &obj, symbols[i]);
		if (symbol)
			older_add_chord(o, at.cursor, symbol);
		if (pitches) {
			read_pitches(o, &obj, pitches, &at);
			span->cursor = at.cursor;
			span->last = at.last;
		}
	} else if (json_text_is(kind, "lyric")) {
		struct older_span at = *span;
		at.cursor = span->last;
		read_place(o, &obj, &at, bar->tick);
		const nvx_str text = older_label(o, &obj, "text");
		older_add_words(o, at.cursor, at.cursor + 1, text);
	} else {
		(void)older_drop(o, &obj);
		return 1;
	}
	const int is_alone = o->n_note == n_before && o->draft->n_chord == chord_before;
	const nvx_str extra = is_alone ? 0 : older_close(o, &obj);
	if (is_alone)
		left = older_drop(o, &obj);
	if (o->n_note > n_before && !o->note[n_before].extra)
		o->note[n_before].extra = extra;
	else if (o->draft->n_chord > chord_before)
		o->draft->chord[chord_before].e.extra = extra;
	return left;
}

/** @return 1: something in it has no home. */
static int read_voice(struct older *o, const struct older_bar *bar, uint32_t index)
{
	struct older_object obj;
	struct older_walk walk;
	int64_t staff = 1;
	int left = 0;
	if (!older_open(o, &obj))
		return 0;
	(void)older_integer(o, &obj, "staff", 1, 8, &staff);
	struct older_span span = {.base = bar->tick,
		.cursor = bar->tick,
		.last = bar->tick,
		.begin = bar->tick,
		.end = bar->tick + bar->ticks,
		.voice = (uint8_t)(index < 16 ? index + 1 : 16),
		.staff = (uint8_t)staff};
	if (older_into(o, &obj, "elements", &walk))
		while (older_next(o, &walk))
			left |= read_element(o, &span, bar);
	(void)older_take(o, &obj, "id");
	(void)older_take(o, &obj, "index");
	return older_drop(o, &obj) | left;
}

static nvx_str read_track_measure(struct older *o, size_t index)
{
	struct older_object obj;
	struct older_walk walk;
	if (index >= o->n_bar || !older_open(o, &obj))
		return 0;
	const struct older_bar bar = o->bar[index];
	const uint8_t *voices = older_peek(o, &obj, "voices");
	int left = 0;
	if (older_into(o, &obj, "voices", &walk))
		while (older_next(o, &walk))
			left |= read_voice(o, &bar, walk.index);
	if (left)
		older_leave(o, &obj, voices); /* they have no extensions: the measure keeps all of them */
	older_read_frame(o, &obj, &o->draft->measure[index]);
	older_read_derived(o, &obj, "idx", (int64_t)index);
	older_read_derived(o, &obj, "index", (int64_t)index);
	older_read_derived(o, &obj, "measureIndex", (int64_t)index);
	return older_close(o, &obj);
}

static void read_track(struct older *o)
{
	struct older_object obj;
	struct older_walk walk;
	if (!older_open(o, &obj))
		return;
	o->part = nvx_add_part(o->draft);
	older_read_part(o, &obj);
	if (older_into(o, &obj, "measures", &walk)) {
		while (older_next(o, &walk)) {
			const nvx_str extra = read_track_measure(o, walk.index);
			if (extra && walk.index < o->n_bar && !o->draft->measure[walk.index].extra)
				o->draft->measure[walk.index].extra = extra;
		}
	}
	older_put_notes(o);
	const nvx_str extra = older_close(o, &obj);
	if (o->part < o->draft->n_part)
		o->draft->part[o->part].part.extra = extra;
}

/* ---- structure ---- */

#define MAX_ORDER 10000u

struct section {
	const uint8_t *id; /**< NULL: none */
	size_t id_len;
	uint32_t from, to;
};

static uint32_t read_sections(struct older *o, const struct older_object *structure, struct section *section)
{
	struct older_walk walk;
	uint32_t n = 0;
	if (!older_into(o, structure, "sections", &walk))
		return 0;
	while (older_next(o, &walk)) {
		struct older_object obj;
		int64_t from = 0, to = 0;
		if (!older_open(o, &obj))
			continue;
		const uint8_t *id = older_take(o, &obj, "id");
		nvx_str label = older_label(o, &obj, "name");
		if (!label && id)
			label = older_string_here(o, id);
		const int ok = older_integer(o, &obj, "startMeasureIndex", 0, (int64_t)o->n_bar - 1, &from) &
			       older_integer(o, &obj, "endMeasureIndex", from, (int64_t)o->n_bar - 1, &to);
		const nvx_str extra = older_close(o, &obj);
		if (!ok)
			continue;
		older_add_section(o, label, o->bar[from].tick, o->bar[to].tick + o->bar[to].ticks)->e.extra =
			extra;
		if (n < MAX_SECTIONS)
			section[n++] = (struct section){
				id, id ? (size_t)(json_end(id) - id) : 0, (uint32_t)from, (uint32_t)to};
	}
	return n;
}

/** @return index of the section that an entry names, by its id or its place; n: none. */
static uint32_t find_section(const struct section *section, uint32_t n, const uint8_t *entry)
{
	const size_t len = (size_t)(json_end(entry) - entry);
	struct json_pull pull;
	int64_t index = -1;
	json_pull_init(&pull, entry);
	if (json_kind(&pull) == JSON_NUMBER && json_integer(json_raw(&pull), &index) < 0)
		index = -1;
	for (uint32_t i = 0; i < n; i++)
		if (section[i].id && section[i].id_len == len && memcmp(section[i].id, entry, len) == 0)
			return i;
	return index >= 0 && index < n ? (uint32_t)index : n;
}

/** Sections in the order in which they are played, by id or by index. */
static void read_order(
	struct older *o, const struct older_object *structure, const struct section *section, uint32_t n)
{
	const uint8_t *value = older_peek(o, structure, "order");
	struct older_walk walk;
	const size_t before = o->draft->n_order;
	int known = 1;
	if (!value || !older_into(o, structure, "order", &walk))
		return;
	while (older_next(o, &walk)) {
		if (!known)
			continue;
		const uint32_t i = find_section(section, n, walk.element);
		known = i < n && o->draft->n_order < MAX_ORDER;
		if (known)
			*nvx_add_order(o->draft) = (struct nvx_order){section[i].from, section[i].to};
	}
	if (known)
		return;
	o->draft->n_order = before;
	older_leave(o, structure, value);
	older_notice(o, value, "order", "nvx1.migrated", "no order of sections: kept as text");
}

static void read_structure(struct older *o, const struct older_object *doc)
{
	const uint8_t *value = older_take(o, doc, "structure");
	struct older_object obj;
	struct section *section = score_zalloc(o->r->alloc, MAX_SECTIONS, sizeof(*section));
	if (!section)
		o->draft->error = -ENOMEM;
	if (value && section) {
		const struct older_place place = older_goto(o, value, "structure");
		if (older_open(o, &obj)) {
			const uint32_t n = read_sections(o, &obj, section);
			read_order(o, &obj, section, n);
			older_done(o, &obj, doc, value);
		}
		older_back(o, place);
	}
	score_free(o->r->alloc, section);
}

void older_read_canonical(struct older *o, const struct older_object *doc)
{
	struct older_walk walk;
	read_timeline(o, doc, count_measures(older_peek(o, doc, "tracks")));
	if (older_into(o, doc, "tracks", &walk))
		while (older_next(o, &walk))
			read_track(o);
	read_structure(o, doc);
}
