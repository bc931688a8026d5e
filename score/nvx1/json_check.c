/* SPDX-License-Identifier: MIT */
#include "json_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/utf8.h>

#include "json_text.h"
#include "sort.h"

/** Where a key of an open object stands: the byte behind its quote. */
struct seen {
	uint32_t hash, at;
};

struct open {
	uint64_t hashes; /**< bit (hash & 63) of each key */
	uint32_t first;  /**< index of its first key */
	uint8_t is_object;
	uint8_t doubtful; /**< two keys share a bit */
};

struct check {
	const uint8_t *begin, *at, *end;
	const struct score_alloc *alloc;
	struct score_report *report;
	unsigned rules, depth;
	struct open open[JSON_MAX_DEPTH];
	struct seen *seen;
	size_t n_seen, cap_seen;
};

static int fail(struct check *c, const char *code, const uint8_t *at, const char *reason)
{
	uint64_t line = 1;
	const uint8_t *start = c->begin;
	for (const uint8_t *feed; (feed = memchr(start, '\n', (size_t)(at - start))); start = feed + 1)
		line++;
	const int rc = score_error(c->report, code,
		SCORE_AT("line %llu, column %llu, byte %llu", (unsigned long long)line,
			(unsigned long long)(at - start) + 1, (unsigned long long)(at - c->begin)),
		"%s", reason);
	const size_t left = (size_t)(c->end - at);
	score_error_value(c->report, (const char *)at, left < 16 ? (uint32_t)left : 16u);
	return rc;
}

static void blank(struct check *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
		c->at++;
}

static int is_digit(const struct check *c)
{
	return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static void digits(struct check *c)
{
	while (is_digit(c))
		c->at++;
}

static int number(struct check *c)
{
	const uint8_t *start = c->at;
	c->at += *c->at == '-';
	if (!is_digit(c))
		return fail(c, "nvx1.json.number", start, "a number needs a digit");
	if (*c->at == '0')
		c->at++;
	else
		digits(c);
	if (is_digit(c))
		return fail(c, "nvx1.json.number", start, "a number begins with a zero too many");
	if (c->at < c->end && *c->at == '.') {
		c->at++;
		if (!is_digit(c))
			return fail(c, "nvx1.json.number", start, "no digit behind the point");
		digits(c);
	}
	if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
		c->at++;
		if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
			c->at++;
		if (!is_digit(c))
			return fail(c, "nvx1.json.number", start, "no digit in the exponent");
		digits(c);
	}
	return 0;
}

/** @return the value of 4 hexadecimal digits at `at`; -1. */
static int hex4(const struct check *c, const uint8_t *at)
{
	if (c->end - at < 4)
		return -1;
	int value = 0;
	for (int i = 0; i < 4; i++) {
		const int d = at[i] >= '0' && at[i] <= '9'                 ? at[i] - '0'
			      : (at[i] | 32) >= 'a' && (at[i] | 32) <= 'f' ? (at[i] | 32) - 'a' + 10
									   : -1;
		if (d < 0)
			return -1;
		value = value << 4 | d;
	}
	return value;
}

static int escape(struct check *c)
{
	const uint8_t *start = c->at++;
	if (c->at == c->end)
		return fail(c, "nvx1.json.syntax", c->at, "the text ends inside a string");
	if (*c->at != 'u') {
		if (*c->at == 0 || !strchr("\"\\/bfnrt", *c->at))
			return fail(c, "nvx1.json.syntax", start, "no such escape");
		c->at++;
		return 0;
	}
	const int code = hex4(c, c->at + 1);
	if (code < 0)
		return fail(c, "nvx1.json.syntax", start, "\\u needs four hexadecimal digits");
	c->at += 5;
	if (code < 0xd800 || code >= 0xe000)
		return 0;
	const int low = c->end - c->at >= 6 && c->at[0] == '\\' && c->at[1] == 'u' ? hex4(c, c->at + 2) : -1;
	if (code >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
		return fail(c, "nvx1.json.utf8", start, "half of a surrogate pair");
	c->at += 6;
	return 0;
}

/** At the opening quote. */
static int string(struct check *c, struct json_text *ret)
{
	const uint8_t *start = ++c->at;
	ret->escaped = 0;
	for (;;) {
		c->at += json_plain(c->at, c->end);
		if (c->at == c->end)
			return fail(c, "nvx1.json.syntax", c->at, "the text ends inside a string");
		if (*c->at == '"')
			break;
		if (*c->at == '\\') {
			ret->escaped = 1;
			const int rc = escape(c);
			if (rc < 0)
				return rc;
		} else if (*c->at < 0x20) {
			return fail(c, "nvx1.json.syntax", c->at, "a control character in a string");
		} else {
			const size_t n = score_utf8_len(c->at, (size_t)(c->end - c->at));
			if (n == 0)
				return fail(c, "nvx1.json.utf8", c->at, "not UTF-8");
			c->at += n;
		}
	}
	ret->at = (const char *)start;
	ret->len = (uint32_t)(c->at - start);
	c->at++;
	return 0;
}

static int note_key(struct check *c, struct json_text key)
{
	struct open *o = &c->open[c->depth - 1];
	if (score_reserve(c->alloc, (void **)&c->seen, &c->cap_seen, c->n_seen + 1, sizeof(*c->seen)) < 0)
		return -ENOMEM;
	const uint32_t hash = json_text_hash(key);
	c->seen[c->n_seen++] = (struct seen){hash, (uint32_t)((const uint8_t *)key.at - c->begin)};
	const uint64_t bit = UINT64_C(1) << (hash & 63u);
	o->doubtful |= (o->hashes & bit) != 0;
	o->hashes |= bit;
	return 0;
}

/** The key at a place, found again: it was checked. */
static struct json_text key_at(const struct check *c, uint32_t at)
{
	struct json_text key = {.at = (const char *)c->begin + at};
	const uint8_t *p = c->begin + at;
	for (;;) {
		p += json_plain(p, c->end);
		if (*p == '"')
			break;
		key.escaped |= *p == '\\';
		p += *p == '\\' ? 2 : 1;
	}
	key.len = (uint32_t)(p - (c->begin + at));
	return key;
}

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct seen *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	const int order = json_text_compare(key_at(ctx, x->at), key_at(ctx, y->at));
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

/** At an object's end: the second of two equal keys that stands first, or nothing. */
static int duplicate(struct check *c, const struct open *o)
{
	struct seen *key = c->seen + o->first;
	const size_t n = c->n_seen - o->first;
	uint32_t found = UINT32_MAX;

	if (n <= 32) {
		for (size_t i = 1; i < n && found == UINT32_MAX; i++)
			for (size_t j = 0; j < i; j++)
				if (key[i].hash == key[j].hash &&
					json_text_compare(key_at(c, key[i].at), key_at(c, key[j].at)) == 0)
					found = key[i].at;
	} else {
		nvx_sort(key, n, sizeof(*key), by_key, c);
		for (size_t i = 1; i < n; i++)
			if (key[i].hash == key[i - 1].hash && key[i].at < found &&
				json_text_compare(key_at(c, key[i].at), key_at(c, key[i - 1].at)) == 0)
				found = key[i].at;
	}
	if (found == UINT32_MAX)
		return 0;
	return fail(c, "nvx1.json.duplicate", c->begin + found - 1, "the object has this key twice");
}

static int close_object(struct check *c)
{
	const struct open *o = &c->open[--c->depth];
	const int rc = o->is_object && o->doubtful ? duplicate(c, o) : 0;
	c->n_seen = o->first;
	c->at++;
	return rc;
}

/** At an opening bracket. */
static int enter(struct check *c)
{
	if (c->depth == JSON_MAX_DEPTH)
		return fail(c, "nvx1.json.depth", c->at, "nested deeper than 64");
	c->open[c->depth++] = (struct open){.first = (uint32_t)c->n_seen, .is_object = *c->at == '{'};
	c->at++;
	return 0;
}

static int word(struct check *c, const char *text)
{
	const size_t n = strlen(text);
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, text, n) != 0)
		return fail(c, "nvx1.json.syntax", c->at, "no JSON value begins like this");
	c->at += n;
	return 0;
}

