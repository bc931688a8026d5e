/* SPDX-License-Identifier: MIT */
/** Each kind of shape against Cairo's drawing of the same; what must draw nothing; themes, layers, pictures. */
#include "theater_render_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapes_cairo.h"

static void fill(const struct rig *rig, uint8_t *to, uint32_t color)
{
	for (size_t i = 0; i < RIG_PIXELS; i++)
		memcpy(to + i * 4, &color, 4);
}
static struct rig_error against_cairo(struct rig *rig, const struct mos_shape *shape, uint32_t n, float scale)
{
	struct render_list *list = rig_list(rig, shape, n);
	struct render_item item = rig_item(list);
	uint8_t *ours, *theirs = malloc(RIG_BYTES);
	struct shapes_cairo view = {
		.shape = shape, .n = n, .token = rig->token, .fonts = rig->fonts, .scale = scale, .snaps = 1};
	struct rig_error e;

	item.scale = scale;
	cr_assert_eq(rig_draw(rig, &item, 1), 0);
	ours = rig_pixels(rig);
	fill(rig, theirs, rig->token[MOS_TOKEN_CANVAS]);
	cr_assert_eq(shapes_cairo_draw(theirs, RIG_WIDTH * 4, RIG_WIDTH, RIG_HEIGHT, &view), 0);
	e = rig_compare(ours, theirs, rig->token[MOS_TOKEN_CANVAS]);
	free(ours);
	free(theirs);
	render_list_destroy(list);
	return e;
}

static void kind_as_cairo(const char *backend, uint8_t kind, double mean, int most)
{
	struct mos_shape shape[40];
	uint32_t state = kind * 77u;
	struct rig rig;
	struct rig_error e;

	rig_open(&rig, backend, NULL);
	for (uint32_t i = 0; i < 40; i++)
		shape[i] = rig_shape(kind, &state);
	e = against_cairo(&rig, shape, 40, 1.0f);
	cr_expect(e.mean <= mean && e.most <= most, "kind %d: mean %.3f, most %d", kind, e.mean, e.most);
	rig_close(&rig);
}

/* Bounds: a quarter above what was measured; Cairo's own coverage has 15 x 17 samples a pixel in strokes. */
Test(theater_render, boxes_as_cairo, .description = "THR-03: boxes cover what Cairo's do", .timeout = 20)
{
	kind_as_cairo("raster", MOS_SHAPE_BOX, 0.8, 40);
}

Test(theater_render, lines_as_cairo, .description = "THR-03: lines cover what Cairo's do", .timeout = 20)
{
	kind_as_cairo("raster", MOS_SHAPE_LINE, 1.0, 24);
}

Test(theater_render, arcs_as_cairo, .description = "THR-03: arcs and sectors cover what Cairo's do",
	.timeout = 20)
{
	kind_as_cairo("raster", MOS_SHAPE_ARC, 1.0, 24);
}

Test(theater_render, glyphs_as_cairo, .description = "THE-12: glyphs cover what Cairo's do", .timeout = 20)
{
	kind_as_cairo("raster", MOS_SHAPE_GLYPH, 1.75, 48);
}

Test(theater_render, curves_as_cairo, .description = "THR-03: slurs cover what Cairo's do", .timeout = 20)
{
	kind_as_cairo("raster", MOS_SHAPE_CURVE, 2.0, 48);
}

Test(theater_render, quads_as_cairo, .description = "THR-03: beams cover what Cairo's do", .timeout = 20)
{
	kind_as_cairo("raster", MOS_SHAPE_QUAD, 1.0, 24);
}

static void mixed_as_cairo(const char *backend)
{
	struct mos_shape shape[64];
	const uint32_t n = rig_mixed(shape, 64);
	struct rig rig;
	struct rig_error e;

	rig_open(&rig, backend, NULL);
	e = against_cairo(&rig, shape, n, 1.0f);
	cr_expect(e.mean <= 1.0, "mean %.3f, most %d", e.mean, e.most);
	e = against_cairo(&rig, shape, n, 0.55f);
	cr_expect(e.mean <= 1.5, "scaled: mean %.3f, most %d", e.mean, e.most);
	rig_close(&rig);
}

