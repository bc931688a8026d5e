/* SPDX-License-Identifier: MIT */
/* Widgets that draw a room, on the stage: points of the picture lie where they are computed. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "hands.h"
#include "pictures_rig.h"
#include "room.h"
#include "stage_rig.h"
#include "system.h"

static float apart(float x0, float y0, struct mos_point p)
{
	return hypotf(x0 - p.x, y0 - p.y);
}

/* Is the upright edge in the room's far left corner drawn where the formula says? */
static int has_corner(const struct surface *s, struct room_camera camera)
{
	const float x = -ROOM_W / 2, z = -ROOM_D / 2;
	const struct mos_point foot = room_project(camera, WIDTH, HEIGHT, (struct room_point){x, 0, z}),
			       top = room_project(camera, WIDTH, HEIGHT, (struct room_point){x, ROOM_H, z});
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct mos_shape *l = &shape[i];

		if (l->kind == MOS_SHAPE_LINE &&
			((apart(l->x, l->y, foot) < 0.2f && apart(l->w, l->h, top) < 0.2f) ||
				(apart(l->x, l->y, top) < 0.2f && apart(l->w, l->h, foot) < 0.2f)))
			return 1;
	}
	return 0;
}

Test(system_pictures, room, .timeout = 120,
	.description = "WGT-26: keys, the pointer and time turn the camera, and the picture is the one that "
		       "is computed")
{
	struct mos_client *c = pictures_open();
	struct surface *s = pictures_start(c, "room-cube");
	uint64_t pictures;
	struct room room;

	room_init(&room, 0);
	while (!has_corner(s, room.camera))
		pictures_turn();
	pictures_press(c, "room-cube", "right");
	room_turn(&room, (float)M_PI / 12, 0);
	while (!has_corner(s, room.camera))
		pictures_turn();
	pictures_drag(s, (struct mos_point){400, 100}, (struct mos_point){380, 110}); /* 8 mrad a point */
	room_turn(&room, 20 * 0.008f, 10 * 0.008f);
	while (!has_corner(s, room.camera))
		pictures_turn();
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_WHEEL, {400, 100}, 0, 0, 1});
	room_zoom(&room, 1 / 1.1f);
	while (!has_corner(s, room.camera))
		pictures_turn();
	pictures = surface_figures(s).pictures;
	for (int i = 0; i < 30; i++)
		pictures_turn();
	cr_expect_leq(surface_figures(s).pictures, pictures + 1, "it stands: nothing is drawn");
	stage_set(c, "room-cube", mos_real("turn_s", 20));
	while (has_corner(s, room.camera) || surface_figures(s).pictures < pictures + 30)
		pictures_turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "room-cube"), 0);
	pictures_close(c);
}

