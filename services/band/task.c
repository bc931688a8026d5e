/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memfd.h"
#include "refusal.h"

static void task_free(struct task *task)
{
	take_unref(task->take);
	if (task->fd >= 0)
		close(task->fd);
	free(task->result.byte);
	if (task->memory && task->release)
		task->release(task->memory);
	free(task);
}

static int run(struct job *job)
{
	struct task *task = (struct task *)job;

	task->rc = task->work(task);
	return 0;
}

static int put_answer(struct task *task)
{
	if (task->answer)
		task->answer(task);
	if (!task->result.byte)
		return 0;
	const int fd = memfd_make(task->result_name, task->result.byte, task->result.size);
	if (fd < 0)
		return rpc_fail(
			task->req, fd, "band.service.failed", "no memory to hand it out: %s", strerror(-fd));
	wire_add_fd(&task->req->out, fd);
	close(fd);
	return 0;
}

static void done(struct job *job)
{
	struct task *task = (struct task *)job;

	if (job->dropped)
		rpc_finish(task->req,
			rpc_fail(task->req, -ESHUTDOWN, "band.service.failed", "the service ends"));
	else if (task->rc < 0)
		refusal_finish(task->req, task->take ? &task->take->report : &task->report, task->rc);
	else
		rpc_finish(task->req, put_answer(task));
	task_free(task);
}

struct task *task_new_fd(struct rpc_request *req)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	*task = (struct task){.job = {.run = run, .done = done}, .band = band_of(req), .req = req, .fd = -1};
	const int fd = rpc_take_fd(req, 0);
	if (fd >= 0)
		task->fd = fd;
	return task;
}

struct task *task_new_take(struct rpc_request *req, const msgpack_object *params, int *ret_rc)
{
	struct task *task = calloc(1, sizeof(*task));
	struct wish wish;

	*ret_rc = task ? wish_read(req, params, rpc_take_fd(req, 0), &wish) : -ENOMEM;
	if (*ret_rc < 0) {
		free(task);
		return NULL;
	}
	*task = (struct task){.job = {.run = run, .done = done}, .band = band_of(req), .req = req, .fd = -1};
	task->take = take_new(&wish);
	if (task->take)
		return task;
	wish_finish(&wish);
	task_free(task);
	*ret_rc = -ENOMEM;
	return NULL;
}

int task_start(struct task *task, int (*work)(struct task *task), void (*answer)(struct task *task))
{
	task->work = work;
	task->answer = answer;
	worker_post(&task->band->worker, &task->job);
	return RPC_LATER;
}
