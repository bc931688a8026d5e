/* SPDX-License-Identifier: MIT */
#include "knob.h"

#include <math.h>

float knob_angle(float value, float min, float max)
{
	const float share = (value - min) / (max - min);

	return (2 * fminf(fmaxf(share, 0), 1) - 1) * KNOB_SWEEP;
}

float knob_draw(struct mos_draw *d, struct mos_box box, float from, float to, struct mos_ink ink)
{
	const struct mos_point c = mos_box_center(box);
	const float r = fminf(box.w, box.h) * 0.4f, tip = r * 0.68f, root = r * 0.3f;

	mos_draw_arc(d, c, r, r * 0.13f, -KNOB_SWEEP, 2 * KNOB_SWEEP, mos_ink(MOS_TOKEN_OFF));
	if (fabsf(to - from) > 0.01f)
		mos_draw_arc(d, c, r, r * 0.13f, fminf(from, to), fabsf(to - from), ink);
	mos_draw_disc(d, c, r * 0.78f, mos_ink_faint(MOS_TOKEN_OFF, 0.7f));
	mos_draw_line(d, (struct mos_point){c.x + root * sinf(to), c.y - root * cosf(to)},
		(struct mos_point){c.x + tip * sinf(to), c.y - tip * cosf(to)}, fmaxf(r * 0.09f, 2),
		mos_ink(MOS_TOKEN_TEXT));
	return r;
}
