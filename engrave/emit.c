/* SPDX-License-Identifier: MIT */
/* Pass 10: shapes by page, system, measure and layer; and the tables that playheads and pointers look into.
 */
#include "emit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"

struct key {
	uint32_t place; /**< measure and layer; of furniture its page */
	uint32_t ink;
};

static int by_place(const void *a, const void *b)
{
	const struct key *p = a, *q = b;
	if (p->place != q->place)
		return p->place < q->place ? -1 : 1;
	return p->ink < q->ink ? -1 : p->ink > q->ink;
}

static uint32_t place_of(const struct eng *e, const struct eng_ink *ink)
{
	uint32_t place = ink->staff; /* the page */
	if (ink->system != ENG_NONE)
		place = ink->measure == ENG_NONE ? 0
						 : ink->measure - e->system[ink->system].first_measure + 1;
	return place << 4 | (ink->shape.layer & 15u);
}

/** Where ink belongs; as in struct eng_ink. */
struct place {
	uint32_t system, staff, measure, head, page;
};

struct emit {
	struct eng *e;
	struct engraving *out;
	uint32_t *measure_of;        /**< by eng.measure: its place in out->measure; ENG_NONE */
	uint32_t *from;              /**< and back */
	uint32_t *shape_of_head;     /**< by head */
	struct eng_box *box_of_head; /**< on its page */
	uint32_t n_shapes;
	struct place at; /**< of the last one, and where its staff is */
	float dx, dy;
};

static void offset_of(const struct eng *e, uint32_t system, uint32_t staff, float *dx, float *dy)
{
	*dx = *dy = 0;
	if (system == ENG_NONE)
		return;
	const struct eng_system *s = &e->system[system];
	*dx = e->options->margin;
	*dy = s->y;
	if (staff != ENG_NONE && isfinite(s->staff_y[staff]))
		*dy += s->staff_y[staff];
}

static void grow(struct engrave_rect *r, struct eng_box b, int with_x)
{
	const float x1 = fmaxf(r->x + r->w, b.x1), y1 = fmaxf(r->y + r->h, b.y1);
	if (with_x) {
		r->x = fminf(r->x, b.x0);
		r->w = x1 - r->x;
	}
	r->y = fminf(r->y, b.y0);
	r->h = y1 - r->y;
}

static void put(struct emit *m, const struct mos_shape *shape, const struct eng_box *box, struct place at)
{
	struct engraving *out = m->out;
	const uint32_t i = m->n_shapes++;
	if (at.system != m->at.system || at.staff != m->at.staff)
		offset_of(m->e, at.system, at.staff, &m->dx, &m->dy);
	m->at = at;
	out->shape[i] = *shape;
	eng_shape_move(&out->shape[i], m->dx, m->dy);
	const struct eng_box b = {box->x0 + m->dx, box->y0 + m->dy, box->x1 + m->dx, box->y1 + m->dy};
	if (at.page < out->n_pages)
		out->page[at.page].n_shapes++;
	if (at.head != ENG_NONE && m->shape_of_head[at.head] == ENG_NONE) {
		m->shape_of_head[at.head] = i;
		m->box_of_head[at.head] = b;
	}
	out->n_elements += shape->kind != MOS_SHAPE_MORE && shape->kind != MOS_SHAPE_NONE &&
			   !(shape->kind == MOS_SHAPE_LINE && at.measure == ENG_NONE);
	if (at.system == ENG_NONE)
		return;
	const uint32_t measure = at.measure == ENG_NONE ? ENG_NONE : m->measure_of[at.measure];
	struct engrave_system *system = &out->system[at.system];
	if (measure == ENG_NONE)
		system->n_shapes++;
	else
		out->measure[measure].n_shapes++;
	if (shape->kind == MOS_SHAPE_MORE)
		return;
	grow(&system->rect, b, 1);
	if (measure != ENG_NONE)
		grow(&out->measure[measure].rect, b, 0);
}

static void put_ink(struct emit *m, const struct eng_ink *ink, uint32_t page)
{
	put(m, &ink->shape, &ink->box,
		(struct place){ink->system, ink->staff, ink->measure, ink->note, page});
}

