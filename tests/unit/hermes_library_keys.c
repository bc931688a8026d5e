/* SPDX-License-Identifier: MIT */
/*
 * Songs that modulate against a plain scan over the same chords held in memory: phrases in the key, in any
 * key, short, long, with gaps. And a library of an older version, whose index is made anew.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "library.h"
#include "library_impl.h"

#define N_SONGS 400u
#define MAX_CHANGES 90u

static char dir[40], file[64];

static void make_dir(void)
{
	(void)strcpy(dir, "/tmp/mos-library-keys-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/library.db", dir);
}

static void remove_dir(void)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char path[80];
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", file, suffix[i]);
		(void)unlink(path);
	}
	cr_assert_eq(rmdir(dir), 0);
}

static struct library *open_library(enum library_mode mode)
{
	struct library *lib;
	char why[LIBRARY_WHY];
	cr_assert_eq(library_open(file, mode, &lib, why), 0, "%s", why);
	return lib;
}

struct song {
	uint8_t absolute[MAX_CHANGES], local[MAX_CHANGES]; /* above C, above the tonic of the moment */
	unsigned n;
	int tonic, modulates, removed;
};
static struct song song[N_SONGS + 1];

static uint32_t state;
static uint32_t roll(uint32_t below)
{
	state = state * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)state * below) >> 32);
}

static void add_chord(struct library *lib, struct song *s, int tonic)
{
	static const char *const roots[] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
	static const int degrees[] = {0, 5, 7, 9, 2};
	char symbol[16] = "N.C.";
	const enum mos_chord_family family = roll(3) ? MOS_CHORD_MAJOR : MOS_CHORD_MINOR;
	const int root = (tonic + degrees[roll(5)]) % 12;
	uint8_t absolute = HARMONY_BREAK, local = HARMONY_BREAK;
	if (roll(30) > 0) {
		absolute = harmony_token(root, family);
		local = harmony_token(root - tonic, family);
		(void)snprintf(
			symbol, sizeof(symbol), "%s%s", roots[root], family == MOS_CHORD_MINOR ? "m" : "");
	}
	cr_assert_eq(library_harmony_chord(lib, symbol, strlen(symbol)), 0);
	if (s->n > 0 && s->absolute[s->n - 1] == absolute && s->local[s->n - 1] == local)
		return;
	s->absolute[s->n] = absolute;
	s->local[s->n++] = local;
}

static void add_songs(struct library *lib)
{
	state = 77;
	memset(song, 0, sizeof(song));
	for (unsigned i = 1; i <= N_SONGS; i++) {
		struct song *s = &song[i];
		if (i % 50 == 1)
			cr_assert_eq(library_begin(lib), 0);
		library_harmony_begin(lib);
		int tonic = s->tonic = (int)roll(12);
		cr_assert_eq(library_harmony_key(lib, tonic, 0), 0);
		for (unsigned left = roll(MAX_CHANGES); left > 0; left--) {
			if (i % 2 == 0 && s->n > 0 && roll(12) == 0) {
				tonic = (int)roll(12);
				cr_assert_eq(library_harmony_key(lib, tonic, 0), 0);
				s->modulates |= tonic != s->tonic;
			}
			add_chord(lib, s, tonic);
		}
		const struct library_song row = {.title = "A song", .tonic = LIBRARY_NO_KEY};
		cr_assert_eq(library_add(lib, &row, NULL), 0, "%s", library_why(lib));
		if (i % 50 == 0)
			cr_assert_eq(library_commit(lib), 0, "%s", library_why(lib));
	}
}

static unsigned scan(const struct song *s, const struct harmony_phrase *phrase)
{
	const int in_local = !phrase->any_key && s->modulates;
	const uint8_t *token = in_local ? s->local : s->absolute;
	unsigned hits = 0;
	for (unsigned at = 0; at + phrase->n <= s->n; at++)
		for (int shift = 0; shift < (phrase->any_key ? 12 : 1); shift++) {
			const int up = phrase->any_key ? shift : in_local ? 0 : s->tonic;
			unsigned i = 0;
			while (i < phrase->n && token[at + i] != HARMONY_BREAK &&
				(phrase->step[i] == HARMONY_ANY ||
					harmony_transpose(phrase->step[i], up) == token[at + i]))
				i++;
			hits += i == phrase->n;
		}
	return hits;
}

static void compare(struct library *lib, const char *text, int any_key)
{
	const struct library_query query = {
		.phrase = text, .any_key = any_key, .tonic = LIBRARY_NO_KEY, .minor = -1, .limit = 10000};
	struct harmony_phrase phrase;
	struct library_found found;
	size_t where;
	uint64_t n_songs = 0, n_hits = 0;
	uint32_t expected[N_SONGS + 1] = {0};
	cr_assert_eq(harmony_phrase_parse(text, 0, &phrase, &where), 0, "%s", text);
	phrase.any_key |= (uint8_t)any_key;
	for (unsigned i = 1; i <= N_SONGS; i++) {
		expected[i] = song[i].removed ? 0 : scan(&song[i], &phrase);
		n_songs += expected[i] > 0;
		n_hits += expected[i];
	}
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s: %s", text, library_why(lib));
	cr_assert_eq(found.n_songs, n_songs, "LIB-03 \"%s\", any key %d: %lu songs, a scan finds %lu", text,
		any_key, (unsigned long)found.n_songs, (unsigned long)n_songs);
	cr_assert_eq(found.n_hits, n_hits, "LIB-03 \"%s\", any key %d: %lu times, a scan finds %lu", text,
		any_key, (unsigned long)found.n_hits, (unsigned long)n_hits);
	for (uint32_t k = 0; k < found.n; k++)
		cr_assert_eq(found.hit[k].hits, expected[found.hit[k].id], "LIB-03 \"%s\" in song %ld", text,
			(long)found.hit[k].id);
	library_found_finish(&found);
}

