/* SPDX-License-Identifier: MIT */
/**
 * The renderer: shapes and pictures to the pixels of a canvas, by raw Vulkan. No Vulkan type appears here:
 * scene logic knows none. spec/theater.md 3, 4; rows THE-01..THE-06, THE-12, THR.
 *
 * Truth lives in host memory: lists, pictures, canvases' items. The device holds caches. When it is lost (or
 * a call says so, render/faults.h) everything is made anew from here, on the same device, another one, or the
 * CPU's; the canvas' pixels in host memory stay what they were, and the next frame is right.
 *
 * Thread: one thread uses a renderer and all that is made of it.
 */
#ifndef THEATER_RENDER_H
#define THEATER_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include <mos/shape.h>

#include "font.h"

struct render;
struct render_faults;
struct render_canvas;
struct render_list;
struct render_picture;

/** Pixels. */
struct render_rect {
	int32_t x, y, w, h;
};

struct render_options {
	const char *device; /**< part of a device's name, or "cpu"; NULL: a discrete GPU, an integrated one,
			       the CPU */
	const char *cache_dir;        /**< of the pipeline cache; NULL: none */
	const char *backend;          /**< "raster", "compute"; NULL: measured at start */
	uint8_t validate;             /**< validation layers with synchronisation; needs them installed */
	struct font_set *fonts;       /**< borrowed; NULL: glyphs and text draw nothing */
	struct render_faults *faults; /**< render/faults.h; borrowed; NULL: none */
	/** Told of device loss, recovery, validation messages, fall-backs; one line each. */
	void (*log)(int level, const char *text, void *data);
	void *log_data;
};

struct render_info {
	char device[256];
	char driver[256];
	char backend[16];
	uint8_t is_cpu;
	uint8_t is_lost; /**< waiting to be made anew */
	uint32_t n_losses, n_recoveries;
	uint32_t n_validation; /**< messages of the layers */
	uint32_t n_objects;    /**< Vulkan objects alive */
	uint64_t device_bytes;
	uint64_t n_frames, n_draws, n_instances; /**< draw calls and instances, since start */
	uint64_t last_draws, last_instances;     /**< of the last frame */
	uint64_t atlas_bytes;
	uint64_t n_cut_short; /**< lists that would have drawn more than their item's overdraw allows */
	double ns_a_pixel, ns_a_rect; /**< measured at start: of a damaged pixel, of one rectangle more */
};

/** @return 0; -ENODEV no Vulkan device, error says what is missing; -EINVAL; -ENOMEM. */
int render_create(const struct render_options *options, struct render **ret, char *error, size_t error_size);
void render_destroy(struct render *r);
void render_get_info(const struct render *r, struct render_info *ret);

/** A retained image. @return 0; -E2BIG larger than the device allows; -ENOMEM. */
int render_canvas_create(struct render *r, uint32_t width, uint32_t height, struct render_canvas **ret);
void render_canvas_destroy(struct render_canvas *canvas);

/** Shapes that are drawn many times. Checked and copied: text is shaped, unknown kinds and numbers that are
 * none are dropped. */
int render_list_create(struct render *r, struct render_list **ret);
int render_list_set(struct render_list *list, const struct mos_shape *shapes, uint32_t n);
void render_list_destroy(struct render_list *list);
/** Box of all its shapes in its units, for damage. 0: empty. */
int render_list_box(const struct render_list *list, uint32_t first, uint32_t n, float ret_xyxy[4]);

/** RGBA8 premultiplied; copied from where it is when told so. */
int render_picture_create(struct render *r, uint32_t width, uint32_t height, struct render_picture **ret);
/** Take over what changed. `rgba` is read during the call. */
int render_picture_set(struct render_picture *picture, const uint8_t *rgba, uint32_t stride,
	const struct render_rect *rect, uint32_t n_rects);
void render_picture_destroy(struct render_picture *picture);

enum render_item_kind { RENDER_LIST = 1, RENDER_PICTURE };

/** What is drawn, in this order. */
struct render_item {
	uint8_t kind;
	uint8_t opacity;         /**< 0..255 */
	uint32_t layers;         /**< LIST: shapes whose layer's bit is set */
	struct render_rect clip; /**< canvas pixels */
	float scale, x,
		y; /**< LIST: canvas = units * scale + (x, y); whole pixels of x and y keep glyphs crisp */
	struct render_list *list;
	uint32_t first, n; /**< LIST: shapes (as given to render_list_set) */
	/** LIST: how many times over it may cover its place, so that a widget cannot hold up the frame; past
	 * that the rest of it is left out, and counted (render_info.n_cut_short). 0: no limit. */
	uint32_t overdraw;
	struct render_picture *picture; /**< PICTURE: scaled into `to` */
	struct render_rect to;
};

struct render_frame {
	const struct render_rect *damage; /**< to be drawn anew; clipped; merged by the caller */
	uint32_t n_damage;
	const struct render_item *item;
	uint32_t n_items;
	const uint32_t *token; /**< MOS_N_TOKENS colours of the theme, RGBA */
};

/**
 * Draw the damaged part of a canvas and bring it to host memory. Waits for the device, at most 2 s (a
 * processor: 30 s).
 * @return 0; -ENODEV the device was lost: the picture is the one before; render_recover() later; -ENOMEM;
 * -ETIMEDOUT as lost.
 */
int render_draw(struct render_canvas *canvas, const struct render_frame *frame);
/** The canvas in host memory, RGBA8, opaque; the same address as long as it lives. */
const uint8_t *render_pixels(const struct render_canvas *canvas, uint32_t *ret_stride);
/** After -ENODEV: make the device anew; call again after `*ret_wait_ms` when it says -EAGAIN. @return 0 draw
 * everything again (all damage); -EAGAIN. */
int render_recover(struct render *r, uint32_t *ret_wait_ms);

#endif
