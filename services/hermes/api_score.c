/* SPDX-License-Identifier: MIT */
/* Scores: what they are, lists, exports, and following them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <score/nvx_json.h>

#include "caps.h"
#include "exported.h"
#include "json_wire.h"

#define LIST_LIMIT_DEFAULT 100
#define LIST_LIMIT_MAX 1000
#define LIST_BYTES_MAX (56u << 10) /* of a frame */
#define MISSED_MAX 200u            /* changes that are told to somebody who comes back, */
#define MISSED_BYTES (512u << 10)  /* and their bytes: half of what a connection may leave unread */

/* --- hermes.score.get --- */

static const struct rpc_param get_params[] = {{"score_id", RPC_STR}, {"content", RPC_BOOL}, {0}};

static int write_content(struct task *task, struct failure *failure)
{
	struct score_bytes content;

	score_bytes_init(&content, &score_heap);
	int rc = nvx_write(task->score, NVX_CANONICAL, &content);
	rc = rc < 0 ? failure_of_score(failure, rc) : export_hand_out(task, &content, failure);
	score_bytes_finish(&content);
	return rc;
}

static int work_get(struct task *task, struct failure *failure)
{
	struct document *d;

	if (!task->score_id[0] && !task->hermes->documents.loaded) {
		task->after = NULL;
		json_put_null(&task->result, "score");
		return 0;
	}
	int rc = task_document(task, &d, failure);
	if (rc == 0)
		rc = document_compile(d, failure);
	if (rc < 0)
		return rc;
	facts_put(&task->result, &(struct facts){.score = d->head,
					 .score_id = d->score_id,
					 .revision = d->revision,
					 .format = d->format,
					 .timeline = &d->timeline});
	task->score = score_ref(d->head);
	return 0;
}

static int handle_get(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_get);
	int content = 0;

	if (!task)
		return -ENOMEM;
	if (task_read_ids(task, params) < 0)
		return task_drop(task, -EINVAL);
	(void)wire_get_bool(params, "content", &content);
	task->after = content ? write_content : NULL;
	return task_start(task);
}

/* --- hermes.score.list --- */

static const struct rpc_param list_params[] = {
	{"text", RPC_STR}, {"offset", RPC_INT}, {"limit", RPC_INT}, {0}};

static void put_time(struct score_bytes *out, const char *key, int64_t ms)
{
	const time_t s = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&s, &tm));
	json_put_text(out, key, text);
}

static int put_entry(void *data, const struct store_entry *entry)
{
	struct task *task = data;
	struct score_bytes *out = &task->result;
	const struct document *loaded = task->hermes->documents.loaded;
	char state[SCORE_STATE_TEXT];

	if (out->n + strlen(entry->facts.title) + strlen(entry->facts.composer) > LIST_BYTES_MAX)
		return 1; /* `n` says that there are more */
	score_state_format(entry->head.state, state);
	json_open(out, NULL, '{');
	json_put_text(out, "score_id", entry->score_id);
	json_put_text(out, "state_id", state);
	json_put_text(out, "title", entry->facts.title);
	json_put_text(out, "composer", entry->facts.composer);
	json_put_text(out, "key", entry->facts.key);
	json_put_text(out, "format", entry->facts.format);
	json_put_number(out, "measures", entry->facts.n_measures);
	json_put_number(out, "notes", (int64_t)entry->facts.n_notes);
	put_time(out, "modified_at", entry->modified_ms);
	json_put_bool(out, "loaded", loaded && strcmp(loaded->score_id, entry->score_id) == 0);
	json_close(out, '}');
	return 0;
}

static int work_list(struct task *task, struct failure *failure)
{
	struct store *store = task->hermes->documents.store;
	uint64_t n = 0;

	json_open(&task->result, "scores", '[');
	int rc = store_list(
		store, task->text, (uint32_t)task->number, (uint32_t)task->option, put_entry, task, &n);
	if (rc < 0)
		return failure_of_store(failure, rc, store);
	json_close(&task->result, ']');
	json_put_number(&task->result, "n", (int64_t)n);
	return 0;
}

static int get_range(
	struct rpc_request *req, const msgpack_object *params, const char *key, int64_t max, int64_t *ret)
{
	const int rc = wire_get_i64(params, key, ret);

