/* SPDX-License-Identifier: MIT */
/* What a page is made of, once it is: where is a tick, what sounds, what is drawn here. */
#include "emit.h"

#include <stdlib.h>

static size_t part_of(size_t *at, size_t n, size_t size)
{
	const size_t from = (*at + 15) / 16 * 16;
	*at = from + n * size;
	return from;
}

struct engraving *engraving_new(uint32_t n_pages, uint32_t n_systems, uint32_t n_measures, uint32_t n_columns,
	uint32_t n_notes, uint32_t n_chords, uint32_t n_shapes)
{
	size_t at = sizeof(struct engraving);
	const size_t memory = part_of(&at, 1, sizeof(struct engraving_memory));
	const size_t ends = part_of(&at, n_notes + 1u, sizeof(int64_t));
	const size_t page = part_of(&at, n_pages + 1u, sizeof(struct engrave_page));
	const size_t system = part_of(&at, n_systems + 1u, sizeof(struct engrave_system));
	const size_t measure = part_of(&at, n_measures + 1u, sizeof(struct engrave_measure));
	const size_t column = part_of(&at, n_columns + 1u, sizeof(struct engrave_column));
	const size_t note = part_of(&at, n_notes + 1u, sizeof(struct engrave_note));
	const size_t chord = part_of(&at, n_chords + 1u, sizeof(struct engrave_chord));
	const size_t shape = part_of(&at, n_shapes + 1u, sizeof(struct mos_shape));
	char *base = calloc(1, at);
	if (!base)
		return NULL;
	struct engraving *e = (struct engraving *)(void *)base;
	struct engraving_memory *m = (struct engraving_memory *)(void *)(base + memory);
	m->ends = (int64_t *)(void *)(base + ends);
	*e = (struct engraving){.page = (void *)(base + page),
		.system = (void *)(base + system),
		.measure = (void *)(base + measure),
		.column = (void *)(base + column),
		.note = (void *)(base + note),
		.chord = (void *)(base + chord),
		.shape = (void *)(base + shape),
		.n_pages = n_pages,
		.n_systems = n_systems,
		.n_shapes = n_shapes,
		.memory = m};
	return e;
}

void engraving_free(struct engraving *e)
{
	free(e);
}

uint32_t engraving_find(const struct engraving *e, int64_t tick, float *ret_x)
{
	const uint32_t low = eng_until(&e->measure->tick, sizeof(*e->measure), e->n_measures, tick);
	*ret_x = 0;
	if (!low || tick >= e->measure[low - 1].tick + e->measure[low - 1].duration_ticks)
		return UINT32_MAX;
	const struct engrave_measure *m = &e->measure[low - 1];
	const uint32_t from = m->first_column + eng_until(&e->column[m->first_column].tick,
							sizeof(*e->column), m->n_columns, tick);
	float x0 = m->first_x, x1 = m->rect.x + m->rect.w;
	int64_t t0 = m->tick, t1 = m->tick + m->duration_ticks;
	if (from > m->first_column) {
		x0 = e->column[from - 1].x;
		t0 = e->column[from - 1].tick;
	}
	if (from < m->first_column + m->n_columns) {
		x1 = e->column[from].x;
		t1 = e->column[from].tick;
	}
	*ret_x = t1 > t0 ? x0 + (x1 - x0) * ((float)(tick - t0) / (float)(t1 - t0)) : x0;
	return low - 1;
}

uint32_t engraving_sounding(const struct engraving *e, int64_t tick, uint32_t *ret, uint32_t max)
{
	const uint32_t low = eng_until(&e->note->tick, sizeof(*e->note), e->n_notes, tick);
	uint32_t n = 0;
	for (uint32_t i = low; i-- > 0 && n < max && engraving_memory(e)->ends[i] > tick;) {
		if (e->note[i].tick + e->note[i].duration_ticks > tick)
			ret[n++] = i;
	}
	return n;
}

static int is_in(const struct engrave_rect *r, float x, float y, float room)
{
	return x >= r->x - room && x <= r->x + r->w + room && y >= r->y - room && y <= r->y + r->h + room;
}

void engraving_at(
	const struct engraving *e, uint32_t page, float x, float y, uint32_t *ret_note, uint32_t *ret_measure)
{
	*ret_note = *ret_measure = UINT32_MAX;
	for (uint32_t i = 0; i < e->n_measures && *ret_measure == UINT32_MAX; i++) {
		if (e->system[e->measure[i].system].page == page && is_in(&e->measure[i].rect, x, y, 0))
			*ret_measure = i;
	}
	for (uint32_t i = 0; i < e->n_notes && *ret_note == UINT32_MAX; i++) {
		if (e->system[e->note[i].system].page == page && is_in(&e->note[i].rect, x, y, 0.2f))
			*ret_note = i;
	}
}
