/* SPDX-License-Identifier: MIT */
/* Damage and copies: what buffers lack is never less than what changed; formats and scaling against plain
 * formulas. */
#include "copy.h"
#include "damage.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 1;

static uint32_t dice(uint32_t n)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % n;
}

#define W 64
#define H 48

static void mark(uint8_t *map, const struct render_rect *rect)
{
	for (int64_t y = rect->y; y < (int64_t)rect->y + rect->h; y++) {
		for (int64_t x = rect->x; x < (int64_t)rect->x + rect->w; x++) {
			if (x >= 0 && y >= 0 && x < W && y < H)
				map[y * W + x] = 1;
		}
	}
}

Test(theater_out_copy, damage,
	.description = "THE-08: damage covers all that was added, inside the picture, in a bounded list")
{
	for (int round = 0; round < 500; round++) {
		uint8_t added[W * H] = {0}, covered[W * H] = {0};
		struct damage damage = {0};
		const uint32_t n = dice(60);

		for (uint32_t i = 0; i < n; i++) {
			const struct render_rect rect = {(int32_t)dice(W + 40) - 20,
				(int32_t)dice(H + 40) - 20, (int32_t)dice(12) - 2, (int32_t)dice(12) - 2};

			mark(added, &rect);
			damage_add(&damage, &rect, W, H);
		}
		cr_assert_leq(damage.n, DAMAGE_MAX);
		for (uint32_t i = 0; i < damage.n; i++) {
			const struct render_rect *rect = &damage.rects[i];

			cr_assert(rect->x >= 0 && rect->y >= 0 && rect->w > 0 && rect->h > 0);
			cr_assert(rect->x + rect->w <= W && rect->y + rect->h <= H);
			mark(covered, rect);
		}
		for (size_t k = 0; k < W * H; k++)
			cr_assert(!added[k] || covered[k]);
	}
}

Test(theater_out_copy, damage_of_far_numbers, .description = "THE-08: rectangles with any numbers are cut")
{
	const struct render_rect wild[] = {{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX},
		{INT32_MAX, 0, INT32_MAX, 5}, {0, 0, INT32_MIN, 5}, {-5, -5, INT32_MAX, INT32_MAX}};
	struct damage damage = {0};

	for (size_t i = 0; i < 3; i++)
		damage_add(&damage, &wild[i], W, H);
	cr_expect_eq(damage.n, 0);
	damage_add(&damage, &wild[3], W, H);
	cr_expect_eq(damage.n, 1);
	cr_expect_eq(damage.rects[0].w, W);
	cr_expect_eq(damage.rects[0].h, H);
}

Test(theater_out_copy, gaps,
	.description = "THE-09: a frame that was never submitted makes all of the next one damage")
{
	const struct render_rect small = {1, 1, 2, 2};
	struct sink_frame frame = {.width = W, .height = H, .damage = &small, .n_damage = 1, .sequence = 8};
	struct damage damage = {0};

	damage_add_frame(&damage, &frame, 7);
	cr_expect_eq(damage.rects[0].w, 2);
	damage_add_frame(&damage, &frame, 6);
	cr_expect_eq(damage.rects[0].w, W);
	damage.n = 0;
	frame.n_damage = 0;
	damage_add_frame(&damage, &frame, 8);
	cr_expect_eq(damage.n, 0, "the same again");
	damage_add_frame(&damage, &frame, 0);
	cr_expect_eq(damage.n, 1, "never seen");
	damage.n = 0;
	damage_add_frame(&damage, &frame, 9);
	cr_expect_eq(damage.n, 1, "it went back");
}

#define WIDE 7700
#define HIGH 4330
#define FRAMES 400u

/* In cells of 10 x 10 pixels, so that the picture is small enough to be marked. */
static void mark_tens(uint8_t *cells, const struct render_rect *r)
{
	for (int y = r->y / 10; y <= (r->y + r->h - 1) / 10; y++)
		for (int x = r->x / 10; x <= (r->x + r->w - 1) / 10; x++)
			cells[y * (WIDE / 10) + x] = 1;
}

