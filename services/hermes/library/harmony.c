/* SPDX-License-Identifier: MIT */
#include "harmony.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mos/roman.h>

#define N_FAMILIES 6

uint8_t harmony_token(int root, enum mos_chord_family family)
{
	const int class = ((root % 12) + 12) % 12;
	return family == MOS_CHORD_NONE ? HARMONY_BREAK : (uint8_t)(1 + class * N_FAMILIES + (int)family - 1);
}

int harmony_root(uint8_t token)
{
	return (token - 1) / N_FAMILIES;
}

enum mos_chord_family harmony_family(uint8_t token)
{
	return (enum mos_chord_family)((token - 1) % N_FAMILIES + 1);
}

uint8_t harmony_transpose(uint8_t token, int semitones)
{
	if (token == HARMONY_BREAK || token == HARMONY_ANY)
		return token;
	return harmony_token(harmony_root(token) + semitones, harmony_family(token));
}

void harmony_format(uint8_t token, char buf[static HARMONY_TEXT_MAX])
{
	static const char *const major[12] = {
		"I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII"};
	static const char *const minor[12] = {
		"i", "bii", "ii", "biii", "iii", "iv", "#iv", "v", "bvi", "vi", "bvii", "vii"};
	static const char *const suffix[] = {
		[MOS_CHORD_MAJOR] = "",
		[MOS_CHORD_MINOR] = "",
		[MOS_CHORD_DIMINISHED] = "\u00b0",
		[MOS_CHORD_AUGMENTED] = "+",
		[MOS_CHORD_SUSPENDED] = "sus",
		[MOS_CHORD_OTHER] = "5",
	};
	if (token == HARMONY_BREAK) {
		(void)strcpy(buf, "-");
		return;
	}
	const enum mos_chord_family family = harmony_family(token);
	const int small = family == MOS_CHORD_MINOR || family == MOS_CHORD_DIMINISHED;
	(void)snprintf(
		buf, HARMONY_TEXT_MAX, "%s%s", (small ? minor : major)[harmony_root(token)], suffix[family]);
}

uint32_t harmony_gram(const uint8_t t[static HARMONY_GRAM])
{
	return (uint32_t)t[0] << 21 | (uint32_t)t[1] << 14 | (uint32_t)t[2] << 7 | t[3];
}

static int is_separator(const char *text)
{
	return *text == ' ' || *text == ',' || *text == '|' || *text == '\t' || *text == '-' || *text == '>';
}

/** Bytes to the next separator; a minus inside a symbol ("C-7") is none. */
static size_t word_len(const char *text)
{
	size_t n = 0;
	while (text[n] && !(text[n] == '-' ? n > 0 && (text[n + 1] == '>' || text[n + 1] == ' ')
					   : is_separator(text + n)))
		n++;
	return n;
}

static int is_any(const char *word, size_t len)
{
	return len == 1 && (*word == '?' || *word == '*');
}

static int read_numeral(const char *word, size_t len, int minor, uint8_t *ret, size_t *ret_where)
{
	struct mos_roman roman;
	struct mos_chord chord;
	const struct mos_tonality c = mos_tonality_from_class(0, minor);
	int rc = mos_roman_parse(word, len, minor, &roman, ret_where);
	if (rc == 0)
		rc = mos_roman_to_chord(&roman, c, &chord);
	if (rc == 0)
		*ret = harmony_token(mos_tone_class(chord.root), (enum mos_chord_family)chord.family);
	return rc;
}

static int read_symbol(const char *word, size_t len, uint8_t *ret, size_t *ret_where)
{
	struct mos_chord chord;
	if (mos_chord_parse(word, len, &chord, ret_where) != 0)
		return -EINVAL;
	*ret = harmony_token(mos_tone_class(chord.root), (enum mos_chord_family)chord.family);
	return 0;
}

/** All words as numerals, or all as symbols. */
static int read_words(const char *text, int minor, int symbols, struct harmony_phrase *ret, size_t *ret_where)
{
	ret->n = 0;
	ret->any_key = symbols != 0;
	for (size_t at = 0;;) {
		while (text[at] && is_separator(text + at))
			at++;
		if (!text[at])
			break;
		const size_t len = word_len(text + at);
		uint8_t token = HARMONY_ANY;
		size_t where = 0;
		if (!is_any(text + at, len)) {
			const int rc = symbols ? read_symbol(text + at, len, &token, &where)
					       : read_numeral(text + at, len, minor, &token, &where);
			if (rc < 0 || token == HARMONY_BREAK) {
				*ret_where = at + where;
				return -EINVAL;
			}
		}
		if (ret->n == HARMONY_PHRASE_MAX) {
			*ret_where = at;
			return -E2BIG;
		}
		if (token == HARMONY_ANY || ret->n == 0 || ret->step[ret->n - 1] != token)
			ret->step[ret->n++] = token;
		at += len;
	}
	*ret_where = 0;
	return ret->n ? 0 : -EINVAL;
}

int harmony_phrase_parse(const char *text, int minor, struct harmony_phrase *ret, size_t *ret_where)
{
	size_t where_symbol;
	int rc = read_words(text, minor, 0, ret, ret_where);
	if (rc != -EINVAL)
		return rc;
	rc = read_words(text, minor, 1, ret, &where_symbol);
	if (rc == 0)
		return 0;
	/* The reading that got further is what was meant. */
	if (where_symbol > *ret_where)
		*ret_where = where_symbol;
	return rc;
}