Test(theater_render, mixed_as_cairo, .description = "THR-13: a mixed picture is the one that Cairo draws",
	.timeout = 20)
{
	mixed_as_cairo("raster");
}

Test(theater_render, mixed_by_compute, .description = "THR-13: the compute back end draws what Cairo draws",
	.timeout = 20)
{
	mixed_as_cairo("compute");
}

Test(theater_render, hostile_numbers, .description = "THR-10: numbers that are none draw nothing",
	.timeout = 20)
{
	static const float bad[] = {NAN, INFINITY, -INFINITY, 1e7f, -3e38f};
	struct mos_shape shape[6 * 5 * 12 + 256];
	uint32_t n = 0, state = 3;
	struct render_info info;
	struct render_item item;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	for (uint8_t kind = MOS_SHAPE_BOX; kind <= MOS_SHAPE_QUAD; kind++) {
		if (kind == MOS_SHAPE_TEXT || kind == MOS_SHAPE_MORE)
			continue;
		for (uint32_t b = 0; b < 5; b++)
			for (uint32_t at = 0; at < 12; at++) {
				float *number = &shape[n].x;

				shape[n] = rig_shape(kind, &state);
				memcpy((char *)number + at * sizeof(float), &bad[b], sizeof(float));
				n++;
			}
	}
	for (uint32_t i = 0; i < 256; i++)
		if (i > MOS_SHAPE_CLIP || i == 0)
			shape[n++] = (struct mos_shape){
				.kind = (uint8_t)i, .color = ~0u, .w = 100, .h = 100, .p = {1, 1}};
	item = rig_item(rig_list(&rig, shape, n));
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	render_get_info(rig.render, &info);
	cr_expect_eq(info.last_instances, 0, "%lu", (unsigned long)info.last_instances);
	rig_close(&rig);
}

Test(theater_render, far_shapes_are_bounded,
	.description = "THR-10: the largest shapes that are allowed cost no more than the canvas",
	.timeout = 20)
{
	const struct mos_shape shape[] = {
		{.kind = MOS_SHAPE_LINE,
			.color = 0x40ffffff,
			.x = -1e6f,
			.y = -9e5f,
			.w = 1e6f,
			.h = 1e6f,
			.p = {1e6f}},
		{.kind = MOS_SHAPE_LINE,
			.color = 0x40ffffff,
			.x = -1e6f,
			.y = 9,
			.w = 1e6f,
			.h = 400,
			.p = {2, 1e-6f, 1e-6f}},
		{.kind = MOS_SHAPE_ARC, .color = 0x40ffffff, .x = 5e5f, .w = 5e5f, .h = 40, .p = {0, 7}},
		{.kind = MOS_SHAPE_ARC, .color = 0x40ffffff, .w = 1e6f, .p = {1e6f, -1e6f}},
		{.kind = MOS_SHAPE_CURVE,
			.color = 0x40ffffff,
			.x = -1e6f,
			.w = 1e6f,
			.p = {0, 1e6f, 3, -1e6f, 1e6f, 1e6f}},
		{.kind = MOS_SHAPE_GLYPH,
			.color = 0x40ffffff,
			.glyph = 0xE050,
			.x = -2e5f,
			.y = 3e5f,
			.w = 1e6f},
		{.kind = MOS_SHAPE_BOX,
			.color = 0x40ffffff,
			.x = -1e6f,
			.y = -1e6f,
			.w = 1e6f,
			.h = 1e6f,
			.p = {1e6f, 1e6f}},
	};
	struct render_info info;
	struct render_item item;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	item = rig_item(rig_list(&rig, shape, 7));
	for (float scale = 1e-3f; scale < 1e7f; scale *= 100) {
		item.scale = scale;
		cr_assert_eq(rig_draw(&rig, &item, 1), 0);
		render_get_info(rig.render, &info);
		cr_expect_lt(info.last_instances, 4000, "scale %g: %lu", scale,
			(unsigned long)info.last_instances);
	}
	rig_close(&rig);
}

