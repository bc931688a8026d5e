/* SPDX-License-Identifier: MIT */
/**
 * Play a sound out of memory to a sink, once, through libpipewire's stream interface: stands for any other
 * program that makes music. What follows is silence.
 *
 * Thread: all functions from one thread that is not PipeWire's.
 */
#ifndef TESTS_PW_PLAYER_H
#define TESTS_PW_PLAYER_H

#include <stdint.h>

struct pw_player; /**< opaque */

/**
 * Begin to play. Returns when the first frame is on its way. Fails the test when that does not work.
 * @param sink    Node name; borrowed for the call.
 * @param sample  n mono frames for both channels, borrowed until pw_player_stop().
 */
struct pw_player *pw_player_start(const char *sink, uint32_t rate_hz, const float *sample, uint64_t n);

/** When the first frame was played: the graph's clock at the begin of its cycle, CLOCK_MONOTONIC. */
int64_t pw_player_began_ns(const struct pw_player *player);

/** Disappear. NULL is fine. */
void pw_player_stop(struct pw_player *player);

#endif
