/* SPDX-License-Identifier: MIT */
/**
 * Somebody who watches a Video/Source node through libpipewire, as OBS does: RGBA, memory mapped for it, no
 * dma-buf.
 *
 * Thread: a loop of its own; the callback runs there. Start, stop and the counters from any other.
 */
#ifndef TESTS_VIDEO_CONSUMER_H
#define TESTS_VIDEO_CONSUMER_H

#include <stdbool.h>
#include <stdint.h>

struct video_consumer; /**< opaque */

struct video_frame {
	const uint8_t *pixels; /**< borrowed for the call */
	uint32_t width, height, stride;
	uint32_t format;  /**< SPA_VIDEO_FORMAT_... */
	int64_t pts_ns;   /**< of the header, CLOCK_MONOTONIC */
	int64_t taken_ns; /**< when it came, CLOCK_MONOTONIC */
	uint64_t sequence;
	struct video_area {
		int32_t x, y;
		uint32_t w, h;
	} damage[16];
	uint32_t n_damage;
};

typedef void (*video_frame_fn)(void *data, const struct video_frame *frame);

/**
 * @param node    node.name; need not be there yet.
 * @param format  SPA_VIDEO_FORMAT_..., the only one that is taken.
 * @return 0 or -errno.
 */
int video_consumer_start(
	const char *node, uint32_t format, video_frame_fn frame, void *data, struct video_consumer **ret);

uint64_t video_consumer_frames(const struct video_consumer *consumer);

/** NULL is fine. */
void video_consumer_stop(struct video_consumer *consumer);

#endif
