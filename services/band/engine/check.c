/* SPDX-License-Identifier: MIT */
/* What every event must be (tritone.md 9), whoever made it. */
#include "events.h"

#include <math.h>
#include <stdio.h>

const char *band_stage_name(enum band_stage stage)
{
	static const char *const names[] = {
		[BAND_PRE_EXPRESSIVE] = "pre_expressive",
		[BAND_POST_EXPRESSIVE] = "post_expressive",
		[BAND_PRE_WRITE] = "pre_write",
		[BAND_PRE_SCHEDULE] = "pre_schedule",
	};

	return names[stage];
}

static int check_program(const struct band_ctx *ctx, const char *stage)
{
	const struct band_inputs *in = ctx->in;

	if (!(in->tempo_bpm >= 20 && in->tempo_bpm <= 400))
		return band_error(ctx->report, "band.contract.tempo", stage, "tempo is not in 20 to 400");
	if (in->meter_num < 1 || in->meter_num > 255 || in->meter_den < 1 || in->meter_den > 16 ||
		(in->meter_den & (in->meter_den - 1)))
		return band_error(ctx->report, "band.contract.meter", stage, "meter %u/%u can't be played",
			in->meter_num, in->meter_den);
	return 0;
}

static int check_event(const struct band_ctx *ctx, const struct band_event *e, const char *where)
{
	struct band_report *report = ctx->report;

	/* Written so that what is no number fails, too. */
	if (!(e->at_beats >= 0) || !isfinite(e->at_beats))
		return band_error(report, "band.contract.start", where, "starts before the beginning");
	if (!(e->len_beats > 0) || !isfinite(e->len_beats))
		return band_error(report, "band.contract.duration", where, "lasts no time");
	if (e->note > 127)
		return band_error(report, "band.contract.note", where, "note %u is not in 0 to 127", e->note);
	if (e->channel > 15)
		return band_error(
			report, "band.contract.channel", where, "channel %u is not in 0 to 15", e->channel);
	if (e->velocity < 1 || e->velocity > 127)
		return band_error(report, "band.contract.velocity", where, "velocity %u is not in 1 to 127",
			e->velocity);
	if (e->part >= BAND_N_PARTS)
		return band_error(report, "band.contract.part", where, "there is no part %u", e->part);
	if (e->bar >= ctx->plan->n_bars)
		return band_error(report, "band.contract.bar", where, "there is no bar %u", e->bar);
	return 0;
}

int band_check(const struct band_ctx *ctx, const struct band_events *events, enum band_stage stage)
{
	int r = check_program(ctx, band_stage_name(stage));

	for (uint32_t i = 0; r == 0 && i < events->n_events; i++) {
		char where[48];

		(void)snprintf(where, sizeof(where), "%s event %u", band_stage_name(stage), i);
		r = check_event(ctx, &events->event[i], where);
	}
	return r;
}
