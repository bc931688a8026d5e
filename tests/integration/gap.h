/* SPDX-License-Identifier: MIT */
/**
 * A piece that never is silent and whose pitch says which beat it is, and what of it a recording lacks. For
 * tests of what survives a kill.
 */
#ifndef TESTS_GAP_H
#define TESTS_GAP_H

#include <stdint.h>

#include "capture.h"

#define GAP_BEATS 240u /**< of the piece, at 120 a minute */
#define GAP_KEYS 24u   /**< pitches, one beat after the other, again and again */
#define GAP_BEAT_FRAMES 24000u

/** Write the piece: an organ on one channel. @return 0, -errno. */
int gap_write_piece(const char *path);

struct gap {
	uint64_t begin, end; /**< frames of the recording; equal: none */
};

/** The longest silence between two places of a recording. */
struct gap gap_longest(const struct capture *capture, uint64_t from, uint64_t to);

/** Which of the piece's pitches sounds from there on for `n` frames, 0..GAP_KEYS - 1; -1: none. */
int gap_key_at(const struct capture *capture, uint64_t from, uint32_t n);

/** Frame of the recording for a time (CLOCK_MONOTONIC). */
uint64_t gap_frame_at(const struct capture *capture, int64_t time_ns);
/** And back. */
int64_t gap_time_of(const struct capture *capture, uint64_t frame);

#endif
