/* SPDX-License-Identifier: MIT */
/* What any program that is accepted sounds like: planned, rendered, written and put on the grid, within the
 * contract at every stage, or refused with a place and a reason; twice the same. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "fuzz.h"

#define BARS_MAX 256u /* of a program that is worth the time */

static void check_refusal(const struct band_report *report, int rc)
{
	FUZZ_CHECK(rc == -EINVAL && report->n_errors > 0);
	FUZZ_CHECK(report->issue[0].code && report->issue[0].message[0]);
}

static void check_events(const struct band_ctx *ctx, const struct band_events *events)
{
	uint32_t n[BAND_N_PARTS] = {0};

	FUZZ_CHECK(band_check(ctx, events, BAND_PRE_WRITE) == 0);
	for (uint32_t i = 0; i < events->n_events; i++) {
		const struct band_event *e = &events->event[i];

		n[e->part]++;
		/* Whatever the chord, the comp stays where hands are, the bass where strings are. */
		if (ctx->in->voicing == BAND_VOICING_TRUE && e->part == BAND_COMP)
			FUZZ_CHECK(e->note >= 48 && e->note <= 96);
		if (ctx->in->voicing == BAND_VOICING_TRUE && e->part == BAND_BASS)
			FUZZ_CHECK(e->note >= 28 && e->note <= 55);
	}
	FUZZ_CHECK(memcmp(n, events->n, sizeof(n)) == 0);
}

static void check_steps(const struct band_ctx *ctx, const struct band_events *events, bool keep_shift)
{
	const struct band_steps_options options = {.keep_shift = keep_shift, .click = true};
	struct band_steps steps;
	const int rc = band_steps(ctx, events, &options, &steps);
	int64_t sounding = 0;

	if (rc < 0) {
		check_refusal(ctx->report, rc);
		return;
	}
	for (uint32_t i = 0; i < steps.n_steps; i++) {
		const struct band_step *s = &steps.step[i];

		FUZZ_CHECK(s->step < steps.per_cycle);
		FUZZ_CHECK(i == 0 || s[-1].step <= s->step);
		FUZZ_CHECK((s->rank == BAND_RANK_OFF) == ((s->status & 0xf0) == 0x80));
		sounding += s->rank == BAND_RANK_ON ? 1 : s->rank == BAND_RANK_OFF ? -1 : 0;
	}
	FUZZ_CHECK(sounding == 0);
	band_steps_finish(&steps);
}

static void check_files(const struct band_ctx *ctx, const struct band_events *events)
{
	for (int no_overlap = 0; no_overlap < 2; no_overlap++) {
		const struct band_smf_options options = {.no_overlap = no_overlap, .metadata = true};
		struct band_bytes first, second;

		FUZZ_CHECK(band_smf(ctx, events, &options, &first) == 0);
		FUZZ_CHECK(band_smf(ctx, events, &options, &second) == 0);
		FUZZ_CHECK(first.size == second.size && memcmp(first.byte, second.byte, first.size) == 0);
		free(first.byte);
		free(second.byte);
	}
}

/** What a performance does to a plan. */
static void as_performed(const struct band_plan *plan)
{
	for (uint32_t i = 0; i < plan->n_bars; i++) {
		plan->bar[i].intensity = (uint8_t)(i % BAND_N_INTENSITIES);
		plan->bar[i].is_fill = i % 4 == 3;
		plan->bar[i].is_click = i % 11 == 10;
		plan->bar[i].rests = i % 13 == 12 ? BAND_REST(BAND_COMP) : 0;
		plan->bar[i].chorus = i / 16;
	}
	plan->bar[plan->n_bars - 1].is_ending = true;
}

static void render(const struct band_inputs *in, struct band_report *report)
{
	struct band_plan plan;
	struct band_events events, again;
	const struct band_ctx ctx = {.in = in, .plan = &plan, .report = report};
	char digest[65], second[65];
	int rc = band_plan_program(in, report, &plan);

	if (rc < 0) {
		check_refusal(report, rc);
		return;
	}
	FUZZ_CHECK(plan.n_bars == band_bars(in));
	as_performed(&plan);
	rc = plan.n_bars <= BARS_MAX ? band_render(&ctx, &events) : -E2BIG;
	if (rc == 0) {
		check_events(&ctx, &events);
		check_files(&ctx, &events);
		check_steps(&ctx, &events, false);
		check_steps(&ctx, &events, true);
		FUZZ_CHECK(band_render(&ctx, &again) == 0);
		FUZZ_CHECK(band_events_digest(&events, in, digest) == 0);
		FUZZ_CHECK(band_events_digest(&again, in, second) == 0 && strcmp(digest, second) == 0);
		band_events_finish(&events);
		band_events_finish(&again);
	} else if (rc != -E2BIG) {
		check_refusal(report, rc);
	}
	band_plan_finish(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct band_styles *styles;
	const struct band_source source = {.program = (const char *)data, .program_size = size};
	struct band_report report = {0};
	struct band_inputs in;

	if (!styles)
		styles = band_styles_new(/* dir= */ NULL, &report);
	FUZZ_CHECK(styles);
	if (band_inputs_read(&source, styles, &report, &in) < 0)
		return 0;
	report = (struct band_report){0};
	render(&in, &report);
	band_inputs_finish(&in);
	return 0;
}
