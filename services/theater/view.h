/* SPDX-License-Identifier: MIT */
/**
 * A score on a canvas: engraved for its place, the page that plays, what sounds, the chord, the playhead. One
 * view for each score item of a scene. Engraving is done on the worker; until it is ready the page before
 * stays. Rows WGT-06, THR-15, THR-18..THR-20, THR-23. Thread: main.
 */
#ifndef THEATER_VIEW_H
#define THEATER_VIEW_H

#include "follow.h"
#include "render.h"
#include "scene.h"

struct view;

struct view_options {
	struct worker *worker;
	const struct engrave_metrics *metrics;
	struct render *render; /**< lists are its */
	float px_per_pt;
	uint8_t scrolls; /**< CONTINUOUS moves evenly; else in steps (spec/theater.md 4.3) */
};
/** @return 0, -ENOMEM. */
int view_create(const struct view_options *options, struct view **ret);
void view_destroy(struct view *v);
/** After the device was made anew: lists are empty. */
/** A reference is taken. NULL: none; `fault` says why, and stands on the empty page; empty: there is nothing
 * to show. */
void view_set_score(struct view *v, struct followed *score, const char *fault);

/** For this frame. @return rectangles of canvas pixels that changed, at most `max` (the whole place as one).
 */
uint32_t view_update(struct view *v, const struct scene_place *place, const struct follow_place *now,
	struct render_rect *ret, uint32_t max);
/** What to draw, over what is below. @return items, at most `max`. */
uint32_t view_items(
	const struct view *v, const struct scene_place *place, struct render_item *ret, uint32_t max);
#define VIEW_ITEMS_MAX 4u

/** Whether what it shows is what it is to show: nothing is being engraved. */
int view_is_settled(const struct view *v);

/** What is there: the written tick of a note or measure that was clicked. @return 0; -ENOENT nothing. */
struct view_hit {
	int64_t tick; /**< written */
	int64_t played_tick;
	uint8_t is_note, pitch;
	uint32_t duration_ticks;
	uint32_t measure; /**< index in the score */
};
int view_at(
	const struct view *v, const struct scene_place *place, int32_t x, int32_t y, struct view_hit *ret);

/** Zoom about the middle (1: as the scene says) and pan in pixels; THR-23. */
void view_zoom(struct view *v, float factor, float dx_px, float dy_px);

struct view_figures {
	uint32_t page, n_pages, n_elements, n_shapes, measure;
	float staff_space_px;
	double engrave_ms;
	double playhead_x; /**< canvas pixels; < 0: not shown */
	double playhead_tick;
	int64_t playhead_time_ns; /**< when that is seen */
	const char *fault;        /**< why there is no page; empty: there is one, or nothing to be shown */
};
struct view_figures view_figures(const struct view *v);

#endif
