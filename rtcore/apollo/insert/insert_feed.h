/* SPDX-License-Identifier: MIT */
/**
 * What inserts are told beside the sound: the packets that are played on their strip, and where the song is.
 * The mixer has one feed, filled while a block is played, read by the inserts when it is mixed, then emptied.
 * Audio thread only.
 */
#ifndef INSERT_FEED_H
#define INSERT_FEED_H

#include <stdint.h>
#include <mos/attr.h>

#define FEED_EVENTS 1024u /**< packets of a block, of all strips that have inserts */
#define FEED_TIMES 2u     /**< a loop wraps at most once in a block */

/** Where the song is at a frame. */
struct insert_time {
	int64_t frame;          /**< from the song's start, at the rate in force */
	double quarter;         /**< likewise, in quarters */
	double per_frame;       /**< quarters; 0: it stands */
	double measure_quarter; /**< since the measure began */
	double bpm;             /**< quarters a minute, also while it stands; 0: not known */
	uint32_t measure;       /**< from 0 */
	uint16_t num, den;
};

struct insert_event {
	uint32_t frame;
	uint32_t ump[2]; /**< channel voice, MIDI 1.0 or 2.0 */
};

struct insert_feed {
	uint64_t listening; /**< bit per strip: it has an insert */
	uint64_t lost;      /**< bit per strip: a packet found no room */
	int is_read;        /**< some insert, be it the master's, wants to know the time */
	uint32_t n_times, n_events;
	struct {
		uint32_t offset; /**< from this frame of the block on */
		struct insert_time time;
	} time[FEED_TIMES];
	struct {
		uint32_t strip;
		struct insert_event ev; /**< frame: of the block */
	} event[FEED_EVENTS];
};

/** A packet sounds on the strip. Offsets must not fall. */
void feed_event(struct insert_feed *f, uint32_t strip, uint32_t offset, uint32_t word0, uint32_t word1)
	MOS_RT;
/** From this frame of the block on the song is there. */
void feed_time(struct insert_feed *f, uint32_t offset, const struct insert_time *time) MOS_RT;
/** Where it is at a frame of the block. @return 0: nobody said. */
int feed_time_at(const struct insert_feed *f, uint32_t offset, struct insert_time *ret) MOS_RT;
/** The block was mixed. */
void feed_clear(struct insert_feed *f) MOS_RT;

#endif
