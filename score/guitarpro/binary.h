/* SPDX-License-Identifier: MIT */
/**
 * Guitar Pro 3 to 5: little endian, no lengths but of strings, so that one wrong field loses the rest. A
 * cursor that never leaves the file: past its end it gives zeros, and the first failure stays.
 */
#ifndef SCORE_GUITARPRO_BINARY_H
#define SCORE_GUITARPRO_BINARY_H

#include "gp.h"

/** Versions as major * 100 + minor: 300, 400, 406, 500, 510, 520. */
struct gp_in {
	const uint8_t *data;
	size_t size, at;
	struct score_report *report;
	int error; /**< -EINVAL, told */
	uint32_t version;
	uint8_t is_clipboard;
};

struct gp_lyrics_line {
	struct gp_syllables syllables;
	uint32_t first_bar; /**< from 1; 0: none */
};

/** A channel of the table of 64. */
struct gp_channel {
	int32_t program;
	uint8_t volume, balance, chorus, reverb, phaser, tremolo;
};

/** A grace note that hangs on a note. */
struct gp_grace_of {
	uint8_t grace; /**< enum gp_grace */
	uint8_t fret, dynamic, is_dead;
	uint8_t transition; /**< 1 slide, 2 bend, 3 hammer-on */
	uint8_t value;
	struct gp_ratio tuplet;
};

struct gp_reader {
	struct gp_in in;
	struct gp_song song;
	struct gp_channel channel[64];
	struct gp_beat *beat;
	struct gp_grace_of grace[7]; /**< of the beat's notes */
	uint32_t lyrics_track;       /**< from 1; 0: none */
	struct gp_lyrics_line line[GP_MAX_LINES];
	uint8_t triplet_feel;
	int8_t fifths;
	nvx_str tempo_name;
	uint16_t direction[GP_N_DIRECTIONS]; /**< bar from 1; 0: none */
};

int gp_fail(struct gp_in *in, const char *what);
uint8_t gp_u8(struct gp_in *in);
int8_t gp_i8(struct gp_in *in);
uint16_t gp_u16(struct gp_in *in);
int32_t gp_i32(struct gp_in *in);
void gp_skip(struct gp_in *in, size_t n);

/** Bytes of the file; at: where they begin. */
struct gp_text {
	const char *text;
	size_t len;
};
struct gp_text gp_take(struct gp_in *in, size_t n);
/** A 32-bit count of what follows, an 8-bit length, the text. */
struct gp_text gp_string(struct gp_in *in);
/** A 32-bit length, the text. */
struct gp_text gp_long_string(struct gp_in *in);
/** An 8-bit length, room for `room` bytes. */
struct gp_text gp_short_string(struct gp_in *in, size_t room);

/* binary_head.c */
int gp_read_head(struct gp_reader *reader, uint32_t *ret_n_bars, uint32_t *ret_n_tracks);
/* binary_tracks.c */
int gp_read_bar(struct gp_reader *reader, uint32_t index);
int gp_read_track(struct gp_reader *reader, uint32_t index);
/** Bytes of what 5.x says of a sound. */
void gp_skip_sound(struct gp_in *in);
/* binary_beat.c */
int gp_read_beat(struct gp_reader *reader, uint32_t track);
/* binary_note.c */
void gp_read_note(struct gp_reader *reader, struct gp_note *note);
void gp_read_curve(struct gp_reader *reader, struct gp_curve *curve);
/* binary_chord.c */
void gp_read_chord(struct gp_reader *reader, unsigned n_strings);
/* binary_mix.c */
void gp_read_mix(struct gp_reader *reader, uint32_t track);

#endif
