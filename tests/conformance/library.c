/* SPDX-License-Identifier: MIT */
/*
 * The chord corpora (shared/corpora/chords, see the README.md there) in the library: thirty progressions
 * asked of each collection have known answers. Needs MOS_CORPORA, or ../shared/corpora beside the source;
 * skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/roman.h>
#include <mos/tonality.h>
#include <yyjson.h>

#include "library.h"

static char *corpus_path(const char *name)
{
	static char path[4096];
	const char *corpora = getenv("MOS_CORPORA");
	if (corpora)
		(void)snprintf(path, sizeof(path), "%s/chords/%s", corpora, name);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/corpora/chords/%s", MOS_SOURCE_ROOT, name);
	if (access(path, R_OK) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", path);
	return path;
}

static char dir[] = "/tmp/mos-library-XXXXXX";
static char file[64];

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/library.db", dir);
}

static void remove_dir(void)
{
	char other[80];
	static const char *const suffix[] = {"", "-wal", "-shm"};
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(other, sizeof(other), "%s%s", file, suffix[i]);
		(void)unlink(other);
	}
	(void)rmdir(dir);
}

static struct library *open_library(enum library_mode mode)
{
	struct library *lib;
	char why[LIBRARY_WHY];
	cr_assert_eq(library_open(file, mode, &lib, why), 0, "%s", why);
	return lib;
}

static void add_chord(struct library *lib, const char *symbol, size_t len)
{
	const int rc = library_harmony_chord(lib, symbol, len);
	cr_assert(rc == 0 || rc == -EINVAL);
}

static int key_of(const char *text, size_t len, int *tonic, int *minor)
{
	struct mos_tonality tonality;
	if (mos_tonality_parse(text, len, &tonality) < 0)
		return -EINVAL;
	*tonic = mos_tone_class(tonality.tonic);
	*minor = tonality.minor;
	return 0;
}

/* ---- the collections ---- */

/** One line of chords: "| A:min | C:maj D:7 | . |, x2, (voice": bars between the first stroke and the last.
 */
static void add_billboard_bars(struct library *lib, const char *from, const char *to, char *last, size_t size)
{
	while (from < to) {
		const size_t n = strcspn(from, " |");
		if (n == 0) {
			from++;
			continue;
		}
		if (from + n > to)
			break;
		const int repeats = n == 1 && *from == '.';
		const int is_meter = *from == '('; /* "(3/4)": a bar of its own meter */
		if (!is_meter) {
			if (!repeats)
				(void)snprintf(last, size, "%.*s", (int)n, from);
			if (*last)
				add_chord(lib, last, strlen(last));
		}
		from += n;
	}
}

static void add_billboard_text(struct library *lib, const char *text, int *tonic)
{
	char last[64] = "";
	for (const char *line = text; *line; line += *line == '\n') {
		const char *end = strchrnul(line, '\n');
		int minor;
		if (strncmp(line, "# tonic: ", 9) == 0) {
			int now;
			cr_assert_eq(key_of(line + 9, (size_t)(end - line - 9), &now, &minor), 0);
			if (*tonic < 0)
				*tonic = now;
			cr_assert_eq(library_harmony_key(lib, now, 0), 0);
		}
		const char *bar = memchr(line, '|', (size_t)(end - line));
		if (bar && *line != '#') {
			const char *stop = end;
			while (stop > bar && *stop != '|')
				stop--;
			int times = 1;
			const char *x = memmem(stop, (size_t)(end - stop), " x", 2);
			if (x)
				times = atoi(x + 2);
			for (int i = 0; i < (times > 0 ? times : 1); i++)
				add_billboard_bars(lib, bar, stop, last, sizeof(last));
		}
		line = end;
	}
}

