/* SPDX-License-Identifier: MIT */
#include "json_pull.h"

#include <errno.h>
#include <string.h>

static const uint8_t *blank(const uint8_t *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
		at++;
	return at;
}

/** Behind the string whose opening quote is at `at`. The text is checked: a closing quote comes. */
static const uint8_t *end_of_string(const uint8_t *at, uint8_t *escaped)
{
	*escaped = 0;
	for (at++; *at != '"'; at++) {
		if (*at == '\\') {
			*escaped = 1;
			at++;
		}
	}
	return at + 1;
}

static struct json_text string_at(const uint8_t *at)
{
	struct json_text text = {.at = (const char *)at + 1};
	text.len = (uint32_t)(end_of_string(at, &text.escaped) - at) - 2;
	return text;
}

const uint8_t *json_end(const uint8_t *at)
{
	unsigned depth = 0;
	uint8_t escaped;
	at = blank(at);
	do {
		switch (*at) {
		case '"':
			at = end_of_string(at, &escaped);
			break;
		case '{':
		case '[':
			depth++;
			at++;
			break;
		case '}':
		case ']':
			depth--;
			at++;
			break;
		case ',':
		case ':':
		case ' ':
		case '\t':
		case '\n':
		case '\r':
			at++;
			break;
		default: /* a number or a word */
			while ((*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || *at == '.' ||
				*at == '-' || *at == '+' || *at == 'E')
				at++;
		}
	} while (depth > 0);
	return at;
}

void json_pull_init(struct json_pull *pull, const uint8_t *at)
{
	pull->begin = at;
	pull->at = blank(at);
	pull->depth = 0;
}

enum json_kind json_kind(const struct json_pull *pull)
{
	switch (*pull->at) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
	case 'f':
		return JSON_BOOL;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

void json_enter(struct json_pull *pull)
{
	struct json_level *level = &pull->level[pull->depth++];
	level->is_object = *pull->at == '{';
	level->index = UINT32_MAX;
	level->key.at = NULL;
	pull->at++;
}

int json_next(struct json_pull *pull)
{
	struct json_level *level = &pull->level[pull->depth - 1];
	pull->at = blank(pull->at);
	if (*pull->at == '}' || *pull->at == ']') {
		pull->at++;
		pull->depth--;
		return 0;
	}
	if (*pull->at == ',')
		pull->at = blank(pull->at + 1);
	level->index++;
	if (level->is_object) {
		level->key = string_at(pull->at);
		pull->at = blank((const uint8_t *)level->key.at + level->key.len + 1);
		pull->at = blank(pull->at + 1);
	}
	return 1;
}

void json_reenter(struct json_pull *pull, const uint8_t *value, const char *key)
{
	struct json_level *level = &pull->level[pull->depth++];
	level->key = (struct json_text){key, (uint32_t)strlen(key), 0};
	level->is_object = 1;
	level->index = 0;
	pull->at = value;
}

struct json_text json_key(const struct json_pull *pull)
{
	return pull->level[pull->depth - 1].key;
}

uint32_t json_index(const struct json_pull *pull)
{
	return pull->level[pull->depth - 1].index;
}

struct json_text json_string(struct json_pull *pull)
{
	const struct json_text text = string_at(pull->at);
	pull->at = (const uint8_t *)text.at + text.len + 1;
	return text;
}

struct json_text json_raw(struct json_pull *pull)
{
	const uint8_t *start = pull->at;
	pull->at = json_end(start);
	return (struct json_text){(const char *)start, (uint32_t)(pull->at - start), 0};
}

int json_true(struct json_pull *pull)
{
	return json_raw(pull).at[0] == 't';
}

void json_skip(struct json_pull *pull)
{
	pull->at = json_end(pull->at);
}

static size_t put(char *buf, size_t size, size_t n, char c)
{
	if (n + 1 < size)
		buf[n++] = c;
	return n;
}

static size_t put_key(char *buf, size_t size, size_t n, struct json_text key)
{
	char plain[256];
	if (key.len > sizeof(plain)) /* longer than any place that it is written to */
		key = (struct json_text){"...", 3, 0};
	const size_t len = json_decode(key, plain);
	for (size_t i = 0; i < len; i++) {
		if (plain[i] == '~' || plain[i] == '/') {
			n = put(buf, size, n, '~');
			n = put(buf, size, n, plain[i] == '~' ? '0' : '1');
		} else {
			n = put(buf, size, n, plain[i]);
		}
	}
	return n;
}

size_t json_pointer(const struct json_pull *pull, char *buf, size_t size)
{
	size_t n = 0;
	for (unsigned i = 0; i < pull->depth; i++) {
		const struct json_level *level = &pull->level[i];
		if (level->index == UINT32_MAX)
			break; /* nothing of it was read yet: the object itself */
		n = put(buf, size, n, '/');
		if (level->is_object) {
			n = put_key(buf, size, n, level->key);
			continue;
		}
		char digit[10];
		unsigned n_digits = 0;
		uint32_t index = level->index;
		do
			digit[n_digits++] = (char)('0' + index % 10);
		while (index /= 10);
		while (n_digits)
			n = put(buf, size, n, digit[--n_digits]);
	}
	if (size)
		buf[n] = 0;
	return n;
}

const uint8_t *json_find(const uint8_t *at, const char *name)
{
	at = blank(at);
	if (*at != '{')
		return NULL;
	for (at = blank(at + 1); *at != '}'; at = *at == ',' ? blank(at + 1) : at) {
		const struct json_text key = string_at(at);
		at = blank(blank((const uint8_t *)key.at + key.len + 1) + 1);
		if (json_text_is(key, name))
			return at;
		at = blank(json_end(at));
	}
	return NULL;
}
