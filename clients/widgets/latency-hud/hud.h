/* SPDX-License-Identifier: MIT */
/** What the latency display shows: figures gathered from the counters page and the bus, and their lines.
 * Pure. */
#ifndef LATENCY_HUD_H
#define LATENCY_HUD_H

#include <stddef.h>
#include <stdint.h>
#include <mos/counters.h>
#include <mos/value.h>

/* A histogram's upper bounds in ns; n 0: nothing was measured yet. */
struct hud_times {
	uint64_t n, p50_ns, p99_ns, p999_ns;
};

struct hud_figures {
	struct hud_times cycle, wakeup, jitter, input, seek, frame,
		picture; /* picture: from an event to it */
	uint64_t xruns, overruns, midi_in, midi_dropped;
	int64_t load_permille, midi_rate;
	/* the bus, over all types */
	double events_hz;
	uint64_t lost, p50_ns, p99_ns; /* the slowest type's */
	int have_bus;
};

/* From the page; the bus part stays. */
void hud_read(struct hud_figures *f, const struct mos_counters_view *view);
/* From the answer to theater.status.get: pictures are the theater's. */
void hud_read_theater(struct hud_figures *f, const struct mos_value *status);
/* From the answer to broker.events.metrics. */
void hud_read_bus(struct hud_figures *f, const struct mos_value *metrics);
/* Lines for a terminal. */
void hud_text(const struct hud_figures *f, char *ret, size_t size);

/* The five thresholds (TIM-10): value in ms, negative where it is not measured. */
#define HUD_THRESHOLDS 5u
struct hud_threshold {
	const char *name, *key; /* for people, for programs: "seek_ms" */
	const char *method;     /* what of it is shown: "p99" */
	double limit_ms, value_ms;
	int is_fixed; /* has to be the limit; else below it */
};
void hud_thresholds(const struct hud_figures *f, struct hud_threshold ret[static HUD_THRESHOLDS]);
/* 1: it holds; what was not measured does. */
int hud_holds(const struct hud_threshold *threshold);

#endif
