/* SPDX-License-Identifier: MIT */
/**
 * The MIDI clock that others follow, on the MIDI output: 24 clocks a quarter, start, stop, continue and song
 * position (TOU-45). Off until it is asked for. Audio thread only.
 */
#ifndef RTCORE_MIDI_CLOCK_H
#define RTCORE_MIDI_CLOCK_H

#include <stdint.h>

struct midi_clock {
	int on;
	int is_running;  /**< who follows was told to start, or to go on */
	int is_heard;    /**< somebody listens to the MIDI output */
	int64_t at_tick; /**< where who follows stands, -1: nobody knows */
};

#endif
