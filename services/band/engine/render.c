/* SPDX-License-Identifier: MIT */
/* Runs the generator and the layers, and looks behind each of them (contract 1.3, 6.2). */
#include "events.h"

#include "generate.h"
#include "voicing.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** What no layer may change of a note. */
struct identity {
	double at, len;
	uint32_t bar;
	uint16_t chord;
	uint8_t part, note, channel, onset;
};

struct score {
	struct identity *note;
	uint32_t n, n_ghosts;
};

static bool same(const struct identity *a, const struct identity *b)
{
	return a->len == b->len && a->bar == b->bar && a->chord == b->chord && a->part == b->part &&
	       a->note == b->note && a->channel == b->channel && a->onset == b->onset;
}

static struct identity identity_of(const struct band_event *e)
{
	return (struct identity){
		.at = e->at_beats,
		.len = e->len_beats,
		.bar = e->bar,
		.chord = e->chord,
		.part = e->part,
		.note = e->note,
		.channel = e->channel,
		.onset = e->onset,
	};
}

static int remember(const struct band_events *events, struct score *ret)
{
	*ret = (struct score){.note = calloc(events->n_events ? events->n_events : 1, sizeof(*ret->note))};
	if (!ret->note)
		return -ENOMEM;
	for (uint32_t i = 0; i < events->n_events; i++) {
		if (events->event[i].kind == BAND_GHOST)
			ret->n_ghosts++;
		else
			ret->note[ret->n++] = identity_of(&events->event[i]);
	}
	return 0;
}

/** A note may swing to the next pulse and lie as far off as was asked for, no further. */
static bool is_near(const struct band_ctx *ctx, const struct identity *before, const struct identity *after)
{
	const double tempo = ctx->plan->bar[after->bar].tempo_bpm;
	const double most = 0.5 + ctx->in->humanize_ms / 1000 * tempo / 60 + 1e-9;

	return fabs(after->at - before->at) <= most;
}

/** Ghosts are of the chord that they stand under. */
static bool belongs(const struct band_ctx *ctx, const struct band_event *ghost)
{
	const struct band_bar *bar = &ctx->plan->bar[ghost->bar];

	return ghost->part == BAND_COMP && ghost->chord < bar->n_chords &&
	       (band_pitch_classes(ctx->in->voicing, bar->chord[ghost->chord].text) & 1u << ghost->note % 12);
}

/** T-36, T-39, T-40: the same notes of the same chords in the same bars; ghosts may only come to them. */
static int compare(const struct band_ctx *ctx, const char *layer, const struct score *before,
	const struct band_events *events)
{
	char where[64];
	uint32_t n = 0;
	uint32_t n_ghosts = 0;

	(void)snprintf(where, sizeof(where), "%s %s", band_stage_name(BAND_POST_EXPRESSIVE), layer);
	for (uint32_t i = 0; i < events->n_events; i++) {
		const struct band_event *e = &events->event[i];
		const struct identity now = identity_of(e);

		if (e->kind == BAND_GHOST) {
			if (!belongs(ctx, e))
				return band_error(ctx->report, "band.contract.chord", where,
					"ghost note %u is not of the chord in bar %u", e->note, e->bar);
			n_ghosts++;
			continue;
		}
		if (n == before->n || !same(&now, &before->note[n]))
			return band_error(ctx->report, "band.contract.chord", where,
				"event %u in bar %u is not the note that it was", i, e->bar);
		if (!is_near(ctx, &before->note[n], &now))
			return band_error(ctx->report, "band.contract.bar", where,
				"event %u left its place in bar %u", i, e->bar);
		n++;
	}
	if (n != before->n || n_ghosts < before->n_ghosts)
		return band_error(ctx->report, "band.contract.chord", where, "notes are missing");
	return 0;
}

static int run(const struct band_ctx *ctx, const struct band_layer *layer, struct band_events *events)
{
	struct score before;

	int r = remember(events, &before);
	if (r == 0)
		r = layer->fn(ctx, events);
	if (r == 0)
		r = band_check(ctx, events, BAND_POST_EXPRESSIVE);
	if (r == 0)
		r = compare(ctx, layer->name, &before, events);
	free(before.note);
	return r;
}

int band_render_layers(const struct band_ctx *ctx, const struct band_layer *layers, struct band_events *ret)
{
	struct band_events events = {};

	int r = band_generate(ctx, &events);
	if (r == 0)
		r = band_check(ctx, &events, BAND_PRE_EXPRESSIVE);
	for (; r == 0 && layers->name; layers++)
		r = run(ctx, layers, &events);
	if (r == -E2BIG)
		r = band_error(ctx->report, "band.contract.events", "/chords",
			"more than %u notes, or more in a bar than can be played", BAND_EVENTS_MAX);
	if (r < 0) {
		band_events_finish(&events);
		return r;
	}
	*ret = events;
	return 0;
}

int band_render(const struct band_ctx *ctx, struct band_events *ret)
{
	return band_render_layers(ctx, band_layers, ret);
}
