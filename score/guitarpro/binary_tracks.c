/* SPDX-License-Identifier: MIT */
/** Frames of the bars, and tracks. */
#include "binary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint32_t read_color(struct gp_in *in)
{
	const uint32_t red = gp_u8(in), green = gp_u8(in), blue = gp_u8(in);
	gp_skip(in, 1);
	return UINT32_C(1) << 24 | red << 16 | green << 8 | blue;
}

static nvx_str word(struct gp_reader *reader, const char *json)
{
	return nvx_text(reader->song.draft, json, strlen(json));
}

/** Up to 4 the byte is the last ending's number: those before it that no other bar took. */
static uint16_t old_endings(const struct gp_song *song, uint32_t index, uint8_t value)
{
	uint32_t taken = 0;
	for (uint32_t i = index; i > 0; i--) {
		taken |= song->bar[i - 1].endings;
		if (song->bar[i - 1].repeat_start || index - i > 64)
			break;
	}
	const uint32_t all = (UINT32_C(1) << (value < 16 ? value : 16)) - 1;
	return (uint16_t)(all & ~taken);
}

static int read_meter(struct gp_reader *reader, struct gp_bar *bar, uint8_t flags)
{
	struct gp_in *in = &reader->in;
	const size_t at = in->at;
	if (flags & 0x01)
		bar->num = gp_u8(in);
	if (flags & 0x02)
		bar->den = gp_u8(in);
	if (bar->num == 0 || bar->den == 0 || (bar->den & (bar->den - 1))) {
		in->at = at;
		return gp_fail(in, "a meter that does not exist");
	}
	return in->error;
}

static void read_repeat_end(struct gp_reader *reader, struct gp_bar *bar)
{
	const int times = (uint8_t)gp_i8(&reader->in) + (reader->in.version >= 500 ? 0 : 1);
	bar->repeat_times = (uint8_t)(times < 2 ? 2 : times > 99 ? 99 : times);
}

static void read_section(struct gp_reader *reader, struct gp_bar *bar)
{
	const struct gp_text text = gp_string(&reader->in);
	bar->section = nvx_clean_text(reader->song.draft, text.text, text.len);
	bar->color = read_color(&reader->in);
	bar->has_section = 1;
}

static int read_key(struct gp_reader *reader, struct gp_bar *bar)
{
	const int8_t fifths = gp_i8(&reader->in);
	bar->minor = gp_u8(&reader->in) == 1;
	if (fifths < -7 || fifths > 7) {
		reader->in.at -= 2;
		return gp_fail(&reader->in, "a key signature beyond seven accidentals");
	}
	bar->fifths = fifths;
	return reader->in.error;
}

/** What only 5.x has: beams of the meter, triplet feel. */
static void read_bar_tail(struct gp_reader *reader, struct gp_bar *bar, uint8_t flags)
{
	struct gp_in *in = &reader->in;
	if (flags & 0x03) {
		const uint8_t a = gp_u8(in), b = gp_u8(in), c = gp_u8(in), d = gp_u8(in);
		char json[32];
		(void)snprintf(json, sizeof(json), "[%u,%u,%u,%u]", a, b, c, d);
		if (a != 2 || b != 2 || c != 2 || d != 2)
			bar->beams = word(reader, json);
	}
	if (!(flags & 0x10))
		gp_skip(in, 1);
	const uint8_t feel = gp_u8(in);
	if (feel == 1 || feel == 2)
		bar->triplet_feel = word(reader, feel == 1 ? "\"Triplet8th\"" : "\"Triplet16th\"");
}

int gp_read_bar(struct gp_reader *reader, uint32_t index)
{
	struct gp_in *in = &reader->in;
	struct gp_bar *bar = &reader->song.bar[index];
	const int is_5 = in->version >= 500;
	if (index > 0) {
		bar->num = bar[-1].num;
		bar->den = bar[-1].den;
		bar->fifths = bar[-1].fifths;
		bar->minor = bar[-1].minor;
	} else if (reader->fifths >= -7 && reader->fifths <= 7) {
		bar->fifths = reader->fifths;
	}
	if (is_5 && index > 0)
		gp_skip(in, 1);
	const uint8_t flags = gp_u8(in);
	if (read_meter(reader, bar, flags) < 0)
		return in->error;
	bar->repeat_start = (flags & 0x04) != 0;
	if (flags & 0x08)
		read_repeat_end(reader, bar);
	if (!is_5 && (flags & 0x10))
		bar->endings = old_endings(&reader->song, index, gp_u8(in));
	if (flags & 0x20)
		read_section(reader, bar);
	if ((flags & 0x40) && read_key(reader, bar) < 0)
		return in->error;
	if (is_5 && (flags & 0x10))
		bar->endings = gp_u8(in);
	if (is_5)
		read_bar_tail(reader, bar, flags);
	else if (reader->triplet_feel)
		bar->triplet_feel = word(reader, "\"Triplet8th\"");
	bar->is_double = (flags & 0x80) != 0;
	for (unsigned d = 0; d < GP_N_DIRECTIONS; d++)
		if (reader->direction[d] == index + 1)
			bar->directions |= 1u << d;
	return in->error ? in->error : reader->song.draft->error;
}

void gp_skip_sound(struct gp_in *in)
{
	gp_skip(in, in->version == 500 ? 15 : 16);
}

