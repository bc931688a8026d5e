/* SPDX-License-Identifier: MIT */
/**
 * Walking through JSON that json_check() has passed: no copies, no tree. Each value has to be consumed (read,
 * opened and walked to its end, or skipped) before the next one is asked for. The text is an object or array,
 * or a NUL follows on it. One thread a walker.
 */
#ifndef NVX1_JSON_PULL_H
#define NVX1_JSON_PULL_H

#include <score/bytes.h>
#include <score/nvx_tables.h>

#include "json_check.h"
#include "json_text.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_pull {
	const uint8_t *begin, *at; /**< at: the first byte of a value */
	unsigned depth;
	struct json_level {
		struct json_text key; /**< of the member that is read */
		uint32_t index;       /**< of it */
		uint8_t is_object;
	} level[JSON_MAX_DEPTH];
};

/** `at`: any value inside a checked text, blanks before it allowed. */
void json_pull_init(struct json_pull *pull, const uint8_t *at);
enum json_kind json_kind(const struct json_pull *pull);
/** Go into the object or array that stands here. */
void json_enter(struct json_pull *pull);
/** To the next member or element. @return 1; 0: there is no more, and the object is consumed. */
int json_next(struct json_pull *pull);
/** Key of the member that json_next() went to. */
struct json_text json_key(const struct json_pull *pull);
/** Index of it. */
uint32_t json_index(const struct json_pull *pull);
/** Back to a value of the object that was walked last, for a second look; pointers name it by `key`. The
 * caller puts `at` and `depth` back. */
void json_reenter(struct json_pull *pull, const uint8_t *value, const char *key);
struct json_text json_string(struct json_pull *pull);
/** Any value as it stands. */
struct json_text json_raw(struct json_pull *pull);
/** Of a JSON_BOOL. */
int json_true(struct json_pull *pull);
void json_skip(struct json_pull *pull);
/** RFC 6901 pointer of the value that stands here (or of the object, after its end). @return its length, cut
 * to size - 1. */
size_t json_pointer(const struct json_pull *pull, char *buf, size_t size);

/** The value of a member of the object at `at`; NULL: it has none. O(object). */
const uint8_t *json_find(const uint8_t *at, const char *name);
/** Behind the value at `at`. */
const uint8_t *json_end(const uint8_t *at);

/* Numbers as they stand, without floating point. */

/** @return 0; -ERANGE no whole number or beyond 2^53. */
int json_integer(struct json_text number, int64_t *ret);
/** Times 10^digits, half to even. @return 1 rounded; 0; -ERANGE beyond 2^62. */
int json_decimal(struct json_text number, unsigned digits, int64_t *ret);

/**
 * The value at `at` in canonical form: no blanks, keys sorted, strings escaped as 12.3 asks, numbers as they
 * stand.
 * @param first  Keys of the value itself that come before all others, in this order; may be NULL.
 */
void json_canonical(const uint8_t *at, const struct nvx_words *first, struct score_bytes *out);

#endif
