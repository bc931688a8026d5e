/* SPDX-License-Identifier: MIT */
/*
 * Pass 1: how events hang together. A voice may go from staff to staff of its part: where its events on
 * several staves of a measure do not sound at once it is one voice there. A chord over staves is an event on
 * each, all but the first with the fact "chord".
 */
#include "read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct place {
	int64_t tick;
	uint32_t event, measure, staff;
	uint16_t part;
	uint8_t voice;
	uint8_t rank; /**< graces, their note, graces behind it */
};

static int by_time(const struct place *p, const struct place *q)
{
	if (p->measure != q->measure)
		return p->measure < q->measure ? -1 : 1;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	if (p->rank != q->rank)
		return p->rank < q->rank ? -1 : 1;
	return p->event < q->event ? -1 : p->event > q->event;
}

static int in_time(const void *a, const void *b)
{
	return by_time(a, b);
}

static int in_voice(const void *a, const void *b)
{
	const struct place *p = a, *q = b;
	if (p->part != q->part)
		return p->part < q->part ? -1 : 1;
	if (p->voice != q->voice)
		return p->voice < q->voice ? -1 : 1;
	return by_time(p, q);
}

static struct place *places_of(const struct eng *e)
{
	struct place *place = eng_alloc(e->arena, (e->n_events + 1) * sizeof(*place));
	for (uint32_t i = 0; place && i < e->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		place[i] = (struct place){v->tick, i, v->measure, v->staff, (uint16_t)e->staff[v->staff].part,
			(uint8_t)v->voice, (uint8_t)(v->is_grace ? v->grace_after ? 2 : 0 : 1)};
	}
	return place;
}

/* ---- chords over staves ---- */

static int is_marked(const struct eng *e, const struct eng_event *v)
{
	char fact[8];
	const nvx_str extra = v->element == ENG_NONE ? 0 : eng_notation(e, v->element)->e.extra;
	return extra && v->n_heads && eng_fact(e, extra, "chord", fact, sizeof(fact));
}

static int may_join(const struct eng *e, const struct eng_event *a, const struct eng_event *b)
{
	return a->n_heads && b->n_heads && a->value == b->value && a->staff != b->staff &&
	       !e->staff[a->staff].is_tab && !e->staff[b->staff].is_tab && !a->is_hidden && !b->is_hidden;
}

/** Events of one voice and one tick. */
static void join(struct eng *e, const struct place *place, uint32_t n)
{
	uint32_t base = ENG_NONE, last;
	for (uint32_t i = 0; i < n && base == ENG_NONE; i++) {
		const struct eng_event *v = &e->event[place[i].event];
		if (v->n_heads && !is_marked(e, v))
			base = place[i].event;
	}
	last = base;
	for (uint32_t i = 0; base != ENG_NONE && i < n; i++) {
		struct eng_event *v = &e->event[place[i].event];
		if (place[i].event == base || !is_marked(e, v) || !may_join(e, &e->event[base], v))
			continue;
		v->joins = base;
		e->event[last].joined = place[i].event;
		last = place[i].event;
	}
}

/* ---- voices ---- */

/** Nothing of a voice sounds on two staves at once; graces and chords over staves aside. */
static int moves(const struct eng *e, const struct place *place, uint32_t n)
{
	const struct eng_event *before = NULL;
	int is_one = 1;
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_event *v = &e->event[place[i].event];
		is_one &= v->staff == e->event[place[0].event].staff;
		if (v->is_grace || v->joins != ENG_NONE)
			continue;
		if (before && before->staff != v->staff && before->tick + before->duration_ticks > v->tick)
			return 0;
		before = v;
	}
	return !is_one;
}

static uint32_t key_of(const struct eng_event *v)
{
	return v->staff * 65536u + (v->voice & 0xffffu) + 1;
}

