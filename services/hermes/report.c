/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void hermes_warn(struct hermes_report *report, uint64_t at, const char *fmt, ...)
{
	if (report->n_warnings == HERMES_REPORT_MAX) {
		report->n_omitted++;
		return;
	}
	struct hermes_warning *warning = &report->warning[report->n_warnings++];
	warning->at = at;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(warning->text, sizeof(warning->text), fmt, args);
	va_end(args);
}

int hermes_refuse(struct hermes_report *report, uint64_t at, const char *fmt, ...)
{
	if (report->error_text[0])
		return -EINVAL;
	report->error_at = at;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(report->error_text, sizeof(report->error_text), fmt, args);
	va_end(args);
	return -EINVAL;
}
