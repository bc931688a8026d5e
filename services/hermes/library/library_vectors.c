/* SPDX-License-Identifier: MIT */
/* Vectors of songs (LIB-06): kept in sets, compared one by one, so that the nearest are the nearest. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embedding.h"
#include "library_search.h"
#include "vectors.h"

static const char *const cannot_read = "the library cannot be read";
static const char *const cannot_write = "the library cannot be written";

/** A block's row: its set, then a number that rises. */
#define BLOCK_BITS 32
static int64_t block_id(int64_t set, int64_t number)
{
	return set << BLOCK_BITS | number;
}

struct vector_set {
	int64_t id, last; /**< the last song that was looked at */
	uint32_t dims;
};

static const char *hint_for(const char *name)
{
	return strcmp(name, LIBRARY_VECTORS_OWN) == 0 ? ": mosctl library embed makes them" : "";
}

/** @return 0, -ENOENT, -errno. */
static int find_set(struct library *lib, const char *name, struct vector_set *ret)
{
	sqlite3_stmt *stmt;
	*ret = (struct vector_set){0};
	if (sqlite3_prepare_v2(lib->db, "SELECT id,dims,last FROM vector_set WHERE name=?1", -1, &stmt,
		    NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	const int row = sqlite3_step(stmt);
	if (row == SQLITE_ROW)
		*ret = (struct vector_set){sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 2),
			(uint32_t)sqlite3_column_int64(stmt, 1)};
	sqlite3_finalize(stmt);
	if (row == SQLITE_ROW)
		return 0;
	if (row != SQLITE_DONE)
		return library_fail_db(lib, cannot_read);
	return library_fail(lib, -ENOENT, "the library has no vectors \"%s\"%s", name, hint_for(name));
}

int library_vectors_begin(struct library *lib, const char *name, uint32_t dims)
{
	struct vector_set set;
	sqlite3_stmt *stmt;
	if (!*name || strlen(name) >= LIBRARY_VECTORS_NAME || dims == 0 || dims > VECTOR_DIMS_MAX)
		return library_fail(lib, -EINVAL, "vectors have a name of 1 to %u bytes and 1 to %u numbers",
			LIBRARY_VECTORS_NAME - 1, VECTOR_DIMS_MAX);
	int rc = find_set(lib, name, &set);
	if (rc == 0)
		rc = library_vectors_drop(lib, name);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (sqlite3_prepare_v2(lib->db, "INSERT INTO vector_set(name,dims,last) VALUES(?1,?2,0)", -1, &stmt,
		    NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_write);
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, dims);
	rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : library_fail_db(lib, cannot_write);
}

int library_vectors_ensure(struct library *lib, const char *name, uint32_t dims)
{
	struct vector_set set;
	const int rc = find_set(lib, name, &set);
	if (rc == -ENOENT)
		return library_vectors_begin(lib, name, dims);
	if (rc == 0 && set.dims != dims)
		return library_fail(lib, -EINVAL,
			"the vectors \"%s\" have %u numbers, not %u: take them away first", name, set.dims,
			dims);
	return rc;
}

int library_vectors_drop(struct library *lib, const char *name)
{
	struct vector_set set;
	char text[200];
	int rc = find_set(lib, name, &set);
	if (rc < 0)
		return rc;
	sqlite3_snprintf(sizeof(text), text,
		"SAVEPOINT vectors; DELETE FROM vector_block WHERE id>=%lld AND id<%lld;"
		"DELETE FROM vector_set WHERE id=%lld; RELEASE vectors",
		block_id(set.id, 0), block_id(set.id + 1, 0), set.id);
	rc = library_exec(lib, text);
	if (rc < 0) /* else the connection would stay in a transaction */
		(void)sqlite3_exec(lib->db, "ROLLBACK TO vectors; RELEASE vectors", NULL, NULL, NULL);
	return rc;
}

int library_vectors_add(
	struct library *lib, const char *name, const uint32_t *song, const float *vector, uint32_t n)
{
	struct vector_set set;
	sqlite3_stmt *stmt;
	size_t size;
	int rc = find_set(lib, name, &set);
	if (rc < 0)
		return rc;
	const uint32_t most = vector_block_songs(set.dims);
	if (sqlite3_prepare_v2(lib->db,
		    "INSERT INTO vector_block VALUES(1+ifnull((SELECT max(id) FROM vector_block"
		    " WHERE id>=?2 AND id<?1),?2),?3,?4,?5,?6)",
		    -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_write);
	for (uint32_t i = 0; i < n && rc == 0; i += most) {
		const uint32_t now = n - i < most ? n - i : most;
		uint8_t *bytes =
			vector_block_make(song + i, vector + (size_t)i * set.dims, now, set.dims, &size);
		if (!bytes) {
			rc = library_fail(lib, -ENOMEM, "out of memory");
			break;
		}
		sqlite3_bind_int64(stmt, 1, block_id(set.id + 1, 0));
		sqlite3_bind_int64(stmt, 2, block_id(set.id, 0));
		sqlite3_bind_int64(stmt, 3, song[i]);
		sqlite3_bind_int64(stmt, 4, song[i + now - 1]);
		sqlite3_bind_int64(stmt, 5, now);
		sqlite3_bind_blob64(stmt, 6, bytes, size, SQLITE_STATIC);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			rc = library_fail_db(lib, cannot_write);
		sqlite3_reset(stmt);
		free(bytes);
	}
	sqlite3_finalize(stmt);
	return rc;
}

int library_vectors_each(
	struct library *lib, void (*on)(void *data, const char *name, uint32_t dims, uint64_t n), void *data)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db,
		    "SELECT name,dims,(SELECT ifnull(sum(n),0) FROM vector_block WHERE"
		    " vector_block.id>=vector_set.id<<32 AND vector_block.id<(vector_set.id+1)<<32)"
		    " FROM vector_set ORDER BY name",
		    -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		on(data, (const char *)sqlite3_column_text(stmt, 0), (uint32_t)sqlite3_column_int64(stmt, 1),
			(uint64_t)sqlite3_column_int64(stmt, 2));
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, cannot_read);
}

