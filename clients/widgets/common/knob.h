/* SPDX-License-Identifier: MIT */
/** A knob, as several widgets draw it. Pure. */
#ifndef WIDGET_KNOB_H
#define WIDGET_KNOB_H

#include <mos/draw.h>

#define KNOB_SWEEP 2.356194f /**< radians from the top to either end: 135 degrees */

/** Radians clockwise from the top of a value in [min, max], which is cut to it. */
float knob_angle(float value, float min, float max);
/** Its face in the middle of the box; the arc goes from where `from` stands to where `to` does, both angles.
 * @return its radius. */
float knob_draw(struct mos_draw *d, struct mos_box box, float from, float to, struct mos_ink ink);

#endif
