/* SPDX-License-Identifier: MIT */
#include "compressor.h"

#include "../rt_math.h"
#include "fx_math.h"

#define LOG2_OF_DB 0.16609640474f /* log2(10) / 20 */
#define QUIETEST 1e-9f

void compressor_init(struct compressor *c, uint32_t rate_hz)
{
	*c = (struct compressor){
		.rate_hz = (float)rate_hz, .amount = fx_glide_at(0), .makeup = fx_glide_at(0)};
}

/* What a pole of this time passes in a frame: 1 - e^(-1 / (t rate)). */
static float share(float ms, float rate_hz) MOS_RT
{
	return (float)(1 - fx_exp2(-1.4426950408889634 / (ms * 0.001 * rate_hz)));
}

void compressor_set(struct compressor *c, const float *value) MOS_RT
{
	float knee = value[MOS_FX_COMPRESSOR_KNEE_DB] * LOG2_OF_DB;

	c->on = value[MOS_FX_COMPRESSOR_ON] >= 0.5f;
	c->threshold = value[MOS_FX_COMPRESSOR_THRESHOLD_DB] * LOG2_OF_DB;
	c->half_knee = knee / 2;
	c->bend = knee > 1e-3f ? 1 / (2 * knee) : 0;
	c->slope = 1 - 1 / value[MOS_FX_COMPRESSOR_RATIO];
	c->attack = share(value[MOS_FX_COMPRESSOR_ATTACK_MS], c->rate_hz);
	c->release = share(value[MOS_FX_COMPRESSOR_RELEASE_MS], c->rate_hz);
	c->amount.to = c->on;
	c->makeup.to = c->on ? value[MOS_FX_COMPRESSOR_MAKEUP_DB] * LOG2_OF_DB : 0;
}

int compressor_is_idle(const struct compressor *c) MOS_RT
{
	return !c->on && c->amount.next == 0 && c->amount.step == 0 && c->makeup.next == 0 &&
	       c->makeup.step == 0;
}

void compressor_grid(struct compressor *c) MOS_RT
{
	fx_glide_grid(&c->amount, 1);
	fx_glide_grid(&c->makeup, 1);
	c->reduction = c->reduction > 1e-6f && c->reduction < 100 ? c->reduction : 0;
	if (compressor_is_idle(c))
		c->reduction = 0;
}

/* Level of each frame, and the reduction that the curve asks for. */
static void ask(const struct compressor *c, const float *l, const float *r, float *ret, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i++) {
		float a = l[i] < 0 ? -l[i] : l[i], b = r[i] < 0 ? -r[i] : r[i], p = a > b ? a : b;
		float over = rt_log2(p > QUIETEST ? p : QUIETEST) - c->threshold, in = over + c->half_knee;
		float bent = in * in * c->bend;

		over = over > 0 ? over : 0;
		bent = in > 0 ? bent : 0;
		ret[i] = c->slope * (in < 2 * c->half_knee ? bent : over);
	}
}

void compressor_process(struct compressor *c, float *l, float *r, uint32_t k, uint32_t n) MOS_RT
{
	float x[FX_GRID], y = c->reduction, most = c->reduction_max;

	ask(c, l, r, x, n);
	for (uint32_t i = 0; i < n; i++) {
		y += (x[i] - y) * (x[i] > y ? c->attack : c->release);
		most = y > most ? y : most;
		x[i] = y;
	}
	c->reduction = y;
	c->reduction_max = most;
	for (uint32_t i = 0; i < n; i++) {
		float t = (float)(int32_t)(k + i), amount = c->amount.now + c->amount.step * t;
		float g = rt_exp2((c->makeup.now + c->makeup.step * t) - x[i] * amount);

		l[i] *= g;
		r[i] *= g;
	}
}
