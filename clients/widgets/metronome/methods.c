/* SPDX-License-Identifier: MIT */
/* What other programs may ask of the metronome (TOU-48): `mosctl widget call metronome pattern.set ...`. */
#include "methods.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int refuse_fault(struct app *app, const struct metro_fault *fault, int r)
{
	const char *code = r == -EPERM    ? "metronome.pattern.locked"
			   : r == -ENOENT ? "rpc.params.invalid"
					  : "metronome.value.invalid";

	return mos_widget_refuse(app->widget, code, "%.64s: %s", fault->where, fault->why);
}

int method_change(struct app *app, const struct mos_field *field, size_t n)
{
	struct metro_fault fault;
	const int r = metro_config_change(&app->config, field, n, &fault);

	if (r < 0)
		return refuse_fault(app, &fault, r);
	app_changed(app);
	return 0;
}

/* The parameters are names of settings. */
static int set(struct app *app, params p)
{
	return method_change(app, p->u.fields, p->len);
}

static int accent_set(struct app *app, params p)
{
	return method_change(app, MOS_ARGS(mos_field("accent_ratio", p->u.fields[0].value)));
}

static int tempo_set(struct app *app, params p)
{
	const double bpm = mos_get_real(p, "bpm", 0);

	if (!(bpm > 0))
		return mos_widget_refuse(
			app->widget, "metronome.value.invalid", "bpm: a number above 0 is needed");
	app_set_bpm(app, bpm);
	mos_widget_reply(app->widget, MOS_ARGS(mos_real("bpm", app_bpm(app))));
	return 0;
}

static int tempo_tap(struct app *app, params p)
{
	(void)p;
	coach_tap(app, app_time_ns());
	mos_widget_reply(app->widget, MOS_ARGS(mos_real("bpm", mos_tap_milli_bpm(&app->tap) / 1000.0),
					      mos_int("taps", app->tap.n_taps)));
	return 0;
}

static int transport_play(struct app *app, params p)
{
	(void)p;
	return app_play(app, 1);
}

static int transport_pause(struct app *app, params p)
{
	(void)p;
	return app_play(app, 0);
}

static int transport_toggle(struct app *app, params p)
{
	(void)p;
	return app_play(app, !app_playing(app));
}

static int volume_preview(struct app *app, params p)
{
	const char *name = mos_get_str(p, "tier", "");
	struct metro_due due = {.time_ns = app_time_ns(), .off_tick = 240};

	for (uint32_t tier = 0; tier < MOS_N_TIERS; tier++) {
		const int key = mos_kit_key(app->config.mixer.kit, app->config.mixer.voice[tier]);

		if (strcmp(name, mos_tier_name(tier)) != 0)
			continue;
		due.hit.key = (uint8_t)key;
		due.hit.velocity = mos_mixer_velocity(mos_mixer_level(&app->config.mixer, tier));
		if (key >= 0 && due.hit.velocity)
			tell_hit(app, &due);
		return 0;
	}
	return mos_widget_refuse(
		app->widget, "metronome.value.invalid", "tier: accent downbeat beat-3 weak eighth ghost");
}

static int mixer_random(struct app *app, params p)
{
	mos_mixer_random(&app->config.mixer, (uint64_t)mos_get_int(p, "seed", app_time_ns()));
	app_changed(app);
	return 0;
}

static int mixer_reset(struct app *app, params p)
{
	(void)p;
	mos_mixer_reset(&app->config.mixer);
	app_changed(app);
	return 0;
}

static int state_get(struct app *app, params p)
{
	struct mos_field field[METRO_CONFIG_FIELDS + 8];
	size_t n = metro_config_fields(&app->config, field);
	char text[MOS_RHYTHM_STEPS_MAX + 1];

	(void)p;
	(void)mos_rhythm_format(&app->config.now.rhythm, text, sizeof(text));
	field[n++] = mos_bool("playing", app_playing(app));
	field[n++] = mos_str("grid", text);
	field[n++] = mos_real("bpm_now", app_bpm(app));
	field[n++] = mos_int("step", app->step);
	field[n++] = mos_str("spotlight", app->spot.of ? mos_preset(app->spot.of->preset)->key : "none");
	field[n++] = mos_str("lesson", lesson_stage_name(app->lesson.stage));
	field[n++] = mos_int("late", (int64_t)app->schedule.n_late);
	field[n++] = mos_int("left_out", (int64_t)app->schedule.n_left_out);
	field[n++] = mos_int("unsent", (int64_t)app->n_unsent);
	mos_widget_reply(app->widget, field, n);
	return 0;
}

