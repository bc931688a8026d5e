/* SPDX-License-Identifier: MIT */
/**
 * One sound font in two synthesizers, ours and FluidSynth's: the same messages at the same frames, effects
 * off, the same gain and interpolation. FluidSynth hears messages at multiples of 64 frames, so both get them
 * there.
 */
#ifndef TEST_EQUAL_SOUND_H
#define TEST_EQUAL_SOUND_H

#include <fluidsynth.h>

#include "apollo/sampler/sampler.h"
#include "sf2_fixture.h"

#define DUO_RATE 48000u
#define DUO_BLOCK 64u
#define DUO_GAIN 0.5f

struct duo {
	struct store *store;
	struct sampler *sampler;
	struct instrument *own;
	struct chan_state channel[APOLLO_CHANNELS];
	struct strip_bufs bufs;
	uint64_t frame;
	fluid_settings_t *settings;
	fluid_synth_t *synth;
	fluid_player_t *player;
	struct chan_msg heard[1024]; /* from the player */
	uint32_t n_heard;
};

static inline void duo_quiet(int level, const char *message, void *data)
{
	(void)level, (void)message, (void)data;
}

static inline void duo_open_own(struct duo *d, const char *path)
{
	struct bank *bank = NULL;
	struct rack *rack = NULL;
	char error[512] = "";

	d->store = store_create(&(struct store_options){.is_resident = 1});
	cr_assert_not_null(d->store);
	cr_assert_eq(
		load_sf2(path, &(struct load_options){.store = d->store}, &bank, NULL, error, sizeof(error)),
		0, "%s", error);
	cr_assert_eq(rack_create(&bank, 1, &rack), 0);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&d->channel[i]);
	const struct sampler_options o = {
		.rate_hz = DUO_RATE, .channel = d->channel, .interp = KERNEL_CUBIC, .gain = DUO_GAIN};
	cr_assert_eq(sampler_create(rack, &o, &d->sampler), 0);
	d->own = sampler_instrument(d->sampler);
}

static inline void duo_open_fluid(struct duo *d, const char *path)
{
	for (int level = 0; level < LAST_LOG_LEVEL; level++)
		(void)fluid_set_log_function(level, duo_quiet, NULL);
	d->settings = new_fluid_settings();
	(void)fluid_settings_setint(d->settings, "synth.reverb.active", 0);
	(void)fluid_settings_setint(d->settings, "synth.chorus.active", 0);
	(void)fluid_settings_setint(d->settings, "synth.polyphony", 2048);
	(void)fluid_settings_setnum(d->settings, "synth.sample-rate", DUO_RATE);
	(void)fluid_settings_setnum(d->settings, "synth.gain", DUO_GAIN);
	d->synth = new_fluid_synth(d->settings);
	cr_assert_not_null(d->synth);
	cr_assert_neq(fluid_synth_sfload(d->synth, path, 1), FLUID_FAILED);
}

/** A static one: it is big. */
static inline struct duo *duo_open(const char *path)
{
	static struct duo d;

	if (access(path, R_OK) != 0)
		cr_skip("no sound font %s", path);
	d = (struct duo){0};
	duo_open_own(&d, path);
	duo_open_fluid(&d, path);
	return &d;
}

static inline void duo_close(struct duo *d)
{
	if (d->player)
		delete_fluid_player(d->player);
	delete_fluid_synth(d->synth);
	delete_fluid_settings(d->settings);
	d->own->destroy(d->own);
	store_destroy(d->store);
}

