/* SPDX-License-Identifier: MIT */
/* The keyboard (TOU-42). */
#include "app.h"

#include <string.h>

static void play_or_pause(struct app *app)
{
	(void)app_play(app, !app_playing(app));
}

static void faster(struct app *app)
{
	app_set_bpm(app, app_bpm(app) + 1);
}

static void slower(struct app *app)
{
	app_set_bpm(app, app_bpm(app) - 1);
}

static void edited(struct app *app, int r)
{
	if (r == 0)
		app_changed(app);
	else
		app_say(app, app->config.linked ? "locked to the score: press l" : "no more than that");
}

static void turn_on(struct app *app)
{
	edited(app, metro_config_rotate(&app->config, 1));
}

static void turn_back(struct app *app)
{
	edited(app, metro_config_rotate(&app->config, -1));
}

static void onset_more(struct app *app)
{
	edited(app, metro_config_pulses(&app->config, 1));
}

static void onset_less(struct app *app)
{
	edited(app, metro_config_pulses(&app->config, -1));
}

static void tap(struct app *app)
{
	coach_tap(app, app_time_ns());
}

static void next_preset(struct app *app)
{
	const uint32_t id = mos_preset_find(app->config.preset) % (MOS_PRESET_END - 1) + 1;
	struct metro_fault fault;

	edited(app,
		metro_config_change(&app->config, MOS_ARGS(mos_str("preset", mos_preset(id)->key)), &fault));
}

static void link_or_free(struct app *app)
{
	app->config.linked = !app->config.linked;
	app_changed(app);
}

static void next_view(struct app *app)
{
	app->config.view = (app->config.view + 1) % (VIEW_BOTH + 1);
	app_changed(app);
}

static void reset_mixer(struct app *app)
{
	mos_mixer_reset(&app->config.mixer);
	app_changed(app);
}

static void toggle_help(struct app *app)
{
	app->help = !app->help;
	app->dirty = 1;
}

static void go_back(struct app *app)
{
	if (app->help)
		toggle_help(app);
	else if (app->lesson.stage != LESSON_OFF)
		coach_lesson(app, 0);
	else if (app_playing(app))
		(void)app_play(app, 0);
	app->message[0] = '\0';
	app->dirty = 1;
}

void key_pressed(struct app *app, const char *key)
{
	static const struct {
		const char *key;
		void (*act)(struct app *);
	} keys[] = {
		{" ", play_or_pause},
		{"up", faster},
		{"down", slower},
		{"left", turn_back},
		{"right", turn_on},
		{"[", onset_less},
		{"]", onset_more},
		{"t", tap},
		{"n", next_preset},
		{"l", link_or_free},
		{"v", next_view},
		{"0", reset_mixer},
		{"?", toggle_help},
		{"escape", go_back},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, key) == 0)
			keys[i].act(app);
}
