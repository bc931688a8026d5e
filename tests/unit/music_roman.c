/* SPDX-License-Identifier: MIT */
/* Roman numerals of chords in keys, and back. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/chord_name.h>
#include <mos/roman.h>

#include "music_random.h"

struct pair {
	const char *chord, *numeral;
};

/* In C major: diatonic, applied, borrowed, chromatic; inversions. */
static const struct pair in_major[] = {
	{"C", "I"},
	{"Dm", "ii"},
	{"Em", "iii"},
	{"F", "IV"},
	{"G", "V"},
	{"Am", "vi"},
	{"Bdim", "viio"},
	{"Cmaj7", "I7"},
	{"Dm7", "ii7"},
	{"Em7", "iii7"},
	{"Fmaj7", "IV7"},
	{"G7", "V7"},
	{"Am7", "vi7"},
	{"Bm7b5", "vii\u00f87"},
	{"C/E", "I6"},
	{"C/G", "I64"},
	{"G7/B", "V65"},
	{"G7/D", "V43"},
	{"G7/F", "V42"},
	{"Dm7/F", "ii65"},
	{"Bdim/D", "viio6"},
	{"D", "V/V"},
	{"D7", "V7/V"},
	{"E7", "V7/vi"},
	{"A7", "V7/ii"},
	{"B7", "V7/iii"},
	{"C7", "V7/IV"},
	{"D7/F#", "V65/V"},
	{"E", "V/vi"},
	{"A", "V/ii"},
	{"B", "V/iii"},
	{"F#dim7", "viio7/V"},
	{"F#m7b5", "vii\u00f87/V"},
	{"C#dim7", "viio7/ii"},
	{"D#dim7", "viio7/iii"},
	{"G#dim7", "viio7/vi"},
	{"Edim7", "viio7/IV"},
	{"F#dim", "viio/V"},
	{"F#dim7/A", "viio65/V"},
	{"Fm", "iv"},
	{"Cm", "i"},
	{"Gm", "v"},
	{"Eb", "bIII"},
	{"Ab", "bVI"},
	{"Bb", "bVII"},
	{"Bdim7", "viio7"},
	{"Dm7b5", "ii\u00f87"},
	{"Ebm", "biii"},
	{"Abmaj7", "bVI7"},
	{"Bb7", "bVII7"},
	{"Ebmaj7", "bIII7"},
	{"F7", "IVd7"},
	{"Gmaj7", "Vmaj7"},
	{"Db/F", "N6"},
	{"Db", "bII"},
	{"Ab7", "Ger65"},
	{"Ab7b5", "Fr43"},
	{"Ab7no5", "It6"},
	{"G9", "V9"},
	{"G13", "V13"},
	{"G7b9", "V7b9"},
	{"G7alt", "V7alt"},
	{"Gsus4", "Vsus4"},
	{"G7sus4", "V7sus4"},
	{"Caug", "I+"},
	{"Gaug", "V+"},
	{"C5", "I5"},
	{"C6", "Iadd6"},
	{"Cadd9", "Iadd9"},
	{"C/D", "I"},
};

/* In A minor. */
static const struct pair in_minor[] = {
	{"Am", "i"},
	{"Bdim", "iio"},
	{"C", "III"},
	{"Dm", "iv"},
	{"Em", "v"},
	{"E", "V"},
	{"F", "VI"},
	{"G", "VII"},
	{"G#dim", "viio"},
	{"Am7", "i7"},
	{"Bm7b5", "ii\u00f87"},
	{"Cmaj7", "III7"},
	{"Dm7", "iv7"},
	{"Em7", "v7"},
	{"E7", "V7"},
	{"Fmaj7", "VI7"},
	{"G7", "VII7"},
	{"G#dim7", "viio7"},
	{"Am(maj7)", "imaj7"},
	{"Am/C", "i6"},
	{"Am/E", "i64"},
	{"E7/G#", "V65"},
	{"D", "IV"},
	{"D7", "IV7"},
	{"F#dim", "vio"},
	{"F#m7b5", "vi\u00f87"},
	{"Bm", "ii"},
	{"Caug", "III+"},
	{"A7", "V7/iv"},
	{"B7", "V7/V"},
	{"C7", "V7/VI"},
	{"D7b9", "IV7b9"},
	{"B", "V/V"},
	{"C#dim7", "viio7/iv"},
	{"D#dim7", "viio7/V"},
	{"D#m7b5", "vii\u00f87/V"},
	{"A", "I"},
	{"Bb/D", "N6"},
	{"Bb", "bII"},
	{"F7", "Ger65"},
	{"F7b5", "Fr43"},
	{"F7no5", "It6"},
	{"F#m", "vi"},
	{"Fm", "bvi"},
	{"Gm", "bvii"},
};