/** One voice of one measure. */
static int chain(struct eng *e, struct eng_map *last, const struct place *place, uint32_t n, int is_moving)
{
	uint32_t before = ENG_NONE;
	for (uint32_t i = 0; i < n; i++) {
		struct eng_event *v = &e->event[place[i].event];
		if (is_moving && v->joins != ENG_NONE)
			continue;
		if (!is_moving || before == ENG_NONE)
			before = eng_map_get(last, key_of(v));
		if (before != ENG_NONE)
			e->event[before].next = place[i].event;
		before = place[i].event;
		if (eng_map_put(e->arena, last, key_of(v), before) < 0)
			return -ENOMEM;
	}
	for (uint32_t i = 0; is_moving && before != ENG_NONE && i < n; i++) {
		struct eng_event *v = &e->event[place[i].event];
		if (eng_map_put(e->arena, last, key_of(v), before) < 0)
			return -ENOMEM;
	}
	return 0;
}

/** Where a voice is at home, when it goes to another staff at all: where it has the most chords. */
static void find_visits(struct eng *e, const struct place *place, uint32_t n)
{
	uint32_t count[8] = {}, home = 0;
	const uint32_t first = place[0].staff - (e->staff[place[0].staff].number - 1u);
	for (uint32_t i = 0; i < n; i++) {
		if (place[i].staff - first < 8 && e->event[place[i].event].n_heads)
			count[place[i].staff - first]++;
	}
	for (uint32_t i = 1; i < 8; i++)
		home = count[i] > count[home] ? i : home;
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t staff = place[i].staff - first;
		e->event[place[i].event].visits = (int8_t)(staff > home ? 1 : staff < home ? -1 : 0);
	}
}

static int link_voices(struct eng *e)
{
	struct eng_map last = {}; /* staff and voice as they were numbered -> event */
	struct place *place = places_of(e);
	if (!place)
		return -ENOMEM;
	eng_sort(place, e->n_events, sizeof(*place), in_voice);
	for (uint32_t i = 0, end; i < e->n_events; i = end) {
		int any = 0;
		for (end = i; end < e->n_events && place[end].part == place[i].part &&
			      place[end].voice == place[i].voice;) {
			const uint32_t from = end;
			while (end < e->n_events && place[end].part == place[i].part &&
				place[end].voice == place[i].voice &&
				place[end].measure == place[from].measure)
				end++;
			for (uint32_t k = from, to; k < end; k = to) {
				for (to = k + 1; to < end && place[to].tick == place[k].tick &&
						 place[to].rank == place[k].rank;)
					to++;
				if (to - k > 1 && place[k].rank == 1)
					join(e, place + k, to - k);
			}
			const int is_moving = moves(e, place + from, end - from);
			any |= is_moving;
			if (chain(e, &last, place + from, end - from, is_moving) < 0)
				return -ENOMEM;
		}
		if (any)
			find_visits(e, place + i, end - i);
	}
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *v = &e->event[i];
		if (v->joins != ENG_NONE)
			v->next = e->event[v->joins].next;
	}
	return 0;
}

/* ---- notes and tuplets ---- */

/** Chains of ties; where each note is drawn. */
static void link_heads(struct eng *e, uint32_t event, uint32_t *tail)
{
	struct eng_event *v = &e->event[event];
	for (uint32_t h = v->first_head; h < v->first_head + v->n_heads; h++) {
		struct eng_head *head = &e->head[h];
		const uint32_t at = e->note_base[e->staff[v->staff].part] + head->note;
		const uint32_t first = e->head_of_note[at];
		head->event = event;
		if (first == ENG_NONE) {
			e->head_of_note[at] = h;
			tail[h] = h;
			continue;
		}
		const uint32_t prior = tail[first];
		struct eng_event *from = &e->event[e->head[prior].event];
		e->next_head[prior] = h;
		tail[first] = h;
		if (from->tick < v->tick && !from->is_grace && !v->is_grace &&
			from->tick + from->duration_ticks >= v->tick) {
			e->head[prior].is_tied_to = 1;
			head->is_tied_from = 1;
		}
	}
}

static void link_tuplets(struct eng *e, uint32_t event)
{
	unsigned depth = 0;
	for (uint32_t t = e->event[event].tuplet; t != ENG_NONE && depth < 8;
		t = e->tuplet[t].parent, depth++) {
		struct eng_tuplet *tuplet = &e->tuplet[t];
		if (tuplet->first == ENG_NONE)
			tuplet->first = event;
		if (e->event[event].joins == ENG_NONE)
			tuplet->last = event;
		tuplet->n_members = (uint8_t)(tuplet->n_members + (tuplet->n_members < 255));
	}
}

