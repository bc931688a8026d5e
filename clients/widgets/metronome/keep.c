/* SPDX-License-Identifier: MIT */
/* What is kept over restarts: what was set by keys and methods, saved patterns (TOU-26), the game's counts.
 */
#include "app.h"

#include <stdio.h>
#include <string.h>

#define SAVE_EVERY_NS INT64_C(30000000000)

static void load_game(struct game *g, const struct mos_value *state)
{
	*g = (struct game){
		.beats = mos_get_natural(state, "game/beats", 0),
		.accents = mos_get_natural(state, "game/accents", 0),
		.last_day = mos_get_int(state, "game/last_day", 0),
		.streak = (uint32_t)mos_get_natural(state, "game/streak", 0),
		.longest = (uint32_t)mos_get_natural(state, "game/longest", 0),
		.achieved = (uint32_t)mos_get_natural(state, "game/achieved", 0),
	};
}

static void load_saved(struct app *app, const struct mos_value *list)
{
	struct mos_rhythm rhythm;

	app->n_saved = 0;
	for (uint32_t i = 0;
		list && list->type == MOS_VALUE_LIST && i < list->len && app->n_saved < SAVED_MAX; i++) {
		struct saved *s = &app->saved[app->n_saved];
		const char *name = mos_get_str(&list->u.items[i], "name", "");
		const char *pattern = mos_get_str(&list->u.items[i], "pattern", "");

		if (!name[0] || strlen(name) >= sizeof(s->name) || mos_rhythm_parse(pattern, &rhythm) < 0 ||
			strlen(pattern) >= sizeof(s->pattern))
			continue;
		strcpy(s->name, name);
		strcpy(s->pattern, pattern);
		app->n_saved++;
	}
}

void keep_load(struct app *app, const struct mos_value *state)
{
	const struct mos_value *config = mos_get(state, "config");
	struct metro_fault fault;
	char hash[24];

	(void)snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)metro_config_hash(&app->settings));
	load_game(&app->game, state);
	load_saved(app, mos_get(state, "saved"));
	/* What was set by hand holds until the settings are others. */
	if (config && strcmp(mos_get_str(state, "settings", ""), hash) == 0 &&
		metro_config_load(&app->config, config, &fault) < 0)
		mos_widget_log(app->widget, "kept %s: %s, the settings are used", fault.where, fault.why);
}

int keep_save(struct app *app)
{
	struct mos_field config[METRO_CONFIG_FIELDS], field[SAVED_MAX][2];
	const uint32_t n_config = (uint32_t)metro_config_fields(&app->config, config);
	const struct game *g = &app->game;
	const struct mos_field game[] = {mos_int("beats", (int64_t)g->beats),
		mos_int("accents", (int64_t)g->accents), mos_int("last_day", g->last_day),
		mos_int("streak", g->streak), mos_int("longest", g->longest),
		mos_int("achieved", g->achieved)};
	struct mos_value saved[SAVED_MAX];
	char hash[24];

	(void)snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)metro_config_hash(&app->settings));
	for (uint32_t i = 0; i < app->n_saved; i++) {
		field[i][0] = mos_str("name", app->saved[i].name);
		field[i][1] = mos_str("pattern", app->saved[i].pattern);
		saved[i] = mos_value_map(field[i], 2);
	}
	app->unsaved = 0;
	app->save_at_ns = app_time_ns() + SAVE_EVERY_NS;
	return mos_widget_save(app->widget,
		MOS_ARGS(mos_str("settings", hash), mos_field("config", mos_value_map(config, n_config)),
			mos_field("game", mos_value_map(game, sizeof(game) / sizeof(game[0]))),
			mos_list("saved", saved, app->n_saved)));
}
