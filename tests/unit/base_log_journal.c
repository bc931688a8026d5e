/* SPDX-License-Identifier: MIT */
/* Which words of a log line become fields of a journal record. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>
#include <syslog.h>

#include "log_journal.h"

static char marked[256];

/* With '|' for the mark. */
static const char *mark(const char *fmt, unsigned int n)
{
	cr_expect_eq(log_mark_facts(fmt, marked, sizeof(marked)), n, "%s", fmt);
	for (char *c = marked; *c; c++)
		if (*c == LOG_FACT_MARK)
			*c = '|';
	return marked;
}

Test(log_journal, facts, .description = "the keys of the format are marked, and nothing else of it")
{
	cr_expect_str_eq(mark("a service is up: name=%s pid=%d", 2), "a service is up: |name=%s |pid=%d");
	cr_expect_str_eq(mark("cannot: error=\"%s\"", 1), "cannot: |error=\"%s\"");
	cr_expect_str_eq(mark("nothing to tell", 0), "nothing to tell");
	cr_expect_str_eq(mark("of %% d=%d", 0), "of %% d=%d");
	cr_expect_str_eq(mark("x=%s y =z Name=%s (a=%d) =", 0), "x=%s y =z Name=%s (a=%d) =");
}

Test(log_journal, bounds, .description = "a format without room, or with too many facts, is no danger")
{
	char small[12], many[512] = "";

	cr_expect_eq(log_mark_facts("much too long: key=%s", small, sizeof(small)), 0);
	for (int i = 0; i < 40; i++)
		strcat(many, " key=%d");
	cr_expect_eq(log_mark_facts(many, marked, sizeof(marked)), 0, "no room");
	many[7 * 20] = '\0';
	cr_expect_eq(log_mark_facts(many, marked, sizeof(marked)), LOG_FACTS_MAX);
}

static int send(const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = log_journal_send(LOG_DEBUG, "test-log-journal", "test", fmt, args);
	va_end(args);
	return rc;
}

Test(log_journal, forged,
	.description = "SEC-09: marks in what is printed are no fields, however many there are")
{
	char marks[900];

	/* "=x" behind each: what would be taken for a fact */
	for (size_t i = 0; i + 3 < sizeof(marks); i += 3)
		memcpy(&marks[i], "\x1f=x", 3);
	marks[897] = '\0';
	(void)send("a stranger came: name=%s", marks);
	/* There may be no journal here; what counts is that nothing was written beyond the fields. */
}
