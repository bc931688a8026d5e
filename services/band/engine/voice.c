/* SPDX-License-Identifier: MIT */
/* Voicings of the comp: which tones of the chord, and where. */
#include "voicing.h"

#include "chord_reference.h"

#include <errno.h>
#include <mos/chord.h>
#include <stdlib.h>
#include <string.h>

#define LOWEST 48
#define HIGHEST 76
#define MIDDLE 62
#define NOTES_MAX 5u

#define NINTHS (MOS_HAS(B9) | MOS_HAS(9) | MOS_HAS(S9))
#define ALTERED (MOS_HAS(B9) | MOS_HAS(S9) | MOS_HAS(S11) | MOS_HAS(B13))

/* The order in which tones find room: what names the chord, then what colours it, then what everybody hears.
 */
static const uint8_t by_weight[] = {
	MOS_DEGREE_3,
	MOS_DEGREE_B3,
	MOS_DEGREE_7,
	MOS_DEGREE_B7,
	MOS_DEGREE_BB7,
	MOS_DEGREE_B5,
	MOS_DEGREE_S5,
	MOS_DEGREE_S9,
	MOS_DEGREE_B9,
	MOS_DEGREE_B13,
	MOS_DEGREE_S11,
	MOS_DEGREE_11,
	MOS_DEGREE_13,
	MOS_DEGREE_9,
	MOS_DEGREE_5,
	MOS_DEGREE_1,
};

/** The tones that are worth playing. */
static uint16_t choose(uint16_t degrees)
{
	const bool has_seventh = degrees & (MOS_HAS(B7) | MOS_HAS(7) | MOS_HAS(BB7));
	const bool has_sixth = !has_seventh && (degrees & MOS_HAS(13));
	uint16_t tensions = degrees & (NINTHS | MOS_HAS(11) | MOS_HAS(S11) | MOS_HAS(B13));

	if (has_seventh)
		tensions |= degrees & MOS_HAS(13);
	if (!(degrees & (MOS_HAS(3) | MOS_HAS(B3))))
		tensions &= (uint16_t)~(MOS_HAS(11) | (degrees & MOS_HAS(11) ? 0 : MOS_HAS(9)));

	/* Of the altered scale the two that lie best under a hand. */
	if ((degrees & ALTERED) == ALTERED)
		degrees &= (uint16_t)~(MOS_HAS(B9) | MOS_HAS(S11));
	/* A fourth over a major third grates: with a thirteenth it is left out, otherwise it is the point. */
	if ((degrees & MOS_HAS(3)) && (degrees & MOS_HAS(11)))
		degrees &= (uint16_t)~(degrees & MOS_HAS(13) ? MOS_HAS(11) : MOS_HAS(3));
	if (degrees & (MOS_HAS(S11) | MOS_HAS(B13)))
		degrees &= (uint16_t)~MOS_HAS(5);
	if (tensions && (has_seventh || has_sixth))
		degrees &= (uint16_t)~MOS_HAS(1);
	return degrees;
}

/** Semitones above the root, the weightiest first. */
static uint32_t tones_of(uint16_t degrees, uint8_t ret[NOTES_MAX])
{
	const uint16_t chosen = choose(degrees);
	uint32_t n = 0;
	uint16_t taken = 0;

	/* Four is a hand; a fifth note only where the symbol asks for that many tones. */
	for (size_t i = 0; i < sizeof(by_weight) && n < NOTES_MAX; i++) {
		const uint8_t degree = by_weight[i];
		const int semitones = mos_degree_semitones(degree);
		const bool is_filler = degree == MOS_DEGREE_5 || degree == MOS_DEGREE_1;

		if (!(chosen & 1u << degree) || (taken & 1u << semitones) || (is_filler && n >= 4))
			continue;
		taken |= (uint16_t)(1u << semitones);
		ret[n++] = (uint8_t)semitones;
	}
	return n;
}

/** How far a note is from the nearest of others. */
static int nearest(int note, const uint8_t *others, uint32_t n)
{
	int least = 127;

	for (uint32_t i = 0; i < n; i++) {
		const int d = abs(note - others[i]);

		least = d < least ? d : least;
	}
	return least;
}

static int cost_of_shape(const uint8_t *note, uint32_t n)
{
	int cost = 0;
	int sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += note[i];
		if (i == 0)
			continue;
		const int gap = note[i] - note[i - 1];

		/* Rubbing semitones, mud below, holes in the middle. */
		if (gap == 1)
			cost += 40;
		if (gap == 2)
			cost += note[i - 1] < 55 ? 8 : 2;
		if (gap < 5 && note[i - 1] < 52)
			cost += 4;
		if (gap > 8)
			cost += 4 * (gap - 8);
		for (uint32_t k = 0; k < i; k++)
			cost += note[i] - note[k] == 13 ? 10 : 0;
	}
	const int span = note[n - 1] - note[0];
	if (span > 16)
		cost += 5 * (span - 16);
	return cost + 2 * abs(sum - MIDDLE * (int)n) / (int)n;
}