/** A system that is kept. */
static void put_kept(struct emit *m, uint32_t system, uint32_t page)
{
	const struct eng *e = m->e;
	uint32_t n;
	const struct kept_ink *ink = eng_kept_ink(e, system, &n);
	for (uint32_t i = 0; i < n; i++) {
		struct place at = {system, ink[i].staff, ENG_NONE, ENG_NONE, page};
		if (ink[i].measure != ENG_NONE)
			at.measure = e->system[system].first_measure + ink[i].measure;
		if (ink[i].event != ENG_NONE)
			at.head = e->event[e->keep->first_event[system] + ink[i].event].first_head +
				  ink[i].head;
		put(m, &ink[i].shape, &ink[i].box, at);
	}
}

/** Ink by system, furniture behind them all; each run sorted. `start` has two entries more than there are
 * systems. */
static int sort_ink(struct eng *e, uint32_t *order, uint32_t *start)
{
	const uint32_t n = e->n_systems + 1;
	struct key *key = eng_alloc(e->arena, (e->n_ink + 1) * sizeof(*key));
	if (!key)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_ink; i++)
		start[e->ink[i].system == ENG_NONE ? n - 1 : e->ink[i].system]++;
	for (uint32_t i = 0, sum = 0; i <= n; i++) {
		sum += start[i];
		start[i] = sum;
	}
	for (uint32_t i = e->n_ink; i-- > 0;)
		key[--start[e->ink[i].system == ENG_NONE ? n - 1 : e->ink[i].system]] =
			(struct key){place_of(e, &e->ink[i]), i};
	for (uint32_t i = 0; i < n; i++) {
		if (start[i + 1] - start[i] > 1)
			qsort(key + start[i], start[i + 1] - start[i], sizeof(*key), by_place);
	}
	for (uint32_t i = 0; i < e->n_ink; i++)
		order[i] = key[i].ink;
	return 0;
}

/** Of each page its furniture, then its systems. */
static void copy_shapes(struct emit *m, const uint32_t *order, const uint32_t *start)
{
	const struct eng *e = m->e;
	const uint32_t end = start[e->n_systems + 1];
	uint32_t furniture = start[e->n_systems];
	for (uint32_t page = 0; page < m->out->n_pages; page++) {
		const struct engrave_page *p = &m->out->page[page];
		for (; furniture < end && e->ink[order[furniture]].staff == page; furniture++)
			put_ink(m, &e->ink[order[furniture]], page);
		for (uint32_t i = p->first_system; i < p->first_system + p->n_systems; i++) {
			for (uint32_t k = start[i]; k < start[i + 1]; k++)
				put_ink(m, &e->ink[order[k]], page);
			put_kept(m, i, page);
		}
	}
	for (; furniture < end; furniture++) /* of a score without systems */
		put_ink(m, &e->ink[order[furniture]], e->ink[order[furniture]].staff);
}

/** Where the runs of shapes begin, from how many there are of each, in the order in which they were sorted.
 */
static void number_runs(struct engraving *out)
{
	uint32_t at = 0;
	for (uint32_t p = 0; p < out->n_pages; p++) {
		struct engrave_page *page = &out->page[p];
		uint32_t inner = 0;
		for (uint32_t s = page->first_system; s < page->first_system + page->n_systems; s++) {
			inner += out->system[s].n_shapes;
			for (uint32_t i = 0; i < out->system[s].n_measures; i++)
				inner += out->measure[out->system[s].first_measure + i].n_shapes;
		}
		page->first_shape = at;
		at += page->n_shapes - inner;
		for (uint32_t s = page->first_system; s < page->first_system + page->n_systems; s++) {
			out->system[s].first_shape = at;
			at += out->system[s].n_shapes;
			for (uint32_t i = 0; i < out->system[s].n_measures; i++) {
				struct engrave_measure *m = &out->measure[out->system[s].first_measure + i];
				m->first_shape = at;
				at += m->n_shapes;
			}
		}
	}
}

static void staff_ends(const struct eng *e, const struct eng_system *s, float *top, float *bottom)
{
	*top = s->y;
	*bottom = s->y;
	for (uint32_t i = 0; i < e->n_staves; i++) {
		if (isfinite(s->staff_y[i]))
			*bottom = s->y + s->staff_y[i] + (float)(e->staff[i].lines - 1) * e->staff[i].space;
	}
}

