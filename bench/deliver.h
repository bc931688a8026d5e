/* SPDX-License-Identifier: MIT */
/** Peers of the deliver bench: the same job done with sockets. */
#ifndef BENCH_DELIVER_H
#define BENCH_DELIVER_H

#include <stdint.h>

struct deliver_peer {
	const char *name;
	double p50_us, p99_us;
};

/** Sleep 1 to 3 ms. */
void deliver_pause(void);

/** A relay process; `n_subscribers` sockets of one reader process; the time is the last one's. @return 0, -1. */
int deliver_hub(uint32_t n_subscribers, uint32_t n_events, struct deliver_peer *ret);

/** One signal through a dbus-daemon of its own. @return 0, -1 there is none. */
int deliver_dbus(uint32_t n_events, struct deliver_peer *ret);

#endif
