/* SPDX-License-Identifier: MIT */
/* Scores: added, found, read, deleted; their lists. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store_private.h"

#define PATTERN_BYTES 512u

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	(void)sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static void bind_facts(
	sqlite3_stmt *s, const struct store_facts *facts, const struct store_point *point, int64_t now_ms)
{
	bind_text(s, 1, facts->title);
	bind_text(s, 2, facts->composer);
	bind_text(s, 3, facts->key);
	(void)sqlite3_bind_int64(s, 4, facts->n_measures);
	(void)sqlite3_bind_int64(s, 5, (int64_t)facts->n_notes);
	(void)sqlite3_bind_int64(s, 6, facts->end_tick);
	(void)sqlite3_bind_int64(s, 7, now_ms);
	store_bind_state(s, 8, point->state);
	(void)sqlite3_bind_int64(s, 9, (int64_t)point->revision);
}

static int column_point(sqlite3_stmt *s, int at, struct store_point *ret)
{
	ret->revision = (uint64_t)sqlite3_column_int64(s, at);
	return store_column_state(s, at + 1, &ret->state);
}

int store_lookup(
	struct store *store, const char *score_id, int64_t *ret_id, struct store_point *ret, char *ret_format)
{
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_FIND_SCORE, &rc);

	if (rc < 0)
		return rc;
	bind_text(s, 1, score_id);
	const int step = sqlite3_step(s);
	if (step == SQLITE_ROW) {
		*ret_id = sqlite3_column_int64(s, 0);
		rc = column_point(s, 1, ret);
		if (ret_format)
			(void)snprintf(ret_format, 64, "%s", (const char *)sqlite3_column_text(s, 3));
	} else {
		rc = step == SQLITE_DONE ? store_refuse(store, -ENOENT, "there is no score %s", score_id)
					 : store_fail(store, step, "looking for a score");
	}
	(void)sqlite3_reset(s);
	return rc == -EBADMSG ? store_refuse(store, rc, "score %s: its state is malformed", score_id) : rc;
}

static int put_content(
	struct store *store, int64_t id, const struct store_point *point, const void *bytes, size_t n)
{
	uint8_t sha256[STORE_SHA256_BYTES];
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_PUT_CONTENT, &rc);

	if (rc < 0)
		return rc;
	store_hash(bytes, n, sha256);
	(void)sqlite3_bind_int64(s, 1, id);
	(void)sqlite3_bind_int64(s, 2, (int64_t)point->revision);
	store_bind_state(s, 3, point->state);
	store_bind_bytes(s, 4, sha256, sizeof(sha256));
	store_bind_bytes(s, 5, bytes, n);
	return store_run(store, s, "writing the content");
}

static int put_loaded(struct store *store, const char *score_id)
{
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_SET_LOADED, &rc);

	if (rc < 0)
		return rc;
	bind_text(s, 1, score_id);
	return store_run(store, s, "noting what is loaded");
}

static int add(struct store *store, const char *score_id, const struct store_facts *facts,
	const struct store_point *point, const void *bytes, size_t n, int64_t now_ms)
{
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_ADD_SCORE, &rc);

	if (rc < 0)
		return rc;
	bind_facts(s, facts, point, now_ms);
	bind_text(s, 10, score_id);
	bind_text(s, 11, facts->format);
	rc = store_run(store, s, "adding a score");
	return rc < 0 ? rc : put_content(store, sqlite3_last_insert_rowid(store->db), point, bytes, n);
}

int store_add(struct store *store, const char *score_id, const struct store_facts *facts,
	struct score_state state, const void *bytes, size_t n, int loaded, int64_t now_ms)
{
	const struct store_point point = {.revision = 1, .state = state};
	int rc = store_run_plain(store, STORE_BEGIN, "beginning");

	if (rc < 0)
		return rc;
	rc = add(store, score_id, facts, &point, bytes, n, now_ms);
	if (rc == 0 && loaded)
		rc = put_loaded(store, score_id);
	return store_end(store, rc);
}

int store_find(struct store *store, const void *bytes, size_t n, char score_id[static STORE_ID_BYTES])
{
	uint8_t sha256[STORE_SHA256_BYTES];
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_FIND_CONTENT, &rc);

	if (rc < 0)
		return rc;
	store_hash(bytes, n, sha256);
	store_bind_bytes(s, 1, sha256, sizeof(sha256));
	const int step = sqlite3_step(s);
	if (step == SQLITE_ROW)
		(void)snprintf(score_id, STORE_ID_BYTES, "%s", (const char *)sqlite3_column_text(s, 0));
	else
		rc = step == SQLITE_DONE ? -ENOENT : store_fail(store, step, "looking for equal content");
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
	return rc;
}

int store_delete(struct store *store, const char *score_id)
{
	char loaded[STORE_ID_BYTES];
	struct store_point point;
	int64_t id;
	int rc = store_lookup(store, score_id, &id, &point, NULL);

	if (rc == 0)
		rc = store_get_loaded(store, loaded);
	if (rc < 0)
		return rc;
	if (strcmp(loaded, score_id) == 0)
		return store_refuse(store, -EBUSY, "this score is loaded");
	rc = store_run_plain(store, STORE_BEGIN, "beginning");
	if (rc < 0)
		return rc;
	sqlite3_stmt *s = store_statement(store, STORE_DELETE_SCORE, &rc);
	if (rc == 0) {
		(void)sqlite3_bind_int64(s, 1, id);
		rc = store_run(store, s, "deleting a score");
	}
	return store_end(store, rc);
}

int store_checkpoint(struct store *store, const char *score_id, const struct store_point *point,
	const void *bytes, size_t n)
{
	struct store_point head;
	uint64_t n_changes = 0, n_bytes = 0, drop = 0;
	int64_t id;
	int rc = store_lookup(store, score_id, &id, &head, NULL);

	if (rc < 0)
		return rc;
	rc = store_run_plain(store, STORE_BEGIN, "beginning");
	if (rc < 0)
		return rc;
	rc = put_content(store, id, point, bytes, n);
	sqlite3_stmt *s = rc < 0 ? NULL : store_statement(store, STORE_CHANGE_SIZES, &rc);
	if (s) {
		int step;
		(void)sqlite3_bind_int64(s, 1, id);
		while ((step = sqlite3_step(s)) == SQLITE_ROW && !drop) {
			n_bytes += (uint64_t)sqlite3_column_int64(s, 1);
			if (++n_changes > STORE_MAX_CHANGES || n_bytes > STORE_MAX_CHANGE_BYTES)
				drop = (uint64_t)sqlite3_column_int64(s, 0);
		}
		if (step != SQLITE_ROW && step != SQLITE_DONE)
			rc = store_fail(store, step, "counting changes");
		(void)sqlite3_reset(s);
	}
	/* What the content does not hold has to stay. */
	if (drop > point->revision)
		drop = point->revision;
	if (rc == 0 && drop && (s = store_statement(store, STORE_DROP_CHANGES, &rc))) {
		(void)sqlite3_bind_int64(s, 1, id);
		(void)sqlite3_bind_int64(s, 2, (int64_t)drop);
		rc = store_run(store, s, "dropping old changes");
	}
	return store_end(store, rc);
}

