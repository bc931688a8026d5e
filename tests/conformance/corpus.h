/* SPDX-License-Identifier: MIT */
/**
 * Files of shared/corpora, read where they are. CORPUS, defined before this header is included, is the kind's folder.
 * Needs MOS_CORPORA, or ../shared/corpora beside the source; a test that finds no folder is skipped.
 */
#ifndef TEST_CORPUS_H
#define TEST_CORPUS_H

#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

#define CORPUS_ANY_SIZE INT64_MAX

/**
 * Visit all files below a folder of the corpus, in the order of their names: the same everywhere. Without MOS_LONG
 * those above `most` bytes are left out. A folder that is not there has none.
 * @param folder  "" is the corpus itself. Names are told from there.
 * @param bytes   Valid during the visit.
 */
static inline void walk_corpus(const char *folder, int64_t most,
	void (*visit)(const char *name, struct bytes bytes, void *data), void *data)
{
	char path[8192], name[4096];
	struct dirent **entry;
	(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), folder);
	const int n = scandir(path, &entry, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		struct stat st;
		(void)snprintf(name, sizeof(name), "%s%s%s", folder, *folder ? "/" : "", entry[i]->d_name);
		(void)snprintf(path, sizeof(path), "%s/%s", corpus_dir(), name);
		if (entry[i]->d_name[0] != '.' && stat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode)) {
				walk_corpus(name, most, visit, data);
			} else if (st.st_size > 0 && (st.st_size <= most || getenv("MOS_LONG"))) {
				struct bytes b = read_corpus(name);
				visit(name, b, data);
				free(b.data);
			}
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

#endif
