/* SPDX-License-Identifier: MIT */
/*
 * A chart is a row of cells. A chord takes a cell and so does a blank; bar lines, signs and texts take none.
 * A bar's cells share its beats.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>

#include "ireal_impl.h"

/* What scrambling leaves behind for the most usual runs of characters. */
static const struct {
	char token[4];
	const char *text;
} shorthand[] = {{"Kcl", "| x"}, {"LZ", " |"}, {"XyQ", "   "}};

struct reader {
	struct ireal_chart *chart;
	const struct score_alloc *alloc;
	struct score_report *report;
	const char *where;
	struct ireal_bar bar;          /**< the one that fills */
	char last[IREAL_SYMBOL_MAX];   /**< chord that "p" and "W" go on with */
	char root[IREAL_SYMBOL_MAX];   /**< the same without its bass */
	bool only_blanks;              /**< nothing but blanks in the bar so far */
	bool is_closed;                /**< a section ended before it: blanks are layout */
	bool is_repeat_1, is_repeat_2; /**< "x", "r" */
	bool owes_second;              /**< the bar after an "r" */
	uint32_t n_codas, n_others;
	int error;
};

static struct ireal_bar *last_bar(struct reader *r)
{
	return r->chart->n_bars ? &r->chart->bar[r->chart->n_bars - 1] : NULL;
}

/** Chords of the bar `back` bars before the next one. */
static void copy_chords(struct reader *r, uint32_t back)
{
	if (r->chart->n_bars < back) {
		score_warn(r->report, "IMPORT_PARSE_001", r->where,
			"a bar repeats what is before the first one");
		return;
	}
	const struct ireal_bar *from = &r->chart->bar[r->chart->n_bars - back];
	memcpy(r->bar.chord, from->chord, sizeof(from->chord));
	r->bar.n_chords = from->n_chords;
	r->bar.n_cells = from->n_cells;
}

static void begin_bar(struct reader *r)
{
	r->bar = (struct ireal_bar){0};
	r->only_blanks = true;
	r->is_repeat_1 = r->is_repeat_2 = false;
}

/** Marks behind the last bar's line are of that bar. */
static void hand_back(struct reader *r, unsigned marks)
{
	struct ireal_bar *bar = last_bar(r);
	if (!bar)
		return;
	bar->marks |= (uint8_t)(r->bar.marks & marks);
	r->bar.marks &= (uint8_t)~marks;
	if (r->bar.until)
		bar->until = r->bar.until;
	r->bar.until = 0;
}

/** A bar line. `closes`: of the sort after which blanks are no bar. */
static void end_bar(struct reader *r, bool closes)
{
	const bool is_bar = !r->only_blanks || (r->bar.n_cells > 0 && !r->is_closed) || r->owes_second;
	if (is_bar && r->bar.n_cells > 0 && !r->error) {
		if (r->chart->n_bars >= IREAL_BARS_MAX) {
			r->error = score_error(r->report, "nvx1.limit.measures", r->where,
				"more than %u bars", IREAL_BARS_MAX);
			return;
		}
		if (score_reserve(r->alloc, (void **)&r->chart->bar, &r->chart->cap, r->chart->n_bars + 1,
			    sizeof(r->bar)) < 0) {
			r->error = -ENOMEM;
			return;
		}
		const bool second = r->owes_second && r->only_blanks;
		r->owes_second = r->is_repeat_2;
		if (r->is_repeat_1)
			copy_chords(r, 1);
		else if (r->is_repeat_2 || second)
			copy_chords(r, 2);
		r->chart->bar[r->chart->n_bars++] = r->bar;
		begin_bar(r);
		r->is_closed = false;
	} else {
		/* what was said about a bar is of the next one, but for where it ends */
		if (closes)
			hand_back(r, IREAL_DACAPO | IREAL_DALSEGNO);
		r->bar.n_cells = r->bar.n_chords = 0;
		r->only_blanks = true;
	}
	r->is_closed |= closes;
}

static void cell(struct reader *r)
{
	if (r->bar.n_cells < IREAL_CELLS_MAX)
		r->bar.n_cells++;
}

