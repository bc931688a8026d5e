/* SPDX-License-Identifier: MIT */
/**
 * A two-way link that carries 64-byte records between two processes: what bench/ring.c measures. create()
 * runs once, before the fork; attach() in both processes after it; then each side sends and takes.
 */
#ifndef BENCH_RING_LINK_H
#define BENCH_RING_LINK_H

#include <stdbool.h>

#include <mos/event_ring.h>

struct link {
	const struct link_ops *ops;
	void *state; /* of the link's own type; lives until the process ends */
};

struct link_ops {
	const char *name;
	int (*create)(struct link *link);           /**< @return 0; negative: not to be had here */
	int (*attach)(struct link *link, int side); /**< side 0 or 1. @return 0 or negative */
	void (*send)(struct link *link, const struct mos_event *ev);
	bool (*take)(struct link *link, struct mos_event *ret); /**< never blocks */
	void (*stop)(struct link *link); /**< by the parent: ends what create() started; may be NULL */
};

extern const struct link_ops link_ring;    /**< ours */
extern const struct link_ops link_slot;    /**< one cache line each way: as fast as this machine can */
extern const struct link_ops link_socket;  /**< a Unix SOCK_SEQPACKET pair, polled */
extern const struct link_ops link_iceoryx; /**< iceoryx 2.0, polled; create() fails where it was not found */

/**
 * ring_fanout.c: what a publish costs, by number of reading processes. Writes on cpu[0], reads on cpu[1].
 * @return 0 or 1, an exit status.
 */
int bench_fanout(const int cpu[2]);

#endif
