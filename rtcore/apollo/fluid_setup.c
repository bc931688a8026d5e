/* SPDX-License-Identifier: MIT */
/* Building and freeing what apollo/fluid.c plays: the loader thread's side. */
#include "fluid.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRUM_BANK 128
#define GAIN 0.5 /* a full General MIDI arrangement stays below the limiter most of the time */

static void quiet(int level, const char *message, void *data)
{
	(void)level, (void)message, (void)data; /* FluidSynth would print from the audio thread */
}

static fluid_settings_t *make_settings(uint32_t rate_hz)
{
	static const struct {
		const char *name;
		int value;
	} ints[] = {
		{"synth.midi-channels", APOLLO_CHANNELS},
		{"synth.audio-channels", APOLLO_CHANNELS},
		{"synth.audio-groups", APOLLO_CHANNELS},
		{"synth.reverb.active", 0},
		{"synth.chorus.active", 0},
		{"synth.threadsafe-api", 0}, /* no lock in the audio thread */
		{"synth.cpu-cores", 1},
		{"synth.polyphony", FLUID_POLYPHONY},
		{"synth.lock-memory", 0}, /* rtcore locks all its memory itself */
		{"synth.dynamic-sample-loading", 0},
	};
	fluid_settings_t *s = new_fluid_settings();

	if (!s)
		return NULL;
	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		(void)fluid_settings_setint(s, ints[i].name, ints[i].value);
	(void)fluid_settings_setnum(s, "synth.sample-rate", rate_hz);
	(void)fluid_settings_setnum(s, "synth.gain", GAIN);
	return s;
}

static void destroy(struct instrument *i)
{
	struct fluid_bank *b = (struct fluid_bank *)i;

	for (uint32_t p = FLUID_PHASES; p-- > 0;) {
		fluid_synth_t *s = b->phase[p].synth;

		if (!s)
			continue;
		if (p > 0) /* the sound font belongs to number 0 */
			while (fluid_synth_sfcount(s) > 0)
				(void)fluid_synth_remove_sfont(s, fluid_synth_get_sfont(s, 0));
		delete_fluid_synth(s);
	}
	if (b->settings)
		delete_fluid_settings(b->settings);
	free(b);
}

/* RIFF....sfbk: say what is wrong with a file before FluidSynth only says "failed". */
static int check_file(const char *path, uint64_t *ret_bytes, char *error, size_t size)
{
	unsigned char head[12];
	struct stat st;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;

	if (fd < 0) {
		r = -errno;
		(void)snprintf(error, size, "cannot open sound font %s: %s", path, strerror(errno));
		return r;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)snprintf(error, size, "%s is not a regular file", path);
		close(fd);
		return -EINVAL;
	}
	n = read(fd, head, sizeof(head));
	close(fd);
	if (n != (ssize_t)sizeof(head) || memcmp(head, "RIFF", 4) || memcmp(head + 8, "sfbk", 4)) {
		(void)snprintf(error, size, "%s is no SoundFont 2 file (byte 0: no RIFF sfbk header)", path);
		return -EINVAL;
	}
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

/* The channel's type alone leaves the bank at that of a piano; only channel 9 begins with drums. */
static void make_drums(fluid_synth_t *s, int channel)
{
	(void)fluid_synth_set_channel_type(s, channel, CHANNEL_TYPE_DRUM);
	(void)fluid_synth_bank_select(s, channel, DRUM_BANK);
}

int fluid_bank_create(const char *path, uint32_t rate_hz, const struct chan_state *channel,
	void (*progress)(void *data, uint32_t percent, uint64_t bytes), void *progress_data,
	struct fluid_bank **ret, char *error, size_t error_size)
{
	struct fluid_bank *b;
	fluid_sfont_t *font;
	uint64_t bytes = 0;
	int r = check_file(path, &bytes, error, error_size);

	if (r < 0)
		return r;
	b = aligned_alloc(128, (sizeof(*b) + 127) / 128 * 128);
	if (!b)
		return -ENOMEM;
	memset(b, 0, sizeof(*b));
	b->channel = channel;
	b->bytes = bytes;
	fluid_bank_bind(b);
	b->instrument.destroy = destroy;
	for (int level = 0; level < LAST_LOG_LEVEL; level++)
		(void)fluid_set_log_function(level, quiet, NULL);
	r = -ENOMEM;
	(void)snprintf(error, error_size, "no memory for the synthesizers");
	b->settings = make_settings(rate_hz);
	if (!b->settings || !(b->phase[0].synth = new_fluid_synth(b->settings)))
		goto fail;
	if (progress)
		progress(progress_data, 1, 0);
	if (fluid_synth_sfload(b->phase[0].synth, path, 1) == FLUID_FAILED) {
		r = -EINVAL;
		(void)snprintf(error, error_size, "%s is damaged: FluidSynth cannot load it", path);
		goto fail;
	}
	if (progress)
		progress(progress_data, 60, bytes);
	font = fluid_synth_get_sfont(b->phase[0].synth, 0);
	for (uint32_t p = 0; p < FLUID_PHASES; p++) {
		if (p > 0) {
			b->phase[p].synth = new_fluid_synth(b->settings);
			if (!b->phase[p].synth ||
				fluid_synth_add_sfont(b->phase[p].synth, font) == FLUID_FAILED)
				goto fail;
		}
		for (uint32_t c = 9; c < APOLLO_CHANNELS; c += 16)
			make_drums(b->phase[p].synth, (int)c);
		(void)fluid_synth_program_reset(b->phase[p].synth);
		if (progress)
			progress(progress_data, 60 + p * 40 / FLUID_PHASES, bytes);
	}
	*ret = b;
	return 0;
fail:
	destroy(&b->instrument);
	return r;
}
