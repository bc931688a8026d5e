/* SPDX-License-Identifier: MIT */
/* A voice's parameters: what its modulators, its channel and its key make of the zone's. */
#include "control.h"

#include <math.h>

#define RESONANCE_CB 1.5f /* a step of each */
#define TIME_CENTS 75.0f
#define RATE_CENTS 37.5f
#define DEPTH_CENTS 1.5f
#define GAIN_MAX 1e6f

static float key_of(const struct voice *v) MOS_RT
{
	return v->zone->fixed_key >= 0 ? (float)v->zone->fixed_key : (float)v->key;
}

/* One side of a modulator. */
static float side(const struct sampler *s, const struct voice *v, uint8_t source, uint16_t curve) MOS_RT
{
	const struct chan_state *c = &s->chan[v->channel];
	const float *table = curve < CURVE_OWN ? curve_builtin(curve) : v->bank->curve[curve - CURVE_OWN];
	float x;

	if (source >= SRC_CC)
		return curve_at(table, select_cc(s, v->channel, v->bank, source - SRC_CC));
	switch (source) {
	case SRC_ONE:
		return 1;
	case SRC_VELOCITY:
		x = v->zone->fixed_velocity >= 0 ? (float)v->zone->fixed_velocity : v->velocity;
		break;
	case SRC_KEY:
		x = key_of(v);
		break;
	case SRC_KEY_PRESSURE:
		x = s->key_pressure[v->channel][v->key];
		break;
	case SRC_PRESSURE:
		x = chan_pressure(c);
		break;
	case SRC_BEND:
		if (curve == CURVE_BIPOLAR) /* finer than the table */
			return chan_bend(c);
		x = chan_bend(c) * 64 + 64;
		break;
	case SRC_BEND_RANGE:
		x = chan_bend_range(c) * 0.01f;
		break;
	case SRC_RANDOM:
		x = v->random * 127;
		break;
	case SRC_RANDOM_BIPOLAR:
		x = v->random_bipolar * 127;
		break;
	case SRC_ALTERNATE:
		x = v->alternate ? 127 : 0;
		break;
	case SRC_LFO ... SRC_LFO + (int)ZONE_LFOS - 1:
		return v->lfo[source - SRC_LFO].value;
	case SRC_ENV:
		return v->vol.level;
	case SRC_ENV + 1 ... SRC_ENV + (int)ZONE_ENVS - 1:
		return env_value(v, &v->env[source - SRC_ENV]);
	default:
		return 0;
	}
	return curve_at(table, x);
}

/* How far a sound controller is from its centre. */
static float shift_of(const struct chan_state *c, enum chan_sound cc) MOS_RT
{
	return chan_cc(c, cc) - 64;
}

/* The sound controllers of General MIDI 2 and the NRPNs of GS, on what SoundFonts leave to the player. */
static void shift_sound(const struct chan_state *c, struct voice *v) MOS_RT
{
	float *p = v->param;

	p[ZP_FC] += shift_of(c, CC_BRIGHTNESS) * BRIGHTNESS_CENTS;
	p[ZP_Q] += shift_of(c, CC_RESONANCE) * RESONANCE_CB;
	p[zp_env(0, ENV_ATTACK)] += shift_of(c, CC_ATTACK) * TIME_CENTS;
	p[zp_env(0, ENV_DECAY)] += shift_of(c, CC_DECAY) * TIME_CENTS;
	p[zp_env(0, ENV_RELEASE)] += shift_of(c, CC_RELEASE) * TIME_CENTS;
	p[zp_lfo(1, LFO_FREQ)] += shift_of(c, CC_VIBRATO_RATE) * RATE_CENTS;
	p[zp_lfo(1, LFO_TO_PITCH)] += shift_of(c, CC_VIBRATO_DEPTH) * DEPTH_CENTS;
	p[zp_lfo(1, LFO_DELAY)] += shift_of(c, CC_VIBRATO_DELAY) * TIME_CENTS;
}

static int is_shifted(const struct chan_state *c) MOS_RT
{
	for (uint32_t cc = CC_RESONANCE; cc <= CC_VIBRATO_DELAY; cc++)
		if (c->v.cc[cc] != 64 || c->v.cc_fine[cc])
			return 1;
	return 0;
}

