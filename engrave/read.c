/* SPDX-License-Identifier: MIT */
/* Pass 1: the score's events in the order in which everything after works, and how they hang together. */
#include "read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t eng_value_ticks(unsigned value, unsigned dots)
{
	if (value < NVX_VALUE_MAXIMA || value > NVX_VALUE_1024)
		return 0;
	const uint32_t plain = 8u * 3840u >> (value - NVX_VALUE_MAXIMA);
	return 2 * plain - (plain >> (dots < 4 ? dots : 4));
}

int eng_fact(const struct eng *e, nvx_str extra, const char *key, char *buf, size_t size)
{
	char name[40];
	size_t n = 0;
	const char *at = extra ? strstr(score_text(e->score, extra), "\"musicxml\":{") : NULL;
	for (; at && key[n] && n < sizeof(name) - 4; n++)
		name[n + 1] = key[n];
	name[0] = '"';
	memcpy(name + n + 1, "\":\"", 4);
	at = at ? strstr(at, name) : NULL;
	if (!at)
		return 0;
	at += strlen(name);
	for (n = 0; at[n] && at[n] != '"' && n + 1 < size; n++)
		buf[n] = at[n];
	buf[n] = 0;
	return 1;
}

static int read_measures(struct eng *e)
{
	e->n_measures = score_n_measure(e->score);
	e->measure = eng_alloc(e->arena, (e->n_measures + 1) * sizeof(*e->measure));
	if (!e->measure)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_measures; i++) {
		const struct nvx_measure *m = score_measure(e->score, i);
		e->measure[i].tick = m->tick;
		e->measure[i].duration_ticks = m->duration_ticks;
	}
	return 0;
}

/* ---- events ---- */

struct eng_event *eng_add_event(struct eng_reader *r)
{
	struct eng_event *list =
		eng_grow(r->e->arena, r->event, r->n_events, &r->max_events, r->n_events + 1, sizeof(*list));
	if (!list)
		return NULL;
	r->event = list;
	list += r->n_events++;
	*list = (struct eng_event){.element = ENG_NONE,
		.beam = ENG_NONE,
		.tuplet = ENG_NONE,
		.next = ENG_NONE,
		.tremolo_to = ENG_NONE,
		.column = ENG_NONE,
		.first_head = r->e->n_heads,
		.scale = 1};
	return list;
}

int eng_add_head(struct eng_reader *r, struct eng_event *event, uint32_t note)
{
	struct eng *e = r->e;
	struct eng_head *list =
		eng_grow(e->arena, e->head, e->n_heads, &r->max_heads, e->n_heads + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	e->head = list;
	e->head[e->n_heads++] = (struct eng_head){.note = note};
	event->n_heads++;
	return 0;
}

struct order {
	uint32_t measure, staff, voice, at;
	int64_t tick;
	uint8_t place; /**< graces, their note, graces behind it */
};

static int by_place(const void *a, const void *b)
{
	const struct order *p = a, *q = b;
	if (p->measure != q->measure)
		return p->measure < q->measure ? -1 : 1;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	if (p->voice != q->voice)
		return p->voice < q->voice ? -1 : 1;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	if (p->place != q->place)
		return p->place < q->place ? -1 : 1;
	return p->at < q->at ? -1 : p->at > q->at;
}

static int sort_events(struct eng_reader *r)
{
	struct eng *e = r->e;
	const uint32_t n = r->n_events;
	struct order *order = eng_alloc(e->arena, (n + 1) * sizeof(*order));
	e->event = eng_alloc(e->arena, (n + 1) * sizeof(*e->event));
	if (!order || !e->event)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_event *v = &r->event[i];
		order[i] = (struct order){v->measure, v->staff, v->voice, i, v->tick,
			(uint8_t)(v->is_grace ? v->grace_after ? 2 : 0 : 1)};
	}
	qsort(order, n, sizeof(*order), by_place);
	for (uint32_t i = 0; i < n; i++) {
		e->event[i] = r->event[order[i].at];
		struct eng_measure *m = &e->measure[e->event[i].measure];
		if (!m->n_events++)
			m->first_event = i;
	}
	e->n_events = n;
	return 0;
}

