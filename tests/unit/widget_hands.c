/* SPDX-License-Identifier: MIT */
/* Hands: the skeleton, the solver's error over every shape of the fretboard and over places at random, where
 * the fingers are wanted and when. */
#include "widget_picture.h"

#include "fretboard.h"
#include "hands.h"
#include "live.h"

#define SHAPE_NOTES 6

static struct hands_note shape_note[SHAPE_NOTES];

/* A shape of the fretboard, struck at a tick. @return notes, 0: the neck is too short. */
static unsigned make_shape(enum fretboard_shape shape, int root, int minor, int64_t tick, int64_t end)
{
	static const uint8_t right[SHAPE_NOTES] = {4, 3, 2, 1, 1, 1};
	const struct fretboard_grip grip = fretboard_caged(shape, root, minor);
	unsigned n = 0;

	for (int s = 0; s < FRETBOARD_STRINGS; s++) {
		const uint8_t string = (uint8_t)(FRETBOARD_STRINGS - s);

		if (grip.fret[s] >= 0)
			shape_note[n++] = (struct hands_note){.tick = tick,
				.end_tick = end,
				.key = (uint8_t)(mos_fret_guitar.open[string - 1] + grip.fret[s]),
				.string = string,
				.fret = (uint8_t)grip.fret[s],
				.finger = (uint8_t)grip.finger[s],
				.right = right[string - 1]};
	}
	return n;
}

static void check_limits(const struct hands_pose *pose)
{
	for (unsigned i = 0; i < HANDS_TURNS; i++)
		cr_assert(pose->turn[i] >= hands_turn[i].min && pose->turn[i] <= hands_turn[i].max,
			"turn %u: %g", i, (double)pose->turn[i]);
	cr_assert_leq(fabsf(pose->wrist[0]), HANDS_WRIST_BENT);
	cr_assert_leq(fabsf(pose->wrist[1]), HANDS_WRIST_ASIDE);
	for (unsigned i = 0; i < HANDS_JOINTS; i++) {
		const struct hands_vec at = pose->joint[i];

		cr_assert(isfinite(at.x) && isfinite(at.y) && isfinite(at.z), "%s", hands_bone[i].name);
		cr_assert_float_eq(
			hands_apart(at, pose->joint[hands_bone[i].from]), hands_bone[i].length_mm, 0.01);
	}
}

static float to_bone(struct hands_vec p, struct hands_vec a, struct hands_vec b)
{
	const struct hands_vec way = hands_less(b, a);
	const float s = hands_dot(hands_less(p, a), way) / fmaxf(hands_dot(way, way), 1e-6f);

	return hands_apart(p, hands_sum(a, hands_times(way, fminf(fmaxf(s, 0), 1))));
}

/* How far a finger is from a place on the neck, from its bones' middle. */
static float to_finger(const struct hands_pose *pose, unsigned finger, struct hands_vec p)
{
	const unsigned tip = hands_tip((enum hands_finger)finger);

	return fminf(to_bone(p, pose->joint[tip], pose->joint[tip - 1]),
		to_bone(p, pose->joint[tip - 1], pose->joint[tip - 2]));
}

Test(widget_hands, skeleton,
	.description = "WGT-25: 27 joints with names, each on a bone of its length, within limits at rest")
{
	const struct hands_frame seat = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
	struct hands_pose pose = {0};

	cr_assert_eq(HANDS_JOINTS, 27);
	for (unsigned i = 0; i < HANDS_JOINTS; i++) {
		cr_assert_not_null(hands_bone[i].name);
		for (unsigned k = 0; k < i; k++)
			cr_assert_str_neq(hands_bone[i].name, hands_bone[k].name);
		cr_assert(i <= HANDS_WRIST || hands_bone[i].from < i);
	}
	hands_forward(&seat, &pose);
	hands_forearm(&pose, (struct hands_vec){-300, 0, 0});
	check_limits(&pose);
	/* a flat hand is as long as it says, the thumb on its side, the little finger on the other */
	cr_expect_float_eq(pose.joint[HANDS_MIDDLE_TIP].x, HANDS_LENGTH_MM, 3);
	cr_expect_gt(pose.joint[HANDS_THUMB_TIP].y, pose.joint[HANDS_INDEX_TIP].y);
	cr_expect_lt(pose.joint[HANDS_LITTLE_TIP].y, pose.joint[HANDS_RING_TIP].y);
	/* bent fingers go to the palm */
	for (unsigned f = HANDS_INDEX; f < HANDS_FINGERS; f++)
		pose.turn[hands_first_turn(f + 1) - 2] = 1.5f;
	hands_forward(&seat, &pose);
	for (unsigned f = HANDS_INDEX; f < HANDS_FINGERS; f++)
		cr_expect_gt(pose.joint[hands_tip((enum hands_finger)f)].z, 30);
}

