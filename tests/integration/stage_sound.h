/* SPDX-License-Identifier: MIT */
/** What a recording of the sink holds: when sounds begin, how loud they are. Times are the graph's clock. */
#ifndef TESTS_STAGE_SOUND_H
#define TESTS_STAGE_SOUND_H

#include <stdint.h>

#include "capture.h"

/** Frame of the recording at a time of the graph's clock, by the block that it lies in. */
int64_t sound_frame_at(const struct capture *capture, int64_t time_ns, uint32_t rate_hz);
/** The loudest sample from here on, either channel. */
float sound_peak(const struct capture *capture, int64_t frame, int64_t n_frames);
/** First frame from `frame` on, within n_frames, that is louder than `level`; -1: none. */
int64_t sound_onset(const struct capture *capture, int64_t frame, int64_t n_frames, float level);
/** Frames that the recorder did not get, between its first and its last. */
uint64_t sound_missing(const struct capture *capture);

#endif
