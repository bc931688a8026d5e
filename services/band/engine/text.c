/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <string.h>

/** Of the character that begins with this byte; 0: none does. */
static int length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Bytes of the character at `text`; 0: none, or one that was cut off. */
static int character(const unsigned char *text)
{
	const int n = length_of(text[0]);

	for (int i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Longer than needed, surrogates, past the last plane. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] >= 0xa0) ||
		(text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] >= 0x90))
		return 0;
	return n;
}

static bool is_control(unsigned char c)
{
	return c < ' ' || c == 0x7f;
}

bool text_is_clean(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c;) {
		const int n = character(c);

		if (n == 0 || is_control(*c))
			return false;
		c += n;
	}
	return true;
}

void text_settle(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c;) {
		const int n = character(c);

		if (n == 0 || is_control(*c))
			*c = '?';
		c += n ? n : 1;
	}
}

bool text_copy(char *ret, size_t size, const char *text)
{
	size_t len = strlen(text);
	const bool whole = len < size;

	if (!whole) {
		len = size - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(ret, text, len);
	ret[len] = '\0';
	return whole;
}
