/* SPDX-License-Identifier: MIT */
#include <score/report.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <score/utf8.h>

/** Copy what fits, as valid UTF-8 without control characters: places and values come from hostile files. */
static void put_text(char *to, size_t size, const char *from, size_t len)
{
	size_t n = 0;
	for (size_t at = 0; at < len;) {
		const uint8_t byte = (uint8_t)from[at];
		if (byte >= 0x20 && byte < 0x7f && n + 1 < size) { /* mostly */
			to[n++] = from[at++];
			continue;
		}
		size_t width = score_utf8_len((const uint8_t *)from + at, len - at);
		if (n + (width ? width : 1) >= size)
			break;
		if (width == 0 || byte < 0x20 || byte == 0x7f) {
			to[n++] = width ? ' ' : '?';
			at++;
			continue;
		}
		memcpy(to + n, from + at, width);
		n += width;
		at += width;
	}
	to[n] = '\0';
}

[[gnu::format(printf, 4, 0)]] static void fill(
	struct score_issue *issue, const char *code, const char *where, const char *fmt, va_list args)
{
	char reason[2 * sizeof(issue->reason)];
	(void)vsnprintf(reason, sizeof(reason), fmt, args);
	issue->code = code;
	put_text(issue->where, sizeof(issue->where), where ? where : "", where ? strlen(where) : 0);
	put_text(issue->reason, sizeof(issue->reason), reason, strlen(reason));
	issue->value[0] = '\0';
}

int score_error(struct score_report *report, const char *code, const char *where, const char *fmt, ...)
{
	if (report->n_errors < SCORE_MAX_ISSUES) {
		va_list args;
		va_start(args, fmt);
		fill(&report->error[report->n_errors], code, where, fmt, args);
		va_end(args);
	}
	if (report->n_errors < UINT32_MAX)
		report->n_errors++;
	return -EINVAL;
}

void score_report_title(struct score_report *report, const char *title, size_t len)
{
	put_text(report->title, sizeof(report->title), title, len);
}

void score_warn(struct score_report *report, const char *code, const char *where, const char *fmt, ...)
{
	if (report->n_warnings < SCORE_MAX_ISSUES) {
		va_list args;
		va_start(args, fmt);
		fill(&report->warning[report->n_warnings], code, where, fmt, args);
		va_end(args);
	}
	if (report->n_warnings < UINT32_MAX)
		report->n_warnings++;
}

void score_error_value(struct score_report *report, const char *value, uint32_t len)
{
	if (report->n_errors && report->n_errors <= SCORE_MAX_ISSUES) {
		struct score_issue *issue = &report->error[report->n_errors - 1];
		put_text(issue->value, 80 + 1, value, len);
	}
}

void score_warn_value(struct score_report *report, const char *value, uint32_t len)
{
	if (report->n_warnings && report->n_warnings <= SCORE_MAX_ISSUES) {
		struct score_issue *issue = &report->warning[report->n_warnings - 1];
		put_text(issue->value, 80 + 1, value, len);
	}
}

struct score_where score_where_byte(uint64_t offset)
{
	return score_where_fmt("byte %llu", (unsigned long long)offset);
}

struct score_where score_where_line(uint64_t line, uint64_t column)
{
	if (column == 0)
		return score_where_fmt("line %llu", (unsigned long long)line);
	return score_where_fmt(
		"line %llu, column %llu", (unsigned long long)line, (unsigned long long)column);
}

struct score_where score_where_fmt(const char *fmt, ...)
{
	struct score_where where;
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(where.text, sizeof(where.text), fmt, args);
	va_end(args);
	return where;
}
