/* SPDX-License-Identifier: MIT */
/* Styles as data: the registry, a user's own folder, what is wrong with a file. */
#include "band_inputs_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "style_internal.h"

TestSuite(band_style, .init = open_styles, .fini = close_styles);

#define SMALL(name)                                                                                          \
	"{\"style\":\"" name "\",\"patterns\":{\"medium\":{\"comp\":[[0,1,90]],\"bass\":[[0,2,80]]}}}"

Test(band_style, registry,
	.description = "T-57: the reference's 48 come first, in its order; ours by name, after them")
{
	static const char *const reference[] = {"swing_basic", "bossa_basic", "ballad_basic", "samba_4_4"};
	const uint32_t n = band_styles_count(styles);

	cr_assert_geq(n, 48 + 12);
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_str_eq(band_styles_at(styles, i)->name, reference[i]);
	cr_assert_str_eq(band_styles_at(styles, 47)->name, "andalusian_bass");
	for (uint32_t i = 0; i < n; i++) {
		const struct band_style *style = band_styles_at(styles, i);

		cr_assert_eq(style->is_reference, i < 48, "%s", style->name);
		cr_assert_eq(band_styles_find(styles, style->name), style);
		cr_assert(style->title[0] && style->text[0], "%s", style->name);
		if (i > 48)
			cr_assert_lt(strcmp(band_styles_at(styles, i - 1)->name, style->name), 0);
		if (i < 48) {
			cr_assert(style->profile && style->meter_num == 4 && style->meter_den == 4 &&
				  style->swing == 0);
			cr_assert_eq(style->pattern[BAND_MEDIUM]->line[BAND_DRUMS].n_hits, 0);
		}
	}
	cr_assert_null(band_styles_at(styles, n));
	cr_assert_null(band_styles_find(styles, "none"));
}

Test(band_style, full_samba, .description = "T-57: a reference style's fields, from its data")
{
	const struct band_style *style = band_styles_find(styles, "samba_brazil_full");

	cr_assert_not_null(style);
	cr_assert(style->ghost_vel == 14 && style->n_ghost_steps == 4 && style->ghost_step[3] == 13);
	cr_assert(style->has_pickup && style->pickup_beat == 3.5 && style->pickup_vel == 65);
	cr_assert(style->contour && style->contour_soft == 0.8 && style->contour_strong == 1.08);
	cr_assert(style->contour_pickup == 0.65 && style->contour_ghost == 1.0 &&
		  style->ghost_len_beats == 0.0625);
	cr_assert_str_eq(style->clave, "surdo_4_4");
	cr_assert_not(style->clave_strict);
	cr_assert(band_styles_find(styles, "tumbao_major")->clave_strict);
	cr_assert(style->program[BAND_COMP] == 0 && style->program[BAND_BASS] == 32);
	const struct band_line *comp = &style->pattern[BAND_MEDIUM]->line[BAND_COMP];
	cr_assert_eq(comp->n_hits, 4);
	cr_assert(comp->hit[1].beat == 1.5 && comp->hit[1].len == 0.25 && comp->hit[1].velocity == 90);
	cr_assert_eq(comp->hit[1].tone, BAND_TONE_CHORD);
}

Test(band_style, near, .description = "T-57: the nearest name, for the hint")
{
	static const char *const names[][2] = {{"bosa_basic", "bossa_basic"}, {"swing_basik", "swing_basic"},
		{"Waltz", "waltz"}, {"tumbao_minor", "tumbao_major"}};

	for (size_t i = 0; i < 4; i++)
		cr_assert_str_eq(band_styles_near(styles, names[i][0])->name, names[i][1]);
	cr_assert_null(band_styles_near(styles, ""));
	cr_assert_null(band_styles_near(styles, "qqqqqqqqqqqq"));
	cr_assert_null(band_styles_near(styles,
		"x_very_long_name_that_goes_on_and_on_and_is_longer_than_any_name_can_be_1234567890"));
}

/* Files */

static struct band_style *read_style(const char *json)
{
	struct band_report report = {0};
	struct band_style *style = band_style_read(json, strlen(json), &report);

