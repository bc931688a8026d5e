/* SPDX-License-Identifier: MIT */
/*
 * From a clock that is looked at now and then to hits with exact places, each once: some 100 ms ahead, across
 * the loop's end, through seeks and tempo changes.
 */
#ifndef METRONOME_SCHEDULE_H
#define METRONOME_SCHEDULE_H

#include "clock.h"
#include "hits.h"

#define METRO_AHEAD_NS INT64_C(100000000) /* more than the visual lead */
#define METRO_SENT 64

struct metro_due {
	struct metro_hit hit;
	int64_t time_ns;  /* CLOCK_MONOTONIC, as the tempo is now */
	int64_t off_tick; /* its note-off, by tick */
	int32_t by_tick;  /* 1: the transport gets there by itself; 0: only the time is right, behind a loop's
			     end */
};

struct metro_due_mark {
	struct metro_mark mark;
	int64_t time_ns;
};

struct metro_batch {
	struct metro_due hit[METRO_HITS_MAX];
	struct metro_due_mark mark[METRO_HITS_MAX];
	uint32_t n_hits, n_marks;
	uint32_t jumped; /* 1: marks given before that have not come yet do not come any more */
};

/* Zeroed: nothing has been given yet. */
struct metro_schedule {
	int32_t begun, rolling;
	int64_t next;      /* all before it is given; past loop_end it lies in the next round */
	int64_t last_tick; /* of the last look */
	int64_t last_ns;
	int64_t start; /* where a new beginning is, with has_start */
	int32_t has_start;
	struct {
		int64_t tick;
		uint8_t key;
	} sent[METRO_SENT]; /* by tick, the newest ones: rtcore has them, and keeps them through a seek */
	uint32_t n_sent;
	uint64_t n_late, n_left_out;
	struct metro_score score; /* room to work in */
};

/*
 * What comes between what was given before and METRO_AHEAD_NS from now.
 * @param linked  0: the metronome's own clock; everything is by time then.
 */
void metro_schedule(struct metro_schedule *schedule, const struct metro_config *config,
	const struct metro_now *now, int linked, struct metro_batch *ret);
/*
 * The transport says that it plays from this tick on. It is seen some ms later: what lies between sounds at
 * once, so that the first beat is heard.
 */
void metro_schedule_start(struct metro_schedule *schedule, int64_t tick);

#endif
