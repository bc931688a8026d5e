/* SPDX-License-Identifier: MIT */
/**
 * Streams: the part of a sample that is not in memory, read ahead of a voice by the store's thread (io_uring) into
 * the voice's ring. The audio thread never waits: a block that is late is simply not there yet.
 *
 * A stream counts in virtual frames: frame v of the voice's way through the sample with its loop unrolled, so v is
 * frame v of the sample below `loop_end` and loop_start + (v - loop_start) % length above it, where it loops.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdint.h>
#include <mos/attr.h>

#include "../sampler/bank.h"

struct stream_pool;

#define STREAM_NONE UINT32_MAX
#define STREAM_KEEP 64u

struct store;
/** Loader thread: `n` streams over the store's samples, and the thread that reads for them. NULL: no memory. */
struct stream_pool *stream_pool_create(struct store *s, uint32_t n);
void stream_pool_destroy(struct stream_pool *p);
/** Offline only, between blocks: wait until every open stream has read ahead as far as it can. */
void stream_pool_settle(struct stream_pool *p);

/**
 * The audio thread, and the one that works beside it; each stream is one thread's at a time. Begin reading at virtual frame `from`. @param loop_end 0: no loop.
 * @param inc  32.32 frames a frame: how far ahead to read.
 * @return STREAM_NONE: none is free.
 */
uint32_t stream_open(struct stream_pool *p, const struct sample *s, uint32_t from, uint32_t loop_start,
	uint32_t loop_end, uint64_t inc) MOS_RT;
/** The pitch has changed. */
void stream_speed(struct stream_pool *p, uint32_t stream, uint64_t inc) MOS_RT;
/**
 * Copy frames v .. v + n of each channel as floats, full scale 1.0; r may be NULL (mono). Frames more than
 * STREAM_KEEP before v are given up: a window of an interpolator may be read in pieces, and once more in the next
 * block. Behind the end of a sample without a loop is silence.
 * @return frames that were there, from v on without a gap; the caller fades out when they are fewer than n.
 */
uint32_t stream_read(struct stream_pool *p, uint32_t stream, uint32_t v, float *l, float *r, uint32_t n) MOS_RT;
/**
 * The same 16-bit frames where they lie, as far as they are there without a gap and without a turn of the ring: ret[c]
 * is channel c at frame v. They stay until stream_pass() gives them up; KERNEL_OVER words behind them are readable.
 * @return how many; 0: none, or they are floats.
 */
uint32_t stream_span(struct stream_pool *p, uint32_t stream, uint32_t v, const int16_t *ret[2]) MOS_RT;
/** The voice is at v, though it may not read there: what it plays lies in memory for a while. */
void stream_pass(struct stream_pool *p, uint32_t stream, uint32_t v) MOS_RT;
/**
 * Frames that are there from virtual frame v on, without a gap; those that were read before, and given up, count as
 * there. STREAM_ENOUGH: it is silent from their end on.
 */
#define STREAM_ENOUGH (1u << 30)
uint32_t stream_ready(struct stream_pool *p, uint32_t stream, uint32_t v) MOS_RT;
void stream_close(struct stream_pool *p, uint32_t stream) MOS_RT;

/** Figures: blocks that came too late, bytes read, streams open. */
struct stream_figures {
	uint64_t late, bytes, opened, refused;
	uint32_t open;
};
void stream_pool_figures(const struct stream_pool *p, struct stream_figures *ret) MOS_RT;

#endif
