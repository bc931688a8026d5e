/* SPDX-License-Identifier: MIT */
#include "sfz_curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define USUAL 7u /* curves 0..6 are there without a <curve> */

static const uint16_t usual[USUAL] = {CURVE_UNIT, CURVE_UNIT_BIPOLAR, CURVE_UNIT_DOWN,
	CURVE_UNIT_BIPOLAR_DOWN, CURVE_SQUARE, CURVE_SQRT, CURVE_SQRT_DOWN};

void sfz_curve_values(const struct sfz_curves *c, uint32_t number, float ret[128])
{
	if (number < SFZ_CURVES && c->own[number]) {
		memcpy(ret, c->own[number], 128 * sizeof(*ret));
		return;
	}
	for (uint32_t i = 0; i < 128; i++) {
		float x = (float)i / 127.0f;

		switch (number) {
		case 1:
			ret[i] = 2.0f * x - 1.0f;
			break;
		case 2:
			ret[i] = 1.0f - x;
			break;
		case 3:
			ret[i] = 1.0f - 2.0f * x;
			break;
		case 4:
			ret[i] = x * x;
			break;
		case 5:
			ret[i] = sqrtf(x);
			break;
		case 6:
			ret[i] = sqrtf(1.0f - x);
			break;
		default:
			ret[i] = x;
			break;
		}
	}
}

void sfz_curve_fill(float value[128], float first, float last)
{
	uint32_t left = 0;

	if (isnan(value[0]))
		value[0] = first;
	if (isnan(value[127]))
		value[127] = last;
	for (uint32_t i = 1; i < 128; i++) {
		if (isnan(value[i]))
			continue;
		for (uint32_t k = left + 1; k < i; k++)
			value[k] = value[left] +
				   (value[i] - value[left]) * (float)(k - left) / (float)(i - left);
		left = i;
	}
}

uint16_t sfz_curve_add(struct bank_build *b, const float value[128])
{
	float table[CURVE_POINTS];

	memcpy(table, value, 128 * sizeof(*value));
	table[128] = value[127];
	return build_curve(b, table);
}

uint16_t sfz_curve_use(struct bank_build *b, const struct sfz_curves *c, uint32_t number)
{
	if (number < SFZ_CURVES && c->own[number])
		return sfz_curve_add(b, c->own[number]);
	return number < USUAL ? usual[number] : CURVE_UNIT;
}

void sfz_curves_free(struct sfz_curves *c)
{
	for (uint32_t i = 0; i < SFZ_CURVES; i++)
		free(c->own[i]);
}

float sfz_fade_in(const struct sfz_range *range, float x, int is_gain)
{
	float at;

	if (x < range->lo)
		return 0.0f;
	if (x >= range->hi)
		return 1.0f;
	at = (x - range->lo) / (range->hi - range->lo);
	return is_gain ? at : sqrtf(at);
}

float sfz_fade_out(const struct sfz_range *range, float x, int is_gain)
{
	float at;

	if (x <= range->lo)
		return 1.0f;
	if (x > range->hi)
		return 0.0f;
	at = 1.0f - (x - range->lo) / (range->hi - range->lo);
	return is_gain ? at : sqrtf(at);
}

void sfz_velocity_gain(const struct sfz_region *r, float ret[128])
{
	float curve[128];

	memcpy(curve, r->velcurve, sizeof(curve));
	if (r->has_velcurve)
		sfz_curve_fill(curve, 0.0f, 1.0f);
	for (uint32_t i = 0; i < 128; i++) {
		float x = (float)i / 127.0f, f = r->has_velcurve ? curve[i] : x * x;
		float lost = fabsf(r->amp_veltrack) * (1.0f - f);

		ret[i] = (r->amp_veltrack < 0.0f ? lost : 1.0f - lost) *
			 sfz_fade_in(&r->xf_vel[SFZ_XF_IN], (float)i, r->xf_vel_is_gain) *
			 sfz_fade_out(&r->xf_vel[SFZ_XF_OUT], (float)i, r->xf_vel_is_gain);
	}
}
