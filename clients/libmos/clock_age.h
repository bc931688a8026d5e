/* SPDX-License-Identifier: MIT */
/** Is the writer of a clock page alive? Private to libmos; any thread. */
#ifndef MOS_CLOCK_AGE_H
#define MOS_CLOCK_AGE_H

#include <time.h>

#include <mos/clock.h>

/** An anchor older than this is no running rtcore's with a sink: a cycle takes milliseconds. */
#define CLOCK_STALE_NS INT64_C(250000000)

static inline int clock_age_is_stale(const struct mos_clock_page *page)
{
	struct mos_clock clock;
	struct timespec ts;
	int64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now_ns = (int64_t)ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
	return mos_clock_read(page, &clock) < 0 || clock.time_ns < now_ns - CLOCK_STALE_NS;
}

#endif
