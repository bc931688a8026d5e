/* SPDX-License-Identifier: MIT */
/** A picture being drawn, shared by draw*.c and widget_surface.c. Needs nothing of libmos' own. */
#ifndef MOS_DRAW_IMPL_H
#define MOS_DRAW_IMPL_H

#include <mos/draw.h>

#define DRAW_DEPTH 17u /* the picture, and 16 pushes */
#define DRAW_CLIPS 8u

/** What is in force between mos_draw_push() and mos_draw_pop(). */
struct draw_level {
	float x, y, scale, opacity;
};

struct mos_draw {
	struct mos_shape *shape; /**< borrowed; NULL: pixels are drawn */
	uint32_t n, max;
	uint32_t n_left_out; /**< shapes for which there was no room */
	float width, height;
	int64_t time_ns;
	int again;
	struct draw_level level[DRAW_DEPTH];
	uint32_t depth; /**< may be larger: those pushes move nothing */
	struct mos_box clip[DRAW_CLIPS];
	uint32_t n_clips; /**< likewise */
	/* pixels */
	uint8_t *pixels;
	uint32_t pixels_width, pixels_height, stride;
};

/** An empty picture of `width` x `height` points, into at most `max` records. */
void draw_begin(struct mos_draw *d, struct mos_shape *shape, uint32_t max, float width, float height,
	int64_t time_ns);
/** The next record, `kind` and `layer` filled, and `n` more behind it; NULL: no room (counted once). */
struct mos_shape *draw_add(struct mos_draw *d, enum mos_shape_kind kind, uint32_t n_more);
/** Set a colour of a record that draw_add() gave. */
void draw_color(const struct mos_draw *d, struct mos_shape *s, struct mos_ink ink);
struct mos_point draw_at(const struct mos_draw *d, struct mos_point p);
struct mos_box draw_box_at(const struct mos_draw *d, struct mos_box box);
float draw_scale(const struct mos_draw *d);

#endif
