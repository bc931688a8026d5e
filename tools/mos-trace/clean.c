/* SPDX-License-Identifier: MIT */
#include "clean.h"

int trace_sequence(const unsigned char *s)
{
	int n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 0;

	if (s[0] >= 0xf0 && s[0] < 0xf5)
		n = 4;
	for (int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		(s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* What a terminal would obey: the control characters of ASCII but line and tab, and those of Latin-1. */
static int is_control(const unsigned char *s)
{
	return (s[0] < 0x20 && s[0] != '\n' && s[0] != '\t') || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

void trace_clean(char *text)
{
	unsigned char *s = (unsigned char *)text;

	while (*s) {
		int n = trace_sequence(s);

		if (n == 0 || is_control(s)) {
			*s++ = '?';
			continue;
		}
		s += n;
	}
}