static void place_systems(struct emit *m)
{
	struct eng *e = m->e;
	struct engraving *out = m->out;
	uint32_t n = 0;
	for (uint32_t i = 0; i < e->n_systems; i++) {
		const struct eng_system *s = &e->system[i];
		struct engrave_system *to = &out->system[i];
		struct engrave_page *page = &out->page[s->page];
		staff_ends(e, s, &to->staff_top, &to->staff_bottom);
		to->rect = (struct engrave_rect){e->options->margin + s->indent, to->staff_top,
			s->width - s->indent, to->staff_bottom - to->staff_top};
		to->page = s->page;
		to->first_measure = n;
		if (!page->n_systems++)
			page->first_system = i;
		for (uint32_t k = s->first_measure; k < s->first_measure + s->n_measures; k++) {
			const struct eng_measure *from = &e->measure[k];
			m->measure_of[k] = ENG_NONE;
			if (from->is_skipped) {
				if (n)
					out->measure[n - 1].duration_ticks += from->duration_ticks;
				continue;
			}
			m->measure_of[k] = n;
			m->from[n] = k;
			const struct eng_column *first = &e->column[from->first_column];
			out->measure[n++] =
				(struct engrave_measure){.rect = {e->options->margin + from->x, to->staff_top,
								 from->width, to->rect.h},
					.first_x = e->options->margin + first->x,
					.tick = from->tick,
					.duration_ticks = from->duration_ticks,
					.measure = from->of,
					.system = i};
		}
		to->n_measures = n - to->first_measure;
	}
	out->n_measures = n;
}

static void place_columns(struct emit *m)
{
	const struct eng *e = m->e;
	struct engraving *out = m->out;
	const float half = engrave_glyph(e->metrics, 0xe0a4)->x1 / 2;
	for (uint32_t i = 0; i < out->n_measures; i++) {
		struct engrave_measure *to = &out->measure[i];
		const struct eng_measure *from = &e->measure[m->from[i]];
		to->first_column = out->n_columns;
		for (uint32_t c = from->first_column; c < from->first_column + from->n_columns; c++) {
			if (!e->column[c].grace)
				out->column[out->n_columns++] = (struct engrave_column){
					e->column[c].tick, e->options->margin + e->column[c].x + half, i};
		}
		to->n_columns = out->n_columns - to->first_column;
	}
}

/* ---- notes ---- */

static uint8_t accidental_kind(uint32_t code)
{
	switch (code) {
	case 0:
		return 0;
	case 0xe264:
		return 1;
	case 0xe260:
		return 2;
	case 0xe261:
		return 3;
	case 0xe262:
		return 4;
	case 0xe263:
		return 5;
	default:
		return 6;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct engrave_note *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	if (p->part != q->part)
		return p->part < q->part ? -1 : 1;
	if (p->pitch != q->pitch)
		return p->pitch < q->pitch ? -1 : 1;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	return p->shape < q->shape ? -1 : p->shape > q->shape;
}

static int place_notes(struct emit *m)
{
	struct eng *e = m->e;
	struct engraving *out = m->out;
	uint16_t *in_measure = eng_alloc(e->arena, (e->n_measures + 1) * sizeof(*in_measure));
	uint16_t *number = eng_alloc(e->arena, (e->n_beams + 1) * sizeof(*number));
	if (!in_measure || !number)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_beams; i++)
		number[i] = ++in_measure[e->event[e->beam_event[e->beam[i].first]].measure];
	for (uint32_t i = 0; i < e->n_heads; i++) {
		const struct eng_head *h = &e->head[i];
		const struct eng_event *v = &e->event[h->event];
		const struct eng_staff *staff = &e->staff[v->staff];
		const struct nvx_note *note = eng_note(e, staff->part, h->note);
		const uint32_t measure = m->measure_of[v->measure];
		if (v->is_hidden || staff->is_hidden || measure == ENG_NONE ||
			m->shape_of_head[i] == ENG_NONE)
			continue;
		const struct eng_box b = m->box_of_head[i];
		const uint32_t beam = e->event[eng_holder(e, h->event)].beam;
		const int out_by = h->position < 0 ? -h->position : h->position;
		out->note[out->n_notes++] = (struct engrave_note){.tick = v->is_grace ? note->tick : v->tick,
			.duration_ticks = v->is_grace ? note->duration_ticks : v->duration_ticks,
			.note_id = note->id,
			.measure = measure,
			.system = out->measure[measure].system,
			.shape = m->shape_of_head[i],
			.rect = {b.x0, b.y0, b.x1 - b.x0, b.y1 - b.y0},
			.part = (uint16_t)staff->part,
			.staff = staff->number,
			.pitch = note->pitch,
			.position = h->position,
			.stem = v->stem,
			.accidental = accidental_kind(h->accidental),
			.leger_lines = (uint8_t)(out_by > staff->lines ? (out_by - staff->lines + 1) / 2 : 0),
			.beam = beam == ENG_NONE ? 0 : number[beam],
			.voice = (uint8_t)v->voice,
			.is_tied_from = h->is_tied_from};
	}
	eng_sort(out->note, out->n_notes, sizeof(*out->note), by_time);
	int64_t end = INT64_MIN;
	for (uint32_t i = 0; i < out->n_notes; i++) {
		const int64_t own = out->note[i].tick + out->note[i].duration_ticks;
		end = own > end ? own : end;
		engraving_memory(out)->ends[i] = end;
	}
	return 0;
}