/** Phrases of 1 to 9 steps with gaps, from the chords that the songs have. */
static void compare_phrases(struct library *lib, unsigned n)
{
	static const char *const words[] = {"I", "i", "IV", "iv", "V", "v", "VI", "vi", "II", "ii"};
	for (unsigned i = 0; i < n; i++) {
		char text[64] = "";
		const unsigned steps = 1 + roll(i % 4 == 0 ? 9 : 4);
		const char *last = "";
		for (unsigned k = 0; k < steps; k++) {
			const int gap = k > 0 && k + 1 < steps && roll(4) == 0;
			const char *word = gap ? "?" : words[roll(10)];
			if (!gap && strcmp(word, last) == 0)
				continue;
			last = word;
			strcat(text, word);
			strcat(text, " ");
		}
		if (text[strlen(text) - 2] == '?')
			strcat(text, "I");
		compare(lib, text, (int)(i & 1));
	}
}

Test(library_keys, LIB_03_any_key_and_modulation_equal_a_scan, .init = make_dir, .fini = remove_dir,
	.timeout = 120)
{
	static const char *const phrases[] = {"I", "I V", "ii V I", "I IV V I", "ii ? I", "I ? ? V",
		"I ? IV V", "I V vi IV I", "I ? ? ? V I IV"};
	struct library *lib = open_library(LIBRARY_WRITE);
	add_songs(lib);
	for (unsigned i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		compare(lib, phrases[i], 0);
		compare(lib, phrases[i], 1);
	}
	compare_phrases(lib, 300);
	struct library_found found;
	const struct library_query nothing = {
		.phrase = "I ? IV V I", .text = "nobody", .tonic = LIBRARY_NO_KEY, .minor = -1};
	cr_assert_eq(library_search(lib, &nothing, &found), 0, "%s", library_why(lib));
	cr_assert_eq(found.n_songs, 0, "a long phrase among no songs");
	library_found_finish(&found);
	library_close(lib);
}

/** What is there, asked for without a phrase. */
static void expect_all(struct library *lib)
{
	const struct library_query all = {.tonic = LIBRARY_NO_KEY, .minor = -1, .limit = 10000};
	struct library_found found;
	unsigned n = 0;
	for (unsigned i = 1; i <= N_SONGS; i++)
		n += !song[i].removed;
	cr_assert_eq(library_search(lib, &all, &found), 0, "LIB-01 %s", library_why(lib));
	cr_assert_eq(found.n, n, "LIB-01 %u songs of %u", found.n, n);
	library_found_finish(&found);
}

static void set_back(void)
{
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db,
			     "DROP TABLE vector_set; DROP TABLE vector_block; DROP TABLE statistic;"
			     "DELETE FROM block;"
			     "PRAGMA user_version=1",
			     NULL, NULL, NULL),
		SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void print_fault(void *data, const char *fault)
{
	(void)snprintf(data, LIBRARY_WHY, "%s", fault);
}

Test(library_keys, LIB_01_a_library_of_version_1_is_brought_up_to_date, .init = make_dir, .fini = remove_dir,
	.timeout = 120)
{
	static uint64_t before[HARMONY_N_TOKENS * HARMONY_N_TOKENS],
		after[HARMONY_N_TOKENS * HARMONY_N_TOKENS];
	char fault[LIBRARY_WHY] = "";
	struct library *lib = open_library(LIBRARY_WRITE);
	add_songs(lib);
	cr_assert_eq(library_transitions(lib, before), 0);
	library_close(lib);
	set_back();

	sqlite3 *other;
	cr_assert_eq(sqlite3_open(file, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(library_open(file, LIBRARY_READ, &lib, fault), -EBUSY);
	cr_assert(strstr(fault, "try again"), "a reader is told to wait: %s", fault);
	fault[0] = '\0';
	sqlite3_close(other);
	lib = open_library(LIBRARY_READ);
	cr_assert_eq(library_transitions(lib, after), 0);
	cr_assert_arr_eq(after, before, sizeof(before), "LIB-10 the sums are the same");
	library_close(lib);

	lib = open_library(LIBRARY_WRITE);
	for (unsigned i = 3; i <= N_SONGS; i += 5) { /* gaps, the last song among them */
		cr_assert_eq(library_remove(lib, i == N_SONGS - 2 ? N_SONGS : i), 0);
		song[i == N_SONGS - 2 ? N_SONGS : i].removed = 1;
	}
	library_close(lib);
	set_back();
	lib = open_library(LIBRARY_WRITE);
	expect_all(lib);
	compare_phrases(lib, 60);
	cr_assert_eq(
		library_migrate(lib), 0, "one that waited for another that did it: %s", library_why(lib));
	compare_phrases(lib, 10);
	cr_assert_eq(library_check(lib, print_fault, fault), 0, "%s", fault);
	library_close(lib);

	lib = open_library(LIBRARY_WRITE);
	int64_t id = 0;
	cr_assert_eq(library_begin(lib), 0);
	library_harmony_begin(lib);
	cr_assert_eq(
		library_add(lib, &(struct library_song){.title = "One more", .tonic = LIBRARY_NO_KEY}, &id),
		0);
	cr_assert_eq(library_commit(lib), 0);
	cr_assert_eq(id, N_SONGS + 1,
		"LIB-01 the number of the last song, which was removed, is given again: %ld", (long)id);
	library_close(lib);
}
