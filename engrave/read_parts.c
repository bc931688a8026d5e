/* SPDX-License-Identifier: MIT */
/* Which parts are drawn, and on which staves. */
#include "read.h"

#include <errno.h>
#include <string.h>

static int is_kit(const struct nvx_part *part)
{
	return part->role == NVX_ROLE_DRUMS || part->midi_channel == 9;
}

static int is_wanted(const struct eng *e, const struct nvx_part *part)
{
	for (uint32_t i = 0; i < e->options->n_parts; i++) {
		if (e->options->part[i] == part->id)
			return 1;
	}
	return !e->options->n_parts;
}

/** The part that a lead sheet shows; its melody, or the voice that sings. */
static uint32_t melody_part(struct eng *e)
{
	static const uint8_t roles[] = {NVX_ROLE_MELODY, NVX_ROLE_VOCALS};
	uint32_t only = ENG_NONE, n_pitched = 0;
	for (unsigned r = 0; r < 2; r++) {
		for (uint32_t i = 0; i < e->score->n_parts; i++) {
			const struct nvx_part *part = &e->score->part[i]->part;
			if (is_wanted(e, part) && part->role == roles[r])
				return i;
		}
	}
	for (uint32_t i = 0; i < e->score->n_parts; i++) {
		const struct nvx_part *part = &e->score->part[i]->part;
		if (!is_wanted(e, part) || is_kit(part) || !e->score->part[i]->note.n)
			continue;
		only = i;
		n_pitched++;
	}
	if (n_pitched == 1)
		return only;
	e->has_slashes = 1;
	return 0;
}

/** Both hands of a keyboard on a part that says one staff and is not written yet. */
static int is_grand(const struct eng *e, uint32_t i)
{
	const struct nvx_part *part = &e->score->part[i]->part;
	uint32_t low = 0, high = 0;
	struct nvx_seq_iter it = nvx_seq_from(&e->score->part[i]->note, 0);
	const struct nvx_note *note;
	while ((note = nvx_seq_next(&it))) {
		low += note->pitch < 55;
		high += note->pitch > 64;
	}
	const uint32_t few = e->score->part[i]->note.n / 12;
	return low > few && high > few && (part->midi_program < 24 || part->midi_program == 46);
}

static struct eng_staff *add_staff(struct eng *e, uint32_t *max, uint32_t part, unsigned number)
{
	struct eng_staff *list =
		eng_grow(e->arena, e->staff, e->n_staves, max, e->n_staves + 1, sizeof(*list));
	if (!list)
		return NULL;
	e->staff = list;
	list += e->n_staves++;
	*list = (struct eng_staff){.part = part, .number = (uint8_t)number, .lines = 5, .space = 1};
	return list;
}

static int add_staves(struct eng_reader *r, const uint8_t *has_tab)
{
	struct eng *e = r->e;
	uint32_t max = 0;
	const int lead = e->options->layout == ENGRAVE_LEAD_SHEET;
	const uint32_t melody = lead ? melody_part(e) : 0;
	for (uint32_t i = 0; i < e->score->n_parts; i++) {
		const struct nvx_part *part = &e->score->part[i]->part;
		r->first_staff[i] = ENG_NONE;
		if (lead ? i != melody : !is_wanted(e, part))
			continue;
		r->first_staff[i] = e->n_staves;
		unsigned n = part->staves ? part->staves : 1;
		if (lead)
			n = 1;
		else if (n == 1 && !e->has_notation[i] && !is_kit(part) && is_grand(e, i))
			n = 2;
		r->n_staves[i] = (uint8_t)n;
		for (unsigned s = 1; s <= n; s++) {
			struct eng_staff *staff = add_staff(e, &max, i, s);
			if (!staff)
				return -ENOMEM;
			staff->is_drums = (uint8_t)is_kit(part);
		}
		if (has_tab[i] && !lead && e->options->layers & 1u << ENGRAVE_TABLATURE) {
			struct eng_staff *staff = add_staff(e, &max, i, 1);
			if (!staff)
				return -ENOMEM;
			uint32_t strings;
			(void)nvx_items(e->score->pool, part->tuning, &strings);
			staff->is_tab = staff->is_extra = 1;
			staff->lines = (uint8_t)(strings >= 1 && strings <= 12 ? strings : 6);
			staff->space = 1.5f;
		}
	}
	return 0;
}

