/* SPDX-License-Identifier: MIT */
/* Rhythms in ticks: rounding, polyrhythms, subdivisions and their tiers, counting. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/meter.h>
#include <mos/rhythm_grid.h>

#include "music_random.h"

Test(rhythm_grid, steps,
	.description = "TOU-08: parts are off by half a tick at most, spans are exact, nothing adds up")
{
	uint64_t rng = 8;

	for (int i = 0; i < 20000; i++) {
		const int64_t span = random_between(&rng, 1, i % 2 ? 20000 : MOS_GRID_SPAN_MAX);
		const uint32_t n = (uint32_t)random_between(&rng, 1, i % 3 ? 128 : MOS_GRID_PARTS_MAX);
		const uint32_t part = (uint32_t)random_between(&rng, 0, 5 * (int64_t)n);
		const int64_t tick = mos_grid_tick(span, n, part);
		/* 2n times the exact place and the one given */
		const __int128 off = (__int128)2 * n * tick - (__int128)2 * part * span;

		cr_assert(off > -(__int128)n && off <= n, "TOU-08: part %u of %u in %ld", part, n, span);
		cr_assert_eq(mos_grid_tick(span, n, part + n), tick + span,
			"TOU-08: the next span is one span later");
	}
	for (uint32_t part = 0; part < 8; part++)
		cr_assert_eq(
			mos_grid_tick(3840, 8, part), part * 480, "TOU-08: tresillo's steps are eighths");
	cr_assert_eq(mos_grid_tick(3840, 7, 1), 549, "TOU-08: 548.57");
	cr_assert_eq(mos_grid_tick(3, 2, 1), 2, "TOU-08: a half upwards");
}

Test(rhythm_grid, part_from, .description = "TOU-08: the part found is the first at or after a tick")
{
	uint64_t rng = 9;

	for (int i = 0; i < 20000; i++) {
		const int64_t span = random_between(&rng, 1, i % 2 ? 300 : 20000);
		const uint32_t n = (uint32_t)random_between(&rng, 1, i % 3 ? 20 : 512);
		const int64_t tick = random_between(&rng, 0, 3 * span);
		const int64_t part = mos_grid_part_from(span, n, tick);

		cr_assert_geq(mos_grid_tick(span, n, (uint32_t)part), tick, "TOU-08: span %ld n %u tick %ld",
			span, n, tick);
		if (part > 0)
			cr_assert_lt(mos_grid_tick(span, n, (uint32_t)part - 1), tick,
				"TOU-08: span %ld n %u tick %ld", span, n, tick);
	}
}

static void expect_poly(uint32_t a, uint32_t b, const struct mos_poly_onset *want, uint32_t n)
{
	struct mos_poly_onset got[128];

	cr_assert_eq(mos_polyrhythm(a, b, 3840, got, 128), n, "TOU-17: %u:%u", a, b);
	for (uint32_t i = 0; i < n; i++)
		cr_assert(got[i].tick == want[i].tick && got[i].parts == want[i].parts,
			"TOU-17: %u:%u onset %u at %ld", a, b, i, got[i].tick);
}

Test(rhythm_grid, polyrhythms, .description = "TOU-17: 3:2, 4:3, 5:4 exact")
{
	expect_poly(3, 2, (const struct mos_poly_onset[]){{0, 3}, {1280, 1}, {1920, 2}, {2560, 1}}, 4);
	expect_poly(4, 3,
		(const struct mos_poly_onset[]){{0, 3}, {960, 1}, {1280, 2}, {1920, 1}, {2560, 2}, {2880, 1}},
		6);
	expect_poly(5, 4,
		(const struct mos_poly_onset[]){
			{0, 3}, {768, 1}, {960, 2}, {1536, 1}, {1920, 2}, {2304, 1}, {2880, 2}, {3072, 1}},
		8);
	expect_poly(4, 4, (const struct mos_poly_onset[]){{0, 3}, {960, 3}, {1920, 3}, {2880, 3}}, 4);
	cr_assert_eq(mos_polyrhythm(0, 3, 3840, NULL, 0), 0);
	cr_assert_eq(mos_polyrhythm(3, 65, 3840, NULL, 0), 0);
}