static void put_mix(struct gp_reader *reader, uint32_t index, const struct gp_channel *channel)
{
	const struct {
		uint8_t number, value;
	} more[] = {
		{93, channel->chorus}, {91, channel->reverb}, {95, channel->phaser}, {92, channel->tremolo}};
	for (unsigned i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (more[i].value > 0)
			(void)gp_put_control(&reader->song, index, 0, NVX_CONTROL_CC, more[i].number,
				more[i].value < 16 ? more[i].value * 8 : 127);
}

static int read_tuning(struct gp_reader *reader, struct gp_track *track)
{
	struct gp_in *in = &reader->in;
	struct gp_staff_setup *setup = &track->staff[0].setup;
	const size_t at = in->at;
	const int32_t n_strings = gp_i32(in);
	int32_t pitch[7];
	for (unsigned i = 0; i < 7; i++)
		pitch[i] = gp_i32(in);
	if (in->error)
		return in->error;
	if (n_strings < 0 || n_strings > 7) {
		in->at = at;
		return gp_fail(in, "a number of strings beyond 0 to 7");
	}
	setup->n_strings = (uint8_t)n_strings;
	for (int32_t i = 0; i < n_strings; i++) {
		if (pitch[i] < 0 || pitch[i] > 127) {
			in->at = at + 4 + 4 * (size_t)i;
			return gp_fail(in, "a string tuned beyond 0 to 127");
		}
		setup->tuning[i] = (uint8_t)pitch[i];
	}
	return 0;
}

/** What only 5.x has. @return the bank of its sound. */
static uint8_t read_track_tail(struct gp_in *in)
{
	gp_skip(in, 2 + 1); /* what is shown; automatic accents */
	const uint8_t bank = gp_u8(in);
	gp_skip(in, 1 + 12 + 12); /* humanizing; unknown */
	gp_skip_sound(in);
	if (in->version > 500) {
		gp_skip(in, 4); /* equalizer */
		(void)gp_string(in);
		(void)gp_string(in);
	}
	return bank;
}

int gp_read_track(struct gp_reader *reader, uint32_t index)
{
	struct gp_in *in = &reader->in;
	struct gp_song *song = &reader->song;
	struct gp_track *track = &song->track[index];
	struct nvx_draft *draft = song->draft;
	if (gp_track_begin(song, index, 1) < 0)
		return draft->error;
	if (in->version == 500 || (in->version > 500 && index == 0))
		gp_skip(in, 1);
	const uint8_t flags = gp_u8(in);
	const struct gp_text name = gp_short_string(in, 40);
	if (read_tuning(reader, track) < 0)
		return in->error;
	const int32_t port = gp_i32(in), number = gp_i32(in);
	gp_skip(in, 4);
	const int32_t n_frets = gp_i32(in), capo = gp_i32(in);
	const uint32_t color = read_color(in) & 0xffffff;
	const uint8_t bank = in->version >= 500 ? read_track_tail(in) : 0;
	if (in->error)
		return in->error;

	const int has_channel = port >= 1 && port <= 4 && number >= 1 && number <= 16;
	const struct gp_channel none = {.program = 0, .volume = 13, .balance = 8};
	const struct gp_channel *channel =
		has_channel ? &reader->channel[(port - 1) * 16 + number - 1] : &none;
	track->is_drums = (flags & 0x01) != 0 || number == 10;
	if (capo > 0)
		track->staff[0].setup.capo = (uint8_t)(capo > 24 ? 24 : capo);

	struct gp_ext ext = {};
	char text[16];
	(void)snprintf(text, sizeof(text), "\"#%06x\"", (unsigned)color);
	gp_ext_json(draft, &ext, "color", text);
	if (n_frets > 0 && n_frets != 24)
		gp_ext_int(draft, &ext, "frets", n_frets);
	if (flags & 0x02)
		gp_ext_flag(draft, &ext, "twelveStrings");
	if (flags & 0x04)
		gp_ext_flag(draft, &ext, "banjo");
	const nvx_str extra = gp_ext_take(draft, &ext);
	gp_ext_finish(&ext);
	const nvx_str title = nvx_clean_text(draft, name.text, name.len);

	struct nvx_part *part = nvx_draft_part(draft, track->part);
	part->name = title;
	part->extra = extra;
	part->role = track->is_drums ? NVX_ROLE_DRUMS : NVX_ROLE_OTHER;
	part->midi_program =
		(uint8_t)(channel->program >= 0 && channel->program < 128 ? channel->program : 0);
	if (has_channel) {
		part->midi_channel = (uint8_t)(number - 1);
		part->midi_port = (uint8_t)(port - 1);
	}
	if (bank > 0 && bank < 128)
		part->midi_bank = (uint16_t)(bank << 7);
	part->volume_1e6 = (channel->volume < 24 ? channel->volume : 24) * 62500;
	part->pan_1e6 = ((channel->balance < 16 ? channel->balance : 16) - 8) * 125000;
	if (in->version >= 500) {
		part->solo = (flags & 0x10) != 0;
		part->mute = (flags & 0x20) != 0;
	}
	if (!track->is_drums && track->staff[0].setup.n_strings > 0) {
		part->has_transpose = 1; /* written an octave above what sounds */
		part->transpose_octave = 1;
	}
	put_mix(reader, index, channel);
	gp_track_tuned(song, index);
	const int is_bass = part->midi_program >= 32 && part->midi_program < 40;
	if (track->is_drums)
		gp_put_clef(song, index, 0, NVX_CLEF_PERCUSSION, 3, 0);
	else
		gp_put_clef(song, index, 0, is_bass ? NVX_CLEF_F : NVX_CLEF_G, is_bass ? 4 : 2, 0);
	return draft->error;
}
