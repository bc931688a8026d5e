/* SPDX-License-Identifier: MIT */
/*
 * The golden tables of the Tritone contract (shared/corpora/tritone, see the README.md there) against the
 * band's engine: what is generated, the bytes of the file, the steps of the loop, each to the bit. The tables
 * only grow (T-56): a row that changes is a broken contract v1.
 */
#define CORPUS "tritone"
#include "corpus.h"

#include <math.h>

#include <chord_reference.h>
#include <groove.h>
#include <sha256.h>
#include <voicing.h>

#include "../unit/band_fixture.h"

#define COLUMNS_MAX 32

struct table {
	struct bytes bytes;
	char *rest;
	char *cell[COLUMNS_MAX];
	int n_cells;
};

static bool next_row(struct table *t)
{
	char *line = strsep(&t->rest, "\n");

	if (!line || !*line)
		return false;
	t->n_cells = 0;
	while (line && t->n_cells < COLUMNS_MAX)
		t->cell[t->n_cells++] = strsep(&line, "\t");
	return true;
}

static struct table open_table(const char *name)
{
	struct table t = {.bytes = read_corpus(name)};

	t.rest = (char *)t.bytes.data;
	cr_assert(next_row(&t), "%s is empty", name);
	return t;
}

enum {
	ID,
	CHORDS,
	STYLE,
	BPM,
	BARS,
	MODE,
	STRENGTH,
	SEED,
	SWING,
	HUMANIZE_MS,
	HUMANIZE_VEL,
	HUMANIZE_SEED,
	KNOBS,
	N_COMP,
	N_BASS,
	EVENTS,
	MID_BYTES,
	MID_REF,
	MID_FIXED,
	RT16_N,
	RT16,
	RT8_N,
	RT8,
	RTFULL_N,
	RTFULL
};

static const char *given(const char *cell)
{
	return strcmp(cell, "-") == 0 ? NULL : cell;
}

/** A row's program as a file would have it. */
static void render_row(struct table *t, struct band_piece *piece)
{
	char program[4096];
	const char *knobs = given(t->cell[KNOBS]);
	struct band_overrides flags = {0};
	const char *seed = given(t->cell[SEED]);
	const char *humanize_seed = given(t->cell[HUMANIZE_SEED]);

	(void)snprintf(program, sizeof(program),
		"{\"chords\":\"%s\",\"style\":{\"comp\":\"%s\"%s%.*s},\"tempo\":%s,\"bars_per_chord\":%s,"
		"\"tritone_mode\":\"%s\",\"tritone_strength\":%s,\"tritone_seed\":%s,"
		"\"expressive\":{\"swing\":%s,\"humanize_ms\":%s,\"humanize_vel\":%s,\"seed\":%s}}",
		t->cell[CHORDS], t->cell[STYLE], knobs ? "," : "", knobs ? (int)strlen(knobs) - 2 : 0,
		knobs ? knobs + 1 : "", t->cell[BPM], t->cell[BARS], t->cell[MODE], t->cell[STRENGTH],
		seed ? seed : "null", t->cell[SWING], t->cell[HUMANIZE_MS], t->cell[HUMANIZE_VEL],
		humanize_seed ? humanize_seed : "null");
	flags.value[BAND_KEY_VOICING] = "reference";
	piece_render(piece, program, &flags);
}

static void check_file(struct table *t, struct band_piece *piece)
{
	for (int reference = 0; reference < 2; reference++) {
		const struct band_smf_options options = {.reference_bass = reference};
		struct band_bytes file;
		char digest[65];

		cr_assert_eq(band_smf(&piece->ctx, &piece->events, &options, &file), 0);
		cr_assert_eq(band_sha256_hex(file.byte, file.size, digest), 0);
		cr_expect_eq(file.size, strtoul(t->cell[MID_BYTES], NULL, 10), "%s", t->cell[ID]);
		cr_expect_str_eq(digest, t->cell[reference ? MID_REF : MID_FIXED], "%s", t->cell[ID]);
		free(file.byte);
	}
}

