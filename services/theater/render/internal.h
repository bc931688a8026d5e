/* SPDX-License-Identifier: MIT */
/** What the files of the renderer share. A frame goes: items and damage -> emit.c: instances and runs (one
 * run: one draw) -> submit.c: commands, wait, pixels. */
#ifndef THEATER_RENDER_INTERNAL_H
#define THEATER_RENDER_INTERNAL_H

#include "atlas.h"
#include "device.h"

#define INSTANCES_MAX (128u << 10)
#define EDGES_MAX (256u << 10)
#define TILES_MAX (160u << 10)
#define REFERENCES_MAX (4u << 20)
#define RUNS_MAX 2048u
#define FILLS_MAX 64u /**< of a submission */
#define GROUNDS_MAX 1024u /**< of a submission: filled before anything is drawn */
#define DAMAGE_MAX 512u /**< after overlaps were cut away */
#define CANVAS_MAX 16384u
#define PICTURE_MAX 4096u

/** One instance, as in shaders/coverage.glsl. */
struct instance {
	uint16_t x0, y0, x1, y1; /**< pixels it may touch */
	uint32_t kind, color;
	float b[4], c[4];
	uint32_t d[4];
};
_Static_assert(sizeof(struct instance) == 64, "as in coverage.glsl");

enum {
	KIND_BOX = 1,
	KIND_GLYPH = 2,
	KIND_EDGES = 3,
	KIND_PICTURE = 4,
	KIND_RICH = 5,
	KIND_SOLID = 6,
	KIND_GRADIENT = 0x100
};

/** One tile, as in shaders/tiles.comp. */
struct tile {
	uint16_t x, y;
	uint16_t x0, y0, x1, y1;
	uint32_t first, n, clear;
};
_Static_assert(sizeof(struct tile) == 24, "as in tiles.comp");

struct edge {
	float x0, y0, x1, y1;
};

/** What a list draws: shapes with their text laid out and what cannot be drawn left out. */
struct prim {
	uint8_t kind, flags, layer;
	uint8_t face; /**< GLYPH: enum font_face */
	uint32_t color, color2;
	uint32_t glyph; /**< number in the face */
	uint32_t clip;  /**< 0: none */
	float x, y, w, h;
	float p[6]; /**< GLYPH: rotation, horizontal scale */
};

struct box4 {
	float x0, y0, x1, y1;
};

#define PRIMS_A_BLOCK 64u

struct render_list {
	struct render *render;
	struct prim *prim;
	struct box4 *box;   /**< of each prim */
	struct box4 *block; /**< of PRIMS_A_BLOCK prims each */
	uint32_t n_prims;
	uint32_t *start; /**< first prim of each shape, and the end */
	uint32_t n_shapes;
	struct box4 *clip; /**< number 0 is no clip */
	uint32_t n_clips;
	LIST_ENTRY(render_list) next;
};

struct render_picture {
	struct render *render;
	uint32_t width, height;
	uint8_t is_opaque;
	struct block texels;
	VkDescriptorPool pool;
	VkDescriptorSet set;
	LIST_ENTRY(render_picture) next;
};

struct render_canvas {
	struct render *render;
	uint32_t width, height, stride;
	uint8_t is_new;       /**< the image holds nothing of use */
	uint8_t is_undefined; /**< its layout */
	struct block pixels;
	VkImage image;
	VkDeviceMemory memory;
	uint64_t bytes;
	VkImageView view;
	VkFramebuffer framebuffer;
	VkDescriptorPool pool;
	VkDescriptorSet set;
	LIST_ENTRY(render_canvas) next;
};

enum run_kind { RUN_SHAPES = 0, RUN_PICTURE, RUN_COPY, RUN_FILL };
struct run {
	enum run_kind kind;
	uint32_t first, n; /**< instances */
	struct render_picture *picture;
	struct render_rect rect; /**< COPY, FILL: canvas pixels */
	uint32_t color;          /**< FILL */
	int32_t from_x, from_y;
};

/** What a damaged rectangle begins with: the uppermost opaque box that hides all beneath it there. */
struct ground {
	uint32_t item; /**< the box is one of this item; all before is hidden */
	uint32_t prim; /**< of the item's list: the first to be drawn */
	uint32_t color;
};

/** A part of a box that nothing lies under: filled before anything is drawn. */
struct fill {
	struct render_rect rect;
	uint32_t color;
};

/** A frame on its way. */
struct frame {
	struct render *render;
	struct render_canvas *canvas;
	const struct render_frame *what;
	struct render_rect damage[DAMAGE_MAX]; /**< disjoint */
	struct ground ground[DAMAGE_MAX];      /**< of each */
	struct render_rect drawn[DAMAGE_MAX];  /**< around all that was drawn in each */
	uint32_t n_damage;
	uint32_t n_instances, n_edges;
	struct run run[RUNS_MAX];
	uint32_t n_runs, n_fills;
	struct fill ground_fill[GROUNDS_MAX];
	uint32_t n_grounds;
	uint8_t is_cleared; /**< an earlier part of the frame did it */
	int error;
	/* of the item on hand */
	uint32_t at; /**< the damaged rectangle */
	struct render_rect clip;
	uint32_t opacity;
	uint64_t spent; /**< pixels of its instances, and edges looked at */
	struct edge *scratch;
	uint32_t n_scratch;
	struct edge *column; /**< the part of them in a column */
};
#define SCRATCH_MAX 16384u

