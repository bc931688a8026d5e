/* SPDX-License-Identifier: MIT */
/* Slurs: which side they are on, where they begin and end, in one piece or one for each system. */
#include "bow.h"

#include <math.h>
#include <stdlib.h>

#define MAX_SYSTEMS 16u /* that one slur is drawn over in full; of a longer one the ends */
#define PIECE 16.0f     /* of a system's width, in sp */
#define MAX_PIECES 65536.0f
#define OTHER_SIDE 3.0f /* what it has to be better by */

struct slur {
	uint32_t element, from, to; /* events */
	float length;
	int is_second; /* of two between the same notes */
};

/* The ink of each staff of each system, by where it stands: lists of what reaches into a piece of the width.
 */
struct place {
	uint32_t *start; /* by system: its first list; they go on by staff and piece */
	uint32_t *first; /* by list: entry; ENG_NONE */
	struct entry {
		uint32_t ink, next;
	} *entry;
	uint32_t n_entries, max_entries, n; /* ink that is filed */
};

static uint32_t n_pieces(const struct eng *e, uint32_t system)
{
	const float width = e->system[system].width;
	return isfinite(width) ? 1 + (uint32_t)fminf(fmaxf(width, 0) / PIECE, MAX_PIECES) : 1;
}

static uint32_t piece_of(const struct eng *e, uint32_t system, float x)
{
	return (uint32_t)fminf(fmaxf(x, 0) / PIECE, (float)(n_pieces(e, system) - 1));
}

static int find_places(struct eng *e, struct place *p)
{
	uint32_t n = 0;
	p->start = eng_alloc(e->arena, (e->n_systems + 1u) * sizeof(*p->start));
	if (p->start == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_systems; i++) {
		p->start[i] = n;
		n += n_pieces(e, i) * e->n_staves;
	}
	p->first = eng_alloc(e->arena, (n + 1u) * sizeof(*p->first));
	if (p->first == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		p->first[i] = ENG_NONE;
	return 0;
}

static uint32_t *list_of(
	const struct eng *e, const struct place *p, uint32_t system, uint32_t staff, uint32_t piece)
{
	return &p->first[p->start[system] + staff * n_pieces(e, system) + piece];
}

/* What was drawn since. */
static int update_places(struct eng *e, struct place *p)
{
	for (; p->n < e->n_ink; p->n++) {
		const struct eng_ink *ink = &e->ink[p->n];
		if (ink->system == ENG_NONE || ink->staff == ENG_NONE)
			continue;
		const uint32_t to = piece_of(e, ink->system, ink->box.x1);
		for (uint32_t i = piece_of(e, ink->system, ink->box.x0); i <= to; i++) {
			struct entry *entry = eng_grow(e->arena, p->entry, p->n_entries, &p->max_entries,
				p->n_entries + 1, sizeof(*entry));
			uint32_t *first = list_of(e, p, ink->system, ink->staff, i);
			if (entry == NULL)
				return -ENOMEM;
			p->entry = entry;
			entry[p->n_entries] = (struct entry){p->n, *first};
			*first = p->n_entries++;
		}
	}
	return 0;
}

static int edges_between(struct eng *e, const struct place *p, uint32_t system, uint32_t staff, float x0,
	float x1, struct eng_edges *edges)
{
	const uint32_t from = piece_of(e, system, x0 - 1.0f), to = piece_of(e, system, x1 + 1.0f);
	int r = 0;
	edges->n = 0;
	for (uint32_t k = from; k <= to; k++) {
		for (uint32_t i = *list_of(e, p, system, staff, k); r == 0 && i != ENG_NONE;
			i = p->entry[i].next) {
			const struct eng_ink *ink = &e->ink[p->entry[i].ink];
			const uint32_t first = piece_of(e, system, ink->box.x0);
			/* what reaches into several once */
			if (ink->box.x1 > x0 - 1.0f && ink->box.x0 < x1 + 1.0f &&
				k == (first > from ? first : from))
				r = eng_add_edges(e, edges, &ink->shape, 0.0f);
		}
	}
	return r;
}

/* ---- sides and ends ---- */

/* Above where any stem goes down. */
static float side_of_stems(const struct eng *e, const struct slur *slur)
{
	unsigned guard = 0;
	for (uint32_t i = slur->from; i < e->n_events && guard++ < 4096; i = e->event[i].next) {
		if (e->event[i].stem < 0 || (e->event[i].stem == 0 && e->event[i].n_heads > 0 &&
						    e->head[e->event[i].first_head].position >= 0))
			return -1.0f;
		if (i == slur->to)
			break;
	}
	return 1.0f;
}

static float side_of(const struct eng *e, const struct slur *slur)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	if (eng_is_on_tab(e, from))
		return -1.0f;
	int voice = eng_voice_side(e, from);
	if (voice == 0 && !to->is_grace)
		voice = eng_voice_side(e, to);
	if (voice != 0)
		return voice > 0 ? -1.0f : 1.0f;
	return from->is_grace && !to->is_grace ? 1.0f : side_of_stems(e, slur);
}

