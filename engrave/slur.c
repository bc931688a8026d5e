/* SPDX-License-Identifier: MIT */
/* Slurs: bows by LilyPond's law, three places for each end, lifted until they clear what the staff has by
 * then. */
#include "layers.h"

#include <math.h>
#include <stdlib.h>

#define LIMIT 2.0f
#define RATIO 0.25f
#define CLEAR 0.35f
#define MAX_HEIGHT 14.0f
#define N_SAMPLES 24u
#define N_ENDS 3u
#define MAX_SYSTEMS 16u /* that one slur is drawn over in full; of a longer one the ends */

struct end {
	float x, y;
};

struct slur {
	uint32_t element, from, to; /* events */
	float length;
};

struct bow {
	float x0, y0, x1, y1, h0, h1;
};

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
static struct end grace_end(const struct eng *e, const struct eng_event *ev, float side)
{
	const struct eng_head *h = &e->head[ev->first_head + (side < 0.0f ? ev->n_heads - 1 : 0)];
	int has_stem = ev->stem != 0 && (side < 0.0f) == (ev->stem > 0);
	return (struct end){eng_head_x0(e, ev, h) + (has_stem ? -0.2f : 0.2f),
		eng_y(&e->staff[ev->staff], h->position) + side * (has_stem ? 0.45f : 0.75f)};
}

/* Where a slur touches an event: over the head, or off the stem when that is on the slur's side. */
static struct end end_of(const struct eng *e, const struct eng_event *ev, float side, int is_start)
{
	struct eng_box b = eng_event_box(e, ev);
	const struct eng_staff *staff = &e->staff[ev->staff];
	if (staff->is_tab)
		return (struct end){(b.x0 + b.x1) / 2,
			side < 0.0f ? -0.9f : (float)(staff->lines - 1) * staff->space + 0.9f};
	int by_stem = ev->stem != 0 && (side < 0.0f) == (ev->stem > 0);
	if (by_stem) {
		float x = eng_event_x(e, ev) + ev->stem_x;
		/* A beamed stem is cleared as a whole; a free one is passed beside its upper end. */
		float tip = side < 0.0f ? b.y0 : b.y1,
		      inset = ev->beam != ENG_NONE || ev->flags > 0 ? 0.0f : 0.5f;
		return (struct end){x + (inset > 0.0f ? (is_start ? 0.35f : -0.35f) : 0.0f),
			tip + side * (0.45f - inset)};
	}
	const struct eng_head *h =
		ev->n_heads == 0 ? NULL : &e->head[ev->first_head + (side < 0.0f ? ev->n_heads - 1 : 0)];
	if (h == NULL)
		return (struct end){(b.x0 + b.x1) / 2, (side < 0.0f ? b.y0 : b.y1) + side * 0.4f};
	float x = (eng_head_x0(e, ev, h) + eng_head_x1(e, ev, h)) / 2;
	return (struct end){x + (is_start ? 0.1f : -0.1f), eng_y(staff, h->position) + side * 0.85f};
}

/* What a bow has to clear on its way, whatever its shape: x depends on its width alone. */
struct way {
	float natural; /* height */
	unsigned n;
	struct sample {
		float share, y;      /* of the width; where it may pass */
		float first, second; /* how much each control point lifts it there */
	} sample[N_SAMPLES];
};

static struct way way_of(const struct eng_skyline *sky, float x0, float x1)
{
	const float dx = x1 - x0, in = eng_bow_indent(dx, LIMIT);
	struct way way = {.natural = eng_bow_height(dx, LIMIT, RATIO) / 0.75f};
	for (unsigned i = 1; i < N_SAMPLES; i++) {
		const float t = (float)i / (float)N_SAMPLES, u = 1.0f - t;
		const float first = 3 * u * u * t, second = 3 * u * t * t;
		/* Along x the control points stand `in` inside the ends. */
		const float x = x0 + first * in + second * (dx - in) + t * t * t * dx;
		if (x < x0 + 0.7f || x > x1 - 0.7f)
			continue;
		way.sample[way.n++] = (struct sample){
			(x - x0) / dx, eng_sky_place(sky, x - 0.15f, x + 0.15f, CLEAR), first, second};
	}
	return way;
}