Test(theater_out_copy, rests,
	.description =
		"THE-08: a buffer that rested long is given all that was drawn meanwhile, and little else")
{
	static uint8_t drawn[(WIDE / 10) * (HIGH / 10)], given[(WIDE / 10) * (HIGH / 10)];
	static struct stale stale;
	struct render_rect rect;
	uint64_t area = 0;
	uint32_t at = 0;

	for (uint32_t i = 0; i < FRAMES; i++) {
		/* Small things at the left and at the right: their common box is the whole picture. */
		const struct render_rect changed[] = {
			{(int32_t)dice(30) * 10, (int32_t)dice(430) * 10, 20, 10},
			{7400 + (int32_t)dice(28) * 10, (int32_t)dice(430) * 10, 20, 10}};
		const struct sink_frame frame = {
			.width = WIDE, .height = HIGH, .damage = changed, .n_damage = 2, .sequence = 10 + i};

		mark_tens(drawn, &changed[0]);
		mark_tens(drawn, &changed[1]);
		stale_add_frame(&stale, &frame, 9 + i);
	}
	while (stale_next(&stale, &at, &rect)) {
		cr_assert(rect.x >= 0 && rect.y >= 0 && rect.w > 0 && rect.h > 0);
		cr_assert(rect.x + rect.w <= WIDE && rect.y + rect.h <= HIGH);
		area += (uint64_t)rect.w * (uint64_t)rect.h;
		mark_tens(given, &rect);
	}
	for (size_t k = 0; k < sizeof(drawn); k++)
		cr_assert(!drawn[k] || given[k]);
	cr_expect_lt(area, (uint64_t)WIDE * HIGH / 5, "%llu pixels", (unsigned long long)area);
	for (int y = 0; y < HIGH / 10; y++)
		for (int x = 100; x < 700; x++)
			cr_assert(!given[y * (WIDE / 10) + x], "nobody drew there");

	const struct sink_frame gap = {.width = WIDE, .height = HIGH, .sequence = 999};
	stale_add_frame(&stale, &gap, 5);
	at = 0;
	cr_assert(stale_next(&stale, &at, &rect));
	cr_expect(rect.w == WIDE && rect.h == HIGH, "after a gap it is all");
	cr_expect(!stale_next(&stale, &at, &rect), "and that once");
}

Test(theater_out_copy, formats, .description = "THE-08: each order of bytes, only inside the rectangle")
{
	const struct render_rect rect = {3, 2, 5, 4};
	uint8_t from[4 * 10 * 8], to[4 * 10 * 8];
	static const struct {
		enum copy_format format;
		uint8_t order[4]; /* 4: 255 */
	} table[] = {{COPY_RGBA, {0, 1, 2, 3}}, {COPY_BGRA, {2, 1, 0, 3}}, {COPY_RGBX, {0, 1, 2, 4}},
		{COPY_BGRX, {2, 1, 0, 4}}};

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)dice(256);
	for (size_t f = 0; f < 4; f++) {
		memset(to, 0x5a, sizeof(to));
		copy_rect(to, 40, from, 40, &rect, table[f].format);
		for (int y = 0; y < 8; y++) {
			for (int x = 0; x < 10; x++) {
				const bool inside = x >= 3 && x < 8 && y >= 2 && y < 6;

				for (int c = 0; c < 4; c++) {
					const uint8_t o = table[f].order[c];
					const uint8_t was = o == 4 ? 255 : from[y * 40 + x * 4 + o];

					cr_assert_eq(to[y * 40 + x * 4 + c], inside ? was : 0x5a);
				}
			}
		}
	}
}

