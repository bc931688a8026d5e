/* SPDX-License-Identifier: MIT */
/* The metronome's hits: exact ticks over loops, tempo changes, seeks; each once however the clock is looked
 * at. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "music_random.h"
#include "schedule.h"

#define MS INT64_C(1000000)

static struct metro_config config_of(const char *preset)
{
	struct metro_config c;
	struct metro_fault fault;

	metro_config_init(&c);
	cr_assert_eq(metro_config_change(
			     &c, MOS_ARGS(mos_str("preset", preset), mos_int("subdivision", 0)), &fault),
		0, "%s %s", fault.where, fault.why);
	return c;
}

static void change(struct metro_config *c, const char *name, int64_t value)
{
	struct metro_fault fault;

	cr_assert_eq(
		metro_config_change(c, MOS_ARGS(mos_int(name, value)), &fault), 0, "%s: %s", name, fault.why);
}

static const struct metro_place four_four = {.num = 4, .den = 4};

static void expect_ticks(const struct metro_config *c, const struct metro_place *place, int64_t from,
	int64_t to, const int64_t *want, uint32_t n, const char *what)
{
	struct metro_score *score = calloc(1, sizeof(*score));

	metro_hits(c, place, from, to, score);
	cr_assert_eq(score->n_hits, n, "%s: %u hits", what, score->n_hits);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(score->hit[i].tick, want[i], "%s: hit %u at %ld", what, i, score->hit[i].tick);
	free(score);
}
#define TICKS(...) (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)

Test(metronome, pattern_ticks, .description = "TOU-03 TOU-08: the tresillo's ticks over two measures")
{
	const struct metro_config c = config_of("tresillo");

	expect_ticks(&c, &four_four, 0, 7680, TICKS(0, 1440, 2880, 3840, 5280, 6720), "TOU-08");
	expect_ticks(&c, &four_four, 1, 1440, NULL, 0, "TOU-08: the end is not in");
	expect_ticks(&c, &four_four, 1440, 1441, TICKS(1440), "TOU-08: the start is");
}

Test(metronome, windows_do_not_matter,
	.description = "TOU-08: cut into windows anywhere, the same hits come once")
{
	uint64_t rng = 8;

	for (int run = 0; run < 200; run++) {
		struct metro_config c = config_of("none");
		const uint16_t num = (uint16_t)random_between(&rng, 1, 13),
			       den = (uint16_t)(1 << random_between(&rng, 0, 4));
		struct metro_score *whole = calloc(1, sizeof(*whole)), *cut = calloc(1, sizeof(*cut));
		struct metro_fault fault;
		int64_t from = random_between(&rng, 0, 20000), at = from;
		const int64_t to = from + random_between(&rng, 1, 6000);
		const int64_t steps = random_between(&rng, 4, 32);
		const struct metro_place place = {.num = num,
			.den = den,
			.measure = (uint32_t)(from * den / 3840 / num), /* floor */
			.measure_tick = from * den / 3840 / num * num * 3840 / den};

		cr_assert_eq(
			metro_config_change(&c,
				MOS_ARGS(mos_int("steps", steps),
					mos_int("pulses", random_between(&rng, 1, steps)),
					mos_int("subdivision", random_between(&rng, 0, 4)),
					mos_int("measures", random_between(&rng, 1, 3)),
					mos_int("poly_a", random_between(&rng, 0, 7)), mos_int("poly_b", 3),
					mos_int("step_ticks", random_between(&rng, 0, 1) * 240)),
				&fault),
			0, "%s", fault.why);
		metro_hits(&c, &place, from, to, whole);
		while (at < to) {
			int64_t end = at + random_between(&rng, 1, 700);

			if (end > to)
				end = to;
			metro_hits(&c, &place, at, end, cut);
			at = end;
		}
		if (whole->n_left_out == 0) {
			cr_assert_eq(whole->n_hits, cut->n_hits, "TOU-08");
			cr_assert_arr_eq(
				whole->hit, cut->hit, whole->n_hits * sizeof(whole->hit[0]), "TOU-08");
			cr_assert_eq(whole->n_marks, cut->n_marks, "TOU-08");
		}
		free(whole);
		free(cut);
	}
}

