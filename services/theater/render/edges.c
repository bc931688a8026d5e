/* SPDX-License-Identifier: MIT */
/**
 * Closed outlines to instances. An outline is cut into columns of pixels; since a pixel's coverage is the sum
 * over the edges above it in its own column, each column needs only its own edges. Columns are cut into
 * cells: those that no edge touches are empty or full, so that a ring costs its stroke and not its area; for
 * those that are touched, a chain of edges above is as good as one straight edge.
 */
#include "internal.h"

#include <errno.h>
#include <math.h>

#define STRIP 32
#define CELL 32
#define CELLS_MAX (CANVAS_MAX / CELL + 2)

/** A column of the outline on hand. Columns and cells lie on a grid of the canvas, and edges are cut at the
 * grid and not at the damage: whatever part is drawn anew, each pixel's sum has the same terms. */
struct strip {
	int32_t left;   /**< of the grid */
	int32_t x0, x1; /**< pixels of it inside the clip */
	int32_t y0, y1;
	uint32_t n; /**< edges, in frame.column */
	struct {
		float low, high; /**< of the edges in it, inside y0..y1; low > high: none touches it */
	} cell[CELLS_MAX];       /**< from that of y0 on */
};

void render_edges_begin(struct frame *f)
{
	f->n_scratch = 0;
}

void render_edges_add(struct frame *f, double x0, double y0, double x1, double y1)
{
	if (f->n_scratch == SCRATCH_MAX || !isfinite(x0 + y0 + x1 + y1))
		return;
	f->scratch[f->n_scratch++] = (struct edge){(float)x0, (float)y0, (float)x1, (float)y1};
}

static void touch(struct strip *s, double ya, double yb)
{
	const double low = fmax(fmin(ya, yb), s->y0), high = fmin(fmax(ya, yb), s->y1);
	const int32_t top = s->y0 / CELL;

	if (low > high)
		return;
	for (int32_t i = (int32_t)floor(low) / CELL; i <= (int32_t)ceil(high) / CELL; i++) {
		const double from = fmax(low, i * CELL), to = fmin(high, (i + 1) * CELL);

		if (i - top >= (int32_t)CELLS_MAX)
			return;
		s->cell[i - top].low = fminf(s->cell[i - top].low, (float)from);
		s->cell[i - top].high = fmaxf(s->cell[i - top].high, (float)to);
	}
}

static void store(struct frame *f, struct strip *s, double xa, double ya, double xb, double yb)
{
	f->column[s->n++] = (struct edge){(float)xa, (float)ya, (float)xb, (float)yb};
}

/* The part of an edge in the column; what is above the canvas counts as if it were just above; what is below
 * the clip covers nothing in it. */
static void take(struct frame *f, struct strip *s, double xa, double ya, double xb, double yb)
{
	const double roof = -1.0;

	if (ya > s->y1 + 1.0 && yb > s->y1 + 1.0)
		return;
	if (ya < roof && yb < roof) {
		store(f, s, xa, roof, xb, roof);
		return;
	}
	if ((ya < roof) != (yb < roof)) {
		const double x = xa + (xb - xa) * (roof - ya) / (yb - ya);

		if (ya < roof) {
			store(f, s, xa, roof, x, roof);
			xa = x;
			ya = roof;
		} else {
			store(f, s, x, roof, xb, roof);
			xb = x;
			yb = roof;
		}
	}
	store(f, s, xa, ya, xb, yb);
}

static void fill_strip(struct frame *f, struct strip *s)
{
	f->spent += f->n_scratch;
	for (uint32_t i = 0; i < f->n_scratch; i++) {
		const struct edge *e = &f->scratch[i];
		double xa = e->x0, ya = e->y0, xb = e->x1, yb = e->y1;
		const double slope = xa != xb ? (yb - ya) / (xb - xa) : 0.0;
		const double x0 = s->left, x1 = s->left + STRIP, left = fmin(xa, xb), right = fmax(xa, xb);

		if (right < x0 || left > x1)
			continue;
		if (left < x0 || right > x1) {
			const double ca = fmin(fmax(xa, x0), x1), cb = fmin(fmax(xb, x0), x1);

			yb = ya + (cb - xa) * slope;
			ya += (ca - xa) * slope;
			xa = ca;
			xb = cb;
		}
		touch(s, ya, yb);
		if (xa != xb)
			take(f, s, xa, ya, xb, yb);
	}
}

/* Whether the outline goes around the column at a height that no edge is near. */
static int is_inside(const struct frame *f, const struct strip *s, double y)
{
	const double x = s->left + 0.5 * STRIP;
	const struct edge *e = f->column;
	int sum = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const double left = fmin(e[i].x0, e[i].x1), right = fmax(e[i].x0, e[i].x1);

		if (x < left || x >= right)
			continue;
		if (e[i].y0 + (x - e[i].x0) * (e[i].y1 - e[i].y0) / (e[i].x1 - e[i].x0) < y)
			sum += e[i].x1 > e[i].x0 ? 1 : -1;
	}
	return sum != 0;
}

