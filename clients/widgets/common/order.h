/* SPDX-License-Identifier: MIT */
/** Where what is played is written: repeats, endings and jumps (hermes.order.get). The clock counts what is
 * played, Hermes answers by what is written. Pure. */
#ifndef WIDGET_ORDER_H
#define WIDGET_ORDER_H

#include <stdint.h>

#include <mos/value.h>

#define ORDER_RUNS 512u /**< more of them: the rest is as if it were not played */

/** Measures that are played one after the other. */
struct order_run {
	uint32_t first, n;     /**< written */
	uint32_t played_first; /**< how many measures are played before them */
	int64_t written_tick, played_tick, duration;
};

struct order {
	struct order_run run[ORDER_RUNS];
	uint32_t n;
	uint32_t n_measures; /**< that are played */
};

/** As written, once: until the answer is there, or where there is none. */
void order_plain(struct order *o, uint32_t n_measures);
/** @return 0 and *o is the answer's; -EINVAL it is none, *o stays. */
int order_read(struct order *o, const struct mos_value *answer);

/** The run of the measure that is played as the `played`-th, from 0; NULL: there is none. */
const struct order_run *order_run_of(const struct order *o, uint32_t played);
/** The run at a tick that is played: the first before all, the last behind all; NULL: there are none. */
const struct order_run *order_run_at(const struct order *o, int64_t played_tick);
int64_t order_written_tick(const struct order *o, int64_t played_tick);
/** When a written tick is played first; -1: never. */
int64_t order_played_tick(const struct order *o, int64_t written_tick);

#endif
