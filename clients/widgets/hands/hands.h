/* SPDX-License-Identifier: MIT */
/** Two hands at a neck, seen by a camera that goes round them. Pure. */
#ifndef WIDGET_HANDS_H
#define WIDGET_HANDS_H

#include <mos/draw.h>

#include "part.h"

/** It looks at the middle of what is seen; without turn and tilt, straight at the strings, the
 * highest-sounding one on top. */
struct hands_camera {
	float turn, tilt; /**< rad, to the bridge and over the highest-sounding string */
	float roll;       /**< of the picture */
	float distance;   /**< mm */
};
#define HANDS_TILT_MAX 1.45f
#define HANDS_NEAR 350.0f
#define HANDS_FAR 2500.0f

enum hands_view { HANDS_FRONT, HANDS_AUDIENCE, HANDS_PLAYER, HANDS_VIEWS };
struct hands_camera hands_camera(enum hands_view view);
void hands_camera_turn(struct hands_camera *c, float turn, float tilt);
void hands_camera_zoom(struct hands_camera *c, float by);

struct hands_scene {
	struct mos_fret_neck neck;
	struct hands_camera camera;
	uint8_t is_left_handed; /**< all of it in a mirror */
	struct hands_seen hand[HANDS_SIDES];
	uint16_t open; /**< bits of strings (1 << string) that sound open */
	/** Frets from the lowest string: "x32010"; those above 9 as letters. */
	char grip[MOS_FRET_STRINGS + 1];
};

/** Both hands, and what they hold, at a moment of some notes. */
void hands_scene_at(struct hands_scene *s, const struct hands_note *note, unsigned n, double tick);
/** Where a place in space is in a picture of that size. @param ret_away  In front of the camera; NULL: not
 * asked. */
struct mos_point hands_project(
	const struct hands_scene *s, float width, float height, struct hands_vec at, float *ret_away);
void hands_draw(struct mos_draw *d, const struct hands_scene *s);

#endif