	cr_assert_not_null(style, "%s: %s: %s", json, report.issue[0].where, report.issue[0].message);
	cr_assert_eq(report.n_issues, 0, "%s: %s", report.issue[0].where, report.issue[0].message);
	return style;
}

Test(band_style, file, .description = "T-57: all that a style's file can say")
{
	struct band_style *style = read_style(
		"{\"style\":\"mine\",\"title\":\"Mine\",\"text\":\"Of a "
		"test.\",\"meter\":\"12/8\",\"tempo\":[40,60,90],\"swing\":0.5,"
		"\"clave\":\"rumba_3_2\",\"clave_strict\":true,\"programs\":{\"comp\":4,\"bass\":33,"
		"\"drums\":8},\"patterns\":{"
		"\"medium\":{\"bars\":2,\"comp\":[[3,1,70,\"high\"],[0,1,80]],\"bass\":[[0,1,80,\"walk\"],["
		"11.5,0.5,70,\"approach\"]],"
		"\"drums\":[[0,0.25,90,36]]},\"soft\":{\"bars\":2,\"drums\":[]},\"hard\":{\"bars\":2,"
		"\"comp\":[[0,1,100]]}},"
		"\"fill\":{\"drums\":[[5.5,0.25,100,38]]},\"ending\":{\"comp\":[[0,4,90]]},\"ghost\":{"
		"\"vel\":15,\"steps\":[1,23],"
		"\"len\":0.1},\"pickup\":{\"beat\":5.5},\"contour\":{\"soft\":0.7},\"profile\":false}");

	cr_assert(style->meter_num == 12 && style->meter_den == 8 && style->swing == 0.5 &&
		  style->clave_strict);
	cr_assert(style->tempo_min == 40 && style->tempo_usual == 60 && style->tempo_max == 90);
	cr_assert(style->program[0] == 4 && style->program[1] == 33 && style->program[2] == 8 &&
		  !style->is_reference);
	const struct band_pattern *medium = style->pattern[BAND_MEDIUM], *soft = style->pattern[BAND_SOFT],
				  *hard = style->pattern[BAND_HARD];
	cr_assert_eq(medium->line[BAND_COMP].hit[0].beat, 0, "in order of beat");
	cr_assert_eq(medium->line[BAND_COMP].hit[1].tone, BAND_TONE_HIGH);
	cr_assert_eq(medium->line[BAND_BASS].hit[1].tone, BAND_TONE_APPROACH);
	cr_assert_eq(soft->line[BAND_DRUMS].n_hits, 0, "an empty list rests");
	cr_assert_eq(soft->line[BAND_COMP].n_hits, 2, "what is not mentioned is medium's");
	cr_assert_eq(hard->line[BAND_DRUMS].hit[0].tone, 36);
	cr_assert_eq(hard->line[BAND_COMP].n_hits, 1);
	cr_assert(style->fill->line[BAND_DRUMS].hit[0].beat == 5.5 &&
		  style->ending->line[BAND_COMP].hit[0].len == 4);
	cr_assert(style->ghost_vel == 15 && style->ghost_step[1] == 23 && style->contour &&
		  style->contour_soft == 0.7);
	cr_assert(style->contour_strong == 1.08 && style->pickup_beat == 5.5 && !style->profile);
	struct band_style *copy = band_style_copy(style);
	char *a = band_style_content(style), *b = band_style_content(copy);
	cr_assert_str_eq(a, b);
	free(a);
	free(b);
	band_style_free(copy);
	band_style_free(style);
	band_style_free(NULL);
}

