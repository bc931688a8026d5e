/* SPDX-License-Identifier: MIT */
/**
 * Equaliser: low shelf, two bells, high shelf; state-variable filters (trapezoidal), so that the response is
 * the analogue one with the frequency axis of the bilinear transform, and moving coefficients stay stable.
 */
#ifndef FX_EQ_H
#define FX_EQ_H

#include <mos/fx.h>

#include "grid.h"

#define EQ_BANDS 4u

struct eq_coef {
	float a1, a2, a3, m0, m1, m2;
};

struct eq_band {
	float ic1[2], ic2[2];
	struct eq_coef now, next, step;
};

struct eq {
	float rate_hz;
	struct fx_glide value[MOS_FX_EQ_N];
	struct eq_band band[EQ_BANDS];
	uint32_t used;  /**< bit per band: it is not flat */
	uint8_t moving; /**< coefficients change in this grid */
};

void eq_init(struct eq *e, uint32_t rate_hz);
/** New values, MOS_FX_EQ_N of them. */
void eq_set(struct eq *e, const float *value) MOS_RT;
/** It passes everything as it is, and goes on doing so. */
int eq_is_idle(const struct eq *e) MOS_RT;
/** Nothing rings in it. */
int eq_is_silent(const struct eq *e) MOS_RT;
void eq_grid(struct eq *e) MOS_RT;
void eq_process(struct eq *e, float *l, float *r, uint32_t k, uint32_t n) MOS_RT;

#endif
