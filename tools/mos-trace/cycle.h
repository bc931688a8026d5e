/* SPDX-License-Identifier: MIT */
/** The view `cycle`, what both sides share: times of the stages of the audio cycle. */
#ifndef MOS_TRACE_CYCLE_H
#define MOS_TRACE_CYCLE_H

#include "../../shm/probe.h"
#include "hist.h"

/** A cycle, and the thread that ran it. */
struct cycle_seen {
	struct mos_cycle_times times;
	uint32_t tid;
	uint32_t reserved;
};

struct cycle_figures {
	uint64_t n_cycles, n_missed;     /* missed: late_ns + busy_ns beyond period_ns */
	uint64_t n_lost;                 /* cycles that could not be read, or found no room in the ring */
	struct hist stage[MOS_N_STAGES]; /* tag_of_max: the cycle */
	struct hist cycle, late;
	struct mos_cycle_times worst;
};

#endif
