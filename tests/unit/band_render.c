/* SPDX-License-Identifier: MIT */
/* From a program to notes: generator, layers and the checks round them, and what is written of it. */
#include "band_fixture.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include <sha256.h>

static void shuffle(struct band_events *events)
{
	for (uint32_t i = events->n_events; i > 1; i--) {
		const uint32_t k = rnd(i);
		const struct band_event e = events->event[i - 1];

		events->event[i - 1] = events->event[k];
		events->event[k] = e;
	}
}

static const struct band_overrides samba = {.value = {[BAND_KEY_CHORDS] = "Gmaj7 Am7",
						    [BAND_KEY_STYLE] = "samba_brazil_full",
						    [BAND_KEY_VOICING] = "true"}};

/** All that leaves the engine, in one digest. */
static void digest_all(struct band_piece *piece, char ret[65])
{
	const struct band_smf_options file_options = {.metadata = true};
	const struct band_steps_options step_options = {
		.keep_shift = true, .click = true, .clave = "son_2_3"};
	struct band_bytes file;
	struct band_steps steps;
	char digests[3 * 64 + 1];

	cr_assert_eq(band_smf(&piece->ctx, &piece->events, &file_options, &file), 0);
	cr_assert_eq(band_steps(&piece->ctx, &piece->events, &step_options, &steps), 0);
	cr_assert_eq(band_events_digest(&piece->events, &piece->in, digests), 0);
	cr_assert_eq(band_sha256_hex(file.byte, file.size, digests + 64), 0);
	cr_assert_eq(band_steps_digest(&steps, digests + 128), 0);
	cr_assert_eq(band_sha256_hex(digests, 192, ret), 0);
	free(file.byte);
	band_steps_finish(&steps);
}

Test(band_render, shuffled,
	.description = "T-4 T-33: the order of the events in memory shows nowhere, 1,000 times")
{
	struct band_piece piece;
	char first[65];

	piece_render(&piece, NULL,
		FLAGS([BAND_KEY_CHORDS] = "C7 F7", [BAND_KEY_STYLE] = "samba_brazil_full",
			[BAND_KEY_HUMANIZE_MS] = "5", [BAND_KEY_HUMANIZE_SEED] = "1"));
	digest_all(&piece, first);
	for (int i = 0; i < 1000; i++) {
		char again[65];

		shuffle(&piece.events);
		digest_all(&piece, again);
		cr_assert_str_eq(again, first, "shuffle %d", i);
	}
	piece_finish(&piece);
}

Test(band_render, locale, .description = "T-1 T-35: no locale and no time zone changes a byte")
{
	static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8", "C.UTF-8", "C"};
	char first[65] = "";

	for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		struct band_piece piece;
		char digest[65];

		/* One that the machine lacks leaves the one before: nothing is lost by trying. */
		(void)setlocale(LC_ALL, locales[i]);
		cr_assert_eq(setenv("TZ", i % 2 ? "Asia/Kolkata" : "UTC", 1), 0);
		piece_render(&piece,
			"{\"chords\":\"Dm7 G7\",\"style\":\"bossa_basic\",\"tempo_bpm\":112.5,"
			"\"expressive\":{\"swing\":0.25,\"humanize_ms\":2.5,\"seed\":3}}",
			FLAGS());
		digest_all(&piece, digest);
		if (i > 0)
			cr_expect_str_eq(digest, first, "%s", locales[i]);
		memcpy(first, digest, sizeof(first));
		piece_finish(&piece);
	}
}

