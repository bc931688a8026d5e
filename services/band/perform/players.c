/* SPDX-License-Identifier: MIT */
/* From the engine's events, in beats, to notes in ticks: the players', and the metronome's, which are made
 * here. */
#include "perform_private.h"

#include <errno.h>
#include <math.h>
#include <mos/clave.h>
#include <mos/meter.h>
#include <stdio.h>

#define FILE_PPQ 480
#define DRUM_CHANNEL 9

#define STICK 37 /* side stick */
#define STICK_FIRST_VEL 96
#define STICK_VEL 80
#define CLICK_BEATS 0.25 /* a step of the contract's grid (tritone.md 11) */
#define CLAVE_GRID 16

/** A feel that moves what is played and scales it; what is struck together stays together. */
struct feel {
	struct band_groove groove;
	struct band_groove_controls controls;
	bool is_on;
};

static struct feel feel_of(const struct band_options *o, const struct band_inputs *in)
{
	struct feel feel = {};

	feel.is_on = o->groove[0] != '\0' && band_groove_preset(o->groove, &feel.groove) == 0;
	if (!feel.is_on)
		return feel;
	(void)snprintf(feel.groove.profile, sizeof(feel.groove.profile), "%.*s", (int)BAND_GROOVE_PROFILE - 1,
		o->groove_profile[0] ? o->groove_profile : in->name);
	feel.controls = band_groove_controls(&feel.groove);
	return feel;
}

static void feel_note(const struct feel *feel, uint64_t npq, uint32_t sixteenth, struct perform_note *note)
{
	const double later_ns =
		1e9 * band_groove_due(&feel->groove, &feel->controls, BAND_GROOVE_NOTE_ON, sixteenth, 0);
	const int64_t ticks = lrint(later_ns * MOS_PPQ / (double)npq);
	const int64_t shift = ticks < -note->on ? -note->on : ticks; /* nothing is before the beginning */

	note->on += shift;
	note->off += shift;
	note->file_on += shift * FILE_PPQ / MOS_PPQ;
	note->file_off += shift * FILE_PPQ / MOS_PPQ;
	note->velocity = band_groove_velocity(&feel->controls, note->velocity);
}

/** Who names a grid gets all on it; by default everything is where it is played. */
static struct band_event on_grid(const struct band_inputs *in, const struct band_event *e)
{
	struct band_event event = *e;

	if (in->by[BAND_KEY_GRID] == BAND_BY_DEFAULT && in->by[BAND_KEY_QUANTIZE] == BAND_BY_DEFAULT)
		return event;
	const double on = band_on_step(in->quantize, e->at_beats * in->grid / 4);
	const double off = band_on_step(in->quantize, (e->at_beats + e->len_beats) * in->grid / 4);

	event.at_beats = on * 4 / in->grid;
	event.len_beats = (off > on ? off - on : 1) * 4 / in->grid;
	return event;
}

static int add_note(struct band_performance *p, const struct feel *feel, const struct band_event *e,
	uint32_t from, uint8_t track)
{
	const int64_t start = p->bar[from].tick;
	const double end = e->at_beats + e->len_beats;
	struct perform_note note = {
		.on = start + lrint(e->at_beats * MOS_PPQ),
		.off = start + lrint(end * MOS_PPQ),
		.file_on = start / (MOS_PPQ / FILE_PPQ) + lrint(e->at_beats * FILE_PPQ),
		.file_off = start / (MOS_PPQ / FILE_PPQ) + lrint(end * FILE_PPQ),
		.bar = from + e->bar,
		.track = track,
		.channel = e->channel,
		.key = e->note,
		.velocity = e->velocity,
	};

	if (note.off <= note.on)
		note.off = note.on + 1;
	if (note.file_off <= note.file_on)
		note.file_off = note.file_on + 1;
	if (feel->is_on)
		feel_note(feel, p->bar[note.bar].npq,
			(uint32_t)(start / (MOS_PPQ / 4) + lrint(e->at_beats * 4)), &note);
	return perform_note_add(p, &note);
}

int perform_players(struct band_performance *p, const struct band_inputs *in, uint32_t from, uint32_t to,
	uint32_t keep_to, struct band_report *report)
{
	const struct band_plan plan = {.bar = &p->plan.bar[from], .n_bars = to - from};
	const struct band_ctx ctx = {.in = in, .plan = &plan, .report = report};
	const struct feel feel = feel_of(&p->options, in);
	struct band_events events;

	int r = band_render(&ctx, &events);
	if (r < 0)
		return r;
	r = band_check(&ctx, &events, BAND_PRE_SCHEDULE);
	for (uint32_t i = 0; r == 0 && i < events.n_events; i++) {
		const struct band_event e = on_grid(in, &events.event[i]);

		if (from + e.bar < keep_to)
			r = add_note(p, &feel, &e, from, (uint8_t)(PERFORM_COMP + e.part));
	}
	band_events_finish(&events);
	return r;
}

