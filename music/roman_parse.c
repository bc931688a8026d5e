/* SPDX-License-Identifier: MIT */
/* Reading numerals. */
#include "roman_impl.h"

#include <errno.h>
#include <string.h>

enum quality {
	QUALITY_CASE, /* as the letters say */
	QUALITY_DIMINISHED,
	QUALITY_FULLY, /* with a diminished seventh */
	QUALITY_HALF,
	QUALITY_AUGMENTED,
};

/* Figures; of two that begin alike the longer stands first. */
static const struct {
	const char *text;
	int8_t inversion;
	int8_t has_seventh;
	int8_t up_to; /* 9, 11, 13; 5: a fifth alone */
} figures[] = {
	{"6/5", 1, 1, 0},
	{"65", 1, 1, 0},
	{"6/4/3", 2, 1, 0},
	{"6/4/2", 3, 1, 0},
	{"6/4", 2, 0, 0},
	{"64", 2, 0, 0},
	{"6", 1, 0, 0},
	{"7", 0, 1, 0},
	{"4/3", 2, 1, 0},
	{"43", 2, 1, 0},
	{"4/2", 3, 1, 0},
	{"42", 3, 1, 0},
	{"2", 3, 1, 0},
	{"9", 0, 1, 9},
	{"11", 0, 1, 11},
	{"13", 0, 1, 13},
	{"5/3", 0, 0, 0},
	{"5", 0, 0, 5},
};

struct numeral {
	struct chord_text t;
	struct mos_roman roman;
	enum quality quality;
	int has_seventh, up_to, major_7, dominant, sus, altered;
	uint16_t add, no, put;
};

/* Accidentals before the letters, and the letters; where they stand in the major scale. */
static int parse_degree(struct chord_text *t, int key_minor, struct mos_roman_degree *ret)
{
	static const char *const letters[] = {
		"VII", "VI", "IV", "V", "III", "II", "I", "vii", "vi", "iv", "v", "iii", "ii", "i"};
	static const int8_t numbers[] = {7, 6, 4, 5, 3, 2, 1};
	const char *before = t->at;
	const int alter = chord_accidentals(t);
	const int is_written = t->at != before;

	for (int i = 0; i < 14; i++) {
		if (!chord_take(t, letters[i]))
			continue;

		const int degree = numbers[i % 7];
		const int is_small = i >= 7;
		int natural = roman_natural_alter(degree, is_small, key_minor);

		/* in minor a written flat reminds of the natural degree, a sharp raises that one */
		if (is_written && key_minor && (degree == 3 || degree == 6 || degree == 7))
			natural = alter > 0 ? -1 : 0;
		*ret = (struct mos_roman_degree){
			.degree = (int8_t)degree,
			.alter = (int8_t)(natural + alter),
			.minor = (uint8_t)is_small,
		};
		return ret->alter >= -2 && ret->alter <= 2 && alter >= -2 && alter <= 2;
	}
	return 0;
}

static int parse_special(struct numeral *n)
{
	static const struct {
		const char *text;
		uint8_t special;
		uint16_t degrees;
	} names[] = {
		{"Ger", MOS_ROMAN_GERMAN, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(B7)},
		{"Fr", MOS_ROMAN_FRENCH, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(B5) | MOS_HAS(B7)},
		{"It", MOS_ROMAN_ITALIAN, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(B7)},
		{"N", MOS_ROMAN_NEAPOLITAN, MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5)},
	};
	static const char *const after[] = {"+6", "6/5", "65", "4/3", "43", "6", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!chord_take(&n->t, names[i].text))
			continue;
		n->roman.special = names[i].special;
		n->roman.degrees = names[i].degrees;
		n->roman.root = names[i].special == MOS_ROMAN_NEAPOLITAN
					? (struct mos_roman_degree){.degree = 2, .alter = -1}
					: (struct mos_roman_degree){.degree = 6, .alter = -1};
		n->roman.family = MOS_CHORD_MAJOR;
		for (size_t j = 0; j < sizeof(after) / sizeof(after[0]); j++) {
			if (chord_take(&n->t, after[j])) {
				/* a Neapolitan without figure is in root position */
				n->roman.inversion = names[i].special == MOS_ROMAN_NEAPOLITAN && *after[j];
				break;
			}
		}
		return 1;
	}
	return 0;
}

