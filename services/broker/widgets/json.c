/* SPDX-License-Identifier: MIT */
/* Values between frames, files and memory. Depth is bounded: frames by the codec, files by what fits one. */
#include <math.h>
#include <string.h>

#include "json.h"

/* As many containers inside each other as a frame may carry; deeper files are cut off there. */
#define DEPTH_MAX (WIRE_DEPTH_MAX - 2u)

static yyjson_mut_val *from_wire(yyjson_mut_doc *doc, const msgpack_object *object, uint32_t depth);

static yyjson_mut_val *text_from_wire(yyjson_mut_doc *doc, const msgpack_object_str *str)
{
	if (memchr(str->ptr, '\0', str->size))
		return NULL;
	return yyjson_mut_strncpy(doc, str->ptr, str->size);
}

static yyjson_mut_val *array_from_wire(yyjson_mut_doc *doc, const msgpack_object_array *array, uint32_t depth)
{
	yyjson_mut_val *ret = yyjson_mut_arr(doc);

	for (uint32_t i = 0; i < array->size; i++) {
		yyjson_mut_val *value = from_wire(doc, &array->ptr[i], depth + 1);

		if (!value || !yyjson_mut_arr_append(ret, value))
			return NULL;
	}
	return ret;
}

static yyjson_mut_val *map_from_wire(yyjson_mut_doc *doc, const msgpack_object_map *map, uint32_t depth)
{
	yyjson_mut_val *ret = yyjson_mut_obj(doc);

	for (uint32_t i = 0; i < map->size; i++) {
		yyjson_mut_val *key, *value;

		if (map->ptr[i].key.type != MSGPACK_OBJECT_STR)
			return NULL;
		key = text_from_wire(doc, &map->ptr[i].key.via.str);
		value = from_wire(doc, &map->ptr[i].val, depth + 1);
		if (!key || !value || !yyjson_mut_obj_add(ret, key, value))
			return NULL;
	}
	return ret;
}

static yyjson_mut_val *from_wire(yyjson_mut_doc *doc, const msgpack_object *object, uint32_t depth)
{
	if (depth > DEPTH_MAX)
		return NULL;
	switch (object->type) {
	case MSGPACK_OBJECT_NIL:
		return yyjson_mut_null(doc);
	case MSGPACK_OBJECT_BOOLEAN:
		return yyjson_mut_bool(doc, object->via.boolean);
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		return yyjson_mut_uint(doc, object->via.u64);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return yyjson_mut_sint(doc, object->via.i64);
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return isfinite(object->via.f64) ? yyjson_mut_real(doc, object->via.f64) : NULL;
	case MSGPACK_OBJECT_STR:
		return text_from_wire(doc, &object->via.str);
	case MSGPACK_OBJECT_ARRAY:
		return array_from_wire(doc, &object->via.array, depth);
	case MSGPACK_OBJECT_MAP:
		return map_from_wire(doc, &object->via.map, depth);
	default:
		return NULL;
	}
}

yyjson_mut_val *json_from_wire(yyjson_mut_doc *doc, const msgpack_object *object)
{
	return from_wire(doc, object, 0);
}

static void put(struct wire_out *out, const char *key, yyjson_mut_val *value, uint32_t depth)
{
	size_t i, n;
	yyjson_mut_val *k, *v;

	if (depth > DEPTH_MAX) {
		wire_put_nil(out, key);
	} else if (yyjson_mut_is_obj(value)) {
		wire_open_map(out, key);
		yyjson_mut_obj_foreach(value, i, n, k, v)
		{
			put(out, yyjson_mut_get_str(k), v, depth + 1);
		}
		wire_close(out);
	} else if (yyjson_mut_is_arr(value)) {
		wire_open_array(out, key);
		yyjson_mut_arr_foreach(value, i, n, v)
		{
			put(out, NULL, v, depth + 1);
		}
		wire_close(out);
	} else if (yyjson_mut_is_str(value)) {
		wire_put_str(out, key, yyjson_mut_get_str(value));
	} else if (yyjson_mut_is_bool(value)) {
		wire_put_bool(out, key, yyjson_mut_get_bool(value));
	} else if (yyjson_mut_is_uint(value)) {
		wire_put_u64(out, key, yyjson_mut_get_uint(value));
	} else if (yyjson_mut_is_sint(value)) {
		wire_put_i64(out, key, yyjson_mut_get_sint(value));
	} else if (yyjson_mut_is_real(value)) {
		wire_put_f64(out, key, yyjson_mut_get_real(value));
	} else {
		wire_put_nil(out, key);
	}
}

void json_put(struct wire_out *out, const char *key, yyjson_mut_val *value)
{
	put(out, key, value, 0);
}

void json_put_parsed(struct wire_out *out, const char *key, yyjson_val *value)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);

	json_put(out, key, doc ? yyjson_val_mut_copy(doc, value) : NULL);
	yyjson_mut_doc_free(doc);
}

yyjson_mut_doc *json_parse(const char *bytes, size_t len)
{
	yyjson_doc *parsed = yyjson_read(bytes, len, 0);
	yyjson_mut_doc *doc = parsed ? yyjson_doc_mut_copy(parsed, NULL) : NULL;

	yyjson_doc_free(parsed);
	return doc;
}
