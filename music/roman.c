/* SPDX-License-Identifier: MIT */
/* Numerals and chords: one from the other. */
#include "roman_impl.h"

#include <errno.h>

#include <mos/chord_name.h>

static const int8_t major_scale[7] = {0, 2, 4, 5, 7, 9, 11};

#define MAJOR (MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5))
#define MINOR (MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5))
#define DIMINISHED (MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5))
#define GERMAN (MAJOR | MOS_HAS(B7))
#define FRENCH (MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(B5) | MOS_HAS(B7))
#define ITALIAN (MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(B7))

int roman_above(struct mos_roman_degree degree)
{
	return (major_scale[degree.degree - 1] + degree.alter + 12) % 12;
}

int roman_natural_alter(int degree, int is_small, int key_minor)
{
	return key_minor && (degree == 3 || ((degree == 6 || degree == 7) && !is_small)) ? -1 : 0;
}

int roman_local_minor(const struct mos_roman *roman)
{
	return roman->n_of ? roman->of[0].minor : roman->minor;
}

enum mos_degree roman_own_seventh(struct mos_roman_degree root, uint16_t triad, int key_minor)
{
	const int above = roman_above(root);

	if (triad & MOS_HAS(B3) || !(triad & MOS_HAS(3)))
		return MOS_DEGREE_B7;
	if (!key_minor && (above == 0 || above == 5))
		return MOS_DEGREE_7;
	/* borrowed from minor, and the Neapolitan's */
	return above == 3 || above == 8 || above == 1 ? MOS_DEGREE_7 : MOS_DEGREE_B7;
}

/* The tone that is a degree above a tonic. */
static struct mos_tone tone_of(struct mos_tone tonic, struct mos_roman_degree degree)
{
	struct mos_tone tone = {.step = (int8_t)((tonic.step + degree.degree - 1) % 7)};
	const int want = mos_tone_class(tonic) + roman_above(degree);

	tone.alter = (int8_t)(((want - mos_tone_class(tone)) % 12 + 18) % 12 - 6);
	if (tone.alter < -3 || tone.alter > 3)
		return mos_tone_on_fifths(want % 12, mos_tone_fifths(tonic) - 5);
	return tone;
}

static int is_degree(struct mos_roman_degree degree)
{
	return degree.degree >= 1 && degree.degree <= 7 && degree.alter >= -2 && degree.alter <= 2;
}

/* The tone that lies lowest in an inversion. */
static struct mos_tone bass_of(struct mos_tone root, uint16_t degrees, int inversion)
{
	const uint16_t wanted[] = {MOS_HAS(1), THIRDS, FIFTHS, SEVENTHS};

	for (int i = 0; i < MOS_N_DEGREES && inversion; i++) {
		if (degrees & wanted[inversion] & (1u << i))
			return mos_degree_tone(root, (enum mos_degree)i);
	}
	return root;
}

int mos_roman_to_chord(const struct mos_roman *roman, struct mos_tonality tonality, struct mos_chord *ret)
{
	struct mos_tone tonic = tonality.tonic;

	if (!is_degree(roman->root) || roman->inversion > 3 || roman->n_of > MOS_ROMAN_OF_MAX ||
		!roman->degrees)
		return -EINVAL;
	for (int i = roman->n_of; i-- > 0;) {
		if (!is_degree(roman->of[i]))
			return -EINVAL;
		tonic = tone_of(tonic, roman->of[i]);
	}

	struct mos_chord chord = {
		.root = tone_of(tonic, roman->root),
		.degrees = roman->degrees,
		.family = roman->family,
	};

	chord.bass = bass_of(chord.root, chord.degrees, roman->inversion);
	*ret = chord;
	return 0;
}

/* The degree of a root, by its spelling where that is usual, else by what is usual. */
static struct mos_roman_degree degree_of(struct mos_chord chord, struct mos_tonality tonality)
{
	struct mos_roman_degree degree = {0};

	if (chord.family == MOS_CHORD_DIMINISHED)
		mos_chord_spell(&chord, &tonality);
	for (int turn = 0; turn < 2; turn++) {
		const int above = mos_tone_class(chord.root) - mos_tone_class(tonality.tonic);

		degree.degree = (int8_t)((chord.root.step - tonality.tonic.step + 7) % 7 + 1);
		degree.alter = (int8_t)(((above - major_scale[degree.degree - 1]) % 12 + 18) % 12 - 6);
		if (degree.alter >= -1 && degree.alter <= 1)
			break;
		mos_chord_spell(&chord, &tonality);
	}
	degree.minor = chord.family == MOS_CHORD_MINOR || chord.family == MOS_CHORD_DIMINISHED;
	return degree;
}