Test(band_render, seeds, .description = "T-3 T-38: no chance without a seed; one seed repeats, two differ")
{
	struct band_piece piece;
	char digest[3][65];

	for (int i = 0; i < 3; i++) {
		piece_render(&piece, NULL,
			FLAGS([BAND_KEY_CHORDS] = "C7 F7", [BAND_KEY_HUMANIZE_MS] = "8",
				[BAND_KEY_HUMANIZE_VEL] = "6",
				[BAND_KEY_HUMANIZE_SEED] = i == 2 ? "8" : "7"));
		digest_all(&piece, digest[i]);
		if (i < 2)
			piece_finish(&piece);
	}
	cr_expect_str_eq(digest[0], digest[1]);
	cr_expect_str_neq(digest[0], digest[2]);

	struct band_events events;
	piece.in.has_humanize_seed = false;
	cr_expect_eq(band_render(&piece.ctx, &events), -EINVAL);
	assert_refused(&piece.report, "EXPR_SEED_MISSING", "seed");

	struct band_chord *chords;
	piece.in.tritone = BAND_TRITONE_PROBABILISTIC;
	piece.in.has_tritone_seed = false;
	cr_expect_eq(band_substitute(&piece.in, &piece.report, &chords), -EINVAL);
	assert_refused(&piece.report, "SEED_MISSING", "seed");
	piece_finish(&piece);
}

Test(band_render, before_zero,
	.description = "T-6 T-8: random programs, humanized as far as it goes: no time below 0")
{
	static const char *const chords[] = {
		"Cmaj7", "F#m7b5", "B7", "Ebm9", "A13", "N.C.", "G7alt", "Dsus4", "Ab/C"};

	random_state = 1;
	for (int i = 0; i < 60; i++) {
		char progression[128] = "Dm7";
		char seed[16];
		struct band_piece piece;
		struct band_styles *styles = band_styles_new(NULL, &(struct band_report){});
		const struct band_style *style = band_styles_at(styles, rnd(band_styles_count(styles)));

		for (uint32_t n = rnd(5); n > 0; n--)
			(void)snprintf(progression + strlen(progression),
				sizeof(progression) - strlen(progression), " %s",
				chords[rnd(sizeof(chords) / sizeof(chords[0]))]);
		(void)snprintf(seed, sizeof(seed), "%d", i);
		piece_read(&piece, NULL,
			FLAGS([BAND_KEY_CHORDS] = progression, [BAND_KEY_STYLE] = style->name,
				[BAND_KEY_SWING] = "1", [BAND_KEY_HUMANIZE_SEED] = seed));
		piece.in.humanize_ms = 500;
		piece.in.humanize_vel = 127;
		cr_assert_eq(band_render(&piece.ctx, &piece.events), 0, "%s %s: %s", style->name,
			piece.report.issue[0].where, piece.report.issue[0].message);
		for (uint32_t k = 0; k < piece.events.n_events; k++) {
			const struct band_event *e = &piece.events.event[k];

			cr_assert(e->at_beats >= 0 && e->len_beats > 0 && e->velocity >= 1 &&
				  e->velocity <= 127);
		}
		piece_finish(&piece);
		band_styles_free(styles);
	}
}

Test(band_render, shortest,
	.description = "T-7: what is shorter than a tick lasts one; no time at all is an error")
{
	struct band_piece piece;
	size_t n;

	piece_render(&piece, NULL, &swing);
	only(&piece, 0, 0.0001);
	char *text = band_events_text(&piece.events, &piece.in, &n);
	cr_assert_not_null(text);
	cr_expect(strncmp(text, "1 0 1 ", 6) == 0, "%s", text);
	free(text);
	for (int i = 0; i < 3; i++) {
		piece.events.event[0].len_beats = ((double[]){0, -1, NAN})[i];
		cr_expect_eq(band_check(&piece.ctx, &piece.events, BAND_PRE_WRITE), -EINVAL);
		assert_refused(&piece.report, "band.contract.duration", "pre_write event 0");
	}
	piece_finish(&piece);
}

Test(band_render, ticks_tie, .description = "T-5: half a tick goes to the even one")
{
	static const struct {
		double ticks;
		const char *text;
	} ties[] = {{0.5, "1 0 "}, {1.5, "1 2 "}, {2.5, "1 2 "}, {3.5, "1 4 "}, {100.5, "1 100 "},
		{101.5, "1 102 "}};
	struct band_piece piece;

	piece_render(&piece, NULL, &swing);
	for (size_t i = 0; i < sizeof(ties) / sizeof(ties[0]); i++) {
		size_t n;

		only(&piece, ties[i].ticks / 480, 1);
		char *text = band_events_text(&piece.events, &piece.in, &n);
		cr_assert_not_null(text);
		cr_expect(strncmp(text, ties[i].text, strlen(ties[i].text)) == 0, "%g: %s", ties[i].ticks,
			text);
		free(text);
	}
	piece_finish(&piece);
}