/* A grace note's slur ends beside the head, before a stem that goes that way. */
static struct eng_bow_end grace_end(const struct eng *e, const struct eng_event *ev, float side)
{
	const struct eng_head *h = &e->head[ev->first_head + (side < 0.0f ? ev->n_heads - 1 : 0)];
	int has_stem = ev->stem != 0 && (side < 0.0f) == (ev->stem > 0);
	return (struct eng_bow_end){eng_head_x0(e, ev, h) + (has_stem ? -0.2f : 0.2f),
		eng_y(&e->staff[ev->staff], h->position) + side * (has_stem ? 0.45f : 0.75f), 0, 1};
}

/* Where a slur touches an event: over the head, or off the stem when that is on the slur's side. */
static struct eng_bow_end end_of(const struct eng *e, const struct eng_event *ev, float side, int is_start)
{
	struct eng_box b = eng_event_box(e, ev);
	const struct eng_staff *staff = &e->staff[ev->staff];
	if (staff->is_tab)
		return (struct eng_bow_end){(b.x0 + b.x1) / 2,
			side < 0.0f ? -0.9f : (float)(staff->lines - 1) * staff->space + 0.9f};
	int by_stem = ev->stem != 0 && (side < 0.0f) == (ev->stem > 0);
	if (by_stem) {
		float x = eng_event_x(e, ev) + ev->stem_x;
		/* A beamed stem is cleared as a whole; a free one is passed beside its upper end. */
		float tip = side < 0.0f ? b.y0 : b.y1,
		      inset = ev->beam != ENG_NONE || ev->flags > 0 ? 0.0f : 0.5f;
		return (struct eng_bow_end){x + (inset > 0.0f ? (is_start ? 0.35f : -0.35f) : 0.0f),
			tip + side * (0.45f - inset)};
	}
	const struct eng_head *h =
		ev->n_heads == 0 ? NULL : &e->head[ev->first_head + (side < 0.0f ? ev->n_heads - 1 : 0)];
	if (h == NULL)
		return (struct eng_bow_end){(b.x0 + b.x1) / 2, (side < 0.0f ? b.y0 : b.y1) + side * 0.4f};
	float x = (eng_head_x0(e, ev, h) + eng_head_x1(e, ev, h)) / 2;
	return (struct eng_bow_end){x + (is_start ? 0.1f : -0.1f), eng_y(staff, h->position) + side * 0.85f};
}

