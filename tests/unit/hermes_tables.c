/* SPDX-License-Identifier: MIT */
/* The four kinds of tables (LIB-08), made up and small: known by their first lines, wrong cells told by
 * place. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "library.h"
#include "table.h"

static char dir[40], file[64];
static struct library *lib;

static void open_library(void)
{
	char why[LIBRARY_WHY];
	(void)strcpy(dir, "/tmp/mos-tables-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(file, sizeof(file), "%s/library.db", dir);
	cr_assert_eq(library_open(file, LIBRARY_WRITE, &lib, why), 0, "%s", why);
}

static void close_library(void)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char path[80];
	library_close(lib);
	for (unsigned i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", file, suffix[i]);
		(void)unlink(path);
	}
	cr_assert_eq(rmdir(dir), 0);
}

TestSuite(tables, .init = open_library, .fini = close_library);

static int text_file(const char *text)
{
	const int fd = memfd_create("table", MFD_CLOEXEC);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/** In steps of two, as an import that is cut off would go on. */
static struct table_progress import(const char *text)
{
	struct table_import *table;
	char why[LIBRARY_WHY];
	int rc;
	cr_assert_eq(table_open(lib, text_file(text), text, &table, why), 0, "%s", why);
	while ((rc = table_step(table, 2)) > 0) {
	}
	cr_assert_eq(rc, 0, "%s", library_why(lib));
	const struct table_progress progress = *table_progress(table);
	table_close(table);
	return progress;
}

static void expect(int64_t id, const char *title, const char *chords)
{
	struct library_detail detail;
	cr_assert_eq(library_get(lib, id, &detail), 0, "%s", library_why(lib));
	cr_assert_str_eq(detail.title, title, "LIB-08 song %ld is %s", (long)id, detail.title);
	cr_assert_str_eq(detail.chords, chords, "LIB-08 song %ld has %s", (long)id, detail.chords);
	library_detail_finish(&detail);
}

Test(tables, LIB_08_chord_texts_with_sections)
{
	const struct table_progress p =
		import("id,chords,release_date,genres,decade,main_genre\n"
		       "7,<intro_1> C Fsmin D/Fs <verse_2> Csus4 Bno3d,2003-05-01,'rock' 'pop',2000,rock\n"
		       "8,\"<verse_1> C\nAm Hm7\",,,1990.0,pop\n"
		       "9,G D,never,,,\n");
	cr_assert_eq(p.n_songs, 3);
	cr_assert_eq(p.n_refused, 0);
	cr_assert_eq(p.n_unread_chords, 1);
	cr_assert_eq(p.n_notes, 2, "a chord and a year");
	cr_assert_str_eq(p.note, "line 3, column 2 (chords): \"Hm7\" is no chord", "LIB-08 %s", p.note);
	expect(1, "7", "<intro 1> C F#min D/F#\n<verse 2> Csus4 Bno3");
	expect(3, "9", "G D");
}

Test(tables, LIB_08_a_song_table_with_key_and_numerals)
{
	const struct table_progress p = import("title\tartist\tkey\ttempo\tnumerals\n"
					       "One\tA\tF minor\t96\ti V7 bVI\n"
					       "Two\tB\tH moll\tfast\tI X V\n"
					       "Three\tB\tBb\t120.5\tii V I\n");
	cr_assert_eq(p.n_songs, 3);
	cr_assert_eq(p.n_notes, 3);
	cr_assert_str_eq(p.note, "line 3, column 5 (numerals): \"X\" is no chord", "LIB-08 %s", p.note);
	expect(1, "One", "Fm C7 Db");
	expect(3, "Three", "Cm F Bb");
	struct library_detail detail;
	cr_assert_eq(library_get(lib, 3, &detail), 0);
	cr_assert_eq(detail.tonic, 10);
	cr_assert_eq(detail.tempo_bpm, 120);
	library_detail_finish(&detail);
}

struct statistics {
	char text[400];
	unsigned n;
};

static void put_statistic(void *data, const char *chord, const char *next, double n)
{
	struct statistics *all = data;
	const size_t len = strlen(all->text);
	(void)snprintf(all->text + len, sizeof(all->text) - len, "%s>%s=%g ", chord, next, n);
	all->n++;
}

