/* SPDX-License-Identifier: MIT */
/** A score, compiled and sealed: what rtcore is given. Any thread, one at a time. */
#ifndef HERMES_TIMELINE_H
#define HERMES_TIMELINE_H

#include <score/compile.h>

/** Zeroed but for fd = -1: none. */
struct timeline {
	int fd;      /**< sealed memfd; owned */
	uint64_t id; /**< of its content: equal music, equal id */
	uint32_t n_events;
	int64_t duration_ns; /**< at the score's own tempo */
	int64_t end_tick;    /**< as played: repeats are unfolded */
};

/** @return 0; as score_compile(); -errno of making the memfd. */
int timeline_make(struct score_compiler *compiler, const struct score *score, struct score_report *report,
	struct timeline *ret);
/** Makes it none. */
void timeline_finish(struct timeline *timeline);

#endif
