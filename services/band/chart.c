/* SPDX-License-Identifier: MIT */
#include "chart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>
#include <score/bytes.h>
#include <score/format.h>
#include <score/order.h>

#include "inputs.h"

/* Words of a score's style, the more telling ones first; chords decide nothing here. */
static const struct {
	const char *word, *style;
} words[] = {
	{"bossa", "bossa"},
	{"samba", "samba"},
	{"bolero", "bolero"},
	{"6/8", "afro_cuban_6_8"},
	{"salsa", "son_clave"},
	{"son ", "son_clave"},
	{"latin", "son_clave"},
	{"afro", "afro_cuban_6_8"},
	{"gospel", "gospel"},
	{"reggae", "reggae"},
	{"second line", "second_line"},
	{"cha cha", "cha_cha"},
	{"cha-cha", "cha_cha"},
	{"rumba", "rumba_clave"},
	{"disco", "disco"},
	{"slow blues", "slow_blues"},
	{"shuffle", "shuffle"},
	{"blues", "shuffle"},
	{"country", "country_two_beat"},
	{"bluegrass", "country_two_beat"},
	{"waltz", "jazz_waltz"},
	{"ballad", "ballad"},
	{"swing", "swing"},
	{"jazz", "swing"},
	{"funk", "funk"},
	{"soul", "soul"},
	{"rnb", "soul"},
	{"r&b", "soul"},
	{"rock", "rock"},
	{"pop", "pop_8"},
};

#define SECTIONS_MAX 200u /* a program's reader takes some more */

struct chart {
	const struct score *score;
	const struct score_play_order *order;
	struct band_report *report;
	struct score_bytes bars, form; /* as the program has them */
	bool has_tempo;
	unsigned num, den; /* the program's meter */
	unsigned beats;    /* of a bar */
	unsigned filled;   /* of the bar that is written */
	uint32_t n_chords, n_bars, n_other_meter, n_unread;
	char section[BAND_SECTION_NAME]; /* the last one, "": none yet */
	uint32_t section_bar, n_sections;
};

bool band_chart_is(const uint8_t *bytes, size_t size)
{
	struct score_report *report = calloc(1, sizeof(*report));
	const bool is = report && score_format_detect(bytes, size, report) >= 0;

	free(report);
	return is;
}

/* A JSON string; what would need an escape that programs do not have becomes a blank. */
static void put_string(struct score_bytes *out, const char *text)
{
	score_bytes_puts(out, "\"");
	for (; *text; text++) {
		const char one[3] = {'\\', *text, 0};

		if (*text == '"' || *text == '\\')
			score_bytes_puts(out, one);
		else
			score_bytes_put(out, (unsigned char)*text < ' ' ? " " : text, 1);
	}
	score_bytes_puts(out, "\"");
}

static const char *style_in(const struct chart *c, nvx_str text)
{
	const char *style = score_text(c->score, text);

	for (size_t i = 0; style && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(style, words[i].word))
			return words[i].style;
	return NULL;
}

static const char *style_of(const struct chart *c)
{
	const struct nvx_metadata *head = &c->score->globals.metadata;
	const char *style = style_in(c, head->style);
	uint32_t n;
	const nvx_str *tag = nvx_items(c->score->pool, head->tags, &n);

	for (uint32_t i = 0; !style && i < n; i++)
		style = style_in(c, tag[i]);
	return style;
}

/* What a program counts: 6/8 has two beats, and 2/2 four quarters, for that is how styles are written. */
static unsigned beats_of(unsigned num, unsigned den)
{
	if (den == 2)
		return 2 * num;
	return den == 8 && num % 3 == 0 && num > 3 ? num / 3 : num;
}

