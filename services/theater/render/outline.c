/* SPDX-License-Identifier: MIT */
/** Outlines of what is not a box: lines, arcs, bands between curves, glyphs too large for the atlas.
 * Flattened to within a twentieth of a pixel, in canvas pixels; coverage is exact from there. */
#include "internal.h"

#include <math.h>

#define TOLERANCE 0.05 /* pixels */
#define ARC_MAX 512
#define CURVE_MAX 256
#define DASHES_MAX 4096

struct point {
	double x, y;
};

static struct point at(const struct render_item *item, float x, float y)
{
	return (struct point){x * (double)item->scale + item->x, y * (double)item->scale + item->y};
}

static void edge(struct frame *f, struct point a, struct point b)
{
	render_edges_add(f, a.x, a.y, b.x, b.y);
}

static int arc_steps(double radius, double sweep)
{
	const double step = radius > TOLERANCE ? 2.0 * acos(1.0 - TOLERANCE / radius) : M_PI;
	const double n = ceil(fabs(sweep) / step);

	return n < 2.0 ? 2 : n > ARC_MAX ? ARC_MAX : (int)n;
}

static struct point polar(struct point c, double radius, double angle)
{
	return (struct point){c.x + radius * cos(angle), c.y + radius * sin(angle)};
}

/* An arc from an angle on, joined to `from`. @return its end. */
static struct point arc_to(
	struct frame *f, struct point from, struct point c, double radius, double start, double sweep)
{
	const int n = arc_steps(radius, sweep);

	for (int i = 0; i <= n; i++) {
		const struct point to = polar(c, radius, start + sweep * i / n);

		if (i > 0 || to.x != from.x || to.y != from.y)
			edge(f, from, to);
		from = to;
	}
	return from;
}

static void stroke(struct frame *f, struct point a, struct point b, double half, int is_round, uint32_t color)
{
	const double dx = b.x - a.x, dy = b.y - a.y, length = hypot(dx, dy), angle = atan2(dy, dx);
	struct point first, p;

	if (length < 1e-6 && !is_round)
		return;
	if (!is_round && (dx == 0.0 || dy == 0.0)) {
		if (dx == 0.0)
			render_emit_box(f, a.x - half, fmin(a.y, b.y), a.x + half, fmax(a.y, b.y), color);
		else
			render_emit_box(f, fmin(a.x, b.x), a.y - half, fmax(a.x, b.x), a.y + half, color);
		return;
	}
	render_edges_begin(f);
	first = polar(a, half, angle + M_PI_2);
	if (is_round) {
		p = arc_to(f, first, a, half, angle + M_PI_2, M_PI);
		p = arc_to(f, p, b, half, angle - M_PI_2, M_PI);
	} else {
		struct point q = polar(a, half, angle - M_PI_2);

		edge(f, first, q);
		p = polar(b, half, angle - M_PI_2);
		edge(f, q, p);
		q = polar(b, half, angle + M_PI_2);
		edge(f, p, q);
		p = q;
	}
	edge(f, p, first);
	render_edges_end(f, color);
}

/* Where along a line it can be seen, 0..1. @return 0: nowhere. */
static int visible(
	const struct frame *f, struct point a, struct point b, double half, double *low, double *high)
{
	const double from[2] = {a.x, a.y}, by[2] = {b.x - a.x, b.y - a.y};
	const double min[2] = {f->clip.x - half - 2, f->clip.y - half - 2};
	const double max[2] = {f->clip.x + f->clip.w + half + 2, f->clip.y + f->clip.h + half + 2};

	*low = 0.0;
	*high = 1.0;
	for (int i = 0; i < 2; i++) {
		double enter, leave;

		if (by[i] == 0.0) {
			if (from[i] < min[i] || from[i] > max[i])
				return 0;
			continue;
		}
		enter = (min[i] - from[i]) / by[i];
		leave = (max[i] - from[i]) / by[i];
		*low = fmax(*low, fmin(enter, leave));
		*high = fmin(*high, fmax(enter, leave));
	}
	return *low < *high;
}

