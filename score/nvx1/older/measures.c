/* SPDX-License-Identifier: MIT */
/* What measures of several older shapes have in common: beats, frames, where their notes count from. */
#include <string.h>
#include <strings.h>

#include "../words.h"
#include "older.h"

#define MAX_BEATS 1024u

/* ---- beats ---- */

/** By the meter's beats; more of them than it has share the bar. */
static int64_t beat_tick(const struct older_bar *bar, uint32_t beat, uint32_t n)
{
	if (n <= bar->num)
		return bar->tick + (int64_t)beat * (4 * NVX_PPQ / bar->den);
	return nvx_border(bar->tick, bar->ticks, beat < n ? beat : n, n);
}

static int has_music(const uint8_t *beat)
{
	static const char *const names[] = {"notes", "n", "notes_lh", "noteEvents"};
	for (unsigned i = 0; *beat == '{' && i < 4; i++) {
		const uint8_t *value = json_find(beat, names[i]);
		if (value && ((*value == '"' && value[1] != '"') || *value == '['))
			return 1;
	}
	return 0;
}

/** @return 1: something in it has no home. */
static int read_beat(struct older *o, struct older_span *span, int64_t end, int64_t music_end)
{
	struct older_object obj;
	int64_t value;
	if (!older_open(o, &obj))
		return 0;
	/* A beat of tablature may be a single note. */
	const uint8_t *string = older_take(o, &obj, "string");
	if (string) {
		const size_t index = o->n_note;
		older_leave(o, &obj, string);
		older_read_open_note(o, &obj, span);
		const nvx_str extra = older_close(o, &obj);
		if (o->n_note > index)
			o->note[index].extra = extra;
		return 0;
	}
	(void)older_integer(o, &obj, "idx", 0, INT32_MAX, &value);
	(void)older_integer(o, &obj, "index", 0, INT32_MAX, &value);
	(void)older_take(o, &obj, "subdivisions");
	older_read_content(o, &obj, span, end, music_end);
	return older_drop(o, &obj);
}

void older_read_beats(struct older *o, const struct older_object *measure, const char *name,
	const struct older_bar *bar, struct older_span *span)
{
	const uint8_t *value = older_take(o, measure, name);
	struct older_walk walk;
	uint8_t music[MAX_BEATS + 1] = {};
	uint32_t n = 0, next = 0;
	int left = 0;
	if (!value)
		return;
	older_leave(o, measure, value);
	if (!older_into(o, measure, name, &walk))
		return;
	struct json_pull pull;
	json_pull_init(&pull, value);
	for (json_enter(&pull); json_next(&pull) && n < MAX_BEATS; json_skip(&pull))
		music[n++] = (uint8_t)has_music(pull.at);
	for (uint32_t i = 0; older_next(o, &walk); i++) {
		if (i >= MAX_BEATS) {
			nvx_fault(o->r, "nvx1.limit.beats", "more than %u beats in a measure", MAX_BEATS);
			continue;
		}
		while (next <= i || (next < n && !music[next]))
			next++;
		const int64_t tick = beat_tick(bar, i, n);
		const int64_t end = i + 1 < n ? beat_tick(bar, i + 1, n) : bar->tick + bar->ticks;
		struct older_span beat = *span;
		beat.base = beat.begin = beat.cursor = beat.last = tick;
		beat.length = (uint32_t)(end - tick);
		if (*walk.element == '[') { /* of tablature: its notes */
			for (json_enter(&o->r->pull); nvx_more(o->r);) {
				const uint8_t *at = o->r->pull.at;
				beat.cursor = tick;
				older_read_note(o, &beat);
				o->r->pull.at = json_end(at);
			}
			continue;
		}
		left |= read_beat(o, &beat, end, next < n ? beat_tick(bar, next, n) : bar->tick + bar->ticks);
	}
	if (left)
		older_leave(o, measure, value); /* beats have no extensions: the measure keeps all of them */
}

/* ---- the frame ---- */

void older_read_frame(struct older *o, const struct older_object *obj, struct nvx_measure *measure)
{
	const uint8_t *region = older_take(o, obj, "audioRegion");
	struct older_object inner;
	int64_t start = 0, end = 0;
	if (older_flag(o, obj, "eol"))
		measure->line_break = NVX_BREAK_LINE;
	if (!region)
		return;
	const struct older_place place = older_goto(o, region, "audioRegion");
	const int64_t day = INT64_C(86400000000);
	if (older_open(o, &inner)) {
		const int has_start = older_decimal(o, &inner, "start", 6, 0, day, &start);
		const int has_end = older_decimal(o, &inner, "end", 6, 0, day, &end);
		if (has_start && has_end && end > start) {
			measure->audio_start_us = start;
			measure->audio_end_us = end;
		}
		older_done(o, &inner, obj, region);
	}
	older_back(o, place);
}

