/* SPDX-License-Identifier: MIT */
/** The audio thread's end of an insert, as insert.c uses it and insert_end.c makes it. */
#ifndef INSERT_RT_H
#define INSERT_RT_H

#include "insert.h"
#include "insert_region.h"

#define INSERT_DRY 32768u         /**< frames remembered: the longest latency of all */
#define INSERT_OWN_MAX 16384u     /**< the most that a plugin may delay by itself */
#define INSERT_LATENCY_MAX 12288u /**< without the plugin's own */
#define INSERT_BELLS 64u

struct insert_bell {
	uint64_t fed;                 /**< bit n: the process of bell n has work; atomic */
	int fresh;                    /**< the audio thread's: something was added in this cycle */
	uint32_t *word[INSERT_BELLS]; /**< what its process waits at; atomic, NULL: none */
};

/** A way from one value to another, by the frame's number. */
struct insert_ramp {
	float from, to, step;
	uint32_t len;
	uint64_t start;
};

enum insert_why { INSERT_WELL, INSERT_LATE, INSERT_BAD };

struct insert {
	struct insert_region *region; /**< borrowed: whoever made the insert unmaps it */
	struct insert_bell *bell;
	uint32_t n_bell;

	/* control asks; atomic */
	uint32_t want_latency; /**< frames without the plugin's own, a multiple of the period */
	uint32_t want_leave;   /**< 1: cross over to the sound that comes in, then set `left` */
	uint32_t want_off;     /**< 1: be heard dry, as late as ever, until it is 0 again */

	/* the audio thread tells; atomic */
	uint64_t n_fed, n_late, n_bad;
	uint32_t why; /**< enum insert_why: not INSERT_WELL: bypassed */
	uint32_t left;
	uint32_t heard; /**< 1: the sound of the process, 0: the dry one */
	uint32_t total_latency;

	/* the audio thread's own */
	uint64_t frame;   /**< taken so far: the periods' numbers come from it */
	uint64_t pos;     /**< the same, but going on from the insert before */
	uint32_t latency; /**< in force, without the plugin's own */
	uint32_t own_latency;
	struct insert_ramp wet_share;
	uint32_t delay_from, delay_to; /**< of the dry sound: what `delay_share` leads from and to */
	struct insert_ramp delay_share;
	uint32_t leaves, is_off;
	int is_ghost;        /**< what fades out is the last good period, played back and forth */
	uint32_t ghost_edge; /**< frames of it that had been played */
	uint64_t ghost_start;
	uint32_t n_good;     /**< periods in time without a gap */
	uint32_t n_needed;   /**< of these before it is heard again */
	uint32_t n_bypassed; /**< times, lately */
	uint32_t trouble;    /**< grows with each period missed, shrinks with each in time */
	uint32_t n_bad_lately;
	/* of the block that comes next */
	const struct insert_feed *feed;
	uint32_t feed_strip;
	uint32_t feed_next;     /**< of its events, the first that was not looked at */
	struct insert_cue cue;  /**< of the period that is being filled: the region's is not ours to read */
	float wet[2][INSERT_PERIOD], ghost[2][INSERT_PERIOD];
	float dry[2][INSERT_DRY];
};

/**
 * @param region   Borrowed; zero periods so far.
 * @param latency  Of insert_latency_for().
 * @return NULL: no memory.
 */
struct insert *insert_create(
	struct insert_region *region, struct insert_bell *bell, uint32_t n_bell, uint32_t latency);
void insert_destroy(struct insert *i);
/** Frames after which a period is surely there, when a cycle has `quantum` frames and the process keeps up.
 */
uint32_t insert_latency_for(uint32_t quantum);

#endif
