/* SPDX-License-Identifier: MIT */
/**
 * What every bench needs: pinning, a cheap clock, quantiles, and the JSON line of a figure. A bench prints
 * one line a figure on stdout and nothing else there; remarks go to stderr. Times are compared as ratios to
 * a peer measured in the same run, since machines are noisy.
 */
#ifndef MOS_BENCH_H
#define MOS_BENCH_H

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static inline int64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/** The CPU's own counter: some 8 ns to read, where clock_gettime() takes 20 and more. */
static inline uint64_t bench_cycles(void)
{
#if defined(__x86_64__)
	unsigned int aux;

	return __rdtscp(&aux);
#else
	return (uint64_t)bench_now_ns();
#endif
}

/** Nanoseconds a cycle of bench_cycles(), measured over 50 ms. */
static inline double bench_ns_per_cycle(void)
{
	int64_t ns = bench_now_ns(), end_ns;
	uint64_t cycles = bench_cycles();

	do
		end_ns = bench_now_ns();
	while (end_ns - ns < 50000000);
	return (double)(end_ns - ns) / (double)(bench_cycles() - cycles);
}

/** The n-th CPU that this process may use, counted round; the mask is that of the caller, so ask first, pin
 * then. */
static inline int bench_nth_cpu(int n)
{
	cpu_set_t set;
	int count;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 0;
	count = CPU_COUNT(&set);
	n %= count;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && n-- == 0)
			return cpu;
	return 0;
}

/** Pin the calling thread. @return 0 or -errno. */
static inline int bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

static inline int bench_compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/** Sorts `samples`, for which any q of 0..1 can then be asked with bench_at(). */
static inline void bench_sort(double *samples, size_t n)
{
	qsort(samples, n, sizeof(*samples), bench_compare);
}

static inline double bench_at(const double *sorted, size_t n, double q)
{
	size_t i = (size_t)(q * (double)n);

	return sorted[i < n ? i : n - 1];
}

/** One figure. `ratio` is value / peer_value. peer NULL: measured alone. */
static inline void bench_print(
	const char *name, double value, const char *unit, const char *peer, double peer_value)
{
	printf("{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\"", name, value, unit);
	if (peer)
		printf(",\"peer\":\"%s\",\"peer_value\":%.6g,\"ratio\":%.6g}\n", peer, peer_value,
			value / peer_value);
	else
		printf(",\"peer\":null,\"peer_value\":null,\"ratio\":null}\n");
	fflush(stdout);
}

#endif
