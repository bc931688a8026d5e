/* SPDX-License-Identifier: MIT */
/*
 * Files into scores beside other readers of the same format, in the same run. Ours imports every score that
 * the file holds, checks it, and writes it as MIDI, which is what the peers do; theirs are looked for on
 * PATH, and what is not installed is left out. Three views: one file, the whole process with its start; a
 * folder of files, as a user has them, where we need one process and the peers one a file, or all in one
 * where they can; and without the start of a process, notes a second and the heap's peak a note.
 *
 *   bench-formats                    all cases
 *   bench-formats --import FILE      what is measured: FILE to MIDI, in memory
 *   bench-formats --import-all DIR   each file of a folder
 */
#include "formats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 7
#define BULK_ROUNDS 3
#define BULK_MAX 1000

struct cost {
	double ms[ROUNDS], cpu_ms[ROUNDS];
	double mb; /* most memory */
};

static int measure(char *const argv[], const char *folder, struct cost *cost)
{
	for (int i = -1; i < ROUNDS; i++) {
		struct formats_run run;
		const int rc = formats_run(argv, folder, &run);
		if (rc < 0 || run.has_failed)
			return rc < 0 ? rc : -EINVAL;
		if (i < 0)
			continue;
		cost->ms[i] = run.ms;
		cost->cpu_ms[i] = run.cpu_ms;
	}
	cost->mb = formats_memory(argv, folder);
	bench_sort(cost->ms, ROUNDS);
	bench_sort(cost->cpu_ms, ROUNDS);
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
	/* musicxml2ly falls over the large one. */
	{"musicxml: a score", "musicxml/music21-corpus/1grave.xml", "musicxml2ly",
		{"musicxml2ly", "-o", "out.ly", "FILE", NULL}},
	{"musicxml: a score", "musicxml/music21-corpus/1grave.xml", "MuseScore 3",
		{"mscore3", "-o", "out.mid", "FILE", NULL}},
	{"musicxml: a large score", "LARGEST_XML", "MuseScore 3", {"mscore3", "-o", "out.mid", "FILE", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "midicsv", {"midicsv", "FILE", "out.csv", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "python3-mido",
		{"python3", "-c", "import mido,sys; [0 for _ in mido.MidiFile(sys.argv[1])]", "FILE", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "midi2ly", {"midi2ly", "-o", "out.ly", "FILE", NULL}},
	{"midi: a piano piece", "LARGEST_MID", "MuseScore 3", {"mscore3", "-o", "out.mid", "FILE", NULL}},
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
		{"LARGEST_GP5", "guitarpro", ".gp5"}, {"LARGEST_GPX", "guitarpro", ".gpx"},
		{"LARGEST_GP", "guitarpro", ".gp"}};
	for (size_t i = 0; i < sizeof(largest) / sizeof(largest[0]); i++) {
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
	const int rc = measure(argv, folder, &peer);
	if (rc < 0) {
		fprintf(stderr, "%s: %s %s\n", cases[which].what, cases[which].peer,
			rc == -ENOENT ? "is not installed" : "fails");
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
	(void)snprintf(figure, sizeof(figure), "%s: processor time", cases[which].what);
	bench_print(figure, bench_at(cost.cpu_ms, ROUNDS, 0.5), "ms", cases[which].peer,
		bench_at(peer.cpu_ms, ROUNDS, 0.5));
	(void)snprintf(figure, sizeof(figure), "%s: memory", cases[which].what);
	bench_print(figure, cost.mb, "MB", cases[which].peer, peer.mb);
}

/* ---- a folder ---- */

/** The files of a folder, as arguments. @return how many. */
static int list_files(const char *folder, char *names[static BULK_MAX])
{
	int n = 0;
	DIR *dir = opendir(folder);
	for (const struct dirent *entry; dir && n < BULK_MAX && (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && (names[n] = strdup(entry->d_name)))
			n++;
	if (dir)
		closedir(dir);
	return n;
}

/** One process a file. @return ms for all; < 0: not installed. */
static double run_each(const char *const peer[5], const char *folder, char *const names[], int n)
{
	double ms = 0;
	for (int i = 0; i < n; i++) {
		struct formats_run run;
		char *argv[6] = {0};
		for (int k = 0; k < 5; k++)
			argv[k] = peer[k] && strcmp(peer[k], "FILE") == 0 ? names[i]
									  : (char *)(uintptr_t)peer[k];
		if (formats_run(argv, folder, &run) < 0)
			return -1;
		ms += run.ms;
	}
	return ms;
}

/** All in one process. */
static double run_all(const char *const peer[5], const char *folder, char *const names[], int n)
{
	static char *argv[BULK_MAX + 6];
	struct formats_run run;
	int n_args = 0;
	for (; n_args < 5 && peer[n_args] && strcmp(peer[n_args], "FILE") != 0; n_args++)
		argv[n_args] = (char *)(uintptr_t)peer[n_args];
	for (int i = 0; i < n; i++)
		argv[n_args++] = names[i];
	argv[n_args] = NULL;
	return formats_run(argv, folder, &run) < 0 ? -1 : run.ms;
}

#define MIDO                                                                                                 \
	"import mido,sys\nfor f in sys.argv[1:]:\n try: [0 for _ in mido.MidiFile(f)]\n except Exception: "  \
	"pass"

static const struct {
	const char *what, *fill,
		*peer; /* fill: a command that makes the files, $1 the corpora, in their folder */
	int in_one;
	const char *argv[5];
} bulks[] = {
	{"abc: a folder, a tune a file",
		"cat \"$1\"/abc/nottingham/*.abc | awk '/^X:/{n++} n>0 && n<=1000 {print > "
		"sprintf(\"%04d.abc\", n)}'",
		"abc2midi", 0, {"abc2midi", "FILE", "-silent", "-o", "/dev/null"}},
	{"midi: a folder", "cp $(find \"$1\"/midi -name '*.mid' -size -3000k) .", "midicsv", 0,
		{"midicsv", "FILE", "/dev/null"}},
	{"midi: a folder", "cp $(find \"$1\"/midi -name '*.mid' -size -3000k) .", "python3-mido", 1,
		{"python3", "-c", MIDO, "FILE"}},
};
#define N_BULKS (sizeof(bulks) / sizeof(bulks[0]))

static void run_bulk(size_t which, const char *corpora, const char *self, const char *folder)
{
	char files[PATH_MAX], command[2 * PATH_MAX + 512], figure[128];
	static char *names[BULK_MAX];
	double ours = 0, peer = 0;
	(void)snprintf(files, sizeof(files), "%s/bulk%zu", folder, which);
	(void)snprintf(command, sizeof(command), "set -- '%s'; mkdir '%s' && cd '%s' && %s", corpora, files,
		files, bulks[which].fill);
	if (system(command) != 0)
		return;
	const int n = list_files(files, names);
	char *argv[] = {(char *)(uintptr_t)self, (char[]){"--import-all"}, files, NULL};
	for (int i = 0; i < BULK_ROUNDS && peer >= 0; i++) {
		struct formats_run run;
		const double ms = bulks[which].in_one ? run_all(bulks[which].argv, files, names, n)
						      : run_each(bulks[which].argv, files, names, n);
		if (ms < 0 || formats_run(argv, files, &run) < 0) {
			fprintf(stderr, "%s: %s is not installed\n", bulks[which].what, bulks[which].peer);
			peer = -1;
		} else {
			ours = i == 0 || run.ms < ours ? run.ms : ours;
			peer = i == 0 || ms < peer ? ms : peer;
		}
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	if (peer < 0)
		return;
	(void)snprintf(figure, sizeof(figure), "%s (%d): time", bulks[which].what, n);
	bench_print(figure, ours, "ms", bulks[which].peer, peer);
}

static void run_rates(const char *corpora)
{
	static const struct {
		const char *what, *file;
	} rates[] = {{"abc", "abc/nottingham/jigs.abc"}, {"midi", "LARGEST_MID"}, {"musicxml", "LARGEST_XML"},
		{"guitar pro 5", "LARGEST_GP5"}, {"guitar pro 6", "LARGEST_GPX"},
		{"guitar pro 7", "LARGEST_GP"}};
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (find_file(corpora, rates[i].file, path) == 0)
			formats_rate(rates[i].what, path);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/mos-bench-formats-XXXXXX", command[64];
	const char *corpora = getenv("MOS_CORPORA") ? getenv("MOS_CORPORA") : MOS_CORPORA_DEFAULT;
	if (argc == 3 && strcmp(argv[1], "--import") == 0)
		return formats_import_file(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--import-all") == 0)
		return formats_import_folder(argv[2]);
	if (access(corpora, R_OK) < 0) {
		fprintf(stderr, "bench-formats: no files to read (set MOS_CORPORA)\n");
		return 77;
	}
	/* MuseScore without a screen */
	if (!mkdtemp(folder) || setenv("QT_QPA_PLATFORM", "offscreen", 1) < 0)
		return EXIT_FAILURE;
	char self[PATH_MAX];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return EXIT_FAILURE;
	self[n] = '\0';
	for (size_t i = 0; i < N_CASES; i++)
		run_case(i, corpora, self, folder);
	for (size_t i = 0; i < N_BULKS; i++)
		run_bulk(i, corpora, self, folder);
	run_rates(corpora);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
