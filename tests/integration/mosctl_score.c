/* SPDX-License-Identifier: MIT */
/*
 * mosctl score and mosctl library against the real programs: a tune through the formats, the store and the
 * library, and what is said when something is wrong. Runs inside mos-session. Rows FMT-02, FMT-03, FMT-05,
 * FMT-07, FMT-08, FMT-11, HER-11, LIB-01 to LIB-05, LIB-07, LIB-10.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mosctl_run.h"

static struct said said;
static char dir[64];

static const char tune[] =
	"X:1\nT:Two Bars\nC:Nobody\nM:4/4\nL:1/4\nQ:1/4=90\nK:G\n"
	"\"Am\"A B c d | \"D7\"d c B A | \"G\"G4 |]\nw:one two three four five six se-ven end\n";

static const char *path_of(const char *name)
{
	static char path[8][128];
	static unsigned turn;
	char *to = path[turn++ % 8];
	(void)snprintf(to, sizeof(path[0]), "%s/%s", dir, name);
	return to;
}

static const char *write_file(const char *name, const char *text)
{
	const char *path = path_of(name);
	FILE *to = fopen(path, "w");
	cr_assert_not_null(to);
	cr_assert_geq(fputs(text, to), 0);
	cr_assert_eq(fclose(to), 0);
	return path;
}

static void setup(void)
{
	cr_assert_not_null(
		getenv("MOS_RUNTIME_DIR"), "to be run as: mos-session -p -- %s", "test-mosctl-score");
	(void)strcpy(dir, "/tmp/mosctl-score-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)write_file("tune.abc", tune);
	/* A fresh session's score store is up a moment later. */
	do
		MOSCTL(&said, "ping", "hermes");
	while (said.code != 0);
}

static void teardown(void)
{
	char command[96];
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(mosctl_score, .init = setup, .fini = teardown, .timeout = 60);

static void expect(int code, const char *out, const char *err)
{
	cr_assert_eq(said.code, code, "exit %d: %s%s", said.code, said.out, said.err);
	cr_assert(!out || strstr(said.out, out), "no \"%s\" in: %s", out, said.out);
	cr_assert(!err || strstr(said.err, err), "no \"%s\" in: %s", err, said.err);
}

/* What stands under one another in a lead sheet begins at the same column. */
static long column_of(const char *word)
{
	const char *at = strstr(said.out, word);
	cr_assert_not_null(at, "no %s in: %s", word, said.out);
	const char *line = at;
	while (line > said.out && line[-1] != '\n')
		line--;
	return at - line;
}

Test(mosctl_score, FMT_05_FMT_08_show_is_a_lead_sheet)
{
	MOSCTL(&said, "score", "show", path_of("tune.abc"));
	expect(0, "Two Bars\n", NULL);
	expect(0, "Composer: Nobody", NULL);
	expect(0, "G major, 4/4, 90 BPM, 3 bars", NULL);
	cr_assert_eq(column_of("Am"), column_of("A4"), "FMT-05 the chord stands over its note: %s", said.out);
	cr_assert_eq(
		column_of("A4"), column_of("one"), "FMT-05 the word stands under its note: %s", said.out);
	cr_assert_eq(column_of("D7"), column_of("five"), "%s", said.out);
	expect(0, "se-", NULL);
	MOSCTL(&said, "--json", "score", "show", path_of("tune.abc"));
	yyjson_doc *doc = said_json(&said);
	cr_assert_str_eq(yyjson_get_str(yyjson_ptr_get(yyjson_doc_get_root(doc), "/format")), "nvx1");
	cr_assert_eq(yyjson_arr_size(yyjson_ptr_get(yyjson_doc_get_root(doc), "/parts/0/notes")), 9);
	yyjson_doc_free(doc);
}

Test(mosctl_score, FMT_02_FMT_03_FMT_11_a_tune_leaves_in_every_format_and_comes_back)
{
	static const char *const suffix[] = {"musicxml", "mxl", "mid", "midi2", "nvx1", "umf", "abc", "txt"};
	for (unsigned i = 0; i < 8; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "out.%s", suffix[i]);
		const char *to = path_of(name);
		MOSCTL(&said, "score", "convert", path_of("tune.abc"), to);
		expect(0, NULL, NULL);
		if (strcmp(suffix[i], "txt") == 0)
			continue;
		MOSCTL(&said, "score", "validate", to);
		expect(0, ": valid, ", NULL);
		expect(0, "3 measures, 9 notes", NULL);
	}
	MOSCTL(&said, "score", "diff", path_of("out.nvx1"), path_of("out.nvx1"));
	expect(0, "", NULL);
	(void)write_file("other.abc", "X:1\nT:Two Bars\nM:4/4\nL:1/4\nK:G\nA B c d | d c B A | A4 |]\n");
	MOSCTL(&said, "score", "diff", path_of("tune.abc"), path_of("other.abc"));
	expect(1, "/parts/p1/notes/", NULL);
}