Test(theater_render, overdraw,
	.description = "THE-07: a widget that covers its place thousands of times is cut short",
	.timeout = 20)
{
	static struct mos_shape shape[4096];
	struct render_info info;
	struct render_item item;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	for (uint32_t i = 0; i < 4096; i++)
		shape[i] = (struct mos_shape){.kind = i % 2 == 0 ? MOS_SHAPE_BOX : MOS_SHAPE_ARC,
			.color = 0x01ffffff,
			.x = i % 2 == 0 ? 0 : 480,
			.w = i % 2 == 0 ? 960 : 900,
			.h = i % 2 == 0 ? 540 : 0,
			.p = {0, 7}};
	item = rig_item(rig_list(&rig, shape, 4096));
	item.overdraw = 4;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	render_get_info(rig.render, &info);
	cr_expect_eq(info.n_cut_short, 1);
	cr_expect_lt(info.last_instances, 10000, "%lu", (unsigned long)info.last_instances);
	/* What keeps to it is drawn whole. */
	item.n = 4;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	render_get_info(rig.render, &info);
	cr_expect_eq(info.n_cut_short, 1);
	rig_close(&rig);
}
Test(theater_render, theme,
	.description = "THR-25: another theme, the same list: the colours of tokens change, and nothing else",
	.timeout = 20)
{
	const struct mos_shape shape[] = {
		{.kind = MOS_SHAPE_BOX,
			.flags = MOS_SHAPE_TOKEN,
			.color = MOS_TOKEN(MOS_TOKEN_ACCENT, 255),
			.w = 10,
			.h = 10},
		{.kind = MOS_SHAPE_BOX, .color = MOS_RGBA(1, 2, 3, 255), .x = 10, .w = 10, .h = 10},
		{.kind = MOS_SHAPE_BOX,
			.flags = MOS_SHAPE_TOKEN,
			.color = MOS_TOKEN(MOS_N_TOKENS, 255),
			.x = 20,
			.w = 10,
			.h = 10},
	};
	struct render_item item;
	uint8_t *before, *after;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	item = rig_item(rig_list(&rig, shape, 3));
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	before = rig_pixels(&rig);
	cr_expect_arr_eq(before, &rig.token[MOS_TOKEN_ACCENT], 4);
	rig.token[MOS_TOKEN_ACCENT] = MOS_RGBA(9, 99, 199, 255);
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	after = rig_pixels(&rig);
	cr_expect_arr_eq(after, &rig.token[MOS_TOKEN_ACCENT], 4);
	for (size_t y = 0; y < 10; y++)
		memcpy(before + y * RIG_WIDTH * 4, after + y * RIG_WIDTH * 4, 10 * 4);
	cr_expect_arr_eq(before, after, RIG_BYTES);
	cr_expect_arr_eq(after + 25 * 4, &rig.token[MOS_TOKEN_CANVAS], 4, "a token that there is not");
	free(before);
	free(after);
	rig_close(&rig);
}

Test(theater_render, layers, .description = "THR-19: a layer that is hidden takes its own pixels only",
	.timeout = 20)
{
	struct mos_shape shape[9];
	struct render_item item;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	for (uint8_t i = 0; i < 9; i++)
		shape[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX,
			.layer = i,
			.color = ~0u,
			.x = 20 * (float)i,
			.w = 10,
			.h = 10};
	item = rig_item(rig_list(&rig, shape, 9));
	for (uint32_t hidden = 0; hidden < 9; hidden++) {
		uint8_t *pixels;

		item.layers = ~(1u << hidden);
		cr_assert_eq(rig_draw(&rig, &item, 1), 0);
		pixels = rig_pixels(&rig);
		for (uint32_t i = 0; i < 9; i++)
			cr_expect_eq(pixels[(size_t)(20 * i + 5) * 4] == 255, i != hidden);
		free(pixels);
	}
	rig_close(&rig);
}