struct render {
	struct host_vulkan host;
	struct device device;
	char *wanted, *cache_dir;
	uint8_t is_running, use_compute;
	uint8_t uuid[VK_UUID_SIZE];
	uint32_t n_tries;
	int64_t retry_ns;
	struct font_set *fonts;
	struct atlas atlas;
	struct block instances, edges, tiles, references;
	struct frame frame;
	struct render_info info;
	LIST_HEAD(, render_canvas) canvases;
	LIST_HEAD(, render_picture) pictures;
	LIST_HEAD(, render_list) lists;
};

/* render.c */
void render_lose(struct render *r);
int render_start(
	struct render *r, const uint8_t *uuid, const uint8_t *not_uuid, char *error, size_t error_size);
/* canvas.c, picture.c: make what the device lacks; give it back */
int render_canvas_realize(struct render_canvas *canvas);
void render_canvas_drop(struct render_canvas *canvas);
int render_picture_realize(struct render_picture *picture);
void render_picture_drop(struct render_picture *picture);
int render_make_set(struct device *d, VkDescriptorType type, uint32_t n, VkDescriptorSetLayout layout,
	VkDescriptorPool *ret_pool, VkDescriptorSet *ret);
/* emit.c */
/** @param at  its place in the frame */
void render_emit_item(struct frame *f, uint32_t at);
/** Whether it is drawn at all: lists and pictures alike. */
int render_emit_is_list(const struct render_item *item);
/** The box of a shape in canvas pixels, and which of them are wholly inside it, between corners and borders.
 * @return 0: none. */
int render_emit_measure_box(
	struct frame *f, const struct prim *p, const struct render_item *item, struct instance *ret);
struct render_rect render_emit_inner(const struct frame *f, const struct instance *box);
struct render_rect render_emit_clip(const struct render_list *list, const struct prim *p,
	const struct render_item *item, struct render_rect clip);
/** The first and the end of an item's shapes in its list. @return 0: none. */
int render_emit_range(const struct render_item *item, uint32_t *ret_first, uint32_t *ret_end);
int render_emit_touches(const struct render_item *item, struct box4 box, struct render_rect rect);
/* ground.c */
void render_ground_find(struct frame *f);
/** Room for an instance; NULL: the frame failed. Draws what there is when all places are taken. */
struct instance *render_emit_instance(struct frame *f, struct render_picture *picture);
uint32_t render_emit_color(const struct frame *f, const struct prim *p, uint32_t color);
/* edges.c */
void render_edges_begin(struct frame *f);
void render_edges_add(struct frame *f, double x0, double y0, double x1, double y1);
void render_edges_end(struct frame *f, uint32_t color);
void render_emit_box(struct frame *f, double x0, double y0, double x1, double y1, uint32_t color);
/* outline.c */
void render_outline_line(struct frame *f, const struct prim *p, const struct render_item *item);
void render_outline_arc(struct frame *f, const struct prim *p, const struct render_item *item);
void render_outline_curve(struct frame *f, const struct prim *p, const struct render_item *item);
void render_outline_quad(struct frame *f, const struct prim *p, const struct render_item *item);
void render_outline_glyph(struct frame *f, const struct prim *p, const struct render_item *item);
/* submit.c */
/** Draw what was emitted so far; `is_last`: and bring the damage to the host. */
int render_submit(struct frame *f, int is_last);
/* tiles.c: the runs as dispatches of the compute back end */
/** @return 0: it is too much for the tables: draw by raster. */
int render_tiles_record(struct frame *f);
/* measure.c */
void render_measure(struct render *r, const char *backend);

/** The smallest around both; one without pixels is nowhere. */
static inline struct render_rect rect_around(struct render_rect a, struct render_rect b)
{
	const int32_t x = a.x < b.x ? a.x : b.x, y = a.y < b.y ? a.y : b.y;
	const int32_t x1 = a.x + a.w > b.x + b.w ? a.x + a.w : b.x + b.w;
	const int32_t y1 = a.y + a.h > b.y + b.h ? a.y + a.h : b.y + b.h;

	return a.w <= 0 ? b : b.w <= 0 ? a : (struct render_rect){x, y, x1 - x, y1 - y};
}

static inline struct render_rect rect_and(struct render_rect a, struct render_rect b)
{
	const int64_t ax1 = (int64_t)a.x + a.w, ay1 = (int64_t)a.y + a.h, bx1 = (int64_t)b.x + b.w,
		      by1 = (int64_t)b.y + b.h;
	const int32_t x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
	const int64_t w = (ax1 < bx1 ? ax1 : bx1) - x, h = (ay1 < by1 ? ay1 : by1) - y;

	if (a.w <= 0 || a.h <= 0 || b.w <= 0 || b.h <= 0 || w <= 0 || h <= 0)
		return (struct render_rect){x, y, 0, 0};
	return (struct render_rect){x, y, (int32_t)w, (int32_t)h};
}

#endif
