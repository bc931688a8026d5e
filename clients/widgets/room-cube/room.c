/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <math.h>

#define PI 3.14159265f
#define HOME_TILT 0.42f
#define HOME_DISTANCE 18.0f
#define RISE_PER_S 14.0f
#define FALL_PER_S 3.0f
#define BEAT_S 0.6f
#define STILL 0.004f
#define RING 1.55f /* metres: on which the pillars stand */

void room_init(struct room *r, int64_t now_ns)
{
	*r = (struct room){
		.camera = {.turn = 0.55f, .tilt = HOME_TILT, .distance = HOME_DISTANCE}, .since_ns = now_ns};
}

struct room_camera room_camera_at(const struct room *r, int64_t time_ns)
{
	struct room_camera c = r->camera;

	if (r->turn_s > 0)
		c.turn = (float)fmod((double)c.turn + 2 * (double)PI *
							      ((double)(time_ns - r->since_ns) / 1e9) /
							      (double)r->turn_s,
			2 * (double)PI);
	return c;
}

void room_set_turning(struct room *r, float turn_s, int64_t now_ns)
{
	r->camera = room_camera_at(r, now_ns);
	r->turn_s = turn_s;
	r->since_ns = now_ns;
}

void room_turn(struct room *r, float turn, float tilt)
{
	r->camera.turn = fmodf(r->camera.turn + turn, 2 * PI);
	r->camera.tilt = fminf(fmaxf(r->camera.tilt + tilt, ROOM_TILT_MIN), ROOM_TILT_MAX);
}

void room_zoom(struct room *r, float by)
{
	r->camera.distance = fminf(fmaxf(r->camera.distance * by, ROOM_NEAR), ROOM_FAR);
}

int room_step(struct room *r, const float level[ROOM_CLASSES], float seconds)
{
	int moves = r->turn_s > 0;

	seconds = fminf(fmaxf(seconds, 0), 0.1f);
	for (int i = 0; i < ROOM_CLASSES; i++) {
		const float way = level[i] - r->height[i];
		const float share = 1 - expf(-(way > 0 ? RISE_PER_S : FALL_PER_S) * seconds);

		r->height[i] = fabsf(way) < STILL ? level[i] : r->height[i] + way * share;
		moves |= r->height[i] != level[i];
	}
	r->beat = fmaxf(r->beat - seconds / BEAT_S, 0);
	return moves || r->beat > 0;
}

struct mos_point room_project(struct room_camera c, float width, float height, struct room_point p)
{
	const float sa = sinf(c.turn), ca = cosf(c.turn), sb = sinf(c.tilt), cb = cosf(c.tilt),
		    y = p.y - ROOM_TARGET_Y;
	const float right = p.x * ca - p.z * sa, up = -p.x * sa * sb + y * cb - p.z * ca * sb;
	const float away = c.distance - (p.x * sa * cb + y * sb + p.z * ca * cb);
	const float lens = ROOM_LENS * fminf(width, height) / fmaxf(away, 0.1f);

	return (struct mos_point){width / 2 + lens * right, height / 2 - lens * up};
}

struct room_point room_pillar(int pitch_class)
{
	const float angle = 2 * PI * (float)pitch_class / ROOM_CLASSES;

	return (struct room_point){RING * sinf(angle), ROOM_STAGE_Y, -RING * cosf(angle)};
}
