/* SPDX-License-Identifier: MIT */
/* The room: its corners in the picture, by the formula of room.h, written once more in double precision. */
#include "widget_picture.h"

#include "room.h"

#define WIDTH 720.0f
#define HEIGHT 480.0f

static struct mos_point expected(struct room_camera c, double x, double y, double z)
{
	const double a = (double)c.turn, b = (double)c.tilt, q[3] = {x, y - (double)ROOM_TARGET_Y, z};
	const double right[3] = {cos(a), 0, -sin(a)}, up[3] = {-sin(a) * sin(b), cos(b), -cos(a) * sin(b)};
	const double back[3] = {sin(a) * cos(b), sin(b), cos(a) * cos(b)};
	double r = 0, u = 0, k = 0;

	for (int i = 0; i < 3; i++) {
		r += q[i] * right[i];
		u += q[i] * up[i];
		k += q[i] * back[i];
	}
	k = (double)ROOM_LENS * (double)HEIGHT / ((double)c.distance - k);
	return (struct mos_point){(float)(WIDTH / 2 + k * r), (float)(HEIGHT / 2 - k * u)};
}

/* Is a line of the picture's between these two points? */
static int has_edge(struct mos_point a, struct mos_point b)
{
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];

		if (s->kind == MOS_SHAPE_LINE &&
			((hypotf(s->x - a.x, s->y - a.y) < 0.1f && hypotf(s->w - b.x, s->h - b.y) < 0.1f) ||
				(hypotf(s->x - b.x, s->y - b.y) < 0.1f &&
					hypotf(s->w - a.x, s->h - a.y) < 0.1f)))
			return 1;
	}
	return 0;
}

static void draw_room(const struct room *r, int64_t time_ns)
{
	draw_begin(&picture, picture_shape, 4096, WIDTH, HEIGHT, time_ns);
	room_draw(&picture, r);
	picture_check();
}

/* The upright edges of the room: of the wall that is seen both, else none of a wall. */
static int is_wall(struct room_camera c, double x0, double z0, double x1, double z1)
{
	return has_edge(expected(c, x0, 0, z0), expected(c, x0, (double)ROOM_H, z0)) &&
	       has_edge(expected(c, x1, 0, z1), expected(c, x1, (double)ROOM_H, z1)) &&
	       has_edge(expected(c, x0, 0, z0), expected(c, x1, 0, z1));
}

static void check_walls(const struct room *r, int64_t time_ns)
{
	const double x = (double)ROOM_W / 2, z = (double)ROOM_D / 2;
	const struct room_camera c = room_camera_at(r, time_ns);
	const double eye_x = (double)c.distance * sin((double)c.turn) * cos((double)c.tilt),
		     eye_z = (double)c.distance * cos((double)c.turn) * cos((double)c.tilt);

	draw_room(r, time_ns);
	cr_expect_eq(is_wall(c, -x, -z, -x, z), eye_x > -x, "left, turn %g", (double)c.turn);
	cr_expect_eq(is_wall(c, x, -z, x, z), eye_x < x, "right, turn %g", (double)c.turn);
	cr_expect_eq(is_wall(c, -x, -z, x, -z), eye_z > -z, "back, turn %g", (double)c.turn);
	cr_expect_eq(is_wall(c, -x, z, x, z), eye_z < z, "front, turn %g", (double)c.turn);
}

Test(widget_room, projection,
	.description = "WGT-26: every corner lies where the formula says, from all sides; the walls that are "
		       "seen are "
		       "those behind")
{
	static struct room r;

	room_init(&r, 0);
	for (int turn = 0; turn < 24; turn++)
		for (int tilt = 0; tilt < 4; tilt++) {
			r.camera = (struct room_camera){0.02f + 0.2618f * (float)turn,
				0.06f + 0.4f * (float)tilt, 12 + 4 * (float)tilt};
			for (int i = 0; i < 8; i++) {
				const struct room_point p = {i & 1 ? ROOM_W / 2 : -ROOM_W / 2,
					i & 2 ? ROOM_H : 0, i & 4 ? ROOM_D / 2 : -ROOM_D / 2};
				const struct mos_point got = room_project(r.camera, WIDTH, HEIGHT, p),
						       want = expected(r.camera, (double)p.x, (double)p.y,
							       (double)p.z);

				cr_expect_float_eq(got.x, want.x, 0.05);
				cr_expect_float_eq(got.y, want.y, 0.05);
			}
			check_walls(&r, 1);
		}
}

