/* SPDX-License-Identifier: MIT */
/** Places of a report as numbers, for tests of formats whose places are bytes. */
#ifndef TESTS_SCORE_REPORT_PLACE_H
#define TESTS_SCORE_REPORT_PLACE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <score/report.h>

/** "byte 17" -> 17; UINT64_MAX: no byte. */
static inline uint64_t place_byte(const struct score_issue *issue)
{
	return strncmp(issue->where, "byte ", 5) == 0 ? strtoull(issue->where + 5, NULL, 10) : UINT64_MAX;
}

static inline uint64_t error_byte(const struct score_report *report)
{
	return report->n_errors ? place_byte(&report->error[0]) : UINT64_MAX;
}

static inline int has_warning(const struct score_report *report, const char *part)
{
	const uint32_t n = report->n_warnings < SCORE_MAX_ISSUES ? report->n_warnings : SCORE_MAX_ISSUES;
	for (uint32_t i = 0; i < n; i++)
		if (strstr(report->warning[i].reason, part))
			return 1;
	return 0;
}

#endif
