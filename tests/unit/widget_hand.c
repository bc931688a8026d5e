/* SPDX-License-Identifier: MIT */
/* What a hand does to knobs and faders. */
#include "widget_picture.h"

#include "hand.h"
#include "knob.h"

enum { FADER = 1, KNOB };
static const struct hand_feel fader = {.rest = 0, .per_wheel = 1},
			      knob = {.rest = 0.5f, .per_wheel = 2, .per_point = 0.25f};

static struct hand hand;
static float value;

/* The place of a fader where the pointer is stands for its y. */
static int at(enum mos_pointer_kind kind, float y, uint32_t button, uint32_t buttons, int part,
	const struct hand_feel *feel)
{
	const struct mos_pointer p = {
		.kind = kind, .at = {5, y}, .button = button, .buttons = buttons, .wheel = 3};
	const int does = hand_move(&hand, &p, part, feel, 10, y, &value);

	hand_end(&hand, &p);
	return does;
}

Test(widget_hand, fader,
	.description = "WGT-31: a fader goes where the pointer is, from the press to the release")
{
	cr_expect_eq(at(MOS_POINTER_MOVE, 7, 0, 0, FADER, &fader), 0, "nothing is held");
	cr_expect(at(MOS_POINTER_DOWN, 40, 1, 1, FADER, &fader) && value == 40);
	cr_expect_eq(hand_part(&hand, KNOB), FADER, "what is held is meant wherever the pointer is");
	cr_expect(at(MOS_POINTER_MOVE, 30, 0, 1, FADER, &fader) && value == 30);
	cr_expect_eq(at(MOS_POINTER_UP, 20, 1, 0, FADER, &fader), 0);
	cr_expect_eq(hand_part(&hand, KNOB), KNOB);
	cr_expect_eq(at(MOS_POINTER_MOVE, 20, 0, 0, FADER, &fader), 0);
	cr_expect(at(MOS_POINTER_WHEEL, 20, 0, 0, FADER, &fader) && value == 13);
	cr_expect(at(MOS_POINTER_DOWN, 20, 3, 4, FADER, &fader) && value == 0);
	cr_expect_eq(hand_part(&hand, 0), 0, "the right button holds nothing");
}

Test(widget_hand, knob,
	.description = "WGT-17 WGT-31: a knob is turned from where it stands, upwards for more")
{
	cr_expect_eq(at(MOS_POINTER_DOWN, 40, 1, 1, KNOB, &knob), 0, "a press alone turns nothing");
	cr_expect(at(MOS_POINTER_MOVE, 20, 0, 1, KNOB, &knob) && value == 15);
	cr_expect_eq(at(MOS_POINTER_MOVE, 20, 0, 1, FADER, &fader), 0, "another is not held");
	cr_expect(at(MOS_POINTER_MOVE, 60, 0, 1, KNOB, &knob) && value == 5, "by the way from the press");
	(void)at(MOS_POINTER_LEAVE, 0, 0, 0, KNOB, &knob);
	cr_expect_eq(at(MOS_POINTER_MOVE, 60, 0, 1, KNOB, &knob), 0, "it was let go outside");
	cr_expect(at(MOS_POINTER_WHEEL, 0, 0, 0, KNOB, &knob) && value == 16);
	cr_expect(at(MOS_POINTER_DOWN, 0, 3, 4, KNOB, &knob) && value == 0.5f);
}

Test(widget_hand, keys, .description = "WGT-31: keys come in pairs")
{
	cr_expect_eq(hand_key("left", "left", "right"), -1);
	cr_expect_eq(hand_key("right", "left", "right"), 1);
	cr_expect_eq(hand_key("up", "left", "right"), 0);
}

Test(widget_hand, face, .description = "WGT-17 WGT-31: a knob's hand points where its value stands")
{
	cr_expect_float_eq(knob_angle(0, -24, 24), 0, 1e-6);
	cr_expect_float_eq(knob_angle(1, 0, 1), KNOB_SWEEP, 1e-6);
	cr_expect_float_eq(knob_angle(-5, 0, 1), -KNOB_SWEEP, 1e-6, "not beyond its end");
	(void)knob_draw(picture_begin(100, 100), (struct mos_box){0, 0, 100, 100}, -KNOB_SWEEP,
		knob_angle(0.75f, 0, 1), mos_ink(MOS_TOKEN_ACCENT));
	picture_check();
	cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_ACCENT, 1), 1, "as far as it stands");
	(void)knob_draw(
		picture_begin(100, 100), (struct mos_box){0, 0, 100, 100}, 0, 0, mos_ink(MOS_TOKEN_ACCENT));
	cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_ACCENT, 1), 0, "at rest");
}