static int by_tick(const void *a, const void *b)
{
	const struct engrave_chord *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	return p->id < q->id ? -1 : p->id > q->id;
}

static void place_chords(struct emit *m)
{
	const struct eng *e = m->e;
	struct engraving *out = m->out;
	for (uint32_t i = 0; i < e->n_chord_places; i++) {
		const struct eng_chord_place *p = &e->chord_place[i];
		const struct nvx_chord *chord = score_chord(e->score, p->chord);
		float dx, dy;
		offset_of(e, p->system, p->staff, &dx, &dy);
		out->chord[out->n_chords++] = (struct engrave_chord){.tick = chord->e.tick,
			.duration_ticks = chord->e.duration_ticks,
			.id = chord->e.id,
			.rect = {p->box.x0 + dx, p->box.y0 + dy, p->box.x1 - p->box.x0,
				p->box.y1 - p->box.y0},
			.system = p->system};
	}
	qsort(out->chord, out->n_chords, sizeof(*out->chord), by_tick);
}

int eng_emit(struct eng *e, struct engraving **ret)
{
	struct emit m = {.e = e,
		.at = {.system = ENG_NONE},
		.measure_of = eng_alloc(e->arena, (e->n_measures + 1) * sizeof(uint32_t)),
		.from = eng_alloc(e->arena, (e->n_measures + 1) * sizeof(uint32_t)),
		.shape_of_head = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(uint32_t)),
		.box_of_head = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(struct eng_box))};
	uint32_t n_shapes = e->n_ink, *order = eng_alloc(e->arena, (e->n_ink + 1) * sizeof(uint32_t));
	uint32_t *start = eng_alloc(e->arena, (e->n_systems + 2) * sizeof(uint32_t));
	if (!m.measure_of || !m.from || !m.shape_of_head || !m.box_of_head || !order || !start)
		return -ENOMEM;
	for (uint32_t i = 0, n; i < e->n_systems; i++) {
		(void)eng_kept_ink(e, i, &n);
		n_shapes += n;
	}
	memset(m.shape_of_head, 0xff, (e->n_heads + 1) * sizeof(uint32_t));
	m.out = engraving_new(e->n_pages, e->n_systems, e->n_measures, e->n_columns, e->n_heads,
		e->n_chord_places, n_shapes);
	if (!m.out)
		return -ENOMEM;
	place_systems(&m);
	place_columns(&m);
	int rc = sort_ink(e, order, start);
	if (rc == 0) {
		copy_shapes(&m, order, start);
		rc = place_notes(&m);
	}
	if (rc < 0) {
		engraving_free(m.out);
		return rc;
	}
	if (e->keep)
		eng_keep_end(e, order, start);
	number_runs(m.out);
	place_chords(&m);
	float width = e->options->page_width;
	if (e->options->layout == ENGRAVE_CONTINUOUS && e->n_systems)
		width = e->system[0].width + 2 * e->options->margin;
	for (uint32_t i = 0; i < m.out->n_pages; i++) {
		struct engrave_page *page = &m.out->page[i];
		page->width = width;
		page->height = e->options->page_height;
		if (page->height > 0 && e->options->layout != ENGRAVE_CONTINUOUS)
			continue;
		page->height = 2 * e->options->margin;
		for (uint32_t s = page->first_system; s < page->first_system + page->n_systems; s++) {
			const struct engrave_rect *r = &m.out->system[s].rect;
			page->height = fmaxf(page->height, r->y + r->h + e->options->margin);
		}
	}
	*ret = m.out;
	return 0;
}
