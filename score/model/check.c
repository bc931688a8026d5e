/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REASON_BYTES 160u

/** Place an error among those that are kept: in the document's order, the first SCORE_MAX_ISSUES. */
static void keep_error(struct check *check, const struct check_at *at, const char *code, const char *member,
	const char *reason)
{
	struct score_report *report = check->report;
	const uint64_t rank = check->source.rank(check, at->list, at->part, at->index);
	const uint32_t kept = report->n_errors < SCORE_MAX_ISSUES ? report->n_errors : SCORE_MAX_ISSUES;

	if (kept == SCORE_MAX_ISSUES && check->rank[kept - 1] <= rank) {
		report->n_errors += report->n_errors < UINT32_MAX;
		return;
	}
	char where[sizeof(report->error[0].where)];
	check->source.where(check, at->list, at->part, at->index, at->item, where, sizeof(where));
	const size_t len = strlen(where);
	(void)snprintf(where + len, sizeof(where) - len, "%s", member);
	const uint32_t total = report->n_errors + (report->n_errors < UINT32_MAX);
	/* It takes the place behind those that are kept, or of the last; then it moves before those that come
	 * later. */
	uint32_t i = kept < SCORE_MAX_ISSUES ? kept : kept - 1;
	report->n_errors = i;
	(void)score_error(report, code, where, "%s", reason);
	if (check->value)
		score_error_value(report, check->value, (uint32_t)strlen(check->value));
	report->n_errors = total;
	const struct score_issue issue = report->error[i];
	for (; i > 0 && check->rank[i - 1] > rank; i--) {
		report->error[i] = report->error[i - 1];
		check->rank[i] = check->rank[i - 1];
	}
	report->error[i] = issue;
	check->rank[i] = rank;
}

int check_broken(struct check *check, const struct check_at *at, const char *code, const char *member,
	const char *fmt, ...)
{
	char reason[REASON_BYTES];
	check->n_broken++;
	if (check->repair && check->report->n_warnings >= SCORE_MAX_ISSUES) {
		check->report->n_warnings += check->report->n_warnings < UINT32_MAX;
		return 1;
	}
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (check->repair) {
		check_warn(check, at, code, member, "%s", reason);
		return 1;
	}
	keep_error(check, at, code, member, reason);
	return 0;
}

int check_refuse(struct check *check, const struct check_at *at, const char *code, const char *member,
	const char *fmt, ...)
{
	char reason[REASON_BYTES];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	check->n_broken++;
	keep_error(check, at, code, member, reason);
	return -EINVAL;
}

void check_warn(struct check *check, const struct check_at *at, const char *code, const char *member,
	const char *fmt, ...)
{
	char reason[REASON_BYTES], where[128];
	if (check->quiet)
		return;
	if (check->report->n_warnings >= SCORE_MAX_ISSUES) {
		check->report->n_warnings += check->report->n_warnings < UINT32_MAX;
		return;
	}
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	check->source.where(check, at->list, at->part, at->index, at->item, where, sizeof(where));
	const size_t len = strlen(where);
	(void)snprintf(where + len, sizeof(where) - len, "%s", member);
	score_warn(check->report, code, where, "%s", reason);
}

uint32_t check_part(struct check *check, const struct nvx_element *e)
{
	if (!e->part_id)
		return UINT32_MAX;
	if (e->part_id == check->known_part)
		return check->known_part_index;
	return check_knows_part(check, e->part_id) ? check->known_part_index : UINT32_MAX;
}
