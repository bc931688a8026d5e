/* SPDX-License-Identifier: MIT */
/* Tiers, voices, kits, levels. */
#include <mos/rhythm_mixer.h>

#include <math.h>
#include <string.h>

#define LEVEL_MAX (MOS_TIER_VOLUME_MAX * MOS_ACCENT_RATIO_MAX)

static const char *const voice_names[MOS_N_VOICES] = {"mute", "kick", "snare", "hat", "rim", "click"};

/*
 * General MIDI has one set of drum keys, so a kit is a choice among them and needs no bank of its own. Each
 * differs from the others in every voice or nearly so. Order: kick, snare, hat, rim, click.
 */
static const struct {
	const char *name;
	uint8_t key[MOS_N_VOICES];
} kits[] = {
	{"studio", {0, 36, 38, 42, 37, 76}},
	{"808", {0, 35, 40, 44, 56, 75}},
	{"house", {0, 36, 39, 46, 37, 70}},
	{"trip-hop", {0, 35, 37, 44, 54, 82}},
	{"ambient", {0, 41, 81, 51, 80, 83}},
	{"afro-cuban", {0, 64, 63, 70, 75, 56}},
	{"trance", {0, 36, 40, 46, 39, 69}},
	{"glitch", {0, 78, 73, 71, 85, 77}},
	{"lo-fi", {0, 43, 31, 69, 77, 33}},
	{"8-bit", {0, 45, 60, 80, 34, 32}},
	{"orchestra", {0, 47, 38, 49, 81, 53}},
};
#define N_KITS (sizeof(kits) / sizeof(kits[0]))

const char *mos_voice_name(uint32_t voice)
{
	return voice < MOS_N_VOICES ? voice_names[voice] : NULL;
}

int mos_voice_find(const char *name)
{
	for (int i = 0; i < MOS_N_VOICES; i++)
		if (strcmp(voice_names[i], name) == 0)
			return i;
	return -1;
}

const char *mos_kit_name(uint32_t kit)
{
	return kit < N_KITS ? kits[kit].name : NULL;
}

int mos_kit_find(const char *name)
{
	for (uint32_t i = 0; i < N_KITS; i++)
		if (strcmp(kits[i].name, name) == 0)
			return (int)i;
	return -1;
}

int mos_kit_key(uint32_t kit, uint32_t voice)
{
	return kit < N_KITS && voice > MOS_VOICE_MUTE && voice < MOS_N_VOICES ? kits[kit].key[voice] : -1;
}

void mos_mixer_reset(struct mos_mixer *mixer)
{
	static const struct mos_mixer fresh = {
		.volume = {1, 0.8, 0.6, 0.45, 0.3, 0.2},
		.voice = {MOS_VOICE_CLICK, MOS_VOICE_KICK, MOS_VOICE_SNARE, MOS_VOICE_RIM, MOS_VOICE_HAT,
			MOS_VOICE_HAT},
		.accent_ratio = 1.2,
		.master = 1,
	};

	*mixer = fresh;
}

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void mos_mixer_random(struct mos_mixer *mixer, uint64_t seed)
{
	for (uint32_t tier = 0; tier < MOS_N_TIERS; tier++) {
		mixer->volume[tier] = (double)(draw(&seed) % 151) / 100;
		mixer->voice[tier] = (uint32_t)(draw(&seed) % MOS_N_VOICES);
	}
	if (mixer->volume[MOS_TIER_ACCENT] < 0.5)
		mixer->volume[MOS_TIER_ACCENT] += 0.5;
	if (mixer->voice[MOS_TIER_ACCENT] == MOS_VOICE_MUTE)
		mixer->voice[MOS_TIER_ACCENT] = MOS_VOICE_CLICK;
}

double mos_mixer_level(const struct mos_mixer *mixer, uint32_t tier)
{
	if (tier >= MOS_N_TIERS || mixer->voice[tier] == MOS_VOICE_MUTE)
		return 0;
	return mixer->volume[tier] * (tier == MOS_TIER_ACCENT ? mixer->accent_ratio : 1) * mixer->master;
}

uint16_t mos_mixer_velocity(double level)
{
	if (!(level > 0))
		return 0;

	const double velocity = UINT16_MAX * sqrt(fmin(level / LEVEL_MAX, 1));

	return velocity < 1 ? 1 : (uint16_t)(velocity + 0.5);
}
