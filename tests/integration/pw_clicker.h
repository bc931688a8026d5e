/* SPDX-License-Identifier: MIT */
/**
 * A metronome by the graph's clock: a click of 20 ms to a sink each half second of CLOCK_MONOTONIC, whatever
 * cycles are lost meanwhile.
 *
 * Thread: all functions from one thread that is not PipeWire's.
 */
#ifndef TESTS_PW_CLICKER_H
#define TESTS_PW_CLICKER_H

#include <stdint.h>

#define CLICKER_EVERY_NS 500'000'000 /**< clicks begin at multiples of it */
#define CLICKER_RATE 48000u

struct pw_clicker; /**< opaque */

/** Returns when it plays. Fails the test when that does not work. @param sink  node name; borrowed for the
 * call. */
struct pw_clicker *pw_clicker_start(const char *sink);

/** NULL is fine. */
void pw_clicker_stop(struct pw_clicker *clicker);

#endif
