/* SPDX-License-Identifier: MIT */
/* The programs of the Tritone corpus against expected.tsv: what the reference's loader and validator said of
 * each. */
#define CORPUS "tritone"
#include "corpus.h"

#include "inputs.h"
#include "setlist.h"

#define COLUMNS 14

enum {
	FILE_NAME = 0,
	REF_LOAD = 2,
	COMP_STYLE,
	COMP_KNOWN,
	BASS_STYLE,
	BASS_KNOWN,
	METER,
	TEMPO,
	N_CHORDS = 10,
	REF_VALIDATE
};

static struct band_styles *styles;

static void open_styles(void)
{
	struct band_report report = {0};

	styles = band_styles_new(/* dir= */ NULL, &report);
	cr_assert_not_null(styles);
}

static void close_styles(void)
{
	band_styles_free(styles);
}

TestSuite(band_programs, .init = open_styles, .fini = close_styles);

static bool has_code(const struct band_report *report, const char *code)
{
	for (uint32_t i = 0; i < report->n_issues && i < BAND_MAX_ISSUES; i++) {
		if (strcmp(report->issue[i].code, code) == 0)
			return true;
	}
	return false;
}

/** Of the reference's validator; ours has more codes. */
static bool is_reference_code(const char *code)
{
	static const char *const codes[] = {"LOAD_ERROR", "KEY_RENAME", "METER_UNSUPPORTED", "STYLE_MISSING",
		"STYLE_TYPE", "METER_MISMATCH", "BAR_STEPS_TYPE", "BAR_STEPS_MISMATCH", "VEL_PRESET_UNKNOWN",
		"VEL_MULT_RANGE", "GHOST_TYPE", "VEL_TYPE", "GHOST_VEL_RANGE", "GHOST_STEPS_TYPE",
		"GHOST_STEPS_RANGE", "GHOST_DISABLED", "GHOST_LEN_RANGE", "PICKUP_BEAT_TYPE",
		"PICKUP_BEAT_RANGE", "PICKUP_VEL_RANGE", "VEL_DISABLED"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strcmp(codes[i], code) == 0)
			return true;
	}
	return false;
}

static void check_validation(const char *column[COLUMNS], const struct band_report *report)
{
	char want[256], *save = NULL;
	uint32_t n_want = 0, n = 0;

	(void)snprintf(
		want, sizeof(want), "%s", strcmp(column[REF_VALIDATE], "-") ? column[REF_VALIDATE] : "");
	for (char *code = strtok_r(want, ",", &save); code; code = strtok_r(NULL, ",", &save), n_want++)
		cr_assert(has_code(report, code), "%s: no %s", column[FILE_NAME], code);
	for (uint32_t i = 0; i < report->n_issues && i < BAND_MAX_ISSUES; i++)
		n += is_reference_code(report->issue[i].code);
	cr_assert_eq(n, n_want, "%s: %u issues of the reference's", column[FILE_NAME], n);
}

static void check_inputs(const char *column[COLUMNS], const struct band_inputs *in)
{
	char meter[16];

	/* A name that the reference does not know is an alias of ours. */
	cr_assert_str_eq(
		in->style->name, band_styles_find(styles, column[COMP_STYLE])->name, "%s", column[FILE_NAME]);
	cr_assert_eq(
		in->style->is_reference, strcmp(column[COMP_KNOWN], "yes") == 0, "%s", column[FILE_NAME]);
	cr_assert_eq(in->n_chords, (uint32_t)atoi(column[N_CHORDS]), "%s", column[FILE_NAME]);
	cr_assert_eq(in->tempo_bpm, atof(column[TEMPO]), "%s: tempo_bpm counts (R-7)", column[FILE_NAME]);
	(void)snprintf(meter, sizeof(meter), "%u/%u", in->meter_num, in->meter_den);
	cr_assert_str_eq(meter, strcmp(column[METER], "-") ? column[METER] : "4/4", "%s", column[FILE_NAME]);
	const char *bass =
		strcmp(column[BASS_STYLE], "-") ? band_styles_find(styles, column[BASS_STYLE])->name : "";
	cr_assert_str_eq(in->bass_style, bass, "%s: style.bass counts (R-7)", column[FILE_NAME]);
}

static void check_program(const char *column[COLUMNS])
{
	const struct bytes bytes = read_corpus(column[FILE_NAME]);
	const struct band_source source = {.program = (const char *)bytes.data, .program_size = bytes.size};
	struct band_report report = {0};
	struct band_inputs in;
	const int rc = band_inputs_read(&source, styles, &report, &in);
	const bool loads = strcmp(column[REF_LOAD], "ok") == 0;
	/* What the reference refuses for want of chords has Roman numerals, which are read (tritone.md 4). */
	const bool is_study = strcmp(column[REF_LOAD], "no_chords") == 0;
	/* "off" is read as none (D-25), and the knobs of that file are in order. */
	const bool is_off = strcmp(column[REF_LOAD], "bad_tritone_mode") == 0;

	cr_assert_eq(
		rc == 0, is_off || is_study || loads, "%s: %s", column[FILE_NAME], report.issue[0].message);
	cr_assert_eq(has_code(&report, "STUDY_PROGRAM"), is_study, "%s", column[FILE_NAME]);
	/* Names that it does not know are aliases here (T-57). */
	cr_assert_not(has_code(&report, "STYLE_UNKNOWN"), "%s", column[FILE_NAME]);
	cr_assert_not(has_code(&report, "BASS_STYLE_UNKNOWN"), "%s", column[FILE_NAME]);
	cr_assert_not(has_code(&report, "KEY_UNKNOWN"), "%s", column[FILE_NAME]);
	check_validation(column, &report);
	if (rc == 0 && !is_off && !is_study)
		check_inputs(column, &in);
	if (is_off)
		cr_assert(in.tritone == BAND_TRITONE_NONE && in.swing == 0.5 && in.meter_num == 2 &&
			  in.tempo_bpm == 90);
	if (rc == 0)
		band_inputs_finish(&in);
	free(bytes.data);
}

