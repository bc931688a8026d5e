/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>
#include <score/nvx_json.h>

/* A replay of these takes no longer than reading the content. */
#define TIDY_CHANGES 128u
#define TIDY_BYTES (512u << 10)

void news_finish(struct news *news)
{
	score_bytes_finish(&news->ops);
}

struct standing document_standing(const struct document *d)
{
	struct standing now = {
		.state = score_state(d->head),
		.revision = d->revision,
		.n_measures = score_n_measure(d->head),
		.end_tick = d->head->end_tick,
		.can_undo = d->history.undo.n > 0,
		.can_redo = d->history.redo.n > 0,
	};

	strcpy(now.score_id, d->score_id);
	(void)snprintf(
		now.title, sizeof(now.title), "%s", score_text(d->head, d->head->globals.metadata.title));
	return now;
}

/* --- Opening --- */

struct replay {
	struct document *document;
	struct failure *failure;
	uint64_t content_revision;
};

static int apply_json(const struct score *base, const void *json, size_t n, struct score_report *report,
	struct score_change *change, struct score **ret)
{
	int rc = nvx_read_change(base, json, n, report, change);

	return rc < 0 ? rc : score_apply(base, change, report, ret);
}

static int replay_one(void *data, const struct store_change *c)
{
	struct replay *r = data;
	struct document *d = r->document;
	struct score_change change = {0};
	struct score *next = NULL;

	if (history_add(&d->history, c->kind, c->after.revision) < 0)
		return -ENOMEM;
	if (c->after.revision <= r->content_revision)
		return 0;
	if (c->after.revision != d->revision + 1)
		return failure_set(r->failure, -EBADMSG, "hermes.store.failed",
			"the change to revision %llu is missing", (unsigned long long)(d->revision + 1));
	int rc = apply_json(d->head, c->forward, c->n_forward, &r->failure->report, &change, &next);
	score_change_finish(&change);
	if (rc == -ENOMEM)
		return rc;
	if (rc < 0 || !score_state_equal(score_state(next), c->after.state)) {
		score_unref(next);
		return failure_set(r->failure, -EBADMSG, "hermes.store.failed",
			"the change to revision %llu leads elsewhere", (unsigned long long)c->after.revision);
	}
	score_unref(d->head);
	d->head = next;
	d->revision = c->after.revision;
	d->n_since++;
	d->bytes_since += c->n_forward;
	return 0;
}

static int read_content(const struct score_bytes *content, struct score_report *report, struct score **ret)
{
	const struct score_import import = {.alloc = &score_heap};

	return score_import(content->data, content->n, &import, report, ret, NULL);
}

static int fail_open(struct document *d, struct failure *failure, int rc)
{
	if (failure->error.code[0])
		return rc;
	if (rc == -ENOMEM)
		return failure_set(failure, rc, "hermes.score.failed", "out of memory");
	return failure_of_store(failure, rc, d->store);
}

static int load(struct document *d, struct failure *failure)
{
	struct score_bytes content;
	struct store_head head;

	score_bytes_init(&content, &score_heap);
	int rc = store_read(d->store, d->score_id, &head, &content);
	if (rc == 0 && read_content(&content, &failure->report, &d->head) < 0)
		rc = failure_set(failure, -EBADMSG, "hermes.store.failed",
			"the stored content is no score: %s: %s", failure->report.error[0].where,
			failure->report.error[0].reason);
	score_bytes_finish(&content);
	if (rc == 0 && !score_state_equal(score_state(d->head), head.content.state))
		rc = failure_set(
			failure, -EBADMSG, "hermes.store.failed", "the stored content is of another state");
	if (rc < 0)
		return rc;
	d->revision = head.content.revision;
	strcpy(d->format, head.format);
	struct replay replay = {d, failure, head.content.revision};
	rc = store_each_change(d->store, d->score_id, 0, replay_one, &replay);
	if (rc == 0 && d->revision != head.head.revision)
		rc = failure_set(failure, -EBADMSG, "hermes.store.failed",
			"changes after revision %llu are missing", (unsigned long long)d->revision);
	return rc;
}

