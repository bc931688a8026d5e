/* SPDX-License-Identifier: MIT */
/* Euclidean rhythms against the published table, the presets as strings, recognition. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/euclid.h>

#include "music_random.h"

static void expect_text(const struct mos_rhythm *r, const char *text, const char *what)
{
	char got[MOS_RHYTHM_STEPS_MAX + 1];

	cr_assert_eq(mos_rhythm_format(r, got, sizeof(got)), (int)strlen(text), "%s", what);
	cr_assert_str_eq(got, text, "%s", what);
}

/* G. Toussaint, "The Euclidean algorithm generates traditional musical rhythms" (2005), section 4. */
static const struct {
	uint32_t k, n;
	const char *text;
} published[] = {
	{1, 2, "x."},
	{1, 3, "x.."},
	{1, 4, "x..."},
	{2, 3, "x.x"},
	{2, 5, "x.x.."},
	{3, 4, "x.xx"},
	{3, 5, "x.x.x"},
	{3, 7, "x.x.x.."},
	{3, 8, "x..x..x."},
	{4, 7, "x.x.x.x"},
	{4, 9, "x.x.x.x.."},
	{4, 11, "x..x..x..x."},
	{5, 6, "x.xxxx"},
	{5, 7, "x.xx.xx"},
	{5, 8, "x.xx.xx."},
	{5, 9, "x.x.x.x.x"},
	{5, 11, "x.x.x.x.x.."},
	{5, 12, "x..x.x..x.x."},
	{5, 16, "x..x..x..x..x..."},
	{7, 8, "x.xxxxxx"},
	{7, 12, "x.xx.x.xx.x."},
	{7, 16, "x..x.x.x..x.x.x."},
	{9, 16, "x.xx.x.x.xx.x.x."},
	{11, 24, "x..x.x.x.x.x..x.x.x.x.x."},
	{13, 24, "x.xx.x.x.x.x.xx.x.x.x.x."},
};

Test(euclid, published_table, .description = "TOU-01: Toussaint's published table")
{
	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		struct mos_rhythm r;

		cr_assert_eq(mos_euclid(published[i].k, published[i].n, 0, &r), 0);
		expect_text(&r, published[i].text, "TOU-01");
	}
}

Test(euclid, all_sizes,
	.description = "TOU-01: E(k, n) for 1..128 steps: k onsets, the first on step 0, gaps differ by 1")
{
	for (uint32_t n = 1; n <= 128; n++) {
		for (uint32_t k = 0; k <= n; k++) {
			uint8_t gaps[128], least = 255, most = 0;
			struct mos_rhythm r;

			cr_assert_eq(mos_euclid(k, n, 0, &r), 0);
			cr_assert(mos_rhythm_is_valid(&r), "TOU-01: E(%u,%u)", k, n);
			cr_assert_eq(r.n_steps, n);
			cr_assert_eq(mos_rhythm_pulses(&r), k, "TOU-01: E(%u,%u)", k, n);
			cr_assert_eq(mos_rhythm_gaps(&r, gaps, 128), k);
			cr_assert_eq(
				mos_rhythm_has(&r, 0), k > 0, "TOU-01: E(%u,%u) starts with an onset", k, n);
			for (uint32_t i = 0; i < k; i++) {
				least = gaps[i] < least ? gaps[i] : least;
				most = gaps[i] > most ? gaps[i] : most;
			}
			cr_assert(k == 0 || most - least <= 1, "TOU-01: E(%u,%u) is even", k, n);
		}
	}
}

Test(euclid, refused, .description = "TOU-01: what is no rhythm is refused and nothing is written")
{
	struct mos_rhythm r = {.onset = {5}, .n_steps = 3};

	cr_assert_eq(mos_euclid(1, 0, 0, &r), -EINVAL);
	cr_assert_eq(mos_euclid(0, 129, 0, &r), -EINVAL);
	cr_assert_eq(mos_euclid(9, 8, 0, &r), -EINVAL);
	cr_assert_eq(mos_euclid(UINT32_MAX, UINT32_MAX, 0, &r), -EINVAL);
	cr_assert(r.onset[0] == 5 && r.n_steps == 3);
}

/* Written by hand from the row; "rotated by r" begins r steps later. */
static const struct {
	uint32_t id;
	const char *key, *text;
	uint32_t tier;
} wanted[] = {
	{MOS_PRESET_QUARTER, "quarter", "xxxx", MOS_PRESET_ESSENTIAL},
	{MOS_PRESET_TRESILLO, "tresillo", "x..x..x.", MOS_PRESET_ESSENTIAL},
	{MOS_PRESET_SON_32, "son-clave-3-2", "x.xx.xx.", MOS_PRESET_ESSENTIAL},
	{MOS_PRESET_SON_23, "son-clave-2-3", ".xx.x.xx", MOS_PRESET_CULTURAL},
	{MOS_PRESET_BOSSA_NOVA, "bossa-nova", "xx.xx.x.", MOS_PRESET_CULTURAL},
	{MOS_PRESET_SIX_EIGHT, "six-eight", "x.x.x.", MOS_PRESET_ESSENTIAL},
	{MOS_PRESET_BELL, "bell-12-8", "x..x.x..x.x.", MOS_PRESET_CULTURAL},
	{MOS_PRESET_AKSAK, "aksak", "x.x.x.x", MOS_PRESET_CULTURAL},
	{MOS_PRESET_TEENTAL, "teental", "x...x...x...x...", MOS_PRESET_CULTURAL},
	{MOS_PRESET_RUMBA, "rumba-clave", "x...x..x..x..x..", MOS_PRESET_CULTURAL},
	{MOS_PRESET_SOUKOUS, "soukous", "x.xx.x.xx.x.", MOS_PRESET_ADVANCED},
	{MOS_PRESET_THREE_TWO, "three-two", "x.xxx.", MOS_PRESET_ADVANCED},
	{MOS_PRESET_YORK_SAMAI, "york-samai", "x..x.x.x..x.x.x.", MOS_PRESET_ADVANCED},
};

