/* SPDX-License-Identifier: MIT */
/* UTF-8 checks; the table of well-formed sequences is Unicode's table 3-7. */
#include <stdint.h>
#include <string.h>

#include "wire_utf8.h"

/* Length of the well-formed character at `p`, 0: none starts here. *ret_cut: it may go on beyond the end. */
static size_t char_len(const uint8_t *p, size_t left, int *ret_cut)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t len;

	*ret_cut = 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < len; i++) {
		if (i == left) {
			*ret_cut = 1;
			return 0;
		}
		if (p[i] < low || p[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

int wire_utf8_valid(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;
	int cut;

	while (len) {
		size_t n = char_len(p, len, &cut);

		if (!n)
			return 0;
		p += n;
		len -= n;
	}
	return 1;
}

void wire_utf8_mend(char *text)
{
	uint8_t *p = (uint8_t *)text;
	size_t left = strlen(text);

	while (left) {
		int cut;
		size_t n = char_len(p, left, &cut);

		if (cut) {
			*p = 0;
			return;
		}
		if (!n || *p < 0x20 || *p == 0x7f) {
			*p = '?';
			n = 1;
		}
		p += n;
		left -= n;
	}
}