static void check_steps(
	struct table *t, struct band_piece *piece, uint16_t grid, uint32_t cycle_bars, int column)
{
	const struct band_steps_options options = {
		.cycle_bars = cycle_bars, .click = true, .clave = "son_2_3"};
	struct band_steps steps;
	uint32_t n = 0;
	char digest[65];

	if (!given(t->cell[column]))
		return;
	piece->in.grid = grid;
	cr_assert_eq(band_steps(&piece->ctx, &piece->events, &options, &steps), 0, "%s",
		piece->report.issue[0].message);
	/* The click is not in the table. */
	for (uint32_t i = 0; i < steps.n_steps; i++)
		n += steps.step[i].track <= BAND_N_PARTS;
	cr_expect_eq(n, strtoul(t->cell[column], NULL, 10), "%s: %u", t->cell[ID], n);
	cr_assert_eq(band_steps_digest(&steps, digest), 0);
	cr_expect_str_eq(digest, t->cell[column + 1], "%s grid %u, %u bars", t->cell[ID], grid, cycle_bars);
	band_steps_finish(&steps);
}

/** @param only  A row; NULL: all. */
static void each_row(const char *only, void (*check)(struct table *t, struct band_piece *piece))
{
	struct table t = open_table("vectors.tsv");
	int n = 0;

	while (next_row(&t)) {
		struct band_piece piece;

		if (only && strcmp(t.cell[ID], only) != 0)
			continue;
		cr_assert_gt(t.n_cells, RTFULL);
		render_row(&t, &piece);
		check(&t, &piece);
		piece_finish(&piece);
		n++;
	}
	cr_assert_eq(n, only ? 1 : 12);
	free(t.bytes.data);
}

static void check_events(struct table *t, struct band_piece *piece)
{
	char digest[65];

	cr_expect_eq(piece->events.n[BAND_COMP], strtoul(t->cell[N_COMP], NULL, 10), "%s", t->cell[ID]);
	cr_expect_eq(piece->events.n[BAND_BASS], strtoul(t->cell[N_BASS], NULL, 10), "%s", t->cell[ID]);
	cr_assert_eq(band_events_digest(&piece->events, &piece->in, digest), 0);
	cr_expect_str_eq(digest, t->cell[EVENTS], "%s", t->cell[ID]);
	check_file(t, piece);
}

static void check_loop(struct table *t, struct band_piece *piece)
{
	check_steps(t, piece, 16, 2, RT16_N);
	check_steps(t, piece, 8, 2, RT8_N);
	check_steps(t, piece, 16, 0, RTFULL_N);
}

Test(band_vectors, programs,
	.description = "T-1 T-35 T-56 T-59 T-63: every vector's events and files, to the byte")
{
	each_row(NULL, check_events);
}

Test(band_vectors, loops,
	.description = "T-2 T-34 T-56: every vector's steps on both grids, two bars and all bars")
{
	each_row(NULL, check_loop);
}

Test(band_vectors, swing, .description = "T-37: swing alone moves what V11 says")
{
	each_row("V11", check_events);
}

Test(band_vectors, humanize, .description = "T-38: swing and seeded humanize give what V12 says")
{
	each_row("V12", check_events);
}

Test(band_vectors, styles, .description = "T-56: every reference style over C7 Fm7")
{
	struct table t = open_table("styles.tsv");
	int n = 0;

	while (next_row(&t)) {
		struct band_overrides flags = {0};
		struct band_piece piece;
		char digest[65];

		flags.value[BAND_KEY_CHORDS] = "C7 Fm7";
		flags.value[BAND_KEY_STYLE] = t.cell[0];
		flags.value[BAND_KEY_VOICING] = "reference";
		piece_render(&piece, NULL, &flags);
		cr_expect_eq(piece.events.n[BAND_COMP], strtoul(t.cell[1], NULL, 10), "%s", t.cell[0]);
		cr_expect_eq(piece.events.n[BAND_BASS], strtoul(t.cell[2], NULL, 10), "%s", t.cell[0]);
		cr_assert_eq(band_events_digest(&piece.events, &piece.in, digest), 0);
		cr_expect_str_eq(digest, t.cell[3], "%s", t.cell[0]);
		piece_finish(&piece);
		n++;
	}
	cr_assert_eq(n, 48);
	free(t.bytes.data);
}