Test(metronome, polyrhythms, .description = "TOU-17: 3:2, 4:3, 5:4 over a 4/4 measure, exact")
{
	static const struct {
		int a, b;
		int64_t tick[10];
		uint32_t n;
	} want[] = {
		{3, 2, {0, 0, 1280, 1920, 2560}, 5},
		{4, 3, {0, 0, 960, 1280, 1920, 2560, 2880}, 7},
		{5, 4, {0, 0, 768, 960, 1536, 1920, 2304, 2880, 3072}, 9},
	};

	for (size_t i = 0; i < 3; i++) {
		struct metro_config c = config_of("none");
		struct metro_fault fault;

		cr_assert_eq(metro_config_change(&c, MOS_ARGS(mos_str("pattern", "....")), &fault), 0);
		change(&c, "poly_a", want[i].a);
		change(&c, "poly_b", want[i].b);
		expect_ticks(&c, &four_four, 0, 3840, want[i].tick, want[i].n, "TOU-17");
	}
	/* The preset: both voices, and where pattern and first voice meet on one drum, one hit. */
	const struct metro_config c = config_of("three-two");

	expect_ticks(&c, &four_four, 0, 3840, TICKS(0, 0, 1280, 1920, 1920, 2560), "TOU-17: three-two");
}

Test(metronome, louder_stays,
	.description = "TOU-17 TOU-20: of two at one tick on one drum the louder one sounds")
{
	struct metro_config c = config_of("three-two");
	struct metro_score *s = calloc(1, sizeof(*s));
	struct metro_fault fault;

	cr_assert_eq(metro_config_change(&c,
			     MOS_ARGS(mos_str("voice_weak", "click"), mos_real("volume_accent", 0.25),
				     mos_real("volume_weak", 1.5)),
			     &fault),
		0);
	metro_hits(&c, &four_four, 0, 3840, s);
	cr_assert_eq(s->n_hits, 4, "TOU-17");
	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(s->hit[i].tier, i % 2 ? MOS_TIER_ACCENT : MOS_TIER_WEAK, "TOU-20: hit %u at %ld",
			i, s->hit[i].tick);
	free(s);
}

Test(metronome, subdivisions, .description = "TOU-10 TOU-18: click positions and tiers of triplets")
{
	struct metro_config c = config_of("none");
	struct metro_score *s = calloc(1, sizeof(*s));
	struct metro_fault fault;

	cr_assert_eq(
		metro_config_change(&c, MOS_ARGS(mos_str("pattern", "."), mos_int("subdivision", 3)), &fault),
		0);
	metro_hits(&c, &four_four, 3840, 7680, s);
	cr_assert_eq(s->n_hits, 12, "TOU-10");
	for (uint32_t i = 0; i < 12; i++) {
		const uint32_t tier = i == 0   ? MOS_TIER_DOWNBEAT
				      : i == 6 ? MOS_TIER_BEAT_3
				      : i % 3  ? MOS_TIER_GHOST
					       : MOS_TIER_WEAK;

		cr_assert_eq(s->hit[i].tick, 3840 + i * 320, "TOU-10");
		cr_assert_eq(s->hit[i].tier, tier, "TOU-18");
		cr_assert_eq(s->hit[i].velocity, mos_mixer_velocity(c.mixer.volume[tier]),
			"TOU-18: level per tier");
		cr_assert_eq(s->hit[i].key, mos_kit_key(c.mixer.kit, c.mixer.voice[tier]), "TOU-19");
	}
	c.mixer.master = 0;
	s->n_hits = 0;
	metro_hits(&c, &four_four, 0, 3840, s);
	cr_assert_eq(s->n_hits, 0, "TOU-24: 0 is silence");
	free(s);
}

