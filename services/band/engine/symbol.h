/* SPDX-License-Identifier: MIT */
/** Chord symbols moved to other roots; the suffix stays as it was written. Both: -EINVAL: no chord, or too
 * long. */
#ifndef BAND_SYMBOL_H
#define BAND_SYMBOL_H

#include "plan.h"

/** A tritone away. `ret` may be `symbol`. */
int symbol_substitute(enum band_voicing voicing, const char *symbol, char ret[BAND_CHORD_TEXT]);
int symbol_transpose(enum band_voicing voicing, const char *symbol, int semitones, char ret[BAND_CHORD_TEXT]);

#endif
