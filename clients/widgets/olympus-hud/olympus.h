/* SPDX-License-Identifier: MIT */
/** What MOS hears and how fast: each ear's chord, the chord that they agree on, the five figures of latency.
 * Pure. */
#ifndef WIDGET_OLYMPUS_H
#define WIDGET_OLYMPUS_H

#include <mos/draw.h>
#include <mos/event.h>

#include "hud.h"

#define OLYMPUS_EARS 3u /**< by enum mos_chord_origin: played, heard, written */

struct olympus_chord {
	char symbol[24]; /**< in the signs of print; "": no chord */
	float confidence;
	int64_t time_ns; /**< 0: nothing was told yet */
};

struct olympus {
	struct hud_figures figures;
	struct olympus_chord ear[OLYMPUS_EARS], fused;
	uint8_t votes;   /**< bit of each ear that agrees */
	uint8_t version; /**< counts decisions */
};

/** chord:detected of one ear, or of the fusion. @return 1: something changed. */
int olympus_event(struct olympus *o, const struct mos_event *ev);
/** Seconds since somebody told it; negative: nobody did. */
double olympus_age_s(const struct olympus_chord *chord, int64_t now_ns);
void olympus_draw(struct mos_draw *d, const struct olympus *o);
void olympus_text(const struct olympus *o, char *ret, size_t size);

#endif
