/* SPDX-License-Identifier: MIT */
/* Chords as people write them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>

#include "chord_reference.h"
#include "inputs_internal.h"
#include "text.h"

#define BAR_CHORDS_MAX 16u /* as many as a bar of the plan has room for */
#define SLOTS_MAX 64u      /* chords, slashes and repeats between two bar lines */

struct chord_reader {
	struct reader *r;
	uint32_t n_room;
	uint32_t repeat_from, n_repeat; /* what "%" stands for: the bar or chord before */
	bool has_bars;                  /* bar lines were met */
	const char *where;              /* of the text */
	bool is_item;                   /* the text is one of a list: the place says which */
	uint32_t n_told;                /* chords of this text so far */
};

/** A chord between its bar's lines. */
struct slot {
	const char *text;
	size_t len;
};

static void place_of(const struct chord_reader *c, char buf[BAND_WHERE_MAX])
{
	if (c->is_item)
		(void)snprintf(buf, BAND_WHERE_MAX, "%s", c->where);
	else
		(void)snprintf(buf, BAND_WHERE_MAX, "%.70s, chord %u", c->where, c->n_told);
}

static bool fault(const struct chord_reader *c, const struct slot *slot, const char *why)
{
	char where[BAND_WHERE_MAX];

	place_of(c, where);
	(void)band_error(c->r->report, "CHORD_INVALID", where, "\"%.*s\" %s",
		(int)(slot->len < BAND_CHORD_TEXT ? slot->len : BAND_CHORD_TEXT), slot->text, why);
	return false;
}

static void hint_of(const struct chord_reader *c, const char *text, size_t at)
{
	if (text[0] >= 'a' && text[0] <= 'g')
		band_hint(c->r->report, "roots are upper case: \"%c%s\"", text[0] - 'a' + 'A', text + 1);
	else if (text[0] == 'H' || text[0] == 'h')
		band_hint(c->r->report, "H is B here, and B is Bb");
	else if (at > 0)
		band_hint(c->r->report, "\"%.*s\" is read, \"%s\" is not", (int)at, text, text + at);
	else
		band_hint(c->r->report, "a chord begins with its root, A to G: C, F#m7, Bbmaj9/D, N.C.");
}

/** "NC", "N", "*" ...: nobody plays, and it has one name from here on. */
static bool no_chord(char ret[BAND_CHORD_TEXT])
{
	(void)snprintf(ret, BAND_CHORD_TEXT, "N.C.");
	return true;
}

/** Is it a chord, by the rule that will voice it? */
static bool is_chord(const struct chord_reader *c, const struct slot *slot, char ret[BAND_CHORD_TEXT])
{
	struct band_chord_reference reference;
	struct mos_chord chord;
	size_t at = 0;

	if (slot->len >= BAND_CHORD_TEXT)
		return fault(c, slot, "is longer than any chord");
	memcpy(ret, slot->text, slot->len);
	ret[slot->len] = '\0';
	if (!text_is_clean(ret))
		return fault(c, slot, "is no text");
	if (band_is_no_chord(ret))
		return no_chord(ret);
	if (c->r->in->voicing == BAND_VOICING_REFERENCE && band_chord_reference(ret, &reference) == 0)
		return true;
	if (c->r->in->voicing == BAND_VOICING_TRUE) {
		const int rc = mos_chord_parse(ret, slot->len, &chord, &at);

		if (rc == 0)
			return chord.family != MOS_CHORD_NONE || no_chord(ret);
		if (rc == 1) {
			(void)fault(c, slot, "are two chords");
			band_hint(c->r->report, "choose one: \"%.*s\"", (int)at - 1, ret);
			return false;
		}
	}
	(void)fault(c, slot, "is no chord");
	hint_of(c, ret, at);
	return false;
}

static bool add(struct chord_reader *c, const struct band_chord *chord)
{
	struct band_inputs *in = c->r->in;

	if (in->n_chords == BAND_CHORDS_MAX) {
		char where[BAND_WHERE_MAX];

		place_of(c, where);
		(void)band_error(c->r->report, "CHORDS_TOO_MANY", where, "a form has at most %u chords",
			BAND_CHORDS_MAX);
		return false;
	}
	if (in->n_chords == c->n_room) {
		const uint32_t n_room = c->n_room ? c->n_room * 2 : 32;
		struct band_chord *grown = reallocarray(in->chord, n_room, sizeof(*grown));

		if (!grown) {
			c->r->no_memory = true;
			return false;
		}
		in->chord = grown;
		c->n_room = n_room;
	}
	in->chord[in->n_chords++] = *chord;
	return true;
}

static bool is_repeat(const struct slot *slot)
{
	return slot->len == 1 && *slot->text == '%';
}

static bool is_slash(const struct slot *slot)
{
	return slot->len == 1 && *slot->text == '/';
}

/** The bar or chord before, once more. */
static bool repeat(struct chord_reader *c, const struct slot *slot)
{
	const uint32_t from = c->repeat_from, n = c->n_repeat;

	if (n == 0)
		return fault(c, slot, "has nothing before it to repeat");
	c->repeat_from = c->r->in->n_chords;
	for (uint32_t i = 0; i < n; i++) {
		const struct band_chord chord = c->r->in->chord[from + i];

		if (!add(c, &chord))
			return false;
	}
	return true;
}

/** Without bar lines: each chord has bars_per_chord bars. */
static bool take_chord(struct chord_reader *c, const struct slot *slot)
{
	struct band_chord chord = {0};

	c->n_told++;
	if (is_repeat(slot))
		return repeat(c, slot);
	if (!is_chord(c, slot, chord.text))
		return true; /* told; the next one may be wrong, too */
	c->repeat_from = c->r->in->n_chords;
	c->n_repeat = 1;
	return add(c, &chord);
}

