/* SPDX-License-Identifier: MIT */
/**
 * The master's limiter. Without look-ahead: no latency, the gain falls at once where a sample would pass the
 * ceiling, and rises slowly; below the ceiling every bit passes. With look-ahead: the true peak (the signal
 * between the samples, eightfold oversampled) stays below the ceiling; the gain is down before the peak
 * comes, in a smooth curve.
 */
#ifndef FX_LIMITER_H
#define FX_LIMITER_H

#include <mos/fx.h>

#include "grid.h"

#define LIMITER_CEILING 0.98855f /**< -0.1 dBFS */
#define LIMITER_RING 2048u       /**< 5 ms at 192 kHz, and a piece */
#define LIMITER_TAPS 96u         /**< of each phase of the oversampler */

struct limiter {
	float rate_hz;
	uint8_t on;
	float ceiling, release;
	double gain;    /**< 1: not limiting; in float it would come to rest short of 1 */
	uint8_t worked; /**< since this was cleared */
	/* with look-ahead */
	uint32_t look, look_to; /**< frames; in force, asked for */
	struct fx_glide fade;   /**< down and up again around a change of the latency */
	uint64_t pos;           /**< frames since the latency changed */
	double held;            /**< gain behind the hold and the release */
	uint64_t sum;           /**< of smooth[] over the look-ahead, 1 << 30: unity */
	uint32_t min_head, min_n;
	uint64_t min_pos[LIMITER_RING]; /**< falling candidates for the lowest gain within the look-ahead */
	float min_gain[LIMITER_RING];
	uint32_t smooth[LIMITER_RING];
	float ring[2][LIMITER_RING]; /**< the signal, waiting */
	float past[2][LIMITER_TAPS]; /**< the oversampler's */
};

void limiter_init(struct limiter *m, uint32_t rate_hz);
/** New values, MOS_FX_LIMITER_N of them. */
void limiter_set(struct limiter *m, const float *value) MOS_RT;
/** Frames by which it delays. */
uint32_t limiter_latency(const struct limiter *m) MOS_RT;
/** Does it look ahead, or is it about to? Then limiter_ahead() is to be called in pieces of the grid. */
int limiter_looks_ahead(const struct limiter *m) MOS_RT;
/** Without look-ahead, any length. */
void limiter_process(struct limiter *m, float *l, float *r, uint32_t n) MOS_RT;
void limiter_grid(struct limiter *m) MOS_RT;
void limiter_ahead(struct limiter *m, float *l, float *r, uint32_t k, uint32_t n) MOS_RT;

#endif
