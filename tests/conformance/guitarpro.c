/* SPDX-License-Identifier: MIT */
/*
 * The Guitar Pro corpus (shared/corpora/guitarpro) against what alphaTab and two other readers found in it
 * (expected.tsv, see the README.md there): FMT-04 (GP3, GP4, GP5, GPX and .gp in), FMT-08, FMT-09, NVX-13
 * (string and fret give the pitch), NVX-14 (diagrams). Needs MOS_CORPORA, or ../shared/corpora beside the
 * source; skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <score/format.h>

#define CORPUS "guitarpro"
#include "corpus.h"

/* expected.tsv: the first line names the columns. */

#define MAX_COLUMNS 80

struct table {
	char *column[MAX_COLUMNS];
	unsigned n_columns;
	char *next_line;
};

static unsigned split(char *line, char *cell[MAX_COLUMNS])
{
	unsigned n = 0;
	for (char *rest = line; rest && n < MAX_COLUMNS;)
		cell[n++] = strsep(&rest, "\t");
	return n;
}

static int next_row(struct table *t, char *cell[MAX_COLUMNS])
{
	char *line = strsep(&t->next_line, "\n");
	return line && *line && split(line, cell) == t->n_columns;
}

static struct table open_table(char *text)
{
	struct table t = {.next_line = text};
	t.n_columns = split(strsep(&t.next_line, "\n"), t.column);
	return t;
}

static const char *cell_of(const struct table *t, char *const cell[], const char *column)
{
	for (unsigned i = 0; i < t->n_columns; i++)
		if (strcmp(t->column[i], column) == 0)
			return cell[i];
	cr_assert(false, "expected.tsv has no column %s", column);
	return "";
}

/* ---- what a score has of each column ---- */

struct counts {
	long tracks, bars, notes, rests, grace, ties, tuplets, texts;
	long technique[NVX_TECHNIQUE_STACCATO + 1];
	long hopo, slides, chords, repeat_starts, repeat_ends, sections, lyrics;
	char meters[256], tuning[256], tempo[32], capo[16], programs[512];
};

[[gnu::format(printf, 3, 4)]] static void append(char *to, size_t size, const char *fmt, ...)
{
	const size_t n = strlen(to);
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(to + n, size - n, fmt, args);
	va_end(args);
}

static void count_events(const struct score *score, struct counts *c)
{
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *event = score_notation(score, i);
		uint32_t n;
		if (event->e.kind == NVX_NOTATION_TEXT && event->style == NVX_TEXT_EXPRESSION)
			c->texts++;
		if (event->e.kind != NVX_NOTATION_EVENT)
			continue;
		(void)nvx_items(score->pool, event->note_ids, &n);
		c->notes += n;
		c->rests += n == 0;
		c->grace += event->is_grace;
		c->tuplets += event->tuplet_id != 0;
	}
}

static int by_id(const void *a, const void *b)
{
	const nvx_id *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/** Notes that some event names; those of simile bars only sound. */
static long count_written(const struct score *score)
{
	nvx_id *ids = NULL;
	size_t n_ids = 0;
	long n_written = 0;
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *event = score_notation(score, i);
		uint32_t n;
		const nvx_id *id = nvx_items(score->pool, event->note_ids, &n);
		if (event->e.kind != NVX_NOTATION_EVENT || n == 0)
			continue;
		ids = realloc(ids, (n_ids + n) * sizeof(*ids));
		memcpy(ids + n_ids, id, n * sizeof(*ids));
		n_ids += n;
	}
	if (n_ids > 0)
		qsort(ids, n_ids, sizeof(*ids), by_id);
	for (size_t i = 0; i < n_ids; i++)
		n_written += i == 0 || ids[i] != ids[i - 1];
	free(ids);
	return n_written;
}