Test(band_render, velocities, .description = "T-8: a contour of 0.001 leaves 1, one of 9 gives 127")
{
	for (int i = 0; i < 2; i++) {
		struct band_piece piece;

		piece_read(&piece, NULL, &samba);
		piece.in.style->is_reference = piece.in.style->profile = false;
		piece.in.style->contour_soft = piece.in.style->contour_strong = i ? 9 : 0.001;
		piece.in.style->contour_pickup = piece.in.style->contour_ghost = i ? 9 : 0.001;
		cr_assert_eq(band_render(&piece.ctx, &piece.events), 0);
		uint32_t n = 0;
		for (uint32_t k = 0; k < piece.events.n_events; k++)
			n += piece.events.event[k].velocity == (i ? 127 : 1);
		cr_expect_gt(n, 0);
		piece_finish(&piece);
	}
}

Test(band_render, brazil, .description = "T-36: the worked bar of tritone.md 8.3")
{
	struct band_piece piece;

	piece_render(&piece, NULL, &samba);
	for (uint32_t i = 0; i < piece.events.n_events; i++) {
		const struct band_event *e = &piece.events.event[i];
		const double beat = fmod(e->at_beats, 4);
		const uint8_t velocity = e->kind == BAND_GHOST ? 20
					 : beat == 0           ? 72
					 : beat == 1.5         ? 91
					 : beat == 2           ? 67
							       : 52;

		cr_expect_eq(e->velocity, velocity, "beat %g: %u", beat, e->velocity);
	}
	piece_finish(&piece);
}

/* What a check must find, field by field. */

struct fault {
	const char *code;
	void (*spoil)(struct band_event *e);
};

static void spoil_start(struct band_event *e)
{
	e->at_beats = -0.25;
}
static void spoil_no_number(struct band_event *e)
{
	e->at_beats = NAN;
}
static void spoil_duration(struct band_event *e)
{
	e->len_beats = 0;
}
static void spoil_note(struct band_event *e)
{
	e->note = 128;
}
static void spoil_channel(struct band_event *e)
{
	e->channel = 16;
}
static void spoil_velocity(struct band_event *e)
{
	e->velocity = 0;
}
static void spoil_loud(struct band_event *e)
{
	e->velocity = 128;
}
static void spoil_part(struct band_event *e)
{
	e->part = BAND_N_PARTS;
}
static void spoil_bar(struct band_event *e)
{
	e->bar = 1000;
}

static const struct fault *faults_at(size_t i)
{
	static const struct fault faults[] = {
		{"band.contract.start", spoil_start},
		{"band.contract.start", spoil_no_number},
		{"band.contract.duration", spoil_duration},
		{"band.contract.note", spoil_note},
		{"band.contract.channel", spoil_channel},
		{"band.contract.velocity", spoil_velocity},
		{"band.contract.velocity", spoil_loud},
		{"band.contract.part", spoil_part},
		{"band.contract.bar", spoil_bar},
	};

	return i < sizeof(faults) / sizeof(faults[0]) ? &faults[i] : NULL;
}

Test(band_render, stages,
	.description = "T-9 T-11 T-12 T-13 T-14: each stage finds each bad field, and says so")
{
	const struct fault *fault;
	struct band_piece piece;

	piece_render(&piece, NULL, &swing);
	for (size_t i = 0; (fault = faults_at(i)); i++) {
		const struct band_event good = piece.events.event[5];

		fault->spoil(&piece.events.event[5]);
		for (int stage = BAND_PRE_EXPRESSIVE; stage <= BAND_PRE_SCHEDULE; stage++) {
			char where[64];

			(void)snprintf(
				where, sizeof(where), "%s event 5", band_stage_name((enum band_stage)stage));
			piece.report = (struct band_report){};
			cr_expect_eq(band_check(&piece.ctx, &piece.events, (enum band_stage)stage), -EINVAL);
			assert_refused(&piece.report, fault->code, where);
		}
		piece.events.event[5] = good;
	}
	cr_expect_eq(band_check(&piece.ctx, &piece.events, BAND_PRE_WRITE), 0);
	piece_finish(&piece);
}

