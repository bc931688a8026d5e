/* SPDX-License-Identifier: MIT */
/** Strings of checked JSON: as they stand between the quotes, and what they mean. */
#ifndef NVX1_JSON_TEXT_H
#define NVX1_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/** Between the quotes. Borrowed from the document. */
struct json_text {
	const char *at;
	uint32_t len;
	uint8_t escaped; /**< has a backslash */
};

/** Longest prefix without quote, backslash, control character or anything beyond ASCII. */
size_t json_plain(const uint8_t *at, const uint8_t *end);
/** Resolve escapes. @param to  text.len bytes of room. @return length. */
size_t json_decode(struct json_text text, char *to);
/** Its beginning, at most `max` bytes: no escape and no character is cut in two. */
struct json_text json_cut(struct json_text text, uint32_t max);
/** Order by the bytes that they mean. */
int json_text_compare(struct json_text a, struct json_text b);
int json_text_is(struct json_text text, const char *plain);
uint32_t json_text_hash(struct json_text text);

#endif
