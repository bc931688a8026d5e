/* SPDX-License-Identifier: MIT */
/* Patterns and presets: what there is, saved ones, files. */
#include "methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export.h"

int method_pattern_get(struct app *app, params p)
{
	const struct mos_rhythm *r = &app->config.now.rhythm;
	const struct mos_rhythm_identity is = mos_rhythm_identify(r);
	const struct mos_preset *preset = mos_preset(is.preset);
	const struct mos_rhythm bead = mos_rhythm_necklace(r, NULL);
	char text[MOS_RHYTHM_STEPS_MAX + 1], necklace[MOS_RHYTHM_STEPS_MAX + 1];
	uint8_t gap[MOS_RHYTHM_STEPS_MAX];
	struct mos_value gaps[MOS_RHYTHM_STEPS_MAX];
	const uint32_t n = mos_rhythm_gaps(r, gap, MOS_RHYTHM_STEPS_MAX);

	(void)p;
	for (uint32_t i = 0; i < n; i++)
		gaps[i] = mos_value_int(gap[i]);
	(void)mos_rhythm_format(r, text, sizeof(text));
	(void)mos_rhythm_format(&bead, necklace, sizeof(necklace));
	mos_widget_reply(app->widget, MOS_ARGS(mos_str("pattern", text), mos_int("pulses", is.k),
					      mos_int("steps", is.n), mos_bool("euclidean", is.is_euclidean),
					      mos_str("preset", preset ? preset->key : "none"),
					      mos_int("rotation", preset ? is.rotation : is.euclid_rotation),
					      mos_str("necklace", necklace), mos_list("gaps", gaps, n),
					      mos_real("evenness", mos_rhythm_evenness(r))));
	return 0;
}

static struct saved *find_saved(struct app *app, const char *name)
{
	for (uint32_t i = 0; i < app->n_saved; i++)
		if (strcmp(app->saved[i].name, name) == 0)
			return &app->saved[i];
	return NULL;
}

static int saved_now(struct app *app)
{
	if (keep_save(app) < 0)
		return mos_widget_refuse(
			app->widget, "metronome.save.failed", "%s", mos_client_error(app->client)->message);
	return 0;
}

int method_pattern_save(struct app *app, params p)
{
	const char *name = mos_get_str(p, "name", "");
	struct saved *s = find_saved(app, name);

	if (!name[0] || strlen(name) >= SAVED_NAME)
		return mos_widget_refuse(
			app->widget, "metronome.value.invalid", "name: 1 to %d bytes", SAVED_NAME - 1);
	if (!s && app->n_saved == SAVED_MAX)
		return mos_widget_refuse(app->widget, "metronome.save.full",
			"%d patterns are saved: remove one first", SAVED_MAX);
	if (!s)
		s = &app->saved[app->n_saved++];
	strcpy(s->name, name);
	(void)mos_rhythm_format(&app->config.now.rhythm, s->pattern, sizeof(s->pattern));
	return saved_now(app);
}

static int absent(struct app *app, const char *name)
{
	return mos_widget_refuse(
		app->widget, "metronome.pattern.absent", "no pattern is saved as \"%.31s\"", name);
}

int method_pattern_load(struct app *app, params p)
{
	const char *name = mos_get_str(p, "name", "");
	const struct saved *s = find_saved(app, name);

	return s ? method_change(app, MOS_ARGS(mos_str("pattern", s->pattern))) : absent(app, name);
}

int method_pattern_remove(struct app *app, params p)
{
	const char *name = mos_get_str(p, "name", "");
	struct saved *s = find_saved(app, name);

	if (!s)
		return absent(app, name);
	*s = app->saved[--app->n_saved];
	return saved_now(app);
}

int method_pattern_list(struct app *app, params p)
{
	struct mos_field field[SAVED_MAX][2];
	struct mos_value item[SAVED_MAX];

	(void)p;
	for (uint32_t i = 0; i < app->n_saved; i++) {
		field[i][0] = mos_str("name", app->saved[i].name);
		field[i][1] = mos_str("pattern", app->saved[i].pattern);
		item[i] = mos_value_map(field[i], 2);
	}
	mos_widget_reply(app->widget, MOS_ARGS(mos_list("saved", item, app->n_saved)));
	return 0;
}