/** A scalar, or the begin of an object or array. @return 1: entered. */
static int value(struct check *c)
{
	struct json_text text;
	if (c->at == c->end)
		return fail(c, "nvx1.json.syntax", c->at, "the text ends where a value should be");
	switch (*c->at) {
	case '{':
	case '[': {
		const int rc = enter(c);
		return rc < 0 ? rc : 1;
	}
	case '"':
		return string(c, &text);
	case 't':
		return word(c, "true");
	case 'f':
		return word(c, "false");
	case 'n':
		return word(c, "null");
	default:
		if (*c->at != '-' && !is_digit(c))
			return fail(c, "nvx1.json.syntax", c->at, "no JSON value begins like this");
		return number(c);
	}
}

/** Key and colon. */
static int key(struct check *c)
{
	struct json_text text;
	blank(c);
	if (c->at == c->end || *c->at != '"')
		return fail(c, "nvx1.json.syntax", c->at, "a key in quotes should stand here");
	int rc = string(c, &text);
	if (rc == 0 && c->rules & JSON_UNIQUE_KEYS)
		rc = note_key(c, text);
	if (rc < 0)
		return rc;
	blank(c);
	if (c->at == c->end || *c->at != ':')
		return fail(c, "nvx1.json.syntax", c->at, "a colon should stand here");
	c->at++;
	return 0;
}

/** What follows on a value: a comma, or the ends of what is open. @return 1: another value follows. */
static int after_value(struct check *c)
{
	while (c->depth > 0) {
		const struct open *o = &c->open[c->depth - 1];
		blank(c);
		if (c->at < c->end && *c->at == ',') {
			c->at++;
			const int rc = o->is_object ? key(c) : 0;
			return rc < 0 ? rc : 1;
		}
		if (c->at == c->end || *c->at != (o->is_object ? '}' : ']'))
			return fail(c, "nvx1.json.syntax", c->at,
				o->is_object ? "a comma or } should stand here"
					     : "a comma or ] should stand here");
		const int rc = close_object(c);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int document(struct check *c)
{
	int rc;
	do {
		blank(c);
		while ((rc = value(c)) == 1) {
			const int is_object = c->open[c->depth - 1].is_object;
			blank(c);
			if (c->at < c->end && *c->at == (is_object ? '}' : ']')) {
				rc = close_object(c);
				break;
			}
			rc = is_object ? key(c) : 0;
			if (rc < 0)
				return rc;
			blank(c);
		}
		if (rc < 0)
			return rc;
		rc = after_value(c);
	} while (rc == 1);
	if (rc < 0)
		return rc;
	blank(c);
	if (c->at < c->end)
		return fail(c, "nvx1.json.syntax", c->at, "something follows on the end");
	return 0;
}

int json_check(const uint8_t *bytes, size_t size, unsigned rules, const struct score_alloc *alloc,
	struct score_report *report)
{
	struct check c = {.begin = bytes,
		.at = bytes,
		.end = bytes + size,
		.alloc = alloc,
		.report = report,
		.rules = rules};
	if (size >= JSON_MAX_BYTES)
		return score_error(report, "nvx1.limit.file", SCORE_AT_BYTE(0), "4 GiB or more");
	const int rc = document(&c);
	score_free(alloc, c.seen);
	return rc;
}
