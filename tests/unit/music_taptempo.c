/* SPDX-License-Identifier: MIT */
/* Tap tempo: jittered taps, wrong taps, pauses. */
#include <math.h>

#include <criterion/criterion.h>

#include <mos/taptempo.h>

#include "music_random.h"

#define MS INT64_C(1000000)

Test(taptempo, jittered_taps, .description = "TOU-06: jittered taps, median tempo within 1 %")
{
	uint64_t rng = 6;

	for (int bpm = 20; bpm <= 300; bpm += 4) {
		const int64_t beat_ns = 60000 * MS / bpm;
		double worst = 0;

		/* Jitter of +-1 % a tap: the median of eight intervals of it stays within 1 %. */
		for (int run = 0; run < 40; run++) {
			struct mos_tap tap = {0};
			const int64_t start = random_between(&rng, 0, INT64_C(1) << 60);
			uint32_t milli = 0;

			for (int i = 0; i < 12; i++)
				milli = mos_tap_add(
					&tap, start + i * beat_ns +
						      random_between(&rng, -beat_ns / 200, beat_ns / 200));
			worst = fmax(worst, fabs(milli / 1000.0 / bpm - 1));
		}
		cr_assert_lt(worst, 0.01, "TOU-06: %d BPM is off by %.2f %%", bpm, 100 * worst);
	}
}

Test(taptempo, exact, .description = "TOU-06: even taps are told exactly")
{
	struct mos_tap tap = {0};

	cr_assert_eq(mos_tap_add(&tap, 5), 0, "TOU-06: one tap is no tempo");
	cr_assert_eq(mos_tap_add(&tap, 5 + 500 * MS), 120000);
	cr_assert_eq(mos_tap_add(&tap, 5 + 1000 * MS), 120000);
	cr_assert_eq(mos_tap_milli_bpm(&tap), 120000);
}

Test(taptempo, wrong_taps, .description = "TOU-06: a tap too many, one too few and a bounce do not matter")
{
	struct mos_tap tap = {0};
	int64_t t = 0;

	for (int i = 0; i < 6; i++, t += 500 * MS)
		(void)mos_tap_add(&tap, t);
	/* one left out: twice the interval */
	t += 500 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 120000, "TOU-06: one too few");
	t += 500 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 120000, "TOU-06: goes on after it");
	t += 500 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 120000);
	/* one too many in the middle of a beat */
	cr_assert_eq(mos_tap_add(&tap, t + 250 * MS), 120000, "TOU-06: one too many");
	t += 500 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 120000, "TOU-06: goes on after it");
	/* a bouncing key */
	cr_assert_eq(mos_tap_add(&tap, t + 20 * MS), 120000, "TOU-06: bounce");
	t += 500 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 120000);
	cr_assert_eq(tap.n_wrong, 0);
}

Test(taptempo, new_tempo, .description = "TOU-06: tapping on at another tempo is the new tempo")
{
	struct mos_tap tap = {0};
	int64_t t = 0;

	for (int i = 0; i < 10; i++, t += 500 * MS)
		(void)mos_tap_add(&tap, t);
	t += 500 * MS; /* twice as slow from here */
	cr_assert_eq(mos_tap_add(&tap, t), 120000);
	t += 1000 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 60000, "TOU-06");
	/* and twice as fast */
	t += 500 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 60000);
	for (int i = 0; i < 2; i++) {
		t += 500 * MS;
		(void)mos_tap_add(&tap, t);
	}
	cr_assert_eq(mos_tap_milli_bpm(&tap), 120000, "TOU-06");
}

Test(taptempo, pause, .description = "TOU-06: a pause begins anew, so does a clock that goes back")
{
	struct mos_tap tap = {0};
	int64_t t = 0;

	for (int i = 0; i < 4; i++, t += 500 * MS)
		(void)mos_tap_add(&tap, t);
	t += 10000 * MS;
	cr_assert_eq(mos_tap_add(&tap, t), 0, "TOU-06");
	cr_assert_eq(tap.n_taps, 1);
	cr_assert_eq(mos_tap_add(&tap, t + 750 * MS), 80000);
	cr_assert_eq(mos_tap_add(&tap, t - 750 * MS), 0);
	/* the slowest tempo is no pause */
	mos_tap_reset(&tap);
	(void)mos_tap_add(&tap, 0);
	cr_assert_eq(mos_tap_add(&tap, 3000 * MS), 20000);
}