Test(metronome, polymeter,
	.description =
		"TOU-09 TOU-07: seven eighths against 4/4 in free mode, one round a measure when linked")
{
	struct metro_config c = config_of("aksak");
	struct metro_place place = four_four;

	change(&c, "step_ticks", 480);
	expect_ticks(&c, &place, 0, 7680, TICKS(0, 960, 1920, 2880, 3360, 4320, 5280, 6240, 6720), "TOU-09");
	place.linked = 1;
	expect_ticks(&c, &place, 0, 3840, TICKS(0, 1097, 2194, 3291), "TOU-07");
}

Test(metronome, several_measures, .description = "TOU-03: teental lasts four measures")
{
	const struct metro_config c = config_of("teental");
	struct metro_place place = {.measure = 5, .measure_tick = 5 * 3840, .num = 4, .den = 4};

	expect_ticks(&c, &place, 4 * 3840, 8 * 3840, TICKS(4 * 3840, 5 * 3840, 6 * 3840, 7 * 3840), "TOU-03");
	place.num = 3; /* measures of a score have any length */
	expect_ticks(&c, &place, 5 * 3840, 5 * 3840 + 8640, TICKS(5 * 3840, 5 * 3840 + 2880, 5 * 3840 + 5760),
		"TOU-03");
}

/* --- Looking at a clock --- */

struct played {
	int64_t tick[4096], time_ns[4096];
	uint32_t n, n_by_time, n_marks, n_jumps;
};

static void look(struct metro_schedule *s, const struct metro_config *c, const struct metro_now *now,
	int linked, struct played *p)
{
	static struct metro_batch batch;

	metro_schedule(s, c, now, linked, &batch);
	p->n_jumps += batch.jumped;
	p->n_marks += batch.n_marks;
	for (uint32_t i = 0; i < batch.n_hits; i++) {
		cr_assert_lt(p->n, 4096);
		cr_assert_gt(batch.hit[i].off_tick, batch.hit[i].hit.tick);
		p->n_by_time += !batch.hit[i].by_tick;
		p->tick[p->n] = batch.hit[i].hit.tick;
		p->time_ns[p->n++] = batch.hit[i].time_ns;
	}
}

Test(metronome, free_loops,
	.description = "TOU-08: free-play loops of 1, 2, 4, 8 bars repeat after their exact length")
{
	uint64_t rng = 80;

	for (uint32_t bars = 1; bars <= 8; bars *= 2) {
		struct metro_config c = config_of("aksak");
		struct metro_free clock = {.npq = 500000000};
		struct metro_schedule *s = calloc(1, sizeof(*s));
		struct played *p = calloc(1, sizeof(*p));
		const int64_t length = bars * 3840, start = random_between(&rng, 1, INT64_C(1) << 50);
		uint32_t n_round = 0;

		/* 7 x 240 ticks never fit a measure of 3840: the loop cuts it, at the same place each time */
		change(&c, "step_ticks", 240);
		metro_free_play(&clock, start);
		for (int64_t t = start - 20 * MS; t < start + 34000 * MS;
			t += random_between(&rng, 1, 20 * MS)) {
			const struct metro_now now = metro_free_now(&clock, 4, 4, bars, t);

			look(s, &c, &now, 0, p);
		}
		cr_assert_eq(p->n_jumps, 0, "TOU-08");
		cr_assert_eq(s->n_late, 0, "TOU-08");
		while (n_round < p->n && (n_round == 0 || p->tick[n_round] != 0))
			n_round++;
		cr_assert_gt(n_round, 0);
		for (uint32_t i = 0; i + n_round < p->n; i++) {
			cr_assert_eq(p->tick[i + n_round], p->tick[i], "TOU-08: %u bars, hit %u", bars, i);
			/* 1 tick is 520,833 1/3 ns: the times are right to the ns */
			cr_assert_leq(
				llabs(p->time_ns[i + n_round] - p->time_ns[i] - length * 500000000 / 960), 2,
				"TOU-08: %u bars, hit %u", bars, i);
		}
		cr_assert_leq(llabs(p->time_ns[0] - start), 1, "TOU-08: it starts when it was to");
		free(s);
		free(p);
	}
}

