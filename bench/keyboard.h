/* SPDX-License-Identifier: MIT */
/** A MIDI keyboard in the graph: a PipeWire client with one UMP port, linked to MOS. */
#ifndef BENCH_KEYBOARD_H
#define BENCH_KEYBOARD_H

#include <stdint.h>

struct keyboard; /**< opaque */

/** Start it, and link it to the node `mos`. @return 0 or -errno. */
int keyboard_open(struct keyboard **ret);
void keyboard_close(struct keyboard *keyboard);

/**
 * Send a packet of one word (MIDI 1.0 channel voice) at the begin of the next cycle. One at a time: the one
 * before has left.
 */
void keyboard_send(struct keyboard *keyboard, uint32_t word);

/** The cycle that a packet left in. */
struct keyboard_cycle {
	uint64_t position; /**< the graph's, at the cycle's begin */
	int64_t time_ns;   /**< the graph's clock then, CLOCK_MONOTONIC */
};

/** Wait for the last packet to leave. */
struct keyboard_cycle keyboard_sent(const struct keyboard *keyboard);

#endif
