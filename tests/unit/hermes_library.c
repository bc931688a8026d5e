/* SPDX-License-Identifier: MIT */
/* The library of songs against a plain scan over the same songs held in memory. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "library.h"
#include "postings.h"
#include "table.h"

static char dir[32], file[64];

static void make_dir(void)
{
	(void)strcpy(dir, "/tmp/mos-library-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/library.db", dir);
}

static void remove_dir(void)
{
	char command[80];
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	cr_assert_eq(system(command), 0);
}

static struct library *open_library(enum library_mode mode)
{
	struct library *lib;
	char why[LIBRARY_WHY];
	cr_assert_eq(library_open(file, mode, &lib, why), 0, "%s", why);
	return lib;
}

/* ---- songs in memory ---- */

#define MAX_CHANGES 120

struct plain_song {
	uint8_t token[MAX_CHANGES]; /* above C */
	unsigned n;
	int tonic, minor, year, artist, genre;
	int removed;
};

static uint32_t roll(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)*state * below) >> 32);
}

/** Few different chords, so that phrases occur often; now and then no chord. */
static struct plain_song make_song(uint32_t seed)
{
	static const uint8_t roots[] = {0, 5, 7, 9, 2};
	struct plain_song song = {.tonic = -1};
	uint32_t state = seed * 2654435761u + 1;
	song.tonic = (int)roll(&state, 12);
	song.minor = (int)roll(&state, 2);
	song.year = 1960 + (int)roll(&state, 40);
	song.artist = (int)roll(&state, 7);
	song.genre = (int)roll(&state, 3);
	const unsigned n = roll(&state, MAX_CHANGES);
	while (song.n < n) {
		const int family = roll(&state, 3) ? MOS_CHORD_MAJOR : MOS_CHORD_MINOR;
		uint8_t token =
			harmony_token(roots[roll(&state, 5)] + song.tonic, (enum mos_chord_family)family);
		if (roll(&state, 25) == 0)
			token = HARMONY_BREAK;
		if (song.n == 0 || song.token[song.n - 1] != token)
			song.token[song.n++] = token;
	}
	return song;
}

static void add_song(struct library *lib, const struct plain_song *song, unsigned number)
{
	static const char *const roots[] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
	static const char *const suffix[] = {"", "", "m", "dim", "aug", "sus4", "5"};
	char title[32], artist[32], genre[32], symbol[16];
	library_harmony_begin(lib);
	for (unsigned i = 0; i < song->n; i++) {
		if (song->token[i] == HARMONY_BREAK)
			(void)strcpy(symbol, "N.C.");
		else
			(void)snprintf(symbol, sizeof(symbol), "%s%s", roots[harmony_root(song->token[i])],
				suffix[harmony_family(song->token[i])]);
		cr_assert_eq(library_harmony_chord(lib, symbol, strlen(symbol)), 0);
	}
	(void)snprintf(title, sizeof(title), "Title %u", number);
	(void)snprintf(artist, sizeof(artist), "Artist %d", song->artist);
	(void)snprintf(genre, sizeof(genre), "genre %d; all", song->genre);
	const struct library_song row = {.title = title,
		.artist = artist,
		.genre = genre,
		.year = song->year,
		.tonic = song->tonic,
		.minor = song->minor};
	cr_assert_eq(library_add(lib, &row, NULL), 0, "%s", library_why(lib));
}

/** Songs 1 .. n in batches of all sizes, so that segments of several levels come and merge. */
static struct plain_song *add_songs(struct library *lib, unsigned n)
{
	struct plain_song *song = calloc(n + 1, sizeof(*song));
	uint32_t state = 5;
	for (unsigned i = 1; i <= n;) {
		cr_assert_eq(library_begin(lib), 0);
		for (unsigned left = 1 + roll(&state, 40); left > 0 && i <= n; left--, i++) {
			song[i] = make_song(i);
			add_song(lib, &song[i], i);
		}
		cr_assert_eq(library_commit(lib), 0, "%s", library_why(lib));
	}
	return song;
}

