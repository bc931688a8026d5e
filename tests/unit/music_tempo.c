/* SPDX-License-Identifier: MIT */
/*
 * The tempo map against an oracle that only adds and compares: it walks a ten-hour map tick by tick in
 * fractions of 1 / (2 * segment length) u, so that no product, quotient or search is shared with the code
 * under test. Conversions to frames are checked by the inequality that defines them.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/tempo.h>

#include "music_random.h"

#define N_SEG_MAX 1024
#define TEN_HOURS_U (INT64_C(36000) * MOS_U_PER_S)

static const uint32_t rates[] = {8000, 11025, 44100, 47999, 48000, 88200, 96000, 192000};
#define N_RATES (sizeof(rates) / sizeof(rates[0]))

static uint64_t random_npq(uint64_t *rng)
{
	/* 1..300 BPM, evenly in BPM and never a round number of ns */
	return (uint64_t)(60e15 / (double)random_between(rng, 1000000, 300000000));
}

/* Constant, ramping and one-tick segments in random order, past ten hours. */
static struct mos_tempo_map random_map(uint64_t *rng, struct mos_tempo_seg *seg)
{
	struct mos_tempo_map map;
	int64_t tick = 0, about_u = 0;
	uint32_t n = 0;

	while (about_u < TEN_HOURS_U && n < N_SEG_MAX - 1) {
		const int64_t len = random_between(rng, 0, 9) == 0 ? 1 : random_between(rng, 2, 400000);
		const uint64_t from = random_npq(rng);
		const uint64_t to = random_between(rng, 0, 2) == 0 ? from : random_npq(rng);

		seg[n++] = (struct mos_tempo_seg){.tick = tick, .npq_start = from, .npq_end = to};
		tick += len;
		about_u += (int64_t)((from + to) / 2) * len;
	}
	seg[n++] = (struct mos_tempo_seg){.tick = tick, .npq_start = 333333333, .npq_end = 333333333};
	cr_assert_eq(mos_tempo_map_init(&map, seg, n), 0);
	cr_assert_geq(seg[n - 1].start_u, TEN_HOURS_U, "the map is shorter than ten hours");
	return map;
}

/* The walking oracle: time at `tick` is base_u + part / (2 * len), with 0 <= part < 2 * len. */
struct walk {
	const struct mos_tempo_map *map;
	uint32_t seg;
	int64_t tick, len, base_u, part;
	int64_t step_u, step_part; /* what the next tick adds */
	int64_t bend_u, bend_part; /* what each tick adds to the step */
};

static void walk_carry(int64_t *whole, int64_t *part, int64_t len)
{
	while (*part >= 2 * len) {
		*part -= 2 * len;
		*whole += 1;
	}
}

static void walk_enter(struct walk *w, uint32_t seg)
{
	const struct mos_tempo_seg *s = &w->map->seg[seg];
	const int64_t rise = (int64_t)s->npq_end - (int64_t)s->npq_start;
	const int last = seg + 1 == w->map->n_seg;

	w->seg = seg;
	w->len = last ? INT64_MAX / 4 : s[1].tick - s->tick;
	w->part = 0; /* a segment starts on a whole u */
	/* From tick d to d + 1: start + rise * (2 d + 1) / (2 len). Split by division towards zero, made
	 * positive. */
	w->step_u = (int64_t)s->npq_start + rise / (2 * w->len);
	w->step_part = rise % (2 * w->len);
	if (w->step_part < 0) {
		w->step_part += 2 * w->len;
		w->step_u--;
	}
	w->bend_u = 2 * rise / (2 * w->len);
	w->bend_part = 2 * rise % (2 * w->len);
	if (w->bend_part < 0) {
		w->bend_part += 2 * w->len;
		w->bend_u--;
	}
}

static void walk_tick(struct walk *w)
{
	w->tick++;
	w->base_u += w->step_u;
	w->part += w->step_part;
	walk_carry(&w->base_u, &w->part, w->len);
	w->step_u += w->bend_u;
	w->step_part += w->bend_part;
	walk_carry(&w->step_u, &w->step_part, w->len);
	if (w->seg + 1 < w->map->n_seg && w->tick == w->map->seg[w->seg + 1].tick)
		walk_enter(w, w->seg + 1);
}

