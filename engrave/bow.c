/* SPDX-License-Identifier: MIT */
/*
 * The best of many bows. Places for each end, and for each pair of them the lowest bow that clears all it
 * passes, leaning to either side; what costs is how far the ends are from their notes, height, slant and what
 * is still touched. y is turned so that the bow's side is up: `out` grows away from the notes.
 */
#include "bow.h"

#include <math.h>
#include <string.h>

#define LIMIT 2.0f
#define RATIO 0.25f
#define PAD 0.15f    /* sideways */
#define N_SLOTS 64u  /* of what a bow passes, the worst in each */
#define N_ENDS 8u    /* places of an end */
#define WINDOW 0.35f /* what an end has above or below it */
#define MAX_PUSH 3.5f

#define CLEAR 0.35f
#define CLEAR_SIGN 0.25f
#define CLEAR_BOW 0.5f /* middle to middle */

/* ---- what it passes ---- */

int eng_add_edge(struct eng *e, struct eng_edges *edges, struct eng_edge edge)
{
	struct eng_edge *list =
		eng_grow(e->arena, edges->edge, edges->n, &edges->max, edges->n + 1, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	edges->edge = list;
	list[edges->n++] = edge;
	return 0;
}

static int add_flat(struct eng *e, struct eng_edges *edges, float x0, float x1, float y, float clear)
{
	return eng_add_edge(e, edges, (struct eng_edge){x0, x1, y, y, clear});
}

/* Flats and naturals are narrow at one end, of the other half of them something is left free. */
static int add_sign(struct eng *e, struct eng_edges *edges, uint32_t code, struct eng_box b)
{
	const int is_up = edges->side < 0.0f;
	const float y = is_up ? b.y0 : b.y1, in = is_up ? 0.7f : -0.7f, narrow = 0.3f;
	int r;
	if (code == 0xe260 && is_up) {
		r = add_flat(e, edges, b.x0, b.x0 + narrow, y, CLEAR_SIGN);
		return r < 0 ? r : add_flat(e, edges, b.x0, b.x1, y + in, CLEAR_SIGN);
	}
	if (code == 0xe261) {
		const float x = is_up ? b.x0 : b.x1 - narrow;
		r = add_flat(e, edges, x, x + narrow, y, CLEAR_SIGN);
		return r < 0 ? r : add_flat(e, edges, b.x0, b.x1, y + in, CLEAR_SIGN);
	}
	return add_flat(e, edges, b.x0, b.x1, y, CLEAR_SIGN);
}

static int add_curve(struct eng *e, struct eng_edges *edges, const struct mos_shape *s, float dy)
{
	float x = s->x, y = s->y;
	int r = 0;
	for (unsigned i = 1; r == 0 && i <= 12; i++) {
		const float t = (float)i / 12.0f, u = 1.0f - t;
		const float a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
		const float x1 = a * s->x + b * s->p[0] + c * s->p[2] + d * s->w;
		const float y1 = a * s->y + b * s->p[1] + c * s->p[3] + d * s->h;
		r = eng_add_edge(e, edges, (struct eng_edge){x, x1, y + dy, y1 + dy, CLEAR_BOW});
		x = x1;
		y = y1;
	}
	return r;
}

int eng_add_edges(struct eng *e, struct eng_edges *edges, const struct mos_shape *s, float dy)
{
	struct eng_box b = eng_shape_box(e, s);
	const int is_up = edges->side < 0.0f;
	b.y0 += dy;
	b.y1 += dy;
	switch (s->kind) {
	case MOS_SHAPE_CURVE:
		return add_curve(e, edges, s, dy);
	case MOS_SHAPE_QUAD: /* a beam: both ends upright */
		return eng_add_edge(e, edges,
			(struct eng_edge){s->x, s->w, (is_up ? s->y : s->p[3]) + dy,
				(is_up ? s->h : s->p[1]) + dy, CLEAR});
	case MOS_SHAPE_GLYPH:
		if (s->glyph >= 0xe260 && s->glyph <= 0xe2ff)
			return add_sign(e, edges, s->glyph, b);
		break;
	case MOS_SHAPE_LINE:
		if (s->color == MOS_TOKEN(MOS_TOKEN_STAFF, 255))
			return 0; /* leger lines end at their heads */
		break;
	case MOS_SHAPE_BOX:
		break;
	default:
		return 0;
	}
	return add_flat(e, edges, b.x0, b.x1, is_up ? b.y0 : b.y1, CLEAR);
}

float eng_outside_of(const struct eng_edges *edges, float x, float y, float from, float to)
{
	float out = edges->side * y;
	for (uint32_t i = 0; i < edges->n; i++) {
		const struct eng_edge *g = &edges->edge[i];
		if (g->x1 <= x - WINDOW || g->x0 >= x + WINDOW)
			continue;
		/* a bow that ends where this one begins */
		if (fminf(g->x1, to) - fmaxf(g->x0, from) < 0.1f && g->clear >= CLEAR_BOW)
			continue;
		const float need = fmaxf(edges->side * g->y0, edges->side * g->y1) + g->clear;
		if (need - edges->side * y < MAX_PUSH)
			out = fmaxf(out, need);
	}
	return edges->side * out;
}

/* ---- the way past it ---- */

struct way {
	float natural; /* height */
	float dx;
	unsigned n;
	struct sample {
		float share, out;    /* of the width; where it may pass */
		float first, second; /* how much each control point lifts it there */
	} sample[N_SLOTS];
};

/* Along x the control points stand `in` of the width inside the ends. */
static float share_at(float t, float in)
{
	const float u = 1.0f - t;
	return 3 * u * u * t * in + 3 * u * t * t * (1.0f - in) + t * t * t;
}

static float parameter_of(float share, float in)
{
	float low = 0.0f, high = 1.0f;
	for (unsigned i = 0; i < 10; i++) {
		const float t = (low + high) / 2;
		if (share_at(t, in) < share)
			low = t;
		else
			high = t;
	}
	return (low + high) / 2;
}

/* `end`: so far from its end, what it passes belongs to the note there. */
static struct way way_of(const struct eng_edges *edges, float x0, float x1, float end)
{
	const float dx = x1 - x0, in = eng_bow_indent(dx, LIMIT) / dx, side = edges->side;
	struct way way = {.natural = eng_bow_height(dx, LIMIT, RATIO) / 0.75f, .dx = dx};
	float out[N_SLOTS], share[N_SLOTS];
	for (unsigned i = 0; i < N_SLOTS; i++)
		out[i] = -INFINITY;
	for (uint32_t i = 0; i < edges->n; i++) {
		const struct eng_edge *g = &edges->edge[i];
		const float from = fmaxf(g->x0 - PAD, x0 + 0.1f), to = fminf(g->x1 + PAD, x1 - end);
		if (to <= from)
			continue;
		const unsigned n = 1 + (unsigned)fminf((to - from) / 0.7f, 400.0f);
		for (unsigned k = 0; k <= n; k++) {
			const float x = from + (to - from) * (float)k / (float)n;
			const float along =
				g->x1 > g->x0 ? fminf(fmaxf((x - g->x0) / (g->x1 - g->x0), 0), 1) : 0;
			const float need = side * (g->y0 + (g->y1 - g->y0) * along) + g->clear;
			const unsigned slot = (unsigned)fminf((x - x0) / dx * N_SLOTS, N_SLOTS - 1);
			if (need > out[slot]) {
				out[slot] = need;
				share[slot] = (x - x0) / dx;
			}
		}
	}
	for (unsigned i = 0; i < N_SLOTS; i++) {
		if (out[i] == -INFINITY)
			continue;
		const float t = parameter_of(share[i], in), u = 1.0f - t;
		way.sample[way.n++] = (struct sample){share[i], out[i], 3 * u * u * t, 3 * u * t * t};
	}
	return way;
}

/* Raise the control points, leaning to either side, until the bow clears what it passes. Less is better. */
static float lift(const struct way *way, struct eng_bow_shape *b, float side)
{
	static const float lean[] = {1.0f, 1.6f, 0.625f, 2.5f, 0.4f};
	const float natural = way->natural, most = natural + 3.5f + 0.4f * way->dx;
	const float from = side * b->y0, rise = side * (b->y1 - b->y0);
	float best = INFINITY;
	for (size_t k = 0; k < sizeof(lean) / sizeof(lean[0]); k++) {
		float h = natural * 2.0f / (1.0f + lean[k]), touched = 0.0f;
		for (unsigned i = 0; i < way->n; i++) {
			const struct sample *s = &way->sample[i];
			h = fmaxf(h, (s->out - from - rise * s->share) / (s->first + s->second * lean[k]));
		}
		h = fminf(h, most / fmaxf(lean[k], 1.0f));
		if (h * (1.0f + lean[k]) - 2 * natural >= best)
			continue;
		for (unsigned i = 0; i < way->n; i++) {
			const struct sample *s = &way->sample[i];
			touched = fmaxf(touched,
				s->out - from - rise * s->share - h * (s->first + s->second * lean[k]));
		}
		const float high = h * fmaxf(lean[k], 1.0f);
		const float cost = h * (1.0f + lean[k]) - 2 * natural + (k == 0 ? 0.0f : 0.4f) +
				   6.0f * fmaxf(0.0f, high / way->dx - 0.5f) +
				   (touched > 0.02f ? 3.0f + 10.0f * touched : 0.0f);
		if (cost < best) {
			best = cost;
			b->h0 = h;
			b->h1 = h * lean[k];
		}
	}
	return 1.2f * best;
}

static float cost_of_end(const struct eng_bow_end *end, float off)
{
	return end->is_free ? 0.25f * off : 0.8f * off + 0.3f * off * off;
}

struct eng_bow_shape eng_best_bow(const struct eng_edges *edges, struct eng_bow_end a, struct eng_bow_end b)
{
	static const float off[N_ENDS] = {0.0f, 0.3f, 0.6f, 1.0f, 1.5f, 2.2f, 3.2f, 4.5f};
	const float side = edges->side;
	const struct way way = way_of(edges, a.x, b.x, b.is_beside ? 0.45f : 0.1f);
	const float slope = fabsf(b.y - a.y);
	struct eng_bow_shape best = {.cost = INFINITY};
	for (unsigned i = 0; i < N_ENDS; i++) {
		for (unsigned k = 0; k < N_ENDS; k++) {
			struct eng_bow_shape bow = {
				.x0 = a.x, .y0 = a.y + side * off[i], .x1 = b.x, .y1 = b.y + side * off[k]};
			const float slant = fabsf(bow.y1 - bow.y0);
			bow.cost = cost_of_end(&a, off[i]) + cost_of_end(&b, off[k]) +
				   0.8f * fmaxf(0.0f, slant - slope) +
				   1.2f * fminf(fmaxf(0.0f, slant - 0.6f * way.dx), 2.0f);
			if (bow.cost >= best.cost)
				continue;
			bow.cost += lift(&way, &bow, side);
			if (bow.cost < best.cost)
				best = bow;
		}
	}
	return best;
}
