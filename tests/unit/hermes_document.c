/* SPDX-License-Identifier: MIT */
/*
 * services/hermes/document: a score that is edited, kept and opened again; also when the disk fails at every
 * point. Rows HER-03, HER-07, HER-09, HER-13, HER-15, HER-20.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/timeline.h>
#include <score/nvx_json.h>

#include "disk_vfs.h"
#include "documents.h"
#include "memfd.h"

static const char piece[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
	"\"metadata\":{\"title\":\"Piece\",\"key\":\"C major\",\"tempo\":120,\"timeSignature\":[4,4]},"
	"\"measures\":[{},{},{}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"tuning\":[64,59,55,50,45,40],\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":1920,\"pitch\":60,\"velocity\":90},"
	"{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":1920,\"pitch\":64},"
	"{\"id\":\"n3\",\"tick\":3840,\"durationTicks\":960,\"pitch\":67}]}],"
	"\"layers\":[{\"type\":\"lyrics\",\"elements\":[{\"id\":\"l1\",\"noteId\":\"n1\",\"text\":\"Sun\"}]},"
	"{\"type\":\"chords\",\"elements\":[{\"id\":\"h1\",\"tick\":0,\"durationTicks\":3840,\"symbol\":"
	"\"C\"}]}]}";

static const char replace_n2[] = "[{\"op\":\"replace\",\"path\":\"/parts/p1/notes/n2\",\"value\":"
				 "{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":960,\"pitch\":65}}]";
static const char remove_n1[] = "[{\"op\":\"remove\",\"path\":\"/parts/p1/notes/n1\"}]";

static char dir[64], path[96];
static struct documents documents;
static struct failure failure;

static void open_documents(void)
{
	failure = (struct failure){0};
	cr_assert_eq(documents_start(&documents, path), 0);
}

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/hermes-document-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/scores.db", dir);
	open_documents();
}

static void teardown(void)
{
	char command[128];

	documents_stop(&documents);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	cr_expect_eq(system(command), 0);
}

static struct document *add(const char *text, int *ret_new)
{
	struct imported imported;
	struct document *d;
	const int fd = memfd_make("piece", text, strlen(text));

	int rc = imported_read(&imported, fd, "piece.nvx1", 0, NULL, &failure);
	cr_assert_eq(rc, 0, "%s: %s: %s", failure.error.code, failure.error.where, failure.error.message);
	close(fd);
	rc = documents_add(&documents, &imported, 1, &d, ret_new, &failure);
	cr_assert_eq(rc, 0, "%s", failure.error.message);
	imported_finish(&imported);
	return d;
}

static int edit(struct document *d, const char *ops, struct news *news)
{
	struct score_change change = {0};

	failure = (struct failure){0};
	int rc = nvx_read_change(d->head, ops, strlen(ops), &failure.report, &change);
	rc = rc < 0 ? failure_of_score(&failure, rc)
		    : document_change(d, &change, STORE_EDIT, 5, &failure, news);
	score_change_finish(&change);
	return rc;
}

static void expect_edit(struct document *d, const char *ops)
{
	struct news news;
	const int rc = edit(d, ops, &news);

	cr_assert_eq(rc, 0, "%s: %s: %s", failure.error.code, failure.error.where, failure.error.message);
	cr_expect_gt(news.ops.n, 10);
	news_finish(&news);
}

static void expect_revert(struct document *d, enum store_kind kind)
{
	struct news news;
	const int rc = document_revert(d, kind, 6, &failure, &news);

	cr_assert_eq(rc, 0, "%s: %s: %s", failure.error.code, failure.error.where, failure.error.message);
	news_finish(&news);
}

/* Canonical bytes; to be freed. */
static char *bytes_of(const struct document *d)
{
	struct score_bytes bytes;

	score_bytes_init(&bytes, &score_heap);
	cr_assert_eq(nvx_write(d->head, NVX_CANONICAL, &bytes), 0);
	score_bytes_u8(&bytes, 0);
	return (char *)bytes.data;
}

