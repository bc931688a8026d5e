/* SPDX-License-Identifier: MIT */
/*
 * The ABC corpus against what abc2midi and abcjs found in it (expected.tsv, see the README.md there): FMT-05
 * (ABC in, books of many tunes), FMT-08 (played notes and length by the score's own order), FMT-09, FMT-10,
 * FMT-11 (what leaves as ABC comes back equal), NVX-17. Needs MOS_CORPORA, or ../shared/corpora beside the
 * source; skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <score/abc.h>
#include <score/format.h>

#include <score/order.h>

#define CORPUS "abc"
#include "corpus.h"

#define MAX_COLUMNS 64
#define MAX_GROUPS 16

static struct score_report report;

/* ---- the corpus ---- */

struct book {
	char name[128];
	uint8_t *data;
	size_t size, at; /**< where the tune begins */
	unsigned index;
};

struct table {
	char *text, *next;
	char *column[MAX_COLUMNS], *cell[MAX_COLUMNS];
	unsigned n_columns;
};

static unsigned split(char *line, char *cell[MAX_COLUMNS])
{
	unsigned n = 0;
	for (char *rest = line; rest && n < MAX_COLUMNS;)
		cell[n++] = strsep(&rest, "\t");
	return n;
}

static struct table open_table(void)
{
	struct table t = {.text = (char *)read_corpus("expected.tsv").data};
	t.next = t.text;
	t.n_columns = split(strsep(&t.next, "\n"), t.column);
	return t;
}

static int next_row(struct table *t)
{
	char *line = t->next ? strsep(&t->next, "\n") : NULL;
	return line && *line && split(line, t->cell) == t->n_columns;
}

static const char *cell(const struct table *t, const char *column)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		if (strcmp(t->column[i], column) == 0)
			return t->cell[i];
	cr_assert(false, "expected.tsv has no column %s", column);
	return "";
}

static long number(const struct table *t, const char *column)
{
	return strtol(cell(t, column), NULL, 10);
}

/** Go to the row's tune: rows come in the order of the files. */
static void find_tune(struct book *book, const struct table *t)
{
	const char *name = cell(t, "file");
	const unsigned index = (unsigned)number(t, "index");
	if (strcmp(book->name, name) != 0) {
		free(book->data);
		*book = (struct book){0};
		(void)snprintf(book->name, sizeof(book->name), "%s", name);
		const struct bytes b = read_corpus(name);
		book->data = b.data;
		book->size = b.size;
	}
	while (book->index < index) {
		book->at = abc_next_tune(book->data, book->size, book->index ? book->at + 2 : 0);
		book->index++;
	}
	cr_assert_lt(book->at, book->size, "FMT-05: %s has no tune %u", name, index);
}

static struct score *import(const uint8_t *data, size_t size, size_t at)
{
	struct nvx_draft draft;
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	if (abc_import_at(data, size, at, &draft) < 0)
		nvx_draft_finish(&draft);
	else
		(void)nvx_finish(&draft, NULL, &score);
	return score;
}

/* ---- what the table counts ---- */

struct facts {
	long notes, rests, graces, chords, words_like_chords, measures;
	long played_notes;
	double played_quarters;
	int has_ornaments;
	char key[16], meter[16];
};

static int by_id(const void *a, const void *b)
{
	const nvx_id x = *(const nvx_id *)a, y = *(const nvx_id *)b;
	return x < y ? -1 : x > y;
}

static void count_notation(const struct score *score, struct facts *f, nvx_id *grace, size_t *ret_n_grace)
{
	size_t n_grace = 0;
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *n = score_notation(score, i);
		if (n->e.kind == NVX_NOTATION_TEXT) {
			const char *text = score_text(score, n->text);
			f->words_like_chords += text[0] >= 'A' && text[0] <= 'G' && n->style == NVX_TEXT_NONE;
			f->has_ornaments |= n->style == NVX_TEXT_TECHNIQUE;
		}
		if (n->e.kind != NVX_NOTATION_EVENT)
			continue;
		uint32_t count;
		const nvx_id *ids = nvx_items(score->pool, n->note_ids, &count);
		f->has_ornaments |= n->ornaments != 0;
		if (n->is_grace) {
			f->graces++;
			for (uint32_t k = 0; k < count; k++)
				grace[n_grace++] = ids[k];
		} else if (count) {
			f->notes += count;
		} else {
			f->rests++;
		}
	}
	qsort(grace, n_grace, sizeof(*grace), by_id);
	*ret_n_grace = n_grace;
}

