/* SPDX-License-Identifier: MIT */
/* The expressive layers (tritone.md 8.1 to 8.4): they change how something is played, never what. */
#include "events.h"

#include "line.h"

#include <errno.h>
#include <math.h>
#include <mos/meter.h>
#include <mos/mt19937.h>
#include <stdlib.h>

#define STEP_BEATS 0.25

static double in_bar(const struct band_ctx *ctx, const struct band_event *e)
{
	return e->at_beats - e->bar * band_bar_beats(ctx->in);
}

/** Where the groups of a meter begin: beat 1, and in 4/4 beat 3. */
static bool is_strong(const struct band_ctx *ctx, double beat, double tolerance)
{
	const uint16_t den = ctx->in->meter_den;
	const double unit = beat * den / 4;
	const double whole = nearbyint(unit);

	return fabs(unit - whole) <= tolerance && whole >= 0 && whole < ctx->in->meter_num &&
	       mos_meter_beat_strength(ctx->in->meter_num, den, (uint32_t)whole) > 0;
}

/** What is divided in two, evenly or swung: quarters; where eighths are counted, eighths. */
static double pulse(const struct band_ctx *ctx)
{
	return ctx->in->meter_den >= 8 ? 0.5 : 1;
}

static bool is_off_beat(const struct band_ctx *ctx, const struct band_event *e, double tolerance)
{
	const double pulses = in_bar(ctx, e) / pulse(ctx);

	return fabs(pulses - floor(pulses) - 0.5) < tolerance;
}

static uint8_t clamp(long velocity, long low, long high)
{
	return (uint8_t)(velocity < low ? low : velocity > high ? high : velocity);
}

/* Ghosts: soft hits between the others. */

struct ghosts {
	const struct band_ctx *ctx;
	const struct band_soundings *all;
	uint32_t n_steps; /* of a bar */
};

