/* SPDX-License-Identifier: MIT */
/** Inputs, plan and notes of a program, for tests of the band. */
#ifndef TEST_BAND_FIXTURE_H
#define TEST_BAND_FIXTURE_H

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include <events.h>

/** FLAGS([BAND_KEY_STYLE] = "bossa", ...) */
#define FLAGS(...) (&(struct band_overrides){.value = {__VA_ARGS__}})

struct band_piece {
	struct band_styles *styles;
	struct band_report report;
	struct band_inputs in;
	struct band_plan plan;
	struct band_events events;
	struct band_ctx ctx;
};

/** Inputs and plan. `piece` stays where it is. @param program  JSON, may be NULL. */
static inline void piece_read(
	struct band_piece *piece, const char *program, const struct band_overrides *flags)
{
	*piece = (struct band_piece){.styles = band_styles_new(NULL, &piece->report)};
	cr_assert_not_null(piece->styles);
	const struct band_source source = {
		.program = program,
		.program_size = program ? strlen(program) : 0,
		.flags = *flags,
	};
	const int r = band_inputs_read(&source, piece->styles, &piece->report, &piece->in);
	cr_assert_eq(r, 0, "%s: %s", piece->report.issue[0].where, piece->report.issue[0].message);
	piece->ctx = (struct band_ctx){.in = &piece->in, .plan = &piece->plan, .report = &piece->report};
	cr_assert_eq(band_plan_program(&piece->in, &piece->report, &piece->plan), 0, "%s",
		piece->report.issue[0].message);
}

static inline void piece_render(
	struct band_piece *piece, const char *program, const struct band_overrides *flags)
{
	piece_read(piece, program, flags);
	cr_assert_eq(band_render(&piece->ctx, &piece->events), 0, "%s: %s", piece->report.issue[0].where,
		piece->report.issue[0].message);
}

static inline void piece_finish(struct band_piece *piece)
{
	band_events_finish(&piece->events);
	band_plan_finish(&piece->plan);
	band_inputs_finish(&piece->in);
	band_styles_free(piece->styles);
}

/** Fails unless the last error has this code and, in its place, this word. */
static inline void assert_refused(const struct band_report *report, const char *code, const char *word)
{
	cr_assert_gt(report->n_errors, 0);
	const struct band_issue *issue = &report->issue[report->n_issues - 1];
	cr_assert_str_eq(issue->code, code, "%s at %s: %s", issue->code, issue->where, issue->message);
	cr_assert_not_null(strstr(issue->where, word), "%s is not in '%s'", word, issue->where);
}

[[maybe_unused]] static const struct band_overrides swing = {
	.value = {[BAND_KEY_CHORDS] = "Dm7 G7 Cmaj7 A7", [BAND_KEY_STYLE] = "swing_basic"}};

/** One note alone, where a test wants it. */
static inline void only(struct band_piece *piece, double at, double len)
{
	piece->events.n_events = 1;
	memset(piece->events.n, 0, sizeof(piece->events.n));
	piece->events.n[piece->events.event[0].part] = 1;
	piece->events.event[0].at_beats = at;
	piece->events.event[0].len_beats = len;
}

[[maybe_unused]] static uint32_t random_state;

static inline uint32_t rnd(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

#endif
