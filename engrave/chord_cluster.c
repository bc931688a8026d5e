/* SPDX-License-Identifier: MIT */
/* What stands on one staff at one tick: voices beside each other, rests out of the way, accidentals in
 * columns. */
#include "impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define ACCIDENTAL_GAP 0.2f
#define PAREN_WIDTH 0.45f
#define MAX_SIGNS 256u /* different ones of one tick and staff: more than the staff has places */

struct member {
	uint32_t event, column;
};

static int by_column(const void *a, const void *b)
{
	const struct member *p = a, *q = b;
	if (p->column != q->column)
		return p->column < q->column ? -1 : 1;
	return p->event < q->event ? -1 : p->event > q->event;
}

/* ---- voices ---- */

static int lowest(const struct eng *e, const struct eng_event *v)
{
	return e->head[v->first_head].position;
}

static int highest(const struct eng *e, const struct eng_event *v)
{
	return e->head[v->first_head + v->n_heads - 1].position;
}

/** One head may serve both stems. */
static int may_share(const struct eng *e, const struct eng_event *up, const struct eng_event *down)
{
	const struct eng_head *a = &e->head[up->first_head],
			      *b = &e->head[down->first_head + down->n_heads - 1];
	return a->position == b->position && a->alter == b->alter && a->code == b->code &&
	       up->dots == down->dots && up->scale == down->scale &&
	       (up->n_heads == 1 || e->head[up->first_head + 1].position > a->position + 1) &&
	       (down->n_heads == 1 || b[-1].position < b->position - 1);
}

static float width_of(const struct eng *e, const struct eng_event *v)
{
	float right = 0;
	for (uint32_t i = 0; i < v->n_heads; i++)
		right = fmaxf(right, eng_head_box(e, v, &e->head[v->first_head + i]).x1);
	return right;
}

/** Two chords with stems of both ways that would touch. */
static void part_chords(struct eng *e, struct eng_event *up, struct eng_event *down)
{
	const int gap = lowest(e, up) - highest(e, down);
	const float stem = e->metrics->defaults.stem;
	if (gap > 1)
		return;
	if (gap == 0 && may_share(e, up, down)) {
		e->head[down->first_head + down->n_heads - 1].accidental = 0;
		return;
	}
	if (gap == 0 && (down->dots || !up->dots)) { /* one place, two heads: dots stand behind both */
		down->x = fmaxf(down->x, up->x + width_of(e, up) + 0.15f);
	} else if (gap == 1) {
		down->x = fmaxf(down->x, up->x + width_of(e, up) - (up->stem ? stem : -0.1f));
	} else {
		const float dots =
			down->dots ? down->dot_x + 0.45f * (float)down->dots - width_of(e, down) : 0;
		up->x = fmaxf(up->x, down->x + width_of(e, down) + 0.15f + dots);
	}
}

/** A rest clears the heads of the other voices at its tick. */
static void move_rest(const struct eng *e, struct eng_event *rest, const struct eng_event *other)
{
	const int is_low = rest->voice % 2;
	const struct engrave_glyph *g = engrave_glyph(e->metrics, eng_rest_code(rest));
	int at = rest->rest_position;
	if (is_low) {
		const int most = lowest(e, other) - 2 - (int)ceilf(2 * g->y1);
		at = at < most ? at : most;
		at -= at % 2 != 0;
	} else {
		const int least = highest(e, other) + 2 + (int)ceilf(-2 * g->y0);
		at = at > least ? at : least;
		at += at % 2 != 0;
	}
	rest->rest_position = (int8_t)(at < -60 ? -60 : at > 60 ? 60 : at);
}

/** Heads that lie over each other and are not one. */
static int collide(const struct eng *e, const struct eng_event *a, const struct eng_event *b)
{
	/* more heads than a staff has places are the same over again */
	const uint32_t most = 64, n_a = a->n_heads < most ? a->n_heads : most,
		       n_b = b->n_heads < most ? b->n_heads : most;
	for (uint32_t i = a->first_head; i < a->first_head + n_a; i++) {
		const struct eng_box p = eng_head_box(e, a, &e->head[i]);
		for (uint32_t k = b->first_head; k < b->first_head + n_b; k++) {
			const struct eng_box q = eng_head_box(e, b, &e->head[k]);
			const float across =
				fminf(p.x1 + a->x, q.x1 + b->x) - fmaxf(p.x0 + a->x, q.x0 + b->x);
			const float down = fminf(p.y1, q.y1) - fmaxf(p.y0, q.y0);
			const int is_one = e->head[i].position == e->head[k].position &&
					   e->head[i].code == e->head[k].code &&
					   a->x + e->head[i].x == b->x + e->head[k].x;
			if (across > 0.15f && down > 0.15f && !is_one)
				return 1;
		}
	}
	return 0;
}

