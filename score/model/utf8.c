/* SPDX-License-Identifier: MIT */
#include <score/utf8.h>

#include <string.h>

size_t score_utf8_len(const uint8_t *text, size_t left)
{
	const uint8_t lead = text[0];
	if (lead < 0x80)
		return 1;
	/* The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF. */
	uint8_t min = 0x80, max = 0xbf;
	size_t len;
	if (lead >= 0xc2 && lead <= 0xdf) {
		len = 2;
	} else if (lead >= 0xe0 && lead <= 0xef) {
		len = 3;
		if (lead == 0xe0)
			min = 0xa0;
		else if (lead == 0xed)
			max = 0x9f;
	} else if (lead >= 0xf0 && lead <= 0xf4) {
		len = 4;
		if (lead == 0xf0)
			min = 0x90;
		else if (lead == 0xf4)
			max = 0x8f;
	} else {
		return 0;
	}
	if (len > left || text[1] < min || text[1] > max)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t score_utf8_valid(const void *text, size_t size)
{
	const uint8_t *p = text;
	size_t at = 0;
	while (at < size) {
		uint64_t eight;
		if (size - at >= sizeof(eight)) {
			memcpy(&eight, p + at, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				at += sizeof(eight);
				continue;
			}
		}
		const size_t len = score_utf8_len(p + at, size - at);
		if (!len)
			break;
		at += len;
	}
	return at;
}

size_t score_utf8_cut(const void *text, size_t size, size_t max)
{
	const uint8_t *p = text;
	if (size <= max)
		return size;
	while (max > 0 && (p[max] & 0xc0) == 0x80)
		max--;
	return max;
}

size_t score_utf8_put(uint32_t code, char to[static 4])
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = len; i-- > 1; code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(lead[len] | code);
	return len;
}
