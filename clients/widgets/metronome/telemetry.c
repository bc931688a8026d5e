/* SPDX-License-Identifier: MIT */
#include "telemetry.h"

#include <math.h>

#define MINUTE_NS INT64_C(60000000000)

void telemetry_init(struct telemetry *t, double threshold_ms)
{
	*t = (struct telemetry){.threshold_ns = (int64_t)(threshold_ms * 1e6)};
	for (uint32_t i = 0; i < TELEMETRY_MINUTES; i++)
		t->minute[i].minute = -1;
}

void telemetry_break(struct telemetry *t)
{
	t->last_ns = 0;
}

void telemetry_beat(struct telemetry *t, int64_t time_ns, int64_t wanted_ns)
{
	const int64_t interval = time_ns - t->last_ns, off = interval - t->last_wanted_ns,
		      minute = time_ns / MINUTE_NS;
	struct telemetry_minute *m = &t->minute[minute % TELEMETRY_MINUTES];
	const int has_interval = t->last_ns && interval > 0;

	t->last_ns = time_ns;
	t->last_wanted_ns = wanted_ns;
	if (!has_interval)
		return;
	t->last_interval_ns = interval;
	t->off_ns[t->n % TELEMETRY_WINDOW] = off;
	t->interval_ns[t->n % TELEMETRY_WINDOW] = interval;
	t->n++;
	if (m->minute != minute)
		*m = (struct telemetry_minute){.minute = minute};
	mos_timing_add(&m->off, off);
	m->bpm_sum += 60e9 / (double)interval;
	if (off > t->threshold_ns || off < -t->threshold_ns) {
		m->n_over++;
		t->n_over++;
	}
}

struct telemetry_live telemetry_live(const struct telemetry *t)
{
	struct telemetry_live live = {.n = (uint32_t)(t->n < TELEMETRY_WINDOW ? t->n : TELEMETRY_WINDOW)};
	struct mos_timing off = {0};
	double sum_ns = 0;

	if (!live.n)
		return live;
	for (uint32_t i = 0; i < live.n; i++) {
		mos_timing_add(&off, t->off_ns[i]);
		sum_ns += (double)t->interval_ns[i];
	}
	live.interval_ms = (double)t->last_interval_ns / 1e6;
	live.bpm = 60e9 / (double)t->last_interval_ns;
	live.average_bpm = 60e9 * live.n / sum_ns;
	live.jitter_ms = mos_timing_jitter_ns(&off) / 1e6;
	live.worst_ms = fmax(fabs((double)off.min_ns), fabs((double)off.max_ns)) / 1e6;
	return live;
}

uint32_t telemetry_history(
	const struct telemetry *t, int64_t now_ns, struct telemetry_minute ret[TELEMETRY_MINUTES])
{
	const int64_t now = now_ns / MINUTE_NS;
	uint32_t n = 0;

	for (int64_t minute = now - TELEMETRY_MINUTES + 1; minute <= now; minute++) {
		const struct telemetry_minute *m;

		if (minute < 0)
			continue;
		m = &t->minute[minute % TELEMETRY_MINUTES];
		if (m->minute == minute)
			ret[n++] = *m;
	}
	return n;
}
