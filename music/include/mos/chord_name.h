/* SPDX-License-Identifier: MIT */
/**
 * From notes to chord names (MID-02): what is held, in order of likelihood, spelled for the key in force. Pure
 * functions.
 */
#ifndef MOS_CHORD_NAME_H
#define MOS_CHORD_NAME_H

#include <mos/chord.h>
#include <mos/tonality.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What sounds. */
struct mos_held {
	uint16_t pitch_classes; /**< bit 0 = C */
	uint8_t bass;           /**< pitch class of the lowest; one of pitch_classes */
	uint8_t n_keys;         /**< keys down, octaves counted; 0: not known */
};

/** Of keys as midi:snapshot has them: bit k of keys[k / 64]. Nothing held: all 0. */
struct mos_held mos_held_from_keys(const uint64_t keys[2]);

struct mos_chord_name {
	struct mos_chord chord;
	uint16_t implied;   /**< degrees of `chord` that are not held: a fifth that everybody hears */
	uint16_t inversion; /**< which chord tone is lowest: 0 the root, 1 third, 2 fifth, 3 seventh or sixth;
				  MOS_INVERSION_SLASH: a tension or a note that is no part of the chord */
	float cost;         /**< how far-fetched: a triad in root position is 0, past 3 nobody would call it so */
	float score;        /**< 1 ... 0, falls with the cost and with the nearness of others */
};
#define MOS_INVERSION_SLASH 9u

/**
 * Names for what is held, the best first. A single tone is no chord; two are, when they make a fifth or a third.
 * No tone is left out of a name.
 *
 * @param tonality  NULL: none known. It decides on spelling and between names that are equally good.
 * @param max       Room in `ret`.
 * @return how many were written; 0: nothing that is a chord.
 */
size_t mos_chord_name(
	struct mos_held held, const struct mos_tonality *tonality, struct mos_chord_name *ret, size_t max);

/** Spell root and bass of a chord for a key; NULL: as is most usual. */
void mos_chord_spell(struct mos_chord *chord, const struct mos_tonality *tonality);

#ifdef __cplusplus
}
#endif
#endif
