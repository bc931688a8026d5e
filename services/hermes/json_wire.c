/* SPDX-License-Identifier: MIT */
#include "json_wire.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "wire_utf8.h"

/* --- Writing --- */

static void comma(struct score_bytes *out)
{
	if (out->n && !strchr("{[:", out->data[out->n - 1]))
		score_bytes_u8(out, ',');
}

/* `text` is valid UTF-8. */
static void put_quoted(struct score_bytes *out, const char *text, size_t n)
{
	size_t done = 0;

	score_bytes_u8(out, '"');
	for (size_t i = 0; i < n; i++) {
		const uint8_t c = (uint8_t)text[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		score_bytes_put(out, text + done, i - done);
		done = i + 1;
		const char *at = c ? strchr("\"\"\\\\\bb\ff\nn\rr\tt", c) : NULL;
		if (at)
			score_bytes_put(out, (char[]){'\\', at[1]}, 2);
		else
			score_bytes_printf(out, "\\u%04x", c);
	}
	score_bytes_put(out, text + done, n - done);
	score_bytes_u8(out, '"');
}

static void put_text(struct score_bytes *out, const char *text, size_t n)
{
	if (wire_utf8_valid(text, n)) {
		put_quoted(out, text, n);
		return;
	}
	char *mended = strndup(text, n);
	if (!mended) {
		out->error = -ENOMEM;
		return;
	}
	wire_utf8_mend(mended);
	put_quoted(out, mended, strlen(mended));
	free(mended);
}

static void put_key(struct score_bytes *out, const char *key)
{
	comma(out);
	if (!key)
		return;
	put_text(out, key, strlen(key));
	score_bytes_u8(out, ':');
}

void json_open(struct score_bytes *out, const char *key, char bracket)
{
	put_key(out, key);
	score_bytes_u8(out, (uint8_t)bracket);
}

void json_close(struct score_bytes *out, char bracket)
{
	score_bytes_u8(out, (uint8_t)bracket);
}

void json_put_text(struct score_bytes *out, const char *key, const char *text)
{
	put_key(out, key);
	put_text(out, text, strlen(text));
}

void json_put_number(struct score_bytes *out, const char *key, int64_t number)
{
	put_key(out, key);
	score_bytes_printf(out, "%" PRId64, number);
}

void json_put_bool(struct score_bytes *out, const char *key, int value)
{
	put_key(out, key);
	score_bytes_puts(out, value ? "true" : "false");
}

void json_put_null(struct score_bytes *out, const char *key)
{
	put_key(out, key);
	score_bytes_puts(out, "null");
}

void json_put_seconds(struct score_bytes *out, const char *key, int64_t ns)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%" PRId64 ".%09" PRId64, ns / 1000000000, ns % 1000000000);

	while (text[n - 1] == '0' && text[n - 2] != '.')
		n--;
	put_key(out, key);
	score_bytes_put(out, text, (size_t)n);
}

void json_put_raw(struct score_bytes *out, const char *key, const void *text, size_t n)
{
	put_key(out, key);
	score_bytes_put(out, text, n);
}

/* --- From a frame --- */

/* A writer of its own: the C library's has a locale. */
static int put_double(struct score_bytes *out, double number)
{
	if (!isfinite(number))
		return -EINVAL;
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	size_t n = 0;
	char *text = NULL;

	if (doc) {
		yyjson_mut_doc_set_root(doc, yyjson_mut_real(doc, number));
		text = yyjson_mut_write(doc, 0, &n);
	}
	if (text)
		score_bytes_put(out, text, n);
	free(text);
	yyjson_mut_doc_free(doc);
	return text ? 0 : -ENOMEM;
}

static int put_map(const msgpack_object_map *map, struct score_bytes *out)
{
	int rc = 0;

	score_bytes_u8(out, '{');
	for (uint32_t i = 0; rc == 0 && i < map->size; i++) {
		const msgpack_object *key = &map->ptr[i].key;

		if (key->type != MSGPACK_OBJECT_STR)
			return -EINVAL;
		if (i)
			score_bytes_u8(out, ',');
		put_text(out, key->via.str.ptr, key->via.str.size);
		score_bytes_u8(out, ':');
		rc = json_from_wire(&map->ptr[i].val, out);
	}
	score_bytes_u8(out, '}');
	return rc;
}

