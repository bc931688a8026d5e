/* SPDX-License-Identifier: MIT */
/*
 * The MusicXML corpus against what was counted in its files (expected.tsv): FMT-02 (MusicXML in and out), FMT-09, HER-11.
 * Needs MOS_CORPORA, or ../shared/corpora beside the source; skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "musicxml_corpus.h"

#define MAX_GROUPS 16

/** Notes as they are written: a tied chain counts as often as it is drawn. */
static unsigned written_notes(const struct score *score)
{
	unsigned sum = 0;
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		uint32_t n = 0;
		if (score_notation(score, i)->e.kind == NVX_NOTATION_EVENT)
			(void)nvx_items(score->pool, score_notation(score, i)->note_ids, &n);
		sum += n;
	}
	return sum;
}

/** "3+2/8", "1/8+2/4" as one fraction. */
static void meter_of(const char *text, unsigned *num, unsigned *den)
{
	*num = 0;
	*den = 1;
	for (const char *at = text; *at;) {
		char *end;
		unsigned beats = 0, type = 4;
		for (;; at = end + 1) {
			beats += (unsigned)strtoul(at, &end, 10);
			if (*end != '+')
				break;
		}
		if (*end == '/')
			type = (unsigned)strtoul(end + 1, &end, 10);
		type = type ? type : 1;
		*num = *den > type ? *num + beats * (*den / type) : *num * (type / *den) + beats;
		*den = *den > type ? *den : type;
		at = *end == '+' ? end + 1 : "";
	}
}

/** Is "3/4" among the meters of the score or of a part? */
static int has_meter(const struct score *score, const char *text)
{
	unsigned num, den;
	meter_of(text, &num, &den);
	for (uint32_t i = 0; i < score_n_meter(score); i++) {
		if (score_meter(score, i)->num == num && score_meter(score, i)->den == den)
			return 1;
	}
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *e = score_notation(score, i);
		if (e->e.kind == NVX_NOTATION_METER && e->num == num && e->den == den)
			return 1;
	}
	return 0;
}

static int is_mode(const char *wanted, int none, unsigned mode)
{
	static const char *const names[] = {
#define X(constant, text) text,
		NVX_MODES(X, )
#undef X
	};
	if (!*wanted || strcmp(wanted, "major") == 0)
		return none || mode == NVX_MODE_MAJOR;
	return none ? strcmp(wanted, "none") == 0 : strcmp(wanted, names[mode]) == 0;
}

/** Is "-3:minor" among the keys that are written, in the score or a part? */
static int has_key(const struct score *score, const char *text)
{
	const int fifths = atoi(text);
	const char *colon = strchr(text, ':');
	const char *mode = colon ? colon + 1 : "";
	for (uint32_t i = 0; i < score_n_key(score); i++) {
		const struct nvx_key *k = score_key(score, i);
		if (k->fifths == fifths && is_mode(mode, k->step == NVX_KEY_NONE, k->mode))
			return 1;
	}
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *e = score_notation(score, i);
		if (e->e.kind == NVX_NOTATION_KEY && e->fifths == fifths &&
			is_mode(mode, e->key_step == NVX_KEY_NONE, e->key_mode))
			return 1;
	}
	return 0;
}

/** Each word of a list in `text`, by a predicate; the first that fails. */
static const char *first_missing(
	const struct score *score, const char *text, int (*has)(const struct score *score, const char *word))
{
	static char word[64];
	while (*text) {
		const size_t len = strcspn(text, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (len && !has(score, word))
			return word;
		text += len + (text[len] == ' ');
	}
	return NULL;
}

/* ---- what is known to differ, and why ---- */

static const struct {
	const char *file, *what, *reason;
} known[] = {
	{"lilypond/41h-TooManyParts.xml", "parts", "parts that the list lacks are parts all the same"},
	{"alphatab/partwise-staff-change.xml", "quarters",
		"a part without divisions has those of the part before"},
	{"music21-corpus/testTab.xml", "rests", "notes with neither pitch nor rest are rests"},
	{"music21-corpus/testTab.xml", "quarters", "notes without duration last as long as they look"},
	{"lilypond/13a-KeySignatures.xml", "keys", "keys beyond seven accidentals are kept as text"},
	{"musicxml-testsuite/13aa-KeySignatures-Extreme.xml", "keys",
		"keys beyond seven accidentals are kept as text"},
	{"musescore/testInvalidTimesig.xml", "meters", "a/b is no meter"},
	{"osmd/test_fingerings_multiple_per_note_sibelius.musicxml", "refused", "says UTF-16 and is UTF-8"},
};

static int is_known(const char *file, const char *what)
{
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(known[i].file, file) == 0 && strcmp(known[i].what, what) == 0)
			return 1;
	}
	return 0;
}