Test(metronome, tempo_change,
	.description =
		"TOU-05 TOU-06: a new tempo moves what comes, never what was; no hit is lost or doubled")
{
	const struct metro_config c = config_of("quarter");
	struct metro_free clock = {.npq = 500000000};
	struct metro_schedule *s = calloc(1, sizeof(*s));
	struct played *p = calloc(1, sizeof(*p));
	int64_t t;

	metro_free_play(&clock, 0);
	for (t = 0; t < 4200 * MS; t += 5 * MS) {
		const struct metro_now now = metro_free_now(&clock, 4, 4, 0, t);

		look(s, &c, &now, 0, p);
	}
	metro_free_tempo(&clock, 60, t); /* at 4.2 s: tick 8064 */
	for (; t < 9000 * MS; t += 5 * MS) {
		const struct metro_now now = metro_free_now(&clock, 4, 4, 0, t);

		look(s, &c, &now, 0, p);
	}
	for (uint32_t i = 0; i < p->n; i++)
		cr_assert_eq(p->tick[i], i * 960, "TOU-05: hit %u at %ld", i, p->tick[i]);
	cr_assert_leq(llabs(p->time_ns[8] - 4000 * MS), 1);
	/* tick 8640 is 576 ticks past 8064, at 1 s a quarter 600 ms */
	cr_assert_leq(llabs(p->time_ns[9] - 4800 * MS), 2, "TOU-05: %ld", p->time_ns[9]);
	cr_assert_leq(llabs(p->time_ns[10] - 5800 * MS), 2, "TOU-05");
	cr_assert_eq(p->n_jumps, 0);
	free(s);
	free(p);
}

/* The transport as rtcore has it: a position that this test moves. */
static struct metro_now score_at(int64_t tick, int64_t time_ns, int64_t loop_start, int64_t loop_end)
{
	return (struct metro_now){.time_ns = time_ns,
		.tick = tick,
		.rolling = 1,
		.npq = 500000000,
		.loop_start = loop_start,
		.loop_end = loop_end,
		.measure = (uint32_t)(tick / 3840),
		.measure_tick = tick / 3840 * 3840,
		.num = 4,
		.den = 4};
}

Test(metronome, linked_loop,
	.description = "TOU-07: across the loop's end by tick before it and by time behind it, each hit once")
{
	const struct metro_config c = config_of("quarter");
	struct metro_schedule *s = calloc(1, sizeof(*s));
	struct played *p = calloc(1, sizeof(*p));
	const int64_t loop_start = 3840, loop_end = 3 * 3840;

	for (int64_t t = 0; t < 30000 * MS; t += 4 * MS) {
		int64_t tick = t * 960 / 500000000;

		if (tick >= loop_end)
			tick = loop_start + (tick - loop_end) % (loop_end - loop_start);

		const struct metro_now now = score_at(tick, t, loop_start, loop_end);

		look(s, &c, &now, 1, p);
	}
	cr_assert_eq(p->n_jumps, 0);
	cr_assert_gt(p->n, 60 - 1);
	for (uint32_t i = 0; i < p->n; i++) {
		const int64_t tick = i < 12 ? i * 960 : loop_start + (i - 12) % 8 * 960;

		cr_assert_eq(p->tick[i], tick, "TOU-07: hit %u at %ld", i, p->tick[i]);
		/* as exact as the position was: whole ticks here */
		cr_assert_leq(llabs(p->time_ns[i] - (int64_t)i * 500 * MS), 521000, "TOU-07: hit %u", i);
	}
	cr_assert_eq(
		p->n_by_time, (p->n - 12 + 7) / 8, "TOU-07: only the one right behind the end, each round");
	free(s);
	free(p);
}