int eng_link_events(struct eng_reader *r)
{
	struct eng *e = r->e;
	const uint32_t n = e->n_events;
	struct place *place = places_of(e);
	uint32_t *tail = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(uint32_t));
	e->next_head = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(uint32_t));
	if (!place || !tail || !e->next_head)
		return -ENOMEM;
	memset(e->next_head, 0xff, (e->n_heads + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < n; i++) {
		if (e->event[i].id && eng_map_put(e->arena, &e->event_of_id, e->event[i].id, i) < 0)
			return -ENOMEM;
	}
	if (link_voices(e) < 0)
		return -ENOMEM;
	eng_sort(place, n, sizeof(*place), in_time);
	for (uint32_t i = 0; i < n; i++) {
		struct eng_event *v = &e->event[place[i].event];
		link_heads(e, place[i].event, tail);
		link_tuplets(e, place[i].event);
		if (v->tremolo_to != ENG_NONE)
			v->tremolo_to = eng_map_get(&e->event_of_id, v->tremolo_to);
	}
	return 0;
}

/* ---- numbers of voices ---- */

/** Mean pitch of a voice; 0: only rests. */
static double height_of(const struct eng *e, uint32_t from, uint32_t end, uint32_t voice)
{
	double sum = 0;
	uint32_t n = 0;
	for (uint32_t i = from; i < end; i++) {
		const struct eng_event *v = &e->event[i];
		for (uint32_t h = v->first_head; v->voice == voice && h < v->first_head + v->n_heads;
			h++, n++)
			sum += eng_note(e, e->staff[v->staff].part, e->head[h].note)->pitch;
	}
	return n ? sum / n : 0;
}

/** Of two voices that nobody numbered the higher one is the first. */
static void order_by_height(struct eng *e, uint32_t from, uint32_t end)
{
	if (e->event[from].element != ENG_NONE || e->event[from].n_voices != 2)
		return;
	const double first = height_of(e, from, end, 0), second = height_of(e, from, end, 1);
	if (first > 0 && second > first) {
		for (uint32_t i = from; i < end; i++)
			e->event[i].voice = e->event[i].voice > 1 ? e->event[i].voice : 1 - e->event[i].voice;
	}
}

/** Of two voices the one that comes from the staff above goes above, the one from below goes below. */
static void order_visits(struct eng *e, uint32_t from, uint32_t end)
{
	int visits[2] = {};
	for (uint32_t i = from; i < end; i++) {
		const struct eng_event *v = &e->event[i];
		if (v->voice < 2 && v->visits)
			visits[v->voice] = v->visits;
	}
	for (uint32_t i = from; e->event[from].n_voices == 2 && visits[0] < visits[1] && i < end; i++)
		e->event[i].voice = e->event[i].voice > 1 ? e->event[i].voice : 1 - e->event[i].voice;
}

void eng_number_voices(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_events;) {
		const struct eng_event *first = &e->event[i];
		const uint32_t start = i;
		uint32_t end = i, n = 0, n_shown = 0;
		while (end < e->n_events && e->event[end].measure == first->measure &&
			e->event[end].staff == first->staff)
			end++;
		for (int hidden = 0; hidden < 2; hidden++) {
			for (uint32_t from = i, to; from < end; from = to) {
				const uint32_t voice = e->event[from].voice;
				int shows = 0;
				for (to = from; to < end && e->event[to].voice == voice; to++)
					shows |= !e->event[to].is_hidden;
				for (uint32_t k = from; shows != hidden && k < to; k++)
					e->event[k].column = n; /* lent until there are columns */
				n += shows != hidden;
				n_shown += shows && !hidden;
			}
		}
		for (; i < end; i++) {
			e->event[i].voice = e->event[i].column;
			e->event[i].n_voices = (uint16_t)(n_shown < UINT16_MAX ? n_shown : UINT16_MAX);
			e->event[i].column = ENG_NONE;
		}
		order_by_height(e, start, end);
		order_visits(e, start, end);
	}
}
