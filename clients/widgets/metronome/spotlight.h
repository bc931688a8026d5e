/* SPDX-License-Identifier: MIT */
/* A tradition heard (TOU-29): a short example for each preset, played by the drums that it is played on. */
#ifndef METRONOME_SPOTLIGHT_H
#define METRONOME_SPOTLIGHT_H

#include <mos/euclid.h>

#include "hits.h"

#define SPOT_LINES_MAX 6

struct spotlight {
	uint32_t preset;   /* enum mos_preset_id */
	const char *text;  /* who plays */
	uint16_t bpm;      /* quarters */
	uint16_t num, den; /* meter */
	uint16_t cell_ticks;
	uint16_t times; /* that the cycle is played */
	struct {
		uint8_t key;
		const char
			*cells; /* X accent, x, o soft, . rest; all lines of an example are of one length */
	} line[SPOT_LINES_MAX];
};

/* @return NULL: there is none of this number. */
const struct spotlight *spotlight(uint32_t preset);
/* Length of all of it. */
int64_t spotlight_ticks(const struct spotlight *spot);
/* Append its hits at from <= tick < to, in order of time. */
void spotlight_hits(const struct spotlight *spot, int64_t from, int64_t to, struct metro_score *score);

#endif