/* Raise the control points, leaning to either side, until the bow clears the outline. Less is better. */
static float lift(const struct way *way, struct bow *b, float side)
{
	static const float lean[] = {1.0f, 1.6f, 0.625f, 2.5f, 0.4f};
	const float natural = way->natural;
	float best = INFINITY, h0 = natural, h1 = natural;
	for (size_t k = 0; k < sizeof(lean) / sizeof(lean[0]); k++) {
		float h = k == 0 ? natural : natural * 2.0f / (1.0f + lean[k]);
		for (unsigned i = 0; i < way->n; i++) {
			const struct sample *s = &way->sample[i];
			float need = side * (s->y - (b->y0 + (b->y1 - b->y0) * s->share));
			h = fmaxf(h, need / (s->first + s->second * lean[k]));
		}
		float cost = h * (1.0f + lean[k]) + (k == 0 ? 0.0f : 0.3f);
		if (cost < best) {
			best = cost;
			h0 = h;
			h1 = h * lean[k];
		}
	}
	b->h0 = fminf(h0, MAX_HEIGHT);
	b->h1 = fminf(h1, MAX_HEIGHT);
	return best - 2 * natural;
}

/* Three places an end, as far as it may move: nine bows, the one that costs least. */
static struct bow best_bow(
	const struct eng_skyline *sky, struct end a, struct end b, float side, int a_free, int b_free)
{
	static const float off[N_ENDS] = {0.0f, 0.8f, 1.7f};
	const struct way way = way_of(sky, a.x, b.x);
	struct bow best = {0};
	float least = INFINITY;
	for (unsigned i = 0; i < N_ENDS; i++) {
		for (unsigned k = 0; k < N_ENDS; k++) {
			struct bow bow = {a.x, a.y + side * off[i], b.x, b.y + side * off[k], 0, 0};
			float natural_slope = fabsf(b.y - a.y), slope = fabsf(bow.y1 - bow.y0);
			float cost = 1.5f * lift(&way, &bow, side) + (a_free ? 0.6f : 1.4f) * off[i] +
				     (b_free ? 0.6f : 1.4f) * off[k] +
				     0.8f * fmaxf(0.0f, slope - natural_slope) +
				     0.5f * fmaxf(0.0f, slope - 0.4f * (bow.x1 - bow.x0));
			if (cost < least) {
				least = cost;
				best = bow;
			}
		}
	}
	return best;
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

/** `sky`: what it has to clear; NULL: its staff's outline. */
static int draw(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, struct end a, struct end b,
	float side, int a_free, int b_free, unsigned style, const struct eng_skyline *sky)
{
	if (sky == NULL)
		sky = eng_sky_of(e, system, staff, side < 0.0f);
	if (sky == NULL)
		return -ENOMEM;
	b.x = fmaxf(b.x, a.x + 1.0f);
	struct bow w = best_bow(sky, a, b, side, a_free, b_free);
	const struct engrave_defaults *d = &e->metrics->defaults;
	struct mos_shape s = eng_bow(w.x0, w.y0, w.x1, w.y1, w.h0, w.h1, side, d->slur_end, d->slur_middle);
	e->n_elements++;
	return style == NVX_SLUR_DASHED ? dashed(e, system, staff, measure, s)
					: eng_ink(e, system, staff, measure, &s, 0);
}

/* What stands outside of the staff at a head, a dot or another voice's rest, is within the slur. */
static struct end clear_end(
	struct eng *e, const struct eng_event *ev, uint32_t system, struct end at, float side)
{
	const struct eng_staff *staff = &e->staff[ev->staff];
	struct eng_skyline *sky = eng_sky_of(e, system, ev->staff, side < 0.0f);
	if (sky == NULL || staff->is_tab || ev->is_grace || (ev->stem && (side < 0.0f) == (ev->stem > 0)))
		return at;
	const float y = eng_sky_place(sky, at.x - 0.3f, at.x + 0.3f, 0.0f);
	const float out = side < 0.0f ? -y : y - (float)(staff->lines - 1);
	const float more = side * (y - at.y) + CLEAR;
	if (out > 0.05f && more > 0.0f && more < 3.0f)
		at.y += side * more;
	return at;
}

static int one(struct eng *e, const struct slur *slur)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	unsigned style = eng_notation(e, slur->element)->style;
	float side = side_of(e, slur);
	struct end a = end_of(e, from, side, 1), b = end_of(e, to, side, 0);
	if (from->is_grace && !to->is_grace && to->n_heads > 0)
		b = grace_end(e, to, side);
	uint32_t first = eng_event_system(e, from), last = eng_event_system(e, to);
	a = clear_end(e, from, first, a, side);
	b = clear_end(e, to, last, b, side);
	if (first == last) {
		return draw(e, first, from->staff, from->measure == to->measure ? from->measure : ENG_NONE, a,
			b, side, 0, 0, style, NULL);
	}
	int r = 0;
	for (uint32_t i = first; r == 0 && i <= last;
		i = i == first && last - first > MAX_SYSTEMS ? last : i + 1) {
		struct end left = {eng_system_left(e, i) - 0.4f, side < 0.0f ? -1.0f : 5.0f};
		struct end right = {eng_system_right(e, i), left.y};
		if (i == first) {
			left = a;
			right.y = a.y + side * 0.6f;
		}
		if (i == last) {
			right = b;
			left.y = b.y + side * 0.6f;
			left.x = fminf(left.x, right.x - 2.0f);
		}
		r = draw(e, i, i == last ? to->staff : from->staff, ENG_NONE, left, right, side, i != first,
			i != last, style, NULL);
	}
	return r;
}