static void check_frames(const struct mos_tempo_map *map, int64_t tick, int64_t u)
{
	for (size_t r = 0; r < N_RATES; r++) {
		const int64_t frame = mos_tempo_tick_to_frame(map, tick, rates[r]);
		const __int128 scaled = (__int128)u * rates[r];

		cr_assert((__int128)frame * MOS_U_PER_S >= scaled &&
				  (__int128)(frame - 1) * MOS_U_PER_S < scaled,
			"tick %" PRId64 ": frame %" PRId64 " is not the first at or after it, rate %u", tick,
			frame, rates[r]);
		cr_assert_eq(mos_tempo_frame_to_tick(map, frame, rates[r]), tick);
		cr_assert_lt(mos_tempo_frame_to_tick(map, frame - 1, rates[r]), tick);

		const int64_t frame_u = mos_tempo_frame_to_u(frame, rates[r]);

		cr_assert((__int128)frame_u * rates[r] <= (__int128)frame * MOS_U_PER_S &&
			  ((__int128)frame_u + 1) * rates[r] > (__int128)frame * MOS_U_PER_S);
		cr_assert_eq(mos_tempo_u_to_frame(frame_u, rates[r]), frame);
	}
}

static void check_tick(const struct mos_tempo_map *map, int64_t tick, int64_t u)
{
	cr_assert_eq(mos_tempo_tick_to_u(map, tick), u, "tick %" PRId64 ": %" PRId64 " u, not %" PRId64, tick,
		mos_tempo_tick_to_u(map, tick), u);
	cr_assert_eq(mos_tempo_u_to_tick(map, u), tick);
	cr_assert_eq(mos_tempo_u_to_tick(map, u - 1), tick - 1);
	cr_assert_eq(mos_tempo_tick_to_ns(map, tick), u / MOS_U_PER_NS);
	cr_assert_eq(mos_tempo_ns_to_tick(map, mos_tempo_tick_to_ns(map, tick)), tick);
	check_frames(map, tick, u);
}

static void check_ten_hours(uint64_t seed)
{
	static struct mos_tempo_seg seg[N_SEG_MAX];
	uint64_t rng = seed;
	const struct mos_tempo_map map = random_map(&rng, seg);
	struct walk walk = {.map = &map};
	int64_t next_check = 0, last_u = -1;
	uint64_t n_checked = 0;

	walk_enter(&walk, 0);
	while (walk.base_u < TEN_HOURS_U) {
		const int64_t into_seg = walk.tick - map.seg[walk.seg].tick;

		cr_assert_gt(walk.base_u, last_u);
		if (walk.tick >= next_check || into_seg < 2 || walk.len - into_seg < 2) {
			check_tick(&map, walk.tick, walk.base_u);
			n_checked++;
			next_check = walk.tick + random_between(&rng, 1, 2500);
		}
		last_u = walk.base_u;
		walk_tick(&walk);
	}
	cr_assert_gt(n_checked, 5000);
}

/* KRO-01, KRO-05, TIM-06: the position is a function of the frame, without drift, for ten hours. */
Test(tempo, ten_hours_exact, .description = "KRO-01 KRO-05 TIM-06 TIM-07: exact both ways over ten hours")
{
	for (uint64_t seed = 1; seed <= 4; seed++)
		check_ten_hours(seed);
}

/* Every time inside a map belongs to the last tick at or before it, not only the times of whole ticks. */
Test(tempo, times_between_ticks)
{
	static struct mos_tempo_seg seg[N_SEG_MAX];
	uint64_t rng = 77;
	const struct mos_tempo_map map = random_map(&rng, seg);
	int64_t last_tick = 0, last_u = 0;

	for (int i = 0; i < 200000; i++) {
		const int64_t u = last_u + random_between(&rng, 0, TEN_HOURS_U / 100000);
		const int64_t tick = mos_tempo_u_to_tick(&map, u);

		cr_assert_leq(mos_tempo_tick_to_u(&map, tick), u);
		cr_assert_gt(mos_tempo_tick_to_u(&map, tick + 1), u);
		cr_assert_geq(tick, last_tick);
		last_tick = tick;
		last_u = u;

		const int64_t ns = u / MOS_U_PER_NS;
		const int64_t ns_tick = mos_tempo_ns_to_tick(&map, ns);

		cr_assert_leq(mos_tempo_tick_to_ns(&map, ns_tick), ns);
		cr_assert_gt(mos_tempo_tick_to_ns(&map, ns_tick + 1), ns);
	}
}