/* ---- our own ---- */

/** @return 0, -ENOENT no chords, -errno. */
static int embed_row(struct library *lib, sqlite3_stmt *row, float *ret)
{
	const uint8_t *code = sqlite3_column_blob(row, 1);
	const size_t n_code = (size_t)sqlite3_column_bytes(row, 1);
	struct song_changes changes = {0};
	struct code_reader reader = {code, code + n_code};
	struct embedding_facts facts = {.tempo_bpm = sqlite3_column_int(row, 3)};
	const int key = sqlite3_column_int(row, 2) % 24;
	uint32_t value;
	unsigned what;
	int rc = song_changes_read(lib, code, n_code, &changes);
	if (rc < 0)
		library_fail(lib, rc, rc == -ENOMEM ? "out of memory" : "the chords of song %lld are damaged",
			(long long)sqlite3_column_int64(row, 0));
	while (rc == 0 && code_next(&reader, &what, &value) > 0) {
		facts.n_chords += what == CODE_SYMBOL;
		facts.n_sections += what == CODE_SECTION;
	}
	if (rc == 0) {
		if (!changes.modulates)
			for (uint32_t i = 0; i < changes.n; i++)
				changes.local[i] = harmony_transpose(changes.absolute[i], -(key / 2));
		facts.token = changes.local;
		facts.n = changes.n;
		facts.minor = key & 1;
		facts.modulates = changes.modulates;
		rc = embedding_of(&facts, ret);
	}
	if (rc == 0)
		rc = vector_normalise(ret, EMBEDDING_DIMS);
	song_changes_finish(&changes);
	return rc;
}

static int embed_rows(struct library *lib, int64_t *last, uint32_t max, uint32_t *ret_looked_at)
{
	uint32_t *song = malloc(max * sizeof(*song));
	float *vector = malloc((size_t)max * EMBEDDING_DIMS * sizeof(*vector));
	sqlite3_stmt *row = NULL;
	uint32_t n = 0;
	int rc = song && vector ? 0 : library_fail(lib, -ENOMEM, "out of memory");
	if (rc == 0 && sqlite3_prepare_v2(lib->db,
			       "SELECT id,chords,key,tempo FROM song WHERE id>?1 ORDER BY id LIMIT ?2", -1,
			       &row, NULL) != SQLITE_OK)
		rc = library_fail_db(lib, cannot_read);
	if (rc == 0) {
		sqlite3_bind_int64(row, 1, *last);
		sqlite3_bind_int64(row, 2, max);
	}
	*ret_looked_at = 0;
	while (rc == 0 && sqlite3_step(row) == SQLITE_ROW) {
		*last = sqlite3_column_int64(row, 0);
		++*ret_looked_at;
		rc = embed_row(lib, row, vector + (size_t)n * EMBEDDING_DIMS);
		if (rc == 0)
			song[n++] = (uint32_t)*last;
		if (rc == -ENOENT)
			rc = 0;
	}
	sqlite3_finalize(row);
	if (rc == 0)
		rc = library_vectors_add(lib, LIBRARY_VECTORS_OWN, song, vector, n);
	free(song);
	free(vector);
	return rc;
}

int library_embed(struct library *lib, uint32_t max_songs)
{
	struct vector_set set;
	sqlite3_stmt *stmt;
	uint32_t n = 0;
	int rc = library_begin(lib);
	if (rc < 0)
		return rc;
	rc = library_vectors_ensure(lib, LIBRARY_VECTORS_OWN, EMBEDDING_DIMS);
	if (rc == 0)
		rc = find_set(lib, LIBRARY_VECTORS_OWN, &set);
	if (rc == 0)
		rc = embed_rows(lib, &set.last, max_songs, &n);
	if (rc == 0 && sqlite3_prepare_v2(lib->db, "UPDATE vector_set SET last=?2 WHERE id=?1", -1, &stmt,
			       NULL) != SQLITE_OK)
		rc = library_fail_db(lib, cannot_write);
	if (rc == 0) {
		sqlite3_bind_int64(stmt, 1, set.id);
		sqlite3_bind_int64(stmt, 2, set.last);
		rc = sqlite3_step(stmt) == SQLITE_DONE ? 0 : library_fail_db(lib, cannot_write);
		sqlite3_finalize(stmt);
	}
	if (rc == 0)
		rc = library_commit(lib);
	if (rc < 0) {
		library_rollback(lib);
		return rc;
	}
	return n == max_songs;
}

