/* SPDX-License-Identifier: MIT */
/** What a report says, as the error of a request or as `issues` of an answer. Loop. */
#ifndef BAND_REFUSAL_H
#define BAND_REFUSAL_H

#include "issue.h"
#include "rpc.h"

/** End a request with the report's errors: the first is the error, all of them are in `errors`. */
void refusal_finish(struct rpc_request *req, const struct band_report *report, int rc);
/** `issues`: as many as fit beside the rest of the answer. */
void refusal_put_issues(struct wire_out *out, const struct band_report *report);

#endif
