/* SPDX-License-Identifier: MIT */
/** What the generator knows of the chord under its hands. */
#ifndef BAND_VOICING_H
#define BAND_VOICING_H

#include "events.h"

/** Tones of a chord in semitones above the bass' idea of a root; -1: the chord has none. */
struct band_tones {
	bool none;    /**< N.C. */
	uint8_t root; /**< pitch class; of the slash where there is one */
	int8_t third, fifth, seventh;
	uint16_t scale; /**< bit n: n semitones above the root fits under the chord */
};

/** @return 0; -EINVAL no chord. */
int band_tones(enum band_voicing voicing, const char *symbol, struct band_tones *ret);
/** Pitch classes that may sound in the comp. 0: N.C. or no chord. */
uint16_t band_pitch_classes(enum band_voicing voicing, const char *symbol);

/** Notes of one hit of the comp, ascending, out of a voicing. @return how many. */
uint32_t band_comp_notes(enum band_tone tone, const struct band_tones *tones, const uint8_t *voicing,
	uint32_t n, uint8_t ret[BAND_VOICING_MAX]);
/**
 * The bass note of a tone. `next`: the chord that follows; to a walking bass only when it follows at once;
 * NULL: none.
 * @param beat    Since the chord began.
 * @param before  The note played last; 0: none.
 */
uint8_t band_bass(enum band_voicing voicing, const struct band_tones *tones, const struct band_tones *next,
	enum band_tone tone, uint32_t beat, uint8_t before);

#endif
