/* SPDX-License-Identifier: MIT */
/* The beat mixer: levels, kits, reset. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/rhythm_mixer.h>

Test(rhythm_mixer, reset,
	.description = "TOU-20: random stays in range and is heard, reset restores the bytes")
{
	struct mos_mixer fresh, m, again;

	memset(&fresh, 0xa5, sizeof(fresh));
	mos_mixer_reset(&fresh);
	for (uint64_t seed = 0; seed < 500; seed++) {
		memset(&m, 0x5a, sizeof(m));
		mos_mixer_reset(&m);
		mos_mixer_random(&m, seed);
		again = fresh;
		mos_mixer_random(&again, seed);
		cr_assert_arr_eq(&m, &again, sizeof(m), "TOU-20: the same by the same seed");
		cr_assert_arr_neq(&m, &fresh, sizeof(m), "TOU-20");
		for (uint32_t t = 0; t < MOS_N_TIERS; t++) {
			cr_assert(m.volume[t] >= 0 && m.volume[t] <= MOS_TIER_VOLUME_MAX, "TOU-20");
			cr_assert_lt(m.voice[t], MOS_N_VOICES, "TOU-20");
		}
		cr_assert_gt(mos_mixer_level(&m, MOS_TIER_ACCENT), 0, "TOU-20: the pattern is heard");
		mos_mixer_reset(&m);
		cr_assert_arr_eq(&m, &fresh, sizeof(m), "TOU-20: reset");
	}
}

Test(rhythm_mixer, levels,
	.description = "TOU-18 TOU-23 TOU-24: level by tier, accent ratio, master linear with 0 silent")
{
	struct mos_mixer m;

	mos_mixer_reset(&m);
	for (uint32_t t = 1; t < MOS_N_TIERS; t++)
		cr_assert_lt(mos_mixer_level(&m, t), mos_mixer_level(&m, t - 1),
			"TOU-18: each tier below the one before");
	m.volume[MOS_TIER_ACCENT] = m.volume[MOS_TIER_WEAK] = 1;
	for (m.accent_ratio = 0.5; m.accent_ratio <= 2; m.accent_ratio += 0.25)
		cr_assert_float_eq(mos_mixer_level(&m, MOS_TIER_ACCENT) / mos_mixer_level(&m, MOS_TIER_WEAK),
			m.accent_ratio, 1e-12, "TOU-23");
	m.master = 0.25;
	cr_assert_float_eq(mos_mixer_level(&m, MOS_TIER_WEAK), 0.25, 1e-12, "TOU-24");
	m.master = 0;
	for (uint32_t t = 0; t < MOS_N_TIERS; t++)
		cr_assert_eq(mos_mixer_velocity(mos_mixer_level(&m, t)), 0, "TOU-24: 0 is silence");
	m.master = 1;
	m.voice[MOS_TIER_WEAK] = MOS_VOICE_MUTE;
	cr_assert_eq(mos_mixer_level(&m, MOS_TIER_WEAK), 0, "TOU-19: mute");
	cr_assert_eq(mos_mixer_level(&m, MOS_N_TIERS), 0);
}

/* The synthesizers square the velocity: the square is linear in the level, without a limit below the
 * greatest. */
Test(rhythm_mixer, velocity, .description = "TOU-20 TOU-23: the square of the velocity is the level")
{
	for (double level = 0.01; level <= 3; level += 0.01) {
		const double v = mos_mixer_velocity(level) / 65535.0;

		cr_assert_float_eq(v * v, level / 3, 2e-5, "TOU-23: level %f", level);
	}
	cr_assert_eq(mos_mixer_velocity(3), 65535);
	cr_assert_eq(mos_mixer_velocity(1000), 65535);
	cr_assert_eq(mos_mixer_velocity(INFINITY), 65535);
	cr_assert_eq(mos_mixer_velocity(1e-30), 1, "what is not silent stays a note-on");
	cr_assert_eq(mos_mixer_velocity(0), 0);
	cr_assert_eq(mos_mixer_velocity(-1), 0);
	cr_assert_eq(mos_mixer_velocity(NAN), 0);
}

Test(rhythm_mixer, kits,
	.description = "TOU-19 TOU-21: every kit has its voices, and each differs from the others")
{
	static const char *const asked[] = {
		"808", "house", "trip-hop", "ambient", "afro-cuban", "trance", "glitch", "lo-fi", "8-bit"};
	uint32_t n = 0;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		cr_assert_geq(mos_kit_find(asked[i]), 0, "TOU-21: %s", asked[i]);
	cr_assert_eq(mos_kit_find("polka"), -1);
	while (mos_kit_name(n))
		n++;
	for (uint32_t kit = 0; kit < n; kit++) {
		cr_assert_eq(mos_kit_find(mos_kit_name(kit)), (int)kit);
		cr_assert_eq(mos_kit_key(kit, MOS_VOICE_MUTE), -1);
		for (uint32_t v = 1; v < MOS_N_VOICES; v++) {
			const int key = mos_kit_key(kit, v);

			cr_assert(key >= 27 && key <= 87, "TOU-21: %s", mos_kit_name(kit));
			for (uint32_t other = 1; other < v; other++)
				cr_assert_neq(key, mos_kit_key(kit, other), "TOU-19: %s", mos_kit_name(kit));
		}
		for (uint32_t other = 0; other < kit; other++) {
			uint32_t differ = 0;

			for (uint32_t v = 1; v < MOS_N_VOICES; v++)
				differ += mos_kit_key(kit, v) != mos_kit_key(other, v);
			cr_assert_geq(differ, 3, "TOU-21: %s and %s", mos_kit_name(kit), mos_kit_name(other));
		}
	}
	cr_assert_eq(mos_kit_key(n, MOS_VOICE_KICK), -1);
	cr_assert_eq(mos_kit_key(0, MOS_N_VOICES), -1);
	for (uint32_t v = 0; v < MOS_N_VOICES; v++)
		cr_assert_eq(mos_voice_find(mos_voice_name(v)), (int)v);
	cr_assert_eq(mos_voice_find("gong"), -1);
	cr_assert_null(mos_voice_name(MOS_N_VOICES));
}