/** Whatever pairs of voices wanted: nothing may end on top of something. */
static void settle(struct eng *e, const struct member *m, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct eng_event *v = &e->event[m[i].event];
		for (uint32_t round = 0, k = 0; k < i && round < n; k++) {
			const struct eng_event *other = &e->event[m[k].event];
			if (!collide(e, v, other))
				continue;
			v->x = other->x + width_of(e, other) + 0.15f;
			k = UINT32_MAX; /* from the first on */
			round++;
		}
	}
}

static void part_voices(struct eng *e, const struct member *m, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct eng_event *a = &e->event[m[i].event];
		for (uint32_t k = i + 1; k < n; k++) {
			struct eng_event *b = &e->event[m[k].event];
			if (!a->n_heads && !b->n_heads) {
				if (a->value == b->value && a->dots == b->dots &&
					a->is_full_measure_rest == b->is_full_measure_rest && !b->is_hidden) {
					/* one sign for both */
					b->is_hidden = 1;
					a->rest_position =
						(int8_t)(a->value == NVX_VALUE_1 || a->is_full_measure_rest
								 ? 2
								 : 0);
				}
			} else if (a->n_heads && b->n_heads) {
				const int a_up = a->stem ? a->stem > 0 : a->voice % 2 == 0;
				const int b_up = b->stem ? b->stem > 0 : b->voice % 2 == 0;
				if (a_up && !b_up)
					part_chords(e, a, b);
				else if (b_up && !a_up)
					part_chords(e, b, a);
				else if (lowest(e, a) <= highest(e, b) + 1 &&
					 lowest(e, b) <= highest(e, a) + 1)
					b->x = fmaxf(b->x, a->x + width_of(e, a) + 0.25f);
			}
		}
	}
	settle(e, m, n);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < n; k++) {
			if (!e->event[m[i].event].n_heads && e->event[m[k].event].n_heads)
				move_rest(e, &e->event[m[i].event], &e->event[m[k].event]);
		}
	}
}

/* ---- accidentals ---- */

struct sign {
	uint32_t head, event;
	int position;
	float y, scale;
	const struct engrave_glyph *glyph;
};

/** Runs of y of a sign with how far it reaches to both sides; y downwards from its own. */
struct slab {
	float y0, y1, left, right;
};

static unsigned slabs_of(const struct sign *s, int has_parens, struct slab slab[3])
{
	const struct engrave_glyph *g = s->glyph;
	const float k = s->scale, paren = has_parens ? PAREN_WIDTH * k : 0;
	float top = g->cut_ne[1] > g->cut_nw[1] ? g->cut_nw[1] : g->cut_ne[1];
	float bottom = g->cut_se[1] < g->cut_sw[1] ? g->cut_sw[1] : g->cut_se[1];
	if (has_parens || top >= g->y1 || bottom <= g->y0 || top <= bottom) {
		slab[0] = (struct slab){
			s->y - g->y1 * k, s->y - g->y0 * k, g->x0 * k - paren, g->x1 * k + paren};
		if (!has_parens && top < g->y1 && top > g->y0) { /* a flat: narrow above */
			slab[1] = slab[0];
			slab[0].y1 = slab[1].y0 = s->y - top * k;
			slab[0].left = g->cut_nw[1] < g->y1 ? g->cut_nw[0] * k : slab[0].left;
			slab[0].right = g->cut_ne[1] < g->y1 ? g->cut_ne[0] * k : slab[0].right;
			return 2;
		}
		return 1;
	}
	slab[0] = (struct slab){s->y - g->y1 * k, s->y - top * k,
		g->cut_nw[1] < g->y1 ? g->cut_nw[0] * k : g->x0 * k,
		g->cut_ne[1] < g->y1 ? g->cut_ne[0] * k : g->x1 * k};
	slab[1] = (struct slab){s->y - top * k, s->y - bottom * k, g->x0 * k, g->x1 * k};
	slab[2] = (struct slab){s->y - bottom * k, s->y - g->y0 * k,
		g->cut_sw[1] > g->y0 ? g->cut_sw[0] * k : g->x0 * k,
		g->cut_se[1] > g->y0 ? g->cut_se[0] * k : g->x1 * k};
	return 3;
}

