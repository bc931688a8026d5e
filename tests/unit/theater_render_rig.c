/* SPDX-License-Identifier: MIT */
#include "theater_render_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_log(int level, const char *text, void *data)
{
	struct rig *rig = data;

	snprintf(rig->log[rig->n_logged++ % 64], sizeof(rig->log[0]), "%s", text);
}

void rig_open(struct rig *rig, const char *backend, const char *cache_dir)
{
	struct render_options options = {
		.device = "cpu",
		.backend = backend,
		.cache_dir = cache_dir,
		.validate = 1,
		.faults = &rig->faults,
		.log = on_log,
		.log_data = rig,
	};
	char error[512] = "";
	int r;

	memset(rig, 0, sizeof(*rig));
	r = font_open(&(struct font_options){.music = "emmentaler"}, &rig->fonts, error, sizeof(error));
	cr_assert_eq(r, 0, "%s", error);
	options.fonts = rig->fonts;
	r = render_create(&options, &rig->render, error, sizeof(error));
	if (r == -ENODEV) {
		fprintf(stderr, "skipped: %s\n", error);
		cr_skip_test("%s", error);
	}
	cr_assert_eq(r, 0, "%s", error);
	cr_assert_eq(render_canvas_create(rig->render, RIG_WIDTH, RIG_HEIGHT, &rig->canvas), 0);
	for (uint32_t i = 0; i < MOS_N_TOKENS; i++)
		rig->token[i] = MOS_RGBA(40 + 4 * i, 255 - 5 * i, (i * 37) % 256, 255);
	rig->token[MOS_TOKEN_CANVAS] = MOS_RGBA(12, 14, 18, 255);
}

void rig_close(struct rig *rig)
{
	struct render_info info;

	render_canvas_destroy(rig->canvas);
	render_get_info(rig->render, &info);
	cr_expect_eq(info.n_validation, 0, "%s", rig->log[0]);
	render_destroy(rig->render);
	cr_expect_not(rig_logged(rig, "Vulkan: "), "at the end: %s", rig->log[0]);
	font_close(rig->fonts);
}

struct render_list *rig_list(struct rig *rig, const struct mos_shape *shape, uint32_t n)
{
	struct render_list *list = NULL;

	cr_assert_eq(render_list_create(rig->render, &list), 0);
	cr_assert_eq(render_list_set(list, shape, n), 0);
	return list;
}

struct render_item rig_item(struct render_list *list)
{
	return (struct render_item){.kind = RENDER_LIST,
		.opacity = 255,
		.layers = ~0u,
		.clip = {0, 0, 1 << 20, 1 << 20},
		.scale = 1,
		.list = list,
		.n = UINT32_MAX};
}

int rig_draw(struct rig *rig, const struct render_item *item, uint32_t n)
{
	const struct render_rect all = {0, 0, 1 << 20, 1 << 20};
	const struct render_frame frame = {
		.damage = &all, .n_damage = 1, .item = item, .n_items = n, .token = rig->token};

	return render_draw(rig->canvas, &frame);
}

uint8_t *rig_pixels(const struct rig *rig)
{
	uint32_t stride;
	const uint8_t *from = render_pixels(rig->canvas, &stride);
	uint8_t *copy = malloc((size_t)stride * RIG_HEIGHT);

	cr_assert_not_null(copy);
	cr_assert_eq(stride, RIG_WIDTH * 4);
	return memcpy(copy, from, (size_t)stride * RIG_HEIGHT);
}

int rig_logged(const struct rig *rig, const char *part)
{
	for (uint32_t i = 0; i < 64 && i < rig->n_logged; i++)
		if (strstr(rig->log[i], part) != NULL)
			return 1;
	return 0;
}

