/* SPDX-License-Identifier: MIT */
/** Whether opaque rectangles together hide another one, to the pixel. */
#ifndef THEATER_SCENE_COVER_H
#define THEATER_SCENE_COVER_H

#include "scene.h"

#define COVER_MAX (2u * SCENE_ITEMS_MAX)

struct cover {
	uint32_t n;
	struct render_rect rect[COVER_MAX]; /* by their left edges */
};

/** Not empty. More than COVER_MAX are left out. */
void cover_add(struct cover *c, struct render_rect rect);
int cover_hides(const struct cover *c, struct render_rect rect);

#endif