static void add_chord(struct reader *r, const char *symbol)
{
	r->only_blanks = false;
	if (r->bar.n_chords < sizeof(r->bar.chord) / sizeof(r->bar.chord[0]) &&
		r->bar.n_cells < IREAL_CELLS_MAX) {
		struct ireal_chord *chord = &r->bar.chord[r->bar.n_chords++];
		chord->cell = r->bar.n_cells;
		(void)snprintf(chord->symbol, sizeof(chord->symbol), "%s", symbol);
	} else {
		score_warn(r->report, "IMPORT_TECHNIQUE_DROPPED_003", r->where,
			"a bar has more chords than beats: %s", symbol);
	}
	cell(r);
}

/** [A-G] and an accidental. @return bytes. */
static size_t tone(const char *at)
{
	return *at < 'A' || *at > 'G' ? 0 : at[1] == 'b' || at[1] == '#' ? 2 : 1;
}

/** What stands behind a root, up to the bass. */
static size_t quality(const char *at)
{
	static const char *const words[] = {"sus", "alt", "add", "maj", "dim", "aug", "min"};
	size_t n = 0;
	for (;;) {
		size_t step = 0;
		for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]) && step == 0; i++)
			if (strncmp(at + n, words[i], 3) == 0)
				step = 3;
		if (step == 0 && at[n] && strchr("+-^hob#0123456789", at[n]))
			step = 1;
		if (step == 0)
			return n;
		n += step;
	}
}

/** Put a quality into the words that all notations know. */
static void rewrite(const char *from, size_t n, char *to, size_t room)
{
	size_t k = 0;
	for (size_t i = 0; i < n && k + 6 < room; i++) {
		const char *text = NULL;
		const bool bare = i + 1 == n || !isdigit((unsigned char)from[i + 1]);
		switch (from[i]) {
		case '^':
			text = bare ? "maj7" : "maj";
			break;
		case '-':
			text = "m";
			break;
		case 'h': /* the fifth is told behind the seventh, ninth, eleventh */
			to[k++] = 'm';
			if (bare)
				to[k++] = '7';
			while (i + 1 < n && isdigit((unsigned char)from[i + 1]) && k + 6 < room)
				to[k++] = from[++i];
			text = "b5";
			break;
		case 'o':
			text = "dim";
			break;
		default:
			to[k++] = from[i];
		}
		if (text)
			k += (size_t)snprintf(to + k, room - k, "%s", text);
	}
	to[k] = '\0';
}

/** A chord at `at`; "W" stands for the root and quality of the one before. @return bytes. */
static size_t read_chord(struct reader *r, const char *at)
{
	char symbol[2 * IREAL_SYMBOL_MAX], kind[IREAL_SYMBOL_MAX] = "";
	struct mos_chord parsed;
	size_t n = *at == 'W' ? 1 : tone(at);
	const size_t n_root = n;
	if (*at != 'W') {
		size_t q = quality(at + n);
		const char *end = at[n + q] == '*' ? strchr(at + n + q + 1, '*') : NULL;
		if (end && end - at < 24 && !memchr(at + n, '|', (size_t)(end - at) - n)) {
			/* a quality that its writer typed */
			(void)snprintf(kind, sizeof(kind), "%.*s", (int)(end - at - (ptrdiff_t)(n + q) - 1),
				at + n + q + 1);
			n = (size_t)(end - at) + 1;
			n += quality(at + n);
		} else {
			rewrite(at + n, q, kind, sizeof(kind));
			n += q;
		}
		(void)snprintf(r->root, sizeof(r->root), "%.*s%s", (int)n_root, at, kind);
	}
	size_t bass = at[n] == '/' ? tone(at + n + 1) : 0;
	(void)snprintf(symbol, sizeof(symbol), "%s%.*s", r->root, bass ? (int)bass + 1 : 0, at + n);
	n += bass ? bass + 1 : 0;
	if (!r->root[0])
		score_warn(r->report, "IMPORT_PARSE_001", r->where, "a bass without a chord before it");
	else if (strlen(symbol) >= IREAL_SYMBOL_MAX || mos_chord_parse(symbol, SIZE_MAX, &parsed, NULL) < 0) {
		score_warn(r->report, "IMPORT_TECHNIQUE_DROPPED_003", r->where,
			"the chord %.40s is read as %.*s", symbol, (int)n_root, r->root);
		(void)snprintf(symbol, sizeof(symbol), "%.*s", (int)n_root, r->root);
	}
	(void)snprintf(r->last, sizeof(r->last), "%.*s", IREAL_SYMBOL_MAX - 1, symbol);
	add_chord(r, r->last);
	return n;
}

