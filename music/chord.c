/* SPDX-License-Identifier: MIT */
/* Chords as values: degrees, pitch classes, and the front door of the two notations. */
#include "chord_impl.h"

#include <errno.h>
#include <string.h>

/* By enum mos_degree: how far above the root in steps of the staff, and in semitones. */
static const struct {
	int8_t steps;
	int8_t semitones;
} degrees[MOS_N_DEGREES] = {
	[MOS_DEGREE_1] = {0, 0},
	[MOS_DEGREE_B9] = {1, 1},
	[MOS_DEGREE_9] = {1, 2},
	[MOS_DEGREE_S9] = {1, 3},
	[MOS_DEGREE_B3] = {2, 3},
	[MOS_DEGREE_3] = {2, 4},
	[MOS_DEGREE_11] = {3, 5},
	[MOS_DEGREE_S11] = {3, 6},
	[MOS_DEGREE_B5] = {4, 6},
	[MOS_DEGREE_5] = {4, 7},
	[MOS_DEGREE_S5] = {4, 8},
	[MOS_DEGREE_B13] = {5, 8},
	[MOS_DEGREE_13] = {5, 9},
	[MOS_DEGREE_BB7] = {6, 9},
	[MOS_DEGREE_B7] = {6, 10},
	[MOS_DEGREE_7] = {6, 11},
};
static const int8_t major_scale[7] = {0, 2, 4, 5, 7, 9, 11};

int mos_degree_semitones(enum mos_degree degree)
{
	return degrees[degree].semitones;
}

/* The tone `steps` letters and `semitones` above another; where that needs four accidentals, a neighbour
 * letter. */
static struct mos_tone above(struct mos_tone root, int steps, int semitones)
{
	const int want = mos_tone_class(root) + semitones;
	struct mos_tone tone = {.step = (int8_t)((root.step + steps) % 7)};
	const int off = ((want - mos_tone_class(tone)) % 12 + 18) % 12 - 6;

	if (off < -3 || off > 3)
		return mos_tone_on_fifths(((want % 12) + 12) % 12, root.alter < 0 ? -5 : 0);
	tone.alter = (int8_t)off;
	return tone;
}

struct mos_tone mos_degree_tone(struct mos_tone root, enum mos_degree degree)
{
	return above(root, degrees[degree].steps, degrees[degree].semitones);
}

uint16_t chord_degree_bit(int number, int alter)
{
	const int steps = (number - 1) % 7;

	if (number < 1 || number > 13)
		return 0;
	for (int i = 0; i < MOS_N_DEGREES; i++) {
		if (degrees[i].steps == steps && degrees[i].semitones == major_scale[steps] + alter)
			return (uint16_t)(1u << i);
	}
	return 0;
}

int chord_bass_degree(struct chord_text *t, struct mos_tone root, struct mos_tone *ret)
{
	const int alter = chord_accidentals(t);
	const int number = chord_number(t);

	if (number < 1 || number > 13)
		return 0;
	*ret = above(root, (number - 1) % 7, major_scale[(number - 1) % 7] + alter);
	return 1;
}

enum mos_chord_family mos_degrees_family(uint16_t set)
{
	if (!set)
		return MOS_CHORD_NONE;
	if (set & MOS_HAS(3))
		return (set & FIFTHS) == MOS_HAS(S5) ? MOS_CHORD_AUGMENTED : MOS_CHORD_MAJOR;
	if (set & MOS_HAS(B3))
		return (set & FIFTHS) == MOS_HAS(B5) ? MOS_CHORD_DIMINISHED : MOS_CHORD_MINOR;
	return set & (MOS_HAS(11) | MOS_HAS(9)) ? MOS_CHORD_SUSPENDED : MOS_CHORD_OTHER;
}

uint16_t mos_degrees_pitch_classes(uint16_t set, int root_class)
{
	unsigned int classes = 0;

	for (int i = 0; i < MOS_N_DEGREES; i++) {
		if (set & (1u << i))
			classes |= 1u << ((root_class + degrees[i].semitones) % 12);
	}
	return (uint16_t)classes;
}

