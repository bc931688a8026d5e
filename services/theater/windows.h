/* SPDX-License-Identifier: MIT */
/** The theater's windows: a canvas in each, where there is a display. What is done in them goes to the stage.
 */
#ifndef THEATER_WINDOWS_H
#define THEATER_WINDOWS_H

#include "stage.h"

struct window_of {
	struct stage_canvas *canvas;
	struct sink *sink; /**< NULL: not open */
	uint32_t divisor;
	uint32_t buttons;
};

struct windows {
	struct window_of of[SCENE_N_CANVASES];
};

/** As the configuration says; no display is said once, and is no failure. */
void windows_open(struct windows *w, struct stage *stage);
/** Zeroed ones are fine. */
void windows_close(struct windows *w);

#endif