/* Another file of the same music is no difference: what `score diff` compares is the content. */
static void expect_equal(const char *a, const char *b)
{
	MOSCTL(&said, "score", "diff", a, b);
	cr_assert(said.code == 0 && said.out[0] == 0, "FMT-07 %s, %s differ: %s%s", a, b, said.out, said.err);
}

Test(mosctl_score, umf_in_and_out,
	.description = "FMT-07 UMF-11: UMF in and out by mosctl: what is only in UMF comes back, and a wrong "
		       "one is refused")
{
	(void)write_file("lesson.umf",
		"{\"version\":\"1.0\",\"metadata\":{\"title\":\"Lesson\",\"key\":\"C major\",\"tempo\":120},"
		"\"score\":{\"measures\":[{}],\"parts\":[{\"id\":\"p1\",\"name\":\"Piano\",\"notes\":[{"
		"\"id\":\"n1\","
		"\"tick\":0,\"durationTicks\":960,\"pitch\":60}]}]},"
		"\"audio\":{\"format\":\"ogg\",\"url\":\"take.ogg\"},"
		"\"learning\":{\"pointsOfInterest\":[{\"id\":\"k1\",\"tick\":0,\"title\":\"Hear it\"}],"
		"\"annotations\":[{\"id\":\"s1\",\"target\":{\"noteId\":\"n1\"},\"author\":\"a\",\"text\":"
		"\"b\"}]},"
		"\"extensions\":{\"org.example.practice\":{\"stars\":1.10}}}");
	MOSCTL(&said, "score", "validate", path_of("lesson.umf"));
	expect(0, ": valid, ", NULL);
	MOSCTL(&said, "score", "convert", path_of("lesson.umf"), path_of("lesson.nvx1"));
	expect(0, NULL, NULL);
	MOSCTL(&said, "score", "convert", path_of("lesson.nvx1"), path_of("again.umf"));
	expect(0, NULL, NULL);
	expect_equal(path_of("lesson.umf"), path_of("lesson.nvx1"));
	expect_equal(path_of("lesson.umf"), path_of("again.umf"));
	static const char *const kept[] = {
		"\"pointsOfInterest\"", "\"Hear it\"", "take.ogg", "\"annotations\"", "1.10"};
	char text[8192];
	FILE *from = fopen(path_of("again.umf"), "r");
	cr_assert_not_null(from);
	text[fread(text, 1, sizeof(text) - 1, from)] = 0;
	(void)fclose(from);
	for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		cr_expect(strstr(text, kept[i]), "FMT-07 lost: %s\n%s", kept[i], text);

	MOSCTL(&said, "score", "convert", path_of("tune.abc"), path_of("tune.umf"));
	expect(0, NULL, NULL);
	MOSCTL(&said, "score", "convert", path_of("tune.umf"), path_of("tune.nvx1"));
	expect(0, NULL, NULL);
	expect_equal(path_of("tune.umf"), path_of("tune.nvx1"));
	MOSCTL(&said, "score", "diff", path_of("tune.umf"), path_of("lesson.umf"));
	expect(1, "/parts/p1", NULL);

	const char *bad =
		write_file("bad.umf", "{\"version\":\"2.0\",\"metadata\":{\"title\":\"x\",\"key\":\"none\","
				      "\"tempo\":120},\"score\":{\"measures\":[{}],\"parts\":[]}}");
	MOSCTL(&said, "score", "validate", bad);
	expect(4, NULL, "version");
}

Test(mosctl_score, HER_11_what_is_wrong_is_told_with_its_place_and_nothing_is_written)
{
	const char *bad = write_file("bad.nvx1", "{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"x\","
						 "\"key\":\"C major\",\"tempo\":120},\"measures\":[{}],"
						 "\"parts\":[{\"id\":\"p1\",\"name\":\"a\",\"notes\":[{"
						 "\"tick\":0,\"durationTicks\":960,\"pitch\":200}]}],"
						 "\"layers\":[]}");
	MOSCTL(&said, "score", "validate", bad, path_of("tune.abc"));
	expect(4, "tune.abc: valid", "/parts/0/notes/0/pitch");
	MOSCTL(&said, "score", "convert", bad, path_of("bad.mid"));
	cr_assert_neq(said.code, 0);
	cr_assert_neq(access(path_of("bad.mid"), F_OK), 0, "HER-11 a refused file leaves nothing behind");
	MOSCTL(&said, "score", "convert", path_of("tune.abc"), path_of("no/such/folder.mid"));
	expect(1, NULL, "No such file");
	MOSCTL(&said, "score", "convert", path_of("tune.abc"), "--format", "midi", "--out", "-");
	expect(0, "MThd", NULL);
	MOSCTL(&said, "score", "convert", path_of("tune.abc"), path_of("tune.xyz"));
	cr_assert_neq(said.code, 0, "a format that nobody knows");
	MOSCTL(&said, "score", "show", path_of("nothing.abc"));
	expect(4, NULL, "nothing.abc");
	MOSCTL(&said, "score", "schema");
	expect(0, "2020-12", NULL);
	MOSCTL(&said, "score", "dance");
	expect(2, NULL, "none of list show");
}

