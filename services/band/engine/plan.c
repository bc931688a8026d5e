/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include "chord_reference.h"
#include "symbol.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shares of a bar need not add up to it to the last bit. */
#define NEARLY 1e-6

struct layout {
	double bar_beats;
	double at; /* quarters from the start */
};

static uint32_t bar_of(const struct layout *l)
{
	return (uint32_t)floor(l->at / l->bar_beats + NEARLY);
}

static void to_bar_line(struct layout *l)
{
	l->at = ceil(l->at / l->bar_beats - NEARLY) * l->bar_beats;
}

static double end_of(struct layout *l, const struct band_inputs *in, const struct band_chord *chord)
{
	if (chord->beats > 0)
		return l->at + chord->beats;
	to_bar_line(l);
	return l->at + in->bars_per_chord * l->bar_beats;
}

static int count_bars(
	const struct band_inputs *in, double bar_beats, struct band_report *report, uint32_t *ret)
{
	struct layout l = {.bar_beats = bar_beats};

	for (uint32_t i = 0; i < in->n_chords; i++) {
		const double end = end_of(&l, in, &in->chord[i]);

		if (!(end <= BAND_BARS_MAX * bar_beats))
			return band_error(report, "CHORDS_TOO_MANY", "/chords", "a form has at most %u bars",
				BAND_BARS_MAX);
		l.at = end;
	}
	to_bar_line(&l);
	*ret = bar_of(&l);
	if (*ret == 0)
		return band_error(report, "CHORD_INVALID", "/chords", "there are no chords");
	return 0;
}

/** Puts the chord into each bar that it sounds in, from l->at to `end`. */
static int put(const struct band_plan *plan, const struct layout *l, double end,
	const struct band_bar_chord *chord, struct band_report *report)
{
	for (struct layout here = *l; here.at < end - NEARLY;) {
		const uint32_t index = bar_of(&here);
		struct band_bar *bar = &plan->bar[index];
		const double beat = here.at - index * l->bar_beats;

		if (bar->n_chords == BAND_BAR_CHORDS) {
			char where[32];

			(void)snprintf(where, sizeof(where), "/chords/%u", chord->index);
			return band_error(report, "CHORDS_TOO_MANY", where, "a bar has at most %u chords",
				BAND_BAR_CHORDS);
		}
		bar->chord[bar->n_chords] = *chord;
		bar->chord[bar->n_chords++].beat = beat > NEARLY ? beat : 0;
		here.at = (index + 1) * l->bar_beats;
	}
	return 0;
}

static int lay_out(const struct band_inputs *in, const struct band_chord *chords, struct layout *l,
	struct band_report *report, const struct band_plan *plan)
{
	for (uint32_t i = 0; i < in->n_chords; i++) {
		struct band_bar_chord chord = {.index = i};

		if (symbol_transpose(in->voicing, chords[i].text, in->transpose, chord.text) < 0) {
			(void)snprintf(chord.text, sizeof(chord.text), "/chords/%u", i);
			return band_error(report, "CHORD_INVALID", chord.text,
				"'%s' is no chord that can be transposed", chords[i].text);
		}
		const double end = end_of(l, in, &chords[i]);
		const int r = put(plan, l, end, &chord, report);
		if (r < 0)
			return r;
		l->at = end;
	}
	return 0;
}

/** Empty after its last chord: it goes on. Silent throughout: says so by having none. */
static void settle(struct band_bar *bar)
{
	for (uint32_t i = 0; i < bar->n_chords; i++) {
		if (!band_is_no_chord(bar->chord[i].text))
			return;
	}
	bar->n_chords = 0;
}

int band_plan_program(const struct band_inputs *in, struct band_report *report, struct band_plan *ret)
{
	struct layout l = {.bar_beats = band_bar_beats(in)};
	struct band_plan plan = {};
	struct band_chord *chords = NULL;

	int r = band_substitute(in, report, &chords);
	if (r == 0)
		r = count_bars(in, l.bar_beats, report, &plan.n_bars);
	if (r == 0) {
		plan.bar = calloc(plan.n_bars, sizeof(*plan.bar));
		r = plan.bar ? lay_out(in, chords, &l, report, &plan) : -ENOMEM;
	}
	free(chords);
	if (r < 0) {
		free(plan.bar);
		return r;
	}
	for (uint32_t i = 0; i < plan.n_bars; i++) {
		settle(&plan.bar[i]);
		plan.bar[i].chorus_bar = i;
		plan.bar[i].pattern_bar = i;
		plan.bar[i].intensity = in->intensity;
		plan.bar[i].tempo_bpm = in->tempo_bpm;
	}
	*ret = plan;
	return 0;
}

void band_plan_finish(struct band_plan *plan)
{
	free(plan->bar);
	*plan = (struct band_plan){};
}
