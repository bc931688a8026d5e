/* SPDX-License-Identifier: MIT */
/* The players: strokes and chords to notes (tritone.md 3). Comp for all bars, then bass, then drums. */
#include "generate.h"

#include "line.h"

#include <errno.h>
#include <math.h>
#include <mos/meter.h>
#include <mos/midi_gate.h>
#include <string.h>

#define NEARLY 1e-9
#define COMP_CHANNEL 0
#define BASS_CHANNEL 1
#define DRUM_CHANNEL 9
/* A chord that is further ahead than this is not anticipated. */
#define ANTICIPATION 2.0

struct player {
	const struct band_ctx *ctx;
	const struct band_soundings *all;
	struct band_events *events;
	double bar_beats;
	double beat; /* quarters; dotted ones in compound meters */
	uint8_t bass_before;
	const struct band_sounding *bass_ahead; /* whose root was played early */
};

/** What follows a chord; the last is followed by the first, for the form goes round. */
static const struct band_sounding *after(const struct player *p, const struct band_sounding *s)
{
	if (s->is_last)
		return NULL;
	return s + 1 < p->all->chord + p->all->n_chords ? s + 1 : p->all->chord;
}

static double time_to(const struct player *p, const struct band_sounding *next, double at)
{
	const double end = p->ctx->plan->n_bars * p->bar_beats;

	return next->at > at ? next->at - at : next->at + end - at;
}

static int comp(struct player *p, const struct band_sounding *s, const struct band_stroke *stroke, double len,
	const struct band_event *base)
{
	uint8_t note[BAND_VOICING_MAX];
	const struct band_sounding *from = s;
	const struct band_sounding *next = after(p, s);

	if (stroke->tone == BAND_TONE_NEXT && next && time_to(p, next, base->at_beats) <= ANTICIPATION)
		from = next;
	if (from->n == 0)
		return 0;
	const uint32_t n =
		band_comp_notes((enum band_tone)stroke->tone, &from->tones, from->note, from->n, note);
	for (uint32_t i = 0; i < n; i++) {
		struct band_event event = *base;

		event.len_beats = len;
		event.note = note[i];
		event.onset = i == 0;
		const int r = band_events_add(p->events, &event);
		if (r < 0)
			return r;
	}
	return 0;
}

/** @param then  Quarters to the next stroke of the line: whether this is the last before a change. */
static int bass(struct player *p, const struct band_sounding *s, const struct band_stroke *stroke, double len,
	double then, const struct band_event *base)
{
	const struct band_sounding *next = after(p, s);
	enum band_tone tone = (enum band_tone)stroke->tone;
	struct band_event event = *base;

	if (next &&
		time_to(p, next, base->at_beats) > (tone == BAND_TONE_WALK ? then + NEARLY : ANTICIPATION))
		next = NULL;
	if (tone == BAND_TONE_WALK && next && next->began != next->at)
		next = NULL;
	if (tone == BAND_TONE_NEXT && next)
		p->bass_ahead = next;
	if (s->n == 0 && (tone != BAND_TONE_NEXT || !next || next->n == 0))
		return 0;
	event.len_beats = len;
	event.onset = 1;
	event.note = band_bass(p->ctx->in->voicing, &s->tones, next ? &next->tones : NULL, tone,
		(uint32_t)floor((base->at_beats - s->began) / p->beat + 1e-6), p->bass_before);
	p->bass_before = event.note;
	return band_events_add(p->events, &event);
}

/** Chord of a bar that sounds at a beat. */
static uint32_t chord_at(const struct band_bar *bar, double beat)
{
	uint32_t k = bar->n_chords;

	while (k > 1 && bar->chord[k - 1].beat > beat + NEARLY)
		k--;
	return k - 1;
}

/** Whether one of the strokes sounds the chord from here to there; what leads on to the next one does not. */
static bool is_struck(const struct band_stroke *stroke, uint32_t n, double from, double to)
{
	for (uint32_t i = 0; i < n; i++) {
		const bool ties = stroke[i].tone == BAND_TONE_NEXT;
		const bool leads = stroke[i].tone == BAND_TONE_APPROACH ||
				   (ties && to - stroke[i].beat <= ANTICIPATION + NEARLY);
		const bool early =
			ties && stroke[i].beat < from - NEARLY && stroke[i].beat >= from - ANTICIPATION;

		if (early || (!leads && stroke[i].beat >= from - NEARLY && stroke[i].beat < to - NEARLY))
			return true;
	}
	return false;
}

