/* SPDX-License-Identifier: MIT */
/*
 * The JSON corpus (shared/corpora/json): the parser below NVX1 takes what RFC 8259 takes and refuses the rest
 * with a place (HER-11), and writes it back byte for byte (UMF-04). Needs MOS_CORPORA, or ../shared/corpora
 * beside the source; skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_check.h"
#include "json_pull.h"

static const char *corpus_dir(void)
{
	static char dir[4096];
	const char *corpora = getenv("MOS_CORPORA");
	if (corpora)
		(void)snprintf(dir, sizeof(dir), "%s/json", corpora);
	else
		(void)snprintf(dir, sizeof(dir), "%s/../shared/corpora/json", MOS_SOURCE_ROOT);
	if (access(dir, R_OK) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", dir);
	return dir;
}

/** With a NUL behind it. */
static uint8_t *read_file(const char *name, size_t *ret_size)
{
	char path[8192];
	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), name);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s: %s", path, strerror(errno));
	uint8_t *data = malloc(1);
	size_t size = 0, n;
	char chunk[65536];
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		data = realloc(data, size + n + 1);
		memcpy(data + size, chunk, n);
		size += n;
	}
	data[size] = 0;
	(void)fclose(f);
	*ret_size = size;
	return data;
}

struct tally {
	unsigned files, passed, refused, differing;
};

static void check_file(const char *file, const char *expected, struct tally *tally)
{
	static struct score_report report;
	size_t size;
	uint8_t *bytes = read_file(file, &size);

	report = (struct score_report){0};
	const int rc = json_check(bytes, size, 0, &score_heap, &report);
	tally->files++;
	cr_assert(rc == 0 || rc == -EINVAL, "%s", file);
	if (rc < 0) {
		unsigned line, column, byte;
		cr_expect(report.n_errors == 1 && report.error[0].reason[0],
			"HER-11: %s is refused without a reason", file);
		cr_expect(sscanf(report.error[0].where, "line %u, column %u, byte %u", &line, &column,
				  &byte) == 3 &&
				  byte <= size,
			"HER-11: %s: no place in \"%s\"", file, report.error[0].where);
		tally->refused++;
	} else {
		tally->passed++;
	}
	if (strcmp(expected, "either") != 0 && (rc == 0) != (strcmp(expected, "accept") == 0)) {
		tally->differing++;
		cr_expect(0, "HER-11: %s should be: %s; %s", file, expected,
			rc ? report.error[0].reason : "accepted");
	}
	if (rc == 0 && strstr(file, "/roundtrip/")) {
		struct score_bytes out;
		score_bytes_init(&out, &score_heap);
		json_canonical(bytes, NULL, &out);
		while (size && strchr(" \r\n\t", bytes[size - 1]))
			size--;
		cr_expect(out.error == 0 && out.n == size && memcmp(out.data, bytes, size) == 0,
			"UMF-04: %s comes back as %.*s", file, (int)out.n, (char *)out.data);
		score_bytes_finish(&out);
	}
	free(bytes);
}

Test(json, corpus)
{
	size_t size;
	char *table = (char *)read_file("expected.tsv", &size), *rest = table;
	struct {
		const char *folder;
		struct tally tally;
	} groups[] = {{"JSONTestSuite/parsing", {0}}, {"JSONTestSuite/transform", {0}},
		{"nativejson/jsonchecker", {0}}, {"nativejson/roundtrip", {0}}};

	(void)strsep(&rest, "\n");
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		char *file = strsep(&line, "\t");
		(void)strsep(&line, "\t");
		(void)strsep(&line, "\t");
		const char *expected = strsep(&line, "\t");
		for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			if (strncmp(file, groups[i].folder, strlen(groups[i].folder)) == 0)
				check_file(file, expected, &groups[i].tally);
	}
	unsigned files = 0;
	printf("%-24s %6s %9s %8s %10s\n", "json", "files", "accepted", "refused", "differing");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct tally *t = &groups[i].tally;
		files += t->files;
		printf("%-24s %6u %9u %8u %10u\n", groups[i].folder, t->files, t->passed, t->refused,
			t->differing);
	}
	cr_expect(files > 300, "only %u files were tried", files);
	free(table);
}
