/* SPDX-License-Identifier: MIT */
/* The document's own shape: what stands where, straight into the draft. */
#include <errno.h>
#include <string.h>

#include "older/older.h"
#include "read.h"
#include "words.h"

/** A member of an object that has no table. */
struct row {
	const char *name;
	void (*read)(struct nvx_reader *r);
	int required;
};

struct rows {
	const struct row *row;
	unsigned n;
	uint32_t seen;
};

static int read_row(struct nvx_reader *r, void *ctx, struct json_text key)
{
	struct rows *rows = ctx;
	for (unsigned i = 0; i < rows->n; i++) {
		if (json_text_is(key, rows->row[i].name)) {
			rows->seen |= 1u << i;
			rows->row[i].read(r);
			return 1;
		}
	}
	return 0;
}

/** An object of rows; what is unknown goes to `extra`. */
static void read_rows(
	struct nvx_reader *r, const struct row *row, unsigned n, nvx_str *extra, nvx_str *extensions)
{
	struct rows rows = {.row = row, .n = n};
	const uint8_t *object = r->pull.at;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	nvx_read_members(r, extra, extensions, read_row, &rows);
	if (r->draft->error)
		return;
	for (unsigned i = 0; i < n; i++)
		if (row[i].required && !(rows.seen >> i & 1))
			nvx_fault_in(r, "nvx1.member.missing", object, "", "%s is missing", row[i].name);
}

static void *add(struct nvx_draft *draft, unsigned list)
{
	switch (list) {
#define X(name, type)                                                                                        \
	case NVX_LIST_##name:                                                                                \
		return nvx_add_##name(draft);
		NVX_LISTS(X)
#undef X
	default:
		return NULL;
	}
}

/** Measures of older documents hold music: moved to its place when all else was read. */
static int read_within(struct nvx_reader *r, void *, struct json_text key)
{
	if (!older_is_within(key))
		return 0;
	r->has_within = 1;
	json_skip(&r->pull);
	return 1;
}

/** An array of objects of one table. */
static void read_objects(struct nvx_reader *r, unsigned list, const struct nvx_table *table)
{
	if (!nvx_expect(r, JSON_ARRAY))
		return;
	if (table != &nvx_table_poi)
		(void)json_pointer(&r->pull, r->draft->place[list], sizeof(r->draft->place[list]));
	for (json_enter(&r->pull); nvx_more(r);) {
		if (!nvx_expect(r, JSON_OBJECT))
			continue;
		void *item = add(r->draft, list);
		nvx_table_init(table, item);
		nvx_read_object(r, table, item, list == NVX_LIST_measure ? read_within : NULL, NULL);
		if (list >= NVX_LIST_form && list <= NVX_LIST_marker) {
			struct nvx_element *e = item;
			e->staff = e->staff == 1 ? 0 : e->staff;
		}
	}
}

