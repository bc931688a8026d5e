/* SPDX-License-Identifier: MIT */
/**
 * What of a picture a buffer lacks: a bounded list of rectangles, never less than what was added. One list
 * for each buffer of a sink is its age. spec/theater.md 4.2.
 */
#ifndef THEATER_OUT_DAMAGE_H
#define THEATER_OUT_DAMAGE_H

#include <stdint.h>

#include "render.h"
#include "sink.h"

#define DAMAGE_MAX 256u

struct damage {
	struct render_rect rects[DAMAGE_MAX]; /**< inside the picture, none empty */
	uint32_t n;
};

/** All of a picture. */
void damage_all(struct damage *damage, uint32_t width, uint32_t height);

/** One rectangle more, cut to the picture; any numbers. When the list is full, the two that grow least become
 * one. */
void damage_add(struct damage *damage, const struct render_rect *rect, uint32_t width, uint32_t height);

/**
 * What changed with a frame. @param last  sequence of the frame that was seen before it; 0: none. A gap, or a
 * sequence that falls, makes all of it damage.
 */
void damage_add_frame(struct damage *damage, const struct sink_frame *frame, uint64_t last);

/**
 * The same for a buffer that may rest for long: what is more than a list holds is kept by cells, so that however much
 * was drawn meanwhile, what nobody drew is not copied.
 */
#define STALE_CELL_W 128u
#define STALE_CELL_H 64u
#define STALE_COLUMNS 64u
#define STALE_ROWS 128u

struct stale {
	struct damage recent;
	uint64_t row[STALE_ROWS]; /**< a bit a cell; the last column and row reach as far as the picture does */
	uint32_t width, height;   /**< of the picture, when there are cells; 0: none */
};

/** As damage_add_frame(). */
void stale_add_frame(struct stale *stale, const struct sink_frame *frame, uint64_t last);

/** Each rectangle, `*at` from 0 on; they may overlap. @return 0: no more. */
int stale_next(const struct stale *stale, uint32_t *at, struct render_rect *ret);

#endif
