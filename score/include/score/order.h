/* SPDX-License-Identifier: MIT */
/**
 * Playing order: repeats, endings and jumps as musicians read them (nvx1.md 7), or the order that the score states.
 * Repeats are not taken after a jump. And the way between the two counts of ticks, written and played.
 */
#ifndef SCORE_ORDER_H
#define SCORE_ORDER_H

#include <score/score.h>

/** A run of measures that are played one after the other. */
struct score_run {
	uint32_t first, last;  /**< measures, both included */
	int64_t written_tick;  /**< start of `first` */
	int64_t played_tick;   /**< when it starts */
	int64_t duration_ticks;
	uint32_t pass;         /**< how many times `first` was played before: the verse of lyrics, from 0 */
};

struct score_play_order {
	const struct score_alloc *alloc;
	struct score_run *run;
	uint32_t n;
	int64_t end_tick; /**< of all that is played */
};
#define SCORE_MAX_PLAYED_MEASURES 10000u /**< beyond the score's own, if that has more */

/** @return 0; -EINVAL (nvx1.order.endless, with the measure); -ENOMEM. */
int score_play_order(const struct score *score, const struct score_alloc *alloc, struct score_report *report,
	struct score_play_order *ret);
/** Zeroed ones are fine. */
void score_play_order_finish(struct score_play_order *order);
/** First time that a written tick is played; -1: never. (NVX-19) */
int64_t score_played_tick(const struct score_play_order *order, int64_t written_tick);
int64_t score_written_tick(const struct score_play_order *order, int64_t played_tick);

#endif
