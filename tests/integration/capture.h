/* SPDX-License-Identifier: MIT */
/**
 * Hear what a sink plays: its monitor, recorded into memory as float frames through libpipewire's stream
 * interface, each block with the graph's clock of the cycle it belongs to.
 *
 * Thread: start, wait, stop and the accessors from one thread that is not PipeWire's. The samples may be
 * read while recording up to what capture_frames() has returned.
 */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct capture; /**< opaque */

/** Where a cycle's frames lie. */
struct capture_block {
	int64_t time_ns;   /**< the graph's clock at the cycle's begin, CLOCK_MONOTONIC */
	int64_t taken_ns;  /**< when the recorder had the frames in hand, CLOCK_MONOTONIC */
	uint64_t position; /**< the graph's frame count then */
	uint64_t frame;    /**< first frame in the recording */
	uint32_t n_frames;
};

/**
 * Start to record in stereo. Returns at once; the first frames come when the stream is linked.
 * @param sink        Node name of the sink; borrowed for the call.
 * @param max_frames  Room; what comes later is not kept.
 * @return 0 or -errno.
 */
int capture_start(const char *sink, uint32_t rate_hz, uint64_t max_frames, struct capture **ret);

/** Frames recorded so far; equal to `max_frames` when full. */
uint64_t capture_frames(const struct capture *capture);

/** Wait until `n_frames` are recorded. @return false when they are not after HEADLESS_WAIT_MS. */
bool capture_wait(const struct capture *capture, uint64_t n_frames);

/** One channel, 0 left, 1 right: capture_frames() samples. Borrowed until capture_stop(). */
const float *capture_channel(const struct capture *capture, int channel);

/** The blocks in order; gaps in `position` are gaps in the recording. */
const struct capture_block *capture_blocks(const struct capture *capture, uint32_t *ret_n);

/** Stop and free. NULL is fine. */
void capture_stop(struct capture *capture);

#endif
