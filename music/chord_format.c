/* SPDX-License-Identifier: MIT */
/*
 * A chord's one symbol. A base is chosen that comes near (quality, number), and what it has too little or too
 * much is said behind it, so that every set of degrees can be written and is read back as it was.
 */
#include "chord_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const degree_names[MOS_N_DEGREES] = {
	[MOS_DEGREE_1] = "1",
	[MOS_DEGREE_B9] = "b9",
	[MOS_DEGREE_9] = "9",
	[MOS_DEGREE_S9] = "#9",
	[MOS_DEGREE_B3] = "b3",
	[MOS_DEGREE_3] = "3",
	[MOS_DEGREE_11] = "11",
	[MOS_DEGREE_S11] = "#11",
	[MOS_DEGREE_B5] = "b5",
	[MOS_DEGREE_5] = "5",
	[MOS_DEGREE_S5] = "#5",
	[MOS_DEGREE_B13] = "b13",
	[MOS_DEGREE_13] = "13",
	[MOS_DEGREE_BB7] = "bb7",
	[MOS_DEGREE_B7] = "7",
	[MOS_DEGREE_7] = "maj7",
};

/* The base: its words, and what they mean before anything is added. */
struct base {
	const char *quality; /* "", "m", "dim", "aug" */
	const char *number;  /* "", "6", "7", "maj9" ... */
	const char *sus;
	uint16_t degrees;
	uint16_t altered; /* tones that may be written bare: they take a plain one's place or have it beside
			     them */
};

/* The highest of 7, 9, 11, 13 that `set` fills up to; an altered ninth counts as one. */
static void choose_number(uint16_t set, int is_minor, struct base *base)
{
	static const char *const dominant[] = {"7", "9", "11", "13"};
	static const char *const major[] = {"maj7", "maj9", "maj11", "maj13"};
	const int plain = (set & MOS_HAS(B7)) != 0;
	const int has_9 = (set & NINTHS) != 0;
	const int has_11 = (set & (MOS_HAS(11) | MOS_HAS(S11))) != 0;
	int place = 0;

	base->degrees |= plain ? MOS_HAS(B7) : MOS_HAS(7);
	if (has_9 && set & MOS_HAS(13) && (!is_minor || has_11))
		place = 3;
	else if (has_9 && set & MOS_HAS(11) && !(base->degrees & MOS_HAS(11)))
		place = 2;
	else if (set & MOS_HAS(9))
		place = 1;
	if (place)
		base->degrees |= MOS_HAS(9);
	if (place == 2 || (place == 3 && is_minor))
		base->degrees |= MOS_HAS(11);
	if (place == 3)
		base->degrees |= MOS_HAS(13);
	base->number = plain ? dominant[place] : major[place];
}

static struct base choose_base(uint16_t set)
{
	struct base base = {.quality = "", .number = "", .sus = "", .degrees = MOS_HAS(1)};
	const unsigned int fifth = set & FIFTHS;
	const unsigned int seventh = set & SEVENTHS;
	const int is_minor = !(set & MOS_HAS(3)) && set & MOS_HAS(B3);

	base.degrees |= MOS_HAS(5);
	if (is_minor && fifth == MOS_HAS(B5) && !(seventh & MOS_HAS(B7))) {
		base.quality = "dim";
		base.degrees = MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5);
		if (seventh == MOS_HAS(BB7)) {
			base.number = "7";
			base.degrees |= MOS_HAS(BB7);
		} else if (seventh & MOS_HAS(7)) {
			base.number = "Maj7";
			base.degrees |= MOS_HAS(7);
		}
		return base;
	}
	if (is_minor) {
		base.quality = "m";
		base.degrees |= MOS_HAS(B3);
	} else if (set & MOS_HAS(3)) {
		base.degrees |= MOS_HAS(3);
	} else if (set & MOS_HAS(11)) {
		base.sus = "sus4";
		base.degrees |= MOS_HAS(11);
	} else if (set & MOS_HAS(9)) {
		base.sus = "sus2";
		base.degrees |= MOS_HAS(9);
	} else if (set == (MOS_HAS(1) | MOS_HAS(5))) {
		base.number = "5";
		return base;
	} else {
		base.degrees |= MOS_HAS(3); /* and "no3" behind it */
	}
	if (set & MOS_HAS(3) && fifth == MOS_HAS(S5) && !(seventh & (MOS_HAS(B7) | MOS_HAS(7)))) {
		base.quality = "aug";
		base.degrees = MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(S5);
		return base;
	}
	if (seventh & (MOS_HAS(B7) | MOS_HAS(7))) {
		choose_number(set, is_minor, &base);
	} else if (set & MOS_HAS(13)) {
		const int has_9 = set & MOS_HAS(9) && !(base.degrees & MOS_HAS(9));

		base.number = has_9 ? "69" : "6";
		base.degrees |= MOS_HAS(13) | (has_9 ? MOS_HAS(9) : 0);
	}
	return base;
}

