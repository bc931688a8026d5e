/* SPDX-License-Identifier: MIT */
/* Which words of a log line become fields of a journal record. */
#include <criterion/criterion.h>
#include <string.h>

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
