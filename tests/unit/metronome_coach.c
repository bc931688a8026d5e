/* SPDX-License-Identifier: MIT */
/* The metronome as a teacher: counts, stages, puzzles, figures. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "game.h"
#include "lesson.h"
#include "music_random.h"
#include "puzzle.h"
#include "telemetry.h"

#define MS INT64_C(1000000)

Test(metronome_game, counts, .description = "TOU-32: counts from an event log")
{
	static const char log[] = "bbabbba|bbaa|b||ba"; /* | is midnight */
	struct game g = {0};
	int64_t day = 20000;

	for (const char *p = log; *p; p++) {
		if (*p == '|')
			day++;
		else if (*p == 'b')
			(void)game_beat(&g, day);
		else
			(void)game_accent(&g, day);
	}
	cr_assert_eq(g.beats, 9, "TOU-32: %lu", g.beats);
	cr_assert_eq(g.accents, 5, "TOU-32: %lu", g.accents);
	cr_assert_eq(g.longest, 3, "TOU-32: three days in a row");
	cr_assert_eq(g.streak, 1, "TOU-32: a day was left out");
}

Test(metronome_game, thresholds,
	.description = "TOU-33: 500 beats, 200 accents, 7 days: unlocked exactly at the threshold, once")
{
	struct game g = {0};

	for (int i = 1; i <= 1200; i++)
		cr_assert_eq(game_beat(&g, 9) & ~GAME_STREAK, i == 500 ? 1u << GAME_BEATS_500 : 0,
			"TOU-33: beat %d", i);
	for (int i = 1; i <= 500; i++)
		cr_assert_eq(game_accent(&g, 9) & ~GAME_STREAK, i == 200 ? 1u << GAME_ACCENTS_200 : 0,
			"TOU-33: accent %d", i);
	g = (struct game){0};
	for (int day = 1; day <= 20; day++)
		cr_assert_eq(game_beat(&g, 100 + day), (day == 7 ? 1u << GAME_DAYS_7 : 0) | GAME_STREAK,
			"TOU-33: day %d", day);
	for (uint32_t i = 0; i < GAME_N_ACHIEVEMENTS; i++)
		cr_assert_not_null(game_achievement_name(i));
	cr_assert_null(game_achievement_name(GAME_N_ACHIEVEMENTS));
}

Test(metronome_game, clock_set_back,
	.description = "TOU-32: a clock that goes back a day for a while breaks no streak")
{
	struct game g = {0};

	for (int day = 1; day <= 5; day++) {
		(void)game_beat(&g, 100 + day);
		cr_assert_eq(game_beat(&g, 99 + day) & GAME_STREAK, 0);
	}
	cr_assert_eq(g.streak, 5, "TOU-32");
}

/* A stage is left after two good rounds; what is played is told by count. */
static const struct lesson_round good = {.n_right = 4, .n_off = 1}, bad = {.n_right = 1, .n_missed = 4},
				 none = {.n_missed = 5};

Test(metronome_lesson, walk,
	.description = "TOU-30: groove, layer, rotate, stabilize, celebrate with played input")
{
	struct lesson l = {0};

	cr_assert_eq(lesson_round(&l, &good), 0, "TOU-30: off");
	lesson_start(&l);
	for (uint32_t stage = LESSON_GROOVE; stage < LESSON_CELEBRATE; stage++) {
		cr_assert_eq(l.stage, stage, "TOU-30");
		cr_assert_eq(lesson_round(&l, &good), 0);
		cr_assert_eq(lesson_round(&l, &bad), 0, "TOU-30: two in a row are asked");
		cr_assert_eq(lesson_round(&l, &good), 0);
		cr_assert_eq(lesson_round(&l, &good), 1, "TOU-30: stage %u is done", stage);
		cr_assert_not_null(lesson_stage_name(stage));
	}
	cr_assert_eq(l.stage, LESSON_CELEBRATE, "TOU-30");
	cr_assert_eq(lesson_round(&l, &bad), 0, "TOU-30: that is the end");
}

Test(metronome_lesson, back,
	.description = "TOU-30: three bad rounds lead back, silence does not, the first stage stays")
{
	struct lesson l;

	lesson_start(&l);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(lesson_round(&l, &bad), 0);
	cr_assert_eq(l.stage, LESSON_GROOVE);
	(void)lesson_round(&l, &good);
	cr_assert_eq(lesson_round(&l, &good), 1);
	for (int i = 0; i < 10; i++)
		cr_assert_eq(lesson_round(&l, &none), 0, "TOU-30: who does not play is waited for");
	(void)lesson_round(&l, &bad);
	(void)lesson_round(&l, &bad);
	cr_assert_eq(lesson_round(&l, &bad), 1, "TOU-30");
	cr_assert_eq(l.stage, LESSON_GROOVE, "TOU-30");
	cr_assert_eq(lesson_round(&l, &(struct lesson_round){.n_right = 5, .n_extra = 3}), 0);
	cr_assert_eq(l.good, 0, "TOU-30: hitting everything is not good");
}

