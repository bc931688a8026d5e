/* SPDX-License-Identifier: MIT */
/**
 * Whether the service manager is told that we are alive. The control thread tells it from its own loop, which
 * says nothing about the audio thread: a cycle that never ends would be a silent box with a happy watchdog.
 * So the control thread looks whether one does, and says nothing more while it does not; the manager then
 * starts us again, and we play on from where we were. No cycle at all is no fault: there is no sink, or
 * PipeWire is away. (A real-time thread that spins may leave nobody else to run; LimitRTTIME= of the unit
 * ends that.) Control thread.
 */
#ifndef RTCORE_WATCHDOG_H
#define RTCORE_WATCHDOG_H

#include <stdint.h>

#define WATCHDOG_HUNG_NS                                                                                     \
	INT64_C(3'000'000'000) /**< a cycle has some milliseconds, a machine that stalls some 100 */

/** Zeroed is fine. */
struct watchdog {
	uint64_t serves;
	int64_t since_ns; /**< when a cycle was not under way, or another one than now */
};

/**
 * Look, several times a second.
 *
 * @param inside  A cycle is under way.
 * @param serves  Counts cycles.
 * @return 1: alive; 0: the same cycle has been under way for WATCHDOG_HUNG_NS.
 */
int watchdog_look(struct watchdog *w, int inside, uint64_t serves, int64_t now_ns);

#endif
