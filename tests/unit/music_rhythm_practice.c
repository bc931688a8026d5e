/* SPDX-License-Identifier: MIT */
/* Playing with known offsets, and what is said about it. */
#include <errno.h>
#include <math.h>

#include <criterion/criterion.h>

#include <mos/rhythm_practice.h>

#include "music_random.h"

#define MS INT64_C(1000000)

static struct mos_practice fresh(void)
{
	return (struct mos_practice){.right_ns = 20 * MS, .window_ns = 100 * MS};
}

Test(rhythm_practice, known_offsets,
	.description = "TOU-44: notes with known offsets: early, late, missed, extra; figures right to 2 ms")
{
	static const int64_t offset_ms[] = {0, -15, 20, -21, 21, -100, 100, 3, -60, 60};
	static const uint32_t kind[] = {MOS_JUDGE_RIGHT, MOS_JUDGE_RIGHT, MOS_JUDGE_RIGHT, MOS_JUDGE_EARLY,
		MOS_JUDGE_LATE, MOS_JUDGE_EARLY, MOS_JUDGE_LATE, MOS_JUDGE_RIGHT, MOS_JUDGE_EARLY,
		MOS_JUDGE_LATE};
	struct mos_practice p = fresh();
	struct mos_judged j;
	double mean = 0, variance = 0;

	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(mos_practice_expect(&p, INT64_C(1) * i * 500 * MS, i), 0);
	for (uint32_t i = 0; i < 10; i++) {
		j = mos_practice_play(&p, (i * 500 + offset_ms[i]) * MS);
		cr_assert_eq(j.kind, kind[i], "TOU-44: note %u", i);
		cr_assert_eq(j.step, i, "TOU-44");
		cr_assert_eq(j.offset_ns, offset_ms[i] * MS, "TOU-44: note %u", i);
		mean += (double)offset_ms[i] / 10;
	}
	for (uint32_t i = 0; i < 10; i++)
		variance += ((double)offset_ms[i] - mean) * ((double)offset_ms[i] - mean) / 10;
	cr_assert_float_eq(p.offset.mean_ns / 1e6, mean, 1e-6, "TOU-34: average");
	cr_assert_float_eq(mos_timing_jitter_ns(&p.offset) / 1e6, sqrt(variance), 1e-6, "TOU-34: jitter");
	cr_assert(p.offset.min_ns == -100 * MS && p.offset.max_ns == 100 * MS && p.offset.n == 10, "TOU-34");
	cr_assert_eq(mos_practice_pass(&p, INT64_MAX / 2, &j), 0, "TOU-44: nothing was missed");
}

Test(rhythm_practice, extra_and_missed,
	.description = "TOU-44: one note for one onset; what is not played is missed once")
{
	struct mos_practice p = fresh();
	struct mos_judged j;

	cr_assert_eq(mos_practice_play(&p, 5).kind, MOS_JUDGE_EXTRA, "TOU-44: nothing is expected");
	cr_assert_eq(mos_practice_expect(&p, 1000 * MS, 3), 0);
	cr_assert_eq(mos_practice_expect(&p, 2000 * MS, 4), 0);
	cr_assert_eq(mos_practice_play(&p, 899 * MS).kind, MOS_JUDGE_EXTRA, "TOU-44: outside the window");
	cr_assert_eq(mos_practice_play(&p, 1001 * MS).kind, MOS_JUDGE_RIGHT);
	cr_assert_eq(mos_practice_play(&p, 1002 * MS).kind, MOS_JUDGE_EXTRA, "TOU-44: the onset is taken");
	cr_assert_eq(mos_practice_pass(&p, 2100 * MS, &j), 0, "TOU-44: it may still come");
	cr_assert_eq(mos_practice_pass(&p, 2100 * MS + 1, &j), 1, "TOU-44");
	cr_assert(j.kind == MOS_JUDGE_MISSED && j.step == 4 && j.time_ns == 2000 * MS, "TOU-44");
	cr_assert_eq(mos_practice_pass(&p, 9000 * MS, &j), 0, "TOU-44: once");
	cr_assert(p.count[MOS_JUDGE_EXTRA] == 3 && p.count[MOS_JUDGE_RIGHT] == 1 &&
			  p.count[MOS_JUDGE_MISSED] == 1,
		"TOU-44");
}

Test(rhythm_practice, nearest, .description = "TOU-44: between two onsets the nearer one is meant")
{
	struct mos_practice p = fresh();

	cr_assert_eq(mos_practice_expect(&p, 1000 * MS, 0), 0);
	cr_assert_eq(mos_practice_expect(&p, 1080 * MS, 1), 0);
	cr_assert_eq(mos_practice_expect(&p, 1160 * MS, 2), 0);
	cr_assert_eq(mos_practice_play(&p, 1075 * MS).step, 1);
	cr_assert_eq(mos_practice_play(&p, 1150 * MS).step, 2);
	cr_assert_eq(mos_practice_play(&p, 1085 * MS).step, 0, "TOU-44: out of order");
	mos_practice_forget(&p);
	cr_assert_eq(mos_practice_play(&p, 1000 * MS).kind, MOS_JUDGE_EXTRA);
}

Test(rhythm_practice, full)
{
	struct mos_practice p = fresh();
	struct mos_judged j;

	for (uint32_t i = 0; i < MOS_PRACTICE_PENDING; i++)
		cr_assert_eq(mos_practice_expect(&p, i, i), 0);
	cr_assert_eq(mos_practice_expect(&p, 1000, 0), -ENOSPC);
	for (uint32_t i = 0; i < MOS_PRACTICE_PENDING; i++) {
		cr_assert_eq(mos_practice_pass(&p, 1000 * MS, &j), 1);
		cr_assert_eq(j.step, i);
	}
	cr_assert_eq(p.n_pending, 0);
}

Test(rhythm_practice, random_playing,
	.description = "TOU-44: every onset is told once, as played or as missed")
{
	uint64_t rng = 44;

	for (int run = 0; run < 50; run++) {
		struct mos_practice p = fresh();
		struct mos_judged j;
		uint32_t n_notes = 0, n_onsets = 0, told;

		for (int64_t t = 0; t < 20000; t += 10) {
			while (mos_practice_pass(&p, t * MS, &j))
				;
			if (t % 250 == 0 && mos_practice_expect(&p, (t + 300) * MS, n_onsets) == 0)
				n_onsets++;
			if (random_between(&rng, 0, 20) == 0) {
				j = mos_practice_play(&p, t * MS + random_between(&rng, 0, 5 * MS));
				cr_assert(j.offset_ns >= -p.window_ns && j.offset_ns <= p.window_ns);
				n_notes++;
			}
		}
		while (mos_practice_pass(&p, INT64_MAX / 2, &j))
			;
		told = p.count[MOS_JUDGE_RIGHT] + p.count[MOS_JUDGE_EARLY] + p.count[MOS_JUDGE_LATE];
		cr_assert_eq(told + p.count[MOS_JUDGE_MISSED], n_onsets, "TOU-44");
		cr_assert_eq(told + p.count[MOS_JUDGE_EXTRA], n_notes, "TOU-44");
	}
}