/* Everything a number of places on along the line of fifths. */
static void move(struct mos_chord *chord, int fifths)
{
	const int root = mos_tone_fifths(chord->root) + fifths, bass = mos_tone_fifths(chord->bass) + fifths;

	chord->root = mos_tone_on_fifths(((5 + 7 * root) % 12 + 12) % 12, root);
	chord->bass = mos_tone_on_fifths(((5 + 7 * bass) % 12 + 12) % 12, bass);
}

static void check_all(const struct pair *pairs, size_t n_pairs, int minor)
{
	for (int fifths = -6; fifths <= 6; fifths++) {
		const struct mos_tonality key = mos_tonality_from_signature(fifths, minor);
		char key_name[16];

		cr_assert_gt(mos_tonality_format(key, key_name, sizeof(key_name)), 0);
		for (size_t i = 0; i < n_pairs; i++) {
			struct mos_chord chord, again;
			struct mos_roman roman, read;
			char text[MOS_ROMAN_TEXT_MAX], event[12];

			cr_assert_eq(mos_chord_parse(pairs[i].chord, SIZE_MAX, &chord, NULL), 0);
			move(&chord, fifths);
			cr_assert_eq(mos_roman_from_chord(&chord, key, &roman), 0);
			cr_assert_gt(mos_roman_format(&roman, text, sizeof(text)), 0);
			cr_expect_str_eq(text, pairs[i].numeral, "%s (moved by %d fifths) in %s: %s, not %s",
				pairs[i].chord, fifths, key_name, text, pairs[i].numeral);
			cr_expect_gt(
				mos_roman_format(&roman, event, sizeof(event)), 0, "%s does not fit", text);

			/* and back: numeral -> chord */
			cr_assert_eq(mos_roman_parse(text, SIZE_MAX, minor, &read, NULL), 0, "%s", text);
			cr_assert_eq(mos_roman_to_chord(&read, key, &again), 0, "%s", text);
			cr_expect_eq(mos_tone_class(again.root), mos_tone_class(chord.root), "%s in %s", text,
				key_name);
			cr_expect_eq(again.degrees, chord.degrees, "%s in %s: %04x, not %04x", text, key_name,
				again.degrees, chord.degrees);
			if (mos_degrees_pitch_classes(chord.degrees, mos_tone_class(chord.root)) >>
					mos_tone_class(chord.bass) &
				1)
				cr_expect_eq(mos_tone_class(again.bass), mos_tone_class(chord.bass),
					"%s in %s", text, key_name);
		}
	}
}

Test(roman, major_keys,
	.description = "MID-03: twelve major keys: diatonic, applied, borrowed, chromatic, both directions")
{
	check_all(in_major, sizeof(in_major) / sizeof(in_major[0]), 0);
}

Test(roman, minor_keys,
	.description = "MID-03: twelve minor keys: diatonic, applied, borrowed, chromatic, both directions")
{
	check_all(in_minor, sizeof(in_minor) / sizeof(in_minor[0]), 1);
}

Test(roman, text_books, .description = "MID-03: numerals as others write them")
{
	static const struct {
		const char *numeral;
		int minor;
		const char *chord; /* in C */
	} row[] = {{"V6/5", 0, "G7/B"}, {"vii/o7/V", 0, "F#m7b5"}, {"viio4/3", 1, "Bdim7/F"},
		{"i6/4", 1, "Cm/G"}, {"V[no3]", 0, "G5"}, {"III+6", 1, "Ebaug/G"},
		{"bVII7[maj7]", 0, "Bbmaj7"}, {"V/V/iii", 0, "F#"}, {"N6", 1, "Db/F"}, {"N", 0, "Db"},
		{"bII6", 0, "Db/F"}, {"Ger+6", 0, "Ab7"}, {"It6", 1, "Ab7no5"}, {"Fr43", 0, "Ab7b5"},
		{"viix42", 0, "Bdim7/Ab"}, {"Va7", 0, "G7#5"}, {"Vd7", 0, "G7"}, {"IVd7", 0, "F7"},
		{"Vs4", 0, "Gsus4"}, {"V7s4", 0, "G7sus4"}, {"vih7", 0, "Am7b5"}, {"#vi", 1, "Am"},
		{"vi", 1, "Am"}, {"VI", 1, "Ab"}, {"bVI", 1, "Ab"}, {"bVI", 0, "Ab"}, {"VII", 1, "Bb"},
		{"#VII", 1, "B"}, {"I2", 0, "Cmaj7/B"}, {"\u266dVII", 0, "Bb"}, {"V+", 0, "Gaug"},
		{"V+9", 0, "Gadd9"}, {"II7", 0, "D7"}, {"V7/bIII", 0, "Bb7"}, {"ii/bVII", 0, "Cm"},
		{"i[no3][no5]", 1, "Cno3no5"}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_tonality key = {.minor = (uint8_t)row[i].minor};
		struct mos_roman roman;
		struct mos_chord chord, want;
		char text[MOS_CHORD_TEXT_MAX] = "";
		size_t where = 0;

		cr_assert_eq(mos_roman_parse(row[i].numeral, SIZE_MAX, row[i].minor, &roman, &where), 0,
			"%s: byte %zu", row[i].numeral, where);
		cr_assert_eq(mos_roman_to_chord(&roman, key, &chord), 0);
		cr_assert_eq(mos_chord_parse(row[i].chord, SIZE_MAX, &want, NULL), 0);
		(void)mos_chord_format(&chord, text, sizeof(text));
		cr_expect(
			mos_chord_equal(&chord, &want), "%s: %s, not %s", row[i].numeral, text, row[i].chord);
	}
}

