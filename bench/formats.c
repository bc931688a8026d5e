/* SPDX-License-Identifier: MIT */
/*
 * Files into scores beside other readers of the same format, in the same run: time from start to end of the
 * whole process, and the most memory it had. Ours imports every score that the file holds, checks it, and
 * writes it as MIDI, which is what the peers do; theirs are looked for on PATH, and what is not installed is
 * left out.
 *
 *   bench-formats                 all cases
 *   bench-formats --import FILE   what is measured: FILE to MIDI, in memory
 */
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <score/format.h>

#include "bench.h"

#define ROUNDS 7

extern char **environ;

/* ---- what is measured ---- */

static int import_one(const uint8_t *bytes, size_t size, size_t at)
{
	static struct score_report report;
	const struct score_import how = {.alloc = &score_heap, .name = "bench", .at = at};
	struct score_bytes midi;
	struct score *score;
	report.n_errors = report.n_warnings = 0;
	int rc = score_import(bytes, size, &how, &report, &score, NULL);
	if (rc < 0)
		return rc;
	score_bytes_init(&midi, &score_heap);
	rc = score_export(score, SCORE_FORMAT_SMF, &midi, &report);
	score_bytes_finish(&midi);
	score_unref(score);
	return rc;
}

static int import_file(const char *path)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return EXIT_FAILURE;
	const uint8_t *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return EXIT_FAILURE;
	const size_t size = (size_t)st.st_size;
	uint32_t n = 0, refused = 0;
	for (size_t at = 0; (at = score_next(bytes, size, at)) < size; at++, n++)
		refused += import_one(bytes, size, at) < 0;
	return n == 0 || refused * 10 > n ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- measuring ---- */

struct cost {
	double ms[ROUNDS];
	double mb; /* most memory */
};

static int run_once(char *const argv[], const char *folder, double *ms, double *mb)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	const int64_t begin = bench_now_ns();
	int rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		return -rc;
	if (wait4(pid, &status, 0, &usage) < 0)
		return -errno;
	*ms = (double)(bench_now_ns() - begin) * 1e-6;
	*mb = (double)usage.ru_maxrss / 1024;
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : 0;
}

static int measure(char *const argv[], const char *folder, struct cost *cost)
{
	cost->mb = 0;
	for (int i = -1; i < ROUNDS; i++) {
		double ms, mb;
		const int rc = run_once(argv, folder, &ms, &mb);
		if (rc < 0)
			return rc;
		if (i >= 0)
			cost->ms[i] = ms;
		if (mb > cost->mb)
			cost->mb = mb;
	}
	bench_sort(cost->ms, ROUNDS);
	return 0;
}