Test(euclid, presets, .description = "TOU-03: thirteen presets as strings")
{
	cr_assert_eq(sizeof(wanted) / sizeof(wanted[0]), 13);
	cr_assert_eq(MOS_PRESET_END - 1, 13);
	for (size_t i = 0; i < 13; i++) {
		const struct mos_preset *p = mos_preset(wanted[i].id);

		cr_assert_not_null(p);
		cr_assert_eq(p->id, wanted[i].id);
		cr_assert_str_eq(p->key, wanted[i].key, "TOU-03");
		cr_assert_eq(mos_preset_find(wanted[i].key), wanted[i].id, "TOU-03");

		const struct mos_rhythm r = mos_preset_rhythm(p);

		expect_text(&r, wanted[i].text, wanted[i].key);
		cr_assert_eq(mos_rhythm_pulses(&r), p->k, "TOU-03: %s", p->key);
		cr_assert_eq(r.n_steps, p->n, "TOU-03: %s", p->key);
	}
	cr_assert_null(mos_preset(MOS_PRESET_NONE));
	cr_assert_null(mos_preset(MOS_PRESET_END));
	cr_assert_null(mos_preset(UINT32_MAX));
	cr_assert_eq(mos_preset_find("polka"), MOS_PRESET_NONE);
}

Test(euclid, preset_tiers, .description = "TOU-04: each preset has one tier, and each tier has presets")
{
	uint32_t n[MOS_PRESET_N_TIERS] = {0};

	for (size_t i = 0; i < 13; i++) {
		const struct mos_preset *p = mos_preset(wanted[i].id);

		cr_assert_eq(p->tier, wanted[i].tier, "TOU-04: %s", p->key);
		cr_assert_not_null(mos_preset_tier_name(p->tier));
		n[p->tier]++;
	}
	for (uint32_t t = 0; t < MOS_PRESET_N_TIERS; t++)
		cr_assert_gt(n[t], 0, "TOU-04");
	cr_assert_null(mos_preset_tier_name(MOS_PRESET_N_TIERS));
}

Test(euclid, preset_texts, .description = "TOU-28: context, practice tip and listening hint of every preset")
{
	for (uint32_t id = 1; id < MOS_PRESET_END; id++) {
		const struct mos_preset *p = mos_preset(id);

		cr_assert(strlen(p->context) > 40 && strlen(p->practice) > 40 && strlen(p->listening) > 40,
			"TOU-28: %s", p->key);
		for (uint32_t other = 1; other < id; other++)
			cr_assert(strcmp(p->context, mos_preset(other)->context) != 0, "TOU-28: %s", p->key);
	}
}

Test(euclid, presets_recognised, .description = "TOU-27: all presets in all rotations are named")
{
	for (uint32_t id = 1; id < MOS_PRESET_END; id++) {
		const struct mos_preset *p = mos_preset(id);
		const struct mos_rhythm base = mos_preset_rhythm(p);

		for (uint32_t by = 0; by < base.n_steps; by++) {
			const struct mos_rhythm r = mos_rhythm_rotate(&base, by);
			const struct mos_rhythm_identity is = mos_rhythm_identify(&r);

			cr_assert_neq(is.preset, MOS_PRESET_NONE, "TOU-27: %s by %u", p->key, by);
			cr_assert(by != 0 || is.preset == id, "TOU-27: %s as it is", p->key);

			/* What was named is true: that preset by that rotation is the pattern. */
			const struct mos_rhythm named = mos_preset_rhythm(mos_preset(is.preset));
			const struct mos_rhythm again = mos_rhythm_rotate(&named, is.rotation);

			cr_assert(mos_rhythm_equal(&again, &r), "TOU-27: %s by %u", p->key, by);
			cr_assert_eq(is.is_euclidean, id != MOS_PRESET_THREE_TWO, "TOU-27: %s", p->key);
			if (is.is_euclidean) {
				struct mos_rhythm e;

				cr_assert_eq(mos_euclid(is.k, is.n, is.euclid_rotation, &e), 0);
				cr_assert(mos_rhythm_equal(&e, &r), "TOU-27: %s by %u", p->key, by);
			}
		}
	}
}

Test(euclid, random_grids_are_not_named,
	.description = "TOU-27: a random grid is neither a preset nor Euclidean")
{
	uint64_t rng = 27;
	uint32_t n_euclidean = 0, n_preset = 0;

	for (int i = 0; i < 3000; i++) {
		struct mos_rhythm r = {.n_steps = (uint32_t)random_between(&rng, 17, 128)};
		uint8_t gaps[128], least = 255, most = 0;

		for (uint32_t s = 0; s < r.n_steps; s++)
			mos_rhythm_put(&r, s, (int)random_between(&rng, 0, 1));

		const uint32_t n = mos_rhythm_gaps(&r, gaps, 128);
		const struct mos_rhythm_identity is = mos_rhythm_identify(&r);

		for (uint32_t g = 0; g < n; g++) {
			least = gaps[g] < least ? gaps[g] : least;
			most = gaps[g] > most ? gaps[g] : most;
		}
		n_preset += is.preset != MOS_PRESET_NONE;
		n_euclidean += is.is_euclidean;
		cr_assert(!is.is_euclidean || most - least <= 1, "TOU-27: uneven gaps are not Euclidean");
	}
	cr_assert_eq(n_preset, 0, "TOU-27");
	cr_assert_lt(n_euclidean, 30, "TOU-27: %u of 3000", n_euclidean);
}
