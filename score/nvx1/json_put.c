/* SPDX-License-Identifier: MIT */
#include "json_put.h"

#include <string.h>

#define MAX_COLUMNS 100u

void json_put_string(struct score_bytes *out, const char *text, size_t len)
{
	static const char hex[] = "0123456789abcdef", from[] = "\"\\\b\t\n\f\r", to[] = "\"\\btnfr";
	const char *end = text + len;

	score_bytes_u8(out, '"');
	for (const char *start = text;; text++) {
		if (text < end && (uint8_t)*text >= 0x20 && *text != '"' && *text != '\\')
			continue;
		score_bytes_put(out, start, (size_t)(text - start));
		if (text == end)
			break;
		const char *known = *text ? strchr(from, *text) : NULL;
		if (known)
			score_bytes_put(out, (char[]){'\\', to[known - from]}, 2);
		else
			score_bytes_put(
				out, (char[]){'\\', 'u', '0', '0', hex[*text >> 4 & 1], hex[*text & 15]}, 6);
		start = text + 1;
	}
	score_bytes_u8(out, '"');
}

void json_put_decimal(struct score_bytes *out, int64_t value, unsigned digits)
{
	char buf[32], *at = buf + sizeof(buf);
	uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	for (; digits > 0 && left % 10 == 0; digits--)
		left /= 10;
	for (; digits > 0; digits--) {
		*--at = (char)('0' + left % 10);
		left /= 10;
		if (digits == 1)
			*--at = '.';
	}
	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	if (value < 0)
		*--at = '-';
	score_bytes_put(out, at, (size_t)(buf + sizeof(buf) - at));
}

void json_put_integer(struct score_bytes *out, int64_t value)
{
	json_put_decimal(out, value, 0);
}

/* ---- pretty ---- */

static const uint8_t *string_end(const uint8_t *at)
{
	for (at++; *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

static const uint8_t *scalar_end(const uint8_t *at, const uint8_t *end)
{
	if (*at == '"')
		return string_end(at);
	while (at < end && *at != ',' && *at != ']' && *at != '}')
		at++;
	return at;
}

/** Behind the object or array that begins here, if it holds scalars only and fits into `room` columns; NULL:
 * not. */
static const uint8_t *short_end(const uint8_t *at, const uint8_t *end, size_t room)
{
	const uint8_t *start = at++;
	size_t blanks = 0;
	while (at < end && (size_t)(at - start) + blanks < room) {
		switch (*at) {
		case '{':
		case '[':
			return NULL;
		case '}':
		case ']':
			return at + 1;
		case ',':
		case ':':
			blanks++;
			at++;
			break;
		case '"':
			at = string_end(at);
			break;
		default:
			at++;
		}
	}
	return NULL;
}

static void put_short(struct score_bytes *out, const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (*at == '"') {
			const uint8_t *stop = string_end(at);
			score_bytes_put(out, at, (size_t)(stop - at));
			at = stop;
			continue;
		}
		score_bytes_u8(out, *at);
		if (*at == ',' || *at == ':')
			score_bytes_u8(out, ' ');
		at++;
	}
}

static void new_line(struct score_bytes *out, unsigned depth)
{
	score_bytes_u8(out, '\n');
	for (unsigned i = 0; i < depth; i++)
		score_bytes_put(out, "  ", 2);
}

void json_put_pretty(struct score_bytes *out, const uint8_t *at, size_t size)
{
	const uint8_t *end = at + size;
	unsigned depth = 0;
	size_t column = 0; /* behind a key */

	while (at < end) {
		switch (*at) {
		case '{':
		case '[': {
			/* a comma may follow */
			const size_t used = 2u * depth + column + 1;
			const uint8_t *stop =
				used < MAX_COLUMNS ? short_end(at, end, MAX_COLUMNS - used + 1) : NULL;
			column = 0;
			if (stop) {
				put_short(out, at, stop);
				at = stop;
				break;
			}
			score_bytes_u8(out, *at++);
			new_line(out, ++depth);
			break;
		}
		case '}':
		case ']':
			new_line(out, --depth);
			score_bytes_u8(out, *at++);
			break;
		case ',':
			score_bytes_u8(out, *at++);
			new_line(out, depth);
			break;
		case ':':
			score_bytes_put(out, ": ", 2);
			at++;
			break;
		default: {
			const uint8_t *stop = scalar_end(at, end);
			score_bytes_put(out, at, (size_t)(stop - at));
			column = stop < end && *stop == ':' ? (size_t)(stop - at) + 2 : 0;
			at = stop;
		}
		}
	}
	score_bytes_u8(out, '\n');
}
