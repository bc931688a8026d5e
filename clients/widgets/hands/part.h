/* SPDX-License-Identifier: MIT */
/**
 * The part of a score that the hands play, measure by measure, as Hermes answers it: strings and fingers by
 * its tablature and its fingering, and where it has none, as mos_fret_propose() would play it. Pure but for
 * that one's memory.
 */
#ifndef WIDGET_HANDS_PART_H
#define WIDGET_HANDS_PART_H

#include <mos/value.h>

#include "aim.h"
#include "order.h"

#define HANDS_MEASURES 8u /**< that are known at once */
#define HANDS_NOTES 128u  /**< of a measure; more are left out */
#define HANDS_WINDOW (4 * HANDS_NOTES)
#define HANDS_ID 64u

struct hands_measure {
	uint32_t index; /**< as played */
	uint8_t is_known;
	uint32_t n;
	struct hands_note note[HANDS_NOTES];
};

/** Zeroed, with a neck: there is no score. */
struct hands_part {
	struct mos_fret_neck neck;
	struct order order;
	uint32_t at;           /**< measure that plays */
	char wanted[HANDS_ID]; /**< id of the part; "": the first that has tablature, else the first that
				  plays */
	char found[HANDS_ID];  /**< the one that has tablature */
	struct hands_measure measure[HANDS_MEASURES];
};

/** Another score, or another part, or an edited one. */
void hands_part_clear(struct hands_part *part);
/** Index of a measure that is needed and not known, the nearest first; UINT32_MAX: none. */
uint32_t hands_part_missing(const struct hands_part *part);
/** What hermes.measure.get answered, or hermes.note.list, whose notes have no places. */
void hands_part_put(struct hands_part *part, uint32_t index, const struct mos_value *answer);
/** What is played around the measure that plays, in order. @param ret  HANDS_WINDOW. @return notes. */
unsigned hands_part_gather(const struct hands_part *part, struct hands_note *ret);

/** Strings, frets and fingers where there are none: string 0, finger NOBODY. */
#define HANDS_NOBODY 255u
void hands_propose(const struct mos_fret_neck *neck, struct hands_note *note, unsigned n);

#endif
