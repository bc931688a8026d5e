/* SPDX-License-Identifier: MIT */
/* The widget: what it has and who does what. Everything runs in the widget's one thread. */
#ifndef METRONOME_APP_H
#define METRONOME_APP_H

#include <mos/audio_tap.h>
#include <mos/taptempo.h>
#include <mos/widget.h>

#include "game.h"
#include "lesson.h"
#include "onset.h"
#include "puzzle.h"
#include "schedule.h"
#include "spotlight.h"
#include "telemetry.h"
#include "view.h"

#define SAVED_MAX 32
#define SAVED_NAME 32

struct saved {
	char name[SAVED_NAME];
	char pattern[MOS_RHYTHM_STEPS_MAX + 1];
};

/* An example of a tradition, while it is played. */
struct spot {
	const struct spotlight *of; /* NULL: none */
	int64_t start_ns, next;     /* next: tick, all before it is sent */
};

#define CUE_NOTES 64

/* What the score sounds, and the accents that wait to be struck into it. */
struct cue {
	struct cue_note {
		int64_t on, off; /* ticks; off INT64_MAX: not known yet */
		uint32_t channel;
		uint8_t key;
	} note[CUE_NOTES];
	struct metro_due_mark accent[METRO_HITS_MAX];
	uint32_t n, n_accents;
	int32_t program; /* told last, from 1; 0: none */
};

/* Who heard what is judged. */
enum { EAR_NONE = 0, EAR_MIDI, EAR_MICROPHONE };

#define HEARD_KEPT 16u

struct mic {
	struct mos_audio_reader tap;
	struct onset onset;
	int32_t has_tap;
	int64_t again_ns; /* no sooner is it tried to be opened */
};

struct app {
	struct mos_widget *widget;
	struct mos_client *client;
	struct mos_timer *timer;
	int32_t fast; /* the timer runs at the pace of playing */

	struct metro_config config;   /* as set by whatever way */
	struct metro_config settings; /* as the broker keeps them */
	struct metro_config sounding; /* config as the lesson's stage wants it */
	struct metro_free free;
	struct metro_now now; /* the last look */
	struct metro_schedule schedule;
	struct metro_batch batch;
	struct metro_due_mark pending[METRO_HITS_MAX]; /* to be told when their time has come */
	uint32_t n_pending;
	uint64_t n_unsent;   /* notes that found no room */
	int32_t step;        /* that was told last; -1 */
	int64_t step_ns;     /* when that sounds */
	float width, height; /* as drawn last */

	struct metro_envelope told_envelope;
	struct spot spot;
	struct cue cue;
	struct mic mic;
	struct mos_tap tap;
	struct mos_practice practice;
	struct {
		int64_t time_ns;
		int32_t ear; /* EAR_NONE: the other one has it, too */
	} heard[HEARD_KEPT]; /* the newest that were judged */
	uint32_t n_heard;
	struct lesson lesson;
	struct lesson_round round;
	struct puzzle puzzle;
	int32_t has_puzzle;
	uint64_t n_puzzles;
	struct telemetry telemetry;
	struct game game;
	struct saved saved[SAVED_MAX];
	uint32_t n_saved;
	int32_t unsaved; /* something that is kept over restarts was changed */
	int64_t save_at_ns;

	char message[128];
	int32_t help, dirty; /* dirty: what is shown is to be made anew */
};

extern const struct mos_widget_ops app_ops;

int64_t app_time_ns(void); /* main.c: CLOCK_MONOTONIC; the unit tests have a clock of their own */
double app_bpm(const struct app *app);
int app_playing(const struct app *app);

/* after a change of the configuration */
void app_changed(struct app *app);
/* Look at the clock, send what is ahead, tell what has come. */
void app_look(struct app *app);
int app_play(struct app *app, int play);
void app_set_bpm(struct app *app, double bpm);
void app_say(struct app *app, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* tell.c: what others hear of us */
void tell_event(struct app *app, const struct mos_event *event);
void tell_note(struct app *app, const struct metro_due *due, int64_t off_ns);
void tell_hit(struct app *app, const struct metro_due *due);
void tell_envelope(struct app *app, const struct metro_envelope *envelope);
void tell_mark(struct app *app, const struct metro_due_mark *due);
void tell_pattern(struct app *app);
void tell_tap(struct app *app, uint32_t milli_bpm);
enum { SPOKEN_COUNT = 0, SPOKEN_CUE = 1, SPOKEN_ANNOUNCEMENT = 2 };
void tell_voice(struct app *app, uint8_t kind, const char *text);
enum { GAME_TOLD_STREAK = 0, GAME_TOLD_ACHIEVEMENT = 1, GAME_TOLD_PUZZLE = 2 };
void tell_game(struct app *app, uint32_t kind, uint32_t value, const char *text);
void tell_judged(struct app *app, const struct mos_judged *judged);

/* coach.c: practice, lesson, game */
void coach_note(struct app *app, const struct mos_event *event);
/* Something was played: EAR_MIDI or EAR_MICROPHONE has it. What both have is judged once. */
void coach_judge(struct app *app, int64_t time_ns, int ear);
void coach_pass(struct app *app, int64_t now_ns);
void coach_mark(struct app *app, const struct metro_due_mark *due);
void coach_lesson(struct app *app, int start);
/* `sounding` of `config` and the lesson. */
void coach_arrange(struct app *app);
void coach_tap(struct app *app, int64_t time_ns);

/* mic.c: look at what the audio input brought; rtcore is another: its tap, too */
void mic_look(struct app *app, int64_t now_ns);
void mic_forget(struct app *app);

/* spot.c, cue.c */
void spot_play(struct app *app, const struct spotlight *spot);
void spot_stop(struct app *app);
void spot_look(struct app *app, int64_t now_ns);
void cue_note(struct app *app, const struct mos_event *event);
void cue_accent(struct app *app, const struct metro_due_mark *due);
void cue_look(struct app *app, int64_t now_ns);
void cue_forget(struct app *app);

/* keep.c: over restarts */
void keep_load(struct app *app, const struct mos_value *state);
int keep_save(struct app *app);

/* methods.c, keys.c */
int method_call(struct app *app, const char *name, const struct mos_value *params);
void key_pressed(struct app *app, const char *key);

#endif
