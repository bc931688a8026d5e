/* SPDX-License-Identifier: MIT */
/**
 * A stand-in for mos-rtcore: speaks mos/rtctl.h on DIR/rtcore.sock from a thread of the test, hands out real
 * regions, writes down every record that it gets, answers as told. Functions may be called from the test's
 * thread; failures of the system end the test.
 */
#ifndef TEST_RTCORE_DOUBLE_H
#define TEST_RTCORE_DOUBLE_H

#include <mos/clock.h>
#include <mos/rtctl.h>

struct rtcore_double;

/** @param generation  Another one stands for a restarted rtcore. */
struct rtcore_double *rtcore_double_start(const char *dir, uint64_t generation);
/** Hang up and take the socket away. */
void rtcore_double_stop(struct rtcore_double *d);

/** From now on records of `op` are refused with `status` and `text` (NULL: ""); 0: done as usual. */
void rtcore_double_refuse(struct rtcore_double *d, uint32_t op, int status, const char *text);
/** Keep records of `op` unanswered; 0 answers what was kept. */
void rtcore_double_hold(struct rtcore_double *d, uint32_t op, int hold);

/** Wait until `n` records of `op` have come since the start. @return the n-th. */
struct mos_rtctl_msg rtcore_double_wait(struct rtcore_double *d, uint32_t op, uint32_t n);
/** Records of `op` so far. */
uint32_t rtcore_double_count(struct rtcore_double *d, uint32_t op);
/** All records so far, oldest first; at most `max` ops are written. @return how many there were. */
uint32_t rtcore_double_ops(struct rtcore_double *d, uint32_t *ops, uint32_t max);
/** Descriptors beside the n-th record of `op` (from 1). */
uint32_t rtcore_double_fds(struct rtcore_double *d, uint32_t op, uint32_t n);

/** Publish a clock; at first it is stopped, 4/4, 120 BPM, a score of 10 measures. */
void rtcore_double_clock(struct rtcore_double *d, const struct mos_clock *clock);
struct mos_clock rtcore_double_still(void);

/** Slots in use. */
uint32_t rtcore_double_clients(struct rtcore_double *d);
/** Records that the client of `slot` has put into its ring and that nobody took yet; takes them. */
uint32_t rtcore_double_drain(struct rtcore_double *d, uint32_t slot);

/** What the client of `slot` was allowed: MOS_MAY_*. */
uint32_t rtcore_double_may(struct rtcore_double *d, uint32_t slot);
/** Add to a counter of the page. */
void rtcore_double_count_up(struct rtcore_double *d, const char *label, uint64_t by);
/** Events of a type that the broker had published so far, oldest first. @return how many there were. */
uint32_t rtcore_double_events(struct rtcore_double *d, uint32_t type, struct mos_event *ret, uint32_t max);

#endif
