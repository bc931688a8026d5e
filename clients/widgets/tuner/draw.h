/* SPDX-License-Identifier: MIT */
/** The tuner as a picture: a needle on an arc of cents, the note, the strings. Pure. */
#ifndef TUNER_DRAW_H
#define TUNER_DRAW_H

#include <mos/draw.h>

#include "view.h"

/* Direction of the needle: radians clockwise from 12 o'clock, 60 degrees at 50 cents and beyond. */
double tuner_needle_angle(double cents);
void tuner_draw(struct mos_draw *d, const struct tuner_view *view, const struct tuner_reading *reading);

#endif
