/* SPDX-License-Identifier: MIT */
/* The metronome as a picture: the pattern as a necklace with the gaps between its onsets, as a line of cells.
 * Pure. */
#ifndef METRONOME_DRAW_H
#define METRONOME_DRAW_H

#include <mos/draw.h>

#include "config.h"

struct metro_picture {
	const struct metro_config *config;
	uint16_t num, den; /* meter in force */
	int32_t step;      /* that sounds now; -1: none */
	double since_ns;   /* since it sounded */
	int32_t playing;
	double bpm;
	const char *message;
};

/* Radians clockwise from 12 o'clock. */
double metro_draw_angle(uint32_t step, uint32_t n_steps);
/* Where the two views are; w 0: that one is not shown. */
struct metro_places {
	struct mos_box circle, line;
};
struct metro_places metro_draw_places(const struct metro_config *config, float width, float height);
/* Where a step stands in the circle; where its cell is. */
struct mos_point metro_draw_bead(struct mos_box circle, uint32_t step, uint32_t n_steps);
struct mos_box metro_draw_cell(struct mos_box line, uint32_t step, uint32_t n_steps);
/* @return the step at a point of either view, -1: none. */
int32_t metro_draw_step_at(const struct metro_config *config, float width, float height, struct mos_point at);
/* How bright the step is that sounds: `intensity` when it does, half of it 90 ms later. */
float metro_draw_flash(const struct metro_picture *picture);
void metro_draw(struct mos_draw *d, const struct metro_picture *picture);

#endif
