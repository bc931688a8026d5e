/* SPDX-License-Identifier: MIT */
/**
 * Harmony as it is searched: each change of chord is one token, the root above the tonic and the family of
 * the chord (LIB-02, LIB-03). A no-chord and the end of a song are token 0, which no phrase matches. Pure
 * functions.
 */
#ifndef HERMES_HARMONY_H
#define HERMES_HARMONY_H

#include <stddef.h>
#include <stdint.h>

#include <mos/chord.h>

#define HARMONY_BREAK 0u
#define HARMONY_N_TOKENS 73u /**< the break, and 12 roots of 6 families */
#define HARMONY_GRAM 4u      /**< tokens that are indexed together */

/** @param root  Semitones above the tonic, any number. MOS_CHORD_NONE is the break. */
uint8_t harmony_token(int root, enum mos_chord_family family);
/** The break stays one. */
uint8_t harmony_transpose(uint8_t token, int semitones);
int harmony_root(uint8_t token); /**< 0..11; of no break */
enum mos_chord_family harmony_family(uint8_t token);
#define HARMONY_TEXT_MAX 8u
/** "bVII", "ii", "vii°": the token as a numeral; "-" for a break. */
void harmony_format(uint8_t token, char buf[static HARMONY_TEXT_MAX]);

/** Tokens t[0..3] as one number, in their order: 28 bits. */
uint32_t harmony_gram(const uint8_t t[static HARMONY_GRAM]);

#define HARMONY_PHRASE_MAX 32u
#define HARMONY_ANY 0xffu /**< a step that every chord matches, but no break */

struct harmony_phrase {
	uint8_t step[HARMONY_PHRASE_MAX]; /**< tokens, or HARMONY_ANY */
	uint8_t n;                        /**< 1 .. HARMONY_PHRASE_MAX */
	uint8_t any_key;                  /**< steps count from each other, not from the tonic */
};

/**
 * Read a phrase: roman numerals ("ii V I": degrees of the key) or chord symbols ("Dm7 G7 C": in any key),
 * separated by blanks, commas, bars or "->"; "?" or "*" is any one chord. Numerals count from the major
 * scale, as "bVII" does; with `minor` from the natural minor one. Chords that follow one another with the
 * same root and family are one.
 * @param ret_where  Where -EINVAL is returned: the byte that makes no sense.
 * @return 0; -EINVAL; -E2BIG more than HARMONY_PHRASE_MAX steps.
 */
int harmony_phrase_parse(const char *text, int minor, struct harmony_phrase *ret, size_t *ret_where);

#endif
