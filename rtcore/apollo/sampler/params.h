/* SPDX-License-Identifier: MIT */
/**
 * What a voice's gain, pan and pitch are made of: its zone's own values, what modulators add, its channel and
 * its key. Whoever starts a voice or sees its channel change asks for them here. Audio thread.
 */
#ifndef SAMPLER_PARAMS_H
#define SAMPLER_PARAMS_H

#include <math.h>

#include "control.h"
#include "ready.h"

/* What comes before goes into gain and pan, and nowhere else. */
#define FIRST_WIDE ZP_WIDTH
static_assert(ZP_ATTEN < FIRST_WIDE && ZP_GAIN < FIRST_WIDE && ZP_PAN < FIRST_WIDE && FIRST_WIDE == 3);

#define PARAM_GAIN_MAX 1e6f

/** What a run of modulators makes of the voice's channel, found out anew. */
void params_listen(const struct sampler *s, const struct voice *v, const struct tone *t, struct heard *h)
	MOS_RT;
/** More than gain and pan is moved: all parameters become the voice's own. */
void params_widen(const struct sampler *s, struct voice *v, const struct heard *h, float direct[FIRST_WIDE])
	MOS_RT;
/** What a modulator makes of a voice. */
float params_value_of(const struct sampler *s, const struct voice *v, const struct zone_mod *m) MOS_RT;

static inline struct tone tone_of(const struct zone *z) MOS_RT
{
	return (struct tone){.atten = z->param[ZP_ATTEN],
		.gain = z->param[ZP_GAIN],
		.pan = z->param[ZP_PAN],
		.root_key = (float)z->root_key,
		.keytrack = z->keytrack,
		.tune_cents = z->tune_cents,
		.pitch = z->param[ZP_PITCH],
		.bend_up = z->param[ZP_BEND_UP],
		.bend_down = z->param[ZP_BEND_DOWN],
		.mod = z->mod,
		.n_mods = z->n_mods,
		.fixed_key = (int8_t)z->fixed_key,
		.fixed_velocity = (int8_t)z->fixed_velocity};
}

static inline void param_apply(float *param, uint8_t op, float x) MOS_RT
{
	if (op == ZONE_MULTIPLY)
		*param *= x;
	else
		*param += x;
}

static inline float term_value(const struct sampler *s, const struct voice *v, const struct tone *t,
	const struct heard *h, uint32_t i) MOS_RT
{
	if (h->term[i].kind == TERM_OF_CHANNEL)
		return h->term[i].x;
	if (RARELY(h->term[i].kind == TERM_OF_VOICE))
		return params_value_of(s, v, &h->run[h->term[i].mod]);
	return h->term[i].x * curve_at(curve_table[h->term[i].curve],
				      t->fixed_velocity >= 0 ? (float)t->fixed_velocity : v->velocity);
}

/**
 * The parameters, and apart those of gain and pan. @param is_shifted  Has the channel moved what SoundFonts
 * leave to the player?
 */
static inline void params_evaluate(const struct sampler *s, struct voice *v, const struct tone *t, int is_shifted,
	float direct[FIRST_WIDE]) MOS_RT
{
	const struct sampler_note *note = &s->key[v->channel][v->key].note;
	struct heard *h = &s->heard[v->channel][t->mod % HEARD_RUNS];
	uint32_t n;

	if (RARELY(h->run != &v->bank->mod[t->mod] || h->n_mods != t->n_mods))
		params_listen(s, v, t, h);
	direct[ZP_ATTEN] = t->atten;
	direct[ZP_GAIN] = t->gain;
	direct[ZP_PAN] = t->pan;
	n = h->n <= HEARD_TERMS ? h->n : 0;
	for (uint32_t i = 0; i < n; i++)
		if (h->term[i].param < FIRST_WIDE)
			param_apply(&direct[h->term[i].param], h->term[i].op, term_value(s, v, t, h, i));
	v->param = v->zone->param;
	if (RARELY(h->is_wide || note->brightness != 0 || (is_shifted && v->flavour == ZONE_SF2)))
		params_widen(s, v, h, direct);
	direct[ZP_PAN] += note->pan;
}

/** Cents of the pitch wheel whose range is the channel's, and of its tuning. */
static inline float chan_wheel(const struct chan_state *c) MOS_RT
{
	return chan_bend(c) * chan_bend_range(c) + chan_tuning(c);
}

/** Of one whose range is the zone's. */
static inline float zone_wheel(const struct chan_state *c, float up, float down) MOS_RT
{
	float bend = chan_bend(c);

	return (bend > 0 ? bend * up : -bend * down) + chan_tuning(c);
}

/** Gain, pan and pitch. @param wheel  chan_wheel(). */
static inline void params_settle(const struct sampler *s, struct voice *v, const struct tone *t, float wheel,
	const float direct[FIRST_WIDE]) MOS_RT
{
	const struct sampler_note *n = &s->key[v->channel][v->key].note;
	float atten = v->flavour == ZONE_SF2 ? clamp(direct[ZP_ATTEN], 0, 1440) : direct[ZP_ATTEN];
	float key = t->fixed_key >= 0 ? (float)t->fixed_key : (float)v->key, pitch = t->pitch, up = t->bend_up,
	      down = t->bend_down;

	if (RARELY(v->param == v->own)) {
		pitch = v->own[ZP_PITCH];
		up = v->own[ZP_BEND_UP];
		down = v->own[ZP_BEND_DOWN];
	}
	if (RARELY(!isnan(up)))
		wheel = zone_wheel(&s->chan[v->channel], up, down);
	v->static_gain = s->master_gain * n->gain * clamp(direct[ZP_GAIN], 0, PARAM_GAIN_MAX) *
			 rt_cb_to_gain(clamp(atten, -1000, 3000) + v->release_db * 10);
	v->pan = direct[ZP_PAN];
	v->last_pan = NOWHERE; /* the balance may be another */
	v->pitch_cents = (key - t->root_key) * t->keytrack + t->tune_cents + pitch + wheel + n->cents +
			 n->bend_cents + v->once_cents;
}

#endif
