/* SPDX-License-Identifier: MIT */
#include "table_record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <yyjson.h>

enum record_kind record_guess(const uint8_t *bytes, size_t size)
{
	size_t i = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (i < size && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r'))
		i++;
	if (i < size && bytes[i] == '{')
		return RECORD_JSON;
	const uint8_t *end = memchr(bytes, '\n', size);
	const size_t line = end ? (size_t)(end - bytes) : size;
	return memchr(bytes, '\t', line) && !memchr(bytes, ',', line) ? RECORD_TABS : RECORD_COMMAS;
}

static int reserve(struct record *record, size_t size)
{
	if (size <= record->cap)
		return 0;
	char *grown = realloc(record->text, size * 2);
	if (!grown)
		return -ENOMEM;
	record->text = grown;
	record->cap = size * 2;
	return 0;
}

/** Length of the record with its line end. Quotes hide line ends. @return 0: it does not end here. */
static size_t record_len(const uint8_t *bytes, size_t size, int quotes)
{
	int quoted = 0;
	if (!quotes) {
		const uint8_t *end = memchr(bytes, '\n', size);
		return end ? (size_t)(end - bytes) + 1 : 0;
	}
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '"')
			quoted = !quoted;
		else if (bytes[i] == '\n' && !quoted)
			return i + 1;
	}
	return 0;
}

static int split(struct record *record, const uint8_t *bytes, size_t size, char separator)
{
	if (reserve(record, size + 2) < 0)
		return -ENOMEM;
	char *to = record->text;
	record->n = 0;
	for (size_t i = 0;; i++) {
		char *begin = to;
		if (separator == ',' && i < size && bytes[i] == '"') {
			for (i++; i < size; i++) {
				if (bytes[i] == '"' && (i + 1 == size || bytes[i + 1] != '"'))
					break;
				i += bytes[i] == '"';
				*to++ = bytes[i] ? (char)bytes[i] : ' ';
			}
			while (i < size && bytes[i] != ',')
				i++;
		} else {
			for (; i < size && bytes[i] != (uint8_t)separator; i++)
				*to++ = bytes[i] ? (char)bytes[i] : ' ';
		}
		*to++ = '\0';
		if (record->n == RECORD_MAX_CELLS) {
			(void)snprintf(
				record->why, sizeof(record->why), "more than %u cells", RECORD_MAX_CELLS);
			return -EBADMSG;
		}
		record->cell[record->n++] = begin;
		if (i >= size)
			return 1;
	}
}

static int parse(struct record *record, const uint8_t *bytes, size_t size)
{
	yyjson_read_err err;
	yyjson_doc_free(record->doc);
	record->doc = yyjson_read_opts((char *)(uintptr_t)bytes, size, YYJSON_READ_NUMBER_AS_RAW, NULL, &err);
	if (!record->doc || !yyjson_is_obj(yyjson_doc_get_root(record->doc))) {
		(void)snprintf(record->why, sizeof(record->why), "byte %zu of the line: %s",
			record->doc ? 0 : err.pos, record->doc ? "no object" : err.msg);
		return -EBADMSG;
	}
	return 1;
}

int record_read(struct record *record, enum record_kind kind, const uint8_t *bytes, size_t size, int at_end,
	size_t *ret_used)
{
	size_t blank = 0;
	while (blank < size && (bytes[blank] == '\n' || bytes[blank] == '\r'))
		blank++;
	if (blank == size) {
		*ret_used = blank;
		return at_end ? 0 : -EAGAIN;
	}
	bytes += blank;
	size -= blank;
	size_t len = record_len(bytes, size, kind == RECORD_COMMAS);
	if (len == 0) {
		*ret_used = 0;
		if (!at_end)
			return -EAGAIN;
		len = size;
	}
	*ret_used = blank + len;
	while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		len -= 3;
	}
	return kind == RECORD_JSON ? parse(record, bytes, len)
				   : split(record, bytes, len, kind == RECORD_TABS ? '\t' : ',');
}

const char *record_member(const struct record *record, const char *name)
{
	yyjson_obj_iter it = yyjson_obj_iter_with(yyjson_doc_get_root(record->doc));
	for (yyjson_val *key; (key = yyjson_obj_iter_next(&it));) {
		yyjson_val *value = yyjson_obj_iter_get_val(key);
		if (strcasecmp(yyjson_get_str(key), name) != 0)
			continue;
		if (yyjson_is_str(value))
			return yyjson_get_str(value);
		if (yyjson_is_raw(value))
			return yyjson_get_raw(value);
		return NULL;
	}
	return NULL;
}

void record_finish(struct record *record)
{
	free(record->text);
	yyjson_doc_free(record->doc);
	*record = (struct record){0};
}
