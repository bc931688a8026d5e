/* SPDX-License-Identifier: MIT */
#include "sfz_value.h"

#include <errno.h>
#include <string.h>

#define MAX_EXPONENT 30

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int sfz_number(const char *text, double *ret)
{
	double value = 0.0, scale = 1.0;
	int negative = 0, digits = 0;

	if (*text == '+' || *text == '-')
		negative = *text++ == '-';
	for (; is_digit(*text); text++, digits++)
		value = value < 1e30 ? value * 10.0 + (*text - '0') : value;
	if (*text == '.')
		for (text++; is_digit(*text); text++, digits++)
			if (scale < 1e18) {
				scale *= 10.0;
				value = value * 10.0 + (*text - '0');
			}
	if (digits == 0)
		return -EINVAL;
	value /= scale;
	if (*text == 'e' || *text == 'E') {
		int down = 0, exponent = 0;

		text++;
		if (*text == '+' || *text == '-')
			down = *text++ == '-';
		for (; is_digit(*text); text++)
			exponent = exponent < MAX_EXPONENT ? exponent * 10 + (*text - '0') : exponent;
		if (exponent > MAX_EXPONENT)
			exponent = MAX_EXPONENT;
		for (; exponent > 0; exponent--)
			value = down ? value / 10.0 : value * 10.0;
	}
	*ret = negative ? -value : value;
	return 0;
}

int sfz_note_number(const char *text, int *ret)
{
	static const char letters[] = "cdefgab";
	static const int semitones[] = {0, 2, 4, 5, 7, 9, 11};
	const char *letter;
	double number;
	int note;

	if (sfz_number(text, &number) == 0) {
		*ret = number > 1e6 ? 1000000 : number < -1e6 ? -1000000 : (int)number;
		return 0;
	}
	letter = *text ? strchr(letters, *text | 0x20) : NULL;
	if (!letter)
		return -EINVAL;
	note = semitones[letter - letters];
	text++;
	if (*text == '#')
		note++, text++;
	else if (*text == 'b' || *text == 'B')
		note--, text++;
	else if (strncmp(text, "\u266f", 3) == 0)
		note++, text += 3;
	else if (strncmp(text, "\u266d", 3) == 0)
		note--, text += 3;
	if (!is_digit(*text) && *text != '-')
		return -EINVAL;
	if (sfz_number(text, &number) < 0 || number < -1 || number > 9)
		return -EINVAL;
	*ret = note + 12 * ((int)number + 1);
	return 0;
}
