/* SPDX-License-Identifier: MIT */
/** What is drawn anew where something changed is what a whole drawing gives; what is hidden costs nothing. */
#include "theater_render_rig.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"

static void parts_as_whole(const char *backend)
{
	struct mos_shape shape[64];
	const uint32_t n = rig_mixed(shape, 64);
	struct render_rect damage[12];
	struct render_frame frame = {.damage = damage, .n_damage = 12, .n_items = 1};
	struct render_item item;
	uint8_t *whole, *parts;
	uint32_t state = 11;
	struct rig_error e;
	struct rig rig;

	rig_open(&rig, backend, NULL);
	item = rig_item(rig_list(&rig, shape, n));
	frame.item = &item;
	frame.token = rig.token;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	whole = rig_pixels(&rig);
	for (int round = 0; round < 4; round++) {
		for (uint32_t i = 0; i < 12; i++)
			damage[i] = (struct render_rect){(int32_t)rig_some(&state, -50, 900),
				(int32_t)rig_some(&state, -50, 500), (int32_t)rig_some(&state, -5, 300),
				(int32_t)rig_some(&state, 0, 200)};
		cr_assert_eq(render_draw(rig.canvas, &frame), 0);
	}
	parts = rig_pixels(&rig);
	e = rig_compare(whole, parts, rig.token[MOS_TOKEN_CANVAS]);
	cr_expect_eq(e.most, 0, "%d", e.most);
	free(whole);
	free(parts);
	rig_close(&rig);
}

Test(theater_render, damage, .description = "THE-02: drawing overlapping parts anew changes no pixel",
	.timeout = 20)
{
	parts_as_whole("raster");
}

Test(theater_render, damage_by_compute, .description = "THE-02: nor by the compute back end", .timeout = 20)
{
	parts_as_whole("compute");
}

Test(theater_render, damage_only, .description = "THE-02: what is not damaged keeps its pixels",
	.timeout = 20)
{
	const struct render_rect damage = {100, 50, 33, 21};
	struct mos_shape shape = {.kind = MOS_SHAPE_BOX, .color = 0xff0000ff, .w = 960, .h = 540};
	struct render_frame frame = {.damage = &damage, .n_damage = 1, .n_items = 1};
	struct render_item item;
	uint8_t *pixels;
	size_t n = 0;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	cr_assert_eq(rig_draw(&rig, NULL, 0), 0);
	item = rig_item(rig_list(&rig, &shape, 1));
	frame.item = &item;
	frame.token = rig.token;
	cr_assert_eq(render_draw(rig.canvas, &frame), 0);
	pixels = rig_pixels(&rig);
	for (size_t i = 0; i < RIG_PIXELS; i++)
		n += pixels[i * 4] == 255;
	cr_expect_eq(n, 33 * 21, "%zu", n);
	cr_expect_eq(pixels[(50 * RIG_WIDTH + 100) * 4], 255);
	free(pixels);
	rig_close(&rig);
}

static int box_of(const void *list, uint32_t first, uint32_t n, float ret_xyxy[4])
{
	return render_list_box(list, first, n, ret_xyxy);
}

static struct mos_shape some_box(uint32_t *state)
{
	struct mos_shape s = {.kind = MOS_SHAPE_BOX,
		.color = 0x60000000u | (uint32_t)rig_some(state, 0, 0xffffff),
		.color2 = 0xff000000u | (uint32_t)rig_some(state, 0, 0xffffff),
		.x = (float)rig_some(state, -20, 600),
		.y = (float)rig_some(state, -20, 350),
		.w = (float)rig_some(state, 1, 160),
		.h = (float)rig_some(state, 1, 160)};

	if (rig_some(state, 0, 3) < 2)
		s.color |= 0xff000000u;
	if (rig_some(state, 0, 2) < 1)
		s.p[0] = (float)rig_some(state, 0, 24);
	if (rig_some(state, 0, 2) < 1)
		s.p[1] = (float)rig_some(state, 0, 6);
	if (rig_some(state, 0, 4) < 1)
		s.flags = MOS_SHAPE_GRADIENT;
	return s;
}