/* `keys`: the parameters that it takes, each with a space before and after. */
static const struct {
	const char *name;
	int (*call)(struct app *, params);
	const char *keys;
	int32_t n_needed;
} methods[] = {
	{"transport.play", transport_play, "", 0},
	{"transport.pause", transport_pause, "", 0},
	{"transport.toggle", transport_toggle, "", 0},
	{"tempo.set", tempo_set, " bpm ", 1},
	{"tempo.tap", tempo_tap, "", 0},
	{"pattern.set", set,
		" preset pattern steps pulses rotation step_ticks measures poly_a poly_b meter_num "
		"meter_den ",
		1},
	{"pattern.get", method_pattern_get, "", 0},
	{"pattern.save", method_pattern_save, " name ", 1},
	{"pattern.load", method_pattern_load, " name ", 1},
	{"pattern.remove", method_pattern_remove, " name ", 1},
	{"pattern.list", method_pattern_list, "", 0},
	{"pattern.export", method_pattern_export, " bars ", 0},
	{"preset.list", method_preset_list, " tier ", 0},
	{"preset.get", method_preset_get, " preset ", 0},
	{"spotlight.play", method_spotlight_play, " preset ", 0},
	{"spotlight.stop", method_spotlight_stop, "", 0},
	{"spotlight.export", method_spotlight_export, " preset ", 0},
	{"volume.set", set,
		" master kit volume_accent volume_downbeat volume_beat_3 volume_weak volume_eighth "
		"volume_ghost"
		" voice_accent voice_downbeat voice_beat_3 voice_weak voice_eighth voice_ghost ",
		1},
	{"volume.preview", volume_preview, " tier ", 1},
	{"accent.set", accent_set, " ratio ", 1},
	{"envelope.set", set, " attack_ms decay_ms sustain ", 1},
	{"cue.set", set, " cue cue_program ", 1},
	{"mixer.random", mixer_random, " seed ", 0},
	{"mixer.reset", mixer_reset, "", 0},
	{"mode.set", set,
		" mode loop_bars subdivision counting advanced visual_lead_ms visual_intensity "
		"voice_guidance practice practice_input "
		"threshold_ms view ",
		1},
	{"state.get", state_get, "", 0},
	{"telemetry.get", method_telemetry_get, "", 0},
	{"telemetry.list", method_telemetry_list, "", 0},
	{"practice.get", method_practice_get, "", 0},
	{"practice.reset", method_practice_reset, "", 0},
	{"lesson.start", method_lesson_begin, "", 0},
	{"lesson.stop", method_lesson_end, "", 0},
	{"puzzle.new", method_puzzle_new, " chamber seed ", 0},
	{"puzzle.answer", method_puzzle_answer, " answer ", 1},
	{"game.get", method_game_get, "", 0},
};

static int has_key(const char *keys, const char *key)
{
	char padded[40];
	const int n = snprintf(padded, sizeof(padded), " %s ", key);

	return n < (int)sizeof(padded) && strchr(key, ' ') == NULL && strstr(keys, padded) != NULL;
}

int method_call(struct app *app, const char *name, params p)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		for (uint32_t k = 0; k < p->len; k++)
			if (!has_key(methods[i].keys, p->u.fields[k].key))
				return mos_widget_refuse(app->widget, "rpc.params.invalid",
					"%s has no parameter \"%.40s\"", name, p->u.fields[k].key);
		if ((int32_t)p->len < methods[i].n_needed)
			return mos_widget_refuse(app->widget, "rpc.params.invalid", "%s needs one of:%s",
				name, methods[i].keys);
		return methods[i].call(app, p);
	}
	return mos_widget_refuse(
		app->widget, "rpc.method.unknown", "the metronome has no method \"%.64s\"", name);
}
