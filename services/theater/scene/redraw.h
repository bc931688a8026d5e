/* SPDX-License-Identifier: MIT */
/** What is to be drawn anew: collected as it comes, merged where that costs less. spec/theater.md 4.2. */
#ifndef THEATER_SCENE_REDRAW_H
#define THEATER_SCENE_REDRAW_H

#include "scene.h"

struct redraw {
	uint32_t width, height; /**< of the canvas */
	uint32_t n_pending;
	struct render_rect pending[SCENE_DAMAGE_MAX]; /**< of more, each is joined with the nearest */
	struct render_rect taken[SCENE_DAMAGE_MAX];
};

void redraw_add(struct redraw *d, struct render_rect rect);
void redraw_all(struct redraw *d);
/** @return how many are in d->taken; nothing is pending then. */
uint32_t redraw_take(struct redraw *d, double ns_a_rect, double ns_a_pixel);

/** The part of it that is on a canvas; w 0: none. Any numbers are allowed. */
struct render_rect rect_clip(struct render_rect rect, uint32_t width, uint32_t height);

#endif
