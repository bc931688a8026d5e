/* SPDX-License-Identifier: MIT */
/** Reading inputs in one line: a program's text, flags and a setlist's defaults as "key=value" words. */
#ifndef TEST_BAND_INPUTS_FIXTURE_H
#define TEST_BAND_INPUTS_FIXTURE_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"

struct reading {
	int rc;
	struct band_report report;
	struct band_inputs in;
	char digest[65]; /**< empty: refused */
};

static struct band_styles *styles;

static inline void open_styles(void)
{
	struct band_report report = {0};

	styles = band_styles_new(/* dir= */ NULL, &report);
	cr_assert_not_null(styles);
	cr_assert_eq(report.n_issues, 0, "%s: %s", report.issue[0].where, report.issue[0].message);
}

static inline void close_styles(void)
{
	band_styles_free(styles);
}

/** "key=value\nkey=value"; splits `text` in place. */
static inline void put_overrides(char *text, struct band_overrides *ret)
{
	for (char *save = NULL, *word = strtok_r(text, "\n", &save); word;
		word = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(word, '=');
		uint32_t key = 0;

		*value++ = '\0';
		while (key < BAND_N_KEYS && strcmp(band_key_name(key), word) != 0)
			key++;
		cr_assert_lt(key, BAND_N_KEYS, "%s", word);
		ret->value[key] = value;
	}
}

/** NULL for what is not there. */
static inline struct reading *read_all(
	const char *program, const char *flags, const char *setlist, bool strict)
{
	struct reading *r = calloc(1, sizeof(*r));
	char *typed = strdup(flags ? flags : ""), *listed = strdup(setlist ? setlist : "");
	struct band_source source = {
		.program = program, .program_size = program ? strlen(program) : 0, .strict = strict};

	cr_assert(r && typed && listed);
	put_overrides(typed, &source.flags);
	put_overrides(listed, &source.setlist);
	r->rc = band_inputs_read(&source, styles, &r->report, &r->in);
	if (r->rc == 0)
		cr_assert_eq(band_inputs_digest(&r->in, r->digest), 0);
	free(typed);
	free(listed);
	return r;
}

static inline struct reading *read_program(const char *program)
{
	return read_all(program, NULL, NULL, false);
}

static inline struct reading *read_flags(const char *flags)
{
	return read_all(NULL, flags, NULL, false);
}

static inline void end_reading(struct reading *r)
{
	if (r->rc == 0)
		band_inputs_finish(&r->in);
	free(r);
}

static inline const struct band_issue *issue_of(const struct reading *r, const char *code)
{
	for (uint32_t i = 0; i < r->report.n_issues && i < BAND_MAX_ISSUES; i++) {
		if (strcmp(r->report.issue[i].code, code) == 0)
			return &r->report.issue[i];
	}
	return NULL;
}

static inline void assert_read(const struct reading *r, const char *what)
{
	cr_assert_eq(r->rc, 0, "%s: %s %s: %s", what, r->report.issue[0].code, r->report.issue[0].where,
		r->report.issue[0].message);
}

#endif