static unsigned scan(const struct plain_song *song, const struct harmony_phrase *phrase, unsigned *ret_first)
{
	unsigned hits = 0;
	for (unsigned at = 0; at + phrase->n <= song->n; at++) {
		for (int shift = 0; shift < (phrase->any_key ? 12 : 1); shift++) {
			const int up = phrase->any_key ? shift : song->tonic;
			unsigned i = 0;
			while (i < phrase->n && song->token[at + i] != HARMONY_BREAK &&
				(phrase->step[i] == HARMONY_ANY ||
					harmony_transpose(phrase->step[i], up) == song->token[at + i]))
				i++;
			if (i == phrase->n && hits++ == 0)
				*ret_first = at;
		}
	}
	return hits;
}

static int matches(
	const struct library_query *query, const struct plain_song *song, const char *artist, int genre)
{
	char name[32];
	(void)snprintf(name, sizeof(name), "Artist %d", song->artist);
	return !song->removed && (!query->artist || strcasecmp(name, artist) == 0) &&
	       (genre < 0 || song->genre == genre) &&
	       (query->year_from == 0 || song->year >= query->year_from) &&
	       (query->year_to == 0 || song->year <= query->year_to) &&
	       (query->tonic < 0 ||
		       (song->tonic == query->tonic && (query->minor < 0 || song->minor == query->minor)));
}

/** The answer must be the scan's: songs, hits, first places, order. */
static void compare(struct library *lib, const struct plain_song *song, unsigned n,
	struct library_query *query, int genre)
{
	struct harmony_phrase phrase = {0};
	struct library_found found;
	uint64_t n_songs = 0, n_hits = 0;
	size_t where;
	query->limit = 10000;
	if (query->phrase) {
		cr_assert_eq(harmony_phrase_parse(query->phrase, 0, &phrase, &where), 0);
		phrase.any_key |= (uint8_t)query->any_key;
	}
	cr_assert_eq(library_search(lib, query, &found), 0, "%s", library_why(lib));
	for (unsigned i = 1; i <= n; i++) {
		unsigned first = 0;
		const unsigned hits = query->phrase ? scan(&song[i], &phrase, &first) : 0;
		if (!matches(query, &song[i], query->artist, genre) || (query->phrase && hits == 0))
			continue;
		n_songs++;
		n_hits += hits;
		int is_there = 0;
		for (uint32_t k = 0; k < found.n && !is_there; k++)
			is_there = found.hit[k].id == i && found.hit[k].hits == hits &&
				   (!query->phrase || found.hit[k].place == first);
		cr_assert(
			is_there, "LIB-02 song %u of \"%s\" is missing or counted wrongly", i, query->phrase);
	}
	cr_assert_eq(found.n_songs, n_songs, "LIB-02 \"%s\": %lu songs, a scan finds %lu", query->phrase,
		(unsigned long)found.n_songs, (unsigned long)n_songs);
	cr_assert_eq(found.n_hits, n_hits);
	for (uint32_t k = 1; k < found.n; k++)
		cr_assert(found.hit[k - 1].hits > found.hit[k].hits ||
				  (found.hit[k - 1].hits == found.hit[k].hits &&
					  found.hit[k - 1].id < found.hit[k].id),
			"most hits first, then the older song");
	library_found_finish(&found);
}

Test(library, LIB_02_LIB_03_a_search_finds_what_a_scan_finds, .init = make_dir, .fini = remove_dir,
	.timeout = 120)
{
	static const char *const phrases[] = {"I", "I V", "ii V I", "I V vi IV", "ii ? I", "I ? ? V",
		"? ii V ?", "I IV V I vi", "I V vi IV I V", "vi IV I V vi IV I V", "I ? V ? I ? V",
		"C G Am F", "Dm7 G7 Cmaj7", "i iv", "bVII bVI"};
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 900);
	struct library *reader = open_library(LIBRARY_READ);
	for (unsigned i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		for (int any_key = 0; any_key < 2; any_key++) {
			struct library_query query = {.phrase = phrases[i],
				.any_key = any_key,
				.tonic = LIBRARY_NO_KEY,
				.minor = -1};
			/* Ends that any chord matches say nothing: the scan gets the phrase without them. */
			if (i == 6)
				query.phrase = "ii V";
			compare(reader, song, 900, &query, -1);
		}
	}
	library_close(reader);
	library_close(lib);
	free(song);
}