Test(widget_hands, fret_table,
	.description =
		"HRM-07: a fret lies scale x (1 - 2^(-f/12)) from the nut, 648 mm where nothing is said")
{
	struct mos_fret_neck neck = mos_fret_guitar;

	for (int scale = 0; scale < 3; scale++) {
		const double mm[] = {648, 648, 330};

		neck.scale_mm = scale ? (float)mm[scale] : 0;
		for (unsigned fret = 0; fret <= 24; fret++) {
			const double want = mm[scale] * (1 - pow(2, -(double)fret / 12));

			cr_expect_float_eq(mos_fret_mm(&neck, fret), want, 0.001);
			if (fret == 0)
				continue;
			/* a finger stands behind its fret, before the one below, on its string */
			for (unsigned string = 1; string <= 6; string++) {
				const struct hands_vec at = hands_on_fret(&neck, string, fret);

				cr_expect_lt(at.x, want);
				cr_expect_gt(
					(double)at.x, mm[scale] * (1 - pow(2, -(double)(fret - 1) / 12)));
				cr_expect_eq(at.z, 0);
				cr_expect(string == 1 || at.y < hands_on_fret(&neck, string - 1, fret).y);
			}
		}
	}
	neck.capo = 2;
	cr_expect_eq(hands_on_fret(&neck, 1, 3).x,
		hands_on_fret(&(struct mos_fret_neck){.n_strings = 6, .scale_mm = 330}, 1, 5).x);
}

Test(widget_hands, shapes,
	.description = "HRM-07 HRM-08: all five shapes of all 24 chords are held to less than 1 mm, bars "
		       "over their strings")
{
	float worst = 0;
	unsigned n_shapes = 0;

	for (int minor = 0; minor < 2; minor++)
		for (int root = 0; root < 12; root++)
			for (int shape = 0; shape < N_SHAPES; shape++) {
				const unsigned n =
					make_shape((enum fretboard_shape)shape, root, minor, 0, 960);
				struct hands_seen seen;

				for (int side = 0; side < HANDS_SIDES; side++) {
					hands_show(&mos_fret_guitar, shape_note, n, (enum hands_side)side, 0,
						&seen);
					cr_expect_lt(seen.result.error_mm, 1, "%c %d %d side %d: %g mm",
						fretboard_shape_name[shape], root, minor, side,
						(double)seen.result.error_mm);
					cr_expect_leq(seen.result.rounds, HANDS_ROUNDS);
					worst = fmaxf(worst, seen.result.error_mm);
					check_limits(&seen.pose);
					if (side == HANDS_RIGHT)
						break;
					for (unsigned i = 0; i < n; i++) {
						const struct hands_note *note = &shape_note[i];
						if (!note->fret)
							continue;
						cr_expect(seen.touch[note->finger].is_down);
						const float apart = to_finger(&seen.pose, note->finger,
							hands_on_fret(
								&mos_fret_guitar, note->string, note->fret));
						cr_expect_lt(apart, 8,
							"%c %d %d: finger %u is %g mm from string %u",
							fretboard_shape_name[shape], root, minor,
							note->finger, (double)apart, note->string);
					}
				}
				n_shapes++;
			}
	cr_expect_eq(n_shapes, 120);
	cr_log_info("worst %g mm", (double)worst);
}

