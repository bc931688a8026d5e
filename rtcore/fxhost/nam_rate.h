/* SPDX-License-Identifier: MIT */
/** A neural amplifier that was made for another sample rate than the engine's: resampled around it. */
#ifndef NAM_RATE_H
#define NAM_RATE_H

#include <stdint.h>

#include "../apollo/nam/nam.h"

struct nam_rate;

/** @return 0; -ENOTSUP: the rates are too far apart, or have no simple ratio; -ENOMEM. */
int nam_rate_create(uint32_t engine_hz, uint32_t model_hz, struct nam_rate **ret);
void nam_rate_destroy(struct nam_rate *r); /**< NULL is fine */
/** A period of INSERT_PERIOD frames through the amplifier. */
void nam_rate_process(struct nam_rate *r, struct nam_state *state, const float *in, float *out);
/** Frames of the engine by which that is later than the amplifier alone. */
uint32_t nam_rate_latency(const struct nam_rate *r);

#endif
