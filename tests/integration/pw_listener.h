/* SPDX-License-Identifier: MIT */
/** A program with one MIDI input (UMP) that writes down what comes, and knows what sounds. For integration
 * tests. */
#ifndef TESTS_PW_LISTENER_H
#define TESTS_PW_LISTENER_H

#include <stdatomic.h>
#include <stdint.h>

#define LISTENER_MAX 65536u

struct pw_listener;

/** One packet's first word, and when it came. */
struct listener_heard {
	int64_t time_ns; /**< of the graph's cycle */
	uint32_t offset; /**< frame in it */
	uint32_t word;
};

/** @param port  The node is `name`, and so is the port: "name:port" to others. */
struct pw_listener *pw_listener_start(const char *name, const char *port);
void pw_listener_stop(struct pw_listener *listener);
/** Packets so far; those below it stay. */
uint32_t pw_listener_count(const struct pw_listener *listener);
struct listener_heard pw_listener_get(const struct pw_listener *listener, uint32_t i);
/** When each of its cycles began, by the graph's clock. A busy machine lets clients miss some. @return how many. */
uint32_t pw_listener_cycles(const struct pw_listener *listener, const int64_t **ret_time_ns);
/** Keys that were struck and not let go, over all channels, by the first `n` packets. */
uint32_t pw_listener_sounding(const struct pw_listener *listener, uint32_t n);

#endif
