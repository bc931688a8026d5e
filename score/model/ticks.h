/* SPDX-License-Identifier: MIT */
/** Arithmetic of keys that the model needs in several places. Pure functions. */
#ifndef SCORE_TICKS_H
#define SCORE_TICKS_H

#include <stdint.h>

/** Tone at a place of the line of fifths, C = 0: letter 0..6 = C..B, accidental. */
int8_t nvx_fifths_step(int fifths);
int8_t nvx_fifths_alter(int fifths);
/** Signature that follows from a tonic and a mode; may lie outside -7..7 (G# major: 8). */
int nvx_key_fifths(int step, int alter, unsigned mode);

#endif
