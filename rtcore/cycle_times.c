/* SPDX-License-Identifier: MIT */
/* The kernel counts the probe's semaphore up for each that looks at it. A file of its own: in a file with
 * semaphores every probe has one. */
#define _SDT_HAS_SEMAPHORES 1
#include "cycle_times.h"

#include <time.h>

#include "rt_trusted.h"

#ifdef MOS_USDT
extern volatile unsigned short mos_cycle_times_semaphore;
__attribute__((section(".probes"))) volatile unsigned short mos_cycle_times_semaphore = 0;
#else
static const unsigned short mos_cycle_times_semaphore = 0;
#endif

static int64_t now_ns(void) MOS_RT
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void cycle_clock_begin(struct cycle_clock *c, const struct mos_cycle_times *times) MOS_RT
{
	c->is_looked_at = mos_cycle_times_semaphore != 0;
	if (!c->is_looked_at)
		return;
	c->times = *times;
	c->last_ns = times->begin_ns;
}

void cycle_clock_stage(struct cycle_clock *c, enum mos_probe_stage stage) MOS_RT
{
	int64_t ns;

	if (!c->is_looked_at)
		return;
	ns = now_ns();
	c->times.stage_ns[stage] += (uint64_t)(ns - c->last_ns);
	c->last_ns = ns;
}

void cycle_clock_end(struct cycle_clock *c, uint64_t busy_ns, uint64_t period_ns) MOS_RT
{
	if (!c->is_looked_at)
		return;
	cycle_clock_stage(c, MOS_STAGE_bell);
	c->times.wall_ns = (uint64_t)(c->last_ns - c->times.begin_ns);
	c->times.busy_ns = busy_ns;
	c->times.period_ns = period_ns;
	MOS_PROBE(cycle_times, (uintptr_t)&c->times);
}
