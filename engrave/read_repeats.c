/* SPDX-License-Identifier: MIT */
/* Measures that one sign stands for: rests of many, repeats, slashes. */
#include "read.h"

#include <errno.h>
#include <stdlib.h>

#define MOST_SLASHES 64u /* of a measure */

/** Empty measures that the score wants as one: only where no staff shows anything else. */
int eng_read_multi_rests(struct eng *e)
{
	uint8_t *busy = eng_alloc(e->arena, e->n_measures + 1);
	if (!busy)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		busy[v->measure] |= (uint8_t)(!v->is_full_measure_rest && !v->is_hidden);
	}
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *n = eng_notation(e, i);
		if (n->e.kind != NVX_NOTATION_MULTI_REST || n->count < 2)
			continue;
		const uint32_t m = eng_measure_at(e, n->e.tick);
		uint32_t end = m;
		while (end < e->n_measures && end - m < n->count && !busy[end] &&
			!e->measure[end].is_skipped && (end == m || !e->measure[end].n_changes))
			end++;
		if (end - m < 2 || e->measure[m].multi_rest)
			continue;
		e->measure[m].multi_rest = end - m;
		for (uint32_t k = m + 1; k < end; k++)
			e->measure[k].is_skipped = 1;
	}
	return 0;
}

/** A staff's measure shows nothing but rests: those give way to the sign. */
static int clear_measure(struct eng *e, uint32_t measure, uint32_t staff, int hides)
{
	const struct eng_measure *m = &e->measure[measure];
	for (uint32_t i = m->first_event; i < m->first_event + m->n_events; i++) {
		if (e->event[i].staff == staff && e->event[i].n_heads)
			return 0;
		if (e->event[i].staff == staff && hides)
			e->event[i].is_hidden = 1;
	}
	return 1;
}

/** Signs that stand for the measures before. */
int eng_read_repeats(struct eng_reader *r)
{
	struct eng *e = r->e;
	uint32_t max = 0;
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *n = eng_notation(e, i);
		const uint32_t part = eng_map_get(&r->part_of_id, n->e.part_id);
		if (n->e.kind != NVX_NOTATION_MEASURE_REPEAT || part == ENG_NONE ||
			r->first_staff[part] == ENG_NONE)
			continue;
		const uint32_t count = n->count ? n->count : 1;
		for (uint32_t s = 0; s < r->n_staves[part]; s++) {
			const uint32_t staff = r->first_staff[part] + s;
			uint32_t m = eng_measure_at(e, n->e.tick);
			const int64_t end = n->e.tick + n->e.duration_ticks;
			if ((n->e.staff && n->e.staff != s + 1) || e->n_repeats >= e->n_measures)
				continue;
			do {
				uint32_t k = 0;
				while (k < count && m + k < e->n_measures &&
					clear_measure(e, m + k, staff, 0))
					k++;
				if (k < count)
					break;
				struct eng_repeat *list = eng_grow(e->arena, e->repeat, e->n_repeats, &max,
					e->n_repeats + 1, sizeof(*list));
				if (!list)
					return -ENOMEM;
				e->repeat = list;
				list[e->n_repeats++] = (struct eng_repeat){m + (count - 1) / 2, staff, count};
				for (k = 0; k < count; k++)
					(void)clear_measure(e, m + k, staff, 1);
				m += count;
			} while (m < e->n_measures && e->measure[m].tick < end);
		}
	}
	return 0;
}

/** Slashes from `from` to before `to` of a measure, one a beat. */
static int add_slashes(struct eng_reader *r, uint32_t staff, uint32_t measure, int64_t from, int64_t to)
{
	const struct eng_measure *m = &r->e->measure[measure];
	const struct nvx_meter *meter = r->e->bar[eng_bar_at(r->e, m->tick)].meter;
	uint32_t beat = 3840u / meter->den * (meter->den >= 8 && meter->num % 3 == 0 ? 3 : 1);
	if (beat < m->duration_ticks / MOST_SLASHES + 1)
		beat = m->duration_ticks / MOST_SLASHES + 1;
	for (int64_t at = m->tick; at < to; at += beat) {
		if (at < from)
			continue;
		struct eng_event *v = eng_add_event(r);
		if (!v)
			return -ENOMEM;
		v->tick = at;
		v->duration_ticks = (uint32_t)(to - at < beat ? to - at : beat);
		v->measure = measure;
		v->staff = staff;
		v->value = NVX_VALUE_4;
		v->slash = 1;
	}
	return 0;
}

