/* SPDX-License-Identifier: MIT */
/** The view `cycle`, what both sides share: times of the stages of the audio cycle. */
#ifndef MOS_TRACE_CYCLE_H
#define MOS_TRACE_CYCLE_H

#include "../../shm/probe.h"
#include "hist.h"

/** A cycle and where its time went. */
struct cycle_times {
	uint64_t cycle;
	uint64_t begin_ns; /* CLOCK_MONOTONIC */
	uint64_t wall_ns;  /* from cycle_begin to cycle_end */
	uint64_t busy_ns;  /* rtcore's own figure, without the bell */
	uint64_t period_ns;
	uint64_t late_ns; /* after the graph's start of the cycle */
	uint32_t n_frames;
	uint32_t tid;
	uint64_t stage_ns[MOS_N_STAGES]; /* blocks of one cycle added up */
};

struct cycle_figures {
	uint64_t n_cycles, n_missed;     /* missed: late_ns + busy_ns beyond period_ns */
	uint64_t n_lost;                 /* events that found no room in the ring */
	struct hist stage[MOS_N_STAGES]; /* tag_of_max: the cycle */
	struct hist cycle, late;
	struct cycle_times worst;
};

#endif
