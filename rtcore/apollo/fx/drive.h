/* SPDX-License-Identifier: MIT */
/**
 * Overdrive with a loudspeaker: gain, a soft bend at four times the rate (so that its harmonics do not fold
 * back), and the impulse response of a closed cabinet, convolved with it directly: no latency of its own. An
 * amplifier without a model (NAM-01).
 */
#ifndef FX_DRIVE_H
#define FX_DRIVE_H

#include <mos/fx.h>

#include "grid.h"

#define DRIVE_OVER 4u
#define DRIVE_TAPS 16u          /**< of each phase, up and down */
#define DRIVE_CABINET_MAX 1024u /**< taps; 10.7 ms up to 96 kHz */

/** What all of a rate share. */
struct drive_tables {
	float phase[DRIVE_OVER][DRIVE_TAPS]; /**< low pass at four times the rate, by phases; gain 1 */
	float cabinet[DRIVE_CABINET_MAX];
	uint32_t n_cabinet;
};

struct drive {
	const struct drive_tables *tables; /**< borrowed */
	float rate_hz;
	uint8_t on, alive;
	uint32_t quiet;                                     /**< frames in which nothing came or went */
	struct fx_glide amount, gain, bias, cabinet, level; /**< amount: 0 the signal as it is, 1 driven */
	float past[2][DRIVE_TAPS];                          /**< of the signal */
	float bent[2][DRIVE_OVER][DRIVE_TAPS];              /**< of the bent one, by phases */
	float spoken[2][DRIVE_CABINET_MAX];                 /**< in front of the loudspeaker */
	float dc_in[2], dc_out[2];
};

void drive_tables_init(struct drive_tables *t, uint32_t rate_hz);
void drive_init(struct drive *d, const struct drive_tables *t, uint32_t rate_hz);
/** New values, MOS_FX_DRIVE_N of them. */
void drive_set(struct drive *d, const float *value) MOS_RT;
int drive_is_idle(const struct drive *d) MOS_RT;
/** Nothing rings in it. */
int drive_is_silent(const struct drive *d) MOS_RT;
/** Frames by which it delays. */
uint32_t drive_latency(const struct drive *d) MOS_RT;
void drive_grid(struct drive *d) MOS_RT;
void drive_process(struct drive *d, float *l, float *r, uint32_t k, uint32_t n) MOS_RT;

#endif
