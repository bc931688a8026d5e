/* SPDX-License-Identifier: MIT */
/* Segments of the phrase index: written, walked, merged. */
#include "library_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct target {
	struct library *lib;
	int64_t segment;
};

static int store_block(void *data, uint32_t first_key, const uint8_t *bytes, size_t size)
{
	const struct target *target = data;
	sqlite3_stmt *stmt = library_stmt(target->lib, SQL_ADD_BLOCK);
	if (!stmt)
		return -EIO;
	sqlite3_bind_int64(stmt, 1, library_block_id(target->segment, first_key));
	sqlite3_bind_blob64(stmt, 2, bytes, size, SQLITE_STATIC);
	return sqlite3_step(stmt) == SQLITE_DONE
		       ? 0
		       : library_fail_db(target->lib, "the library cannot be written");
}

static int add_segment(struct library *lib, uint32_t first, uint32_t n, uint32_t level, int64_t *ret)
{
	sqlite3_stmt *stmt = library_stmt(lib, SQL_ADD_SEGMENT);
	if (!stmt)
		return -EIO;
	sqlite3_bind_int64(stmt, 1, first);
	sqlite3_bind_int64(stmt, 2, n);
	sqlite3_bind_int64(stmt, 3, level);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		return library_fail_db(lib, "the library cannot be written");
	*ret = sqlite3_last_insert_rowid(lib->db);
	return 0;
}

/** Level by size, so that a song alone does not weigh like a hundred thousand. */
static uint32_t level_of(uint32_t n_songs)
{
	uint32_t level = 0;
	for (; n_songs >= LIBRARY_MERGE; n_songs /= LIBRARY_MERGE)
		level++;
	return level;
}

int library_write_segment(struct library *lib)
{
	struct target target = {.lib = lib};
	int rc = add_segment(lib, lib->set_first, lib->set_songs, level_of(lib->set_songs), &target.segment);
	if (rc == 0)
		rc = posting_write(&lib->set, store_block, &target);
	if (rc == -ENOMEM)
		rc = library_fail(lib, rc, "out of memory");
	lib->set_songs = 0;
	return rc == 0 ? library_merge(lib) : rc;
}

/** One of the segments that are merged: its blocks in order, one list at a time. */
struct source {
	sqlite3_stmt *stmt;
	struct posting_block block;
	struct posting_list list;
	int is_open; /**< `list` is that of block.key */
};

static int source_next(struct library *lib, struct source *source)
{
	int rc;
	while ((rc = posting_block_next(&source->block, &source->list)) == 0) {
		const int row = sqlite3_step(source->stmt);
		if (row == SQLITE_DONE)
			return source->is_open = 0;
		if (row != SQLITE_ROW)
			return library_fail_db(lib, "the library cannot be read");
		source->block = posting_block_open(library_block_key(sqlite3_column_int64(source->stmt, 0)),
			sqlite3_column_blob(source->stmt, 1), (size_t)sqlite3_column_bytes(source->stmt, 1));
	}
	source->is_open = rc > 0;
	return rc < 0 ? library_fail(lib, rc, "a block of the index is damaged") : 0;
}