/**
 * Into how many equal units a bar with n slots is cut: its beats (of 6/8 and the like the dotted ones), where
 * they are too few its written ones, then halves of them.
 */
static uint32_t units_of(const struct band_inputs *in, uint32_t n)
{
	const bool is_compound = in->meter_den >= 8 && in->meter_num > 3 && in->meter_num % 3 == 0;
	uint32_t units = is_compound && n <= in->meter_num / 3u ? in->meter_num / 3u : in->meter_num;

	while (units < n)
		units *= 2;
	return units;
}

/** A written bar: its slots share it by beats, the first ones get what is left over (C F G in 4/4: 2 1 1). */
static bool take_bar(struct chord_reader *c, const struct slot *slot, uint32_t n)
{
	const struct band_inputs *in = c->r->in;
	const uint32_t units = units_of(in, n);
	const double unit_beats = band_bar_beats(in) / units;
	struct band_chord chord[BAR_CHORDS_MAX] = {0};
	uint32_t n_chords = 0;
	bool ok = true;

	if (n == 1 && is_repeat(slot)) {
		c->n_told++;
		return repeat(c, slot);
	}
	for (uint32_t i = 0; i < n; i++) {
		const bool goes_on = is_slash(&slot[i]) || is_repeat(&slot[i]);
		const double beats = (units / n + (i < units % n)) * unit_beats;

		c->n_told += !is_slash(&slot[i]);
		if (goes_on && n_chords == 0)
			return fault(c, &slot[i], "has no chord before it in its bar");
		if (!goes_on && n_chords == BAR_CHORDS_MAX)
			return fault(c, &slot[i], "is the seventeenth chord in its bar");
		if (!goes_on && !is_chord(c, &slot[i], chord[n_chords++].text))
			ok = false;
		chord[n_chords - 1].beats += beats;
	}
	c->repeat_from = in->n_chords;
	c->n_repeat = ok ? n_chords : 0;
	for (uint32_t i = 0; ok && i < n_chords; i++) {
		if (!add(c, &chord[i]))
			return false;
	}
	return true;
}

/** The next chord, slash or "|" (an empty slot). A comma behind a chord is left out. @return false: the end.
 */
static bool next_slot(const char **text, struct slot *ret)
{
	const char *from = *text + strspn(*text, " \t\r\n");

	*ret = (struct slot){.text = from, .len = strcspn(from, " \t\r\n|")};
	*text = from + ret->len + (ret->len == 0 && *from == '|');
	if (ret->len == 0)
		return *from == '|';
	if (ret->len > 1 && from[ret->len - 1] == ',')
		ret->len--;
	return true;
}

static bool take_bars(struct chord_reader *c, const char *text)
{
	struct slot slot[SLOTS_MAX], next;
	uint32_t n = 0;

	c->has_bars = true;
	while (next_slot(&text, &next)) {
		if (next.len == 0 && n > 0) {
			if (!take_bar(c, slot, n))
				return false;
			n = 0;
		} else if (next.len > 0 && n == SLOTS_MAX) {
			return fault(c, &next, "is too much for one bar");
		} else if (next.len > 0) {
			slot[n++] = next;
		}
	}
	return n == 0 || take_bar(c, slot, n);
}

/** The whole of a text, or one item of a list: several chords in an item are a bar. */
static bool take_text(struct chord_reader *c, const char *text)
{
	struct slot slot;
	const char *rest = text;

	if (strchr(text, '|'))
		return take_bars(c, text);
	if (c->is_item && next_slot(&rest, &slot) && next_slot(&rest, &slot))
		return take_bars(c, text);
	while (next_slot(&text, &slot)) {
		if (!take_chord(c, &slot))
			return false;
	}
	return true;
}

static void take_list(struct chord_reader *c, const struct band_value *list)
{
	char where[BAND_WHERE_MAX];

	c->is_item = true;
	for (const struct band_value *v = list->first; v; v = v->next) {
		c->where = band_value_where(v, where);
		if (v->type == BAND_LIST || v->type == BAND_MAP || v->type == BAND_NULL)
			(void)band_error(c->r->report, "CHORD_INVALID", where, "a chord is a text");
		else if (!take_text(c, v->text))
			return;
	}
}

void chords_read(struct reader *r)
{
	struct chord_reader c = {.r = r};
	const struct given *given = &r->given[BAND_KEY_CHORDS];
	const uint32_t errors_before = r->report->n_errors;
	char where[GIVEN_WHERE_MAX];

	if (given->by == BAND_BY_DEFAULT) {
		char *text = study_chords(r);

		c.where = "/instruments";
		if (text && take_text(&c, text))
			r->in->by[BAND_KEY_CHORDS] = BAND_BY_FILE;
		else if (r->report->n_errors == errors_before)
			(void)band_error(r->report, "CHORDS_MISSING", "/chords", "there are no chords");
		free(text);
		return;
	}
	c.where = given_where(r, BAND_KEY_CHORDS, where);
	if (given->node && given->node->type == BAND_LIST) {
		take_list(&c, given->node);
	} else {
		const char *text = given_text(r, BAND_KEY_CHORDS, "CHORD_INVALID");

		if (text)
			(void)take_text(&c, text);
	}
	if (r->in->n_chords == 0 && r->report->n_errors == errors_before)
		given_fault(r, BAND_KEY_CHORDS, "CHORDS_MISSING", "there are no chords");
	if (c.has_bars && r->in->bars_per_chord != 1)
		band_warn(r->report, "BARS_WRITTEN", given_where(r, BAND_KEY_BARS, where),
			"chords between bar lines last as written");
}