/* The pattern, or a spotlight where there is one. */
static int share(struct app *app, const struct spotlight *spot, uint32_t bars)
{
	uint8_t *bytes = malloc(EXPORT_SIZE_MAX);
	uint64_t id;
	int n;

	if (!bytes)
		return -ENOMEM;
	n = spot ? metro_export_spotlight(spot, bytes) : metro_export_midi(&app->config, bars, bytes);
	n = n < 0 ? n : mos_data_share(app->client, "midi", bytes, (size_t)n, &id);
	free(bytes);
	if (n == -ENOSPC)
		return mos_widget_refuse(
			app->widget, "metronome.export.large", "the file would be too large: fewer bars");
	if (n < 0)
		return mos_widget_refuse(
			app->widget, "metronome.export.failed", "%s", mos_client_error(app->client)->message);
	mos_widget_reply(app->widget, MOS_ARGS(mos_int("id", (int64_t)id), mos_str("kind", "midi")));
	return 0;
}

int method_pattern_export(struct app *app, params p)
{
	const int64_t bars = mos_get_int(p, "bars", 4);

	if (bars < 1 || bars > 1000)
		return mos_widget_refuse(app->widget, "metronome.value.invalid", "bars: 1 to 1000");
	return share(app, NULL, (uint32_t)bars);
}

/* @return the spotlight asked for; NULL: refused in *ret. */
static const struct spotlight *find_spotlight(struct app *app, params p, int *ret)
{
	const char *key = mos_get_str(p, "preset", NULL);
	const uint32_t id = key ? mos_preset_find(key) : mos_rhythm_identify(&app->config.now.rhythm).preset;
	const struct spotlight *spot = spotlight(id);

	*ret = 0;
	if (!spot)
		*ret = mos_widget_refuse(app->widget, "metronome.preset.unknown",
			key ? "there is no such preset" : "the pattern is no preset: name one");
	return spot;
}

int method_spotlight_play(struct app *app, params p)
{
	int r;
	const struct spotlight *spot = find_spotlight(app, p, &r);

	if (!spot)
		return r;
	if (app->config.linked && app_playing(app))
		return mos_widget_refuse(
			app->widget, "metronome.spotlight.busy", "the score plays: stop it first");
	spot_play(app, spot);
	mos_widget_reply(app->widget,
		MOS_ARGS(mos_str("preset", mos_preset(spot->preset)->key), mos_str("text", spot->text),
			mos_real("seconds", (double)spotlight_ticks(spot) / MOS_PPQ * 60 / spot->bpm)));
	return 0;
}

int method_spotlight_stop(struct app *app, params p)
{
	(void)p;
	spot_stop(app);
	return 0;
}

int method_spotlight_export(struct app *app, params p)
{
	int r;
	const struct spotlight *spot = find_spotlight(app, p, &r);

	return spot ? share(app, spot, 0) : r;
}

int method_preset_list(struct app *app, params p)
{
	struct mos_field field[MOS_PRESET_END][4];
	struct mos_value item[MOS_PRESET_END];
	char text[MOS_PRESET_END][MOS_RHYTHM_STEPS_MAX + 1];
	const char *tier = mos_get_str(p, "tier", NULL);
	uint32_t n = 0;

	for (uint32_t id = 1; id < MOS_PRESET_END; id++) {
		const struct mos_preset *preset = mos_preset(id);
		const struct mos_rhythm r = mos_preset_rhythm(preset);

		if (tier && strcmp(tier, mos_preset_tier_name(preset->tier)) != 0)
			continue;
		(void)mos_rhythm_format(&r, text[n], sizeof(text[n]));
		field[n][0] = mos_str("preset", preset->key);
		field[n][1] = mos_str("name", preset->name);
		field[n][2] = mos_str("tier", mos_preset_tier_name(preset->tier));
		field[n][3] = mos_str("pattern", text[n]);
		item[n] = mos_value_map(field[n], 4);
		n++;
	}
	mos_widget_reply(app->widget, MOS_ARGS(mos_list("presets", item, n)));
	return 0;
}

int method_preset_get(struct app *app, params p)
{
	const struct mos_preset *preset =
		mos_preset(mos_preset_find(mos_get_str(p, "preset", app->config.preset)));

	if (!preset)
		return mos_widget_refuse(app->widget, "metronome.preset.unknown", "there is no such preset");
	mos_widget_reply(app->widget,
		MOS_ARGS(mos_str("preset", preset->key), mos_str("name", preset->name),
			mos_str("tier", mos_preset_tier_name(preset->tier)),
			mos_str("context", preset->context), mos_str("practice", preset->practice),
			mos_str("listening", preset->listening)));
	return 0;
}
