/* SPDX-License-Identifier: MIT */
/* ng-1, song-2, store-3: what editors wrote, measure by measure (nvx1.md 9). */
#include <string.h>

#include "older.h"

/** The one part that these have. */
static void one_part(struct older *o)
{
	if (o->draft->n_part == 0)
		o->part = nvx_add_part(o->draft);
}

/** Members that several shapes have on a measure, after its own. */
static void end_measure(struct older *o, struct older_object *obj, size_t index)
{
	struct nvx_measure *measure = &o->draft->measure[index];
	older_read_frame(o, obj, measure);
	older_read_derived(o, obj, "idx", (int64_t)index);
	older_read_derived(o, obj, "index", (int64_t)index);
	older_read_derived(o, obj, "subdivisions", 0);
	measure->extra = older_close(o, obj);
}

/** The measure that stands here becomes a bar. */
static void add_bar(struct older *o)
{
	struct older_object obj;
	if (older_open(o, &obj)) {
		older_read_meter(o, &obj);
		(void)older_drop(o, &obj);
	}
	(void)older_add_bar(o);
}

/** The members that add_bar() reads. */
static void skip_meter(struct older *o, const struct older_object *obj)
{
	static const char *const names[] = {
		"timeSignature", "signature", "meter", "timeSigNum", "timeSigDenom"};
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)older_take(o, obj, names[i]);
}

static void add_bars(struct older *o, const struct older_object *doc, const char *name)
{
	const uint8_t *value = older_take(o, doc, name);
	struct older_walk walk;
	if (!value)
		return;
	older_leave(o, doc, value);
	if (older_into(o, doc, name, &walk))
		while (older_next(o, &walk))
			add_bar(o);
	older_leave(o, doc, value);
}

/* ---- ng-1 ---- */

/** Staves as note texts: {notes} or the text itself. */
static void read_staves(struct older *o, const struct older_object *obj, const struct older_bar *bar)
{
	const uint8_t *value = older_take(o, obj, "scoreMeasures");
	struct older_walk walk;
	int left = 0;
	if (!value)
		return;
	older_leave(o, obj, value);
	/* The tablature says what sounds: the staves would say it again. */
	if (o->n_note && o->note[o->n_note - 1].tick >= bar->tick) {
		older_notice(o, value, "scoreMeasures", "nvx1.migrated",
			"the tablature has the notes: staves are kept as text");
		return;
	}
	if (!older_into(o, obj, "scoreMeasures", &walk))
		return;
	while (older_next(o, &walk)) {
		struct older_span span = {.base = bar->tick,
			.cursor = bar->tick,
			.begin = bar->tick,
			.end = bar->tick + bar->ticks};
		struct older_object inner;
		if (*walk.element == '"' && walk.index < 2) {
			older_read_notes_text(
				o, walk.element, (uint8_t)(walk.index + 1), bar->tick, span.end);
		} else if (*walk.element == '{' && older_open(o, &inner)) {
			(void)older_take(o, &inner, "idx");
			(void)older_take(o, &inner, "index");
			older_read_content(o, &inner, &span, bar->tick + bar->ticks, bar->tick + bar->ticks);
			left |= older_drop(o, &inner);
		} else {
			left = 1;
		}
	}
	if (left)
		older_leave(o, obj, value);
}

void older_read_ng(struct older *o, const struct older_object *doc)
{
	struct older_walk walk;
	one_part(o);
	add_bars(o, doc, "measures");
	if (!older_into(o, doc, "measures", &walk))
		return;
	while (older_next(o, &walk)) {
		struct older_object obj;
		const size_t index = walk.index;
		if (index >= o->n_bar || !older_open(o, &obj))
			continue;
		const struct older_bar bar = o->bar[index];
		struct older_span span = {.base = bar.tick,
			.cursor = bar.tick,
			.last = bar.tick,
			.begin = bar.tick,
			.end = bar.tick + bar.ticks};
		skip_meter(o, &obj);
		older_read_beats(o, &obj, "tabBeats", &bar, &span);
		read_staves(o, &obj, &bar);
		older_read_beats(o, &obj, "beats", &bar, &span);
		span.cursor = bar.tick;
		older_read_content(o, &obj, &span, bar.tick + bar.ticks, bar.tick + bar.ticks);
		end_measure(o, &obj, index);
	}
	older_put_notes(o);
}