/* A player that goes block by block meets every tick once, in the block that holds the tick's frame. */
Test(tempo, blocks_partition_ticks, .description = "KRO-05: ten minutes of blocks, no tick lost or doubled")
{
	struct mos_tempo_seg seg[] = {
		{.tick = 0, .npq_start = 487804878, .npq_end = 487804878}, /* 123 BPM */
		{.tick = 9601, .npq_start = 487804878, .npq_end = 351288056},
		{.tick = 700001, .npq_start = 351288056, .npq_end = 351288056}, /* 170.8 BPM */
	};
	struct mos_tempo_map map;

	cr_assert_eq(mos_tempo_map_init(&map, seg, 3), 0);
	for (size_t r = 0; r < N_RATES; r++) {
		const int64_t end = INT64_C(600) * rates[r];
		int64_t tick = 0;

		for (int64_t frame = 0; frame < end; frame += 127) {
			const int64_t next = frame + 127;
			const int64_t to = mos_tempo_frame_to_tick(&map, next - 1, rates[r]) + 1;

			cr_assert_geq(mos_tempo_tick_to_frame(&map, tick, rates[r]), frame);
			cr_assert_lt(mos_tempo_tick_to_frame(&map, to - 1, rates[r]), next);
			cr_assert_geq(mos_tempo_tick_to_frame(&map, to, rates[r]), next);
			tick = to;
		}
	}
}

Test(tempo, known_values, .description = "TIM-07 KRO-02: 960 ticks a quarter; values worked out by hand")
{
	struct mos_tempo_seg seg[] = {
		{.tick = 0, .npq_start = 500000000, .npq_end = 500000000}, /* 120 BPM, 2 quarters: 1 s */
		{.tick = 1920,
			.npq_start = 500000000,
			.npq_end = 1000000000}, /* to 60 BPM in 4 quarters: 3 s */
		{.tick = 5760, .npq_start = 1000000000, .npq_end = 500000000}, /* and back: 3 s */
		{.tick = 9600, .npq_start = 500000000, .npq_end = 500000000}};
	struct mos_tempo_map map;

	cr_assert_eq(MOS_TICKS_PER_QUARTER, 960);
	cr_assert_eq(mos_tempo_map_init(&map, seg, 4), 0);
	cr_assert_eq(mos_tempo_tick_to_u(&map, 1920), 1 * MOS_U_PER_S);
	cr_assert_eq(mos_tempo_tick_to_u(&map, 5760), 4 * MOS_U_PER_S);
	cr_assert_eq(mos_tempo_tick_to_u(&map, 9600), 7 * MOS_U_PER_S);
	/* Half of the first ramp: 2 quarters of 0.5 s and a quarter of the 2 s that the ramp adds over 4 */
	cr_assert_eq(mos_tempo_tick_to_ns(&map, 3840), 2250000000);
	cr_assert_eq(mos_tempo_tick_to_frame(&map, 3840, 48000), 108000);
	cr_assert_eq(mos_tempo_npq_at(&map, 3840), 750000000);
	cr_assert_eq(mos_tempo_npq_at(&map, 7680), 750000000);
	cr_assert_eq(mos_tempo_npq_at(&map, 5760), 1000000000);
	cr_assert_eq(mos_tempo_npq_at(&map, 1 << 30), 500000000);
	cr_assert_eq(mos_tempo_seg_at_tick(&map, -1), 0);
	cr_assert_eq(mos_tempo_seg_at_tick(&map, 1919), 0);
	cr_assert_eq(mos_tempo_seg_at_tick(&map, 1920), 1);
	cr_assert_eq(mos_tempo_seg_at_tick(&map, INT64_MAX), 3);
	/* 120 BPM at 48 kHz: 25 frames a tick, and the frame before belongs to the tick before */
	cr_assert_eq(mos_tempo_tick_to_frame(&map, 7, 48000), 175);
	cr_assert_eq(mos_tempo_frame_to_tick(&map, 175, 48000), 7);
	cr_assert_eq(mos_tempo_frame_to_tick(&map, 174, 48000), 6);
}