Test(tables, LIB_08_chord_statistics)
{
	const struct table_progress p =
		import("numeral,count,share\nI,812,0.4\nV,440.5,0.2\nIV,many,0.2\n,3,0\nvi,-1,0\n");
	cr_assert_eq(p.n_songs, 0, "they are no songs");
	cr_assert_eq(p.n_statistics, 2);
	cr_assert_eq(p.n_refused, 3);
	cr_assert_eq(p.first_refused, 3);
	cr_assert_str_eq(p.why, "line 4: column 2: \"many\" is no number of times", "LIB-08 %s", p.why);
}

Test(tables, LIB_08_statistics_of_changes_most_first)
{
	struct statistics all = {0};
	(void)import("from,to,frequency\nii,V,310\nV,I,905\nI,IV,\"44\"\n");
	cr_assert_eq(library_statistics(lib, 2, put_statistic, &all), 0);
	cr_assert_eq(all.n, 2);
	cr_assert_str_eq(all.text, "V>I=905 ii>V=310 ", "LIB-08 %s", all.text);
	struct library_stats stats;
	cr_assert_eq(library_stats(lib, &stats), 0);
	cr_assert_eq(stats.n_songs, 0);
}

#define CUBES                                                                                                \
	"I,ii,iii,IV,V,vi,vii\u00f8,I7,iii\u00f8,II(7),#iv\u00f8,III(7),#v\u00ba,VI(7),#i\u00ba,VII(7),#"    \
	"ii\u00ba,i,ii\u00f8,bIII,iv,v,"                                                                     \
	"bVI,bVII,V(b9),vii\u00ba,Other"

Test(tables, LIB_08_a_table_of_statistics_that_is_another_one_now_replaces_what_it_said)
{
	static const char *const editions[] = {
		"from,to,frequency\nii,V,0.25\nV,I,0.5\n", "from,to,frequency\nV,I,0.75\n"};
	struct statistics all = {0};
	for (unsigned i = 0; i < 2; i++) {
		struct table_import *table;
		char why[LIBRARY_WHY];
		cr_assert_eq(
			table_open(lib, text_file(editions[i]), "changes.csv", &table, why), 0, "%s", why);
		cr_assert_eq(table_step(table, 1), 1);
		while (table_step(table, 1) > 0) {
		}
		table_close(table);
	}
	cr_assert_eq(library_statistics(lib, 10, put_statistic, &all), 0);
	cr_assert_str_eq(all.text, "V>I=0.75 ", "LIB-08 %s", all.text);
}

Test(tables, LIB_08_years_as_tables_write_them)
{
	static const struct {
		const char *text;
		int year;
	} years[] = {{"1997", 1997}, {"1997-03-02", 1997}, {"19970302", 1997}, {"02.03.1997", 1997},
		{"1990s", 1990}, {"1990.0", 1990}, {"20240101120000", 2024}, {"97", 0}};
	char text[400] = "title,year,chords\n";
	for (unsigned i = 0; i < sizeof(years) / sizeof(years[0]); i++)
		sprintf(text + strlen(text), "%u,%s,C G\n", i, years[i].text);
	const struct table_progress p = import(text);
	cr_assert_eq(p.n_notes, 1, "97 is no year");
	for (unsigned i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
		struct library_detail detail;
		cr_assert_eq(library_get(lib, i + 1, &detail), 0);
		cr_assert_eq(detail.year, years[i].year, "LIB-08 %s is %d", years[i].text, detail.year);
		library_detail_finish(&detail);
	}
}