/** A chord begins on its root, whatever the pattern has there. */
static uint8_t bass_tone(const struct player *p, uint32_t index, uint32_t k,
	const struct band_stroke *strokes, uint32_t n, const struct band_stroke *now)
{
	const struct band_sounding *s = &p->all->chord[p->all->first[index] + k];
	const bool is_other = now->tone == BAND_TONE_FIFTH || now->tone == BAND_TONE_THIRD ||
			      now->tone == BAND_TONE_SEVENTH;
	const bool is_new = s->at - s->began < NEARLY && p->bass_ahead != s;

	return is_other && is_new && !is_struck(strokes, n, p->ctx->plan->bar[index].chord[k].beat, now->beat)
		       ? BAND_TONE_CHORD
		       : now->tone;
}

/** As hard as the player plays just before a place, or right behind it. 0: only ornaments. */
static uint8_t velocity_at(const struct band_stroke *stroke, uint32_t n, double beat)
{
	uint8_t velocity = 0;

	for (uint32_t i = 0; i < n && (velocity == 0 || stroke[i].beat < beat); i++) {
		if (stroke[i].velocity > MOS_GHOST_VEL_MAX)
			velocity = stroke[i].velocity;
	}
	return velocity;
}

static bool reaches(const struct band_stroke *stroke, uint32_t n, double beat)
{
	for (uint32_t i = 0; i < n; i++) {
		if (stroke[i].tone != BAND_TONE_NEXT && stroke[i].beat + stroke[i].len > beat + NEARLY)
			return true;
	}
	return false;
}

/**
 * Every chord of a bar is heard. Where the pattern has no stroke for one, the comp's off-beat before it plays
 * it early; if there is none that can be spared, it is struck where it begins.
 * @return how many strokes there are now; -E2BIG.
 */
static int strike_changes(const struct player *p, uint32_t index, enum band_part part,
	struct band_stroke strokes[BAND_STROKES_MAX], int n)
{
	const struct band_bar *bar = &p->ctx->plan->bar[index];

	for (uint32_t k = 1; n > 0 && k < bar->n_chords; k++) {
		const double from = bar->chord[k].beat;
		const double to = k + 1 < bar->n_chords ? bar->chord[k + 1].beat : p->bar_beats;
		uint32_t i = 0;

		while (i < (uint32_t)n && strokes[i].beat < from - NEARLY)
			i++;
		if (p->all->chord[p->all->first[index] + k].n == 0 ||
			is_struck(strokes, (uint32_t)n, from, to) || reaches(strokes, i, from))
			continue;
		/* What would lead on begins where the chord does: the chord comes first. */
		if (i < (uint32_t)n && strokes[i].beat < from + NEARLY) {
			strokes[i].tone = BAND_TONE_CHORD;
			continue;
		}
		if (part == BAND_COMP && i > 1 && from - strokes[i - 1].beat <= 0.5 + NEARLY &&
			strokes[i - 2].beat < strokes[i - 1].beat - NEARLY &&
			is_struck(strokes, i - 1, bar->chord[k - 1].beat, from)) {
			strokes[i - 1].tone = BAND_TONE_NEXT;
			continue;
		}
		const double room = (i < (uint32_t)n && strokes[i].beat < to ? strokes[i].beat : to) - from;
		const struct band_stroke added = {
			.beat = from,
			.len = i > 0 && strokes[i - 1].len < room ? strokes[i - 1].len : room,
			.velocity = velocity_at(strokes, (uint32_t)n, from),
			.tone = BAND_TONE_CHORD,
		};
		if (added.velocity == 0)
			continue;
		if (n == BAND_STROKES_MAX)
			return -E2BIG;
		memmove(&strokes[i + 1], &strokes[i], ((uint32_t)n - i) * sizeof(strokes[0]));
		strokes[i] = added;
		n++;
	}
	return n;
}

