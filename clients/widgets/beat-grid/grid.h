/* SPDX-License-Identifier: MIT */
/** The beat grid: a measure as cells, the one that sounds flashes on its beat. Pure. */
#ifndef WIDGET_BEAT_GRID_H
#define WIDGET_BEAT_GRID_H

#include <mos/clock.h>
#include <mos/draw.h>

struct grid_at {
	uint32_t n_beats, beat; /* of the measure; beat from 0 */
	double phase;           /* 0..1 of the way to the next beat */
	double since_ns;        /* since the beat */
	uint32_t measure;       /* from 0 */
	uint16_t den;
	int rolling;
};

/* Where the music is at a time. */
struct grid_at grid_at(const struct mos_clock *clock, int64_t time_ns);
/* How bright the cell of the beat is: 1 on the beat, half 90 ms later. */
float grid_flash(const struct grid_at *at);
void grid_draw(struct mos_draw *d, const struct grid_at *at, unsigned int subdivision);

#endif
