/* SPDX-License-Identifier: MIT */
/* Outlines and boxes, against what follows from their definition. */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "../../engrave/impl.h"

#define NEAR(a, b, within) cr_assert_lt(fabsf((a) - (b)), (within), "%f, not %f", (double)(a), (double)(b))

Test(engrave_sky, place,
	.description = "THE-13: what is placed against an outline clears every box in it, and no more")
{
	struct eng_arena *arena = eng_arena_new();
	struct eng_skyline *up = eng_sky_new(arena, 1, 100, 0), *down = eng_sky_new(arena, 0, 100, 4);
	eng_sky_add(up, (struct eng_box){10, -3, 12, -1});
	eng_sky_add(up, (struct eng_box){20, -5, 21, 2});
	eng_sky_add(down, (struct eng_box){10, 3, 12, 7});
	NEAR(eng_sky_place(up, 0, 9, 0.5f), -0.5f, 1e-6f);
	NEAR(eng_sky_place(up, 11, 11.5f, 0.5f), -3.5f, 1e-6f);
	NEAR(eng_sky_place(up, 5, 30, 0), -5, 1e-6f);
	NEAR(eng_sky_place(up, 12.5f, 19.5f, 0), 0, 1e-6f);
	NEAR(eng_sky_place(down, 0, 100, 1), 8, 1e-6f);
	NEAR(eng_sky_place(down, 13, 100, 1), 5, 1e-6f);
	eng_arena_free(arena);
}

Test(engrave_sky, hostile,
	.description = "THE-13: boxes outside, turned around or not finite change nothing beyond the ends")
{
	struct eng_arena *arena = eng_arena_new();
	struct eng_skyline *up = eng_sky_new(arena, 1, 10, 0);
	eng_sky_add(up, (struct eng_box){5, NAN, 6, 0});
	eng_sky_add(up, (struct eng_box){NAN, -9, 6, 0});
	eng_sky_add(up, (struct eng_box){6, -9, 5, 0});
	eng_sky_add(up, (struct eng_box){-INFINITY, -9, INFINITY, 0});
	NEAR(eng_sky_place(up, 0, 10, 0), 0, 1e-6f);
	eng_sky_add(up, (struct eng_box){-1e30f, -2, 1e30f, 0});
	NEAR(eng_sky_place(up, 3, 4, 0), -2, 1e-6f);
	struct eng_skyline *endless = eng_sky_new(arena, 1, 1e7f, 0);
	cr_assert_not_null(endless);
	eng_sky_add(endless, (struct eng_box){9e6f, -2, 9.0001e6f, 0});
	NEAR(eng_sky_place(endless, 9e6f, 9.0001e6f, 0), -2, 1e-6f);
	NEAR(eng_sky_place(endless, 1e6f, 2e6f, 0), 0, 1e-6f);
	eng_arena_free(arena);
}

Test(engrave_sky, distance,
	.description = "THE-13: two outlines are moved apart by where they meet, not by their extremes")
{
	struct eng_arena *arena = eng_arena_new();
	struct eng_skyline *upper = eng_sky_new(arena, 0, 100, 4), *lower = eng_sky_new(arena, 1, 100, 0);
	eng_sky_add(upper, (struct eng_box){10, 4, 20, 9});
	eng_sky_add(lower, (struct eng_box){50, -6, 60, 0});
	/* 9 down there against 0, 4 against -6 here: ten each way apart would be 15. */
	NEAR(eng_sky_distance(upper, lower, 0), 10, 1e-6f);
	eng_sky_add(lower, (struct eng_box){15, -2, 16, 0});
	NEAR(eng_sky_distance(upper, lower, 1), 12, 1e-6f);
	eng_arena_free(arena);
}

Test(engrave_sky, boxes, .description = "THE-13: the boxes of shapes hold what is drawn")
{
	const struct engrave_metrics metrics = {.cap_height = 0.7f, .descent = 0.2f};
	const struct eng e = {.metrics = &metrics};
	struct mos_shape s = eng_line(1, 2, 5, 2, 0.5f, 0, 0);
	struct eng_box b = eng_shape_box(&e, &s);
	NEAR(b.y0, 1.75f, 1e-6f);
	NEAR(b.y1, 2.25f, 1e-6f);
	NEAR(b.x0, 1, 1e-6f);
	NEAR(b.x1, 5, 1e-6f);
	const float xy[8] = {0, 0, 4, 1, 3, 5, -1, 2};
	s = eng_quad(xy, 0, 0);
	eng_shape_move(&s, 10, 20);
	b = eng_shape_box(&e, &s);
	NEAR(b.x0, 9, 1e-6f);
	NEAR(b.x1, 14, 1e-6f);
	NEAR(b.y0, 20, 1e-6f);
	NEAR(b.y1, 25, 1e-6f);
	/* A bow of which the control points go up by 4 rises by three quarters of it. */
	s = (struct mos_shape){
		.kind = MOS_SHAPE_CURVE, .x = 0, .y = 0, .w = 12, .h = 0, .p = {4, -4, 8, -4, 0.1f, 0.2f}};
	b = eng_shape_box(&e, &s);
	NEAR(b.y0, -3.1f, 1e-5f);
	NEAR(b.y1, 0.1f, 1e-5f);
	/* Further bytes of a text aren't places. */
	struct mos_shape more = {.kind = MOS_SHAPE_MORE};
	memset((char *)&more + 4, 'x', 60);
	const struct mos_shape before = more;
	eng_shape_move(&more, 3, 4);
	cr_assert_eq(memcmp(&more, &before, sizeof(more)), 0);
}
