/* SPDX-License-Identifier: MIT */
/** Chord diagrams of the binary files: a plain one, and two that know what chord they are. */
#include "binary.h"

#include <stdio.h>
#include <string.h>

static void read_frets(struct gp_reader *reader, unsigned n_frets, unsigned n_strings)
{
	struct gp_in *in = &reader->in;
	struct gp_diagram *diagram = &reader->beat->diagram;
	for (unsigned i = 0; i < n_frets; i++) {
		const int32_t fret = gp_i32(in);
		if (i < n_strings)
			diagram->fret[i] = (int8_t)(fret < 0 || fret > (int32_t)GP_MAX_FRET ? -1 : fret);
	}
}

static void frame(struct gp_diagram *diagram, int32_t first_fret, unsigned n_strings)
{
	diagram->given = 1;
	diagram->n_strings = (uint8_t)n_strings;
	const int32_t most = GP_MAX_FRET;
	diagram->base_fret = (uint8_t)(first_fret < 1 ? 1 : first_fret > most ? most : first_fret);
	diagram->n_frets = 5;
}

/** A name for a chord that the file only describes. */
static nvx_str describe(struct gp_reader *reader, int root, int type, int is_sharp)
{
	static const char *const flat[] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};
	static const char *const sharp[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
	static const char *const kind[] = {"", "7", "maj7", "6", "m", "m7", "mMaj7", "m6", "sus2", "sus4",
		"7sus2", "7sus4", "dim", "aug", "5"};
	char text[16];
	if (root < 0 || root > 11 || type < 0 || type >= (int)(sizeof(kind) / sizeof(*kind)))
		return 0;
	const int len = snprintf(text, sizeof(text), "%s%s", is_sharp ? sharp[root] : flat[root], kind[type]);
	return nvx_text(reader->song.draft, text, (size_t)len);
}

static void put_barres(
	struct gp_diagram *diagram, const uint8_t *fret, const uint8_t *from, const uint8_t *to, unsigned n)
{
	for (unsigned i = 0; i < n && i < 5; i++) {
		const uint8_t low = from[i] < to[i] ? from[i] : to[i],
			      high = from[i] < to[i] ? to[i] : from[i];
		if (fret[i] >= 1 && fret[i] <= GP_MAX_FRET && low >= 1 && high <= diagram->n_strings &&
			low < high)
			diagram->barre[diagram->n_barres++] = (struct nvx_barre){fret[i], low, high, 0};
	}
}

static void read_barres(struct gp_reader *reader)
{
	struct gp_in *in = &reader->in;
	uint8_t fret[5] = {}, from[5] = {}, to[5] = {};
	const int is_3 = in->version < 400;
	const unsigned room = is_3 ? 2 : 5;
	const int32_t n = is_3 ? gp_i32(in) : gp_u8(in);
	uint8_t *const field[] = {fret, from, to};
	for (unsigned f = 0; f < 3; f++)
		for (unsigned i = 0; i < room; i++) {
			const int32_t value = is_3 ? gp_i32(in) : gp_u8(in);
			field[f][i] = (uint8_t)(value < 0 || value > 255 ? 0 : value);
		}
	put_barres(&reader->beat->diagram, fret, from, to,
		n < 0                ? 0
		: (unsigned)n < room ? (unsigned)n
				     : room);
}

static void read_fingers(struct gp_reader *reader, unsigned n_strings)
{
	static const uint8_t finger[] = {
		NVX_FINGER_T, NVX_FINGER_1, NVX_FINGER_2, NVX_FINGER_3, NVX_FINGER_4};
	for (unsigned i = 0; i < 7; i++) {
		const int value = gp_i8(&reader->in);
		if (i < n_strings && value >= 0 && value <= 4)
			reader->beat->diagram.finger[i] = finger[value];
	}
}

static void read_described(struct gp_reader *reader, unsigned n_strings)
{
	struct gp_in *in = &reader->in;
	struct gp_beat *beat = reader->beat;
	const int is_3 = in->version < 400;
	const int is_sharp = gp_u8(in);
	gp_skip(in, 3);
	const int32_t root = is_3 ? gp_i32(in) : gp_u8(in), type = is_3 ? gp_i32(in) : gp_u8(in);
	gp_skip(in, is_3 ? 4 : 1); /* how far it is extended: its name says it */
	gp_skip(in, 4 + 4 + 1);    /* bass, tonality, added */
	const struct gp_text name = gp_short_string(in, 22);
	gp_skip(in, is_3 ? 12 : 3);
	beat->chord = nvx_clean_text(reader->song.draft, name.text, name.len);
	if (!beat->chord)
		beat->chord = describe(reader, root, type, is_sharp);
	frame(&beat->diagram, gp_i32(in), n_strings);
	read_frets(reader, is_3 ? 6 : 7, n_strings);
	read_barres(reader);
	gp_skip(in, 7 + 1);
	if (!is_3) {
		read_fingers(reader, n_strings);
		gp_skip(in, 1);
	}
}

void gp_read_chord(struct gp_reader *reader, unsigned n_strings)
{
	struct gp_in *in = &reader->in;
	struct gp_beat *beat = reader->beat;
	const size_t at = in->at;
	memset(beat->diagram.fret, -1, sizeof(beat->diagram.fret));
	if (gp_u8(in)) {
		read_described(reader, n_strings);
	} else {
		const struct gp_text name = gp_string(in);
		beat->chord = nvx_clean_text(reader->song.draft, name.text, name.len);
		const int32_t first_fret = gp_i32(in);
		if (first_fret) {
			frame(&beat->diagram, first_fret, n_strings);
			read_frets(reader, 6, n_strings);
		}
	}
	unsigned n_played = 0;
	for (unsigned i = 0; i < beat->diagram.n_strings; i++)
		n_played += beat->diagram.fret[i] >= 0;
	beat->diagram.given = n_played > 0;
	if (!beat->chord && n_played > 0)
		score_warn(in->report, GP_DROPPED, SCORE_AT_BYTE(at), "a chord diagram without a name");
}
