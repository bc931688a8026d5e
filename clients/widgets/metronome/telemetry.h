/* SPDX-License-Identifier: MIT */
/* How steadily the beats come (TOU-34), and the last hour of it (TOU-35). */
#ifndef METRONOME_TELEMETRY_H
#define METRONOME_TELEMETRY_H

#include <mos/rhythm_practice.h>

#define TELEMETRY_MINUTES 60
#define TELEMETRY_WINDOW 64 /* beats that the live figures are of */

struct telemetry_minute {
	int64_t minute;  /* of CLOCK_MONOTONIC; -1: nothing */
	uint32_t n_over; /* off by more than the threshold */
	double bpm_sum;
	struct mos_timing off; /* interval minus what it was to be */
};

/* telemetry_init() it. */
struct telemetry {
	int64_t threshold_ns;
	int64_t last_ns; /* the last beat; 0: none */
	int64_t last_wanted_ns, last_interval_ns;
	int64_t off_ns[TELEMETRY_WINDOW];
	int64_t interval_ns[TELEMETRY_WINDOW];
	uint64_t n; /* intervals so far */
	uint64_t n_over;
	struct telemetry_minute minute[TELEMETRY_MINUTES];
};

void telemetry_init(struct telemetry *t, double threshold_ms);
/* A beat came at a time; the next one is to come wanted_ns later. */
void telemetry_beat(struct telemetry *t, int64_t time_ns, int64_t wanted_ns);
/* It stopped or jumped: the next beat has no interval. */
void telemetry_break(struct telemetry *t);

struct telemetry_live {
	uint32_t n;         /* intervals that the figures are of; 0: all others are 0 */
	double bpm;         /* of the last interval */
	double interval_ms; /* the last one */
	double average_bpm;
	double jitter_ms; /* standard deviation from what was to be */
	double worst_ms;  /* furthest off */
};
struct telemetry_live telemetry_live(const struct telemetry *t);
/* The minutes of the last hour that had beats, the oldest first. @return their number. */
uint32_t telemetry_history(
	const struct telemetry *t, int64_t now_ns, struct telemetry_minute ret[TELEMETRY_MINUTES]);

#endif
