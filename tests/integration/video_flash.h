/* SPDX-License-Identifier: MIT */
/**
 * Flashes of a picture, with the time that each frame is meant to be seen at: to be laid beside the clicks
 * that a capture has heard, both CLOCK_MONOTONIC.
 *
 * Thread: as video_consumer.h; the accessors after video_flash_stop() or for what video_flash_count() has
 * counted.
 */
#ifndef TESTS_VIDEO_FLASH_H
#define TESTS_VIDEO_FLASH_H

#include <stddef.h>
#include <stdint.h>

#include "video_consumer.h"

#define VIDEO_FLASH_MAX 256

struct video_flash; /**< opaque */

/**
 * Watch a rectangle of a node's picture.
 * @param jump  How much brighter, 0..255 of the mean of red, green and blue, one frame must be than the one
 * before.
 * @return 0 or -errno.
 */
int video_flash_start(const char *node, const struct video_area *area, double jump, struct video_flash **ret);

/** How many there were. */
size_t video_flash_count(const struct video_flash *flash);
/** When the i-th is meant to be seen. */
int64_t video_flash_ns(const struct video_flash *flash, size_t i);
/** The one that is nearest to a time; INT64_MAX: none. */
int64_t video_flash_nearest_ns(const struct video_flash *flash, int64_t time_ns);
uint64_t video_flash_frames(const struct video_flash *flash);

/** NULL is fine. */
void video_flash_stop(struct video_flash *flash);

#endif
