/* SPDX-License-Identifier: MIT */
/** Reading JSON members by table, with the JSON pointer of what is wrong. */
#ifndef THEATER_SCENE_JSON_H
#define THEATER_SCENE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <yyjson.h>

/** Larger files are refused: a scene of 256 items is 40 KiB. */
#define JSON_FILE_MAX (256u << 10)

struct json_reader {
	char *fault; /**< "/items/3/at: four numbers are expected" */
	size_t fault_size;
	char path[160];
	size_t len;
};

/** A member of a map; the table ends with a NULL name. */
struct json_member {
	const char *name;
	uint8_t needed;
	/** @return 0; -EINVAL, refused; -ENOMEM. */
	int (*read)(struct json_reader *r, yyjson_val *val, void *into);
};

/** @return the document; NULL with *ret_rc -EINVAL (fault says line, column and byte) or -ENOMEM. */
yyjson_doc *json_open(
	struct json_reader *r, const char *json, size_t size, char *fault, size_t fault_size, int *ret_rc);

/** @return -EINVAL. */
int json_refuse(struct json_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Go into a member or an element. @return where to go back to, for json_leave(). */
size_t scene_json_enter(struct json_reader *r, const char *key);
size_t json_enter_at(struct json_reader *r, size_t index);
void json_leave(struct json_reader *r, size_t mark);

/** Each member known, given once, and those that are needed there. */
int json_members(struct json_reader *r, yyjson_val *map, const struct json_member *members, void *into);

int json_number(struct json_reader *r, yyjson_val *val, double min, double max, double *ret);
int json_whole(struct json_reader *r, yyjson_val *val, int64_t min, int64_t max, int64_t *ret);
int json_flag(struct json_reader *r, yyjson_val *val, uint8_t *ret);
/** Text for people: UTF-8 without control characters, 1 to size - 1 bytes. */
int json_text(struct json_reader *r, yyjson_val *val, char *ret, size_t size);
/** A name: a letter or digit, then letters a-z, digits, - and _. */
int json_name(struct json_reader *r, yyjson_val *val, char *ret, size_t size);
/** One of `words` (ends with NULL). @return its index; -EINVAL. */
int json_choice(struct json_reader *r, yyjson_val *val, const char *const *words);

#endif
