/* SPDX-License-Identifier: MIT */
/* The bass: which tone of the chord, and in which octave, so that the line walks and doesn't jump. */
#include "voicing.h"

#include "chord_reference.h"

#include <errno.h>
#include <mos/chord.h>
#include <stdlib.h>

#define LOWEST 28 /* an E string */
#define HIGHEST 55
#define HOME 38
#define COMFORT 48
#define COMP_LOWEST 53 /* where the hands of most voicings begin */

int band_tones(enum band_voicing voicing, const char *symbol, struct band_tones *ret)
{
	struct band_chord_reference reference;
	struct mos_chord chord;

	*ret = (struct band_tones){.none = band_is_no_chord(symbol), .third = -1, .fifth = -1, .seventh = -1};
	if (ret->none)
		return 0;
	if (voicing == BAND_VOICING_REFERENCE) {
		if (band_chord_reference(symbol, &reference) < 0)
			return -EINVAL;
		ret->root = reference.root;
		ret->third = (int8_t)reference.interval[1];
		ret->fifth = (int8_t)reference.interval[2];
		ret->seventh = (int8_t)(reference.n_intervals > 3 ? reference.interval[3] : -1);
		for (uint32_t i = 0; i < reference.n_intervals; i++)
			ret->scale |= (uint16_t)(1u << reference.interval[i]);
		return 0;
	}
	if (mos_chord_parse(symbol, SIZE_MAX, &chord, NULL) < 0)
		return -EINVAL;
	if (chord.family == MOS_CHORD_NONE) {
		ret->none = true;
		return 0;
	}

	/* Of each kind the one that the chord has; all counted from the bass, which the player stands on. */
	static const uint8_t thirds[] = {MOS_DEGREE_3, MOS_DEGREE_B3, MOS_DEGREE_11, MOS_DEGREE_9};
	static const uint8_t fifths[] = {MOS_DEGREE_5, MOS_DEGREE_B5, MOS_DEGREE_S5};
	static const uint8_t sevenths[] = {MOS_DEGREE_B7, MOS_DEGREE_7, MOS_DEGREE_BB7, MOS_DEGREE_13};
	const int root = mos_tone_class(chord.root);
	const int bass = mos_tone_class(chord.bass);
	const int up = (root - bass + 12) % 12;

	for (int i = sizeof(thirds) - 1; i >= 0; i--)
		if (chord.degrees & 1u << thirds[i])
			ret->third = (int8_t)((mos_degree_semitones(thirds[i]) + up) % 12);
	for (int i = sizeof(fifths) - 1; i >= 0; i--)
		if (chord.degrees & 1u << fifths[i])
			ret->fifth = (int8_t)((mos_degree_semitones(fifths[i]) + up) % 12);
	for (int i = sizeof(sevenths) - 1; i >= 0; i--)
		if (chord.degrees & 1u << sevenths[i])
			ret->seventh = (int8_t)((mos_degree_semitones(sevenths[i]) + up) % 12);
	ret->root = (uint8_t)bass;
	for (int d = 0; d < MOS_N_DEGREES; d++) {
		if (chord.degrees & 1u << d)
			ret->scale |= (uint16_t)(1u << (mos_degree_semitones((enum mos_degree)d) + up) % 12);
	}
	ret->scale |= 1u;
	return 0;
}

/** Nearest to `before`, drawn to the middle of the neck; the first note of all lies in the low octave. */
static uint8_t put(uint32_t pitch_class, uint8_t before)
{
	int least = 1 << 20;
	uint8_t ret = 0;

	for (uint32_t note = LOWEST + (pitch_class + 12 - LOWEST % 12) % 12; note <= HIGHEST; note += 12) {
		const int home = abs((int)note - HOME);
		const int cost = (before ? 4 * abs((int)note - before) : 0) + 2 * home +
				 (note > COMFORT ? 8 * ((int)note - COMFORT) : 0);

		if (cost < least) {
			least = cost;
			ret = (uint8_t)note;
		}
	}
	return ret;
}

/**
 * From below or from above, by a semitone: whichever is on the way, and never the note just played. Into the
 * lowest string from the semitone above it there is only the tone above.
 */
static uint8_t approach(const struct band_tones *next, uint8_t before)
{
	const int target = put(next->root, before);
	int from = before && before > target ? target + 1 : target - 1;

	if (from == before)
		from = 2 * target - from;
	if (from < LOWEST)
		from = before == target + 1 ? target + 2 : target + 1;
	return (uint8_t)from;
}

