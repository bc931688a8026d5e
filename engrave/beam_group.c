/* SPDX-License-Identifier: MIT */
/* Which notes share a beam: as the score says, else by the groups of the meter; and which way their stems go.
 */
#include "read.h"

#include <errno.h>
#include <stdlib.h>

#include <mos/meter.h>

#define KNEE 12 /* positions between heads from where on stems of both ways look better */

struct group {
	struct eng *e;
	uint32_t max_beams, max_events, n_events;
};

static int add_to_beam(struct group *g, uint32_t event)
{
	struct eng *e = g->e;
	uint32_t *list = eng_grow(
		e->arena, e->beam_event, g->n_events, &g->max_events, g->n_events + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	e->beam_event = list;
	list[g->n_events++] = event;
	return 0;
}

/** Make a beam of the events added since `first`; drop them if they are none. */
static int close_beam(struct group *g, uint32_t first)
{
	struct eng *e = g->e;
	uint32_t notes = 0;
	while (g->n_events > first && !e->event[e->beam_event[g->n_events - 1]].n_heads)
		g->n_events--;
	for (uint32_t i = first; i < g->n_events; i++)
		notes += e->event[e->beam_event[i]].n_heads > 0;
	if (notes < 2) {
		g->n_events = first;
		return 0;
	}
	struct eng_beam *list =
		eng_grow(e->arena, e->beam, e->n_beams, &g->max_beams, e->n_beams + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	e->beam = list;
	list[e->n_beams] = (struct eng_beam){
		.first = first, .n = g->n_events - first, .staff = e->event[e->beam_event[first]].staff};
	for (uint32_t i = first; i < g->n_events; i++) {
		struct eng_event *v = &e->event[e->beam_event[i]];
		v->beam = e->n_beams;
		list[e->n_beams].is_cross |= v->staff != list[e->n_beams].staff || v->joined != ENG_NONE;
	}
	e->n_beams++;
	return 0;
}

static int in_order(const struct eng_event *a, const struct eng_event *b)
{
	return a->measure != b->measure ? a->measure < b->measure : a->tick <= b->tick;
}

/** A beam may go on to another staff of its part. */
static int is_reached(const struct eng *e, const struct eng_event *a, const struct eng_event *b)
{
	const struct eng_staff *p = &e->staff[a->staff], *q = &e->staff[b->staff];
	return p == q || (p->part == q->part && !p->is_tab && !q->is_tab && !p->is_hidden && !q->is_hidden);
}

/** Beams that the score names. */
static int read_beams(struct group *g, uint8_t *is_stated)
{
	struct eng *e = g->e;
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *x = eng_notation(e, i);
		uint32_t n;
		const nvx_id *ids = nvx_items(e->score->pool, x->event_ids, &n);
		if (x->e.kind != NVX_NOTATION_BEAM || !n)
			continue;
		const uint32_t part = score_find_part(e->score, x->e.part_id);
		if (part < e->score->n_parts)
			is_stated[part] = 1;
		const uint32_t first = g->n_events;
		for (uint32_t k = 0; k < n; k++) {
			uint32_t at = eng_find_event(e, ids[k]);
			at = at == ENG_NONE ? at : eng_holder(e, at);
			if (at == ENG_NONE || e->event[at].beam != ENG_NONE || e->event[at].is_hidden ||
				(e->event[at].n_heads && !e->event[at].flags))
				continue;
			if (g->n_events > first) {
				const struct eng_event *before = &e->event[e->beam_event[g->n_events - 1]];
				if (!is_reached(e, before, &e->event[at]) ||
					e->beam_event[g->n_events - 1] == at ||
					before->measure != e->event[at].measure ||
					!in_order(before, &e->event[at]) ||
					before->is_grace != e->event[at].is_grace)
					continue;
			} else if (!e->event[at].n_heads) {
				continue;
			}
			if (add_to_beam(g, at) < 0)
				return -ENOMEM;
		}
		if (close_beam(g, first) < 0)
			return -ENOMEM;
	}
	return 0;
}

/** Starts of groups of a measure, from its start; the last is its length. @return how many but the last. */
static uint32_t groups_of(
	const struct eng *e, const struct eng_meter_sign *meter, uint32_t *start, uint32_t max)
{
	uint8_t units[64];
	uint32_t n, at = 0;
	const uint8_t *stated = nvx_items(e->score->pool, meter->grouping, &n);
	for (uint32_t i = 0; i < n && i < 64; i++)
		units[i] = stated[i];
	if (!n && meter->num <= 4 && meter->den == 4) {
		n = meter->num == 4 ? 2 : 1;
		units[0] = meter->num == 4 ? 2 : (uint8_t)meter->num;
		units[1] = 2;
	} else if (!n && meter->den <= 2) {
		for (n = 0; n < meter->num && n < 64; n++)
			units[n] = 1;
	} else if (!n) {
		n = mos_meter_groups(meter->num, meter->den, units, 64);
	}
	n = n > max - 1 ? max - 1 : n;
	for (uint32_t i = 0; i < n; i++) {
		start[i] = at;
		at += units[i] * 3840u / meter->den;
	}
	start[n] = at;
	return n;
}

static uint32_t group_at(const uint32_t *start, uint32_t n, uint32_t at)
{
	uint32_t i = 0;
	while (i + 1 < n && start[i + 1] <= at)
		i++;
	return i;
}

/** Only plain eighths from `i` on within its group: then it is not cut at the beats. */
static int is_plain(const struct eng *e, uint32_t i, uint32_t end, int64_t until)
{
	for (; i < end && e->event[i].tick < until; i++) {
		const struct eng_event *v = &e->event[i];
		if (!v->is_grace &&
			(v->flags > 1 || v->tuplet != ENG_NONE || (v->n_heads && v->flags == 1 && v->dots)))
			return 0;
	}
	return 1;
}

/** One voice of one measure. */
static int group_voice(struct group *g, uint32_t from, uint32_t end)
{
	struct eng *e = g->e;
	const struct eng_event *v = &e->event[from];
	const struct eng_meter_sign *meter = eng_meter_at(e, v->staff, v->tick);
	const struct eng_measure *m = &e->measure[v->measure];
	uint32_t start[65];
	const uint32_t n_groups = groups_of(e, meter, start, 65);
	const uint32_t full = start[n_groups];
	const int is_pickup =
		eng_nvx(e, v->measure)->irregular == NVX_IRREGULAR_PICKUP && !m->is_on && !m->goes_on;
	const uint32_t offset = is_pickup && full > m->duration_ticks ? full - m->duration_ticks : 0;
	const uint32_t beat = meter->den >= 8 ? 0 : NVX_PPQ;
	uint32_t first = g->n_events;
	int64_t until = INT64_MIN;
	for (uint32_t i = from; i < end; i++) {
		v = &e->event[i];
		if (v->is_grace)
			continue;
		const uint32_t at = (uint32_t)(v->tick - m->tick) + offset;
		/* a chord over staves is beamed as the score says, or not at all */
		const int beamed = v->n_heads && v->flags && !v->is_hidden && v->beam == ENG_NONE &&
				   !v->slash && v->joins == ENG_NONE && v->joined == ENG_NONE;
		if (!beamed || v->tick >= until) {
			if (close_beam(g, first) < 0)
				return -ENOMEM;
			first = g->n_events;
			if (!beamed) {
				until = INT64_MIN;
				continue;
			}
			const uint32_t group = group_at(start, n_groups, at);
			const int64_t group_end = m->tick - offset + start[group + 1];
			until = group_end;
			if (beat && !is_plain(e, i, end, group_end)) {
				until = m->tick - offset + (at / beat + 1) * beat;
				until = until < group_end ? until : group_end;
			}
		}
		if (add_to_beam(g, i) < 0)
			return -ENOMEM;
	}
	return close_beam(g, first);
}

static int group_graces(struct group *g, uint32_t from, uint32_t end)
{
	struct eng *e = g->e;
	for (uint32_t i = from; i < end;) {
		const uint32_t first = g->n_events, at = i;
		for (; i < end && e->event[i].is_grace && e->event[i].tick == e->event[at].tick &&
			e->event[i].grace_after == e->event[at].grace_after && e->event[i].flags &&
			e->event[i].n_heads && e->event[i].beam == ENG_NONE;
			i++) {
			if (add_to_beam(g, i) < 0)
				return -ENOMEM;
		}
		if (close_beam(g, first) < 0)
			return -ENOMEM;
		i += i == at;
	}
	return 0;
}

int eng_group_beams(struct eng *e)
{
	struct group g = {.e = e};
	uint8_t *is_stated = eng_alloc(e->arena, e->score->n_parts + 1u);
	if (!is_stated || read_beams(&g, is_stated) < 0)
		return -ENOMEM;
	for (uint32_t i = 0, end; i < e->n_events; i = end) {
		const struct eng_event *v = &e->event[i];
		for (end = i; end < e->n_events && e->event[end].measure == v->measure &&
			      e->event[end].staff == v->staff && e->event[end].voice == v->voice;)
			end++;
		if (is_stated[e->staff[v->staff].part])
			continue;
		if (group_graces(&g, i, end) < 0 || group_voice(&g, i, end) < 0)
			return -ENOMEM;
	}
	return 0;
}

/** The widest gap between heads of a beam, as the position in its middle; INT32_MAX: none wide enough. */
static int knee_of(const struct eng *e, const struct eng_beam *b)
{
	int best = INT32_MAX;
	if (b->n > 16)
		return best;
	for (uint32_t i = 0; i < b->n; i++) {
		const struct eng_event *v = &e->event[e->beam_event[b->first + i]];
		if (!v->n_heads)
			continue;
		/* all others wholly above the top of this one by so much, or below */
		const int top = e->head[v->first_head + v->n_heads - 1].position;
		int above = INT32_MAX, crosses = 0;
		for (uint32_t k = 0; k < b->n; k++) {
			const struct eng_event *x = &e->event[e->beam_event[b->first + k]];
			if (!x->n_heads)
				continue;
			const int low = e->head[x->first_head].position;
			const int high = e->head[x->first_head + x->n_heads - 1].position;
			if (low > top)
				above = low < above ? low : above;
			else
				crosses |= high > top;
		}
		if (!crosses && above != INT32_MAX && above - top >= KNEE)
			best = (above + top) / 2;
	}
	return best;
}

static unsigned wish_of(const struct eng *e, const struct eng_event *v)
{
	return v->element == ENG_NONE ? NVX_STEM_AUTO : eng_notation(e, v->element)->stem;
}

/** Room for a beam between the heads whose stems the score wants down and those that it wants up. */
static int has_gap(const struct eng *e, const struct eng_beam *b)
{
	int above = INT32_MAX, below = INT32_MIN;
	for (uint32_t k = 0; k < b->n; k++) {
		const struct eng_event *v = &e->event[e->beam_event[b->first + k]];
		const unsigned wish = wish_of(e, v);
		if (!v->n_heads)
			continue;
		const int low = e->head[v->first_head].position;
		const int high = e->head[v->first_head + v->n_heads - 1].position;
		if (wish == NVX_STEM_DOWN)
			above = low < above ? low : above;
		else
			below = high > below ? high : below;
	}
	return above - below >= 7;
}

/* ---- over staves ---- */

static void extend(const struct eng *e, const struct eng_event *v, int *ret_low, int *ret_high)
{
	const int low = e->head[v->first_head].position;
	const int high = e->head[v->first_head + v->n_heads - 1].position;
	*ret_low = low < *ret_low ? low : *ret_low;
	*ret_high = high > *ret_high ? high : *ret_high;
}

/** Between the staves where each chord is on one of them, else where the score wants it, or stems are short.
 */
static void direct_cross(struct eng *e, struct eng_beam *b)
{
	uint32_t top = UINT32_MAX, bottom = 0, n_joined = 0, up = 0, down = 0;
	int low = INT32_MAX, high = INT32_MIN;
	for (uint32_t k = 0; k < b->n; k++) {
		const struct eng_event *v = &e->event[e->beam_event[b->first + k]];
		if (!v->n_heads)
			continue;
		const unsigned wish = wish_of(e, v);
		up += wish == NVX_STEM_UP;
		down += wish == NVX_STEM_DOWN;
		n_joined += v->joined != ENG_NONE;
		for (uint32_t i = (uint32_t)(v - e->event); i != ENG_NONE; i = e->event[i].joined) {
			const uint32_t staff = e->event[i].staff;
			top = staff < top ? staff : top;
			bottom = staff > bottom ? staff : bottom;
		}
	}
	for (uint32_t k = 0; k < b->n; k++) {
		uint32_t i = e->beam_event[b->first + k];
		int none = 0;
		for (; i != ENG_NONE && e->event[i].n_heads; i = e->event[i].joined) {
			/* what is nearest to each side */
			if (e->event[i].staff == top)
				extend(e, &e->event[i], &none, &high);
			if (e->event[i].staff == bottom)
				extend(e, &e->event[i], &low, &none);
		}
	}
	b->is_between = !n_joined && !!up == !!down;
	b->direction = b->is_between || (up || down ? up >= down : low + high <= 0) ? 1 : -1;
	b->staff = b->direction > 0 ? top : bottom;
	for (uint32_t k = 0; k < b->n; k++) {
		struct eng_event *v = &e->event[e->beam_event[b->first + k]];
		v->stem = b->direction;
		if (b->is_between)
			v->stem = v->staff == top ? -1 : 1;
		v->is_far = v->staff != b->staff && v->joined == ENG_NONE;
		if (!v->n_heads)
			v->stem = v->is_far = 0;
	}
}

void eng_direct_beams(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_beams; i++) {
		struct eng_beam *b = &e->beam[i];
		const struct eng_event *first = &e->event[e->beam_event[b->first]];
		if (b->is_cross) {
			direct_cross(e, b);
			continue;
		}
		int stated = 0, up = 0, down = 0, far = 0, knee = INT32_MAX;
		for (uint32_t k = 0; k < b->n; k++) {
			const struct eng_event *v = &e->event[e->beam_event[b->first + k]];
			if (!v->n_heads)
				continue;
			const unsigned wish = wish_of(e, v);
			stated += wish == NVX_STEM_UP || wish == NVX_STEM_DOWN;
			up += wish == NVX_STEM_UP;
			down += wish == NVX_STEM_DOWN;
			const int low = e->head[v->first_head].position;
			const int high = e->head[v->first_head + v->n_heads - 1].position;
			if (abs(low) > abs(far) || (abs(low) == abs(far) && low > far))
				far = low;
			if (abs(high) > abs(far) || (abs(high) == abs(far) && high > far))
				far = high;
		}
		const unsigned voices = e->event[e->beam_event[b->first]].n_voices;
		if (stated)
			b->direction = up >= down ? 1 : -1;
		else if (first->is_grace)
			b->direction = voices > 1 && first->voice % 2 ? -1 : 1;
		else if (voices > 1)
			b->direction = first->voice % 2 ? -1 : 1;
		else {
			b->direction = far < 0 ? 1 : -1;
			knee = knee_of(e, b);
		}
		for (uint32_t k = 0; k < b->n; k++) {
			struct eng_event *v = &e->event[e->beam_event[b->first + k]];
			if (!v->n_heads)
				continue;
			const unsigned wish = wish_of(e, v);
			v->stem = b->direction;
			if (up && down && has_gap(e, b))
				v->stem = wish == NVX_STEM_UP ? 1 : wish == NVX_STEM_DOWN ? -1 : b->direction;
			else if (knee != INT32_MAX)
				v->stem = e->head[v->first_head].position > knee ? -1 : 1;
			b->is_between |= v->stem != b->direction;
		}
	}
}
