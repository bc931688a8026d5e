/* SPDX-License-Identifier: MIT */
/* Chords, note texts, words, analysis and scales as they stand in the measures and beats of older documents.
 */
#include <errno.h>
#include <string.h>

#include <score/abc.h>
#include <score/utf8.h>

#include "../words.h"
#include "older.h"

#define MAX_SLOTS 256u

/* ---- chords ---- */

void older_add_chord(struct older *o, int64_t tick, nvx_str symbol)
{
	struct nvx_draft *draft = o->draft;
	if (!symbol)
		return;
	if (draft->n_chord > o->first_chord && draft->chord[draft->n_chord - 1].e.tick == tick) {
		nvx_notice(o->r, "nvx1.migrated", "a second chord at tick %lld is left out", (long long)tick);
		return;
	}
	struct nvx_chord *chord = nvx_add_chord(draft);
	chord->e.tick = tick;
	chord->symbol = symbol;
}

static int is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '|' || c == ',' || c == ';';
}

void older_add_chords(struct older *o, const char *text, size_t len, int64_t tick, int64_t end)
{
	struct {
		size_t at, len;
	} slot[MAX_SLOTS];
	uint32_t n = 0;
	for (size_t at = 0; at < len && n < MAX_SLOTS;) {
		while (at < len && is_gap(text[at]))
			at++;
		const size_t from = at;
		while (at < len && !is_gap(text[at]))
			at++;
		if (at > from) {
			slot[n].at = from;
			slot[n++].len = at - from;
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		const char *symbol = text + slot[i].at;
		/* The chord before goes on. */
		if (slot[i].len == 1 &&
			(*symbol == '/' || *symbol == '%' || *symbol == '-' || *symbol == '.'))
			continue;
		older_add_chord(o, nvx_border(tick, end - tick, i, n),
			nvx_text(o->draft, symbol, score_utf8_cut(symbol, slot[i].len, 1024)));
	}
}

void older_end_chords(struct older *o)
{
	struct nvx_draft *draft = o->draft;
	int64_t next = older_end(o), same = next;
	for (size_t i = draft->n_chord; i-- > o->first_chord;) {
		struct nvx_chord *chord = &draft->chord[i];
		if (chord->e.tick < next) {
			same = next;
			next = chord->e.tick;
		}
		if (!chord->e.duration_ticks && same > chord->e.tick)
			chord->e.duration_ticks =
				(uint32_t)(same - chord->e.tick < UINT32_MAX ? same - chord->e.tick
									     : UINT32_MAX);
	}
}

/** An object: {symbol or name or chord, beat?}. */
static void read_chord_object(struct older *o, int64_t tick)
{
	static const char *const names[] = {"symbol", "name", "chord"};
	struct older_object obj;
	int64_t offset = 0;
	nvx_str symbol = 0;
	if (!older_open(o, &obj))
		return;
	for (unsigned i = 0; i < 3 && !symbol; i++)
		symbol = older_label(o, &obj, names[i]);
	if (!older_time(o, &obj, "startTick", 1, &offset) && !older_time(o, &obj, "position", 0, &offset))
		(void)older_time(o, &obj, "start", 0, &offset);
	const size_t before = o->draft->n_chord;
	older_add_chord(o, tick + offset, symbol);
	const nvx_str extra = older_close(o, &obj);
	if (o->draft->n_chord > before)
		o->draft->chord[before].e.extra = extra;
	else if (!symbol)
		nvx_notice(o->r, "nvx1.migrated", "a chord without a symbol is left out");
}

/** `chords`, `chord`, `c`: a text, or an array of texts and objects. */
static void read_chords(struct older *o, const struct older_object *obj, int64_t tick, int64_t end)
{
	static const char *const names[] = {"chords", "chord", "c"};
	struct older_walk walk;
	if (o->first_chord > 0) /* the layer has chords already: they count */
		return;
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *value = older_peek(o, obj, names[i]);
		if (!value)
			continue;
		if (*value == '"') {
			if (older_text(o, obj, names[i])) {
				/* The text is used while others are made. */
				const nvx_str text =
					nvx_text(o->draft, (const char *)o->r->text.data, o->r->text.n);
				size_t len;
				const char *at = nvx_string(o->draft->pool, text, &len);
				older_add_chords(o, at, len, tick, end);
			}
		} else if (*value == '{') {
			const struct older_place place =
				older_goto(o, older_take(o, obj, names[i]), names[i]);
			read_chord_object(o, tick);
			older_back(o, place);
		} else if (*value == '[' && older_into(o, obj, names[i], &walk)) {
			uint32_t n = 0, k = 0;
			struct json_pull count;
			json_pull_init(&count, value);
			for (json_enter(&count); json_next(&count); json_skip(&count))
				n++;
			for (; older_next(o, &walk); k++) {
				if (*walk.element == '{')
					read_chord_object(o, tick);
				else
					older_add_chord(o, nvx_border(tick, end - tick, k, n),
						older_string_here(o, walk.element));
			}
		}
	}
}

/* ---- music as text ---- */

/** Notes of the left hand carry no words: marked until words are placed. */
static void mark_left(struct older *o, size_t first)
{
	struct nvx_draft_part *part = &o->draft->part[o->part];
	for (size_t i = first; i < part->n_note; i++)
		part->note[i].reserved = 1;
}