/** A bar of slashes where a lead sheet has nobody to sing. */
int eng_read_slashes(struct eng_reader *r)
{
	int rc = 0;
	for (uint32_t i = 0; rc == 0 && i < r->e->n_measures; i++) {
		const struct eng_measure *m = &r->e->measure[i];
		rc = add_slashes(r, 0, i, m->tick, m->tick + m->duration_ticks);
	}
	return rc;
}

/** Time in which a staff shows slashes for its notes. */
struct region {
	uint32_t staff;
	int64_t from, to;
};

static int by_place(const void *a, const void *b)
{
	const struct region *p = a, *q = b;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	return p->from != q->from ? p->from < q->from ? -1 : 1 : p->to < q->to ? -1 : p->to > q->to;
}

/** The regions of all staves, apart from one another. @return how many; -ENOMEM */
static int find_regions(struct eng_reader *r, struct region **ret)
{
	const struct score *score = r->e->score;
	uint32_t n = 0, max = 0, merged = 0;
	struct region *list = NULL;
	for (uint32_t i = 0; i < score_n_notation(score); i++) {
		const struct nvx_notation_element *el = eng_notation(r->e, i);
		const uint32_t part = el->e.kind == NVX_NOTATION_SLASH
					      ? eng_map_get(&r->part_of_id, el->e.part_id)
					      : ENG_NONE;
		if (part == ENG_NONE || r->first_staff[part] == ENG_NONE || !el->e.duration_ticks)
			continue;
		for (uint32_t s = 0; s < r->n_staves[part]; s++) {
			if (el->e.staff && el->e.staff != s + 1)
				continue;
			list = eng_grow(r->e->arena, list, n, &max, n + 1, sizeof(*list));
			if (!list)
				return -ENOMEM;
			list[n++] = (struct region){r->first_staff[part] + s, el->e.tick,
				el->e.tick + (int64_t)el->e.duration_ticks};
		}
	}
	if (n)
		qsort(list, n, sizeof(*list), by_place);
	for (uint32_t i = 1; i < n; i++) {
		if (list[i].staff == list[merged].staff && list[i].from <= list[merged].to)
			list[merged].to = list[i].to > list[merged].to ? list[i].to : list[merged].to;
		else
			list[++merged] = list[i];
	}
	*ret = list;
	return n ? (int)merged + 1 : 0;
}

/** The region of a staff at a tick; NULL: none. */
static const struct region *region_at(const struct region *list, int n, uint32_t staff, int64_t tick)
{
	int low = 0, high = n;
	while (low < high) {
		const int mid = (low + high) / 2;
		if (list[mid].staff < staff || (list[mid].staff == staff && list[mid].from <= tick))
			low = mid + 1;
		else
			high = mid;
	}
	return low && list[low - 1].staff == staff && tick < list[low - 1].to ? &list[low - 1] : NULL;
}

int eng_read_slash_regions(struct eng_reader *r)
{
	struct eng *e = r->e;
	struct region *list = NULL;
	const int n = find_regions(r, &list);
	for (uint32_t i = 0; n > 0 && i < r->n_events; i++) {
		if (region_at(list, n, r->event[i].staff, r->event[i].tick))
			r->event[i].is_hidden = 1;
	}
	for (int i = 0; i < n; i++) {
		for (uint32_t m = eng_measure_at(e, list[i].from);
			m < e->n_measures && e->measure[m].tick < list[i].to; m++) {
			const int64_t end = e->measure[m].tick + e->measure[m].duration_ticks;
			const int rc = add_slashes(
				r, list[i].staff, m, list[i].from, list[i].to < end ? list[i].to : end);
			if (rc < 0)
				return rc;
		}
	}
	return n < 0 ? n : 0;
}
