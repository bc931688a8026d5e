/* SPDX-License-Identifier: MIT */
/* Figures, practice, lessons, puzzles, the game. */
#include "methods.h"

#include <stdio.h>
#include <string.h>

int method_telemetry_get(struct app *app, params p)
{
	const struct telemetry_live live = telemetry_live(&app->telemetry);

	(void)p;
	mos_widget_reply(app->widget,
		MOS_ARGS(mos_int("intervals", live.n), mos_real("bpm", live.bpm),
			mos_real("interval_ms", live.interval_ms), mos_real("average_bpm", live.average_bpm),
			mos_real("jitter_ms", live.jitter_ms), mos_real("worst_ms", live.worst_ms),
			mos_int("over", (int64_t)app->telemetry.n_over),
			mos_real("threshold_ms", app->config.threshold_ms)));
	return 0;
}

int method_telemetry_list(struct app *app, params p)
{
	struct telemetry_minute minute[TELEMETRY_MINUTES];
	struct mos_field field[TELEMETRY_MINUTES][5];
	struct mos_value item[TELEMETRY_MINUTES];
	const int64_t now_ns = app_time_ns();
	const uint32_t n = telemetry_history(&app->telemetry, now_ns, minute);

	(void)p;
	for (uint32_t i = 0; i < n; i++) {
		field[i][0] = mos_int("minutes_ago", now_ns / INT64_C(60000000000) - minute[i].minute);
		field[i][1] = mos_int("intervals", minute[i].off.n);
		field[i][2] = mos_real("average_bpm", minute[i].bpm_sum / minute[i].off.n);
		field[i][3] = mos_real("jitter_ms", mos_timing_jitter_ns(&minute[i].off) / 1e6);
		field[i][4] = mos_int("over", minute[i].n_over);
		item[i] = mos_value_map(field[i], 5);
	}
	mos_widget_reply(app->widget, MOS_ARGS(mos_list("minutes", item, n)));
	return 0;
}

int method_practice_get(struct app *app, params p)
{
	const struct mos_practice *s = &app->practice;

	(void)p;
	mos_widget_reply(app->widget, MOS_ARGS(mos_bool("practice", app->config.practice),
					      mos_int("right", s->count[MOS_JUDGE_RIGHT]),
					      mos_int("early", s->count[MOS_JUDGE_EARLY]),
					      mos_int("late", s->count[MOS_JUDGE_LATE]),
					      mos_int("extra", s->count[MOS_JUDGE_EXTRA]),
					      mos_int("missed", s->count[MOS_JUDGE_MISSED]),
					      mos_real("average_ms", s->offset.mean_ns / 1e6),
					      mos_real("jitter_ms", mos_timing_jitter_ns(&s->offset) / 1e6),
					      mos_str("lesson", lesson_stage_name(app->lesson.stage)),
					      mos_str("task", lesson_stage_text(app->lesson.stage))));
	return 0;
}

int method_practice_reset(struct app *app, params p)
{
	(void)p;
	memset(app->practice.count, 0, sizeof(app->practice.count));
	app->practice.offset = (struct mos_timing){0};
	return 0;
}

int method_lesson_begin(struct app *app, params p)
{
	(void)p;
	coach_lesson(app, 1);
	return 0;
}

int method_lesson_end(struct app *app, params p)
{
	(void)p;
	coach_lesson(app, 0);
	return 0;
}

int method_puzzle_new(struct app *app, params p)
{
	const int64_t chamber = mos_get_int(p, "chamber", (int64_t)(app->n_puzzles % PUZZLE_N_CHAMBERS) + 1);
	const uint64_t seed = (uint64_t)mos_get_int(p, "seed", app_time_ns());

	if (chamber < 1 || puzzle_make((uint32_t)(chamber - 1), seed, &app->puzzle) < 0)
		return mos_widget_refuse(
			app->widget, "metronome.value.invalid", "chamber: 1 to %d", PUZZLE_N_CHAMBERS);
	app->has_puzzle = 1;
	app_say(app, "%s", app->puzzle.question);
	mos_widget_reply(app->widget, MOS_ARGS(mos_int("chamber", chamber),
					      mos_str("name", puzzle_chamber_name(app->puzzle.chamber)),
					      mos_str("question", app->puzzle.question)));
	return 0;
}

int method_puzzle_answer(struct app *app, params p)
{
	const char *answer = mos_get_str(p, "answer", NULL), *why;
	char number[24];
	int r;

	if (!app->has_puzzle)
		return mos_widget_refuse(
			app->widget, "metronome.puzzle.absent", "there is no question: puzzle.new asks one");
	if (!answer) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)mos_get_int(p, "answer", -1));
		answer = number;
	}
	r = puzzle_check(&app->puzzle, answer, &why);
	if (r < 0)
		return mos_widget_refuse(app->widget, "metronome.value.invalid", "%s", why);
	app->has_puzzle = !r;
	if (r) {
		app->n_puzzles++;
		tell_game(app, GAME_TOLD_PUZZLE, app->puzzle.chamber + 1, "puzzle solved");
	}
	mos_widget_reply(app->widget, MOS_ARGS(mos_bool("right", r), mos_str("why", why)));
	return 0;
}

int method_game_get(struct app *app, params p)
{
	const struct game *g = &app->game;
	struct mos_value won[GAME_N_ACHIEVEMENTS];
	uint32_t n = 0;

	(void)p;
	for (uint32_t i = 0; i < GAME_N_ACHIEVEMENTS; i++)
		if (g->achieved >> i & 1)
			won[n++] = mos_value_str(game_achievement_name(i));
	mos_widget_reply(app->widget,
		MOS_ARGS(mos_int("beats", (int64_t)g->beats), mos_int("accents", (int64_t)g->accents),
			mos_int("streak_days", g->streak), mos_int("longest_days", g->longest),
			mos_list("achievements", won, n)));
	return 0;
}
