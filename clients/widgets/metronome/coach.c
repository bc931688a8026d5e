/* SPDX-License-Identifier: MIT */
/* Who plays along: judgement, the lesson's stages, counts of the game, taps. */
#include "app.h"

#include <string.h>
#include <time.h>

/* Notes travel some ms, sound by the graph's cycle; a missed onset is told when none can be on its way any more. */
#define TRAVEL_NS INT64_C(30000000)
#define TRAVEL_HEARD_NS INT64_C(250000000)
#define SAME_NS INT64_C(40000000) /* nearer nobody strikes twice */

void coach_note(struct app *app, const struct mos_event *event)
{
	if (app->config.practice && app->config.input != INPUT_MICROPHONE &&
		event->source == MOS_SOURCE_MIDI_IN)
		coach_judge(app, (int64_t)event->time_ns, EAR_MIDI);
}

/* A stroke on keys that sound in the room, too, comes in both ways. */
static int has_the_other_ear(struct app *app, int64_t time_ns, int ear)
{
	for (uint32_t i = 0; i < app->n_heard && i < HEARD_KEPT; i++) {
		const int64_t apart_ns = app->heard[i].time_ns - time_ns;

		if (app->heard[i].ear == EAR_NONE || app->heard[i].ear == ear || apart_ns > SAME_NS ||
			apart_ns < -SAME_NS)
			continue;
		app->heard[i].ear = EAR_NONE;
		return 1;
	}
	app->heard[app->n_heard % HEARD_KEPT].time_ns = time_ns;
	app->heard[app->n_heard++ % HEARD_KEPT].ear = ear;
	return 0;
}

void coach_judge(struct app *app, int64_t time_ns, int ear)
{
	struct mos_judged judged;

	if (!app_playing(app) || has_the_other_ear(app, time_ns, ear))
		return;
	judged = mos_practice_play(&app->practice, time_ns);
	app->round.n_right += judged.kind == MOS_JUDGE_RIGHT;
	app->round.n_off += judged.kind == MOS_JUDGE_EARLY || judged.kind == MOS_JUDGE_LATE;
	app->round.n_extra += judged.kind == MOS_JUDGE_EXTRA;
	tell_judged(app, &judged);
}

void coach_pass(struct app *app, int64_t now_ns)
{
	const int64_t travel_ns = app->config.input == INPUT_MIDI ? TRAVEL_NS : TRAVEL_HEARD_NS;
	struct mos_judged judged;

	while (mos_practice_pass(&app->practice, now_ns - travel_ns, &judged)) {
		app->round.n_missed++;
		tell_judged(app, &judged);
	}
}

/* Days as people count them, where they are. */
static int64_t today(void)
{
	const time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return (now + tm.tm_gmtoff) / 86400;
}

static void tell_unlocked(struct app *app, uint32_t unlocked)
{
	if (unlocked & GAME_STREAK && app->game.streak > 1)
		tell_game(app, GAME_TOLD_STREAK, app->game.streak, "days in a row");
	for (uint32_t i = 0; i < GAME_N_ACHIEVEMENTS; i++)
		if (unlocked >> i & 1)
			tell_game(app, GAME_TOLD_ACHIEVEMENT, i, game_achievement_name(i));
}

void coach_mark(struct app *app, const struct metro_due_mark *due)
{
	const uint32_t what = due->mark.what;
	const int64_t beat_ns = (int64_t)app->now.npq * 4 / due->mark.den;

	if (what & MARK_BEAT) {
		/* Where the clock, looked at again, has it. */
		const int64_t off_ticks = app->now.tick - due->mark.tick;
		const int64_t time_ns = off_ticks < MOS_PPQ && off_ticks > -MOS_PPQ
						? metro_time_of(&app->now, due->mark.tick)
						: due->time_ns;

		telemetry_beat(&app->telemetry, time_ns, beat_ns);
		tell_unlocked(app, game_beat(&app->game, today()));
		app->unsaved = 1;
	}
	if (what & MARK_ONSET)
		tell_unlocked(app, game_accent(&app->game, today()));
	if (what & MARK_STEP && due->mark.step == 0) {
		if (lesson_round(&app->lesson, &app->round)) {
			app_changed(app);
			app_say(app, "%s: %s", lesson_stage_name(app->lesson.stage),
				lesson_stage_text(app->lesson.stage));
			if (app->config.voice != VOICE_OFF)
				tell_voice(app, SPOKEN_CUE, lesson_stage_name(app->lesson.stage));
		}
		memset(&app->round, 0, sizeof(app->round));
	}
}

void coach_lesson(struct app *app, int start)
{
	app->lesson = (struct lesson){0};
	memset(&app->round, 0, sizeof(app->round));
	if (start) {
		lesson_start(&app->lesson);
		app->config.practice = 1;
		app_say(app, "%s: %s", lesson_stage_name(app->lesson.stage),
			lesson_stage_text(app->lesson.stage));
	}
	app_changed(app);
}

/* Begin the circle with its next onset. */
static void turn_to_next_onset(struct mos_rhythm *rhythm)
{
	for (uint32_t s = 1; s < rhythm->n_steps; s++)
		if (mos_rhythm_has(rhythm, s)) {
			*rhythm = mos_rhythm_rotate(rhythm, s);
			return;
		}
}

void coach_arrange(struct app *app)
{
	struct metro_config *c = &app->sounding;

	*c = app->config;
	switch (app->lesson.stage) {
	case LESSON_GROOVE:
		c->subdivision = 0;
		break;
	case LESSON_LAYER:
		c->subdivision = c->subdivision ? c->subdivision : 1;
		break;
	case LESSON_STABILIZE:
		for (uint32_t tier = 0; tier < MOS_N_TIERS; tier++)
			c->mixer.volume[tier] = tier == MOS_TIER_DOWNBEAT ? 1 : 0;
		c->subdivision = 1;
		[[fallthrough]];
	case LESSON_ROTATE:
		turn_to_next_onset(&c->now.rhythm);
		break;
	default:
		break;
	}
}

void coach_tap(struct app *app, int64_t time_ns)
{
	const uint32_t milli_bpm = mos_tap_add(&app->tap, time_ns);

	tell_tap(app, milli_bpm);
	if (milli_bpm)
		app_set_bpm(app, milli_bpm / 1000.0);
	else
		app_say(app, "tap again");
}
