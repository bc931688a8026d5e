/* SPDX-License-Identifier: MIT */
/**
 * Reverb: a feedback delay network. Low cut, four allpass diffusers a side, pre-delay, eight early
 * reflections a side, then 16 delay lines of mutually unrelated lengths that feed each other through an
 * orthogonal (Hadamard) matrix. Each line loses per round what makes the asked time of decay, in lows, middle
 * and highs apart, and each breathes slowly, so that no resonance stands still. Orthogonal matrix and losses
 * below 1: it cannot ring up.
 */
#ifndef FX_REVERB_H
#define FX_REVERB_H

#include <mos/fx.h>

#include "delay.h"
#include "fx_kernel.h"

#define REVERB_LINES 16u
#define REVERB_LINE_MAX 16384u /**< 82 ms at 192 kHz */
#define REVERB_PRE_MAX 65536u  /**< 280 ms */
#define REVERB_DIFFUSERS 4u
#define REVERB_DIFFUSER_MAX 2048u
#define REVERB_EARLY 8u
#define REVERB_LATE 0.8f /**< share of the energy that is reverberation, the rest early reflections */

/** Losses of the lines: high, middle less high, low less middle. */
struct reverb_loss {
	float high[REVERB_LINES], mid[REVERB_LINES], low[REVERB_LINES];
};

struct reverb {
	const struct fx_kernel *kernel;
	float rate_hz;
	uint8_t on, awake, moving;
	uint8_t alive;      /**< something other than 0 was written since the grid point */
	uint8_t losses_due; /**< the losses are to be computed anew */
	uint32_t line_size, pre_size, diffuser_size;
	float value[MOS_FX_REVERB_N];
	struct fx_glide level, width, late, size;
	float cut, cut_state[2]; /**< low cut, one pole */
	float split[2],
		step_time; /**< poles that part highs and lows from the middle; seconds in a grid step */
	uint32_t pos;      /**< frame, in all rings */
	uint32_t quiet;    /**< frames in which nothing but 0 was written */
	uint32_t breath;   /**< grid steps so far */
	uint32_t pre_now, pre_next;
	uint32_t early_now[2][REVERB_EARLY], early_next[2][REVERB_EARLY];
	uint32_t diffuser_delay[2][REVERB_DIFFUSERS];
	double delay[REVERB_LINES]; /**< of the lines at the grid point, frames */
	float delay_step[REVERB_LINES];
	double delay_next[REVERB_LINES];
	struct reverb_loss now, next, step;
	float state_high[REVERB_LINES], state_low[REVERB_LINES];
	float diffuser[2][REVERB_DIFFUSERS][REVERB_DIFFUSER_MAX + DELAY_EXTRA];
	float pre[2][REVERB_PRE_MAX + DELAY_EXTRA];
	float line[REVERB_LINES][REVERB_LINE_MAX + DELAY_EXTRA];
};

void reverb_init(struct reverb *r, uint32_t rate_hz);
/** New values, MOS_FX_REVERB_N of them. */
void reverb_set(struct reverb *r, const float *value) MOS_RT;
/** Off, and nothing is left in it. */
int reverb_is_idle(const struct reverb *r) MOS_RT;
void reverb_grid(struct reverb *r) MOS_RT;
/** Add the room's answer to in_l, in_r to the outputs. */
void reverb_process(struct reverb *r, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT;

#endif