uint32_t rig_mixed(struct mos_shape *ret, uint32_t max)
{
	struct mos_shape text = {.kind = MOS_SHAPE_TEXT,
		.flags = MOS_SHAPE_CENTER | MOS_SHAPE_TOKEN,
		.color = MOS_TOKEN(MOS_TOKEN_TEXT, 255),
		.glyph = 22,
		.x = 480,
		.y = 330,
		.h = 28};
	const struct mos_shape fixed[] = {
		{.kind = MOS_SHAPE_BOX,
			.flags = MOS_SHAPE_TOKEN,
			.color = MOS_TOKEN(MOS_TOKEN_PANEL, 255),
			.color2 = MOS_TOKEN(MOS_TOKEN_PANEL_EDGE, 255),
			.x = 20.5f,
			.y = 20.25f,
			.w = 440,
			.h = 240,
			.p = {16, 2}},
		{.kind = MOS_SHAPE_BOX,
			.flags = MOS_SHAPE_GRADIENT,
			.layer = 1,
			.color = MOS_RGBA(200, 60, 60, 255),
			.color2 = MOS_RGBA(60, 60, 200, 255),
			.x = 480,
			.y = 20,
			.w = 200,
			.h = 100,
			.p = {8}},
		{.kind = MOS_SHAPE_GLYPH, .color = 0xffffffff, .glyph = 0xE050, .x = 45, .y = 110, .w = 40},
		{.kind = MOS_SHAPE_GLYPH,
			.color = 0xffffffff,
			.glyph = 0xE062,
			.x = 340,
			.y = 430,
			.w = 100,
			.p = {0.4f}},
		{.kind = MOS_SHAPE_GLYPH, .color = 0xff00ffff, .glyph = 0xE050, .x = 60, .y = 460, .w = 300},
		{.kind = MOS_SHAPE_QUAD,
			.color = 0xffffffff,
			.x = 112,
			.y = 88,
			.w = 394.1f,
			.h = 53,
			.p = {394.1f, 58, 112, 93}},
		{.kind = MOS_SHAPE_CURVE,
			.layer = 2,
			.color = MOS_RGBA(255, 200, 80, 255),
			.x = 105,
			.y = 135,
			.w = 400,
			.h = 100,
			.p = {180, 190, 330, 150, 1, 4.4f}},
		{.kind = MOS_SHAPE_ARC,
			.flags = MOS_SHAPE_ROUND,
			.color = MOS_RGBA(80, 220, 120, 255),
			.x = 600,
			.y = 220,
			.w = 70,
			.h = 12,
			.p = {-1.2f, 4}},
		{.kind = MOS_SHAPE_ARC,
			.color = MOS_RGBA(80, 120, 220, 128),
			.x = 600,
			.y = 220,
			.w = 55,
			.p = {0.3f, 2}},
		{.kind = MOS_SHAPE_ARC,
			.color = MOS_RGBA(80, 120, 220, 255),
			.x = 800,
			.y = 220,
			.w = 100,
			.h = 3,
			.p = {0, 7}},
		{.kind = MOS_SHAPE_ARC,
			.color = MOS_RGBA(180, 120, 220, 255),
			.x = 800,
			.y = 220,
			.w = 70,
			.p = {0, -7}},
		{.kind = MOS_SHAPE_LINE,
			.flags = MOS_SHAPE_ROUND,
			.color = MOS_RGBA(255, 120, 120, 255),
			.x = 700,
			.y = 40,
			.w = 900,
			.h = 90,
			.p = {9}},
		{.kind = MOS_SHAPE_LINE,
			.color = MOS_RGBA(255, 120, 120, 255),
			.x = 700,
			.y = 70,
			.w = 900,
			.h = 120,
			.p = {3, 12, 6}},
		{.kind = MOS_SHAPE_CLIP, .x = 400, .y = 360, .w = 200, .h = 100},
		{.kind = MOS_SHAPE_ARC,
			.color = MOS_RGBA(220, 120, 20, 255),
			.x = 500,
			.y = 410,
			.w = 90,
			.p = {0, 7}},
		{.kind = MOS_SHAPE_CLIP},
	};
	uint32_t n = sizeof(fixed) / sizeof(fixed[0]);

	cr_assert(n + 30 <= max);
	memcpy(ret, fixed, sizeof(fixed));
	memcpy(text.p, "Cmaj7 9 Praeludium No1", 22);
	ret[n++] = text;
	for (uint32_t i = 0; i < 5; i++)
		ret[n++] = (struct mos_shape){.kind = MOS_SHAPE_LINE,
			.color = MOS_RGBA(220, 220, 220, 255),
			.x = 40,
			.y = 80 + 10 * (float)i,
			.w = 440,
			.h = 80 + 10 * (float)i,
			.p = {1.3f}};
	for (uint32_t i = 0; i < 8; i++) {
		const float x = 100 + 40.3f * (float)i, y = 120 - 5 * (float)i;

		ret[n++] = (struct mos_shape){.kind = MOS_SHAPE_GLYPH,
			.layer = 1,
			.color = 0xffffffff,
			.glyph = 0xE0A4,
			.x = x,
			.y = y,
			.w = 40};
		ret[n++] = (struct mos_shape){.kind = MOS_SHAPE_LINE,
			.color = 0xffffffff,
			.x = x + 12.3f,
			.y = y - 2,
			.w = x + 12.3f,
			.h = y - 32,
			.p = {1.2f}};
	}
	return n;
}