static int inversion_of(const struct mos_chord *chord)
{
	const int above = (mos_tone_class(chord->bass) - mos_tone_class(chord->root) + 12) % 12;

	for (int i = 0; i < MOS_N_DEGREES && above; i++) {
		const uint16_t bit = (uint16_t)(1u << i);

		if (chord->degrees & bit && mos_degree_semitones((enum mos_degree)i) == above) {
			if (bit & THIRDS)
				return 1;
			if (bit & FIFTHS)
				return 2;
			if (bit & SEVENTHS)
				return 3;
		}
	}
	return 0;
}

/* Degrees that a dominant may be applied to: those with a major or minor triad, and not the tonic's own. */
static int find_target(int above, int key_minor, struct mos_roman_degree *ret)
{
	static const struct mos_roman_degree major[] = {
		{2, 0, 1, 0}, {3, 0, 1, 0}, {4, 0, 0, 0}, {5, 0, 0, 0}, {6, 0, 1, 0}};
	static const struct mos_roman_degree minor[] = {
		{3, -1, 0, 0}, {4, 0, 1, 0}, {5, 0, 0, 0}, {6, -1, 0, 0}, {7, -1, 0, 0}};

	for (size_t i = 0; i < sizeof(major) / sizeof(major[0]); i++) {
		const struct mos_roman_degree target = key_minor ? minor[i] : major[i];

		if (roman_above(target) == above % 12) {
			*ret = target;
			return 1;
		}
	}
	return 0;
}

/* A chord that leads elsewhere: a major triad or dominant a fifth above, a diminished chord a semitone below.
 */
static int find_applied(const struct mos_chord *chord, int above, struct mos_roman *roman)
{
	const unsigned int seventh = chord->degrees & SEVENTHS;
	struct mos_roman_degree target;

	if (chord->family == MOS_CHORD_MAJOR && chord->degrees & MOS_HAS(3) &&
		(!seventh || seventh == MOS_HAS(B7))) {
		if (!find_target(above + 5, roman->minor, &target))
			return 0;
		/* without a seventh the borrowed chord is heard, Eb in C and not V/bVI */
		if (!seventh && above == 0)
			return 0;
		roman->root = (struct mos_roman_degree){.degree = 5};
	} else if (chord->family == MOS_CHORD_DIMINISHED && above != 11 && above != 2) {
		if (!find_target(above + 1, roman->minor, &target))
			return 0;
		roman->root = (struct mos_roman_degree){.degree = 7, .minor = 1};
	} else {
		return 0;
	}
	roman->of[0] = target;
	roman->n_of = 1;
	return 1;
}

static int find_special(const struct mos_chord *chord, int above, struct mos_roman *roman)
{
	if (above == 1 && chord->degrees == MAJOR && roman->inversion == 1)
		roman->special = MOS_ROMAN_NEAPOLITAN;
	else if (above == 8 && roman->inversion == 0 && chord->degrees == GERMAN)
		roman->special = MOS_ROMAN_GERMAN;
	else if (above == 8 && roman->inversion == 0 && chord->degrees == FRENCH)
		roman->special = MOS_ROMAN_FRENCH;
	else if (above == 8 && roman->inversion == 0 && chord->degrees == ITALIAN)
		roman->special = MOS_ROMAN_ITALIAN;
	return roman->special != MOS_ROMAN_PLAIN;
}

int mos_roman_from_chord(const struct mos_chord *chord, struct mos_tonality tonality, struct mos_roman *ret)
{
	const uint16_t triad_and_seventh = THIRDS | FIFTHS | SEVENTHS | MOS_HAS(1);
	struct mos_roman roman = {
		.degrees = chord->degrees, .family = chord->family, .minor = tonality.minor};
	const int root = mos_tone_class(chord->root);
	const int above = (root - mos_tone_class(tonality.tonic) + 12) % 12;

	if (chord->family == MOS_CHORD_NONE)
		return -ENOENT;
	roman.inversion = (uint8_t)inversion_of(chord);
	roman.root = degree_of(*chord, tonality);
	if (!find_special(chord, above, &roman)) {
		const uint16_t core = mos_degrees_pitch_classes(chord->degrees & triad_and_seventh, root);

		if (core & ~mos_tonality_scale(tonality))
			(void)find_applied(chord, above, &roman);
	}
	*ret = roman;
	return 0;
}
