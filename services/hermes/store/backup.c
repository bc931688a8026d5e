/* SPDX-License-Identifier: MIT */
/* An online copy of the database. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_private.h"

#define STEP_PAGES 1024

struct store_backup {
	struct store *store;
	sqlite3 *db; /* the copy; NULL once it is complete */
	sqlite3_backup *run;
	int fd; /* of it, once it is complete; its name is gone then */
	char path[PATH_MAX + 16];
};

static int fail(struct store_backup *b, int rc, const char *doing)
{
	(void)snprintf(b->store->why, sizeof(b->store->why), "%s: %s", doing,
		b->db ? sqlite3_errmsg(b->db) : sqlite3_errstr(rc));
	return rc == SQLITE_FULL ? -ENOSPC : rc == SQLITE_NOMEM ? -ENOMEM : -EIO;
}

int store_backup_start(struct store *store, struct store_backup **ret)
{
	struct store_backup *b = calloc(1, sizeof(*b));
	int rc;

	if (!b)
		return -ENOMEM;
	b->store = store;
	b->fd = -1;
	(void)snprintf(b->path, sizeof(b->path), "%s.copy", store->path);
	(void)unlink(b->path); /* of a copy that was killed */
	rc = sqlite3_open_v2(b->path, &b->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXCLUSIVE,
		NULL);
	/* A copy that is not finished is thrown away: it needs no journal. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
			b->db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	if (rc == SQLITE_OK) {
		b->run = sqlite3_backup_init(b->db, "main", store->db, "main");
		rc = b->run ? SQLITE_OK : sqlite3_errcode(b->db);
	}
	if (rc != SQLITE_OK) {
		rc = fail(b, rc, "beginning the copy");
		store_backup_finish(b);
		return rc;
	}
	*ret = b;
	return 0;
}

int store_backup_step(struct store_backup *backup)
{
	struct store_backup *b = backup;
	int rc = sqlite3_backup_step(b->run, STEP_PAGES);

	if (rc == SQLITE_OK)
		return 1;
	if (rc != SQLITE_DONE)
		return fail(b, rc, "copying");
	(void)sqlite3_backup_finish(b->run);
	b->run = NULL;
	rc = sqlite3_close(b->db);
	b->db = NULL;
	if (rc != SQLITE_OK)
		return fail(b, rc, "ending the copy");
	b->fd = open(b->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (b->fd < 0)
		return store_refuse(b->store, -errno, "the copy is gone: %s", strerror(errno));
	(void)unlink(b->path);
	return 0;
}

static int copy_file(int from, int to, uint64_t *ret_bytes)
{
	struct stat st;

	if (fstat(from, &st) < 0 || ftruncate(to, 0) < 0)
		return -errno;
	uint64_t left = (uint64_t)st.st_size;
	while (left > 0) {
		const ssize_t n = sendfile(to, from, NULL, left > (1u << 30) ? 1u << 30 : (size_t)left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		left -= (uint64_t)n;
	}
	if (fsync(to) < 0 && errno != EINVAL)
		return -errno;
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

int store_backup_write(struct store_backup *backup, int fd, uint64_t *ret_bytes)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return copy_file(backup->fd, fd, ret_bytes);
}

void store_backup_finish(struct store_backup *backup)
{
	if (!backup)
		return;
	if (backup->run)
		(void)sqlite3_backup_finish(backup->run);
	(void)sqlite3_close(backup->db);
	if (backup->fd >= 0)
		close(backup->fd);
	else
		(void)unlink(backup->path);
	free(backup);
}