Test(metronome, seeks,
	.description =
		"TOU-07: after a seek the hits are those of the new place, without what rtcore has already")
{
	const struct metro_config c = config_of("quarter");
	struct metro_schedule *s = calloc(1, sizeof(*s));
	struct played *p = calloc(1, sizeof(*p));
	struct metro_now now = score_at(0, 0, 0, 0);

	look(s, &c, &now, 1, p);
	cr_assert(p->n == 1 && p->tick[0] == 0, "TOU-07");
	now = score_at(800, 417 * MS, 0, 0); /* 960 is 83 ms away: given */
	s->last_tick = 800;
	s->last_ns = 417 * MS;
	look(s, &c, &now, 1, p);
	cr_assert(p->n == 2 && p->tick[1] == 960, "TOU-07");

	/* back by half a beat: rtcore still waits with 960, so it is not sent again, but it is told again */
	now = score_at(480, 421 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	cr_assert_eq(p->n_jumps, 1, "TOU-07");
	now = score_at(800, 588 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	cr_assert_eq(p->n, 2, "TOU-07: not twice");

	/* far ahead, and off the grid: the next beat is the next hit */
	now = score_at(100001, 592 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	now = score_at(100600, 592 * MS + 312 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	now = score_at(100700, 592 * MS + 364 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	cr_assert(p->n == 3 && p->tick[2] == 100800, "TOU-07: %u %ld", p->n, p->tick[2]);
	free(s);
	free(p);
}

Test(metronome, pause_and_end,
	.description = "TOU-07: a pause loses and doubles nothing; nothing is given past the score's end")
{
	const struct metro_config c = config_of("quarter");
	struct metro_schedule *s = calloc(1, sizeof(*s));
	struct played *p = calloc(1, sizeof(*p));
	struct metro_now now;
	uint32_t n_marks;

	for (int64_t t = 0; t <= 420 * MS; t += 4 * MS) {
		now = score_at(t * 960 / 500000000, t, 0, 0);
		look(s, &c, &now, 1, p);
	}
	cr_assert_eq(p->n, 2, "TOU-07: 0 and 960 are given");
	n_marks = p->n_marks;
	now.rolling = 0;
	now.time_ns += 4 * MS;
	look(s, &c, &now, 1, p);
	cr_assert_eq(p->n_jumps, 1, "TOU-07: what was announced is not to come now");
	for (int64_t t = 5000 * MS; t < 6000 * MS; t += 4 * MS) { /* goes on from where it stood */
		now = score_at(806 + (t - 5000 * MS) * 960 / 500000000, t, 0, 0);
		now.end_tick = 1920;
		look(s, &c, &now, 1, p);
	}
	cr_assert_eq(p->n, 2, "TOU-07: 960 is not given again, 1920 is the end");
	cr_assert_eq(p->n_marks, n_marks + 1, "TOU-07: but told again");
	free(s);
	free(p);
}

Test(metronome, late_process,
	.description = "TOU-07: after sleeping too long what is past is left out, the rest is in place")
{
	const struct metro_config c = config_of("quarter");
	struct metro_schedule *s = calloc(1, sizeof(*s));
	struct played *p = calloc(1, sizeof(*p));
	struct metro_now now = score_at(0, 0, 0, 0);

	look(s, &c, &now, 1, p);
	now = score_at(5 * 960 + 480, 2750 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	cr_assert_eq(p->n_jumps, 0, "it is where it was to be");
	cr_assert_eq(s->n_late, 1);
	now = score_at(6 * 960 - 96, 2950 * MS, 0, 0);
	look(s, &c, &now, 1, p);
	cr_assert(p->n == 2 && p->tick[1] == 6 * 960, "%u", p->n);
	free(s);
	free(p);
}

Test(metronome, crowded,
	.description = "TOU-01: more steps than there is room for in a look are left out and counted")
{
	struct metro_config c = config_of("none");
	struct metro_schedule *s = calloc(1, sizeof(*s));
	struct played *p = calloc(1, sizeof(*p));
	struct metro_fault fault;
	struct metro_now now = score_at(0, 0, 0, 0);

	cr_assert_eq(metro_config_change(&c,
			     MOS_ARGS(mos_int("steps", 128), mos_int("pulses", 128), mos_int("step_ticks", 1),
				     mos_int("subdivision", 8)),
			     &fault),
		0);
	now.npq = 100000000; /* 600 quarters a minute: 961 ticks in the time ahead */
	look(s, &c, &now, 0, p);
	cr_assert_leq(p->n, METRO_HITS_MAX);
	cr_assert_gt(s->n_left_out, 0);
	free(s);
	free(p);
}