	if (rc != -ENOENT && (rc < 0 || *ret < 0 || *ret > max))
		return rpc_fail_at(req, key, "rpc.params.invalid",
			"a whole number from 0 to %lld is expected", (long long)max);
	return 0;
}

static int handle_list(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_list);
	int64_t limit = LIST_LIMIT_DEFAULT;
	char text[256] = "";

	if (!task)
		return -ENOMEM;
	if (get_range(req, params, "offset", UINT32_MAX, &task->number) < 0 ||
		get_range(req, params, "limit", LIST_LIMIT_MAX, &limit) < 0)
		return task_drop(task, -EINVAL);
	const int rc = wire_get_str(params, "text", text, sizeof(text));
	if (rc < 0 && rc != -ENOENT)
		return task_drop(task, rpc_fail_at(req, "text", "rpc.params.invalid",
					       "at most %zu bytes are expected", sizeof(text) - 1));
	task->option = (int)limit;
	task->text = strdup(text);
	return task->text ? task_start(task) : task_drop(task, -ENOMEM);
}

/* --- hermes.score.delete --- */

static const struct rpc_param delete_params[] = {{"score_id", RPC_STR | RPC_REQUIRED}, {0}};

static int work_delete(struct task *task, struct failure *failure)
{
	return documents_delete(&task->hermes->documents, task->score_id, failure);
}

static int handle_delete(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_delete);

	if (!task)
		return -ENOMEM;
	return task_read_ids(task, params) < 0 ? task_drop(task, -EINVAL) : task_start(task);
}

/* --- hermes.score.export --- */

static const struct rpc_param export_params[] = {{"format", RPC_STR | RPC_REQUIRED}, {"score_id", RPC_STR},
	{"version", RPC_STR}, {"canonical", RPC_BOOL}, {0}};

static int write_export(struct task *task, struct failure *failure)
{
	return export_write(task, task->score, task->memory, failure);
}

static int work_export(struct task *task, struct failure *failure)
{
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc == 0)
		task->score = score_ref(d->head);
	return rc;
}

static int handle_export(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_export);
	struct export_wish *wish = calloc(1, sizeof(*wish));

	if (!task || !wish) {
		free(wish);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	task->memory = wish;
	task->after = write_export;
	if (task_read_ids(task, params) < 0 || export_read_wish(req, params, wish) < 0)
		return task_drop(task, -EINVAL);
	return task_start(task);
}

/* --- hermes.score.subscribe --- */

static const struct rpc_param subscribe_params[] = {{"score_id", RPC_STR}, {"revision", RPC_INT}, {0}};

/* Changes that the caller missed: the frames to send. */
struct missed_list {
	struct wire_out frame[MISSED_MAX];
	unsigned n;
	size_t n_bytes;
	int too_many;
	struct task *task;
	uint64_t expected; /* revision of the next one */
	int has_base;
	struct score_state base;
};

static int take_missed(void *data, const struct store_change *c)
{
	struct missed_list *list = data;
	struct standing now = list->task->standing;
	struct score_bytes ops;

	if (c->after.revision == list->expected - 1) { /* what the caller has: where the next one begins */
		list->base = c->after.state;
		list->has_base = 1;
		return 0;
	}
	list->n_bytes += c->n_forward;
	if (c->after.revision != list->expected || list->n == MISSED_MAX || list->n_bytes > MISSED_BYTES) {
		list->too_many = 1;
		return 1;
	}
	now.revision = c->after.revision;
	now.state = c->after.state;
	ops = (struct score_bytes){.data = (uint8_t *)(uintptr_t)c->forward, .n = c->n_forward};
	subscribers_begin_changed(&list->frame[list->n++], &now, list->has_base ? &list->base : NULL, &ops);
	list->base = c->after.state;
	list->has_base = 1;
	list->expected++;
	return 0;
}