void older_read_notes_text(struct older *o, const uint8_t *value, uint8_t staff, int64_t tick, int64_t end)
{
	char where[128];
	(void)json_pointer(&o->r->pull, where, sizeof(where));
	const struct older_place before = {o->r->pull.at, o->r->pull.depth};
	o->r->pull.at = value;
	const int ok = nvx_read_text(o->r, 0, 65536) == 0 && o->r->text.n > 0;
	older_back(o, before);
	struct nvx_part *part = nvx_draft_part(o->draft, o->part);
	if (!ok || o->draft->error)
		return;
	if (part->staves < staff)
		part->staves = staff;
	const struct older_bar *bar = older_bar_at(o, tick);
	const struct abc_fragment to = {.part = o->part,
		.staff = staff,
		.voice = 1,
		.tick = tick,
		.measure_ticks = (uint32_t)(end - tick),
		.meter_num = bar ? bar->num : 4,
		.meter_den = bar ? bar->den : 4,
		.unit_num = o->unit_num,
		.unit_den = o->unit_den,
		.key = o->key,
		.where = where};
	o->has_written = 1;
	const size_t n_before = o->part < o->draft->n_part ? o->draft->part[o->part].n_note : 0;
	(void)abc_read_fragment((const char *)o->r->text.data, o->r->text.n, &to, o->draft);
	if (staff > 1 && !o->draft->error)
		mark_left(o, n_before);
}

static void read_abc(struct older *o, const struct older_object *obj, const char *name, uint8_t staff,
	int64_t tick, int64_t end)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return;
	if (*value != '"') {
		older_leave(o, obj, value);
		return;
	}
	const struct older_place place = older_goto(o, value, name);
	older_read_notes_text(o, value, staff, tick, end);
	older_back(o, place);
}

/* ---- the rest ---- */

static void read_analysis(struct older *o, const struct older_object *obj, int64_t tick)
{
	static const char *const names[] = {"analysis", "a"};
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		if (!value)
			continue;
		const nvx_str roman = older_string_here(o, value);
		if (roman) {
			struct nvx_analysis *analysis = nvx_add_analysis(o->draft);
			analysis->e.tick = tick;
			analysis->roman = roman;
		} else if (*value != '"') {
			older_leave(o, obj, value);
		}
	}
}

/** {full_scale, caged_filter, caged_position}: a position of the hand, and all of it kept. */
static void read_scale(struct older *o, const struct older_object *outer, int64_t tick, int64_t end)
{
	const uint8_t *value = older_take(o, outer, "scale");
	struct older_object obj;
	if (!value)
		return;
	if (*value != '{') {
		older_leave(o, outer, value);
		return;
	}
	const struct older_place place = older_goto(o, value, "scale");
	if (older_open(o, &obj)) {
		int caged = 0;
		int64_t fret = NVX_NO_U8;
		if (older_text(o, &obj, "caged_filter"))
			caged = nvx_word_find(&nvx_words_caged, (const char *)o->r->text.data, o->r->text.n);
		const uint8_t *position = older_take(o, &obj, "caged_position");
		if (position && *position >= '0' && *position <= '9') {
			older_leave(o, &obj, position);
			(void)older_integer(o, &obj, "caged_position", 0, 36, &fret);
		}
		(void)older_drop(o, &obj);
		if (caged > 0 || fret != NVX_NO_U8) {
			const nvx_str kept = older_extension(o, "scale", value);
			struct nvx_fingering *fingering = nvx_add_fingering(o->draft);
			fingering->e.tick = tick;
			fingering->e.duration_ticks = (uint32_t)(end - tick);
			fingering->e.part_id = nvx_draft_part(o->draft, o->part)->id;
			fingering->e.extra = kept;
			fingering->hand = NVX_HAND_LEFT;
			fingering->has_position = 1;
			fingering->position_caged = (uint8_t)(caged > 0 ? caged : 0);
			fingering->position_fret = (uint8_t)fret;
		} else {
			older_leave(o, outer, value);
		}
	}
	older_back(o, place);
}

/** Texts of notes, where no note has been read from elsewhere. */
static void read_music(struct older *o, const struct older_object *obj, int64_t tick, int64_t end)
{
	static const char *const names[] = {"notes", "n"};
	for (unsigned i = 0; i < 2; i++)
		read_abc(o, obj, names[i], 1, tick, end);
	read_abc(o, obj, "notes_lh", 2, tick, end);
}

static void read_words(struct older *o, const struct older_object *obj, int64_t tick, int64_t end)
{
	static const char *const names[] = {"lyrics", "l"};
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		if (!value)
			continue;
		if (*value == '"')
			older_add_words(o, tick, end, older_string_here(o, value));
		else
			older_leave(o, obj, value);
	}
}

/** Arrays of notes. @return 1: there was one. */
static int read_events(struct older *o, const struct older_object *obj, struct older_span *span)
{
	static const char *const names[] = {"noteEvents", "notes", "n", "rests"};
	const size_t before = o->n_note;
	for (unsigned i = 0; i < 4; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		struct older_walk walk;
		if (!value)
			continue;
		older_leave(o, obj, value);
		if (*value != '[' || !older_into(o, obj, names[i], &walk))
			continue;
		span->is_rest = i == 3;
		while (older_next(o, &walk))
			older_read_note(o, span);
		span->is_rest = 0;
	}
	return o->n_note > before;
}

void older_read_content(struct older *o, const struct older_object *obj, struct older_span *span, int64_t end,
	int64_t music_end)
{
	const int64_t tick = span->cursor;
	read_chords(o, obj, tick, end);
	older_read_tuplets(o, obj, span->base);
	if (!read_events(o, obj, span))
		read_music(o, obj, tick, music_end);
	read_words(o, obj, tick, music_end);
	read_analysis(o, obj, tick);
	read_scale(o, obj, tick, end);
}
