/* SPDX-License-Identifier: MIT */
/* A library of an older version: its rows stay, what is derived from them is made anew. */
#include "library_impl.h"

#include <errno.h>
#include <string.h>

static const char *const cannot_read = "the library cannot be read";

/** A row's chords as tokens. @return 0, -errno. */
static int draft_row(struct library *lib, const uint8_t *code, size_t n_code)
{
	struct code_reader reader = {code, code + n_code};
	uint32_t value;
	unsigned what;
	int rc;
	library_harmony_begin(lib);
	while ((rc = code_next(&reader, &what, &value)) > 0) {
		if (what == CODE_KEY) {
			rc = library_harmony_key(lib, (int)value / 2, (int)value & 1);
		} else if (what == CODE_SYMBOL) {
			if (value == 0 || value > lib->symbol.n)
				return -EBADMSG;
			const struct dictionary_entry *entry = &lib->symbol.entry[value - 1];
			rc = library_harmony_chord(lib, entry->text, entry->len);
		}
		if (rc < 0 && rc != -EINVAL)
			return rc;
	}
	return rc;
}

static int index_row(struct library *lib, sqlite3_stmt *row)
{
	const uint32_t id = (uint32_t)sqlite3_column_int64(row, 0);
	int rc = 0;
	if (lib->set_songs > 0 &&
		(id - lib->set_first >= POSTING_MAX_SONGS || lib->set.n >= LIBRARY_BATCH_ENTRIES))
		rc = library_write_segment(lib);
	if (rc < 0)
		return rc;
	if (lib->set_songs == 0)
		lib->set_first = id;
	lib->set_songs = id - lib->set_first; /* songs that were removed leave gaps */
	rc = draft_row(lib, sqlite3_column_blob(row, 5), (size_t)sqlite3_column_bytes(row, 5));
	if (rc < 0)
		return library_fail(
			lib, rc, rc == -EBADMSG ? "the chords of song %u are damaged" : "out of memory", id);
	const struct library_song song = {
		.year = sqlite3_column_int(row, 3), .genre = (const char *)sqlite3_column_text(row, 2)};
	const int key = sqlite3_column_type(row, 4) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 4) % 24;
	rc = library_index_song(lib, &song, key, (uint32_t)sqlite3_column_int64(row, 1));
	lib->set_songs++;
	return rc < 0 ? library_fail(lib, rc, "out of memory") : 0;
}

static int index_all(struct library *lib)
{
	sqlite3_stmt *row;
	int rc = 0;
	if (sqlite3_prepare_v2(lib->db, "SELECT id,artist,genre,year,key,chords FROM song ORDER BY id", -1,
		    &row, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	memset(lib->transition, 0, sizeof(lib->transition));
	while (rc == 0 && sqlite3_step(row) == SQLITE_ROW)
		rc = index_row(lib, row);
	if (sqlite3_finalize(row) != SQLITE_OK && rc == 0)
		rc = library_fail_db(lib, cannot_read);
	/* Up to the last number that was given: none is given twice, be the song there or removed. */
	if (lib->set_songs == 0)
		lib->set_first = 1;
	if (rc == 0)
		lib->set_songs = lib->next_song - lib->set_first;
	return rc;
}

int library_migrate(struct library *lib)
{
	int64_t version = 0;
	int rc = library_begin(lib);
	if (rc < 0)
		return rc;
	rc = library_version(lib, &version);
	if (rc == 0 && version >= LIBRARY_VERSION) { /* another connection did it while we waited */
		library_rollback(lib);
		lib->version = (int)version;
		return 0;
	}
	/* `removed` stays: a search for all songs goes by their numbers, and these leave gaps. */
	if (rc == 0)
		rc = library_exec(lib, "DELETE FROM block; DELETE FROM segment;");
	if (rc == 0)
		rc = library_exec(lib, library_schema_2);
	if (rc == 0)
		rc = index_all(lib);
	if (rc == 0)
		rc = library_exec(lib, "PRAGMA user_version=2");
	if (rc < 0) {
		library_rollback(lib);
		return rc;
	}
	rc = library_commit(lib);
	if (rc == 0)
		lib->version = LIBRARY_VERSION;
	return rc;
}
