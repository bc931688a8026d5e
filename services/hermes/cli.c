/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "file.h"
#include "song.h"

#define PROGRAM "mos-hermes"
#define TIMELINE_FD 3

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NOT_FOUND = 127 };

static int usage(const char *problem)
{
	fprintf(stderr, "%s: %s\nTry '%s --help'.\n", PROGRAM, problem, PROGRAM);
	return EXIT_USAGE;
}

static int wants_help(int argc, char **argv)
{
	return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/** Import a file and say on stderr what is wrong with it. @return 0, -errno. */
static int import(const char *path, struct song **ret)
{
	struct hermes_report report = {0};
	const char *why;
	uint8_t *bytes;
	size_t size;
	/* O_NONBLOCK: a FIFO without a writer is refused, not waited for. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		const int rc = -errno;
		fprintf(stderr, "%s: %s: %s\n", PROGRAM, path, strerror(-rc));
		return rc;
	}
	int rc = file_read(fd, &hermes_heap, &bytes, &size, &why);
	close(fd);
	if (rc < 0) {
		fprintf(stderr, "%s: %s cannot be read: %s\n", PROGRAM, path, why);
		return rc;
	}
	rc = song_create(bytes, size, base_name(path), &hermes_heap, ret, &report);
	if (rc == -EINVAL)
		fprintf(stderr, "%s: %s: byte %llu: %s\n", PROGRAM, path, (unsigned long long)report.error_at,
			report.error_text);
	else if (rc < 0)
		fprintf(stderr, "%s: %s: %s\n", PROGRAM, path, strerror(-rc));
	return rc;
}

int cli_check(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
	int json = 0;
	if (wants_help(argc, argv)) {
		puts("Usage: " PROGRAM " check FILE [--json]\n"
		     "Say what is in a music file and what was repaired. Exit status: 0 it loads, 1 it\n"
		     "does not, 2 wrong usage.");
		return EXIT_OK;
	}
	argv[0] = (char[]){PROGRAM}; /* getopt's messages begin with it */
	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (opt != 'j')
			return EXIT_USAGE; /* getopt has said why */
		json = 1;
	}
	if (argc - optind != 1)
		return usage("check takes one file");

	struct song *song;
	int rc = import(argv[optind], &song);
	if (rc < 0)
		return EXIT_FAILED;
	if (json)
		rc = facts_write_json(stdout, song);
	else
		facts_write_text(stdout, song);
	song_destroy(song);
	if (rc < 0)
		fprintf(stderr, "%s: cannot write: %s\n", PROGRAM, strerror(-rc));
	return rc < 0 ? EXIT_FAILED : EXIT_OK;
}

/** Put the timeline where the next program expects it, to be inherited. @return 0, -errno. */
static int place_timeline(int fd)
{
	if (fd == TIMELINE_FD)
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
	return dup2(fd, TIMELINE_FD) < 0 ? -errno : 0;
}

int cli_compile(int argc, char **argv)
{
	if (wants_help(argc, argv)) {
		puts("Usage: " PROGRAM " compile FILE -- CMD [ARG...]\n"
		     "Run CMD with the compiled, sealed timeline as file descriptor 3. Exit status: that\n"
		     "of CMD; when it was not run, 1 failed, 2 wrong usage, 127 CMD not found.");
		return EXIT_OK;
	}
	if (argc < 4 || strcmp(argv[2], "--") != 0)
		return usage("compile takes a file, --, and a command to run");

	struct song *song;
	int rc = import(argv[1], &song);
	if (rc < 0)
		return EXIT_FAILED;
	for (uint32_t i = 0; i < song->report.n_warnings; i++)
		fprintf(stderr, "%s: %s: byte %llu: %s\n", PROGRAM, argv[1],
			(unsigned long long)song->report.warning[i].at, song->report.warning[i].text);
	rc = place_timeline(song->timeline_fd);
	if (rc < 0) {
		fprintf(stderr, "%s: cannot hand the timeline over: %s\n", PROGRAM, strerror(-rc));
		song_destroy(song);
		return EXIT_FAILED;
	}
	(void)execvp(argv[3], &argv[3]);
	rc = errno;
	fprintf(stderr, "%s: %s: %s\n", PROGRAM, argv[3], strerror(rc));
	song_destroy(song);
	return rc == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED;
}
