/* SPDX-License-Identifier: MIT */
/**
 * Where MOS' transport is at the start of a JACK cycle, from the clock page, and which bar and beat that is.
 * Pure, for the audio thread.
 */
#ifndef JACK_PLACE_H
#define JACK_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include <mos/clock.h>

#define PLACE_TICKS_A_BEAT 1920 /* what JACK's programs are used to */

struct place {
	bool is_there; /**< rtcore runs, at JACK's rate */
	bool has_song;
	bool rolls;    /**< and counts in no longer */
	int64_t frame; /**< of the song, at the cycle's start */
	int64_t ago;   /**< frames since the page's anchor */
	struct mos_clock clock;
	struct mos_clock_song song;
};

/** Bar, beat and tick as JACK has them. */
struct place_bbt {
	int32_t bar, beat, tick; /**< from 1, from 1, from 0 */
	double bar_start_tick;
	uint32_t num, den;
	double bpm; /**< beats of the meter a minute: eighths in 6/8 */
};

/**
 * @param page     NULL: rtcore is not there.
 * @param time_ns  CLOCK_MONOTONIC of the cycle's start.
 */
void place_read(const struct mos_clock_page *page, int64_t time_ns, uint32_t rate_hz, uint32_t n_frames,
	struct place *ret) MOS_RT;

/** While it rolls: did it move between the two other than by playing? */
bool place_moved(const struct place *before, const struct place *now) MOS_RT;

/** Bar and beat so many frames after the cycle's start. */
void place_bbt(const struct place *p, int64_t frames, struct place_bbt *ret) MOS_RT;
/** The same where JACK's transport rolls by itself: in MOS' tempo and meter from its frame 0 on. */
void place_bbt_alone(const struct place *p, uint32_t frame, uint32_t rate_hz, struct place_bbt *ret) MOS_RT;

/** Frames of a tick of 960 a quarter, rounded up. */
int64_t place_tick_frames(const struct place *p) MOS_RT;

#endif