/* A C major chord as somebody has fingered it, who does not play it as we would propose. */
static const char fingered[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,\"metadata\":{\"title\":\"C\",\"composer\":"
	"\"\",\"key\":\"C major\",\"tempo\":120,\"timeSignature\":[4,4]},\"timeline\":{"
	"\"tempo\":[{\"tick\":0,\"nsPerQuarter\":500000000}],\"meter\":[{\"tick\":0,\"num\":4,\"den\":4}],"
	"\"key\":[{\"tick\":0,\"key\":\"C major\"}]},\"measures\":[{\"tick\":0,\"durationTicks\":"
	"3840}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"tuning\":[64,59,55,50,45,40],\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":3840,\"pitch\":60},"
	"{\"id\":\"n2\",\"tick\":0,\"durationTicks\":3840,\"pitch\":52},"
	"{\"id\":\"n3\",\"tick\":0,\"durationTicks\":3840,\"pitch\":48}]}],\"layers\":["
	"{\"type\":\"tablature\",\"elements\":[{\"id\":\"t1\",\"noteId\":\"n1\",\"string\":2,\"fret\":1},"
	"{\"id\":\"t2\",\"noteId\":\"n2\",\"string\":4,\"fret\":2},"
	"{\"id\":\"t3\",\"noteId\":\"n3\",\"string\":5,\"fret\":3}]},"
	"{\"type\":\"fingering\",\"elements\":[{\"id\":\"g1\",\"noteId\":\"n1\",\"hand\":\"left\",\"finger\":"
	"\"2\"},"
	"{\"id\":\"g2\",\"noteId\":\"n2\",\"hand\":\"left\",\"finger\":\"3\"},"
	"{\"id\":\"g3\",\"noteId\":\"n3\",\"hand\":\"left\",\"finger\":\"4\"},"
	"{\"id\":\"g4\",\"noteId\":\"n1\",\"hand\":\"right\",\"finger\":\"a\"},"
	"{\"id\":\"g5\",\"noteId\":\"n2\",\"hand\":\"right\",\"finger\":\"i\"},"
	"{\"id\":\"g6\",\"noteId\":\"n3\",\"hand\":\"right\",\"finger\":\"p\"}]}]}";

/* Is the finger's name drawn where it presses? */
static int has_finger(
	const struct surface *s, const struct hands_scene *scene, char name, unsigned string, unsigned fret)
{
	const struct mos_point to =
		hands_project(scene, WIDTH, HEIGHT, hands_on_fret(&scene->neck, string, fret), NULL);
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		if (shape[i].kind == MOS_SHAPE_TEXT && shape[i].glyph == 1 &&
			*(const char *)shape[i].p == name && apart(shape[i].x, shape[i].y, to) < 4)
			return 1;
	return 0;
}

static int has_chord(const struct surface *s, const struct hands_scene *scene)
{
	return has_finger(s, scene, '2', 2, 1) && has_finger(s, scene, '3', 4, 2) &&
	       has_finger(s, scene, '4', 5, 3) && pictures_count(s, MOS_TOKEN_ACCENT) == 3 &&
	       pictures_count(s, MOS_TOKEN_ACCENT_2) == 3;
}

Test(system_pictures, hands, .timeout = 120,
	.description =
		"WGT-25 HRM-08: the chord of the score is held with its fingers, on a shorter neck and in a "
		"mirror too; what is played live is held as well")
{
	char path[] = "/tmp/mos-hands-XXXXXX.json";
	struct hands_scene scene = {.neck = mos_fret_guitar, .camera = hands_camera(HANDS_FRONT)};
	struct mos_client *c = pictures_open();
	struct mos_event ev = {
		.type = MOS_EVENT_MIDI_NOTEON, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	struct surface *s = pictures_start(c, "hands");
	const int fd = mkstemps(path, 5);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, fingered, sizeof(fingered) - 1), (ssize_t)sizeof(fingered) - 1);
	close(fd);
	cr_assert_eq(mos_score_load(c, path, NULL), 0, "%s", mos_client_error(c)->message);
	(void)unlink(path);
	while (!has_chord(s, &scene))
		pictures_turn();
	scene.neck.scale_mm = 560;
	stage_set(c, "hands", mos_real("scale_mm", 560));
	while (!has_chord(s, &scene))
		pictures_turn();
	scene.is_left_handed = 1;
	stage_set(c, "hands", mos_bool("left_handed", 1));
	while (!has_chord(s, &scene))
		pictures_turn();
	/* F sharp on the lowest string is at its second fret, whatever the score has */
	ev.u.note = (struct mos_ev_note){.key = 42, .velocity = 60000, .part = 0xffff};
	cr_assert_eq(mos_emit(c, &ev), 0);
	while (pictures_count(s, MOS_TOKEN_ACCENT) != 1 ||
		!(has_finger(s, &scene, '1', 6, 2) || has_finger(s, &scene, '2', 6, 2)))
		pictures_turn();
	cr_assert_eq(stage_call(c, "broker.widget.stop", "hands"), 0);
	pictures_close(c);
}