Test(band_style, faults, .description = "T-57: what is wrong with a style's file, and where")
{
	static const struct {
		const char *json, *where;
	} cases[] = {
		{"[]", "/"},
		{"{\"patterns\":{\"medium\":{}}}", "/"},
		{"{\"style\":\"Mine\",\"patterns\":{\"medium\":{}}}", "/style"},
		{"{\"style\":\"\",\"patterns\":{\"medium\":{}}}", "/style"},
		{"{\"style\":\"a_name_that_is_longer_than_forty_seven_bytes_is_refused\",\"patterns\":{"
		 "\"medium\":{}}}",
			"/style"},
		{"{\"style\":\"m\"}", "/"},
		{"{\"style\":\"m\",\"patterns\":{\"soft\":{}}}", "/patterns"},
		{"{\"style\":\"m\",\"meter\":\"4/3\",\"patterns\":{\"medium\":{}}}", "/meter"},
		{"{\"style\":\"m\",\"tempo\":[100,90,120],\"patterns\":{\"medium\":{}}}", "/tempo"},
		{"{\"style\":\"m\",\"tempo\":[100,110],\"patterns\":{\"medium\":{}}}", "/tempo"},
		{"{\"style\":\"m\",\"swing\":2,\"patterns\":{\"medium\":{}}}", "/swing"},
		{"{\"style\":\"m\",\"programs\":{\"comp\":128},\"patterns\":{\"medium\":{}}}",
			"/programs/comp"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"bars\":9}}}", "/patterns/medium/bars"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"comp\":[[0,1]]}}}", "/patterns/medium/comp/0"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"comp\":[[4,1,90]]}}}",
			"/patterns/medium/comp/0/0"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"comp\":[[-1,1,90]]}}}",
			"/patterns/medium/comp/0/0"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"comp\":[[0,0,90]]}}}",
			"/patterns/medium/comp/0/1"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"comp\":[[0,1,0]]}}}",
			"/patterns/medium/comp/0/2"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"comp\":[[0,1,128]]}}}",
			"/patterns/medium/comp/0/2"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"bass\":[[0,1,90,\"ninth\"]]}}}",
			"/patterns/medium/bass/0/3"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"drums\":[[0,1,90]]}}}",
			"/patterns/medium/drums/0"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"drums\":[[0,1,90,\"kick\"]]}}}",
			"/patterns/medium/drums/0/3"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{\"bars\":2,\"comp\":[[0,1,9]]},\"soft\":{}}}",
			"/patterns/soft"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{}},\"fill\":{\"bars\":2}}", "/fill/bars"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{}},\"ghost\":{\"steps\":[16]}}",
			"/ghost/steps/0"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{}},\"pickup\":{\"beat\":4}}", "/pickup/beat"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{}},\"contour\":{\"soft\":0}}", "/contour/soft"},
		{"{\"style\":\"m\",\"patterns\":{\"medium\":{}},\"profile\":1}", "/profile"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct band_report report = {0};

		cr_assert_null(
			band_style_read(cases[i].json, strlen(cases[i].json), &report), "%s", cases[i].json);
		cr_assert_str_eq(report.issue[0].where, cases[i].where, "%s: %s", cases[i].json,
			report.issue[0].message);
	}
	struct band_report report = {0};
	static const char unknown[] =
		"{\"style\":\"m\",\"patterns\":{\"medium\":{\"piano\":[]}},\"colour\":1}";
	struct band_style *style = band_style_read(unknown, strlen(unknown), &report);
	cr_assert_not_null(style);
	cr_assert(report.n_issues == 2 && report.n_errors == 0, "unknown keys are told");
	band_style_free(style);
}

Test(band_style, other_bass, .description = "T-57: one style's comp with another's bass, of different length")
{
	struct band_style *comp = read_style(
		"{\"style\":\"c\",\"patterns\":{\"medium\":{\"bars\":2,\"comp\":[[0,1,80],[5,1,80]]},"
		"\"hard\":{\"bars\":1,\"comp\":[[0,1,99]]}},\"programs\":{\"bass\":33}}");
	struct band_style *bass = read_style(
		"{\"style\":\"b\",\"patterns\":{\"medium\":{\"bars\":3,\"bass\":[[0,1,70],[11,1,71]]},"
		"\"soft\":{\"bars\":1,\"bass\":[[2,1,40]]}},\"programs\":{\"bass\":38}}");

	cr_assert_eq(band_style_take_bass(comp, bass), 0);
	const struct band_pattern *medium = comp->pattern[BAND_MEDIUM], *soft = comp->pattern[BAND_SOFT],
				  *hard = comp->pattern[BAND_HARD];
	cr_assert_eq(medium->bars, 6);
	cr_assert_eq(medium->line[BAND_COMP].n_hits, 6);
	cr_assert_eq(medium->line[BAND_COMP].hit[5].beat, 21);
	cr_assert_eq(medium->line[BAND_BASS].n_hits, 4);
	cr_assert_eq(medium->line[BAND_BASS].hit[3].beat, 23);
	cr_assert(soft->bars == 2 && soft->line[BAND_COMP].n_hits == 2 && soft->line[BAND_BASS].n_hits == 2);
	cr_assert(hard->bars == 3 && hard->line[BAND_COMP].n_hits == 3 && hard->line[BAND_BASS].n_hits == 2);
	cr_assert_eq(comp->program[BAND_BASS], 38);
	band_style_free(comp);
	band_style_free(bass);
}