struct clicker {
	const struct band_performance *p;
	const struct band_inputs *in;
	struct band_events *events;
	double bar_beats;
	uint32_t bar; /* of the stretch */
};

static int click(const struct clicker *c, double beat, uint8_t key, uint32_t velocity)
{
	const struct band_event event = {
		.at_beats = c->bar * c->bar_beats + beat,
		.len_beats = CLICK_BEATS,
		.bar = c->bar,
		.part = BAND_DRUMS,
		.note = key,
		.velocity = (uint8_t)(velocity < 127 ? velocity : 127),
		.channel = DRUM_CHANNEL,
		.onset = 1,
	};

	return band_events_add(c->events, &event);
}

/** What a foot taps: dotted beats in compound meters, else the meter's own. */
static double tap_beats(const struct band_inputs *in)
{
	const double unit = 4.0 / in->meter_den;

	return mos_meter_classify(in->meter_num, in->meter_den) == MOS_METER_COMPOUND ? 3 * unit : unit;
}

/** @param every  Taps between clicks. */
static int click_taps(const struct clicker *c, uint32_t every, uint8_t key, uint32_t first_vel, uint32_t vel)
{
	const double tap = tap_beats(c->in);
	const uint32_t n = (uint32_t)lrint(c->bar_beats / tap);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i += every)
		r = click(c, i * tap, key, i == 0 ? first_vel : vel);
	return r;
}

/** "One ... two ... one two three four": only the last bar has every beat, and bars that can't be halved. */
static int count_in(const struct clicker *c, bool is_last)
{
	const uint32_t n = (uint32_t)lrint(c->bar_beats / tap_beats(c->in));

	return click_taps(c, is_last || n % 2 ? 1 : 2, STICK, STICK_FIRST_VEL, STICK_VEL);
}

static int click_clave(const struct clicker *c, uint32_t pattern_bar)
{
	const struct band_options *o = &c->p->options;
	uint8_t stroke[MOS_CLAVE_STROKES_MAX];
	const int n = mos_clave_steps(o->clave, CLAVE_GRID, stroke);
	int r = 0;

	for (int i = 0; r == 0 && i < n; i++) {
		if (stroke[i] / CLAVE_GRID == pattern_bar % 2)
			r = click(
				c, (stroke[i] % CLAVE_GRID) * 4.0 / CLAVE_GRID, o->click_note, o->click_vel);
	}
	return r;
}

static int click_bar(const struct clicker *c, const struct band_bar *bar, bool is_last_count_in)
{
	const struct band_options *o = &c->p->options;

	if (bar->is_count_in)
		return count_in(c, is_last_count_in);
	/* A metronome that plays alone has to be heard. */
	if (bar->is_click)
		return click_taps(c, 1, o->click_note, o->click_vel * 2u, o->click_vel * 3u / 2);
	if (!o->click)
		return 0;
	if (o->clave[0] && c->in->meter_num == 4 && c->in->meter_den == 4)
		return click_clave(c, bar->pattern_bar);
	return click_taps(c, 1, o->click_note, o->click_vel, o->click_vel);
}

int perform_clicks(struct band_performance *p, const struct band_inputs *in, uint32_t from, uint32_t to,
	struct band_report *report)
{
	const struct band_plan plan = {.bar = &p->plan.bar[from], .n_bars = to - from};
	const struct band_ctx ctx = {.in = in, .plan = &plan, .report = report};
	struct band_events events = {};
	struct clicker c = {.p = p, .in = in, .events = &events, .bar_beats = band_bar_beats(in)};
	int r = 0;

	for (; r == 0 && c.bar < plan.n_bars; c.bar++)
		r = click_bar(&c, &plan.bar[c.bar], c.bar + 1 == plan.n_bars);
	if (r == 0)
		r = band_check(&ctx, &events, BAND_PRE_SCHEDULE);
	for (uint32_t i = 0; r == 0 && i < events.n_events; i++)
		r = add_note(p, &(struct feel){}, &events.event[i], from, PERFORM_CLICK);
	band_events_finish(&events);
	return r;
}
