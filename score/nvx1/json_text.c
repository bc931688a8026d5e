/* SPDX-License-Identifier: MIT */
#include "json_text.h"

#include <string.h>

#include <score/utf8.h>

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS (ONES * 0x80)

/** High bit of each byte that is below `n` (n <= 0x80); bytes from 0x80 on may be marked too. */
static uint64_t below(uint64_t word, uint64_t n)
{
	return (word - ONES * n) & ~word & HIGHS;
}

size_t json_plain(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	while (end - p >= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		if ((word | below(word, 0x20) | below(word ^ ONES * '"', 1) | below(word ^ ONES * '\\', 1)) &
			HIGHS)
			break;
		p += 8;
	}
	while (p < end && *p >= 0x20 && *p < 0x80 && *p != '"' && *p != '\\')
		p++;
	return (size_t)(p - at);
}

/** Four hexadecimal digits, checked before. */
static uint32_t hex4(const char *at)
{
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		const uint32_t c = (uint8_t)at[i];
		value = value << 4 | ((c & 15u) + (c >> 6) * 9u);
	}
	return value;
}

/** Steps through what a text means, a few bytes at a time. */
struct decoder {
	const char *at, *end;
	char buf[4];
};

/** @return bytes at *ret, 0 at the end. */
static size_t decode_some(struct decoder *d, const char **ret)
{
	if (d->at == d->end)
		return 0;
	*ret = d->at;
	if (*d->at != '\\') {
		const char *stop = memchr(d->at, '\\', (size_t)(d->end - d->at));
		d->at = stop ? stop : d->end;
		return (size_t)(d->at - *ret);
	}
	const char c = d->at[1];
	*ret = d->buf;
	if (c != 'u') {
		static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
		const char *known = strchr(from, c);
		d->buf[0] = known ? to[known - from] : c;
		d->at += 2;
		return 1;
	}
	uint32_t code = hex4(d->at + 2);
	d->at += 6;
	if (code >= 0xd800 && code < 0xdc00) {
		code = 0x10000 + ((code - 0xd800) << 10) + (hex4(d->at + 2) - 0xdc00);
		d->at += 6;
	}
	return score_utf8_put(code, d->buf);
}

size_t json_decode(struct json_text text, char *to)
{
	struct decoder d = {text.at, text.at + text.len};
	const char *piece;
	size_t n = 0, more;
	while ((more = decode_some(&d, &piece)) > 0) {
		memcpy(to + n, piece, more);
		n += more;
	}
	return n;
}

/** Bytes of the character or escape at `at`; of a surrogate, both. */
static uint32_t unit_length(struct json_text text, uint32_t at)
{
	uint32_t n = 1;
	if (text.at[at] == '\\') {
		if (text.at[at + 1] != 'u')
			return 2;
		return (hex4(text.at + at + 2) & 0xfc00) == 0xd800 ? 12 : 6;
	}
	while (at + n < text.len && ((uint8_t)text.at[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

struct json_text json_cut(struct json_text text, uint32_t max)
{
	uint32_t n = 0, more;
	while (n < text.len && n + (more = unit_length(text, n)) <= max)
		n += more;
	text.len = n;
	return text;
}

static int compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	const int order = memcmp(a, b, n_a < n_b ? n_a : n_b);
	return order ? order : (n_a > n_b) - (n_a < n_b);
}

int json_text_compare(struct json_text a, struct json_text b)
{
	if (!a.escaped && !b.escaped)
		return compare_bytes(a.at, a.len, b.at, b.len);
	struct decoder of_a = {a.at, a.at + a.len}, of_b = {b.at, b.at + b.len};
	const char *piece_a = NULL, *piece_b = NULL;
	size_t n_a = 0, n_b = 0;
	for (;;) {
		if (n_a == 0)
			n_a = decode_some(&of_a, &piece_a);
		if (n_b == 0)
			n_b = decode_some(&of_b, &piece_b);
		const size_t n = n_a < n_b ? n_a : n_b;
		if (n == 0)
			return (n_a > 0) - (n_b > 0);
		const int order = memcmp(piece_a, piece_b, n);
		if (order)
			return order;
		piece_a += n;
		piece_b += n;
		n_a -= n;
		n_b -= n;
	}
}

int json_text_is(struct json_text text, const char *plain)
{
	const size_t len = strlen(plain);
	if (!text.escaped)
		return text.len == len && memcmp(text.at, plain, len) == 0;
	return json_text_compare(text, (struct json_text){plain, (uint32_t)len, 0}) == 0;
}

static uint32_t hash_bytes(uint32_t hash, const char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)at[i]) * 0x01000193u;
	return hash;
}

uint32_t json_text_hash(struct json_text text)
{
	uint32_t hash = 0x811c9dc5u;
	if (!text.escaped) {
		hash = hash_bytes(hash, text.at, text.len);
	} else {
		struct decoder d = {text.at, text.at + text.len};
		const char *piece;
		size_t n;
		while ((n = decode_some(&d, &piece)) > 0)
			hash = hash_bytes(hash, piece, n);
	}
	return hash ^ hash >> 15;
}
