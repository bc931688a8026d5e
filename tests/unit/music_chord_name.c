/* SPDX-License-Identifier: MIT */
/* Naming what is held: the name that a player would write, by bass and key. */
#include <string.h>

#include <criterion/criterion.h>

#include <mos/chord_name.h>

#include "music_random.h"

/* "C E G", the lowest first. */
static struct mos_held held(const char *notes)
{
	struct mos_held h = {0};
	int is_first = 1;

	while (*notes) {
		struct mos_tone tone;
		const int n = mos_tone_parse(notes, strlen(notes), &tone);

		cr_assert_gt(n, 0, "%s", notes);
		h.pitch_classes |= (uint16_t)(1u << mos_tone_class(tone));
		h.bass = is_first ? (uint8_t)mos_tone_class(tone) : h.bass;
		is_first = 0;
		notes += n;
		notes += strspn(notes, " ");
	}
	return h;
}

static const char *best(const char *notes, const char *key)
{
	static char text[MOS_CHORD_TEXT_MAX];
	struct mos_tonality tonality;
	struct mos_chord_name name;

	if (key)
		cr_assert_eq(mos_tonality_parse(key, SIZE_MAX, &tonality), 0);
	if (!mos_chord_name(held(notes), key ? &tonality : NULL, &name, 1))
		return "none";
	cr_assert_gt(mos_chord_format(&name.chord, text, sizeof(text)), 0);
	return text;
}

Test(chord_name, judgement, .description = "MID-02: held notes become a chord name, inversion and bass")
{
	static const struct {
		const char *notes, *key, *name;
	} row[] = {
		{"C E G", NULL, "C"},
		{"E G C", NULL, "C/E"},
		{"G C E", NULL, "C/G"},
		{"A C E", NULL, "Am"},
		{"C E G A", NULL, "C6"},
		{"A C E G", NULL, "Am7"},
		{"G B D F", NULL, "G7"},
		{"F G B D", NULL, "G7/F"},
		{"C F G", NULL, "Csus4"},
		{"F G C", NULL, "Fsus2"},
		{"C D G", NULL, "Csus2"},
		{"G C D F", NULL, "G7sus4"},
		{"B D F Ab", NULL, "Bdim7"},
		{"D F Ab B", NULL, "Ddim7"},
		{"D F Ab B", "C minor", "Bdim7/D"},
		{"D F Ab B", "C", "Bdim7/D"},
		{"C Eb Gb A", "G", "F#dim7/C"},
		{"C E Bb", NULL, "C7"},
		{"C E", NULL, "C"},
		{"A C", NULL, "Am"},
		{"C G", NULL, "C5"},
		{"G C", NULL, "C5/G"},
		{"C D", NULL, "none"},
		{"C C#", NULL, "none"},
		{"C F#", NULL, "none"},
		{"C", NULL, "none"},
		{"", NULL, "none"},
		{"C E G#", NULL, "Caug"},
		{"E G# C", NULL, "Eaug"},
		{"A C Eb G", NULL, "Am7b5"},
		{"C Eb G A", NULL, "Cm6"},
		{"C Eb G B", NULL, "Cm(maj7)"},
		{"C E G D", NULL, "Cadd9"},
		{"F A C E G", NULL, "Fmaj9"},
		{"D F# A C E", NULL, "D9"},
		{"G F B E", NULL, "G13"},
		{"C E G B F#", NULL, "Cmaj7#11"},
		{"A C E G B D", NULL, "Am11"},
		{"C Db E G Bb", NULL, "C7b9"},
		{"C Eb E Bb G", NULL, "C7#9"},
		{"C E Gb Bb", NULL, "C7b5"},
		{"C E Ab Bb Eb Db Gb", NULL, "C7alt"},
		{"D C E G", NULL, "C/D"},
		{"F# A# C#", NULL, "F#"},
		{"F# A# C#", "Gb", "Gb"},
		{"C# E G#", NULL, "C#m"},
		{"Db F Ab", NULL, "Db"},
		{"C# F G#", "C", "Db"},
		{"C# F G#", "F#", "C#"},
		{"G# C D#", "C", "Ab"},
		{"C# E G Bb", "D minor", "C#dim7"},
		{"F# A C E", "F minor", "F#m7b5"},
		{"D# F# A#", "Db", "Ebm"},
		{"D# F# A#", "B", "D#m"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		cr_expect_str_eq(best(row[i].notes, row[i].key), row[i].name, "%s in %s: %s, not %s",
			row[i].notes, row[i].key ? row[i].key : "no key", best(row[i].notes, row[i].key),
			row[i].name);
}

Test(chord_name, inversions, .description = "MID-02: which chord tone lies lowest")
{
	static const struct {
		const char *notes;
		uint16_t inversion;
	} row[] = {{"C E G", 0}, {"E G C", 1}, {"G C E", 2}, {"F G B D", 3}, {"Bb C E G", 3}, {"B D F A", 0},
		{"F# C E G", MOS_INVERSION_SLASH}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_chord_name name;

		cr_assert_eq(mos_chord_name(held(row[i].notes), NULL, &name, 1), 1);
		cr_expect_eq(name.inversion, row[i].inversion, "%s: %u", row[i].notes, name.inversion);
	}
}

/* Whatever is held: names leave nothing out, add nothing but what they say is implied, and come best first.
 */
Test(chord_name, every_set, .timeout = 60, .description = "MID-02: every set of held notes with every bass")
{
	for (unsigned int classes = 1; classes < 4096; classes++) {
		for (unsigned int bass = 0; bass < 12; bass++) {
			struct mos_chord_name name[24];
			const struct mos_held h = {(uint16_t)classes, (uint8_t)bass, 0};
			float score = 0;

			if (!(classes >> bass & 1))
				continue;

			const size_t n = mos_chord_name(h, NULL, name, 24);

			cr_assert_leq(n, 24);
			for (size_t i = 0; i < n; i++) {
				const uint16_t sounding = mos_degrees_pitch_classes(
					(uint16_t)(name[i].chord.degrees & ~name[i].implied),
					mos_tone_class(name[i].chord.root));
				struct mos_chord again;
				char text[MOS_CHORD_TEXT_MAX];

				cr_assert_eq(sounding | 1u << bass, classes, "%03x over %u", classes, bass);
				cr_assert_eq(mos_tone_class(name[i].chord.bass), (int)bass);
				cr_assert(i == 0 || name[i].cost >= name[i - 1].cost);
				cr_assert(name[i].score >= 0 && name[i].score <= 1);
				cr_assert_gt(mos_chord_format(&name[i].chord, text, sizeof(text)), 0);
				cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &again, NULL), 0, "%s", text);
				cr_assert(mos_chord_equal(&name[i].chord, &again), "%s", text);
				score += name[i].score;
			}
			cr_assert_lt(score, 1.001f);
		}
	}
}

