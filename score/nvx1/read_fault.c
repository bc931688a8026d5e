/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <score/utf8.h>

#include "read.h"

#define MAX_VALUE 80u

/** First bytes of the value at `at`, which may be long: not more than needed is looked at. */
static uint32_t value_length(const uint8_t *at)
{
	if (*at == '{' || *at == '[' || *at == '"') {
		uint32_t n = 1;
		unsigned depth = *at != '"';
		int in_string = !depth;
		for (; n < MAX_VALUE && (depth || in_string); n++) {
			if (in_string && at[n] == '\\') {
				n++;
				continue;
			}
			if (at[n] == '"')
				in_string = !in_string;
			else if (!in_string)
				depth = depth + (at[n] == '{' || at[n] == '[') -
					(at[n] == '}' || at[n] == ']');
		}
		return n < MAX_VALUE ? n : MAX_VALUE;
	}
	uint32_t n = 0;
	while (n < MAX_VALUE && at[n] > ' ' && at[n] != ',' && at[n] != ']' && at[n] != '}')
		n++;
	return n;
}

/** Remember where the error stands that is noted now. */
static void put_in_order(struct nvx_reader *r, const uint8_t *at)
{
	if (r->report->n_errors < SCORE_MAX_ISSUES)
		r->error_at[r->report->n_errors] = (uint32_t)(at - r->begin);
}

void nvx_fault(struct nvx_reader *r, const char *code, const char *fmt, ...)
{
	char where[128], reason[160];
	va_list args;
	if (r->report->n_errors >= SCORE_MAX_ISSUES) {
		r->report->n_errors++; /* counted, not kept: not put together either */
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	(void)json_pointer(&r->pull, where, sizeof(where));
	put_in_order(r, r->pull.at);
	(void)score_error(r->report, code, where, "%s", reason);
	score_error_value(r->report, (const char *)r->pull.at, value_length(r->pull.at));
}

void nvx_notice(struct nvx_reader *r, const char *code, const char *fmt, ...)
{
	char where[128], reason[160];
	va_list args;
	if (r->report->n_warnings >= SCORE_MAX_ISSUES) {
		r->report->n_warnings++;
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	(void)json_pointer(&r->pull, where, sizeof(where));
	score_warn(r->report, code, where, "%s", reason);
	score_warn_value(r->report, (const char *)r->pull.at, value_length(r->pull.at));
}

void nvx_fault_in(struct nvx_reader *r, const char *code, const uint8_t *object, const char *member,
	const char *fmt, ...)
{
	char where[128], reason[160];
	va_list args;
	if (r->report->n_errors >= SCORE_MAX_ISSUES) {
		r->report->n_errors++;
		return;
	}
	va_start(args, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	const size_t n = json_pointer(&r->pull, where, sizeof(where));
	(void)snprintf(where + n, sizeof(where) - n, "%s%s", *member ? "/" : "", member);
	const uint8_t *value = *member ? json_find(object, member) : NULL;
	put_in_order(r, value ? value : object);
	(void)score_error(r->report, code, where, "%s", reason);
	if (value)
		score_error_value(r->report, (const char *)value, value_length(value));
}

int nvx_expect(struct nvx_reader *r, enum json_kind kind)
{
	static const char *const name[] = {
		"null", "true or false", "a number", "a string", "an array", "an object"};
	const enum json_kind found = json_kind(&r->pull);
	if (found == kind)
		return 1;
	nvx_fault(r, "nvx1.type", "%s, where %s should stand", name[found], name[kind]);
	json_skip(&r->pull);
	return 0;
}

int nvx_more(struct nvx_reader *r)
{
	if (r->draft->error)
		return 0;
	if (r->draft->cancel && atomic_load_explicit(r->draft->cancel, memory_order_relaxed)) {
		r->draft->error = -ECANCELED;
		return 0;
	}
	return json_next(&r->pull);
}

int nvx_step_done(struct nvx_reader *r)
{
	struct score_report *report = r->report;
	const uint32_t n = report->n_errors < SCORE_MAX_ISSUES ? report->n_errors : SCORE_MAX_ISSUES;
	for (uint32_t i = 1; i < n; i++) {
		const struct score_issue issue = report->error[i];
		const uint32_t at = r->error_at[i];
		uint32_t j = i;
		for (; j > 0 && r->error_at[j - 1] > at; j--) {
			report->error[j] = report->error[j - 1];
			r->error_at[j] = r->error_at[j - 1];
		}
		report->error[j] = issue;
		r->error_at[j] = at;
	}
	return n ? -EINVAL : 0;
}
