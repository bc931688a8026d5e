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

struct chart {
	const struct score *score;
	const struct score_play_order *order;
	struct band_report *report;
	struct score_bytes out;
	unsigned num, den; /* the program's meter */
	unsigned beats;    /* of a bar */
	uint32_t n_chords, n_bars, n_other_meter;
};

bool band_chart_is(const uint8_t *bytes, size_t size)
{
	struct score_report *report = calloc(1, sizeof(*report));
	const bool is = report && score_format_detect(bytes, size, report) >= 0;

	free(report);
	return is;
}

/* A JSON string; what would need an escape that programs do not have becomes a blank. */
static void put_string(struct chart *c, const char *text)
{
	score_bytes_puts(&c->out, "\"");
	for (; *text; text++) {
		const char one[3] = {'\\', *text, 0};

		if (*text == '"' || *text == '\\')
			score_bytes_puts(&c->out, one);
		else
			score_bytes_put(&c->out, (unsigned char)*text < ' ' ? " " : text, 1);
	}
	score_bytes_puts(&c->out, "\"");
}

static const char *style_of(const struct chart *c)
{
	const char *style = score_text(c->score, c->score->globals.metadata.style);

	for (size_t i = 0; style && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(style, words[i].word))
			return words[i].style;
	return NULL;
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
	c->beats = c->den == 8 && c->num % 3 == 0 && c->num > 3 ? c->num / 3 : c->num;
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

/* A symbol that the text of a program can hold. */
static bool is_chord(const char *symbol)
{
	struct mos_chord parsed;

	return symbol && strlen(symbol) < BAND_CHORD_TEXT && !strpbrk(symbol, " |\"\\") &&
	       mos_chord_parse(symbol, SIZE_MAX, &parsed, NULL) >= 0;
}

/* What sounds at the beginning of a bar that writes nothing there. */
static const char *sounding_before(const struct score *score, uint32_t chord, int64_t tick)
{
	if (chord == 0)
		return "N.C.";
	const struct nvx_chord *before = score_chord(score, chord - 1);
	const char *symbol = score_text(score, before->symbol);

	return before->e.tick + before->e.duration_ticks > tick && is_chord(symbol) ? symbol : "N.C.";
}

/* A bar, a slot a beat: "| C7 / F7 / ". */
static void put_bar(struct chart *c, const struct nvx_measure *measure)
{
	const int64_t beat = measure->duration_ticks / c->beats > 0 ? measure->duration_ticks / c->beats : 1;
	const int64_t end = measure->tick + measure->duration_ticks;
	uint32_t i = first_chord_at(c->score, measure->tick);
	bool moved = false;

	score_bytes_puts(&c->out, "| ");
	for (unsigned b = 0; b < c->beats; b++) {
		const int64_t until = b + 1 == c->beats ? end : measure->tick + (b + 1) * beat;
		const char *symbol = NULL;

		for (; i < score_n_chord(c->score) && score_chord(c->score, i)->e.tick < until; i++) {
			const char *text = score_text(c->score, score_chord(c->score, i)->symbol);

			moved |= symbol != NULL;
			if (!is_chord(text))
				continue;
			symbol = text;
			c->n_chords++;
		}
		if (!symbol && b == 0)
			symbol = sounding_before(
				c->score, first_chord_at(c->score, measure->tick), measure->tick);
		score_bytes_puts(&c->out, symbol ? symbol : "/");
		score_bytes_puts(&c->out, " ");
	}
	if (moved)
		band_warn(c->report, "CHART_ROUNDED", SCORE_AT("bar %u", c->n_bars + 1),
			"it has more chords than beats; the last one of a beat is played");
}

static void put_bars(struct chart *c)
{
	for (uint32_t r = 0; r < c->order->n; r++)
		for (uint32_t m = c->order->run[r].first; m <= c->order->run[r].last; m++) {
			const struct nvx_measure *measure = score_measure(c->score, m);
			const struct nvx_meter *meter = score_meter_at(c->score, measure->tick);

			c->n_other_meter += meter->num != c->num || meter->den != c->den;
			put_bar(c, measure);
			c->n_bars++;
		}
}

/* Sections in playing order: "A:8 B:8". */
static void put_sections(struct chart *c)
{
	const char *name = NULL;
	uint32_t n = 0, form = 0;
	bool is_first = true;
	char text[BAND_SECTION_NAME + 16];

	if (score_n_form(c->score) == 0)
		return;
	score_bytes_puts(&c->out, ",\"sections\":\"");
	for (uint32_t r = 0; r < c->order->n; r++)
		for (uint32_t m = c->order->run[r].first; m <= c->order->run[r].last; m++) {
			const int64_t tick = score_measure(c->score, m)->tick;

			if (m == c->order->run[r].first)
				form = 0;
			while (form < score_n_form(c->score) && score_form(c->score, form)->e.tick < tick)
				form++;
			const bool begins = (form < score_n_form(c->score) &&
						    score_form(c->score, form)->e.tick == tick) ||
					    (r == 0 && m == 0);
			if (begins && name) {
				(void)snprintf(text, sizeof(text), "%s%s:%u", is_first ? "" : " ", name, n);
				score_bytes_puts(&c->out, text);
				is_first = false;
				n = 0;
			}
			if (begins)
				name = form < score_n_form(c->score) &&
						       score_form(c->score, form)->e.tick == tick
					       ? score_text(c->score, score_form(c->score, form)->label)
					       : "Intro";
			if (!name || strlen(name) >= BAND_SECTION_NAME || strpbrk(name, " :\"\\"))
				name = "section";
			n++;
		}
	(void)snprintf(text, sizeof(text), "%s%s:%u\"", is_first ? "" : " ", name ? name : "section", n);
	score_bytes_puts(&c->out, text);
}

static int write_program(struct chart *c)
{
	const struct nvx_meter *first = score_meter_at(c->score, 0);
	const double quarters =
		first->den == 8 && first->num % 3 == 0 && first->num > 3 ? 1.5 : 4.0 / first->den;
	const double bpm = 60e9 / (double)score_tempo_at(c->score, 0)->ns_per_quarter / quarters;
	const char *title = score_text(c->score, c->score->globals.metadata.title), *style = style_of(c);
	const bool is_compound = c->beats != c->num;
	char text[128];

	score_bytes_puts(&c->out, "{\"name\":");
	put_string(c, title ? title : "");
	(void)snprintf(text, sizeof(text), ",\"tempo\":%d,\"time_signature\":\"%u/%u\"",
		bpm < 20    ? 20
		: bpm > 400 ? 400
			    : (int)(bpm + 0.5),
		c->beats, is_compound ? 4 : c->den);
	score_bytes_puts(&c->out, text);
	if (style && c->beats == 4)
		(void)snprintf(text, sizeof(text), ",\"style\":\"%s\"", style);
	else if (c->beats == 3)
		(void)snprintf(text, sizeof(text), ",\"style\":\"%s\"",
			style && (strcmp(style, "swing") == 0 || strcmp(style, "jazz_waltz") == 0)
				? "jazz_waltz"
				: "waltz");
	else
		text[0] = 0;
	score_bytes_puts(&c->out, text);
	put_sections(c);
	score_bytes_puts(&c->out, ",\"chords\":\"");
	put_bars(c);
	score_bytes_puts(&c->out, "|\"}");
	score_bytes_u8(&c->out, 0);
	if (c->n_other_meter)
		band_warn(c->report, "CHART_METER", "",
			"%u bars are in another meter than %u/%u and played as one of that", c->n_other_meter,
			c->num, c->den);
	if (c->n_chords == 0)
		return band_error(c->report, "CHART_EMPTY", "", "the score has no chord symbols");
	return c->out.error ? -ENOMEM : 0;
}

int band_chart(
	const uint8_t *bytes, size_t size, uint32_t index, struct band_report *report, char **ret_program)
{
	const struct score_import import = {.alloc = &score_heap, .index = index};
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
		struct chart c = {.score = score, .order = &order, .report = report};

		score_bytes_init(&c.out, &score_heap);
		find_meter(&c);
		rc = write_program(&c);
		*ret_program = rc == 0 ? strdup((const char *)c.out.data) : NULL;
		if (rc == 0 && !*ret_program)
			rc = -ENOMEM;
		score_bytes_finish(&c.out);
	}
	score_play_order_finish(&order);
	score_unref(score);
	free(said);
	return rc;
}
