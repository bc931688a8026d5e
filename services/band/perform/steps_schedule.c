/* SPDX-License-Identifier: MIT */
/* The contract's step list in time: cycle after cycle, until telemetry has no more to count, then round and
 * round. */
#include "perform_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct cycles {
	const struct band_options *options;
	struct perform_message *message;
	uint32_t n;
	int64_t ticks; /* of one */
	uint32_t n_bars, n_cycles;
};

static void add(struct cycles *c, struct perform_message message)
{
	message.index = c->n;
	c->message[c->n++] = message;
}

/** Swing and jitter may lead out of the cycle at either end: then it is the next one's, or the one's before.
 */
static int64_t tick_of(const struct cycles *c, const struct band_steps *steps, const struct band_step *step)
{
	const double beats = step->step * steps->step_beats + step->shift_beats;
	const int64_t tick = lrint(beats * MOS_PPQ) % c->ticks;

	return tick < 0 ? tick + c->ticks : tick;
}

static void add_steps(struct cycles *c, const struct band_steps *steps, uint32_t cycle)
{
	for (uint32_t i = 0; i < steps->n_steps; i++) {
		const struct band_step *step = &steps->step[i];

		add(c, (struct perform_message){
			       .tick = cycle * c->ticks + tick_of(c, steps, step),
			       .rank = step->rank,
			       .track = step->track,
			       .status = step->status,
			       .data1 = step->data1,
			       .data2 = step->data2,
		       });
	}
}

static void tell(struct cycles *c, int64_t tick, enum perform_track track, uint8_t controller, uint64_t value)
{
	add(c, (struct perform_message){
		       .tick = tick,
		       .rank = BAND_RANK_CC,
		       .track = (uint8_t)track,
		       .status = (uint8_t)(0xb0 | c->options->bar_cc_channel),
		       .data1 = controller,
		       .data2 = (uint8_t)(value < PERFORM_CC_MAX ? value : PERFORM_CC_MAX),
	       });
}

static void add_telemetry(struct cycles *c)
{
	const struct band_options *o = c->options;
	const uint64_t n_bars = (uint64_t)c->n_bars * c->n_cycles;

	tell(c, 0, PERFORM_SECTION, o->bar_cc_section, 0);
	for (uint64_t i = 0; i < n_bars; i++) {
		const int64_t tick =
			(int64_t)(i / c->n_bars) * c->ticks + (int64_t)(i % c->n_bars) * c->ticks / c->n_bars;

		tell(c, tick, PERFORM_COUNTDOWN, o->bar_cc_countdown,
			o->choruses ? n_bars - 1 - i : PERFORM_CC_MAX);
		tell(c, tick, PERFORM_INDEX, o->bar_cc_index, i);
	}
}

int band_steps_schedule(const struct band_steps *steps, double tempo_bpm, const struct band_options *options,
	uint32_t n_bars, struct band_schedule *ret)
{
	const uint64_t npq = (uint64_t)llrint(60e9 / tempo_bpm);
	struct cycles c = {
		.options = options,
		.ticks = lrint(steps->per_cycle * steps->step_beats * MOS_PPQ),
		.n_bars = n_bars,
		.n_cycles = options->choruses ? options->choruses : 1,
	};
	struct band_schedule schedule = {};

	if (n_bars == 0 || c.ticks <= 0)
		return -EINVAL;
	if (options->bar_cc && options->choruses == 0)
		c.n_cycles += (PERFORM_CC_MAX + n_bars - 1) / n_bars;
	const uint64_t room = ((uint64_t)steps->n_steps + 2 * (uint64_t)n_bars) * c.n_cycles + 1;
	if (room > MOS_TL_MAX_EVENTS)
		return -E2BIG;
	c.message = calloc(room, sizeof(*c.message));
	schedule.due = calloc(room, sizeof(*schedule.due));
	if (!c.message || !schedule.due) {
		free(c.message);
		free(schedule.due);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < c.n_cycles; i++)
		add_steps(&c, steps, i);
	if (options->bar_cc)
		add_telemetry(&c);
	perform_sort(c.message, c.n);
	for (uint32_t i = 0; i < c.n; i++)
		schedule.due[i] = perform_due(c.message[i].tick * (int64_t)npq / MOS_U_PER_NS, &c.message[i]);
	schedule.n_due = c.n;
	schedule.end_ns = c.n_cycles * c.ticks * (int64_t)npq / MOS_U_PER_NS;
	if (options->choruses == 0) {
		schedule.loop_start_ns = (c.n_cycles - 1) * c.ticks * (int64_t)npq / MOS_U_PER_NS;
		schedule.loop_end_ns = schedule.end_ns;
	}
	free(c.message);
	*ret = schedule;
	return 0;
}
