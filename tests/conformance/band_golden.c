/* SPDX-License-Identifier: MIT */
/*
 * Our own styles and voicings, to the bit: what each plays at each intensity, and some programs that use
 * everything. Equal under every compiler, level of optimization, sanitizer and locale. MOS_GOLDEN_UPDATE=1
 * rewrites the table.
 */
#include "../unit/band_fixture.h"

#include <stdio.h>

#include <sha256.h>

#define GOLDEN MOS_SOURCE_ROOT "/tests/conformance/band_golden.tsv"
#define FORM "Dm7 G7 | Cmaj7 C6 | F#m7b5 B7b9 | Em9 | A7alt | Dm6/9 G13sus4 | C/E N.C. | C"

static void put_digest(FILE *to, const void *bytes, size_t n)
{
	char digest[65];

	cr_assert_eq(band_sha256_hex(bytes, n, digest), 0);
	(void)fprintf(to, "\t%s", digest);
}

/** "name, notes, digest of the inputs, of the events, of the file, of the steps" */
static void put_row(FILE *to, const char *name, struct band_piece *piece)
{
	const struct band_smf_options file_options = {.metadata = true, .no_overlap = true};
	const struct band_steps_options step_options = {.keep_shift = true, .click = true};
	struct band_bytes file;
	struct band_steps steps;
	char digest[65];

	cr_assert_eq(
		band_render(&piece->ctx, &piece->events), 0, "%s: %s", name, piece->report.issue[0].message);
	cr_assert_eq(band_smf(&piece->ctx, &piece->events, &file_options, &file), 0, "%s", name);
	cr_assert_eq(band_inputs_digest(&piece->in, digest), 0);
	(void)fprintf(to, "%s\t%u\t%s", name, piece->events.n_events, digest);
	cr_assert_eq(band_events_digest(&piece->events, &piece->in, digest), 0);
	(void)fprintf(to, "\t%s", digest);
	put_digest(to, file.byte, file.size);
	cr_assert_eq(band_steps(&piece->ctx, &piece->events, &step_options, &steps), 0, "%s: %s", name,
		piece->report.issue[0].message);
	cr_assert_eq(band_steps_digest(&steps, digest), 0);
	(void)fprintf(to, "\t%s\n", digest);
	band_steps_finish(&steps);
	free(file.byte);
	piece_finish(piece);
}

static void put_style(FILE *to, const struct band_style *style)
{
	static const char *const intensities[] = {"soft", "medium", "hard"};

	for (int i = 0; i < BAND_N_INTENSITIES; i++) {
		struct band_piece piece;
		char name[96];

		(void)snprintf(name, sizeof(name), "%s %s", style->name, intensities[i]);
		piece_read(&piece, NULL,
			FLAGS([BAND_KEY_CHORDS] = FORM, [BAND_KEY_STYLE] = style->name,
				[BAND_KEY_INTENSITY] = intensities[i]));
		piece.plan.bar[3].is_fill = true;
		piece.plan.bar[7].is_ending = true;
		put_row(to, name, &piece);
	}
}

static void put_programs(FILE *to)
{
	static const struct {
		const char *name;
		struct band_overrides flags;
	} programs[] = {
		{"swing, all dominants, humanized", {.value = {[BAND_KEY_CHORDS] = "Dm7 G7 Cmaj7 A7",
							     [BAND_KEY_STYLE] = "swing",
							     [BAND_KEY_TRITONE] = "all_doms",
							     [BAND_KEY_SWING] = "0.6",
							     [BAND_KEY_HUMANIZE_MS] = "8",
							     [BAND_KEY_HUMANIZE_VEL] = "6",
							     [BAND_KEY_HUMANIZE_SEED] = "7"}}},
		{"bossa, by chance, a third up", {.value = {[BAND_KEY_CHORDS] = "C7 F7 C7 G7/B",
							  [BAND_KEY_STYLE] = "bossa",
							  [BAND_KEY_TRITONE] = "probabilistic",
							  [BAND_KEY_TRITONE_STRENGTH] = "0.5",
							  [BAND_KEY_TRITONE_SEED] = "42",
							  [BAND_KEY_TRANSPOSE] = "4"}}},
		{"reference styles, true voicings", {.value = {[BAND_KEY_CHORDS] = "Gmaj7 A7 D7sus4 D7",
							     [BAND_KEY_STYLE] = "samba_brazil_full",
							     [BAND_KEY_TEMPO] = "104"}}},
		{"own styles, reference voicings", {.value = {[BAND_KEY_CHORDS] = "Cm7 F7 Bbmaj7 Co7",
							    [BAND_KEY_STYLE] = "funk",
							    [BAND_KEY_VOICING] = "reference"}}},
		{"in three", {.value = {[BAND_KEY_CHORDS] = "C Am F G7",
				      [BAND_KEY_STYLE] = "swing",
				      [BAND_KEY_METER] = "3/4",
				      [BAND_KEY_QUANTIZE] = "down",
				      [BAND_KEY_BARS] = "2"}}},
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct band_piece piece;

		piece_read(&piece, NULL, &programs[i].flags);
		put_row(to, programs[i].name, &piece);
	}
}

static void put_table(FILE *to)
{
	struct band_styles *styles = band_styles_new(NULL, &(struct band_report){});

	(void)fprintf(to, "program\tnotes\tinputs_sha256\tevents_sha256\tmid_sha256\tsteps_sha256\n");
	for (uint32_t i = 0; i < band_styles_count(styles); i++) {
		if (!band_styles_at(styles, i)->is_reference)
			put_style(to, band_styles_at(styles, i));
	}
	put_programs(to);
	band_styles_free(styles);
	cr_assert_eq(fclose(to), 0);
}

Test(band_golden, table,
	.description = "T-1 T-35 T-56 T-63: our own styles and programs are those of the golden table")
{
	const bool update = getenv("MOS_GOLDEN_UPDATE");
	char *table = NULL;
	size_t size = 0;
	FILE *to = update ? fopen(GOLDEN, "w") : open_memstream(&table, &size);

	cr_assert_not_null(to);
	put_table(to);
	if (update)
		return;

	FILE *golden = fopen(GOLDEN, "r");
	char *rest = table;
	char want[1024];
	int n = 0;
	cr_assert_not_null(golden, "%s", GOLDEN);
	while (fgets(want, sizeof(want), golden)) {
		const char *have = strsep(&rest, "\n");

		want[strcspn(want, "\n")] = '\0';
		cr_expect_str_eq(have ? have : "nothing", want,
			"contract v1 promises the same notes: a changed style is a new style "
			"(MOS_GOLDEN_UPDATE=1 if meant)");
		n++;
	}
	cr_expect(rest && *rest == '\0', "not in the table: %s", rest ? rest : "");
	cr_expect_gt(n, 40);
	(void)fclose(golden);
	free(table);
}
