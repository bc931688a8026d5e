/* SPDX-License-Identifier: MIT */
/** What tests of the engraver begin with: a font's measures, and scores from text. */
#ifndef TESTS_ENGRAVE_FIXTURE_H
#define TESTS_ENGRAVE_FIXTURE_H

#include <criterion/criterion.h>

#include <string.h>

#include <engrave/engrave.h>
#include <font.h>
#include <score/format.h>

static struct font_set *fonts;
static const struct engrave_metrics *metrics;

static void setup(void)
{
	char error[512] = "";
	cr_assert_eq(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)),
		0, "%s", error);
	metrics = font_metrics(fonts);
}

static void teardown(void)
{
	font_close(fonts);
}

/** A score in any of the formats. */
static struct score *imported(const char *text, size_t n)
{
	static struct score_report report;
	struct score *score;
	memset(&report, 0, sizeof(report));
	const struct score_import import = {.alloc = &score_heap, .name = "test"};
	cr_assert_eq(score_import((const uint8_t *)text, n, &import, &report, &score, NULL), 0);
	return score;
}

#endif
