/* SPDX-License-Identifier: MIT */
#include "refusal.h"

#include <errno.h>
#include <string.h>

#define ISSUES_BYTES_MAX (24u << 10)

/* The codes that a caller is told, by the family of the issue's own. */
static const struct {
	const char *begins, *code;
} families[] = {
	{"band.program.", "band.program.invalid"},
	{"band.style.", "band.style.unknown"},
	{"STYLE_UNKNOWN", "band.style.unknown"},
	{"band.options.", "band.options.invalid"},
	{"band.contract.", "band.contract.violated"},
	{"RT_CONTRACT", "band.contract.violated"},
	{"band.backend.", "band.backend.unavailable"},
	{"RT_BACKEND", "band.backend.unavailable"},
	{"band.port.unknown", "band.port.unknown"},
	{"band.port.ambiguous", "band.port.ambiguous"},
	{"band.file.", "band.file.invalid"},
	{"band.memory", "band.service.failed"},
};

static const char *code_of(const struct band_issue *issue)
{
	for (unsigned i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (strncmp(issue->code, families[i].begins, strlen(families[i].begins)) == 0)
			return families[i].code;
	}
	return "band.program.invalid";
}

/* Of the contract and of a backend the name is told that the contract has for it. */
static void put_where(struct wire_error *error, const struct band_issue *issue, const char *code)
{
	if (strcmp(code, "band.contract.violated") == 0)
		wire_error_where(error, "RT_CONTRACT_VIOLATION %s", issue->where);
	else if (strcmp(code, "band.backend.unavailable") == 0)
		wire_error_where(error, "RT_BACKEND_FAILURE");
	else
		wire_error_where(error, "%s", issue->where);
}

void refusal_finish(struct rpc_request *req, const struct band_report *report, int rc)
{
	struct wire_issue issue[BAND_MAX_ISSUES];
	const struct band_issue *first = NULL;
	size_t n = 0;

	for (uint32_t i = 0; i < report->n_issues && i < BAND_MAX_ISSUES; i++) {
		const struct band_issue *it = &report->issue[i];

		if (!it->is_error)
			continue;
		first = first ? first : it;
		issue[n++] = (struct wire_issue){it->code, it->where, it->message, it->hint};
	}
	if (!first) {
		rpc_finish(req,
			rpc_fail(req, rc, "band.service.failed", "this cannot be done: %s", strerror(-rc)));
		return;
	}
	const char *code = code_of(first);
	wire_error_set(&req->error, code, "%s", first->message);
	put_where(&req->error, first, code);
	if (report->n_errors > 1)
		wire_error_hint(&req->error, "%s%sand %u more errors", first->hint,
			first->hint[0] ? "; " : "", report->n_errors - 1);
	else
		wire_error_hint(&req->error, "%s", first->hint);
	rpc_finish_with(
		req, rc < 0 ? rc : -EINVAL, &(struct wire_details){.issues = issue, .n_issues = n});
}

void refusal_put_issues(struct wire_out *out, const struct band_report *report)
{
	const size_t begin = out->len;

	wire_open_array(out, "issues");
	for (uint32_t i = 0; i < report->n_issues && i < BAND_MAX_ISSUES; i++) {
		const struct band_issue *it = &report->issue[i];

		if (out->len - begin > ISSUES_BYTES_MAX)
			break;
		wire_open_map(out, NULL);
		wire_put_str(out, "code", it->code);
		wire_put_str(out, "where", it->where);
		wire_put_str(out, "message", it->message);
		wire_put_str(out, "hint", it->hint);
		wire_put_bool(out, "error", it->is_error);
		wire_close(out);
	}
	wire_close(out);
}
