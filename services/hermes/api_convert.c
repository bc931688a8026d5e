/* SPDX-License-Identifier: MIT */
/* Files of music in, files out: the store has nothing to do with it, nor the open scores. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <score/nvx_json.h>

#include "caps.h"
#include "exported.h"
#include "json_wire.h"

static int read_name(struct rpc_request *req, const msgpack_object *params, const char *key, char **ret)
{
	char name[LOAD_NAME_BYTES];

	if (wire_get_str(params, key, name, sizeof(name)) < 0)
		return rpc_fail_at(req, key, "rpc.params.invalid", "a name of at most %u bytes is expected",
			LOAD_NAME_BYTES - 1);
	*ret = strdup(name);
	return *ret ? 0 : -ENOMEM;
}

/* --- hermes.score.convert --- */

static const struct rpc_param convert_params[] = {{"name", RPC_STR | RPC_REQUIRED},
	{"format", RPC_STR | RPC_REQUIRED}, {"path", RPC_STR}, {"index", RPC_INT}, {"version", RPC_STR},
	{"canonical", RPC_BOOL}, {0}};

static int work_convert(struct task *task, struct failure *failure)
{
	struct imported im;
	int rc = imported_read(&im, task->fd, task->text, (uint32_t)task->number, NULL, failure);

	if (rc < 0)
		return rc;
	json_put_text(&task->result, "title", score_text(im.score, im.score->globals.metadata.title));
	/* What was repaired on the way in comes before what is lost on the way out. */
	failure->report = im.report;
	rc = export_write(task, im.score, task->memory, failure);
	imported_finish(&im);
	return rc;
}

static int handle_convert(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_convert);
	struct export_wish *wish = calloc(1, sizeof(*wish));

	if (!task || !wish) {
		free(wish);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	task->memory = wish;
	task->worker = &task->hermes->files;
	task->fd = rpc_take_fd(req, 0);
	int rc = read_name(req, params, "name", &task->text);
	if (rc == 0)
		rc = export_read_wish(req, params, wish);
	if (rc < 0)
		return task_drop(task, rc);
	rc = wire_get_i64(params, "index", &task->number);
	if (rc != -ENOENT && (rc < 0 || task->number < 0 || task->number > UINT32_MAX))
		return task_drop(task, rpc_fail_at(req, "index", "rpc.params.invalid",
					       "the first score of a book has the index 0"));
	return task_start(task);
}

/* --- hermes.score.diff --- */

static const struct rpc_param diff_params[] = {
	{"name", RPC_STR | RPC_REQUIRED}, {"other", RPC_STR | RPC_REQUIRED}, {0}};

/* Two states of one document can be compared: the second is read anew, with the strings of the first. */
static int join(
	const struct score *first, const struct imported *second, struct failure *failure, struct score **ret)
{
	struct nvx_draft draft;
	int rc;

	failure->report = (struct score_report){0};
	rc = nvx_draft_init(&draft, &score_heap, &failure->report);
	if (rc < 0)
		return rc;
	nvx_pool_unref(draft.pool);
	draft.pool = nvx_pool_ref(first->pool);
	rc = nvx_read(second->content.data, second->content.n, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, ret);
	nvx_draft_finish(&draft);
	return rc;
}

static int put_ops(struct task *task, const struct score *first, const struct score *second)
{
	struct score_change change = {0};
	struct score_bytes ops;
	int rc = score_diff(first, second, &change);

	score_bytes_init(&ops, &score_heap);
	if (rc == 0)
		rc = nvx_write_change(first, &change, &ops);
	if (rc == 0) {
		json_put_number(&task->result, "n_ops", (int64_t)change.n_op);
		json_put_raw(&task->result, "ops", ops.data, ops.n);
	}
	score_bytes_finish(&ops);
	score_change_finish(&change);
	return rc;
}

static int work_diff(struct task *task, struct failure *failure)
{
	const int other = *(const int *)task->memory;
	struct imported first, second = {0};
	struct score *joined = NULL;
	int rc = imported_read(&first, task->fd, task->text, 0, NULL, failure);

	if (rc < 0)
		return rc;
	rc = imported_read(&second, other, task->text, 0, NULL, failure);
	if (rc == 0) {
		rc = join(first.score, &second, failure, &joined);
		if (rc == 0)
			rc = put_ops(task, first.score, joined);
		if (rc < 0)
			(void)failure_of_score(failure, rc);
		imported_finish(&second);
	}
	score_unref(joined);
	imported_finish(&first);
	return rc;
}

static void close_other(void *memory)
{
	close(*(const int *)memory);
}

static int handle_diff(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_diff);
	int *other = malloc(sizeof(*other));

	if (!task || !other) {
		free(other);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	task->fd = rpc_take_fd(req, 0);
	*other = rpc_take_fd(req, 1);
	task->memory = other;
	task->finish_memory = close_other;
	task->worker = &task->hermes->files;
	/* A score without a title is named by its file: what these are called is no difference. */
	const int rc = read_name(req, params, "name", &task->text);
	return rc < 0 ? task_drop(task, rc) : task_start(task);
}

static const struct rpc_method methods[] = {
	{"hermes.score.convert", handle_convert, convert_params, .n_fds = 1, .caps = CAP_SCORE_READ},
	{"hermes.score.diff", handle_diff, diff_params, .n_fds = 2, .caps = CAP_SCORE_READ},
};

const struct rpc_table convert_methods = {methods, sizeof(methods) / sizeof(methods[0])};
