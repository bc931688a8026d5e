/* SPDX-License-Identifier: MIT */
/* Damage lists: random rectangles, every pixel of them covered, and never dearer than one by one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cover.h"
#include "redraw.h"

#define W 160
#define H 90

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(random_state >> 8) * n >> 24);
}

static void paint(uint8_t map[H][W], struct render_rect r)
{
	for (int y = r.y < 0 ? 0 : r.y; y < r.y + r.h && y < H; y++)
		for (int x = r.x < 0 ? 0 : r.x; x < r.x + r.w && x < W; x++)
			map[y][x] = 1;
}

static double cost_of(const struct render_rect *rect, uint32_t n, double ns_a_rect, double ns_a_pixel)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += ns_a_rect + ns_a_pixel * rect[i].w * rect[i].h;
	return sum;
}

static struct render_rect random_rect(uint32_t largest)
{
	return (struct render_rect){(int32_t)random_below(W + 20) - 10, (int32_t)random_below(H + 20) - 10,
		(int32_t)random_below(largest), (int32_t)random_below(largest)};
}

static struct redraw redraw = {.width = W, .height = H};

static void one_round(uint32_t round)
{
	static uint8_t wanted[H][W], given[H][W];
	const uint32_t n = random_below(round % 3 ? 40 : 300), largest = 1 + random_below(30);
	const double ns_a_rect = random_below(400), ns_a_pixel = 1 + random_below(9);
	struct render_rect clipped[300];
	uint32_t n_clipped = 0, n_taken;
	double naive, area = 0;

	memset(wanted, 0, sizeof(wanted));
	memset(given, 0, sizeof(given));
	for (uint32_t i = 0; i < n; i++) {
		const struct render_rect r = random_rect(largest);

		paint(wanted, r);
		clipped[n_clipped] = rect_clip(r, W, H);
		n_clipped += clipped[n_clipped].w > 0;
		redraw_add(&redraw, r);
	}
	naive = cost_of(clipped, n_clipped, ns_a_rect, ns_a_pixel);
	n_taken = redraw_take(&redraw, ns_a_rect, ns_a_pixel);
	cr_assert(n_taken <= SCENE_DAMAGE_MAX);
	for (uint32_t i = 0; i < n_taken; i++) {
		const struct render_rect r = redraw.taken[i];

		cr_assert(r.x >= 0 && r.y >= 0 && r.w > 0 && r.h > 0 && r.x + r.w <= W && r.y + r.h <= H);
		paint(given, r);
		area += (double)r.w * r.h;
	}
	for (int i = 0; i < W * H; i++)
		cr_assert(!(&wanted[0][0])[i] || (&given[0][0])[i], "round %u: a pixel is left out", round);
	cr_assert(area <= W * H);
	if (n_clipped <= SCENE_DAMAGE_MAX)
		cr_assert(cost_of(redraw.taken, n_taken, ns_a_rect, ns_a_pixel) <= naive + 1e-6, "round %u",
			round);
	cr_assert_eq(redraw_take(&redraw, ns_a_rect, ns_a_pixel), 0);
}

Test(scene_redraw, random,
	.description = "THE-02: what is damaged is drawn, in a bounded number of rectangles, never dearer "
		       "than one by one")
{
	for (uint32_t round = 0; round < 3000; round++)
		one_round(round);
}

Test(scene_redraw, merging,
	.description = "THE-02: two rectangles are joined when that costs less, and only then")
{
	const struct render_rect left = {0, 0, 10, 10}, right = {12, 0, 10, 10};

	/* 200 pixels and two rectangles, or 220 and one */
	redraw_add(&redraw, left);
	redraw_add(&redraw, right);
	cr_assert_eq(redraw_take(&redraw, 21, 1), 1);
	cr_assert_eq(redraw.taken[0].w, 22);
	redraw_add(&redraw, left);
	redraw_add(&redraw, right);
	cr_assert_eq(redraw_take(&redraw, 19, 1), 2);
	/* costs that are none: those that were measured on a CPU */
	redraw_add(&redraw, left);
	redraw_add(&redraw, right);
	cr_assert_eq(redraw_take(&redraw, -1, 0), 1);
	/* a page that is turned, of half of the canvas and more, is no reason to draw the other half */
	redraw_add(&redraw, (struct render_rect){0, 0, W, H / 2 + 1});
	cr_assert_eq(redraw_take(&redraw, 0, 1), 1);
	cr_assert_eq(redraw.taken[0].h, H / 2 + 1);
	/* two that cross, and are more than all together */
	redraw_add(&redraw, (struct render_rect){0, 0, W, H - 5});
	redraw_add(&redraw, (struct render_rect){0, 5, W - 5, H - 5});
	cr_assert_eq(redraw_take(&redraw, 0, 1), 1);
	cr_assert_eq(redraw.taken[0].h, H);
	redraw_add(&redraw, (struct render_rect){INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX});
	redraw_add(&redraw, (struct render_rect){INT32_MAX, 0, INT32_MAX, INT32_MAX});
	redraw_add(&redraw, (struct render_rect){5, 5, -3, 2});
	cr_assert_eq(redraw_take(&redraw, 0, 1), 0);
}

