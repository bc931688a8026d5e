/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json_wire.h"
#include "log.h"
#include "memfd.h"
#include "sealed.h"

static void task_free(struct task *task)
{
	score_bytes_finish(&task->params);
	score_bytes_finish(&task->result);
	score_unref(task->score);
	if (task->fd >= 0)
		close(task->fd);
	if (task->result_fd >= 0)
		close(task->result_fd);
	if (task->timeline_fd >= 0)
		close(task->timeline_fd);
	if (task->news)
		news_finish(task->news);
	free(task->news);
	free(task->text);
	if (task->memory && task->finish_memory)
		task->finish_memory(task->memory);
	free(task->memory);
	free(task->failure);
	free(task);
}

/* --- On the threads --- */

static int run(struct task *task, int (*work)(struct task *, struct failure *))
{
	struct failure *failure = calloc(1, sizeof(*failure));

	task->rc = failure ? work(task, failure) : -ENOMEM;
	if (task->rc == 0 && task->result.error)
		task->rc = failure_set(failure, -ENOMEM, "hermes.score.failed", "out of memory");
	if (task->rc < 0)
		task->failure = failure;
	else
		free(failure);
	return task->rc > 0;
}

static int run_work(struct job *job)
{
	struct task *task = (struct task *)job;

	return run(task, task->work);
}

static int run_after(struct job *job)
{
	struct task *task = (struct task *)job;

	return run(task, task->after);
}

int task_document(struct task *task, struct document **ret, struct failure *failure)
{
	return documents_get(&task->hermes->documents, task->score_id, ret, failure);
}

int task_read_fd(struct task *task, struct failure *failure)
{
	if (task->fd < 0)
		return 0;
	const int rc = sealed_read(task->fd, TASK_PARAMS_MAX, &task->params);
	if (rc == -EPERM)
		return failure_set(failure, rc, "hermes.file.unreadable",
			"what comes beside the request has to be a memfd that is sealed against writing and "
			"shrinking");
	return rc < 0 ? failure_set(failure, rc, "hermes.file.unreadable", "the file cannot be read: %s",
				strerror(-rc))
		      : 0;
}

/* --- The answer, on the loop --- */

/* Into the frame; beside it what is too large for one. */
static int put_result(struct task *task)
{
	struct rpc_request *req = task->req;
	struct score_bytes *result = &task->result;

	score_bytes_u8(result, '}');
	if (result->error)
		return result->error;
	int rc = json_spread_to_wire(&req->out, (const char *)result->data, result->n);

	if (rc == 0 && task->result_fd >= 0)
		wire_add_fd(&req->out, task->result_fd);
	if (rc != -EMSGSIZE)
		return rc;
	const int fd = memfd_make("hermes answer", result->data, result->n);
	if (fd < 0)
		return fd;
	wire_out_finish(&req->out);
	wire_out_init(&req->out);
	wire_begin_result(&req->out, req->id);
	wire_put_u64(&req->out, "size_bytes", result->n);
	wire_add_fd(&req->out, fd);
	close(fd);
	return 0;
}

static void finish(struct task *task)
{
	struct rpc_conn *conn = task->req->conn;

	if (task->news)
		subscribers_tell(&task->hermes->subscribers, task->news);
	if (task->rc < 0) {
		failure_finish(task->failure, task->req, task->rc);
	} else {
		int rc = task->answering ? task->answering(task) : 0;
		if (rc == 0)
			rc = put_result(task);
		rpc_finish(task->req, rc);
		if (rc == 0 && task->answered && conn)
			task->answered(task, conn);
	}
	task_free(task);
}

/* The change is in the store, whatever rtcore does. */
static void on_played(void *data, int rc, const struct wire_error *error)
{
	if (rc < 0)
		log_warning("a change is not heard yet: code=%s message=\"%s\"", error->code, error->message);
	finish(data);
}

static void on_done(struct job *job)
{
	struct task *task = (struct task *)job;

	if (job->dropped || (task->rc < 0 && !task->failure)) {
		rpc_finish(task->req,
			rpc_fail(task->req, job->dropped ? -ESHUTDOWN : -ENOMEM, "hermes.score.failed", "%s",
				job->dropped ? "the service ends" : "out of memory"));
		task_free(task);
	} else if (task->rc == 0 && task->after && !task->second) {
		task->second = 1;
		job->run = run_after;
		worker_post(&task->hermes->files, job);
	} else if (task->timeline_fd >= 0) {
		player_play(&task->hermes->player, task->timeline_fd, task->timeline_id, /* update= */ 1,
			on_played, task);
	} else {
		finish(task);
	}
}

/* --- Its start --- */

struct task *task_new(struct rpc_request *req, int (*work)(struct task *task, struct failure *failure))
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->job.run = run_work;
	task->job.done = on_done;
	task->hermes = hermes_of(req);
	task->req = req;
	task->worker = &task->hermes->scores;
	task->work = work;
	task->fd = task->result_fd = task->timeline_fd = -1;
	score_bytes_init(&task->params, &score_heap);
	score_bytes_init(&task->result, &score_heap);
	return task;
}

int task_drop(struct task *task, int rc)
{
	task_free(task);
	return rc;
}

int task_start(struct task *task)
{
	score_bytes_u8(&task->result, '{');
	worker_post(task->worker, &task->job);
	return RPC_LATER;
}

int task_read_ids(struct task *task, const msgpack_object *params)
{
	char text[SCORE_STATE_TEXT];
	int rc = wire_get_str(params, "score_id", task->score_id, sizeof(task->score_id));

	if (rc < 0 && rc != -ENOENT)
		return rpc_fail_at(
			task->req, "score_id", "rpc.params.invalid", "the id of a score is a UUID");
	rc = wire_get_str(params, "state_id", text, sizeof(text));
	if (rc == -ENOENT)
		return 0;
	if (rc < 0 || score_state_parse(text, &task->state) < 0)
		return rpc_fail_at(
			task->req, "state_id", "rpc.params.invalid", "a state's id is 32 hexadecimal digits");
	task->has_state = 1;
	return 0;
}

int task_read_json(struct task *task, const msgpack_object *params, const char *key)
{
	const msgpack_object *value = wire_get(params, key);

	if (value) {
		const int rc = json_from_wire(value, &task->params);
		return rc < 0 ? rpc_fail_at(task->req, key, "rpc.params.invalid", "this has no JSON: %s",
					strerror(-rc))
			      : 0;
	}
	task->fd = rpc_take_fd(task->req, 0);
	return task->fd < 0 ? rpc_fail_at(task->req, key, "rpc.params.invalid",
				      "this parameter is required, or a memfd with it beside the request")
			    : 0;
}