/* ---- the nearest ---- */

struct walk {
	sqlite3_stmt *stmt;
	struct library *lib;
	uint32_t dims;
};

/** Blocks of a set; with `song` only those that may have it. */
static int walk_begin(struct walk *walk, struct library *lib, const struct vector_set *set, int64_t song)
{
	*walk = (struct walk){.lib = lib, .dims = set->dims};
	if (sqlite3_prepare_v2(lib->db,
		    song ? "SELECT data,id FROM vector_block WHERE id>=?1 AND id<?2 AND first<=?3 AND "
			   "last>=?3"
			 : "SELECT data,id FROM vector_block WHERE id>=?1 AND id<?2",
		    -1, &walk->stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, cannot_read);
	sqlite3_bind_int64(walk->stmt, 1, block_id(set->id, 0));
	sqlite3_bind_int64(walk->stmt, 2, block_id(set->id + 1, 0));
	if (song)
		sqlite3_bind_int64(walk->stmt, 3, song);
	return 0;
}

/** @return 1; 0 the end; -errno. */
static int walk_next(struct walk *walk, struct vector_block *ret)
{
	const int row = sqlite3_step(walk->stmt);
	if (row == SQLITE_DONE)
		return 0;
	if (row != SQLITE_ROW)
		return library_fail_db(walk->lib, cannot_read);
	const uint8_t *bytes = sqlite3_column_blob(walk->stmt, 0);
	const int rc = vector_block_open(bytes, (size_t)sqlite3_column_bytes(walk->stmt, 0), walk->dims, ret);
	return rc < 0 ? library_fail(walk->lib, rc, "block %lld of the vectors is damaged",
				(long long)sqlite3_column_int64(walk->stmt, 1))
		      : 1;
}

static int find_vector(
	struct library *lib, const struct vector_set *set, const char *name, int64_t song, float *ret)
{
	struct walk walk;
	struct vector_block block;
	int is_found = 0, rc = walk_begin(&walk, lib, set, song);
	while (rc == 0 && !is_found && (rc = walk_next(&walk, &block)) > 0) {
		is_found = vector_block_find(&block, (uint32_t)song, ret) == 0;
		rc = 0;
	}
	sqlite3_finalize(walk.stmt);
	if (rc == 0 && !is_found)
		rc = library_fail(lib, -ENOENT, "song %lld has no vector in \"%s\"%s", (long long)song, name,
			hint_for(name));
	return rc;
}

static void compare_block(struct search *search, const struct vector_block *block, const float *with,
	uint32_t itself, struct library_found *found, struct best *best)
{
	float dot[VECTOR_BLOCK_BYTES / (VECTOR_LANES * sizeof(float))];
	vector_block_dots(block, with, dot);
	for (uint32_t i = 0; i < block->n; i++) {
		const uint32_t song = vector_block_song(block, i);
		if (song == itself || song == 0 || song >= search->n_songs || !set_has(&search->set, song) ||
			!isfinite(dot[i])) /* damage; library_check() tells of it */
			continue;
		found->n_songs++;
		best_add(best, &(struct candidate){.song = song, .distance = 1 - dot[i]});
	}
}

/** @return 0; -ENOENT there is no such song. */
static int check_song(struct library *lib, int64_t song)
{
	sqlite3_stmt *row = library_stmt(lib, SQL_GET_SONG);
	if (!row)
		return -EIO;
	sqlite3_bind_int64(row, 1, song);
	const int found = sqlite3_step(row) == SQLITE_ROW;
	sqlite3_reset(row);
	return found ? 0 : library_fail(lib, -ENOENT, "the library has no song %lld", (long long)song);
}

int search_nearest(struct search *search, const struct library_query *query, struct library_found *found,
	struct best *best)
{
	const char *name = query->vectors ? query->vectors : LIBRARY_VECTORS_OWN;
	struct library *lib = search->lib;
	struct vector_set set;
	struct vector_block block;
	struct walk walk;
	float with[VECTOR_DIMS_MAX];
	int rc = find_set(lib, name, &set);
	if (rc == 0)
		rc = check_song(lib, query->like); /* vectors of removed songs are still in their blocks */
	if (rc == 0)
		rc = find_vector(lib, &set, name, query->like, with);
	if (rc < 0)
		return rc;
	rc = walk_begin(&walk, lib, &set, 0);
	while (rc == 0 && (rc = walk_next(&walk, &block)) > 0) {
		compare_block(search, &block, with, (uint32_t)query->like, found, best);
		rc = 0;
	}
	sqlite3_finalize(walk.stmt);
	return rc;
}