static struct point between(struct point a, struct point b, double t)
{
	return (struct point){a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
}

static uint32_t faded(uint32_t color, double by)
{
	return (color & 0xffffff) | (uint32_t)lrint((color >> 24) * by) << 24;
}

void render_outline_line(struct frame *f, const struct prim *p, const struct render_item *item)
{
	const struct point a = at(item, p->x, p->y), b = at(item, p->w, p->h);
	const double half = 0.5 * p->p[0] * item->scale, length = hypot(b.x - a.x, b.y - a.y);
	const double dash = p->p[1] * (double)item->scale, period = dash + p->p[2] * (double)item->scale;
	const int is_round = (p->flags & MOS_SHAPE_ROUND) != 0;
	const uint32_t color = render_emit_color(f, p, p->color);
	double low, high;

	if (color == 0)
		return;
	/* Whole, or dashes whose round ends meet. */
	if (p->p[1] <= 0.0f || p->p[2] <= 0.0f || (is_round && p->p[2] <= p->p[0])) {
		stroke(f, a, b, half, is_round, color);
		return;
	}
	if (!visible(f, a, b, half + dash, &low, &high))
		return;
	/* Too fine to see one by one: grey. */
	if (period < 0.5 || (high - low) * length / period > DASHES_MAX) {
		stroke(f, a, b, half, is_round, faded(color, dash / period));
		return;
	}
	for (double s = floor(low * length / period) * period; s < high * length; s += period)
		stroke(f, between(a, b, s / length), between(a, b, fmin(s + dash, length) / length), half,
			is_round, color);
}

void render_outline_arc(struct frame *f, const struct prim *p, const struct render_item *item)
{
	const struct point c = at(item, p->x, p->y);
	const double r = p->w * (double)item->scale, half = 0.5 * p->h * item->scale;
	const double sweep = fmin(fmax(p->p[1], -2.0 * M_PI), 2.0 * M_PI), start = fmod(p->p[0], 2.0 * M_PI);
	const double outer = r + half, inner = fmax(r - half, 0.0), side = sweep < 0.0 ? -M_PI : M_PI;
	const int is_whole = fabs(sweep) > 2.0 * M_PI - 1e-4, is_round = (p->flags & MOS_SHAPE_ROUND) != 0;
	struct point first = polar(c, outer, start), q;

	render_edges_begin(f);
	q = arc_to(f, first, c, outer, start, sweep);
	if (p->h <= 0.0f) {
		if (!is_whole) {
			edge(f, q, c);
			edge(f, c, first);
		} else {
			edge(f, q, first);
		}
	} else if (is_whole) {
		edge(f, q, first);
		first = polar(c, inner, start);
		q = arc_to(f, first, c, inner, start, -sweep);
		edge(f, q, first);
	} else {
		if (is_round)
			q = arc_to(f, q, polar(c, r, start + sweep), half, start + sweep, side);
		q = arc_to(f, q, c, inner, start + sweep, -sweep);
		if (is_round)
			q = arc_to(f, q, polar(c, r, start), half, start + M_PI, side);
		edge(f, q, first);
	}
	render_edges_end(f, render_emit_color(f, p, p->color));
}

static struct point cubic(const struct point c[4], double t)
{
	const double u = 1.0 - t, w0 = u * u * u, w1 = 3 * u * u * t, w2 = 3 * u * t * t, w3 = t * t * t;

	return (struct point){w0 * c[0].x + w1 * c[1].x + w2 * c[2].x + w3 * c[3].x,
		w0 * c[0].y + w1 * c[1].y + w2 * c[2].y + w3 * c[3].y};
}

static struct point cubic_slope(const struct point c[4], double t)
{
	const double u = 1.0 - t, w0 = u * u, w1 = 2 * u * t, w2 = t * t;