static int take_content(
	struct store *store, sqlite3_stmt *s, struct store_point *ret, struct score_bytes *bytes)
{
	const void *data = sqlite3_column_blob(s, 3);
	const size_t n = (size_t)sqlite3_column_bytes(s, 3);
	uint8_t sha256[STORE_SHA256_BYTES];

	store_hash(n ? data : "", n, sha256);
	if (column_point(s, 0, ret) < 0 || sqlite3_column_bytes(s, 2) != STORE_SHA256_BYTES ||
		memcmp(sqlite3_column_blob(s, 2), sha256, sizeof(sha256)) != 0)
		return store_refuse(store, -EBADMSG, "the content does not fit its checksum");
	score_bytes_put(bytes, data, n);
	return bytes->error ? store_refuse(store, bytes->error, "out of memory") : 0;
}

int store_read(struct store *store, const char *score_id, struct store_head *ret, struct score_bytes *bytes)
{
	struct store_head head = {0};
	int64_t id;
	int rc = store_lookup(store, score_id, &id, &head.head, head.format);
	sqlite3_stmt *s = rc < 0 ? NULL : store_statement(store, STORE_GET_CONTENT, &rc);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(s, 1, id);
	const int step = sqlite3_step(s);
	if (step == SQLITE_ROW)
		rc = take_content(store, s, &head.content, bytes);
	else
		rc = step == SQLITE_DONE ? store_refuse(store, -EBADMSG, "the content is missing")
					 : store_fail(store, step, "reading the content");
	(void)sqlite3_reset(s);
	if (rc == 0)
		*ret = head;
	return rc;
}

int store_set_loaded(struct store *store, const char *score_id)
{
	char now[STORE_ID_BYTES];
	int rc = store_get_loaded(store, now);

	if (rc < 0 || strcmp(now, score_id) == 0)
		return rc;
	return put_loaded(store, score_id);
}

int store_get_loaded(struct store *store, char score_id[static STORE_ID_BYTES])
{
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_GET_LOADED, &rc);

	if (rc < 0)
		return rc;
	const int step = sqlite3_step(s);
	if (step == SQLITE_ROW)
		(void)snprintf(score_id, STORE_ID_BYTES, "%s", (const char *)sqlite3_column_text(s, 0));
	else if (step == SQLITE_DONE)
		score_id[0] = '\0';
	else
		rc = store_fail(store, step, "looking what is loaded");
	(void)sqlite3_reset(s);
	return rc;
}