/* A name moves with the notes. */
Test(chord_name, transposes)
{
	uint64_t seed = 3;

	for (int i = 0; i < 3000; i++) {
		const unsigned int classes = (unsigned int)random_between(&seed, 1, 4095);
		const unsigned int by = (unsigned int)random_between(&seed, 1, 11);
		struct mos_chord_name name, moved;
		struct mos_held h = {
			.pitch_classes = (uint16_t)classes, .bass = (uint8_t)__builtin_ctz(classes)};

		if (!mos_chord_name(h, NULL, &name, 1) || name.chord.degrees & (MOS_HAS(BB7) | MOS_HAS(S5)))
			continue; /* symmetric ones have several roots */
		h.pitch_classes = (uint16_t)((classes << by | classes >> (12 - by)) & 0xfff);
		h.bass = (uint8_t)((h.bass + by) % 12);
		cr_assert_eq(mos_chord_name(h, NULL, &moved, 1), 1);
		if (moved.cost != name.cost || moved.chord.degrees != name.chord.degrees)
			cr_expect_float_eq(moved.cost, name.cost, 1e-4, "%03x by %u", classes, by);
	}
}

Test(chord_name, from_keys, .description = "MID-02: the lowest key is the bass, octaves do not matter")
{
	const uint64_t keys[2] = {
		1ull << 52 | 1ull << 60 | 1ull << 55, 1ull << (64 - 64) | 1ull << (76 - 64)};
	const uint64_t nothing[2] = {0, 0};
	const struct mos_held h = mos_held_from_keys(keys);

	cr_assert_eq(h.pitch_classes, 0x091);
	cr_assert_eq(h.bass, 4);
	cr_assert_eq(h.n_keys, 5);
	cr_assert_eq(mos_held_from_keys(nothing).pitch_classes, 0);
}
