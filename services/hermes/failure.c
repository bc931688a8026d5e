/* SPDX-License-Identifier: MIT */
#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store.h"

int failure_set(struct failure *failure, int rc, const char *code, const char *fmt, ...)
{
	char text[sizeof(failure->error.message)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wire_error_set(&failure->error, code, "%s", text);
	return rc;
}

/** Ours for what a score's reader or writer says: most of it is about what is in the score. */
static const char *code_of(const struct score_issue *issue)
{
	if (strcmp(issue->code, "nvx1.format.unknown") == 0)
		return "hermes.format.unknown";
	if (strcmp(issue->code, "nvx1.format.library") == 0)
		return "hermes.format.library";
	return "hermes.score.invalid";
}

int failure_of_score(struct failure *failure, int rc)
{
	const struct score_report *report = &failure->report;
	const struct score_issue *first = &report->error[0];

	if (rc == -ECANCELED)
		return failure_set(failure, rc, "hermes.load.cancelled", "the load was cancelled");
	if (!report->n_errors)
		return failure_set(
			failure, rc, "hermes.score.failed", "the score cannot be made: %s", strerror(-rc));
	if (report->n_errors > 1)
		(void)failure_set(failure, rc, "hermes.score.invalid", "%s, and %u more errors",
			first->reason, report->n_errors - 1);
	else
		(void)failure_set(failure, rc, code_of(first), "%s", first->reason);
	wire_error_where(&failure->error, "%s", first->where);
	return rc;
}

int failure_of_store(struct failure *failure, int rc, const struct store *store)
{
	if (rc == -ENOENT)
		return failure_set(failure, rc, "hermes.score.absent", "%s", store_why(store));
	return failure_set(failure, rc, "hermes.store.failed", "%s", store_why(store));
}

void failure_finish(const struct failure *failure, struct rpc_request *req, int rc)
{
	struct wire_issue issue[SCORE_MAX_ISSUES];
	const struct score_report *report = &failure->report;
	size_t n = report->n_errors < SCORE_MAX_ISSUES ? report->n_errors : SCORE_MAX_ISSUES;

	if (strcmp(failure->error.code, "hermes.score.invalid") != 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct score_issue *e = &report->error[i];
		issue[i] = (struct wire_issue){e->code, e->where, e->reason, e->value};
	}
	req->error = failure->error;
	rpc_finish_with(req, rc,
		&(struct wire_details){
			.issues = issue, .n_issues = n, .title = report->title, .n_scores = failure->n_scores});
}