static struct document *make(struct store *store, const char *score_id)
{
	struct document *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->store = store;
	d->timeline.fd = -1;
	(void)snprintf(d->score_id, sizeof(d->score_id), "%s", score_id);
	return d;
}

int document_open(struct store *store, const char *score_id, struct document **ret, struct failure *failure)
{
	struct document *d = make(store, score_id);

	if (!d)
		return failure_set(failure, -ENOMEM, "hermes.score.failed", "out of memory");
	int rc = load(d, failure);
	if (rc < 0) {
		rc = fail_open(d, failure, rc);
		document_close(d);
		return rc;
	}
	*ret = d;
	return 0;
}

struct document *document_adopt(struct store *store, const char *score_id, struct imported *im)
{
	struct document *d = make(store, score_id);

	if (!d)
		return NULL;
	strcpy(d->format, im->format);
	d->head = score_ref(im->score);
	d->revision = 1;
	d->compiler = im->compiler;
	d->timeline = im->timeline;
	d->compiled = 1;
	im->compiler = NULL;
	im->timeline = (struct timeline){.fd = -1};
	return d;
}

void document_close(struct document *d)
{
	if (!d)
		return;
	score_unref(d->head);
	history_finish(&d->history);
	score_compiler_free(d->compiler);
	timeline_finish(&d->timeline);
	free(d);
}

/* --- Changing --- */

/* Both ways of a change as JSON, the second against what came of the first. */
static int write_ways(struct document *d, struct score_change *change, const struct score *next,
	struct score_bytes *forward, struct score_bytes *backward)
{
	int rc = nvx_write_change(d->head, change, forward);

	if (rc == 0) {
		score_change_invert(change);
		rc = nvx_write_change(next, change, backward);
	}
	return rc;
}

static int commit(struct document *d, struct score *next, enum store_kind kind,
	const struct score_bytes *forward, const struct score_bytes *backward, int64_t now_ms)
{
	char key[FACTS_KEY_BYTES];
	const struct store_facts facts = facts_for_store(next, d->format, key);
	const struct store_change change = {
		.after = {d->revision + 1, score_state(next)},
		.kind = kind,
		.forward = forward->data,
		.n_forward = forward->n,
		.backward = backward->data,
		.n_backward = backward->n,
	};

	return store_commit(d->store, d->score_id, &change, &facts, now_ms);
}

static void take_over(struct document *d, struct score *next, struct timeline *timeline, enum store_kind kind,
	size_t n_bytes)
{
	score_unref(d->head);
	d->head = score_ref(next);
	timeline_finish(&d->timeline);
	d->timeline = *timeline;
	*timeline = (struct timeline){.fd = -1};
	d->compiled = 1;
	d->revision++;
	d->n_since++;
	d->bytes_since += n_bytes;
	(void)history_add(&d->history, kind, d->revision);
}

static int compile(
	struct document *d, const struct score *score, struct score_report *report, struct timeline *ret)
{
	if (!d->compiler)
		d->compiler = score_compiler_new(&score_heap);
	return d->compiler ? timeline_make(d->compiler, score, report, ret) : -ENOMEM;
}

/* Compiled before it is committed: no state that cannot be played is kept. */
static int put_in_force(struct document *d, struct score_change *change, struct score *next,
	enum store_kind kind, int64_t now_ms, struct failure *failure, struct score_bytes *ops)
{
	struct timeline timeline = {.fd = -1};
	struct score_bytes backward;

	score_bytes_init(&backward, &score_heap);
	int rc = compile(d, next, &failure->report, &timeline);
	if (rc == 0)
		rc = write_ways(d, change, next, ops, &backward);
	if (rc < 0) {
		(void)failure_of_score(failure, rc);
	} else {
		rc = commit(d, next, kind, ops, &backward, now_ms);
		if (rc < 0)
			(void)failure_of_store(failure, rc, d->store);
		else
			take_over(d, next, &timeline, kind, ops->n);
	}
	score_bytes_finish(&backward);
	timeline_finish(&timeline);
	return rc;
}

