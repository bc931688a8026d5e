/* SPDX-License-Identifier: MIT */
/** Between manager.c (what is asked for) and frame.c (what a frame makes of it). */
#ifndef THEATER_SCENE_MANAGER_H
#define THEATER_SCENE_MANAGER_H

#include "cover.h"
#include "redraw.h"
#include "scene_internal.h"

#define HISTORY_MAX 16u
#define LIVE_MAX (2u * SCENE_ITEMS_MAX)
/** How fast items come, go and are dimmed when somebody asks for it. */
#define RAMP_NS 200000000
/** What is left of those that are not in the focus (TOU-40). */
#define DIMMED 0.2f

/** What an item looked like in the last frame. */
struct drawn {
	struct render_rect rect;
	uint8_t opacity; /**< 0: not drawn */
	uint32_t rank;   /**< from the bottom */
};

/** An item on the stage, of the scene or of the one that goes. */
struct live {
	struct scene_item item;
	uint8_t is_leaving;
	uint8_t hops;     /**< another size: fades out where it was, in where it will be */
	uint8_t is_dirty; /**< something about it changed that its place does not tell */
	uint32_t order;   /**< in its scene */
	/* the ramp that it is on */
	float from_opacity, to_opacity;
	struct render_rect from, to;
	int64_t start_ns, end_ns; /**< start 0: with the next frame; end is then the duration */
	/* this frame and the last one */
	float opacity;
	struct render_rect rect;
	struct drawn drawn;
};

struct scene_manager {
	uint32_t width, height;
	uint8_t canvas;
	uint8_t is_still;    /**< no ramps */
	struct scene *scene; /**< shown */
	struct scene *next;  /**< waits for next_ns */
	int64_t next_ns;
	char focus[SCENE_NAME_MAX];
	char history[HISTORY_MAX][SCENE_NAME_MAX]; /**< newest first */
	uint32_t n_history;
	/* colours */
	uint32_t token[MOS_N_TOKENS], from_token[MOS_N_TOKENS], to_token[MOS_N_TOKENS];
	int64_t token_start_ns, token_end_ns; /**< as struct live's */
	/* what is on the stage, from the bottom */
	uint32_t n_live, n_place;
	uint8_t moves; /**< the last frame was not the last of its ramps */
	struct live live[LIVE_MAX], spare[LIVE_MAX];
	struct scene_place place[LIVE_MAX];
	struct cover cover;
	struct redraw redraw;
};

/** The waiting scene becomes the one that is shown; its ramps begin at `start_ns` (0: with the next frame).
 */
void manager_begin(struct scene_manager *m, int64_t start_ns);

#endif
