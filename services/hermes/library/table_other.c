/* SPDX-License-Identifier: MIT */
/*
 * Tables that hold no progressions (LIB-08). A song's 27 slots say how often it uses each chord of the cubes,
 * not in which order: they become a vector of the song, in the set LIBRARY_VECTORS_SLOTS. Statistics of
 * chords are kept as they are, beside our own.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_impl.h"
#include "vectors.h"

/** A number of at least 0; an empty cell is 0. @return 0, -EINVAL. */
static int read_number(const char *text, double *ret)
{
	char *end;
	text += strspn(text, " ");
	*ret = strtod(text, &end);
	end += strspn(end, " %");
	return *end || !isfinite(*ret) || *ret < 0 ? -EINVAL : 0;
}

static int make_room(struct table_import *import)
{
	if (import->n_slots < import->cap_slots)
		return 0;
	const uint32_t cap = import->cap_slots * 2 + 256;
	uint32_t *song = realloc(import->slot_song, cap * sizeof(*song));
	if (song)
		import->slot_song = song;
	float *vector =
		song ? realloc(import->slot_vector, (size_t)cap * TABLE_SLOTS * sizeof(*vector)) : NULL;
	if (!vector)
		return library_fail(import->lib, -ENOMEM, "out of memory");
	import->slot_vector = vector;
	import->cap_slots = cap;
	return 0;
}

int table_add_slots(struct table_import *import)
{
	int64_t song;
	int rc = make_room(import);
	if (rc < 0)
		return rc;
	float *vector = import->slot_vector + (size_t)import->n_slots * TABLE_SLOTS;
	for (unsigned i = 0; i < TABLE_SLOTS; i++) {
		const int at = import->slot_of[i];
		const char *text = (uint32_t)at < import->record.n ? import->record.cell[at] : "";
		double value;
		if (read_number(text, &value) < 0) {
			table_note(import, at, "\"%.60s\" is no number of times", text);
			value = 0;
		}
		vector[i] = (float)value;
	}
	library_harmony_begin(import->lib);
	rc = table_add_row(import, &song);
	if (rc < 0)
		return rc;
	if (vector_normalise(vector, TABLE_SLOTS) < 0) {
		table_note(import, -1, "no slot is used");
		return 0;
	}
	import->slot_song[import->n_slots++] = (uint32_t)song;
	return 0;
}

int table_flush_slots(struct table_import *import)
{
	if (import->n_slots == 0)
		return 0;
	int rc = library_vectors_ensure(import->lib, LIBRARY_VECTORS_SLOTS, TABLE_SLOTS);
	if (rc == 0)
		rc = library_vectors_add(import->lib, LIBRARY_VECTORS_SLOTS, import->slot_song,
			import->slot_vector, import->n_slots);
	import->n_slots = 0;
	return rc;
}

int table_forget_statistics(struct table_import *import)
{
	struct library *lib = import->lib;
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, "DELETE FROM statistic WHERE source=?1", -1, &stmt, NULL) !=
		SQLITE_OK)
		return library_fail_db(lib, "the library cannot be written");
	sqlite3_bind_text(stmt, 1, import->path, -1, SQLITE_STATIC);
	const int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : library_fail_db(lib, "the library cannot be written");
}

int table_add_statistics(struct table_import *import)
{
	struct library *lib = import->lib;
	const char *chord = table_cell(import, COLUMN_STAT_CHORD),
		   *count = table_cell(import, COLUMN_STAT_COUNT);
	sqlite3_stmt *stmt;
	double n;
	if (!*chord || !*count || read_number(count, &n) < 0) {
		(void)snprintf(import->record.why, sizeof(import->record.why), "column %d: \"%.40s\" is %s",
			import->cell_of[*chord ? COLUMN_STAT_COUNT : COLUMN_STAT_CHORD] + 1,
			*chord ? count : "", *chord ? "no number of times" : "no chord");
		return -EBADMSG;
	}
	if (sqlite3_prepare_v2(lib->db, "INSERT OR REPLACE INTO statistic VALUES(?1,?2,?3,?4)", -1, &stmt,
		    NULL) != SQLITE_OK)
		return library_fail_db(lib, "the library cannot be written");
	sqlite3_bind_text(stmt, 1, import->path, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, chord, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, table_cell(import, COLUMN_STAT_NEXT), -1, SQLITE_STATIC);
	sqlite3_bind_double(stmt, 4, n);
	const int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : library_fail_db(lib, "the library cannot be written");
}
