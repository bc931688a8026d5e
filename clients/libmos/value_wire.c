/* SPDX-License-Identifier: MIT */
/* Values into frames, and received values into memory of their own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "value_wire.h"

void value_put(struct wire_out *out, const char *key, const struct mos_value *value)
{
	switch (value->type) {
	case MOS_VALUE_BOOL:
		wire_put_bool(out, key, value->u.boolean);
		return;
	case MOS_VALUE_INT:
		wire_put_i64(out, key, value->u.integer);
		return;
	case MOS_VALUE_NATURAL:
		wire_put_u64(out, key, value->u.natural);
		return;
	case MOS_VALUE_REAL:
		wire_put_f64(out, key, value->u.real);
		return;
	case MOS_VALUE_STR:
		wire_put_str(out, key, value->u.str);
		return;
	case MOS_VALUE_LIST:
		wire_open_array(out, key);
		for (uint32_t i = 0; i < value->len && !out->error; i++)
			value_put(out, NULL, &value->u.items[i]);
		wire_close(out);
		return;
	case MOS_VALUE_MAP:
		wire_open_map(out, key);
		for (uint32_t i = 0; i < value->len && !out->error; i++)
			value_put(out, value->u.fields[i].key, &value->u.fields[i].value);
		wire_close(out);
		return;
	default:
		wire_put_nil(out, key);
	}
}

/* Bytes that a value needs beside its own node. Depth is bounded: wire refused what nests deeper than 16. */
struct need {
	size_t nodes; /* struct mos_value and struct mos_field */
	size_t text;
};

static int text_need(const msgpack_object_str *str, struct need *need)
{
	if (str->size && memchr(str->ptr, '\0', str->size)) /* an empty text has no address */
		return -EPROTO;
	need->text += str->size + 1u;
	return 0;
}

static int measure(const msgpack_object *o, struct need *need)
{
	int rc = 0;

	switch (o->type) {
	case MSGPACK_OBJECT_NIL:
	case MSGPACK_OBJECT_BOOLEAN:
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return 0;
	case MSGPACK_OBJECT_STR:
		return text_need(&o->via.str, need);
	case MSGPACK_OBJECT_ARRAY:
		need->nodes += o->via.array.size * sizeof(struct mos_value);
		for (uint32_t i = 0; i < o->via.array.size && !rc; i++)
			rc = measure(&o->via.array.ptr[i], need);
		return rc;
	case MSGPACK_OBJECT_MAP:
		need->nodes += o->via.map.size * sizeof(struct mos_field);
		for (uint32_t i = 0; i < o->via.map.size && !rc; i++) {
			const msgpack_object_kv *kv = &o->via.map.ptr[i];

			if (kv->key.type != MSGPACK_OBJECT_STR)
				return -EPROTO;
			rc = text_need(&kv->key.via.str, need);
			if (!rc)
				rc = measure(&kv->val, need);
		}
		return rc;
	default:
		return -EPROTO;
	}
}

struct fill {
	char *node;
	char *text;
};

static const char *fill_text(const msgpack_object_str *str, struct fill *f)
{
	char *text = f->text;

	if (str->size)
		memcpy(text, str->ptr, str->size);
	text[str->size] = '\0';
	f->text += str->size + 1u;
	return text;
}

static struct mos_value fill_value(const msgpack_object *o, struct fill *f)
{
	struct mos_value v = {0};

	switch (o->type) {
	case MSGPACK_OBJECT_BOOLEAN:
		return mos_value_bool(o->via.boolean);
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return mos_value_int(o->via.i64);
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		if (o->via.u64 <= INT64_MAX)
			return mos_value_int((int64_t)o->via.u64);
		v.type = MOS_VALUE_NATURAL;
		v.u.natural = o->via.u64;
		return v;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return mos_value_real(o->via.f64);
	case MSGPACK_OBJECT_STR:
		v = mos_value_str(fill_text(&o->via.str, f));
		v.len = o->via.str.size;
		return v;
	case MSGPACK_OBJECT_ARRAY: {
		struct mos_value *items = (struct mos_value *)f->node;

		f->node += o->via.array.size * sizeof(*items);
		for (uint32_t i = 0; i < o->via.array.size; i++)
			items[i] = fill_value(&o->via.array.ptr[i], f);
		return mos_value_list(items, o->via.array.size);
	}
	case MSGPACK_OBJECT_MAP: {
		struct mos_field *fields = (struct mos_field *)f->node;

		f->node += o->via.map.size * sizeof(*fields);
		for (uint32_t i = 0; i < o->via.map.size; i++) {
			fields[i].key = fill_text(&o->via.map.ptr[i].key.via.str, f);
			fields[i].value = fill_value(&o->via.map.ptr[i].val, f);
		}
		return mos_value_map(fields, o->via.map.size);
	}
	default:
		return v;
	}
}

int value_copy(const msgpack_object *object, struct mos_value *ret, void **ret_memory)
{
	struct need need = {0};
	struct fill fill;
	char *block = NULL;
	int rc;

	rc = measure(object, &need);
	if (rc < 0)
		return rc;
	if (need.nodes + need.text) {
		block = malloc(need.nodes + need.text);
		if (!block)
			return -ENOMEM;
	}
	fill = (struct fill){.node = block, .text = block ? block + need.nodes : NULL};
	*ret = fill_value(object, &fill);
	*ret_memory = block;
	return 0;
}