static enum quality parse_quality(struct chord_text *t)
{
	static const struct {
		const char *text;
		uint8_t quality;
	} signs[] = {{"/o", QUALITY_HALF}, {"\u00f8", QUALITY_HALF}, {"h", QUALITY_HALF},
		{"o", QUALITY_DIMINISHED}, {"\u00b0", QUALITY_DIMINISHED}, {"x", QUALITY_FULLY},
		{"a", QUALITY_AUGMENTED}};
	struct chord_text ahead = *t;

	/* "V+9" adds, "III+6" is augmented and inverted */
	if (chord_take(&ahead, "+")) {
		const int number = chord_number(&ahead);

		if (number == 9 || number == 11 || number == 13)
			return QUALITY_CASE;
		t->at++;
		return QUALITY_AUGMENTED;
	}
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (signs[i].quality == QUALITY_AUGMENTED && t->end - t->at > 1 && strchr("dl", t->at[1]))
			continue; /* "add", and "alt" */
		if (chord_take(t, signs[i].text))
			return (enum quality)signs[i].quality;
	}
	return QUALITY_CASE;
}

static int parse_suspension(struct numeral *n)
{
	if (!chord_take(&n->t, "sus") && !chord_take(&n->t, "s"))
		return 0;
	if (chord_take(&n->t, "2")) {
		n->sus |= 1;
	} else {
		(void)chord_take(&n->t, "4");
		n->sus |= 2;
	}
	return 1;
}

/* "[no3]", "[#3]", "[maj7]", "[no3no5]" and the same without brackets behind "add" and "no". */
static int parse_change(struct numeral *n)
{
	struct chord_text *t = &n->t;
	const int remove = chord_take(t, "no");
	const int explicit_add = !remove && (chord_take(t, "add") || chord_take(t, "+"));
	const int is_major_7 = !remove && chord_take(t, "maj");
	const int alter = chord_accidentals(t);
	const int number = chord_number(t);
	/* a sharp third is a major one, and a seventh alone the minor one */
	const int natural = number == 3 && alter > 0 ? -1 : number == 7 && !is_major_7 ? -1 : 0;
	const uint16_t bit = chord_degree_bit(number, alter + natural);

	if (is_major_7) {
		n->major_7 = 1;
		return number == 7 && !alter;
	}
	if (!bit)
		return 0;
	if (remove)
		n->no |= number == 3 ? THIRDS : number == 5 ? FIFTHS : number == 7 ? SEVENTHS : bit;
	else if (explicit_add || alter == 0)
		n->add |= bit;
	else
		n->put |= bit;
	return 1;
}

static int parse_rest(struct numeral *n)
{
	struct chord_text *t = &n->t;

	while (t->at != t->end && *t->at != '/') {
		if (parse_suspension(n))
			continue;
		if (chord_take(t, "alt")) {
			n->altered = 1;
			continue;
		}
		if (chord_take(t, "[")) {
			while (!chord_take(t, "]")) {
				if (!parse_change(n))
					return 0;
			}
			continue;
		}
		if (strchr("#b+an", *t->at) == NULL || !parse_change(n))
			return 0;
	}
	return 1;
}

static void parse_figures(struct numeral *n)
{
	if (chord_take(&n->t, "maj")) {
		n->major_7 = 1;
		n->has_seventh = 1;
	}
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		if (!chord_take(&n->t, figures[i].text))
			continue;
		n->roman.inversion = (uint8_t)figures[i].inversion;
		n->has_seventh |= figures[i].has_seventh;
		n->up_to = figures[i].up_to;
		return;
	}
}

