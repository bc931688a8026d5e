/* SPDX-License-Identifier: MIT */
/*
 * What does it cost to know where the music is, and how exact is the answer? While another thread writes
 * the page every 100 us (far more often than a cycle), blocks of 64 reads are timed.
 *
 * Good: a read below 20 ns, that is less than reading the system's clock, its peer; reading, extrapolating
 * and asking the time together below 100 ns; and an extrapolation that is off the exact line by less than a
 * nanosecond. (How exact the anchors are is rtcore's matter: bench/cycle.c.)
 */
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <mos/clock.h>

#include "bench.h"

#define N_BLOCKS 40000
#define BLOCK 64
#define WRITE_EVERY_NS 100000
#define NPQ UINT64_C(487804878) /* 123 BPM: no round number of anything */
#define RATE_HZ 48000

static struct mos_region region;
static bool stop;

/** The page as rtcore would write it at `now_ns` when tick 0 was at `start_ns`: exact to 1/2^32 tick. */
static struct mos_clock clock_at(int64_t start_ns, int64_t now_ns)
{
	__int128 pos = (__int128)(now_ns - start_ns) * MOS_PPQ * (INT64_C(1) << 32) / (int64_t)NPQ;

	return (struct mos_clock){
		.state = MOS_TRANSPORT_PLAYING,
		.flags = MOS_CLOCK_ROLLING | MOS_CLOCK_DRIVER_UP,
		.rate_hz = RATE_HZ,
		.quantum_frames = 128,
		.time_ns = now_ns,
		.tick = (int64_t)(pos >> 32),
		.tick_frac = (uint32_t)pos,
		.rate_ppm = 1000000,
		.ns_per_quarter = NPQ,
		.frame_ps = 1000000000000 / RATE_HZ,
	};
}

static void *write_pages(void *arg)
{
	int64_t start_ns = *(const int64_t *)arg, next_ns = start_ns;

	(void)bench_pin(bench_nth_cpu(1));
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int64_t now_ns = bench_now_ns();

		if (now_ns >= next_ns) {
			struct mos_clock clock = clock_at(start_ns, now_ns);

			mos_clock_publish(region.base, &clock);
			next_ns = now_ns + WRITE_EVERY_NS;
		}
	}
	return NULL;
}

enum question { READ, WHERE, TIME, N_QUESTIONS };

/** Ask once. @return something of the answer, so that the compiler can't leave the question out. */
static uint64_t ask(enum question question)
{
	struct mos_clock clock;

	switch (question) {
	case READ:
		return mos_clock_read(region.base, &clock) == 0 ? clock.frame_ps : 0;
	case WHERE:
		return mos_clock_read(region.base, &clock) == 0
			       ? (uint64_t)mos_clock_tick_at(&clock, bench_now_ns(), NULL)
			       : 0;
	default:
		return (uint64_t)bench_now_ns();
	}
}

/** Blocks of the three questions by turns, so that all see the same machine. */
static void time_questions(double *samples[N_QUESTIONS])
{
	double ns_per_cycle = bench_ns_per_cycle();
	volatile uint64_t sink;

	for (int i = 0; i < N_BLOCKS; i++) {
		for (enum question q = READ; q < N_QUESTIONS; q++) {
			uint64_t start = bench_cycles(), sum = 0;

			for (int k = 0; k < BLOCK; k++)
				sum += ask(q);
			samples[q][i] = (double)(bench_cycles() - start) * ns_per_cycle / BLOCK;
			sink = sum;
		}
	}
	(void)sink;
}

/** How far mos_clock_tick_at() is from the exact line, over pages as they are written. In ns of music. */
static void position_errors(int64_t start_ns, double *errors, size_t n)
{
	for (size_t got = 0; got < n;) {
		struct mos_clock clock;
		int64_t now_ns = bench_now_ns(), tick;
		uint32_t frac;
		long double exact;

		if (mos_clock_read(region.base, &clock) < 0)
			continue;
		tick = mos_clock_tick_at(&clock, now_ns, &frac);
		exact = (long double)(now_ns - start_ns) * MOS_PPQ / (long double)NPQ;
		errors[got++] = (double)(fabsl((long double)tick + frac / 4294967296.0L - exact) *
					 (long double)NPQ / MOS_PPQ);
	}
}

int main(void)
{
	int64_t start_ns = bench_now_ns();
	struct mos_clock first = clock_at(start_ns, start_ns);
	double *samples[N_QUESTIONS];
	pthread_t writer;

	if (mos_region_create("bench-clock", sizeof(struct mos_clock_page), MOS_CLOCK_ABI_MAJOR,
		    MOS_CLOCK_ABI_MINOR, 1, &region) < 0)
		return 1;
	mos_clock_publish(region.base, &first);
	for (int q = 0; q < N_QUESTIONS; q++) {
		samples[q] = calloc(N_BLOCKS, sizeof(double));
		if (!samples[q])
			return 1;
	}
	if (pthread_create(&writer, NULL, write_pages, &start_ns) != 0)
		return 1;
	(void)bench_pin(bench_nth_cpu(0));

	time_questions(samples); /* warms up */
	time_questions(samples);
	for (int q = 0; q < N_QUESTIONS; q++)
		bench_sort(samples[q], N_BLOCKS);
	bench_print("clock.read.p50", bench_at(samples[READ], N_BLOCKS, 0.5), "ns", "clock_gettime",
		bench_at(samples[TIME], N_BLOCKS, 0.5));
	bench_print("clock.read.p99", bench_at(samples[READ], N_BLOCKS, 0.99), "ns", "clock_gettime",
		bench_at(samples[TIME], N_BLOCKS, 0.99));
	bench_print("clock.where_now.p50", bench_at(samples[WHERE], N_BLOCKS, 0.5), "ns", "clock_gettime",
		bench_at(samples[TIME], N_BLOCKS, 0.5));

	position_errors(start_ns, samples[READ], N_BLOCKS);
	bench_sort(samples[READ], N_BLOCKS);
	bench_print("clock.position_error.max", bench_at(samples[READ], N_BLOCKS, 1.0), "ns", NULL, 0);

	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	for (int q = 0; q < N_QUESTIONS; q++)
		free(samples[q]);
	mos_region_finish(&region);
	return 0;
}
