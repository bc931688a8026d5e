/* SPDX-License-Identifier: MIT */
/* Tables of the store, and how an older database gets them. */
#include <errno.h>
#include <stdio.h>

#include "store_private.h"

#define APPLICATION_ID 0x4d4f5353 /* "MOSS" */

/*
 * Step i leads from version i to i + 1. What is long stands in tables of its own: an UPDATE writes its whole
 * row.
 */
static const char *const steps[] = {
	"CREATE TABLE score("
	" id INTEGER PRIMARY KEY, score_id TEXT NOT NULL UNIQUE,"
	" title TEXT NOT NULL, composer TEXT NOT NULL, music_key TEXT NOT NULL, format TEXT NOT NULL,"
	" n_measures INTEGER NOT NULL, n_notes INTEGER NOT NULL, end_tick INTEGER NOT NULL,"
	" created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,"
	" state BLOB NOT NULL, revision INTEGER NOT NULL) STRICT;"
	"CREATE INDEX score_modified ON score(modified_ms, id);"
	"CREATE TABLE content("
	" score INTEGER PRIMARY KEY REFERENCES score(id) ON DELETE CASCADE,"
	" revision INTEGER NOT NULL, state BLOB NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
	"CREATE INDEX content_sha256 ON content(sha256);"
	"CREATE TABLE change("
	" score INTEGER NOT NULL REFERENCES score(id) ON DELETE CASCADE, revision INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, state BLOB NOT NULL, sha256 BLOB NOT NULL,"
	" forward BLOB NOT NULL, backward BLOB NOT NULL, UNIQUE(score, revision)) STRICT;"
	"CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
};
#define N_STEPS ((int)(sizeof(steps) / sizeof(steps[0])))

static int get_number(struct store *store, const char *pragma, int *ret)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(statement);
		*ret = rc == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
	}
	(void)sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_fail(store, rc, "reading what it is");
}

static int exec(struct store *store, const char *text)
{
	const int rc = sqlite3_exec(store->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_fail(store, rc, "making its tables");
}

static int migrate_from(struct store *store, int version)
{
	char text[96];
	int rc = 0;

	for (int i = version; rc == 0 && i < N_STEPS; i++)
		rc = exec(store, steps[i]);
	(void)snprintf(text, sizeof(text), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		APPLICATION_ID, N_STEPS);
	return rc < 0 ? rc : exec(store, text);
}

int store_migrate(struct store *store)
{
	int application = 0, version = 0, n_tables = 0;
	int rc = get_number(store, "PRAGMA application_id", &application);

	if (rc == 0)
		rc = get_number(store, "PRAGMA user_version", &version);
	if (rc == 0)
		rc = get_number(store, "SELECT count(*) FROM sqlite_schema", &n_tables);
	if (rc < 0)
		return rc;
	if (application != APPLICATION_ID && (application || version || n_tables))
		return store_refuse(store, -EMEDIUMTYPE, "it is another program's database");
	if (version > N_STEPS)
		return store_refuse(store, -EMEDIUMTYPE, "a newer MOS made it: version %d, this one knows %d",
			version, N_STEPS);
	if (version == N_STEPS)
		return 0;
	rc = store_run_plain(store, STORE_BEGIN, "beginning");
	return rc < 0 ? rc : store_end(store, migrate_from(store, version));
}