/* As the theater draws what a widget changed: pictures of boxes that move and grow, at odd sizes, between
 * pixels. */
static void changes_as_whole(const char *backend, int rounds)
{
	struct mos_shape before[10], now[10];
	uint32_t state = 4711;
	struct rig rig;

	rig_open(&rig, backend, NULL);
	struct render_item item = rig_item(rig_list(&rig, NULL, 0));
	const float scale = item.scale = 1.37f;
	for (int round = 0; round < rounds; round++) {
		struct render_rect damage[CHANGES_MAX];
		struct render_frame frame = {
			.damage = damage, .item = &item, .n_items = 1, .token = rig.token};
		struct changes c = {0};
		uint8_t *part, *whole;

		for (int i = 0; i < 10; i++)
			now[i] = before[i] = some_box(&state);
		for (int i = 0; i < 3; i++) {
			const struct mos_shape other = some_box(&state);
			struct mos_shape *s = &now[(int)rig_some(&state, 0, 9.99f)];

			s->w = other.w;
			s->x = rig_some(&state, 0, 2) < 1 ? other.x : s->x;
			s->y = rig_some(&state, 0, 2) < 1 ? other.y : s->y;
			s->h = rig_some(&state, 0, 2) < 1 ? other.h : s->h;
		}
		cr_assert_eq(render_list_set(item.list, before, 10), 0);
		cr_assert_eq(rig_draw(&rig, &item, 1), 0);
		changes_find(before, 10, now, 10, 0, box_of, item.list, &c);
		cr_assert_eq(render_list_set(item.list, now, 10), 0);
		changes_find(before, 10, now, 10, 1, box_of, item.list, &c);
		for (uint32_t i = 0; i < c.n; i++) {
			const struct changes_box *b = &c.box[i];
			const int32_t x = (int32_t)floorf(b->x0 * scale) - 1,
				      y = (int32_t)floorf(b->y0 * scale) - 1;

			damage[i] = (struct render_rect){x, y, (int32_t)ceilf(b->x1 * scale) + 1 - x,
				(int32_t)ceilf(b->y1 * scale) + 1 - y};
		}
		frame.n_damage = c.n;
		cr_assert_eq(render_draw(rig.canvas, &frame), 0);
		part = rig_pixels(&rig);
		cr_assert_eq(rig_draw(&rig, &item, 1), 0);
		whole = rig_pixels(&rig);
		cr_assert_eq(rig_compare(whole, part, rig.token[MOS_TOKEN_CANVAS]).most, 0, "round %d", round);
		free(part);
		free(whole);
	}
	rig_close(&rig);
}

Test(theater_render, changes,
	.description =
		"THE-02: boxes that move and grow are drawn anew where they changed, round ends, borders and "
		"what is smoothed included",
	.timeout = 60)
{
	changes_as_whole("raster", 120);
	changes_as_whole("compute", 12);
}

/* Boxes over each other, and a line between two of them. */
static uint8_t *boxes_without(const char *without, uint32_t seed)
{
	struct mos_shape shape[24];
	struct render_item item;
	uint8_t *pixels;
	struct rig rig;

	setenv("MOS_RENDER_WITHOUT", without, 1);
	rig_open(&rig, "raster", NULL);
	for (int i = 0; i < 24; i++)
		shape[i] = i % 5 == 4 ? rig_shape(MOS_SHAPE_LINE, &seed) : some_box(&seed);
	item = rig_item(rig_list(&rig, shape, 24));
	item.scale = 1.37f;
	cr_assert_eq(rig_draw(&rig, &item, 1), 0);
	pixels = rig_pixels(&rig);
	rig_close(&rig);
	return pixels;
}

