/* SPDX-License-Identifier: MIT */
/**
 * Compressor: feed-forward, both channels together. Detector: the larger of the two samples' magnitudes, in
 * dB, frame by frame. Curve: nothing below threshold - knee / 2, dB / ratio above threshold + knee / 2, a
 * parabola between. The reduction follows in dB with one pole: the attack's while it grows, the release's
 * while it shrinks; their times are those to 63 %.
 */
#ifndef FX_COMPRESSOR_H
#define FX_COMPRESSOR_H

#include <mos/fx.h>

#include "grid.h"

struct compressor {
	float rate_hz;
	uint8_t on;
	float threshold, half_knee, bend,
		slope;         /**< log2; bend: 1 / (2 knee), 0 a sharp corner; slope: 1 - 1 / ratio */
	float attack, release; /**< shares a frame */
	float reduction;       /**< log2, 0 or more */
	struct fx_glide amount, makeup; /**< 0..1: switched on; log2 */
	float reduction_max;            /**< since the last reading of it */
};

void compressor_init(struct compressor *c, uint32_t rate_hz);
/** New values, MOS_FX_COMPRESSOR_N of them. */
void compressor_set(struct compressor *c, const float *value) MOS_RT;
int compressor_is_idle(const struct compressor *c) MOS_RT;
void compressor_grid(struct compressor *c) MOS_RT;
void compressor_process(struct compressor *c, float *l, float *r, uint32_t k, uint32_t n) MOS_RT;

#endif
