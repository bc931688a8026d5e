/* SPDX-License-Identifier: MIT */
/* Pitch names: what is read, what is refused and with which code, and how keys are spelled. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/pitch.h>

Test(pitch, names, .description = "APO-16: names and their keys")
{
	static const struct {
		const char *name;
		int key;
	} row[] = {{"C4", 60}, {"c4", 60}, {"A4", 69}, {"a4", 69}, {"C-1", 0}, {"G9", 127}, {"B3", 59},
		{"Cb4", 59}, {"B#3", 60}, {"F##4", 67}, {"Fx4", 67}, {"Bb3", 58}, {"bb3", 58}, {"bbb3", 57},
		{"Bbb3", 57}, {"E#4", 65}, {"Fb4", 64}, {"Db-1", 1}, {"Abb9", 127}, {"B#-1", 12}, {"g0", 19},
		{"C\u266f4", 61}, {"D\u266d4", 61}, {"D\u266e4", 62}, {"C\U0001d12a4", 62},
		{"D\U0001d12b4", 60}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		cr_assert_eq(mos_key_from_name(row[i].name), row[i].key, "%s: %d", row[i].name,
			mos_key_from_name(row[i].name));
}

Test(pitch, refuses, .description = "APO-16: unknown note names are refused")
{
	static const struct {
		const char *name;
		int error;
	} row[] = {{"", -EINVAL}, {"H4", -EINVAL}, {"C", -EINVAL}, {"4", -EINVAL}, {"C#", -EINVAL},
		{"C-", -EINVAL}, {"C--1", -EINVAL}, {"C+4", -EINVAL}, {"C4 ", -EINVAL}, {" C4", -EINVAL},
		{"C4x", -EINVAL}, {"C###4", -EINVAL}, {"Cbbb4", -EINVAL}, {"C#b4", -EINVAL}, {"C04", -EINVAL},
		{"C-0", -EINVAL}, {"C4.5", -EINVAL}, {"CC4", -EINVAL}, {"#4", -EINVAL}, {"C\u266f", -EINVAL},
		{"C\u266f\u266f4", -EINVAL}, {"\U0001f3b5", -EINVAL}, {"C\U0001f3b54", -EINVAL},
		{"\xe2\x99", -EINVAL}, {"C\xe2\x99\x34", -EINVAL}, {"\xc3\x34", -EINVAL},
		{"\x03\x34", -EINVAL}, {"@4", -EINVAL}, {"`4", -EINVAL}, {"C99", -ERANGE}, {"C10", -ERANGE},
		{"C-2", -ERANGE}, {"Cb-1", -ERANGE}, {"G#9", -ERANGE}, {"Ab9", -ERANGE}, {"B9", -ERANGE},
		{"C99999999999999999999", -ERANGE}, {"C4294967300", -ERANGE}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct mos_pitch pitch = {.step = 42};

		cr_assert_eq(mos_key_from_name(row[i].name), row[i].error, "\"%s\"", row[i].name);
		cr_assert_eq(mos_pitch_parse(row[i].name, SIZE_MAX, &pitch), row[i].error);
		cr_assert_eq(pitch.step, 42, "written on failure");
	}
}

Test(pitch, length_is_respected)
{
	/* not terminated: a read past the length is one past the array */
	const char text[] = {'C', '#', '4'};
	struct mos_pitch pitch;

	cr_assert_eq(mos_pitch_parse(text, 3, &pitch), 0);
	cr_assert_eq(mos_pitch_key(pitch), 61);
	cr_assert_eq(mos_pitch_parse(text, 2, &pitch), -EINVAL);
	cr_assert_eq(mos_pitch_parse(text, 1, &pitch), -EINVAL);
	cr_assert_eq(mos_pitch_parse(text, 0, &pitch), -EINVAL);
	cr_assert_eq(mos_pitch_parse("C4\0", 3, &pitch), -EINVAL);
}

Test(pitch, every_pitch_round_trips)
{
	for (int step = 0; step < 7; step++) {
		for (int alter = -2; alter <= 2; alter++) {
			for (int octave = -1; octave <= 9; octave++) {
				const struct mos_pitch in = {(int8_t)step, (int8_t)alter, (int8_t)octave};
				const int key = 12 * (octave + 1) + "\0\2\4\5\7\11\13"[step] + alter;
				struct mos_pitch out;
				char name[8];
				const int len = mos_pitch_format(in, name, sizeof(name));

				cr_assert_eq(len, (int)strlen(name));
				cr_assert_eq(mos_pitch_format(in, name, (size_t)len), -ENOSPC);
				cr_assert_eq(mos_pitch_format(in, name, (size_t)len + 1), len);
				if (key < 0 || key > 127) {
					cr_assert_eq(mos_pitch_key(in), -ERANGE);
					cr_assert_eq(mos_pitch_parse(name, SIZE_MAX, &out), -ERANGE);
					continue;
				}
				cr_assert_eq(mos_pitch_key(in), key, "%s", name);
				cr_assert_eq(mos_pitch_parse(name, SIZE_MAX, &out), 0);
				cr_assert(out.step == step && out.alter == alter && out.octave == octave,
					"%s", name);
			}
		}
	}
}

