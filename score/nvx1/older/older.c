/* SPDX-License-Identifier: MIT */
/* A document of an older shape from its first member to its last. */
#include "older.h"

#include <errno.h>

static const struct {
	const char *name, *space;
	void (*read)(struct older *o, const struct older_object *doc);
} dialects[] = {
	[OLDER_TRACKS_1] = {"tracks-1", "novaxe.v1", older_read_tracks},
	[OLDER_CONTRACT_1] = {"contract-1", "novaxe.v1", older_read_contract},
	[OLDER_CANONICAL_1] = {"canonical-1", "novaxe.v1", older_read_canonical},
	[OLDER_NG_1] = {"ng-1", "novaxe.v1", older_read_ng},
	[OLDER_SONG_2] = {"song-2", "novaxe.v2", older_read_song},
	[OLDER_STORE_3] = {"store-3", "novaxe.store", older_read_store},
};

const char *older_name(enum older_dialect dialect)
{
	return dialects[dialect].name;
}

void older_init(struct older *o, struct nvx_reader *r, const char *space, const uint8_t *end)
{
	*o = (struct older){.r = r,
		.draft = r->draft,
		.space = space,
		.ppq = NVX_PPQ,
		.num = 4,
		.den = 4,
		.key = {.step = NVX_KEY_NONE}};
	if (end)
		older_scan(r->begin, end, &o->scan);
}

void older_finish(struct older *o)
{
	score_free(o->r->alloc, o->member);
	score_free(o->r->alloc, o->bar);
	score_free(o->r->alloc, o->note);
	score_free(o->r->alloc, o->tuplet);
	score_free(o->r->alloc, o->words);
}

/** Ticks a quarter, where one of its names stands. */
static int read_ppq(struct older *o, const struct older_object *obj)
{
	static const char *const names[] = {"ppq", "divisions", "ticksPerQuarter"};
	int64_t ppq;
	for (unsigned i = 0; i < 3; i++)
		if (older_integer(o, obj, names[i], 1, 1000000, &ppq)) {
			o->ppq = (uint32_t)ppq;
			return 1;
		}
	return 0;
}

/** What times are that do not say it: quarters, or ticks of the document. */
static void settle_times(struct older *o, int has_ppq)
{
	/* Nothing lasts 60 quarters, and everything 60 ticks. */
	const int are_ticks = !o->scan.fractions && o->scan.longest >= 60;
	o->free_ppq = o->scan.fractions ? 1 : has_ppq || are_ticks ? o->ppq : 1;
	if (are_ticks && !has_ppq)
		nvx_notice(o->r, "nvx1.migrated", "nothing says how many ticks a quarter has: 960");
}

static void read_info(struct older *o, const struct older_object *doc, int *has_ppq)
{
	static const char *const names[] = {"info", "infos", "metadata"};
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *value = older_take(o, doc, names[i]);
		struct older_object obj;
		if (!value)
			continue;
		const struct older_place place = older_goto(o, value, names[i]);
		if (older_open(o, &obj)) {
			*has_ppq |= read_ppq(o, &obj);
			older_read_head(o, &obj);
			const nvx_str extra = older_close(o, &obj);
			if (!o->draft->globals.metadata.extra)
				o->draft->globals.metadata.extra = extra;
			else if (extra)
				older_leave(o, doc, value);
		}
		older_back(o, place);
	}
}

static void transpose_parts(struct older *o)
{
	for (size_t i = 0; o->transpose && i < o->draft->n_part; i++) {
		o->draft->part[i].part.has_transpose = 1;
		o->draft->part[i].part.transpose_chromatic = (int8_t)o->transpose;
	}
}

static void tell_rounded(struct older *o)
{
	if (o->rounded)
		score_warn(o->r->report, "nvx1.rounded", o->rounded_at.where,
			"%llu times are no whole ticks: rounded half up, here first",
			(unsigned long long)o->rounded);
}

static void check_counts(struct older *o, const struct older_object *doc)
{
	older_read_derived(o, doc, "measureCount", (int64_t)o->n_bar);
	older_read_derived(o, doc, "subdivisions", 0);
}

/** The dialect's version was looked at before; clefs and media need a part to stand at. */
static void read_document(struct older *o, enum older_dialect dialect, struct older_object *doc)
{
	const uint8_t *timeline = older_peek(o, doc, "timeline");
	int has_ppq = read_ppq(o, doc);
	(void)older_take(o, doc, "version");
	(void)older_take(o, doc, "format");
	if (timeline && *timeline == '{') {
		const struct older_place place = older_goto(o, timeline, "timeline");
		struct older_object obj;
		if (older_open(o, &obj)) {
			has_ppq |= read_ppq(o, &obj);
			(void)older_drop(o, &obj);
		}
		older_back(o, place);
	}
	settle_times(o, has_ppq);
	read_info(o, doc, &has_ppq);
	older_read_head(o, doc);
	if (o->r->report->n_errors == 0 && !o->draft->error)
		dialects[dialect].read(o, doc);
	older_read_tempo_map(o, doc);
	check_counts(o, doc);
	o->draft->globals.extra = older_close(o, doc);
	older_end_chords(o);
	older_put_words(o);
	older_put_clefs(o);
	transpose_parts(o);
	tell_rounded(o);
}