Test(metronome_puzzle, solvable,
	.description = "TOU-31: four chambers, each solvable, a wrong answer is told")
{
	for (uint64_t seed = 0; seed < 4000; seed++) {
		const uint32_t chamber = seed % PUZZLE_N_CHAMBERS;
		char answer[MOS_RHYTHM_STEPS_MAX + 1];
		const char *why;
		struct puzzle p;

		cr_assert_eq(puzzle_make(chamber, seed, &p), 0);
		cr_assert(p.question[0] && strlen(p.question) < sizeof(p.question) - 1, "TOU-31");
		puzzle_solve(&p, answer);
		cr_assert_eq(puzzle_check(&p, answer, &why), 1, "TOU-31: %s %s: %s", p.question, answer, why);
		switch (chamber) {
		case PUZZLE_ROTATE:
			snprintf(answer, sizeof(answer), "%d", atoi(answer) + 1);
			break;
		case PUZZLE_NECKLACE:
			strcpy(answer, answer[0] == 'y' ? "no" : "yes");
			break;
		default: {
			/* an onset moved away: other gaps; on a circle of k in n it may be as even, so all to
			 * one side */
			const uint32_t n = (uint32_t)strlen(answer), k = mos_rhythm_pulses(&p.a);

			for (uint32_t i = 0; i < n; i++)
				answer[i] = i >= n - k ? 'x' : '.';
			if (k + 1 >= n || k < 2)
				continue; /* there is but one circle */
		}
		}
		cr_assert_eq(puzzle_check(&p, answer, &why), 0, "TOU-31: %s %s", p.question, answer);
		cr_assert(strlen(why) > 10, "TOU-31");
		cr_assert_eq(puzzle_check(&p, "what?", &why), -EINVAL, "TOU-31");
		cr_assert_eq(puzzle_check(&p, "", &why), -EINVAL, "TOU-31");
	}
	cr_assert_eq(puzzle_make(PUZZLE_N_CHAMBERS, 1, &(struct puzzle){0}), -EINVAL);
}

Test(metronome_puzzle, both_answers, .description = "TOU-31: the third chamber asks for yes as well as no")
{
	uint32_t n_yes = 0;

	for (uint64_t seed = 0; seed < 200; seed++) {
		char answer[MOS_RHYTHM_STEPS_MAX + 1];
		struct puzzle p;

		cr_assert_eq(puzzle_make(PUZZLE_NECKLACE, seed, &p), 0);
		puzzle_solve(&p, answer);
		n_yes += strcmp(answer, "yes") == 0;
	}
	cr_assert(n_yes > 50 && n_yes < 150, "TOU-31: %u", n_yes);
}

Test(metronome_telemetry, jittered_clock,
	.description = "TOU-34: tempo, interval, jitter, average against a jittered fake clock")
{
	static const int64_t off_ms[] = {0, 2, -2, 1, -1, 3, -3, 0};
	struct telemetry t;
	struct telemetry_live live;
	double want_jitter = 0, interval_ms = 0;
	int64_t before = 0;

	telemetry_init(&t, 2.5);
	cr_assert_eq(telemetry_live(&t).n, 0);
	for (int i = 0; i < TELEMETRY_WINDOW + 1; i++) {
		const int64_t at = 1000 * MS + i * 500 * MS + off_ms[i % 8] * MS;

		telemetry_beat(&t, at, 500 * MS);
		if (i) {
			interval_ms = (double)(at - before) / 1e6;
			want_jitter += (interval_ms - 500) * (interval_ms - 500) / TELEMETRY_WINDOW;
		}
		before = at;
	}
	live = telemetry_live(&t);
	cr_assert_eq(live.n, TELEMETRY_WINDOW);
	cr_assert_float_eq(live.interval_ms, interval_ms, 1e-9, "TOU-34");
	cr_assert_float_eq(live.bpm, 60000 / interval_ms, 1e-9, "TOU-34");
	cr_assert_float_eq(live.average_bpm, 120, 1e-9, "TOU-34: a round of the jitter adds up to nothing");
	cr_assert_float_eq(live.jitter_ms, sqrt(want_jitter), 1e-9, "TOU-34");
	cr_assert_float_eq(live.worst_ms, 6, 1e-9, "TOU-34: from +3 to -3");
	/* intervals off by 2 -4 3 -2 4 -6 3 0: five of eight by more than 2.5 ms */
	cr_assert_eq(t.n_over, 5 * TELEMETRY_WINDOW / 8, "TOU-34: %lu", t.n_over);
	telemetry_break(&t);
	telemetry_beat(&t, 999999 * MS, 500 * MS);
	cr_assert_float_eq(
		telemetry_live(&t).interval_ms, interval_ms, 1e-9, "TOU-34: a pause is no interval");
}

Test(metronome_telemetry, history, .description = "TOU-35: the last hour, minute by minute, and no more")
{
	struct telemetry_minute minute[TELEMETRY_MINUTES];
	struct telemetry t;
	uint32_t n;

	telemetry_init(&t, 1);
	for (int64_t i = 0; i < 90 * 60; i++) /* 90 minutes at 60 BPM */
		telemetry_beat(&t, 1 + i * 1000 * MS, 1000 * MS);
	n = telemetry_history(&t, 90 * 60 * 1000 * MS - 1, minute);
	cr_assert_eq(n, 60, "TOU-35");
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(minute[i].minute, 30 + i, "TOU-35: the oldest first");
		cr_assert_eq(minute[i].off.n, 60);
		cr_assert_float_eq(minute[i].bpm_sum / 60, 60, 1e-9, "TOU-35");
	}
	/* half an hour of silence: what is older than an hour is gone, nothing comes twice */
	cr_assert_eq(telemetry_history(&t, 120 * 60 * 1000 * MS - 1, minute), 30, "TOU-35");
	cr_assert_eq(telemetry_history(&t, 900 * 60 * 1000 * MS, minute), 0, "TOU-35");
}