static void expect_bytes(const struct document *d, const char *bytes)
{
	char *now = bytes_of(d);

	cr_expect_str_eq(now, bytes);
	free(now);
}

static struct document *reopen(struct document *d)
{
	char score_id[UUID_BYTES];

	strcpy(score_id, d->score_id);
	documents_stop(&documents);
	open_documents();
	const int rc = documents_get(&documents, score_id, &d, &failure);
	cr_assert_eq(rc, 0, "%s: %s", failure.error.code, failure.error.message);
	return d;
}

TestSuite(hermes_document, .init = setup, .fini = teardown, .timeout = 60);

Test(hermes_document, HER_07_undo_restores_bytes,
	.description = "HER-07: undo gives the bytes back, redo those after the edit; what hangs on a note "
		       "goes and comes "
		       "with it; all of it also after the service was started anew")
{
	int is_new;
	struct document *d = add(piece, &is_new);
	char *before = bytes_of(d), *edited, *removed;

	cr_expect_eq(is_new, 1);
	expect_edit(d, replace_n2);
	edited = bytes_of(d);
	cr_expect_str_neq(edited, before);
	expect_edit(d, remove_n1);
	removed = bytes_of(d);
	cr_expect_null(strstr(removed, "Sun"), "the lyric stayed");
	expect_revert(d, STORE_UNDO);
	expect_bytes(d, edited);
	d = reopen(d);
	expect_bytes(d, edited);
	cr_expect_eq(d->revision, 4);
	expect_revert(d, STORE_UNDO);
	expect_bytes(d, before);
	expect_revert(d, STORE_REDO);
	expect_bytes(d, edited);
	d = reopen(d);
	expect_revert(d, STORE_REDO);
	expect_bytes(d, removed);
	struct news news;
	cr_expect_eq(document_revert(d, STORE_REDO, 7, &failure, &news), -ENOENT);
	cr_expect_str_eq(failure.error.code, "hermes.undo.empty");
	free(before);
	free(edited);
	free(removed);
}

Test(hermes_document, HER_15_equal_content,
	.description = "HER-15: the same file again is the same score of the store, loaded or not; a changed "
		       "one is not")
{
	int is_new;
	struct document *d = add(piece, &is_new);
	char first[UUID_BYTES];

	strcpy(first, d->score_id);
	documents.loaded = d;
	d = add(piece, &is_new);
	cr_expect_eq(is_new, 0);
	cr_expect_str_eq(d->score_id, first);
	d = reopen(d);
	d = add(piece, &is_new);
	cr_expect_eq(is_new, 0);
	cr_expect_str_eq(d->score_id, first);
	expect_edit(d, replace_n2);
	d = add(piece, &is_new);
	cr_expect_eq(is_new, 1);
	cr_expect_str_neq(d->score_id, first);
}

Test(hermes_document, refused_edits,
	.description = "HER-07 HER-13: what breaks a rule changes nothing, and says where")
{
	static const char *const bad[] = {
		"[{\"op\":\"replace\",\"path\":\"/parts/p1/notes/n2\",\"value\":{\"id\":\"n2\",\"tick\":1920,"
		"\"durationTicks\":0,\"pitch\":65}}]",
		"[{\"op\":\"remove\",\"path\":\"/parts/p1/notes/n9\"}]",
		"[{\"op\":\"remove\",\"path\":\"/parts/p1/notes/n1\"},{\"op\":\"remove\",\"path\":\"/"
		"nowhere\"}]",
		"{}",
		"[",
	};
	int is_new;
	struct document *d = add(piece, &is_new);
	char *before = bytes_of(d);
	struct news news;

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_lt(edit(d, bad[i], &news), 0, "%s", bad[i]);
		cr_expect_str_eq(failure.error.code, "hermes.score.invalid", "%s", failure.error.code);
		cr_expect_gt(failure.report.n_errors, 0);
		expect_bytes(d, before);
		cr_expect_eq(d->revision, 1);
	}
	free(before);
}