Test(mosctl_score, HER_05_HER_06_the_store_lists_opens_exports_and_forgets)
{
	char id[37];
	MOSCTL(&said, "score", "add", path_of("tune.abc"));
	expect(0, "Two Bars", NULL);
	(void)snprintf(id, sizeof(id), "%.36s", said.out);
	MOSCTL(&said, "score", "list", "two");
	expect(0, id, NULL);
	MOSCTL(&said, "score", "open", id);
	expect(0, "Two Bars", NULL);
	MOSCTL(&said, "score", "export", "--format", "abc", id);
	expect(0, "T:Two Bars", NULL);
	MOSCTL(&said, "score", "analyse");
	expect(0, "revision 2", NULL);
	MOSCTL(&said, "score", "undo", id);
	expect(0, "revision 3", NULL);
	MOSCTL(&said, "score", "tab", id);
	expect(0, "no part has a tuning", NULL);
	MOSCTL(&said, "score", "tab", id, "--part", "nobody");
	expect(1, NULL, "nobody");
	MOSCTL(&said, "score", "tab", id, "--part", "p1", "--degree", "6");
	expect(2, NULL, "--degree");
	MOSCTL(&said, "score", "tab", id, "--part", "p1");
	expect(0, "notes have a place now, 0 none", NULL);
	MOSCTL(&said, "score", "undo", id);
	expect(0, "revision 5", NULL);
	MOSCTL(&said, "score", "fsck");
	expect(0, ", 0 errors", NULL);
	MOSCTL(&said, "score", "backup", path_of("copy.db"));
	expect(0, "copy.db: ", NULL);
	MOSCTL(&said, "score", "backup", path_of("copy.db"));
	expect(4, NULL, "overwrites nothing");
	MOSCTL(&said, "score", "delete", id);
	cr_assert_neq(said.code, 0, "what is loaded stays");
	MOSCTL(&said, "load", write_file("other.abc", "X:1\nT:Other\nK:C\nC2|]\n"));
	expect(0, "Other", NULL);
	MOSCTL(&said, "score", "delete", id);
	expect(0, NULL, NULL);
	MOSCTL(&said, "score", "open", id);
	expect(1, NULL, NULL);
}

static const char *write_vectors(const char *name, const float *value, size_t n)
{
	static const char head[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }\n";
	const char *path = path_of(name);
	FILE *to = fopen(path, "wb");
	cr_assert_not_null(to);
	(void)fwrite("\x93NUMPY\x01\0", 1, 8, to);
	(void)fwrite((const uint8_t[]){sizeof(head) - 1, 0}, 1, 2, to);
	(void)fwrite(head, 1, sizeof(head) - 1, to);
	(void)fwrite(value, sizeof(*value), n, to);
	cr_assert_eq(fclose(to), 0);
	return path;
}

/* Of a library of six songs. */
static void songs_that_are_like_one(void)
{
	static const float mine[] = {1, 0, 0, 1, 0.9f, 0.1f, 1, 1};
	char vectors[128], songs[128];
	MOSCTL(&said, "library", "search", "--like", "1");
	expect(1, NULL, "mosctl library embed");
	MOSCTL(&said, "library", "embed");
	expect(0, "6 songs, 64 numbers each", NULL);
	MOSCTL(&said, "library", "search", "--like", "1");
	expect(0, "distance 0.", "5 songs");

	(void)strcpy(vectors, write_vectors("mine.npy", mine, 8));
	(void)strcpy(songs, write_file("mine.txt", "1\n2\n3\nsomebody's\n"));
	MOSCTL(&said, "library", "embed", "mine", vectors, songs);
	expect(0, "mine ", "1 lines name no song of the library, the first: line 4: somebody's");
	MOSCTL(&said, "library", "search", "--like", "1", "--vectors", "mine");
	expect(0, "distance 0.", "2 songs");
	MOSCTL(&said, "library", "embed", "harmony", vectors, songs);
	expect(1, NULL, "another name");
	MOSCTL(&said, "library", "embed", "bad", songs, songs);
	expect(1, NULL, "no .npy file");
	MOSCTL(&said, "library", "embed", "bad", "/dev/zero", songs);
	expect(1, NULL, "no regular file");
	(void)write_vectors("mine.npy", mine, 7);
	MOSCTL(&said, "library", "embed", "mine", vectors, songs);
	expect(1, NULL, "shorter than its head says");
	MOSCTL(&said, "library", "search", "--like", "1", "--vectors", "mine");
	expect(0, "distance 0.", "2 songs");

	MOSCTL(&said, "library", "embed", "--drop", "mine");
	expect(0, "harmony ", NULL);
	MOSCTL(&said, "library", "embed", "--drop", "mine");
	expect(1, NULL, "no vectors \"mine\"");
	MOSCTL(&said, "library", "embed", "mine", vectors);
	expect(2, NULL, "NAME VECTORS.npy SONGS.txt");
	MOSCTL(&said, "call", "hermes.library.embed", "name=mine");
	expect(1, NULL, "come from files");
	MOSCTL(&said, "call", "hermes.library.search", "like=-1");
	expect(1, NULL, "a song's number");
}

