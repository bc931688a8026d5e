/* SPDX-License-Identifier: MIT */
/* Vectors of songs (LIB-06): NumPy's answers to the same questions, our own vectors, files that are wrong. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sqlite3.h>

#include "library.h"

static char dir[40], file[64];

static void make_dir(void)
{
	(void)strcpy(dir, "/tmp/mos-vectors-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/library.db", dir);
}

static void remove_dir(void)
{
	static const char *const name[] = {
		"library.db", "library.db-wal", "library.db-shm", "vectors.npy", "songs.txt", "expected.txt"};
	char path[80];
	for (unsigned i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
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

static void add_song(struct library *lib, const char *chords, unsigned number, int tonic)
{
	char origin[32];
	(void)snprintf(origin, sizeof(origin), "catalogue %u", number);
	library_harmony_begin(lib);
	for (const char *at = chords; *at; at += strcspn(at, " "), at += *at == ' ')
		cr_assert_eq(library_harmony_chord(lib, at, strcspn(at, " ")), 0);
	const struct library_song song = {
		.title = chords, .artist = number % 2 ? "Odd" : "Even", .origin = origin, .tonic = tonic};
	cr_assert_eq(library_add(lib, &song, NULL), 0);
}

static void add_songs(struct library *lib, unsigned n)
{
	cr_assert_eq(library_begin(lib), 0);
	for (unsigned i = 1; i <= n; i++)
		add_song(lib, i % 2 ? "C F G C" : "C Am F G", i, 0);
	cr_assert_eq(library_commit(lib), 0);
}

static struct library_query like(int64_t song, const char *vectors)
{
	return (struct library_query){
		.like = song, .vectors = vectors, .tonic = LIBRARY_NO_KEY, .minor = -1, .limit = 10};
}

static int open_in(const char *name)
{
	char path[80];
	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", path);
	return fd;
}

static int import(
	struct library *lib, const char *name, int vectors, int songs, struct library_vectors_report *report)
{
	const int rc = library_vectors_import(lib, name, vectors, songs, report);
	close(vectors);
	close(songs);
	return rc;
}

/** One line of what NumPy found: "song near:distance near:distance ..." */
static void compare_line(struct library *lib, char *line, const char *vectors)
{
	struct library_found found;
	char *rest;
	const struct library_query query = like(strtol(line, &rest, 10), vectors);
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
	cr_assert_eq(found.n, 10);
	for (uint32_t i = 0; i < found.n; i++) {
		const int64_t song = strtol(rest, &rest, 10);
		cr_assert_eq(*rest, ':');
		const double distance = strtod(rest + 1, &rest);
		cr_assert_eq(found.hit[i].id, song, "LIB-06 number %u near %ld is %ld, NumPy says %ld", i,
			(long)query.like, (long)found.hit[i].id, (long)song);
		cr_assert_float_eq((double)found.hit[i].distance, distance, 1e-5, "LIB-06");
	}
	library_found_finish(&found);
}

static unsigned compare_all(struct library *lib, const char *vectors)
{
	char path[80], line[1024];
	unsigned n = 0;
	(void)snprintf(path, sizeof(path), "%s/expected.txt", dir);
	FILE *from = fopen(path, "r");
	for (; fgets(line, sizeof(line), from); n++)
		compare_line(lib, line, vectors);
	cr_assert_eq(fclose(from), 0);
	return n;
}

static int run_numpy(unsigned n, unsigned dims)
{
	char command[400];
	(void)snprintf(command, sizeof(command),
		"/usr/bin/python3 -c 'import numpy' 2>/dev/null || exit 77; /usr/bin/python3 %s %s %u %u",
		VECTORS_NUMPY, dir, n, dims);
	return system(command);
}

Test(vectors, LIB_06_the_nearest_are_those_that_numpy_finds, .init = make_dir, .fini = remove_dir,
	.timeout = 120)
{
	enum { N = 2000, DIMS = 100 }; /* several blocks, and no whole number of lanes */
	const int rc = run_numpy(N, DIMS);
	if (rc == 77 << 8)
		cr_skip_test("python3-numpy is not here");
	cr_assert_eq(rc, 0);
	struct library *lib = open_library(LIBRARY_WRITE);
	struct library_vectors_report report;
	add_songs(lib, N);
	cr_assert_eq(import(lib, "ours", open_in("vectors.npy"), open_in("songs.txt"), &report), 0, "%s",
		library_why(lib));
	cr_assert_eq(report.n_songs, N);
	cr_assert_eq(report.n_unknown, 0);
	cr_assert_eq(report.dims, DIMS);
	library_close(lib);
	lib = open_library(LIBRARY_READ); /* they are on the disk */
	cr_assert_gt(compare_all(lib, "ours"), 100u);
	library_close(lib);
}

