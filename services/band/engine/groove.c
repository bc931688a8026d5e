/* SPDX-License-Identifier: MIT */
#include "groove.h"

#include "sha256.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SMOOTH_PERIOD 16u
#define MOST_MS 30.0

static double clamp(double x, double low, double high)
{
	/* Not a number is taken for the lower end. */
	return x >= low ? (x < high ? x : high) : low;
}

static double unit(double x)
{
	return clamp(x, 0, 1);
}

int band_groove_preset(const char *name, struct band_groove *groove)
{
	static const struct {
		const char *name;
		enum band_groove_mode mode;
		double tightness, expression, assist, ms;
	} presets[] = {
		{"tight", BAND_GROOVE_STABILIZE, .95, .30, .60, 2},
		{"loose", BAND_GROOVE_FOLLOW, .45, .60, .50, 9},
		{"challenge", BAND_GROOVE_CHALLENGE, .20, .85, .95, 6},
		{"recover", BAND_GROOVE_RECOVER, .70, .20, .80, 4},
	};

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcmp(presets[i].name, name) != 0)
			continue;
		groove->mode = presets[i].mode;
		groove->tightness = presets[i].tightness;
		groove->expression = presets[i].expression;
		groove->assist = presets[i].assist;
		groove->humanize_ms = presets[i].ms;
		return 0;
	}
	return -EINVAL;
}

struct band_groove_controls band_groove_controls(const struct band_groove *groove)
{
	const double tight = unit(groove->tightness);
	const double loose = unit(0.5 * unit(groove->expression) + 0.5 * (1 - tight));
	const double bias = 2 + 4 * loose;

	return (struct band_groove_controls){
		.humanize_ms = clamp(groove->humanize_ms * (0.15 + 0.85 * loose), 0, MOST_MS),
		.velocity_mul =
			clamp(1 + 0.25 * unit(groove->assist) * (0.6 + 0.4 * (1 - tight)), 0.85, 1.25),
		.bias_ms = groove->bias == BAND_GROOVE_AHEAD    ? -bias
			   : groove->bias == BAND_GROOVE_BEHIND ? bias
								: 0,
	};
}

/** The first 64 bits of a text's SHA-256. */
static uint64_t hash(const char *text, size_t n)
{
	uint8_t sum[32] = {0};
	uint64_t bits = 0;

	(void)band_sha256(text, n, sum);
	for (int i = 0; i < 8; i++)
		bits = bits << 8 | sum[i];
	return bits;
}

static double draw(const char *seed, const char *lane, uint32_t index)
{
	char text[160];
	const int n =
		snprintf(text, sizeof(text), "%.*s|%.16s|%u", (int)BAND_GROOVE_PROFILE, seed, lane, index);

	return (double)hash(text, (size_t)n) / 0x1p64;
}

double band_jitter_ms(const char *seed, const char *lane, uint32_t index, double ms, bool smooth)
{
	if (!smooth)
		return (2 * draw(seed, lane, index) - 1) * ms;

	const uint32_t from = index - index % SMOOTH_PERIOD;
	const double f = (index - from) / (double)SMOOTH_PERIOD;
	const double s = f * f * (3 - 2 * f);
	const double u = (1 - s) * draw(seed, lane, from) + s * draw(seed, lane, from + SMOOTH_PERIOD);

	return (2 * u - 1) * ms;
}

double band_groove_due(const struct band_groove *groove, const struct band_groove_controls *controls,
	enum band_groove_kind kind, uint32_t index, double at)
{
	const char *lane = kind == BAND_GROOVE_CC ? "cc" : "note";
	double due = at + band_jitter_ms(groove->profile, lane, index, controls->humanize_ms, true) / 1000;

	if (kind == BAND_GROOVE_NOTE_ON)
		due += controls->bias_ms / 1000;
	return nearbyint(due * 1e9) / 1e9;
}

uint8_t band_groove_velocity(const struct band_groove_controls *controls, uint8_t velocity)
{
	return velocity ? (uint8_t)clamp(nearbyint(velocity * controls->velocity_mul), 1, 127) : 0;
}

struct band_groove_plan band_groove_plan(const struct band_groove *groove)
{
	const double expression = unit(groove->expression);
	const double assist = unit(groove->assist);
	const double energy = 0.6 * assist + 0.4 * (1 - unit(groove->tightness));
	struct band_groove_plan plan = {
		.energy = energy < 0.35  ? BAND_GROOVE_LOW
			  : energy < 0.7 ? BAND_GROOVE_MID
					 : BAND_GROOVE_HIGH,
	};

	switch (groove->mode) {
	case BAND_GROOVE_RECOVER:
		plan.family = "free";
		plan.density = BAND_GROOVE_LOW;
		break;
	case BAND_GROOVE_CHALLENGE:
		plan.family = "shuffle";
		plan.density = BAND_GROOVE_HIGH;
		break;
	case BAND_GROOVE_STABILIZE:
		plan.family = expression >= 0.65 ? "swing" : "straight";
		plan.density = BAND_GROOVE_MID;
		break;
	default:
		plan.family = expression >= 0.5 ? "swing" : "straight";
		plan.density = assist < 0.35 ? BAND_GROOVE_LOW : BAND_GROOVE_MID;
		break;
	}
	return plan;
}

static bool fits(
	const struct band_groove_pattern *pattern, const struct band_groove_plan *plan, uint32_t filters)
{
	return (!(filters & 1) || strcmp(pattern->family, plan->family) == 0) &&
	       (!(filters & 2) || pattern->density <= plan->density) &&
	       (!(filters & 4) ||
		       (pattern->energy_min <= plan->energy && plan->energy <= pattern->energy_max));
}

static uint32_t count(const struct band_groove_pattern *patterns, uint32_t n,
	const struct band_groove_plan *plan, uint32_t filters)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < n; i++)
		left += fits(&patterns[i], plan, filters);
	return left;
}

uint32_t band_groove_pick(
	const struct band_groove *groove, const struct band_groove_pattern *patterns, uint32_t n)
{
	static const char *const densities[] = {"sparse", "normal", "dense"};
	static const char *const energies[] = {"low", "mid", "high"};
	const struct band_groove_plan plan = band_groove_plan(groove);
	char text[160];
	uint32_t filters = 0;

	for (uint32_t filter = 1; filter <= 4; filter *= 2) {
		if (count(patterns, n, &plan, filters | filter) > 0)
			filters |= filter;
	}
	const int len = snprintf(text, sizeof(text), "%.*s|%s|%s|%s", (int)BAND_GROOVE_PROFILE,
		groove->profile, plan.family, densities[plan.density], energies[plan.energy]);
	uint32_t k = (uint32_t)(hash(text, (size_t)len) >> 32) % count(patterns, n, &plan, filters);
	for (uint32_t i = 0; i < n; i++) {
		if (fits(&patterns[i], &plan, filters) && k-- == 0)
			return i;
	}
	return 0;
}
