/* SPDX-License-Identifier: MIT */
/* A voice's parameters: what its modulators, its channel and its key make of the zone's. */
#include "params.h"

#include <string.h>

#define RESONANCE_CB 1.5f /* a step of each */
#define TIME_CENTS 75.0f
#define RATE_CENTS 37.5f
#define DEPTH_CENTS 1.5f

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
		x = s->key[v->channel][v->key].pressure;
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
	float *p = v->own;

	p[ZP_FC] += shift_of(c, CC_BRIGHTNESS) * BRIGHTNESS_CENTS;
	p[ZP_Q] += shift_of(c, CC_RESONANCE) * RESONANCE_CB;
	p[zp_env(0, ENV_ATTACK)] += shift_of(c, CC_ATTACK) * TIME_CENTS;
	p[zp_env(0, ENV_DECAY)] += shift_of(c, CC_DECAY) * TIME_CENTS;
	p[zp_env(0, ENV_RELEASE)] += shift_of(c, CC_RELEASE) * TIME_CENTS;
	p[zp_lfo(1, LFO_FREQ)] += shift_of(c, CC_VIBRATO_RATE) * RATE_CENTS;
	p[zp_lfo(1, LFO_TO_PITCH)] += shift_of(c, CC_VIBRATO_DEPTH) * DEPTH_CENTS;
	p[zp_lfo(1, LFO_DELAY)] += shift_of(c, CC_VIBRATO_DELAY) * TIME_CENTS;
}

int params_are_shifted(const struct chan_state *c) MOS_RT
{
	uint64_t cc, fine;

	static_assert(CC_VIBRATO_DELAY - CC_RESONANCE + 1 == sizeof(cc));
	memcpy(&cc, &c->v.cc[CC_RESONANCE], sizeof(cc));
	memcpy(&fine, &c->v.cc_fine[CC_RESONANCE], sizeof(fine));
	return cc != UINT64_C(0x4040404040404040) || fine;
}

/* What a modulator makes of a voice. */
float params_value_of(const struct sampler *s, const struct voice *v, const struct zone_mod *m) MOS_RT
{
	float x = m->amount * side(s, v, m->source, m->curve);

	if (m->source2 != SRC_ONE)
		x *= side(s, v, m->source2, m->curve2);
	return m->is_absolute && x < 0 ? -x : x;
}

/* Is it the same for all voices of a channel? */
static int is_of_channel(uint8_t source) MOS_RT
{
	return source == SRC_ONE || source == SRC_PRESSURE || source == SRC_BEND || source == SRC_BEND_RANGE ||
	       source >= SRC_CC;
}

/* Does nothing but how hard the key was struck move it? */
static int is_of_velocity(const struct zone_mod *m) MOS_RT
{
	return m->source == SRC_VELOCITY && m->source2 == SRC_ONE && !m->is_absolute && m->curve < CURVES_BUILTIN;
}

/* Terms in the order of the run, since sums are rounded; without those that change nothing. */
SELDOM void params_listen(const struct sampler *s, const struct voice *v, const struct tone *t, struct heard *h)
	MOS_RT
{
	h->run = &v->bank->mod[t->mod];
	h->n_mods = t->n_mods;
	h->n = h->is_wide = 0;
	for (uint32_t i = 0; i < h->n_mods; i++) {
		const struct zone_mod *m = &h->run[i];
		int is_mod = !is_of_channel(m->source) || !is_of_channel(m->source2);
		float x = is_mod ? 0 : params_value_of(s, v, m);

		if (m->param == ZP_REVERB || m->param == ZP_CHORUS || (!is_mod && x == (m->op == ZONE_MULTIPLY)))
			continue; /* sends are the zone's own */
		h->is_wide |= m->param >= FIRST_WIDE;
		if (h->n == HEARD_TERMS) {
			h->n++;
			h->is_wide = 1;
			return;
		}
		h->term[h->n].param = (uint8_t)m->param;
		h->term[h->n].op = m->op;
		h->term[h->n].kind = TERM_OF_CHANNEL;
		h->term[h->n].x = x;
		if (is_of_velocity(m)) {
			h->term[h->n].kind = TERM_OF_VELOCITY;
			h->term[h->n].curve = (uint8_t)m->curve;
			h->term[h->n].x = m->amount;
		} else if (is_mod) {
			h->term[h->n].kind = TERM_OF_VOICE;
			h->term[h->n].mod = i;
		}
		h->n++;
	}
}

SELDOM void params_widen(const struct sampler *s, struct voice *v, const struct heard *h,
	float direct[FIRST_WIDE]) MOS_RT
{
	const struct zone *z = v->zone;
	struct tone t = tone_of(z);

	memcpy(v->own, z->param, sizeof(v->own));
	v->param = v->own;
	if (h->n > HEARD_TERMS) {
		for (const struct zone_mod *m = h->run; m < h->run + h->n_mods; m++)
			param_apply(&v->own[m->param], m->op, params_value_of(s, v, m));
		memcpy(direct, v->own, FIRST_WIDE * sizeof(*direct));
	}
	for (uint32_t i = 0; i < h->n && h->n <= HEARD_TERMS; i++)
		if (h->term[i].param >= FIRST_WIDE)
			param_apply(&v->own[h->term[i].param], h->term[i].op, term_value(s, v, &t, h, i));
	if (z->flavour == ZONE_SF2)
		shift_sound(&s->chan[v->channel], v);
	v->own[ZP_FC] += s->key[v->channel][v->key].note.brightness;
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

void params_depths(struct voice *v) MOS_RT
{
	const float *p = v->param;

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
}

void params_update(const struct sampler *s, struct voice *v) MOS_RT
{
	const struct chan_state *c = &s->chan[v->channel];
	struct tone t = tone_of(v->zone);
	float direct[FIRST_WIDE];

	params_evaluate(s, v, &t, params_are_shifted(c), direct);
	params_settle(s, v, &t, chan_wheel(c), direct);
	params_depths(v);
}

/* A zone without a filter gets one where its channel or key is to sound darker. */
uint8_t params_filter(const struct sampler *s, const struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;

	if (z->filter != ZONE_FILTER_OFF || v->flavour != ZONE_SF2)
		return z->filter;
	return shift_of(&s->chan[v->channel], CC_BRIGHTNESS) < 0 || s->key[v->channel][v->key].note.brightness < 0
		       ? ZONE_LP2
		       : ZONE_FILTER_OFF;
}
