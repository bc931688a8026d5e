/* SPDX-License-Identifier: MIT */
/**
 * Chorus: three copies a side of what is sent, each delayed by a time that swings as a sine, a third of a
 * turn apart; the right side is a sixth behind the left. What comes back is fed in again by the share asked
 * for.
 */
#ifndef FX_CHORUS_H
#define FX_CHORUS_H

#include <mos/fx.h>

#include "delay.h"
#include "fx_kernel.h"

#define CHORUS_VOICES 3u
#define CHORUS_RING_MAX 8192u /**< 40 ms at 192 kHz */

struct chorus {
	const struct fx_kernel *kernel;
	float rate_hz;
	uint8_t on, awake, alive;
	uint32_t ring_size, pos, quiet;
	struct fx_glide level, feedback;
	double depth, depth_to; /**< frames */
	double turns, speed;    /**< of the sine; a grid step */
	double delay[2][CHORUS_VOICES], delay_next[2][CHORUS_VOICES];
	float delay_step[2][CHORUS_VOICES];
	float ring[2][CHORUS_RING_MAX + DELAY_EXTRA];
};

void chorus_init(struct chorus *c, uint32_t rate_hz);
/** New values, MOS_FX_CHORUS_N of them. */
void chorus_set(struct chorus *c, const float *value) MOS_RT;
/** Off, and nothing is left in it. */
int chorus_is_idle(const struct chorus *c) MOS_RT;
void chorus_grid(struct chorus *c) MOS_RT;
/** Add the copies of in_l, in_r to the outputs. */
void chorus_process(struct chorus *c, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT;

#endif