struct group {
	char name[64];
	unsigned files, passed, refused, differ;
};

static struct group *group_of(struct group *groups, const char *file)
{
	const size_t len = strcspn(file, "/");
	struct group *g = groups;
	while (g->name[0] && (strlen(g->name) != len || strncmp(g->name, file, len) != 0))
		g++;
	cr_assert_lt(g - groups, MAX_GROUPS);
	(void)snprintf(g->name, sizeof(g->name), "%.*s", (int)len, file);
	return g;
}

/** Quarters of all measures that hold something; empty ones last their meter and count nothing in the list.
 */
static double counted_quarters(const struct score *score)
{
	double sum = 0;
	uint8_t *full = calloc(score_n_measure(score), 1);
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		if (score_notation(score, i)->e.kind == NVX_NOTATION_EVENT)
			full[score_measure_at(score, score_notation(score, i)->e.tick)] = 1;
	}
	for (uint32_t i = 0; i < score_n_measure(score); i++)
		sum += full[i] ? score_measure(score, i)->duration_ticks / (double)NVX_PPQ : 0;
	free(full);
	return sum;
}

/** One of the lengths in "412 424 476": parts of different length, the score has the longest of each measure.
 */
static int length_agrees(const char *text, double quarters)
{
	double longest = 0;
	if (strcmp(text, "various") == 0)
		return 1;
	int n = 0;
	for (char *end; *text; text = end, n++) {
		const double value = strtod(text, &end);
		if (end == text)
			return 0;
		longest = value > longest ? value : longest;
	}
	return n == 0 ||
	       (n == 1 ? longest - quarters < 0.01 && quarters - longest < 0.01 : quarters >= longest - 0.01);
}

static int check(int ok, const char *file, const char *what, const char *want, double got)
{
	if (ok || is_known(file, what))
		return 1;
	cr_expect(0, "FMT-02 %s: %s: listed %s, got %g", file, what, want, got);
	return 0;
}

static int check_counts(const struct table *t, const char *file, const struct score *score)
{
	const unsigned n_notes =
		(unsigned)atoi(cell(t, "n_pitched")) + (unsigned)atoi(cell(t, "n_unpitched"));
	const char *missing;
	int ok = check(score->n_parts == (unsigned)atoi(cell(t, "n_parts")), file, "parts",
		cell(t, "n_parts"), score->n_parts);
	ok &= check(score_n_measure(score) == (unsigned)atoi(cell(t, "n_measures")), file, "measures",
		cell(t, "n_measures"), score_n_measure(score));
	ok &= check(
		written_notes(score) == n_notes, file, "notes", cell(t, "n_pitched"), written_notes(score));
	ok &= check(events(score, 1, 0) == (unsigned)atoi(cell(t, "n_rest")), file, "rests",
		cell(t, "n_rest"), events(score, 1, 0));
	ok &= check(length_agrees(cell(t, "part_quarters"), counted_quarters(score)) ||
			    length_agrees(cell(t, "part_quarters"), (double)score->end_tick / NVX_PPQ),
		file, "quarters", cell(t, "part_quarters"), counted_quarters(score));
	if (strcmp(cell(t, "root"), "score-timewise") != 0) {
		missing = first_missing(score, cell(t, "timesigs"), has_meter);
		ok &= check(!missing, file, "meters", missing ? missing : "", 0);
		missing = first_missing(score, cell(t, "keys"), has_key);
		ok &= check(!missing, file, "keys", missing ? missing : "", 0);
	}
	return ok;
}

Test(musicxml, FMT_02_corpus,
	.description = "FMT-02 FMT-09: every well-formed file imports, with the listed parts, measures, "
		       "notes, rests, "
		       "length, meters and keys; a malformed one is refused with line and column")
{
	struct table t = open_table();
	struct group groups[MAX_GROUPS + 1] = {};
	unsigned n = 0;
	while (next_row(&t)) {
		const char *file = cell(&t, "file");
		struct group *g = group_of(groups, file);
		struct bytes b = read_corpus(file);
		struct score *score;
		const int rc = import(b, &score);
		g->files++;
		n++;
		if (strcmp(cell(&t, "wellformed"), "yes") != 0) {
			cr_expect_eq(rc, -EINVAL, "HER-11 %s", file);
			cr_expect(strncmp(report.error[0].where, "line ", 5) == 0 &&
					  strstr(report.error[0].where, "column"),
				"HER-11 %s: %s", file, report.error[0].where);
			g->refused++;
		} else if (rc < 0) {
			cr_expect(0, "FMT-02 %s: %d, %s: %s", file, rc, report.error[0].where,
				report.error[0].reason);
			g->differ++;
		} else if (check_counts(&t, file, score)) {
			g->passed++;
		} else {
			g->differ++;
		}
		score_unref(score);
		free(b.data);
	}
	cr_expect_gt(n, 600);
	fprintf(stderr, "%-20s %6s %7s %8s %8s\n", "musicxml", "files", "passed", "refused", "differ");
	for (const struct group *g = groups; g->name[0]; g++)
		fprintf(stderr, "%-20s %6u %7u %8u %8u\n", g->name, g->files, g->passed, g->refused,
			g->differ);
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		fprintf(stderr, "known: %s: %s\n", known[i].file, known[i].reason);
	free(t.text);
}