static void play(const struct score *score, struct facts *f, const nvx_id *grace, size_t n_grace)
{
	struct score_play_order order;
	int64_t last = 0;
	cr_assert_eq(
		score_play_order(score, &score_heap, &report, &order), 0, "FMT-08: an order without end");
	for (uint32_t p = 0; p < score->n_parts; p++)
		for (uint32_t i = 0; i < score->part[p]->note.n; i++) {
			const struct nvx_note *note = score_part_note(score->part[p], i);
			if (n_grace && bsearch(&note->id, grace, n_grace, sizeof(*grace), by_id))
				continue;
			for (uint32_t k = 0; k < order.n; k++) {
				const struct score_run *run = &order.run[k];
				const int64_t in = note->tick - run->written_tick;
				if (in < 0 || in >= run->duration_ticks)
					continue;
				f->played_notes++;
				if (run->played_tick + in + note->duration_ticks > last)
					last = run->played_tick + in + note->duration_ticks;
			}
		}
	f->played_quarters = (double)last / NVX_PPQ;
	score_play_order_finish(&order);
}

static void name_key(const struct nvx_key *key, char *to, size_t size)
{
	static const char *const modes[] = {"", "m", "", "Dor", "Phr", "Lyd", "Mix", "m", "Loc"};
	if (key->step == NVX_KEY_NONE)
		(void)snprintf(to, size, "none");
	else
		(void)snprintf(to, size, "%c%s%s", "CDEFGAB"[key->step],
			key->alter > 0   ? "#"
			: key->alter < 0 ? "b"
					 : "",
			modes[key->mode]);
}

static struct facts count(const struct score *score)
{
	struct facts f = {.chords = score_n_chord(score), .measures = score_n_measure(score)};
	nvx_id *grace = calloc(score_n_notes(score) + 1, sizeof(*grace));
	size_t n_grace;
	count_notation(score, &f, grace, &n_grace);
	play(score, &f, grace, n_grace);
	free(grace);
	name_key(score_key_at(score, 0), f.key, sizeof(f.key));
	const struct nvx_meter *meter = score_meter_at(score, 0);
	(void)snprintf(f.meter, sizeof(f.meter), "%u/%u", meter->num, meter->den);
	return f;
}

/* ---- counting bars by another way: what stands between bar lines ---- */

/** Music lines without words between quotation marks, decorations, fields in brackets and comments. */
static size_t strip(const char *from, size_t n, char *to)
{
	size_t out = 0;
	int in_body = 0;
	for (size_t i = 0; i < n;) {
		size_t end = i;
		while (end < n && from[end] != '\n')
			end++;
		const char *line = from + i;
		const size_t len = end - i;
		i = end + 1;
		size_t blank = 0;
		while (blank < len && (unsigned char)line[blank] <= ' ')
			blank++;
		if (blank == len && in_body)
			break;
		if (len > 1 && line[1] == ':' && line[0] != '|' && line[0] != ':' &&
			!(in_body && line[2] == '|')) {
			in_body |= line[0] == 'K';
			continue;
		}
		if (!in_body || len == 0 || line[0] == '%')
			continue;
		for (size_t k = 0; k < len; k++) {
			const char c = line[k];
			if (c == '%')
				break;
			const char closing = c == '"' ? '"' : c == '!' ? '!' : 0;
			const char *mate = closing ? memchr(line + k + 1, closing, len - k - 1) : NULL;
			if (c == '[' && k + 2 < len && line[k + 2] == ':' && line[k + 1] >= 'A')
				mate = memchr(line + k, ']', len - k);
			if (mate && (c != '!' || !memchr(line + k, ' ', (size_t)(mate - line) - k)))
				k = (size_t)(mate - line);
			else if (c != '{' || !(mate = memchr(line + k, '}', len - k)))
				to[out++] = c;
			else
				k = (size_t)(mate - line);
		}
	}
	return out;
}

