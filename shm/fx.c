/* SPDX-License-Identifier: MIT */
#include <mos/fx.h>

#include <stddef.h>
#include <string.h>

/* clang-format off */
static const struct mos_fx_param eq[] = {
	{"on", "four bands", 0, 1, 0, 1},
	{"low_hz", "corner of the low shelf", 20, 1000, 100, 0},
	{"low_db", "its gain", -18, 18, 0, 0},
	{"mid1_hz", "centre of the first bell", 20, 20000, 500, 0},
	{"mid1_db", "its gain", -18, 18, 0, 0},
	{"mid1_q", "its narrowness", 0.1f, 10, 0.7f, 0},
	{"mid2_hz", "centre of the second bell", 20, 20000, 3000, 0},
	{"mid2_db", "its gain", -18, 18, 0, 0},
	{"mid2_q", "its narrowness", 0.1f, 10, 0.7f, 0},
	{"high_hz", "corner of the high shelf", 500, 20000, 8000, 0},
	{"high_db", "its gain", -18, 18, 0, 0},
};

static const struct mos_fx_param compressor[] = {
	{"on", "evens the level out", 0, 1, 0, 1},
	{"threshold_db", "level from which on it works", -60, 0, -18, 0},
	{"ratio", "dB in for one dB out above it", 1, 20, 3, 0},
	{"knee_db", "width of the bend at the threshold", 0, 24, 6, 0},
	{"attack_ms", "time to 63 % of the way down", 0.1f, 200, 10, 0},
	{"release_ms", "time to 63 % of the way back", 5, 2000, 120, 0},
	{"makeup_db", "gain behind it", -12, 24, 0, 0},
};

static const struct mos_fx_param send[] = {
	{"reverb", "share sent to the reverb, beside controller 91", 0, 1, 0, 0},
	{"chorus", "share sent to the chorus, beside controller 93", 0, 1, 0, 0},
	{"follow_cc", "controllers 91 and 93 of the channel count", 0, 1, 1, 1},
};

static const struct mos_fx_param reverb[] = {
	{"on", "a room", 0, 1, 0, 1},
	{"level_db", "loudness of what comes back; noise sent at 0 dB comes back at this", -60, 12, -6, 0},
	{"time_s", "time to fall by 60 dB, at 1 kHz", 0.1f, 20, 1.8f, 0},
	{"size", "0 a chamber, 1 a cathedral", 0, 1, 0.6f, 0},
	{"damping", "the time of the highs as a share of that", 0.1f, 1, 0.5f, 0},
	{"bass", "the time of the lows as a share of that", 0.5f, 2, 1, 0},
	{"pre_delay_ms", "time before the room answers", 0, 200, 15, 0},
	{"width", "0 mono, 1 as wide as it is", 0, 1, 1, 0},
	{"low_cut_hz", "what lies below is not sent", 20, 1000, 100, 0},
};

static const struct mos_fx_param chorus[] = {
	{"on", "three detuned copies a side", 0, 1, 0, 1},
	{"level_db", "loudness of what comes back", -60, 12, -3, 0},
	{"rate_hz", "speed of the movement", 0.05f, 8, 0.6f, 0},
	{"depth_ms", "its width", 0, 8, 2.5f, 0},
	{"feedback", "share that goes round again", 0, 0.8f, 0, 0},
};

static const struct mos_fx_param limiter[] = {
	{"on", "nothing passes the ceiling", 0, 1, 1, 1},
	{"ceiling_db", "the highest level; with look-ahead of the true peak", -20, 0, -0.1f, 0},
	{"look_ahead_ms", "0: no latency, sample peaks; above: softer, true peaks", 0, 5, 0, 0},
	{"release_ms", "time of the way back", 10, 2000, 80, 0},
};

static const struct mos_fx_param drive[] = {
	{"on", "overdrive", 0, 1, 0, 1},
	{"gain_db", "gain in front of the bend", 0, 48, 18, 0},
	{"bias", "0 symmetric, 1 lopsided: even harmonics", 0, 1, 0.3f, 0},
	{"cabinet", "loudspeaker behind it", 0, 1, 1, 1},
	{"level_db", "gain behind it", -48, 12, -6, 0},
};

static const struct mos_fx_param loudness[] = {
	{"reset", "1: measure anew from here on", 0, 1, 0, 1},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
static_assert(COUNT(eq) == MOS_FX_EQ_N && COUNT(eq) <= MOS_FX_PARAMS_MAX);
static_assert(COUNT(compressor) == MOS_FX_COMPRESSOR_N && COUNT(send) == MOS_FX_SEND_N);
static_assert(COUNT(reverb) == MOS_FX_REVERB_N && COUNT(chorus) == MOS_FX_CHORUS_N);
static_assert(COUNT(limiter) == MOS_FX_LIMITER_N && COUNT(drive) == MOS_FX_DRIVE_N);
static_assert(COUNT(loudness) == MOS_FX_LOUDNESS_N);

static const struct unit {
	const char *name;
	const struct mos_fx_param *param;
	uint32_t n_params;
	uint8_t on_strip, on_master;
} units[MOS_FX_N_UNITS] = {
	[MOS_FX_EQ] = {"eq", eq, COUNT(eq), 1, 1},
	[MOS_FX_COMPRESSOR] = {"compressor", compressor, COUNT(compressor), 1, 1},
	[MOS_FX_SEND] = {"send", send, COUNT(send), 1, 0},
	[MOS_FX_REVERB] = {"reverb", reverb, COUNT(reverb), 0, 1},
	[MOS_FX_CHORUS] = {"chorus", chorus, COUNT(chorus), 0, 1},
	[MOS_FX_LIMITER] = {"limiter", limiter, COUNT(limiter), 0, 1},
	[MOS_FX_DRIVE] = {"drive", drive, COUNT(drive), 1, 0},
	[MOS_FX_LOUDNESS] = {"loudness", loudness, COUNT(loudness), 0, 1},
};
/* clang-format on */

const char *mos_fx_unit_name(uint32_t unit)
{
	return unit < MOS_FX_N_UNITS ? units[unit].name : NULL;
}

uint32_t mos_fx_unit_of(const char *name)
{
	uint32_t i = 0;

	while (i < MOS_FX_N_UNITS && strcmp(units[i].name, name) != 0)
		i++;
	return i;
}

uint32_t mos_fx_params(uint32_t unit, const struct mos_fx_param **ret) MOS_RT
{
	if (unit >= MOS_FX_N_UNITS)
		return 0;
	*ret = units[unit].param;
	return units[unit].n_params;
}

int mos_fx_on_strip(uint32_t unit) MOS_RT
{
	return unit < MOS_FX_N_UNITS && units[unit].on_strip;
}

int mos_fx_on_master(uint32_t unit) MOS_RT
{
	return unit < MOS_FX_N_UNITS && units[unit].on_master;
}
