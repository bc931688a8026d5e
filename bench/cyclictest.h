/* SPDX-License-Identifier: MIT */
/**
 * cyclictest of rt-tests beside what a bench measures, in the same seconds: it shows what the machine itself
 * does to a thread that sleeps and wakes, so that its stalls are told apart from ours.
 */
#ifndef BENCH_CYCLICTEST_H
#define BENCH_CYCLICTEST_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct cyclictest {
	FILE *output; /**< NULL: not started */
	pid_t pid;
};

/**
 * Start it: one SCHED_FIFO thread that wakes `loops` times, `interval_us` apart. Dies with the caller.
 * @param priority  1..99.
 */
void cyclictest_start(
	struct cyclictest *test, unsigned int priority, unsigned int interval_us, unsigned int loops);

/**
 * Wait for its end and take what it saw.
 * @param ret_ns  Room for `max` wake-up latencies, filled in rising order; whole microseconds.
 * @return their number; 0 when it is not installed or may not be real-time, which is said on stderr.
 */
size_t cyclictest_finish(struct cyclictest *test, double *ret_ns, size_t max);

#endif