static void add_labels(struct library *lib, yyjson_val *song)
{
	yyjson_val *chord, *keys = yyjson_obj_get(song, "keys");
	yyjson_arr_iter it = yyjson_arr_iter_with(yyjson_obj_get(song, "chords"));
	size_t k = 0;
	while ((chord = yyjson_arr_iter_next(&it))) {
		const double start = yyjson_get_num(yyjson_arr_get(chord, 0));
		const char *label = yyjson_get_str(yyjson_arr_get(chord, 2));
		while (k < yyjson_arr_size(keys) && yyjson_get_num(yyjson_arr_get(yyjson_arr_get(keys, k),
							    0)) <= start + 0.01) { /* times were rounded */
			const char *key = yyjson_get_str(yyjson_arr_get(yyjson_arr_get(keys, k++), 2));
			int tonic, minor;
			if (key_of(key, strcspn(key, ":"), &tonic, &minor) == 0)
				cr_assert_eq(library_harmony_key(lib, tonic, 0), 0);
		}
		add_chord(lib, label, strlen(label));
	}
}

static void add_numerals(struct library *lib, yyjson_val *song)
{
	yyjson_val *chord;
	yyjson_arr_iter it = yyjson_arr_iter_with(yyjson_obj_get(song, "chords"));
	while ((chord = yyjson_arr_iter_next(&it))) {
		const char *label = yyjson_get_str(yyjson_arr_get(chord, 2));
		const int tonic = yyjson_get_int(yyjson_arr_get(chord, 3));
		char symbol[MOS_CHORD_TEXT_MAX];
		struct mos_roman roman;
		struct mos_chord as_chord;
		cr_assert_eq(library_harmony_key(lib, tonic, 0), 0);
		if (mos_roman_parse(label, SIZE_MAX, 0, &roman, NULL) < 0 ||
			mos_roman_to_chord(&roman, mos_tonality_from_class(tonic, 0), &as_chord) < 0 ||
			mos_chord_format(&as_chord, symbol, sizeof(symbol)) < 0) {
			(void)snprintf(symbol, sizeof(symbol), "N");
		}
		add_chord(lib, symbol, strlen(symbol));
	}
}

static void add_collection(struct library *lib, const char *name)
{
	char path[64], *line = NULL;
	size_t cap = 0;
	(void)snprintf(path, sizeof(path), "%s.jsonl", name);
	FILE *from = fopen(corpus_path(path), "r");
	cr_assert_not_null(from);
	cr_assert_eq(library_begin(lib), 0);
	while (getline(&line, &cap, from) > 0) {
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);
		cr_assert_not_null(doc);
		yyjson_val *song = yyjson_doc_get_root(doc);
		struct library_song row = {.title = yyjson_get_str(yyjson_obj_get(song, "title")),
			.artist = yyjson_get_str(yyjson_obj_get(song, "artist")),
			.genre = name,
			.origin = yyjson_get_str(yyjson_obj_get(song, "id")),
			.tonic = LIBRARY_NO_KEY};
		library_harmony_begin(lib);
		if (yyjson_obj_get(song, "text"))
			add_billboard_text(lib, yyjson_get_str(yyjson_obj_get(song, "text")), &row.tonic);
		else if (strcmp(name, "rockcorpus") == 0)
			add_numerals(lib, song);
		else
			add_labels(lib, song);
		cr_assert_eq(library_add(lib, &row, NULL), 0, "%s", library_why(lib));
		yyjson_doc_free(doc);
	}
	free(line);
	(void)fclose(from);
	cr_assert_eq(library_commit(lib), 0, "%s", library_why(lib));
}

static const char *const collections[] = {"billboard", "isophonics", "uspop", "rockcorpus"};

static struct library *with_collections(void)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	for (unsigned i = 0; i < 4; i++)
		add_collection(lib, collections[i]);
	library_close(lib);
	return open_library(LIBRARY_READ);
}

/* ---- the questions ---- */

/** "0:maj 9:min" as numerals: "I vi". */
static void phrase_of(const char *steps, char *buf, size_t size)
{
	static const char *const numerals[] = {
		"I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII"};
	*buf = '\0';
	for (const char *at = steps; *at;) {
		char *end;
		const long root = strtol(at, &end, 10);
		char numeral[8];
		(void)snprintf(numeral, sizeof(numeral), "%s", numerals[root]);
		if (strncmp(end, ":min", 4) == 0)
			for (char *c = numeral; *c; c++)
				*c = (char)(*c == 'I' ? 'i' : *c == 'V' ? 'v' : *c);
		(void)snprintf(buf + strlen(buf), size - strlen(buf), "%s ", numeral);
		at = end + strcspn(end, " ");
		at += *at == ' ';
	}
}