uint16_t mos_chord_pitch_classes(const struct mos_chord *chord)
{
	if (chord->family == MOS_CHORD_NONE)
		return 0;
	return (uint16_t)(mos_degrees_pitch_classes(chord->degrees, mos_tone_class(chord->root)) |
			  1u << mos_tone_class(chord->bass));
}

int mos_chord_equal(const struct mos_chord *a, const struct mos_chord *b)
{
	if (a->family == MOS_CHORD_NONE || b->family == MOS_CHORD_NONE)
		return a->family == b->family;
	return a->root.step == b->root.step && a->root.alter == b->root.alter &&
	       a->bass.step == b->bass.step && a->bass.alter == b->bass.alter && a->degrees == b->degrees;
}

/* "d", "f#", "bb", as ABC has it (2.1, section 4.18), and "f+" of the Nottingham books; "b7" is a degree. */
static int parse_small_tone(struct chord_text *t, struct mos_tone *ret)
{
	struct chord_text tone = *t;

	if (t->at == t->end || *t->at < 'a' || *t->at > 'g')
		return 0;
	const char letter = (char)(*t->at - 'a' + 'A');
	(void)mos_tone_parse(&letter, 1, ret);
	tone.at++;
	ret->alter = (int8_t)chord_accidentals(&tone);
	if (tone.at < tone.end && *tone.at >= '0' && *tone.at <= '9')
		return 0;
	if (ret->alter == 0 && chord_take(&tone, "+"))
		ret->alter = 1;
	*t = tone;
	return 1;
}

/* "/E", "/e", "/b7", or nothing. */
static int parse_bass(struct chord_text *t, struct mos_chord *chord)
{
	if (!chord_take(t, "/"))
		return 1;

	const int n = mos_tone_parse(t->at, (size_t)(t->end - t->at), &chord->bass);

	if (n < 0)
		return parse_small_tone(t, &chord->bass) || chord_bass_degree(t, chord->root, &chord->bass);
	t->at += n;
	return 1;
}

static int is_no_chord(struct chord_text t)
{
	static const char *const words[] = {"N.C.", "n.c.", "NC", "N", "X", "*", "&pause"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == (size_t)(t.end - t.at) && chord_take(&t, words[i]))
			return 1;
	}
	return 0;
}

/* One chord, from the root to the bass. @return 1 understood; t->at is behind it, or at what is not. */
static int parse_one(struct chord_text *t, struct mos_chord *ret)
{
	struct mos_chord chord = {.family = MOS_CHORD_NONE};
	const int n = mos_tone_parse(t->at, (size_t)(t->end - t->at), &chord.root);

	if (n < 0)
		return 0;
	t->at += n;
	chord.bass = chord.root;
	if (chord_take(t, ":")) {
		if (!chord_parse_harte(t, &chord) || !parse_bass(t, &chord))
			return 0;
	} else {
		if (!chord_parse_sheet(t, &chord) || !parse_bass(t, &chord))
			return 0;
	}
	*ret = chord;
	return 1;
}

int mos_chord_parse(const char *text, size_t len, struct mos_chord *ret, size_t *ret_where)
{
	struct chord_text t = {.at = text};
	struct mos_chord chord, other;
	size_t where = 0;

	t.end = text + (len == SIZE_MAX ? strlen(text) : len);
	if (is_no_chord(t)) {
		*ret = (struct mos_chord){.family = MOS_CHORD_NONE};
		return 0;
	}
	if (!parse_one(&t, &chord))
		goto invalid;
	if (chord_take(&t, "(")) { /* what the first did not read is another chord */
		where = (size_t)(t.at - text);
		if (!parse_one(&t, &other) || !chord_take(&t, ")"))
			goto invalid;
	}
	if (t.at != t.end)
		goto invalid;
	if (ret_where && where)
		*ret_where = where;
	*ret = chord;
	return where != 0;

invalid:
	if (ret_where)
		*ret_where = (size_t)(t.at - text);
	return -EINVAL;
}