/* A dashed bow is cut into short ones, by de Casteljau. */
static int dashed(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, struct mos_shape s)
{
	float px[4] = {s.x, s.p[0], s.p[2], s.w}, py[4] = {s.y, s.p[1], s.p[3], s.h};
	unsigned n = (unsigned)fminf(fmaxf(3.0f, (s.w - s.x) / 1.1f), 400.0f);
	int r = 0;
	for (unsigned i = 0; r == 0 && i < n; i++) {
		float t0 = (float)i / (float)n, t1 = ((float)i + 0.6f) / (float)n;
		float at[2][2], slope[2][2];
		for (unsigned k = 0; k < 2; k++) {
			float t = k ? t1 : t0, u = 1.0f - t;
			const float *p = NULL;
			for (unsigned axis = 0; axis < 2; axis++) {
				p = axis ? py : px;
				at[k][axis] = u * u * u * p[0] + 3 * u * u * t * p[1] + 3 * u * t * t * p[2] +
					      t * t * t * p[3];
				slope[k][axis] = u * u * (p[1] - p[0]) + 2 * u * t * (p[2] - p[1]) +
						 t * t * (p[3] - p[2]);
			}
		}
		float d = t1 - t0;
		struct mos_shape part = s;
		part.x = at[0][0];
		part.y = at[0][1];
		part.w = at[1][0];
		part.h = at[1][1];
		for (unsigned axis = 0; axis < 2; axis++) {
			part.p[axis] = at[0][axis] + slope[0][axis] * d;
			part.p[2 + axis] = at[1][axis] - slope[1][axis] * d;
		}
		part.p[4] = part.p[5] = 0.14f;
		r = eng_ink(e, system, staff, measure, &part, 0);
	}
	return r;
}

/** One piece of a slur. */
struct piece {
	uint32_t system, staff, measure;
	struct eng_bow_end a, b;
	float side;
};

static int draw(struct eng *e, const struct piece *p, const struct eng_bow_shape *w, unsigned style)
{
	const struct engrave_defaults *d = &e->metrics->defaults;
	const struct mos_shape s =
		eng_bow(w->x0, w->y0, w->x1, w->y1, w->h0, w->h1, p->side, d->slur_end, d->slur_middle);
	return style == NVX_SLUR_DASHED ? dashed(e, p->system, p->staff, p->measure, s)
					: eng_ink(e, p->system, p->staff, p->measure, &s, 0);
}

/* What stands at a note outside of its head, a dot or another voice's rest, is within the slur. */
static void fit(const struct eng_edges *edges, struct piece *p, struct eng_bow_shape *ret)
{
	p->b.x = fmaxf(p->b.x, p->a.x + 1.0f);
	if (!p->a.is_free && !p->a.is_beside)
		p->a.y = eng_outside_of(edges, p->a.x, p->a.y, p->a.x, p->b.x);
	if (!p->b.is_free && !p->b.is_beside)
		p->b.y = eng_outside_of(edges, p->b.x, p->b.y, p->a.x, p->b.x);
	*ret = eng_best_bow(edges, p->a, p->b);
}

static int fit_in_staff(struct eng *e, const struct place *place, struct eng_edges *edges, struct piece *p,
	struct eng_bow_shape *ret)
{
	edges->side = p->side;
	const int r = edges_between(e, place, p->system, p->staff, p->a.x, p->b.x, edges);
	fit(edges, p, ret);
	return r;
}

static void set_ends(const struct eng *e, const struct slur *slur, struct piece *p)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	p->a = end_of(e, from, p->side, 1);
	p->b = from->is_grace && !to->is_grace && to->n_heads > 0 ? grace_end(e, to, p->side)
								  : end_of(e, to, p->side, 0);
}

/* A grace note's slur goes to the other side where it has no way past a head. */
static int in_one_system(struct eng *e, const struct place *place, struct eng_edges *edges,
	const struct slur *slur, float side)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	struct piece p[2];
	struct eng_bow_shape bow[2];
	const unsigned n = from->is_grace && !to->is_grace ? 2 : 1;
	unsigned best = 0;
	for (unsigned i = 0; i < n; i++) {
		p[i] = (struct piece){.system = eng_event_system(e, from),
			.staff = from->staff,
			.measure = from->measure == to->measure ? from->measure : ENG_NONE,
			.side = i ? -side : side};
		set_ends(e, slur, &p[i]);
		if (fit_in_staff(e, place, edges, &p[i], &bow[i]) < 0)
			return -ENOMEM;
	}
	if (n > 1 && bow[1].cost + OTHER_SIDE < bow[0].cost)
		best = 1;
	return draw(e, &p[best], &bow[best], eng_notation(e, slur->element)->style);
}

