/* SPDX-License-Identifier: MIT */
/**
 * What rtcore and one mos-fxhost share: periods of sound in both directions. Each period has a number,
 * counted from 0, and lies in slot number % INSERT_RING. The process writes a period's number + 1 behind it.
 * So the audio thread never follows an index that the other process wrote: it asks one slot whether its
 * number is there. What belongs to a period that goes out, its packets and the time, lies beside it as its cue.
 */
#ifndef INSERT_REGION_H
#define INSERT_REGION_H

#include <stdalign.h>
#include <stdint.h>
#include <mos/region.h>

#include "insert.h"

#define INSERT_MAGIC 0x54534e49u /**< "INST" */
#define INSERT_ABI 2u
#define INSERT_RING 256u  /**< periods: twice the longest cycle */
#define INSERT_EVENTS 48u /**< packets of a period */

/** A period of sound. */
struct insert_slot {
	float l[INSERT_PERIOD], r[INSERT_PERIOD];
	alignas(64) uint64_t number; /**< + 1; 0: never filled. The process writes it last, with release */
};

/** What else a period brings. */
struct insert_cue {
	struct insert_time time; /**< at its first frame; den 0: not known */
	uint32_t lost;           /**< packets found no room: what sounds is to end */
	uint32_t channel;        /**< of the strip, 0..15 */
	uint32_t n_events;
	struct insert_event event[INSERT_EVENTS]; /**< frame: of the period; they do not fall */
};

struct insert_region {
	struct mos_region_hdr hdr;
	uint32_t rate_hz;
	/* rtcore's */
	alignas(128) uint64_t n_in; /**< periods handed over; what the process waits for is its low half */
	uint32_t latency;           /**< frames after which a period is too late */
	/* the process's */
	alignas(128) uint64_t n_out; /**< periods given back, only for judging whether it lives */
	uint32_t own_latency;        /**< frames, the plugin's own */
	alignas(128) struct insert_slot in[INSERT_RING];
	alignas(128) struct insert_slot out[INSERT_RING];
	alignas(128) struct insert_cue cue[INSERT_RING]; /**< rtcore's */
};

#endif
