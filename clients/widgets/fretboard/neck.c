/* SPDX-License-Identifier: MIT */
/* Where things are on a neck, and which tones the five shapes hold. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fretboard.h"

static const struct fretboard_tuning tunings[] = {
	{"standard", {40, 45, 50, 55, 59, 64}},
	{"drop-d", {38, 45, 50, 55, 59, 64}},
	{"dadgad", {38, 45, 50, 55, 57, 62}},
	{"open-g", {38, 43, 50, 55, 59, 62}},
	{"half-down", {39, 44, 49, 54, 58, 63}},
};
#define N_TUNINGS (sizeof(tunings) / sizeof(tunings[0]))

const struct fretboard_tuning *fretboard_tuning_find(const char *name)
{
	for (uint32_t i = 0; i < N_TUNINGS; i++)
		if (strcmp(tunings[i].name, name) == 0)
			return &tunings[i];
	return &tunings[0];
}

double fretboard_fret_place(int fret)
{
	return 1 - exp2(-fret / 12.0);
}

struct fretboard_layout fretboard_layout(float width, float height, int frets)
{
	const float top = height * 0.1f, bottom = height * 0.17f;
	const float nut = width * 0.045f, right = width * 0.012f;
	struct fretboard_layout l = {
		.board = {nut, top, width - nut - right, height - top - bottom}, .frets = frets};

	l.scale = l.board.w / (float)fretboard_fret_place(frets);
	return l;
}

static float fret_x(const struct fretboard_layout *l, int fret)
{
	return l->board.x + l->scale * (float)fretboard_fret_place(fret);
}

static float string_y(const struct fretboard_layout *l, int string)
{
	/* the highest string on top, as tablature has it */
	return l->board.y + l->board.h * ((float)(FRETBOARD_STRINGS - 1 - string) + 0.5f) / FRETBOARD_STRINGS;
}

struct mos_point fretboard_dot(const struct fretboard_layout *l, int string, int fret)
{
	if (fret == 0)
		return (struct mos_point){l->board.x * 0.55f, string_y(l, string)};
	return (struct mos_point){(fret_x(l, fret - 1) + fret_x(l, fret)) / 2, string_y(l, string)};
}

float fretboard_dot_radius(const struct fretboard_layout *l, int fret)
{
	const float gap = l->board.h / FRETBOARD_STRINGS;
	const float room = fret ? fret_x(l, fret) - fret_x(l, fret - 1) : l->board.x * 0.9f;

	return fminf(gap, room * 1.1f) * 0.41f;
}

int fretboard_at(const struct fretboard_layout *l, struct mos_point at, int *ret_string, int *ret_fret)
{
	const float row = (at.y - l->board.y) / l->board.h * FRETBOARD_STRINGS;
	int fret = 0;

	if (row < 0 || row >= FRETBOARD_STRINGS || at.x < 0 || at.x > fret_x(l, l->frets))
		return 0;
	while (fret < l->frets && at.x > fret_x(l, fret))
		fret++;
	*ret_string = FRETBOARD_STRINGS - 1 - (int)row;
	*ret_fret = fret;
	return 1;
}

const char fretboard_shape_name[N_SHAPES] = {'C', 'A', 'G', 'E', 'D'};

/* The open chords that the shapes are called after. */
static const struct {
	int8_t root_class;
	struct fretboard_grip major, minor;
} shapes[N_SHAPES] = {
	[SHAPE_C] = {0, {{-1, 3, 2, 0, 1, 0}, {0, 4, 3, 1, 2, 1}},
		{{-1, 3, 1, 0, 1, -1}, {0, 4, 2, 1, 3, 0}}},
	[SHAPE_A] = {9, {{-1, 0, 2, 2, 2, 0}, {0, 1, 2, 3, 4, 1}}, {{-1, 0, 2, 2, 1, 0}, {0, 1, 3, 4, 2, 1}}},
	[SHAPE_G] = {7, {{3, 2, 0, 0, 0, 3}, {3, 2, 1, 1, 1, 4}}, {{3, 1, 0, 0, 3, 3}, {3, 2, 1, 1, 4, 4}}},
	[SHAPE_E] = {4, {{0, 2, 2, 1, 0, 0}, {1, 3, 4, 2, 1, 1}}, {{0, 2, 2, 0, 0, 0}, {1, 3, 4, 1, 1, 1}}},
	[SHAPE_D] = {2, {{-1, -1, 0, 2, 3, 2}, {0, 0, 1, 2, 4, 3}},
		{{-1, -1, 0, 2, 3, 1}, {0, 0, 1, 3, 4, 2}}},
};

