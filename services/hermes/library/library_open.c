/* SPDX-License-Identifier: MIT */
#include "library_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
	"CREATE TABLE song(id INTEGER PRIMARY KEY, title TEXT, artist INTEGER, album TEXT, genre TEXT, year "
	"INTEGER,"
	" key INTEGER, key_inferred INTEGER, tempo INTEGER, n_chords INTEGER, chords BLOB, origin TEXT, "
	"score_id TEXT);"
	"CREATE VIRTUAL TABLE song_text USING fts5(title, artist, album, content='', contentless_delete=1,"
	" detail=none, columnsize=1, tokenize='unicode61 remove_diacritics 2');"
	"CREATE TABLE symbol(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
	"CREATE TABLE term(id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
	"CREATE TABLE segment(id INTEGER PRIMARY KEY, first_song INTEGER, n_songs INTEGER, level INTEGER);"
	"CREATE TABLE block(id INTEGER PRIMARY KEY, data BLOB);" /* library_block_id() */
	"CREATE TABLE removed(song INTEGER PRIMARY KEY);"
	"CREATE TABLE source(path TEXT PRIMARY KEY, size INTEGER, mtime_ns INTEGER, n_songs INTEGER, error "
	"TEXT);"
	"CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;";

const char library_schema_2[] =
	"CREATE TABLE statistic(source TEXT, chord TEXT, next TEXT, n REAL, PRIMARY KEY(source, chord, next))"
	" WITHOUT ROWID;"
	"CREATE TABLE vector_set(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, dims INTEGER, last "
	"INTEGER);"
	"CREATE TABLE vector_block(id INTEGER PRIMARY KEY, first INTEGER, last INTEGER, n INTEGER,"
	" data BLOB);"; /* vectors.h */

static const char *const sql[SQL_N_STATEMENTS] = {
	[SQL_ADD_SONG] = "INSERT INTO song VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
	[SQL_ADD_TEXT] = "INSERT INTO song_text(rowid,title,artist,album) VALUES(?1,?2,?3,?4)",
	[SQL_ADD_BLOCK] = "INSERT INTO block VALUES(?1,?2)",
	[SQL_ADD_SEGMENT] = "INSERT INTO segment(first_song,n_songs,level) VALUES(?1,?2,?3)",
	[SQL_FLOOR_BLOCK] = "SELECT id,data FROM block WHERE id<=?1 ORDER BY id DESC LIMIT 1",
	[SQL_NEXT_BLOCK] = "SELECT id,data FROM block WHERE id>?1 ORDER BY id LIMIT 1",
	[SQL_SEGMENTS] = "SELECT id,first_song,n_songs,level FROM segment ORDER BY first_song",
	[SQL_GET_SONG] =
		("SELECT title,(SELECT text FROM term WHERE id=artist),album,genre,year,key,key_inferred,"
		 "tempo,n_chords,chords,origin,score_id FROM song WHERE id=?1"),
	[SQL_FIND_TEXT] = "SELECT rowid FROM song_text WHERE song_text MATCH ?1",
};

int library_fail(struct library *lib, int rc, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(lib->why, sizeof(lib->why), fmt, args);
	va_end(args);
	return rc;
}

static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return -EPROTO;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EACCES;
	default:
		return -EIO;
	}
}

int library_fail_db(struct library *lib, const char *doing)
{
	return library_fail(
		lib, errno_of(sqlite3_extended_errcode(lib->db)), "%s: %s", doing, sqlite3_errmsg(lib->db));
}

const char *library_why(const struct library *lib)
{
	return lib->why;
}

int library_exec(struct library *lib, const char *text)
{
	return sqlite3_exec(lib->db, text, NULL, NULL, NULL) == SQLITE_OK
		       ? 0
		       : library_fail_db(lib, "the library cannot be written");
}

sqlite3_stmt *library_stmt(struct library *lib, enum statement which)
{
	if (!lib->stmt[which] && sqlite3_prepare_v3(lib->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT,
					 &lib->stmt[which], NULL) != SQLITE_OK) {
		(void)library_fail_db(lib, "the library cannot be read");
		return NULL;
	}
	sqlite3_reset(lib->stmt[which]);
	return lib->stmt[which];
}

void library_release(struct library *lib)
{
	for (unsigned i = 0; i < SQL_N_STATEMENTS; i++)
		sqlite3_reset(lib->stmt[i]);
}

static int read_number(struct library *lib, const char *text, int64_t *ret)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, text, -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, "the library cannot be read");
	*ret = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, "the library cannot be read");
}

int library_version(struct library *lib, int64_t *ret)
{
	return read_number(lib, "PRAGMA user_version", ret);
}

