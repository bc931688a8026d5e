/* SPDX-License-Identifier: MIT */
/* What reading, writing and deriving numerals share. */
#ifndef MUSIC_ROMAN_IMPL_H
#define MUSIC_ROMAN_IMPL_H

#include <mos/roman.h>

#include "chord_impl.h"

/* Semitones of a degree above the tonic, 0..11. */
int roman_above(struct mos_roman_degree degree);
/* Whether in a key the degree without accidental is the one of the natural minor scale: III, and VI, VII as
 * capitals. @return its semitones from the major scale's, 0 or -1. */
int roman_natural_alter(int degree, int is_small, int key_minor);
/* The seventh that a bare 7 means on this degree. */
enum mos_degree roman_own_seventh(struct mos_roman_degree root, uint16_t triad, int key_minor);
/* Mode of the key in which `root` stands: that of what it is applied to. */
int roman_local_minor(const struct mos_roman *roman);

#endif
