/* SPDX-License-Identifier: MIT */
/* Who is where: events, heads and staves by id. */
#include "impl.h"

uint32_t eng_find_event(const struct eng *e, nvx_id id)
{
	return eng_map_get(&e->event_of_id, id);
}

uint32_t eng_find_note(const struct eng *e, nvx_id note_id, int64_t tick, uint32_t *ret_head)
{
	const uint32_t at = eng_map_get(&e->note_of_id, note_id);
	uint32_t head = at == ENG_NONE ? ENG_NONE : e->head_of_note[at];
	*ret_head = head;
	if (head == ENG_NONE)
		return ENG_NONE;
	for (; head != ENG_NONE; head = e->next_head[head]) {
		const struct eng_event *v = &e->event[e->head[head].event];
		if (v->tick <= tick && tick < v->tick + v->duration_ticks) {
			*ret_head = head;
			break;
		}
	}
	return e->head[*ret_head].event;
}

uint32_t eng_find_staff(const struct eng *e, nvx_id part_id, unsigned number, int tab)
{
	for (uint32_t i = 0; i < e->n_staves; i++) {
		const struct eng_staff *s = &e->staff[i];
		if (e->score->part[s->part]->part.id != part_id || s->is_hidden)
			continue;
		if (tab ? s->is_tab : !s->is_extra && s->number == (number ? number : 1))
			return i;
	}
	return ENG_NONE;
}
