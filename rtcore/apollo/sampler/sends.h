/* SPDX-License-Identifier: MIT */
/**
 * Sends of zones (SoundFont generators 15 and 16, SFZ effect1 and effect2). Voices of a strip whose zones
 * send alike are summed on a bus of their own; at the block's end that goes into the strip, and the mixer is
 * told what of it goes to reverb and chorus. Where too many are in use a voice goes straight to its strip and
 * sends what that sends. Audio thread.
 */
#ifndef SAMPLER_SENDS_H
#define SAMPLER_SENDS_H

#include <stdalign.h>

#include "../instrument.h"
#include "kernel.h"

#define BUSES 80u
#define BUSES_LIVE                                                                                           \
	40u /**< with voices; the others are what ended in this block, so that its length changes nothing */
#define BUS_NONE 255u
#define BUS_PAD 64u /**< frames: four cache lines, of sixteen */

/** Small, so that a note finds its bus at once: the sound lies apart. */
struct bus {
	uint32_t n_voices; /**< 0: it is free */
	uint16_t strip;
	uint16_t is_used;     /**< in this block */
	float reverb, chorus; /**< 0..1 */
};

/** Padded, so that the beginnings of many don't crowd in a few sets of the cache. */
struct bus_sum {
	alignas(64) float l[BLOCK_MAX + BUS_PAD];
	float r[BLOCK_MAX + BUS_PAD];
};

#define SEND_SLOTS 4u

/** What a zone sends, 0..1. */
struct send {
	float reverb, chorus;
	uint8_t slot; /**< of sends.last: what sends alike has the same one */
};

struct sends {
	uint32_t is_heard;    /**< 0: all go straight to their strips in this block */
	uint32_t n;           /**< those beyond have never been used */
	uint32_t n_live;      /**< that have voices */
	uint64_t held;        /**< bit per strip: its sums are somebody else's, and stay as they are */
	uint32_t n_dirty;     /**< frames that the last block has written; behind them all is silent */
	uint8_t last[APOLLO_CHANNELS][SEND_SLOTS]; /**< buses of each strip that were taken last */
	uint8_t order[BUSES]; /**< by strip and sends: sums do not depend on what began first */
	struct bus bus[BUSES];
	struct bus_sum sum[BUSES];
};

/** A block begins. @param is_heard  As strip_bufs has it. */
void sends_begin(struct sends *b, uint32_t is_heard) MOS_RT;
/** Are as many in use as may be? A voice that has ended may not be known to have. */
static inline int sends_are_full(const struct sends *b) MOS_RT
{
	return b->n_live == BUSES_LIVE;
}
/** Loader thread: of a zone. @param reverb, chorus  0.1 %, as it has them. */
struct send send_of(float reverb, float chorus);

static inline int sends_alike(const struct bus *bus, uint32_t strip, const struct send *x) MOS_RT
{
	return bus->is_used && bus->strip == strip && bus->reverb == x->reverb && bus->chorus == x->chorus;
}

/** The bus of a voice that sends this, whichever that is. @return BUS_NONE: it sends nothing, or none is free. */
uint8_t sends_find(struct sends *b, uint32_t strip, const struct send *x) MOS_RT;
/** The same: mostly it is one that is in use. */
static inline uint8_t sends_take(struct sends *b, uint32_t strip, const struct send *x) MOS_RT
{
	uint8_t i = b->last[strip][x->slot];

	if (!b->bus[i].n_voices || !sends_alike(&b->bus[i], strip, x))
		return sends_find(b, strip, x);
	b->bus[i].n_voices++;
	return i;
}
/** A voice has ended; what it played in this block is still on the bus. */
void sends_give(struct sends *b, uint8_t bus) MOS_RT;
/** What was on the strip's buses is not heard. */
void sends_clear(struct sends *b, uint32_t strip) MOS_RT;
/** A sum of n_frames that begins in the middle of its sound. */
void sum_fade_in(struct bus_sum *sum, uint32_t n_frames) MOS_RT;
/** The same of all buses of these strips. */
void sends_fade_in(struct sends *b, uint64_t strips, uint32_t n_frames) MOS_RT;
/** The block is over, all voices have played. */
void sends_flush(struct sends *b, const struct kernel *kernel, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT;

#endif
