/* SPDX-License-Identifier: MIT */
/** The size of the thing: a long score, an 8K canvas, glyphs at four sizes, more glyph sizes than the atlas
 * holds. */
#include "theater_render_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ft2build.h>
#include FT_FREETYPE_H

#define MEASURES 240u
#define A_MEASURE 100u

/* Staff lines, stems and heads; a fourth of each but heads, which are half. `unit`: a staff space in pixels.
 */
static struct mos_shape *make_score(float width, float height, float unit)
{
	struct mos_shape *shape = calloc(MEASURES * A_MEASURE, sizeof(*shape));
	const float w = width / 20, h = height / 12;

	cr_assert_not_null(shape);
	for (uint32_t i = 0; i < MEASURES * A_MEASURE; i++) {
		const float left = (float)(i / A_MEASURE % 20) * w, top = (float)(i / A_MEASURE / 20) * h;
		const float x = left + (float)(i % A_MEASURE / 4) * w / 25,
			    y = top + h / 2 + (float)(i % 7) * unit / 2;
		const float line = top + h / 3 + (float)(i % 20 / 4) * unit;

		if (i % 4 == 0)
			shape[i] = (struct mos_shape){.kind = MOS_SHAPE_LINE,
				.color = ~0u,
				.x = left,
				.y = line,
				.w = left + w,
				.h = line,
				.p = {unit / 8}};
		else if (i % 4 == 1)
			shape[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX,
				.color = ~0u,
				.x = x,
				.y = y - 3.5f * unit,
				.w = unit / 8,
				.h = 3.5f * unit};
		else
			shape[i] = (struct mos_shape){.kind = MOS_SHAPE_GLYPH,
				.color = ~0u,
				.glyph = 0xE0A4,
				.x = x,
				.y = y,
				.w = 4 * unit};
	}
	return shape;
}

Test(theater_score, elements,
	.description = "THE-03, THR-21: 24,000 elements are 24,000 instances in at most 8 draws",
	.timeout = 30)
{
	struct mos_shape *shape = make_score(RIG_WIDTH, RIG_HEIGHT, 2.5f);
	const struct render_rect small = {300, 200, 48, 45};
	struct render_frame frame = {.damage = &small, .n_damage = 1, .n_items = 1};
	struct render_item item;
	struct render_info info;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	item = rig_item(rig_list(&rig, shape, MEASURES * A_MEASURE));
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	render_get_info(rig.render, &info);
	cr_expect_eq(info.last_instances, MEASURES * A_MEASURE, "%lu", (unsigned long)info.last_instances);
	cr_expect_leq(info.last_draws, 8);
	/* A measure's rectangle takes its instances, and the neighbours that reach in. */
	frame.item = &item;
	frame.token = rig.token;
	cr_assert_eq(render_draw(rig.canvas, &frame), 0);
	render_get_info(rig.render, &info);
	cr_expect(info.last_instances >= 60 && info.last_instances < 600, "%lu",
		(unsigned long)info.last_instances);
	free(shape);
	rig_close(&rig);
}

