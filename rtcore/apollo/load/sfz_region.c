/* SPDX-License-Identifier: MIT */
#include "sfz_region.h"

#include <math.h>
#include <string.h>

void sfz_region_init(struct sfz_region *r)
{
	memset(r, 0, sizeof(*r));
	r->key_hi = r->vel_hi = r->pressure_hi = r->key_pressure_hi = 127;
	r->root = r->amp_keycenter = r->pan_keycenter = 60;
	r->bend_lo = -8192;
	r->bend_hi = 8191;
	r->channel_lo = 1;
	r->channel_hi = 16;
	r->random_hi = 1.0f;
	r->bpm_hi = 500.0f;
	r->seq_length = r->seq_position = 1;
	r->sw_lo = r->sw_hi = r->sw_default = SFZ_UNSET;
	r->sw_last = r->sw_last_hi = r->sw_down = r->sw_up = r->sw_previous = SFZ_UNSET;
	r->xf_key[SFZ_XF_OUT] = r->xf_vel[SFZ_XF_OUT] = (struct sfz_range){127.0f, 127.0f};
	r->sample = BANK_NONE;
	r->oscillator = r->loop = SFZ_UNSET;
	r->end = -2.0f;
	r->loop_start = r->loop_end = -1.0f;
	r->off_mode = ZONE_OFF_FAST;
	r->off_time_s = 0.006f;
	r->sustain_sw = r->sostenuto_sw = 1;
	for (uint32_t i = 0; i < 4; i++)
		r->amplitude[i] = 1.0f;
	r->amp_veltrack = 1.0f;
	for (uint32_t i = 0; i < 128; i++)
		r->velcurve[i] = NAN;
	r->keytrack = 100.0f;
	for (uint32_t i = 0; i < 2; i++) {
		r->filter[i].type = SFZ_UNSET;
		r->filter[i].keycenter = 60;
	}
	r->param[ZP_GAIN] = r->param[ZP_WIDTH] = 1.0f;
	r->param[ZP_BEND_UP] = r->param[ZP_BEND_DOWN] = NAN;
	for (uint32_t i = 0; i < ZONE_EQS; i++)
		r->param[ZP_EQ + 3 * i + 1] = 1.0f;
	for (uint32_t i = 0; i < ZONE_ENVS; i++)
		r->param[zp_env(i, ENV_SUSTAIN)] = 1.0f;
	r->lfo[SFZ_LFO_AMP].wave = r->lfo[SFZ_LFO_PITCH].wave = r->lfo[SFZ_LFO_FILTER].wave = WAVE_SINE;
}

struct sfz_mod *sfz_region_mod(struct sfz_region *r, uint32_t target, uint32_t source, uint32_t lfo)
{
	struct sfz_mod *m;

	for (uint32_t i = 0; i < r->n_mods; i++)
		if (r->mod[i].target == target && r->mod[i].source == source && r->mod[i].lfo == lfo)
			return &r->mod[i];
	if (r->n_mods == SFZ_MODS)
		return NULL;
	m = &r->mod[r->n_mods++];
	*m = (struct sfz_mod){.target = (uint16_t)target, .source = (uint16_t)source, .lfo = (uint16_t)lfo};
	return m;
}
