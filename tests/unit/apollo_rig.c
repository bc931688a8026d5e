/* SPDX-License-Identifier: MIT */
#include "apollo_rig.h"

#define PAD 64u /* as the store has it: what lies beyond an end may be read, and is silent */

static int16_t constant[N_FRAMES + 2 * PAD], sine[N_FRAMES + 2 * PAD];

static void destroy_nothing(struct bank *b)
{
	(void)b;
}

void rig_init(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	for (uint32_t i = 0; i < N_FRAMES; i++) {
		constant[PAD + i] = 16384;
		sine[PAD + i] = (int16_t)lrint(16384 * sin(2 * M_PI * SINE_HZ * i / RATE));
	}
	for (uint32_t i = 0; i < 2; i++)
		r->sample[i] = (struct sample){.n_frames = N_FRAMES,
			.rate_hz = RATE,
			.n_channels = 1,
			.format = SAMPLE_S16,
			.n_extents = 1,
			.extent = {{.first = 0, .end = N_FRAMES, .data = {(i ? sine : constant) + PAD}}},
			.source = BANK_NONE};
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&r->chan[i]);
}

struct zone *rig_zone(struct rig *r, uint32_t sample)
{
	struct zone *z = &r->zone[r->bank.n_zones++];

	*z = (struct zone){.key_hi = 127,
		.vel_lo = 1,
		.vel_hi = 127,
		.flavour = ZONE_SFZ,
		.loop = ZONE_LOOP_ALWAYS,
		.n_envs = 1,
		.sample = sample,
		.end = N_FRAMES,
		.loop_end = N_FRAMES,
		.root_key = 60,
		.fixed_key = -1,
		.fixed_velocity = -1,
		.keytrack = 100};
	z->param[ZP_GAIN] = z->param[ZP_WIDTH] = 1;
	z->param[ZP_BEND_UP] = NAN;
	z->param[zp_env(0, ENV_SUSTAIN)] = 1;
	z->param[zp_env(0, ENV_RELEASE)] = 0.01f;
	return z;
}

/* As the loader does it: list 128 is that of controllers. */
static int is_listed(const struct zone *z, uint32_t list)
{
	return z->trigger == ZONE_ON_CC ? list == 128 : list >= z->key_lo && list <= z->key_hi;
}

void rig_start(struct rig *r, const struct sampler_options *o)
{
	struct sampler_options opt = o ? *o : (struct sampler_options){.interp = KERNEL_CUBIC};
	struct bank *bank = &r->bank;
	struct rack *rack;
	uint32_t n = 0;

	opt.rate_hz = RATE;
	opt.channel = opt.channel ? opt.channel : r->chan;
	opt.gain = 1;
	for (uint32_t k = 0; k <= 128; k++) {
		r->preset.by_key[k] = n;
		for (uint32_t z = 0; z < r->bank.n_zones; z++)
			if (is_listed(&r->zone[z], k))
				for (uint32_t i = 0; i <= r->more_often; i++)
					r->list[n++] = z;
	}
	r->preset.by_key[129] = n;
	r->bank = (struct bank){.sample = r->sample,
		.zone = r->zone,
		.mod = r->mod,
		.cond = r->cond,
		.preset = &r->preset,
		.zone_list = r->list,
		.n_samples = 2,
		.n_zones = r->bank.n_zones,
		.n_presets = 1,
		.n_list = n,
		.destroy = destroy_nothing};
	cr_assert_eq(rack_create(&bank, 1, &rack), 0);
	cr_assert_eq(sampler_create(rack, &opt, &r->sampler), 0);
	r->ins = sampler_instrument(r->sampler);
}

void rig_end(struct rig *r)
{
	r->ins->destroy(r->ins);
}

void rig_play(struct rig *r, const struct event *e, uint32_t offset)
{
	struct chan_msg m = {.channel = e->channel, .d1 = e->a, .d2 = e->b};

	switch (e->kind) {
	case ON:
		r->ins->note_on(r->ins, offset, e->channel, e->a, e->b);
		return;
	case OFF:
		r->ins->note_off(r->ins, offset, e->channel, e->a);
		return;
	case KEY_PRESSURE:
		r->ins->key_pressure(r->ins, offset, e->channel, e->a, e->b);
		return;
	case KILL:
		r->ins->kill(r->ins, offset, e->channel);
		return;
	default:
		m.status = e->kind == CC ? 0xb : e->kind == BEND ? 0xe : 0xd;
		r->ins->before_change(r->ins, offset, e->channel);
		chan_apply(&r->chan[e->channel], &m);
		r->ins->changed(r->ins, offset, e->channel);
		return;
	}
}

void rig_render(struct rig *r, const struct event *e, uint32_t n_events, uint32_t channel, float *l,
	float *right, uint32_t n, uint32_t quantum)
{
	uint32_t seed = 7, i = 0;

	for (uint32_t f = 0, len; f < n; f += len) {
		seed = seed * 1664525u + 1013904223u;
		len = quantum ? quantum : 1 + (seed >> 16) % BLOCK_MAX;
		len = len < n - f ? len : n - f;
		r->bufs.active = 0;
		r->bufs.n_sends = 0;
		r->ins->begin(r->ins, r->frame, &r->bufs);
		for (; i < n_events && e[i].frame < f + len; i++)
			rig_play(r, &e[i], e[i].frame - f);
		r->ins->render(r->ins, &r->bufs, len);
		if (r->bufs.active >> channel & 1) {
			memcpy(l + f, r->bufs.l[channel], len * sizeof(float));
			memcpy(right + f, r->bufs.r[channel], len * sizeof(float));
		} else {
			memset(l + f, 0, len * sizeof(float));
			memset(right + f, 0, len * sizeof(float));
		}
		r->frame += len;
	}
}

double rig_pitch(const float *x, uint32_t n)
{
	double first = -1, last = -1;
	uint32_t turns = 0;

	for (uint32_t i = 1; i < n; i++)
		if (x[i - 1] < 0 && x[i] >= 0) {
			last = i - 1 + x[i - 1] / (double)(x[i - 1] - x[i]);
			if (first < 0)
				first = last;
			else
				turns++;
		}
	return turns ? turns * RATE / (last - first) : 0;
}
