/* SPDX-License-Identifier: MIT */
/** Beats: length, chord, text, effects, what the mixer does, notes. */
#include "binary.h"

#include <stdio.h>
#include <string.h>

static struct gp_ratio tuplet_of(int32_t n)
{
	static const uint8_t normal[] = {
		[3] = 2, [5] = 4, [6] = 4, [7] = 4, [9] = 8, [10] = 8, [11] = 8, [12] = 8, [13] = 8};
	if (n < 0 || n >= (int32_t)sizeof(normal) || !normal[n])
		return (struct gp_ratio){};
	return (struct gp_ratio){(uint16_t)n, normal[n]};
}

/** How long a stroke takes, by its speed: 1 a 128th .. 6 a quarter. */
static uint16_t stroke_ticks(int speed)
{
	return (uint16_t)(speed < 1 ? 0 : 30 << (speed > 6 ? 5 : speed - 1));
}

/** What holds for all notes of a beat, until they are there. */
struct beat_fx {
	struct gp_fx fx;
	uint8_t extras;
};

static void read_stroke(struct gp_in *in, struct gp_fx *fx)
{
	const int first = gp_i8(in), second = gp_i8(in);
	const int down = in->version >= 500 ? second : first, up = in->version >= 500 ? first : second;
	if (down > 0 || up > 0) {
		fx->strum = up > 0 ? NVX_DIRECTION_UP : NVX_DIRECTION_DOWN;
		fx->spread_ticks = stroke_ticks(up > 0 ? up : down);
	}
}

static void read_slap(struct gp_fx *fx, int slap)
{
	if (slap >= 1 && slap <= 3)
		fx->simple |= 1u << (slap == 1    ? NVX_TECHNIQUE_TAP
				      : slap == 2 ? NVX_TECHNIQUE_SLAP
						  : NVX_TECHNIQUE_POP);
}

/** Version 3: vibrato and harmonics are the beat's; the tremolo bar is a dip of so much. */
static void read_effects_3(struct gp_reader *reader, struct beat_fx *fx)
{
	struct gp_in *in = &reader->in;
	const uint8_t flags = gp_u8(in);
	if (flags & 0x01)
		fx->fx.vibrato = NVX_VIBRATO_SLIGHT;
	if (flags & 0x02)
		fx->fx.vibrato = NVX_VIBRATO_WIDE;
	if (flags & 0x04)
		fx->fx.harmonic = NVX_HARMONIC_NATURAL;
	if (flags & 0x08)
		fx->fx.harmonic = NVX_HARMONIC_ARTIFICIAL;
	if (flags & 0x10)
		fx->fx.simple |= 1u << NVX_TECHNIQUE_FADE_IN;
	if (flags & 0x20) {
		const uint8_t slap = gp_u8(in);
		const int32_t dip = gp_i32(in);
		if (slap) {
			read_slap(&fx->fx, slap);
		} else {
			const int32_t cents = dip > -6000 && dip < 6000 ? -2 * dip : 0;
			gp_curve_add(&reader->beat->whammy, 0, 0);
			gp_curve_add(&reader->beat->whammy, 5000, cents);
			gp_curve_add(&reader->beat->whammy, 10000, 0);
		}
	}
	if (flags & 0x40)
		read_stroke(in, &fx->fx);
}

static void read_effects(struct gp_reader *reader, struct beat_fx *fx)
{
	struct gp_in *in = &reader->in;
	const uint8_t flags = gp_u8(in), more = gp_u8(in);
	if (flags & 0x01)
		fx->fx.vibrato = NVX_VIBRATO_SLIGHT;
	if (flags & 0x02)
		fx->extras |= GP_EXTRA_WIDE_TREMOLO_BAR_VIBRATO;
	if (flags & 0x10)
		fx->fx.simple |= 1u << NVX_TECHNIQUE_FADE_IN;
	if (flags & 0x20)
		read_slap(&fx->fx, gp_i8(in));
	if (more & 0x04)
		gp_read_curve(reader, &reader->beat->whammy);
	if (flags & 0x40)
		read_stroke(in, &fx->fx);
	if (more & 0x01)
		fx->fx.simple |= 1u << NVX_TECHNIQUE_RASGUEADO;
	if (more & 0x02) {
		const int direction = gp_i8(in);
		fx->fx.pick = (uint8_t)(direction == 1   ? NVX_DIRECTION_UP
					: direction == 2 ? NVX_DIRECTION_DOWN
							 : 0);
	}
}

static void apply(struct gp_note *note, const struct beat_fx *beat)
{
	struct gp_fx *fx = &note->fx;
	fx->simple |= beat->fx.simple;
	fx->strum = beat->fx.strum;
	fx->spread_ticks = beat->fx.spread_ticks;
	fx->pick = beat->fx.pick;
	if (beat->fx.vibrato)
		fx->vibrato = beat->fx.vibrato;
	if (beat->fx.harmonic)
		fx->harmonic = beat->fx.harmonic;
	note->extras |= beat->extras;
}

/** The syllables that the lines have for this beat, if it is in the track that is sung. */
static void take_syllables(struct gp_reader *reader, uint32_t track)
{
	struct gp_beat *beat = reader->beat;
	if (reader->lyrics_track != track + 1 || reader->song.at_voice > 0 || beat->kind != GP_BEAT_NOTES)
		return;
	for (unsigned i = 0; i < GP_MAX_LINES; i++) {
		struct gp_lyrics_line *line = &reader->line[i];
		size_t at, len;
		if (line->first_bar == 0 || reader->song.at_bar + 1 < line->first_bar)
			continue;
		if (gp_next_syllable(&line->syllables, &at, &len) && len > 0)
			beat->line[i] = gp_syllable_text(reader->song.draft, line->syllables.text + at, len);
	}
}

