/* SPDX-License-Identifier: MIT */
/* Groups of parts: brackets, their names, the bar lines that they join; THE-13, NVX-16. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engrave_fixture.h"
#include <score/groups.h>

#define BRACKET_TOP 0xe003u
#define BRACE 0xe000u

TestSuite(engrave_groups, .init = setup, .fini = teardown);

/** Four voices, two measures on two lines; the last two parts are in a group of their own. */
static struct score *choir(const char *outer, const char *inner, const char *in_note)
{
	static const char *const name[] = {"Soprano", "Alto", "Tenor", "Bass"};
	char text[16384];
	int n = snprintf(text, sizeof(text),
		"<score-partwise><part-list><part-group type=\"start\" number=\"1\">%s"
		"</part-group>",
		outer);
	for (int i = 0; i < 4; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			"%s%s%s<score-part id=\"P%d\"><part-name>%s</part-name></score-part>",
			i == 2 ? "<part-group type=\"start\" number=\"2\">" : "", i == 2 ? inner : "",
			i == 2 ? "</part-group>" : "", i, name[i]);
	n += snprintf(text + n, sizeof(text) - (size_t)n,
		"<part-group type=\"stop\" number=\"2\"/><part-group type=\"stop\" "
		"number=\"1\"/></part-list>");
	for (int i = 0; i < 4; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			"<part id=\"P%d\"><measure "
			"number=\"1\"><attributes><divisions>1</divisions></attributes>"
			"<note><pitch><step>A</step><octave>4</octave></pitch><duration>4</duration>%s</"
			"note></measure>"
			"<measure number=\"2\"><note><pitch><step>G</step><octave>4</octave></pitch>"
			"<duration>4</duration></note></measure><measure number=\"3\"><print "
			"new-system=\"yes\"/>"
			"<note><pitch><step>G</step><octave>4</octave></pitch><duration>4</duration></note>"
			"</measure></part>",
			i, in_note);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "</score-partwise>");
	return imported(text, (size_t)n);
}

static struct engraving *engraved(const struct score *score)
{
	struct engraving *e;
	const struct engrave_options o = engrave_default_options();
	cr_assert_eq(engrave(score, &o, metrics, NULL, NULL, &e), 0);
	return e;
}

static unsigned count_of(const struct engraving *e, uint32_t code)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < e->n_shapes; i++)
		n += e->shape[i].kind == MOS_SHAPE_GLYPH && e->shape[i].glyph == code;
	return n;
}

/** Upright strokes at the end of the first measure: how many, and the longest. */
static unsigned bars_of(const struct engraving *e, float *ret_longest)
{
	const struct engrave_measure *m = &e->measure[0];
	unsigned n = 0;
	*ret_longest = 0;
	for (uint32_t i = m->first_shape; i < m->first_shape + m->n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind != MOS_SHAPE_LINE || s->x != s->w || (s->color & 0xff) != MOS_TOKEN_STAFF ||
			fabsf(s->x - m->rect.x - m->rect.w) > 0.5f)
			continue;
		n++;
		*ret_longest = fmaxf(*ret_longest, fabsf(s->h - s->y));
	}
	return n;
}

static float x_of_text(const struct engraving *e, uint32_t system, const char *text)
{
	for (uint32_t i = e->system[system].first_shape;
		i < e->system[system].first_shape + e->system[system].n_shapes; i++) {
		const struct mos_shape *s = &e->shape[i];
		if (s->kind == MOS_SHAPE_TEXT && s->glyph == strlen(text) &&
			memcmp(s->p, text, strlen(text)) == 0)
			return s->x;
	}
	return NAN;
}

Test(engrave_groups, bracket,
	.description =
		"THE-13 NVX-16: a bracket joins the staves of a family, its bar lines go through them all")
{
	struct score *score =
		choir("<group-name>Strings</group-name><group-abbreviation>Str.</group-abbreviation>"
		      "<group-symbol>bracket</group-symbol><group-barline>yes</group-barline>",
			"<group-symbol>brace</group-symbol><group-barline>yes</group-barline>", "");
	struct engraving *e = engraved(score);
	float longest;
	cr_assert_eq(e->n_systems, 2);
	cr_expect_eq(count_of(e, BRACKET_TOP), 2);
	cr_expect_eq(count_of(e, BRACE), 2);
	cr_expect_eq(bars_of(e, &longest), 1);
	cr_expect_float_eq(longest, e->system[0].staff_bottom - e->system[0].staff_top, 0.01f);
	cr_expect_lt(x_of_text(e, 0, "Strings"), x_of_text(e, 0, "Alto"));
	cr_expect_lt(x_of_text(e, 1, "Str."), x_of_text(e, 1, "A."), "in short on the second line");
	engraving_free(e);
	score_unref(score);
}

Test(engrave_groups, words, .description = "THE-13: bar lines of a choir leave its words alone")
{
	struct score *score = choir("<group-symbol>bracket</group-symbol><group-barline>yes</group-barline>",
		"<group-barline>yes</group-barline>", "<lyric><text>la</text></lyric>");
	struct engraving *e = engraved(score);
	float longest;
	cr_expect_eq(bars_of(e, &longest), 4);
	cr_expect_float_eq(longest, 4, 0.01f);
	cr_expect_eq(count_of(e, BRACKET_TOP), 2);
	engraving_free(e);
	score_unref(score);
}

Test(engrave_groups, between, .description = "THE-13: a Mensurstrich stands between the staves, not in them")
{
	struct score *score =
		choir("<group-barline>Mensurstrich</group-barline>", "<group-symbol>line</group-symbol>", "");
	struct engraving *e = engraved(score);
	float longest;
	cr_expect_eq(bars_of(e, &longest), 3);
	cr_expect_lt(longest, (e->system[0].staff_bottom - e->system[0].staff_top - 16) / 3 + 1);
	engraving_free(e);
	score_unref(score);
}

Test(engrave_groups, kept, .description = "NVX-16: groups come back from MusicXML as they were written")
{
	struct score *score =
		choir("<group-name>A \"B\" } \\ C</group-name><group-symbol>bracket</group-symbol>",
			"<group-symbol>square</group-symbol><group-barline>no</group-barline>", "");
	static struct score_report report;
	struct score_group group[SCORE_GROUPS_MAX];
	struct score_bytes out = {};
	score_bytes_init(&out, &score_heap);
	for (unsigned round = 0; round < 2; round++) {
		cr_assert_eq(score_groups(score, group), 2);
		cr_expect_eq(group[0].first, 0);
		cr_expect_eq(group[0].end, 4);
		cr_expect_str_eq(group[0].name, "A \"B\" } \\ C");
		cr_expect_eq(group[0].symbol, SCORE_GROUP_BRACKET);
		cr_expect_eq(group[0].bars, SCORE_BARS_UNSET);
		cr_expect_eq(group[1].first, 2);
		cr_expect_eq(group[1].end, 4);
		cr_expect_eq(group[1].symbol, SCORE_GROUP_SQUARE);
		cr_expect_eq(group[1].bars, SCORE_BARS_APART);
		memset(&report, 0, sizeof(report));
		out.n = 0;
		cr_assert_eq(musicxml_export(score, &out, &report), 0);
		score_unref(score);
		score = imported((const char *)out.data, out.n);
	}
	score_unref(score);
	free(out.data);
}
