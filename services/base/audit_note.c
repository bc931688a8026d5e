/* SPDX-License-Identifier: MIT */
/* Notes of what callers did. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit_note.h"
#include "caps.h"
#include "wire_utf8.h"

/* Who needs one of these changes something that lasts, or that everybody hears or sees. */
#define CAPS_THAT_CHANGE                                                                                     \
	(CAP_ADMIN | CAP_WIDGETS | CAP_SCORE_EDIT | CAP_TRANSPORT | CAP_MIXER | CAP_ENGINE | CAP_STAGE)

#define VALUE_MAX 64u

int audit_wants(const struct rpc_method *method)
{
	/* These need no capability that says so: who came in, and as what. */
	static const char *const doors[] = {"broker.client.open", "broker.service.register"};

	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++) {
		if (!strcmp(method->name, doors[i]))
			return 1;
	}
	return (method->caps & CAPS_THAT_CHANGE) != 0;
}

/* A value in words; 0: it is a list or a map. */
static int value_words(const msgpack_object *value, char *buf, size_t size)
{
	switch (value->type) {
	case MSGPACK_OBJECT_STR: {
		size_t n = value->via.str.size < size - 1 ? value->via.str.size : size - 1;

		memcpy(buf, value->via.str.ptr, n);
		buf[n] = '\0';
		wire_utf8_mend(buf);
		return 1;
	}
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		(void)snprintf(buf, size, "%" PRIu64, value->via.u64);
		return 1;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		(void)snprintf(buf, size, "%" PRId64, value->via.i64);
		return 1;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		(void)snprintf(buf, size, "%g", value->via.f64);
		return 1;
	case MSGPACK_OBJECT_BOOLEAN:
		(void)snprintf(buf, size, "%s", value->via.boolean ? "true" : "false");
		return 1;
	default:
		return 0;
	}
}

static void params_words(const msgpack_object *map, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < map->via.map.size && len + 1 < size; i++) {
		const msgpack_object_kv *kv = &map->via.map.ptr[i];
		char key[32], value[VALUE_MAX];

		if (wire_to_str(&kv->key, key, sizeof(key)) < 0 ||
			!value_words(&kv->val, value, sizeof(value)))
			continue;
		wire_utf8_mend(key);
		len += (size_t)snprintf(buf + len, size - len, "%s%s=%s", len ? " " : "", key, value);
	}
	wire_utf8_mend(buf); /* the end may have been cut off */
}

struct audit_note *audit_note_new(
	const struct rpc_method *method, const struct rpc_peer *peer, const msgpack_object *params)
{
	struct audit_note *note = calloc(1, sizeof(*note));

	if (!note)
		return NULL;
	(void)snprintf(note->method, sizeof(note->method), "%s", method->name);
	(void)snprintf(note->name, sizeof(note->name), "%s", peer->name);
	note->pid = peer->pid;
	note->uid = peer->uid;
	params_words(params, note->with, sizeof(note->with));
	return note;
}

void audit_note_put(struct wire_out *out, const struct audit_note *note)
{
	wire_put_str(out, "method", note->method);
	wire_put_str(out, "with", note->with);
	wire_put_str(out, "code", note->code);
	wire_put_str(out, "name", note->name);
	wire_put_i64(out, "pid", note->pid);
	wire_put_i64(out, "uid", note->uid);
}

int audit_note_read(const msgpack_object *map, struct audit_note *ret)
{
	*ret = (struct audit_note){0};
	if (wire_get_str(map, "method", ret->method, sizeof(ret->method)) < 0 ||
		wire_get_str(map, "with", ret->with, sizeof(ret->with)) < 0 ||
		wire_get_str(map, "code", ret->code, sizeof(ret->code)) < 0 ||
		wire_get_str(map, "name", ret->name, sizeof(ret->name)) < 0 ||
		wire_get_i64(map, "pid", &ret->pid) < 0 || wire_get_i64(map, "uid", &ret->uid) < 0)
		return -EINVAL;
	wire_utf8_mend(ret->method);
	wire_utf8_mend(ret->with);
	wire_utf8_mend(ret->code);
	wire_utf8_mend(ret->name);
	return 0;
}