Test(mosctl_score, LIB_01_LIB_02_LIB_04_LIB_05_LIB_06_a_library_of_music_and_tables)
{
	(void)write_file("broken.mid", "this is no music");
	(void)write_file("songs.csv",
		"title,artist,year,genre,key,chords\n"
		"One,Somebody,1995,pop,C,<verse_1> C G Am F C\nTwo,Somebody,1962,jazz,F,Gmin C7 Fmaj7\n");
	MOSCTL(&said, "--json", "library", "import", dir);
	cr_assert_eq(said.code, 0, "%s%s", said.out, said.err);
	yyjson_doc *doc = said_json(&said);
	yyjson_val *root = yyjson_doc_get_root(doc);
	cr_assert_eq(yyjson_get_int(yyjson_obj_get(root, "songs")), 3, "LIB-01 %s", said.out);
	cr_assert_eq(yyjson_arr_size(yyjson_obj_get(root, "refused")), 1,
		"LIB-01 a bad file stops nothing: %s", said.out);
	cr_assert(strstr(yyjson_get_str(yyjson_ptr_get(root, "/refused/0/path")), "broken.mid"));
	yyjson_doc_free(doc);

	MOSCTL(&said, "library", "import", dir);
	expect(0, "0 songs from 3 files", NULL);
	expect(0, "2 files were in the library before", NULL);
	MOSCTL(&said, "library", "search", "ii", "V", "I");
	expect(0, "Two Bars", "2 songs, 2 times");
	expect(0, "Two  ", NULL);
	MOSCTL(&said, "library", "search", "ii V I", "--genre", "jazz", "--key", "F", "--years", "1960-1969");
	expect(0, "Gmin C7 Fmaj7", "1 songs");
	MOSCTL(&said, "library", "search", "Dm7 G7 C");
	expect(0, NULL, "2 songs");
	MOSCTL(&said, "library", "search", "--text", "bars", "--artist", "nobody");
	expect(0, "Two Bars", "1 songs");
	MOSCTL(&said, "library", "search", "--similar", "I V vi ii");
	expect(0, "distance", NULL);
	MOSCTL(&said, "library", "search", "ii V Q");
	expect(1, NULL, "byte 6");
	MOSCTL(&said, "library", "search", "I", "--years", "soon");
	expect(2, NULL, "--years");
	(void)write_file("book.abc",
		"a book\n\nX:1\nT:First\nK:C\n\"F\"C2|]\n\nX:2\nT:Second\nK:C\n\"G\"D2|]\n\nX:3\n"
		"T:Third\nK:C\n\"C\"E2|]\n");
	MOSCTL(&said, "library", "import", path_of("book.abc"));
	expect(0, "3 songs from 1 files", NULL);
	MOSCTL(&said, "library", "search", "--text", "second");
	expect(0, "Second", "1 songs");
	MOSCTL(&said, "library", "stats", "transitions");
	expect(0, "6 songs, 2 artists", NULL);
	expect(0, "ii -> V", NULL);
	(void)write_file("shares.csv", "chord,next,frequency\nI,V,0.25\nV,I,0.5\n");
	MOSCTL(&said, "library", "import", path_of("shares.csv"));
	expect(0, "2 statistics", NULL);
	MOSCTL(&said, "library", "stats", "transitions");
	expect(0, "0.25  I -> V", NULL);
	songs_that_are_like_one();
	MOSCTL(&said, "library", "check");
	expect(0, "0 faults", NULL);
	MOSCTL(&said, "library", "remove", "1");
	expect(0, NULL, NULL);
	MOSCTL(&said, "library", "show", "1");
	expect(1, NULL, "no song 1");
}
