/* SPDX-License-Identifier: MIT */
/**
 * Chord symbols as the contract's reference reads them (tritone.md 5): a root and one of five qualities. Kept
 * for the golden digests; what a symbol really means is music/'s business (mos/chord.h).
 */
#ifndef BAND_CHORD_REFERENCE_H
#define BAND_CHORD_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

enum band_quality {
	BAND_QUALITY_MAJ = 0,
	BAND_QUALITY_MIN,
	BAND_QUALITY_DIM,
	BAND_QUALITY_AUG,
	BAND_QUALITY_DOM
};

struct band_chord_reference {
	uint8_t root;        /**< pitch class */
	uint8_t quality;     /**< enum band_quality */
	uint8_t suffix;      /**< byte of the symbol at which the root's name ends */
	uint8_t extension;   /**< byte at which the quality's name ends */
	uint8_t n_intervals; /**< 3 or 4 */
	uint8_t interval[4]; /**< semitones above the root */
};

/** @return 0; -EINVAL: no root it knows. */
int band_chord_reference(const char *symbol, struct band_chord_reference *ret);
/** "N.C." and "NC": nobody plays. */
bool band_is_no_chord(const char *symbol);
/** C C# D Eb E F F# G Ab A Bb B. */
const char *band_pitch_class_name(uint32_t pitch_class);

#endif