Test(library, LIB_04_LIB_05_keys_years_artists_and_genres_alone_and_together, .init = make_dir,
	.fini = remove_dir, .timeout = 60)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 500);
	struct library_query queries[] = {
		{.tonic = 7, .minor = 0},
		{.tonic = 7, .minor = 1},
		{.tonic = 7, .minor = -1},
		{.tonic = LIBRARY_NO_KEY, .minor = -1, .year_from = 1970, .year_to = 1979},
		{.tonic = LIBRARY_NO_KEY, .minor = -1, .year_to = 1965},
		{.tonic = LIBRARY_NO_KEY, .minor = -1, .artist = "artist 3"},
		{.tonic = 2, .minor = -1, .artist = "Artist 1", .year_from = 1980, .phrase = "I V"},
		{.tonic = LIBRARY_NO_KEY, .minor = -1, .phrase = "ii V I"},
	};
	for (unsigned i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		compare(lib, song, 500, &queries[i], -1);
		queries[i].genre = "genre 2";
		compare(lib, song, 500, &queries[i], 2);
	}
	struct library_stats stats;
	cr_assert_eq(library_stats(lib, &stats), 0);
	uint64_t by_key[24] = {0}, nineties = 0;
	for (unsigned i = 1; i <= 500; i++) {
		by_key[song[i].tonic * 2 + song[i].minor]++;
		nineties += song[i].year >= 1990;
	}
	cr_assert_arr_eq(stats.by_key, by_key, sizeof(by_key), "LIB-04 counts by key");
	cr_assert_eq(stats.n_artists, 7);
	cr_assert_eq(stats.decade[stats.n_decades - 1].n, nineties, "LIB-05 counts by decade");
	library_close(lib);
	free(song);
}

Test(library, LIB_05_words_of_title_and_artist_are_found_the_last_as_a_beginning, .init = make_dir,
	.fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	static const struct library_song songs[] = {
		{.title = "Blue in Green", .artist = "Miles Davis", .tonic = -1},
		{.title = "Green Onions", .artist = "Booker T.", .tonic = -1},
		{.title = "Águas de Março", .artist = "Elis Regina", .tonic = -1}};
	cr_assert_eq(library_begin(lib), 0);
	for (unsigned i = 0; i < 3; i++) {
		library_harmony_begin(lib);
		cr_assert_eq(library_add(lib, &songs[i], NULL), 0, "%s", library_why(lib));
	}
	cr_assert_eq(library_commit(lib), 0);
	static const struct {
		const char *text;
		unsigned n;
		int64_t first;
	} expected[] = {{"green", 2, 1}, {"green mil", 1, 1}, {"aguas", 1, 3}, {"\"; DROP", 0, 0},
		{"blue OR onions", 0, 0}};
	for (unsigned i = 0; i < 5; i++) {
		const struct library_query query = {
			.text = expected[i].text, .tonic = LIBRARY_NO_KEY, .minor = -1};
		struct library_found found;
		cr_assert_eq(
			library_search(lib, &query, &found), 0, "%s: %s", expected[i].text, library_why(lib));
		cr_assert_eq(found.n_songs, expected[i].n, "%s", expected[i].text);
		cr_assert(found.n == 0 || found.hit[0].id == expected[i].first);
		library_found_finish(&found);
	}
	library_close(lib);
}

