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

#define DAMAGE_MAX 64u

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

#endif
