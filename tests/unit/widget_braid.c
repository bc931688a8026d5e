/* SPDX-License-Identifier: MIT */
/* The braid: where each chord of a key stands, in every key. */
#include "widget_picture.h"

#include "braid.h"

static struct mos_tonality key_of(const char *text)
{
	struct mos_tonality key;

	cr_assert_eq(mos_tonality_parse(text, SIZE_MAX, &key), 0);
	return key;
}

static struct mos_chord chord_of(const char *text)
{
	struct mos_chord chord;

	cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &chord, NULL), 0, "%s", text);
	return chord;
}

struct expected {
	const char *symbol;
	enum braid_lane lane;
	enum braid_half half;
	int index;
};

static void expect(const char *key, const struct expected *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct mos_chord chord = chord_of(list[i].symbol);
		struct braid_place place;

		cr_assert_eq(braid_find(&chord, key_of(key), &place), 1);
		cr_expect_eq(place.lane, list[i].lane, "%s in %s: lane %d", list[i].symbol, key, place.lane);
		cr_expect_eq(place.half, list[i].half, "%s in %s", list[i].symbol, key);
		cr_expect_eq(
			place.index, list[i].index, "%s in %s: index %d", list[i].symbol, key, place.index);
	}
}

Test(widget_braid, c_major,
	.description =
		"HRM-01 WGT-04: lane and index of the diatonic, applied and borrowed chords of C major")
{
	static const struct expected list[] = {
		/* diatonic */
		{"C", BRAID_CENTER, BRAID_UPPER, 0},
		{"Dm", BRAID_CENTER, BRAID_LOWER, 2},
		{"Em", BRAID_CENTER, BRAID_LOWER, 4},
		{"F", BRAID_CENTER, BRAID_UPPER, -1},
		{"G", BRAID_CENTER, BRAID_UPPER, 1},
		{"Am", BRAID_CENTER, BRAID_LOWER, 3},
		{"Bdim", BRAID_RIGHT, BRAID_LOWER, 0},
		{"Bm7b5", BRAID_LEFT, BRAID_LOWER, 3},
		{"Cmaj7", BRAID_CENTER, BRAID_UPPER, 0},
		{"G7", BRAID_RIGHT, BRAID_UPPER, 0},
		/* applied */
		{"C7", BRAID_RIGHT, BRAID_UPPER, -1},
		{"D7", BRAID_RIGHT, BRAID_UPPER, 1},
		{"E7", BRAID_LEFT, BRAID_UPPER, 3},
		{"A7", BRAID_LEFT, BRAID_UPPER, 2},
		{"B7", BRAID_LEFT, BRAID_UPPER, 4},
		{"F#dim", BRAID_RIGHT, BRAID_LOWER, 1},
		{"C#dim7", BRAID_RIGHT, BRAID_LOWER, 2},
		{"F#m7b5", BRAID_LEFT, BRAID_LOWER, 4},
		/* borrowed, substitutes, augmented sixths */
		{"Fm", BRAID_CENTER, BRAID_LOWER, -1},
		{"Bb", BRAID_CENTER, BRAID_UPPER, -2},
		{"Ab", BRAID_CENTER, BRAID_UPPER, -4},
		{"Eb", BRAID_CENTER, BRAID_UPPER, -3},
		{"Dm7b5", BRAID_LEFT, BRAID_LOWER, 0},
		{"Db7b5", BRAID_OUTER_LEFT, BRAID_UPPER, 0},
		{"Ab7", BRAID_OUTER_RIGHT, BRAID_UPPER, 1},
		{"Cm", BRAID_CENTER, BRAID_LOWER, 0},
	};

	expect("C", list, sizeof(list) / sizeof(list[0]));
}

