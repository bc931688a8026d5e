/* SPDX-License-Identifier: MIT */
/** Where playing is, and which bar line can still be reached. Pure; any thread. */
#ifndef BAND_PLACE_H
#define BAND_PLACE_H

#include "perform.h"

/** As last heard from who plays. */
struct place {
	int64_t tick;                 /**< 960 PPQ ... */
	int64_t time_ns;              /**< ... at this time, CLOCK_MONOTONIC */
	double ns_per_tick;           /**< 0: it does not move */
	int64_t loop_start, loop_end; /**< 0, 0: none */
	uint64_t timeline_id;         /**< rtcore's only */
	bool is_playing, is_paused;
};

int64_t place_now_ns(void);
/** Tick at a time, through the loop. */
int64_t place_tick_at(const struct place *place, int64_t time_ns);
/** When the next bar line after `time_ns` comes; the end is one. @return ns; INT64_MAX: none, it stands
 * still. */
int64_t place_next_line_ns(const struct place *place, const struct band_performance *p, int64_t time_ns);
/**
 * The first bar line that is at least `margin_ns` ahead; of an endless performance bars are counted on behind
 * its end (perform.h: splice).
 * @param chorus  The first at which a chorus begins.
 * @return false: the performance ends before.
 */
bool place_choose_bar(const struct place *place, const struct band_performance *p, int64_t now_ns,
	int64_t margin_ns, bool chorus, uint32_t *ret_bar);

/** Where in the form a tick is. */
struct place_bar {
	uint32_t bar;
	const struct band_bar *in_plan; /**< NULL: there is no bar */
	const char *chord, *next_chord; /**< "": N.C. */
};
struct place_bar place_bar_at(const struct band_performance *p, int64_t tick);

#endif
