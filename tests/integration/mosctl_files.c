/* SPDX-License-Identifier: MIT */
/* mosctl score and files alone: books with bad tunes, a reader that dies, a disk that is full. No MOS runs.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mosctl_run.h"

#define TUNE(number, title, music) "X:" number "\nT:" title "\nM:4/4\nL:1/4\nK:G\n" music "\n\n"
#define TOO_LONG "[L:1/1]A65535 A65535 | B |]" /* a measure of more than 65,536 whole notes */

static char dir[64];
static struct said said;

static void setup(void)
{
	strcpy(dir, "/tmp/mosctl-files-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	setenv("MOS_RUNTIME_DIR", dir, 1); /* nobody runs there */
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(mosctl_files, .init = setup, .fini = teardown, .timeout = 60);

/* A path that is good until the fourth call after this one. */
static const char *in_dir(const char *name)
{
	static char path[4][128];
	static unsigned int next;
	char *p = path[next++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static const char *write_file(const char *name, const char *text)
{
	const char *path = in_dir(name);
	FILE *f = fopen(path, "we");

	cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
	return path;
}

/* @return what stands in it, until the next call. */
static const char *read_file(const char *path)
{
	static char text[4096];
	FILE *f = fopen(path, "re");

	cr_assert_not_null(f, "%s", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	return text;
}

static unsigned int files_in(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	unsigned int n = 0;

	cr_assert_not_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

Test(mosctl_files, every_tune_of_a_book_is_looked_at,
	.description = "HER-11: of a book whose first tune is refused every tune is checked, and each that "
		       "is refused "
		       "told with file, number, title, place, reason and code")
{
	const char *book = write_file("book.abc", TUNE("1", "Too \"Long\"", TOO_LONG) TUNE("2", "Good",
							  "A B c d |]") TUNE("3", "Again", TOO_LONG));
	static const char *const refused[] = {
		"/book.abc, tune 1 of 3, \"Too \"Long\"\": line 6, column 15: a "
		"measure of more than 65536 whole notes [",
		"/book.abc, tune 3 of 3, \"Again\": line 20, column 15: a measure of more than 65536 whole "
		"notes ["};
	yyjson_doc *doc;

	MOSCTL(&said, "score", "validate", book, write_file("text.txt", "this is no music at all"));
	cr_assert_eq(said.code, 4, "%d %s", said.code, said.err);
	for (unsigned int i = 0; i < 2; i++)
		cr_expect(strstr(said.err, refused[i]), "%s: %s", refused[i], said.err);
	cr_expect(strstr(said.out, "/book.abc, tune 2 of 3: valid, ABC 2.1, 1 measures, 4 notes\n"), "%s",
		said.out);
	cr_expect(strstr(said.err, "/text.txt: byte 0: neither MIDI"), "%s", said.err);

	MOSCTL(&said, "score", "validate", "--json", "--index", "3", book);
	cr_assert_eq(said.code, 4);
	doc = said_json(&said);
	yyjson_val *root = yyjson_doc_get_root(doc);
	cr_expect(yyjson_equals_str(yyjson_ptr_get(root, "/file"), book));
	cr_expect_eq(yyjson_get_uint(yyjson_ptr_get(root, "/index")), 2);
	cr_expect_eq(yyjson_get_uint(yyjson_ptr_get(root, "/error/scores")), 3);
	cr_expect_str_eq(yyjson_get_str(yyjson_ptr_get(root, "/error/title")), "Again");
	cr_expect_str_eq(yyjson_get_str(yyjson_ptr_get(root, "/error/code")), "hermes.score.invalid");
	cr_expect_str_eq(yyjson_get_str(yyjson_ptr_get(root, "/error/errors/0/where")), "line 20, column 15");
	yyjson_doc_free(doc);
}

/* --- A reader that dies --- */

/* The only child of a process, by its main thread; 0: none yet. */
static pid_t child_of(pid_t pid)
{
	char path[64], text[64] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "re");
	if (f) {
		(void)!fgets(text, sizeof(text), f);
		(void)fclose(f);
	}
	return (pid_t)strtol(text, NULL, 10);
}

/* Processor time of a mos-hermes so far, in clock ticks; 0: none, or something else still. */
static unsigned long worked(pid_t pid)
{
	char path[64], text[512] = "";
	unsigned long user = 0, kernel = 0;
	const char *name, *end;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	(void)!fgets(text, sizeof(text), f);
	(void)fclose(f);
	name = strstr(text, "(mos-hermes)");
	end = name ? strchr(name, ')') : NULL;
	if (!end ||
		sscanf(end + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
		return 0;
	return user + kernel;
}

struct hunter {
	int signal;
	bool is_after_mosctl; /* not after its mos-hermes */
	atomic_bool over;     /* mosctl has ended */
	bool killed;
};

/* As soon as it is at work, which takes it far longer than we need to see that. */
static void *hunt(void *data)
{
	struct hunter *h = data;

	while (!h->killed && !atomic_load(&h->over)) {
		const pid_t mosctl = child_of(getpid()), hermes = mosctl ? child_of(mosctl) : 0;

		if (hermes && worked(hermes) > 5)
			h->killed = kill(h->is_after_mosctl ? mosctl : hermes, h->signal) == 0;
		else
			(void)poll(NULL, 0, 1);
	}
	return NULL;
}

static void mosctl_hunted(int sig, bool is_after_mosctl, const char *const args[])
{
	struct hunter hunter = {.signal = sig, .is_after_mosctl = is_after_mosctl};
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, hunt, &hunter), 0);
	mosctl_run(&said, args);
	atomic_store(&hunter.over, true);
	pthread_join(thread, NULL);
	cr_assert(hunter.killed, "it was done before it could be killed: %d %s", said.code, said.err);
}

/* 320,000 notes. */
static const char *write_long_tune(const char *name)
{
	const char *path = in_dir(name);
	FILE *f = fopen(path, "we");

	cr_assert(f && fputs("X:1\nT:Long\nM:8/4\nL:1/4\nK:G\n", f) >= 0);
	for (int i = 0; i < 40'000; i++)
		fputs("CDEFGABc|\n", f);
	cr_assert_eq(fclose(f), 0);
	return path;
}

Test(mosctl_files, a_reader_that_is_killed, .timeout = 240,
	.description =
		"HER-11: the process that reads a file ends in the midst of it: that is said, with the "
		"file's "
		"name and why, nothing is written, what was there stays, and the other files are looked at")
{
	const char *tune = write_long_tune("long.abc"), *out = write_file("out.mid", "as it was");
	const char *good = write_file("good.abc", TUNE("1", "Good", "A B c d |]"));

	mosctl_hunted(SIGKILL, false, (const char *const[]){"score", "convert", tune, out, NULL});
	cr_assert_eq(said.code, 1, "%d %s", said.code, said.err);
	cr_expect(strstr(said.err,
			  "/long.abc: mos-hermes, which reads files, ended before it was done: Killed\n"),
		"%s", said.err);
	cr_expect(strstr(said.err, "nothing was written"), "%s", said.err);
	cr_expect(!strstr(said.err, "widget") && !strstr(said.err, "hung up"), "%s", said.err);
	cr_expect_str_eq(read_file(out), "as it was");

	mosctl_hunted(SIGABRT, false, (const char *const[]){"score", "validate", tune, good, NULL});
	cr_assert_eq(said.code, 1, "%d %s", said.code, said.err);
	cr_expect(strstr(said.err, "/long.abc: mos-hermes, which reads files, ended before it was done: "
				   "Aborted"),
		"%s", said.err);
	cr_expect(strstr(said.out, "/good.abc: valid, "), "%s%s", said.out, said.err);
	cr_expect_eq(files_in(dir), 3, "something was left behind");
}

/* Processor time of the mos-hermes that mosctl has left to us. */
static double time_of_orphan(void)
{
	struct rusage used;
	int status;

	cr_assert_gt(wait4(-1, &status, 0, &used), 0);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	return (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6;
}

Test(mosctl_files, a_caller_that_is_killed, .timeout = 240,
	.description =
		"HER-11: mosctl is killed while a file is read: the process that reads it ends as well, long "
		"before it would be done, and nothing is written")
{
	const char *tune = write_long_tune("long.abc"), *out = in_dir("out.mid");

	cr_assert_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	MOSCTL(&said, "score", "convert", tune, out);
	cr_assert_eq(said.code, 0, "%s", said.err);
	cr_assert_eq(unlink(out), 0);
	const double whole = time_of_orphan();

	mosctl_hunted(SIGKILL, true, (const char *const[]){"score", "convert", tune, out, NULL});
	cr_assert_eq(said.code, 128 + SIGKILL);
	const double part = time_of_orphan();
	cr_expect_lt(part, whole * 3 / 4, "%.3f of %.3f s", part, whole);
	cr_expect_eq(files_in(dir), 1, "something was left behind");
}

/* --- A disk that is full --- */

/* @param words  Of the message, behind the file that it names. */
static void expect_unwritten(const char *folder, const char *named, const char *words)
{
	char out[128], new[128], message[256];
	const char *tune = in_dir("tune.abc");
	FILE *f;

	(void)snprintf(out, sizeof(out), "%s/out.musicxml", folder);
	(void)snprintf(new, sizeof(new), "%s/new.musicxml", folder);
	f = fopen(out, "we");
	cr_assert(f && fputs("as it was", f) >= 0 && fclose(f) == 0);
	for (int i = 0; i < 2; i++) {
		const char *to = i ? new : out;

		MOSCTL(&said, "score", "convert", tune, to);
		cr_expect_eq(said.code, 1, "%d %s", said.code, said.err);
		(void)snprintf(message, sizeof(message), "%s: %s\n", named ? named : to, words);
		cr_expect(strstr(said.err, message), "%s: %s", message, said.err);
	}
	cr_expect_str_eq(read_file(out), "as it was");
	cr_expect_eq(files_in(folder), 1, "something was left behind");
}

/* MusicXML of it is some 100 kB. */
static void write_tune(void)
{
	FILE *f = fopen(in_dir("tune.abc"), "we");

	cr_assert(f && fputs("X:1\nT:Two Hundred Bars\nM:4/4\nL:1/4\nK:G\n", f) >= 0);
	for (int i = 0; i < 200; i++)
		fputs("A B c d|\n", f);
	cr_assert_eq(fclose(f), 0);
}

Test(mosctl_files, a_full_disk,
	.description = "HER-11: convert onto a disk that is full: the old file stays whole, none is left "
		       "half written, "
		       "the message names file and reason")
{
	const char *small = in_dir("small");

	write_tune();
	cr_assert_eq(mkdir(small, 0700), 0);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", small, "tmpfs", 0, "size=16k") < 0)
		cr_skip_test("no file system may be mounted here");
	expect_unwritten(small, NULL, "No space left on device");
	cr_assert_eq(umount(small), 0);
}

Test(mosctl_files, a_file_beyond_the_limit,
	.description =
		"HER-11: convert beyond ulimit -f: the old file stays whole, none is left half written, the "
		"message names file and reason")
{
	const char *folder = in_dir("out");

	write_tune();
	cr_assert_eq(mkdir(folder, 0700), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){16384, RLIM_INFINITY}), 0);
	/* What mos-hermes hands over counts, too: there it ends. */
	expect_unwritten(folder, in_dir("tune.abc"), "the score cannot be made: File too large");
}