struct fretboard_grip fretboard_caged(enum fretboard_shape shape, int root_class, int minor)
{
	struct fretboard_grip grip = minor ? shapes[shape].minor : shapes[shape].major;
	const int up = ((root_class - shapes[shape].root_class) % 12 + 12) % 12;

	for (int s = 0; s < FRETBOARD_STRINGS; s++) {
		if (grip.fret[s] < 0)
			continue;
		/* Where the shape is open, its bar is the nut and only what is pressed needs a finger. */
		if (up == 0 && grip.fret[s] == 0)
			grip.finger[s] = 0;
		grip.fret[s] = (int8_t)(grip.fret[s] + up);
	}
	return grip;
}

/* The same grip an octave up, where the neck has room for it. */
static int holds(const struct fretboard_grip *grip, int string, int fret, int frets)
{
	int highest = 0;

	if (grip->fret[string] < 0)
		return 0;
	for (int s = 0; s < FRETBOARD_STRINGS; s++)
		highest = grip->fret[s] > highest ? grip->fret[s] : highest;
	return fret == grip->fret[string] || (fret == grip->fret[string] + 12 && highest + 12 <= frets);
}

/* Shapes hold a triad, major or minor: of a diminished, an augmented, a suspended chord they hold less. */
static void look_for_shape(const struct fretboard_look *look, const struct harmony *h, int string, int fret,
	struct fretboard_dot *dot)
{
	const int class = (look->tuning->open[string] + fret) % 12;
	const int root =
		h->has_chord ? mos_tone_class(h->chord.root) : mos_tone_class(harmony_tonality(h).tonic);
	const int minor =
		h->has_chord ? h->chord.family == MOS_CHORD_MINOR || h->chord.family == MOS_CHORD_DIMINISHED
			     : harmony_tonality(h).minor;

	if (h->has_chord && !(mos_chord_pitch_classes(&h->chord) >> class & 1))
		return;
	for (int shape = 0; shape < N_SHAPES; shape++) {
		const struct fretboard_grip grip = fretboard_caged((enum fretboard_shape)shape, root, minor);

		if ((look->shape >= 0 && look->shape != shape) || !holds(&grip, string, fret, look->frets))
			continue;
		dot->mark = FRETBOARD_MARKED;
		/* where shapes meet, whose finger it is cannot be said */
		dot->finger = dot->shapes ? 0 : grip.finger[string];
		dot->shapes |= 1u << shape;
	}
}

struct fretboard_dot fretboard_look_at(const struct fretboard_look *look, const struct harmony *h,
	const struct played *played, int string, int fret)
{
	const int key = look->tuning->open[string] + fret, class = key % 12;
	const struct mos_tonality tonality = harmony_tonality(h);
	const uint16_t chord = h->has_chord ? mos_chord_pitch_classes(&h->chord) : 0;
	struct fretboard_dot dot = {0};

	dot.is_root =
		class == (h->has_chord && look->show != FRETBOARD_SCALE ? mos_tone_class(h->chord.root)
									: mos_tone_class(tonality.tonic));
	switch (look->show) {
	case FRETBOARD_CHORD:
		dot.mark = chord >> class & 1 ? FRETBOARD_MARKED : FRETBOARD_BLANK;
		break;
	case FRETBOARD_SCALE:
		if (mos_tonality_scale(tonality) >> class & 1)
			dot.mark = chord >> class & 1 || dot.is_root ? FRETBOARD_MARKED : FRETBOARD_FAINT;
		break;
	case FRETBOARD_CAGED:
		look_for_shape(look, h, string, fret, &dot);
		break;
	case FRETBOARD_NOTES:
		break;
	}
	dot.level = played_level(played, (unsigned int)key);
	if (dot.level > 0)
		dot.mark = FRETBOARD_SOUNDING;
	return dot;
}