void older_read_derived(struct older *o, const struct older_object *obj, const char *name, int64_t is)
{
	const uint8_t *value = older_take(o, obj, name);
	int64_t says;
	if (!value)
		return;
	if (*value != '-' && (*value < '0' || *value > '9'))
		return; /* true of lists too: they follow from the rest */
	older_leave(o, obj, value);
	if (older_integer(o, obj, name, INT32_MIN, INT32_MAX, &says) && says != is)
		older_notice(o, value, name, "nvx1.metadata.differs", "it follows from the rest, and is %lld",
			(long long)is);
}

struct nvx_form_element *older_add_section(struct older *o, nvx_str label, int64_t tick, int64_t end)
{
	struct nvx_form_element *form = nvx_add_form(o->draft);
	size_t len;
	form->e.tick = tick;
	form->e.duration_ticks = (uint32_t)(end - tick < UINT32_MAX ? end - tick : UINT32_MAX);
	form->label = label;
	const char *text = nvx_string(o->draft->pool, label, &len);
	size_t word = 0;
	while (word < len && ((text[word] | 32) >= 'a' && (text[word] | 32) <= 'z'))
		word++;
	for (unsigned i = 0; i < nvx_words_form.n; i++)
		if (strlen(nvx_words_form.text[i]) == word &&
			strncasecmp(nvx_words_form.text[i], text, word) == 0)
			form->e.kind = (uint8_t)i;
	return form;
}

/* ---- origins ---- */

int64_t older_old_length(const struct older *o, size_t index, const struct older_origin *origin)
{
	const struct older_bar *bar = &o->bar[index];
	return origin->by_quarters ? (int64_t)bar->num * NVX_PPQ : (int64_t)bar->ticks;
}

static int start_of(const struct older *o, const uint8_t *note, int64_t *ret)
{
	static const char *const names[] = {"startTick", "tick", "start", "position", "startTime"};
	for (unsigned i = 0; *note == '{' && i < 5; i++) {
		const uint8_t *value = json_find(note, names[i]);
		struct json_pull pull;
		int64_t value_1e6;
		if (!value || (*value != '-' && (*value < '0' || *value > '9')))
			continue;
		json_pull_init(&pull, value);
		if (json_decimal(json_raw(&pull), 6, &value_1e6) < 0 || value_1e6 > (INT64_C(1) << 50))
			return 0;
		*ret = (int64_t)((__int128)value_1e6 * NVX_PPQ /
				 ((i < 2 ? o->ppq : o->free_ppq) * INT64_C(1000000)));
		return 1;
	}
	return 0;
}

/** Look at the notes of one measure. */
static void look(const struct older *o, const uint8_t *measure, size_t index, int64_t quarters,
	struct older_origin *origin, int *quarters_fit)
{
	static const char *const names[] = {"notes", "noteEvents"};
	const struct older_bar *bar = &o->bar[index];
	const int64_t longest = bar->ticks > bar->num * (unsigned)NVX_PPQ ? bar->ticks : bar->num * NVX_PPQ;
	for (unsigned i = 0; *measure == '{' && i < 2; i++) {
		const uint8_t *notes = json_find(measure, names[i]);
		struct json_pull pull;
		if (!notes || *notes != '[')
			continue;
		json_pull_init(&pull, notes);
		for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
			int64_t start;
			if (!start_of(o, pull.at, &start))
				continue;
			origin->is_absolute |= index > 0 && start >= longest;
			*quarters_fit &= start >= quarters;
		}
	}
}

struct older_origin older_origin_of(struct older *o, const uint8_t *const *measures, size_t n)
{
	struct older_origin origin = {};
	int quarters_fit = 1;
	for (size_t i = 0; i < n; i++) {
		struct json_pull pull;
		size_t index = 0;
		int64_t quarters = 0;
		if (!measures[i] || *measures[i] != '[')
			continue;
		json_pull_init(&pull, measures[i]);
		for (json_enter(&pull); json_next(&pull) && index < o->n_bar; json_skip(&pull), index++) {
			look(o, pull.at, index, quarters, &origin, &quarters_fit);
			quarters += (int64_t)o->bar[index].num * NVX_PPQ;
		}
	}
	origin.by_quarters = origin.is_absolute && quarters_fit;
	return origin;
}

struct older_span older_span_of(
	const struct older *o, size_t index, const struct older_origin *origin, int64_t old)
{
	const struct older_bar *bar = &o->bar[index];
	return (struct older_span){.base = origin->is_absolute ? bar->tick - old : bar->tick,
		.cursor = bar->tick,
		.last = bar->tick,
		.begin = bar->tick,
		.end = bar->tick + bar->ticks};
}
