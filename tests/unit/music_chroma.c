/* SPDX-License-Identifier: MIT */
/* Hearing: spectra made by hand, so that what is in them is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/chroma.h>

#include "music_random.h"

#define N_BINS 4096
#define BIN_HZ 5.859375f /* 48 kHz, 8192 */

static float magnitude[N_BINS];

/* A tone with falling harmonics, as a window of Hann shows it. */
static void add_tone(float hz, float level, int n_harmonics)
{
	for (int h = 1; h <= n_harmonics; h++) {
		const float at = hz * (float)h / BIN_HZ;

		for (int i = (int)at - 2; i <= (int)at + 3; i++) {
			const float off = ((float)i - at) / 2;

			if (i > 0 && i < N_BINS && fabsf(off) < 1)
				magnitude[i] += level * powf(0.7f, (float)(h - 1)) *
						powf(cosf(off * (float)M_PI / 2), 2);
		}
	}
}

static float key_hz(int key, float cents)
{
	return 440 * exp2f(((float)key - 69 + cents / 100) / 12);
}

static struct mos_semitones semitones_of(float tuning_cents)
{
	struct mos_semitones s;

	mos_semitones_init(&s);
	mos_semitones_add(&s, &(struct mos_spectrum){magnitude, N_BINS, BIN_HZ, 40, 4200, tuning_cents});
	return s;
}

static void set_chord(const int *keys, int n, float cents)
{
	memset(magnitude, 0, sizeof(magnitude));
	for (int i = 0; i < n; i++)
		add_tone(key_hz(keys[i], cents), 1, 10);
}

Test(chroma, overtones_are_no_notes, .description = "CHD-01: one tone's harmonics count as that tone")
{
	for (int key = 48; key < 72; key++) {
		struct mos_chroma c;

		set_chord(&key, 1, 0);

		const struct mos_semitones s = semitones_of(0);

		mos_chroma_from_semitones(&s, &c);
		cr_expect_gt(c.treble[key % 12], 0.85f, "key %d: %.2f", key, (double)c.treble[key % 12]);
		/* the fifth, which is the third harmonic, is the one that would be heard */
		cr_expect_lt(c.treble[(key + 7) % 12], 0.1f, "key %d: fifth %.2f", key,
			(double)c.treble[(key + 7) % 12]);
	}
}

Test(chroma, bass, .description = "CHD-01: the low tone is in the bass' profile")
{
	const int keys[] = {40, 60, 67, 72};
	struct mos_chroma c;

	set_chord(keys, 4, 0);

	const struct mos_semitones s = semitones_of(0);

	mos_chroma_from_semitones(&s, &c);
	cr_expect_gt(c.bass[4], 0.7f, "%.2f", (double)c.bass[4]);
	cr_expect_gt(c.treble[0] + c.treble[7], 0.5f);
}

Test(chroma, tuning, .description = "CHD-01: the tuning is estimated")
{
	for (float cents = -40; cents <= 40; cents += 10) {
		const int keys[] = {48, 64, 67};

		set_chord(keys, 3, cents);

		const struct mos_semitones off = semitones_of(0), on = semitones_of(cents);

		cr_expect_float_eq(mos_semitones_tuning(&off), cents, 6, "%g: %g", (double)cents,
			(double)mos_semitones_tuning(&off));
		cr_expect_float_eq(mos_semitones_tuning(&on), 0, 6, "%g: %g", (double)cents,
			(double)mos_semitones_tuning(&on));
	}
}

Test(chroma, silence_and_nonsense, .description = "CHD-01: nothing is no chord")
{
	struct mos_chord_ear ear;
	struct mos_chord_heard heard = {0};
	struct mos_chroma c;

	memset(magnitude, 0, sizeof(magnitude));
	mos_chord_ear_init(&ear);
	for (int i = 0; i < 100; i++) {
		const struct mos_semitones s = semitones_of(0);

		mos_chroma_from_semitones(&s, &c);
		cr_assert_eq(mos_chord_ear_hear(&ear, &c, 0.02f, &heard), 0);
		cr_assert_eq(heard.chord.family, MOS_CHORD_NONE);
	}
	cr_assert_float_eq(mos_semitones_tuning(&(struct mos_semitones){0}), 0, 0.001);

	/* noise in every bin, anew each time */
	uint64_t seed = 1;
	int n_chords = 0;

	for (int i = 0; i < 200; i++) {
		for (int b = 0; b < N_BINS; b++)
			magnitude[b] = (float)random_between(&seed, 0, 1000) / 1000;

		const struct mos_semitones s = semitones_of(0);

		mos_chroma_from_semitones(&s, &c);
		(void)mos_chord_ear_hear(&ear, &c, 0.02f, &heard);
		n_chords += heard.chord.family != MOS_CHORD_NONE && heard.confidence > 0.6f;
	}
	cr_expect_lt(n_chords, 10, "noise was %d times surely a chord", n_chords);

	magnitude[100] = (float)(1.0 / 0.0);
	magnitude[200] = (float)(0.0 / 0.0);

	const struct mos_semitones s = semitones_of(0);

	mos_chroma_from_semitones(&s, &c);
	(void)mos_chord_ear_hear(&ear, &c, 0.02f, &heard);
	for (int i = 0; i < MOS_EAR_N_STATES; i++)
		cr_assert(isfinite(ear.belief[i]));
}

/* Every quality on every root, clean: found within 0.2 s and kept. */
Test(chroma, templates, .description = "CHD-01: every quality on every root")
{
	static const char *const symbols[] = {"", "m", "7", "m7", "maj7", "dim", "aug", "sus4"};

	for (size_t q = 0; q < sizeof(symbols) / sizeof(symbols[0]); q++) {
		for (int root = 0; root < 12; root++) {
			struct mos_chord_ear ear;
			struct mos_chord_heard heard = {0};
			struct mos_chord want;
			char symbol[16];
			int keys[6], n = 0, n_changes = 0;
			const int len = mos_tone_format(mos_tone_on_fifths(root, -4), symbol, sizeof(symbol));

			(void)snprintf(symbol + len, sizeof(symbol) - (size_t)len, "%s", symbols[q]);
			cr_assert_eq(mos_chord_parse(symbol, SIZE_MAX, &want, NULL), 0);
			keys[n++] = 36 + root;
			for (int key = 55; key < 67; key++) {
				if (mos_chord_pitch_classes(&want) >> (key % 12) & 1)
					keys[n++] = key;
			}
			mos_chord_ear_init(&ear);
			set_chord(keys, n, 0);

			const struct mos_semitones s = semitones_of(0);
			struct mos_chroma c;

			mos_chroma_from_semitones(&s, &c);
			for (int i = 0; i < 100; i++) {
				n_changes += mos_chord_ear_hear(&ear, &c, 0.02f, &heard);
				if (i == 9)
					cr_expect_eq(mos_tone_class(heard.chord.root), root, "%s after 0.2 s",
						symbol);
			}
			cr_expect(mos_tone_class(heard.chord.root) == root &&
					  heard.chord.degrees == want.degrees,
				"%s: %d %04x", symbol, mos_tone_class(heard.chord.root), heard.chord.degrees);
			cr_expect_leq(n_changes, 2, "%s: %d changes", symbol, n_changes);
			cr_expect(heard.confidence > 0.5f && heard.confidence <= 1, "%s: %.2f", symbol,
				(double)heard.confidence);
		}
	}
}