static void count_techniques(const struct score *score, struct counts *c)
{
	for (uint32_t i = 0; i < score_n_tab(score); i++) {
		uint32_t n, slides = 0;
		const struct nvx_technique_use *use =
			nvx_items(score->pool, score_tab(score, i)->techniques, &n);
		for (uint32_t k = 0; k < n; k++) {
			c->technique[use[k].type]++;
			slides += use[k].type == NVX_TECHNIQUE_SLIDE;
			c->hopo += use[k].type == NVX_TECHNIQUE_HAMMER_ON ||
				   use[k].type == NVX_TECHNIQUE_PULL_OFF;
		}
		c->slides += slides > 0;
	}
}

static void describe(const struct score *score, struct counts *c)
{
	const struct nvx_part *part = &score->part[0]->part;
	uint32_t n;
	const uint8_t *tuning = nvx_items(score->pool, part->tuning, &n);
	for (uint32_t i = 0; i < n; i++)
		append(c->tuning, sizeof(c->tuning), i ? " %u" : "%u", tuning[i]);
	for (uint32_t i = 0; i < score_n_meter(score); i++)
		append(c->meters, sizeof(c->meters), i ? " %u/%u" : "%u/%u", score_meter(score, i)->num,
			score_meter(score, i)->den);
	for (uint32_t i = 0; i < score->n_parts; i++)
		append(c->programs, sizeof(c->programs), i ? " %u" : "%u", score->part[i]->part.midi_program);
	append(c->capo, sizeof(c->capo), "%u", part->capo);
	const uint64_t ns = score_tempo_at(score, 0)->ns_per_quarter;
	append(c->tempo, sizeof(c->tempo), "%llu",
		(unsigned long long)((UINT64_C(60000000000) + ns / 2) / ns));
}

static struct counts count(const struct score *score)
{
	struct counts c = {.tracks = score->n_parts, .bars = score_n_measure(score)};
	count_events(score, &c);
	count_techniques(score, &c);
	describe(score, &c);
	c.chords = score_n_chord(score);
	c.sections = score_n_form(score);
	c.lyrics = score_n_lyric(score);
	for (uint32_t i = 0; i < score_n_measure(score); i++) {
		c.repeat_starts += score_measure(score, i)->repeat_start;
		c.repeat_ends += score_measure(score, i)->repeat_end > 0;
	}
	c.ties = c.notes - count_written(score);
	return c;
}

/* ---- import ---- */

static int import(const struct bytes *b, struct score_report *report, struct score **ret)
{
	const struct score_import how = {.alloc = &score_heap, .name = "file"};
	enum score_format format;
	return score_import(b->data, b->size, &how, report, ret, &format);
}

/** NVX-13: what stands on a string sounds as the tuning says, but dead notes and harmonics. @return notes
 * checked. */
static unsigned check_tab(const struct score *score, const char *file)
{
	unsigned n_checked = 0;
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct score_part *part = score->part[p];
		uint32_t n_strings;
		const uint8_t *tuning = nvx_items(score->pool, part->part.tuning, &n_strings);
		for (uint32_t t = 0; t < score_n_tab(score); t++) {
			const struct nvx_tab *tab = score_tab(score, t);
			if (tab->e.part_id != part->part.id)
				continue;
			uint32_t n;
			int is_free = 0;
			const struct nvx_technique_use *use = nvx_items(score->pool, tab->techniques, &n);
			for (uint32_t k = 0; k < n; k++)
				is_free |= use[k].type == NVX_TECHNIQUE_DEAD ||
					   use[k].type == NVX_TECHNIQUE_HARMONIC;
			cr_expect_leq(tab->string, n_strings, "NVX-13 %s: string %u", file, tab->string);
			if (is_free || tab->string > n_strings)
				continue;
			for (uint32_t i = nvx_seq_find(&part->note, tab->e.tick); i < part->note.n; i++) {
				const struct nvx_note *note = score_part_note(part, i);
				if (note->id != tab->e.note_id)
					continue;
				cr_expect_eq(tuning[tab->string - 1] + part->part.capo + tab->fret,
					note->pitch, "NVX-13 %s: tick %ld, string %u, fret %u, pitch %u",
					file, (long)note->tick, tab->string, tab->fret, note->pitch);
				n_checked++;
				break;
			}
		}
	}
	return n_checked;
}