/** Clefs and line counts of the layer say what kind of staff it is; own tablature needs no other. */
static void mark_staves(struct eng_reader *r)
{
	struct eng *e = r->e;
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *n = eng_notation(e, i);
		if (n->e.kind != NVX_NOTATION_CLEF && n->e.kind != NVX_NOTATION_STAFF_LINES)
			continue;
		const uint32_t part = eng_map_get(&r->part_of_id, n->e.part_id);
		if (part == ENG_NONE || r->first_staff[part] == ENG_NONE || n->e.staff > r->n_staves[part])
			continue;
		const uint32_t from = r->first_staff[part] + (n->e.staff ? n->e.staff - 1u : 0);
		const uint32_t to = n->e.staff ? from + 1 : from + r->n_staves[part];
		for (uint32_t s = from; s < to; s++) {
			struct eng_staff *staff = &e->staff[s];
			if (n->e.kind == NVX_NOTATION_STAFF_LINES && n->e.tick == 0 && n->count <= 12 &&
				n->count > 0) {
				staff->lines = (uint8_t)n->count;
			} else if (n->sign == NVX_CLEF_TAB && n->e.tick == 0) {
				uint32_t strings;
				(void)nvx_items(e->score->pool, e->score->part[part]->part.tuning, &strings);
				staff->is_tab = 1;
				staff->space = 1.5f;
				if (staff->lines == 5)
					staff->lines = (uint8_t)(strings && strings <= 12 ? strings : 6);
				struct eng_staff *extra = &e->staff[r->first_staff[part] + r->n_staves[part]];
				if (extra < e->staff + e->n_staves && extra->part == part && extra->is_extra)
					extra->is_hidden = 1;
			} else if (n->sign == NVX_CLEF_PERCUSSION && n->e.tick == 0) {
				staff->is_drums = 1;
			}
		}
	}
}

int eng_read_parts(struct eng_reader *r)
{
	struct eng *e = r->e;
	const uint32_t n = e->score->n_parts;
	uint8_t *has_tab = eng_alloc(e->arena, n + 1);
	e->has_notation = eng_alloc(e->arena, n + 1);
	e->is_sung = eng_alloc(e->arena, n + 1);
	e->note_base = eng_alloc(e->arena, (n + 1) * sizeof(uint32_t));
	r->first_staff = eng_alloc(e->arena, (n + 1) * sizeof(uint32_t));
	r->n_staves = eng_alloc(e->arena, n + 1);
	if (!has_tab || !e->has_notation || !e->is_sung || !e->note_base || !r->first_staff || !r->n_staves)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		if (eng_map_put(e->arena, &r->part_of_id, e->score->part[i]->part.id, i) < 0)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < score_n_notation(e->score); i++) {
		const struct nvx_notation_element *x = eng_notation(e, i);
		const uint32_t part = eng_map_get(&r->part_of_id, x->e.part_id);
		if (part != ENG_NONE && x->e.kind == NVX_NOTATION_EVENT)
			e->has_notation[part] = 1;
	}
	for (uint32_t i = 0; i < score_n_tab(e->score); i++) {
		const uint32_t part = eng_map_get(&r->part_of_id, score_tab(e->score, i)->e.part_id);
		if (part != ENG_NONE)
			has_tab[part] = 1;
	}
	for (uint32_t i = 0; i < score_n_lyric(e->score) && e->options->layers >> ENGRAVE_LYRICS & 1u; i++) {
		const uint32_t part = eng_map_get(&r->part_of_id, score_lyric(e->score, i)->e.part_id);
		if (part != ENG_NONE)
			e->is_sung[part] = 1;
	}
	const int rc = add_staves(r, has_tab);
	if (rc < 0)
		return rc;
	mark_staves(r);
	uint32_t base = 0;
	for (uint32_t i = 0; i < n; i++)
		base += r->first_staff[i] == ENG_NONE ? 0 : e->score->part[i]->note.n;
	e->note = eng_alloc(e->arena, ((size_t)base + 1) * sizeof(struct nvx_note *));
	e->head_of_note = eng_alloc(e->arena, (base + 1) * sizeof(uint32_t));
	if (!e->note || !e->head_of_note)
		return -ENOMEM;
	memset(e->head_of_note, 0xff, (base + 1) * sizeof(uint32_t));
	base = 0;
	for (uint32_t i = 0; i < n; i++) {
		e->note_base[i] = r->first_staff[i] == ENG_NONE ? ENG_NONE : base;
		if (r->first_staff[i] == ENG_NONE)
			continue;
		struct nvx_seq_iter it = nvx_seq_from(&e->score->part[i]->note, 0);
		const struct nvx_note *note;
		while ((note = nvx_seq_next(&it))) {
			if (note->id && eng_map_put(e->arena, &e->note_of_id, note->id, base) < 0)
				return -ENOMEM;
			e->note[base++] = note;
		}
	}
	return 0;
}