#define LIST(name)                                                                                           \
	static void read_##name(struct nvx_reader *r)                                                        \
	{                                                                                                    \
		read_objects(r, NVX_LIST_##name, &nvx_table_##name);                                         \
	}
LIST(tempo)
LIST(meter)
LIST(key)
LIST(order)
LIST(measure)
LIST(drum)
LIST(performance)
LIST(melody)
LIST(extended)
LIST(media)
LIST(annotation)

static void read_metadata(struct nvx_reader *r)
{
	if (nvx_expect(r, JSON_OBJECT))
		nvx_read_object(r, &nvx_table_metadata, &r->draft->globals.metadata, NULL, NULL);
}

static void read_timeline(struct nvx_reader *r)
{
	static const struct row row[] = {
		{"tempo", read_tempo}, {"meter", read_meter}, {"key", read_key}, {"order", read_order}};
	read_rows(r, row, 4, &r->draft->globals.timeline_extra, NULL);
}

static void read_rails(struct nvx_reader *r)
{
	static const struct row row[] = {{"drums", read_drum}, {"performance", read_performance},
		{"melody", read_melody}, {"extended", read_extended}};
	read_rows(r, row, 4, &r->draft->globals.rails_extra, NULL);
}

/* ---- parts ---- */

static int read_part_member(struct nvx_reader *r, void *ctx, struct json_text key)
{
	const uint32_t part = *(const uint32_t *)ctx;
	const int is_note = json_text_is(key, "notes");
	if (!is_note && !json_text_is(key, "controllers"))
		return 0;
	if (!nvx_expect(r, JSON_ARRAY))
		return 1;
	for (json_enter(&r->pull); nvx_more(r);) {
		if (!nvx_expect(r, JSON_OBJECT))
			continue;
		const struct nvx_table *table = is_note ? &nvx_table_note : &nvx_table_control;
		void *item = is_note ? (void *)nvx_add_note(r->draft, part)
				     : (void *)nvx_add_control(r->draft, part);
		nvx_table_init(table, item);
		nvx_read_object(r, table, item, NULL, NULL);
	}
	return 1;
}

void nvx_read_one_part(struct nvx_reader *r)
{
	uint32_t part = nvx_add_part(r->draft);
	nvx_read_object(r, &nvx_table_part, nvx_draft_part(r->draft, part), read_part_member, &part);
}

static void read_parts(struct nvx_reader *r)
{
	if (!nvx_expect(r, JSON_ARRAY))
		return;
	(void)json_pointer(&r->pull, r->draft->place[NVX_LIST_part], sizeof(r->draft->place[0]));
	for (json_enter(&r->pull); nvx_more(r);) {
		if (!nvx_expect(r, JSON_OBJECT))
			continue;
		nvx_read_one_part(r);
	}
}

/* ---- layers ---- */

static const struct {
	uint8_t list;
	const struct nvx_table *table;
} of_layer[NVX_N_LAYERS] = {
	[NVX_LAYER_FORM] = {NVX_LIST_form, &nvx_table_form},
	[NVX_LAYER_CHORDS] = {NVX_LIST_chord, &nvx_table_chord},
	[NVX_LAYER_ANALYSIS] = {NVX_LIST_analysis, &nvx_table_analysis},
	[NVX_LAYER_TABLATURE] = {NVX_LIST_tab, &nvx_table_tab},
	[NVX_LAYER_DIAGRAMS] = {NVX_LIST_diagram, &nvx_table_diagram},
	[NVX_LAYER_FINGERING] = {NVX_LIST_fingering, &nvx_table_fingering},
	[NVX_LAYER_NOTATION] = {NVX_LIST_notation, &nvx_table_notation},
	[NVX_LAYER_LYRICS] = {NVX_LIST_lyric, &nvx_table_lyric},
	[NVX_LAYER_MARKERS] = {NVX_LIST_marker, &nvx_table_marker},
};

static int read_layer_member(struct nvx_reader *r, void *ctx, struct json_text key)
{
	const int layer = *(const int *)ctx;
	if (json_text_is(key, "type")) {
		json_skip(&r->pull);
		return 1;
	}
	if (!json_text_is(key, "elements"))
		return 0;
	read_objects(r, of_layer[layer].list, of_layer[layer].table);
	return 1;
}

/** A namespace's own layer: kept as it is. */
static void keep_layer(struct nvx_reader *r)
{
	struct score_bytes *kept = &r->foreign_layers;
	const size_t before = kept->n;
	const uint8_t *start = r->pull.at;
	if (kept->n > 0)
		score_bytes_u8(kept, ',');
	json_canonical(start, NULL, kept);
	r->extra_bytes += kept->n - before;
	if (kept->error)
		r->draft->error = kept->error;
	else if (r->extra_bytes > NVX_MAX_EXTRAS)
		nvx_fault(r, "nvx1.limit.extensions", "%zu bytes in the score are more than %u",
			r->extra_bytes, NVX_MAX_EXTRAS);
	json_skip(&r->pull);
}

static void read_layer(struct nvx_reader *r)
{
	const uint8_t *object = r->pull.at;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	const uint8_t *type = json_find(object, "type");
	if (!type || *type != '"') {
		nvx_fault(r, type ? "nvx1.type" : "nvx1.member.missing",
			type ? "type is not a string" : "type is missing");
		json_skip(&r->pull);
		return;
	}
	struct json_pull pull;
	json_pull_init(&pull, type);
	const struct json_text name = json_string(&pull);
	int layer = name.escaped ? -1 : nvx_word_find(&nvx_words_layer, name.at, name.len);
	if (layer < 0) {
		if (memchr(name.at, '.', name.len)) {
			keep_layer(r);
			return;
		}
		const struct json_text shown = json_cut(name, 40);
		nvx_fault(r, "nvx1.layer.unknown", "\"%.*s\" is none of the nine, and has no dot", (int)shown.len,
			shown.at);
		json_skip(&r->pull);
		return;
	}
	if (r->layers_seen >> layer & 1) {
		nvx_fault(r, "nvx1.layer.duplicate", "a second layer %s", nvx_words_layer.text[layer]);
		json_skip(&r->pull);
		return;
	}
	r->layers_seen |= 1u << layer;
	nvx_read_object(r, &nvx_table_layer, &r->draft->globals.layer[layer], read_layer_member, &layer);
}

static void store_foreign_layers(struct nvx_reader *r)
{
	if (r->foreign_layers.n > 0 && !r->draft->error)
		r->draft->globals.foreign_layers =
			nvx_text(r->draft, (const char *)r->foreign_layers.data, r->foreign_layers.n);
}

void nvx_read_layers(struct nvx_reader *r)
{
	if (!nvx_expect(r, JSON_ARRAY))
		return;
	for (json_enter(&r->pull); nvx_more(r);)
		read_layer(r);
	store_foreign_layers(r);
}

/* ---- UMF's own, which NVX1 carries too ---- */

static void read_audio(struct nvx_reader *r)
{
	if (nvx_expect(r, JSON_OBJECT))
		nvx_read_object(r, &nvx_table_audio, &r->draft->globals.audio, NULL, NULL);
}

static void read_points(struct nvx_reader *r)
{
	struct nvx_draft *draft = r->draft;
	draft->poi_first = (uint32_t)draft->n_marker;
	read_objects(r, NVX_LIST_marker, &nvx_table_poi);
	draft->n_poi = (uint32_t)draft->n_marker - draft->poi_first;
}

static void read_learning(struct nvx_reader *r)
{
	static const struct row row[] = {{"pointsOfInterest", read_points}, {"annotations", read_annotation}};
	read_rows(r, row, 2, &r->draft->globals.learning_extra, NULL);
}

static int nothing_known(struct nvx_reader *, void *, struct json_text)
{
	return 0;
}

void nvx_read_kept(struct nvx_reader *r, nvx_str *ret)
{
	const uint8_t newer = r->newer;
	if (!nvx_expect(r, JSON_OBJECT))
		return;
	r->newer = 1; /* told when they were kept first */
	nvx_read_members(r, ret, NULL, nothing_known, NULL);
	r->newer = newer;
}

static void read_umf_members(struct nvx_reader *r)
{
	nvx_read_kept(r, &r->draft->globals.umf_extra);
}

void nvx_read_foreign_layers(struct nvx_reader *r)
{
	if (!nvx_expect(r, JSON_ARRAY))
		return;
	for (json_enter(&r->pull); nvx_more(r);)
		keep_layer(r);
	store_foreign_layers(r);
}

/* ---- heads ---- */

static void read_format(struct nvx_reader *r)
{
	static const char *const text[] = {"nvx1"};
	static const struct nvx_words words = {"format", text, 1};
	(void)nvx_read_word(r, &words);
}

static void read_ppq(struct nvx_reader *r)
{
	int64_t ppq;
	(void)nvx_read_integer(r, NVX_PPQ, NVX_PPQ, &ppq);
}

static void skip(struct nvx_reader *r)
{
	json_skip(&r->pull); /* looked at before, in the step of versions */
}

/** Inside UMF, the document around the score speaks. */
static void skip_metadata(struct nvx_reader *r)
{
	nvx_notice(r, "nvx1.metadata.differs", "the document's own metadata counts; this one is dropped");
	json_skip(&r->pull);
}

void nvx_read_document(struct nvx_reader *r)
{
	/* Before 3.0 there need not be layers. */
	const struct row row[] = {{"format", read_format}, {"version", skip}, {"ppq", read_ppq},
		{"metadata", read_metadata, 1}, {"timeline", read_timeline}, {"measures", read_measure, 1},
		{"parts", read_parts, r->major >= 3}, {"layers", nvx_read_layers, r->major >= 3},
		{"rails", read_rails}, {"media", read_media}, {"audio", read_audio},
		{"learning", read_learning}, {"umf", read_umf_members}};
	read_rows(r, row, sizeof(row) / sizeof(row[0]), &r->draft->globals.score_extra,
		&r->draft->globals.extra);
}

static void read_score(struct nvx_reader *r)
{
	static const struct row row[] = {{"nvx1", skip}, {"format", read_format}, {"version", skip},
		{"ppq", read_ppq}, {"metadata", skip_metadata}, {"timeline", read_timeline},
		{"measures", read_measure, 1}, {"parts", read_parts, 1}, {"layers", nvx_read_layers},
		{"rails", read_rails}, {"media", read_media}};
	read_rows(r, row, sizeof(row) / sizeof(row[0]), &r->draft->globals.score_extra,
		&r->draft->globals.extra);
}

void nvx_read_umf(struct nvx_reader *r)
{
	static const struct row row[] = {{"version", skip}, {"metadata", read_metadata, 1},
		{"score", read_score, 1}, {"audio", read_audio}, {"learning", read_learning}};
	nvx_str extensions = 0;
	read_rows(r, row, sizeof(row) / sizeof(row[0]), &r->draft->globals.umf_extra, &extensions);
	if (extensions && r->draft->globals.extra)
		nvx_fault_in(r, "nvx1.json.duplicate", r->begin, "score/extensions",
			"the document has extensions too: they have one place");
	else if (extensions)
		r->draft->globals.extra = extensions;
}
