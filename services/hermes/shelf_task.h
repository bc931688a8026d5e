/* SPDX-License-Identifier: MIT */
/** What the requests of the library share. */
#ifndef HERMES_SHELF_TASK_H
#define HERMES_SHELF_TASK_H

#include "task.h"

/** For a result of the library. @return rc. */
int library_failure(struct failure *failure, int rc, const struct library *lib);
/** Open a thread's connection when it is first needed. @return 0; -errno with `failure` filled. */
int library_open_for(
	struct task *task, enum library_mode mode, struct library **lib, struct failure *failure);
int64_t library_now_ns(void);
/** End the batch in which others' songs wait. On the writer's thread. */
void shelf_end_batch(struct shelf *shelf);
/** "vectors": the sets that are there. @return 0, -errno. */
int library_put_vectors(struct score_bytes *out, struct library *lib);

#endif