Test(tempo, negative_time)
{
	struct mos_tempo_seg seg[] = {{.tick = 0, .npq_start = 500000001, .npq_end = 250000000},
		{.tick = 961, .npq_start = 250000000, .npq_end = 250000000}};
	struct mos_tempo_map map;
	uint64_t rng = 5;

	cr_assert_eq(mos_tempo_map_init(&map, seg, 2), 0);
	cr_assert_eq(mos_tempo_tick_to_u(&map, -960), -960 * INT64_C(500000001));
	cr_assert_eq(mos_tempo_npq_at(&map, -1), 500000001);
	for (int i = 0; i < 100000; i++) {
		const int64_t tick = random_between(&rng, -100000000, -1);
		const int64_t u = mos_tempo_tick_to_u(&map, tick);

		cr_assert_eq(u, tick * INT64_C(500000001));
		cr_assert_eq(mos_tempo_u_to_tick(&map, u), tick);
		cr_assert_eq(mos_tempo_u_to_tick(&map, u - 1), tick - 1);
		cr_assert_eq(mos_tempo_ns_to_tick(&map, mos_tempo_tick_to_ns(&map, tick)), tick);
		check_frames(&map, tick, u);
	}
}

/* The slowest and the fastest ramp, in both directions and over lengths from one tick to years. */
Test(tempo, steep_ramps)
{
	static const int64_t lens[] = {1, 2, 3, 5, 959, 960, 100003, 1 << 24, INT64_C(1) << 34};
	static const uint64_t npqs[][2] = {
		{1, 60000000000}, {60000000000, 1}, {1, 2}, {2, 1}, {1, 1000000}, {199999999, 200000000}};
	uint64_t rng = 9;

	for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
		for (size_t p = 0; p < sizeof(npqs) / sizeof(npqs[0]); p++) {
			struct mos_tempo_seg seg[] = {
				{.tick = 0, .npq_start = npqs[p][0], .npq_end = npqs[p][1]},
				{.tick = lens[l], .npq_start = 7, .npq_end = 7},
			};
			struct mos_tempo_map map;
			const int rc = mos_tempo_map_init(&map, seg, 2);

			if (rc == -ERANGE)
				continue;
			cr_assert_eq(rc, 0);
			for (int i = 0; i < 2000; i++) {
				const int64_t tick = random_between(&rng, 0, lens[l]);
				const int64_t u = mos_tempo_tick_to_u(&map, tick);

				cr_assert_gt(mos_tempo_tick_to_u(&map, tick + 1), u);
				cr_assert_eq(mos_tempo_u_to_tick(&map, u), tick);
				cr_assert_eq(
					mos_tempo_u_to_tick(&map, mos_tempo_tick_to_u(&map, tick + 1) - 1),
					tick);
			}
		}
	}
}

Test(tempo, refuses_bad_maps)
{
	struct mos_tempo_map map = {.n_seg = 99};
	struct mos_tempo_seg good[] = {
		{.tick = 0, .npq_start = 1, .npq_end = 1}, {.tick = 10, .npq_start = 1, .npq_end = 1}};
	struct mos_tempo_seg seg[2];

#define REFUSED(error, ...)                                                                                  \
	do {                                                                                                 \
		memcpy(seg, good, sizeof(seg));                                                              \
		__VA_ARGS__;                                                                                 \
		cr_assert_eq(mos_tempo_map_init(&map, seg, 2), (error));                                     \
		cr_assert_eq(map.n_seg, 99, "a refused map was written");                                    \
	} while (0)

	cr_assert_eq(mos_tempo_map_init(&map, seg, 0), -EINVAL);
	REFUSED(-EINVAL, seg[0].tick = 1);
	REFUSED(-EINVAL, seg[0].tick = -1);
	REFUSED(-EINVAL, seg[1].tick = 0);
	REFUSED(-EINVAL, seg[1].tick = -5);
	REFUSED(-EINVAL, seg[0].npq_start = 0);
	REFUSED(-EINVAL, seg[0].npq_end = 0);
	REFUSED(-EINVAL, seg[1].npq_end = 2);
	REFUSED(-ERANGE, seg[0].npq_end = UINT64_MAX);
	REFUSED(-ERANGE, seg[1].npq_start = seg[1].npq_end = UINT64_MAX);
	REFUSED(-ERANGE, seg[1].tick = INT64_MAX);
	REFUSED(-ERANGE, seg[0].npq_start = INT64_MAX / 4; seg[0].npq_end = 1);
#undef REFUSED
	cr_assert_eq(mos_tempo_map_init(&map, good, 2), 0);
	cr_assert_eq(map.n_seg, 2);
}

