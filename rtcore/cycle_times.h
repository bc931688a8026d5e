/* SPDX-License-Identifier: MIT */
/**
 * Where a cycle's time goes: the clock is read at the end of each stage, and all of it told in one probe, but
 * only while somebody looks at that probe. Of the thread that runs the cycle.
 */
#ifndef RTCORE_CYCLE_TIMES_H
#define RTCORE_CYCLE_TIMES_H

#include <mos/attr.h>
#include <stdint.h>

#include "../shm/probe.h"

struct cycle_clock {
	struct mos_cycle_times times;
	int64_t last_ns;  /**< the end of the last stage */
	int is_looked_at; /**< somebody looked when the cycle began */
};

/** A cycle begins. times: cycle, begin_ns, late_ns and n_frames of it. */
void cycle_clock_begin(struct cycle_clock *c, const struct mos_cycle_times *times) MOS_RT;
/** A stage has ended, or a block's share of it. */
void cycle_clock_stage(struct cycle_clock *c, enum mos_probe_stage stage) MOS_RT;
/** The cycle ends, after its bell. */
void cycle_clock_end(struct cycle_clock *c, uint64_t busy_ns, uint64_t period_ns) MOS_RT;

#endif
