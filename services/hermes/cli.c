/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <score/nvx_json.h>

#include "imported.h"

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
static int import(const char *path, struct imported *ret)
{
	/* O_NONBLOCK: a FIFO without a writer is refused, not waited for. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct failure *failure = calloc(1, sizeof(*failure));
	int rc = fd < 0 ? -errno : failure ? 0 : -ENOMEM;

	if (rc < 0)
		fprintf(stderr, "%s: %s: %s\n", PROGRAM, path, strerror(-rc));
	else
		rc = imported_read(ret, fd, base_name(path), 0, NULL, failure);
	if (rc < 0 && failure && failure->report.n_errors) {
		for (uint32_t i = 0; i < failure->report.n_errors && i < SCORE_MAX_ISSUES; i++)
			fprintf(stderr, "%s: %s: %s: %s\n", PROGRAM, path, failure->report.error[i].where,
				failure->report.error[i].reason);
	} else if (rc < 0 && failure && failure->error.code[0]) {
		fprintf(stderr, "%s: %s: %s\n", PROGRAM, path, failure->error.message);
	}
	if (fd >= 0)
		close(fd);
	free(failure);
	return rc;
}

static struct facts facts_of(const struct imported *im)
{
	return (struct facts){.score = im->score,
		.format = im->format,
		.n_scores = im->n_scores,
		.timeline = &im->timeline,
		.report = &im->report,
		.all = 1};
}

/** @return 0, -ENOMEM, -EIO. */
static int write_json(const struct imported *im)
{
	const struct facts facts = facts_of(im);
	struct score_bytes json;

	score_bytes_init(&json, &score_heap);
	score_bytes_u8(&json, '{');
	facts_put(&json, &facts);
	score_bytes_puts(&json, "}\n");
	int rc = json.error;
	if (rc == 0 && (fwrite(json.data, 1, json.n, stdout) != json.n || fflush(stdout) != 0))
		rc = -EIO;
	score_bytes_finish(&json);
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

	struct imported imported;
	int rc = import(argv[optind], &imported);
	if (rc < 0)
		return EXIT_FAILED;
	const struct facts facts = facts_of(&imported);
	if (json)
		rc = write_json(&imported);
	else
		facts_print(stdout, &facts);
	imported_finish(&imported);
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

	struct imported imported;
	int rc = import(argv[1], &imported);
	if (rc < 0)
		return EXIT_FAILED;
	for (uint32_t i = 0; i < imported.report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		fprintf(stderr, "%s: %s: %s: %s\n", PROGRAM, argv[1], imported.report.warning[i].where,
			imported.report.warning[i].reason);
	rc = place_timeline(imported.timeline.fd);
	if (rc < 0) {
		fprintf(stderr, "%s: cannot hand the timeline over: %s\n", PROGRAM, strerror(-rc));
		imported_finish(&imported);
		return EXIT_FAILED;
	}
	(void)execvp(argv[3], &argv[3]);
	rc = errno;
	fprintf(stderr, "%s: %s: %s\n", PROGRAM, argv[3], strerror(rc));
	imported_finish(&imported);
	return rc == ENOENT ? EXIT_NOT_FOUND : EXIT_FAILED;
}

int cli_schema(int argc, char **argv)
{
	struct score_bytes out;

	if (wants_help(argc, argv)) {
		printf("Usage: %s schema\n\nPrint the JSON Schema of NVX1 %s.\n", PROGRAM, "3.0.0");
		return EXIT_OK;
	}
	if (argc > 1)
		return usage("schema takes no words");
	score_bytes_init(&out, &score_heap);
	int rc = nvx_write_schema(&out);
	if (rc == 0 && (fwrite(out.data, 1, out.n, stdout) != out.n || fflush(stdout) != 0))
		rc = -errno;
	score_bytes_finish(&out);
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", PROGRAM, strerror(-rc));
	return rc < 0 ? EXIT_FAILED : EXIT_OK;
}
