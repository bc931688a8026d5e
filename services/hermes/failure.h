/* SPDX-License-Identifier: MIT */
/** Why a request failed: its error as it travels, and for a score all that is wrong with it. Any thread, one
 * at a time. */
#ifndef HERMES_FAILURE_H
#define HERMES_FAILURE_H

#include <score/report.h>

#include "rpc.h"

struct store;

/** Large: on the heap. */
struct failure {
	struct wire_error error;
	struct score_report report;
	uint32_t n_scores; /**< that the file holds; 0: it is about no file */
};

/** @return rc. */
[[gnu::format(printf, 4, 5)]] int failure_set(
	struct failure *failure, int rc, const char *code, const char *fmt, ...);
/** For a result of score/: -EINVAL is told by failure->report. @return rc. */
int failure_of_score(struct failure *failure, int rc);
/** For a result of the store. @return rc. */
int failure_of_store(struct failure *failure, int rc, const struct store *store);

/** End a request with it, all errors listed. Thread: the loop's. */
void failure_finish(const struct failure *failure, struct rpc_request *req, int rc);

#endif
