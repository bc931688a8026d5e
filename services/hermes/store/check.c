/* SPDX-License-Identifier: MIT */
/* Is the file sound? */
#include <stdio.h>

#include "store_private.h"

/* Rows of a PRAGMA that lists faults; `sound` is what one says that has none. */
static int run_check(struct store *store, const char *pragma, const char *what,
	void (*fault)(void *, const char *), void *data)
{
	sqlite3_stmt *s;
	char text[256];
	int step, rc = sqlite3_prepare_v2(store->db, pragma, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return store_fail(store, rc, "checking");
	while ((step = sqlite3_step(s)) == SQLITE_ROW) {
		const char *said = (const char *)sqlite3_column_text(s, 0);

		if (!said || sqlite3_stricmp(said, "ok") == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s: %s", what, said);
		fault(data, text);
	}
	rc = step == SQLITE_DONE ? 0 : store_fail(store, step, "checking");
	(void)sqlite3_finalize(s);
	return rc;
}

int store_check(struct store *store, void (*fault)(void *data, const char *text), void *data)
{
	int rc = run_check(store, "PRAGMA integrity_check", "the file", fault, data);

	return rc < 0 ? rc
		      : run_check(store, "PRAGMA foreign_key_check", "a row without its score in table",
				fault, data);
}