Test(library, LIB_07_similar_progressions_nearest_first, .init = make_dir, .fini = remove_dir)
{
	static const char *const songs[] = {
		"C G Am F", "C Em Am F", "C G7 Am7 Fmaj7", "C Gsus4 Am F", "C Db Eb E", "C G F"};
	struct library *lib = open_library(LIBRARY_WRITE);
	cr_assert_eq(library_begin(lib), 0);
	for (unsigned i = 0; i < 6; i++) {
		const struct library_song song = {.title = songs[i], .tonic = 0};
		library_harmony_begin(lib);
		for (const char *at = songs[i]; *at; at += strcspn(at, " "), at += *at == ' ')
			cr_assert_eq(library_harmony_chord(lib, at, strcspn(at, " ")), 0);
		cr_assert_eq(library_add(lib, &song, NULL), 0);
	}
	cr_assert_eq(library_commit(lib), 0);
	const struct library_query query = {
		.phrase = "I V vi IV", .similar = 1, .tonic = LIBRARY_NO_KEY, .minor = -1};
	struct library_found found;
	cr_assert_eq(library_search(lib, &query, &found), 0);
	static const char *const order[] = {"C G Am F", "C G7 Am7 Fmaj7", "C Gsus4 Am F", "C G F"};
	cr_assert(found.n >= 4, "LIB-07 %u found", found.n);
	for (unsigned i = 0; i < 3; i++)
		cr_assert_str_eq(
			found.hit[i].title, order[i], "LIB-07 number %u is %s", i, found.hit[i].title);
	cr_assert_float_eq(found.hit[0].distance, 0, 1e-6);
	for (unsigned i = 0; i < found.n; i++)
		cr_assert_str_neq(found.hit[i].title, "C Db Eb E", "LIB-07 what is unlike is not found");
	library_found_finish(&found);
	library_close(lib);
}

static void expect_transitions(
	struct library *lib, const struct plain_song *song, unsigned n, const char *when)
{
	static uint64_t expected[HARMONY_N_TOKENS * HARMONY_N_TOKENS],
		sums[HARMONY_N_TOKENS * HARMONY_N_TOKENS];
	memset(expected, 0, sizeof(expected));
	for (unsigned i = 1; i <= n; i++)
		for (unsigned k = 1; k < song[i].n && !song[i].removed; k++)
			expected[harmony_transpose(song[i].token[k - 1], -song[i].tonic) * HARMONY_N_TOKENS +
				 harmony_transpose(song[i].token[k], -song[i].tonic)]++;
	cr_assert_eq(library_transitions(lib, sums), 0);
	cr_assert_arr_eq(sums, expected, sizeof(sums), "LIB-10 %s", when);
}

Test(library, LIB_10_transitions_are_the_sums_of_a_direct_count, .init = make_dir, .fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 200);
	library_close(lib);
	lib = open_library(LIBRARY_WRITE);
	expect_transitions(lib, song, 200, "of all");
	for (unsigned i = 3; i <= 200; i += 4) {
		cr_assert_eq(library_remove(lib, i), 0);
		song[i].removed = 1;
	}
	cr_assert_eq(library_remove(lib, 3), -ENOENT);
	expect_transitions(lib, song, 200, "without those that were removed");
	cr_assert_eq(library_begin(lib), 0);
	cr_assert_eq(library_remove(lib, 1), 0);
	library_rollback(lib);
	expect_transitions(lib, song, 200, "after one that was not removed after all");
	library_close(lib);
	lib = open_library(LIBRARY_WRITE);
	expect_transitions(lib, song, 200, "of the file");
	library_close(lib);
	free(song);
}

static void count_genre(void *data, const char *genre, uint64_t n)
{
	uint64_t *count = data;
	count[strcmp(genre, "all") == 0 ? 3 : genre[6] - '0'] += n;
}

Test(library, LIB_05_genres_are_counted_without_the_songs_that_were_removed, .init = make_dir,
	.fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 600);
	uint64_t expected[4] = {0}, count[4] = {0};
	for (unsigned i = 1; i <= 600; i++) {
		if (i % 2) {
			cr_assert_eq(library_remove(lib, i), 0);
			continue;
		}
		expected[song[i].genre]++;
		expected[3]++;
	}
	cr_assert_eq(library_genres(lib, count_genre, count), 0);
	cr_assert_arr_eq(count, expected, sizeof(count), "LIB-05 %lu of all, a scan finds %lu",
		(unsigned long)count[3], (unsigned long)expected[3]);
	library_close(lib);
	free(song);
}

/* ---- tables ---- */

