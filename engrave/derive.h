/* SPDX-License-Identifier: MIT */
/** Writing down what was only played: shared by read_quantise.c and read_derive.c. */
#ifndef ENGRAVE_DERIVE_H
#define ENGRAVE_DERIVE_H

#include "read.h"

#define BEAT NVX_PPQ
#define VOICES 4u
#define DERIVED_VOICE 64u /* above those of the layer */

/** A note that waits to be written. */
struct pending {
	int64_t from, to;
	uint32_t note, staff;
};

/** A chord in a voice; or nothing. */
struct open_chord {
	int64_t from, to;
	uint32_t first, n; /**< in pending[] */
	uint8_t is_open;
};

struct derive {
	struct eng_reader *r;
	struct pending *pending;
	uint32_t n, part;
	int64_t *third; /**< starts of the beats that count in thirds */
	uint32_t n_thirds;
	int alone;
	struct open_chord open[8][VOICES];
	int64_t written[8][VOICES]; /**< up to where the voice is filled in its measure */
};

/** Starts and ends on the grids of their beats, in order of start, staff, end; overlaps that nobody meant
 * cut. */
int eng_quantise(struct derive *d);
/** The beat of this tick counts in thirds. */
int eng_is_third(const struct derive *d, int64_t tick);

#endif
