/* SPDX-License-Identifier: MIT */
/*
 * Staff notation: events of a voice do not overlap and do not pass the bar line, and last as long as they are
 * written (nvx1.md 6.7). Grace notes take no time. An event without a value may last any time: a rest of a
 * whole bar, or a length that no value with dots has.
 */
#include <errno.h>

#include "check.h"

#define MAX_NESTED 6u /**< tuplets in tuplets */
#define N_STAVES 9u   /**< 0: not given */
#define N_VOICES 17u
#define N_LANES (N_STAVES * N_VOICES)

/** How a tuplet changes lengths: by normal / actual, all that enclose it together. */
struct ratio {
	__int128 normal, actual;
};

/** @return 0; -ENOENT: a reference that is told elsewhere; -ELOOP: nested too deep, or in itself. */
static int tuplet_ratio(struct check *check, nvx_id id, struct ratio *ret)
{
	*ret = (struct ratio){1, 1};
	for (unsigned depth = 0; id; depth++) {
		const struct check_found found = check->source.find(check, id);
		if (!found.item || found.list != NVX_LIST_notation)
			return -ENOENT;
		if (depth == MAX_NESTED)
			return -ELOOP;
		const struct nvx_notation_element *tuplet = found.item;
		if (tuplet->e.kind != NVX_NOTATION_TUPLET || !tuplet->num || !tuplet->den)
			return -ENOENT;
		ret->normal *= tuplet->den;
		ret->actual *= tuplet->num;
		id = tuplet->parent_id;
	}
	return 0;
}

static void check_tuplet(struct check *check, const struct check_at *at, struct nvx_notation_element *tuplet)
{
	struct ratio ratio;
	if (tuplet->num < 1 || tuplet->num > 255 || tuplet->den < 1 || tuplet->den > 255) {
		if (check_broken(check, at, "nvx1.tuplet.ratio", "", "%u in the time of %u", tuplet->num,
			    tuplet->den))
			check_drop(check, &tuplet->e);
	} else if (tuplet_ratio(check, tuplet->e.id, &ratio) == -ELOOP &&
		   check_broken(check, at, "nvx1.tuplet.ratio", "/parentId",
			   "more than %u tuplets in each other", MAX_NESTED)) {
		tuplet->parent_id = 0;
	}
}

/** A rest over the whole bar is written as a whole note in any meter. */
static int is_bar_rest(struct check *check, const struct nvx_notation_element *event)
{
	if (event->note_ids || event->value != NVX_VALUE_1 || event->dots)
		return 0;
	const struct check_bar bar = check->source.bar_at(check, event->e.tick);
	return bar.start == event->e.tick && bar.end - bar.start == event->e.duration_ticks;
}

/** As long as it is written, to the tick, in no tuplet: as most are. */
static int is_plain_value(const struct nvx_notation_element *event)
{
	if (event->tuplet_id || event->value > NVX_VALUE_1024 || event->dots > 4)
		return 0;
	const unsigned halved = (unsigned)event->value - NVX_VALUE_MAXIMA + event->dots;
	return (uint64_t)event->e.duration_ticks << halved ==
	       (uint64_t)(8 * 4 * NVX_PPQ) * ((2u << event->dots) - 1);
}

/** Less than a tick of difference is the rounding of borders (nvx1.md 4.1). */
static void check_value(struct check *check, const struct check_at *at, struct nvx_notation_element *event)
{
	if (event->value == NVX_VALUE_UNSET || event->is_grace)
		return;
	if (is_plain_value(event))
		return;
	struct ratio ratio;
	if (event->value > NVX_VALUE_1024 || event->dots > 4 || tuplet_ratio(check, event->tuplet_id, &ratio))
		return;
	const __int128 over = ratio.actual << (event->value - NVX_VALUE_MAXIMA + event->dots);
	const __int128 exact = (__int128)(8 * 4 * NVX_PPQ) * ((2 << event->dots) - 1) * ratio.normal;
	const __int128 apart = exact - over * event->e.duration_ticks;
	if ((apart < over && -apart < over) || is_bar_rest(check, event))
		return;
	if (!check_broken(check, at, "nvx1.value.duration", "/durationTicks",
		    "%u ticks, but what is written lasts %lld", event->e.duration_ticks,
		    (long long)(exact / over)))
		return;
	if (apart < 0 && -apart <= 2 * over && exact >= over) {
		event->e.duration_ticks =
			(uint32_t)(exact / over); /* foreign divisions: leave a gap of a tick */
	} else {
		event->value = NVX_VALUE_UNSET;
		event->dots = 0;
		event->tuplet_id = 0;
	}
}

static size_t lane_of(uint32_t part, const struct nvx_element *e)
{
	const unsigned staff = e->staff < 1 ? 1 : e->staff < N_STAVES ? e->staff : N_STAVES - 1;
	const unsigned voice = e->voice < 1 ? 1 : e->voice < N_VOICES ? e->voice : N_VOICES - 1;
	return (size_t)part * N_LANES + staff * N_VOICES + voice;
}