static long count_bars(const struct book *book)
{
	const size_t end = abc_next_tune(book->data, book->size, book->at + 2);
	char *text = malloc(end - book->at + 1);
	const size_t n = strip((const char *)book->data + book->at, end - book->at, text);
	long bars = 0;
	int has_music = 0;
	for (size_t i = 0; i < n; i++) {
		const char c = text[i], next = i + 1 < n ? text[i + 1] : 0;
		if ((c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g') || c == 'z' || c == 'x' || c == 'Z')
			has_music = 1;
		const int is_line = c == '|' || (c == ':' && (next == ':' || next == '|')) ||
				    (c == '[' && ((next >= '1' && next <= '9') || next == '|'));
		if (is_line && has_music) {
			bars++;
			has_music = 0;
		}
	}
	free(text);
	return bars + has_music;
}

/**
 * Strings of the body, annotations too, that begin with A to G. The table's n_chord_strings also counts a
 * closing quotation mark before a note, as in "4"A, and words in the header.
 */
static long count_strings(const struct book *book)
{
	const char *text = (const char *)book->data + book->at;
	const char *end = (const char *)book->data + abc_next_tune(book->data, book->size, book->at + 2);
	long n = 0;
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		line_end = line_end ? line_end : end;
		const int is_field =
			line_end - text > 1 && text[1] == ':' && text[0] != '|' && text[0] != ':';
		for (const char *c = text; !is_field && c < line_end && *c != '%'; c++) {
			const char *mate = *c == '"' ? memchr(c + 1, '"', (size_t)(line_end - c - 1)) : NULL;
			if (!mate)
				continue;
			const char *first =
				c + 1 + (c[1] == '^' || c[1] == '_' || c[1] == '<' || c[1] == '>');
			while (*first == ' ')
				first++;
			n += *first >= 'A' && *first <= 'G';
			c = mate;
		}
		text = line_end + 1;
	}
	return n;
}

/* ---- where we know better ---- */

struct known {
	const char *file;
	unsigned index;
	const char *what, *why;
};
static const struct known known[] = {
#include "abc_known.h"
};

static const char *why(const struct table *t, const char *what)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].file, cell(t, "file")) == 0 &&
			known[i].index == (unsigned)number(t, "index") && strcmp(known[i].what, what) == 0)
			return known[i].why;
	return NULL;
}

enum fact { KEY, METER, BARS, CHORDS, NOTES, RESTS, GRACES, PLAYED, LENGTH, N_FACTS };
static const char *const fact_names[] = {
	"key", "meter", "bars", "chords", "notes", "rests", "graces", "played", "length"};

struct group {
	char name[32];
	unsigned n, passed[N_FACTS], explained[N_FACTS], wrong[N_FACTS], asked[N_FACTS];
};

static void judge(struct group *g, enum fact fact, int equal, int explained, const struct table *t,
	const char *ours, const char *theirs)
{
	g->asked[fact]++;
	if (equal) {
		g->passed[fact]++;
	} else if (explained || why(t, fact_names[fact])) {
		g->explained[fact]++;
	} else {
		g->wrong[fact]++;
		printf("  %s %s %s: %s, expected %s (%s)\n", cell(t, "file"), cell(t, "index"),
			fact_names[fact], ours, theirs, cell(t, "title"));
	}
}

static void judge_number(
	struct group *g, enum fact fact, long ours, long theirs, int explained, const struct table *t)
{
	char a[32], b[32];
	(void)snprintf(a, sizeof(a), "%ld", ours);
	(void)snprintf(b, sizeof(b), "%ld", theirs);
	judge(g, fact, ours == theirs, explained, t, a, b);
}

static void judge_tune(struct group *g, const struct facts *f, const struct book *book, const struct table *t)
{
	/* abcjs takes the line "Y:AAB", which no version of ABC knows, for music: key and notes come out
	 * wrong there */
	const size_t end = abc_next_tune(book->data, book->size, book->at + 2);
	const int has_y = memmem(book->data + book->at, end - book->at, "\nY:", 3) != NULL;
	const char *meter = cell(t, "js_meter");
	g->n++;
	judge(g, KEY, strcmp(f->key, cell(t, "js_key")) == 0, has_y && strcmp(cell(t, "js_key"), "none") == 0,
		t, f->key, cell(t, "js_key"));
	judge(g, METER, !strchr(meter, '/') || strcmp(f->meter, meter) == 0, 0, t, f->meter, meter);
	if (number(t, "js_voices") < 2 && number(t, "has_voices") == 0)
		judge_number(g, BARS, f->measures, count_bars(book), 0, t);
	/* a second symbol at one place is kept as text; words that begin with A to G are no chords */
	const long strings = number(t, "n_chord_strings");
	const long ours = f->chords + f->words_like_chords;
	judge_number(g, CHORDS, f->chords, strings,
		f->chords == number(t, "js_chords") || ours == strings || ours == count_strings(book), t);
	judge_number(g, NOTES, f->notes, number(t, "js_notes"), has_y, t);
	judge_number(g, RESTS, f->rests, number(t, "js_rests"), 0, t);
	judge_number(g, GRACES, f->graces, number(t, "js_grace"), 0, t);
	if (strcmp(cell(t, "agree"), "notes length") != 0)
		return;
	/* the peers play trills and rolls out; here they are notation */
	judge_number(g, PLAYED, f->played_notes, number(t, "js_played_notes"), f->has_ornaments, t);
	const double theirs = strtod(cell(t, "js_quarters"), NULL);
	char quarters[32];
	(void)snprintf(quarters, sizeof(quarters), "%.3f", f->played_quarters);
	judge(g, LENGTH, f->played_quarters > theirs - 0.03 && f->played_quarters < theirs + 0.03, 0, t,
		quarters, cell(t, "js_quarters"));
}

