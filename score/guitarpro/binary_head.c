/* SPDX-License-Identifier: MIT */
/** What stands before the bars: version, titles, lyrics, page, tempo, key, channels, directions. */
#include "binary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/** The first "d.d" or "d.dd" of a text as 100 d + dd; "4.0 [c6]" is 4.06. */
static uint32_t version_of(struct gp_text text)
{
	for (size_t i = 0; i + 2 < text.len; i++) {
		const char *s = text.text + i;
		if (!is_digit(s[0]) || s[1] != '.' || !is_digit(s[2]))
			continue;
		const int has_two = i + 3 < text.len && is_digit(s[3]);
		const uint32_t minor =
			has_two ? (uint32_t)((s[2] - '0') * 10 + s[3] - '0') : (uint32_t)((s[2] - '0') * 10);
		return (uint32_t)(s[0] - '0') * 100 + minor;
	}
	return 0;
}

static int read_version(struct gp_in *in)
{
	const struct gp_text text = gp_short_string(in, 30);
	if (in->error)
		return in->error;
	in->is_clipboard = text.len >= 9 && memcmp(text.text, "CLIPBOARD", 9) == 0;
	in->version = version_of(text);
	if (in->is_clipboard && in->version == 400)
		in->version = 406;
	(void)snprintf(in->report->dialect, sizeof(in->report->dialect), "GP%u %u.%02u", in->version / 100,
		in->version / 100, in->version % 100);
	if (in->version < 300 || in->version >= 600) {
		in->at = 0;
		const int rc = gp_fail(in, "only Guitar Pro 3, 4 and 5 are read here");
		score_error_value(in->report, text.text, (uint32_t)text.len);
		return rc;
	}
	return 0;
}

static nvx_str clean(struct gp_reader *reader, struct gp_text text)
{
	return nvx_clean_text(reader->song.draft, text.text, text.len);
}

static void read_titles(struct gp_reader *reader)
{
	struct gp_in *in = &reader->in;
	struct nvx_draft *draft = reader->song.draft;
	struct nvx_metadata *metadata = &draft->globals.metadata;
	struct gp_ext ext = {};
	metadata->title = clean(reader, gp_string(in));
	metadata->subtitle = clean(reader, gp_string(in));
	metadata->artist = clean(reader, gp_string(in));
	metadata->album = clean(reader, gp_string(in));
	if (in->version >= 500)
		metadata->lyricist = clean(reader, gp_string(in));
	metadata->composer = clean(reader, gp_string(in));
	metadata->copyright = clean(reader, gp_string(in));
	metadata->transcription = clean(reader, gp_string(in));
	const struct gp_text instructions = gp_string(in);
	gp_ext_text(draft, &ext, "instructions", instructions.text, instructions.len);

	struct score_bytes notices;
	score_bytes_init(&notices, reader->song.alloc);
	const int32_t n = gp_i32(in);
	for (int32_t i = 0; i < n && !in->error; i++) {
		const struct gp_text line = gp_string(in);
		if (i > 0)
			score_bytes_u8(&notices, ' ');
		score_bytes_put(&notices, line.text, line.len);
	}
	gp_ext_text(draft, &ext, "notices", (const char *)notices.data, notices.n);
	score_bytes_finish(&notices);
	metadata->extra = gp_ext_take(draft, &ext);
	gp_ext_finish(&ext);
}

static void read_lyrics(struct gp_reader *reader)
{
	const int32_t track = gp_i32(&reader->in);
	reader->lyrics_track = track > 0 ? (uint32_t)track : 0;
	for (unsigned i = 0; i < GP_MAX_LINES; i++) {
		const int32_t first = gp_i32(&reader->in);
		const struct gp_text text = gp_long_string(&reader->in);
		reader->line[i].first_bar = first > 0 ? (uint32_t)first : 0;
		reader->line[i].syllables = (struct gp_syllables){.text = text.text, .len = text.len};
	}
}

static void skip_page(struct gp_in *in)
{
	gp_skip(in, 30);
	for (unsigned i = 0; i < 10; i++)
		(void)gp_string(in);
}