Test(widget_room, camera,
	.description =
		"WGT-26: turned by hand, by time, nearer: the picture changes as computed, within its limits")
{
	static struct room r;
	struct mos_point near, far;

	room_init(&r, 1000);
	cr_expect_eq(room_camera_at(&r, INT64_C(99000000000)).turn, r.camera.turn, "it stands");
	check_walls(&r, 1000);
	room_turn(&r, 1, 0);
	check_walls(&r, 1000);
	/* a quarter of a turn of 20 s */
	room_set_turning(&r, 20, 1000);
	cr_expect_float_eq(
		room_camera_at(&r, INT64_C(5000001000)).turn, r.camera.turn + (float)M_PI / 2, 1e-4);
	check_walls(&r, INT64_C(5000001000));
	/* stopped, it stands where it was */
	room_set_turning(&r, 0, INT64_C(5000001000));
	cr_expect_float_eq(r.camera.turn, 0.55f + 1 + (float)M_PI / 2, 1e-4);
	room_turn(&r, 0, 9);
	cr_expect_eq(r.camera.tilt, ROOM_TILT_MAX);
	check_walls(&r, INT64_C(6000000000));
	room_turn(&r, 0, -9);
	cr_expect_eq(r.camera.tilt, ROOM_TILT_MIN);
	far = room_project(r.camera, WIDTH, HEIGHT, (struct room_point){0, ROOM_H, 0});
	for (int i = 0; i < 99; i++)
		room_zoom(&r, 0.9f);
	cr_expect_eq(r.camera.distance, ROOM_NEAR);
	near = room_project(r.camera, WIDTH, HEIGHT, (struct room_point){0, ROOM_H, 0});
	cr_expect_lt(near.y, far.y, "nearer is larger");
	check_walls(&r, 1);
	for (int i = 0; i < 99; i++)
		room_zoom(&r, 1.1f);
	cr_expect_eq(r.camera.distance, ROOM_FAR);
}

Test(widget_room, pillars,
	.description =
		"WGT-26: a pillar rises to its note's level and sinks; it stands where the formula says")
{
	static struct room r;
	float level[ROOM_CLASSES] = {0};
	const struct room_point foot = room_pillar(4);
	struct mos_point top;
	int n = 0, found = 0;

	room_init(&r, 0);
	cr_expect_eq(room_step(&r, level, 0.016f), 0, "silence stands still");
	level[4] = 0.8f;
	while (room_step(&r, level, 0.016f) && n < 1000)
		n++;
	cr_expect(n > 5 && n < 60, "%d frames", n);
	cr_expect_eq(r.height[4], 0.8f);
	draw_room(&r, 1);
	/* the corner of its top that is nearest to the camera belongs to three of its quads */
	top = expected(r.camera, (double)foot.x + (double)ROOM_PILLAR / 2,
		(double)ROOM_STAGE_Y + 0.12 + (double)ROOM_PILLAR_Y * 0.8,
		(double)foot.z + (double)ROOM_PILLAR / 2);
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];
		const float *p = s->p;
		int near = s->kind == MOS_SHAPE_QUAD && hypotf(s->x - top.x, s->y - top.y) < 0.1f;

		near |= s->kind == MOS_SHAPE_QUAD && hypotf(s->w - top.x, s->h - top.y) < 0.1f;
		for (int k = 0; s->kind == MOS_SHAPE_QUAD && k < 4; k += 2)
			near |= hypotf(p[k] - top.x, p[k + 1] - top.y) < 0.1f;
		found += near && (s->color & 0xff) == MOS_TOKEN_PITCH_0 + 4;
	}
	cr_expect_eq(found, 3, "%d", found);
	level[4] = 0;
	r.beat = 1;
	for (n = 0; room_step(&r, level, 0.016f) && n < 1000; n++)
		;
	cr_expect(n > 20 && n < 200 && r.height[4] == 0 && r.beat == 0, "%d frames", n);
	for (int i = 0; i < ROOM_CLASSES; i++)
		r.height[i] = 1;
	for (int turn = 0; turn < 12; turn++) {
		r.camera.turn = 0.5f * (float)turn;
		draw_room(&r, 1);
		cr_expect_lt(picture.n, 900);
	}
}