static uint32_t seed = 1;

static float rnd(float from, float to)
{
	seed = seed * 1664525u + 1013904223u;
	return from + (to - from) * (float)(seed >> 8) / 16777216.0f;
}

/* A pose at random, in part of the limits: what it reaches can be reached. */
static void random_pose(const struct hands_frame *seat, struct hands_pose *pose)
{
	*pose = (struct hands_pose){0};
	for (unsigned i = 0; i < HANDS_TURNS; i++) {
		const float a = rnd(hands_turn[i].min, hands_turn[i].max);

		pose->turn[i] = hands_turn[i].rest + 0.7f * (a - hands_turn[i].rest);
	}
	hands_forward(seat, pose);
}

Test(widget_hands, random_reached,
	.description =
		"HRM-07: five tips at once, where some hand can have them, are reached to less than 1 mm; "
		"equal goals give equal bits")
{
	const struct hands_frame seat = {{100, 60, -40}, {0, 0, 1}, {-1, 0, 0}, {0, -1, 0}};
	float worst = 0;

	for (int round = 0; round < 500; round++) {
		struct hands_task task = {.seat = seat, .elbow = {160, 200, -200}, .n = HANDS_FINGERS};
		struct hands_pose from, to, again;

		random_pose(&seat, &from);
		for (unsigned f = 0; f < HANDS_FINGERS; f++) {
			const unsigned tip = hands_tip((enum hands_finger)f);

			task.goal[f] = (struct hands_goal){(uint8_t)tip, 1, 1, from.joint[tip]};
		}
		const struct hands_result result = hands_solve(&task, &to);
		check_limits(&to);
		worst = fmaxf(worst, result.error_mm);
		cr_expect_lt(result.error_mm, 1, "round %d: %g mm", round, (double)result.error_mm);
		cr_expect_leq(result.rounds, HANDS_ROUNDS);
		for (unsigned f = 0; f < HANDS_FINGERS; f++)
			cr_expect_leq(hands_apart(to.joint[task.goal[f].joint], task.goal[f].at),
				result.error_mm + 1e-4f, "the error that it says");
		(void)hands_solve(&task, &again);
		cr_assert_eq(memcmp(&to, &again, sizeof(to)), 0);
	}
	cr_log_info("worst %g mm", (double)worst);
}

Test(widget_hands, out_of_reach,
	.description = "HRM-07: what no hand reaches ends within limits, stretched towards it, and is said")
{
	const struct hands_frame seat = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

	for (int round = 0; round < 200; round++) {
		const struct hands_vec way =
			hands_unit((struct hands_vec){rnd(0.3f, 1), rnd(-0.6f, 0.6f), rnd(-0.6f, 0.6f)});
		struct hands_task task = {.seat = seat, .elbow = {-300, 0, 0}, .n = 1};
		struct hands_pose pose;

		task.goal[0] = (struct hands_goal){HANDS_INDEX_TIP, 1, 1, hands_times(way, 1000)};
		const struct hands_result result = hands_solve(&task, &pose);
		check_limits(&pose);
		/* the hand goes as far as its seat lets it, and the finger is straight */
		cr_expect_gt(result.error_mm, 1000 - HANDS_LENGTH_MM - 3 * 60);
		cr_expect_lt(result.error_mm, 860, "%g", (double)result.error_mm);
	}
}

