/* SPDX-License-Identifier: MIT */
/* Free corners of a sign's box, for a font that does not say: the largest empty rectangle in each. */
#include <math.h>
#include <stdlib.h>

#include "font_impl.h"

/* Outlines are looked at this finely, and smaller corners are none: sp, square sp. */
static const float grain = 0.02f, least_area = 0.08f;
enum { POINTS_MAX = 8192 };

struct point {
	float x, y; /* sp, y up */
};

static uint32_t sample(const struct font_quadratic *q, uint32_t n, struct point *to)
{
	uint32_t used = 0;
	for (uint32_t i = 0; i < n; i++, q++) {
		float length =
			4 * (hypotf(q->cx - q->x0, q->cy - q->y0) + hypotf(q->x1 - q->cx, q->y1 - q->cy));
		uint32_t steps = (uint32_t)fminf(ceilf(length / grain), POINTS_MAX);
		for (uint32_t k = 0; k < steps && used < POINTS_MAX; k++) {
			float t = (float)k / (float)steps, u = 1 - t;
			to[used++] = (struct point){4 * (u * u * q->x0 + 2 * u * t * q->cx + t * t * q->x1),
				-4 * (u * u * q->y0 + 2 * u * t * q->cy + t * t * q->y1)};
		}
	}
	return used;
}

static int by_height(const void *a, const void *b)
{
	const struct point *p = a, *q = b;
	return (p->y < q->y) - (p->y > q->y);
}

/* The upper right corner of points that are sorted from the top: going down, the ink reaches further right.
 */
static void find_corner(const struct point *point, uint32_t n, float right, float top, float ret[2])
{
	float reach = -INFINITY, best = least_area;
	for (uint32_t i = 0; i < n; i++) {
		float area = reach > -INFINITY ? (right - reach) * (top - point[i].y) : 0;
		if (area > best) {
			best = area;
			ret[0] = reach;
			ret[1] = point[i].y;
		}
		reach = fmaxf(reach, point[i].x);
	}
}

static void mirror(struct point *point, uint32_t n, float x, float y)
{
	for (uint32_t i = 0; i < n; i++)
		point[i] = (struct point){point[i].x * x, point[i].y * y};
}

void font_find_cutouts(const struct font_quadratic *outline, uint32_t n, struct engrave_glyph *glyph)
{
	struct point *point = malloc(POINTS_MAX * sizeof *point);
	if (!point)
		return; /* then there are none */
	uint32_t n_points = sample(outline, n, point);
	float (*corners[4])[2] = {&glyph->cut_ne, &glyph->cut_nw, &glyph->cut_sw, &glyph->cut_se};
	for (unsigned i = 0; i < 4; i++) {
		float x = i == 1 || i == 2 ? -1 : 1, y = i < 2 ? 1 : -1;
		float corner[2] = {x * (*corners[i])[0], y * (*corners[i])[1]};
		mirror(point, n_points, x, y);
		qsort(point, n_points, sizeof *point, by_height);
		find_corner(point, n_points, corner[0], corner[1], corner);
		(*corners[i])[0] = x * corner[0];
		(*corners[i])[1] = y * corner[1];
		mirror(point, n_points, x, y);
	}
	free(point);
}
