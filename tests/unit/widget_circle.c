/* SPDX-License-Identifier: MIT */
/* The circle of fifths: angles, rings, numerals, modes. */
#include "widget_picture.h"

#include "circle.h"

static const char *const majors[12] = {"C", "G", "D", "A", "E", "B", "F♯", "D♭", "A♭", "E♭", "B♭", "F"};
static const char *const minors[12] = {
	"Am", "Em", "Bm", "F♯m", "C♯m", "G♯m", "D♯m", "B♭m", "Fm", "Cm", "Gm", "Dm"};

static struct mos_tonality key_of(const char *text)
{
	struct mos_tonality key;

	cr_assert_eq(mos_tonality_parse(text, SIZE_MAX, &key), 0);
	return key;
}

Test(widget_circle, angles,
	.description = "HRM-05 WGT-03: 30 degrees a step from the top, rings major, minor, diminished")
{
	char name[16];

	for (int place = 0; place < 12; place++) {
		const double degrees = circle_angle(place, 0) * 180 / M_PI;

		cr_expect_float_eq(remainder(degrees - 30.0 * place, 360), 0, 1e-9);
		cr_expect_float_eq(
			remainder(circle_angle(place, 0.7) - circle_angle(place, 0) - 0.7, 2 * M_PI), 0,
			1e-9);
		cr_expect_eq(circle_root(CIRCLE_MAJOR, place), place * 7 % 12);
		/* the relative minor's tonic is a minor third below, its second degree's diminished chord
		 * leads there */
		cr_expect_eq(circle_root(CIRCLE_MINOR, place), (place * 7 + 9) % 12);
		cr_expect_eq(circle_root(CIRCLE_DIMINISHED, place), (place * 7 + 11) % 12);
		circle_name(CIRCLE_MAJOR, place, name, sizeof(name));
		cr_expect_str_eq(name, majors[place]);
		circle_name(CIRCLE_MINOR, place, name, sizeof(name));
		cr_expect_str_eq(name, minors[place]);
	}
	circle_name(CIRCLE_DIMINISHED, 0, name, sizeof(name));
	cr_expect_str_eq(name, "B°");
}

Test(widget_circle, numerals,
	.description = "HRM-05: the seven chords of every key have its numerals, no other place has one")
{
	static const uint8_t major_degree[7] = {0, 2, 4, 5, 7, 9, 11},
			     minor_degree[7] = {0, 2, 3, 5, 7, 8, 10};
	static const char *const major_numeral[7] = {"I", "ii", "iii", "IV", "V", "vi", "vii°"},
				 *const minor_numeral[7] = {"i", "ii°", "III", "iv", "v", "VI", "VII"};

	for (int tonic = 0; tonic < 12; tonic++)
		for (int minor = 0; minor <= 1; minor++) {
			const struct mos_tonality key = mos_tonality_from_class(tonic, minor);
			int n = 0;

			for (int ring = 0; ring < CIRCLE_RINGS; ring++)
				for (int place = 0; place < 12; place++) {
					const char *numeral =
						circle_numeral((enum circle_ring)ring, place, key);
					const int above =
						(circle_root((enum circle_ring)ring, place) - tonic + 12) %
						12;

					if (!numeral)
						continue;
					n++;
					for (int i = 0; i < 7; i++)
						if (strcmp((minor ? minor_numeral : major_numeral)[i],
							    numeral) == 0)
							cr_expect_eq((minor ? minor_degree : major_degree)[i],
								above, "%s of %d", numeral, tonic);
				}
			cr_expect_eq(n, 7);
		}
}

Test(widget_circle, modes, .description = "HRM-05: the places of a mode are the tones of its scale")
{
	/* semitones above the tonic */
	static const uint8_t scale[CIRCLE_NO_MODE][7] = {{0, 2, 4, 6, 7, 9, 11}, {0, 2, 4, 5, 7, 9, 11},
		{0, 2, 4, 5, 7, 9, 10}, {0, 2, 3, 5, 7, 9, 10}, {0, 2, 3, 5, 7, 8, 10},
		{0, 1, 3, 5, 7, 8, 10}, {0, 1, 3, 5, 6, 8, 10}};

	for (int tonic = 0; tonic < 12; tonic++)
		for (int mode = 0; mode < CIRCLE_NO_MODE; mode++) {
			unsigned expected = 0, got = 0;

			for (int i = 0; i < 7; i++)
				expected |= 1u << (tonic + scale[mode][i]) % 12;
			for (int place = 0; place < 12; place++)
				if (circle_in_mode(
					    (enum circle_mode)mode, place, mos_tonality_from_class(tonic, 0)))
					got |= 1u << circle_root(CIRCLE_MAJOR, place);
			cr_expect_eq(got, expected, "%s on %d", circle_mode_names[mode], tonic);
		}
	cr_expect_not(circle_in_mode(CIRCLE_NO_MODE, 0, key_of("C")));
}

Test(widget_circle, turn,
	.description = "HRM-05: turned, the key's place is on top; the way there ends, the shorter way round")
{
	struct circle_look look = {.is_turned = 1};
	struct harmony h = {0};
	float turn = 0;
	int n = 0;

	(void)harmony_key(&h, 3, 0); /* A */
	cr_expect_float_eq(circle_angle(3, circle_turn(&look, &h)), 0, 1e-9);
	while (circle_approach(&turn, circle_turn(&look, &h)) && n < 1000) {
		cr_assert_leq(turn, 0.0001f, "to the left");
		n++;
	}
	cr_expect_float_eq(circle_angle(3, (double)turn), 0, 1e-6);
	cr_expect(n > 5 && n < 120);
	look.is_turned = 0;
	cr_expect_eq(circle_turn(&look, &h), 0);
}