/** The nearest tone of `set` upwards or downwards of the note before, not that note itself. */
static uint8_t step(const struct band_tones *tones, uint16_t set, bool up, uint8_t before)
{
	for (int d = 1; d <= 12; d++) {
		const int note = up ? before + d : before - d;

		if (note >= LOWEST && note <= HIGHEST && (set & 1u << (note + 12 - tones->root) % 12))
			return (uint8_t)note;
	}
	return put(tones->root, before);
}

/** On the way up: as far as the octave's middle above a root. */
static bool is_rising(const struct band_tones *tones, uint32_t beat, uint8_t before)
{
	const int above = (before + 12 - tones->root) % 12;

	if (before < LOWEST + 3 || before > COMFORT)
		return before < LOWEST + 3;
	if (beat / 4 % 2)
		return false;
	return beat % 4 == 1 ? before <= HOME + 3 : above <= 6;
}

/**
 * A walking line: the root where the chord begins, chord tones on the strong beats, a semitone into the next
 * chord. The second bar of a chord goes down again.
 */
static uint8_t walk(
	const struct band_tones *tones, const struct band_tones *next, uint32_t beat, uint8_t before)
{
	const uint16_t chord = (uint16_t)(1u | (tones->third > 0 ? 1u << tones->third : 0) |
					  (tones->fifth > 0 ? 1u << tones->fifth : 0) |
					  (tones->seventh > 0 ? 1u << tones->seventh : 0));
	const uint8_t root = put(tones->root, before);

	if (beat == 0 || !before)
		return root;
	if (next && !next->none)
		return approach(next, before);
	if (beat % 8 == 0 && root != before)
		return root;
	return step(tones, beat % 2 ? tones->scale | chord : chord, is_rising(tones, beat, before), before);
}

static uint8_t above_root(const struct band_tones *tones, int8_t semitones, int otherwise, uint8_t before)
{
	return put((tones->root + (uint32_t)(semitones >= 0 ? semitones : otherwise)) % 12, before);
}

/** Up from the root, down where that is high already; from another note the one that is no leap. */
static uint8_t octave(const struct band_tones *tones, uint8_t before)
{
	const uint8_t near = before > COMFORT - 8 ? (uint8_t)(before - 12) : before;
	const uint8_t low = put(tones->root, near);

	if (before && before % 12 == tones->root)
		return near < before ? near : (uint8_t)(before + 12);
	return low + 12 < COMP_LOWEST && (!before || low <= before) ? (uint8_t)(low + 12) : low;
}

/** As the reference has it: everything above the root two octaves below its chord. */
static uint8_t bass_reference(
	const struct band_tones *tones, const struct band_tones *next, enum band_tone tone, uint32_t beat)
{
	static const uint8_t walked[] = {
		BAND_TONE_CHORD, BAND_TONE_THIRD, BAND_TONE_FIFTH, BAND_TONE_SEVENTH};
	const uint8_t root = (uint8_t)(24 + tones->root);

	if (tone == BAND_TONE_WALK)
		tone = next ? BAND_TONE_APPROACH : walked[beat % 4];
	switch (tone) {
	case BAND_TONE_THIRD:
		return (uint8_t)(root + tones->third);
	case BAND_TONE_FIFTH:
		return (uint8_t)(root + tones->fifth);
	case BAND_TONE_SEVENTH:
		return (uint8_t)(root + (tones->seventh > 0 ? tones->seventh : 12));
	case BAND_TONE_OCTAVE:
		return (uint8_t)(root + 12);
	case BAND_TONE_APPROACH:
		return (uint8_t)(next && !next->none ? 24 + next->root - 1 : root + tones->fifth);
	case BAND_TONE_NEXT:
		return (uint8_t)(next && !next->none ? 24 + next->root : root);
	default:
		return root;
	}
}

uint8_t band_bass(enum band_voicing voicing, const struct band_tones *tones, const struct band_tones *next,
	enum band_tone tone, uint32_t beat, uint8_t before)
{
	if (voicing == BAND_VOICING_REFERENCE)
		return bass_reference(tones, next, tone, beat);
	switch (tone) {
	case BAND_TONE_FIFTH:
		return above_root(tones, tones->fifth, 7, before);
	case BAND_TONE_THIRD:
		return above_root(tones, tones->third, 0, before);
	case BAND_TONE_SEVENTH:
		if (tones->seventh > 0)
			return above_root(tones, tones->seventh, 0, before);
		[[fallthrough]];
	case BAND_TONE_OCTAVE:
		return octave(tones, before);
	case BAND_TONE_APPROACH:
		return next && !next->none ? approach(next, before)
					   : above_root(tones, tones->fifth, 7, before);
	case BAND_TONE_NEXT:
		return put(next && !next->none ? next->root : tones->root, before);
	case BAND_TONE_WALK:
		return walk(tones, next, beat, before);
	default:
		return put(tones->root, before);
	}
}