Test(hermes_document, checkpoints,
	.description = "HER-13 HER-20: many edits, checkpoints in between: the same bytes when "
		       "opened again, and the timeline of a new compiler")
{
	int is_new;
	struct document *d = add(piece, &is_new);
	char ops[256];

	for (int i = 0; i < 700; i++) {
		(void)snprintf(ops, sizeof(ops),
			"[{\"op\":\"replace\",\"path\":\"/parts/p1/notes/"
			"n%d\",\"value\":{\"id\":\"n%d\",\"tick\":%d,"
			"\"durationTicks\":480,\"pitch\":%d}}]",
			1 + i % 3, 1 + i % 3, i % 3 * 1920, 40 + i % 50);
		expect_edit(d, ops);
		while (documents_tidy(&documents))
			;
	}
	cr_expect_lt(d->n_since, 200);
	char *bytes = bytes_of(d);
	const uint64_t id = d->timeline.id;
	d = reopen(d);
	expect_bytes(d, bytes);
	cr_expect_eq(d->revision, 701);
	cr_expect_eq(d->history.undo.n, 700);
	cr_assert_eq(document_compile(d, &failure), 0);
	cr_expect_eq(d->timeline.id, id);
	cr_assert_eq(document_check(documents.store, d->score_id, &failure), 0);
	free(bytes);
}

Test(hermes_document, snapshots, .description = "HER-03: a snapshot that somebody holds stays what it was")
{
	int is_new;
	struct document *d = add(piece, &is_new);
	const struct score *held = score_ref(d->head);
	char *before = bytes_of(d);
	struct score_bytes now;

	expect_edit(d, remove_n1);
	score_bytes_init(&now, &score_heap);
	cr_assert_eq(nvx_write(held, NVX_CANONICAL, &now), 0);
	score_bytes_u8(&now, 0);
	cr_expect_str_eq((char *)now.data, before);
	score_bytes_finish(&now);
	score_unref(held);
	free(before);
}

/* --- The disk fails --- */

Test(hermes_document, HER_13_every_operation_fails,
	.description = "HER-13: an edit, an undo, a checkpoint while the disk fails at each operation: the "
		       "document is as "
		       "before or as after, and so is what is opened again")
{
	struct store_error why;

	for (unsigned at = 1; at < 40; at++) {
		struct document *d;
		struct news news;
		int is_new, failed = 0;

		documents_stop(&documents);
		disk_init();
		cr_assert_eq(store_open(path, "disk", &documents.store, &why), 0, "%s", why.text);
		d = add(piece, &is_new);
		disk_arm(at % 2 ? DISK_ERROR_ONCE : DISK_FULL_ONCE, at);
		for (unsigned step = 0; step < 4; step++) {
			char *before = bytes_of(d);
			const uint64_t revision = d->revision;
			int rc;

			if (step == 3) {
				rc = document_tidy(d);
			} else {
				rc = step == 2 ? document_revert(d, STORE_UNDO, 8, &failure, &news)
					       : edit(d, step ? remove_n1 : replace_n2, &news);
				if (rc == 0)
					news_finish(&news);
			}
			if (rc < 0) {
				failed++;
				expect_bytes(d, before);
				cr_expect_eq(d->revision, revision);
				if (step < 3)
					cr_expect_str_eq(failure.error.code, "hermes.store.failed");
			}
			free(before);
		}
		disk_disarm();
		cr_expect_leq(failed, 1);
		char *last = bytes_of(d), score_id[UUID_BYTES];
		strcpy(score_id, d->score_id);
		documents_stop(&documents);
		cr_assert_eq(store_open(path, "disk", &documents.store, &why), 0, "%s", why.text);
		failure = (struct failure){0};
		cr_assert_eq(documents_get(&documents, score_id, &d, &failure), 0, "at %u: %s", at,
			failure.error.message);
		expect_bytes(d, last);
		free(last);
	}
	documents_stop(&documents);
	open_documents();
}