Test(band_programs, expected,
	.description = "T-20 T-57: every program of the corpus is read as expected.tsv says; those in styles "
		       "that the reference lacks play")
{
	struct bytes table = read_corpus("expected.tsv");
	uint32_t n = 0;
	char *save = NULL;

	(void)strtok_r((char *)table.data, "\n", &save); /* the header */
	for (char *line = strtok_r(NULL, "\n", &save); line; line = strtok_r(NULL, "\n", &save), n++) {
		const char *column[COLUMNS] = {NULL};
		uint32_t k = 0;

		for (char *cell = strsep(&line, "\t"); cell && k < COLUMNS; cell = strsep(&line, "\t"))
			column[k++] = cell;
		cr_assert_eq(k, COLUMNS);
		check_program(column);
	}
	cr_assert_eq(n, 19);
	free(table.data);
}

static void check_study(const char *name, const char *want, uint32_t n_bars)
{
	const struct bytes bytes = read_corpus(name);
	const struct band_source source = {.program = (const char *)bytes.data, .program_size = bytes.size};
	struct band_report report = {0};
	struct band_inputs in;
	char text[256] = "";

	cr_assert_eq(
		band_inputs_read(&source, styles, &report, &in), 0, "%s: %s", name, report.issue[0].message);
	for (uint32_t i = 0; i < in.n_chords; i++) {
		const size_t len = strlen(text);

		(void)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "", in.chord[i].text);
	}
	cr_assert_str_eq(text, want);
	cr_assert_eq(band_bars(&in), n_bars);
	band_inputs_finish(&in);
	free(bytes.data);
}

Test(band_programs, studies, .description = "T-20: a study program's Roman numerals, in its key, as chords")
{
	check_study("exercises/flamenco/fandango_E_phrygian_dom.ztprog", "E F Am Am F E", 6);
	check_study("exercises/bluegrass/amazing_grace_backing.ztprog", "G C G G C G D G", 8);
}

Test(band_programs, lists, .description = "T-21: the corpus' setlists and exercises, in both forms")
{
	static const char *const setlists[] = {"playlists/swing_practice.ztplay",
		"playlists/cycle_training_pack_01.ztplay",
		"playlists/bucket_a/samba_G_compare_2_4_vs_4_4.ztplay"};
	static const char *const exercises[] = {"exercises/bluegrass/amazing_grace_etude.ztex",
		"exercises/voicings/backdoor_drop2_comp_shells_C.ztex"};
	static const uint32_t n_items[] = {1, 3, 2}, repeats[] = {3, 1, 2};

	for (uint32_t i = 0; i < 3; i++) {
		const struct bytes bytes = read_corpus(setlists[i]);
		struct band_report report = {0};
		struct band_setlist list;

		cr_assert_eq(band_setlist_read((const char *)bytes.data, bytes.size, &report, &list), 0, "%s",
			setlists[i]);
		cr_assert_eq(report.n_issues, 0, "%s: %s", setlists[i], report.issue[0].message);
		cr_assert(
			list.n_items == n_items[i] && list.item[0].repeats == repeats[i], "%s", setlists[i]);
		band_setlist_finish(&list);
		free(bytes.data);
	}
	for (uint32_t i = 0; i < 2; i++) {
		const struct bytes bytes = read_corpus(exercises[i]);
		struct band_report report = {0};
		struct band_exercise e;

		cr_assert_eq(band_exercise_read((const char *)bytes.data, bytes.size, &report, &e), 0, "%s",
			exercises[i]);
		cr_assert_eq(report.n_issues, 0);
		cr_assert_not_null(strstr(e.text, "Practice:\n- "));
		cr_assert_not_null(strstr(e.program, ".ztprog"));
		band_exercise_finish(&e);
		free(bytes.data);
	}
}

Test(band_programs, registry, .description = "T-56: the registry's order and names are those of styles.tsv")
{
	struct bytes table = read_corpus("styles.tsv");
	uint32_t n = 0;
	char *save = NULL;

	(void)strtok_r((char *)table.data, "\n", &save);
	for (char *line = strtok_r(NULL, "\n", &save); line; line = strtok_r(NULL, "\n", &save), n++) {
		line[strcspn(line, "\t")] = '\0';
		cr_assert_str_eq(band_styles_at(styles, n)->name, line);
		cr_assert(band_styles_at(styles, n)->is_reference);
	}
	cr_assert_eq(n, 48);
	cr_assert_not(band_styles_at(styles, n)->is_reference);
	free(table.data);
}