static void evaluate(const struct sampler *s, struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;
	const struct zone_mod *m = &v->bank->mod[z->mod];

	__builtin_memcpy(v->param, z->param, sizeof(v->param));
	for (uint32_t i = 0; i < z->n_mods; i++, m++) {
		float x = m->amount * side(s, v, m->source, m->curve);

		if (m->source2 != SRC_ONE)
			x *= side(s, v, m->source2, m->curve2);
		if (m->is_absolute && x < 0)
			x = -x;
		if (m->op == ZONE_MULTIPLY)
			v->param[m->param] *= x;
		else
			v->param[m->param] += x;
	}
	if (z->flavour == ZONE_SF2 && is_shifted(&s->chan[v->channel]))
		shift_sound(&s->chan[v->channel], v);
	v->param[ZP_FC] += s->note[v->channel][v->key].brightness;
	v->param[ZP_PAN] += s->note[v->channel][v->key].pan;
}

int params_read_themselves(const struct voice *v) MOS_RT
{
	const struct zone_mod *m = &v->bank->mod[v->zone->mod];

	for (uint32_t i = 0; i < v->zone->n_mods; i++, m++)
		if ((m->source >= SRC_LFO && m->source < SRC_ENV + (int)ZONE_ENVS) ||
			(m->source2 >= SRC_LFO && m->source2 < SRC_ENV + (int)ZONE_ENVS))
			return 1;
	return 0;
}

/* Cents of the pitch wheel, and of the channel's tuning. */
static float wheel(const struct sampler *s, const struct voice *v) MOS_RT
{
	const struct chan_state *c = &s->chan[v->channel];
	float up = v->param[ZP_BEND_UP], down = v->param[ZP_BEND_DOWN];
	float bend = chan_bend(c);

	if (isnan(up))
		return bend * chan_bend_range(c) + chan_tuning(c);
	return (bend > 0 ? bend * up : -bend * down) + chan_tuning(c);
}

/* LFOs whose depth is not 0 now. */
static uint8_t live_lfos(const struct voice *v) MOS_RT
{
	uint8_t live = 0;

	for (uint32_t i = 0; i < v->zone->n_lfos; i++)
		for (uint32_t j = LFO_TO_PITCH; j < LFO_FIELDS; j++)
			if (v->param[zp_lfo(i, j)] != 0)
				live |= (uint8_t)(1u << i);
	return v->reads_itself ? (uint8_t)((1u << v->n_lfos) - 1) : live;
}

/* What follows from the parameters alone. */
static void settle(const struct sampler *s, struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;
	const struct sampler_note *n = &s->note[v->channel][v->key];
	const float *p = v->param;
	float atten = z->flavour == ZONE_SF2 ? clamp(p[ZP_ATTEN], 0, 1440) : p[ZP_ATTEN];

	v->static_gain = s->master_gain * n->gain * clamp(p[ZP_GAIN], 0, GAIN_MAX) *
			 rt_cb_to_gain(clamp(atten, -1000, 3000) + v->release_db * 10);
	v->last_pan = NOWHERE; /* the balance may be another */
	v->live_lfos = live_lfos(v);
	v->moves = v->live_lfos || v->n_envs > 1 || v->n_flex;
	v->amp_moves = v->n_flex != 0;
	for (uint32_t i = 0; i < v->n_lfos; i++) {
		v->lfo_to[i][MOVE_PITCH] = p[zp_lfo(i, LFO_TO_PITCH)];
		v->lfo_to[i][MOVE_FC] = p[zp_lfo(i, LFO_TO_FC)];
		v->lfo_to[i][MOVE_ATTEN] = p[zp_lfo(i, LFO_TO_ATTEN)];
		v->lfo_to[i][MOVE_PAN] = p[zp_lfo(i, LFO_TO_PAN)];
		v->amp_moves |= v->lfo_to[i][MOVE_ATTEN] != 0 || v->lfo_to[i][MOVE_PAN] != 0;
	}
	for (uint32_t i = 1; i < v->n_envs; i++) {
		v->env_to[i][MOVE_PITCH] = p[zp_env(i, ENV_TO_PITCH)];
		v->env_to[i][MOVE_FC] = p[zp_env(i, ENV_TO_FC)];
	}
	v->pitch_cents = (key_of(v) - (float)z->root_key) * z->keytrack + z->tune_cents + p[ZP_PITCH] +
			 wheel(s, v) + n->cents + n->bend_cents + v->once_cents;
}

void params_update(const struct sampler *s, struct voice *v) MOS_RT
{
	evaluate(s, v);
	settle(s, v);
}

/* A zone without a filter gets one where its channel or key is to sound darker. */
uint8_t params_filter(const struct sampler *s, const struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;

	if (z->filter != ZONE_FILTER_OFF || z->flavour != ZONE_SF2)
		return z->filter;
	return shift_of(&s->chan[v->channel], CC_BRIGHTNESS) < 0 || s->note[v->channel][v->key].brightness < 0
		       ? ZONE_LP2
		       : ZONE_FILTER_OFF;
}
