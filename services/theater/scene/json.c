/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

static int refuse_at(struct json_reader *r, const char *place, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
static int refuse_at(struct json_reader *r, const char *place, const char *fmt, va_list args)
{
	const int n = snprintf(r->fault, r->fault_size, "%s: ", place);

	if (n >= 0 && (size_t)n < r->fault_size)
		(void)vsnprintf(r->fault + n, r->fault_size - (size_t)n, fmt, args);
	return -EINVAL;
}

int json_refuse(struct json_reader *r, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = refuse_at(r, r->len ? r->path : "/", fmt, args);
	va_end(args);
	return rc;
}

static int refuse_file(struct json_reader *r, const char *place, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse_file(struct json_reader *r, const char *place, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = refuse_at(r, place, fmt, args);
	va_end(args);
	return rc;
}

yyjson_doc *json_open(
	struct json_reader *r, const char *json, size_t size, char *fault, size_t fault_size, int *ret_rc)
{
	yyjson_read_err err;
	yyjson_doc *doc;
	size_t line = 1, column = 1, chars = 0;
	char place[80];

	*r = (struct json_reader){.fault = fault, .fault_size = fault_size};
	if (fault_size)
		fault[0] = '\0';
	if (size > JSON_FILE_MAX) {
		*ret_rc = refuse_file(r, "byte 262144", "the file is larger than 256 KiB");
		return NULL;
	}
	/* Without YYJSON_READ_INSITU the text is only read. */
	doc = yyjson_read_opts((char *)(uintptr_t)json, size, YYJSON_READ_NOFLAG, NULL, &err);
	*ret_rc = 0;
	if (doc)
		return doc;
	if (err.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
		*ret_rc = -ENOMEM;
		return NULL;
	}
	(void)yyjson_locate_pos(json, size, err.pos, &line, &column, &chars);
	(void)snprintf(place, sizeof(place), "line %zu, column %zu (byte %zu)", line, column, err.pos);
	*ret_rc = refuse_file(r, place, "%s", size ? err.msg : "the file is empty");
	return NULL;
}

/** RFC 6901; a path that is too long ends where it does. What people typed may be anything: control
 * characters and bytes beyond ASCII are not passed on to terminals. */
size_t scene_json_enter(struct json_reader *r, const char *key)
{
	const size_t mark = r->len;
	size_t n = r->len;

	if (n < sizeof(r->path) - 1)
		r->path[n++] = '/';
	for (; *key && n < sizeof(r->path) - 2; key++) {
		const unsigned char c = (unsigned char)*key;

		if (c == '~' || c == '/') {
			r->path[n++] = '~';
			r->path[n++] = c == '~' ? '0' : '1';
		} else {
			r->path[n++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
		}
	}
	r->path[n] = '\0';
	r->len = n;
	return mark;
}

size_t json_enter_at(struct json_reader *r, size_t index)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "%zu", index);
	return scene_json_enter(r, key);
}

void json_leave(struct json_reader *r, size_t mark)
{
	r->len = mark;
	r->path[mark] = '\0';
}

int json_members(struct json_reader *r, yyjson_val *map, const struct json_member *members, void *into)
{
	yyjson_val *key, *val;
	size_t at, n;
	uint32_t seen = 0;

	if (!yyjson_is_obj(map))
		return json_refuse(r, "a map is expected");
	yyjson_obj_foreach(map, at, n, key, val)
	{
		const size_t mark = scene_json_enter(r, yyjson_get_str(key));
		uint32_t i = 0;
		int rc;

		while (members[i].name && !yyjson_equals_str(key, members[i].name))
			i++;
		if (!members[i].name)
			return json_refuse(r, "there is no such member");
		if (seen & 1u << i)
			return json_refuse(r, "given twice");
		seen |= 1u << i;
		rc = members[i].read(r, val, into);
		if (rc < 0)
			return rc;
		json_leave(r, mark);
	}
	for (uint32_t i = 0; members[i].name; i++) {
		if (!members[i].needed || seen & 1u << i)
			continue;
		(void)scene_json_enter(r, members[i].name);
		return json_refuse(r, "this member is needed");
	}
	return 0;
}

int json_number(struct json_reader *r, yyjson_val *val, double min, double max, double *ret)
{
	double value;

	if (!yyjson_is_num(val))
		return json_refuse(r, "a number is expected");
	value = yyjson_get_num(val);
	if (!isfinite(value) || value < min || value > max)
		return json_refuse(r, "a number from %g to %g is expected", min, max);
	*ret = value;
	return 0;
}

int json_whole(struct json_reader *r, yyjson_val *val, int64_t min, int64_t max, int64_t *ret)
{
	const int is_ours =
		yyjson_is_sint(val) || (yyjson_is_uint(val) && yyjson_get_uint(val) <= (uint64_t)INT64_MAX);
	const int64_t value = is_ours ? yyjson_get_sint(val) : 0;

	if (!is_ours || value < min || value > max)
		return json_refuse(
			r, "a whole number from %lld to %lld is expected", (long long)min, (long long)max);
	*ret = value;
	return 0;
}

int json_flag(struct json_reader *r, yyjson_val *val, uint8_t *ret)
{
	if (!yyjson_is_bool(val))
		return json_refuse(r, "true or false is expected");
	*ret = yyjson_get_bool(val);
	return 0;
}

int json_text(struct json_reader *r, yyjson_val *val, char *ret, size_t size)
{
	const char *text = yyjson_get_str(val);
	const size_t len = yyjson_get_len(val);

	if (!text)
		return json_refuse(r, "a text is expected");
	if (!len || len >= size)
		return json_refuse(r, "a text of 1 to %zu bytes is expected", size - 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f ||
			(text[i] == '\xc2' && (unsigned char)text[i + 1] < 0xa0))
			return json_refuse(r, "control characters are not allowed");
	memcpy(ret, text, len + 1);
	return 0;
}

int json_name(struct json_reader *r, yyjson_val *val, char *ret, size_t size)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *text = yyjson_get_str(val);
	const size_t len = yyjson_get_len(val);

	if (!text || !len || len >= size || strspn(text, allowed) != len || text[0] == '-' || text[0] == '_')
		return json_refuse(r,
			"a name is expected: a letter or digit, then letters a-z, digits, - and _, at most "
			"%zu",
			size - 1);
	memcpy(ret, text, len + 1);
	return 0;
}

int json_choice(struct json_reader *r, yyjson_val *val, const char *const *words)
{
	char list[200] = "";
	size_t n = 0;

	for (int i = 0; words[i]; i++)
		if (yyjson_equals_str(val, words[i]))
			return i;
	for (int i = 0; words[i] && n < sizeof(list); i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s\"%s\"", i ? ", " : "", words[i]);
	return json_refuse(r, "one of %s is expected", list);
}
