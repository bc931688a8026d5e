/* SPDX-License-Identifier: MIT */
/** What a pixel and a rectangle cost on this device, and which back end is the faster: one small canvas at
 * start. */
#include "internal.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define SIDE 512
#define SMALL 32
#define N_SMALL 16u /* rectangles that lie apart */
#define N_SHAPES 256u
#define TIMES 4

/* On a processor its own time, which is the same however busy the machine is. */
static int64_t now_ns(const struct render *r)
{
	struct timespec t;

	clock_gettime(device_is_cpu(&r->device) ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Like a score: thin lines, some slanted, over everything. */
static void make_shapes(struct mos_shape *shape)
{
	for (uint32_t i = 0; i < N_SHAPES; i++) {
		const float x = (float)(i % 16 * (SIDE / 16)), y = (float)(i / 16 * (SIDE / 16));

		shape[i] = i % 2 == 0 ? (struct mos_shape){.kind = MOS_SHAPE_BOX,
						.color = 0xff808080,
						.x = x,
						.y = y,
						.w = 30,
						.h = 5.5f}
				      : (struct mos_shape){.kind = MOS_SHAPE_LINE,
						.color = 0xff808080,
						.x = x,
						.y = y,
						.w = x + 30,
						.h = y + 9,
						.p = {4}};
	}
}

/* The shortest of some; the first also makes what is made once. @return ns; -1. */
static int64_t time_of(struct render_canvas *canvas, const struct render_item *item,
	const struct render_rect *damage, uint32_t n)
{
	static const uint32_t token[MOS_N_TOKENS];
	const struct render_frame frame = {
		.damage = damage, .n_damage = n, .item = item, .n_items = 1, .token = token};
	int64_t best = INT64_MAX;

	for (int i = 0; i <= TIMES; i++) {
		const int64_t begin = now_ns(canvas->render);

		if (render_draw(canvas, &frame) < 0)
			return -1;
		if (i > 0 && now_ns(canvas->render) - begin < best)
			best = now_ns(canvas->render) - begin;
	}
	return best;
}

/* What a frame costs whatever is in it is no rectangle's. */
static int64_t measure_one(struct render *r, struct render_canvas *canvas, const struct render_item *item)
{
	const struct render_rect all = {0, 0, SIDE, SIDE};
	struct render_rect small[N_SMALL];
	int64_t whole, one, many;
	double ns_a_pixel;

	for (int32_t i = 0; i < (int32_t)N_SMALL; i++)
		small[i] = (struct render_rect){i % 4 * (SIDE / 4), i / 4 * (SIDE / 4), SMALL, SMALL};
	whole = time_of(canvas, item, &all, 1);
	one = time_of(canvas, item, small, 1);
	many = time_of(canvas, item, small, N_SMALL);
	if (whole < 0 || one < 0 || many < 0)
		return -1;
	ns_a_pixel = (double)(whole > one ? whole - one : 1) / (SIDE * SIDE - SMALL * SMALL);
	r->info.ns_a_pixel = ns_a_pixel;
	r->info.ns_a_rect = fmax((double)(many - one) / (N_SMALL - 1) - ns_a_pixel * SMALL * SMALL, 0);
	return whole;
}

void render_measure(struct render *r, const char *backend)
{
	struct mos_shape shape[N_SHAPES];
	struct render_item item = {.kind = RENDER_LIST,
		.opacity = 255,
		.layers = ~0u,
		.clip = {0, 0, SIDE, SIDE},
		.scale = 1,
		.n = N_SHAPES};
	struct render_canvas *canvas = NULL;
	int64_t raster, tiles;

	make_shapes(shape);
	if (render_canvas_create(r, SIDE, SIDE, &canvas) == 0 && render_list_create(r, &item.list) == 0 &&
		render_list_set(item.list, shape, N_SHAPES) == 0) {
		const int may_compute = r->device.compute != VK_NULL_HANDLE;
		const int is_cpu = device_is_cpu(&r->device);

		if (backend != NULL) {
			r->use_compute = may_compute && strcmp(backend, "compute") == 0;
			measure_one(r, canvas, &item);
		} else {
			/* On processors compute took ten times as long, and trying it a third of a second. */
			r->use_compute = (uint8_t)(may_compute && !is_cpu);
			tiles = r->use_compute ? measure_one(r, canvas, &item) : -1;
			r->use_compute = 0;
			raster = measure_one(r, canvas, &item);
			if (tiles >= 0 && (raster < 0 || tiles < raster)) {
				r->use_compute = 1;
				measure_one(r, canvas, &item);
			}
		}
	}
	render_list_destroy(item.list);
	render_canvas_destroy(canvas);
	r->info.n_frames = r->info.n_draws = r->info.n_instances = 0;
	r->info.last_draws = r->info.last_instances = 0;
}
