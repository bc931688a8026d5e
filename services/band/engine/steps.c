/* SPDX-License-Identifier: MIT */
/* The loop's step list (contract 3.2; tritone.md 11, D-15, D-16). */
#include "events.h"

#include <errno.h>
#include <math.h>
#include <mos/clave.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLICK_TRACK 4
#define CLICK_CHANNEL 9
#define CLICK_NOTE 37
#define CLICK_VELOCITY 40
#define CYCLE_STEPS_MAX (1u << 24)

enum { NOTE_OFF = 0x80, NOTE_ON = 0x90, PROGRAM = 0xc0 };

struct cycle {
	const struct band_ctx *ctx;
	const struct band_steps_options *options;
	struct band_steps *steps;
	uint32_t bar_steps, bars, times; /* the plan's bars are played `times` to fill the cycle */
	size_t room;
};

double band_on_step(enum band_quantize mode, double step)
{
	switch (mode) {
	case BAND_DOWN:
		return floor(step);
	case BAND_UP:
		return ceil(step);
	default:
		return nearbyint(step);
	}
}

/** Step of the cycle, and what the grid took away. */
static uint32_t step_of(const struct cycle *c, double beats, double *ret_shift)
{
	const double cycle_beats = c->steps->per_cycle * c->steps->step_beats;
	const double at = fmod(beats, cycle_beats);
	const double step = band_on_step(c->ctx->in->quantize, at / c->steps->step_beats);

	*ret_shift = at - step * c->steps->step_beats;
	return (uint32_t)step % c->steps->per_cycle;
}

