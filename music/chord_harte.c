/* SPDX-License-Identifier: MIT */
/* Harte's notation behind the colon: a name, then tones to add and, with a star, to leave out. */
#include "chord_impl.h"

#define TRIAD (MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5))
#define MINOR_TRIAD (MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5))
#define DOMINANT (TRIAD | MOS_HAS(B7))
#define MAJOR_7 (TRIAD | MOS_HAS(7))
#define MINOR_7 (MINOR_TRIAD | MOS_HAS(B7))

/* Of two names that begin alike the longer stands first. */
static const struct {
	const char *name;
	uint16_t degrees;
	uint8_t family;
} names[] = {
	{"maj13", MAJOR_7 | MOS_HAS(9) | MOS_HAS(11) | MOS_HAS(13), MOS_CHORD_MAJOR},
	{"maj11", MAJOR_7 | MOS_HAS(9) | MOS_HAS(11), MOS_CHORD_MAJOR},
	{"maj9", MAJOR_7 | MOS_HAS(9), MOS_CHORD_MAJOR},
	{"maj7", MAJOR_7, MOS_CHORD_MAJOR},
	{"maj6", TRIAD | MOS_HAS(13), MOS_CHORD_MAJOR},
	{"maj", TRIAD, MOS_CHORD_MAJOR},
	{"minmaj7", MINOR_TRIAD | MOS_HAS(7), MOS_CHORD_MINOR},
	{"min13", MINOR_7 | MOS_HAS(9) | MOS_HAS(11) | MOS_HAS(13), MOS_CHORD_MINOR},
	{"min11", MINOR_7 | MOS_HAS(9) | MOS_HAS(11), MOS_CHORD_MINOR},
	{"min9", MINOR_7 | MOS_HAS(9), MOS_CHORD_MINOR},
	{"min7", MINOR_7, MOS_CHORD_MINOR},
	{"min6", MINOR_TRIAD | MOS_HAS(13), MOS_CHORD_MINOR},
	{"min", MINOR_TRIAD, MOS_CHORD_MINOR},
	{"hdim7", MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5) | MOS_HAS(B7), MOS_CHORD_DIMINISHED},
	{"dim7", MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5) | MOS_HAS(BB7), MOS_CHORD_DIMINISHED},
	{"dim", MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5), MOS_CHORD_DIMINISHED},
	{"aug", MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(S5), MOS_CHORD_AUGMENTED},
	{"sus2", MOS_HAS(1) | MOS_HAS(9) | MOS_HAS(5), MOS_CHORD_SUSPENDED},
	{"sus4", MOS_HAS(1) | MOS_HAS(11) | MOS_HAS(5), MOS_CHORD_SUSPENDED},
	{"13", DOMINANT | MOS_HAS(9) | MOS_HAS(11) | MOS_HAS(13), MOS_CHORD_MAJOR},
	{"11", DOMINANT | MOS_HAS(9) | MOS_HAS(11), MOS_CHORD_MAJOR},
	{"9", DOMINANT | MOS_HAS(9), MOS_CHORD_MAJOR},
	{"7", DOMINANT, MOS_CHORD_MAJOR},
	{"5", MOS_HAS(1) | MOS_HAS(5), MOS_CHORD_OTHER},
	{"1", MOS_HAS(1), MOS_CHORD_OTHER},
};

/* "(b7,*5)". What is named with a star counts for the family: a major chord without its third is one. */
static int parse_list(struct chord_text *t, uint16_t *set, uint16_t *named)
{
	do {
		const int omit = chord_take(t, "*");
		const int alter = chord_accidentals(t);
		const uint16_t bit = chord_degree_bit(chord_number(t), alter);

		if (!bit)
			return 0;
		*named |= bit;
		if (omit)
			*set &= (uint16_t)~bit;
		else
			*set |= bit;
	} while (chord_take(t, ","));
	return chord_take(t, ")");
}

int chord_parse_harte(struct chord_text *t, struct mos_chord *chord)
{
	uint16_t named = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!chord_take(t, names[i].name))
			continue;
		chord->degrees = names[i].degrees;
		chord->family = names[i].family;
		return !chord_take(t, "(") || parse_list(t, &chord->degrees, &named);
	}
	if (!chord_take(t, "(") || !parse_list(t, &chord->degrees, &named))
		return 0;
	chord->family = named & THIRDS ? (uint8_t)mos_degrees_family(named) : MOS_CHORD_OTHER;
	return 1;
}
