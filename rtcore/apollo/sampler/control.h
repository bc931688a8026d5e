/* SPDX-License-Identifier: MIT */
/** How a voice is moved at its control points: the parts of control.c. Audio thread. */
#ifndef SAMPLER_VOICE_CONTROL_H
#define SAMPLER_VOICE_CONTROL_H

#include "envelope.h"

#define NOWHERE 1e30f /**< differs from every cutoff, pitch and pan: what follows from them is made anew */

/* params.c */

/** Parameters by modulators, and what follows from them alone. */
void params_update(const struct sampler *s, struct voice *v) MOS_RT;
/** Of this how far LFOs and envelopes move it. */
void params_depths(struct voice *v) MOS_RT;
/** Has the channel moved what SoundFonts leave to the player? */
int params_are_shifted(const struct chan_state *c) MOS_RT;
/** Type of the voice's first filter: the zone's, or what its channel or key asks for. */
uint8_t params_filter(const struct sampler *s, const struct voice *v) MOS_RT;

/* control.c */

/** Its speed at the next control point, */
void control_pitch(const struct sampler *s, struct voice *v) MOS_RT;
/** what the volume envelope will be multiplied with there, */
void control_amp(struct voice *v) MOS_RT;
/** and whether its stream has what it plays until then. */
void control_feed(struct sampler *s, struct voice *v) MOS_RT;

#define PASS_EACH 256u /**< frames of a stream: how often it is told that they are done with */

static inline void control_pass(struct sampler *s, struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32);

	if (at - v->passed < PASS_EACH)
		return;
	stream_pass(s->streams, v->stream, at);
	v->passed = at;
}

/* filter.c */

/** Setup: the sampler's table of tunings. */
void filter_tunings(struct sampler *s);
/** How many second-order sections a filter type takes. */
uint32_t filter_sections(uint8_t type) MOS_RT;
/** All of a voice whose first filter is of this type. */
uint32_t filter_sections_of(const struct zone *z, uint8_t first) MOS_RT;
/** Aim all sections at what they are to be at the next control point. @param is_settled 1: parameters are
 * new. */
void filter_control(const struct sampler *s, struct voice *v, int is_settled) MOS_RT;

static inline float clamp(float x, float lo, float hi) MOS_RT
{
	x = x > lo ? x : lo; /* NaN: lo */
	return x < hi ? x : hi;
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

/** `x` and what LFOs add to it. Of a SoundFont's two, the one that moves nothing adds nothing: sooner done than asked. */
static inline float moved_by_lfos(const struct voice *v, float x, enum voice_move what) MOS_RT
{
	if (v->n_lfos == 2)
		return x + v->lfo[0].value * v->lfo_to[0][what] + v->lfo[1].value * v->lfo_to[1][what];
	for (uint32_t live = v->live_lfos; live; live &= live - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(live);

		x += v->lfo[i].value * v->lfo_to[i][what];
	}
	return x;
}

/** `x` and what LFOs and envelopes add to it. */
static inline float moved(const struct voice *v, float x, enum voice_move what) MOS_RT
{
	x = moved_by_lfos(v, x, what);
	for (uint32_t i = 1; i < v->n_envs; i++)
		x += env_value(v, &v->env[i]) * v->env_to[i][what];
	return x;
}

#endif