Test(scene_redraw, crowd,
	.description =
		"TIM-13 THE-02: of a hundred widgets that change at once two places each, no pixel between "
		"them is drawn; of more than a list holds, all are in it")
{
	static struct redraw canvas = {.width = 7680, .height = 4320};

	for (int32_t i = 0; i < 200; i++)
		redraw_add(&canvas, (struct render_rect){i % 20 * 380, i / 20 * 430, 60, 60});
	cr_assert_eq(redraw_take(&canvas, 10000, 6), 200);
	for (int i = 0; i < 200; i++)
		cr_expect(canvas.taken[i].w == 60 && canvas.taken[i].h == 60);
	for (int32_t i = 0; i < 400; i++)
		redraw_add(&canvas, (struct render_rect){i % 20 * 380, i / 20 * 210, 60, 60});
	const uint32_t n = redraw_take(&canvas, 10000, 6);

	cr_assert_leq(n, SCENE_DAMAGE_MAX);
	for (int32_t i = 0; i < 400; i++) {
		uint32_t k = 0;

		while (k < n && !(canvas.taken[k].x <= i % 20 * 380 && canvas.taken[k].y <= i / 20 * 210 &&
					canvas.taken[k].x + canvas.taken[k].w >= i % 20 * 380 + 60 &&
					canvas.taken[k].y + canvas.taken[k].h >= i / 20 * 210 + 60))
			k++;
		cr_expect_lt(k, n, "%d is left out", i);
	}
}

Test(scene_redraw, cover,
	.description = "WID-13: whether opaque ones hide a rectangle is exact, against a bitmap")
{
	uint32_t hidden = 0;

	for (uint32_t round = 0; round < 4000; round++) {
		static uint8_t map[H][W];
		static struct cover cover;
		const struct render_rect r = {
			40, 20, 1 + (int32_t)random_below(60), 1 + (int32_t)random_below(40)};
		int is_hidden = 1;

		memset(map, 0, sizeof(map));
		cover.n = 0;
		for (uint32_t n = random_below(40); n > 0; n--) {
			/* few different edges: they often meet */
			const struct render_rect c = {(int32_t)random_below(8) * 20,
				(int32_t)random_below(9) * 10, 20 + (int32_t)random_below(3) * 20,
				10 + (int32_t)random_below(3) * 10};

			paint(map, c);
			cover_add(&cover, c);
		}
		for (int y = r.y; y < r.y + r.h; y++)
			for (int x = r.x; x < r.x + r.w; x++)
				is_hidden &= map[y][x];
		cr_assert_eq(cover_hides(&cover, r), is_hidden, "round %u", round);
		hidden += (uint32_t)is_hidden;
	}
	cr_assert(hidden > 200 && hidden < 3800);
}
