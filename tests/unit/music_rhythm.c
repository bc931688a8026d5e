/* SPDX-License-Identifier: MIT */
/* Patterns of steps: text, rotation, gaps, evenness, necklaces; each function against its definition. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/euclid.h>
#include <mos/rhythm.h>

#include "music_random.h"

static struct mos_rhythm random_rhythm(uint64_t *rng)
{
	struct mos_rhythm r = {.n_steps = (uint32_t)random_between(rng, 1, 128)};

	for (uint32_t s = 0; s < r.n_steps; s++)
		mos_rhythm_put(&r, s, random_between(rng, 0, 2) == 0);
	return r;
}

Test(rhythm, text, .description = "TOU-14: tresillo = x..x..x. both ways")
{
	struct mos_rhythm r, tresillo;
	char text[MOS_RHYTHM_STEPS_MAX + 1];

	cr_assert_eq(mos_euclid(3, 8, 0, &tresillo), 0);
	cr_assert_eq(mos_rhythm_format(&tresillo, text, sizeof(text)), 8);
	cr_assert_str_eq(text, "x..x..x.", "TOU-14");
	cr_assert_eq(mos_rhythm_parse("x..x..x.", &r), 0);
	cr_assert(mos_rhythm_equal(&r, &tresillo), "TOU-14");
	cr_assert_eq(mos_rhythm_parse("| X--1 | _0o- |", &r), 0);
	cr_assert(mos_rhythm_equal(&r, &tresillo), "TOU-14: other spellings");
	cr_assert_eq(mos_rhythm_format(&tresillo, text, 8), -ENOSPC);
	cr_assert_eq(mos_rhythm_format(&tresillo, text, 9), 8);
}

Test(rhythm, text_refused, .description = "TOU-14: what is no pattern is refused and nothing is written")
{
	struct mos_rhythm r = {.n_steps = 77};
	char text[200];

	cr_assert_eq(mos_rhythm_parse("", &r), -EINVAL);
	cr_assert_eq(mos_rhythm_parse("  | ", &r), -EINVAL);
	cr_assert_eq(mos_rhythm_parse("x..y", &r), -EINVAL);
	cr_assert_eq(mos_rhythm_parse("x..\xff", &r), -EINVAL);
	memset(text, 'x', sizeof(text));
	text[129] = '\0';
	cr_assert_eq(mos_rhythm_parse(text, &r), -EINVAL);
	cr_assert_eq(r.n_steps, 77);
	text[128] = '\0';
	cr_assert_eq(mos_rhythm_parse(text, &r), 0);
	cr_assert_eq(r.n_steps, 128);
	cr_assert_eq(mos_rhythm_pulses(&r), 128);
	cr_assert(mos_rhythm_is_valid(&r));
}

Test(rhythm, text_round_trip, .description = "TOU-14: any pattern survives text")
{
	uint64_t rng = 14;

	for (int i = 0; i < 500; i++) {
		const struct mos_rhythm r = random_rhythm(&rng);
		struct mos_rhythm back;
		char text[MOS_RHYTHM_STEPS_MAX + 1];

		cr_assert_eq(mos_rhythm_format(&r, text, sizeof(text)), (int)r.n_steps);
		cr_assert_eq(mos_rhythm_parse(text, &back), 0);
		cr_assert(mos_rhythm_equal(&r, &back), "TOU-14: %s", text);
	}
}

Test(rhythm, validity)
{
	cr_assert_not(mos_rhythm_is_valid(&(struct mos_rhythm){.n_steps = 0}));
	cr_assert_not(mos_rhythm_is_valid(&(struct mos_rhythm){.n_steps = 129}));
	cr_assert_not(mos_rhythm_is_valid(&(struct mos_rhythm){.onset = {1u << 8}, .n_steps = 8}));
	cr_assert_not(mos_rhythm_is_valid(&(struct mos_rhythm){.onset = {0, 1}, .n_steps = 64}));
	cr_assert_not(mos_rhythm_is_valid(&(struct mos_rhythm){.onset = {0, 2}, .n_steps = 65}));
	cr_assert(mos_rhythm_is_valid(&(struct mos_rhythm){.onset = {UINT64_MAX, 1}, .n_steps = 65}));
	cr_assert(
		mos_rhythm_is_valid(&(struct mos_rhythm){.onset = {UINT64_MAX, UINT64_MAX}, .n_steps = 128}));
}

Test(rhythm, rotations,
	.description = "TOU-02: all rotations distinct unless periodic, step by step as defined")
{
	uint64_t rng = 2;

	for (int i = 0; i < 60; i++) {
		struct mos_rhythm r = random_rhythm(&rng), rotated[128];
		const uint32_t n = r.n_steps;

		for (uint32_t by = 0; by < n; by++) {
			rotated[by] = mos_rhythm_rotate(&r, by);
			for (uint32_t s = 0; s < n; s++)
				cr_assert_eq(mos_rhythm_has(&rotated[by], s),
					mos_rhythm_has(&r, (s + by) % n), "TOU-02");
		}

		const uint32_t period = mos_rhythm_period(&r);

		cr_assert_eq(n % period, 0, "TOU-02");
		for (uint32_t a = 0; a < n; a++)
			for (uint32_t b = a + 1; b < n; b++)
				cr_assert_eq(mos_rhythm_equal(&rotated[a], &rotated[b]),
					(b - a) % period == 0, "TOU-02: n %u period %u", n, period);

		const struct mos_rhythm back = mos_rhythm_rotate(&rotated[n / 3], -(int64_t)(n / 3));
		const struct mos_rhythm far = mos_rhythm_rotate(&r, (int64_t)n * 1000000007);

		cr_assert(mos_rhythm_equal(&back, &r) && mos_rhythm_equal(&far, &r), "TOU-02");
	}
}

Test(rhythm, evenness, .description = "TOU-15: 1 - variance/mean of the gaps, and the gap profile")
{
	uint64_t rng = 15;
	struct mos_rhythm r;
	uint8_t gaps[128];

	cr_assert_eq(mos_rhythm_parse("x..x..x.", &r), 0);
	cr_assert_eq(mos_rhythm_gaps(&r, gaps, 128), 3);
	cr_assert(gaps[0] == 3 && gaps[1] == 3 && gaps[2] == 2, "TOU-15: 3+3+2");
	cr_assert_float_eq(mos_rhythm_evenness(&r), 1 - (2.0 / 9) / (8.0 / 3), 1e-12, "TOU-15");
	cr_assert_eq(mos_rhythm_parse("x...x...", &r), 0);
	cr_assert_float_eq(mos_rhythm_evenness(&r), 1, 1e-12, "TOU-15: even");
	cr_assert_eq(mos_rhythm_parse("xx......", &r), 0);
	cr_assert_float_eq(
		mos_rhythm_evenness(&r), 1 - 9.0 / 4, 1e-12, "TOU-15: 1 and 7: a clump is below 0");
	cr_assert_eq(mos_rhythm_parse("...", &r), 0);
	cr_assert_eq(mos_rhythm_gaps(&r, gaps, 128), 0);
	cr_assert_eq(mos_rhythm_evenness(&r), 0, "TOU-15: nothing is not even");
	cr_assert_eq(mos_rhythm_parse(".x.", &r), 0);
	cr_assert_eq(mos_rhythm_gaps(&r, gaps, 128), 1);
	cr_assert_eq(gaps[0], 3, "TOU-15: one onset's gap is the circle");

	for (int i = 0; i < 300; i++) {
		r = random_rhythm(&rng);

		const uint32_t n = mos_rhythm_gaps(&r, gaps, 128);
		double mean = 0, variance = 0;

		if (!n)
			continue;
		for (uint32_t g = 0; g < n; g++)
			mean += gaps[g];
		cr_assert_eq((uint32_t)mean, r.n_steps, "TOU-15: the gaps go once around");
		mean /= n;
		for (uint32_t g = 0; g < n; g++)
			variance += (gaps[g] - mean) * (gaps[g] - mean) / n;
		cr_assert_float_eq(mos_rhythm_evenness(&r), 1 - variance / mean, 1e-9, "TOU-15");
	}
}

Test(rhythm, euclid_is_the_most_even, .description = "TOU-15: no pattern of k in n is more even than E(k, n)")
{
	for (uint32_t n = 4; n <= 12; n++) {
		for (uint64_t bits = 1; bits < UINT64_C(1) << n; bits++) {
			const struct mos_rhythm r = {.onset = {bits}, .n_steps = n};
			struct mos_rhythm e;

			cr_assert_eq(mos_euclid(mos_rhythm_pulses(&r), n, 0, &e), 0);
			cr_assert_leq(mos_rhythm_evenness(&r), mos_rhythm_evenness(&e) + 1e-12, "TOU-15");
		}
	}
}

Test(rhythm, necklaces, .description = "TOU-16: rotations of one necklace compare equal, others do not")
{
	for (uint64_t a = 0; a < 1u << 8; a++) {
		const struct mos_rhythm ra = {.onset = {a}, .n_steps = 8};
		uint32_t by;
		const struct mos_rhythm na = mos_rhythm_necklace(&ra, &by);
		const struct mos_rhythm check = mos_rhythm_rotate(&ra, by);

		cr_assert(mos_rhythm_equal(&na, &check), "TOU-16: the rotation told is the one made");
		for (uint64_t b = 0; b < 1u << 8; b++) {
			const struct mos_rhythm rb = {.onset = {b}, .n_steps = 8};
			const struct mos_rhythm nb = mos_rhythm_necklace(&rb, NULL);
			int rotated = 0;

			for (uint32_t r = 0; r < 8; r++)
				rotated |= ((a >> r | a << (8 - r)) & 0xff) == b;
			cr_assert_eq(mos_rhythm_equal(&na, &nb), rotated, "TOU-16: %lu %lu", a, b);
			cr_assert_eq(mos_rhythm_rotation_between(&ra, &rb) >= 0, rotated, "TOU-16");
		}
	}

	const struct mos_rhythm shorter = {.onset = {1}, .n_steps = 7}, longer = {.onset = {1}, .n_steps = 8};

	cr_assert_eq(
		mos_rhythm_rotation_between(&shorter, &longer), -1, "TOU-16: other lengths are other beads");
}
