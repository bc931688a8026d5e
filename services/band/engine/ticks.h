/* SPDX-License-Identifier: MIT */
/** Events in the ticks of a file: 480 a quarter (tritone.md 10). */
#ifndef BAND_TICKS_H
#define BAND_TICKS_H

#include "events.h"

#define BAND_FILE_PPQ 480
#define BAND_FILE_TICK_MAX 0x0fffffffu /**< what a variable-length quantity holds */

struct band_ticked {
	uint32_t start, end;
	uint8_t track; /**< 1 comp, 2 bass, 3 drums */
	uint8_t channel, note, velocity;
};

/**
 * In order of track, start, note, end, velocity, channel: whatever order the events had.
 * @return an array to free; NULL: no memory.
 */
struct band_ticked *band_ticked(const struct band_events *events);

#endif
