/* SPDX-License-Identifier: MIT */
/**
 * Roman numerals: what a chord is in a key (MID-03, MID-10). The numeral is derived from symbol and key; without a
 * key there is none. Capitals are major, small letters minor. Read are the spellings of harmony text books, of
 * RomanText ("vii/o7/V", "V[no3]", "i6/4") and of the Rock Corpus ("Vd7", "Vs4", "viix42", "Va7"). Pure functions.
 */
#ifndef MOS_ROMAN_H
#define MOS_ROMAN_H

#include <mos/tonality.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mos_roman_special {
	MOS_ROMAN_PLAIN = 0,
	MOS_ROMAN_NEAPOLITAN, /**< N6 */
	MOS_ROMAN_ITALIAN,    /**< It6: augmented sixths, on the lowered sixth degree */
	MOS_ROMAN_FRENCH,     /**< Fr43 */
	MOS_ROMAN_GERMAN,     /**< Ger65 */
};

/** A degree of a scale. */
struct mos_roman_degree {
	int8_t degree; /**< 1..7 */
	int8_t alter;  /**< semitones from that degree of the major scale: the minor third degree has -1 */
	uint8_t minor; /**< 1: small letters */
	uint8_t reserved;
};

#define MOS_ROMAN_OF_MAX 2u

struct mos_roman {
	struct mos_roman_degree root; /**< in the key, or in the one that `of` names */
	uint16_t degrees;             /**< of the chord, bits of enum mos_degree */
	uint8_t family;               /**< enum mos_chord_family */
	uint8_t inversion;            /**< 0 the root is lowest (or what is no part of the chord), 1 the third ... */
	uint8_t special;              /**< enum mos_roman_special */
	uint8_t minor;                /**< 1: the key is a minor one */
	uint8_t n_of;                 /**< applied: "V/ii" 1, "V/V/ii" 2 */
	uint8_t reserved;
	struct mos_roman_degree of[MOS_ROMAN_OF_MAX]; /**< from left to right */
};

#define MOS_ROMAN_TEXT_MAX 64u /**< room for every numeral that mos_roman_format() writes, with its NUL */

/**
 * The numeral of a chord in a key: diatonic where it fits, else applied to a degree that it leads to, else
 * borrowed or chromatic.
 * @return 0; -ENOENT no chord has no numeral.
 */
int mos_roman_from_chord(const struct mos_chord *chord, struct mos_tonality tonality, struct mos_roman *ret);
/** The chord that a numeral means. @return 0; -EINVAL fields out of range. */
int mos_roman_to_chord(const struct mos_roman *roman, struct mos_tonality tonality, struct mos_chord *ret);

/**
 * Read a numeral; the whole of `text` (SIZE_MAX: NUL-terminated).
 * @param minor      The key's mode: in minor III, VI and VII are those of the natural scale, vi and vii the raised.
 * @param ret_where  May be NULL; where -EINVAL: the first byte that makes no sense.
 * @return 0; -EINVAL, `ret` is not written.
 */
int mos_roman_parse(const char *text, size_t len, int minor, struct mos_roman *ret, size_t *ret_where);
/**
 * Write it: "viio7/V", "iiø65", "N6", "bVI". A 7 is the key's own seventh; "maj7" and "d7" (a dominant's) are
 * others. UTF-8. What a figure cannot say together with an inversion, tensions, is left out.
 * @return length; -EINVAL fields out of range; -ENOSPC.
 */
int mos_roman_format(const struct mos_roman *roman, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
