/* SPDX-License-Identifier: MIT */
#include "shape.h"

static int is_neutral(const uint16_t shape[CHAN_SHAPE_COUNT]) MOS_RT
{
	return !shape[CHAN_SHAPE_ATTACK] && !shape[CHAN_SHAPE_DECAY] &&
	       shape[CHAN_SHAPE_SUSTAIN] == CHAN_SHAPE_FULL;
}

/* What a straight line over this time changes in a frame; at once: all of it. */
static float step(const struct shape *s, float height, uint16_t eighths_ms) MOS_RT
{
	const float frames = (float)eighths_ms * s->rate_hz * (1.0f / 8000);

	return frames > 1 ? height / frames : 1;
}

void shape_strike(struct shape *s, const struct chan_state *c, uint32_t channel, uint32_t offset) MOS_RT
{
	const uint16_t *v = c->v.shape;
	struct shape_env *e = &s->env[channel];

	if (is_neutral(v)) {
		s->on &= ~(UINT64_C(1) << channel);
		return;
	}
	if (!(s->on >> channel & 1))
		e->n_strikes = 0;
	s->on |= UINT64_C(1) << channel;
	e->sustain = (float)v[CHAN_SHAPE_SUSTAIN] * (1.0f / CHAN_SHAPE_FULL);
	e->rise = step(s, 1, v[CHAN_SHAPE_ATTACK]);
	e->fall = step(s, 1 - e->sustain, v[CHAN_SHAPE_DECAY]);
	if (e->n_strikes == SHAPE_STRIKES)
		e->n_strikes--;
	e->strike[e->n_strikes++] = (uint16_t)offset;
}

/* The first frame of a note that is full at once is full. */
static void begin(struct shape_env *e) MOS_RT
{
	e->rising = e->rise < 1;
	e->gain = e->rising ? 0 : 1;
}

static void go_on(struct shape_env *e) MOS_RT
{
	if (e->rising) {
		e->gain += e->rise;
		e->rising = e->gain < 1;
		e->gain = e->rising ? e->gain : 1;
	} else if (e->gain > e->sustain) {
		e->gain = e->gain - e->fall > e->sustain ? e->gain - e->fall : e->sustain;
	}
}

static void run(struct shape_env *e, float *ret_gain, uint32_t n_frames) MOS_RT
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < n_frames; i++) {
		for (; next < e->n_strikes && e->strike[next] <= i; next++)
			begin(e);
		ret_gain[i] = e->gain;
		go_on(e);
	}
	e->n_strikes = 0;
}

static void multiply(float *l, float *r, const float *gain, uint32_t n_frames) MOS_RT
{
	for (uint32_t i = 0; i < n_frames; i++) {
		l[i] *= gain[i];
		r[i] *= gain[i];
	}
}

void shape_apply(struct shape *s, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT
{
	float gain[BLOCK_MAX];

	for (uint64_t left = s->on; left; left &= left - 1) {
		const uint32_t ch = (uint32_t)__builtin_ctzll(left);
		const int sounds = bufs->active >> ch & 1;

		if (!sounds && !s->env[ch].n_strikes)
			continue;
		run(&s->env[ch], gain, n_frames); /* nothing sounds yet? Time passes */
		if (!sounds)
			continue;
		multiply(bufs->l[ch], bufs->r[ch], gain, n_frames);
		for (uint32_t i = 0; i < bufs->n_sends; i++)
			if (bufs->send[i].strip == ch)
				multiply(bufs->send[i].l, bufs->send[i].r, gain, n_frames);
	}
}