static double exact(const uint8_t *from, uint32_t width, uint32_t height, uint32_t to_w, uint32_t to_h,
	uint32_t x, uint32_t y, int c)
{
	const double left = (double)x * width / to_w, right = (double)(x + 1) * width / to_w;
	const double top = (double)y * height / to_h, bottom = (double)(y + 1) * height / to_h;
	double sum = 0;

	for (uint32_t v = (uint32_t)top; v < height && v < bottom; v++) {
		for (uint32_t u = (uint32_t)left; u < width && u < right; u++)
			sum += from[4 * (v * width + u) + (uint32_t)c] *
			       (fmin(right, u + 1) - fmax(left, u)) * (fmin(bottom, v + 1) - fmax(top, v));
	}
	return sum / ((right - left) * (bottom - top));
}

Test(theater_out_copy, average,
	.description = "THE-01: a smaller picture is the average of the area of each pixel")
{
	static const struct {
		uint32_t w, h;
	} sizes[] = {{32, 24}, {20, 15}, {63, 47}, {7, 5}, {1, 1}};
	uint8_t from[4 * W * H], to[4 * W * H];

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)dice(256);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct copy_fit fit = copy_fit(W, H, sizes[i].w, sizes[i].h);
		const struct render_rect *in = &fit.inside;

		copy_scaled(&fit, to, 4 * W, from, 4 * W, in, COPY_RGBA);
		for (int32_t y = 0; y < in->h; y++) {
			for (int32_t x = 0; x < in->w; x++) {
				for (int c = 0; c < 4; c++) {
					const double want = exact(from, W, H, (uint32_t)in->w,
						(uint32_t)in->h, (uint32_t)x, (uint32_t)y, c);
					const int got = to[4 * ((in->y + y) * W + in->x + x) + c];

					/* Edges lie on 1/256 of a pixel. */
					cr_assert_lt(fabs(got - want), 2.6, "%ux%u at %d,%d: %d, not %f",
						sizes[i].w, sizes[i].h, x, y, got, want);
				}
			}
		}
	}
}

Test(theater_out_copy, parts,
	.description = "THE-01: scaling what a damaged part reaches gives the same picture as scaling all")
{
	uint8_t from[4 * W * H], whole[4 * W * H] = {0}, parts[4 * W * H] = {0};
	const struct copy_fit fit = copy_fit(W, H, 37, 31);
	const struct render_rect all = {0, 0, W, H};
	struct render_rect rect = copy_fit_rect(&fit, &all);

	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (uint8_t)dice(256);
	copy_scaled(&fit, parts, 4 * W, from, 4 * W, &rect, COPY_BGRX);
	for (int n = 0; n < 200; n++) {
		const struct render_rect damage = {(int32_t)dice(W - 8), (int32_t)dice(H - 8),
			1 + (int32_t)dice(8), 1 + (int32_t)dice(8)};

		for (int32_t y = damage.y; y < damage.y + damage.h; y++) {
			for (int32_t x = damage.x; x < damage.x + damage.w; x++)
				from[4 * (y * W + x)] = (uint8_t)dice(256);
		}
		rect = copy_fit_rect(&fit, &damage);
		copy_scaled(&fit, parts, 4 * W, from, 4 * W, &rect, COPY_BGRX);
	}
	copy_scaled(&fit, whole, 4 * W, from, 4 * W, &fit.inside, COPY_BGRX);
	cr_expect_eq(memcmp(whole, parts, sizeof(whole)), 0);
}

Test(theater_out_copy, shapes,
	.description = "THR-26: a point of a fitted picture leads back to where it was drawn")
{
	const struct copy_fit fit = copy_fit(7680, 4320, 1000, 1000);
	double x, y;

	cr_expect_eq(fit.inside.w, 1000);
	cr_expect_eq(fit.inside.h, 562);
	cr_expect_eq(fit.inside.y, 219);
	copy_fit_point(&fit, 500, 219 + 281, &x, &y);
	cr_expect_float_eq(x, 3840, 1e-9);
	cr_expect_float_eq(y, 2160, 1e-9);
	cr_expect_eq(copy_fit(0, 0, 10, 10).inside.w, 0);
	cr_expect_eq(copy_fit(100000, 1, 10, 10).inside.w, 0, "thinner than a pixel: nothing is drawn");
}