Test(band_vectors, chords, .description = "T-1: chord symbols as the reference reads them")
{
	static const char *const qualities[] = {"maj", "min", "dim", "aug", "dom"};
	struct table t = open_table("chords.tsv");
	int n = 0;

	while (next_row(&t)) {
		const char *symbol = t.cell[0];
		struct band_chord_reference chord;
		struct band_tones tones;
		uint8_t note[BAND_VOICING_MAX];
		char notes[64] = "";

		if (strcmp(t.cell[1], "reject") == 0) {
			cr_expect_eq(band_chord_reference(symbol, &chord), -EINVAL, "%s", symbol);
			n++;
			continue;
		}
		cr_assert_eq(band_chord_reference(symbol, &chord), 0, "%s", symbol);
		cr_expect_eq(chord.root, strtoul(t.cell[2], NULL, 10), "%s", symbol);
		cr_expect_str_eq(qualities[chord.quality], t.cell[3], "%s", symbol);
		cr_expect_str_eq(symbol + chord.extension, given(t.cell[4]) ? t.cell[4] : "", "%s", symbol);

		const int n_notes = band_voice(BAND_VOICING_REFERENCE, symbol, NULL, 0, note);
		for (int i = 0; i < n_notes; i++)
			(void)snprintf(notes + strlen(notes), sizeof(notes) - strlen(notes), "%s%u",
				i ? " " : "", note[i]);
		cr_expect_str_eq(notes, t.cell[5], "%s", symbol);
		cr_assert_eq(band_tones(BAND_VOICING_REFERENCE, symbol, &tones), 0);
		cr_expect_eq(band_bass(BAND_VOICING_REFERENCE, &tones, NULL, BAND_TONE_CHORD, 0, 0),
			strtoul(t.cell[6], NULL, 10), "%s", symbol);
		n++;
	}
	cr_assert_eq(n, 50);
	free(t.bytes.data);
}

/* What follows reads the corpus' JSON fixtures, whose form is known, by their keys. */

static double number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	cr_assert_not_null(at, "%s", key);
	return strtod(strpbrk(at + strlen(key), "-0123456789"), NULL);
}

static struct band_groove groove_of(const char *intent, const char *profile)
{
	struct band_groove groove = {
		.mode = strstr(intent, "\"assist\"]") ? BAND_GROOVE_ASSIST : BAND_GROOVE_FOLLOW,
		.tightness = number_after(intent, "\"lock_strength\""),
		.assist = number_after(intent, "\"assist_gain\""),
		.expression = number_after(intent, "\"expression_window\""),
		.humanize_ms = BAND_GROOVE_MS,
	};

	cr_assert_not_null(strstr(intent, profile));
	memcpy(groove.profile, profile, strlen(profile) + 1);
	return groove;
}

#define GROOVE "fixtures/golden/e2e_vectors/"