static int add_ghost(const struct ghosts *g, uint32_t bar, uint32_t step, struct band_events *to)
{
	const struct band_style *style = g->ctx->in->style;
	const double at = bar * band_bar_beats(g->ctx->in) + step * STEP_BEATS;
	uint32_t i = g->all->first[bar];

	while (i + 1 < g->all->first[bar + 1] && g->all->chord[i + 1].at <= at)
		i++;
	const struct band_sounding *s = &g->all->chord[i];
	for (uint32_t k = 0; k < s->n && k < 3; k++) {
		const struct band_event ghost = {
			.at_beats = at,
			.len_beats = style->ghost_len_beats,
			.bar = bar,
			.chord = s->chord,
			.part = BAND_COMP,
			.kind = BAND_GHOST,
			.note = s->note[k],
			.velocity = clamp(style->ghost_vel, 1, 127),
			.onset = k == 0,
		};
		const int r = band_events_add(to, &ghost);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_ghosts(const struct ghosts *g, uint32_t index, const struct band_event *own, uint32_t n,
	struct band_events *to)
{
	const struct band_style *style = g->ctx->in->style;
	const struct band_bar *bar = &g->ctx->plan->bar[index];
	bool taken[256] = {};

	if (bar->n_chords == 0 || bar->is_count_in || bar->is_click || bar->is_ending ||
		(bar->rests & BAND_REST(BAND_COMP)))
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		const double step = floor(in_bar(g->ctx, &own[i]) / STEP_BEATS);

		if (step >= 0 && step < 256)
			taken[(uint32_t)step] = true;
	}
	for (uint32_t i = 0; i < style->n_ghost_steps && i < BAND_STEPS_MAX; i++) {
		const uint32_t step = style->ghost_step[i] % g->n_steps;

		if (taken[step])
			continue;
		taken[step] = true;
		const int r = add_ghost(g, index, step, to);
		if (r < 0)
			return r;
	}
	return 0;
}

static int layer_ghosts(const struct band_ctx *ctx, struct band_events *events)
{
	const struct band_style *style = ctx->in->style;
	const double bar_beats = band_bar_beats(ctx->in);
	struct band_soundings all;
	struct band_events out = {};
	struct ghosts g = {.ctx = ctx, .all = &all, .n_steps = (uint32_t)fmin(bar_beats / STEP_BEATS, 256)};

	if (style->ghost_vel == 0 || style->n_ghost_steps == 0 || g.n_steps == 0 || events->n[BAND_COMP] == 0)
		return 0;
	int r = band_soundings(ctx, bar_beats, &all);
	if (r < 0)
		return r;

	uint32_t i = 0;
	for (uint32_t bar = 0; r == 0 && bar < ctx->plan->n_bars; bar++) {
		const uint32_t first = i;

		for (; r == 0 && i < events->n[BAND_COMP] && events->event[i].bar == bar; i++)
			r = band_events_add(&out, &events->event[i]);
		if (r == 0)
			r = add_ghosts(&g, bar, &events->event[first], i - first, &out);
	}
	for (; r == 0 && i < events->n_events; i++)
		r = band_events_add(&out, &events->event[i]);
	band_soundings_finish(&all);
	if (r < 0) {
		band_events_finish(&out);
		return r;
	}
	band_events_finish(events);
	*events = out;
	return 0;
}

/* Contour: the comp breathes within the bar. */

static double contour_of(const struct band_ctx *ctx, int step, int n_steps)
{
	const struct band_style *style = ctx->in->style;
	const int before_strong = (step + 2) % n_steps;
	double m = 1;

	if (style->has_pickup && step == (int)floor(style->pickup_beat / STEP_BEATS))
		m = style->contour_pickup;
	else if (is_strong(ctx, before_strong * STEP_BEATS, 0))
		m = style->contour_strong;
	else if (is_strong(ctx, step * STEP_BEATS, 0))
		m = style->contour_soft;
	for (uint32_t i = 0; i < style->n_ghost_steps && i < BAND_STEPS_MAX; i++) {
		if (style->ghost_step[i] == step && style->contour_ghost != 1)
			return m * style->contour_ghost;
	}
	return m;
}

static int layer_contour(const struct band_ctx *ctx, struct band_events *events)
{
	const int n_steps = (int)(band_bar_beats(ctx->in) / STEP_BEATS);

	if (!ctx->in->style->contour || n_steps == 0)
		return 0;
	for (uint32_t i = 0; i < events->n_events; i++) {
		struct band_event *e = &events->event[i];
		const double step = floor(in_bar(ctx, e) / STEP_BEATS);

		if (e->part == BAND_COMP && step >= 0 && step < n_steps)
			e->velocity = clamp(
				lrint(fmin(e->velocity * contour_of(ctx, (int)step, n_steps), 127)), 1, 127);
	}
	return 0;
}

static int layer_profile(const struct band_ctx *ctx, struct band_events *events)
{
	if (!ctx->in->style->profile && !ctx->in->style->is_reference)
		return 0;
	for (uint32_t i = 0; i < events->n_events; i++) {
		struct band_event *e = &events->event[i];
		const double beat = in_bar(ctx, e);
		long more = 0;

		/* A drummer's accents are in the pattern. */
		if (e->part == BAND_DRUMS)
			continue;
		if (beat == 0)
			more = 12;
		else if (is_strong(ctx, beat, 0))
			more = 7;
		else if (is_off_beat(ctx, e, 1e-9))
			more = -6;
		e->velocity = clamp(e->velocity + more, 20, 120);
	}
	return 0;
}

static int layer_swing(const struct band_ctx *ctx, struct band_events *events)
{
	for (uint32_t i = 0; ctx->in->swing > 0 && i < events->n_events; i++) {
		struct band_event *e = &events->event[i];

		if (is_off_beat(ctx, e, 1e-6))
			e->at_beats += 0.5 * ctx->in->swing * pulse(ctx);
	}
	return 0;
}

static int layer_humanize(const struct band_ctx *ctx, struct band_events *events)
{
	const struct band_inputs *in = ctx->in;
	struct mos_mt19937 mt[BAND_N_PARTS];

	if (!(in->humanize_ms > 0) && in->humanize_vel == 0)
		return 0;
	if (!in->has_humanize_seed)
		return band_error(ctx->report, "EXPR_SEED_MISSING", "/expressive/seed",
			"humanizing draws at random and needs a seed");
	/* Comp and bass draw the same numbers, as the reference's do; the drums have their own. */
	for (uint32_t part = 0; part < BAND_N_PARTS; part++)
		mos_mt19937_seed_lane(&mt[part], in->humanize_seed, part == BAND_DRUMS ? part : 0);
	for (uint32_t i = 0; i < events->n_events; i++) {
		struct band_event *e = &events->event[i];

		if (in->humanize_ms > 0) {
			const double most =
				(in->humanize_ms / 1000) / (60 / ctx->plan->bar[e->bar].tempo_bpm);

			e->at_beats += mos_mt19937_uniform(&mt[e->part], -most, most);
			e->at_beats = e->at_beats > 0 ? e->at_beats : 0;
		}
		if (in->humanize_vel > 0)
			e->velocity = clamp(
				e->velocity + mos_mt19937_around(&mt[e->part], in->humanize_vel), 1, 127);
	}
	return 0;
}

const struct band_layer band_layers[] = {
	{"ghosts", layer_ghosts},
	{"contour", layer_contour},
	{"profile", layer_profile},
	{"swing", layer_swing},
	{"humanize", layer_humanize},
	{},
};
