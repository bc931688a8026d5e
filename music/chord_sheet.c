/* SPDX-License-Identifier: MIT */
/* What follows the root on lead sheets. Words are collected first, in any order, then made into degrees. */
#include "chord_impl.h"

enum word {
	WORD_NONE,
	WORD_MAJOR,
	WORD_MAJOR_7, /* a triangle: the seventh is meant where no number says more */
	WORD_MINOR,
	WORD_DIMINISHED,
	WORD_HALF,
	WORD_AUGMENTED,
	WORD_SUSPENDED,
	WORD_ADD,
	WORD_NO,
	WORD_ALTERED,
	WORD_DOMINANT,
};

/* Of two that begin alike the longer stands first. `take` less than the word's length: the rest is looked at
 * only. */
static const struct {
	const char *text;
	uint8_t word;
	uint8_t take;
} words[] = {
	{"madd", WORD_MINOR, 1},
	{"maug", WORD_MINOR, 1},
	{"malt", WORD_MINOR, 1},
	{"Madd", WORD_MAJOR, 1},
	{"major", WORD_MAJOR, 5},
	{"maj", WORD_MAJOR, 3},
	{"Major", WORD_MAJOR, 5},
	{"Maj", WORD_MAJOR, 3},
	{"MAJ", WORD_MAJOR, 3},
	{"ma", WORD_MAJOR, 2},
	{"Ma", WORD_MAJOR, 2},
	{"MA", WORD_MAJOR, 2},
	{"minor", WORD_MINOR, 5},
	{"min", WORD_MINOR, 3},
	{"Min", WORD_MINOR, 3},
	{"MIN", WORD_MINOR, 3},
	{"mi", WORD_MINOR, 2},
	{"Mi", WORD_MINOR, 2},
	{"MI", WORD_MINOR, 2},
	{"M", WORD_MAJOR, 1},
	{"m", WORD_MINOR, 1},
	{"\u2212", WORD_MINOR, 3}, /* minus sign */
	{"\u2013", WORD_MINOR, 3}, /* en dash */
	{"\u0394", WORD_MAJOR_7, 2},
	{"\u2206", WORD_MAJOR_7, 3},
	{"\u25b3", WORD_MAJOR_7, 3},
	{"^", WORD_MAJOR_7, 1},
	{"j", WORD_MAJOR, 1},
	{"dim", WORD_DIMINISHED, 3},
	{"\u00b0", WORD_DIMINISHED, 2},
	{"\u00ba", WORD_DIMINISHED, 2},
	{"omit", WORD_NO, 4},
	{"o", WORD_DIMINISHED, 1},
	{"0", WORD_DIMINISHED, 1},
	{"hdim", WORD_HALF, 4},
	{"h", WORD_HALF, 1},
	{"\u00f8", WORD_HALF, 2},
	{"\u00d8", WORD_HALF, 2},
	{"\u2205", WORD_HALF, 3},
	{"aug", WORD_AUGMENTED, 3},
	{"sus", WORD_SUSPENDED, 3},
	{"add", WORD_ADD, 3},
	{"no", WORD_NO, 2},
	{"alt", WORD_ALTERED, 3},
	{"dom", WORD_DOMINANT, 3},
};

struct sheet {
	struct chord_text *t;
	int in_brackets;
	int major, minor, dim, half, aug, altered;
	int sus;         /* bit 0: 2, bit 1: 4 */
	int number;      /* the first: 5 6 7 9 11 13; 69; 0: none */
	int implied;     /* that number was not written */
	int after_major; /* the word before was */
	uint16_t put;    /* altered tones */
	uint16_t add;
	uint16_t no;
};

static enum word next_word(struct chord_text *t)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct chord_text ahead = *t;

		if (chord_take(&ahead, words[i].text)) {
			t->at += words[i].take;
			return words[i].word;
		}
	}
	return WORD_NONE;
}

static int is_digit(const struct chord_text *t, int ahead)
{
	return t->end - t->at > ahead && t->at[ahead] >= '0' && t->at[ahead] <= '9';
}

/* "+" and "-" are a quality behind the root and an accidental behind a number; before a 5 always the latter.
 */
static int takes_sign(struct sheet *s, int *alter)
{
	struct chord_text *t = s->t;
	const int has_number = s->number && !s->implied;
	const char sign = t->at < t->end ? *t->at : '\0';

	if (sign != '+' && sign != '-')
		return 0;
	if (!is_digit(t, 1))
		return 0;
	if (!has_number && !s->in_brackets && t->at[1] != '5')
		return 0;
	t->at++;
	*alter = sign == '+' ? 1 : -1;
	return 1;
}