Test(band_vectors, groove_offsets,
	.description = "T-1 T-2 T-3 T-56: the groove fixture's due times and pattern")
{
	struct bytes intent = read_corpus(GROOVE "vector_001_loose_follow_swing/intent.json");
	struct bytes events = read_corpus(GROOVE "vector_001_loose_follow_swing/events.json");
	struct bytes expected = read_corpus(GROOVE "vector_001_loose_follow_swing/expected.json");
	const struct band_groove groove = groove_of((char *)intent.data, "gp_e2e_loose_001");
	const struct band_groove_controls controls = band_groove_controls(&groove);
	const double tick_s = 60 / number_after((char *)events.data, "\"bpm\"") / 480;
	char *at = strchr((char *)events.data, '[');
	char *due = strchr((char *)expected.data, '[') + 1;

	cr_expect_float_eq(controls.humanize_ms, number_after((char *)expected.data, "humanize_ms\""), 5e-5);
	cr_expect_float_eq(
		controls.velocity_mul, number_after((char *)expected.data, "velocity_mul\""), 1e-9);
	cr_expect_eq(controls.bias_ms, 0);
	for (uint32_t i = 0; i < 10; i++) {
		at = strstr(at, "\"abs_tick\"");
		cr_assert_not_null(at);
		const double tick = number_after(at, "\"abs_tick\"");
		const char *type = strstr(at, "\"type\"");
		const enum band_groove_kind kind =
			strstr(type, "cc") == strpbrk(type + 8, "cn")       ? BAND_GROOVE_CC
			: strncmp(strstr(type, "note_"), "note_on", 7) == 0 ? BAND_GROOVE_NOTE_ON
									    : BAND_GROOVE_NOTE_OFF;

		const double is = band_groove_due(&groove, &controls, kind, i, tick * tick_s);
		const double should_be = strtod(due, &due);

		cr_expect_float_eq(is, should_be, 5e-10, "message %u: %.9f, not %.9f", i, is, should_be);
		due += strcspn(due, "0123456789");
		at += 5;
	}

	const struct band_groove_pattern patterns[] = {
		{"straight_basic", "straight", BAND_GROOVE_MID, BAND_GROOVE_LOW, BAND_GROOVE_HIGH},
		{"swing_basic", "swing", BAND_GROOVE_MID, BAND_GROOVE_LOW, BAND_GROOVE_MID},
		{"swing_busy", "swing", BAND_GROOVE_HIGH, BAND_GROOVE_MID, BAND_GROOVE_HIGH},
	};
	const char *id = patterns[band_groove_pick(&groove, patterns, 3)].id;
	cr_expect_not_null(strstr((char *)expected.data, id), "%s", id);
	free(intent.data);
	free(events.data);
	free(expected.data);
}

Test(band_vectors, groove_velocity, .description = "T-56: the groove fixture's velocities")
{
	struct bytes intent = read_corpus(GROOVE "vector_005_velocity_assist_note_on/intent.json");
	struct bytes expected = read_corpus(GROOVE "vector_005_velocity_assist_note_on/expected.json");
	const struct band_groove groove = groove_of((char *)intent.data, "gp_e2e_velocity_005");
	const struct band_groove_controls controls = band_groove_controls(&groove);
	const char *at = (char *)expected.data;
	int n = 0;

	cr_expect_float_eq(controls.velocity_mul, number_after(at, "velocity_mul\""), 1e-9);
	while ((at = strstr(at, "\"original_velocity\""))) {
		const uint8_t from = (uint8_t)number_after(at, "\"original_velocity\"");

		cr_expect_eq(band_groove_velocity(&controls, from), number_after(at, "\"scaled_velocity\""));
		at++;
		n++;
	}
	cr_expect_eq(n, 2);
	/* R-12 of the reference is not ours: a velocity of 0 ends a note. */
	cr_expect_eq(band_groove_velocity(&controls, 0), 0);
	free(intent.data);
	free(expected.data);
}

Test(band_vectors, jitter, .description = "T-3: jitter without a generator, tritone.md 8.5")
{
	static const double white[] = {-3.850521883, -5.149252237, 1.893515986};
	static const double smooth[] = {-3.850521883, -3.77856693, -3.575215976};

	for (uint32_t i = 0; i < 3; i++) {
		cr_expect_float_eq(band_jitter_ms("gp_abc123", "note", i, 7.5, false), white[i], 5e-10);
		cr_expect_float_eq(band_jitter_ms("gp_abc123", "note", i, 7.5, true), smooth[i], 5e-10);
	}
}