static void print_fault(void *data, const char *fault)
{
	(void)snprintf(data, LIBRARY_WHY, "%s", fault);
}

Test(vectors, LIB_06_off_until_made_then_kept_checked_and_dropped, .init = make_dir, .fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct library_found found;
	char fault[LIBRARY_WHY] = "";
	add_songs(lib, 40);
	struct library_query query = like(2, NULL);
	cr_assert_eq(library_search(lib, &query, &found), -ENOENT, "LIB-06 off by default");
	cr_assert(strstr(library_why(lib), "harmony"), "%s", library_why(lib));

	cr_assert_eq(library_embed(lib, 25), 1, "%s", library_why(lib));
	cr_assert_eq(library_embed(lib, 25), 0);
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
	cr_assert_eq(found.n_songs, 39, "all but itself");
	for (uint32_t i = 0; i < found.n; i++) {
		cr_assert_eq(found.hit[i].id, 4 + 2 * i, "LIB-06 equal ones first, the older before");
		cr_assert_float_eq((double)found.hit[i].distance, 0, 1e-6);
	}
	library_found_finish(&found);
	query.artist = "odd";
	cr_assert_eq(library_search(lib, &query, &found), 0);
	cr_assert_eq(found.n_songs, 20, "LIB-06 with a filter");
	library_found_finish(&found);

	cr_assert_eq(library_remove(lib, 4), 0);
	query = like(2, NULL);
	cr_assert_eq(library_search(lib, &query, &found), 0);
	cr_assert_eq(found.hit[0].id, 6, "removed songs are not found");
	library_found_finish(&found);
	query = like(4, NULL);
	cr_assert_eq(library_search(lib, &query, &found), -ENOENT,
		"LIB-06 nothing is like a song that is not there");
	cr_assert(strstr(library_why(lib), "no song 4"), "%s", library_why(lib));
	query = like(2, NULL);
	cr_assert_eq(library_check(lib, print_fault, fault), 0, "%s", fault);

	add_songs(lib, 2);
	query = like(41, NULL);
	cr_assert_eq(library_search(lib, &query, &found), -ENOENT, "no vector yet");
	cr_assert_eq(library_embed(lib, 25), 0);
	library_close(lib);
	lib = open_library(LIBRARY_READ);
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
	cr_assert_eq(found.hit[0].id, 1);
	library_found_finish(&found);
	library_close(lib);

	lib = open_library(LIBRARY_WRITE);
	cr_assert_eq(library_vectors_drop(lib, LIBRARY_VECTORS_OWN), 0);
	cr_assert_eq(library_vectors_drop(lib, LIBRARY_VECTORS_OWN), -ENOENT);
	cr_assert_eq(library_search(lib, &query, &found), -ENOENT);
	library_close(lib);
}

static void put_set(void *data, const char *name, uint32_t dims, uint64_t n)
{
	char *text = data;
	sprintf(text + strlen(text), "%s %u %lu, ", name, dims, (unsigned long)n);
}

Test(vectors, LIB_06_sets_do_not_meet, .init = make_dir, .fini = remove_dir)
{
	static const float mine[6] = {1, 0, 0, 1, 0.6f, 0.8f};
	static const uint32_t songs[3] = {1, 2, 4};
	struct library *lib = open_library(LIBRARY_WRITE);
	struct library_found found;
	char text[200] = "", fault[LIBRARY_WHY] = "";
	add_songs(lib, 6);
	cr_assert_eq(library_embed(lib, 4), 1); /* two blocks */
	cr_assert_eq(library_embed(lib, 4), 0);
	cr_assert_eq(library_begin(lib), 0);
	cr_assert_eq(library_vectors_begin(lib, "mine", 2), 0);
	cr_assert_eq(library_vectors_add(lib, "mine", songs, mine, 3), 0);
	cr_assert_eq(library_commit(lib), 0);
	add_songs(lib, 1);
	cr_assert_eq(library_embed(lib, 4), 0);
	cr_assert_eq(library_vectors_each(lib, put_set, text), 0);
	cr_assert_str_eq(text, "harmony 64 7, mine 2 3, ", "LIB-06 %s", text);
	const struct library_query query = like(1, "mine");
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
	cr_assert_eq(found.n, 2);
	cr_assert_eq(found.hit[0].id, 4);
	library_found_finish(&found);
	cr_assert_eq(library_check(lib, print_fault, fault), 0, "%s", fault);
	cr_assert_eq(library_vectors_drop(lib, "mine"), 0);
	text[0] = '\0';
	cr_assert_eq(library_vectors_each(lib, put_set, text), 0);
	cr_assert_str_eq(text, "harmony 64 7, ", "LIB-06 %s", text);
	library_close(lib);
}

