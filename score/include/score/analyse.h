/* SPDX-License-Identifier: MIT */
/**
 * Analysis on demand (NVX-12, HER-17): keys, chords with roman numerals, cadences, voice leading and non-chord tones
 * of a score, as a change that fills its analysis layer. Elements are marked as detected, with a confidence; what a
 * person or a file wrote there stays. Pure functions over music/.
 */
#ifndef SCORE_ANALYSE_H
#define SCORE_ANALYSE_H

#include <score/edit.h>

enum score_analysis_what {
	SCORE_ANALYSE_KEYS = 1,    /**< the key map, where it says "none", and local keys */
	SCORE_ANALYSE_CHORDS = 2,  /**< a chord layer from the notes, where there is none */
	SCORE_ANALYSE_ROMAN = 4,   /**< numerals, functions */
	SCORE_ANALYSE_CADENCES = 8,
	SCORE_ANALYSE_VOICES = 16, /**< voice leading, non-chord tones */
	SCORE_ANALYSE_ALL = 31,
};

/** The change that brings the analysis layer up to date. @return 0 (an empty change: nothing new), -ENOMEM. */
int score_analyse(const struct score *score, unsigned what, struct score_change *ret);

/** The key of the whole score by its notes and chords. @param ret_confidence  0..1. @return 0; -ENOENT too little music. */
int score_find_key(const struct score *score, struct nvx_key *ret, double *ret_confidence);

#endif
