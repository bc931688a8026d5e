/* SPDX-License-Identifier: MIT */
/* Scores as programs: whatever has chords can be accompanied. */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"

static struct band_report report;

static char *program_of(const char *text, uint32_t index)
{
	char *program = NULL;

	report = (struct band_report){0};
	cr_assert(band_chart_is((const uint8_t *)text, strlen(text)), "not taken for a score");
	cr_assert_eq(band_chart((const uint8_t *)text, strlen(text), index, &report, &program), 0, "%s",
		report.issue[0].message);
	return program;
}

Test(band_chart, abc,
	.description =
		"T-20: an ABC tune with chords is a program: repeats and endings played out, beats as slots, "
		"a chord held over the bar line")
{
	char *program =
		program_of("X:1\nT:A \"Tune\"\nM:4/4\nL:1/4\nQ:1/4=132\nK:G\n"
			   "|: \"G\"GGGG | \"C\"GG\"D7\"GG |1 \"G\"GGGG :|2 GGGG | \"Em\"GGG\"B7\"G |]\n",
			0);

	cr_expect_str_eq(program,
		"{\"name\":\"A \\\"Tune\\\"\",\"tempo\":132,\"time_signature\":\"4/4\",\"chords\":\""
		"| G / / / | C / D7 / | G / / / | G / / / | C / D7 / | G / / / | Em / / B7 |\"}");
	cr_expect_eq(report.n_issues, 0);
	free(program);
}

Test(band_chart, ireal,
	.description = "T-20: an iReal Pro song is a program: the style it names, its sections, 12/8 as four "
		       "beats, the "
		       "second of a list")
{
	static const char list[] =
		"irealb://One=W==Up%20Tempo%20Swing=C==1r34LbKcu7%5BT44C%5E7%20Z=P=200=0==="
		"Two=W==Slow%20Blues=F==1r34LbKcu7%7B*AT12F7%20%20%20%7D%5B*BBb7%20C7%20Z=P=66=0===List";
	char *program = program_of(list, 1);

	cr_expect_str_eq(program,
		"{\"name\":\"Two\",\"tempo\":66,\"time_signature\":\"4/4\",\"style\":\"slow_blues\","
		"\"sections\":\"A:1 A:1 B:1\",\"chords\":\"| F7 / / / | F7 / / / | Bb7 / C7 / |\"}");
	free(program);
	program = program_of(list, 0);
	cr_expect(strstr(program, "\"style\":\"swing\"") && strstr(program, "\"chords\":\"| Cmaj7 / / / |\""),
		"%s", program);
	free(program);
}

Test(band_chart, upbeats,
	.description = "T-20: an upbeat is no bar of its own, also where a repeat begins with it and ends "
		       "before it; one "
		       "with chords stands at the end of its bar")
{
	char *program =
		program_of("X:1\nT:T\nM:4/4\nL:1/4\nK:G\n"
			   "P:A\nD |: \"G\"GGGG | \"C\"CC\"D7\"D :|\nP:B\n|: D | \"Em\"EEEE | \"G\"GGG :|\n",
			0);

	cr_expect(strstr(program, "\"chords\":\"| G / / / | C / D7 / | G / / / | C / D7 / | Em / / / | "
				  "G / / / | Em / / / | G / / / |\""),
		"%s", program);
	cr_expect_eq(report.n_issues, 0);
	free(program);
	program = program_of("X:1\nT:T\nM:4/4\nL:1/4\nK:G\n\"D7\"D | \"G\"GGGG | \"C \"CCC\"what\"C |]\n", 0);
	cr_expect(strstr(program, "\"chords\":\"| N.C. / / D7 | G / / / | C / / / |\""), "%s", program);
	free(program);
}

