/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "room.h"

#define TILES_X 10
#define TILES_Z 8
#define STAGE 2.3f /* half of its width */
#define RING_N 48

struct view {
	struct mos_draw *d;
	struct room_camera camera;
	struct room_point eye;
	float width, height;
};

static struct room_point eye_of(struct room_camera c)
{
	return (struct room_point){c.distance * sinf(c.turn) * cosf(c.tilt),
		ROOM_TARGET_Y + c.distance * sinf(c.tilt), c.distance * cosf(c.turn) * cosf(c.tilt)};
}

static struct mos_point at(const struct view *v, float x, float y, float z)
{
	return room_project(v->camera, v->width, v->height, (struct room_point){x, y, z});
}

static void quad(const struct view *v, const struct room_point p[4], struct mos_ink ink)
{
	struct mos_point corner[4];

	for (int i = 0; i < 4; i++)
		corner[i] = room_project(v->camera, v->width, v->height, p[i]);
	mos_draw_quad(v->d, corner, ink);
}

/* Of a colour with less light on it; nothing behind it is seen. */
static void face(const struct view *v, const struct room_point p[4], struct mos_ink ink)
{
	quad(v, p, mos_ink(MOS_TOKEN_CANVAS));
	quad(v, p, ink);
}

static void line(
	const struct view *v, struct room_point a, struct room_point b, float thickness, struct mos_ink ink)
{
	mos_draw_line(v->d, at(v, a.x, a.y, a.z), at(v, b.x, b.y, b.z), thickness, ink);
}

/* A block that stands on its foot: the sides that are turned to the camera, the top. */
static void block(const struct view *v, struct room_point foot, float half_x, float half_z, float height,
	struct mos_ink side[2], struct mos_ink top)
{
	const float x0 = foot.x - half_x, x1 = foot.x + half_x, z0 = foot.z - half_z, z1 = foot.z + half_z;
	const float y0 = foot.y, y1 = foot.y + height;

	if (v->eye.x > x1 || v->eye.x < x0) {
		const float x = v->eye.x > x1 ? x1 : x0;

		face(v, (const struct room_point[]){{x, y0, z0}, {x, y0, z1}, {x, y1, z1}, {x, y1, z0}},
			side[0]);
	}
	if (v->eye.z > z1 || v->eye.z < z0) {
		const float z = v->eye.z > z1 ? z1 : z0;

		face(v, (const struct room_point[]){{x0, y0, z}, {x1, y0, z}, {x1, y1, z}, {x0, y1, z}},
			side[1]);
	}
	if (v->eye.y > y1)
		face(v, (const struct room_point[]){{x0, y1, z0}, {x1, y1, z0}, {x1, y1, z1}, {x0, y1, z1}},
			top);
}

static void draw_floor(const struct view *v, float beat)
{
	const float w = ROOM_W / TILES_X, z = ROOM_D / TILES_Z;

	for (int i = 0; i < TILES_X; i++)
		for (int k = 0; k < TILES_Z; k++) {
			const float x0 = -ROOM_W / 2 + (float)i * w, z0 = -ROOM_D / 2 + (float)k * z;
			const float far = hypotf(x0 + w / 2, z0 + z / 2) / hypotf(ROOM_W / 2, ROOM_D / 2);
			const float light = ((i + k) % 2 ? 0.32f : 0.6f) * (1 - 0.45f * far);

			quad(v,
				(const struct room_point[]){
					{x0, 0, z0}, {x0 + w, 0, z0}, {x0 + w, 0, z0 + z}, {x0, 0, z0 + z}},
				mos_ink_faint(MOS_TOKEN_OFF, light + 0.2f * beat * (1 - far)));
		}
}

/* A wall: its plane, and lines every metre or so. Of the four those behind the room are seen. */
static void draw_wall(const struct view *v, int is_x, float where)
{
	const float half = is_x ? ROOM_D / 2 : ROOM_W / 2;
	const int n = is_x ? TILES_Z : TILES_X;
	const struct mos_ink thin = mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.14f);
	struct room_point a[4] = {
		{-half, 0, where}, {half, 0, where}, {half, ROOM_H, where}, {-half, ROOM_H, where}};

	for (int i = 0; is_x && i < 4; i++)
		a[i] = (struct room_point){where, a[i].y, a[i].x};
	quad(v, a, mos_ink_faint(MOS_TOKEN_OFF, is_x ? 0.22f : 0.32f));
	for (int i = 1; i < n; i++) {
		const float s = -half + 2 * half * (float)i / (float)n;

		line(v, is_x ? (struct room_point){where, 0, s} : (struct room_point){s, 0, where},
			is_x ? (struct room_point){where, ROOM_H, s} : (struct room_point){s, ROOM_H, where},
			1, thin);
	}
	for (int i = 1; i < (int)ROOM_H; i++)
		line(v,
			is_x ? (struct room_point){where, (float)i, -half}
			     : (struct room_point){-half, (float)i, where},
			is_x ? (struct room_point){where, (float)i, half}
			     : (struct room_point){half, (float)i, where},
			1, thin);
	for (int i = 0; i < 4; i++)
		line(v, a[i], a[(i + 1) % 4], 1.5f, mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.6f));
}

