/* SPDX-License-Identifier: MIT */
/**
 * The score's parts sound together although plugins make some of them late (KRO-24): each strip of the score
 * with what its zones send, the strip that clips play on and the metronome's click wait for the latest of them.
 * What is played live waits for nothing.
 *
 * There is none until something is inserted: its lines take some megabytes. Control makes it, the mixer uses
 * it.
 */
#ifndef APOLLO_ALIGN_H
#define APOLLO_ALIGN_H

#include <stdint.h>
#include <mos/attr.h>

#define ALIGN_MAX 7936u  /**< frames; what is later than that by itself stays late */
#define ALIGN_STRIPS 48u /**< groups 0..2: the score */
#define ALIGN_CLIPS 62u  /**< where clips play if they are not told otherwise */
#define ALIGN_CLICK (ALIGN_STRIPS + 1u)
#define ALIGN_SENDS (ALIGN_STRIPS + 2u) /**< what zones of these strips send: to reverb, to chorus */
#define ALIGN_LINES (ALIGN_STRIPS + 4u)
#define ALIGN_NONE UINT32_MAX

struct align;

/** @return NULL: no memory. */
struct align *align_create(void);
void align_destroy(struct align *a);

/** The line of a strip. @return ALIGN_NONE: it does not wait. */
uint32_t align_line(uint32_t strip) MOS_RT;
/** Does the line have something to do, be the strip silent or not? */
int align_is_awake(const struct align *a, uint32_t line, uint32_t delay) MOS_RT;
/**
 * Make the block later. Another delay than before is crossed over to, once there is enough behind it.
 * @param r  NULL: one channel.
 */
void align_process(struct align *a, uint32_t line, uint32_t delay, float *l, float *r, uint32_t n) MOS_RT;
/** A block that sounds passes by: what is remembered has a hole. */
void align_pass(struct align *a, uint32_t line) MOS_RT;
/** Nothing has sounded yet: the delays hold at once (offline). */
void align_settle(struct align *a) MOS_RT;

#endif