Test(tables, LIB_08_an_import_that_goes_on_counts_what_it_has)
{
	static const char text[] =
		"{\"chords\":\"C G\",\"title\":\"x\"}\n{oops\n"
		"{\"chords\":\"C F\",\"title\":\"y\"}\n{\"chords\":\"C\",\"title\":\"z\"}\n";
	const int fd = text_file(text), again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	struct table_import *table;
	char why[LIBRARY_WHY];
	cr_assert_eq(table_open(lib, fd, "songs.jsonl", &table, why), 0, "%s", why);
	cr_assert_eq(table_step(table, 3), 1);
	cr_assert_eq(table_progress(table)->n_songs, 2);
	table_close(table);
	cr_assert_eq(lseek(again, 0, SEEK_SET), 0);
	cr_assert_eq(table_open(lib, again, "songs.jsonl", &table, why), 0, "%s", why);
	cr_assert_eq(table_progress(table)->n_songs, 2, "LIB-01 what was refused is no song: %lu",
		(unsigned long)table_progress(table)->n_songs);
	cr_assert_eq(table_step(table, 3), 0);
	cr_assert_eq(table_progress(table)->n_songs, 3);
	table_close(table);
}

Test(tables, LIB_08_the_27_slots_become_vectors)
{
	char text[2048];
	(void)snprintf(text, sizeof(text),
		"song,artist," CUBES "\n"
		"Major,A,9,1,0,5,6,2,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
		"Minor,A,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,9,1,2,5,4,3,3,2,0,0\n"
		"Major too,B,90,10,1,50,60,20,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
		"Broken,B,1,?,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0\n"
		"Nothing,C\n");
	const struct table_progress p = import(text);
	cr_assert_eq(p.n_songs, 5);
	cr_assert_eq(p.n_refused, 0, "never fatal");
	cr_assert_eq(p.n_notes, 2);
	cr_assert_str_eq(p.note, "line 5, column 4 (ii): \"?\" is no number of times", "LIB-08 %s", p.note);
	const struct library_query query = {
		.like = 1, .vectors = LIBRARY_VECTORS_SLOTS, .tonic = LIBRARY_NO_KEY, .minor = -1};
	struct library_found found;
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
	cr_assert_eq(found.n, 3, "a song without any is like nothing");
	cr_assert_str_eq(found.hit[0].title, "Major too", "LIB-08 %s", found.hit[0].title);
	cr_assert_str_eq(found.hit[2].title, "Minor");
	library_found_finish(&found);

	/* By number, in any order, more of them later. */
	char *to = text + sprintf(text, "slot27,id");
	for (unsigned i = 1; i < 27; i++)
		to += sprintf(to, ",slot_%u", i);
	(void)strcpy(to, "\n0,late,9,1,0,5,6,2\n");
	cr_assert_eq(import(text).n_songs, 1);
	cr_assert_eq(library_search(lib, &query, &found), 0, "%s", library_why(lib));
	cr_assert_str_eq(found.hit[0].title, "late", "LIB-08 %s", found.hit[0].title);
	cr_assert_float_eq((double)found.hit[0].distance, 0, 1e-6);
	library_found_finish(&found);
}

Test(tables, LIB_08_heads_that_are_nearly_one_are_refused_with_what_is_missing)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"song,I,ii,iii,IV,V,vi,i,iv,v,bIII,bVI,bVII,I7,III(7),VI(7),VII(7)\n",
			"slot 7, \"vii\u00f8\""},
		{"chord,colour\n", "\"count\""},
		{"count,share\n", "\"chord\""},
	};
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct table_import *table;
		char why[LIBRARY_WHY];
		cr_assert_eq(table_open(lib, text_file(bad[i].text), "bad", &table, why), -EINVAL, "%s", why);
		cr_assert(strstr(why, bad[i].why), "LIB-08 %s", why);
	}
}

Test(tables, LIB_08_what_is_refused_takes_its_time_of_a_step)
{
	struct table_import *table;
	char text[512] = "{\"chords\":\"C G\",\"title\":\"x\"}\n", why[LIBRARY_WHY];
	for (unsigned i = 0; i < 50; i++)
		strcat(text, "{oops\n");
	cr_assert_eq(table_open(lib, text_file(text), "mostly bad", &table, why), 0, "%s", why);
	cr_assert_eq(table_step(table, 10), 1, "a step ends, so that an import can be stopped");
	cr_assert_eq(table_progress(table)->n_refused, 9);
	cr_assert_eq(table_step(table, 100), 0);
	cr_assert_eq(table_progress(table)->n_refused, 50);
	table_close(table);
}
