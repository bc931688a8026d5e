/* SPDX-License-Identifier: MIT */
/**
 * Delay-locked loop: smooths the times at which cycles begin, so that the clock page's anchor lies on a
 * straight line although the graph wakes with jitter (KRO-19). Second order, after Fons Adriaensen, "Using
 * a DLL to filter time" (2005). Audio thread only; doubles, no libm.
 */
#ifndef KRONOS_DLL_H
#define KRONOS_DLL_H

#include <stdint.h>
#include <mos/attr.h>

struct dll {
	int valid;
	int64_t base_ns; /**< doubles count from here, so that they keep nanoseconds for years */
	double t0, t1;   /**< this cycle's start and the next one's, ns from base */
	double frame_ns; /**< length of a frame */
	double nominal_ns;
	uint32_t settle;  /**< cycles with the wide bandwidth still to go */
	double error_ns;  /**< last raw minus predicted; 0 where the line began anew */
	int64_t lost_ns;  /**< by so much this cycle began later than it should have, where time was lost; else 0 */
	uint64_t resyncs; /**< times the line began anew: cycles were lost, or the graph stood still */
};

void dll_reset(struct dll *d, uint32_t rate_hz) MOS_RT;
/**
 * A cycle of n_frames began at raw_ns. More than half a cycle off the line is no jitter: cycles were lost, so
 * the line begins anew there, at the rate known so far; after more than half a second the rate is forgotten
 * too. It does not go back: until a driver that is up to 10 s behind has caught up, its cycles begin where the last
 * one did.
 * @return smoothed start in ns, CLOCK_MONOTONIC.
 */
int64_t dll_cycle(struct dll *d, int64_t raw_ns, uint32_t n_frames) MOS_RT;

#endif