static struct table_import *open_table(struct library *lib, const char *text, const char *name)
{
	struct table_import *import;
	char why[LIBRARY_WHY];
	const int fd = memfd_create("table", 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(table_open(lib, fd, name, &import, why), 0, "%s", why);
	return import;
}

static void expect_chords(struct library *lib, int64_t id, const char *chords)
{
	struct library_detail detail;
	cr_assert_eq(library_get(lib, id, &detail), 0, "%s", library_why(lib));
	cr_assert_str_eq(detail.chords, chords, "LIB-08 song %ld has %s", (long)id, detail.chords);
	library_detail_finish(&detail);
}

Test(library, LIB_08_tables_are_read_by_their_heads, .init = make_dir, .fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct table_import *import = open_table(lib,
		"id,chords,release_date,genres,artist_id\n"
		"1,<intro_1> C Fsmin D/Fs <verse_1> Csus4 Ano3d Cssus4,2003-05-01,'rock' 'alternative "
		"pop',a1\n"
		"2,\"Am | F, \"\"quoted\"\" G\",1990s,,a2\n",
		"chord texts");
	cr_assert_eq(table_step(import, 100), 0, "%s", library_why(lib));
	cr_assert_eq(table_progress(import)->n_songs, 2);
	cr_assert_eq(table_progress(import)->n_unread_chords, 1, "\"quoted\" is no chord");
	table_close(import);
	expect_chords(lib, 1, "<intro 1> C F#min D/F#\n<verse 1> Csus4 Ano3 C#sus4");

	import = open_table(
		lib, "title\tartist\tkey\tnumerals\nSo What\tMiles\tF minor\ti V7 bVI\n", "numerals");
	cr_assert_eq(table_step(import, 100), 0);
	table_close(import);
	expect_chords(lib, 3, "Fm C7 Db");

	import = open_table(lib,
		"{\"title\":\"One\",\"key\":\"G\",\"chords\":\"G D Em C\",\"year\":1999}\n{oops\n\n",
		"lines");
	cr_assert_eq(table_step(import, 100), 0);
	cr_assert_eq(table_progress(import)->n_songs, 1);
	cr_assert_eq(table_progress(import)->n_refused, 1);
	cr_assert_eq(table_progress(import)->first_refused, 2, "a bad record is named and stops nothing");
	table_close(import);

	const struct library_query query = {.phrase = "I V vi IV", .tonic = LIBRARY_NO_KEY, .minor = -1};
	struct library_found found;
	cr_assert_eq(library_search(lib, &query, &found), 0);
	cr_assert_eq(found.n, 1);
	cr_assert_str_eq(found.hit[0].title, "One");
	cr_assert_eq(found.hit[0].year, 1999);
	library_found_finish(&found);
	library_close(lib);
}

Test(library, LIB_08_what_is_no_table_is_refused, .init = make_dir, .fini = remove_dir)
{
	static const char *const bad[] = {"", "a,b\n1,2\n", "\xff\xfe"};
	struct library *lib = open_library(LIBRARY_WRITE);
	for (unsigned i = 0; i < 3; i++) {
		struct table_import *import;
		char why[LIBRARY_WHY];
		const int fd = memfd_create("table", 0);
		cr_assert_eq(write(fd, bad[i], strlen(bad[i])), (ssize_t)strlen(bad[i]));
		cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
		cr_assert_eq(table_open(lib, fd, "bad", &import, why), -EINVAL, "%s", why);
		cr_assert(strstr(why, "chords"), "%s", why);
	}
	library_close(lib);
}

Test(library, LIB_01_an_import_that_was_cut_off_goes_on_and_is_not_done_twice, .init = make_dir,
	.fini = remove_dir)
{
	char path[80];
	struct library *lib = open_library(LIBRARY_WRITE);
	struct table_import *import;
	char why[LIBRARY_WHY];
	(void)snprintf(path, sizeof(path), "%s/songs.csv", dir);
	FILE *to = fopen(path, "w");
	fputs("title,chords\n", to);
	for (int i = 0; i < 100; i++)
		fprintf(to, "Song %d,C F G\n", i);
	cr_assert_eq(fclose(to), 0);

	cr_assert_eq(table_open(lib, open(path, O_RDONLY | O_CLOEXEC), path, &import, why), 0, "%s", why);
	cr_assert_eq(table_step(import, 30), 1);
	table_close(import);
	cr_assert_eq(table_open(lib, open(path, O_RDONLY | O_CLOEXEC), path, &import, why), 0, "%s", why);
	cr_assert_eq(table_step(import, 1000), 0);
	table_close(import);
	struct library_stats stats;
	cr_assert_eq(library_stats(lib, &stats), 0);
	cr_assert_eq(stats.n_songs, 100, "LIB-01 %lu songs", (unsigned long)stats.n_songs);
	cr_assert_eq(table_open(lib, open(path, O_RDONLY | O_CLOEXEC), path, &import, why), -EALREADY);
	library_close(lib);
}

/* ---- changes and faults ---- */

Test(library, LIB_01_removed_songs_are_not_found, .init = make_dir, .fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 120);
	struct library_query query = {.phrase = "I V", .tonic = LIBRARY_NO_KEY, .minor = -1};
	for (unsigned i = 1; i <= 120; i += 7) {
		song[i].removed = 1;
		cr_assert_eq(library_remove(lib, i), 0);
	}
	cr_assert_eq(library_remove(lib, 1), -ENOENT);
	compare(lib, song, 120, &query, -1);
	query.phrase = NULL;
	compare(lib, song, 120, &query, -1);
	library_close(lib);
	free(song);
}