static int cost_of_motion(const uint8_t *note, uint32_t n, const uint8_t *before, uint32_t n_before)
{
	int cost = 0;

	if (n_before == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		cost += 2 * nearest(note[i], before, n_before);
	for (uint32_t i = 0; i < n_before; i++)
		cost += nearest(before[i], note, n);
	/* The top is the melody that people hear. */
	const int top = abs(note[n - 1] - before[n_before - 1]);
	return cost + 2 * top + (top > 5 ? 10 * (top - 5) : 0);
}

/** Where the tones lie best: each place of each within the compass is tried, 3^5 at most. */
static void place(uint32_t root, const uint8_t *tones, uint32_t n, const uint8_t *before, uint32_t n_before,
	uint8_t ret[NOTES_MAX])
{
	uint8_t octave[NOTES_MAX] = {};
	int least = -1;

	for (;;) {
		uint8_t note[NOTES_MAX];
		bool fits = true;

		for (uint32_t i = 0; i < n; i++) {
			const uint32_t first = LOWEST + (root + tones[i]) % 12;
			const uint32_t at = first + 12u * octave[i];
			uint32_t k = i;

			fits = fits && at <= HIGHEST;
			for (; k > 0 && note[k - 1] > at; k--)
				note[k] = note[k - 1];
			note[k] = (uint8_t)at;
		}
		if (fits) {
			const int cost = cost_of_shape(note, n) + cost_of_motion(note, n, before, n_before);

			if (least < 0 || cost < least || (cost == least && memcmp(note, ret, n) < 0)) {
				least = cost;
				memcpy(ret, note, n);
			}
		}
		uint32_t i = 0;
		while (i < n && ++octave[i] == 3)
			octave[i++] = 0;
		if (i == n)
			return;
	}
}

/** Power chords and less: the tones above the root, and the root again. */
static uint32_t voice_power(uint32_t root, const uint8_t *tones, uint32_t n, uint8_t *ret)
{
	uint32_t k = 0;

	ret[k++] = (uint8_t)(LOWEST + root);
	for (uint32_t i = 0; i < n; i++) {
		if (tones[i] > 0)
			ret[k++] = (uint8_t)(ret[0] + tones[i]);
	}
	ret[k++] = (uint8_t)(ret[0] + 12);
	return k;
}

static int voice_true(const char *symbol, const uint8_t *before, uint32_t n_before, uint8_t *ret)
{
	struct mos_chord chord;
	uint8_t tones[NOTES_MAX];

	if (mos_chord_parse(symbol, SIZE_MAX, &chord, NULL) < 0)
		return -EINVAL;
	if (chord.family == MOS_CHORD_NONE || chord.degrees == 0)
		return 0;
	const uint32_t root = (uint32_t)mos_tone_class(chord.root);
	const uint32_t n = tones_of(chord.degrees, tones);
	if (n < 3 && (chord.degrees & MOS_HAS(1)))
		return (int)voice_power(root, tones, n, ret);
	place(root, tones, n, before, n_before, ret);
	return (int)n;
}

int band_voice(enum band_voicing voicing, const char *symbol, const uint8_t *before, uint32_t n_before,
	uint8_t ret[BAND_VOICING_MAX])
{
	struct band_chord_reference chord;

	if (band_is_no_chord(symbol))
		return 0;
	if (voicing == BAND_VOICING_TRUE)
		return voice_true(symbol, before, n_before, ret);
	if (band_chord_reference(symbol, &chord) < 0)
		return -EINVAL;
	for (uint32_t i = 0; i < chord.n_intervals; i++)
		ret[i] = (uint8_t)(48 + chord.root + chord.interval[i]);
	return chord.n_intervals;
}

uint16_t band_pitch_classes(enum band_voicing voicing, const char *symbol)
{
	struct mos_chord chord;
	struct band_chord_reference reference;
	uint16_t classes = 0;

	if (band_is_no_chord(symbol))
		return 0;
	if (voicing == BAND_VOICING_TRUE)
		return mos_chord_parse(symbol, SIZE_MAX, &chord, NULL) < 0 ? 0
									   : mos_chord_pitch_classes(&chord);
	if (band_chord_reference(symbol, &reference) < 0)
		return 0;
	for (uint32_t i = 0; i < reference.n_intervals; i++)
		classes |= (uint16_t)(1u << (reference.root + reference.interval[i]) % 12);
	return classes;
}

/** The note of a pitch class in the voicing, or just above its lowest. */
static uint8_t find(uint32_t pitch_class, const uint8_t *voicing, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (voicing[i] % 12 == pitch_class)
			return voicing[i];
	}
	return (uint8_t)(voicing[0] + (pitch_class + 12 - voicing[0] % 12) % 12);
}

uint32_t band_comp_notes(enum band_tone tone, const struct band_tones *tones, const uint8_t *voicing,
	uint32_t n, uint8_t ret[BAND_VOICING_MAX])
{
	int8_t semitones;
	uint32_t from = 0;
	uint32_t to = n;

	switch (tone) {
	case BAND_TONE_LOW:
		to = n > 3 ? 2 : 1;
		break;
	case BAND_TONE_HIGH:
		from = n > 3 ? n - 3 : n > 1;
		break;
	case BAND_TONE_FIFTH:
	case BAND_TONE_THIRD:
	case BAND_TONE_SEVENTH:
	case BAND_TONE_OCTAVE:
		semitones = tone == BAND_TONE_FIFTH     ? tones->fifth
			    : tone == BAND_TONE_THIRD   ? tones->third
			    : tone == BAND_TONE_SEVENTH ? tones->seventh
							: 0;
		ret[0] = find((tones->root + (semitones < 0 ? 0u : (uint32_t)semitones)) % 12, voicing, n);
		return 1;
	default:
		break;
	}
	memcpy(ret, voicing + from, to - from);
	return to - from;
}
