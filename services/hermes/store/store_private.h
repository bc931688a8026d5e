/* SPDX-License-Identifier: MIT */
/** What the files of the store share. */
#ifndef HERMES_STORE_PRIVATE_H
#define HERMES_STORE_PRIVATE_H

#include <limits.h>
#include <sqlite3.h>

#include "store.h"

/** Statements that are used again and again: X(NAME, text). */
#define STORE_STATEMENTS(X)                                                                                  \
	X(BEGIN, "BEGIN IMMEDIATE")                                                                          \
	X(COMMIT, "COMMIT")                                                                                  \
	X(ROLLBACK, "ROLLBACK")                                                                              \
	X(FIND_SCORE, "SELECT id, revision, state, format FROM score WHERE score_id = ?1")                   \
	X(ADD_SCORE,                                                                                         \
		"INSERT INTO score(title, composer, music_key, n_measures, n_notes, end_tick, modified_ms, " \
		"state, revision, score_id, created_ms, format) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, " \
		"?10, ?7, ?11)")                                                                             \
	X(UPDATE_SCORE, "UPDATE score SET title = ?1, composer = ?2, music_key = ?3, n_measures = ?4, "      \
			"n_notes = ?5, "                                                                     \
			"end_tick = ?6, modified_ms = ?7, state = ?8, revision = ?9 WHERE id = ?10")         \
	X(DELETE_SCORE, "DELETE FROM score WHERE id = ?1")                                                   \
	X(NEXT_SCORE, "SELECT id, score_id FROM score WHERE id > ?1 ORDER BY id LIMIT 1")                    \
	X(PUT_CONTENT, "INSERT OR REPLACE INTO content(score, revision, state, sha256, bytes) "              \
		       "VALUES(?1, ?2, ?3, ?4, ?5)")                                                         \
	X(GET_CONTENT, "SELECT revision, state, sha256, bytes FROM content WHERE score = ?1")                \
	X(FIND_CONTENT, "SELECT score_id FROM content JOIN score ON score.id = content.score "               \
			"WHERE sha256 = ?1 AND content.revision = score.revision LIMIT 1")                   \
	X(ADD_CHANGE, "INSERT INTO change(score, revision, kind, state, sha256, forward, backward) "         \
		      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")                                                  \
	X(GET_CHANGES, "SELECT revision, kind, state, sha256, forward, backward FROM change "                \
		       "WHERE score = ?1 AND revision >= ?2 ORDER BY revision")                              \
	X(CHANGE_SIZES, "SELECT revision, length(forward) + length(backward) FROM change "                   \
			"WHERE score = ?1 ORDER BY revision DESC")                                           \
	X(DROP_CHANGES, "DELETE FROM change WHERE score = ?1 AND revision <= ?2")                            \
	X(SET_LOADED, "INSERT OR REPLACE INTO setting(name, value) VALUES('loaded', ?1)")                    \
	X(GET_LOADED, "SELECT value FROM setting WHERE name = 'loaded'")                                     \
	X(COUNT, "SELECT count(*) FROM score WHERE ?1 IS NULL OR title LIKE ?1 ESCAPE '\\' "                 \
		 "OR composer LIKE ?1 ESCAPE '\\'")                                                          \
	X(LIST, "SELECT score_id, revision, state, title, composer, music_key, format, n_measures, "         \
		"n_notes, "                                                                                  \
		"end_tick, modified_ms FROM score WHERE ?1 IS NULL OR title LIKE ?1 ESCAPE '\\' "            \
		"OR composer LIKE ?1 ESCAPE '\\' ORDER BY modified_ms DESC, id DESC LIMIT ?2 OFFSET ?3")

enum store_statement {
#define X(name, text) STORE_##name,
	STORE_STATEMENTS(X)
#undef X
		STORE_N_STATEMENTS
};

#define STORE_SHA256_BYTES 32u
#define STORE_STATE_BYTES 16u

struct store {
	sqlite3 *db;
	sqlite3_stmt *statement[STORE_N_STATEMENTS]; /**< made when first needed */
	int lock_fd;
	int log_pages; /**< in the write-ahead log */
	char path[PATH_MAX];
	char why[256];
};

/** Note why; SQLite's words follow. @return the -errno that belongs to a result of SQLite's. */
int store_fail(struct store *store, int sqlite_rc, const char *doing);
/** The same for what SQLite has nothing to do with. @return rc. */
[[gnu::format(printf, 3, 4)]] int store_refuse(struct store *store, int rc, const char *fmt, ...);

/** A statement, ready to be bound. @return NULL: store_fail() was called, *ret_rc is its result. */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which, int *ret_rc);
/** Run a statement that gives no rows, and make it ready for the next time. @return 0, -errno. */
int store_run(struct store *store, sqlite3_stmt *statement, const char *doing);
int store_run_plain(struct store *store, enum store_statement which, const char *doing);
/** Bytes that are kept, also when they are none. */
void store_bind_bytes(sqlite3_stmt *statement, int at, const void *bytes, size_t n);
void store_bind_state(sqlite3_stmt *statement, int at, struct score_state state);
/** @return 0, -EBADMSG. */
int store_column_state(sqlite3_stmt *statement, int at, struct score_state *ret);

/** End a transaction: commit if rc is 0, else, or if that fails, roll back. @return rc or why the commit
 * failed. */
int store_end(struct store *store, int rc);

/** Number, newest point and format of a score. @param ret_format  64 bytes; may be NULL. @return 0, -ENOENT
 * ... */
int store_lookup(struct store *store, const char *score_id, int64_t *ret_id, struct store_point *ret,
	char *ret_format);

/** Bring an empty or older database to the schema of today. @return 0, -EMEDIUMTYPE, -errno. */
int store_migrate(struct store *store);

/** Write one row of the journal, in a transaction of the caller's. */
int store_put_change(struct store *store, int64_t id, const struct store_change *change);

void store_hash(const void *bytes, size_t n, uint8_t ret[static STORE_SHA256_BYTES]);

#endif
