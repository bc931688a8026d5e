/* SPDX-License-Identifier: MIT */
/* Chord cubes: slots, inversions, faces. */
#include "widget_picture.h"

#include <mos/chord_name.h>

#include "cubes.h"

static struct mos_tonality key_of(const char *text)
{
	struct mos_tonality key;

	cr_assert_eq(mos_tonality_parse(text, SIZE_MAX, &key), 0);
	return key;
}

static int slot_of(const char *symbol, const char *key)
{
	struct mos_chord chord;

	cr_assert_eq(mos_chord_parse(symbol, SIZE_MAX, &chord, NULL), 0, "%s", symbol);
	return cubes_find(&chord, key_of(key));
}

Test(widget_cubes, slots,
	.description = "HRM-03 WGT-05: one ordered list of 27 slots; each chord of C stands in its own")
{
	/* in the list's order */
	static const char *const of[CUBES_OTHER] = {"C", "Dm", "Em", "F", "G", "Am", "Bm7b5", "C7", "Em7b5",
		"D7", "F#m7b5", "E7", "G#dim7", "A7", "C#dim7", "B7", "D#dim7", "Cm", "Dm7b5", "Eb", "Fm",
		"Gm", "Ab", "Bb", "G7(b9)", "Bdim7"};
	static const char *const numerals[CUBES_OTHER] = {"I", "ii", "iii", "IV", "V", "vi", "viiø", "I7",
		"iiiø", "II(7)", "♯ivø", "III(7)", "♯v°", "VI(7)", "♯i°", "VII(7)", "♯ii°", "i", "iiø",
		"♭III", "iv", "v", "♭VI", "♭VII", "V(♭9)", "vii°"};

	for (int slot = 0; slot < CUBES_OTHER; slot++) {
		cr_expect_eq(slot_of(of[slot], "C"), slot, "%s", of[slot]);
		cr_expect_str_eq(cubes_numeral(slot), numerals[slot]);
		cr_expect_eq(cubes_group(slot), slot < 7    ? CUBES_MAJOR
						: slot < 17 ? CUBES_APPLIED
							    : CUBES_MINOR);
	}
	cr_expect_eq(cubes_group(CUBES_OTHER), CUBES_REST);
	cr_expect_eq(slot_of("G7", "C"), 4, "V with its seventh is V");
	cr_expect_eq(slot_of("D", "C"), 9, "II without one is II(7)");
	cr_expect_eq(slot_of("Cmaj7", "C"), 0);
	cr_expect_eq(slot_of("F#", "C"), CUBES_OTHER);
	cr_expect_eq(slot_of("Csus4", "C"), CUBES_OTHER);
	cr_expect_eq(slot_of("Am", "A minor"), 17);
	cr_expect_eq(slot_of("E7(b9)", "A minor"), 24);
	cr_expect_eq(slot_of("N.C.", "C"), -1);
}

Test(widget_cubes, turns,
	.description = "HRM-03: each slot's voicing is found as that slot in every key; a quarter turn is "
		       "the next inversion")
{
	static const char *const keys[] = {"C", "Eb", "F#", "B minor"};

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		for (int slot = 0; slot < CUBES_OTHER; slot++) {
			uint8_t key[CUBES_VOICES], before[CUBES_VOICES] = {0};
			uint16_t classes = 0;
			uint32_t n = 0;

			for (unsigned int turn = 0; turn < 4; turn++) {
				uint16_t now = 0;

				n = cubes_voicing(slot, key_of(keys[k]), turn, key);
				cr_assert(n >= 3 && n <= CUBES_VOICES);
				for (uint32_t i = 0; i < n; i++) {
					now |= (uint16_t)(1u << key[i] % 12);
					cr_expect(i == 0 || key[i] > key[i - 1], "in order");
					cr_expect(key[i] >= 48 && key[i] < 96);
				}
				cr_expect(turn == 0 || now == classes, "the same tones");
				cr_expect(turn == 0 || key[0] > before[0],
					"another one is lowest: %s turn %u", cubes_numeral(slot), turn);
				classes = now;
				memcpy(before, key, sizeof(key));
			}
			/* what sounds is the chord of the slot */
			(void)cubes_voicing(slot, key_of(keys[k]), 0, key);
			struct mos_held held = {
				.pitch_classes = classes, .bass = key[0] % 12, .n_keys = (uint8_t)n};
			struct mos_chord_name name[4];
			const size_t n_names = mos_chord_name(held, NULL, name, 4);
			int found = 0;

			for (size_t i = 0; i < n_names; i++)
				found |= cubes_find(&name[i].chord, key_of(keys[k])) == slot;
			cr_expect(found, "%s in %s", cubes_numeral(slot), keys[k]);
		}
	uint8_t key[CUBES_VOICES];

	cr_expect_eq(cubes_voicing(CUBES_OTHER, key_of("C"), 0, key), 0);
}

Test(widget_cubes, picture,
	.description =
		"WGT-05: 27 cubes of three sides, apart; one is lit, lifted, comes to rest; a click finds it")
{
	static struct cubes c;
	int n = 0;

	c = (struct cubes){.now = -1, .key = key_of("C")};
	cubes_strike(&c, 4);
	cubes_turn(&c, 9);
	cr_expect_eq(c.cube[9].turn, 1);
	for (float size = 0.5f; size <= 4; size *= 2) {
		cubes_draw(picture_begin(614 * size, 238 * size), &c);
		picture_check();
		cr_expect_eq(picture_count(MOS_SHAPE_QUAD, MOS_TOKEN_ACCENT, 0), 3);
		for (int slot = 0; slot < CUBES; slot++) {
			const struct mos_box place = cubes_place(614 * size, 238 * size, slot);

			cr_expect_eq(cubes_at(614 * size, 238 * size, mos_box_center(place)), slot);
			cr_expect(place.x >= 0 && place.y >= 0 && place.x + place.w <= 614 * size &&
				  place.y + place.h <= 238 * size);
			cr_expect(picture_has_text(cubes_numeral(slot)), "%s", cubes_numeral(slot));
		}
	}
	while (cubes_step(&c) && n < 1000)
		n++;
	cr_expect(n > 10 && n < 120);
	cubes_strike(&c, -1);
	cubes_draw(picture_begin(614, 238), &c);
	cr_expect_eq(picture_count(MOS_SHAPE_QUAD, MOS_TOKEN_ACCENT, 0), 0);
}