/** Another voice of the staff that is silent at a tick; 0: none. */
static uint8_t free_voice(const uint32_t *last, const struct nvx_notation_element *elements, uint32_t part,
	const struct nvx_element *e)
{
	struct nvx_element other = *e;
	for (other.voice = 1; other.voice < N_VOICES; other.voice++) {
		const uint32_t in = last[lane_of(part, &other)];
		if (!in || elements[in - 1].e.tick + (int64_t)elements[in - 1].e.duration_ticks <= e->tick)
			return other.voice;
	}
	return 0;
}

/** @param bar  Asked for last: mostly this one's too. @return 0: the event is gone. */
static int check_bar_line(
	struct check *check, const struct check_at *at, struct check_bar *bar, struct nvx_element *e)
{
	const int64_t end = e->tick + (int64_t)e->duration_ticks;
	if (e->tick < bar->start || e->tick >= bar->end)
		*bar = check->source.bar_at(check, e->tick);
	if (end <= bar->end)
		return 1;
	if (!check_broken(check, at, "nvx1.voice.barline", "/durationTicks",
		    "ends at %lld, its measure at %lld", (long long)end, (long long)bar->end))
		return 1;
	if (e->tick >= bar->end) {
		check_drop(check, e);
		return 0;
	}
	e->duration_ticks = (uint32_t)(bar->end - e->tick);
	return 1;
}

/** @param last  For each voice the event that was last, from 1 on: the event, unless it is gone. */
static void check_overlap(struct check *check, const struct check_at *at,
	struct nvx_notation_element *elements, uint32_t *last, uint32_t part)
{
	struct nvx_element *e = &elements[at->index].e;
	uint32_t *lane = &last[lane_of(part, e)];
	const uint32_t before = *lane;
	*lane = at->index + 1;
	if (!before)
		return;
	struct nvx_element *previous = &elements[before - 1].e;
	const int64_t end = previous->tick + (int64_t)previous->duration_ticks;
	if (end <= e->tick)
		return;
	if (!check_broken(check, at, "nvx1.voice.overlap", "/tick",
		    "starts at %lld, the event before it ends at %lld", (long long)e->tick, (long long)end))
		return;
	if (previous->tick < e->tick && end - e->tick <= 2) {
		previous->duration_ticks = (uint32_t)(e->tick - previous->tick); /* rounding */
		return;
	}
	*lane = before;
	const uint8_t voice = free_voice(last, elements, part, e);
	check->mended = 1;
	if (voice) {
		e->voice = voice;
		last[lane_of(part, e)] = at->index + 1;
	} else if (previous->tick < e->tick) {
		previous->duration_ticks = (uint32_t)(e->tick - previous->tick);
		*lane = at->index + 1;
	} else {
		check_drop(check, e);
	}
}

static void check_event_time(struct check *check, const struct check_at *at,
	struct nvx_notation_element *elements, uint32_t *last, struct check_bar *bar)
{
	struct nvx_notation_element *event = &elements[at->index];
	const uint32_t part = check_part(check, &event->e);
	if (part >= check->n_parts)
		return; /* told as a reference */
	if (event->is_grace) {
		if (event->e.duration_ticks && check_broken(check, at, "nvx1.value.duration",
						       "/durationTicks", "a grace note takes no time"))
			event->e.duration_ticks = 0;
		return;
	}
	if (event->e.duration_ticks == 0) {
		if (check_broken(check, at, "nvx1.value.duration", "/durationTicks", "0 is below 1"))
			check_drop(check, &event->e);
		return;
	}
	if (check_bar_line(check, at, bar, &event->e))
		check_overlap(check, at, elements, last, part);
}

void check_notation(struct check *check, struct nvx_notation_element *elements, uint32_t n)
{
	uint32_t *last = score_zalloc(check->alloc, check->n_parts, N_LANES * sizeof(*last));
	if (!last) {
		check->error = -ENOMEM;
		return;
	}
	struct check_bar bar = {};
	for (uint32_t i = 0; i < n; i++) {
		const struct check_at at = {NVX_LIST_notation, 0, i, &elements[i]};
		if (elements[i].e.kind == NVX_NOTATION_EVENT)
			check_event_time(check, &at, elements, last, &bar);
		else if (elements[i].e.kind == NVX_NOTATION_TUPLET)
			check_tuplet(check, &at, &elements[i]);
	}
	/* After all lengths are settled. */
	for (uint32_t i = 0; i < n; i++) {
		const struct check_at at = {NVX_LIST_notation, 0, i, &elements[i]};
		if (elements[i].e.kind == NVX_NOTATION_EVENT && !check_is_dropped(&elements[i].e))
			check_value(check, &at, &elements[i]);
	}
	score_free(check->alloc, last);
}
