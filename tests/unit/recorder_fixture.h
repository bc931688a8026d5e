/* SPDX-License-Identifier: MIT */
/** A directory of the test's own, and events that tell which they are. */
#ifndef TEST_RECORDER_FIXTURE_H
#define TEST_RECORDER_FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "journal.h"
#include "shm_record.h"

static inline void make_dir(char dir[static 64])
{
	snprintf(dir, 64, "%s/mos-recorder-XXXXXX",
		getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 40 ? getenv("TMPDIR") : "/tmp");
	cr_assert_not_null(mkdtemp(dir));
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

static inline void remove_dir(const char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline uint64_t dir_bytes(const char *dir)
{
	struct journal_info info[64];
	int n = journal_list(dir, info, 64);
	uint64_t total = 0;

	for (int i = 0; i < n; i++)
		total += info[i].bytes;
	return total;
}

#endif