static int put_altered(struct sheet *s, int alter)
{
	struct chord_text *t = s->t;
	const char *before = t->at;
	const int number = chord_number(t);
	const uint16_t bit = chord_degree_bit(number == 10 ? 3 : number, alter);

	if (!bit || number == 1 || number == 8) {
		t->at = before;
		return 0;
	}
	if (number == 6 || number == 10 || bit & (THIRDS | SEVENTHS))
		s->add |= number == 10 ? MOS_HAS(S9) : bit; /* beside the fifth, "mb6", not in its place */
	else
		s->put |= bit;
	return 1;
}

static int put_number(struct sheet *s)
{
	struct chord_text *t = s->t;
	const char *before = t->at;
	const int first = !s->number || s->implied;
	const int after_major = s->after_major;
	int number = chord_number(t);

	if (number == 6 && first && (chord_take(t, "/9") || chord_take(t, "9")))
		number = 69;
	if (number == 69 || number == 6 || number == 7 || number == 9 || number == 11 || number == 13) {
		/* "C(9)" has no seventh, "Cm(maj9)" has */
		if (first && (!s->in_brackets || number == 7 || after_major)) {
			s->number = number;
			s->implied = 0;
			return 1;
		}
		if (number != 69) {
			s->add |= number == 7 && s->major ? MOS_HAS(7)
				  : number == 7           ? MOS_HAS(B7)
							  : chord_degree_bit(number, 0);
			return 1;
		}
	} else if (number == 5 && first && !s->minor && !s->major && !s->dim && !s->aug) {
		s->number = 5;
		return 1;
	} else if (number == 2) {
		s->add |= MOS_HAS(9);
		return 1;
	} else if (number == 4) {
		if (s->number && !s->implied)
			s->add |= MOS_HAS(11);
		else
			s->sus |= 2;
		return 1;
	}
	t->at = before;
	return 0;
}

/* A tone with its degree, behind "add" or "no". */
static uint16_t take_degree(struct chord_text *t, int *ret_number)
{
	const enum word word = next_word(t);
	const int alter = chord_accidentals(t);

	*ret_number = chord_number(t);
	if (word == WORD_MAJOR && *ret_number == 7)
		return MOS_HAS(7);
	if (word != WORD_NONE)
		return 0;
	return *ret_number == 7 && !alter ? MOS_HAS(B7) : chord_degree_bit(*ret_number, alter);
}

static int put_add(struct sheet *s, int remove)
{
	const char *before = s->t->at;
	int number;
	uint16_t bit = take_degree(s->t, &number);

	if (!bit) {
		s->t->at = before;
		return 0;
	}
	if (!remove) {
		s->add |= bit;
		return 1;
	}
	if (bit == MOS_HAS(3))
		bit = THIRDS;
	else if (bit == MOS_HAS(5))
		bit = FIFTHS;
	s->no |= bit;
	if (!chord_take(s->t, "rd"))
		(void)chord_take(s->t, "th");
	return 1;
}

static void put_suspended(struct sheet *s)
{
	const int which = chord_take(s->t, "24") || chord_take(s->t, "42") ? 3
			  : chord_take(s->t, "2")                          ? 1
			  : chord_take(s->t, "4")                          ? 2
									   : 2;

	s->sus |= which;
}

static void imply_seventh(struct sheet *s)
{
	if (!s->number) {
		s->number = 7;
		s->implied = 1;
	}
}

static int put_word(struct sheet *s, enum word word)
{
	const int has_third = s->minor || s->dim || s->half;

	switch (word) {
	case WORD_MAJOR_7:
		imply_seventh(s);
		[[fallthrough]];
	case WORD_MAJOR:
		if (s->major)
			return 0;
		s->major = 1;
		return 1;
	case WORD_MINOR:
		if (has_third || s->major || s->aug)
			return 0;
		s->minor = 1;
		return 1;
	case WORD_DIMINISHED:
		if (has_third || s->major || s->aug)
			return 0;
		s->dim = 1;
		return 1;
	case WORD_HALF:
		if (has_third || s->major || s->aug)
			return 0;
		s->half = 1;
		imply_seventh(s);
		return 1;
	case WORD_AUGMENTED:
		if (s->aug || s->dim || s->half)
			return 0;
		s->aug = 1;
		return 1;
	case WORD_SUSPENDED:
		put_suspended(s);
		return 1;
	case WORD_ADD:
		return put_add(s, /* remove= */ 0);
	case WORD_NO:
		return put_add(s, /* remove= */ 1);
	case WORD_ALTERED:
		s->altered = 1;
		imply_seventh(s);
		return 1;
	case WORD_DOMINANT:
		imply_seventh(s);
		return !has_third && !s->major;
	case WORD_NONE:
		break;
	}
	return 0;
}