Test(widget_braid, a_minor,
	.description = "HRM-01: lane and index of the diatonic, applied and borrowed chords of A minor")
{
	static const struct expected list[] = {
		{"Am", BRAID_CENTER, BRAID_LOWER, 0},
		{"Bdim", BRAID_RIGHT, BRAID_LOWER, -3},
		{"Bm7b5", BRAID_LEFT, BRAID_LOWER, 0},
		{"C", BRAID_CENTER, BRAID_UPPER, -3},
		{"Dm", BRAID_CENTER, BRAID_LOWER, -1},
		{"Em", BRAID_CENTER, BRAID_LOWER, 1},
		{"F", BRAID_CENTER, BRAID_UPPER, -4},
		{"G", BRAID_CENTER, BRAID_UPPER, -2},
		{"E7", BRAID_LEFT, BRAID_UPPER, 0},
		{"G#dim7", BRAID_RIGHT, BRAID_LOWER, 0},
		{"A7", BRAID_LEFT, BRAID_UPPER, -1},
		{"B7", BRAID_LEFT, BRAID_UPPER, 1},
		{"C7", BRAID_RIGHT, BRAID_UPPER, -4},
		{"G7", BRAID_RIGHT, BRAID_UPPER, -3},
		{"F7", BRAID_OUTER_RIGHT, BRAID_UPPER, 1},
		{"Bb7b5", BRAID_OUTER_LEFT, BRAID_UPPER, 0},
		{"A", BRAID_CENTER, BRAID_UPPER, 0},
		{"D", BRAID_CENTER, BRAID_UPPER, -1},
		{"Bb", BRAID_CENTER, BRAID_UPPER, -5},
	};

	expect("A minor", list, sizeof(list) / sizeof(list[0]));
}

Test(widget_braid, all_keys,
	.description = "HRM-02: 24 keys, the picture turned: lane and index stay, minor is its relative "
		       "major turned by three")
{
	for (int minor = 0; minor <= 1; minor++)
		for (int fifths = -7; fifths <= 7; fifths++) {
			const struct mos_tonality key = mos_tonality_from_signature(fifths, minor);

			cr_expect_eq(braid_turn(key), fifths + 3 * minor);
			cr_expect_eq(braid_turn(key) - 3 * minor,
				braid_turn(mos_tonality_from_signature(fifths, 0)));
			for (int lane = 0; lane < BRAID_LANES; lane++)
				for (int index = -BRAID_SIDE; index <= BRAID_SIDE; index++)
					for (int half = 0; half <= 1; half++) {
						const struct braid_place place = {
							(enum braid_lane)lane, (enum braid_half)half, index};
						const struct mos_chord here = braid_chord(place, key),
								       in_c = braid_chord(
									       place, key_of(minor ? "A minor"
												   : "C"));
						const int up = (fifths * 7 % 12 + 12) % 12;

						cr_expect_eq(here.degrees, in_c.degrees);
						cr_expect_eq((mos_tone_class(in_c.root) + up) % 12,
							mos_tone_class(here.root));
					}
		}
}

Test(widget_braid, there_and_back,
	.description =
		"HRM-01: the chord of a place stands at that place; seventeen positions, fifteen circles")
{
	static const char *const keys[] = {"C", "A minor", "Eb", "F# minor", "B", "Db"};

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		for (int index = -5; index <= 6; index++)
			for (int lane = 0; lane < BRAID_LANES; lane++)
				for (int half = 0; half <= 1; half++) {
					const struct mos_tonality key = key_of(keys[k]);
					const struct braid_place place = {
						(enum braid_lane)lane, (enum braid_half)half, index};
					const struct mos_chord chord = braid_chord(place, key);
					const int outer =
						lane == BRAID_OUTER_LEFT || lane == BRAID_OUTER_RIGHT;
					struct braid_place found;

					/* a German sixth is one chord only, dominants have one side */
					if ((outer && half) || (lane == BRAID_OUTER_RIGHT && index != 1) ||
						((lane == BRAID_LEFT || lane == BRAID_RIGHT) && !half &&
							(braid_is_minor(index, key.minor) !=
									(lane == BRAID_LEFT) ||
								index == -5)))
						continue;
					cr_assert_eq(braid_find(&chord, key, &found), 1);
					cr_expect_eq((int)found.lane, lane, "%s lane %d index %d", keys[k],
						lane, index);
					cr_expect_eq((found.index - index) % 12, 0, "%s lane %d index %d: %d",
						keys[k], lane, index, found.index);
					cr_expect_eq((int)found.half, half);
				}
	for (int fifths = -60; fifths <= 60; fifths++) {
		const struct mos_chord chord = {.root = harmony_tone(fifths),
			.degrees = MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5),
			.family = MOS_CHORD_MAJOR};
		struct braid_place place;

		cr_assert_eq(braid_find(&chord, key_of("Gb"), &place), 1);
		cr_expect(place.index >= -BRAID_SIDE && place.index <= BRAID_SIDE);
	}
	const struct mos_chord none = {.family = MOS_CHORD_NONE};
	struct braid_place place;

	cr_expect_eq(braid_find(&none, key_of("C"), &place), 0);
}

