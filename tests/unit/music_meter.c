/* SPDX-License-Identifier: MIT */
/* Meter: counting places by walking beat by beat, and the tables of classes and groupings. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/meter.h>

#include "music_random.h"

/* 4/4 for two measures, 7/8 cut after 5 1/2 eighths, 6/8 for one measure, 3/4 to the end. */
static struct mos_meter_seg mixed[] = {
	{.tick = 0, .num = 4, .den = 4},
	{.tick = 7680, .num = 7, .den = 8},
	{.tick = 7680 + 5 * 480 + 240, .num = 6, .den = 8},
	{.tick = 7680 + 5 * 480 + 240 + 2880, .num = 3, .den = 4},
};

Test(meter, mixed_meters, .description = "KRO-21: measure and beat across 4/4, 7/8, 6/8")
{
	struct mos_meter_map map;

	cr_assert_eq(mos_meter_map_init(&map, mixed, 4), 0);
	cr_assert_eq(mixed[1].measure, 2);
	cr_assert_eq(mixed[2].measure, 3, "a measure that is cut short counts as one");
	cr_assert_eq(mixed[3].measure, 4);

	const struct mos_bbt at = mos_meter_at(&map, 7680 + 4 * 480 + 17);

	cr_assert_eq(at.measure, 2);
	cr_assert_eq(at.beat, 4);
	cr_assert_eq(at.tick, 17);
	cr_assert_eq(at.num, 7);
	cr_assert_eq(at.den, 8);
	cr_assert_eq(at.measure_tick, 7680);
	cr_assert_eq(at.beat_tick, 7680 + 4 * 480);

	/* the cut measure: its sixth beat has 240 ticks, its seventh does not exist */
	cr_assert_eq(mos_meter_tick_of(&map, 2, 5, 239), 7680 + 5 * 480 + 239);
	cr_assert_eq(mos_meter_tick_of(&map, 2, 5, 240), -ERANGE);
	cr_assert_eq(mos_meter_tick_of(&map, 2, 6, 0), -ERANGE);
	cr_assert_eq(mos_meter_next_beat(&map, 7680 + 5 * 480), mixed[2].tick);
	cr_assert_eq(mos_meter_tick_of(&map, 0, 4, 0), -ERANGE);
	cr_assert_eq(mos_meter_tick_of(&map, 0, 0, 960), -ERANGE);
	cr_assert_eq(mos_meter_tick_of(&map, 4, 0, 0), mixed[3].tick);
	cr_assert_eq(mos_meter_tick_of(&map, 104, 2, 5), mixed[3].tick + 100 * 2880 + 2 * 960 + 5);
	cr_assert_eq(
		mos_meter_tick_of(&map, UINT32_MAX, 0, 0), mixed[3].tick + (INT64_C(4294967295) - 4) * 2880);
}

Test(meter, validity)
{
	for (uint32_t num = 0; num <= UINT16_MAX; num++)
		cr_assert_eq(mos_meter_is_valid((uint16_t)num, 4), num >= 1 && num <= 255);
	for (uint32_t den = 0; den <= UINT16_MAX; den++) {
		const int want = den == 1 || den == 2 || den == 4 || den == 8 || den == 16 || den == 32 ||
				 den == 64 || den == 128;

		cr_assert_eq(mos_meter_is_valid(3, (uint16_t)den), want);
	}
}

Test(meter, measure_ticks, .description = "KRO-21: numerator * 3840 / denominator")
{
	for (uint16_t den = 1; den <= 128; den *= 2) {
		for (uint16_t num = 1; num <= 255; num++)
			cr_assert_eq(mos_meter_measure_ticks(num, den) * den, num * 3840);
		cr_assert_eq(mos_meter_beat_ticks(den) * den, 3840);
	}
}