/* What the collected words mean together. */
static uint16_t make_degrees(const struct sheet *s)
{
	unsigned int set = MOS_HAS(1);

	if (s->altered)
		return (uint16_t)((ALTERED | s->put | s->add) & ~s->no);
	if (s->sus)
		set |= (s->sus & 1 ? MOS_HAS(9) : 0) | (s->sus & 2 ? MOS_HAS(11) : 0);
	else if (s->number != 5)
		set |= s->minor || s->dim || s->half ? MOS_HAS(B3) : MOS_HAS(3);
	set |= s->dim || s->half ? MOS_HAS(B5) : s->aug ? MOS_HAS(S5) : MOS_HAS(5);

	if (s->number == 6 || s->number == 69)
		set |= MOS_HAS(13);
	if (s->number == 69)
		set |= MOS_HAS(9);
	if (s->number == 7 || s->number == 9 || s->number == 11 || s->number == 13)
		set |= s->major ? MOS_HAS(7) : s->dim ? MOS_HAS(BB7) : MOS_HAS(B7);
	if (s->number == 9 || s->number == 11 || s->number == 13)
		set |= MOS_HAS(9);
	/* the fourth is left out of major thirteenths, where it hurts the third */
	if (s->number == 11 || (s->number == 13 && (s->minor || s->half)))
		set |= MOS_HAS(11);
	if (s->number == 13)
		set |= MOS_HAS(13);

	/* an altered tone takes the place of the plain one */
	if (s->put & (MOS_HAS(B9) | MOS_HAS(S9)))
		set &= ~MOS_HAS(9);
	if (s->put & MOS_HAS(S11))
		set &= ~MOS_HAS(11);
	if (s->put & MOS_HAS(B13))
		set &= ~(MOS_HAS(13) | MOS_HAS(5));
	if (s->put & (MOS_HAS(B5) | MOS_HAS(S5)))
		set &= ~FIFTHS;
	return (uint16_t)((set | s->put | s->add) & ~s->no);
}

/* Whether a slash goes on with this chord, "Cm/maj7": then take it. */
static int slash_continues(struct chord_text *t)
{
	struct chord_text ahead = *t;

	if (!chord_take(&ahead, "/"))
		return 0;

	const enum word word = next_word(&ahead);

	if (word != WORD_MAJOR && word != WORD_MAJOR_7)
		return 0;
	t->at++;
	return 1;
}

static int put_next(struct sheet *s)
{
	struct chord_text *t = s->t;
	int alter = 0;

	if (s->in_brackets) {
		if (chord_take(t, ")") || chord_take(t, "]")) {
			s->in_brackets = 0;
			return 1;
		}
		if (chord_take(t, ",") || chord_take(t, " ") || chord_take(t, "/"))
			return 1;
	} else if (chord_take(t, "(") || chord_take(t, "[")) {
		s->in_brackets = 1;
		return 1;
	}
	if (takes_sign(s, &alter))
		return put_altered(s, alter);
	if (chord_take(t, "+"))
		return put_word(s, WORD_AUGMENTED);
	if (chord_take(t, "-"))
		return put_word(s, WORD_MINOR);
	alter = chord_accidentals(t);
	if (alter)
		return put_altered(s, alter);
	/* 07 is a diminished seventh: the circle typed as a digit */
	if (is_digit(t, 0) && *t->at != '0')
		return put_number(s);

	const enum word word = next_word(t);

	s->after_major = word == WORD_MAJOR || word == WORD_MAJOR_7;
	return put_word(s, word);
}

/* Another chord, or the end. */
static int is_over(const struct sheet *s)
{
	struct chord_text ahead = *s->t;
	struct mos_tone tone;

	if (s->in_brackets)
		return 0;
	if (ahead.at == ahead.end || *ahead.at == '/' || *ahead.at == ')')
		return 1;
	return chord_take(&ahead, "(") && mos_tone_parse(ahead.at, (size_t)(ahead.end - ahead.at), &tone) > 0;
}

int chord_parse_sheet(struct chord_text *t, struct mos_chord *chord)
{
	struct sheet s = {.t = t};

	while (!is_over(&s) || slash_continues(t)) {
		const char *before = t->at;

		if (!put_next(&s)) {
			t->at = before;
			return 0;
		}
	}
	chord->degrees = make_degrees(&s);
	chord->family = (uint8_t)mos_degrees_family(chord->degrees);
	if (chord->family == MOS_CHORD_NONE) { /* everything was taken out of it */
		t->at = t->end;
		return 0;
	}
	return 1;
}