Test(rhythm_grid, any_polyrhythm, .description = "TOU-17: each voice of any a:b lies where it lies alone")
{
	for (uint32_t a = 1; a <= 64; a++) {
		for (uint32_t b = 1; b <= 64; b += 3) {
			struct mos_poly_onset on[128];
			const uint32_t n = mos_polyrhythm(a, b, 3840, on, 128);
			uint32_t seen_a = 0, seen_b = 0;

			for (uint32_t i = 0; i < n; i++) {
				if (on[i].parts & 1)
					cr_assert_eq(on[i].tick, mos_grid_tick(3840, a, seen_a++),
						"TOU-17: %u:%u", a, b);
				if (on[i].parts & 2)
					cr_assert_eq(on[i].tick, mos_grid_tick(3840, b, seen_b++),
						"TOU-17: %u:%u", a, b);
				cr_assert(i == 0 || on[i].tick >= on[i - 1].tick, "TOU-17: in order");
			}
			cr_assert(seen_a == a && seen_b == b, "TOU-17: %u:%u", a, b);
		}
	}
}

Test(rhythm_grid, subdivisions, .description = "TOU-10: click positions of a 4/4 measure")
{
	for (uint32_t sub = 1; sub <= MOS_SUBDIVISION_MAX; sub++) {
		cr_assert_eq(mos_grid_clicks(4, sub), 4 * sub, "TOU-10");
		for (uint32_t beat = 0; beat < 4; beat++)
			cr_assert_eq(mos_grid_click_tick(4, sub, beat * sub), beat * 960,
				"TOU-10: beats never move");
	}
	for (uint32_t click = 0; click < 12; click++)
		cr_assert_eq(mos_grid_click_tick(4, 3, click), click * 320, "TOU-10: triplets");
	cr_assert_eq(mos_grid_click_tick(4, 7, 1), 137, "TOU-10: 137.14");
	cr_assert_eq(mos_grid_click_tick(8, 2, 3), 720, "TOU-10: sixteenths of 6/8");
}

/* The signatures of the row, and others by chance: clicks fill the measure, the first is the downbeat. */
Test(rhythm_grid, meters,
	.description = "TOU-09: 2/2 2/4 3/4 4/4 5/4 7/4 9/4 3/8 5/8 6/8 7/8 9/8 12/8 and any other")
{
	static const struct {
		uint16_t num, den;
		const char *strong; /* beats on which a group begins */
	} table[] = {
		{2, 2, "D."},
		{2, 4, "D."},
		{3, 4, "D.."},
		{4, 4, "D.g."},
		{5, 4, "D..g."},
		{7, 4, "D.g.g.."},
		{9, 4, "D..g..g.."},
		{3, 8, "D.."},
		{5, 8, "D..g."},
		{6, 8, "D..g.."},
		{7, 8, "D.g.g.."},
		{9, 8, "D..g..g.."},
		{12, 8, "D..g..g..g.."},
	};
	uint64_t rng = 9;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		cr_assert_eq(strlen(table[i].strong), table[i].num);
		for (uint32_t beat = 0; beat < table[i].num; beat++) {
			const uint32_t tier = mos_grid_click_tier(table[i].num, table[i].den, 2, 2 * beat);
			const uint32_t want = table[i].strong[beat] == 'D'   ? MOS_TIER_DOWNBEAT
					      : table[i].strong[beat] == 'g' ? MOS_TIER_BEAT_3
									     : MOS_TIER_WEAK;

			cr_assert_eq(
				tier, want, "TOU-09: %u/%u beat %u", table[i].num, table[i].den, beat + 1);
			cr_assert_eq(mos_grid_click_tier(table[i].num, table[i].den, 2, 2 * beat + 1),
				MOS_TIER_EIGHTH, "TOU-18: half of a beat");
		}
	}
	for (int i = 0; i < 2000; i++) {
		const uint16_t num = (uint16_t)random_between(&rng, 1, 255),
			       den = (uint16_t)(1 << random_between(&rng, 0, 7));
		const uint32_t sub = (uint32_t)random_between(&rng, 1, MOS_SUBDIVISION_MAX);
		const uint32_t n = mos_grid_clicks(num, sub);

		cr_assert_eq(mos_grid_click_tick(den, sub, n), mos_meter_measure_ticks(num, den),
			"TOU-09: the click after the last is the next downbeat");
		cr_assert_eq(mos_grid_click_tier(num, den, sub, 0), MOS_TIER_DOWNBEAT);
		for (uint32_t c = 1; c < n; c++) {
			cr_assert_geq(mos_grid_click_tick(den, sub, c), mos_grid_click_tick(den, sub, c - 1));
			cr_assert_neq(mos_grid_click_tier(num, den, sub, c), MOS_TIER_DOWNBEAT,
				"TOU-09: one downbeat");
		}
	}
}

