/* SPDX-License-Identifier: MIT */
/** The chord detector as a picture: symbol, numeral, key, who voted, how sure it is. Pure. */
#ifndef CHORD_DETECTOR_DRAW_H
#define CHORD_DETECTOR_DRAW_H

#include <mos/draw.h>

struct detector_picture {
	const char *symbol, *numeral, *key, *others; /* "": none */
	uint8_t votes;                               /* bits of enum mos_chord_origin */
	float confidence;                            /* 0..1 */
	uint16_t pitch_classes;
};
void detector_draw(struct mos_draw *d, const struct detector_picture *picture);

#endif
