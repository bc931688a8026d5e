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
		"a chord held over the bar line, an upbeat as a bar")
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
