/* SPDX-License-Identifier: MIT */
/* Writing numerals. */
#include "roman_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const large[] = {"I", "II", "III", "IV", "V", "VI", "VII"};
static const char *const small[] = {"i", "ii", "iii", "iv", "v", "vi", "vii"};

static int format_degree(struct mos_roman_degree d, int key_minor, char *text)
{
	static const char *const signs[] = {"bb", "b", "", "#", "##"};
	const char *sign;
	int alter = d.alter;

	if (d.degree < 1 || d.degree > 7 || alter < -2 || alter > 2)
		return 0;
	if (key_minor && (d.degree == 3 || d.degree == 6 || d.degree == 7)) {
		/* seen from what the bare letters mean; a flat that is written out means the natural degree
		 */
		const int bare = roman_natural_alter(d.degree, d.minor, key_minor);

		if (alter == bare)
			alter = 0;
		else if (alter == 0)
			alter = 1; /* raised */
		else if (alter > 0)
			alter++;
	}
	if (alter > 2)
		return 0;
	sign = signs[alter + 2];
	strcat(text, sign);
	strcat(text, d.minor ? small[d.degree - 1] : large[d.degree - 1]);
	return 1;
}

static const char *figure_of(int inversion, int has_seventh)
{
	static const char *const triad[] = {"", "6", "64", ""};
	static const char *const seventh[] = {"7", "65", "43", "42"};

	return has_seventh ? seventh[inversion] : triad[inversion];
}

/* Quality, seventh and figure. */
static void format_figures(const struct mos_roman *r, char *text)
{
	const uint16_t set = r->degrees;
	const unsigned int seventh = set & SEVENTHS;
	const int is_dim = set & MOS_HAS(B3) && (set & FIFTHS) == MOS_HAS(B5);
	const int is_aug = set & MOS_HAS(3) && (set & FIFTHS) == MOS_HAS(S5);
	const int is_power = set == (MOS_HAS(1) | MOS_HAS(5));
	const uint16_t own = (uint16_t)(1u << roman_own_seventh(r->root, set, roman_local_minor(r)));

	if (is_dim)
		strcat(text, seventh == MOS_HAS(B7) ? "\u00f8" : "o");
	else if (is_aug)
		strcat(text, "+");
	if (seventh == MOS_HAS(7) && (is_dim || seventh != own))
		strcat(text, "maj");
	else if (seventh == MOS_HAS(B7) && !is_dim && seventh != own)
		strcat(text, "d");

	/* the highest plain tension says the others; with an inversion there is no room for it */
	if (seventh && !r->inversion && set & MOS_HAS(9)) {
		strcat(text, set & MOS_HAS(13) ? "13" : set & MOS_HAS(11) && set & THIRDS ? "11" : "9");
		return;
	}
	strcat(text, is_power ? "5" : figure_of(r->inversion, seventh != 0));
}

static void format_changes(const struct mos_roman *r, char *text)
{
	static const struct {
		uint16_t bit;
		const char *text;
	} altered[] = {{MOS_HAS(B5), "b5"}, {MOS_HAS(B9), "b9"}, {MOS_HAS(S9), "#9"}, {MOS_HAS(S11), "#11"},
		{MOS_HAS(B13), "b13"}};
	const uint16_t set = r->degrees;
	const unsigned int seventh = set & SEVENTHS;

	if (!(set & THIRDS) && set & (MOS_HAS(11) | MOS_HAS(9))) {
		if (set & MOS_HAS(11))
			strcat(text, "sus4");
		else
			strcat(text, "sus2");
	}
	if (r->inversion)
		return;
	if (set == ALTERED) {
		strcat(text, "alt");
		return;
	}
	for (size_t i = 0; i < sizeof(altered) / sizeof(altered[0]); i++) {
		if (!(set & altered[i].bit) || (altered[i].bit == MOS_HAS(B5) && set & MOS_HAS(B3)))
			continue;
		const int is_beside = altered[i].bit == MOS_HAS(B13) && set & MOS_HAS(5);

		strcat(text, seventh && !is_beside ? "" : "add");
		strcat(text, is_beside ? "b6" : altered[i].text);
	}
	if (set & MOS_HAS(9) && !seventh && set & THIRDS)
		strcat(text, "add9");
	if (set & MOS_HAS(11) && set & THIRDS && !(seventh && set & MOS_HAS(9)))
		strcat(text, "add11");
	if (set & MOS_HAS(13) && !(seventh && set & MOS_HAS(9)))
		strcat(text, "add6");
}

int mos_roman_format(const struct mos_roman *roman, char *buf, size_t size)
{
	static const char *const special[] = {
		[MOS_ROMAN_NEAPOLITAN] = "N6",
		[MOS_ROMAN_ITALIAN] = "It6",
		[MOS_ROMAN_FRENCH] = "Fr43",
		[MOS_ROMAN_GERMAN] = "Ger65",
	};
	char text[MOS_ROMAN_TEXT_MAX] = "";
	int len;

	if (roman->special > MOS_ROMAN_GERMAN || roman->inversion > 3 || roman->n_of > MOS_ROMAN_OF_MAX)
		return -EINVAL;
	if (roman->special == MOS_ROMAN_NEAPOLITAN && !roman->inversion) {
		strcat(text, "N");
	} else if (roman->special != MOS_ROMAN_PLAIN) {
		strcat(text, special[roman->special]);
	} else {
		if (!format_degree(roman->root, roman_local_minor(roman), text))
			return -EINVAL;
		format_figures(roman, text);
		format_changes(roman, text);
	}
	for (int i = 0; i < roman->n_of; i++) {
		strcat(text, "/");
		if (!format_degree(
			    roman->of[i], i + 1 < roman->n_of ? roman->of[i + 1].minor : roman->minor, text))
			return -EINVAL;
	}
	len = snprintf(buf, size, "%s", text);
	return (size_t)len < size ? len : -ENOSPC;
}