/* Frames of what happened after task->number; one that says "fetch it" where that is not known any more. */
static int collect_missed(struct task *task, const struct document *d, struct failure *failure)
{
	struct missed_list *list = task->memory;
	int rc = 0;

	if (task->number < 0 || (uint64_t)task->number == d->revision)
		return 0;
	list->task = task;
	list->expected = (uint64_t)task->number + 1;
	if (task->number == 0 || (uint64_t)task->number > d->revision)
		list->too_many = 1;
	else
		rc = store_each_change(d->store, d->score_id, (uint64_t)task->number - 1, take_missed, list);
	if (rc < 0)
		return failure_of_store(failure, rc, d->store);
	if (list->expected != d->revision + 1 || list->too_many) {
		for (unsigned i = 0; i < list->n; i++)
			wire_out_finish(&list->frame[i]);
		subscribers_begin_changed(&list->frame[0], &task->standing, NULL, NULL);
		list->n = 1;
	}
	return 0;
}

static int work_subscribe(struct task *task, struct failure *failure)
{
	struct document *d = NULL;
	int rc = 0;

	if (task->score_id[0] || task->hermes->documents.loaded)
		rc = task_document(task, &d, failure);
	if (rc == 0 && d) {
		task->standing = document_standing(d);
		rc = collect_missed(task, d, failure);
	}
	return rc;
}

/* Between this and the answer nothing is told, so the caller misses nothing and hears nothing twice. */
static int subscribe(struct task *task)
{
	struct rpc_conn *conn = task->req->conn;
	const int follows = !task->score_id[0];

	loads_put_state(&task->hermes->loads, &task->result, &task->standing, follows);
	return conn ? subscribers_add(&task->hermes->subscribers, conn, &task->standing, follows) : 0;
}

static void tell_missed(struct task *task, struct rpc_conn *conn)
{
	struct missed_list *list = task->memory;

	/* Frames go to the list's end one by one: a caller that does not read them is hung up on. */
	for (unsigned i = 0; i < list->n; i++) {
		if (!subscribers_has(&task->hermes->subscribers, conn))
			return;
		(void)rpc_notify(conn, &list->frame[i]);
		list->frame[i] = (struct wire_out){0};
	}
}

static void finish_missed(void *memory)
{
	struct missed_list *list = memory;

	for (unsigned i = 0; i < list->n; i++)
		wire_out_finish(&list->frame[i]);
}

static int handle_subscribe(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_subscribe);

	if (!task)
		return -ENOMEM;
	task->memory = calloc(1, sizeof(struct missed_list));
	task->finish_memory = finish_missed;
	task->number = -1;
	if (!task->memory)
		return task_drop(task, -ENOMEM);
	if (task_read_ids(task, params) < 0 ||
		get_range(req, params, "revision", INT64_MAX, &task->number) < 0)
		return task_drop(task, -EINVAL);
	if (!subscribers_have_room(&task->hermes->subscribers, req->conn))
		return task_drop(
			task, rpc_fail(req, -ENOBUFS, "rpc.request.failed",
				      "at most %u subscriptions a connection", SUBSCRIPTIONS_PER_CALLER));
	task->answering = subscribe;
	task->answered = tell_missed;
	return task_start(task);
}

/* --- hermes.score.unsubscribe --- */

static const struct rpc_param unsubscribe_params[] = {{"score_id", RPC_STR}, {0}};

/* Nothing to do there; but a subscription that is still on its way comes first. */
static int work_unsubscribe(struct task *task, struct failure *failure)
{
	return 0;
}

static int unsubscribe(struct task *task)
{
	if (task->req->conn)
		subscribers_remove(&task->hermes->subscribers, task->req->conn, task->score_id);
	return 0;
}

static int handle_unsubscribe(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_unsubscribe);

	if (!task)
		return -ENOMEM;
	task->answering = unsubscribe;
	return task_read_ids(task, params) < 0 ? task_drop(task, -EINVAL) : task_start(task);
}

static const struct rpc_method methods[] = {
	{"hermes.score.get", handle_get, get_params, .caps = CAP_SCORE_READ},
	{"hermes.score.list", handle_list, list_params, .caps = CAP_SCORE_READ},
	{"hermes.score.delete", handle_delete, delete_params, .caps = CAP_SCORE_EDIT},
	{"hermes.score.export", handle_export, export_params, .caps = CAP_SCORE_READ},
	{"hermes.score.subscribe", handle_subscribe, subscribe_params, .caps = CAP_SCORE_READ},
	{"hermes.score.unsubscribe", handle_unsubscribe, unsubscribe_params, .caps = CAP_SCORE_READ},
};

const struct rpc_table score_methods = {methods, sizeof(methods) / sizeof(methods[0])};
