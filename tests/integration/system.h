/* SPDX-License-Identifier: MIT */
/**
 * Helpers of the whole-system tests: they run inside mos-session, with a private PipeWire, among the real
 * mos-rtcore, mos-broker and mos-hermes, and reach them as any program does, through libmos.
 */
#ifndef TESTS_SYSTEM_H
#define TESTS_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <mos/control.h>

#define SYSTEM_WAIT_MS 30000 /* a watchdog, not a measure: nothing here should take that long */

/** Connect, or fail the test. */
struct mos_client *system_connect(const char *name);
/** Wait until `ready(data)`; false when it is not within SYSTEM_WAIT_MS. */
bool system_wait(bool (*ready)(void *data), void *data);
/** Wait until the process holds at most so many descriptors: what it closes, it closes a moment later. */
bool system_wait_fds(pid_t pid, int most);
/** Wait until Apollo's bank is in force and cycles come. */
void system_wait_playable(struct mos_client *c);
/** Process ids, from the status; 0: not up. */
pid_t system_rtcore_pid(struct mos_client *c);
pid_t system_broker_pid(struct mos_client *c);
/** A counter's value (or number of samples), 0 when it does not exist. */
uint64_t system_counter(struct mos_client *c, const char *name);
/** Resident set of a process in KiB, open descriptors of it. */
long system_rss_kib(pid_t pid);
int system_fds(pid_t pid);
/** The demo piece. */
const char *system_demo(void);

#endif