Test(band_chart, many_sections,
	.description =
		"T-20: a form of very many sections is a program all the same: the last one has the rest")
{
	static const char list[] = "irealbook://One=W=Swing=C=n={*AT44C6 <99x>}{*BF6 <99x>}{*DG7 <99x>}Z=";
	char *program = program_of(list, 0);
	const char *end = strstr(program, "\",\"chords\"");

	cr_assert(end && end - program > 12, "%s", program);
	cr_expect_eq(strncmp(end - 3, ":97", 3), 0, "%.20s", end - 16);
	free(program);
}

Test(band_chart, basses, .description = "T-20: chords with a bass in small letters are chords")
{
	char *program = program_of("X:1\nT:T\nM:4/4\nL:1/4\nK:D\n\"D/f+\"DD\"A7/e\"DD|\"Em/zz\"E4|]\n", 0);

	cr_expect(strstr(program, "| D/F# / A7/E / | Em / / / |"), "%s", program);
	cr_expect_eq(report.n_issues, 1);
	cr_expect_str_eq(report.issue[0].code, "CHART_CHORD");
	free(program);
}

Test(band_chart, tempo, .description = "T-20: a song that has no tempo has that of its style")
{
	char *program = program_of("irealb://One=W==Ballad=C==1r34LbKcu7%5BT44C6%20%20%20Z=P=0=0===L", 0);

	cr_expect_null(strstr(program, "tempo"), "%s", program);
	cr_expect_not_null(strstr(program, "\"style\":\"ballad\""), "%s", program);
	free(program);
}

Test(band_chart, cut_time,
	.description = "T-20 FMT-09: 2/2 is a bar of four quarters, twice as fast; a style that its player "
		       "names counts; a link in a piece of HTML")
{
	char *program =
		program_of("<p><a href=\"irealb://One=W==Fast=C==1r34LbKcu7T22%5BC6%20F6%20G7%20A7%20Z="
			   "Latin-Brazil:%20Samba=110=0===L\">One</a>",
			0);

	cr_expect(strstr(program, "\"tempo\":220,\"time_signature\":\"4/4\",\"style\":\"samba\"") &&
			  strstr(program, "| C6 F6 G7 A7 |"),
		"%s", program);
	free(program);
}

Test(band_chart, meters, .description = "T-40: bars in another meter are told, not lost: there is one meter")
{
	char *program = program_of(
		"X:1\nT:T\nM:3/4\nL:1/4\nK:C\n\"C\"CCC|\"F\"CCC|[M:2/4]\"G\"CC|[M:3/4]\"C\"CCC|]\n", 0);

	cr_expect(strstr(program, "\"time_signature\":\"3/4\",\"style\":\"waltz\""), "%s", program);
	cr_expect(strstr(program, "| C / / | F / / | G / / | C / / |"), "%s", program);
	cr_expect_eq(report.n_issues, 1);
	cr_expect_str_eq(report.issue[0].code, "CHART_METER");
	cr_expect_eq(report.n_errors, 0);
	free(program);
}

Test(band_chart, refused,
	.description = "T-16: a score without chords, and none that is there, are refused with a reason")
{
	static const char mute[] = "X:1\nT:T\nM:4/4\nL:1/4\nK:C\nCCCC|]\n";
	char *program = NULL;

	report = (struct band_report){0};
	cr_expect_eq(band_chart((const uint8_t *)mute, sizeof(mute) - 1, 0, &report, &program), -EINVAL);
	cr_expect_str_eq(report.issue[0].code, "CHART_EMPTY");
	report = (struct band_report){0};
	cr_expect_eq(band_chart((const uint8_t *)mute, sizeof(mute) - 1, 7, &report, &program), -EINVAL);
	cr_expect_str_eq(report.issue[0].code, "CHART_INVALID");
	cr_expect_null(program);
	cr_expect_not(band_chart_is((const uint8_t *)"name: x\nchords: C7", 17), "a program is no score");
	cr_expect_not(band_chart_is((const uint8_t *)"{\"chords\":\"C7\"}", 15), "nor is one in JSON");
}
