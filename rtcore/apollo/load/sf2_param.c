/* SPDX-License-Identifier: MIT */
/* What the generators of section 8.1.2 are in a zone. */
#include "sf2.h"

#include <math.h>

#define ATTENUATION_SCALE 0.4f /* the EMU8000 took 0.4 dB for each dB, and banks are made for it */
#define Q_ZERO_CB 30.1f        /* a resonance of 0 is a filter without a hump: Q = 1/sqrt(2) */
#define OPEN_FC 13500          /* 20 kHz */

const int16_t sf2_default[SF2_GENS] = {
	[GEN_FC] = 13500,
	[GEN_MOD_LFO_DELAY] = -12000,
	[GEN_VIB_LFO_DELAY] = -12000,
	[GEN_MOD_ENV_DELAY] = -12000,
	[GEN_MOD_ENV_ATTACK] = -12000,
	[GEN_MOD_ENV_HOLD] = -12000,
	[GEN_MOD_ENV_DECAY] = -12000,
	[GEN_MOD_ENV_RELEASE] = -12000,
	[GEN_VOL_ENV_DELAY] = -12000,
	[GEN_VOL_ENV_ATTACK] = -12000,
	[GEN_VOL_ENV_HOLD] = -12000,
	[GEN_VOL_ENV_DECAY] = -12000,
	[GEN_VOL_ENV_RELEASE] = -12000,
	[GEN_KEY] = -1,
	[GEN_VELOCITY] = -1,
	[GEN_SCALE_TUNING] = 100,
	[GEN_ROOT_KEY] = -1,
};

/* By generator: its parameter, and what it may be when no modulator adds to it. */
static const struct {
	uint8_t is_given, param;
	int16_t lo, hi;
} params[SF2_GENS] = {
	[GEN_MOD_LFO_TO_PITCH] = {1, zp_lfo(0, LFO_TO_PITCH), -12000, 12000},
	[GEN_VIB_LFO_TO_PITCH] = {1, zp_lfo(1, LFO_TO_PITCH), -12000, 12000},
	[GEN_MOD_ENV_TO_PITCH] = {1, zp_env(1, ENV_TO_PITCH), -12000, 12000},
	[GEN_FC] = {1, ZP_FC, 1500, 13500},
	[GEN_Q] = {1, ZP_Q, 0, 960},
	[GEN_MOD_LFO_TO_FC] = {1, zp_lfo(0, LFO_TO_FC), -12000, 12000},
	[GEN_MOD_ENV_TO_FC] = {1, zp_env(1, ENV_TO_FC), -12000, 12000},
	[GEN_MOD_LFO_TO_VOLUME] = {1, zp_lfo(0, LFO_TO_ATTEN), -960, 960},
	[GEN_CHORUS] = {1, ZP_CHORUS, 0, 1000},
	[GEN_REVERB] = {1, ZP_REVERB, 0, 1000},
	[GEN_PAN] = {1, ZP_PAN, -500, 500},
	[GEN_MOD_LFO_DELAY] = {1, zp_lfo(0, LFO_DELAY), -12000, 5000},
	[GEN_MOD_LFO_FREQ] = {1, zp_lfo(0, LFO_FREQ), -16000, 4500},
	[GEN_VIB_LFO_DELAY] = {1, zp_lfo(1, LFO_DELAY), -12000, 5000},
	[GEN_VIB_LFO_FREQ] = {1, zp_lfo(1, LFO_FREQ), -16000, 4500},
	[GEN_MOD_ENV_DELAY] = {1, zp_env(1, ENV_DELAY), -12000, 5000},
	[GEN_MOD_ENV_ATTACK] = {1, zp_env(1, ENV_ATTACK), -12000, 8000},
	[GEN_MOD_ENV_HOLD] = {1, zp_env(1, ENV_HOLD), -12000, 5000},
	[GEN_MOD_ENV_DECAY] = {1, zp_env(1, ENV_DECAY), -12000, 8000},
	[GEN_MOD_ENV_SUSTAIN] = {1, zp_env(1, ENV_SUSTAIN), 0, 1000},
	[GEN_MOD_ENV_RELEASE] = {1, zp_env(1, ENV_RELEASE), -12000, 8000},
	[GEN_VOL_ENV_DELAY] = {1, zp_env(0, ENV_DELAY), -12000, 5000},
	[GEN_VOL_ENV_ATTACK] = {1, zp_env(0, ENV_ATTACK), -12000, 8000},
	[GEN_VOL_ENV_HOLD] = {1, zp_env(0, ENV_HOLD), -12000, 5000},
	[GEN_VOL_ENV_DECAY] = {1, zp_env(0, ENV_DECAY), -12000, 8000},
	[GEN_VOL_ENV_SUSTAIN] = {1, zp_env(0, ENV_SUSTAIN), 0, 1440},
	[GEN_VOL_ENV_RELEASE] = {1, zp_env(0, ENV_RELEASE), -7200, 8000}, /* faster than 16 ms clicks */
	[GEN_ATTENUATION] = {1, ZP_ATTEN, 0, 1440},
	[GEN_BALANCE] = {1, ZP_BALANCE, -960, 960},
};
static_assert(ZP_COUNT < 256, "params[].param is a byte");