static int add(struct cycle *c, struct band_step step)
{
	if (c->steps->n_steps == c->room) {
		const size_t room = 2 * c->room + 256;
		struct band_step *grown = room > 4u * BAND_EVENTS_MAX
						  ? NULL
						  : reallocarray(c->steps->step, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->steps->step = grown;
		c->room = room;
	}
	c->steps->step[c->steps->n_steps++] = step;
	return 0;
}

/** On and off; the off is at least a step later. */
static int add_note(struct cycle *c, const struct band_step *on, uint32_t off_step, double off_shift)
{
	const uint32_t per_cycle = c->steps->per_cycle;
	struct band_step off = *on;

	off.rank = BAND_RANK_OFF;
	off.status = (uint8_t)(NOTE_OFF | (on->status & 15u));
	off.data2 = 0;
	off.step = off_step == on->step ? (off_step + 1) % per_cycle : off_step;
	off.shift_beats = off_step == on->step ? 0 : off_shift;
	const int r = add(c, *on);
	return r < 0 ? r : add(c, off);
}

static int add_event(struct cycle *c, const struct band_event *e, uint32_t time)
{
	const double from = time * (double)c->ctx->plan->n_bars * band_bar_beats(c->ctx->in) + e->at_beats;
	struct band_step on = {
		.rank = BAND_RANK_ON,
		.track = (uint8_t)(e->part + 1),
		.status = (uint8_t)(NOTE_ON | e->channel),
		.data1 = e->note,
		.data2 = e->velocity,
	};
	double off_shift;

	if (e->bar + (uint64_t)time * c->ctx->plan->n_bars >= c->bars)
		return 0;
	on.step = step_of(c, from, &on.shift_beats);
	const uint32_t off = step_of(c, from + e->len_beats, &off_shift);
	return add_note(c, &on, off, off_shift);
}

static int add_programs(struct cycle *c, const struct band_events *events)
{
	static const uint8_t channels[BAND_N_PARTS] = {0, 1, 9};
	int r = 0;

	for (uint32_t part = 0; r == 0 && part < BAND_N_PARTS; part++) {
		if (part == BAND_DRUMS && events->n[BAND_DRUMS] == 0)
			continue;
		r = add(c, (struct band_step){
				   .rank = BAND_RANK_PROGRAM,
				   .track = (uint8_t)(part + 1),
				   .status = (uint8_t)(PROGRAM | channels[part]),
				   .data1 = c->ctx->in->style->program[part],
			   });
	}
	return r;
}

static int add_click(struct cycle *c, uint32_t at)
{
	const struct band_step on = {
		.step = at,
		.rank = BAND_RANK_ON,
		.track = CLICK_TRACK,
		.status = NOTE_ON | CLICK_CHANNEL,
		.data1 = c->options->click_note ? c->options->click_note : CLICK_NOTE,
		.data2 = c->options->click_vel ? c->options->click_vel : CLICK_VELOCITY,
	};

	return add_note(c, &on, (at + 1) % c->steps->per_cycle, 0);
}

static int unknown_clave(const struct cycle *c)
{
	struct band_report *report = c->ctx->report;
	char names[120] = "";
	const int r =
		band_error(report, "CLAVE_UNKNOWN", "clave", "no clave is named '%s'", c->options->clave);

	for (uint32_t i = 0; mos_clave_name(i); i++) {
		const size_t n = strlen(names);

		(void)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", mos_clave_name(i));
	}
	band_hint(report, "%s", names);
	return r;
}

/** On the clave's strokes, two bars of 4/4 at a time; without a clave on every beat of the meter. */
static int add_clicks(struct cycle *c)
{
	const struct band_inputs *in = c->ctx->in;
	uint8_t stroke[MOS_CLAVE_STROKES_MAX];
	int r = 0;

	if (!c->options->clave) {
		const uint32_t beat = c->bar_steps / in->meter_num ? c->bar_steps / in->meter_num : 1;

		for (uint32_t at = 0; r == 0 && at < c->steps->per_cycle; at += beat)
			r = add_click(c, at);
		return r;
	}
	const int n = mos_clave_steps(c->options->clave, in->grid, stroke);
	if (n < 0)
		return unknown_clave(c);
	if (in->meter_num != in->meter_den)
		return band_error(c->ctx->report, "CLAVE_METER", "clave",
			"a clave is of two bars of 4/4, not of %u/%u", in->meter_num, in->meter_den);
	for (uint32_t from = 0; r == 0 && from < c->steps->per_cycle; from += 2 * c->bar_steps) {
		for (int i = 0; r == 0 && i < n; i++) {
			if (from + stroke[i] < c->steps->per_cycle)
				r = add_click(c, from + stroke[i]);
		}
	}
	return r;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

/** D-3, D-4; what is still alike then is told apart by where it was before the grid: no order of the events
 * shows. */
static int in_order(const void *left, const void *right)
{
	const struct band_step *a = left;
	const struct band_step *b = right;
	int order = ORDER(a->step, b->step);

	if (order == 0)
		order = ORDER(a->rank, b->rank);
	if (order == 0)
		order = ORDER(a->track, b->track);
	if (order == 0)
		order = ORDER(a->status, b->status);
	if (order == 0)
		order = ORDER(a->data1, b->data1);
	if (order == 0)
		order = ORDER(a->shift_beats, b->shift_beats);
	return order ? order : ORDER(a->data2, b->data2);
}

static int fill(struct cycle *c, const struct band_events *events)
{
	int r = add_programs(c, events);

	for (uint32_t time = 0; r == 0 && time < c->times; time++) {
		for (uint32_t i = 0; r == 0 && i < events->n_events; i++)
			r = add_event(c, &events->event[i], time);
	}
	if (r == 0 && c->options->click)
		r = add_clicks(c);
	return r;
}

int band_steps(const struct band_ctx *ctx, const struct band_events *events,
	const struct band_steps_options *options, struct band_steps *ret)
{
	const char *stage = band_stage_name(BAND_PRE_SCHEDULE);
	const uint32_t n_bars = ctx->plan->n_bars;
	struct band_steps steps = {};
	struct cycle c = {
		.ctx = ctx, .options = options, .steps = &steps, .bar_steps = band_bar_steps(ctx->in)};

	int r = band_check(ctx, events, BAND_PRE_SCHEDULE);
	if (r < 0)
		return r;
	if (c.bar_steps == 0)
		return band_error(ctx->report, "GRID_METER", stage,
			"a bar of %u/%u has no whole number of steps on grid %u", ctx->in->meter_num,
			ctx->in->meter_den, ctx->in->grid);
	if (n_bars == 0)
		return band_error(ctx->report, "band.contract.bar", stage, "there are no bars");
	/* The loop closes on a clave of two bars. */
	c.bars = options->cycle_bars ? options->cycle_bars : n_bars % 2 ? 2 * n_bars : n_bars;
	c.times = (c.bars - 1) / n_bars + 1;
	if ((uint64_t)c.bars * c.bar_steps > CYCLE_STEPS_MAX ||
		(uint64_t)c.times * events->n_events > BAND_EVENTS_MAX)
		return band_error(
			ctx->report, "band.contract.events", stage, "a cycle of %u bars is too long", c.bars);
	steps.per_cycle = c.bars * c.bar_steps;
	steps.step_beats = 4.0 / ctx->in->grid;

	r = fill(&c, events);
	if (r < 0) {
		band_steps_finish(&steps);
		return r;
	}
	qsort(steps.step, steps.n_steps, sizeof(*steps.step), in_order);
	for (uint32_t i = 0; !options->keep_shift && i < steps.n_steps; i++)
		steps.step[i].shift_beats = 0;
	*ret = steps;
	return 0;
}

void band_steps_finish(struct band_steps *steps)
{
	free(steps->step);
	*steps = (struct band_steps){};
}