float rig_some(uint32_t *state, float low, float high)
{
	*state = *state * 1664525u + 1013904223u;
	return low + (high - low) * (float)(*state >> 8) / (float)(1u << 24);
}

struct mos_shape rig_shape(uint8_t kind, uint32_t *state)
{
	struct mos_shape s = {.kind = kind, .color = 0xff40c0ff};
	const float x = rig_some(state, 20, 880), y = rig_some(state, 20, 480);

	s.x = x;
	s.y = y;
	switch (kind) {
	case MOS_SHAPE_BOX:
		s.w = rig_some(state, 0.3f, 60);
		s.h = rig_some(state, 0.3f, 60);
		s.p[0] = rig_some(state, 0, 1) < 0.5f ? 0 : rig_some(state, 3, 12);
		break;
	case MOS_SHAPE_LINE:
		s.flags = rig_some(state, 0, 1) < 0.5f ? MOS_SHAPE_ROUND : 0;
		s.w = x + rig_some(state, -60, 60);
		s.h = y + rig_some(state, -60, 60);
		s.p[0] = rig_some(state, 0.5f, 12);
		break;
	case MOS_SHAPE_ARC:
		s.flags = rig_some(state, 0, 1) < 0.5f ? MOS_SHAPE_ROUND : 0;
		s.w = rig_some(state, 10, 60);
		s.h = rig_some(state, 0, 1) < 0.5f ? 0 : rig_some(state, 1, 9);
		s.p[0] = rig_some(state, -7, 7);
		s.p[1] = rig_some(state, -7, 7);
		break;
	case MOS_SHAPE_GLYPH:
		s.glyph = 0xE0A4;
		s.w = rig_some(state, 12, 90);
		break;
	case MOS_SHAPE_CURVE:
		s.w = x + rig_some(state, 40, 160);
		s.h = y + rig_some(state, -10, 10);
		s.p[0] = x + 20;
		s.p[1] = y - 25;
		s.p[2] = s.w - 20;
		s.p[3] = s.h - 25;
		s.p[4] = 1;
		s.p[5] = 3.5f;
		break;
	default:
		s.w = x + 40;
		s.h = y - rig_some(state, 0, 20);
		s.p[0] = s.w + 5;
		s.p[1] = s.h + 12;
		s.p[2] = x - 3;
		s.p[3] = y + 12;
		break;
	}
	return s;
}

struct rig_error rig_compare(const uint8_t *a, const uint8_t *b, uint32_t background)
{
	struct rig_error e = {0};
	size_t n = 0;

	for (size_t i = 0; i < RIG_PIXELS; i++) {
		if (memcmp(a + i * 4, &background, 4) == 0 && memcmp(b + i * 4, &background, 4) == 0)
			continue;
		for (size_t k = i * 4; k < i * 4 + 3; k++, n++) {
			const int off = abs(a[k] - b[k]);

			e.mean += off;
			e.most = off > e.most ? off : e.most;
		}
	}
	e.mean = n > 0 ? e.mean / (double)n : 255.0;
	return e;
}