/* The meter in force longest is the program's; compound beats count as quarters. */
static void find_meter(struct chart *c)
{
	struct {
		unsigned num, den;
		int64_t ticks;
	} seen[16] = {0};
	unsigned best = 0;

	for (uint32_t r = 0; r < c->order->n; r++)
		for (uint32_t m = c->order->run[r].first; m <= c->order->run[r].last; m++) {
			const struct nvx_measure *measure = score_measure(c->score, m);
			const struct nvx_meter *meter = score_meter_at(c->score, measure->tick);
			unsigned i = 0;

			while (i + 1 < 16 && seen[i].ticks &&
				(seen[i].num != meter->num || seen[i].den != meter->den))
				i++;
			seen[i].num = meter->num;
			seen[i].den = meter->den;
			seen[i].ticks += measure->duration_ticks;
		}
	for (unsigned i = 0; i < 16; i++)
		if (seen[i].ticks > seen[best].ticks)
			best = i;
	c->num = seen[best].num ? seen[best].num : 4;
	c->den = seen[best].den ? seen[best].den : 4;
	c->beats = beats_of(c->num, c->den);
}

static uint32_t first_chord_at(const struct score *score, int64_t tick)
{
	uint32_t lo = 0, hi = score_n_chord(score);

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (score_chord(score, mid)->e.tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void tell_unread(struct chart *c, const char *symbol, const char *instead)
{
	if (c->n_unread++ == 0)
		band_warn(c->report, "CHART_CHORD", SCORE_AT("bar %u", c->n_bars + 1),
			"%.40s is no chord: %s", symbol, instead);
}

/* A symbol as the text of a program can hold it; false: it is no chord. */
static bool take_chord(struct chart *c, const char *symbol, char ret[static BAND_CHORD_TEXT])
{
	struct mos_chord parsed;

	if (!symbol)
		return false;
	bool is_chord = mos_chord_parse(symbol, SIZE_MAX, &parsed, NULL) >= 0;
	const size_t n = strcspn(symbol, "/");
	/* Folk tunes have basses like "D/f+": people read "D/F#". */
	const bool has_small_bass = symbol[n] && symbol[n + 1] >= 'a' && symbol[n + 1] <= 'g';
	if (is_chord && !has_small_bass && strlen(symbol) < BAND_CHORD_TEXT && !strpbrk(symbol, " |\"\\")) {
		(void)snprintf(ret, BAND_CHORD_TEXT, "%s", symbol);
		return true;
	}
	if (!is_chord && symbol[n] && mos_chord_parse(symbol, n, &parsed, NULL) >= 0) {
		tell_unread(c, symbol, "it is played without its bass");
		is_chord = true;
	}
	if (is_chord && mos_chord_format(&parsed, ret, BAND_CHORD_TEXT) > 0)
		return true;
	tell_unread(c, symbol, "what was before it goes on");
	return false;
}

/* What sounds where a measure begins and writes nothing. */
static void take_sounding(struct chart *c, uint32_t chord, int64_t tick, char ret[static BAND_CHORD_TEXT])
{
	(void)snprintf(ret, BAND_CHORD_TEXT, "N.C.");
	if (chord == 0)
		return;
	const struct nvx_chord *before = score_chord(c->score, chord - 1);

	if (before->e.tick + before->e.duration_ticks > tick)
		(void)take_chord(c, score_text(c->score, before->symbol), ret);
}

/* A beat: of a chord, or NULL as before. */
static void put_slot(struct chart *c, const char *symbol)
{
	if (c->filled == 0)
		score_bytes_puts(&c->bars, "| ");
	score_bytes_puts(&c->bars, symbol ? symbol : "/");
	score_bytes_puts(&c->bars, " ");
	if (++c->filled == c->beats) {
		c->filled = 0;
		c->n_bars++;
	}
}

static void fill_bar(struct chart *c)
{
	while (c->filled > 0)
		put_slot(c, NULL);
}

/* A section ends before bar `end`. */
static void end_section(struct chart *c, uint32_t end)
{
	char text[BAND_SECTION_NAME + 16];

	if (!c->section[0] || end <= c->section_bar)
		return;
	(void)snprintf(
		text, sizeof(text), "%s%s:%u", c->n_sections++ ? " " : "", c->section, end - c->section_bar);
	score_bytes_puts(&c->form, text);
	c->section_bar = end;
}

static void begin_section(struct chart *c, const char *name, uint32_t bar)
{
	if (c->n_sections >= SECTIONS_MAX) /* what follows belongs to the last one */
		return;
	end_section(c, bar);
	if (!name || !*name || strlen(name) >= sizeof(c->section))
		name = "section";
	(void)snprintf(c->section, sizeof(c->section), "%s", name);
	for (char *at = c->section; (at = strpbrk(at, " \t,:\"\\"));)
		*at = '_';
}

/* The name of what begins at a tick; NULL: nothing does. */
static const char *form_at(const struct chart *c, int64_t tick)
{
	uint32_t lo = 0, hi = score_n_form(c->score);

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (score_form(c->score, mid)->e.tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == score_n_form(c->score) || score_form(c->score, lo)->e.tick != tick)
		return NULL;
	const char *name = score_text(c->score, score_form(c->score, lo)->label);

	return name ? name : "";
}

/* A measure of `n` beats, a slot a beat: "| C7 / F7 / ". */
static void put_beats(struct chart *c, const struct nvx_measure *measure, unsigned n)
{
	const int64_t beat = measure->duration_ticks / n > 0 ? measure->duration_ticks / n : 1;
	const int64_t end = measure->tick + measure->duration_ticks;
	const uint32_t first = first_chord_at(c->score, measure->tick), bar = c->n_bars;
	uint32_t i = first;
	bool moved = false;

	for (unsigned b = 0; b < n; b++) {
		const int64_t until = b + 1 == n ? end : measure->tick + (b + 1) * beat;
		char symbol[BAND_CHORD_TEXT];
		bool is_new = false;

		for (; i < score_n_chord(c->score) && score_chord(c->score, i)->e.tick < until; i++) {
			char text[BAND_CHORD_TEXT];

			if (!take_chord(c, score_text(c->score, score_chord(c->score, i)->symbol), text))
				continue;
			moved |= is_new;
			is_new = true;
			memcpy(symbol, text, sizeof(symbol));
			c->n_chords++;
		}
		if (!is_new && c->filled == 0) {
			take_sounding(c, first, measure->tick, symbol);
			is_new = true;
		}
		put_slot(c, is_new ? symbol : NULL);
	}
	if (moved)
		band_warn(c->report, "CHART_ROUNDED", SCORE_AT("bar %u", bar + 1),
			"it has more chords than beats; the last one of a beat is played");
}

/* At the end of its bar; one without chords is left to who plays it. */
static void put_upbeat(struct chart *c, const struct nvx_measure *measure, unsigned n)
{
	const uint32_t chord = first_chord_at(c->score, measure->tick);

	if (n == 0 || chord == score_n_chord(c->score) ||
		score_chord(c->score, chord)->e.tick >= measure->tick + measure->duration_ticks)
		return;
	for (unsigned b = n; b < c->beats; b++)
		put_slot(c, b == n ? "N.C." : NULL);
	put_beats(c, measure, n);
}

/*
 * A measure that is shorter than a bar, as repeats in the middle of one have at both ends, fills the bar with
 * the next, if that fits; else the bar is made full.
 */
static void put_measure(struct chart *c, const struct nvx_measure *measure, bool is_first)
{
	const struct nvx_meter *meter = score_meter_at(c->score, measure->tick);
	const int64_t full = (int64_t)meter->num * 4 * NVX_PPQ / meter->den;
	const int64_t beat = full / beats_of(meter->num, meter->den);
	const int64_t beats = beat > 0 ? (measure->duration_ticks + beat / 2) / beat : 0;
	const bool is_other = meter->num != c->num || meter->den != c->den;
	const unsigned n = (beats >= c->beats || (is_other && beats == 0)) ? c->beats : (unsigned)beats;
	const char *section = form_at(c, measure->tick);

	if (!section && is_first && score_n_form(c->score))
		section = "Intro";
	c->n_other_meter += is_other;
	if (c->filled + n > c->beats)
		fill_bar(c);
	if (section)
		begin_section(c, section, c->n_bars + (c->filled > 0));
	if (is_first && !is_other && n < c->beats)
		put_upbeat(c, measure, n);
	else if (n > 0)
		put_beats(c, measure, n);
}

static void put_measures(struct chart *c)
{
	for (uint32_t r = 0; r < c->order->n; r++)
		for (uint32_t m = c->order->run[r].first; m <= c->order->run[r].last; m++)
			put_measure(c, score_measure(c->score, m), r == 0 && m == c->order->run[0].first);
	fill_bar(c);
	end_section(c, c->n_bars);
}

static int write_program(struct chart *c, struct score_bytes *out)
{
	const struct nvx_meter *first = score_meter_at(c->score, 0);
	const double quarters = 4.0 * first->num / first->den / beats_of(first->num, first->den);
	const double bpm = 60e9 / (double)score_tempo_at(c->score, 0)->ns_per_quarter / quarters;
	const char *title = score_text(c->score, c->score->globals.metadata.title), *style = style_of(c);
	const bool is_other = c->beats != c->num;
	char text[128];

	score_bytes_puts(out, "{\"name\":");
	put_string(out, title ? title : "");
	/* where the score has none, the style's own is played */
	if (c->has_tempo) {
		(void)snprintf(text, sizeof(text), ",\"tempo\":%d",
			bpm < 20    ? 20
			: bpm > 400 ? 400
				    : (int)(bpm + 0.5));
		score_bytes_puts(out, text);
	}
	(void)snprintf(text, sizeof(text), ",\"time_signature\":\"%u/%u\"", c->beats, is_other ? 4 : c->den);
	score_bytes_puts(out, text);
	if (c->beats == 3)
		(void)snprintf(text, sizeof(text), ",\"style\":\"%s\"",
			style && (strcmp(style, "swing") == 0 || strcmp(style, "jazz_waltz") == 0)
				? "jazz_waltz"
				: "waltz");
	else if (style)
		(void)snprintf(text, sizeof(text), ",\"style\":\"%s\"", style);
	else
		text[0] = 0;
	score_bytes_puts(out, text);
	put_measures(c);
	if (c->n_sections) {
		score_bytes_puts(out, ",\"sections\":\"");
		score_bytes_put(out, c->form.data, c->form.n);
		score_bytes_puts(out, "\"");
	}
	score_bytes_puts(out, ",\"chords\":\"");
	score_bytes_put(out, c->bars.data, c->bars.n);
	score_bytes_puts(out, "|\"}");
	score_bytes_u8(out, 0);
	if (c->n_other_meter)
		band_warn(c->report, "CHART_METER", "",
			"%u bars are in another meter than %u/%u and played as one of that", c->n_other_meter,
			c->num, c->den);
	if (c->n_chords == 0)
		return band_error(c->report, "CHART_EMPTY", "", "the score has no chord symbols");
	return out->error || c->bars.error || c->form.error ? -ENOMEM : 0;
}

int band_chart(
	const uint8_t *bytes, size_t size, uint32_t index, struct band_report *report, char **ret_program)
{
	bool has_tempo = false;
	const struct score_import import = {
		.alloc = &score_heap, .index = index, .ret_has_tempo = &has_tempo};
	struct score_report *said = calloc(1, sizeof(*said));
	struct score_play_order order = {0};
	struct score *score = NULL;
	int rc = said ? score_import(bytes, size, &import, said, &score, NULL) : -ENOMEM;

	if (rc == 0)
		rc = score_play_order(score, &score_heap, said, &order);
	if (rc == -EINVAL)
		(void)band_error(report, "CHART_INVALID", said->n_errors ? said->error[0].where : "",
			"the score cannot be read: %s",
			said->n_errors ? said->error[0].reason : "it is broken");
	if (rc == 0) {
		struct chart c = {.score = score, .order = &order, .report = report, .has_tempo = has_tempo};
		struct score_bytes out;

		score_bytes_init(&out, &score_heap);
		score_bytes_init(&c.bars, &score_heap);
		score_bytes_init(&c.form, &score_heap);
		find_meter(&c);
		rc = write_program(&c, &out);
		*ret_program = rc == 0 ? strdup((const char *)out.data) : NULL;
		if (rc == 0 && !*ret_program)
			rc = -ENOMEM;
		score_bytes_finish(&out);
		score_bytes_finish(&c.bars);
		score_bytes_finish(&c.form);
	}
	score_play_order_finish(&order);
	score_unref(score);
	free(said);
	return rc;
}