static int from_top(const void *a, const void *b)
{
	const struct sign *p = a, *q = b;
	if (p->position != q->position)
		return p->position > q->position ? -1 : 1;
	return p->head < q->head ? -1 : p->head > q->head;
}

/** Outline to the left, as slabs with absolute x of what has been placed. */
struct outline {
	struct slab slab[MAX_SIGNS * 3 + 512];
	unsigned n;
};

static void add_slab(struct outline *o, struct slab s)
{
	if (o->n < sizeof(o->slab) / sizeof(*o->slab))
		o->slab[o->n++] = s;
}

/** How far right the sign may stand. */
static float place_sign(struct outline *o, const struct sign *s, int has_parens)
{
	struct slab own[3];
	const unsigned n = slabs_of(s, has_parens, own);
	float x = INFINITY;
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < o->n; k++) {
			if (own[i].y0 < o->slab[k].y1 + 0.05f && o->slab[k].y0 < own[i].y1 + 0.05f)
				x = fminf(x, o->slab[k].left - ACCIDENTAL_GAP - own[i].right);
		}
	}
	if (!isfinite(x))
		x = -ACCIDENTAL_GAP - s->glyph->x1 * s->scale;
	for (unsigned i = 0; i < n; i++)
		add_slab(o, (struct slab){own[i].y0, own[i].y1, x + own[i].left, x + own[i].right});
	return x;
}

static void place_accidentals(struct eng *e, const struct member *m, uint32_t n)
{
	struct sign sign[MAX_SIGNS];
	struct outline o;
	unsigned count = 0;
	o.n = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_event *v = &e->event[m[i].event];
		for (uint32_t h = v->first_head; h < v->first_head + v->n_heads; h++) {
			if (e->head[h].accidental && count < MAX_SIGNS)
				sign[count++] = (struct sign){h, m[i].event, e->head[h].position,
					eng_y(&e->staff[v->staff], e->head[h].position), v->scale,
					engrave_glyph(e->metrics, e->head[h].accidental)};
		}
	}
	if (!count)
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_event *v = &e->event[m[i].event];
		for (uint32_t h = v->first_head; h < v->first_head + v->n_heads; h++) {
			const struct eng_box b = eng_head_box(e, v, &e->head[h]);
			const float leger = e->head[h].position > 5 || e->head[h].position < -5 ? 0.25f : 0;
			add_slab(&o, (struct slab){b.y0, b.y1, v->x + b.x0 - leger, v->x + b.x1});
		}
		if (v->stem)
			add_slab(&o,
				(struct slab){fminf(v->stem_y0, v->stem_y1), fmaxf(v->stem_y0, v->stem_y1),
					v->x + v->stem_x - 0.06f, v->x + v->stem_x + 0.06f});
	}
	qsort(sign, count, sizeof(*sign), from_top);
	/* the same sign twice stands once */
	for (unsigned i = 1; i < count; i++) {
		if (sign[i].position == sign[i - 1].position &&
			e->head[sign[i].head].accidental == e->head[sign[i - 1].head].accidental &&
			sign[i].event != sign[i - 1].event)
			e->head[sign[i].head].accidental = 0;
	}
	/* from the outside in: top, bottom, next to the top ... */
	for (unsigned low = 0, high = count, is_top = 1; low < high; is_top = !is_top) {
		const struct sign *s = is_top ? &sign[low++] : &sign[--high];
		struct eng_head *h = &e->head[s->head];
		if (h->accidental)
			h->accidental_x = place_sign(&o, s, h->accidental_in_parens) - e->event[s->event].x;
	}
}

int eng_clusters(struct eng *e)
{
	struct member *m = eng_alloc(e->arena, (e->n_events + 1) * sizeof(*m));
	if (!m)
		return -ENOMEM;
	for (uint32_t i = 0, end; i < e->n_events; i = end) {
		const struct eng_event *first = &e->event[i];
		uint32_t n = 0;
		for (end = i; end < e->n_events && e->event[end].measure == first->measure &&
			      e->event[end].staff == first->staff;
			end++) {
			if (!e->event[end].is_hidden && !e->event[end].slash)
				m[n++] = (struct member){end, e->event[end].column};
		}
		if (n && first->n_voices > 1)
			qsort(m, n, sizeof(*m), by_column);
		for (uint32_t k = 0, next; k < n; k = next) {
			for (next = k + 1; next < n && m[next].column == m[k].column;)
				next++;
			/* more voices than a hand has are not worth the square of them */
			const uint32_t some = next - k < 64 ? next - k : 64;
			if (some > 1)
				part_voices(e, m + k, some);
			place_accidentals(e, m + k, some);
		}
	}
	return 0;
}
