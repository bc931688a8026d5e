/* SPDX-License-Identifier: MIT */
/**
 * A request on its way: its parameters are read on the loop, its work is done on the thread of the scores
 * (and what follows without them, on that of the files), its answer is sent from the loop. Requests are done
 * in the order in which they came.
 */
#ifndef HERMES_TASK_H
#define HERMES_TASK_H

#include "hermes.h"

#define TASK_PARAMS_MAX ((size_t)64 << 20)

struct task {
	struct job job;
	struct hermes *hermes;
	struct rpc_request *req;
	struct worker *worker; /**< whose thread does the work: `scores`, unless changed before task_start() */

	/* Written on the loop. */
	char score_id[UUID_BYTES]; /**< "": the one that is loaded */
	int64_t number;            /**< index, tick, revision ... */
	struct score_bytes params; /**< JSON, if the method takes some ... */
	int fd;                    /**< ... or a memfd with it; another file; -1 */
	int has_state;             /**< compare and swap: */
	struct score_state state;
	int option;   /**< the method's own */
	char *text;   /**< likewise; owned */
	void *memory; /**< likewise; freed with it, after finish_memory() */
	void (*finish_memory)(void *memory);

	/**
	 * Do it, on the thread of the scores. The answer is JSON in task->result, an object without its
	 * braces.
	 * @return 0; 1: call it again later; -errno with `failure` filled.
	 */
	int (*work)(struct task *task, struct failure *failure);
	/** What follows from task->score alone, on the thread of the files; NULL: nothing. */
	int (*after)(struct task *task, struct failure *failure);
	/** On the loop, before the answer is sent; may be NULL. @return 0; -errno, the request fails. */
	int (*answering)(struct task *task);
	/** The same, after it was sent. @param conn  Only to be compared: sending may have ended it. */
	void (*answered)(struct task *task, struct rpc_conn *conn);

	/* Written by the work. */
	struct score_bytes result;
	int result_fd;             /**< beside the answer; -1: none */
	const struct score *score; /**< a reference, for after() */
	struct standing standing;
	struct news *news; /**< what happened; owned */
	int timeline_fd;   /**< it is of the loaded score: what is to play now; -1 */
	uint64_t timeline_id;

	int rc;
	struct failure *failure; /**< owned; when rc is negative */
	int second;              /**< after() is under way */
};

/** @return NULL: out of memory, and the request's error is filled: return -ENOMEM. */
struct task *task_new(struct rpc_request *req, int (*work)(struct task *task, struct failure *failure));
/** Start it. @return RPC_LATER. */
int task_start(struct task *task);
/** It is not started. @return rc. */
int task_drop(struct task *task, int rc);

/** Read `score_id`, `state_id`. @return 0; -EINVAL with the request's error filled. */
int task_read_ids(struct task *task, const msgpack_object *params);
/**
 * Read a parameter whose value is JSON: given as a value under `key`, or as the file beside the request.
 * @return 0; -EINVAL with the request's error filled.
 */
int task_read_json(struct task *task, const msgpack_object *params, const char *key);
/** What came as a file is in task->params from now on. On the thread of the scores. */
int task_read_fd(struct task *task, struct failure *failure);

/** The document of the task. On the thread of the scores. @return 0; -errno with `failure` filled. */
int task_document(struct task *task, struct document **ret, struct failure *failure);

#endif