static size_t read_meter(struct reader *r, const char *at)
{
	if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]))
		return 0;
	r->bar.meter_num = (uint16_t)(at[0] - '0');
	r->bar.meter_den = (uint16_t)(at[1] - '0');
	if (r->bar.meter_num == 1 && r->bar.meter_den == 2) {
		r->bar.meter_num = 12;
		r->bar.meter_den = 8;
	}
	if (r->bar.meter_num == 0 ||
		(r->bar.meter_den != 2 && r->bar.meter_den != 4 && r->bar.meter_den != 8)) {
		score_warn(r->report, "IMPORT_PARSE_001", r->where, "a meter of %.2s is none", at);
		r->bar.meter_num = r->bar.meter_den = 0;
	}
	return 2;
}

static bool has(const char *text, const char *words)
{
	return strcasestr(text, words) != NULL;
}

/** What is written above a bar, one behind the other. */
static void add_text(struct reader *r, struct ireal_bar *bar, const char *text)
{
	const size_t n = strlen(bar->text), room = sizeof(bar->text) - n;
	if ((size_t)snprintf(bar->text + n, room, "%s%s", n ? "; " : "", text) >= room)
		score_warn(r->report, "IMPORT_TECHNIQUE_DROPPED_003", r->where,
			"a bar has more than %zu bytes of text: the rest is left out", sizeof(bar->text) - 1);
}

/** "3x", "3": how often a section is played. @return 0: something else. */
static unsigned read_times(const char *text)
{
	unsigned times = 0;
	for (; isdigit((unsigned char)*text) && times < 100; text++)
		times = times * 10 + (unsigned)(*text - '0');
	return (*text == '\0' || strcmp(text, "x") == 0) && times >= 2 ? times : 0;
}

/** "<*18D.C. al Fine>": where it is drawn does not matter. @return bytes behind the "<". */
static size_t read_text(struct reader *r, const char *at)
{
	const char *end = strchr(at, '>');
	const size_t n = end ? (size_t)(end - at) : strcspn(at, "|");
	char text[IREAL_TEXT_MAX], *from = text;
	if (!end || n >= sizeof(text))
		score_warn(r->report, "IMPORT_PARSE_001", r->where,
			end ? "the text %.20s... is too long" : "the text %.20s has no end", at);
	(void)snprintf(text, sizeof(text), "%.*s", n > sizeof(text) - 1 ? (int)sizeof(text) - 1 : (int)n, at);
	/* the height is two digits; what follows may be a number too */
	if (from[0] == '*' && isdigit((unsigned char)from[1]) && isdigit((unsigned char)from[2]))
		from += 3;
	from += strspn(from, " ");
	for (size_t k = strlen(from); k > 0 && from[k - 1] == ' '; k--)
		from[k - 1] = '\0';
	const unsigned times = read_times(from);
	if (times) {
		r->bar.times = (uint8_t)(times > 99 ? 99 : times);
		return n + (end != NULL);
	}
	const bool segno = has(from, "D.S."), capo = has(from, "D.C.");
	if (segno || capo) {
		r->bar.marks |= segno ? IREAL_DALSEGNO : IREAL_DACAPO;
		r->bar.until = has(from, "coda") ? IREAL_CODA : has(from, "fine") ? IREAL_FINE : 0;
	} else if (has(from, "fine")) {
		r->bar.marks |= IREAL_FINE;
	}
	if (*from && (!segno && !capo ? !has(from, "fine") || strlen(from) > 5 : has(from, "end")))
		add_text(r, &r->bar, from);
	return n + (end != NULL);
}

static void close_repeat(struct reader *r)
{
	const bool empty = r->only_blanks && !r->owes_second;
	struct ireal_bar *bar = empty ? last_bar(r) : &r->bar;
	if (bar)
		bar->repeat_end = true;
	if (empty && bar && r->bar.times) {
		bar->times = r->bar.times;
		r->bar.times = 0;
	}
	if (empty)
		hand_back(r, UINT8_MAX);
	end_bar(r, true);
}