/**
 * One stroke. It ends where the chord does that it is of; a chord that nobody would strike otherwise is
 * struck where it begins, for the rest of the time.
 */
static int strike(struct player *p, uint32_t index, enum band_part part, const struct band_stroke *strokes,
	uint32_t n, uint32_t i)
{
	const struct band_bar *bar = &p->ctx->plan->bar[index];
	struct band_stroke now = strokes[i];
	double left = now.len;

	for (;;) {
		const uint32_t k = chord_at(bar, now.beat);
		const bool tied = now.tone == BAND_TONE_NEXT;
		const double change = k + 1 < bar->n_chords ? bar->chord[k + 1].beat : INFINITY;
		const double len = !tied && now.beat + left > change + NEARLY ? change - now.beat : left;
		const double then = i + 1 < n ? strokes[i + 1].beat : p->bar_beats;
		const struct band_sounding *s = &p->all->chord[p->all->first[index] + k];

		if (part == BAND_BASS)
			now.tone = bass_tone(p, index, k, strokes, n, &now);
		const struct band_event base = {
			.at_beats = index * p->bar_beats + now.beat,
			.bar = index,
			.chord = (uint16_t)k,
			.part = (uint8_t)part,
			.velocity = now.velocity,
			.channel = part == BAND_COMP ? COMP_CHANNEL : BASS_CHANNEL,
		};
		const int r = part == BAND_COMP ? comp(p, s, &now, len, &base)
						: bass(p, s, &now, len, then - now.beat, &base);
		if (r < 0 || len == left)
			return r;

		const double until = k + 2 < bar->n_chords ? bar->chord[k + 2].beat : p->bar_beats;
		if (is_struck(strokes, n, change, until))
			return 0;
		left -= len;
		now.beat = change;
		now.tone = BAND_TONE_CHORD;
	}
}

static int drum(struct player *p, uint32_t index, const struct band_stroke *stroke)
{
	const struct band_event event = {
		.at_beats = index * p->bar_beats + stroke->beat,
		.len_beats = stroke->len,
		.bar = index,
		.part = BAND_DRUMS,
		.note = stroke->tone,
		.velocity = stroke->velocity,
		.channel = DRUM_CHANNEL,
		.onset = 1,
	};

	return band_events_add(p->events, &event);
}

static int play(struct player *p, uint32_t index, enum band_part part)
{
	const struct band_bar *bar = &p->ctx->plan->bar[index];
	struct band_stroke strokes[BAND_STROKES_MAX];

	if (part != BAND_DRUMS && bar->n_chords == 0)
		return 0;
	/* As the voicings do, the bass begins each chorus afresh. */
	if (index > 0 && (bar[-1].chorus != bar->chorus || bar[-1].item != bar->item)) {
		p->bass_before = 0;
		p->bass_ahead = NULL;
	}
	int n = band_strokes(p->ctx, bar, part, strokes);
	if (part != BAND_DRUMS)
		n = strike_changes(p, index, part, strokes, n);
	for (int i = 0; i < n; i++) {
		const int r = part == BAND_DRUMS ? drum(p, index, &strokes[i])
						 : strike(p, index, part, strokes, (uint32_t)n, (uint32_t)i);
		if (r < 0)
			return r;
	}
	return n < 0 ? n : 0;
}

int band_generate(const struct band_ctx *ctx, struct band_events *events)
{
	struct band_soundings all;
	struct player p = {
		.ctx = ctx,
		.all = &all,
		.events = events,
		.bar_beats = band_bar_beats(ctx->in),
		.beat = mos_meter_classify(ctx->in->meter_num, ctx->in->meter_den) == MOS_METER_COMPOUND ? 1.5
													 : 1,
	};

	int r = band_soundings(ctx, p.bar_beats, &all);
	if (r < 0)
		return r;
	for (int part = 0; r == 0 && part < BAND_N_PARTS; part++) {
		for (uint32_t i = 0; r == 0 && i < ctx->plan->n_bars; i++)
			r = play(&p, i, (enum band_part)part);
	}
	band_soundings_finish(&all);
	return r;
}