static int one(struct eng *e, struct place *place, struct eng_edges *edges, const struct slur *slur)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	const float side = slur->is_second ? -side_of(e, slur) : side_of(e, slur);
	const uint32_t first = eng_event_system(e, from), last = eng_event_system(e, to);
	int r = update_places(e, place);
	if (r < 0 || first == last)
		return r < 0 ? r : in_one_system(e, place, edges, slur, side);
	for (uint32_t i = first; r == 0 && i <= last;
		i = i == first && last - first > MAX_SYSTEMS ? last : i + 1) {
		struct piece p = {.system = i,
			.staff = i == last ? to->staff : from->staff,
			.measure = ENG_NONE,
			.side = side};
		struct eng_bow_shape bow;
		set_ends(e, slur, &p);
		if (i != first) {
			p.a = (struct eng_bow_end){eng_system_left(e, i) - 0.4f,
				i == last     ? p.b.y + side * 0.6f
				: side < 0.0f ? -1.0f
					      : 5.0f,
				1};
			if (i == last)
				p.a.x = fminf(p.a.x, p.b.x - 2.0f);
		}
		if (i != last)
			p.b = (struct eng_bow_end){
				eng_system_right(e, i), i == first ? p.a.y + side * 0.6f : p.a.y, 1};
		r = fit_in_staff(e, place, edges, &p, &bow);
		if (r == 0)
			r = draw(e, &p, &bow, eng_notation(e, slur->element)->style);
	}
	return r;
}

static int shorter(const void *a, const void *b)
{
	const struct slur *x = a, *y = b;
	if (x->length < y->length || x->length > y->length)
		return x->length < y->length ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->element < y->element ? -1 : x->element > y->element;
}

/* ---- from staff to staff ---- */