Test(tempo, saturates_far_out)
{
	struct mos_tempo_seg seg[] = {{.tick = 0, .npq_start = 60000000000, .npq_end = 60000000000}};
	struct mos_tempo_map map;
	const int64_t limit = INT64_MAX / 2;

	cr_assert_eq(mos_tempo_map_init(&map, seg, 1), 0);
	cr_assert_eq(mos_tempo_tick_to_u(&map, INT64_MAX), limit);
	cr_assert_eq(mos_tempo_tick_to_u(&map, INT64_MIN), -limit);
	cr_assert_eq(mos_tempo_u_to_tick(&map, INT64_MAX), limit / 60000000000);
	cr_assert_leq(mos_tempo_u_to_tick(&map, INT64_MIN), -limit / 60000000000);
	cr_assert_eq(mos_tempo_frame_to_u(INT64_MAX, 8000), limit);
	cr_assert_eq(mos_tempo_frame_to_u(INT64_MIN, 8000), -limit);
	cr_assert_eq(mos_tempo_u_to_frame(INT64_MAX, UINT32_MAX), 41264667966571664);
	cr_assert_eq(mos_tempo_u_to_frame(INT64_MIN, UINT32_MAX), -41264667966571663);
	cr_assert_eq(mos_tempo_ns_to_tick(&map, INT64_MAX), limit / 60000000000);
}

Test(tempo, bpm_clamps, .description = "KRO-14: 1..300 BPM; NaN and infinities are refused")
{
	static const struct {
		double bpm;
		uint64_t npq;
		int clamped;
	} row[] = {{120, MOS_NPQ_120, 0}, {1, 60000000000, 0}, {300, 200000000, 0}, {0, 60000000000, 1},
		{-5, 60000000000, 1}, {-0.0, 60000000000, 1}, {0.999, 60000000000, 1}, {301, 200000000, 1},
		{1e9, 200000000, 1}, {1e308, 200000000, 1}, {90, 666666667, 0}, {70.5, 851063830, 0},
		{119.7, 501253133, 0}};
	uint64_t npq = 42;
	int clamped = 7;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_assert_eq(mos_bpm_to_npq(row[i].bpm, &npq, &clamped), 0);
		cr_assert_eq(npq, row[i].npq, "%g BPM: %" PRIu64, row[i].bpm, npq);
		cr_assert_eq(clamped, row[i].clamped);
		cr_assert_eq(mos_bpm_to_npq(row[i].bpm, &npq, nullptr), 0);
	}
	npq = 42;
	clamped = 7;
	cr_assert_eq(mos_bpm_to_npq((double)NAN, &npq, &clamped), -EINVAL);
	cr_assert_eq(mos_bpm_to_npq((double)INFINITY, &npq, &clamped), -EINVAL);
	cr_assert_eq(mos_bpm_to_npq((double)-INFINITY, &npq, &clamped), -EINVAL);
	cr_assert_eq(npq, 42);
	cr_assert_eq(clamped, 7);

	for (int bpm = 1; bpm <= 300; bpm++) {
		cr_assert_eq(mos_bpm_to_npq(bpm, &npq, nullptr), 0);
		cr_assert_float_eq(mos_npq_to_bpm(npq), bpm, 1e-6);
	}
}