void older_read(struct nvx_reader *r, enum older_dialect dialect, const uint8_t *end)
{
	struct older *o = score_zalloc(r->alloc, 1, sizeof(*o));
	struct older_object doc;
	if (!o) {
		r->draft->error = -ENOMEM;
		return;
	}
	older_init(o, r, dialects[dialect].space, end);
	r->draft->repair = 1;
	if (older_open(o, &doc))
		read_document(o, dialect, &doc);
	older_finish(o);
	score_free(r->alloc, o);
}

/* ---- measures of our own shape ---- */

static const char *const within[] = {"chords", "notes", "n", "notes_lh", "lyrics", "l", "analysis", "a",
	"scale", "audioRegion", "eol", "noteEvents"};

int older_is_within(struct json_text key)
{
	for (unsigned i = 0; i < sizeof(within) / sizeof(within[0]); i++)
		if (json_text_is(key, within[i]))
			return 1;
	return 0;
}

/** The draft's measures as bars: what does not say its place follows from the meter. */
static void take_bars(struct older *o)
{
	const struct nvx_draft *draft = o->draft;
	size_t meter = 0;
	int64_t tick = 0;
	for (size_t i = 0; i < draft->n_measure && !o->draft->error; i++) {
		while (meter < draft->n_meter && draft->meter[meter].tick <= tick) {
			(void)older_set_meter(o, draft->meter[meter].num, draft->meter[meter].den);
			meter++;
		}
		const uint32_t said = draft->measure[i].duration_ticks;
		const struct older_bar bar = {.tick = tick,
			.ticks = said ? said : 4u * NVX_PPQ * o->num / o->den,
			.num = o->num,
			.den = o->den};
		if (score_reserve(o->r->alloc, (void **)&o->bar, &o->cap_bar, o->n_bar + 1, sizeof(bar)) < 0)
			o->draft->error = -ENOMEM;
		else
			o->bar[o->n_bar++] = bar;
		tick += bar.ticks;
	}
}

static void read_measure_within(struct older *o, size_t index)
{
	struct older_object obj;
	if (!older_open(o, &obj))
		return;
	const struct older_bar bar = o->bar[index];
	struct older_span span = {.base = bar.tick,
		.cursor = bar.tick,
		.last = bar.tick,
		.begin = bar.tick,
		.end = bar.tick + bar.ticks};
	int found = 0;
	for (size_t i = 0; i < obj.n; i++)
		found |= older_is_within(o->member[obj.first + i].key);
	if (found) {
		older_read_content(o, &obj, &span, bar.tick + bar.ticks, bar.tick + bar.ticks);
		older_read_frame(o, &obj, &o->draft->measure[index]);
		nvx_notice(o->r, "nvx1.migrated", "what it holds of layers and parts is moved there");
		for (size_t i = 0; i < obj.n; i++) {
			const struct older_member *member = &o->member[obj.first + i];
			if (!member->taken && older_is_within(member->key) && *member->value != 'n')
				nvx_fault(o->r, "nvx1.type", "%.*s is nothing that can be moved to a layer",
					(int)(member->key.len < 40 ? member->key.len : 40), member->key.at);
		}
	}
	(void)older_drop(o, &obj);
}

/** To the measures, wherever the document has them. @return 1: r->pull stands at the array. */
static int goto_measures(struct nvx_reader *r)
{
	for (json_enter(&r->pull); nvx_more(r); json_skip(&r->pull)) {
		if (json_text_is(json_key(&r->pull), "measures"))
			return json_kind(&r->pull) == JSON_ARRAY;
		if (json_text_is(json_key(&r->pull), "score") && json_kind(&r->pull) == JSON_OBJECT)
			return goto_measures(r);
	}
	return 0;
}

void older_read_within(struct nvx_reader *r, const uint8_t *end)
{
	struct older *o = score_zalloc(r->alloc, 1, sizeof(*o));
	if (!o) {
		r->draft->error = -ENOMEM;
		return;
	}
	older_init(o, r, "novaxe.v1", end);
	o->first_chord = r->draft->n_chord;
	settle_times(o, 0);
	if (r->draft->n_key)
		o->key = r->draft->key[0];
	if (r->draft->n_part == 0)
		(void)nvx_add_part(r->draft);
	take_bars(o);
	json_pull_init(&r->pull, r->begin);
	if (!r->draft->error && goto_measures(r)) {
		size_t index = 0;
		for (json_enter(&r->pull); index < o->n_bar && nvx_more(r); index++) {
			const uint8_t *at = r->pull.at;
			const unsigned depth = r->pull.depth;
			read_measure_within(o, index);
			r->pull.at = json_end(at);
			r->pull.depth = depth;
		}
		older_put_notes(o);
		older_end_chords(o);
		older_put_words(o);
		tell_rounded(o);
	}
	older_finish(o);
	score_free(r->alloc, o);
}
