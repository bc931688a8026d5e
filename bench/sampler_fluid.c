/* SPDX-License-Identifier: MIT */
/* FluidSynth as it is on one core, its library in this process. Notes and blocks by the same calls as
 * Apollo's. */
#include <stdio.h>
#include <stdlib.h>

#include <fluidsynth.h>

#include "sampler.h"

#define GAIN 0.5

struct fluid {
	struct player player;
	fluid_settings_t *settings;
	fluid_synth_t *synth;
};

static struct fluid *fluid_of(struct player *p)
{
	return (struct fluid *)p; /* first member */
}

static void program(struct player *p, uint32_t channel, uint32_t number)
{
	fluid_synth_program_change(fluid_of(p)->synth, (int)channel, (int)number);
}

static void note_on(struct player *p, uint32_t channel, uint8_t key, uint8_t velocity)
{
	fluid_synth_noteon(fluid_of(p)->synth, (int)channel, key, velocity);
}

static void note_off(struct player *p, uint32_t channel, uint8_t key)
{
	fluid_synth_noteoff(fluid_of(p)->synth, (int)channel, key);
}

static void render(struct player *p, uint32_t n)
{
	fluid_synth_write_float(fluid_of(p)->synth, (int)n, p->l, 0, 1, p->r, 0, 1);
}

static void settle(struct player *p)
{
	(void)p;
}

static uint32_t voices(struct player *p)
{
	return (uint32_t)fluid_synth_get_active_voice_count(fluid_of(p)->synth);
}

static void close_it(struct player *p)
{
	struct fluid *f = fluid_of(p);

	delete_fluid_synth(f->synth);
	delete_fluid_settings(f->settings);
	free(f);
}

static void quiet(int level, const char *message, void *data)
{
	(void)level, (void)message, (void)data;
}

struct player *fluid_open(const struct player_options *o)
{
	struct fluid *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->player =
		(struct player){"fluidsynth", program, note_on, note_off, render, settle, voices, close_it};
	for (int level = 0; level < LAST_LOG_LEVEL; level++)
		(void)fluid_set_log_function(level, quiet, NULL);
	f->settings = new_fluid_settings();
	fluid_settings_setint(f->settings, "synth.polyphony", (int)o->polyphony);
	fluid_settings_setint(f->settings, "synth.reverb.active", o->has_effects);
	fluid_settings_setint(f->settings, "synth.chorus.active", o->has_effects);
	fluid_settings_setint(f->settings, "synth.cpu-cores", 1);
	fluid_settings_setint(f->settings, "synth.threadsafe-api", 0);
	fluid_settings_setint(f->settings, "synth.lock-memory", 0);
	fluid_settings_setnum(f->settings, "synth.sample-rate", RATE_HZ);
	fluid_settings_setnum(f->settings, "synth.gain", GAIN);
	f->synth = new_fluid_synth(f->settings);
	fluid_synth_set_interp_method(f->synth, -1, FLUID_INTERP_4THORDER);
	if (fluid_synth_sfload(f->synth, o->bank, 1) == FLUID_FAILED) {
		fprintf(stderr, "sampler: FluidSynth cannot load %s\n", o->bank);
		close_it(&f->player);
		return NULL;
	}
	return &f->player;
}