Test(theater_score, canvases, .description = "THE-01, THR-01, THR-12: 7680x4320 and 4320x7680, of one device",
	.timeout = 30)
{
	static const uint32_t size[2][2] = {{7680, 4320}, {4320, 7680}};
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	for (int i = 0; i < 2; i++) {
		const uint32_t w = size[i][0], h = size[i][1];
		struct mos_shape *shape = make_score((float)w, (float)h, 12);
		const struct mos_shape corner = {.kind = MOS_SHAPE_BOX,
			.color = 0xff0000ff,
			.x = (float)w - 2,
			.y = (float)h - 2,
			.w = 2,
			.h = 2};
		struct render_item item[2] = {rig_item(rig_list(&rig, shape, MEASURES * A_MEASURE)),
			rig_item(rig_list(&rig, &corner, 1))};
		const struct render_rect all = {0, 0, (int32_t)w, (int32_t)h};
		const struct render_frame frame = {
			.damage = &all, .n_damage = 1, .item = item, .n_items = 2, .token = rig.token};
		struct render_canvas *canvas;
		struct render_info info;
		const uint8_t *p;
		uint32_t stride;

		cr_assert_eq(render_canvas_create(rig.render, w, h, &canvas), 0);
		cr_assert_eq(render_draw(canvas, &frame), 0);
		render_get_info(rig.render, &info);
		cr_expect_eq(info.last_instances, MEASURES * A_MEASURE + 1);
		p = render_pixels(canvas, &stride);
		cr_expect_eq(stride, w * 4);
		cr_expect_arr_eq(p, &rig.token[MOS_TOKEN_CANVAS], 4);
		cr_expect_arr_eq(p + (size_t)stride * h - 4, &corner.color, 4);
		/* Staff lines of the first measure, at its middle: white somewhere between its third and its
		 * half. */
		for (uint32_t y = h / 36, n = 0; y < h / 24 + 20; y++) {
			n += p[(size_t)y * stride + (w / 40) * 4] > 200;
			cr_expect(y < h / 24 + 19 || n > 0);
		}
		render_canvas_destroy(canvas);
		free(shape);
	}
	cr_expect_eq(rig.faults.n_calls[RENDER_FAULT_CreateDevice], 1);
	rig_close(&rig);
}

Test(theater_score, too_large,
	.description = "THE-06: canvases of no size, or larger than the device's, are refused", .timeout = 20)
{
	struct render_canvas *canvas = NULL;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	cr_expect_eq(render_canvas_create(rig.render, 0, 100, &canvas), -EINVAL);
	cr_expect_eq(render_canvas_create(rig.render, 100, 0, &canvas), -EINVAL);
	cr_expect_eq(render_canvas_create(rig.render, 40000, 10, &canvas), -E2BIG);
	cr_expect_null(canvas);
	rig_close(&rig);
}

/* FreeType alone: the font file of the text face, its own raster of a letter at a size. */
static void check_letter(struct rig *rig, FT_Face face, unsigned px, double *sum, size_t *n)
{
	const char letter = 'g';
	struct mos_shape text = {
		.kind = MOS_SHAPE_TEXT, .color = ~0u, .glyph = 1, .x = 100, .y = 300, .h = (float)px};
	struct render_item item;
	uint8_t *pixels;
	int left, top;

	memcpy(text.p, &letter, 1);
	rig->token[MOS_TOKEN_CANVAS] = MOS_RGBA(0, 0, 0, 255);
	item = rig_item(rig_list(rig, &text, 1));
	cr_assert_eq(rig_draw(rig, &item, 1), 0);
	pixels = rig_pixels(rig);
	cr_assert_eq(FT_Set_Char_Size(face, (FT_F26Dot6)px * 64, (FT_F26Dot6)px * 64, 72, 72), 0);
	cr_assert_eq(FT_Load_Char(face, (FT_ULong)letter, FT_LOAD_NO_HINTING | FT_LOAD_RENDER), 0);
	left = 100 + face->glyph->bitmap_left;
	top = 300 - face->glyph->bitmap_top;
	for (unsigned y = 0; y < face->glyph->bitmap.rows; y++)
		for (unsigned x = 0; x < face->glyph->bitmap.width; x++) {
			const int want =
				face->glyph->bitmap.buffer[(int)y * face->glyph->bitmap.pitch + (int)x];
			const int is =
				pixels[((size_t)(top + (int)y) * RIG_WIDTH + (size_t)(left + (int)x)) * 4];

			if (want == 0 && is == 0)
				continue;
			*sum += abs(want - is);
			(*n)++;
		}
	free(pixels);
}