Test(widget_hands, on_the_beat,
	.description =
		"HRM-08: fingers lie on the second chord when it begins, left the first one before, and "
		"never jump on the way")
{
	struct hands_note note[2 * SHAPE_NOTES];
	struct hands_seen seen, before;
	unsigned n = make_shape(SHAPE_C, 0, 0, 0, 960), m;

	memcpy(note, shape_note, n * sizeof(*note));
	m = make_shape(SHAPE_E, 7, 0, 960, 1920); /* G, at the third fret */
	memcpy(note + n, shape_note, m * sizeof(*note));
	for (int tick = 0; tick <= 1900; tick += 10) {
		hands_show(&mos_fret_guitar, note, n + m, HANDS_LEFT, tick, &seen);
		cr_expect_lt(seen.result.error_mm, 1);
		for (unsigned f = HANDS_INDEX; tick && f < HANDS_FINGERS; f++) {
			const unsigned tip = hands_tip((enum hands_finger)f);
			const float step = hands_apart(seen.pose.joint[tip], before.pose.joint[tip]);

			cr_expect_lt(step, 16, "finger %u at %d: %g mm in 10 ticks", f, tick, (double)step);
		}
		if (tick == 0 || tick == 960)
			for (unsigned i = 0; i < n + m; i++)
				if (note[i].tick == tick && note[i].fret)
					cr_expect_lt(to_finger(&seen.pose, note[i].finger,
							     hands_on_fret(&mos_fret_guitar, note[i].string,
								     note[i].fret)),
						8, "string %u at %d", note[i].string, tick);
		if (tick == 930) /* on its way, nothing is held */
			for (unsigned f = 0; f < HANDS_FINGERS; f++)
				cr_expect_not(seen.touch[f].is_down);
		before = seen;
	}
	/* the right hand: the thumb on the bass when it is struck, and not much later */
	hands_show(&mos_fret_guitar, note, n + m, HANDS_RIGHT, 0, &seen);
	cr_expect(seen.touch[HANDS_THUMB].is_down && seen.touch[HANDS_RING].is_down);
	cr_expect_float_eq(seen.pose.joint[HANDS_RING_TIP].y,
		hands_on_string(&mos_fret_guitar, 1, 648 * HANDS_HOLE).y, 1);
	hands_show(&mos_fret_guitar, note, n + m, HANDS_RIGHT, 480, &seen);
	cr_expect_not(seen.touch[HANDS_THUMB].is_down);
}

static struct mos_value text(const char *s)
{
	return mos_value_str(s);
}

