/* SPDX-License-Identifier: MIT */
/* The chord grammar: dialects, refusals, and that every chord has a symbol that is read back. */
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/chord.h>

#include "music_random.h"

static const char *canonical(const char *symbol)
{
	static char text[MOS_CHORD_TEXT_MAX];
	struct mos_chord chord;

	if (mos_chord_parse(symbol, SIZE_MAX, &chord, NULL) < 0)
		return "refused";
	cr_assert_gt(mos_chord_format(&chord, text, sizeof(text)), 0, "%s", symbol);
	return text;
}

Test(chord, dialects, .description = "MID-02: one chord in many hands")
{
	static const char *const row[][10] = {
		{"Cmaj7", "CM7", "CMaj7", "Cma7", "CMA7", "C\u0394", "C\u03947", "C\u25b37", "C^7", "Cj7"},
		{"Cm7", "Cmin7", "C-7", "Cmi7", "CMI7", "C\u22127", "Cminor7", "C:min7"},
		{"Cm7b5", "C\u00f8", "C\u00f87", "Ch7", "C-7b5", "C-7-5", "Cm7(b5)", "C:hdim7", "Chdim7"},
		{"Cdim7", "Co7", "C\u00b07", "C07", "C:dim7"},
		{"Cdim", "Co", "C\u00b0", "C0", "C:dim"},
		{"Caug", "C+", "C(#5)", "C+5", "C:aug"},
		{"C7#5", "C+7", "Caug7", "C7+", "C7+5", "C7(#5)"},
		{"Cm(maj7)", "CmM7", "Cm/maj7", "CmMaj7", "C-\u0394", "C-\u03947", "Cminmaj7", "Cm^7",
			"C:minmaj7"},
		{"C69", "C6/9", "C6add9", "C:maj6(9)"},
		{"Csus4", "Csus", "C4", "C:sus4", "C(sus4)"},
		{"C7sus4", "C7sus", "Csus7", "C7(sus4)", "C:sus4(b7)"},
		{"C7sus4b9", "C7b9sus", "C7susb9", "C7(b9)sus4"},
		{"Cadd9", "C2", "Cadd2", "C(add9)", "C(9)", "C:maj(9)"},
		{"Cmadd9", "Cm(add9)", "Cm(9)", "C-add9", "C:min(9)"},
		{"C7b9#11", "C7(b9,#11)", "C7(b9#11)", "C7(b9/#11)", "C7-9+11", "C7[b9,#11]"},
		{"C7alt", "Calt", "C7(alt)"},
		{"C5", "Cno3", "C(no3rd)", "C:5"},
		{"C7no5", "C7(omit5)", "C7(no5th)", "C:7(*5)"},
		{"C13sus4", "C13sus", "Csus13"},
		{"Cmb6", "Cm(b6)", "Cmaddb6", "C:min(b6)"},
		{"N.C.", "NC", "N", "X"},
		{"F#m7b5/A", "F\u266f\u00f8/A", "F#-7b5/A", "F#:hdim7/b3"},
		{"Bbmaj9/D", "B\u266d\u03949/D", "BbM9/D", "Bb:maj9/3"},
		{"C##7", "C\U0001d12a7", "Cx7", "C##:7"},
		{"C", "CM", "Cmaj", "C:maj", "Cmajor"},
		{"Cm", "C-", "Cmin", "C:min", "C\u2013"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (size_t j = 0; j < 10 && row[i][j]; j++)
			cr_expect_str_eq(canonical(row[i][j]), row[i][0], "%s: %s, not %s", row[i][j],
				canonical(row[i][j]), row[i][0]);
	}
}

Test(chord, pitch_classes, .description = "MID-02: what sounds; the bass too")
{
	static const struct {
		const char *symbol;
		uint16_t classes; /* bit 0 = C */
	} row[] = {{"C", 0x091}, {"Am", 0x211}, {"G7", 0x8a4}, {"Bdim7", 0x924}, {"F#m7b5", 0x251},
		{"C/D", 0x095}, {"C/b7", 0x491}, {"C/b", 0x891}, {"C/d#", 0x099}, {"C13", 0x695}, {"C7alt", 0x55b}, {"Dsus2", 0x214},
		{"N.C.", 0}, {"C7b13", 0x511}, {"E5", 0x810}, {"Caug", 0x111}, {"Cm11", 0x4ad}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_chord chord;

		cr_assert_eq(mos_chord_parse(row[i].symbol, SIZE_MAX, &chord, NULL), 0, "%s", row[i].symbol);
		cr_expect_eq(mos_chord_pitch_classes(&chord), row[i].classes, "%s: %03x", row[i].symbol,
			mos_chord_pitch_classes(&chord));
	}
}

Test(chord, spelling_of_degrees)
{
	static const struct {
		const char *symbol, *canonical;
	} row[] = {{"C:7/b7", "C7/Bb"}, {"F#:maj/3", "F#/A#"}, {"Ab:min/b3", "Abm/Cb"}, {"E:7/7", "E7/D#"},
		{"Cb:maj/5", "Cb/Gb"}, {"B:maj/b9", "B/C"}, {"Gb:min7/b7", "Gbm7/Fb"}, {"C/6", "C/A"}, {"Gm/d", "Gm/D"}, {"C/bb", "C/Bb"},
		{"C/bb7", "C/Bbb"}, {"D/f#", "D/F#"}, {"D/f+", "D/F#"}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		cr_expect_str_eq(canonical(row[i].symbol), row[i].canonical, "%s: %s", row[i].symbol,
			canonical(row[i].symbol));
}

Test(chord, refuses, .description = "MID-02: what is no chord, and where it stops to be one")
{
	static const struct {
		const char *symbol;
		size_t where;
	} row[] = {{"", 0}, {"H7", 0}, {"c", 0}, {"am7", 0}, {"7", 0}, {"Cq", 1}, {"Cmm", 2}, {"Cmaj7x", 5},
		{"C7(b9", 5}, {"C7)", 2}, {"C/", 2}, {"C/H", 2}, {"C/h", 2}, {"C/E/G", 3}, {"C14", 1}, {"C7b3b", 4},
		{"Cdimm", 4}, {"Cmaj7maj7", 5}, {"C7(Eb7", 6}, {"C7(H7)", 3}, {"C:foo", 2}, {"C:maj(", 6},
		{"C:maj(14)", 8}, {"C:(", 3}, {"C:", 2}, {"Cadd", 1}, {"Cno", 1}, {"C7#", 2}, {" C", 0},
		{"C ", 1}, {"\xff", 0}, {"C\xe2\x99", 1}, {"N.C.x", 0}, {"C7#8", 2}, {"Cno1no3no5", 10},
		{"C####", 4}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_chord chord = {.degrees = 42};
		size_t where = 99;

		cr_expect_eq(mos_chord_parse(row[i].symbol, SIZE_MAX, &chord, &where), -EINVAL,
			"\"%s\" is read", row[i].symbol);
		cr_expect_eq(where, row[i].where, "\"%s\": byte %zu", row[i].symbol, where);
		cr_expect_eq(chord.degrees, 42, "\"%s\": written on failure", row[i].symbol);
	}
}

Test(chord, alternative_in_brackets)
{
	struct mos_chord chord, other;
	size_t where = 0;
	const char text[] = "Am7/D(Eb7#11)";

	cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &chord, &where), 1);
	cr_assert_eq(where, 6);
	cr_assert_eq(mos_chord_parse(text + where, strlen(text) - where - 1, &other, NULL), 0);
	cr_assert_eq(mos_tone_class(other.root), 3);
	cr_assert_eq(mos_tone_class(chord.bass), 2);
}