/** Is it ours, and of a version that we know? An empty file becomes a library. */
static int check_version(struct library *lib)
{
	int64_t application = 0, version = 0, n_tables = 0;
	int rc = read_number(lib, "PRAGMA application_id", &application);
	if (rc == 0)
		rc = library_version(lib, &version);
	if (rc == 0)
		rc = read_number(lib, "SELECT count(*) FROM sqlite_schema", &n_tables);
	if (rc < 0)
		return rc;
	if (n_tables == 0 && lib->writes) {
		char text[160];
		(void)snprintf(text, sizeof(text), "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
			LIBRARY_APPLICATION_ID, LIBRARY_VERSION);
		rc = library_exec(lib, "BEGIN IMMEDIATE");
		if (rc == 0)
			rc = library_exec(lib, schema);
		if (rc == 0)
			rc = library_exec(lib, library_schema_2);
		lib->version = LIBRARY_VERSION;
		return rc == 0 ? library_exec(lib, text) : rc;
	}
	if (application != LIBRARY_APPLICATION_ID)
		return library_fail(lib, -EPROTO, "this is no library of songs");
	if (version > LIBRARY_VERSION)
		return library_fail(lib, -EPROTO,
			"the library is of version %lld, this program reads up to %d", (long long)version,
			LIBRARY_VERSION);
	lib->version = (int)version;
	return 0;
}

static int load_transitions(struct library *lib)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, "SELECT value FROM fact WHERE name='transitions'", -1, &stmt, NULL) !=
		SQLITE_OK)
		return library_fail_db(lib, "the library cannot be read");
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == (int)sizeof(lib->transition))
		memcpy(lib->transition, sqlite3_column_blob(stmt, 0), sizeof(lib->transition));
	sqlite3_finalize(stmt);
	return 0;
}

int library_reload(struct library *lib)
{
	int64_t last = 0;
	int rc = load_transitions(lib);
	/* A number is never given twice: the index may still know songs that were removed. */
	if (rc == 0)
		rc = read_number(lib,
			"SELECT max(ifnull((SELECT max(id) FROM song),0),"
			"ifnull((SELECT max(first_song+n_songs-1) FROM segment),0))",
			&last);
	lib->next_song = (uint32_t)last + 1;
	return rc;
}

static int prepare_writing(struct library *lib)
{
	int rc = dictionary_load(lib, &lib->symbol, 1);
	if (rc == 0)
		rc = dictionary_load(lib, &lib->term, 0);
	return rc == 0 ? library_reload(lib) : rc;
}

static int open_file(struct library *lib, const char *path)
{
	const int flags = lib->writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
	int rc = sqlite3_open_v2(path, &lib->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (!lib->db)
		return library_fail(lib, -ENOMEM, "out of memory");
	if (rc != SQLITE_OK)
		return library_fail_db(lib, path);
	sqlite3_busy_timeout(lib->db, 2000);
	/* mmap: a search reads blocks where they lie; the page cache is shared by all connections. */
	rc = library_exec(
		lib, "PRAGMA mmap_size=8589934592; PRAGMA cache_size=-8192; PRAGMA foreign_keys=ON");
	if (rc == 0 && lib->writes)
		rc = library_exec(lib, "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA "
				       "synchronous=FULL; PRAGMA cache_size=-65536");
	if (rc == 0)
		rc = check_version(lib);
	if (rc == 0 && lib->writes)
		rc = prepare_writing(lib);
	return rc == 0 && lib->writes && lib->version < LIBRARY_VERSION ? library_migrate(lib) : rc;
}

int library_open(const char *path, enum library_mode mode, struct library **ret, char *why)
{
	struct library *lib = calloc(1, sizeof(*lib));
	*ret = NULL;
	if (!lib) {
		(void)snprintf(why, LIBRARY_WHY, "out of memory");
		return -ENOMEM;
	}
	lib->writes = mode == LIBRARY_WRITE;
	lib->symbol.table = "symbol";
	lib->term.table = "term";
	const int rc = open_file(lib, path);
	if (rc < 0) {
		(void)snprintf(why, LIBRARY_WHY, "%s", lib->why);
		library_close(lib);
		return rc;
	}
	if (lib->version < LIBRARY_VERSION && mode == LIBRARY_READ) { /* a writer brings it up to date */
		library_close(lib);
		const int written = library_open(path, LIBRARY_WRITE, &lib, why);
		if (written == -EBUSY)
			(void)snprintf(why, LIBRARY_WHY,
				"the library is brought up to date, or written, at this moment: try again in "
				"a "
				"minute");
		if (written < 0)
			return written;
		library_close(lib);
		return library_open(path, mode, ret, why);
	}
	*ret = lib;
	return 0;
}

void library_close(struct library *lib)
{
	if (!lib)
		return;
	library_rollback(lib);
	for (unsigned i = 0; i < SQL_N_STATEMENTS; i++)
		sqlite3_finalize(lib->stmt[i]);
	sqlite3_close(lib->db);
	dictionary_finish(&lib->symbol);
	dictionary_finish(&lib->term);
	posting_set_finish(&lib->set);
	free(lib->draft.code);
	free(lib->draft.absolute);
	free(lib->draft.local);
	free(lib->tally);
	free(lib->touched);
	free(lib);
}

int library_segments(struct library *lib, struct library_segment *ret, int max)
{
	sqlite3_stmt *stmt = library_stmt(lib, SQL_SEGMENTS);
	int n = 0;
	if (!stmt)
		return -EIO;
	while (n < max && sqlite3_step(stmt) == SQLITE_ROW)
		ret[n++] = (struct library_segment){sqlite3_column_int64(stmt, 0),
			(uint32_t)sqlite3_column_int64(stmt, 1), (uint32_t)sqlite3_column_int64(stmt, 2),
			(uint32_t)sqlite3_column_int64(stmt, 3)};
	return sqlite3_reset(stmt) == SQLITE_OK ? n : library_fail_db(lib, "the library cannot be read");
}
