/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "redraw.h"

/* Measured on a CPU (spec/theater.md 4.2), for when nothing sensible is given. */
#define NS_A_RECT 20000.0
#define NS_A_PIXEL 6.0

static int64_t min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

struct render_rect rect_clip(struct render_rect rect, uint32_t width, uint32_t height)
{
	const int64_t x0 = max64(rect.x, 0), y0 = max64(rect.y, 0);
	const int64_t x1 = min64((int64_t)rect.x + rect.w, width),
		      y1 = min64((int64_t)rect.y + rect.h, height);

	if (x1 <= x0 || y1 <= y0)
		return (struct render_rect){0};
	return (struct render_rect){(int32_t)x0, (int32_t)y0, (int32_t)(x1 - x0), (int32_t)(y1 - y0)};
}

static struct render_rect join(struct render_rect a, struct render_rect b)
{
	const int32_t x0 = a.x < b.x ? a.x : b.x, y0 = a.y < b.y ? a.y : b.y;
	const int32_t x1 = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
	const int32_t y1 = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;

	return (struct render_rect){x0, y0, x1 - x0, y1 - y0};
}

static double area(struct render_rect r)
{
	return (double)r.w * r.h;
}

/** What joining saves in pixels, where a rectangle costs as much as `overhead` pixels; negative: it costs
 * more. */
static double saved(struct render_rect a, struct render_rect b, double overhead)
{
	return area(a) + area(b) + overhead - area(join(a, b));
}

/** With which one it is joined best. @return index; n: nothing is there. */
static uint32_t partner(
	const struct render_rect *rect, uint32_t n, struct render_rect with, double overhead, double *ret)
{
	uint32_t best = n;

	*ret = 0;
	for (uint32_t i = 0; i < n; i++) {
		const double saves = saved(rect[i], with, overhead);

		if (best == n || saves > *ret) {
			*ret = saves;
			best = i;
		}
	}
	return best;
}

/** Add one, joined with others as long as that saves something. No two of the list are worth joining
 * afterwards. */
static uint32_t insert(struct render_rect *rect, uint32_t n, struct render_rect r, double overhead)
{
	for (;;) {
		double saves = 0;
		const uint32_t i = partner(rect, n, r, overhead, &saves);

		if (i == n || saves <= 0)
			break;
		r = join(r, rect[i]);
		rect[i] = rect[--n];
	}
	rect[n] = r;
	return n + 1;
}

void redraw_add(struct redraw *d, struct render_rect rect)
{
	const struct render_rect r = rect_clip(rect, d->width, d->height);

	if (!r.w)
		return;
	if (d->n_pending == SCENE_DAMAGE_MAX) {
		double saves = 0;
		const uint32_t i = partner(d->pending, d->n_pending, r, 0, &saves);

		d->pending[i] = join(d->pending[i], r);
		return;
	}
	d->pending[d->n_pending++] = r;
}

void redraw_all(struct redraw *d)
{
	d->pending[0] = (struct render_rect){0, 0, (int32_t)d->width, (int32_t)d->height};
	d->n_pending = 1;
}

uint32_t redraw_take(struct redraw *d, double ns_a_rect, double ns_a_pixel)
{
	const double per_rect = isfinite(ns_a_rect) && ns_a_rect >= 0 ? ns_a_rect : NS_A_RECT;
	const double per_pixel = isfinite(ns_a_pixel) && ns_a_pixel > 0 ? ns_a_pixel : NS_A_PIXEL;
	const double overhead = per_rect / per_pixel;
	double sum = 0;
	uint32_t n = 0;

	/* In place: what has been merged is never more than what has been read. */
	for (uint32_t i = 0; i < d->n_pending; i++)
		n = insert(d->pending, n, d->pending[i], overhead);
	for (uint32_t i = 0; i < n; i++)
		sum += area(d->pending[i]);
	/* Those that overlap, without being worth joining, may come to more than all. */
	if (sum > (double)d->width * d->height) {
		redraw_all(d);
		n = 1;
	}
	for (uint32_t i = 0; i < n; i++)
		d->taken[i] = d->pending[i];
	d->n_pending = 0;
	return n;
}
