/* SPDX-License-Identifier: MIT */
/** How a voice is moved at its control points: the parts of control.c. Audio thread. */
#ifndef SAMPLER_VOICE_CONTROL_H
#define SAMPLER_VOICE_CONTROL_H

#include "envelope.h"

#define NOWHERE 1e30f /**< differs from every cutoff, pitch and pan: what follows from them is made anew */

/* params.c */

/** Parameters by modulators, and what follows from them alone. */
void params_update(const struct sampler *s, struct voice *v) MOS_RT;
/** Do modulators listen to the voice's own LFOs or envelopes? */
int params_read_themselves(const struct voice *v) MOS_RT;
/** Type of the voice's first filter: the zone's, or what its channel or key asks for. */
uint8_t params_filter(const struct sampler *s, const struct voice *v) MOS_RT;

/* filter.c */

/** Setup: the sampler's table of tunings. */
void filter_tunings(struct sampler *s);
/** How many second-order sections a filter type takes. */
uint32_t filter_sections(uint8_t type) MOS_RT;
/** Aim all sections at what they are to be at the next control point. @param is_settled 1: parameters are
 * new. */
void filter_control(const struct sampler *s, struct voice *v, int is_settled) MOS_RT;

static inline float clamp(float x, float lo, float hi) MOS_RT
{
	return x > lo ? (x < hi ? x : hi) : lo; /* NaN: lo */
}

/** Free envelopes of a zone that voices have. */
static inline uint32_t n_flex(const struct zone *z) MOS_RT
{
	return z->n_flex < VOICE_FLEX ? z->n_flex : VOICE_FLEX;
}

/** Those of a voice that has some. */
static inline const struct zone_flex *flex_of(const struct voice *v) MOS_RT
{
	return &v->bank->flex[v->zone->flex];
}

/** `x` and what LFOs and envelopes add to it. */
static inline float moved(const struct voice *v, float x, enum voice_move what) MOS_RT
{
	for (uint32_t live = v->live_lfos; live; live &= live - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(live);

		x += v->lfo[i].value * v->lfo_to[i][what];
	}
	for (uint32_t i = 1; i < v->n_envs; i++)
		x += env_value(v, &v->env[i]) * v->env_to[i][what];
	return x;
}

#endif
