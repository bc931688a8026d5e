/* SPDX-License-Identifier: MIT */
#include "ticks.h"

#include <math.h>
#include <stdlib.h>

static uint32_t tick_of(double beats)
{
	const double ticks = nearbyint(beats * BAND_FILE_PPQ);

	return ticks < BAND_FILE_TICK_MAX ? (uint32_t)ticks : BAND_FILE_TICK_MAX;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int in_order(const void *left, const void *right)
{
	const struct band_ticked *a = left;
	const struct band_ticked *b = right;
	int order = ORDER(a->track, b->track);

	if (order == 0)
		order = ORDER(a->start, b->start);
	if (order == 0)
		order = ORDER(a->note, b->note);
	if (order == 0)
		order = ORDER(a->end, b->end);
	if (order == 0)
		order = ORDER(a->velocity, b->velocity);
	return order ? order : ORDER(a->channel, b->channel);
}

struct band_ticked *band_ticked(const struct band_events *events)
{
	struct band_ticked *ret = calloc(events->n_events ? events->n_events : 1, sizeof(*ret));

	if (!ret)
		return NULL;
	for (uint32_t i = 0; i < events->n_events; i++) {
		const struct band_event *e = &events->event[i];
		const uint32_t start = tick_of(e->at_beats);
		const uint32_t end = tick_of(e->at_beats + e->len_beats);

		ret[i] = (struct band_ticked){
			.start = start,
			.end = end > start ? end : start + 1,
			.track = (uint8_t)(e->part + 1),
			.channel = e->channel,
			.note = e->note,
			.velocity = e->velocity,
		};
	}
	/* Equal ones are alike in every field, so that an unstable sort does no harm. */
	qsort(ret, events->n_events, sizeof(*ret), in_order);
	return ret;
}