Test(vectors, LIB_06_what_goes_alike_in_another_key_is_near, .init = make_dir, .fini = remove_dir)
{
	struct library *lib = open_library(LIBRARY_WRITE);
	struct library_found found;
	cr_assert_eq(library_begin(lib), 0);
	add_song(lib, "C Am F G C Am F G", 1, 0);
	add_song(lib, "Dm7 G7 Cmaj7 A7 Dm7 G7 Cmaj7 Ebdim", 2, 0);
	add_song(lib, "Eb Cm Ab Bb Eb Cm Ab Bb", 3, 3); /* the first, a minor third up */
	add_song(lib, "C Am F G C Em F G", 4, 0);
	add_song(lib, "", 5, 0);
	cr_assert_eq(library_commit(lib), 0);
	cr_assert_eq(library_embed(lib, 100), 0, "%s", library_why(lib));
	const struct library_query query = like(1, NULL);
	cr_assert_eq(library_search(lib, &query, &found), 0);
	cr_assert_eq(found.n, 3, "a song without chords is like nothing");
	cr_assert_eq(found.hit[0].id, 3);
	cr_assert_float_eq((double)found.hit[0].distance, 0, 1e-6, "LIB-06 transposition changes nothing");
	cr_assert_eq(found.hit[1].id, 4, "LIB-06 one other chord is nearer than other music");
	cr_assert_eq(found.hit[2].id, 2);
	library_found_finish(&found);
	library_close(lib);
}

/* ---- files that are wrong ---- */

static int memory_file(const void *bytes, size_t n)
{
	const int fd = memfd_create("file", MFD_CLOEXEC);
	cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
	return fd;
}

static int npy(const char *head, const float *value, size_t n)
{
	uint8_t bytes[1024] = "\x93NUMPY\x01";
	const size_t len = strlen(head);
	bytes[8] = (uint8_t)len;
	memcpy(bytes + 10, head, len);
	memcpy(bytes + 10 + len, value, n * sizeof(*value));
	return memory_file(bytes, 10 + len + n * sizeof(*value));
}

Test(vectors, LIB_06_files_that_are_wrong_change_nothing_and_say_where, .init = make_dir, .fini = remove_dir)
{
	static const float good[4] = {1, 2, 3, 4}, zero[4] = {1, 2, 0, 0}, nan_[4] = {1, 2, 3, NAN};
	static const char head[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
	static const struct {
		const char *head, *songs, *why;
		const float *value;
		size_t n;
	} bad[] = {
		{"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)}", "1\n", "float32", good, 4},
		{"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}", "1\n2\n", "C order", good, 4},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", "1\n", "shape", good, 4},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 99999)}", "1\n", "shape", good, 4},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}", "1\n2\n3\n", "shorter", good,
			4},
		{"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999, 2)}", "1\n",
			"shape", good, 4},
		{head, "1\n", "2 rows, and there are 1 lines", good, 4},
		{head, "1\n2\n3\n", "2 rows, and there are 3 lines", good, 4},
		{head, "", "fewer lines", good, 4},
		{head, "2\n2\n", "lines 1 and 2", good, 4},
		{head, "1\n2\n", "row 2", zero, 4},
		{head, "1\n2\n", "row 2", nan_, 4},
	};
	struct library *lib = open_library(LIBRARY_WRITE);
	struct library_vectors_report report;
	struct library_found found;
	add_songs(lib, 3);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(import(lib, "bad", npy(bad[i].head, bad[i].value, bad[i].n),
				     memory_file(bad[i].songs, strlen(bad[i].songs)), &report),
			-EINVAL, "number %u", i);
		cr_assert(strstr(library_why(lib), bad[i].why), "number %u: %s", i, library_why(lib));
	}
	cr_assert_eq(import(lib, "bad", memory_file("text", 4), memory_file("1\n", 2), &report), -EINVAL);
	cr_assert_eq(import(lib, LIBRARY_VECTORS_OWN, npy(head, good, 4), memory_file("1\n2\n", 4), &report),
		-EINVAL, "ours would be added to them");
	cr_assert(strstr(library_why(lib), "another name"), "%s", library_why(lib));
	const struct library_query query = like(1, "bad");
	cr_assert_eq(library_search(lib, &query, &found), -ENOENT, "nothing was changed");

	/* Songs that are not there are left out and told. */
	cr_assert_eq(import(lib, "good", npy(head, good, 4), memory_file("3\ncatalogue 77", 14), &report), 0,
		"%s", library_why(lib));
	cr_assert_eq(report.n_songs, 1);
	cr_assert_eq(report.n_unknown, 1);
	cr_assert_str_eq(report.first_unknown, "line 2: catalogue 77");

	/* Where a song came from may be a number, too, and is told from ours. */
	cr_assert_eq(library_begin(lib), 0);
	library_harmony_begin(lib);
	cr_assert_eq(
		library_add(lib, &(struct library_song){.title = "x", .origin = "2", .tonic = 0}, NULL), 0);
	cr_assert_eq(library_commit(lib), 0);
	cr_assert_eq(import(lib, "theirs", npy(head, good, 4), memory_file("1\n=2\n", 5), &report), 0, "%s",
		library_why(lib));
	cr_assert_eq(report.n_unknown, 0, "%s", report.first_unknown);
	const struct library_query near = like(4, "theirs");
	cr_assert_eq(library_search(lib, &near, &found), 0, "LIB-06 %s", library_why(lib));
	cr_assert_eq(found.n, 1);
	cr_assert_eq(found.hit[0].id, 1);
	library_found_finish(&found);
	library_close(lib);
}