static const struct {
	const char *what, *file, *peer;
	const char *argv[5]; /* FILE stands for the path */
} cases[] = {
	{"abc: a book of 266 tunes", "abc/nottingham/jigs.abc", "abc2midi",
		{"abc2midi", "FILE", "-silent", NULL}},
	{"abc: a book of 266 tunes", "abc/nottingham/jigs.abc", "abc2ly",
		{"abc2ly", "-o", "out.ly", "FILE", NULL}},
	{"musicxml: a large score", "LARGEST_XML", "musicxml2ly",
		{"musicxml2ly", "-o", "out.ly", "FILE", NULL}},
	{"musicxml: a large score", "LARGEST_XML", "MuseScore 3", {"mscore3", "-o", "out.mid", "FILE", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "midicsv", {"midicsv", "FILE", "out.csv", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "python3-mido",
		{"python3", "-c", "import mido,sys; [0 for _ in mido.MidiFile(sys.argv[1])]", "FILE", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "midi2ly", {"midi2ly", "-o", "out.ly", "FILE", NULL}},
	{"guitar pro 5: a song", "LARGEST_GP5", "MuseScore 3", {"mscore3", "-o", "out.mid", "FILE", NULL}},
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static int compare_files(const char *folder, const char *suffix, char best[PATH_MAX])
{
	char command[PATH_MAX + 128];
	(void)snprintf(command, sizeof(command),
		"find '%s' -type f -name '*%s' -size -3000k -printf '%%s %%p\\n' | sort -n | tail -1 | cut "
		"-d' ' -f2-",
		folder, suffix);
	FILE *from = popen(command, "r");
	if (!from || !fgets(best, PATH_MAX, from))
		*best = '\0';
	best[strcspn(best, "\n")] = '\0';
	return from && pclose(from) == 0 && *best ? 0 : -ENOENT;
}

static int find_file(const char *corpora, const char *name, char path[PATH_MAX])
{
	char folder[PATH_MAX];
	static const struct {
		const char *name, *folder, *suffix;
	} largest[] = {{"LARGEST_XML", "musicxml", ".xml"}, {"LARGEST_MID", "midi", ".mid"},
		{"LARGEST_GP5", "guitarpro", ".gp5"}};
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(name, largest[i].name) != 0)
			continue;
		(void)snprintf(folder, sizeof(folder), "%s/%s", corpora, largest[i].folder);
		return compare_files(folder, largest[i].suffix, path);
	}
	(void)snprintf(path, PATH_MAX, "%s/%s", corpora, name);
	return access(path, R_OK) == 0 ? 0 : -ENOENT;
}

/** A copy in our folder: some peers write beside what they read. */
static int copy_file(char path[PATH_MAX], const char *folder)
{
	char copy[PATH_MAX + 32], command[2 * PATH_MAX + 64];
	const char *dot = strrchr(path, '.');
	(void)snprintf(copy, sizeof(copy), "%s/song%s", folder, dot ? dot : "");
	(void)snprintf(command, sizeof(command), "cp '%s' '%s'", path, copy);
	if (strlen(copy) >= PATH_MAX || system(command) != 0)
		return -EIO;
	(void)strcpy(path, copy);
	return 0;
}

static void run_case(size_t which, const char *corpora, const char *self, const char *folder)
{
	char path[PATH_MAX], figure[128];
	char *ours[] = {(char *)(uintptr_t)self, (char[]){"--import"}, path, NULL}, *argv[5];
	struct cost cost, peer;
	if (find_file(corpora, cases[which].file, path) < 0 || copy_file(path, folder) < 0)
		return;
	for (size_t i = 0; i < 5; i++)
		argv[i] = cases[which].argv[i] && strcmp(cases[which].argv[i], "FILE") == 0
				  ? path
				  : (char *)(uintptr_t)cases[which].argv[i];
	if (measure(argv, folder, &peer) < 0) {
		fprintf(stderr, "%s: %s is not installed\n", cases[which].what, cases[which].peer);
		return;
	}
	if (measure(ours, folder, &cost) < 0) {
		fprintf(stderr, "%s: failed\n", cases[which].what);
		return;
	}
	(void)snprintf(figure, sizeof(figure), "%s: time", cases[which].what);
	bench_print(figure, bench_at(cost.ms, ROUNDS, 0.5), "ms", cases[which].peer,
		bench_at(peer.ms, ROUNDS, 0.5));
	(void)snprintf(figure, sizeof(figure), "%s: time, slowest", cases[which].what);
	bench_print(figure, bench_at(cost.ms, ROUNDS, 0.99), "ms", cases[which].peer,
		bench_at(peer.ms, ROUNDS, 0.99));
	(void)snprintf(figure, sizeof(figure), "%s: memory", cases[which].what);
	bench_print(figure, cost.mb, "MB", cases[which].peer, peer.mb);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/mos-bench-formats-XXXXXX", command[64];
	const char *corpora = getenv("MOS_CORPORA") ? getenv("MOS_CORPORA") : MOS_CORPORA_DEFAULT;
	if (argc == 3 && strcmp(argv[1], "--import") == 0)
		return import_file(argv[2]);
	if (access(corpora, R_OK) < 0) {
		fprintf(stderr, "bench-formats: no files to read (set MOS_CORPORA)\n");
		return 77;
	}
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	char self[PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return EXIT_FAILURE;
	self[n] = '\0';
	for (size_t i = 0; i < N_CASES; i++)
		run_case(i, corpora, self, folder);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
