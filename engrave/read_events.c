/* SPDX-License-Identifier: MIT */
/* Chords, rests and tuplets as the notation layer has them. */
#include "read.h"

#include <errno.h>

static int read_tuplet(struct eng_reader *r, uint32_t index, const struct nvx_notation_element *n)
{
	struct eng *e = r->e;
	struct eng_tuplet *list =
		eng_grow(e->arena, e->tuplet, e->n_tuplets, &r->max_tuplets, e->n_tuplets + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	e->tuplet = list;
	list[e->n_tuplets] = (struct eng_tuplet){.id = n->e.id,
		.element = index,
		.actual = n->num,
		.normal = n->den,
		.first = ENG_NONE,
		.last = ENG_NONE,
		.parent = ENG_NONE,
		.bracket = n->bracket,
		.show = n->style};
	return eng_map_put(e->arena, &e->tuplet_of_id, n->e.id, e->n_tuplets++);
}

static int read_heads(
	struct eng_reader *r, struct eng_event *v, uint32_t part, const struct nvx_notation_element *n)
{
	struct eng *e = r->e;
	uint32_t count;
	const nvx_id *ids = nvx_items(e->score->pool, n->note_ids, &count);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t at = eng_map_get(&e->note_of_id, ids[i]);
		const uint32_t base = e->note_base[part];
		if (at == ENG_NONE || at < base || at - base >= e->score->part[part]->note.n)
			continue;
		if (eng_add_head(r, v, at - base) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_event(
	struct eng_reader *r, uint32_t part, uint32_t index, const struct nvx_notation_element *n)
{
	struct eng *e = r->e;
	struct eng_event *v = eng_add_event(r);
	if (!v)
		return -ENOMEM;
	const unsigned staff = n->e.staff ? n->e.staff - 1u : 0;
	v->tick = n->e.tick;
	v->duration_ticks = n->is_grace ? 0 : n->e.duration_ticks;
	v->measure = eng_measure_at(e, n->e.tick);
	v->staff = r->first_staff[part] + (staff < r->n_staves[part] ? staff : r->n_staves[part] - 1u);
	v->voice = n->e.voice;
	v->element = index;
	v->id = n->e.id;
	v->value = n->value;
	v->dots = n->dots;
	v->is_hidden = n->hidden;
	v->is_grace = n->is_grace;
	v->grace_slash = n->grace_slash;
	v->grace_after = n->grace_after;
	v->is_cue = n->is_cue;
	v->articulations = n->articulations;
	v->ornaments = n->ornaments;
	v->technical = n->technical;
	v->tremolo = n->tremolo;
	v->arpeggio = n->arpeggio;
	v->breath = n->breath;
	v->fermata = n->fermata;
	v->scale = n->is_grace ? 0.6f : n->is_cue ? 0.7f : 1;
	v->tuplet = n->tuplet_id ? eng_map_get(&e->tuplet_of_id, n->tuplet_id) : ENG_NONE;
	/* to be resolved when all are there */
	v->tremolo_to = n->to_event_id ? n->to_event_id : ENG_NONE;
	return read_heads(r, v, part, n);
}

int eng_read_events(struct eng_reader *r)
{
	struct eng *e = r->e;
	const uint32_t n = score_n_notation(e->score);
	for (uint32_t i = 0; i < n; i++) {
		const struct nvx_notation_element *x = eng_notation(e, i);
		if (x->e.kind == NVX_NOTATION_TUPLET && read_tuplet(r, i, x) < 0)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < e->n_tuplets; i++) {
		const nvx_id parent = eng_notation(e, e->tuplet[i].element)->parent_id;
		if (parent)
			e->tuplet[i].parent = eng_map_get(&e->tuplet_of_id, parent);
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct nvx_notation_element *x = eng_notation(e, i);
		const uint32_t part = eng_map_get(&r->part_of_id, x->e.part_id);
		if (x->e.kind != NVX_NOTATION_EVENT || part == ENG_NONE || r->first_staff[part] == ENG_NONE)
			continue;
		if (r->n_staves[part] < e->score->part[part]->part.staves && x->e.staff > r->n_staves[part])
			continue; /* a lead sheet shows the first staff */
		const int rc = read_event(r, part, i, x);
		if (rc < 0)
			return rc;
		if ((i & 4095) == 4095 && e->cancelled && e->cancelled(e->cancel_data))
			return -ECANCELED;
	}
	return 0;
}