Test(vectors, LIB_06_damage_is_found_and_named, .init = make_dir, .fini = remove_dir)
{
	static const char *const damage[] = {"substr(data,1,length(data)-4)", "zeroblob(24)",
		"substr(data,1,60)||x'ff'||substr(data,62)", "NULL",
		"substr(data,1,64)||x'0000c07f'||substr(data,69)"}; /* a number that is none */
	struct library_found found;
	const struct library_query query = like(1, NULL);
	for (unsigned i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		char text[160], fault[LIBRARY_WHY] = "";
		sqlite3 *db;
		struct library *lib = open_library(LIBRARY_WRITE);
		if (i == 0)
			add_songs(lib, 10);
		else
			cr_assert_eq(library_vectors_drop(lib, LIBRARY_VECTORS_OWN), 0);
		cr_assert_eq(library_embed(lib, 100), 0);
		library_close(lib);
		cr_assert_eq(sqlite3_open(file, &db), SQLITE_OK);
		(void)snprintf(text, sizeof(text), "UPDATE vector_block SET data=%s", damage[i]);
		cr_assert_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		lib = open_library(LIBRARY_READ);
		cr_assert_eq(library_check(lib, print_fault, fault), 1, "LIB-06 damage %u", i);
		cr_assert(strstr(fault, "of the vectors is damaged"), "%s", fault);
		const int rc = library_search(lib, &query, &found);
		cr_assert(rc == -EBADMSG || (rc == 0 && (i == 2 || i == 4)),
			"a damaged block is an error, no crash: %d", rc);
		if (rc == 0) {
			cr_assert_eq(found.n, i == 2 ? 8 : 0, "damage %u: %u are near", i, found.n);
			library_found_finish(&found);
		}
		library_close(lib);
	}
}

Test(vectors, LIB_06_a_library_that_another_writes_is_not_held_fast, .init = make_dir, .fini = remove_dir,
	.timeout = 60)
{
	sqlite3 *other;
	struct library *lib = open_library(LIBRARY_WRITE);
	add_songs(lib, 4);
	cr_assert_eq(library_embed(lib, 100), 0);
	cr_assert_eq(sqlite3_open(file, &other), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(library_vectors_drop(lib, LIBRARY_VECTORS_OWN), -EBUSY);
	cr_assert_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);

	cr_assert_eq(library_vectors_drop(lib, LIBRARY_VECTORS_OWN), 0, "%s", library_why(lib));
	cr_assert_eq(sqlite3_exec(other, "BEGIN IMMEDIATE; COMMIT", NULL, NULL, NULL), SQLITE_OK,
		"no transaction was left open: %s", sqlite3_errmsg(other));
	sqlite3_close(other);
	add_songs(lib, 1);
	library_close(lib);
}
