/* SPDX-License-Identifier: MIT */
/**
 * A request whose answer takes long: its parameters are read on the loop, its work is done on the worker's
 * thread, its answer is written on the loop again.
 */
#ifndef BAND_TASK_H
#define BAND_TASK_H

#include "band.h"
#include "events.h"
#include "take.h"

struct task {
	struct job job;
	struct band *band;
	struct rpc_request *req;

	struct take *take; /**< of those methods that take Inputs; owned */
	int fd;            /**< of the others; owned; -1 */
	int option;        /**< the method's own */

	/** On the worker's thread. @return 0; -errno with task->report. */
	int (*work)(struct task *task);
	/** On the loop: the answer, into task->req->out. */
	void (*answer)(struct task *task);

	struct band_report report;
	struct band_bytes result; /**< sent beside the answer when there is any; owned */
	const char *result_name;
	void *memory; /**< the work's own, for the answer; freed by `release` */
	void (*release)(void *memory);
	int rc;
};

/** For a method with Inputs: they are read. @return NULL with *ret_rc. */
struct task *task_new_take(struct rpc_request *req, const msgpack_object *params, int *ret_rc);
/** For one with a file. @return NULL: no memory. */
struct task *task_new_fd(struct rpc_request *req);
/** @return RPC_LATER. */
int task_start(struct task *task, int (*work)(struct task *task), void (*answer)(struct task *task));

#endif
