/* SPDX-License-Identifier: MIT */
/** A score as a file of some format: what methods that hand one out share. */
#ifndef HERMES_EXPORTED_H
#define HERMES_EXPORTED_H

#include <score/format.h>

#include "task.h"

/** What is wanted. */
struct export_wish {
	enum score_format format;
	unsigned version; /**< major of NVX1; 0: the current one */
	int canonical;    /**< NVX1, UMF: in one line */
};

/** Read `format`, `version`, `canonical`. @return 0; -EINVAL with the request's error filled. */
int export_read_wish(struct rpc_request *req, const msgpack_object *params, struct export_wish *ret);
/**
 * Write the score into a memfd beside the task's answer; put its size and what the format could not hold. Any
 * thread.
 * @return 0; -errno with `failure` filled.
 */
int export_write(struct task *task, const struct score *score, const struct export_wish *wish,
	struct failure *failure);

/** Put a memfd with these bytes beside the task's answer, and its size. @return 0; -errno with `failure`
 * filled. */
int export_hand_out(struct task *task, const struct score_bytes *bytes, struct failure *failure);

#endif
