/* SPDX-License-Identifier: MIT */
/* Setlists in both forms, exercises in both forms. */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "setlist.h"

static int read_setlist(const char *text, struct band_report *report, struct band_setlist *ret)
{
	*report = (struct band_report){0};
	return band_setlist_read(text, strlen(text), report, ret);
}

Test(band_setlist, forms,
	.description = "T-21: a setlist of programs and one of items, with defaults below the programs' own")
{
	struct band_report report;
	struct band_setlist list;

	cr_assert_eq(read_setlist("name: Pack\ntempo: 120\noutfile: pack.mid\nprograms:\n  - config: "
				  "../a.ztprog\n    repeat: 2\n"
				  "  - config: b.ztprog\n    notes: slow\n",
			     &report, &list),
		0);
	cr_assert_eq(report.n_issues, 0);
	cr_assert_str_eq(list.title, "Pack");
	cr_assert_str_eq(list.outfile, "pack.mid");
	cr_assert_str_eq(list.defaults.value[BAND_KEY_TEMPO], "120");
	cr_assert_eq(list.n_items, 2);
	cr_assert_str_eq(list.item[0].path, "../a.ztprog");
	cr_assert(list.item[0].repeats == 2 && list.item[1].repeats == 1);
	cr_assert_str_eq(list.item[1].notes, "slow");
	band_setlist_finish(&list);

	cr_assert_eq(read_setlist("{\"id\":\"x\",\"title\":\"Two\",\"level\":\"A\",\"items\":[{\"name\":"
				  "\"One\",\"file\":\"p/a.ztprog\","
				  "\"repeats\":3}],\"defaults\":{\"tempo\":99.5,\"bars_per_chord\":2,"
				  "\"style\":\"bossa\",\"colour\":1}}",
			     &report, &list),
		0);
	cr_assert(report.n_issues == 1 && strcmp(report.issue[0].where, "/defaults/colour") == 0);
	cr_assert_str_eq(list.title, "Two");
	cr_assert_str_eq(list.item[0].name, "One");
	cr_assert_str_eq(list.defaults.value[BAND_KEY_TEMPO], "99.5");
	cr_assert_str_eq(list.defaults.value[BAND_KEY_BARS], "2");
	cr_assert_str_eq(list.defaults.value[BAND_KEY_STYLE], "bossa");
	cr_assert_null(list.defaults.value[BAND_KEY_CHORDS]);
	band_setlist_finish(&list);
}

Test(band_setlist, faults, .description = "T-57: what is wrong with a setlist, and where")
{
	static const struct {
		const char *text, *where;
	} cases[] = {
		{"[]", "/"},
		{"{}", "/"},
		{"{\"items\":[]}", "/items"},
		{"{\"items\":[1]}", "/items/0"},
		{"{\"items\":[{\"name\":\"x\"}]}", "/items/0"},
		{"{\"items\":[{\"file\":\"\"}]}", "/items/0/file"},
		{"{\"items\":[{\"file\":\"a\\nb\"}]}", "/items/0/file"},
		{"{\"items\":[{\"file\":\"a\",\"repeats\":0}]}", "/items/0/repeats"},
		{"{\"items\":[{\"file\":\"a\",\"repeats\":1000}]}", "/items/0/repeats"},
		{"{\"items\":[{\"file\":\"a\"}],\"defaults\":3}", "/defaults"},
	};
	struct band_report report;
	struct band_setlist list;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_eq(read_setlist(cases[i].text, &report, &list), -EINVAL, "%s", cases[i].text);
		cr_assert_str_eq(report.issue[0].where, cases[i].where, "%s", cases[i].text);
	}
	cr_assert_eq(
		read_setlist("{\"items\":[{\"file\":\"a\"}],\"outfile\":\"../../x.mid\"}", &report, &list),
		0);
	cr_assert_eq(list.outfile[0], '\0', "no way out of the folder");
	cr_assert_eq(report.n_issues, 1);
	band_setlist_finish(&list);
}

Test(band_setlist, exercises,
	.description = "T-21: an exercise names its backing; what is said to the player becomes lines")
{
	static const char older[] =
		"name: Roots\nprogram: ../a.ztprog\nexercise_type: cycle\n"
		"task: {mode: play_roots, instructions: \"Play\\nroots\", prompts: [C, F]}\n"
		"interaction: {mode: self_report, questions: ['Why?']}\n";
	static const char newer[] = "{\"id\":\"e\",\"title\":\"Shells\",\"program_refs\":[\"a.ztprog\",\"b."
				    "ztprog\"],\"free\":{\"x\":1},"
				    "\"goals\":[\"hear\"],\"assessment\":{\"pass_criteria\":{\"max_ms\":35},"
				    "\"pass_condition\":\"in time\"}}";
	struct band_report report = {0};
	struct band_exercise e;

	cr_assert_eq(band_exercise_read(older, strlen(older), &report, &e), 0);
	cr_assert_str_eq(e.id, "Roots");
	cr_assert_str_eq(e.title, "Roots");
	cr_assert_str_eq(e.program, "../a.ztprog");
	cr_assert_str_eq(e.type, "cycle");
	cr_assert_str_eq(e.text,
		"Task: play_roots\nInstructions: Play roots\nPrompts:\n- C\n- F\nQuestions:\n- Why?\n");
	band_exercise_finish(&e);
	cr_assert_eq(band_exercise_read(newer, strlen(newer), &report, &e), 0);
	cr_assert_eq(report.n_issues, 0);
	cr_assert_str_eq(e.program, "a.ztprog");
	cr_assert_str_eq(e.text, "Goals:\n- hear\nPassed when: in time\nLimits:\n- max_ms: 35\n");
	band_exercise_finish(&e);
	cr_assert_eq(band_exercise_read("{\"id\":\"e\"}", 10, &report, &e), -EINVAL);
	cr_assert_str_eq(report.issue[0].where, "/");
}