Test(library, LIB_01_readers_see_each_commit, .init = make_dir, .fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 20);
	struct library *reader = open_library(LIBRARY_READ);
	struct library_detail detail;
	struct library_stats stats;
	for (unsigned i = 1; i <= 20; i++) {
		struct library_query query = {.phrase = "I V", .tonic = LIBRARY_NO_KEY, .minor = -1};
		cr_assert_eq(library_get(reader, i, &detail), 0);
		library_detail_finish(&detail);
		compare(reader, song, 20, &query, -1);
		cr_assert_eq(library_remove(lib, i), 0);
		song[i].removed = 1;
		compare(reader, song, 20, &query, -1);
		cr_assert_eq(library_get(reader, i, &detail), -ENOENT, "LIB-01 song %u was taken out", i);
		cr_assert_eq(library_stats(reader, &stats), 0);
		cr_assert_eq(stats.n_songs, 20 - i);
	}
	library_close(reader);
	library_close(lib);
	free(song);
}

static void print_fault(void *data, const char *fault)
{
	(void)snprintf(data, LIBRARY_WHY, "%s", fault);
}

Test(library, LIB_01_a_dropped_batch_leaves_nothing, .init = make_dir, .fini = remove_dir)
{
	char fault[LIBRARY_WHY] = "";
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 50);
	const struct plain_song more = make_song(51);
	struct library_query query = {.phrase = "I V", .tonic = LIBRARY_NO_KEY, .minor = -1};
	cr_assert_eq(library_begin(lib), 0);
	add_song(lib, &more, 51);
	library_rollback(lib);
	compare(lib, song, 50, &query, -1);
	cr_assert_eq(library_begin(lib), 0);
	add_song(lib, &more, 51);
	cr_assert_eq(library_commit(lib), 0, "%s", library_why(lib));
	song = realloc(song, 52 * sizeof(*song));
	song[51] = more;
	compare(lib, song, 51, &query, -1);
	cr_assert_eq(library_check(lib, print_fault, fault), 0, "%s", fault);
	library_close(lib);
	free(song);
}