Test(theater_render, ranges,
	.description = "THE-03: a range of a list draws its shapes only, with the clip in force there",
	.timeout = 20)
{
	const struct mos_shape shape[] = {
		{.kind = MOS_SHAPE_BOX, .color = ~0u, .w = 10, .h = 10},
		{.kind = MOS_SHAPE_CLIP, .x = 20, .y = 0, .w = 5, .h = 5},
		{.kind = MOS_SHAPE_BOX, .color = ~0u, .x = 20, .w = 10, .h = 10},
		{.kind = MOS_SHAPE_CLIP},
		{.kind = MOS_SHAPE_BOX, .color = ~0u, .x = 40, .w = 10, .h = 10},
	};
	struct render_item item;
	uint8_t *pixels;
	float box[4];
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	item = rig_item(rig_list(&rig, shape, 5));
	item.first = 2;
	item.n = 1;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	pixels = rig_pixels(&rig);
	cr_expect_neq(pixels[5 * 4], 255);
	cr_expect_eq(pixels[24 * 4], 255);
	cr_expect_neq(pixels[25 * 4], 255);
	cr_expect_neq(pixels[45 * 4], 255);
	free(pixels);
	cr_assert_eq(render_list_box(item.list, 2, UINT32_MAX, box), 1);
	cr_expect(box[0] == 20 && box[1] == 0 && box[2] == 50 && box[3] == 10);
	cr_expect_eq(render_list_box(item.list, 1, 1, box), 0);
	item.first = UINT32_MAX;
	cr_expect_eq(rig_draw(&rig, &item, 1), 0);
	rig_close(&rig);
}

static void pictures(const char *backend)
{
	struct render_picture *opaque, *half;
	struct render_item item[3];
	uint8_t texel[32 * 16 * 4], *pixels;
	struct rig rig;

	rig_open(&rig, backend, NULL);
	cr_assert_eq(render_picture_create(rig.render, 32, 16, &opaque), 0);
	cr_assert_eq(render_picture_create(rig.render, 32, 16, &half), 0);
	for (size_t i = 0; i < 32 * 16; i++)
		memcpy(texel + i * 4, (uint8_t[]){(uint8_t)(i % 32 * 8), (uint8_t)(i / 32 * 16), 7, 255}, 4);
	cr_assert_eq(render_picture_set(opaque, texel, 32 * 4, NULL, 0), 0);
	for (size_t i = 0; i < 32 * 16; i++)
		memcpy(texel + i * 4, (uint8_t[]){100, 0, 0, 128}, 4);
	cr_assert_eq(render_picture_set(half, texel, 32 * 4, NULL, 0), 0);
	for (int i = 0; i < 3; i++)
		item[i] = (struct render_item){
			.kind = RENDER_PICTURE, .opacity = 255, .clip = {0, 0, 960, 540}};
	item[0].picture = item[1].picture = opaque;
	item[0].to = (struct render_rect){-4, 10, 32, 16};
	item[1].to = (struct render_rect){100, 100, 64, 32};
	item[2].picture = half;
	item[2].to = (struct render_rect){300, 100, 32, 16};
	item[2].opacity = 128;
	cr_assert_eq(rig_draw(&rig, item, 3), 0);
	pixels = rig_pixels(&rig);
	for (uint32_t y = 0; y < 16; y++)
		for (uint32_t x = 0; x < 28; x++) {
			const uint8_t *p = pixels + ((size_t)(10 + y) * RIG_WIDTH + x) * 4;

			cr_assert(p[0] == (x + 4) * 8 && p[1] == y * 16 && p[2] == 7 && p[3] == 255, "%u %u",
				x, y);
		}
	/* Twice as large: linear between the middles of its pixels. */
	for (uint32_t x = 2; x < 60; x++) {
		const double want = (x - 0.5) / 2.0 * 8.0;

		cr_expect(fabs(pixels[(size_t)(116 * RIG_WIDTH + 100 + x) * 4] - want) <= 1.0, "%u", x);
	}
	/* 100/255 of a half, over 12. */
	cr_expect(abs(pixels[(size_t)(105 * RIG_WIDTH + 310) * 4] -
			  (int)lrint(100 * 128 / 255.0 + 12 * (1 - 0.502 * 0.502))) <= 1);
	free(pixels);
	render_picture_destroy(half);
	rig_close(&rig);
}

Test(theater_render, pictures, .description = "THE-07: pictures one to one, enlarged and faded",
	.timeout = 20)
{
	pictures("raster");
}

Test(theater_render, pictures_by_compute, .description = "THE-07: the same by the compute back end",
	.timeout = 20)
{
	pictures("compute");
}