/* Depth is bounded: wire refused what nests deeper than WIRE_DEPTH_MAX. */
int json_from_wire(const msgpack_object *value, struct score_bytes *out)
{
	int rc = 0;

	switch (value->type) {
	case MSGPACK_OBJECT_NIL:
		score_bytes_puts(out, "null");
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		score_bytes_puts(out, value->via.boolean ? "true" : "false");
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		score_bytes_printf(out, "%" PRIu64, value->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		score_bytes_printf(out, "%" PRId64, value->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		rc = put_double(out, value->via.f64);
		break;
	case MSGPACK_OBJECT_STR:
		put_text(out, value->via.str.ptr, value->via.str.size);
		break;
	case MSGPACK_OBJECT_ARRAY:
		score_bytes_u8(out, '[');
		for (uint32_t i = 0; rc == 0 && i < value->via.array.size; i++) {
			if (i)
				score_bytes_u8(out, ',');
			rc = json_from_wire(&value->via.array.ptr[i], out);
		}
		score_bytes_u8(out, ']');
		break;
	case MSGPACK_OBJECT_MAP:
		rc = put_map(&value->via.map, out);
		break;
	default:
		return -EINVAL;
	}
	return rc < 0 ? rc : out->error;
}

/* --- To a frame --- */

static void put_value(struct wire_out *out, const char *key, yyjson_val *value);

static void put_members(struct wire_out *out, yyjson_val *object)
{
	size_t i, n;
	yyjson_val *key, *value;

	yyjson_obj_foreach(object, i, n, key, value)
	{
		if (out->error)
			return;
		put_value(out, yyjson_get_str(key), value);
	}
}

/* How deep it goes, wire_open_*() limits. */
static void put_value(struct wire_out *out, const char *key, yyjson_val *value)
{
	size_t i, n;
	yyjson_val *item;

	switch (yyjson_get_tag(value)) {
	case YYJSON_TYPE_BOOL | YYJSON_SUBTYPE_TRUE:
	case YYJSON_TYPE_BOOL | YYJSON_SUBTYPE_FALSE:
		wire_put_bool(out, key, yyjson_get_bool(value));
		return;
	case YYJSON_TYPE_NUM | YYJSON_SUBTYPE_UINT:
		wire_put_u64(out, key, yyjson_get_uint(value));
		return;
	case YYJSON_TYPE_NUM | YYJSON_SUBTYPE_SINT:
		wire_put_i64(out, key, yyjson_get_sint(value));
		return;
	case YYJSON_TYPE_NUM | YYJSON_SUBTYPE_REAL:
		wire_put_f64(out, key, yyjson_get_real(value));
		return;
	case YYJSON_TYPE_STR | YYJSON_SUBTYPE_NONE:
	case YYJSON_TYPE_STR | YYJSON_SUBTYPE_NOESC:
		if (strlen(yyjson_get_str(value)) != yyjson_get_len(value))
			out->error = -EMSGSIZE; /* a NUL inside */
		wire_put_str(out, key, yyjson_get_str(value));
		return;
	case YYJSON_TYPE_ARR:
		wire_open_array(out, key);
		yyjson_arr_foreach(value, i, n, item)
		{
			if (out->error)
				return;
			put_value(out, NULL, item);
		}
		wire_close(out);
		return;
	case YYJSON_TYPE_OBJ:
		wire_open_map(out, key);
		put_members(out, value);
		wire_close(out);
		return;
	case YYJSON_TYPE_RAW | YYJSON_SUBTYPE_NONE: /* a number that no frame holds exactly */
		out->error = -EMSGSIZE;
		return;
	default:
		wire_put_nil(out, key);
	}
}

static int put_json(struct wire_out *out, const char *key, const char *text, size_t n, int spread)
{
	yyjson_read_err err;

	if (n > 4 * WIRE_FRAME_MAX)
		return -EMSGSIZE; /* not even as the densest of frames */
	yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text, n, YYJSON_READ_BIGNUM_AS_RAW, NULL, &err);
	if (!doc)
		return err.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION ? -ENOMEM : -EINVAL;
	if (spread)
		put_members(out, yyjson_doc_get_root(doc));
	else
		put_value(out, key, yyjson_doc_get_root(doc));
	yyjson_doc_free(doc);
	if (out->error)
		return out->error == -E2BIG ? -EMSGSIZE : out->error;
	return out->len > WIRE_FRAME_MAX ? -EMSGSIZE : 0;
}

int json_to_wire(struct wire_out *out, const char *key, const char *text, size_t n)
{
	return put_json(out, key, text, n, 0);
}

int json_spread_to_wire(struct wire_out *out, const char *text, size_t n)
{
	return put_json(out, NULL, text, n, 1);
}