Test(theater_render, filled_first,
	.description =
		"THE-02: parts of boxes that are filled before anything is drawn look as if they were drawn",
	.timeout = 60)
{
	for (uint32_t seed = 1; seed <= 8; seed++) {
		uint8_t *filled = boxes_without("", seed), *drawn = boxes_without("copies", seed);

		cr_expect_arr_eq(filled, drawn, RIG_BYTES, "seed %u", seed);
		free(filled);
		free(drawn);
	}
}

Test(theater_render, ground,
	.description = "THE-02: what an opaque box hides is not drawn, what only seems to hide it is",
	.timeout = 40)
{
	static const struct {
		const char *what;
		struct mos_shape shape[3];
		uint32_t n_drawn; /* instances: of what lies over the box, and of what it does not hide */
	} of[] = {
		{"a panel",
			{{.kind = MOS_SHAPE_BOX, .color = 0xff00ff00, .w = 960, .h = 540},
				{.kind = MOS_SHAPE_BOX,
					.color = 0xffff0000,
					.x = 50,
					.y = 50,
					.w = 200,
					.h = 90},
				{.kind = MOS_SHAPE_BOX,
					.color = 0x800000ff,
					.x = 60,
					.y = 60,
					.w = 200,
					.h = 9}},
			1},
		{"one that lets light through",
			{{.kind = MOS_SHAPE_BOX, .color = 0xff00ff00, .w = 960, .h = 540},
				{.kind = MOS_SHAPE_BOX,
					.color = 0xfeff0000,
					.x = 50,
					.y = 50,
					.w = 200,
					.h = 90},
				{.kind = MOS_SHAPE_BOX,
					.color = 0x800000ff,
					.x = 60,
					.y = 60,
					.w = 200,
					.h = 9}},
			2},
		{"one with a round corner there",
			{{.kind = MOS_SHAPE_BOX, .color = 0xff00ff00, .w = 960, .h = 540},
				{.kind = MOS_SHAPE_BOX,
					.color = 0xffff0000,
					.x = 59,
					.y = 59,
					.w = 200,
					.h = 90,
					.p = {20}},
				{.kind = MOS_SHAPE_BOX,
					.color = 0x800000ff,
					.x = 60,
					.y = 60,
					.w = 200,
					.h = 9}},
			2},
		{"one that is cut off",
			{{.kind = MOS_SHAPE_CLIP, .x = 70, .y = 0, .w = 500, .h = 500},
				{.kind = MOS_SHAPE_BOX,
					.color = 0xffff0000,
					.x = 50,
					.y = 50,
					.w = 200,
					.h = 90},
				{.kind = MOS_SHAPE_BOX,
					.color = 0x800000ff,
					.x = 60,
					.y = 60,
					.w = 200,
					.h = 9}},
			2},
	};
	const struct render_rect damage = {62, 55, 30, 20};

	for (size_t k = 0; k < 2 * sizeof(of) / sizeof(*of); k++) {
		const char *backend = k % 2 ? "compute" : "raster";
		const size_t i = k / 2;
		struct render_frame frame = {.damage = &damage, .n_damage = 1, .n_items = 1};
		struct render_item item;
		struct render_info info;
		uint8_t *whole, *part;
		struct rig rig;

		rig_open(&rig, backend, NULL);
		item = rig_item(rig_list(&rig, of[i].shape, 3));
		cr_assert_eq(rig_draw(&rig, &item, 1), 0);
		whole = rig_pixels(&rig);
		frame.item = &item;
		frame.token = rig.token;
		cr_assert_eq(render_draw(rig.canvas, &frame), 0);
		part = rig_pixels(&rig);
		render_get_info(rig.render, &info);
		cr_expect_eq(info.last_instances, of[i].n_drawn, "%s, %s: %llu", of[i].what, backend,
			(unsigned long long)info.last_instances);
		cr_expect_eq(memcmp(whole, part, RIG_PIXELS * 4), 0, "%s, %s", of[i].what, backend);
		free(whole);
		free(part);
		rig_close(&rig);
	}
}
