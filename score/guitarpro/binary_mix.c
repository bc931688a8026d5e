/* SPDX-License-Identifier: MIT */
/** What a beat changes in the mixer: sound, volume and so on of its track or of all, and the tempo. */
#include "binary.h"

#include <string.h>

#define N_FADERS 6u

/** A fader's value 0..16 as a controller's. */
static int controller_value(int value)
{
	return value < 16 ? value * 8 : 127;
}

static void put_fader(struct gp_reader *reader, uint32_t track, unsigned fader, int value, int beats)
{
	static const uint8_t number[N_FADERS] = {7, 10, 93, 91, 95, 92};
	struct gp_song *song = &reader->song;
	struct gp_ext ext = {};
	if (beats > 0)
		gp_ext_int(song->draft, &ext, "transitionBeats", beats);
	const nvx_str extra = gp_ext_take(song->draft, &ext);
	gp_ext_finish(&ext);
	gp_put_control(
		song, track, gp_voice_tick(song), NVX_CONTROL_CC, number[fader], controller_value(value))
		->extra = extra;
}

static void put_tempo(struct gp_reader *reader, int32_t bpm, int beats, struct gp_text name)
{
	struct gp_song *song = &reader->song;
	if (bpm < 1 || bpm > 10000) {
		score_warn(reader->in.report, GP_PARSE, GP_HERE(song), "a tempo of %d is not read", bpm);
		return;
	}
	const uint32_t beat_ticks = 4u * NVX_PPQ / song->bar[song->at_bar].den;
	gp_add_tempo(song, (struct gp_tempo){.tick = gp_voice_tick(song),
				   .ns_per_quarter = gp_tempo_ns((uint64_t)bpm * 1000, NVX_PPQ),
				   .ramp_ticks = beats > 0 ? (uint32_t)beats * beat_ticks : 0});
	gp_ext_text(song->draft, &reader->beat->ext, "tempoName", name.text, name.len);
}

void gp_read_mix(struct gp_reader *reader, uint32_t track)
{
	struct gp_in *in = &reader->in;
	struct gp_song *song = &reader->song;
	const int is_5 = in->version >= 500;
	int value[N_FADERS], beats[N_FADERS] = {}, tempo_beats = 0;
	const int program = gp_i8(in);
	if (is_5)
		gp_skip(in, 16);
	for (unsigned i = 0; i < N_FADERS; i++)
		value[i] = gp_i8(in);
	const struct gp_text name = is_5 ? gp_string(in) : (struct gp_text){"", 0};
	const int32_t bpm = gp_i32(in);
	for (unsigned i = 0; i < N_FADERS; i++)
		if (value[i] >= 0)
			beats[i] = gp_i8(in);
	if (bpm >= 0) {
		tempo_beats = gp_i8(in);
		if (in->version > 500)
			gp_skip(in, 1);
	}
	const uint8_t for_all = in->version >= 400 ? gp_u8(in) : 0;
	if (is_5) {
		const int wah = gp_i8(in);
		if (wah >= 0)
			gp_ext_int(song->draft, &reader->beat->ext, "wah", wah);
	}
	if (in->version > 500) {
		const struct gp_text effect = gp_string(in), category = gp_string(in);
		gp_ext_text(song->draft, &reader->beat->ext, "effect", effect.text, effect.len);
		gp_ext_text(song->draft, &reader->beat->ext, "effectCategory", category.text, category.len);
	}
	if (in->error)
		return;
	if (program >= 0)
		gp_put_control(song, track, gp_voice_tick(song), NVX_CONTROL_PROGRAM, 0xffff, program);
	for (unsigned i = 0; i < N_FADERS; i++) {
		if (value[i] < 0)
			continue;
		if (!(for_all >> i & 1))
			put_fader(reader, track, i, value[i], beats[i]);
		else
			for (uint32_t t = 0; t < song->n_tracks && !song->draft->error; t++)
				put_fader(reader, t, i, value[i], beats[i]);
	}
	if (bpm >= 0)
		put_tempo(reader, bpm, tempo_beats, name);
}