Test(widget_hands, tablature_first,
	.description = "HRM-08: strings and fingers are the score's, 0-4 T and p i m a; what it leaves open "
		       "is proposed")
{
	const struct mos_value note[] = {
		mos_value_map((const struct mos_field[]){{"id", text("n1")}, mos_int("tick", 0),
				      mos_int("durationTicks", 960), mos_int("pitch", 64)},
			4),
		mos_value_map((const struct mos_field[]){{"id", text("n2")}, mos_int("tick", 960),
				      mos_int("durationTicks", 960), mos_int("pitch", 48)},
			4),
		mos_value_map((const struct mos_field[]){{"id", text("n3")}, mos_int("tick", 1920),
				      mos_int("durationTicks", 960), mos_int("pitch", 43)},
			4),
		mos_value_map((const struct mos_field[]){{"id", text("n4")}, mos_int("tick", -5),
				      mos_int("durationTicks", 960), mos_int("pitch", 43)},
			4)};
	const struct mos_value tab[] = {mos_value_map((const struct mos_field[]){{"noteId", text("n1")},
							      mos_int("string", 4), mos_int("fret", 14)},
						3),
		mos_value_map((const struct mos_field[]){{"noteId", text("n3")}, mos_int("string", 6),
				      mos_int("fret", 3)},
			3)};
	const struct mos_value finger[] = {
		mos_value_map((const struct mos_field[]){{"noteId", text("n1")}, {"hand", text("left")},
				      {"finger", text("4")}},
			3),
		mos_value_map((const struct mos_field[]){{"noteId", text("n1")}, {"hand", text("right")},
				      {"finger", text("a")}},
			3),
		mos_value_map((const struct mos_field[]){{"noteId", text("n3")}, {"hand", text("left")},
				      {"finger", text("T")}},
			3)};
	const struct mos_value other =
		mos_value_map((const struct mos_field[]){{"id", text("o")}, mos_int("tick", 0),
				      mos_int("durationTicks", 960), mos_int("pitch", 30)},
			4);
	const struct mos_field in_p1[] = {mos_list("notes", &other, 1)},
			       in_p2[] = {mos_list("notes", note, 4)};
	const struct mos_field parts[] = {{"p1", mos_value_map(in_p1, 1)}, {"p2", mos_value_map(in_p2, 1)}};
	const struct mos_field layers[] = {mos_list("tablature", tab, 2), mos_list("fingering", finger, 3)};
	const struct mos_field content[] = {
		{"parts", mos_value_map(parts, 2)}, {"layers", mos_value_map(layers, 2)}};
	const struct mos_field top[] = {{"content", mos_value_map(content, 2)}};
	const struct mos_value answer = mos_value_map(top, 1);
	static struct hands_part part;
	static struct hands_note got[HANDS_WINDOW];

	part.neck = mos_fret_guitar;
	order_plain(&part.order, 4);
	cr_assert_eq(hands_part_missing(&part), 0);
	hands_part_put(&part, 0, &answer);
	cr_assert_eq(hands_part_missing(&part), 1);
	cr_assert_eq(hands_part_gather(&part, got), 3, "the part with tablature, what is a note of it");
	cr_expect(
		got[0].string == 4 && got[0].fret == 14 && got[0].finger == 4 && got[0].right == MOS_FRET_A);
	cr_expect(got[1].string == 5 && got[1].fret == 3 && got[1].finger >= 1 && got[1].right, "%u %u",
		got[1].string, got[1].fret);
	cr_expect(got[2].string == 6 && got[2].fret == 3 && got[2].finger == HANDS_T &&
		  got[2].right == MOS_FRET_P);
	/* a part by its id; one that is not there */
	(void)strcpy(part.wanted, "p1");
	hands_part_clear(&part);
	hands_part_put(&part, 0, &answer);
	cr_expect_eq(hands_part_gather(&part, got), 1);
	(void)strcpy(part.wanted, "p9");
	hands_part_put(&part, 0, &answer);
	cr_expect_eq(hands_part_gather(&part, got), 0);
	/* rows of notes alone */
	const struct mos_value row[] = {mos_value_int(1), mos_value_int(480), mos_value_int(480),
		mos_value_int(60), mos_value_int(90)};
	const struct mos_value rows = mos_value_list(row, 5);
	const struct mos_field list[] = {mos_list("notes", &rows, 1)};
	hands_part_put(&part, 0, &(const struct mos_value){MOS_VALUE_MAP, 1, {.fields = list}});
	cr_expect_eq(hands_part_gather(&part, got), 1);
	cr_expect(got[0].tick == 480 && got[0].string && got[0].key == 60);
}

/* The text of the finger at its tip. */
static int has_label(const char *name, struct mos_point at)
{
	for (uint32_t i = 0; i < picture.n; i++) {
		const struct mos_shape *s = &picture_shape[i];

		if (s->kind == MOS_SHAPE_TEXT && s->glyph == 1 && memcmp(s->p, name, 1) == 0 &&
			hypotf(s->x - at.x, s->y - at.y) < 8)
			return 1;
	}
	return 0;
}

Test(widget_hands, picture,
	.description =
		"WGT-25 HRM-08: the tips are drawn where the chord is, from each side, in a mirror too")
{
	static struct hands_scene scene;
	static const char *const names[] = {"1", "2", "3", "4"};
	const unsigned n = make_shape(SHAPE_C, 0, 0, 0, 960);

	scene.neck = mos_fret_guitar;
	hands_scene_at(&scene, shape_note, n, 0);
	cr_expect_str_eq(scene.grip, "x32010");
	for (int view = 0; view < HANDS_VIEWS; view++)
		for (int left = 0; left < 2; left++) {
			scene.camera = hands_camera((enum hands_view)view);
			scene.is_left_handed = (uint8_t)left;
			picture_begin(1100, 480);
			hands_draw(&picture, &scene);
			picture_check();
			for (unsigned i = 0; i < n; i++) {
				const struct hands_note *note = &shape_note[i];
				if (!note->fret)
					continue;
				const struct mos_point at = hands_project(&scene, 1100, 480,
					hands_on_fret(&scene.neck, note->string, note->fret), NULL);
				cr_expect(has_label(names[note->finger - 1], at), "view %d: finger %u", view,
					note->finger);
				cr_expect(at.x > 0 && at.x < 1100 && at.y > 0 && at.y < 480, "in sight");
				cr_expect_eq(at.x < 550, !left ^ (view == HANDS_AUDIENCE));
			}
		}
	/* however it is turned */
	for (int turn = 0; turn < 24; turn++)
		for (int tilt = 0; tilt < 5; tilt++) {
			scene.camera = (struct hands_camera){0.2618f * (float)turn,
				-1.4f + 0.7f * (float)tilt, 0, turn % 2 ? HANDS_NEAR : HANDS_FAR};
			picture_begin(800, 420);
			hands_draw(&picture, &scene);
			cr_assert_eq(picture.n_left_out, 0);
		}
}

