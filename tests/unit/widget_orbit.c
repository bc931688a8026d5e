/* SPDX-License-Identifier: MIT */
/* What pointer and keys do to a camera. */
#include "widget_picture.h"

#include "orbit.h"

static struct orbit orbit;
static struct orbit_move by;

static int at(enum mos_pointer_kind kind, float x, float y, uint32_t button, uint32_t buttons, float wheel)
{
	const struct mos_pointer p = {
		.kind = kind, .at = {x, y}, .button = button, .buttons = buttons, .wheel = wheel};

	return orbit_pointer(&orbit, &p, &by);
}

static int is_move(float turn, float tilt, float zoom)
{
	return fabsf(by.turn - turn) < 1e-6f && fabsf(by.tilt - tilt) < 1e-6f &&
	       fabsf(by.zoom - zoom) < 1e-6f;
}

Test(widget_orbit, pointer,
	.description = "WGT-25 WGT-26: drawn with the left button the camera turns by 8 mrad a point, the "
		       "wheel goes "
		       "nearer and farther, nothing else moves it")
{
	cr_expect_eq(at(MOS_POINTER_MOVE, 10, 10, 0, 0, 0), 0, "nothing is held");
	cr_expect_eq(at(MOS_POINTER_DOWN, 10, 10, 3, 4, 0), 0, "the right button");
	cr_expect(at(MOS_POINTER_DOWN, 10, 10, 1, 1, 0) && is_move(0, 0, 1));
	cr_expect(at(MOS_POINTER_MOVE, 5, 12, 0, 1, 0) && is_move(0.04f, 0.016f, 1));
	cr_expect(at(MOS_POINTER_MOVE, 6, 12, 0, 1, 0) && is_move(-0.008f, 0, 1), "from where it was last");
	cr_expect(at(MOS_POINTER_UP, 6, 12, 1, 0, 0) && is_move(0, 0, 1));
	cr_expect_eq(at(MOS_POINTER_MOVE, 60, 12, 0, 0, 0), 0);
	cr_expect(at(MOS_POINTER_WHEEL, 60, 12, 0, 0, 1) && is_move(0, 0, 1 / 1.1f));
	cr_expect(at(MOS_POINTER_WHEEL, 60, 12, 0, 0, -2) && is_move(0, 0, 1.1f));
}

Test(widget_orbit, lost_release,
	.description = "WGT-26: a release that was not told ends the turning all the same")
{
	cr_assert(at(MOS_POINTER_DOWN, 10, 10, 1, 1, 0));
	cr_expect(at(MOS_POINTER_MOVE, 20, 10, 0, 0, 0) && is_move(0, 0, 1), "the button is up");
	cr_expect_eq(at(MOS_POINTER_MOVE, 30, 10, 0, 0, 0), 0);
}

Test(widget_orbit, keys,
	.description = "WGT-25 WGT-26: arrows turn by 15 and tilt by 5 degrees, + and - zoom")
{
	const float degree = 3.14159265f / 180;

	cr_expect(orbit_key("left", &by) && is_move(-15 * degree, 0, 1));
	cr_expect(orbit_key("right", &by) && is_move(15 * degree, 0, 1));
	cr_expect(orbit_key("up", &by) && is_move(0, 5 * degree, 1));
	cr_expect(orbit_key("down", &by) && is_move(0, -5 * degree, 1));
	cr_expect(orbit_key("+", &by) && is_move(0, 0, 1 / 1.1f));
	cr_expect(orbit_key("-", &by) && is_move(0, 0, 1.1f));
	cr_expect_eq(orbit_key("v", &by), 0);
}