int sf2_param(uint32_t gen, float *ret_scale)
{
	*ret_scale = 1;
	if (gen < SF2_GENS && params[gen].is_given)
		return params[gen].param;
	switch (gen) {
	case GEN_COARSE_TUNE:
		*ret_scale = 100;
		return ZP_PITCH;
	case GEN_FINE_TUNE:
	case GEN_PITCH:
		return ZP_PITCH;
	case GEN_START_COARSE:
		*ret_scale = 32768;
		return ZP_OFFSET;
	case GEN_START:
		return ZP_OFFSET;
	default:
		return -1;
	}
}

void sf2_set_params(struct zone *z, const int32_t value[SF2_GENS])
{
	for (uint32_t i = 0; i < SF2_GENS; i++)
		if (params[i].is_given)
			z->param[params[i].param] = (float)value[i];
	z->param[ZP_ATTEN] *= ATTENUATION_SCALE;
	z->param[ZP_Q] -= Q_ZERO_CB;
	z->param[ZP_PITCH] = 100 * (float)value[GEN_COARSE_TUNE] + (float)value[GEN_FINE_TUNE];
	z->filter = ZONE_LP2_SF2;
	z->keytrack = (float)value[GEN_SCALE_TUNING];
	if (value[GEN_KEY] >= 0 && value[GEN_KEY] <= 127)
		z->fixed_key = (int16_t)value[GEN_KEY];
	if (value[GEN_VELOCITY] > 0 && value[GEN_VELOCITY] <= 127)
		z->fixed_velocity = (int16_t)value[GEN_VELOCITY];
	if (value[GEN_EXCLUSIVE_CLASS] != 0) {
		z->group = z->off_by = (uint16_t)value[GEN_EXCLUSIVE_CLASS];
		z->off_mode = ZONE_OFF_FAST;
	}
}

static float within(float x, float lo, float hi)
{
	return fminf(fmaxf(x, lo), hi);
}

/* Modulators add to base values as the file has them, and the sum is kept in range; alone they are now. */
static void keep_in_range(struct zone *z, const uint8_t is_moved[ZP_COUNT])
{
	for (uint32_t i = 0; i < SF2_GENS; i++) {
		float *x = &z->param[params[i].param];
		const float lower = i == GEN_Q ? Q_ZERO_CB : 0;

		if (params[i].is_given && !is_moved[params[i].param])
			*x = within(*x, params[i].lo - lower, params[i].hi - lower);
	}
}

static int is_used(const struct zone *z, const uint8_t is_moved[ZP_COUNT], uint32_t param)
{
	return is_moved[param] || fabsf(z->param[param]) > 0;
}

void sf2_settle(const struct bank_build *b, struct zone *z)
{
	uint8_t is_moved[ZP_COUNT] = {0};
	int moves_filter = 0;

	for (uint32_t i = 0; i < z->n_mods; i++)
		is_moved[b->mod[z->mod + i].param] = 1;
	keep_in_range(z, is_moved);
	if (is_used(z, is_moved, zp_env(1, ENV_TO_PITCH)) || is_used(z, is_moved, zp_env(1, ENV_TO_FC)))
		z->n_envs = 2;
	if (is_used(z, is_moved, zp_lfo(0, LFO_TO_PITCH)) || is_used(z, is_moved, zp_lfo(0, LFO_TO_FC)) ||
		is_used(z, is_moved, zp_lfo(0, LFO_TO_ATTEN)))
		z->n_lfos = 1;
	if (is_used(z, is_moved, zp_lfo(1, LFO_TO_PITCH)))
		z->n_lfos = 2;
	moves_filter = is_moved[ZP_FC] || is_moved[ZP_Q] || is_used(z, is_moved, zp_env(1, ENV_TO_FC)) ||
		       is_used(z, is_moved, zp_lfo(0, LFO_TO_FC));
	if (!moves_filter && z->param[ZP_FC] >= OPEN_FC && z->param[ZP_Q] <= -Q_ZERO_CB) {
		z->filter = ZONE_FILTER_OFF;
		z->param[ZP_GAIN] *= powf(10, Q_ZERO_CB / 400); /* what its gain would have been: 1/sqrt(Q) */
	}
}