/* ---- song-2 ---- */

static void read_song_measure(struct older *o, size_t index)
{
	struct older_object obj;
	if (index >= o->n_bar || !older_open(o, &obj))
		return;
	const struct older_bar bar = o->bar[index];
	struct older_span span = {.base = bar.tick,
		.cursor = bar.tick,
		.last = bar.tick,
		.begin = bar.tick,
		.end = bar.tick + bar.ticks};
	skip_meter(o, &obj);
	older_read_beats(o, &obj, "beats", &bar, &span);
	span.cursor = bar.tick;
	older_read_content(o, &obj, &span, bar.tick + bar.ticks, bar.tick + bar.ticks);
	end_measure(o, &obj, index);
}

/** A part is a section of the one part (nvx1.md 9.3). */
static void read_section(struct older *o)
{
	struct older_object obj;
	struct older_walk walk;
	if (!older_open(o, &obj))
		return;
	const size_t first = o->n_bar;
	const nvx_str label = older_label(o, &obj, "title");
	older_read_meter(o, &obj);
	add_bars(o, &obj, "measures");
	if (o->n_bar == first || o->draft->error) {
		(void)older_take(o, &obj, "measures");
		(void)older_close(o, &obj);
		return;
	}
	const int64_t tick = o->bar[first].tick;
	const uint8_t *tonality = older_take(o, &obj, "tonality");
	struct nvx_key key = {};
	if (tonality && older_string_here(o, tonality)) {
		if (nvx_key_parse(
			    (const char *)o->r->text.data, strlen((const char *)o->r->text.data), &key) >= 0)
			older_set_key(o, tick, &key);
		else
			older_leave(o, &obj, tonality);
	}
	size_t index = first;
	if (older_into(o, &obj, "measures", &walk))
		for (; older_next(o, &walk); index++)
			read_song_measure(o, index);
	(void)older_take(o, &obj, "idx");
	(void)older_take(o, &obj, "index");
	older_read_derived(o, &obj, "measureCount", (int64_t)(o->n_bar - first));
	const nvx_str extra = older_close(o, &obj);
	older_add_section(o, label, tick, older_end(o))->e.extra = extra;
}

void older_read_song(struct older *o, const struct older_object *doc)
{
	struct older_walk walk;
	one_part(o);
	if (!older_into(o, doc, "parts", &walk))
		return;
	while (older_next(o, &walk))
		read_section(o);
	older_put_notes(o);
}

/* ---- store-3 ---- */

static void read_parts(struct older *o, const struct older_object *doc)
{
	struct older_walk walk;
	if (!older_into(o, doc, "parts", &walk))
		return;
	while (older_next(o, &walk)) {
		struct older_object obj;
		if (!older_open(o, &obj))
			continue;
		o->part = nvx_add_part(o->draft);
		older_read_part(o, &obj);
		const nvx_str extra = older_close(o, &obj);
		nvx_draft_part(o->draft, o->part)->extra = extra;
	}
	o->part = 0;
}

void older_read_store(struct older *o, const struct older_object *doc)
{
	const uint8_t *value = older_take(o, doc, "measures");
	struct older_walk walk;
	int64_t old = 0;
	if (value)
		older_leave(o, doc, value);
	read_parts(o, doc);
	one_part(o);
	add_bars(o, doc, "measures");
	const struct older_origin origin = older_origin_of(o, &value, 1);
	if (!older_into(o, doc, "measures", &walk))
		return;
	while (older_next(o, &walk)) {
		struct older_object obj;
		const size_t index = walk.index;
		if (index >= o->n_bar || !older_open(o, &obj))
			continue;
		const struct older_bar bar = o->bar[index];
		struct older_span span = older_span_of(o, index, &origin, old);
		skip_meter(o, &obj);
		older_read_content(o, &obj, &span, bar.tick + bar.ticks, bar.tick + bar.ticks);
		span = older_span_of(o, index, &origin, old);
		older_read_beats(o, &obj, "beats", &bar, &span);
		end_measure(o, &obj, index);
		old += older_old_length(o, index, &origin);
	}
	older_put_notes(o);
}