Test(widget_hands, live,
	.description = "HRM-08: what sounds is held, when it changes the hand goes there; silence keeps "
		       "nothing down")
{
	static struct played played;
	static struct hands_live live;
	static struct hands_scene scene;

	scene.neck = mos_fret_guitar;
	cr_expect_not(hands_live_take(&live, &scene.neck, &played, 1000));
	played.velocity[45] = played.velocity[52] = played.velocity[57] = 50000; /* A5 */
	cr_expect(hands_live_take(&live, &scene.neck, &played, 2000));
	const unsigned n = live.n;
	cr_expect_eq(n, 3);
	cr_expect(hands_live_take(&live, &scene.neck, &played, 2010), "the same still");
	cr_expect_eq(live.note[0].tick, 2000 + HANDS_LIVE_MS);
	hands_scene_at(&scene, live.note, live.n, 2000 + HANDS_LIVE_MS);
	cr_expect_str_eq(scene.grip, "x022xx");
	cr_expect_lt(scene.hand[HANDS_LEFT].result.error_mm, 1);
	played.velocity[57] = 0;
	played.velocity[58] = 50000;
	cr_expect(hands_live_take(&live, &scene.neck, &played, 3000));
	cr_expect_eq(live.n, 6, "those of before, which are let go");
	cr_expect_eq(live.note[3].key, 45);
	cr_expect_eq(live.note[3].tick, 2000 + HANDS_LIVE_MS, "who stays is not struck again");
	hands_scene_at(&scene, live.note, live.n, 3000 + HANDS_LIVE_MS);
	cr_expect_str_eq(scene.grip, "x023xx");
	memset(&played, 0, sizeof(played));
	cr_expect_not(hands_live_take(&live, &scene.neck, &played, 4000));
	hands_scene_at(&scene, live.note, live.n, 4000);
	cr_expect_str_eq(scene.grip, "xxxxxx");
	for (unsigned f = 0; f < HANDS_FINGERS; f++)
		cr_expect_not(scene.hand[HANDS_LEFT].touch[f].is_down);
	/* more than a hand has fingers for: what no string takes is left out */
	for (unsigned key = 30; key < 80; key++)
		played.velocity[key] = 50000;
	cr_expect(hands_live_take(&live, &scene.neck, &played, 5000));
	cr_expect_leq(live.n, 2 * HANDS_LIVE);
}

Test(widget_hands, thumb_over,
	.description =
		"HRM-08: T: the thumb holds the lowest string from behind the neck, fingers the others")
{
	const struct hands_note note[] = {
		{.end_tick = 960, .key = 42, .string = 6, .fret = 2, .finger = HANDS_T},
		{.end_tick = 960, .key = 57, .string = 3, .fret = 2, .finger = 1},
		{.end_tick = 960, .key = 62, .string = 2, .fret = 3, .finger = 3},
		{.end_tick = 960, .key = 66, .string = 1, .fret = 2, .finger = 2}};
	struct hands_seen seen;

	hands_show(&mos_fret_guitar, note, 4, HANDS_LEFT, 100, &seen);
	cr_expect(seen.touch[HANDS_THUMB].is_down && seen.touch[HANDS_THUMB].fret == 2);
	cr_expect_lt(seen.result.error_mm, 1, "%g mm", (double)seen.result.error_mm);
	check_limits(&seen.pose);
}