Test(pitch, no_such_pitch)
{
	char name[8];

	cr_assert_eq(mos_pitch_key((struct mos_pitch){7, 0, 4}), -ERANGE);
	cr_assert_eq(mos_pitch_key((struct mos_pitch){-1, 0, 4}), -ERANGE);
	cr_assert_eq(mos_pitch_key((struct mos_pitch){0, 3, 4}), -ERANGE);
	cr_assert_eq(mos_pitch_format((struct mos_pitch){7, 0, 4}, name, sizeof(name)), -EINVAL);
	cr_assert_eq(mos_pitch_format((struct mos_pitch){0, -3, 4}, name, sizeof(name)), -EINVAL);
	cr_assert_eq(mos_pitch_format((struct mos_pitch){0, 2, INT8_MIN}, name, sizeof(name)), 7,
		"the longest fits");
}

static void check_spelling(int fifths, const char *want)
{
	char got[128] = "", name[8];

	for (uint8_t key = 60; key < 72; key++) {
		cr_assert_gt(mos_pitch_format(mos_pitch_spell(key, fifths), name, sizeof(name)), 0);
		strcat(got, name);
		strcat(got, key < 71 ? " " : "");
	}
	cr_assert_str_eq(got, want);
}

Test(pitch, spelling)
{
	check_spelling(0, "C4 C#4 D4 Eb4 E4 F4 F#4 G4 Ab4 A4 Bb4 B4");
	check_spelling(1, "C4 C#4 D4 Eb4 E4 F4 F#4 G4 G#4 A4 Bb4 B4");
	check_spelling(4, "C4 C#4 D4 D#4 E4 E#4 F#4 G4 G#4 A4 A#4 B4");
	check_spelling(-3, "C4 Db4 D4 Eb4 E4 F4 Gb4 G4 Ab4 A4 Bb4 Cb5");
	check_spelling(7, "B#3 C#4 C##4 D#4 E4 E#4 F#4 F##4 G#4 A4 A#4 B4");
	check_spelling(-7, "C4 Db4 Ebb4 Eb4 Fb4 F4 Gb4 Abb4 Ab4 Bbb4 Bb4 Cb5");
}

/* The notes of a scale carry exactly the accidentals of its signature, whatever the key. */
Test(pitch, spelling_is_diatonic)
{
	static const int8_t order[] = {3, 0, 4, 1, 5, 2, 6}; /* F C G D A E B, as signatures are written */

	for (int fifths = -7; fifths <= 7; fifths++) {
		int alter[7] = {0};

		for (int i = 0; i < fifths; i++)
			alter[order[i]] = 1;
		for (int i = 0; i < -fifths; i++)
			alter[order[6 - i]] = -1;
		for (int step = 0; step < 7; step++) {
			const struct mos_pitch want = {(int8_t)step, (int8_t)alter[step], 4};
			const struct mos_pitch got = mos_pitch_spell((uint8_t)mos_pitch_key(want), fifths);

			cr_assert(got.step == want.step && got.alter == want.alter && got.octave == 4);
		}
	}
}

Test(pitch, spelling_keeps_the_key)
{
	for (int fifths = -20; fifths <= 20; fifths++) {
		for (uint8_t key = 0; key < 128; key++) {
			const struct mos_pitch pitch = mos_pitch_spell(key, fifths);
			char name[8];

			cr_assert_eq(mos_pitch_key(pitch), key);
			cr_assert_gt(mos_pitch_format(pitch, name, sizeof(name)), 0);
			cr_assert_eq(
				mos_key_from_name(name), key, "%s in %d fifths is no name", name, fifths);
		}
	}
}

Test(pitch, enharmonic)
{
	cr_assert(
		mos_pitch_enharmonic((struct mos_pitch){0, -1, 4}, (struct mos_pitch){6, 0, 3})); /* Cb4 B3 */
	cr_assert(mos_pitch_enharmonic(
		(struct mos_pitch){6, 1, 3}, (struct mos_pitch){1, -2, 4})); /* B#3 Dbb4 */
	cr_assert_not(mos_pitch_enharmonic((struct mos_pitch){0, 0, 4}, (struct mos_pitch){0, 0, 5}));
	cr_assert_not(mos_pitch_enharmonic((struct mos_pitch){9, 0, 4}, (struct mos_pitch){9, 0, 4}));
}

Test(pitch, frequency)
{
	cr_assert_float_eq(mos_key_to_hz(69, 440), 440, 1e-9);
	cr_assert_float_eq(mos_key_to_hz(60, 440), 261.6255653005986, 1e-9);
	cr_assert_float_eq(mos_key_to_hz(69.5, 440), 452.8929841231365, 1e-9);
	cr_assert_float_eq(mos_key_to_hz(57, 432), 216, 1e-9);
	cr_assert_float_eq(mos_key_to_hz(0, 440), 8.175798915643707, 1e-9);
}