Test(chord, length_is_respected)
{
	/* no NUL behind it: a read past the length is one past the array */
	const char text[] = {'C', 'm', '7', 'b', '5', '/', 'E', 'b'};
	struct mos_chord chord;
	char *exact = malloc(sizeof(text));

	cr_assert_not_null(exact);
	memcpy(exact, text, sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n++)
		cr_expect_eq(mos_chord_parse(exact, n, &chord, NULL),
			n == 0 || n == 4 || n == 6 ? -EINVAL : 0, "%zu", n);
	free(exact);
}

/* 65,535 sets of degrees over every root: each has a symbol, and it means just that set. */
Test(chord, every_set_has_a_symbol, .timeout = 60,
	.description = "MID-02: symbol of every chord, read back as itself")
{
	uint64_t seed = 1;
	int longest = 0;

	for (unsigned int set = 1; set < 1u << MOS_N_DEGREES; set++) {
		struct mos_chord chord = {
			.root = {(int8_t)(random_u64(&seed) % 7), (int8_t)random_between(&seed, -2, 2)},
			.degrees = (uint16_t)set,
			.family = (uint8_t)mos_degrees_family((uint16_t)set),
		};
		struct mos_chord again;
		char text[MOS_CHORD_TEXT_MAX];

		chord.bass = set & 1 ? chord.root : mos_degree_tone(chord.root, MOS_DEGREE_B7);

		const int len = mos_chord_format(&chord, text, sizeof(text));

		cr_assert_gt(len, 0, "%04x", set);
		cr_assert_eq(mos_chord_format(&chord, text, (size_t)len), -ENOSPC);
		cr_assert_eq(mos_chord_format(&chord, text, (size_t)len + 1), len);
		cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &again, NULL), 0, "%s", text);
		cr_assert(mos_chord_equal(&chord, &again), "%04x: %s is %04x", set, text, again.degrees);
		longest = len > longest ? len : longest;
	}
	cr_assert_lt(longest, (int)MOS_CHORD_TEXT_MAX);
}