/* Random maps, walked beat by beat with counters only. */
Test(meter, walk_agrees)
{
	uint64_t rng = 21;

	for (int round = 0; round < 60; round++) {
		struct mos_meter_seg seg[24];
		const uint32_t n_seg = (uint32_t)random_between(&rng, 1, 24);
		struct mos_meter_map map;
		int64_t tick = 0;

		for (uint32_t i = 0; i < n_seg; i++) {
			seg[i] = (struct mos_meter_seg){
				.tick = tick,
				.num = (uint16_t)random_between(&rng, 1, round % 2 ? 255 : 13),
				.den = (uint16_t)(1 << random_between(&rng, 0, 7)),
			};
			tick += random_between(&rng, 1, 40000);
		}
		cr_assert_eq(mos_meter_map_init(&map, seg, n_seg), 0);

		struct mos_bbt want = {.num = seg[0].num, .den = seg[0].den};
		uint32_t s = 0;

		for (int64_t t = 0; t < tick + 100000; t += want.den > 16 ? 3 : 7) {
			/* go on to the beat that holds t */
			for (;;) {
				const int64_t beat_end = want.beat_tick + 3840 / want.den;

				if (s + 1 < n_seg && seg[s + 1].tick <= t && seg[s + 1].tick <= beat_end) {
					s++;
					want.measure++;
					want.beat = 0;
					want.num = seg[s].num;
					want.den = seg[s].den;
					want.measure_tick = want.beat_tick = seg[s].tick;
				} else if (beat_end <= t) {
					want.beat_tick = beat_end;
					if (++want.beat == want.num) {
						want.beat = 0;
						want.measure++;
						want.measure_tick = beat_end;
					}
				} else {
					break;
				}
			}
			want.tick = (uint32_t)(t - want.beat_tick);

			const struct mos_bbt got = mos_meter_at(&map, t);

			cr_assert(got.measure == want.measure && got.beat == want.beat &&
					  got.tick == want.tick && got.num == want.num &&
					  got.den == want.den && got.measure_tick == want.measure_tick &&
					  got.beat_tick == want.beat_tick,
				"tick %" PRId64 ": %u:%u:%u, not %u:%u:%u", t, got.measure, got.beat,
				got.tick, want.measure, want.beat, want.tick);
			cr_assert_eq(mos_meter_tick_of(&map, got.measure, got.beat, got.tick), t);

			const int64_t next = mos_meter_next_beat(&map, t);

			cr_assert_gt(next, t);
			cr_assert_eq(mos_meter_at(&map, next).beat_tick, next);
			cr_assert_eq(mos_meter_at(&map, next - 1).beat_tick, got.beat_tick);
		}
	}
}

Test(meter, before_the_start)
{
	struct mos_meter_seg seg[] = {{.tick = 0, .num = 3, .den = 4}};
	struct mos_meter_map map;

	cr_assert_eq(mos_meter_map_init(&map, seg, 1), 0);
	for (int64_t tick = -9000; tick < 0; tick++) {
		const struct mos_bbt at = mos_meter_at(&map, tick);

		cr_assert_eq(at.measure, 0);
		cr_assert_eq(at.beat, (tick + 9 * 2880) % 2880 / 960);
		cr_assert_eq(at.tick, (tick + 9 * 2880) % 960);
		cr_assert_eq(at.beat_tick, tick - at.tick);
		cr_assert_eq(at.measure_tick, at.beat_tick - 960 * at.beat);
	}
	cr_assert_eq(mos_meter_next_beat(&map, -1), 0);
	cr_assert_eq(mos_meter_next_beat(&map, -961), -960);
}