static int open_sources(
	struct library *lib, const struct library_segment *segment, struct source *source, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (sqlite3_prepare_v2(lib->db,
			    "SELECT id,data FROM block WHERE id>=?1 AND id<?2 ORDER BY id", -1,
			    &source[i].stmt, NULL) != SQLITE_OK)
			return library_fail_db(lib, "the library cannot be read");
		sqlite3_bind_int64(source[i].stmt, 1, library_block_id(segment[i].id, 0));
		sqlite3_bind_int64(source[i].stmt, 2, library_block_id(segment[i].id + 1, 0));
		const int rc = source_next(lib, &source[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int merge_lists(struct library *lib, const struct library_segment *segment, struct source *source,
	struct target *target)
{
	struct posting_writer writer;
	int rc = 0;
	posting_writer_init(&writer, store_block, target);
	while (rc == 0 && writer.error == 0) {
		struct posting_list list[LIBRARY_MERGE];
		uint32_t base[LIBRARY_MERGE], key = UINT32_MAX;
		unsigned n = 0;
		for (unsigned i = 0; i < LIBRARY_MERGE; i++)
			if (source[i].is_open && source[i].block.key < key)
				key = source[i].block.key;
		if (key == UINT32_MAX)
			break;
		for (unsigned i = 0; i < LIBRARY_MERGE; i++) {
			if (!source[i].is_open || source[i].block.key != key)
				continue;
			list[n] = source[i].list;
			base[n++] = segment[i].first_song - segment[0].first_song;
		}
		posting_writer_add(&writer, key, list, base, n);
		for (unsigned i = 0; i < LIBRARY_MERGE && rc == 0; i++)
			if (source[i].is_open && source[i].block.key == key)
				rc = source_next(lib, &source[i]);
	}
	const int finished = posting_writer_finish(&writer);
	return rc < 0 ? rc : finished;
}

static int drop_segment(struct library *lib, int64_t segment)
{
	char text[160];
	sqlite3_snprintf(sizeof(text), text,
		"DELETE FROM block WHERE id>=%lld AND id<%lld; DELETE FROM segment WHERE id=%lld",
		library_block_id(segment, 0), library_block_id(segment + 1, 0), segment);
	return library_exec(lib, text);
}

/** LIBRARY_MERGE neighbours become one. */
static int merge(struct library *lib, const struct library_segment *segment)
{
	struct source source[LIBRARY_MERGE] = {0};
	struct target target = {.lib = lib};
	const struct library_segment *last = &segment[LIBRARY_MERGE - 1];
	const uint32_t n_songs = last->first_song + last->n_songs - segment[0].first_song;

	int rc = add_segment(lib, segment[0].first_song, n_songs, last->level + 1, &target.segment);
	if (rc == 0)
		rc = open_sources(lib, segment, source, LIBRARY_MERGE);
	if (rc == 0)
		rc = merge_lists(lib, segment, source, &target);
	for (unsigned i = 0; i < LIBRARY_MERGE; i++)
		sqlite3_finalize(source[i].stmt);
	for (unsigned i = 0; i < LIBRARY_MERGE && rc == 0; i++)
		rc = drop_segment(lib, segment[i].id);
	return rc;
}

int library_merge(struct library *lib)
{
	struct library_segment segment[LIBRARY_MAX_SEGMENTS];
	for (;;) {
		const int n = library_segments(lib, segment, LIBRARY_MAX_SEGMENTS);
		if (n < 0)
			return n;
		/* The newest run of one level or below that is long enough. */
		int run = 1;
		while (run < n && run < (int)LIBRARY_MERGE &&
			segment[n - 1 - run].level <= segment[n - run].level)
			run++;
		if (run < (int)LIBRARY_MERGE)
			return 0;
		const int rc = merge(lib, &segment[n - LIBRARY_MERGE]);
		if (rc < 0)
			return rc;
	}
}

/** Load the block that `stmt` finds. @return 1, 0 none, -errno. */
static int load_block(
	struct library *lib, enum statement which, int64_t segment, uint32_t key, struct posting_block *ret)
{
	sqlite3_stmt *stmt = library_stmt(lib, which);
	if (!stmt)
		return -EIO;
	sqlite3_bind_int64(stmt, 1, library_block_id(segment, key));
	const int row = sqlite3_step(stmt);
	if (row == SQLITE_DONE)
		return 0;
	if (row != SQLITE_ROW)
		return library_fail_db(lib, "the library cannot be read");
	const int64_t id = sqlite3_column_int64(stmt, 0);
	if (id >> LIBRARY_KEY_BITS != segment)
		return 0;
	*ret = posting_block_open(
		library_block_key(id), sqlite3_column_blob(stmt, 1), (size_t)sqlite3_column_bytes(stmt, 1));
	return 1;
}

int library_scan(struct library *lib, int64_t segment, enum posting_space space,
	const uint8_t step[static HARMONY_GRAM], library_on_list on, void *data)
{
	uint32_t from = posting_seek(space, step, 0);
	struct posting_block block;
	struct posting_list list;
	int rc = 0, is_loaded = 0;
	while (rc == 0 && from != UINT32_MAX) {
		const uint32_t first = is_loaded ? block.key : 0;
		rc = load_block(lib, SQL_FLOOR_BLOCK, segment, from, &block);
		if (rc == 0) /* before the first block, or nothing there */
			rc = load_block(lib, SQL_NEXT_BLOCK, segment, from, &block);
		if (rc <= 0)
			break;
		/* The block below was read to its end: go on behind it. */
		if (is_loaded && block.key <= first) {
			rc = load_block(lib, SQL_NEXT_BLOCK, segment, from, &block);
			if (rc <= 0)
				break;
		}
		is_loaded = 1;
		while ((rc = posting_block_next(&block, &list)) > 0 && from != UINT32_MAX) {
			if (block.key > from)
				from = posting_seek(space, step, block.key);
			if (block.key == from) {
				rc = on(data, block.key, &list);
				if (rc < 0)
					return rc;
				from = posting_seek(space, step, block.key + 1);
			}
		}
		if (rc < 0)
			return library_fail(lib, rc, "a block of the index is damaged");
		rc = 0;
	}
	return rc < 0 ? rc : 0;
}

int library_scan_key(struct library *lib, int64_t segment, uint32_t key, library_on_list on, void *data)
{
	struct posting_block block;
	struct posting_list list;
	int rc = load_block(lib, SQL_FLOOR_BLOCK, segment, key, &block);
	if (rc <= 0)
		return rc;
	while ((rc = posting_block_next(&block, &list)) > 0 && block.key < key) {
	}
	if (rc < 0)
		return library_fail(lib, rc, "a block of the index is damaged");
	return rc > 0 && block.key == key ? on(data, key, &list) : 0;
}
