/* SPDX-License-Identifier: MIT */
#ifndef LATENCY_HUD_DRAW_H
#define LATENCY_HUD_DRAW_H

#include <mos/draw.h>

#include "hud.h"

/* How far a value is along its bar, whose end is twice the limit: 0..1. */
double hud_bar(const struct hud_threshold *threshold);
/* The five thresholds as bars with their limits, and what is counted. */
void hud_draw_in(struct mos_draw *d, struct mos_box box, const struct hud_figures *f);
void hud_draw(struct mos_draw *d, const struct hud_figures *f);

#endif
