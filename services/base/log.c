/* SPDX-License-Identifier: MIT */
/* Log lines on stderr. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "log_journal.h"

static struct {
	const char *program;
	int level;
	int prefix;  /* "<N>" before each line */
	int journal; /* 1: stderr is the journal's, and records can be sent there */
} log_state = {.program = "mos", .level = LOG_INFO};

void log_open(const char *program, int level)
{
	log_state.program = program;
	log_state.level = level;
	log_state.prefix = getenv("JOURNAL_STREAM") && !isatty(STDERR_FILENO);
	log_state.journal = log_journal_is_open();
}

void log_line(int level, const char *fmt, ...)
{
	char line[1024];
	size_t len;
	va_list args;

	if (level > log_state.level)
		return;
	if (log_state.journal) {
		const char *dash = strchr(log_state.program, '-');
		int rc;

		va_start(args, fmt);
		rc = log_journal_send(
			level, log_state.program, dash ? dash + 1 : log_state.program, fmt, args);
		va_end(args);
		if (rc >= 0)
			return;
	}
	if (log_state.prefix)
		(void)snprintf(line, sizeof(line), "<%d>", level);
	else
		(void)snprintf(line, sizeof(line), "%s: ", log_state.program);
	len = strlen(line);
	va_start(args, fmt);
	(void)vsnprintf(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	len = strlen(line);
	if (len == sizeof(line) - 1)
		len--;
	line[len++] = '\n';
	/* One write a line, so that lines of several processes on one terminal do not mix. */
	(void)!write(STDERR_FILENO, line, len);
}