/* A user's folder */

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	cr_assert_not_null(f);
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
}

Test(band_style, folder,
	.description = "T-57: a user's styles come on top, faults in their files are told and harm nobody")
{
	char dir[] = "/tmp/band-style-XXXXXX", path[64];
	struct band_report report = {0};
	static const char *const names[] = {
		"b.json", "a.yaml", "taken.json", "bad.json", "twice.json", "note.txt", "fifo.json"};

	cr_assert_not_null(mkdtemp(dir));
	put_file(dir, "b.json", SMALL("zz_mine"));
	put_file(dir, "a.yaml", "style: mine_too\npatterns: {medium: {comp: [[0, 1, 90]]}}\n");
	put_file(dir, "taken.json", SMALL("swing_basic"));
	put_file(dir, "twice.json", SMALL("zz_mine"));
	put_file(dir, "bad.json", "{\"style\":");
	put_file(dir, "note.txt", "no style");
	(void)snprintf(path, sizeof(path), "%s/fifo.json", dir);
	cr_assert_eq(mkfifo(path, 0600), 0);

	struct band_styles *more = band_styles_new(dir, &report);
	cr_assert_not_null(more);
	cr_assert_eq(band_styles_count(more), band_styles_count(styles) + 2);
	cr_assert_not_null(band_styles_find(more, "zz_mine"));
	cr_assert_not_null(band_styles_find(more, "mine_too"));
	cr_assert(band_styles_find(more, "swing_basic")->is_reference);
	cr_assert(report.n_errors == 0 && report.n_issues == 4, "%u", report.n_issues);
	cr_assert_str_eq(report.issue[0].code, "STYLE_FILE");
	cr_assert_eq(strncmp(report.issue[0].where, "bad.json: line 1", 16), 0, "%s", report.issue[0].where);
	cr_assert_str_eq(report.issue[1].where, "fifo.json: /");
	cr_assert_str_eq(report.issue[2].code, "STYLE_TAKEN");
	cr_assert_str_eq(report.issue[2].where, "taken.json: /style");
	cr_assert_str_eq(report.issue[3].where, "twice.json: /style");
	/* New styles change nothing about the old ones. */
	struct reading *before = read_flags("chords=C7 Fm7\nstyle=samba_funk");
	band_styles_free(styles);
	styles = more;
	struct reading *after = read_flags("chords=C7 Fm7\nstyle=samba_funk");
	cr_assert_str_eq(before->digest, after->digest);
	end_reading(before);
	end_reading(after);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		cr_assert_eq(unlink(path), 0);
	}
	cr_assert_eq(rmdir(dir), 0);
	struct band_report absent = {0};
	struct band_styles *none = band_styles_new(dir, &absent);
	cr_assert_not_null(none);
	cr_assert_eq(absent.n_issues, 0, "a folder that is not there is no fault");
	band_styles_free(none);
}

Test(band_style, documented, .description = "T-57: the example of docs/STYLES.md is read without a word")
{
	FILE *f = fopen(MOS_SOURCE_ROOT "/docs/STYLES.md", "r");
	char text[65536] = "";

	cr_assert_not_null(f);
	cr_assert_gt(fread(text, 1, sizeof(text) - 1, f), 0);
	(void)fclose(f);
	char *example = strstr(text, "```yaml\n"), *end = example ? strstr(example + 8, "```") : NULL;
	cr_assert(example && end);
	*end = '\0';
	struct band_style *style = read_style(example + 8);
	cr_assert_str_eq(style->name, "my_waltz");
	cr_assert_eq(style->fill->line[BAND_DRUMS].n_hits, 4);
	band_style_free(style);
}