Test(chord, garbage, .timeout = 60,
	.description = "MID-02: random text is refused or is a chord, and nothing else")
{
	static const char alphabet[] = "ABCDEFG#b/()m7-+M9o0sud1635:jaiø\xe2\x99\xad ,*N.xalt";
	uint64_t seed = 7;

	for (int i = 0; i < 400000; i++) {
		struct mos_chord chord, again;
		char text[12], symbol[MOS_CHORD_TEXT_MAX];
		const size_t len = random_u64(&seed) % sizeof(text);
		size_t where = 0;

		for (size_t k = 0; k < len; k++)
			text[k] = i % 3 ? alphabet[random_u64(&seed) % (sizeof(alphabet) - 1)]
					: (char)random_u64(&seed);
		if (mos_chord_parse(text, len, &chord, &where) < 0) {
			cr_assert_leq(where, len);
			continue;
		}
		cr_assert_gt(mos_chord_format(&chord, symbol, sizeof(symbol)), 0, "%.*s", (int)len, text);
		cr_assert_eq(mos_chord_parse(symbol, SIZE_MAX, &again, NULL), 0, "%s", symbol);
		cr_assert(mos_chord_equal(&chord, &again), "%.*s -> %s", (int)len, text, symbol);
	}
}

Test(chord, equality)
{
	struct mos_chord a, b;

	cr_assert_eq(mos_chord_parse("C:min7(b5)", SIZE_MAX, &a, NULL), 0);
	cr_assert_eq(mos_chord_parse("Cm7b5", SIZE_MAX, &b, NULL), 0);
	cr_assert(mos_chord_equal(&a, &a));
	cr_assert_not(mos_chord_equal(&a, &b), "Harte keeps the plain fifth beside the altered one");
	cr_assert_eq(mos_chord_parse("C#", SIZE_MAX, &a, NULL), 0);
	cr_assert_eq(mos_chord_parse("Db", SIZE_MAX, &b, NULL), 0);
	cr_assert_not(mos_chord_equal(&a, &b), "the spelling is part of it");
	cr_assert_eq(mos_chord_pitch_classes(&a), mos_chord_pitch_classes(&b));
	cr_assert_eq(
		mos_chord_format(&(struct mos_chord){.family = MOS_CHORD_MAJOR}, (char[8]){0}, 8), -EINVAL);
}
