/* SPDX-License-Identifier: MIT */
/**
 * Capabilities: what a caller may do. The broker grants them when a connection is made and tells each service
 * those of its caller; a method names the ones it needs (struct rpc_method).
 */
#ifndef MOS_BASE_CAPS_H
#define MOS_BASE_CAPS_H

#include <stdint.h>

/** X(SYMBOL, bit, "name"): the one table. */
#define CAPS(X)                                                                                              \
	X(OBSERVE, 0, "observe")     /* clock, events, counters, status */                                   \
	X(TRANSPORT, 1, "transport") /* play, pause, seek, tempo ... */                                      \
	X(PLAY, 2, "play")           /* notes, and an ingress ring of one's own */                           \
	X(ENGINE, 3, "engine")       /* banks, instruments, strips */                                        \
	X(SERVICE, 4, "service")     /* be a service, load timelines */                                      \
	X(ADMIN, 5, "admin")         /* end everything */

enum {
#define X(sym, bit, name) CAP_##sym = 1u << (bit),
	CAPS(X)
#undef X
};

#define CAPS_ALL (CAP_OBSERVE | CAP_TRANSPORT | CAP_PLAY | CAP_ENGINE | CAP_SERVICE | CAP_ADMIN)

/** What people of the group get who are neither the owner of the broker nor root. */
#define CAPS_GROUP (CAP_OBSERVE | CAP_TRANSPORT | CAP_PLAY)

/** Name of the capability with the lowest bit of `caps`; NULL when there is none of ours in it. */
const char *caps_name(uint32_t caps);
/** Bit of a name, 0 when unknown. */
uint32_t caps_from_name(const char *name);

#endif
