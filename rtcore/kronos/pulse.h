/* SPDX-License-Identifier: MIT */
/**
 * The line through the pulses of a MIDI clock: a loop of second order that begins wide and becomes narrow, so
 * that it has the tempo after two pulses, follows a master that drifts, and is not moved by jitter (TOU-45).
 * Lost pulses are counted, outliers are not believed; who pauses begins anew. Doubles, no libm.
 */
#ifndef KRONOS_PULSE_H
#define KRONOS_PULSE_H

#include <stdint.h>

#include <mos/attr.h>

struct pulse {
	uint32_t n;        /**< pulses so far; a line is known from two on */
	uint32_t n_odd;    /**< far off the line, one after the other */
	uint32_t n_added;  /**< among these: pulses that were taken for lost */
	int64_t base_ns;   /**< doubles count from here */
	double at, period; /**< of the last pulse, smoothed; ns */
	int64_t last_ns;   /**< of the last pulse, as it came */
};

void pulse_reset(struct pulse *p) MOS_RT;
/**
 * A pulse at a CLOCK_MONOTONIC time.
 * @return pulses that have passed with it: more than 1 if some were lost; less, even below 0, when what was
 *         taken for lost turns out to be a slower tempo.
 */
int32_t pulse_take(struct pulse *p, int64_t ns) MOS_RT;
/** Where the last pulse was, smoothed. */
int64_t pulse_at_ns(const struct pulse *p) MOS_RT;

#endif