int document_change(struct document *d, struct score_change *change, enum store_kind kind, int64_t now_ms,
	struct failure *failure, struct news *ret)
{
	struct news news = {.base = score_state(d->head)};
	struct score *next = NULL;
	int rc = score_apply(d->head, change, &failure->report, &next);

	if (rc < 0)
		return failure_of_score(failure, rc);
	score_bytes_init(&news.ops, &score_heap);
	if (change->n_op)
		rc = put_in_force(d, change, next, kind, now_ms, failure, &news.ops);
	else
		score_bytes_puts(&news.ops, "[]");
	score_unref(next);
	if (rc < 0) {
		news_finish(&news);
		return rc;
	}
	news.now = document_standing(d);
	*ret = news;
	return 0;
}

static int read_back(void *data, const struct store_change *c)
{
	struct score_bytes *bytes = data;

	score_bytes_put(bytes, c->backward, c->n_backward);
	return bytes->error;
}

int document_revert(
	struct document *d, enum store_kind kind, int64_t now_ms, struct failure *failure, struct news *ret)
{
	struct score_change change = {0};
	struct score_bytes bytes;
	uint64_t revision;
	int rc = history_next(&d->history, kind, &revision);

	if (rc < 0)
		return failure_set(failure, rc, "hermes.undo.empty", "there is nothing to %s",
			kind == STORE_UNDO ? "undo" : "redo");
	score_bytes_init(&bytes, &score_heap);
	rc = store_one_change(d->store, d->score_id, revision, read_back, &bytes);
	if (rc == -ENOENT) {
		history_forget(&d->history, revision);
		rc = failure_set(failure, rc, "hermes.undo.empty", "%s", store_why(d->store));
	} else if (rc < 0) {
		rc = failure_of_store(failure, rc, d->store);
	} else {
		rc = nvx_read_change(d->head, (const char *)bytes.data, bytes.n, &failure->report, &change);
		rc = rc < 0 ? failure_of_score(failure, rc)
			    : document_change(d, &change, kind, now_ms, failure, ret);
	}
	score_change_finish(&change);
	score_bytes_finish(&bytes);
	return rc;
}

int document_compile(struct document *d, struct failure *failure)
{
	struct timeline timeline = {.fd = -1};

	if (d->compiled)
		return 0;
	int rc = compile(d, d->head, &failure->report, &timeline);
	if (rc < 0)
		return failure_of_score(failure, rc);
	d->timeline = timeline;
	d->compiled = 1;
	return 0;
}

/* --- Tidying --- */

int document_is_untidy(const struct document *d)
{
	return d->n_since >= TIDY_CHANGES || d->bytes_since >= TIDY_BYTES;
}

/* The pool only grows: what nothing refers to any more goes with it when the score is read anew. */
static void renew(struct document *d, const struct score_bytes *content)
{
	struct score_report *report;
	struct score *fresh = NULL;

	if (nvx_pool_bytes(d->head->pool) < 4 * content->n + (1u << 20))
		return;
	report = calloc(1, sizeof(*report));
	if (report && read_content(content, report, &fresh) == 0 && score_same_state(fresh, d->head)) {
		score_unref(d->head);
		d->head = fresh;
	} else {
		score_unref(fresh);
	}
	free(report);
}

int document_tidy(struct document *d)
{
	const struct store_point point = {d->revision, score_state(d->head)};
	struct score_bytes content;

	score_bytes_init(&content, &score_heap);
	int rc = nvx_write(d->head, NVX_CANONICAL, &content);
	if (rc == 0)
		rc = store_checkpoint(d->store, d->score_id, &point, content.data, content.n);
	if (rc == 0) {
		d->n_since = 0;
		d->bytes_since = 0;
		renew(d, &content);
	}
	score_bytes_finish(&content);
	return rc;
}

int document_check(struct store *store, const char *score_id, struct failure *failure)
{
	struct document *d;
	int rc = document_open(store, score_id, &d, failure);

	if (rc == 0)
		document_close(d);
	return rc;
}