Test(band_render, pre_expressive, .description = "T-11: what a bad style makes is caught before any layer")
{
	for (int i = 0; i < 4; i++) {
		static const char *const codes[] = {"band.contract.duration", "band.contract.velocity",
			"band.contract.start", "band.contract.note"};
		struct band_piece piece;

		piece_read(&piece, NULL, FLAGS([BAND_KEY_CHORDS] = "C", [BAND_KEY_STYLE] = "swing"));
		struct band_hit *hit =
			&piece.in.style->pattern[BAND_MEDIUM]->line[i == 3 ? BAND_DRUMS : BAND_COMP].hit[0];
		if (i == 0)
			hit->len = -1;
		else if (i == 1)
			hit->velocity = 0;
		else if (i == 2)
			hit->beat = NAN;
		else
			hit->tone = 200;
		cr_expect_eq(band_render(&piece.ctx, &piece.events), -EINVAL);
		assert_refused(&piece.report, codes[i], "pre_expressive");
		cr_expect_null(piece.events.event);
		piece_finish(&piece);
	}
}

Test(band_render, pre_write, .description = "T-13 T-14: spoiled between layers and writer: no file, no steps")
{
	const struct fault *fault;
	struct band_piece piece;

	piece_render(&piece, NULL, &swing);
	for (size_t i = 0; (fault = faults_at(i)); i++) {
		const struct band_event good = piece.events.event[7];
		struct band_bytes file = {};
		struct band_steps steps = {};

		fault->spoil(&piece.events.event[7]);
		cr_expect_eq(
			band_smf(&piece.ctx, &piece.events, &(struct band_smf_options){}, &file), -EINVAL);
		assert_refused(&piece.report, fault->code, "pre_write event 7");
		cr_expect_null(file.byte);
		cr_expect_eq(band_steps(&piece.ctx, &piece.events, &(struct band_steps_options){}, &steps),
			-EINVAL);
		assert_refused(&piece.report, fault->code, "pre_schedule event 7");
		cr_expect_null(steps.step);
		piece.report = (struct band_report){};
		piece.events.event[7] = good;
	}
	piece_finish(&piece);
}

/* Layers that do what no layer may. */

static int poison_velocity(const struct band_ctx *, struct band_events *events)
{
	events->event[1].velocity = 0;
	return 0;
}
static int poison_note(const struct band_ctx *, struct band_events *events)
{
	events->event[1].note++;
	return 0;
}
static int poison_length(const struct band_ctx *, struct band_events *events)
{
	events->event[1].len_beats *= 2;
	return 0;
}
static int poison_place(const struct band_ctx *, struct band_events *events)
{
	events->event[1].at_beats += 4;
	return 0;
}
static int poison_bar(const struct band_ctx *, struct band_events *events)
{
	events->event[1].bar++;
	return 0;
}
static int poison_chord(const struct band_ctx *, struct band_events *events)
{
	events->event[1].chord++;
	return 0;
}
static int poison_count(const struct band_ctx *, struct band_events *events)
{
	const struct band_event again = events->event[1];

	return band_events_add(events, &again);
}
static int poison_loss(const struct band_ctx *, struct band_events *events)
{
	events->n_events--;
	return 0;
}
static int poison_ghost(const struct band_ctx *, struct band_events *events)
{
	struct band_event ghost = events->event[0];

	ghost.kind = BAND_GHOST;
	ghost.note = 61; /* of neither chord */
	return band_events_add(events, &ghost);
}
static int poison_disguise(const struct band_ctx *, struct band_events *events)
{
	events->event[1].kind = BAND_GHOST;
	return 0;
}

