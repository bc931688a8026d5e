/* SPDX-License-Identifier: MIT */
/* Programs, setlists and exercises of whoever wrote them, JSON or YAML: refused with a place and a reason, or
 * whole, within their limits, and the same when read once more. */
#include <string.h>

#include "events.h"
#include "fuzz.h"
#include "setlist.h"

#define PLAY_BARS_MAX 24u /* a mutation takes no longer than others */

static void check_report(const struct band_report *report, int rc)
{
	FUZZ_CHECK((rc == 0) == (report->n_errors == 0));
	FUZZ_CHECK(report->n_errors <= report->n_issues);
	uint32_t n_errors = 0;
	for (uint32_t i = 0; i < report->n_issues && i < BAND_MAX_ISSUES; i++) {
		const struct band_issue *issue = &report->issue[i];

		FUZZ_CHECK(issue->code && issue->code[0] && issue->where[0] && issue->message[0]);
		FUZZ_CHECK(memchr(issue->where, '\0', sizeof(issue->where)));
		FUZZ_CHECK(memchr(issue->message, '\0', sizeof(issue->message)));
		FUZZ_CHECK(memchr(issue->hint, '\0', sizeof(issue->hint)));
		n_errors += issue->is_error;
	}
	/* However many warnings come first, errors are told. */
	FUZZ_CHECK(n_errors == (report->n_errors < BAND_MAX_ISSUES ? report->n_errors : BAND_MAX_ISSUES));
}

static void check_inputs(const struct band_inputs *in)
{
	uint32_t next_bar = 0;

	FUZZ_CHECK(in->n_chords >= 1 && in->n_chords <= BAND_CHORDS_MAX);
	for (uint32_t i = 0; i < in->n_chords; i++) {
		FUZZ_CHECK(in->chord[i].text[0] && strcmp(in->chord[i].text, "%") != 0);
		FUZZ_CHECK(in->chord[i].beats >= 0 && in->chord[i].beats <= band_bar_beats(in));
	}
	FUZZ_CHECK(in->tempo_bpm >= 20 && in->tempo_bpm <= 400);
	FUZZ_CHECK(band_bar_beats(in) > 0 && band_bar_steps(in) > 0 && band_bars(in) > 0);
	FUZZ_CHECK(in->bars_per_chord >= 1 && in->bars_per_chord <= 32);
	FUZZ_CHECK(
		in->tritone_strength >= 0 && in->tritone_strength <= 1 && in->swing >= 0 && in->swing <= 1);
	FUZZ_CHECK(in->humanize_ms >= 0 && in->humanize_ms <= 1000 && in->humanize_vel <= 127);
	FUZZ_CHECK(in->has_humanize_seed || (in->humanize_ms <= 0 && in->humanize_vel == 0));
	FUZZ_CHECK(in->has_tritone_seed || in->tritone != BAND_TRITONE_PROBABILISTIC);
	FUZZ_CHECK(
		in->style && in->style->pattern[BAND_MEDIUM] && in->style->n_ghost_steps <= BAND_STEPS_MAX);
	FUZZ_CHECK(!strchr(in->outfile, '/') && in->outfile[0] != '.');
	for (uint32_t i = 0; i < in->n_sections; i++) {
		FUZZ_CHECK(in->section[i].from_bar == next_bar && in->section[i].n_bars > 0);
		next_bar += in->section[i].n_bars;
	}
	FUZZ_CHECK(next_bar == 0 || next_bar == band_bars(in));
}

/** What is accepted can be played. */
static void play(const struct band_inputs *in)
{
	struct band_report report = {0};
	struct band_plan plan;
	struct band_events events = {0};
	const struct band_ctx ctx = {.in = in, .plan = &plan, .report = &report};

	if (band_bars(in) > PLAY_BARS_MAX)
		return;
	FUZZ_CHECK(band_plan_program(in, &report, &plan) == 0);
	FUZZ_CHECK(plan.n_bars == band_bars(in));
	FUZZ_CHECK(band_render(&ctx, &events) == 0);
	FUZZ_CHECK(band_check(&ctx, &events, BAND_PRE_WRITE) == 0);
	band_events_finish(&events);
	band_plan_finish(&plan);
}

static void read_program(const struct band_styles *styles, const uint8_t *data, size_t size)
{
	const struct band_source source = {.program = (const char *)data, .program_size = size};
	struct band_report report = {0};
	struct band_inputs in, again;
	char digest[65], second[65];
	const int rc = band_inputs_read(&source, styles, &report, &in);

	check_report(&report, rc);
	if (rc < 0)
		return;
	check_inputs(&in);
	play(&in);
	FUZZ_CHECK(band_inputs_digest(&in, digest) == 0);
	FUZZ_CHECK(band_inputs_copy(&in, &again) == 0);
	FUZZ_CHECK(band_inputs_digest(&again, second) == 0 && strcmp(digest, second) == 0);
	band_inputs_finish(&again);
	band_inputs_finish(&in);
}

static void read_lists(const uint8_t *data, size_t size)
{
	struct band_report of_list = {0}, of_exercise = {0};
	struct band_setlist setlist;
	struct band_exercise exercise;
	int rc = band_setlist_read((const char *)data, size, &of_list, &setlist);

	check_report(&of_list, rc);
	if (rc == 0) {
		FUZZ_CHECK(setlist.n_items >= 1 && setlist.n_items <= BAND_SETLIST_ITEMS_MAX);
		for (uint32_t i = 0; i < setlist.n_items; i++)
			FUZZ_CHECK(setlist.item[i].path[0] && setlist.item[i].repeats >= 1);
		band_setlist_finish(&setlist);
	}
	rc = band_exercise_read((const char *)data, size, &of_exercise, &exercise);
	check_report(&of_exercise, rc);
	if (rc == 0) {
		FUZZ_CHECK(exercise.program[0] && exercise.text);
		band_exercise_finish(&exercise);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct band_styles *styles;
	struct band_report report = {0};

	if (!styles)
		styles = band_styles_new(/* dir= */ NULL, &report);
	FUZZ_CHECK(styles && report.n_issues == 0);
	read_program(styles, data, size);
	read_lists(data, size);
	return 0;
}
