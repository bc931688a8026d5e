/* SPDX-License-Identifier: MIT */
/* Measures that one sign stands for: rests of many, repeats, slashes. */
#include "read.h"

#include <errno.h>

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
		const struct nvx_notation_element *n = score_notation(e->score, i);
		if (n->e.kind != NVX_NOTATION_MULTI_REST || n->count < 2)
			continue;
		const uint32_t m = score_measure_at(e->score, n->e.tick);
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
		const struct nvx_notation_element *n = score_notation(e->score, i);
		const uint32_t part = eng_map_get(&r->part_of_id, n->e.part_id);
		if (n->e.kind != NVX_NOTATION_MEASURE_REPEAT || part == ENG_NONE ||
			r->first_staff[part] == ENG_NONE)
			continue;
		const uint32_t count = n->count ? n->count : 1;
		for (uint32_t s = 0; s < r->n_staves[part]; s++) {
			const uint32_t staff = r->first_staff[part] + s;
			uint32_t m = score_measure_at(e->score, n->e.tick);
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

/** A bar of slashes, one a beat, where a lead sheet has nobody to sing. */
int eng_read_slashes(struct eng_reader *r)
{
	struct eng *e = r->e;
	for (uint32_t m = 0; m < e->n_measures; m++) {
		const struct nvx_meter *meter = score_meter_at(e->score, e->measure[m].tick);
		const uint32_t beat = 3840u / meter->den * (meter->den >= 8 && meter->num % 3 == 0 ? 3 : 1);
		for (uint32_t at = 0; at < e->measure[m].duration_ticks; at += beat) {
			struct eng_event *v = eng_add_event(r);
			if (!v)
				return -ENOMEM;
			v->tick = e->measure[m].tick + at;
			v->duration_ticks = beat < e->measure[m].duration_ticks - at
						    ? beat
						    : e->measure[m].duration_ticks - at;
			v->measure = m;
			v->value = NVX_VALUE_4;
			v->slash = 1;
		}
	}
	return 0;
}