	return (struct point){
		w0 * (c[1].x - c[0].x) + w1 * (c[2].x - c[1].x) + w2 * (c[3].x - c[2].x),
		w0 * (c[1].y - c[0].y) + w1 * (c[2].y - c[1].y) + w2 * (c[3].y - c[2].y),
	};
}

void render_outline_curve(struct frame *f, const struct prim *p, const struct render_item *item)
{
	const struct point c[4] = {at(item, p->x, p->y), at(item, p->p[0], p->p[1]),
		at(item, p->p[2], p->p[3]), at(item, p->w, p->h)};
	const double ends = 0.5 * p->p[4] * item->scale, middle = 0.5 * p->p[5] * item->scale;
	const double bend = fmax(hypot(c[0].x - 2 * c[1].x + c[2].x, c[0].y - 2 * c[1].y + c[2].y),
		hypot(c[1].x - 2 * c[2].x + c[3].x, c[1].y - 2 * c[2].y + c[3].y));
	const double wanted = ceil(sqrt((0.75 * bend + fabs(middle - ends)) / TOLERANCE));
	const int n = wanted < 4.0 ? 4 : wanted > CURVE_MAX ? CURVE_MAX : (int)wanted;
	struct point over[CURVE_MAX + 1], under[CURVE_MAX + 1], normal = {0.0, 0.0};

	for (int i = 0; i <= n; i++) {
		const double t = (double)i / n, half = ends + (middle - ends) * 4.0 * t * (1.0 - t);
		const struct point m = cubic(c, t), d = cubic_slope(c, t);
		const double length = hypot(d.x, d.y);

		if (length > 1e-9)
			normal = (struct point){d.y / length, -d.x / length};
		over[i] = (struct point){m.x + half * normal.x, m.y + half * normal.y};
		under[i] = (struct point){m.x - half * normal.x, m.y - half * normal.y};
	}
	render_edges_begin(f);
	for (int i = 0; i < n; i++) {
		edge(f, over[i], over[i + 1]);
		edge(f, under[i + 1], under[i]);
	}
	edge(f, over[n], under[n]);
	edge(f, under[0], over[0]);
	render_edges_end(f, render_emit_color(f, p, p->color));
}

void render_outline_quad(struct frame *f, const struct prim *p, const struct render_item *item)
{
	const struct point c[4] = {at(item, p->x, p->y), at(item, p->w, p->h), at(item, p->p[0], p->p[1]),
		at(item, p->p[2], p->p[3])};

	render_edges_begin(f);
	for (int i = 0; i < 4; i++)
		edge(f, c[i], c[(i + 1) % 4]);
	render_edges_end(f, render_emit_color(f, p, p->color));
}

/** From em to canvas pixels. */
struct turn {
	double xx, xy, yx, yy;
	struct point origin;
};

static struct point turned(const struct turn *t, float x, float y)
{
	return (struct point){t->origin.x + t->xx * x + t->xy * y, t->origin.y + t->yx * x + t->yy * y};
}

static void quadratic(struct frame *f, struct point a, struct point c, struct point b)
{
	const double bend = 0.25 * hypot(a.x - 2 * c.x + b.x, a.y - 2 * c.y + b.y);
	const double wanted = ceil(sqrt(bend / TOLERANCE));
	const int n = wanted < 1.0 ? 1 : wanted > 64.0 ? 64 : (int)wanted;
	struct point from = a;

	for (int i = 1; i <= n; i++) {
		const double t = (double)i / n, u = 1.0 - t;
		const struct point to = i == n ? b
					       : (struct point){u * u * a.x + 2 * u * t * c.x + t * t * b.x,
							 u * u * a.y + 2 * u * t * c.y + t * t * b.y};

		edge(f, from, to);
		from = to;
	}
}

void render_outline_glyph(struct frame *f, const struct prim *p, const struct render_item *item)
{
	const double em = p->w * (double)item->scale, s = sin(p->p[0]), c = cos(p->p[0]);
	const struct turn t = {em * p->p[1] * c, -em * s, em * p->p[1] * s, em * c, at(item, p->x, p->y)};
	const struct font_quadratic *q = NULL;
	const uint32_t n = font_outline(f->render->fonts, (enum font_face)p->face, p->glyph, &q);

	render_edges_begin(f);
	for (uint32_t i = 0; i < n; i++)
		quadratic(f, turned(&t, q[i].x0, q[i].y0), turned(&t, q[i].cx, q[i].cy),
			turned(&t, q[i].x1, q[i].y1));
	render_edges_end(f, render_emit_color(f, p, p->color));
}
