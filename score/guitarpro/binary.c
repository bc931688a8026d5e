/* SPDX-License-Identifier: MIT */
#include "binary.h"

#include <score/format.h>

#include <errno.h>
#include <string.h>

int gp_fail(struct gp_in *in, const char *what)
{
	if (!in->error)
		in->error = score_error(in->report, GP_PARSE, SCORE_AT_BYTE(in->at), "%s", what);
	return in->error;
}

static int has(struct gp_in *in, size_t n)
{
	if (!in->error && in->size - in->at < n)
		(void)gp_fail(in, "the file ends here, in the middle of the piece");
	return !in->error;
}

void gp_skip(struct gp_in *in, size_t n)
{
	if (has(in, n))
		in->at += n;
}

uint8_t gp_u8(struct gp_in *in)
{
	return has(in, 1) ? in->data[in->at++] : 0;
}

int8_t gp_i8(struct gp_in *in)
{
	return (int8_t)gp_u8(in);
}

uint16_t gp_u16(struct gp_in *in)
{
	const unsigned low = gp_u8(in);
	return (uint16_t)(low | (unsigned)gp_u8(in) << 8);
}

int32_t gp_i32(struct gp_in *in)
{
	const uint32_t low = gp_u16(in);
	return (int32_t)(low | (uint32_t)gp_u16(in) << 16);
}

struct gp_text gp_take(struct gp_in *in, size_t n)
{
	if (!has(in, n))
		return (struct gp_text){"", 0};
	in->at += n;
	return (struct gp_text){(const char *)in->data + in->at - n, n};
}

struct gp_text gp_string(struct gp_in *in)
{
	const int32_t n = gp_i32(in);
	const uint8_t len = gp_u8(in);
	if (n < 0)
		(void)gp_fail(in, "a text of negative length");
	struct gp_text text = gp_take(in, n > 0 ? (size_t)n - 1 : 0);
	if (len < text.len)
		text.len = len;
	return text;
}

struct gp_text gp_long_string(struct gp_in *in)
{
	const int32_t n = gp_i32(in);
	if (n < 0)
		(void)gp_fail(in, "a text of negative length");
	return gp_take(in, n > 0 ? (size_t)n : 0);
}

struct gp_text gp_short_string(struct gp_in *in, size_t room)
{
	const uint8_t len = gp_u8(in);
	struct gp_text text = gp_take(in, room);
	if (len < text.len)
		text.len = len;
	return text;
}

/** One bar of one track: its voices, from 5 on two of them. */
static int read_bar_of_track(struct gp_reader *reader, uint32_t bar, uint32_t track)
{
	struct gp_in *in = &reader->in;
	const unsigned n_voices = in->version >= 500 ? 2 : 1;
	for (unsigned voice = 0; voice < n_voices; voice++) {
		const int32_t n = gp_i32(in);
		if (n < 0 || (size_t)n > in->size - in->at)
			return gp_fail(in, "a number of beats that the file cannot hold");
		if (n == 0)
			continue;
		int rc = gp_voice_begin(&reader->song, track, 0, voice);
		for (int32_t i = 0; i < n && rc == 0; i++)
			rc = gp_read_beat(reader, track);
		if (rc < 0)
			return rc;
		gp_voice_end(&reader->song);
	}
	if (in->version >= 500 && in->at < in->size) { /* the last one is missing in some files */
		const uint8_t line_break = gp_u8(in);
		if (line_break == 1 && track == 0 && !reader->song.draft->error)
			reader->song.draft->measure[bar].line_break = NVX_BREAK_LINE;
	}
	return in->error;
}

static int read_song(struct gp_reader *reader)
{
	struct gp_song *song = &reader->song;
	struct gp_in *in = &reader->in;
	uint32_t n_bars, n_tracks;
	int rc = gp_read_head(reader, &n_bars, &n_tracks);
	if (rc == 0)
		rc = gp_song_bars(song, n_bars);
	if (rc == 0)
		rc = gp_song_tracks(song, n_tracks);
	for (uint32_t i = 0; i < n_bars && rc == 0; i++)
		rc = gp_read_bar(reader, i);
	for (uint32_t i = 0; i < n_tracks && rc == 0; i++)
		rc = gp_read_track(reader, i);
	if (rc == 0 && in->version >= 500)
		gp_skip(in, in->version == 500 ? 2 : 1);
	for (uint32_t bar = 0; bar < n_bars && rc == 0; bar++) {
		gp_bar_begin(song, bar);
		for (uint32_t track = 0; track < n_tracks && rc == 0; track++)
			rc = read_bar_of_track(reader, bar, track);
		gp_bar_end(song);
	}
	if (rc == 0)
		rc = gp_song_end(song);
	if (rc == 0 && in->at < in->size)
		score_warn(in->report, GP_PARSE, SCORE_AT_BYTE(in->at),
			"%zu bytes behind the piece are left out", in->size - in->at);
	return rc ? rc : in->error ? in->error : song->draft->error;
}

int gp_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	struct gp_reader *reader = score_zalloc(alloc, 1, sizeof(*reader));
	int rc = -ENOMEM;
	if (!reader)
		return draft->error = -ENOMEM;
	reader->in = (struct gp_in){.data = bytes, .size = size, .report = draft->report};
	reader->beat = score_zalloc(alloc, 2, sizeof(*reader->beat));
	if (reader->beat)
		rc = gp_song_init(&reader->song, draft);
	if (rc == 0) {
		reader->song.grace = &reader->beat[1];
		rc = read_song(reader);
		gp_song_finish(&reader->song);
	} else {
		draft->error = rc;
	}
	if (reader->beat) {
		gp_beat_finish(&reader->beat[0]);
		gp_beat_finish(&reader->beat[1]);
	}
	score_free(alloc, reader->beat);
	score_free(alloc, reader);
	return rc;
}