Test(meter, refuses_bad_maps)
{
	struct mos_meter_map map = {.n_seg = 99};
	const struct mos_meter_seg good[2] = {
		{.tick = 0, .num = 4, .den = 4}, {.tick = 10, .num = 3, .den = 4}};
	struct mos_meter_seg seg[2];

#define REFUSED(...)                                                                                         \
	do {                                                                                                 \
		memcpy(seg, good, sizeof(seg));                                                              \
		__VA_ARGS__;                                                                                 \
		cr_assert_eq(mos_meter_map_init(&map, seg, 2), -EINVAL);                                     \
		cr_assert_eq(map.n_seg, 99, "a refused map was written");                                    \
	} while (0)

	cr_assert_eq(mos_meter_map_init(&map, seg, 0), -EINVAL);
	REFUSED(seg[0].tick = 1);
	REFUSED(seg[1].tick = 0);
	REFUSED(seg[1].tick = -1);
	REFUSED(seg[0].num = 0);
	REFUSED(seg[1].num = 256);
	REFUSED(seg[0].den = 0);
	REFUSED(seg[1].den = 3);
	REFUSED(seg[1].den = 256);
	REFUSED(seg[0].num = 1; seg[0].den = 128; seg[1].tick = INT64_MAX);
#undef REFUSED
}

Test(meter, classes_and_groups, .description = "KRO-29: classes, default groupings, strengths follow")
{
	static const struct {
		uint16_t num, den;
		enum mos_meter_class class;
		const char *groups;
	} row[] = {{1, 4, MOS_METER_SIMPLE, "1"}, {2, 2, MOS_METER_SIMPLE, "2"},
		{3, 4, MOS_METER_SIMPLE, "3"}, {4, 4, MOS_METER_SIMPLE, "22"}, {3, 8, MOS_METER_SIMPLE, "3"},
		{8, 8, MOS_METER_SIMPLE, "2222"}, {6, 8, MOS_METER_COMPOUND, "33"},
		{6, 4, MOS_METER_COMPOUND, "33"}, {9, 8, MOS_METER_COMPOUND, "333"},
		{12, 8, MOS_METER_COMPOUND, "3333"}, {15, 16, MOS_METER_COMPOUND, "33333"},
		{5, 4, MOS_METER_ASYMMETRIC, "32"}, {5, 8, MOS_METER_ASYMMETRIC, "32"},
		{7, 8, MOS_METER_ASYMMETRIC, "223"}, {11, 8, MOS_METER_ASYMMETRIC, "3332"},
		{13, 8, MOS_METER_ASYMMETRIC, "33322"}, {17, 16, MOS_METER_ASYMMETRIC, "333332"}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const uint32_t n = (uint32_t)strlen(row[i].groups);
		uint8_t groups[16] = {0};
		uint32_t beat = 0;

		cr_assert_eq(mos_meter_classify(row[i].num, row[i].den), row[i].class, "%u/%u", row[i].num,
			row[i].den);
		cr_assert_eq(mos_meter_groups(row[i].num, row[i].den, groups, 16), n);
		for (uint32_t g = 0; g < n; g++) {
			cr_assert_eq(groups[g], row[i].groups[g] - '0', "%u/%u group %u", row[i].num,
				row[i].den, g);
			for (uint32_t b = 0; b < groups[g]; b++, beat++)
				cr_assert_eq(mos_meter_beat_strength(row[i].num, row[i].den, beat),
					b > 0       ? 0
					: beat == 0 ? 2
						    : 1);
		}
		cr_assert_eq(beat, row[i].num);
		cr_assert_eq(mos_meter_beat_strength(row[i].num, row[i].den, row[i].num), 0);
	}
}

Test(meter, groups_of_every_meter, .description = "KRO-29")
{
	for (uint16_t num = 1; num <= 255; num++) {
		uint8_t groups[128], few[3] = {9, 9, 9};
		const uint32_t n = mos_meter_groups(num, 8, groups, 128);
		uint32_t sum = 0;

		cr_assert_leq(n, 128);
		for (uint32_t g = 0; g < n; g++)
			sum += groups[g];
		cr_assert_eq(sum, num);
		cr_assert_eq(mos_meter_groups(num, 8, few, 2), n);
		cr_assert_eq(few[2], 9, "written past max");
	}
}
