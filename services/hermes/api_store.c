/* SPDX-License-Identifier: MIT */
/* The store itself: is it sound, and a copy of it. Both in steps, so that scores are served meanwhile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "caps.h"
#include "json_wire.h"
#include "task.h"

#define FAULTS_MAX 100u
#define STEP_SCORES 16u

/* --- hermes.store.check --- */

struct check {
	int64_t at; /* of store_next() */
	uint64_t n_scores;
	uint32_t n_faults;
	struct score_bytes faults; /* JSON: objects of a list */
};

static void finish_check(void *memory)
{
	score_bytes_finish(&((struct check *)memory)->faults);
}

static void put_fault(struct check *check, const char *score_id, const char *text)
{
	if (++check->n_faults > FAULTS_MAX)
		return;
	json_open(&check->faults, NULL, '{');
	if (score_id)
		json_put_text(&check->faults, "score_id", score_id);
	json_put_text(&check->faults, "text", text);
	json_close(&check->faults, '}');
}

static void on_file_fault(void *data, const char *text)
{
	put_fault(data, NULL, text);
}

static int check_one(struct task *task, struct failure *failure)
{
	struct check *check = task->memory;
	struct store *store = task->hermes->documents.store;
	char score_id[STORE_ID_BYTES];
	int rc = store_next(store, &check->at, score_id);

	if (rc < 0)
		return rc;
	check->n_scores++;
	if (document_check(store, score_id, failure) < 0)
		put_fault(check, score_id, failure->error.message);
	*failure = (struct failure){0};
	return 0;
}

static int work_check(struct task *task, struct failure *failure)
{
	struct check *check = task->memory;
	struct store *store = task->hermes->documents.store;
	int rc = 0;

	if (!task->option) {
		task->option = 1;
		rc = store_check(store, on_file_fault, check);
		return rc < 0 ? failure_of_store(failure, rc, store) : 1;
	}
	for (unsigned i = 0; rc == 0 && i < STEP_SCORES; i++)
		rc = check_one(task, failure);
	if (rc != -ENOENT)
		return rc < 0 ? failure_of_store(failure, rc, store) : 1;
	json_put_number(&task->result, "scores", (int64_t)check->n_scores);
	json_put_number(&task->result, "n_errors", check->n_faults);
	json_open(&task->result, "errors", '[');
	json_put_raw(&task->result, NULL, check->faults.data, check->faults.n);
	json_close(&task->result, ']');
	return 0;
}

static int handle_check(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_check);
	struct check *check = calloc(1, sizeof(*check));

	if (!task || !check) {
		free(check);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	score_bytes_init(&check->faults, &score_heap);
	task->memory = check;
	task->finish_memory = finish_check;
	return task_start(task);
}

/* --- hermes.store.backup --- */

/* Copied on the thread of the scores; where it goes to may be slow. */
static int write_backup(struct task *task, struct failure *failure)
{
	uint64_t n_bytes;
	const int rc = store_backup_write(*(struct store_backup **)task->memory, task->fd, &n_bytes);

	if (rc < 0)
		return failure_set(
			failure, rc, "hermes.store.failed", "the copy cannot be written: %s", strerror(-rc));
	json_put_number(&task->result, "size_bytes", (int64_t)n_bytes);
	return 0;
}

static void finish_backup(void *memory)
{
	store_backup_finish(*(struct store_backup **)memory);
}

static int step_backup(struct task *task, struct documents *documents)
{
	int rc = task->option ? store_backup_step(documents->backup)
			      : store_backup_start(documents->store, &documents->backup);

	if (!task->option && rc == 0) {
		task->option = 1;
		return 1;
	}
	if (rc == 0) {
		*(struct store_backup **)task->memory = documents->backup;
		documents->backup = NULL;
	}
	return rc;
}

static int work_backup(struct task *task, struct failure *failure)
{
	struct documents *documents = &task->hermes->documents;

	if (!task->option && documents->backup)
		return failure_set(failure, -EBUSY, "hermes.store.failed", "another copy is being made");
	const int rc = step_backup(task, documents);
	if (rc >= 0)
		return rc;
	store_backup_finish(documents->backup);
	documents->backup = NULL;
	return failure_of_store(failure, rc, documents->store);
}

static int handle_backup(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_backup);
	struct stat st;

	if (!task)
		return -ENOMEM;
	task->memory = calloc(1, sizeof(struct store_backup *));
	task->finish_memory = finish_backup;
	task->after = write_backup;
	if (!task->memory)
		return task_drop(task, -ENOMEM);
	task->fd = rpc_take_fd(req, 0);
	if (task->fd < 0 || fstat(task->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return task_drop(task, rpc_fail(req, -EINVAL, "rpc.fds.missing",
					       "a file to write to has to be beside the request"));
	return task_start(task);
}

static const struct rpc_method methods[] = {
	{"hermes.store.check", handle_check, NULL, .caps = CAP_SCORE_READ},
	{"hermes.store.backup", handle_backup, NULL, .n_fds = 1, .caps = CAP_ADMIN},
};

const struct rpc_table store_methods = {methods, sizeof(methods) / sizeof(methods[0])};
