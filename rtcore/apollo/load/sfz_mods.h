/* SPDX-License-Identifier: MIT */
/** The modulators of a zone: what a region's opcodes ask for, in the zone table's terms. */
#ifndef SFZ_MODS_H
#define SFZ_MODS_H

#include "sfz_zone.h"

/** The zone's modulators, filter set before. The three by controllers 7, 11 and 10 are the last ones. */
int sfz_mods_make(struct sfz_maker *m, const struct sfz_region *r, struct zone *z);
/** Hz to absolute cents (8.176 Hz: 0), within what the engine's filters can do. */
float sfz_cents(float hz);

#define SFZ_USUAL_MODS 3u

#endif