Test(widget_circle, navigation,
	.description = "WGT-03: a click finds each of the 36 chords, and they are the triads of their names")
{
	const double radius[CIRCLE_RINGS] = {0.84, 0.63, 0.44};
	enum circle_ring ring;
	int place, key[3];

	for (int r = 0; r < CIRCLE_RINGS; r++)
		for (int p = 0; p < 12; p++) {
			const double angle = circle_angle(p, 0.4);
			const struct mos_point at = {(float)(300 + 200 * radius[r] * sin(angle)),
				(float)(200 - 200 * radius[r] * cos(angle))};
			struct mos_chord chord;
			char name[16];
			unsigned classes = 0;

			cr_assert_eq(circle_at(600, 400, 0.4, at, &ring, &place), 1);
			cr_expect_eq((int)ring, r);
			cr_expect_eq(place, p);
			circle_triad(ring, place, key);
			for (int i = 0; i < 3; i++) {
				cr_expect(key[i] >= 55 && key[i] < 76);
				classes |= 1u << key[i] % 12;
			}
			circle_name(ring, place, name, sizeof(name));
			if (ring == CIRCLE_DIMINISHED)
				strcpy(strstr(name, "°"), "dim");
			cr_assert_eq(mos_chord_parse(name, SIZE_MAX, &chord, NULL), 0, "%s", name);
			cr_expect_eq(mos_chord_pitch_classes(&chord), classes, "%s", name);
			cr_expect_eq(circle_find(&chord, &ring, &place), 1);
			cr_expect_eq((int)ring, r);
			cr_expect_eq(place, p);
		}
	cr_expect_eq(circle_at(600, 400, 0, (struct mos_point){300, 200}, &ring, &place), 0);
	cr_expect_eq(circle_at(600, 400, 0, (struct mos_point){5, 5}, &ring, &place), 0);
}

Test(widget_circle, picture,
	.description =
		"WGT-03: 36 places; one chord and one tonic are lit, the mode's arc is seven places long")
{
	struct circle_look look = {.mode = CIRCLE_DORIAN};
	struct harmony h = {0};
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED};

	strcpy(ev.u.chord.symbol, "Bbmaj7");
	ev.u.chord.key_tonic = 5;
	cr_expect_eq(harmony_event(&h, &ev), 1);
	for (float size = 0.25f; size <= 4; size *= 2) {
		circle_draw(picture_begin(432 * size, 400 * size), &look, &h, 0);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_ACCENT, 255), 1);
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_GOOD, 255), 7);
		/* the seven of the key, but the one that sounds */
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_ACCENT_2, 0), 6);
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_OFF, 0), 36 - 7);
	}
	cr_expect(picture_has_text("B♭maj7"));
	cr_expect(picture_has_text("F major"));
}

Test(widget_circle, harmony,
	.description = "WGT-03: the written key stays when the ear finds another; signs are printed where "
		       "they are meant")
{
	static const char *const signs[][2] = {{"Bbm7b5", "B♭m7♭5"}, {"F#m7b5/A#", "F♯m7♭5/A♯"},
		{"Ebmaj7(b9,#11)", "E♭maj7(♭9,♯11)"}, {"bVII", "♭VII"}, {"V7/bii", "V7/♭ii"},
		{"Abbsus4", "A♭♭sus4"}, {"Bsus4", "Bsus4"}, {"", ""}};
	struct harmony h = {0};
	struct mos_event ev = {.type = MOS_EVENT_KEY_CHANGE};
	char print[40], numeral[MOS_ROMAN_TEXT_MAX];

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		harmony_print(signs[i][0], print, sizeof(print));
		cr_expect_str_eq(print, signs[i][1]);
	}
	harmony_print("Bbm7b5", print, 3);
	cr_expect_str_eq(print, "B", "no half of a sign");
	ev.u.key.fifths = -3;
	cr_expect_eq(harmony_event(&h, &ev), 1);
	cr_expect_eq(harmony_event(&h, &ev), 0);
	ev = (struct mos_event){.type = MOS_EVENT_CHORD_DETECTED};
	strcpy(ev.u.chord.symbol, "G7");
	ev.u.chord.key_tonic = 7;
	cr_expect_eq(harmony_event(&h, &ev), 1);
	cr_expect_eq(mos_tone_class(harmony_tonality(&h).tonic), 3, "E flat is written");
	harmony_numeral(&h, numeral);
	cr_expect_str_eq(numeral, "V7/vi");
	memset(ev.u.chord.symbol, 'x', sizeof(ev.u.chord.symbol)); /* not a chord, and not ended */
	(void)harmony_event(&h, &ev);
	cr_expect_eq(h.has_chord, 0);
	for (int fifths = -40; fifths <= 40; fifths++) {
		const struct mos_tone tone = harmony_tone(fifths);

		cr_expect_eq(mos_tone_class(tone), (fifths * 7 % 12 + 12) % 12);
		if (fifths >= -15 && fifths <= 19)
			cr_expect_eq(harmony_fifths(tone), fifths, "%d", fifths);
	}
}