/** A channel message to our side, at the start of the next block. */
static inline void duo_own_message(struct duo *d, uint8_t status, uint8_t channel, uint8_t d1, uint8_t d2)
{
	const struct chan_msg m = {.channel = channel, .status = status, .d1 = d1, .d2 = d2};
	struct instrument *i = d->own;

	switch (status) {
	case 0x9:
		if (d2)
			i->note_on(i, 0, channel, d1, d2);
		else
			i->note_off(i, 0, channel, d1);
		return;
	case 0x8:
		i->note_off(i, 0, channel, d1);
		return;
	case 0xa:
		i->key_pressure(i, 0, channel, d1, d2);
		return;
	case 0xb:
		if (d1 == 120)
			i->kill(i, 0, channel);
		if (d1 >= 123)
			i->notes_off(i, 0, channel);
		break;
	default:
		break;
	}
	i->before_change(i, 0, channel);
	chan_apply(&d->channel[channel], &m);
	i->changed(i, 0, channel);
}

/** What the player played while FluidSynth rendered a block is heard from the next block on, there and here.
 */
static inline void duo_begin(struct duo *d)
{
	d->bufs.active = 0;
	d->own->begin(d->own, d->frame, &d->bufs);
	for (uint32_t i = 0; i < d->n_heard; i++)
		duo_own_message(d, d->heard[i].status, d->heard[i].channel, d->heard[i].d1, d->heard[i].d2);
	d->n_heard = 0;
}

/** The next block of both, after duo_begin() and the messages. [0] left, [1] right. */
static inline void duo_render(struct duo *d, float own[2][DUO_BLOCK], float theirs[2][DUO_BLOCK])
{
	(void)fluid_synth_write_float(d->synth, (int)DUO_BLOCK, theirs[0], 0, 1, theirs[1], 0, 1);
	d->own->render(d->own, &d->bufs, DUO_BLOCK);
	memset(own, 0, 2 * sizeof(own[0]));
	for (uint32_t s = 0; s < APOLLO_CHANNELS; s++)
		for (uint32_t i = 0; (d->bufs.active >> s & 1) && i < DUO_BLOCK; i++) {
			own[0][i] += d->bufs.l[s][i];
			own[1][i] += d->bufs.r[s][i];
		}
	d->frame += DUO_BLOCK;
}

/* A MIDI file: FluidSynth's player reads it, and what it plays is what we play. */

static inline int duo_hear(void *data, fluid_midi_event_t *e)
{
	struct duo *d = data;
	const int type = fluid_midi_event_get_type(e);
	struct chan_msg m = {
		.status = (uint8_t)(type >> 4), .channel = (uint8_t)fluid_midi_event_get_channel(e)};

	switch (type) {
	case 0x80:
	case 0x90:
	case 0xb0:
		m.d1 = (uint8_t)fluid_midi_event_get_key(e);
		m.d2 = (uint8_t)fluid_midi_event_get_velocity(e);
		break;
	case 0xa0:
		m.d1 = (uint8_t)fluid_midi_event_get_key(e);
		m.d2 = (uint8_t)fluid_midi_event_get_value(e);
		break;
	case 0xc0:
	case 0xd0:
		m.d1 = (uint8_t)fluid_midi_event_get_program(e);
		break;
	case 0xe0:
		m.d1 = (uint8_t)(fluid_midi_event_get_pitch(e) & 0x7f);
		m.d2 = (uint8_t)(fluid_midi_event_get_pitch(e) >> 7);
		break;
	default:
		return fluid_synth_handle_midi_event(d->synth, e);
	}
	cr_assert_lt(d->n_heard, sizeof(d->heard) / sizeof(d->heard[0]));
	d->heard[d->n_heard++] = m;
	return fluid_synth_handle_midi_event(d->synth, e);
}

static inline void duo_play(struct duo *d, const char *midi)
{
	d->player = new_fluid_player(d->synth);
	cr_assert_eq(fluid_player_add(d->player, midi), FLUID_OK);
	(void)fluid_player_set_playback_callback(d->player, duo_hear, d);
	cr_assert_eq(fluid_player_play(d->player), FLUID_OK);
}

static inline int duo_is_playing(const struct duo *d)
{
	return fluid_player_get_status(d->player) == FLUID_PLAYER_PLAYING;
}

#endif
