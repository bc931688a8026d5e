/* SPDX-License-Identifier: MIT */
/**
 * Files of shared/corpora, read where they are. CORPUS, defined before this header is included, is the kind's folder.
 * Needs MOS_CORPORA, or ../shared/corpora beside the source; a test that finds no folder is skipped.
 */
#ifndef TEST_CORPUS_H
#define TEST_CORPUS_H

#include <criterion/criterion.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bytes {
	uint8_t *data; /**< free() */
	size_t size;
};

static inline const char *corpus_dir(void)
{
	static char dir[4096];
	const char *corpora = getenv("MOS_CORPORA");
	(void)snprintf(dir, sizeof(dir), "%s%s/" CORPUS, corpora ? corpora : MOS_SOURCE_ROOT,
		corpora ? "" : "/../shared/corpora");
	if (access(dir, R_OK) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", dir);
	return dir;
}

/** A file below the corpus, with a NUL behind it. Fails the test when it cannot be read. */
static inline struct bytes read_corpus(const char *name)
{
	char path[8192];
	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), name);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s: %s", path, strerror(errno));
	cr_assert_eq(fseek(f, 0, SEEK_END), 0);
	struct bytes b = {.size = (size_t)ftell(f)};
	rewind(f);
	b.data = malloc(b.size + 1);
	cr_assert_not_null(b.data);
	cr_assert_eq(fread(b.data, 1, b.size, f), b.size, "%s", path);
	b.data[b.size] = 0;
	(void)fclose(f);
	return b;
}

#endif