static int32_t min_of(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t max_of(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* The edges that a cell needs: those below cover nothing in it, and of those above only where a chain of them
 * begins and ends matters. @return how many. */
static uint32_t write_cell(const struct frame *f, const struct strip *s, float top, struct edge *to)
{
	uint32_t n = 0;
	int is_chain = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct edge e = f->column[i];

		if (e.y0 >= top + CELL && e.y1 >= top + CELL)
			continue;
		if (e.y0 > top || e.y1 > top) {
			is_chain = 0;
			to[n++] = e;
			continue;
		}
		if (is_chain && to[n - 1].x1 == e.x0)
			to[n - 1].x1 = e.x1;
		else
			to[n++] = (struct edge){e.x0, top - 1.0f, e.x1, top - 1.0f};
		is_chain = to[n - 1].x0 != to[n - 1].x1;
		n -= !is_chain;
	}
	return n;
}

/* A cell that edges touch, without the rows above the first of them and below the last, unless those are
 * full. */
static void emit_cell(struct frame *f, const struct strip *s, int32_t number, uint32_t color)
{
	const int32_t top = (s->y0 / CELL + number) * CELL;
	const int32_t low = (int32_t)floorf(s->cell[number].low), high = (int32_t)ceilf(s->cell[number].high);
	int32_t y0 = max_of(top, s->y0), y1 = min_of(top + CELL, s->y1);
	struct instance *i;
	uint32_t first, n;

	if (low > y0 && low < y1 && !is_inside(f, s, y0 + 0.25))
		y0 = low;
	if (high > y0 && high < y1 && !is_inside(f, s, y1 - 0.25))
		y1 = high;
	if (f->n_edges + s->n > EDGES_MAX || f->n_runs == RUNS_MAX || f->n_instances == INSTANCES_MAX)
		f->error = render_submit(f, /* is_last= */ 0);
	if (f->error < 0)
		return;
	first = f->n_edges;
	n = write_cell(f, s, (float)top, (struct edge *)(void *)f->render->edges.host + first);
	i = n > 0 ? render_emit_instance(f, NULL) : NULL;
	if (i == NULL)
		return;
	f->n_edges += n;
	i->x0 = (uint16_t)s->x0;
	i->y0 = (uint16_t)y0;
	i->x1 = (uint16_t)s->x1;
	i->y1 = (uint16_t)y1;
	i->kind = KIND_EDGES;
	i->color = color;
	i->d[1] = first;
	i->d[2] = n;
}

static void emit_full(struct frame *f, const struct strip *s, int32_t y0, int32_t y1, uint32_t color)
{
	struct instance *i = render_emit_instance(f, NULL);

	if (i == NULL)
		return;
	i->x0 = (uint16_t)s->x0;
	i->y0 = (uint16_t)y0;
	i->x1 = (uint16_t)s->x1;
	i->y1 = (uint16_t)y1;
	i->kind = KIND_SOLID;
	i->color = color;
}

static void emit_strip(struct frame *f, const struct strip *s, uint32_t color)
{
	const int32_t top = s->y0 / CELL, n_cells = (s->y1 + CELL - 1) / CELL - top;

	for (int32_t i = 0; i < n_cells && f->error == 0;) {
		const int32_t first = i;
		int32_t y0, y1;

		if (s->cell[i].low <= s->cell[i].high) {
			emit_cell(f, s, i++, color);
			continue;
		}
		while (i < n_cells && s->cell[i].low > s->cell[i].high)
			i++;
		y0 = max_of((top + first) * CELL, s->y0);
		y1 = min_of((top + i) * CELL, s->y1);
		if (is_inside(f, s, 0.5 * (y0 + y1)))
			emit_full(f, s, y0, y1, color);
	}
}

void render_edges_end(struct frame *f, uint32_t color)
{
	double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
	const struct render_rect c = f->clip;
	int32_t left, right, top, bottom;

	for (uint32_t i = 0; i < f->n_scratch; i++) {
		const struct edge *e = &f->scratch[i];

		x0 = fmin(x0, fmin(e->x0, e->x1));
		x1 = fmax(x1, fmax(e->x0, e->x1));
		y0 = fmin(y0, fmin(e->y0, e->y1));
		y1 = fmax(y1, fmax(e->y0, e->y1));
	}
	if (color == 0 || f->n_scratch == 0 || x0 >= c.x + c.w || x1 <= c.x || y0 >= c.y + c.h || y1 <= c.y)
		return;
	left = (int32_t)floor(fmax(x0, c.x));
	right = (int32_t)ceil(fmin(x1, c.x + c.w));
	top = (int32_t)floor(fmax(y0, c.y));
	bottom = (int32_t)ceil(fmin(y1, c.y + c.h));
	if (top >= bottom)
		return;
	for (int32_t x = left; x < right && f->error == 0; x = (x / STRIP + 1) * STRIP) {
		struct strip s;

		s.left = x / STRIP * STRIP;
		s.x0 = x;
		s.x1 = min_of(s.left + STRIP, right);
		s.y0 = top;
		s.y1 = bottom;
		s.n = 0;
		for (int32_t i = 0; i <= bottom / CELL - top / CELL; i++) {
			s.cell[i].low = INFINITY;
			s.cell[i].high = -INFINITY;
		}
		fill_strip(f, &s);
		emit_strip(f, &s, color);
	}
}
