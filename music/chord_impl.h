/* SPDX-License-Identifier: MIT */
/* What the files of the chord grammar share. */
#ifndef MUSIC_CHORD_IMPL_H
#define MUSIC_CHORD_IMPL_H

#include <string.h>

#include <mos/chord.h>

#define THIRDS (MOS_HAS(B3) | MOS_HAS(3))
#define FIFTHS (MOS_HAS(B5) | MOS_HAS(5) | MOS_HAS(S5))
#define SEVENTHS (MOS_HAS(BB7) | MOS_HAS(B7) | MOS_HAS(7))
#define NINTHS (MOS_HAS(B9) | MOS_HAS(9) | MOS_HAS(S9))
#define ALTERED                                                                                              \
	(MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(B7) | MOS_HAS(B9) | MOS_HAS(S9) | MOS_HAS(S11) | MOS_HAS(B13))

/* Text that is being read; `at` is where reading stops at what makes no sense. */
struct chord_text {
	const char *at;
	const char *end;
};

/* Take `word` from the front; the empty one always is. @return 1 it was there. */
static inline int chord_take(struct chord_text *t, const char *word)
{
	const size_t len = strlen(word);

	if ((size_t)(t->end - t->at) < len || (len && *t->at != *word) || memcmp(t->at, word, len) != 0)
		return 0;
	t->at += len;
	return 1;
}
/* Accidentals, as many as there are up to three. @return their semitones, 0 also where there are none. */
int chord_accidentals(struct chord_text *t);
/* A number of at most two digits. @return -1 there is none. */
int chord_number(struct chord_text *t);
/* Bit of a degree as written, 1..13 with accidentals; 0: there is no such. */
uint16_t chord_degree_bit(int number, int alter);
/* "b7" after the slash in Harte's notation: the tone that it is above `root`. @return 1 it is one. */
int chord_bass_degree(struct chord_text *t, struct mos_tone root, struct mos_tone *ret);

/* Both read what follows the root, up to the slash. @return 1 understood so far. */
int chord_parse_sheet(struct chord_text *t, struct mos_chord *chord);
int chord_parse_harte(struct chord_text *t, struct mos_chord *chord);

#endif
