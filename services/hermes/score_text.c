/* SPDX-License-Identifier: MIT */
/*
 * Text of files that do not say how it is encoded. Old files hold whatever their author's machine used;
 * UTF-8 is recognised safely, and Windows-1252 is the most common of the rest.
 */
#include "score.h"

#include <string.h>

/** Windows-1252, 0x80..0x9f; five are undefined there and become U+FFFD. */
static const uint16_t cp1252_high[32] = {
	0x20ac,
	0xfffd,
	0x201a,
	0x0192,
	0x201e,
	0x2026,
	0x2020,
	0x2021,
	0x02c6,
	0x2030,
	0x0160,
	0x2039,
	0x0152,
	0xfffd,
	0x017d,
	0xfffd,
	0xfffd,
	0x2018,
	0x2019,
	0x201c,
	0x201d,
	0x2022,
	0x2013,
	0x2014,
	0x02dc,
	0x2122,
	0x0161,
	0x203a,
	0x0153,
	0xfffd,
	0x017e,
	0x0178,
};

/** Length of the well-formed UTF-8 sequence at `p`, 0: none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	static const struct {
		uint8_t lead_min, lead_max, second_min, second_max, len;
	} forms[] = {
		{0x00, 0x7f, 0, 0, 1},
		{0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		if (p[0] < forms[f].lead_min || p[0] > forms[f].lead_max)
			continue;
		const size_t len = forms[f].len;
		if (len > left)
			return 0;
		if (len > 1 && (p[1] < forms[f].second_min || p[1] > forms[f].second_max))
			return 0;
		for (size_t i = 2; i < len; i++)
			if ((p[i] & 0xc0) != 0x80)
				return 0;
		return len;
	}
	return 0;
}

static int is_utf8(const uint8_t *text, size_t size)
{
	for (size_t at = 0, len; at < size; at += len) {
		len = utf8_len(text + at, size - at);
		if (!len)
			return 0;
	}
	return 1;
}

/** One Windows-1252 byte as UTF-8. @return bytes written, 1..3. */
static size_t put_cp1252(uint8_t byte, char to[static 3])
{
	const unsigned code = byte >= 0x80 && byte < 0xa0 ? cp1252_high[byte - 0x80] : byte;
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (char)(0xc0 | code >> 6);
		to[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	to[0] = (char)(0xe0 | code >> 12);
	to[1] = (char)(0x80 | (code >> 6 & 0x3f));
	to[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

size_t score_clean_text(const uint8_t *text, size_t size, char ret[static SCORE_STRING_BYTES])
{
	const int utf8 = is_utf8(text, size);
	size_t n = 0;

	for (size_t at = 0; at < size && n + 4 < SCORE_STRING_BYTES;) {
		const uint8_t byte = text[at];
		if (byte < 0x20 || byte == 0x7f) {
			if (n && ret[n - 1] != ' ')
				ret[n++] = ' ';
			at++;
		} else if (byte == ' ' && n == 0) {
			at++;
		} else if (utf8) {
			const size_t len = utf8_len(text + at, size - at);
			memcpy(ret + n, text + at, len);
			n += len;
			at += len;
		} else {
			n += put_cp1252(byte, ret + n);
			at++;
		}
	}
	while (n && ret[n - 1] == ' ')
		n--;
	ret[n] = '\0';
	return n;
}