static void draw_ring(const struct view *v, float radius, float y, float thickness, struct mos_ink ink)
{
	struct mos_point p[RING_N + 1];

	for (int i = 0; i <= RING_N; i++) {
		const float a = 6.2831853f * (float)i / RING_N;

		p[i] = at(v, radius * sinf(a), y, -radius * cosf(a));
	}
	mos_draw_polyline(v->d, p, RING_N + 1, thickness, ink);
}

static void draw_pillars(const struct view *v, const struct room *r)
{
	int order[ROOM_CLASSES];

	for (int i = 0; i < ROOM_CLASSES; i++) { /* the farthest first */
		const struct room_point p = room_pillar(i);
		const float near = p.x * v->eye.x + p.z * v->eye.z;
		int k = i;

		for (; k > 0; k--) {
			const struct room_point q = room_pillar(order[k - 1]);

			if (q.x * v->eye.x + q.z * v->eye.z <= near)
				break;
			order[k] = order[k - 1];
		}
		order[k] = i;
	}
	for (int i = 0; i < ROOM_CLASSES; i++) {
		const int pitch = order[i];
		const float up = r->height[pitch], shade = up > 0.01f ? 1 : 0.4f;
		const enum mos_token token = (enum mos_token)(MOS_TOKEN_PITCH_0 + pitch);
		struct mos_ink side[2] = {
			mos_ink_faint(token, 0.45f * shade), mos_ink_faint(token, 0.7f * shade)};

		block(v, room_pillar(pitch), ROOM_PILLAR / 2, ROOM_PILLAR / 2, 0.12f + ROOM_PILLAR_Y * up,
			side, mos_ink_faint(token, shade));
	}
}

void room_draw(struct mos_draw *d, const struct room *r)
{
	struct view v = {.d = d,
		.camera = room_camera_at(r, mos_draw_time_ns(d)),
		.width = mos_draw_width(d),
		.height = mos_draw_height(d)};
	struct mos_ink stage[2] = {
		mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.55f), mos_ink_faint(MOS_TOKEN_TEXT_DIM, 0.4f)};

	v.eye = eye_of(v.camera);
	(void)mos_draw_panel(d, "");
	mos_draw_clip(d, mos_box_inset((struct mos_box){0, 0, v.width, v.height}, 2));
	draw_floor(&v, r->beat);
	/* the walls that turn their insides to the camera are those on the other side */
	if (v.eye.x > -ROOM_W / 2)
		draw_wall(&v, 1, -ROOM_W / 2);
	if (v.eye.x < ROOM_W / 2)
		draw_wall(&v, 1, ROOM_W / 2);
	if (v.eye.z > -ROOM_D / 2)
		draw_wall(&v, 0, -ROOM_D / 2);
	if (v.eye.z < ROOM_D / 2)
		draw_wall(&v, 0, ROOM_D / 2);
	if (r->beat > 0) /* it runs over the floor, from the stage outwards */
		draw_ring(&v, STAGE * 1.45f + 0.6f * (1 - r->beat), 0, 2,
			mos_ink_faint(MOS_TOKEN_ACCENT, r->beat));
	block(&v, (struct room_point){0, 0, 0}, STAGE, STAGE, ROOM_STAGE_Y, stage,
		mos_ink_faint(MOS_TOKEN_OFF, 0.35f));
	draw_ring(&v, STAGE * 0.92f, ROOM_STAGE_Y, 1.5f,
		mos_ink_faint(MOS_TOKEN_ACCENT, 0.35f + 0.65f * r->beat));
	draw_pillars(&v, r);
	mos_draw_clip_end(d);
	if (r->bar)
		mos_draw_text(d, (struct mos_point){14, 20}, 13, MOS_MIDDLE | MOS_MONO,
			mos_ink(MOS_TOKEN_TEXT_DIM), "%u.%u", r->bar, r->beat_number);
}
