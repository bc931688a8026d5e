/* SPDX-License-Identifier: MIT */
/** What moves a voice by itself: envelopes, LFOs, free envelopes. Audio thread. */
#ifndef SAMPLER_ENVELOPE_H
#define SAMPLER_ENVELOPE_H

#include "voice.h"

/** Begin an envelope (0: volume) at its delay. */
void env_start(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT;
/** `left` is 0: on to the next stage that takes time. */
void env_next(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT;
void env_release(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT;
/** Linearly to silence within `seconds`. */
void env_fade(const struct sampler *s, struct env *e, float seconds) MOS_RT;
/** SoundFont's way of ending voices of an exclusive class. */
void env_choke(const struct sampler *s, struct env *e, float seconds) MOS_RT;
/** The level `n` frames on, n <= left. */
float env_level(const struct env *e, uint32_t n) MOS_RT;
/** Move on, through as many stages as it takes. */
void env_advance(const struct sampler *s, struct voice *v, struct env *e, uint32_t number, uint32_t n) MOS_RT;
/** What an envelope other than the volume's gives now, 0..1. */
float env_value(const struct voice *v, const struct env *e) MOS_RT;

void lfo_start(const struct sampler *s, struct voice *v, uint32_t number) MOS_RT;
void lfo_advance(struct sampler *s, struct voice *v, uint32_t number, uint32_t n) MOS_RT;

/** lfo_advance() and env_advance() by a control period, of a voice that goes on as it did. */
static inline void lfo_go_on(struct sampler *s, struct voice *v, uint32_t number) MOS_RT
{
	struct lfo *l = &v->lfo[number];
	float up, down, again;

	if (!(v->plain_lfos >> number & 1)) {
		lfo_advance(s, v, number, SAMPLER_CONTROL);
		return;
	}
	l->phase += l->step * SAMPLER_CONTROL;
	up = (float)l->phase * (4.0f / 4294967296.0f);
	down = 2 - up;
	again = up - 4;
	down = up < down ? up : down;
	l->value = down > again ? down : again;
}

/** @return 0: it stands still. */
static inline int env_go_on(const struct sampler *s, struct voice *v, uint32_t number) MOS_RT
{
	struct env *e = &v->env[number];

	if (e->left == VOICE_NEVER && !e->is_exponential)
		return 0;
	if (e->left <= SAMPLER_CONTROL || e->left == VOICE_NEVER) {
		env_advance(s, v, e, number, SAMPLER_CONTROL);
		return 1;
	}
	e->level = e->level * e->mul_control + e->add * SAMPLER_CONTROL;
	e->left -= SAMPLER_CONTROL;
	return 1;
}

void flex_start(const struct sampler *s, struct flex *f, const struct zone_flex *z) MOS_RT;
void flex_release(const struct sampler *s, struct flex *f, const struct zone_flex *z) MOS_RT;
void flex_advance(const struct sampler *s, struct flex *f, const struct zone_flex *z, uint32_t n) MOS_RT;

#endif