static int shorter(const void *a, const void *b)
{
	const struct slur *x = a, *y = b;
	if (x->length < y->length || x->length > y->length)
		return x->length < y->length ? -1 : 1;
	return x->element < y->element ? -1 : x->element > y->element;
}

/* ---- from staff to staff ---- */

static void add_signs(const struct eng *e, struct eng_skyline *sky, const struct eng_event *ev)
{
	for (uint32_t i = ev->first_head; i < ev->first_head + ev->n_heads; i++) {
		const struct eng_head *h = &e->head[i];
		const struct engrave_glyph *g = engrave_glyph(e->metrics, h->accidental);
		const float x = eng_event_x(e, ev) + h->accidental_x;
		const float y = eng_staff_y(e, ev) + eng_y(&e->staff[ev->staff], h->position);
		if (h->accidental)
			eng_sky_add(sky, (struct eng_box){x + g->x0, y - g->y1, x + g->x1, y - g->y0});
	}
}

/** What the notes that it passes take of the system. */
static struct eng_skyline *passed(struct eng *e, const struct slur *slur, uint32_t system, float side)
{
	const float far = side < 0.0f ? 1e4f : -1e4f;
	struct eng_skyline *sky = eng_sky_new(e->arena, side < 0.0f, e->system[system].width + 2.0f, far);
	unsigned guard = 0;
	for (uint32_t i = slur->from; sky != NULL && i < e->n_events && guard++ < 4096;
		i = e->event[i].next) {
		for (uint32_t k = i; k != ENG_NONE; k = e->event[k].joined) {
			const struct eng_event *ev = &e->event[k];
			if (!eng_is_drawn(e, ev) || eng_event_system(e, ev) != system)
				continue;
			struct eng_box b = eng_event_box(e, ev);
			b.y0 += eng_staff_y(e, ev);
			b.y1 += eng_staff_y(e, ev);
			eng_sky_add(sky, b);
			add_signs(e, sky, ev);
		}
		if (i == slur->to)
			break;
	}
	return sky;
}

static int across(struct eng *e, const struct slur *slur)
{
	const struct eng_event *from = &e->event[slur->from], *to = &e->event[slur->to];
	const uint32_t system = eng_event_system(e, from);
	/* what other voices there are on one staff says nothing of the other */
	const int is_grace = from->is_grace && !to->is_grace;
	const float side = is_grace ? side_of(e, slur) : side_of_stems(e, slur);
	struct end a = end_of(e, from, side, 1), b = end_of(e, to, side, 0);
	if (from->is_grace && !to->is_grace && to->n_heads > 0)
		b = grace_end(e, to, side);
	a.y += eng_staff_y(e, from);
	b.y += eng_staff_y(e, to);
	const struct eng_skyline *sky = passed(e, slur, system, side);
	if (sky == NULL)
		return -ENOMEM;
	return draw(e, system, ENG_NONE, from->measure == to->measure ? from->measure : ENG_NONE, a, b, side,
		0, 0, eng_notation(e, slur->element)->style, sky);
}

/** Those within staves, or those between. */
static int slurs(struct eng *e, int is_across)
{
	uint32_t n = 0, all = score_n_notation(e->score);
	for (uint32_t i = 0; i < all; i++)
		n += eng_notation(e, i)->e.kind == NVX_NOTATION_SLUR;
	struct slur *slur = n > 0 ? eng_alloc(e->arena, n * sizeof(*slur)) : NULL;
	if (n > 0 && slur == NULL)
		return -ENOMEM;
	n = 0;
	for (uint32_t i = 0; i < all; i++) {
		const struct nvx_notation_element *el = eng_notation(e, i);
		if (el->e.kind != NVX_NOTATION_SLUR || el->style == NVX_SLUR_GLISSANDO ||
			el->style == NVX_SLUR_LINE)
			continue;
		struct slur s = {
			i, eng_find_event(e, el->from_event_id), eng_find_event(e, el->to_event_id), 0};
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
	if (n > 0)
		qsort(slur, n, sizeof(*slur), shorter);
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = is_across ? across(e, &slur[i]) : one(e, &slur[i]);
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