/* ---- the table ---- */

/** Where we differ from the table, and why. */
static const struct known {
	const char *file, *what, *reason;
} known[] = {
	{"alphatab-gp3/slides.gp3", "slides", "a slide that leads to no note is kept; alphaTab drops it"},
	{"alphatab-gp7/bends-advanced.gp", "bends",
		"a tied chain is one note with one bend of all its points"},
	{"alphatab-gp7/pick-slide.gp", "slides", "scraping the pick is no slide to a note: extension"},
	{"alphatab-visual/effects-and-annotations-bend-vibrato.gp", "bends",
		"a tied chain is one note with one bend"},
	{"alphatab-visual/effects-and-annotations-dead-slap.gp", "rests",
		"a dead slap without notes is a marked rest"},
	{"alphatab-visual/general-colors.gp", "rests", "a dead slap without notes is a marked rest"},
	{"musescore/grace.gp5", "bends", "a grace that is bent to its note has the bend"},
	{"pyguitarpro/RSE.gp5", "rests", "an empty beat that changes an effect is a marked rest"},
};

/** A group of the corpus: a folder. */
struct group {
	char name[64];
	unsigned files, same, known, differing, refused;
};

struct check {
	const char *file;
	unsigned n_known, n_differences;
};

static void differ(struct check *check, const char *what, const char *is, const char *want)
{
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].file, check->file) == 0 && strcmp(known[i].what, what) == 0) {
			fprintf(stderr, "  %s: %s %s, listed %s: %s\n", check->file, what, is, want,
				known[i].reason);
			check->n_known++;
			return;
		}
	check->n_differences++;
	cr_expect(false, "FMT-04 %s: %s %s, listed %s", check->file, what, is, want);
}

static void expect_text(struct check *check, const char *what, const char *is, const char *want)
{
	if (strcmp(is, want) != 0)
		differ(check, what, is, want);
}

static void expect_number(struct check *check, const char *what, long is, const char *want)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%ld", is);
	expect_text(check, what, text, want);
}

/** Files that alphaTab does not open (clipboard): PyGuitarPro's columns. */
static void check_clipboard(
	const struct table *t, char *const cell[], const struct counts *c, struct check *check)
{
	expect_number(check, "tracks", c->tracks, cell_of(t, cell, "pgp_tracks"));
	expect_number(check, "bars", c->bars, cell_of(t, cell, "pgp_measures"));
	expect_number(check, "notes", c->notes - c->grace, cell_of(t, cell, "pgp_notes"));
	expect_text(check, "tempo", c->tempo, cell_of(t, cell, "pgp_tempo"));
}

static void check_row(const struct table *t, char *const cell[], const struct counts *c, struct check *check)
{
	const struct {
		const char *what, *column;
		long is;
	} number[] = {
		{"tracks", "at_tracks", c->tracks},
		{"bars", "at_bars", c->bars},
		{"notes", "at_notes", c->notes},
		{"rests", "rests", c->rests},
		{"graces", "grace_beats", c->grace},
		{"ties", "ties", c->ties},
		{"dead notes", "dead", c->technique[NVX_TECHNIQUE_DEAD]},
		{"harmonics", "harmonics", c->technique[NVX_TECHNIQUE_HARMONIC]},
		{"bends", "bends", c->technique[NVX_TECHNIQUE_BEND]},
		{"palm mutes", "palm_mute", c->technique[NVX_TECHNIQUE_PALM_MUTE]},
		{"let ring", "let_ring", c->technique[NVX_TECHNIQUE_LET_RING]},
		{"trills", "trills", c->technique[NVX_TECHNIQUE_TRILL]},
		{"hammer-ons and pull-offs", "hopo", c->hopo},
		{"slides", "slides", c->slides},
		{"chords", "chord_beats", c->chords},
		{"tuplet beats", "tuplet_beats", c->tuplets},
		{"texts", "text_beats", c->texts},
		{"repeat starts", "repeat_starts", c->repeat_starts},
		{"repeat ends", "repeat_ends", c->repeat_ends},
		{"sections", "sections", c->sections},
	};
	for (unsigned i = 0; i < sizeof(number) / sizeof(*number); i++)
		expect_number(check, number[i].what, number[i].is, cell_of(t, cell, number[i].column));
	expect_text(check, "meters", c->meters, cell_of(t, cell, "timesigs"));
	expect_text(check, "tempo", c->tempo, cell_of(t, cell, "tempo"));
	expect_text(check, "capo", c->capo, cell_of(t, cell, "capo0"));
	expect_text(check, "programs", c->programs, cell_of(t, cell, "programs"));
	expect_text(check, "tuning", c->tuning, cell_of(t, cell, "tuning0"));
}