Test(widget_braid, numerals, .description = "HRM-01: numerals of the center lane in major and minor")
{
	static const struct {
		const char *key;
		enum braid_half half;
		int index;
		const char *numeral;
	} list[] = {{"D", BRAID_UPPER, 0, "I"}, {"D", BRAID_LOWER, 2, "ii"}, {"D", BRAID_LOWER, 3, "vi"},
		{"D", BRAID_LOWER, 4, "iii"}, {"D", BRAID_UPPER, -1, "IV"}, {"D", BRAID_UPPER, 1, "V"},
		{"D", BRAID_UPPER, 2, ""}, {"D", BRAID_UPPER, -3, ""}, {"B minor", BRAID_LOWER, 0, "i"},
		{"B minor", BRAID_LOWER, -1, "iv"}, {"B minor", BRAID_UPPER, -3, "III"}};
	char numeral[MOS_ROMAN_TEXT_MAX];

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		braid_numeral((struct braid_place){BRAID_CENTER, list[i].half, list[i].index},
			key_of(list[i].key), numeral);
		cr_expect_str_eq(numeral, list[i].numeral, "%s %d: %s", list[i].key, list[i].index, numeral);
	}
}

Test(widget_braid, picture,
	.description = "WGT-04: fifteen yin-yang circles, the tonic's ringed, the chord's place lit; a click "
		       "finds each")
{
	struct braid_state state = {.key = key_of("Eb"), .has_now = 1, .has_before = 1};
	const struct mos_chord now = chord_of("F7"), before = chord_of("Cm");

	(void)braid_find(&now, state.key, &state.now);
	(void)braid_find(&before, state.key, &state.before);
	for (float size = 0.25f; size <= 4; size *= 2) {
		const float w = 403 * size, h = 432 * size;

		braid_draw(picture_begin(w, h), &state);
		picture_check();
		/* two sectors a circle; the place that is lit, the tonic's ring */
		uint32_t n_sectors = 0;

		for (uint32_t i = 0; i < picture.n; i++)
			n_sectors += picture_shape[i].kind == MOS_SHAPE_ARC && picture_shape[i].h == 0 &&
				     fabsf(picture_shape[i].p[1]) < 4;
		cr_expect_eq(n_sectors, 30);
		cr_expect_eq(picture_count(MOS_SHAPE_ARC, MOS_TOKEN_ACCENT, 255), 2);
		for (int index = -BRAID_SHOWN; index <= BRAID_SHOWN; index++)
			for (int lane = 0; lane < BRAID_LANES; lane++) {
				struct braid_place found;
				float radius;
				struct mos_point at = braid_point(w, h,
					(struct braid_place){(enum braid_lane)lane, BRAID_UPPER, index},
					&radius);

				at.y -= radius / 2;
				cr_assert_eq(braid_at(w, h, at, &found), 1);
				cr_expect_eq((int)found.lane, lane);
				cr_expect_eq(found.index, index);
				cr_expect_eq(found.half, BRAID_UPPER);
				cr_expect(at.x > 0 && at.x < w && at.y > 0 && at.y < h);
			}
	}
	cr_expect(picture_has_text("F7"));
}