Test(roman, refuses, .description = "MID-03: what is no numeral, and where it stops to be one")
{
	static const struct {
		const char *text;
		size_t where;
	} row[] = {{"", 0}, {"X", 0}, {"VIII", 3}, {"Iv", 1}, {"V7/", 2}, {"V7/x", 2}, {"V8", 1},
		{"V[no3", 5}, {"V/V/V/V", 5}, {"bbbI", 4}, {"N7", 1}, {"V7b", 3}, {"1", 0}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_roman roman = {.degrees = 42};
		size_t where = 99;

		cr_expect_eq(mos_roman_parse(row[i].text, SIZE_MAX, 0, &roman, &where), -EINVAL, "%s",
			row[i].text);
		cr_expect_leq(where, row[i].where + 1, "%s: byte %zu", row[i].text, where);
		cr_expect_eq(roman.degrees, 42, "%s: written on failure", row[i].text);
	}
}

Test(roman, no_chord, .description = "MID-10: no chord has no numeral")
{
	struct mos_roman roman = {.degrees = 42};

	cr_assert_eq(mos_roman_from_chord(&(struct mos_chord){0}, (struct mos_tonality){0}, &roman), -ENOENT);
	cr_assert_eq(roman.degrees, 42);
}

/* Every chord that can be held in every key: there is a numeral, it is written, read, and has the same root.
 */
Test(roman, everything_has_one, .timeout = 60, .description = "MID-03: any chord in any key")
{
	uint64_t seed = 5;

	for (int i = 0; i < 60000; i++) {
		const struct mos_tonality key = mos_tonality_from_class(
			(int)random_between(&seed, 0, 11), (int)random_between(&seed, 0, 1));
		struct mos_held h = {.pitch_classes = (uint16_t)random_between(&seed, 1, 4095)};
		struct mos_chord_name name;
		struct mos_roman roman, read;
		struct mos_chord again;
		char text[MOS_ROMAN_TEXT_MAX];

		h.bass = (uint8_t)__builtin_ctz(h.pitch_classes);
		if (!mos_chord_name(h, i % 2 ? &key : NULL, &name, 1))
			continue;
		cr_assert_eq(mos_roman_from_chord(&name.chord, key, &roman), 0);
		cr_assert_gt(mos_roman_format(&roman, text, sizeof(text)), 0);
		cr_assert_eq(mos_roman_parse(text, SIZE_MAX, key.minor, &read, NULL), 0, "%s", text);
		cr_assert_eq(mos_roman_to_chord(&read, key, &again), 0, "%s", text);
		cr_assert_eq(mos_tone_class(again.root), mos_tone_class(name.chord.root), "%s", text);
	}
}

Test(roman, garbage, .timeout = 60)
{
	static const char alphabet[] = "IViv/b#o7654329+aNGerdshx[]nomj";
	uint64_t seed = 11;

	for (int i = 0; i < 300000; i++) {
		char text[10], again[MOS_ROMAN_TEXT_MAX];
		const size_t len = random_u64(&seed) % sizeof(text);
		struct mos_roman roman;
		struct mos_chord chord;
		size_t where = 0;

		for (size_t k = 0; k < len; k++)
			text[k] = i % 3 ? alphabet[random_u64(&seed) % (sizeof(alphabet) - 1)]
					: (char)random_u64(&seed);
		if (mos_roman_parse(text, len, i & 1, &roman, &where) < 0) {
			cr_assert_leq(where, len);
			continue;
		}
		cr_assert_eq(mos_roman_to_chord(&roman, (struct mos_tonality){.minor = i & 1}, &chord), 0);
		(void)mos_roman_format(&roman, again, sizeof(again));
	}
}
