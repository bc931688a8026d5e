/* SPDX-License-Identifier: MIT */
/** The performance monitor: the figures of `mosctl top`, and how they were. Pure. */
#ifndef WIDGET_MONITOR_H
#define WIDGET_MONITOR_H

#include <mos/counters.h>
#include <mos/draw.h>
#include <mos/value.h>

#define MONITOR_HISTORY 120u /* looks */

/* Upper bounds of a histogram; n 0: nothing was measured. */
struct monitor_times {
	uint64_t n, p50_ns, p99_ns;
};

struct monitor {
	struct monitor_times cycle, wakeup, jitter, input, frame;
	int64_t load_permille, xruns, late, voices, polyphony, stolen, streams, stream_late, clients, events,
		drift_ppb;
	int64_t resident_bytes;
	double quantum_ms; /* length of an audio cycle; 0: not known */
	/* load and what was lost at each look, the newest last */
	uint16_t load[MONITOR_HISTORY];
	uint8_t lost[MONITOR_HISTORY];
	uint32_t n_looks;
};

/* A look at the page. */
void monitor_read(struct monitor *m, const struct mos_counters_view *view);
/* From the answer to theater.status.get: pictures are the theater's. */
void monitor_read_theater(struct monitor *m, const struct mos_value *status);
void monitor_draw(struct mos_draw *d, const struct monitor *m);
void monitor_text(const struct monitor *m, char *ret, size_t size);

#endif