Test(library, LIB_01_damage_is_found_and_named, .init = make_dir, .fini = remove_dir)
{
	char fault[LIBRARY_WHY] = "";
	sqlite3 *db;
	struct library *lib = open_library(LIBRARY_WRITE);
	struct plain_song *song = add_songs(lib, 50);
	library_close(lib);
	cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db,
			     "UPDATE block SET data=substr(data,1,length(data)-3);"
			     "UPDATE song SET chords=x'ffffff' WHERE id=7",
			     NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	lib = open_library(LIBRARY_READ);
	cr_assert(library_check(lib, print_fault, fault) >= 2);
	cr_assert(strstr(fault, "segment"), "%s", fault);
	struct library_found found;
	const struct library_query query = {.phrase = "I ? V ? I", .tonic = LIBRARY_NO_KEY, .minor = -1};
	const int rc = library_search(lib, &query, &found);
	cr_assert(rc == -EBADMSG || rc == 0, "a damaged block is an error, no crash");
	if (rc == 0)
		library_found_finish(&found);
	library_close(lib);
	free(song);
}

Test(library, LIB_01_kill_while_importing_leaves_whole_batches, .init = make_dir, .fini = remove_dir,
	.timeout = 60)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	library_close(lib);
	uint64_t songs = 0;
	for (unsigned round = 0; round < 12; round++) {
		int ready[2];
		char byte;
		cr_assert_eq(pipe(ready), 0);
		const pid_t child = fork();
		if (child == 0) {
			char why[LIBRARY_WHY];
			if (library_open(file, LIBRARY_WRITE, &lib, why) < 0)
				_exit(1);
			for (;;) {
				(void)library_begin(lib);
				for (unsigned i = 0; i < 10; i++) {
					const struct plain_song song = make_song(i);
					add_song(lib, &song, i);
				}
				(void)library_commit(lib);
				(void)!write(ready[1], "x", 1);
			}
		}
		cr_assert(child > 0);
		for (unsigned i = 0; i <= round; i++)
			cr_assert_eq(read(ready[0], &byte, 1), 1);
		usleep(round * 137); /* somewhere in the next batch */
		cr_assert_eq(kill(child, SIGKILL), 0);
		cr_assert_eq(waitpid(child, NULL, 0), child);
		close(ready[0]);
		close(ready[1]);

		struct library_stats stats;
		char fault[LIBRARY_WHY] = "";
		lib = open_library(LIBRARY_WRITE);
		cr_assert_eq(library_check(lib, print_fault, fault), 0, "HER-13 round %u: %s", round, fault);
		cr_assert_eq(library_stats(lib, &stats), 0);
		cr_assert_eq(stats.n_songs % 10, 0, "HER-13 part of a batch is there");
		cr_assert_geq(stats.n_songs, songs + (round + 1) * 10, "HER-13 what was committed is gone");
		songs = stats.n_songs;
		library_close(lib);
	}
}

Test(library, LIB_01_what_is_no_library_is_refused, .init = make_dir, .fini = remove_dir)
{
	struct library *lib;
	char why[LIBRARY_WHY];
	cr_assert_eq(library_open(file, LIBRARY_READ, &lib, why), -ENOENT);
	FILE *to = fopen(file, "w");
	fputs("this is a text and not a database, whatever it is called; it is long enough to be one.......",
		to);
	cr_assert_eq(fclose(to), 0);
	cr_assert_eq(library_open(file, LIBRARY_WRITE, &lib, why), -EPROTO, "%s", why);
	cr_assert_eq(unlink(file), 0);
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "CREATE TABLE other(x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	cr_assert_eq(library_open(file, LIBRARY_WRITE, &lib, why), -EPROTO);
	cr_assert(strstr(why, "no library"), "%s", why);
}

Test(library, LIB_03_phrases_that_make_no_sense_are_refused_with_their_place)
{
	static const struct {
		const char *text;
		int rc;
		size_t where;
	} bad[] = {{"", -EINVAL, 0}, {"ii V Q", -EINVAL, 5}, {"Dm7 G7 H", -EINVAL, 7}, {" | - ", -EINVAL, 0}};
	for (unsigned i = 0; i < 4; i++) {
		struct harmony_phrase phrase;
		size_t where;
		cr_assert_eq(harmony_phrase_parse(bad[i].text, 0, &phrase, &where), bad[i].rc, "LIB-03 %s",
			bad[i].text);
		cr_assert_eq(where, bad[i].where, "LIB-03 %s: byte %zu", bad[i].text, where);
	}
}
