/* SPDX-License-Identifier: MIT */
/**
 * A room around a stage, seen from outside: of its six sides those are drawn that turn their inside to the
 * camera. On the stage twelve pillars, one a pitch class, that stand as high as it sounds. Pure.
 *
 * Metres; x to the right, y up, z towards the audience, 0 in the middle of the floor. The camera looks at
 * ROOM_TARGET_Y above that from `distance` metres. With a = turn, b = tilt:
 *
 *     right = (cos a, 0, -sin a)   up = (-sin a sin b, cos b, -cos a sin b)   back = (sin a cos b, sin b, cos
 * a cos b)
 *
 * and of a point, q from the target, with F = ROOM_LENS * min(width, height):
 *
 *     x = middle + F * (q . right) / (distance - q . back)
 *     y = middle - F * (q . up) / (distance - q . back)
 */
#ifndef WIDGET_ROOM_H
#define WIDGET_ROOM_H

#include <mos/draw.h>

#define ROOM_W 10.0f /* of the room: along x, y, z */
#define ROOM_H 5.0f
#define ROOM_D 8.0f
#define ROOM_TARGET_Y 1.6f
#define ROOM_LENS 1.35f
#define ROOM_TILT_MIN 0.05f
#define ROOM_TILT_MAX 1.3f
#define ROOM_NEAR 10.0f /* never inside: all of the room lies before the camera */
#define ROOM_FAR 40.0f
#define ROOM_CLASSES 12

struct room_point {
	float x, y, z;
};
struct room_camera {
	float turn, tilt; /* radians */
	float distance;   /* metres */
};

struct room {
	struct room_camera camera;  /* as it stands while the room does not turn by itself */
	float turn_s;               /* of one turn by itself; 0: it does not */
	int64_t since_ns;           /* since then */
	float height[ROOM_CLASSES]; /* 0..1, of the pillars */
	float beat;                 /* 1 ... 0 since the last */
	uint32_t bar, beat_number;
};

void room_init(struct room *r, int64_t now_ns);
/* The camera at a time. */
struct room_camera room_camera_at(const struct room *r, int64_t time_ns);
/* Change how it turns, from where it stands then on. */
void room_set_turning(struct room *r, float turn_s, int64_t now_ns);
void room_turn(struct room *r, float turn, float tilt);
/* Nearer (below 1) or farther. */
void room_zoom(struct room *r, float by);
/* A frame passes: pillars move towards `level`, the beat fades. @return 1: something still moves. */
int room_step(struct room *r, const float level[ROOM_CLASSES], float seconds);

struct mos_point room_project(struct room_camera c, float width, float height, struct room_point p);
/* Where the foot of a pillar stands. */
struct room_point room_pillar(int pitch_class);
#define ROOM_PILLAR 0.5f   /* width */
#define ROOM_STAGE_Y 0.35f /* what the stage is raised by */
#define ROOM_PILLAR_Y 2.4f /* the highest */

void room_draw(struct mos_draw *d, const struct room *r);

#endif
