/* SPDX-License-Identifier: MIT */
/**
 * The parts of bench/latency: latency.c notes on their ways in, latency_score.c seek and load,
 * latency_start.c a start from nothing, latency_band.c the accompanist, latency_fluid.c the peer.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <mos/client.h>

#include "ear.h"

/** A stroke that is heard at its very first frame (the built-in synthesizer's drums have no attack). */
#define STROKE_CHANNEL 9u
#define STROKE_KEY 76u

/** What all parts share. */
struct latency {
	struct mos_client *client;
	uint64_t random;
	uint64_t xruns; /**< as last seen */
};

/** Sleep min..max ms, at random, so that what follows comes at any place of a cycle. */
void latency_pause(struct latency *latency, uint32_t min_ms, uint32_t max_ms);
/** Uniform, below `end`. */
uint32_t latency_random(struct latency *latency, uint32_t end);

/** Whether the graph ran cycles without rtcore since the last time that this was asked. */
bool latency_lost_cycles(struct latency *latency);

/** Say what failed, by the client's last error or `why`; @return -1. */
int latency_fail(const struct latency *latency, const char *what, const char *why);

/** latency.c: print p50, p99 and worst of `n` samples in ms (sorted here) under `name`, beside a goal. */
void latency_print(const char *name, double *ms, uint32_t n, double goal_ms);

/** latency_score.c. @return 0; -1, said on stderr. */
int latency_seek(struct latency *latency, uint32_t n_measures);
int latency_load(struct latency *latency, uint32_t n_measures);

/** latency_start.c. @return 0; -1, said on stderr. */
int latency_start(struct latency *latency);

/** latency_band.c. @return 0; -1, said on stderr. */
int latency_band(struct latency *latency);

/** latency_fluid.c: FluidSynth, told what to play through a pipe to its shell. */
struct fluid {
	pid_t pid;
	int pipe; /**< to its standard input */
};

/** Start it with the bank. @return 0; -ENOENT: not installed, or no bank. */
int fluid_start(struct fluid *fluid);
void fluid_strike(const struct fluid *fluid);
void fluid_silence(const struct fluid *fluid);
void fluid_stop(struct fluid *fluid);

#endif
