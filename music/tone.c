/* SPDX-License-Identifier: MIT */
/* Spelled pitch classes: letters, accidentals, the line of fifths. */
#include "chord_impl.h"

#include <errno.h>
#include <string.h>

static const char letters[] = "CDEFGAB";
static const int8_t step_semitones[7] = {0, 2, 4, 5, 7, 9, 11};

static int floor_mod(int value, int modulus)
{
	return (value % modulus + modulus) % modulus;
}

int mos_tone_class(struct mos_tone tone)
{
	return floor_mod(step_semitones[floor_mod(tone.step, 7)] + tone.alter, 12);
}

int mos_tone_fifths(struct mos_tone tone)
{
	static const int8_t place[7] = {1, 3, 5, 0, 2, 4, 6};

	return place[floor_mod(tone.step, 7)] + 7 * tone.alter;
}

struct mos_tone mos_tone_on_fifths(int pitch_class, int first)
{
	static const int8_t steps[7] = {3, 0, 4, 1, 5, 2, 6}; /* F C G D A E B */
	/* A fifth is 7 semitones and 7 * 7 is 1 modulo 12. */
	const int place = first + floor_mod((pitch_class - 5) * 7 - first, 12);
	const int in_turn = floor_mod(place, 7);

	return (struct mos_tone){.step = steps[in_turn], .alter = (int8_t)((place - in_turn) / 7)};
}

int chord_accidentals(struct chord_text *t)
{
	static const struct {
		const char *text;
		int8_t alter;
	} signs[] = {{"#", 1}, {"b", -1}, {"x", 2}, {"\u266f", 1}, {"\u266d", -1}, {"\u266e", 0},
		{"\U0001d12a", 2}, {"\U0001d12b", -2}};
	int alter = 0;

	/* mostly there is none, as the first byte tells */
	if (t->at == t->end || !strchr("#bx\xe2\xf0", *t->at) || !*t->at)
		return 0;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const char *before = t->at;

		/* all of one direction: "b#" is no accidental but two of them */
		if (alter * signs[i].alter < 0 || !chord_take(t, signs[i].text))
			continue;
		if (alter + signs[i].alter > 3 || alter + signs[i].alter < -3) {
			t->at = before;
			return alter;
		}
		alter += signs[i].alter;
		i = (size_t)-1; /* look again */
	}
	return alter;
}

int chord_number(struct chord_text *t)
{
	int number = 0;
	int n_digits = 0;

	for (; n_digits < 2 && t->at < t->end && *t->at >= '0' && *t->at <= '9'; n_digits++)
		number = number * 10 + (*t->at++ - '0');
	return n_digits ? number : -1;
}

int mos_tone_parse(const char *text, size_t len, struct mos_tone *ret)
{
	struct chord_text t = {text, text + len};
	const char *letter = len && *text ? strchr(letters, *text) : NULL;

	if (!letter)
		return -EINVAL;
	t.at++;
	*ret = (struct mos_tone){.step = (int8_t)(letter - letters)};
	ret->alter = (int8_t)chord_accidentals(&t);
	return (int)(t.at - text);
}

int mos_tone_format(struct mos_tone tone, char *buf, size_t size)
{
	const size_t n_signs = (size_t)(tone.alter < 0 ? -tone.alter : tone.alter);

	if (tone.step < 0 || tone.step > 6 || n_signs > 3)
		return -EINVAL;
	if (size < n_signs + 2)
		return -ENOSPC;
	buf[0] = letters[tone.step];
	memset(buf + 1, tone.alter < 0 ? 'b' : '#', n_signs);
	buf[n_signs + 1] = '\0';
	return (int)n_signs + 1;
}
