/* SPDX-License-Identifier: MIT */
/**
 * Inserts: foreign code (LV2 plugins) and neural amplifiers in a strip or in the microphone's path. They run
 * in mos-fxhost, a process of their own for each, never in the audio thread: the audio thread hands over
 * periods through shared memory and takes what came back, a fixed time later. When nothing came back in time
 * the strip is heard without the insert (cross-faded, no click), again and again late means it is bypassed
 * and named, and when the process works again it is faded back in (NAM-03, NAM-04).
 *
 * Latency: a period, plus what the cycle's length asks for (insert_latency_for()), plus the plugin's own. It
 * is the same with and without the insert heard, so that going back and forth shifts nothing.
 */
#ifndef INSERT_H
#define INSERT_H

#include <stdint.h>
#include <mos/attr.h>

#include "insert_feed.h"

#define INSERT_SLOTS 4u   /**< a strip */
#define INSERT_PERIOD 64u /**< frames handed over at once */

/** The audio thread's end. Made by control (insert_host.h), swapped into the mixer. */
struct insert;

/**
 * The one word by which all inserts of an engine say that a period waits for its process. The audio thread
 * sets it, engine_bell() rings for it, the bus thread wakes the processes (insert_bell_ring()).
 */
struct insert_bell;

/**
 * Replace the block (1..BLOCK_MAX frames) by the processed one of insert_latency() frames before; dry
 * (equally late) while there is none. To be called for every block while it is in the chain, also when the
 * strip is silent.
 */
void insert_process(struct insert *i, float *l, float *r, uint32_t n_frames) MOS_RT;
/** What the next insert_process() brings with its block: of the feed what is this strip's, and the time. */
void insert_listen(struct insert *i, const struct insert_feed *feed, uint32_t strip) MOS_RT;
/** Frames of latency while the insert is in the chain. */
uint32_t insert_latency(const struct insert *i) MOS_RT;
/**
 * Put another insert, or none (NULL), into a slot of the chain. What sounds goes on: the new one takes over
 * what the old one was playing. @return the old one, which goes back to control.
 */
struct insert *insert_swap(struct insert **slot, struct insert *next) MOS_RT;

/** At the cycle's end: does a process have to be woken? Asking takes it back. */
int insert_bell_due(struct insert_bell *b) MOS_RT;

#endif
