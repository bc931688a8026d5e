/* SPDX-License-Identifier: MIT */
/* Where the parts of a measure lie. */
#include <mos/rhythm_grid.h>

#include <mos/meter.h>

int64_t mos_grid_tick(int64_t span_ticks, uint32_t n_parts, uint32_t part) MOS_RT
{
	const int64_t whole = part / n_parts, rest = part % n_parts;

	return whole * span_ticks + (2 * rest * span_ticks + n_parts) / (2 * (int64_t)n_parts);
}

int64_t mos_grid_part_from(int64_t span_ticks, uint32_t n_parts, int64_t tick) MOS_RT
{
	const int64_t whole = tick / span_ticks, rest = tick % span_ticks;
	/*
	 * The first whose exact place is at rest - 1/2 or after it: a half is rounded upwards. At rest 0 it
	 * may lie in the span before, where division rounds it up as it is.
	 */
	const int64_t above = (2 * rest - 1) * n_parts, two_spans = 2 * span_ticks;
	const int64_t part = rest ? (above + two_spans - 1) / two_spans : above / two_spans;

	if (!whole && part < 0)
		return 0;
	return whole * n_parts + part;
}

static uint32_t gcd(uint32_t a, uint32_t b) MOS_RT
{
	while (b) {
		const uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

uint32_t mos_polyrhythm(uint32_t a, uint32_t b, int64_t span_ticks, struct mos_poly_onset *ret, uint32_t max)
	MOS_RT
{
	uint32_t n = 0;

	if (a < 1 || a > 64 || b < 1 || b > 64)
		return 0;

	/* Both lie on a grid of the least common multiple, where coincidence is a matter of whole numbers. */
	const uint32_t steps = a / gcd(a, b) * b;

	for (uint32_t s = 0; s < steps; s++) {
		const uint32_t parts = (s % (steps / a) == 0) | (uint32_t)(s % (steps / b) == 0) << 1;

		if (!parts)
			continue;
		if (n < max)
			ret[n] = (struct mos_poly_onset){mos_grid_tick(span_ticks, steps, s), parts};
		n++;
	}
	return n;
}

uint32_t mos_grid_clicks(uint16_t num, uint32_t subdivision) MOS_RT
{
	return num * subdivision;
}

int64_t mos_grid_click_tick(uint16_t den, uint32_t subdivision, uint32_t click) MOS_RT
{
	return mos_grid_tick(mos_meter_beat_ticks(den), subdivision, click);
}

uint32_t mos_grid_click_tier(uint16_t num, uint16_t den, uint32_t subdivision, uint32_t click) MOS_RT
{
	const uint32_t beat = click / subdivision % num, part = click % subdivision;

	if (part)
		return 2 * part == subdivision ? MOS_TIER_EIGHTH : MOS_TIER_GHOST;
	switch (mos_meter_beat_strength(num, den, beat)) {
	case 2:
		return MOS_TIER_DOWNBEAT;
	case 1:
		return MOS_TIER_BEAT_3;
	default:
		return MOS_TIER_WEAK;
	}
}

const char *mos_tier_name(uint32_t tier)
{
	static const char *const names[MOS_N_TIERS] = {
		"accent", "downbeat", "beat-3", "weak", "eighth", "ghost"};

	return tier < MOS_N_TIERS ? names[tier] : NULL;
}