/** A coda's sign: the first is where to leave, at the end of its bar; one at the beginning of a bar is the
 * coda. */
static void coda(struct reader *r)
{
	r->bar.marks |= r->only_blanks && r->n_codas > 0 ? IREAL_CODA : IREAL_TO_CODA;
	r->n_codas++;
}

static size_t read_token(struct reader *r, const char *at)
{
	switch (*at) {
	case ' ':
		cell(r);
		return 1;
	case '|':
		if (at[1] == '|') {
			r->bar.is_double = true;
			end_bar(r, false);
			return 2;
		}
		end_bar(r, false);
		return 1;
	case '[':
	case ']':
		r->bar.is_double = !r->only_blanks;
		end_bar(r, true);
		return 1;
	case 'Z':
		r->bar.is_final = !r->only_blanks;
		end_bar(r, true);
		return 1;
	case '{':
		end_bar(r, true);
		r->bar.repeat_start = true;
		return 1;
	case '}':
		close_repeat(r);
		return 1;
	case '*':
		if (at[1])
			r->bar.section = at[1];
		return at[1] ? 2 : 1;
	case 'T':
		return 1 + read_meter(r, at + 1);
	case 'N':
		if (isdigit((unsigned char)at[1]))
			r->bar.ending = at[1] == '0' ? UINT8_MAX : (uint8_t)(at[1] - '0');
		return at[1] ? 2 : 1;
	case '<':
		return 1 + read_text(r, at + 1);
	case '(': { /* other chords that would do */
		const size_t n = strcspn(at, ")|");
		r->n_others += at[n] == ')';
		return at[n] == ')' ? n + 1 : 1;
	}
	case 'x':
		r->is_repeat_1 = true;
		r->only_blanks = false;
		cell(r);
		return 1;
	case 'r':
		r->is_repeat_2 = true;
		r->only_blanks = false;
		cell(r);
		return 1;
	case 'p':
		r->only_blanks = false;
		cell(r); /* the chord goes on */
		return 1;
	case 'n':
		add_chord(r, "N.C.");
		return 1;
	case 'S':
		r->bar.marks |= IREAL_SEGNO;
		return 1;
	case 'Q':
		coda(r);
		return 1;
	case 'U':
		r->bar.marks |= IREAL_FINE;
		return 1;
	case 'W':
		return read_chord(r, at);
	default:
		return tone(at) ? read_chord(r, at) : 1; /* size, height, fermata: how it looks */
	}
}

static char *expand(const char *music, const struct score_alloc *alloc)
{
	char *text = score_zalloc(alloc, strlen(music) + 1, 1), *to = text;
	while (text && *music) {
		size_t n = 0;
		for (unsigned i = 0; i < sizeof(shorthand) / sizeof(shorthand[0]) && n == 0; i++)
			if (strncmp(music, shorthand[i].token, strlen(shorthand[i].token)) == 0) {
				n = strlen(shorthand[i].token);
				to = stpcpy(to, shorthand[i].text);
			}
		if (n == 0)
			*to++ = *music;
		music += n ? n : 1;
	}
	return text;
}

int ireal_read_bars(const char *music, const struct score_alloc *alloc, struct score_report *report,
	const char *where, struct ireal_chart *ret)
{
	struct reader r = {.chart = ret, .alloc = alloc, .report = report, .where = where, .is_closed = true};
	char *text = expand(music, alloc);
	if (!text)
		return -ENOMEM;
	begin_bar(&r);
	for (const char *at = text; *at && r.error == 0;)
		at += read_token(&r, at);
	end_bar(&r, true);
	hand_back(&r, UINT8_MAX);
	if (ret->n_bars && r.bar.text[0])
		add_text(&r, last_bar(&r), r.bar.text);
	score_free(alloc, text);
	if (r.n_others)
		score_warn(report, "IMPORT_TECHNIQUE_DROPPED_003", where,
			"%u times chords in brackets, which would do too, are left out", r.n_others);
	if (r.error == 0 && ret->n_bars == 0)
		return score_error(report, "IMPORT_PARSE_001", where, "the chart has no bars");
	return r.error;
}
