/* SPDX-License-Identifier: MIT */
#include "chorus.h"

#include <string.h>

#include "fx_math.h"

#define MIDDLE_S 0.014

void chorus_init(struct chorus *c, uint32_t rate_hz)
{
	memset(c, 0, sizeof(*c));
	c->kernel = fx_kernel_best();
	c->rate_hz = (float)rate_hz;
	c->ring_size = 512;
	while (c->ring_size < rate_hz * 0.03 + 2 * FX_GRID && c->ring_size < CHORUS_RING_MAX)
		c->ring_size *= 2;
}

void chorus_set(struct chorus *c, const float *value) MOS_RT
{
	c->on = value[MOS_FX_CHORUS_ON] >= 0.5f;
	c->level.to = c->on ? (float)fx_gain_of_db(value[MOS_FX_CHORUS_LEVEL_DB]) : 0;
	c->feedback.to = c->on ? value[MOS_FX_CHORUS_FEEDBACK] : 0;
	c->depth_to = value[MOS_FX_CHORUS_DEPTH_MS] * 0.001 * (double)c->rate_hz;
	c->speed = FX_GRID * (double)value[MOS_FX_CHORUS_RATE_HZ] / (double)c->rate_hz;
}

int chorus_is_idle(const struct chorus *c) MOS_RT
{
	return !c->on && !c->awake;
}

static double delay_at(const struct chorus *c, int side, uint32_t voice) MOS_RT
{
	double d =
		MIDDLE_S * (double)c->rate_hz + c->depth * fx_sin_turns(c->turns + voice / 3.0 + side / 6.0);

	return d < FX_GRID + 4 ? FX_GRID + 4 : d;
}

void chorus_grid(struct chorus *c) MOS_RT
{
	const double depth_most =
		c->rate_hz * (0.02 / FX_GRID); /* a wider swing takes a while: the pitch stays near */
	double way = c->depth_to - c->depth;

	fx_glide_grid(&c->level, 1);
	fx_glide_grid(&c->feedback, 1);
	c->turns += c->speed;
	c->turns -= c->turns >= 1 ? 1 : 0;
	c->depth += !c->awake ? way : way > depth_most ? depth_most : way < -depth_most ? -depth_most : way;
	for (int s = 0; s < 2; s++)
		for (uint32_t v = 0; v < CHORUS_VOICES; v++) {
			double d = delay_at(c, s, v);

			c->delay[s][v] = c->awake ? c->delay_next[s][v] : d;
			c->delay_next[s][v] = d;
			c->delay_step[s][v] = (float)((d - c->delay[s][v]) / FX_GRID);
		}
	c->quiet = c->alive ? 0 : c->quiet + FX_GRID;
	c->alive = 0;
	if (c->quiet > c->ring_size) {
		c->awake = 0;
		c->quiet = 0;
	}
}

static int is_silent(const float *x, uint32_t n) MOS_RT
{
	float most = 0;

	for (uint32_t i = 0; i < n; i++)
		most = x[i] != 0 ? 1 : most;
	return most == 0;
}

void chorus_process(struct chorus *c, const float *in_l, const float *in_r, float *out_l, float *out_r,
	uint32_t k, uint32_t n) MOS_RT
{
	if (!c->awake && (!c->on || (is_silent(in_l, n) && is_silent(in_r, n))))
		return;
	c->awake = 1;
	c->kernel->chorus(c, in_l, in_r, out_l, out_r, k, n);
}
