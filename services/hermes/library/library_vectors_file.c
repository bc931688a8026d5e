/* SPDX-License-Identifier: MIT */
/*
 * Vectors from elsewhere (LIB-06): a table of NumPy's, and a text with one line for each of its rows that
 * says whose it is: the number of a song, or where the song came from (its id in a table, a file's path; with
 * "=" before it where it could be a number of ours).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_impl.h"
#include "npy.h"
#include "vectors.h"

#define IDS_BYTES_MAX ((off_t)512 << 20)
#define ROWS_MAX (16u << 20)

struct owner {
	uint32_t song;
	uint32_t row;
};

struct reading {
	struct library *lib;
	struct npy npy;
	int vectors;
	char *text; /* of the ids; lines end in NUL */
	struct owner *owner;
	uint32_t n_owners;
	struct library_vectors_report *report;
};

static int read_at(int fd, void *to, size_t size, off_t at)
{
	for (size_t done = 0; done < size;) {
		const ssize_t got = pread(fd, (char *)to + done, size - done, at + (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (size_t)got;
	}
	return 0;
}

static int read_head(struct reading *reading)
{
	static _Thread_local uint8_t head[NPY_HEAD_MAX];
	char why[NPY_WHY];
	struct stat st;
	if (fstat(reading->vectors, &st) < 0 || !S_ISREG(st.st_mode))
		return library_fail(reading->lib, -EINVAL, "the vectors are no regular file");
	const size_t size = st.st_size < (off_t)sizeof(head) ? (size_t)st.st_size : sizeof(head);
	int rc = read_at(reading->vectors, head, size, 0);
	if (rc < 0)
		return library_fail(reading->lib, rc, "the vectors cannot be read: %s", strerror(-rc));
	rc = npy_read(head, size, (uint64_t)st.st_size, &reading->npy, why);
	return rc < 0 ? library_fail(reading->lib, rc, "the vectors: %s", why) : 0;
}

static int read_ids(struct reading *reading, int fd, size_t *ret_size)
{
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > IDS_BYTES_MAX)
		return library_fail(
			reading->lib, -EINVAL, "the songs' numbers are no regular file of at most 512 MiB");
	reading->text = malloc((size_t)st.st_size + 1);
	if (!reading->text)
		return library_fail(reading->lib, -ENOMEM, "out of memory");
	const int rc = read_at(fd, reading->text, (size_t)st.st_size, 0);
	if (rc < 0)
		return library_fail(reading->lib, rc, "the songs' numbers cannot be read: %s", strerror(-rc));
	reading->text[st.st_size] = '\0';
	*ret_size = (size_t)st.st_size;
	return 0;
}

static void add_owner(struct reading *reading, uint32_t song, uint32_t row)
{
	reading->owner[reading->n_owners++] = (struct owner){song, row};
}

static void leave_out(struct reading *reading, uint64_t line, const char *text)
{
	if (reading->report->n_unknown++ == 0)
		(void)snprintf(reading->report->first_unknown, sizeof(reading->report->first_unknown),
			"line %llu: %.60s", (unsigned long long)line, text);
}

/** A line that is a number names a song; others wait in a table for the songs' origins. */
static int sort_line(
	struct reading *reading, sqlite3_stmt *is_there, sqlite3_stmt *want, const char *text, uint32_t row)
{
	char *end;
	errno = 0;
	const char *origin = text[0] == '=' ? text + 1 : text;
	const unsigned long long number = strtoull(text, &end, 10);
	if (end != text && !*end && errno == 0 && text[0] != '-') {
		sqlite3_bind_int64(is_there, 1, (int64_t)number);
		if (number <= UINT32_MAX && sqlite3_step(is_there) == SQLITE_ROW)
			add_owner(reading, (uint32_t)number, row);
		else
			leave_out(reading, (uint64_t)row + 1, text);
		sqlite3_reset(is_there);
		return 0;
	}
	sqlite3_bind_int64(want, 1, row);
	sqlite3_bind_text(want, 2, origin, -1, SQLITE_STATIC);
	const int rc = sqlite3_step(want) == SQLITE_DONE
			       ? 0
			       : library_fail_db(reading->lib, "the library cannot be written");
	sqlite3_reset(want);
	return rc;
}

/** The songs of those that wait; of several with one origin the first. */
static int resolve(struct reading *reading)
{
	struct library *lib = reading->lib;
	sqlite3_stmt *stmt;
	if (sqlite3_prepare_v2(lib->db,
		    "SELECT w.row,w.origin,min(s.id) FROM temp.wanted w LEFT JOIN song s ON s.origin=w.origin"
		    " GROUP BY w.row ORDER BY w.row",
		    -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, "the library cannot be read");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const uint32_t row = (uint32_t)sqlite3_column_int64(stmt, 0);
		if (sqlite3_column_type(stmt, 2) == SQLITE_NULL)
			leave_out(reading, (uint64_t)row + 1, (const char *)sqlite3_column_text(stmt, 1));
		else
			add_owner(reading, (uint32_t)sqlite3_column_int64(stmt, 2), row);
	}
	return sqlite3_finalize(stmt) == SQLITE_OK ? 0 : library_fail_db(lib, "the library cannot be read");
}

static int sort_lines(struct reading *reading, size_t size)
{
	struct library *lib = reading->lib;
	sqlite3_stmt *is_there = NULL, *want = NULL;
	uint64_t n = 0;
	int rc = library_exec(lib, "CREATE TEMP TABLE wanted(row INTEGER PRIMARY KEY, origin TEXT)");
	if (rc == 0 && (sqlite3_prepare_v2(lib->db, "SELECT 1 FROM song WHERE id=?1", -1, &is_there, NULL) !=
				       SQLITE_OK ||
			       sqlite3_prepare_v2(lib->db, "INSERT INTO temp.wanted VALUES(?1,?2)", -1, &want,
				       NULL) != SQLITE_OK))
		rc = library_fail_db(lib, "the library cannot be read");
	for (char *at = reading->text, *end = at + size; rc == 0 && at < end; n++) {
		char *line = at, *stop = memchr(at, '\n', (size_t)(end - at));
		at = stop ? stop + 1 : end;
		*(stop ? stop : end) = '\0';
		line[strcspn(line, "\r")] = '\0';
		if (n < reading->npy.n)
			rc = sort_line(reading, is_there, want, line, (uint32_t)n);
	}
	sqlite3_finalize(is_there);
	sqlite3_finalize(want);
	if (rc == 0 && n != reading->npy.n)
		rc = library_fail(lib, -EINVAL,
			"the vectors have %llu rows, and there are %llu lines of songs",
			(unsigned long long)reading->npy.n, (unsigned long long)n);
	return rc == 0 ? resolve(reading) : rc;
}

static int compare_owners(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;
	return x->song != y->song ? (x->song < y->song ? -1 : 1) : (x->row < y->row ? -1 : x->row > y->row);
}

/** The songs in their order, a block at a time. */
static int store(struct reading *reading, const char *name)
{
	const uint32_t dims = reading->npy.dims, most = vector_block_songs(dims);
	const size_t bytes = dims * sizeof(float);
	uint32_t *song = malloc(most * sizeof(*song)), n = 0;
	float *vector = malloc(most * bytes);
	int rc = song && vector ? library_vectors_begin(reading->lib, name, dims)
				: library_fail(reading->lib, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < reading->n_owners && rc == 0; i++) {
		const struct owner *owner = &reading->owner[i];
		if (i > 0 && owner->song == reading->owner[i - 1].song) {
			rc = library_fail(reading->lib, -EINVAL, "lines %u and %u are of the same song",
				owner[-1].row + 1, owner->row + 1);
			break;
		}
		float *to = vector + (size_t)n * dims;
		rc = read_at(reading->vectors, to, bytes,
			(off_t)(reading->npy.data_at + (uint64_t)owner->row * bytes));
		if (rc < 0)
			rc = library_fail(reading->lib, rc, "the vectors cannot be read: %s", strerror(-rc));
		else if (vector_normalise(to, dims) < 0)
			rc = library_fail(reading->lib, -EINVAL,
				"row %u of the vectors is zero, infinite or not a number", owner->row + 1);
		song[n++] = owner->song;
		if (rc == 0 && (n == most || i + 1 == reading->n_owners)) {
			rc = library_vectors_add(reading->lib, name, song, vector, n);
			n = 0;
		}
	}
	free(song);
	free(vector);
	return rc;
}

int library_vectors_import(struct library *lib, const char *name, int vectors_fd, int songs_fd,
	struct library_vectors_report *ret)
{
	struct reading reading = {.lib = lib, .vectors = vectors_fd, .report = ret};
	size_t size = 0;
	*ret = (struct library_vectors_report){0};
	if (strcmp(name, LIBRARY_VECTORS_OWN) == 0) /* library_embed() would add each song a second time */
		return library_fail(
			lib, -EINVAL, "the vectors \"%s\" are made here: others need another name", name);
	int rc = read_head(&reading);
	if (rc == 0 && reading.npy.n > ROWS_MAX)
		rc = library_fail(lib, -EINVAL, "the vectors have %llu rows, at most %u are taken",
			(unsigned long long)reading.npy.n, ROWS_MAX);
	if (rc == 0)
		rc = read_ids(&reading, songs_fd, &size);
	if (rc == 0 && reading.npy.n > size + 1) /* a line takes a byte at least: no memory for less */
		rc = library_fail(lib, -EINVAL,
			"the vectors have %llu rows, and there are fewer lines of songs",
			(unsigned long long)reading.npy.n);
	if (rc == 0) {
		reading.owner = calloc(reading.npy.n, sizeof(*reading.owner));
		rc = reading.owner ? library_begin(lib) : library_fail(lib, -ENOMEM, "out of memory");
	}
	if (rc < 0)
		goto out;
	rc = sort_lines(&reading, size);
	if (rc == 0)
		qsort(reading.owner, reading.n_owners, sizeof(*reading.owner), compare_owners);
	if (rc == 0)
		rc = store(&reading, name);
	if (rc == 0)
		rc = library_exec(lib, "DROP TABLE temp.wanted");
	if (rc == 0)
		rc = library_commit(lib);
	if (rc < 0)
		library_rollback(lib);
	ret->n_songs = reading.n_owners;
	ret->dims = reading.npy.dims;
out:
	free(reading.text);
	free(reading.owner);
	return rc;
}
