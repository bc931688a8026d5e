/* SPDX-License-Identifier: MIT */
/*
 * The theater's renderer at 7680x4320: 24,000 elements of a score (lines, stems, heads), drawn whole and by
 * the measure, beside the device's own clear and copy of the same pixels, and beside Cairo drawing the same
 * elements on the CPU. Goal: a measure below 3 ms; on a GPU a whole redraw ten times as fast as Cairo. On a
 * CPU device both share the processor: there the measure is what counts. MOS_BENCH_DEVICE names a device, as
 * for mos-theater.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "faults.h"
#include "render.h"
#include "shapes_cairo.h"

#define WIDTH 7680
#define HEIGHT 4320
#define MEASURES 240u
#define A_MEASURE 100u
#define N (MEASURES * A_MEASURE)
#define UNIT 12.0f /* a staff space */
#define WHOLE_TIMES 8
#define PART_TIMES 200

static uint32_t token[MOS_N_TOKENS];
static struct mos_shape shape[N];

static void check(int r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "theater_render: %s: %d\n", what, r);
	exit(1);
}

static void make_score(void)
{
	const float w = WIDTH / 20.0f, h = HEIGHT / 12.0f;

	for (uint32_t i = 0; i < N; i++) {
		const float left = (float)(i / A_MEASURE % 20) * w, top = (float)(i / A_MEASURE / 20) * h;
		const float x = left + (float)(i % A_MEASURE / 4) * w / 25,
			    y = top + h / 2 + (float)(i % 7) * UNIT / 2;
		const float line = top + h / 3 + (float)(i % 20 / 4) * UNIT;

		if (i % 4 == 0)
			shape[i] = (struct mos_shape){.kind = MOS_SHAPE_LINE,
				.color = ~0u,
				.x = left,
				.y = line,
				.w = left + w,
				.h = line,
				.p = {UNIT / 8}};
		else if (i % 4 == 1)
			shape[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX,
				.color = ~0u,
				.x = x,
				.y = y - 3.5f * UNIT,
				.w = UNIT / 8,
				.h = 3.5f * UNIT};
		else
			shape[i] = (struct mos_shape){.kind = MOS_SHAPE_GLYPH,
				.color = ~0u,
				.glyph = 0xE0A4,
				.x = x,
				.y = y,
				.w = 4 * UNIT};
	}
}

/* The median of some frames, in ms. */
static double frames(struct render_canvas *canvas, const struct render_item *item, uint32_t n_items,
	uint32_t side, int times)
{
	double ms[PART_TIMES];
	struct render_rect damage = {0, 0, WIDTH, HEIGHT};
	const struct render_frame frame = {
		.damage = &damage, .n_damage = 1, .item = item, .n_items = n_items, .token = token};

	for (int i = -2; i < times; i++) {
		int64_t begin;

		if (side != 0)
			damage = (struct render_rect){
				(i + 2) * 31 % 6900, (i + 2) * 97 % 4100, (int32_t)side, 180};
		begin = bench_now_ns();
		check(render_draw(canvas, &frame), "drawing");
		if (i >= 0)
			ms[i] = (double)(bench_now_ns() - begin) * 1e-6;
	}
	qsort(ms, (size_t)times, sizeof(ms[0]), bench_compare);
	return ms[times / 2];
}

static double cairo_ms(struct font_set *fonts)
{
	const struct shapes_cairo view = {
		.shape = shape, .n = N, .token = token, .fonts = fonts, .scale = 1, .snaps = 1};
	uint8_t *rgba = calloc((size_t)WIDTH * HEIGHT, 4);
	double best = 1e9;

	check(rgba == NULL, "memory");
	for (int i = 0; i < 3; i++) {
		const int64_t begin = bench_now_ns();
		double ms;

		memset(rgba, 16, (size_t)WIDTH * HEIGHT * 4);
		check(shapes_cairo_draw(rgba, WIDTH * 4, WIDTH, HEIGHT, &view), "Cairo");
		ms = (double)(bench_now_ns() - begin) * 1e-6;
		best = ms < best ? ms : best;
	}
	free(rgba);
	return best;
}

static void tell(const char *backend, const char *what, double ms, const char *peer, double peer_ms)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "theater_render.%s.%s", backend, what);
	bench_print(name, ms, "ms", peer, peer_ms);
}

static void figures(struct font_set *fonts, const char *backend)
{
	const struct render_options options = {
		.device = getenv("MOS_BENCH_DEVICE"), .backend = backend, .fonts = fonts};
	struct render_item item = {.kind = RENDER_LIST,
		.opacity = 255,
		.layers = ~0u,
		.clip = {0, 0, WIDTH, HEIGHT},
		.scale = 1,
		.n = N};
	struct render_canvas *canvas;
	struct render_info info;
	struct render *r;
	double floor_ms, whole_ms, part_ms;
	char error[512];
	const int64_t begin = bench_now_ns();

	if (render_create(&options, &r, error, sizeof(error)) < 0) {
		fprintf(stderr, "theater_render: skipped: %s\n", error);
		return;
	}
	check(render_canvas_create(r, WIDTH, HEIGHT, &canvas), "the canvas");
	check(render_list_create(r, &item.list), "the list");
	check(render_list_set(item.list, shape, N), "the list");
	frames(canvas, &item, 1, 768, 1);
	render_get_info(r, &info);
	fprintf(stderr, "theater_render: %s, %s\n", info.device, info.backend);
	tell(backend, "start", (double)(bench_now_ns() - begin) * 1e-6, NULL, 0);
	floor_ms = frames(canvas, NULL, 0, 0, WHOLE_TIMES);
	whole_ms = frames(canvas, &item, 1, 0, WHOLE_TIMES);
	part_ms = frames(canvas, &item, 1, 768, PART_TIMES);
	tell(backend, "whole", whole_ms, "clear and copy", floor_ms);
	tell(backend, "measure", part_ms, "whole", whole_ms);
	if (strcmp(backend, "raster") == 0) {
		const double cairo = cairo_ms(fonts);

		tell(backend, "whole.beside_cairo", whole_ms, "Cairo", cairo);
		tell(backend, "measure.beside_cairo", part_ms, "Cairo", cairo);
	}
	render_destroy(r);
}

int main(void)
{
	struct font_set *fonts;
	char error[512];

	check(font_open(&(struct font_options){.music = "emmentaler"}, &fonts, error, sizeof(error)),
		"fonts");
	for (uint32_t i = 0; i < MOS_N_TOKENS; i++)
		token[i] = MOS_RGBA(16, 16, 20, 255);
	make_score();
	figures(fonts, "raster");
	figures(fonts, "compute");
	font_close(fonts);
	return 0;
}