/* Heads with their signs, stem and beam, y the system's. */
static int add_event(struct eng *e, struct eng_edges *edges, const struct eng_event *ev)
{
	const float y = eng_staff_y(e, ev), x = eng_event_x(e, ev), stem = x + ev->stem_x;
	const int is_up = edges->side < 0.0f;
	int r = 0;
	if (ev->n_heads == 0) {
		const struct mos_shape rest =
			eng_glyph(eng_rest_code(ev), x, eng_y(&e->staff[ev->staff], ev->rest_position),
				ev->scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		return eng_add_edges(e, edges, &rest, y);
	}
	for (uint32_t i = ev->first_head; r == 0 && i < ev->first_head + ev->n_heads; i++) {
		const struct eng_head *h = &e->head[i];
		const float at = eng_y(&e->staff[ev->staff], h->position);
		const struct mos_shape head =
			eng_glyph(h->code, x + h->x, at, ev->scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		const struct mos_shape sign = eng_glyph(
			h->accidental, x + h->accidental_x, at, ev->scale, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		r = eng_add_edges(e, edges, &head, y);
		if (r == 0 && h->accidental)
			r = eng_add_edges(e, edges, &sign, y);
	}
	if (r == 0 && ev->stem && ev->joins == ENG_NONE) {
		const struct mos_shape s = eng_line(stem, ev->stem_y0, stem, ev->stem_y1,
			e->metrics->defaults.stem, ENGRAVE_NOTATION, MOS_TOKEN_INK);
		r = eng_add_edges(e, edges, &s, y);
	}
	if (r == 0 && ev->stem && ev->beam != ENG_NONE) {
		const struct eng_beam *b = &e->beam[ev->beam];
		const float out = edges->side * e->metrics->defaults.beam / 2 +
				  e->system[eng_event_system(e, ev)].staff_y[b->staff];
		const struct eng_event *last = &e->event[e->beam_event[b->first + b->n - 1]];
		const float x1 = eng_event_x(e, last) + last->stem_x;
		if (x1 > stem && b->direction == (is_up ? 1 : -1))
			r = eng_add_edge(e, edges,
				(struct eng_edge){stem, x1, eng_beam_y(e, b, stem) + out,
					eng_beam_y(e, b, x1) + out, 0.35f});
	}
	return r;
}

/** What it passes: the notes behind the first one, the last one's voice, rests of any. */
static int edges_passed(struct eng *e, const struct slur *slur, uint32_t system, struct eng_edges *edges)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	int r = 0;
	edges->n = 0;
	for (uint32_t i = slur->from; r == 0 && i < e->n_events && e->event[i].tick <= to->tick;
		i = e->event[i].next) {
		for (uint32_t k = i; r == 0 && k != ENG_NONE; k = e->event[k].joined) {
			const struct eng_event *ev = &e->event[k];
			if (eng_is_drawn(e, ev) && eng_event_system(e, ev) == system)
				r = add_event(e, edges, ev);
		}
	}
	for (uint32_t m = from->measure; r == 0 && m <= to->measure; m++) {
		const struct eng_measure *measure = &e->measure[m];
		for (uint32_t i = 0; r == 0 && i < measure->n_events; i++) {
			const struct eng_event *ev = &e->event[measure->first_event + i];
			const int is_rest = ev->n_heads == 0 && ev->staff == from->staff;
			const int is_with =
				ev->staff == to->staff && (ev->voice == to->voice || ev->n_heads == 0);
			if ((is_rest || is_with) && ev->tick >= from->tick && ev->tick <= to->tick &&
				eng_is_drawn(e, ev))
				r = add_event(e, edges, ev);
		}
	}
	return r;
}

static int across(struct eng *e, struct eng_edges *edges, const struct slur *slur)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	/* what other voices there are on one staff says nothing of the other */
	const float side = from->is_grace && !to->is_grace ? side_of(e, slur) : side_of_stems(e, slur);
	struct piece p[2];
	struct eng_bow_shape bow[2];
	for (unsigned i = 0; i < 2; i++) {
		p[i] = (struct piece){.system = eng_event_system(e, from),
			.staff = ENG_NONE,
			.measure = from->measure == to->measure ? from->measure : ENG_NONE,
			.side = i ? -side : side};
		set_ends(e, slur, &p[i]);
		p[i].a.y += eng_staff_y(e, from);
		p[i].b.y += eng_staff_y(e, to);
		edges->side = p[i].side;
		if (edges_passed(e, slur, p[i].system, edges) < 0)
			return -ENOMEM;
		fit(edges, &p[i], &bow[i]);
	}
	const unsigned best = bow[1].cost + OTHER_SIDE < bow[0].cost;
	return draw(e, &p[best], &bow[best], eng_notation(e, slur->element)->style);
}

/** Those within staves, or those between. */
static int slurs(struct eng *e, int is_across)
{
	uint32_t n = 0, all = score_n_notation(e->score);
	for (uint32_t i = 0; i < all; i++)
		n += eng_notation(e, i)->e.kind == NVX_NOTATION_SLUR;
	struct slur *slur = n > 0 ? eng_alloc(e->arena, n * sizeof(*slur)) : NULL;
	if (n == 0 || slur == NULL)
		return n == 0 ? 0 : -ENOMEM;
	n = 0;
	for (uint32_t i = 0; i < all; i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind != NVX_NOTATION_SLUR || el->style == NVX_SLUR_GLISSANDO ||
			el->style == NVX_SLUR_LINE)
			continue;
		struct slur s = {
			i, eng_find_event(e, el->from_event_id), eng_find_event(e, el->to_event_id), 0, 0};
		if (s.from == ENG_NONE || s.to == ENG_NONE || s.from == s.to ||
			!eng_is_drawn(e, &e->event[s.from]) || !eng_is_drawn(e, &e->event[s.to]) ||
			eng_is_across(e, &e->event[s.from], &e->event[s.to]) != is_across)
			continue;
		if (e->event[s.from].tick > e->event[s.to].tick) {
			uint32_t swap = s.from;
			s.from = s.to;
			s.to = swap;
		}
		s.length = (float)(e->event[s.to].tick - e->event[s.from].tick);
		slur[n++] = s;
	}
	/* Short ones first: long ones go over them. */
	qsort(slur, n, sizeof(*slur), shorter);
	struct place place = {};
	struct eng_edges edges = {};
	int r = is_across ? 0 : find_places(e, &place);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		slur[i].is_second = i > 0 && slur[i - 1].from == slur[i].from && slur[i - 1].to == slur[i].to;
		r = is_across ? across(e, &edges, &slur[i]) : one(e, &place, &edges, &slur[i]);
	}
	return r;
}

int eng_slurs(struct eng *e)
{
	return slurs(e, 0);
}

int eng_cross_slurs(struct eng *e)
{
	return slurs(e, 1);
}
