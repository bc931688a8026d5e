/* SPDX-License-Identifier: MIT */
/* Keys: signatures, names, scales, and finding them in what was played. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/tonality.h>

Test(tonality, signatures, .description = "MID-03: fifteen signatures in both modes")
{
	static const char *const major[] = {
		"Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"};
	static const char *const minor[] = {
		"Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#"};

	for (int fifths = -7; fifths <= 7; fifths++) {
		for (int mode = 0; mode < 2; mode++) {
			const struct mos_tonality t = mos_tonality_from_signature(fifths, mode);
			struct mos_tonality read;
			char name[16], want[16];

			(void)snprintf(want, sizeof(want), "%s %s", (mode ? minor : major)[fifths + 7],
				mode ? "minor" : "major");
			cr_assert_gt(mos_tonality_format(t, name, sizeof(name)), 0);
			cr_expect_str_eq(name, want);
			cr_expect_eq(mos_tonality_fifths(t), fifths, "%s", name);
			cr_assert_eq(mos_tonality_parse(name, SIZE_MAX, &read), 0, "%s", name);
			cr_expect(memcmp(&read, &t, sizeof(t)) == 0, "%s", name);
			cr_expect(mos_tonality_scale(t) >> mos_tone_class(t.tonic) & 1);
			cr_expect_eq(__builtin_popcount(mos_tonality_scale(t)), mode ? 9 : 7);
		}
	}
}

Test(tonality, names)
{
	static const struct {
		const char *text, *name;
	} row[] = {{"C", "C major"}, {"Am", "A minor"}, {"a", "A minor"}, {"bb", "Bb minor"},
		{"Bb", "Bb major"}, {"b", "B minor"}, {"F#:min", "F# minor"}, {"Eb major", "Eb major"},
		{"C:minor", "C minor"}, {"f# minor", "F# minor"}, {"c major", "C major"},
		{"G\u266d", "Gb major"}};
	static const char *const bad[] = {"", "H", "Cx minor7", "C dorian", "Cmm", "minor", "8"};
	struct mos_tonality t = {.minor = 42};
	char name[16];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_assert_eq(mos_tonality_parse(row[i].text, SIZE_MAX, &t), 0, "%s", row[i].text);
		cr_assert_gt(mos_tonality_format(t, name, sizeof(name)), 0);
		cr_expect_str_eq(name, row[i].name, "%s: %s", row[i].text, name);
	}
	t.minor = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(mos_tonality_parse(bad[i], SIZE_MAX, &t), -EINVAL, "%s", bad[i]);
	cr_assert_eq(t.minor, 42, "written on failure");
	cr_assert_eq(mos_tonality_format(mos_tonality_from_class(6, 1), name, 4), -ENOSPC);
}

/* Tell the finder chords of one second each, root in the bass. */
static int play(struct mos_tonality_finder *f, const char *chords, int *ret_changes)
{
	char text[256], *rest = text;
	int changes = 0;

	(void)snprintf(text, sizeof(text), "%s", chords);
	for (char *symbol = strsep(&rest, " "); symbol; symbol = strsep(&rest, " ")) {
		float weight[12] = {0};
		struct mos_chord chord;

		cr_assert_eq(mos_chord_parse(symbol, SIZE_MAX, &chord, NULL), 0, "%s", symbol);
		for (int i = 0; i < 12; i++)
			weight[i] = (float)(mos_chord_pitch_classes(&chord) >> i & 1);
		weight[mos_tone_class(chord.root)] += 0.5f;
		for (int i = 0; i < 10; i++)
			changes += mos_tonality_finder_add(f, weight, 0.1f);
	}
	*ret_changes = changes;
	return f->is_found ? mos_tone_class(f->found.tonic) + (f->found.minor ? 12 : 0) : -1;
}

Test(tonality, finds, .description = "MID-03: the key of what was played")
{
	static const struct {
		const char *chords;
		int key;
	} row[] = {{"C Am F G C Am F G C", 0}, {"Am Dm E Am F Dm E7 Am", 21}, {"G C D7 G Em C D7 G", 7},
		{"Ebm Abm Bb7 Ebm Cb Abm Bb7 Ebm", 15}, {"Db Gb Ab7 Db Bbm Gb Ab7 Db", 1},
		{"Dm7 G7 Cmaj7 Dm7 G7 Cmaj7", 0}, {"F#m Bm C#7 F#m D Bm C#7 F#m", 18}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_tonality_finder f;
		int changes;

		mos_tonality_finder_init(&f);
		cr_expect_eq(play(&f, row[i].chords, &changes), row[i].key, "%s: %d", row[i].chords,
			mos_tone_class(f.found.tonic) + (f.found.minor ? 12 : 0));
		cr_expect_leq(changes, 3, "%s: %d changes", row[i].chords, changes);
		cr_expect(f.confidence > 0.5f && f.confidence <= 1.f, "%g", (double)f.confidence);
	}
}

Test(tonality, stays_and_follows,
	.description = "MID-03: one strange chord does not move the key, a modulation does")
{
	struct mos_tonality_finder f;
	int changes;

	mos_tonality_finder_init(&f);
	cr_assert_eq(play(&f, "C F G7 C Am F G7 C C F G7 C", &changes), 0);
	cr_assert_eq(play(&f, "E7 Am", &changes), 0, "a passing chord");
	cr_assert_eq(changes, 0);
	cr_assert_eq(play(&f, "E A B7 E C#m A B7 E A B7 E E A B7 E C#m A B7 E", &changes), 4, "a modulation");
	cr_assert_leq(changes, 3);
}

Test(tonality, one_chord_is_no_key, .description = "MID-03: a chord by itself, however long, is in many keys")
{
	struct mos_tonality_finder f;
	int changes;

	mos_tonality_finder_init(&f);
	cr_assert_eq(play(&f, "C7 C7 C7 C7 C7 C7 C7 C7", &changes), -1);
	cr_assert_eq(changes, 0);
}

Test(tonality, nothing_is_no_key)
{
	struct mos_tonality_finder f;
	float weight[12] = {0};

	mos_tonality_finder_init(&f);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(mos_tonality_finder_add(&f, weight, 0.1f), 0);
	weight[3] = (float)(0.0 / 0.0);
	weight[4] = -1;
	cr_assert_eq(mos_tonality_finder_add(&f, weight, 1), 0);
	cr_assert_eq(mos_tonality_finder_add(&f, weight, -1), 0);
	cr_assert_not(f.is_found);
	cr_assert_eq(mos_tonality_match((float[12]){0}, NULL), -1);
}