Test(rhythm_grid, tiers, .description = "TOU-18: six tiers")
{
	static const uint32_t want[] = {MOS_TIER_DOWNBEAT, MOS_TIER_GHOST, MOS_TIER_EIGHTH, MOS_TIER_GHOST,
		MOS_TIER_WEAK, MOS_TIER_GHOST, MOS_TIER_EIGHTH, MOS_TIER_GHOST, MOS_TIER_BEAT_3};

	for (uint32_t c = 0; c < 9; c++)
		cr_assert_eq(mos_grid_click_tier(4, 4, 4, c), want[c], "TOU-18: click %u", c);
	cr_assert_eq(mos_grid_click_tier(4, 4, 3, 1), MOS_TIER_GHOST, "TOU-18: a third is no half");
	for (uint32_t t = 0; t < MOS_N_TIERS; t++)
		cr_assert_not_null(mos_tier_name(t), "TOU-18");
	cr_assert_null(mos_tier_name(MOS_N_TIERS));
}

static const struct {
	enum mos_counting counting;
	uint16_t num, den;
	uint32_t n_steps;
	const char *labels;
} counted[] = {
	{MOS_COUNT_METER, 4, 4, 4, "1 2 3 4"},
	{MOS_COUNT_METER, 4, 4, 8, "1 & 2 & 3 & 4 &"},
	{MOS_COUNT_METER, 4, 4, 16, "1 i & a 2 i & a 3 i & a 4 i & a"},
	{MOS_COUNT_METER, 4, 4, 12, "1 & a 2 & a 3 & a 4 & a"},
	{MOS_COUNT_METER, 3, 4, 6, "1 & 2 & 3 &"},
	{MOS_COUNT_METER, 2, 2, 2, "1 2"},
	{MOS_COUNT_METER, 6, 8, 6, "1 & a 2 & a"},
	{MOS_COUNT_METER, 12, 8, 12, "1 & a 2 & a 3 & a 4 & a"},
	{MOS_COUNT_METER, 9, 8, 9, "1 & a 2 & a 3 & a"},
	{MOS_COUNT_METER, 6, 8, 12, "1 - & - a - 2 - & - a -"},
	{MOS_COUNT_METER, 7, 8, 7, "1 2 3 4 5 6 7"},
	{MOS_COUNT_GROUPS, 7, 8, 7, "1 2 1 2 1 2 3"},
	{MOS_COUNT_GROUPS, 5, 4, 5, "1 2 3 1 2"},
	{MOS_COUNT_GROUPS, 6, 8, 6, "1 2 3 1 2 3"},
	{MOS_COUNT_GROUPS, 4, 4, 8, "1 & 2 & 1 & 2 &"},
	{MOS_COUNT_METER, 2, 4, 16, "1 - i - & - a - 2 - i - & - a -"},
	{MOS_COUNT_METER, 4, 4, 7, "1 2 3 4 5 6 7"},
	{MOS_COUNT_METER, 1, 4, 1, "1"},
	{MOS_COUNT_METER, 1, 4, 5, "1 - - - -"},
};

Test(rhythm_grid, counting, .description = "TOU-11: counting by meter and by grouping, with labels")
{
	char buf[MOS_COUNT_LABEL_SIZE], line[128];

	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		line[0] = '\0';
		for (uint32_t s = 0; s < counted[i].n_steps; s++) {
			const int len = mos_count_label(counted[i].counting, counted[i].num, counted[i].den,
				counted[i].n_steps, s, buf);

			cr_assert_eq(len, (int)strlen(buf));
			strcat(line, s ? " " : "");
			strcat(line, len ? buf : "-");
		}
		cr_assert_str_eq(line, counted[i].labels, "TOU-11: %u/%u in %u", counted[i].num,
			counted[i].den, counted[i].n_steps);
	}
	cr_assert_eq(mos_count_label(MOS_COUNT_METER, 4, 3, 4, 0, buf), -EINVAL);
	cr_assert_eq(mos_count_label(MOS_COUNT_METER, 4, 4, 4, 4, buf), -EINVAL);
	cr_assert_eq(mos_count_label((enum mos_counting)2, 4, 4, 4, 0, buf), -EINVAL);
	cr_assert_eq(mos_count_label(MOS_COUNT_METER, 4, 4, 1000, 999, buf), -EINVAL);
}

Test(rhythm_grid, counting_fits, .description = "TOU-11: any meter and division has labels that fit")
{
	uint64_t rng = 11;
	char buf[MOS_COUNT_LABEL_SIZE];

	for (int i = 0; i < 20000; i++) {
		const uint32_t n = (uint32_t)random_between(&rng, 1, 999);

		cr_assert_geq(mos_count_label((enum mos_counting)random_between(&rng, 0, 1),
				      (uint16_t)random_between(&rng, 1, 255),
				      (uint16_t)(1 << random_between(&rng, 0, 7)), n,
				      (uint32_t)random_between(&rng, 0, n - 1), buf),
			0, "TOU-11");
	}
}