/** Graces that hang on the notes of a beat are a beat of their own before it. */
static void put_graces(struct gp_reader *reader)
{
	struct gp_song *song = &reader->song;
	struct gp_beat *grace = song->grace;
	gp_beat_reset(grace);
	for (unsigned i = 0; i < reader->beat->n_notes; i++) {
		const struct gp_note *note = &reader->beat->note[i];
		const struct gp_grace_of *of = &reader->grace[i];
		if (!of->grace)
			continue;
		struct gp_note *before = gp_beat_note(grace);
		before->string = note->string;
		before->fret = of->fret;
		before->dynamic = of->dynamic;
		if (of->is_dead)
			before->fx.simple |= 1u << NVX_TECHNIQUE_DEAD;
		if (of->transition == 1)
			before->fx.slides |= 1u << NVX_SLIDE_SHIFT;
		if (of->transition == 2) {
			gp_curve_add(&before->bend, 0, 0);
			gp_curve_add(&before->bend, 10000, 100 * (note->fret - of->fret));
		}
		if (of->transition == 3)
			before->fx.hopo = 1;
		grace->grace = grace->grace == GP_GRACE_ON ? GP_GRACE_ON : of->grace;
		if (!grace->value || of->value < grace->value) {
			grace->value = of->value;
			grace->tuplet[0] = of->tuplet;
		}
	}
	grace->kind = GP_BEAT_NOTES;
	grace->slash = grace->grace == GP_GRACE_BEFORE;
	if (grace->n_notes > 0)
		(void)gp_put_beat(song, grace);
}

static void read_display(struct gp_reader *reader)
{
	struct gp_in *in = &reader->in;
	struct gp_beat *beat = reader->beat;
	const unsigned flags = gp_u16(in);
	if (flags & 0x0800)
		gp_skip(in, 1);
	if (flags & 0x0805)
		gp_ext_int(reader->song.draft, &beat->ext, "beaming", flags & 0x0805);
	beat->stem = flags & 0x02 ? NVX_STEM_DOWN : flags & 0x08 ? NVX_STEM_UP : NVX_STEM_AUTO;
	beat->octave = flags & 0x10 ? 1 : flags & 0x20 ? -1 : flags & 0x40 ? 2 : flags & 0x100 ? -2 : 0;
}

static int read_length(struct gp_reader *reader, uint8_t flags)
{
	struct gp_in *in = &reader->in;
	struct gp_beat *beat = reader->beat;
	const int8_t length = gp_i8(in);
	if (length < -3 || length > 7) {
		in->at--;
		return gp_fail(in, "a note value that does not exist");
	}
	beat->value = (uint8_t)(NVX_VALUE_4 + length);
	beat->dots = flags & 0x01;
	if (flags & 0x20) {
		const int32_t n = gp_i32(in);
		beat->tuplet[0] = tuplet_of(n);
		if (!beat->tuplet[0].actual && n > 1)
			score_warn(in->report, GP_PARSE, SCORE_AT_BYTE(in->at - 4),
				"a tuplet of %d is not known", n);
	}
	return in->error;
}

int gp_read_beat(struct gp_reader *reader, uint32_t track)
{
	struct gp_in *in = &reader->in;
	struct gp_song *song = &reader->song;
	struct gp_beat *beat = reader->beat;
	struct beat_fx fx = {};
	gp_beat_reset(beat);
	const uint8_t flags = gp_u8(in);
	const uint8_t status = flags & 0x40 ? gp_u8(in) : 1;
	if (read_length(reader, flags) < 0)
		return in->error;
	if (flags & 0x02)
		gp_read_chord(reader, song->track[track].staff[0].setup.n_strings);
	if (flags & 0x04) {
		const struct gp_text text = gp_string(in);
		beat->text = nvx_clean_text(song->draft, text.text, text.len);
	}
	if (flags & 0x08) {
		if (in->version < 400)
			read_effects_3(reader, &fx);
		else
			read_effects(reader, &fx);
	}
	if (flags & 0x10)
		gp_read_mix(reader, track);
	const uint8_t strings = gp_u8(in);
	for (unsigned i = 0; i < 7 && !in->error; i++) {
		if (!(strings & 0x40 >> i))
			continue;
		struct gp_note *note = gp_beat_note(beat);
		note->string = (uint8_t)(i + 1);
		reader->grace[beat->n_notes - 1] = (struct gp_grace_of){};
		gp_read_note(reader, note);
		apply(note, &fx);
	}
	if (in->version >= 500)
		read_display(reader);
	if (in->error)
		return in->error;
	beat->kind = beat->n_notes > 0 ? GP_BEAT_NOTES : status == 0 ? GP_BEAT_EMPTY : GP_BEAT_REST;
	if (beat->n_notes == 0 &&
		(fx.fx.simple || fx.fx.strum || fx.fx.pick || fx.fx.vibrato || beat->whammy.n))
		score_warn(in->report, GP_DROPPED, GP_HERE(song), "an effect on a beat without notes");
	take_syllables(reader, track);
	put_graces(reader);
	return gp_put_beat(song, beat);
}