Test(band_render, poison, .description = "T-12 T-15 T-36 T-39 T-40: a bad layer is caught wherever it stands")
{
	static const struct {
		band_layer_fn fn;
		const char *code;
	} poisons[] = {
		{poison_velocity, "band.contract.velocity"},
		{poison_note, "band.contract.chord"},
		{poison_length, "band.contract.chord"},
		{poison_place, "band.contract.bar"},
		{poison_bar, "band.contract.chord"},
		{poison_chord, "band.contract.chord"},
		{poison_count, "band.contract.chord"},
		{poison_loss, "band.contract.chord"},
		{poison_ghost, "band.contract.chord"},
		{poison_disguise, "band.contract.chord"},
	};
	size_t n_layers = 0;

	while (band_layers[n_layers].name)
		n_layers++;
	cr_assert_eq(n_layers, 5);
	for (size_t i = 0; i < sizeof(poisons) / sizeof(poisons[0]); i++) {
		for (size_t place = 0; place <= n_layers; place++) {
			struct band_layer layers[8] = {};
			struct band_piece piece;

			for (size_t k = 0; k < n_layers; k++)
				layers[k < place ? k : k + 1] = band_layers[k];
			layers[place] = (struct band_layer){"poison", poisons[i].fn};
			piece_read(&piece, NULL, &samba);
			cr_expect_eq(band_render_layers(&piece.ctx, layers, &piece.events), -EINVAL,
				"%zu at %zu", i, place);
			assert_refused(&piece.report, poisons[i].code, "post_expressive");
			cr_expect_null(piece.events.event);
			piece_finish(&piece);
		}
	}
}

/** Of each chord in the plan: pitch classes by part, and how many hits. */
struct chords {
	uint16_t classes[8][BAND_N_PARTS];
	uint32_t onsets[8][BAND_N_PARTS];
	uint8_t root[8];
};

static struct chords chords_of(const struct band_events *events)
{
	struct chords c = {};

	for (uint32_t i = 0; i < events->n_events; i++) {
		const struct band_event *e = &events->event[i];

		cr_assert_lt(e->bar, 8);
		c.classes[e->bar][e->part] |= (uint16_t)(1u << e->note % 12);
		if (e->kind == BAND_GHOST)
			continue;
		c.onsets[e->bar][e->part] += e->onset;
		if (e->part == BAND_BASS && c.root[e->bar] == 0)
			c.root[e->bar] = e->note;
	}
	return c;
}

Test(band_render, identity,
	.description = "T-36 T-39 T-40: whichever layers play: the same chords, hits, roots and bars")
{
	static const char *const styles[] = {
		"samba_brazil_full", "swing_basic", "swing", "bossa", "funk", "waltz"};

	for (size_t s = 0; s < sizeof(styles) / sizeof(styles[0]); s++) {
		struct band_piece piece;
		const struct band_layer none = {};

		piece_read(&piece, NULL,
			FLAGS([BAND_KEY_CHORDS] = "Dm7 G7 Cmaj7 A7", [BAND_KEY_STYLE] = styles[s],
				[BAND_KEY_SWING] = "0.6", [BAND_KEY_HUMANIZE_MS] = "12",
				[BAND_KEY_HUMANIZE_VEL] = "9", [BAND_KEY_HUMANIZE_SEED] = "5"));
		piece.in.style->ghost_vel = 20;
		piece.in.style->ghost_len_beats = 0.0625;
		piece.in.style->n_ghost_steps = 4;
		memcpy(piece.in.style->ghost_step, (uint8_t[]){3, 7, 11, 15}, 4);
		piece.in.style->contour = true;
		cr_assert_eq(band_render_layers(&piece.ctx, &none, &piece.events), 0);
		const struct chords plain = chords_of(&piece.events);
		const uint32_t n_bars = piece.plan.n_bars;

		for (uint32_t subset = 1; subset < 32; subset++) {
			struct band_layer layers[6] = {};
			struct band_events events;
			size_t n = 0;

			for (uint32_t k = 0; k < 5; k++) {
				if (subset & 1u << k)
					layers[n++] = band_layers[k];
			}
			cr_assert_eq(band_render_layers(&piece.ctx, layers, &events), 0, "%s",
				piece.report.issue[0].message);
			const struct chords now = chords_of(&events);
			cr_expect(
				memcmp(&now, &plain, sizeof(now)) == 0, "%s, layers %#x", styles[s], subset);
			cr_expect_eq(piece.plan.n_bars, n_bars);
			band_events_finish(&events);
		}
		piece_finish(&piece);
	}
}