static struct group *group_of(struct group *groups, unsigned *n, const char *name)
{
	for (unsigned i = 0; i < *n; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	cr_assert_lt(*n, MAX_GROUPS);
	(void)snprintf(groups[*n].name, sizeof(groups[*n].name), "%s", name);
	return &groups[(*n)++];
}

Test(abc, fmt05_facts_of_every_tune, .timeout = 120)
{
	struct table t = open_table();
	struct book book = {0};
	struct group groups[MAX_GROUPS] = {0};
	unsigned n_groups = 0, n_refused = 0, n_wrong = 0;
	while (next_row(&t)) {
		find_tune(&book, &t);
		struct score *score = import(book.data, book.size, book.at);
		struct group *g = group_of(groups, &n_groups, cell(&t, "collection"));
		if (!score) {
			printf("  %s %s refused: %s: %s\n", cell(&t, "file"), cell(&t, "index"),
				report.error[0].where, report.error[0].reason);
			n_refused++;
			continue;
		}
		const struct facts f = count(score);
		judge_tune(g, &f, &book, &t);
		score_unref(score);
	}
	printf("FMT-05 %-14s tunes", "");
	for (unsigned k = 0; k < N_FACTS; k++)
		printf(" %15s", fact_names[k]);
	printf("\n(equal + differing for a known reason / asked)\n");
	for (unsigned i = 0; i < n_groups; i++) {
		printf("FMT-05 %-14s %5u", groups[i].name, groups[i].n);
		for (unsigned k = 0; k < N_FACTS; k++) {
			char text[32];
			(void)snprintf(text, sizeof(text), "%u+%u/%u", groups[i].passed[k],
				groups[i].explained[k], groups[i].asked[k]);
			printf(" %15s", text);
			n_wrong += groups[i].wrong[k];
		}
		printf("\n");
	}
	free(book.data);
	free(t.text);
	cr_assert_eq(n_refused, 0, "FMT-05: %u tunes were refused", n_refused);
	cr_assert_eq(n_wrong, 0, "FMT-05, FMT-08: %u facts differ", n_wrong);
}

Test(abc, fmt11_export_reads_back_equal, .timeout = 120)
{
	struct table t = open_table();
	struct book book = {0};
	unsigned n = 0, n_equal = 0;
	while (next_row(&t)) {
		find_tune(&book, &t);
		struct score *score = import(book.data, book.size, book.at);
		struct score_bytes out;
		cr_assert_not_null(score);
		score_bytes_init(&out, &score_heap);
		memset(&report, 0, sizeof(report));
		cr_assert_eq(abc_export(score, &out, &report), 0);
		struct score *again = import(out.data, out.n, 0);
		cr_assert_not_null(
			again, "FMT-11: %s %s cannot be read back", cell(&t, "file"), cell(&t, "index"));
		n++;
		if (score_same_state(score, again))
			n_equal++;
		else
			printf("  %s %s differs\n", cell(&t, "file"), cell(&t, "index"));
		score_unref(score);
		score_unref(again);
		score_bytes_finish(&out);
	}
	printf("FMT-11 ABC -> score -> ABC -> score: %u of %u equal\n", n_equal, n);
	free(book.data);
	free(t.text);
	cr_assert(n > 1000 && n_equal == n, "FMT-11: %u of %u come back equal", n_equal, n);
}

Test(abc, fmt05_index_and_offset_agree)
{
	const struct bytes b = read_corpus("nottingham/jigs.abc");
	uint8_t *data = b.data;
	const size_t size = b.size;
	const uint32_t n = abc_count(data, size);
	cr_assert_gt(n, 200, "FMT-05: %u tunes in a book of jigs", n);
	size_t at = 0;
	for (uint32_t i = 0; i < n; i++) {
		at = abc_next_tune(data, size, i ? at + 2 : 0);
		if (i % 40)
			continue;
		struct score *by_offset = import(data, size, at), *by_index = NULL;
		struct nvx_draft draft;
		memset(&report, 0, sizeof(report));
		cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
		draft.repair = 1;
		cr_assert_eq(abc_import_tune(data, size, i, &draft), 0);
		cr_assert_eq(nvx_finish(&draft, NULL, &by_index), 0);
		cr_assert(score_same_state(by_offset, by_index), "FMT-09: tune %u differs", i);
		score_unref(by_offset);
		score_unref(by_index);
	}
	cr_assert_eq(abc_next_tune(data, size, at + 2), size);
	free(data);
}
