/* SPDX-License-Identifier: MIT */
#include "issue.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "text.h"

/** Where the next issue goes; of a full report an error takes the last warning's place. @return NULL:
 * nowhere. */
static struct band_issue *next_issue(struct band_report *report, uint8_t is_error)
{
	uint32_t i = report->n_issues;

	if (i >= BAND_MAX_ISSUES) {
		for (i = is_error ? BAND_MAX_ISSUES : 0; i > 0 && report->issue[i - 1].is_error;)
			i--;
		if (i == 0)
			return NULL;
		i--;
	}
	report->n_last = i + 1;
	return &report->issue[i];
}

[[gnu::format(printf, 5, 0)]] static void note(struct band_report *report, uint8_t is_error, const char *code,
	const char *where, const char *fmt, va_list args)
{
	report->n_last = 0;
	struct band_issue *issue = next_issue(report, is_error);

	report->n_issues++;
	report->n_errors += is_error;
	if (!issue)
		return;
	*issue = (struct band_issue){.code = code, .is_error = is_error};
	(void)snprintf(issue->where, sizeof(issue->where), "%s", where);
	text_settle(issue->where);
	(void)vsnprintf(issue->message, sizeof(issue->message), fmt, args);
	text_settle(issue->message);
}

int band_error(struct band_report *report, const char *code, const char *where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(report, 1, code, where, fmt, args);
	va_end(args);
	return -EINVAL;
}

void band_warn(struct band_report *report, const char *code, const char *where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(report, 0, code, where, fmt, args);
	va_end(args);
}

void band_hint(struct band_report *report, const char *fmt, ...)
{
	va_list args;

	if (report->n_last == 0)
		return;
	struct band_issue *issue = &report->issue[report->n_last - 1];
	va_start(args, fmt);
	(void)vsnprintf(issue->hint, sizeof(issue->hint), fmt, args);
	va_end(args);
	text_settle(issue->hint);
}
