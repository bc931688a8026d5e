/* SPDX-License-Identifier: MIT */
/* The methods' functions, for their table in methods.c. Each fills the reply or refuses. */
#ifndef METRONOME_METHODS_H
#define METRONOME_METHODS_H

#include "app.h"

typedef const struct mos_value *params; /* a map whose keys have been checked */

/* Change the configuration, or refuse with what is wrong. */
int method_change(struct app *app, const struct mos_field *field, size_t n);

/* methods_pattern.c */
int method_pattern_get(struct app *app, params p);
int method_pattern_save(struct app *app, params p);
int method_pattern_load(struct app *app, params p);
int method_pattern_remove(struct app *app, params p);
int method_pattern_list(struct app *app, params p);
int method_pattern_export(struct app *app, params p);
int method_spotlight_play(struct app *app, params p);
int method_spotlight_stop(struct app *app, params p);
int method_spotlight_export(struct app *app, params p);
int method_preset_list(struct app *app, params p);
int method_preset_get(struct app *app, params p);

/* methods_practice.c */
int method_telemetry_get(struct app *app, params p);
int method_telemetry_list(struct app *app, params p);
int method_practice_get(struct app *app, params p);
int method_practice_reset(struct app *app, params p);
int method_lesson_begin(struct app *app, params p);
int method_lesson_end(struct app *app, params p);
int method_puzzle_new(struct app *app, params p);
int method_puzzle_answer(struct app *app, params p);
int method_game_get(struct app *app, params p);

#endif
