/* SPDX-License-Identifier: MIT */
/**
 * The grid: whatever an effect changes (coefficients, levels, falling asleep), it changes at multiples of
 * FX_GRID frames of the mixer's frame count, and between them it moves by `value + step * k`, k the frame
 * within the grid. So the sound does not depend on how time is cut into blocks.
 *
 * An effect is called with pieces that do not cross a grid point: first x_grid() where a piece begins on one,
 * then x_process(.., k, n) with k + n <= FX_GRID. In the loops k + i becomes a float by way of int32_t: that
 * is one instruction, from uint32_t it would be eight.
 */
#ifndef FX_GRID_H
#define FX_GRID_H

#include <stdint.h>
#include <mos/attr.h>

#define FX_GRID 64u
#define FX_TINY                                                                                              \
	1e-9f /**< what is below is nothing: states become exactly 0, so that idle effects can be skipped */

/** A value that follows its target within some milliseconds. */
struct fx_glide {
	float now, next, to, step;
};

static inline struct fx_glide fx_glide_at(float x) MOS_RT
{
	return (struct fx_glide){x, x, x, 0};
}

/** A grid point: a fifth of the way, and the last thousandth of `unit` at once. */
static inline void fx_glide_grid(struct fx_glide *g, float unit) MOS_RT
{
	float way = g->to - g->next;

	g->now = g->next;
	g->next = way < unit * 1e-3f && way > unit * -1e-3f ? g->to : g->next + way * 0.2f;
	g->step = (g->next - g->now) / (float)FX_GRID;
}

static inline int fx_glide_rests(const struct fx_glide *g) MOS_RT
{
	return g->next == g->to && g->step == 0;
}

/** Nothing, if it is next to nothing or no number. */
static inline float fx_tidy(float x) MOS_RT
{
	float a = x < 0 ? -x : x;

	return a >= FX_TINY && a < 1e6f ? x : 0;
}

#endif