static uint16_t make_triad(const struct numeral *n)
{
	unsigned int set = MOS_HAS(1);

	if (n->up_to == 5)
		return MOS_HAS(1) | MOS_HAS(5);
	switch (n->quality) {
	case QUALITY_DIMINISHED:
	case QUALITY_FULLY:
	case QUALITY_HALF:
		return MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5);
	case QUALITY_AUGMENTED:
		set |= MOS_HAS(S5);
		break;
	case QUALITY_CASE:
		set |= MOS_HAS(5);
		break;
	}
	if (n->sus)
		return (uint16_t)(set | (n->sus & 1 ? MOS_HAS(9) : 0) | (n->sus & 2 ? MOS_HAS(11) : 0));
	return (uint16_t)(set | (n->roman.root.minor ? MOS_HAS(B3) : MOS_HAS(3)));
}

/* What was read, as tones. Needs to know the mode of the key in which it stands. */
static void make_chord(struct numeral *n)
{
	const uint16_t triad = make_triad(n);
	unsigned int set = triad;
	enum mos_degree seventh;

	n->roman.family = n->up_to == 5 ? MOS_CHORD_OTHER
			  : n->sus      ? (n->roman.root.minor ? MOS_CHORD_MINOR : MOS_CHORD_MAJOR)
					: (uint8_t)mos_degrees_family(triad);
	if (n->major_7)
		seventh = MOS_DEGREE_7;
	else if (n->quality == QUALITY_DIMINISHED || n->quality == QUALITY_FULLY)
		seventh = MOS_DEGREE_BB7;
	else if (n->quality == QUALITY_HALF || n->dominant)
		seventh = MOS_DEGREE_B7;
	else
		seventh = roman_own_seventh(n->roman.root, triad, roman_local_minor(&n->roman));
	if (n->has_seventh || n->major_7)
		set |= 1u << seventh;
	if (n->up_to == 9 || n->up_to == 11 || n->up_to == 13)
		set |= MOS_HAS(9);
	if (n->up_to == 11)
		set |= MOS_HAS(11);
	if (n->up_to == 13)
		set |= MOS_HAS(13);
	if (n->put & (MOS_HAS(B9) | MOS_HAS(S9)))
		set &= ~MOS_HAS(9);
	if (n->put & (FIFTHS | MOS_HAS(B13)))
		set &= ~FIFTHS;
	if (n->put & THIRDS)
		set &= ~THIRDS;
	if (n->put & SEVENTHS)
		set &= ~SEVENTHS;
	if (n->altered)
		set = ALTERED;
	n->roman.degrees = (uint16_t)((set | n->put | n->add) & ~n->no);
}

int mos_roman_parse(const char *text, size_t len, int minor, struct mos_roman *ret, size_t *ret_where)
{
	struct numeral n = {.roman.minor = minor != 0};

	n.t = (struct chord_text){text, text + (len == SIZE_MAX ? strlen(text) : len)};
	if (!parse_special(&n)) {
		const struct chord_text start = n.t;

		if (!parse_degree(&n.t, minor, &n.roman.root))
			goto invalid;
		n.quality = parse_quality(&n.t);
		n.dominant = chord_take(&n.t, "d");
		parse_figures(&n);
		if (!parse_rest(&n))
			goto invalid;
		/* what it is applied to decides how its own letters are read */
		struct chord_text of = n.t;

		while (chord_take(&of, "/")) {
			if (n.roman.n_of == MOS_ROMAN_OF_MAX ||
				!parse_degree(&of, minor, &n.roman.of[n.roman.n_of]))
				goto invalid;
			n.t = of;
			n.roman.n_of++;
		}
		if (!parse_rest(&n))
			goto invalid;
		if (n.roman.n_of) {
			struct chord_text again = start;

			(void)parse_degree(&again, n.roman.of[0].minor, &n.roman.root);
		}
		make_chord(&n);
	}
	if (n.t.at != n.t.end || !n.roman.degrees)
		goto invalid;
	*ret = n.roman;
	return 0;

invalid:
	if (ret_where)
		*ret_where = (size_t)(n.t.at - text);
	return -EINVAL;
}