/** 1-based bars of the 19 directions; below 1: none. */
static void read_directions(struct gp_in *in, uint16_t bar[GP_N_DIRECTIONS])
{
	static const uint8_t order[GP_N_DIRECTIONS] = {GP_CODA, GP_DOUBLE_CODA, GP_SEGNO, GP_SEGNO_SEGNO,
		GP_FINE, GP_DA_CAPO, GP_DA_CAPO_AL_CODA, GP_DA_CAPO_AL_DOUBLE_CODA, GP_DA_CAPO_AL_FINE,
		GP_DA_SEGNO, GP_DA_SEGNO_AL_CODA, GP_DA_SEGNO_AL_DOUBLE_CODA, GP_DA_SEGNO_AL_FINE,
		GP_DA_SEGNO_SEGNO, GP_DA_SEGNO_SEGNO_AL_CODA, GP_DA_SEGNO_SEGNO_AL_DOUBLE_CODA,
		GP_DA_SEGNO_SEGNO_AL_FINE, GP_DA_CODA, GP_DA_DOUBLE_CODA};
	for (unsigned i = 0; i < GP_N_DIRECTIONS; i++) {
		const int16_t at = (int16_t)gp_u16(in);
		bar[order[i]] = at > 0 ? (uint16_t)at : 0;
	}
}

static void read_channels(struct gp_reader *reader)
{
	for (unsigned i = 0; i < 64; i++) {
		struct gp_channel *channel = &reader->channel[i];
		channel->program = gp_i32(&reader->in);
		channel->volume = gp_u8(&reader->in);
		channel->balance = gp_u8(&reader->in);
		channel->chorus = gp_u8(&reader->in);
		channel->reverb = gp_u8(&reader->in);
		channel->phaser = gp_u8(&reader->in);
		channel->tremolo = gp_u8(&reader->in);
		gp_skip(&reader->in, 2);
	}
}

int gp_read_head(struct gp_reader *reader, uint32_t *ret_n_bars, uint32_t *ret_n_tracks)
{
	struct gp_in *in = &reader->in;
	*ret_n_bars = *ret_n_tracks = 0;
	if (read_version(in) < 0)
		return in->error;
	if (in->is_clipboard)
		gp_skip(in, in->version >= 500 ? 28 : 16);
	read_titles(reader);
	if (in->version < 500 && gp_u8(in))
		reader->triplet_feel = 1;
	if (in->version >= 400)
		read_lyrics(reader);
	if (in->version > 500)
		gp_skip(in, 19); /* the master's volume and equalizer */
	struct gp_text tempo_name = {"", 0};
	if (in->version >= 500) {
		skip_page(in);
		tempo_name = gp_string(in);
	}
	const int32_t bpm = gp_i32(in);
	if (bpm < 1 || bpm > 10000)
		score_warn(in->report, GP_PARSE, SCORE_AT_BYTE(in->at - 4), "a tempo of %d is not read", bpm);
	else
		gp_add_tempo(&reader->song,
			(struct gp_tempo){.ns_per_quarter = gp_tempo_ns((uint64_t)bpm * 1000, NVX_PPQ)});
	reader->tempo_name = clean(reader, tempo_name);
	if (in->version > 500)
		gp_skip(in, 1);
	reader->fifths = gp_i8(in);
	gp_skip(in, in->version >= 400 ? 4 : 3);
	read_channels(reader);
	if (in->version >= 500) {
		read_directions(in, reader->direction);
		gp_skip(in, 4); /* the master's reverb */
	}
	const size_t at = in->at;
	const int32_t n_bars = gp_i32(in), n_tracks = gp_i32(in);
	/* each bar has a byte, each track a hundred */
	if (!in->error &&
		(n_bars < 1 || n_tracks < 1 || (size_t)n_bars > in->size || (size_t)n_tracks > in->size)) {
		in->at = at;
		return gp_fail(in, "a number of bars or tracks that the file cannot hold");
	}
	*ret_n_bars = (uint32_t)n_bars;
	*ret_n_tracks = (uint32_t)n_tracks;
	return in->error;
}
