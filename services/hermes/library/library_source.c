/* SPDX-License-Identifier: MIT */
/* Which files songs came from, and how far they were read. */
#include <errno.h>
#include <sys/stat.h>

#include "library_impl.h"

struct library_source library_source_of(const char *path, const struct stat *st)
{
	return (struct library_source){.path = path,
		.size_bytes = S_ISREG(st->st_mode) ? st->st_size : 0,
		.mtime_ns = st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec};
}

static sqlite3_stmt *prepare(struct library *lib, const struct library_source *source, const char *sql)
{
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		(void)library_fail_db(lib, "the library cannot be used");
		return NULL;
	}
	sqlite3_bind_text(stmt, 1, source->path, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, source->size_bytes);
	sqlite3_bind_int64(stmt, 3, source->mtime_ns);
	return stmt;
}

int64_t library_source_find(struct library *lib, const struct library_source *source)
{
	sqlite3_stmt *stmt = prepare(
		lib, source, "SELECT n_songs,error FROM source WHERE path=?1 AND size=?2 AND mtime_ns=?3");
	int64_t rc = 0;
	if (!stmt)
		return -EIO;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		rc = sqlite3_column_type(stmt, 1) == SQLITE_NULL ? -EALREADY : sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return rc;
}

int library_source_store(
	struct library *lib, const struct library_source *source, uint64_t n_records, int finished)
{
	sqlite3_stmt *stmt = prepare(lib, source, "INSERT OR REPLACE INTO source VALUES(?1,?2,?3,?4,?5)");
	if (!stmt)
		return -EIO;
	sqlite3_bind_int64(stmt, 4, (int64_t)n_records);
	if (!finished)
		sqlite3_bind_text(stmt, 5, "not read to its end", -1, SQLITE_STATIC);
	const int rc = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : library_fail_db(lib, "the library cannot be written");
}