int store_next(struct store *store, int64_t *id, char score_id[static STORE_ID_BYTES])
{
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_NEXT_SCORE, &rc);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(s, 1, *id);
	const int step = sqlite3_step(s);
	if (step == SQLITE_ROW) {
		*id = sqlite3_column_int64(s, 0);
		(void)snprintf(score_id, STORE_ID_BYTES, "%s", (const char *)sqlite3_column_text(s, 1));
	} else {
		rc = step == SQLITE_DONE ? -ENOENT : store_fail(store, step, "reading the next score");
	}
	(void)sqlite3_reset(s);
	return rc;
}

/* --- Lists --- */

/* "100%" -> "%100\%%": what people type is no pattern. */
static int make_pattern(const char *text, char pattern[static PATTERN_BYTES])
{
	size_t n = 0;

	pattern[n++] = '%';
	for (; *text; text++) {
		if (n + 4 > PATTERN_BYTES)
			return -EINVAL;
		if (*text == '%' || *text == '_' || *text == '\\')
			pattern[n++] = '\\';
		pattern[n++] = *text;
	}
	pattern[n++] = '%';
	pattern[n] = '\0';
	return 0;
}

static int count(struct store *store, const char *pattern, uint64_t *ret)
{
	int rc;
	sqlite3_stmt *s = store_statement(store, STORE_COUNT, &rc);

	if (rc < 0)
		return rc;
	bind_text(s, 1, pattern);
	const int step = sqlite3_step(s);
	if (step == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(s, 0);
	else
		rc = store_fail(store, step, "counting scores");
	(void)sqlite3_reset(s);
	return rc;
}

static const char *column_text(sqlite3_stmt *s, int at)
{
	const char *text = (const char *)sqlite3_column_text(s, at);
	return text ? text : "";
}

static int take_entry(struct store *store, sqlite3_stmt *s, struct store_entry *ret)
{
	*ret = (struct store_entry){
		.facts =
			{
				.title = column_text(s, 3),
				.composer = column_text(s, 4),
				.key = column_text(s, 5),
				.format = column_text(s, 6),
				.n_measures = (uint32_t)sqlite3_column_int64(s, 7),
				.n_notes = (uint64_t)sqlite3_column_int64(s, 8),
				.end_tick = sqlite3_column_int64(s, 9),
			},
		.modified_ms = sqlite3_column_int64(s, 10),
	};
	(void)snprintf(ret->score_id, sizeof(ret->score_id), "%s", column_text(s, 0));
	return column_point(s, 1, &ret->head) < 0
		       ? store_refuse(store, -EBADMSG, "score %s: its state is malformed", ret->score_id)
		       : 0;
}

int store_list(struct store *store, const char *text, uint32_t offset, uint32_t limit,
	int (*each)(void *data, const struct store_entry *entry), void *data, uint64_t *ret_n)
{
	char buf[PATTERN_BYTES];
	const char *pattern = text && *text ? buf : NULL;
	struct store_entry entry;
	int rc = pattern ? make_pattern(text, buf) : 0, step = SQLITE_DONE;

	if (rc < 0)
		return store_refuse(store, rc, "the text to look for is too long");
	rc = count(store, pattern, ret_n);
	sqlite3_stmt *s = rc < 0 ? NULL : store_statement(store, STORE_LIST, &rc);
	if (rc < 0)
		return rc;
	bind_text(s, 1, pattern);
	(void)sqlite3_bind_int64(s, 2, limit);
	(void)sqlite3_bind_int64(s, 3, offset);
	while (rc == 0 && (step = sqlite3_step(s)) == SQLITE_ROW) {
		rc = take_entry(store, s, &entry);
		if (rc == 0)
			rc = each(data, &entry);
	}
	if (rc == 0 && step != SQLITE_DONE)
		rc = store_fail(store, step, "listing scores");
	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
	return rc;
}

/* --- Commits --- */

int store_commit(struct store *store, const char *score_id, const struct store_change *change,
	const struct store_facts *facts, int64_t now_ms)
{
	struct store_point head;
	int64_t id;
	int rc = store_lookup(store, score_id, &id, &head, NULL);

	if (rc < 0)
		return rc;
	if (change->after.revision != head.revision + 1)
		return store_refuse(store, -EINVAL, "revision %llu does not follow %llu",
			(unsigned long long)change->after.revision, (unsigned long long)head.revision);
	rc = store_run_plain(store, STORE_BEGIN, "beginning");
	if (rc < 0)
		return rc;
	rc = store_put_change(store, id, change);
	sqlite3_stmt *s = rc < 0 ? NULL : store_statement(store, STORE_UPDATE_SCORE, &rc);
	if (rc == 0) {
		bind_facts(s, facts, &change->after, now_ms);
		(void)sqlite3_bind_int64(s, 10, id);
		rc = store_run(store, s, "writing the newest state");
	}
	return store_end(store, rc);
}
