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
		.joins = ENG_NONE,
		.joined = ENG_NONE,
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
	eng_sort(order, n, sizeof(*order), by_place);
	for (uint32_t i = 0; i < n; i++) {
		e->event[i] = r->event[order[i].at];
		struct eng_measure *m = &e->measure[e->event[i].measure];
		if (!m->n_events++)
			m->first_event = i;
	}
	e->n_events = n;
	return 0;
}

static void find_full_rests(struct eng *e)
{
	for (uint32_t i = 0; i < e->n_events; i++) {
		struct eng_event *v = &e->event[i];
		const struct nvx_measure *m = eng_nvx(e, v->measure);
		if (!v->n_heads && !v->is_grace && v->tick == m->tick &&
			v->duration_ticks == m->duration_ticks &&
			(v->value == NVX_VALUE_UNSET || v->value == NVX_VALUE_1 ||
				m->irregular == NVX_IRREGULAR_NONE))
			v->is_full_measure_rest = 1;
		else if (v->value == NVX_VALUE_UNSET)
			v->value = NVX_VALUE_4;
		v->flags = (uint8_t)(v->value >= NVX_VALUE_8 ? v->value - NVX_VALUE_8 + 1 : 0);
	}
}

static int read_notation(struct eng *e)
{
	const struct nvx_seq *list = &e->score->list[NVX_LIST_notation];
	struct nvx_seq_iter it = nvx_seq_from(list, 0);
	e->notation = eng_alloc(e->arena, ((size_t)list->n + 1) * sizeof(const void *));
	for (uint32_t i = 0; e->notation && i < list->n; i++)
		e->notation[i] = nvx_seq_next(&it);
	return e->notation ? 0 : -ENOMEM;
}

/* Before anything is made for each of them. */
static int check_size(const struct eng *e)
{
	return (uint64_t)e->n_measures * e->n_staves > ENGRAVE_CELLS_MAX ? -E2BIG : 0;
}

int eng_read(struct eng *e)
{
	struct eng_reader r = {.e = e};
	int rc = read_notation(e);
	if (rc == 0)
		rc = eng_read_measures(e);
	if (rc == 0)
		rc = eng_read_parts(&r);
	if (rc == 0)
		rc = check_size(e);
	if (rc == 0)
		rc = eng_read_groups(e);
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
		rc = eng_link_events(&r);
	if (rc < 0)
		return rc;
	eng_number_voices(e);
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
