/* SPDX-License-Identifier: MIT */
/* Opening and closing the store; statements, transactions, failures. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "store_private.h"

/* Pages of the log that nobody has brought into the file yet: more than these are not left for later. */
#define LOG_PAGES_MAX 16384
#define LOG_PAGES_TIDY 256

static const char *const texts[] = {
#define X(name, text) text,
	STORE_STATEMENTS(X)
#undef X
};

static int errno_of(int sqlite_rc)
{
	switch (sqlite_rc & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
		return -EBADMSG;
	case SQLITE_NOTADB:
		return -EMEDIUMTYPE;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_TOOBIG:
		return -EFBIG;
	default:
		return -EIO;
	}
}

int store_fail(struct store *store, int sqlite_rc, const char *doing)
{
	const char *words = store->db && sqlite3_errcode(store->db) != SQLITE_OK ? sqlite3_errmsg(store->db)
										 : sqlite3_errstr(sqlite_rc);

	(void)snprintf(store->why, sizeof(store->why), "%s: %s", doing, words);
	return errno_of(sqlite_rc);
}

int store_refuse(struct store *store, int rc, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(store->why, sizeof(store->why), fmt, args);
	va_end(args);
	return rc;
}

const char *store_why(const struct store *store)
{
	return store->why;
}

/* --- Statements and transactions --- */

sqlite3_stmt *store_statement(struct store *store, enum store_statement which, int *ret_rc)
{
	int rc = SQLITE_OK;

	if (!store->statement[which])
		rc = sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
			&store->statement[which], NULL);
	*ret_rc = rc == SQLITE_OK ? 0 : store_fail(store, rc, "preparing a statement");
	return store->statement[which];
}

int store_run(struct store *store, sqlite3_stmt *statement, const char *doing)
{
	const int rc = sqlite3_step(statement);
	const int result = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : store_fail(store, rc, doing);

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return result;
}

int store_run_plain(struct store *store, enum store_statement which, const char *doing)
{
	int rc;
	sqlite3_stmt *statement = store_statement(store, which, &rc);

	return rc < 0 ? rc : store_run(store, statement, doing);
}

int store_end(struct store *store, int rc)
{
	char why[sizeof(store->why)];

	if (rc == 0)
		rc = store_run_plain(store, STORE_COMMIT, "committing");
	if (rc == 0)
		return 0;
	/* Rolling back what SQLite has rolled back already fails, and says nothing of interest. */
	memcpy(why, store->why, sizeof(why));
	if (!sqlite3_get_autocommit(store->db))
		(void)store_run_plain(store, STORE_ROLLBACK, "rolling back");
	memcpy(store->why, why, sizeof(why));
	return rc;
}

void store_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n)
{
	(void)sqlite3_bind_blob64(statement, at, n ? bytes : "", n, SQLITE_STATIC);
}

void store_bind_state(sqlite3_stmt *statement, int at, struct score_state state)
{
	uint8_t bytes[STORE_STATE_BYTES];

	for (unsigned i = 0; i < STORE_STATE_BYTES; i++)
		bytes[i] = (uint8_t)(state.word[i / 8] >> (56 - 8 * (i % 8)));
	(void)sqlite3_bind_blob(statement, at, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

int store_column_state(sqlite3_stmt *statement, int at, struct score_state *ret)
{
	const uint8_t *bytes = sqlite3_column_blob(statement, at);

	if (!bytes || sqlite3_column_bytes(statement, at) != STORE_STATE_BYTES)
		return -EBADMSG;
	*ret = (struct score_state){0};
	for (unsigned i = 0; i < STORE_STATE_BYTES; i++)
		ret->word[i / 8] = ret->word[i / 8] << 8 | bytes[i];
	return 0;
}

void store_hash(const void *bytes, size_t n, uint8_t ret[static STORE_SHA256_BYTES])
{
	(void)SHA256(bytes, n, ret);
}

/* --- Opening --- */

/* The kernel's lock ends with the process, however it dies; the file stays and means nothing by itself. */
static int take_lock(struct store *store)
{
	char path[PATH_MAX + 8], holder[16] = "";

	(void)snprintf(path, sizeof(path), "%s.lock", store->path);
	store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0)
		return store_refuse(store, -errno, "%s: %s", path, strerror(errno));
	if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0) {
		const ssize_t n = pread(store->lock_fd, holder, sizeof(holder) - 1, 0);

		holder[n > 0 ? n : 0] = '\0';
		return store_refuse(store, -EBUSY, "process %s has it open", n > 0 ? holder : "(unknown)");
	}
	(void)snprintf(holder, sizeof(holder), "%d", (int)getpid());
	if (ftruncate(store->lock_fd, 0) < 0 || pwrite(store->lock_fd, holder, strlen(holder), 0) < 0)
		store->why[0] = '\0'; /* who holds it cannot be told to others: no reason not to work */
	return 0;
}

static int on_log(void *data, sqlite3 *db, const char *name, int n_pages)
{
	struct store *store = data;

	store->log_pages = n_pages;
	if (n_pages > LOG_PAGES_MAX)
		(void)sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &store->log_pages, NULL);
	return SQLITE_OK;
}

/* Exclusive before anything is read: then the log's index is in our own memory, and nobody else can read. */
static int configure(struct store *store)
{
	int rc = sqlite3_exec(store->db,
		"PRAGMA locking_mode = EXCLUSIVE;"
		"PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL;"
		"PRAGMA foreign_keys = ON;"
		"PRAGMA trusted_schema = OFF;"
		"PRAGMA temp_store = MEMORY;"
		"PRAGMA journal_size_limit = 67108864;",
		NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return store_fail(store, rc, "opening");
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	(void)sqlite3_wal_hook(store->db, on_log, store);
	return 0;
}

static int open_database(struct store *store, const char *vfs)
{
	/* One thread at a time, which the caller sees to. */
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
	int rc = take_lock(store);

	if (rc < 0)
		return rc;
	const int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return store_refuse(store, -errno, "%s: %s", store->path, strerror(errno));
	close(fd); /* made, so that nobody but its owner may read it, whatever the umask */
	rc = sqlite3_open_v2(store->path, &store->db, flags, vfs);
	if (rc != SQLITE_OK)
		return store_fail(store, rc, "opening");
	rc = configure(store);
	return rc < 0 ? rc : store_migrate(store);
}

int store_open(const char *path, const char *vfs, struct store **ret, struct store_error *err)
{
	struct store *store = calloc(1, sizeof(*store));
	int rc;

	if (!store) {
		(void)snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	store->lock_fd = -1;
	rc = (size_t)snprintf(store->path, sizeof(store->path), "%s", path) < sizeof(store->path)
		     ? open_database(store, vfs)
		     : store_refuse(store, -ENAMETOOLONG, "its path is too long");
	if (rc < 0) {
		(void)snprintf(err->text, sizeof(err->text), "%s", store->why);
		store_close(store);
		return rc;
	}
	*ret = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (unsigned i = 0; i < STORE_N_STATEMENTS; i++)
		(void)sqlite3_finalize(store->statement[i]);
	(void)sqlite3_close_v2(store->db);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store);
}

void store_tidy(struct store *store)
{
	/* A log that cannot be emptied now is emptied later. */
	if (store->log_pages > LOG_PAGES_TIDY && sqlite3_wal_checkpoint_v2(store->db, NULL,
							 SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) == SQLITE_OK)
		store->log_pages = 0;
}