Test(musicxml, FMT_02_deterministic, .description = "FMT-09: the same bytes give the same score, to the byte")
{
	struct table t = open_table();
	for (unsigned i = 0; next_row(&t) && i < 60; i++) {
		struct bytes b = read_corpus(cell(&t, "file"));
		struct score *x, *y;
		struct score_bytes p, q;
		score_bytes_init(&p, &score_heap);
		score_bytes_init(&q, &score_heap);
		if (import(b, &x) == 0 && import(b, &y) == 0) {
			cr_assert_eq(nvx_write(x, NVX_CANONICAL, &p), 0);
			cr_assert_eq(nvx_write(y, NVX_CANONICAL, &q), 0);
			cr_expect(p.n == q.n && memcmp(p.data, q.data, p.n) == 0, "FMT-09 %s",
				cell(&t, "file"));
			score_unref(x);
			score_unref(y);
		}
		score_bytes_finish(&p);
		score_bytes_finish(&q);
		free(b.data);
	}
	free(t.text);
}

Test(musicxml, FMT_02_tremolo, .description = "FMT-02: a tremolo between two notes keeps both")
{
	struct bytes b = read_corpus("osmd/test_tremolo_between_notes_4strokes.musicxml");
	struct score *score;
	uint32_t n = 0;

	cr_assert_eq(import(b, &score), 0);
	for (uint32_t i = 0; i < score_n_notation(score); i++)
		n += score_notation(score, i)->e.kind == NVX_NOTATION_EVENT && score_notation(score, i)->to_event_id != 0;
	cr_expect_gt(n, 0);
	score_unref(score);
	free(b.data);
}

/* ---- the reference's own examples ---- */

/** A member of a line of JSON: strings are unescaped in place. */
static char *json_string(char *line, const char *member)
{
	char key[64];
	(void)snprintf(key, sizeof(key), "\"%s\": \"", member);
	char *at = strstr(line, key);
	if (!at)
		return NULL;
	at += strlen(key);
	char *out = at, *in = at;
	for (; *in && *in != '"'; in++) {
		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		in++;
		if (*in == 'n' || *in == 't') {
			*out++ = *in == 'n' ? '\n' : '\t';
		} else if (*in == 'u') {
			char hex[5] = {in[1], in[2], in[3], in[4], 0};
			const unsigned code = (unsigned)strtoul(hex, NULL, 16);
			in += 4;
			if (code < 0x80) {
				*out++ = (char)code;
			} else if (code < 0x800) {
				*out++ = (char)(0xc0 | code >> 6);
				*out++ = (char)(0x80 | (code & 63));
			} else {
				*out++ = (char)(0xe0 | code >> 12);
				*out++ = (char)(0x80 | (code >> 6 & 63));
				*out++ = (char)(0x80 | (code & 63));
			}
		} else {
			*out++ = *in;
		}
	}
	*out = 0;
	return at;
}

Test(musicxml, FMT_02_reference,
	.description = "FMT-02: the complete examples of the reference import; those that are no score are "
		       "refused with a place")
{
	struct bytes b = read_corpus("w3c-examples.jsonl");
	unsigned imported = 0, refused = 0;
	for (char *next = (char *)b.data, *line; (line = strsep(&next, "\n")) && *line;) {
		const int complete = strstr(line, "\"complete\": true") != NULL;
		const int wellformed = strstr(line, "\"wellformed\": true") != NULL;
		char *xml = json_string(line, "xml");
		struct score *score = NULL;
		cr_assert_not_null(xml);
		const int rc = import((struct bytes){(uint8_t *)xml, strlen(xml)}, &score);
		if (complete && wellformed) {
			cr_expect_eq(rc, 0, "FMT-02 %.60s: %s %s", line, report.error[0].where,
				report.error[0].reason);
			imported += rc == 0;
		} else {
			cr_expect_eq(rc, -EINVAL, "HER-11 %.60s", line);
			cr_expect_eq(strncmp(report.error[0].where, "line ", 5), 0, "HER-11 %s",
				report.error[0].where);
			refused++;
		}
		score_unref(score);
	}
	fprintf(stderr, "musicxml reference: %u complete ones import, %u others are refused\n", imported,
		refused);
	cr_expect_geq(imported, 8);
	free(b.data);
}
