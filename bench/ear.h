/* SPDX-License-Identifier: MIT */
/**
 * Hears when a sound begins: the recording of a sink's monitor (tests/integration/capture.h), searched for
 * the first sample after exact silence. MOS and FluidSynth are exactly silent when nothing sounds.
 *
 * An onset's time is that at which the recorder had the frame in hand, plus the frame's place in its block:
 * as if the recorder were a loudspeaker that begins to play a block when it gets it. So all wake-ups, the
 * engine's and the sink's work are in it, and the sink's own quantum: like a card's, the null sink's monitor
 * gives in one cycle what the graph made in the one before.
 */
#ifndef BENCH_EAR_H
#define BENCH_EAR_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"

#define EAR_RATE_HZ 48000u
#define EAR_SINK "mos-null" /**< mos-session's */

struct ear {
	struct capture *capture;
	uint64_t frame; /**< of the recording: everything before it was listened to */
};

struct onset {
	uint64_t frame;    /**< of the recording */
	uint64_t position; /**< of the graph */
	int64_t time_ns;   /**< CLOCK_MONOTONIC */
};

/**
 * Begin to listen. Returns when frames come.
 * @param seconds  How long the ear may listen; afterwards it hears nothing.
 * @return 0 or -errno, said on stderr.
 */
int ear_open(struct ear *ear, uint32_t seconds);
void ear_close(struct ear *ear);

/**
 * Forget what was heard before. To be called right before something is asked for: a cycle that was lost in
 * the middle of a sound looks like its end, and the rest like another sound.
 */
void ear_from_now(struct ear *ear);

/** From now on, wait for a millisecond of silence. @return false: it is not silent within seconds. */
bool ear_wait_silence(struct ear *ear);

/** Wait for the next sound after silence. @return false: there is none within seconds. */
bool ear_wait_onset(struct ear *ear, struct onset *ret);

/** Whether the recorder itself missed cycles since the recording's frame `from`: what lies between is torn.
 */
bool ear_has_gap(const struct ear *ear, uint64_t from);

#endif