/* Tones that may be written without "add": reading them back takes away just what this chord does not have.
 */
static uint16_t choose_altered(uint16_t set, struct base *base)
{
	unsigned int altered = 0;

	if (base->quality[0] == 'd' || base->quality[0] == 'a')
		return 0;
	if (!(set & MOS_HAS(5)) && set & (MOS_HAS(B5) | MOS_HAS(S5))) {
		altered |= set & (MOS_HAS(B5) | MOS_HAS(S5));
		base->degrees &= (uint16_t)~MOS_HAS(5);
	}
	if (!(set & SEVENTHS) || base->degrees & MOS_HAS(BB7))
		return (uint16_t)altered;
	if (!(set & MOS_HAS(9)) && set & (MOS_HAS(B9) | MOS_HAS(S9))) {
		altered |= set & (MOS_HAS(B9) | MOS_HAS(S9));
		base->degrees &= (uint16_t)~MOS_HAS(9);
	}
	if (!(set & MOS_HAS(11)) && set & MOS_HAS(S11)) {
		altered |= MOS_HAS(S11);
		base->degrees &= (uint16_t)~MOS_HAS(11);
	}
	if (!(set & (MOS_HAS(13) | MOS_HAS(5))) && set & MOS_HAS(B13)) {
		altered |= MOS_HAS(B13);
		base->degrees &= (uint16_t)~(MOS_HAS(13) | MOS_HAS(5));
	}
	return (uint16_t)altered;
}

static void append(char *text, const char *more)
{
	strcat(text, more);
}

/* Behind the root: at most 60 bytes, with every tone named. */
static void format_quality(uint16_t set, char *text)
{
	static const uint8_t order[] = {
		MOS_DEGREE_B5, MOS_DEGREE_S5, MOS_DEGREE_B9, MOS_DEGREE_S9, MOS_DEGREE_S11, MOS_DEGREE_B13};
	struct base base;
	int bracket;

	if (set == ALTERED) {
		append(text, "7alt");
		return;
	}
	base = choose_base(set);
	base.altered = choose_altered(set, &base);
	append(text, base.quality);
	bracket = base.quality[0] == 'm' && base.number[0] == 'm'; /* "mmaj7" is hard to read */
	append(text, bracket ? "(" : "");
	append(text, base.number);
	append(text, bracket ? ")" : "");
	append(text, base.sus);

	/* nothing between the root and an accidental: it would be read as the root's */
	bracket = base.altered && !*text;
	append(text, bracket ? "(" : "");
	for (size_t i = 0; i < sizeof(order); i++) {
		if (base.altered & (1u << order[i]))
			append(text, degree_names[order[i]]);
	}
	append(text, bracket ? ")" : "");

	for (int i = 0; i < MOS_N_DEGREES; i++) {
		if (set & ~(base.degrees | base.altered) & (1u << i)) {
			const int is_flat_6 = i == MOS_DEGREE_B13; /* "mb6": beside the fifth */

			append(text, is_flat_6 && *text ? "" : "add");
			append(text, is_flat_6 ? "b6" : degree_names[i]);
		}
	}
	for (int i = 0; i < MOS_N_DEGREES; i++) {
		if (base.degrees & ~set & (1u << i)) {
			append(text, "no");
			append(text, 1u << i & THIRDS ? "3" : 1u << i & FIFTHS ? "5" : degree_names[i]);
		}
	}
}

int mos_chord_format(const struct mos_chord *chord, char *buf, size_t size)
{
	char quality[160] = "", root[8], bass[8] = "";
	const int has_bass = chord->bass.step != chord->root.step || chord->bass.alter != chord->root.alter;
	int len;

	if (chord->family == MOS_CHORD_NONE) {
		len = snprintf(buf, size, "N.C.");
		return (size_t)len < size ? len : -ENOSPC;
	}
	if (!chord->degrees || mos_tone_format(chord->root, root, sizeof(root)) < 0 ||
		mos_tone_format(chord->bass, bass, sizeof(bass)) < 0)
		return -EINVAL;
	format_quality(chord->degrees, quality);
	len = snprintf(buf, size, "%s%s%s%s", root, quality, has_bass ? "/" : "", has_bass ? bass : "");
	return (size_t)len < size ? len : -ENOSPC;
}