Test(theater_score, glyphs_as_freetype,
	.description = "THE-12: glyph pixels are FreeType's at 8, 12, 24 and 48 px a staff space",
	.timeout = 20)
{
	static const unsigned sizes[] = {8, 12, 24, 48};
	FT_Library library;
	FT_Face face;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	cr_assert_eq(FT_Init_FreeType(&library), 0);
	if (FT_New_Face(library, "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 0, &face) != 0)
		cr_skip_test("no DejaVu Sans");
	for (int i = 0; i < 4; i++) {
		double sum = 0;
		size_t n = 0;

		check_letter(&rig, face, sizes[i] * 4, &sum, &n);
		cr_expect(n > 100 && sum / (double)n < 0.5, "%u px: %.3f over %zu", sizes[i], sum / (double)n,
			n);
	}
	FT_Done_FreeType(library);
	rig_close(&rig);
}

Test(theater_score, whole_pixels,
	.description = "THE-12: moved by whole pixels a list is the same picture, moved", .timeout = 20)
{
	struct mos_shape shape[64];
	const uint32_t n = rig_mixed(shape, 64);
	struct render_item item;
	uint8_t *before, *after;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	item = rig_item(rig_list(&rig, shape, n));
	item.scale = 0.5f;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	before = rig_pixels(&rig);
	item.x = 64;
	item.y = 17;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	after = rig_pixels(&rig);
	for (size_t y = 0; y < RIG_HEIGHT - 17; y++)
		for (size_t x = 0; x < (RIG_WIDTH - 64) * 4; x++) {
			const int a = before[y * RIG_WIDTH * 4 + x],
				  b = after[(y + 17) * RIG_WIDTH * 4 + 64 * 4 + x];

			cr_assert(abs(a - b) <= 1, "%zu %zu: %d %d", x / 4, y, a, b);
		}
	free(before);
	free(after);
	rig_close(&rig);
}

/* Ink of a notehead: its own area times the scale's square, whatever way draws it. FreeType flattens curves
 * to a quarter of a pixel, which takes a part of very small ones. */
Test(theater_score, zoom, .description = "THR-23: crisp from a tenth to eight times: ink grows as the square",
	.timeout = 20)
{
	static const float scale[] = {0.1f, 0.3f, 1, 2, 4, 8};
	const struct mos_shape shape = {
		.kind = MOS_SHAPE_GLYPH, .color = ~0u, .glyph = 0xE0A4, .x = 10, .y = 30, .w = 80};
	struct render_item item;
	double area[6];
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	rig.token[MOS_TOKEN_CANVAS] = MOS_RGBA(0, 0, 0, 255);
	item = rig_item(rig_list(&rig, &shape, 1));
	for (int i = 0; i < 6; i++) {
		uint8_t *pixels;

		item.scale = scale[i];
		cr_assert_eq(rig_draw(&rig, &item, 1), 0);
		pixels = rig_pixels(&rig);
		area[i] = 0;
		for (size_t k = 0; k < (size_t)RIG_WIDTH * RIG_HEIGHT; k++)
			area[i] += pixels[k * 4] / 255.0;
		area[i] /= (double)scale[i] * (double)scale[i];
		free(pixels);
	}
	for (int i = 0; i < 5; i++)
		cr_expect(fabs(area[i] / area[5] - 1) < (i == 0 ? 0.1
								: i == 1 ? 0.04
									 : 0.01),
			"x%g: %.1f, not %.1f", (double)scale[i], area[i], area[5]);
	rig_close(&rig);
}

Test(theater_score, atlas_overflows,
	.description = "THE-12: more sizes of glyphs than the atlas holds are drawn all the same",
	.timeout = 30)
{
	enum { N = 400 };
	struct mos_shape shape[N];
	struct render_item item;
	struct render_info info;
	uint8_t *once, *again;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	for (uint32_t i = 0; i < N; i++)
		shape[i] = (struct mos_shape){.kind = MOS_SHAPE_GLYPH,
			.color = ~0u,
			.glyph = 0xE050,
			.x = (float)(i % 40) * 24,
			.y = 100 + (float)(i / 40) * 40,
			.w = 216 + 0.1f * (float)i};
	item = rig_item(rig_list(&rig, shape, N));
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	once = rig_pixels(&rig);
	render_get_info(rig.render, &info);
	cr_expect_leq(info.atlas_bytes, 16u << 20);
	cr_expect_gt(info.atlas_bytes, 8u << 20, "the test is to fill it");
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	again = rig_pixels(&rig);
	cr_expect_arr_eq(once, again, (size_t)RIG_WIDTH * RIG_HEIGHT * 4);
	free(once);
	free(again);
	rig_close(&rig);
}