/** Mean pitch of a voice; 0: only rests. */
static double height_of(const struct eng *e, uint32_t from, uint32_t end, uint32_t voice)
{
	double sum = 0;
	uint32_t n = 0;
	for (uint32_t i = from; i < end; i++) {
		const struct eng_event *v = &e->event[i];
		const struct score_part *part = e->score->part[e->staff[v->staff].part];
		for (uint32_t h = v->first_head; v->voice == voice && h < v->first_head + v->n_heads;
			h++, n++)
			sum += score_part_note(part, e->head[h].note)->pitch;
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

/** Voices are numbered anew in each measure of a staff: those that show something first. */
static void number_voices(struct eng *e)
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
	}
}

static void find_full_rests(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *v = &e->event[i];
		const struct eng_measure *m = &e->measure[v->measure];
		if (!v->n_heads && !v->is_grace && v->tick == m->tick &&
			v->duration_ticks == m->duration_ticks &&
			(v->value == NVX_VALUE_UNSET || v->value == NVX_VALUE_1 ||
				score_measure(e->score, v->measure)->irregular == NVX_IRREGULAR_NONE))
			v->is_full_measure_rest = 1;
		else if (v->value == NVX_VALUE_UNSET)
			v->value = NVX_VALUE_4;
		v->flags = (uint8_t)(v->value >= NVX_VALUE_8 ? v->value - NVX_VALUE_8 + 1 : 0);
	}
}

/** The event behind in its voice; chains of ties; where each note is drawn. */
static int link_events(struct eng_reader *r)
{
	struct eng *e = r->e;
	struct eng_map last = {}; /* staff and voice as they were numbered -> event */
	e->next_head = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(uint32_t));
	if (!e->next_head)
		return -ENOMEM;
	memset(e->next_head, 0xff, (e->n_heads + 1) * sizeof(uint32_t));
	uint32_t *tail = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(uint32_t));
	if (!tail)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *v = &e->event[i];
		const uint32_t voice = v->staff * 65536u + (v->voice & 0xffffu) + 1;
		const uint32_t before = eng_map_get(&last, voice);
		if (before != ENG_NONE)
			e->event[before].next = i;
		if (eng_map_put(e->arena, &last, voice, i) < 0 ||
			(v->id && eng_map_put(e->arena, &e->event_of_id, v->id, i) < 0))
			return -ENOMEM;
		for (uint32_t h = v->first_head; h < v->first_head + v->n_heads; h++) {
			struct eng_head *head = &e->head[h];
			const uint32_t at = e->note_base[e->staff[v->staff].part] + head->note;
			const uint32_t first = e->head_of_note[at];
			head->event = i;
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
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *v = &e->event[i];
		if (v->tremolo_to != ENG_NONE)
			v->tremolo_to = eng_map_get(&e->event_of_id, v->tremolo_to);
		unsigned depth = 0;
		for (uint32_t t = v->tuplet; t != ENG_NONE && depth < 8; t = e->tuplet[t].parent, depth++) {
			if (e->tuplet[t].first == ENG_NONE)
				e->tuplet[t].first = i;
			e->tuplet[t].last = i;
			e->tuplet[t].n_members =
				(uint8_t)(e->tuplet[t].n_members + (e->tuplet[t].n_members < 255));
		}
	}
	return 0;
}

int eng_read(struct eng *e)
{
	struct eng_reader r = {.e = e};
	int rc = read_measures(e);
	if (rc == 0)
		rc = eng_read_parts(&r);
	if (rc == 0 && e->has_slashes)
		rc = eng_read_slashes(&r);
	else if (rc == 0)
		rc = eng_read_events(&r);
	for (uint32_t p = 0; rc == 0 && !e->has_slashes && p < e->score->n_parts; p++) {
		if (r.first_staff[p] != ENG_NONE)
			rc = eng_derive(&r, p, !e->has_notation[p]);
		if (rc == 0 && e->cancelled && e->cancelled(e->cancel_data))
			rc = -ECANCELED;
	}
	if (rc == 0 && !e->has_slashes)
		rc = eng_read_slash_regions(&r);
	if (rc == 0)
		rc = sort_events(&r);
	if (rc == 0)
		rc = link_events(&r);
	if (rc < 0)
		return rc;
	number_voices(e);
	find_full_rests(e);
	rc = eng_read_signs(&r);
	if (rc == 0)
		rc = eng_read_repeats(&r);
	if (rc == 0)
		rc = eng_read_multi_rests(e);
	if (rc == 0)
		rc = eng_spell(e);
	return rc < 0 ? rc : eng_columns(e);
}