static struct group *group_of(struct group *groups, unsigned *n, const char *file)
{
	const size_t len = strcspn(file, "/");
	for (unsigned i = 0; i < *n; i++)
		if (strlen(groups[i].name) == len && memcmp(groups[i].name, file, len) == 0)
			return &groups[i];
	cr_assert_lt(*n, 32);
	struct group *group = &groups[(*n)++];
	(void)snprintf(group->name, sizeof(group->name), "%.*s", (int)len, file);
	return group;
}

static void check_file(const struct table *t, char *const cell[], struct group *group, unsigned *n_tabs)
{
	static struct score_report report;
	const char *file = cell_of(t, cell, "file");
	struct bytes b = read_corpus(file);
	struct score *score = NULL, *again = NULL;
	struct check check = {.file = file};
	report = (struct score_report){};
	const int rc = import(&b, &report, &score);
	cr_expect_eq(rc, 0, "FMT-04 %s: %d: %s: %s: %s", file, rc, report.error[0].code,
		report.error[0].where, report.error[0].reason);
	group->files++;
	if (rc == 0) {
		const struct counts c = count(score);
		report = (struct score_report){};
		cr_expect_eq(import(&b, &report, &again), 0);
		cr_expect(score_same_state(score, again), "FMT-09 %s", file);
		*n_tabs += check_tab(score, file);
		if (strcmp(cell_of(t, cell, "at_rc"), "ok") == 0)
			check_row(t, cell, &c, &check);
		else
			check_clipboard(t, cell, &c, &check);
		score_unref(again);
		score_unref(score);
	}
	group->refused += rc != 0;
	group->differing += check.n_differences > 0;
	group->known += check.n_differences == 0 && check.n_known > 0;
	group->same += rc == 0 && check.n_differences == 0 && check.n_known == 0;
	free(b.data);
}

Test(guitarpro, FMT_04_corpus,
	.description = "FMT-04 FMT-08 FMT-09 NVX-13 nvx1.tab.pitch: every file of the corpus is what other "
		       "readers say")
{
	struct bytes text = read_corpus("expected.tsv");
	struct table t = open_table((char *)text.data);
	struct group groups[32] = {};
	char *cell[MAX_COLUMNS];
	unsigned n_groups = 0, n_tabs = 0;
	while (next_row(&t, cell))
		check_file(&t, cell, group_of(groups, &n_groups, cell_of(&t, cell, "file")), &n_tabs);
	fprintf(stderr, "%-20s %6s %6s %6s %10s %8s\n", "group", "files", "same", "known", "differing",
		"refused");
	for (unsigned i = 0; i < n_groups; i++)
		fprintf(stderr, "%-20s %6u %6u %6u %10u %8u\n", groups[i].name, groups[i].files,
			groups[i].same, groups[i].known, groups[i].differing, groups[i].refused);
	fprintf(stderr, "%u fretted notes sound as their string says (NVX-13)\n", n_tabs);
	cr_assert_gt(n_groups, 0);
	cr_assert_gt(n_tabs, 0);
	free(text.data);
}
