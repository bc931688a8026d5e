/* SPDX-License-Identifier: MIT */
#include <stdbit.h>
#include <string.h>

#include "damage.h"

#define CELLS (STALE_ROWS * STALE_COLUMNS)

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Columns from..to, both included. */
static uint64_t columns(uint32_t from, uint32_t to)
{
	return (~UINT64_C(0) >> (STALE_COLUMNS - 1 - (to - from))) << from;
}

static void mark(struct stale *s, const struct render_rect *r)
{
	const uint32_t x0 = lesser((uint32_t)r->x / STALE_CELL_W, STALE_COLUMNS - 1),
		       x1 = lesser((uint32_t)(r->x + r->w - 1) / STALE_CELL_W, STALE_COLUMNS - 1),
		       y0 = lesser((uint32_t)r->y / STALE_CELL_H, STALE_ROWS - 1),
		       y1 = lesser((uint32_t)(r->y + r->h - 1) / STALE_CELL_H, STALE_ROWS - 1);

	for (uint32_t y = y0; y <= y1; y++)
		s->row[y] |= columns(x0, x1);
}

static void drop_cells(struct stale *s)
{
	memset(s->row, 0, sizeof(s->row));
	s->width = s->height = 0;
}

void stale_add_frame(struct stale *stale, const struct sink_frame *frame, uint64_t last)
{
	const struct render_rect *first = &stale->recent.rects[0];

	if (stale->width && (stale->width != frame->width || stale->height != frame->height)) {
		drop_cells(stale);
		damage_all(&stale->recent, frame->width, frame->height);
	}
	if (stale->recent.n + frame->n_damage > DAMAGE_MAX) {
		for (uint32_t i = 0; i < stale->recent.n; i++)
			mark(stale, &stale->recent.rects[i]);
		stale->recent.n = 0;
		stale->width = frame->width;
		stale->height = frame->height;
	}
	damage_add_frame(&stale->recent, frame, last);
	if (stale->width && stale->recent.n == 1 && (uint32_t)first->w == frame->width &&
		(uint32_t)first->h == frame->height)
		drop_cells(stale);
}

/* A run of cells is one. */
static int next_cells(const struct stale *s, uint32_t cell, uint32_t *ret_end, struct render_rect *ret)
{
	while (cell < CELLS) {
		const uint32_t y = cell / STALE_COLUMNS, x = cell % STALE_COLUMNS;
		const uint64_t left = s->row[y] >> x << x;
		uint32_t from, to;

		if (!left) {
			cell = (y + 1) * STALE_COLUMNS;
			continue;
		}
		from = (uint32_t)stdc_trailing_zeros(left);
		to = from + (uint32_t)stdc_trailing_ones(left >> from);
		ret->x = (int32_t)(from * STALE_CELL_W);
		ret->y = (int32_t)(y * STALE_CELL_H);
		ret->w = (int32_t)(to == STALE_COLUMNS ? s->width : lesser(to * STALE_CELL_W, s->width)) -
			 ret->x;
		ret->h = (int32_t)(y == STALE_ROWS - 1 ? s->height
						       : lesser((y + 1) * STALE_CELL_H, s->height)) -
			 ret->y;
		*ret_end = y * STALE_COLUMNS + to;
		return 1;
	}
	return 0;
}

int stale_next(const struct stale *stale, uint32_t *at, struct render_rect *ret)
{
	uint32_t end;

	if (*at < stale->recent.n) {
		*ret = stale->recent.rects[(*at)++];
		return 1;
	}
	/* Cells are counted behind what a list may hold. */
	if (!stale->width || !next_cells(stale, *at > DAMAGE_MAX ? *at - DAMAGE_MAX : 0, &end, ret))
		return 0;
	*at = end + DAMAGE_MAX;
	return 1;
}
