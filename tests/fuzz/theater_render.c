/* SPDX-License-Identifier: MIT */
/* Shapes from anywhere, at any scale and damage: every instance that comes of them lies inside the canvas,
 * its edges and glyph bytes inside their tables, and there are not more than the overdraw allows. No device
 * is needed for that. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "internal.h"

#define WIDTH 1280
#define HEIGHT 720
#define SHAPES_MAX 256u

static struct render fuzzed;
static struct render_canvas canvas;
static uint64_t n_pixels;

static void check_instance(const struct frame *f, const struct instance *i)
{
	const uint32_t kind = i->kind & 0xff;

	FUZZ_CHECK(i->x0 < i->x1 && i->x1 <= WIDTH && i->y0 < i->y1 && i->y1 <= HEIGHT);
	for (int k = 0; k < 4; k++)
		FUZZ_CHECK(isfinite(i->b[k]) && isfinite(i->c[k]));
	if (kind == KIND_EDGES)
		FUZZ_CHECK(i->d[2] > 0 && i->d[1] < f->n_edges && i->d[2] <= f->n_edges - i->d[1]);
	if (kind == KIND_GLYPH) {
		const int32_t left = (int16_t)(i->d[3] & 0xffff), top = (int16_t)(i->d[3] >> 16);

		FUZZ_CHECK(left <= i->x0 && top <= i->y0 && (uint32_t)(i->x1 - left) <= i->d[2]);
		FUZZ_CHECK((uint64_t)i->d[1] + (uint64_t)(i->y1 - top) * i->d[2] <=
			   ATLAS_PAGES * ATLAS_PAGE_SIZE);
	}
	n_pixels += (uint64_t)(i->x1 - i->x0) * (uint64_t)(i->y1 - i->y0);
}

/* Stands for the device. */
int render_submit(struct frame *f, int is_last)
{
	const struct instance *in = (const struct instance *)(const void *)f->render->instances.host;
	const struct edge *e = (const struct edge *)(const void *)f->render->edges.host;

	FUZZ_CHECK(f->n_instances <= INSTANCES_MAX && f->n_edges <= EDGES_MAX && f->n_runs <= RUNS_MAX);
	for (uint32_t i = 0; i < f->n_instances; i++)
		check_instance(f, &in[i]);
	for (uint32_t i = 0; i < f->n_edges; i++)
		FUZZ_CHECK(isfinite(e[i].x0) && isfinite(e[i].y0) && isfinite(e[i].x1) && isfinite(e[i].y1));
	for (uint32_t i = 0; i < f->n_runs; i++)
		FUZZ_CHECK(f->run[i].kind == RUN_FILL || f->run[i].first + f->run[i].n <= f->n_instances);
	f->n_instances = f->n_edges = f->n_runs = f->n_fills = 0;
	f->render->atlas.time++;
	return 0;
}

int render_picture_realize(struct render_picture *picture)
{
	return -ENODEV;
}

static void setup(void)
{
	char error[256];

	if (fuzzed.frame.scratch != NULL)
		return;
	FUZZ_CHECK(font_open(&(struct font_options){.music = "emmentaler"}, &fuzzed.fonts, error,
			   sizeof(error)) == 0);
	FUZZ_CHECK(render_atlas_init(&fuzzed.atlas, fuzzed.fonts) == 0);
	FUZZ_CHECK(render_block_init(&fuzzed.instances, INSTANCES_MAX * sizeof(struct instance), 0, 0) == 0);
	FUZZ_CHECK(render_block_init(&fuzzed.edges, EDGES_MAX * sizeof(struct edge), 0, 0) == 0);
	fuzzed.frame.scratch = calloc(SCRATCH_MAX, sizeof(struct edge));
	fuzzed.frame.column = calloc(2 * SCRATCH_MAX, sizeof(struct edge));
	FUZZ_CHECK(fuzzed.frame.scratch != NULL && fuzzed.frame.column != NULL);
	fuzzed.device.features = DEVICE_COPIES;
	canvas = (struct render_canvas){.render = &fuzzed, .width = WIDTH, .height = HEIGHT};
}

static struct render_rect rect_of(const uint8_t *data)
{
	const struct render_rect whole = {0, 0, WIDTH, HEIGHT};

	return rect_and((struct render_rect){data[0] * 5, data[1] * 3, data[2] * 6, data[3] * 4}, whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mos_shape shape[SHAPES_MAX];
	static const uint32_t token[MOS_N_TOKENS] = {0xff101010, 0xff202020, 0xff303030, ~0u};
	struct render_frame what = {.token = token, .n_items = 1};
	struct render_item item = {.kind = RENDER_LIST,
		.opacity = 255,
		.layers = ~0u,
		.clip = {0, 0, WIDTH, HEIGHT},
		.n = UINT32_MAX,
		.overdraw = 8};
	struct frame *f = &fuzzed.frame;
	uint32_t n;
	float box[4];

	setup();
	if (size < 20)
		return 0;
	memcpy(&item.scale, data, 4);
	memcpy(&item.x, data + 4, 4);
	memcpy(&item.y, data + 8, 4);
	f->render = &fuzzed;
	f->canvas = &canvas;
	f->what = &what;
	f->damage[0] = rect_of(data + 12);
	f->n_damage = f->damage[0].w > 0 && f->damage[0].h > 0;
	f->error = 0;
	item.first = data[16];
	n = (uint32_t)((size - 20) / sizeof(shape[0]));
	n = n < SHAPES_MAX ? n : SHAPES_MAX;
	memcpy(shape, data + 20, n * sizeof(shape[0]));
	FUZZ_CHECK(render_list_create(&fuzzed, &item.list) == 0);
	FUZZ_CHECK(render_list_set(item.list, shape, n) == 0);
	if (render_list_box(item.list, 0, n, box))
		FUZZ_CHECK(isfinite(box[0]) && isfinite(box[1]) && box[0] <= box[2] && box[1] <= box[3]);
	n_pixels = 0;
	what.item = &item;
	render_ground_find(f);
	render_emit_item(f, 0);
	FUZZ_CHECK(f->error == 0 && render_submit(f, 1) == 0);
	/* The shape that goes past the limit is drawn whole. */
	FUZZ_CHECK(n_pixels <= 10u * WIDTH * HEIGHT + (64u << 10));
	render_list_destroy(item.list);
	return 0;
}
