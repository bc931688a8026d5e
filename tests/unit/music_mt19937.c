/* SPDX-License-Identifier: MIT */
/* The random source of the Tritone contract: its check values (tritone.md 7). */
#include <criterion/criterion.h>

#include <mos/mt19937.h>

Test(mt19937, words, .description = "T-1 T-3: seed 42's raw words; the sign of a seed is lost")
{
	static const uint32_t words[] = {2746317213u, 478163327u, 107420369u, 3184935163u};

	for (int sign = -1; sign <= 1; sign += 2) {
		struct mos_mt19937 mt;

		mos_mt19937_seed(&mt, sign * 42);
		for (int i = 0; i < 4; i++)
			cr_expect_eq(mos_mt19937_next(&mt), words[i]);
	}
}

Test(mt19937, random, .description = "T-1 T-3: numbers in 0 to 1 of seeds 42, 0 and one of two words")
{
	static const double numbers[] = {0.6394267984578837, 0.025010755222666936, 0.27502931836911926,
		0.22321073814882275, 0.7364712141640124, 0.6766994874229113};
	struct mos_mt19937 mt;

	mos_mt19937_seed(&mt, 42);
	for (int i = 0; i < 6; i++)
		cr_expect_eq(mos_mt19937_random(&mt), numbers[i], "%d", i);
	mos_mt19937_seed(&mt, 0);
	cr_expect_eq(mos_mt19937_random(&mt), 0.8444218515250481);
	mos_mt19937_seed(&mt, (INT64_C(1) << 40) + 5);
	cr_expect_eq(mos_mt19937_random(&mt), 0.5043802970418443);
	mos_mt19937_seed(&mt, INT64_MIN);
	cr_expect(mos_mt19937_random(&mt) < 1);
}

Test(mt19937, around, .description = "T-3 T-38: what humanizing draws with seed 7")
{
	static const double times[] = {
		-0.35233447033367526, -0.21035300715365302, -0.8551274266649145, -0.8117399161206349};
	static const int velocities[] = {-4, -6, 2, 3};
	struct mos_mt19937 mt;

	mos_mt19937_seed(&mt, 7);
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(mos_mt19937_uniform(&mt, -1, 1), times[i]);
		cr_expect_eq(mos_mt19937_around(&mt, 6), velocities[i]);
	}
	for (int i = 0; i < 1000; i++) {
		cr_expect_eq(mos_mt19937_around(&mt, 0), 0);
		const int32_t x = mos_mt19937_around(&mt, 3);
		cr_expect(x >= -3 && x <= 3);
	}
}

Test(mt19937, lanes, .description = "T-3: lanes of a seed are sequences of their own, lane 0 the seed's")
{
	struct mos_mt19937 mt[3];

	mos_mt19937_seed(&mt[0], 7);
	for (uint32_t lane = 0; lane < 2; lane++)
		mos_mt19937_seed_lane(&mt[1 + lane], 7, 2 * lane);
	const uint32_t first = mos_mt19937_next(&mt[0]);
	cr_expect_eq(first, mos_mt19937_next(&mt[1]));
	cr_expect_neq(first, mos_mt19937_next(&mt[2]));
}