Test(library, LIB_02_LIB_03_progressions_have_the_songs_and_hits_that_a_scan_found, .init = make_dir,
	.fini = remove_dir, .timeout = 120)
{
	struct library *lib = with_collections();
	FILE *table = fopen(corpus_path("expected-queries.tsv"), "r");
	char *line = NULL;
	size_t cap = 0;
	unsigned n = 0, n_differ = 0;
	cr_assert_not_null(table);
	cr_assert(getline(&line, &cap, table) > 0);
	while (getline(&line, &cap, table) > 0) {
		char *rest = line, *cell[7], phrase[256];
		for (int i = 0; i < 7; i++)
			cell[i] = strsep(&rest, "\t\n");
		phrase_of(cell[2], phrase, sizeof(phrase));
		const struct library_query query = {.phrase = phrase,
			.genre = cell[0],
			.any_key = strcmp(cell[3], "any_key") == 0,
			.tonic = LIBRARY_NO_KEY,
			.minor = -1,
			.limit = 1000};
		struct library_found found;
		cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
		n++;
		if (found.n_songs != strtoul(cell[4], NULL, 10) ||
			found.n_hits != strtoul(cell[5], NULL, 10)) {
			n_differ++;
			fprintf(stderr, "%s %s %s: %lu songs, %lu hits; expected %s, %s\n", cell[0], cell[1],
				cell[3], (unsigned long)found.n_songs, (unsigned long)found.n_hits, cell[4],
				cell[5]);
		}
		library_found_finish(&found);
	}
	cr_assert_eq(n_differ, 0, "%u of %u questions are answered differently", n_differ, n);
	free(line);
	(void)fclose(table);
	library_close(lib);
}

/** Songs whose key is annotated, asked for by their chords alone. */
Test(library, LIB_09_keys_are_inferred_at_a_stated_rate, .init = make_dir, .fini = remove_dir, .timeout = 60)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	FILE *from = fopen(corpus_path("isophonics.jsonl"), "r");
	char *line = NULL;
	size_t cap = 0;
	unsigned n = 0, n_tonic = 0, n_key = 0;
	cr_assert_not_null(from);
	cr_assert_eq(library_begin(lib), 0);
	while (getline(&line, &cap, from) > 0) {
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);
		yyjson_val *song = yyjson_doc_get_root(doc), *keys = yyjson_obj_get(song, "keys"), *chord;
		const char *key = yyjson_get_str(yyjson_arr_get(yyjson_arr_get_first(keys), 2));
		const struct library_song row = {.title = "song", .tonic = LIBRARY_NO_KEY};
		struct library_detail detail;
		struct mos_tonality tonality;
		int64_t id;
		/* One key all through, so that there is one answer. */
		if (yyjson_arr_size(keys) == 1 && key && mos_tonality_parse(key, SIZE_MAX, &tonality) == 0) {
			library_harmony_begin(lib);
			yyjson_arr_iter it = yyjson_arr_iter_with(yyjson_obj_get(song, "chords"));
			while ((chord = yyjson_arr_iter_next(&it))) {
				const char *label = yyjson_get_str(yyjson_arr_get(chord, 2));
				add_chord(lib, label, strlen(label));
			}
			cr_assert_eq(library_add(lib, &row, &id), 0);
			cr_assert_eq(library_get(lib, id, &detail), 0);
			n++;
			n_tonic += detail.tonic == mos_tone_class(tonality.tonic);
			n_key += detail.tonic == mos_tone_class(tonality.tonic) &&
				 detail.minor == tonality.minor;
			library_detail_finish(&detail);
		}
		yyjson_doc_free(doc);
	}
	free(line);
	(void)fclose(from);
	library_close(lib);
	fprintf(stderr, "LIB-09: of %u songs in one key: tonic right %u, tonic and mode right %u\n", n,
		n_tonic, n_key);
	cr_assert_gt(n, 50);
	cr_assert_gt(n_tonic * 100, n * 80, "LIB-09 the tonic of %u of %u songs", n_tonic, n);
}
