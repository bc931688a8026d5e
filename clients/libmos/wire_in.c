/* SPDX-License-Identifier: MIT */
/* Receiving, checking and reading control frames. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"
#include "wire_utf8.h"

/*
 * msgpack-c allocates what an array's header claims before it looks for the elements, and a header of five
 * bytes may claim 100 GB. So the bytes are walked first: every claimed entry must be there.
 */
struct scan {
	const uint8_t *p;
	size_t left;
};

static int scan_skip(struct scan *s, size_t n)
{
	if (n > s->left)
		return -EBADMSG;
	s->p += n;
	s->left -= n;
	return 0;
}

/* A big-endian number of `n` bytes. */
static int scan_length(struct scan *s, size_t n, uint32_t *ret)
{
	uint32_t value = 0;

	if (n > s->left)
		return -EBADMSG;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | s->p[i];
	*ret = value;
	return scan_skip(s, n);
}

/* What follows the type byte: `len` bytes of body, or `len` entries (`is_container`, a map's count doubled).
 */
static int scan_head(struct scan *s, uint32_t *ret_len, int *ret_container)
{
	/* From 0xc0 on: bytes of the length field, and bytes of a body of fixed length. */
	static const uint8_t length_bytes[32] = {[0x04] = 1, 2, 4, 1, 2, 4, [0x19] = 1, 2, 4, 2, 4, 2, 4};
	static const uint8_t body_bytes[32] = {[0x0a] = 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17};
	uint8_t type, low;
	int rc;

	if (!s->left)
		return -EBADMSG;
	type = *s->p;
	(void)scan_skip(s, 1);
	*ret_len = 0;
	*ret_container = 0;
	if (type < 0x80 || type >= 0xe0) /* fixint */
		return 0;
	if (type < 0xa0) { /* fixmap, fixarray */
		*ret_container = 1;
		*ret_len = type < 0x90 ? (type & 15u) * 2u : type & 15u;
		return 0;
	}
	if (type < 0xc0) { /* fixstr */
		*ret_len = type & 31u;
		return 0;
	}
	if (type == 0xc1) /* never used */
		return -EBADMSG;
	low = type - 0xc0;
	rc = scan_length(s, length_bytes[low], ret_len);
	if (rc < 0)
		return rc;
	if (low >= 0x1c) { /* array 16, 32, map 16, 32 */
		*ret_container = 1;
		if (*ret_len > WIRE_FRAME_MAX)
			return -EBADMSG;
		if (low >= 0x1e)
			*ret_len *= 2;
	} else if (low >= 0x07 && low <= 0x09) { /* ext 8, 16, 32: a type byte before the body */
		return scan_skip(s, 1);
	} else {
		*ret_len += body_bytes[low];
	}
	return 0;
}

/* @return 0 when `bytes` is exactly one complete value. */
static int scan(const void *bytes, size_t len, const char **ret_bad)
{
	struct scan s = {.p = bytes, .left = len};
	uint32_t pending[WIRE_DEPTH_MAX]; /* entries still to come of each open container */
	uint32_t depth = 0;

	do {
		uint32_t n;
		int container;

		if (depth)
			pending[depth - 1]--;
		if (scan_head(&s, &n, &container) < 0 || n > s.left) {
			*ret_bad = "truncated or no msgpack";
			return -EBADMSG;
		}
		if (container && n) {
			if (depth == WIRE_DEPTH_MAX) {
				*ret_bad = "containers nested too deep";
				return -EBADMSG;
			}
			pending[depth++] = n;
		} else if (!container) {
			(void)scan_skip(&s, n);
		}
		while (depth && !pending[depth - 1])
			depth--;
	} while (depth);
	if (s.left) {
		*ret_bad = "bytes after the value";
		return -EBADMSG;
	}
	return 0;
}

static int is_str(const msgpack_object *o, const char *text)
{
	size_t len = strlen(text);

	/* an empty string's pointer is NULL */
	return o->type == MSGPACK_OBJECT_STR && o->via.str.size == len &&
	       (!len || !memcmp(o->via.str.ptr, text, len));
}

static int bad(struct wire_in *in, const char *why)
{
	in->bad = why;
	return -EBADMSG;
}

static int take_id(struct wire_in *in, const msgpack_object *o)
{
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > UINT32_MAX)
		return bad(in, "the id is no 32-bit number");
	in->id = (uint32_t)o->via.u64;
	return 0;
}

static int take_call(struct wire_in *in, const msgpack_object *method, const msgpack_object *params)
{
	if (wire_to_str(method, in->method, sizeof(in->method)) < 0 || !in->method[0])
		return bad(in, "the method is no name");
	wire_utf8_mend(in->method); /* it goes into logs and messages */
	if (params->type != MSGPACK_OBJECT_MAP)
		return bad(in, "params is no map");
	in->params = params;
	return 0;
}

static int take_response(struct wire_in *in, const msgpack_object *error, const msgpack_object *result)
{
	static const msgpack_object empty_map = {.type = MSGPACK_OBJECT_MAP};

	if (error->type != MSGPACK_OBJECT_NIL && error->type != MSGPACK_OBJECT_MAP)
		return bad(in, "error is neither nil nor a map");
	if (result->type != MSGPACK_OBJECT_NIL && result->type != MSGPACK_OBJECT_MAP)
		return bad(in, "result is neither nil nor a map");
	in->error = error->type == MSGPACK_OBJECT_MAP ? error : NULL;
	in->result = result->type == MSGPACK_OBJECT_MAP ? result : &empty_map;
	return 0;
}

static int take_frame(struct wire_in *in)
{
	const msgpack_object *o = in->root.via.array.ptr;
	uint32_t n = in->root.type == MSGPACK_OBJECT_ARRAY ? in->root.via.array.size : 0;

	if (n < 3 || o[0].type != MSGPACK_OBJECT_POSITIVE_INTEGER || o[0].via.u64 > WIRE_NOTIFY)
		return bad(in, "no array that begins with 0, 1 or 2");
	in->kind = (enum wire_kind)o[0].via.u64;
	if (n != (in->kind == WIRE_NOTIFY ? 3 : 4))
		return bad(in, "wrong number of fields");
	if (in->kind == WIRE_NOTIFY)
		return take_call(in, &o[1], &o[2]);
	if (take_id(in, &o[1]) < 0)
		return -EBADMSG;
	if (in->kind == WIRE_REQUEST)
		return take_call(in, &o[2], &o[3]);
	return take_response(in, &o[2], &o[3]);
}

static int decode(struct wire_in *in, size_t len)
{
	size_t off = 0;
	int rc;

	msgpack_zone_clear(in->zone);
	in->method[0] = '\0';
	in->id = 0;
	in->params = in->error = in->result = NULL;
	in->bad = NULL;
	rc = scan(in->data, len, &in->bad);
	if (rc < 0)
		return rc;
	switch (msgpack_unpack(in->data, len, &off, in->zone, &in->root)) {
	case MSGPACK_UNPACK_SUCCESS:
		break;
	case MSGPACK_UNPACK_NOMEM_ERROR:
		return -ENOMEM;
	default:
		return bad(in, "no msgpack");
	}
	rc = take_frame(in);
	return rc < 0 ? rc : 1;
}

static void close_untaken(struct wire_in *in)
{
	for (uint32_t i = 0; i < in->n_fds; i++) {
		if (in->fds[i] >= 0)
			close(in->fds[i]);
	}
	in->n_fds = 0;
}

int wire_in_init(struct wire_in *in)
{
	char *data = malloc(WIRE_FRAME_MAX);
	msgpack_zone *zone = msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE);

	if (!data || !zone) {
		free(data);
		msgpack_zone_free(zone);
		return -ENOMEM;
	}
	*in = (struct wire_in){.data = data, .zone = zone};
	return 0;
}

void wire_in_finish(struct wire_in *in)
{
	close_untaken(in);
	if (in->zone)
		msgpack_zone_free(in->zone);
	free(in->data);
	*in = (struct wire_in){0};
}

int wire_recv(int sock, struct wire_in *in, int flags)
{
	ssize_t n;

	close_untaken(in);
	n = fdmsg_recv(sock, in->data, WIRE_FRAME_MAX, in->fds, &in->n_fds, flags);
	if (n == -EMSGSIZE)
		return bad(in, "larger than 64 KiB");
	if (n == -E2BIG)
		return bad(in, "file descriptors were cut off: too many, or none to be had");
	return n > 0 ? decode(in, (size_t)n) : (int)n;
}

int wire_decode(struct wire_in *in, const void *bytes, size_t len)
{
	if (len > WIRE_FRAME_MAX)
		return bad(in, "larger than 64 KiB");
	if (len)
		memcpy(in->data, bytes, len);
	return decode(in, len);
}

int wire_take_fd(struct wire_in *in, uint32_t index)
{
	int fd;

	if (index >= in->n_fds || in->fds[index] < 0)
		return -ENOENT;
	fd = in->fds[index];
	in->fds[index] = -1;
	return fd;
}

const msgpack_object *wire_get(const msgpack_object *map, const char *key)
{
	if (!map || map->type != MSGPACK_OBJECT_MAP)
		return NULL;
	for (uint32_t i = 0; i < map->via.map.size; i++) {
		const msgpack_object_kv *kv = &map->via.map.ptr[i];

		if (is_str(&kv->key, key))
			return kv->val.type == MSGPACK_OBJECT_NIL ? NULL : &kv->val;
	}
	return NULL;
}

int wire_to_i64(const msgpack_object *value, int64_t *ret)
{
	if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
		*ret = value->via.i64;
		return 0;
	}
	if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return -EINVAL;
	if (value->via.u64 > INT64_MAX)
		return -ERANGE;
	*ret = (int64_t)value->via.u64;
	return 0;
}

int wire_to_f64(const msgpack_object *value, double *ret)
{
	switch (value->type) {
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		*ret = value->via.f64;
		return 0;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		*ret = (double)value->via.u64;
		return 0;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		*ret = (double)value->via.i64;
		return 0;
	default:
		return -EINVAL;
	}
}

int wire_to_str(const msgpack_object *value, char *buf, size_t size)
{
	size_t len;

	if (value->type != MSGPACK_OBJECT_STR)
		return -EINVAL;
	len = value->via.str.size;
	if (len && (memchr(value->via.str.ptr, '\0', len) || !wire_utf8_valid(value->via.str.ptr, len)))
		return -EINVAL;
	if (len >= size)
		return -ENAMETOOLONG;
	if (len)
		memcpy(buf, value->via.str.ptr, len);
	buf[len] = '\0';
	return 0;
}

int wire_get_i64(const msgpack_object *map, const char *key, int64_t *ret)
{
	const msgpack_object *value = wire_get(map, key);

	return value ? wire_to_i64(value, ret) : -ENOENT;
}

int wire_get_u64(const msgpack_object *map, const char *key, uint64_t *ret)
{
	const msgpack_object *value = wire_get(map, key);

	if (!value)
		return -ENOENT;
	if (value->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
		return -ERANGE;
	if (value->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
		return -EINVAL;
	*ret = value->via.u64;
	return 0;
}

int wire_get_f64(const msgpack_object *map, const char *key, double *ret)
{
	const msgpack_object *value = wire_get(map, key);

	return value ? wire_to_f64(value, ret) : -ENOENT;
}

int wire_get_bool(const msgpack_object *map, const char *key, int *ret)
{
	const msgpack_object *value = wire_get(map, key);

	if (!value)
		return -ENOENT;
	if (value->type != MSGPACK_OBJECT_BOOLEAN)
		return -EINVAL;
	*ret = value->via.boolean;
	return 0;
}

int wire_get_str(const msgpack_object *map, const char *key, char *buf, size_t size)
{
	const msgpack_object *value = wire_get(map, key);

	return value ? wire_to_str(value, buf, size) : -ENOENT;
}

static const msgpack_object *get_typed(const msgpack_object *map, const char *key, msgpack_object_type type)
{
	const msgpack_object *value = wire_get(map, key);

	return value && value->type == type ? value : NULL;
}

const msgpack_object *wire_get_map(const msgpack_object *map, const char *key)
{
	return get_typed(map, key, MSGPACK_OBJECT_MAP);
}

const msgpack_object *wire_get_array(const msgpack_object *map, const char *key)
{
	return get_typed(map, key, MSGPACK_OBJECT_ARRAY);
}

/* Cut to fit; what is no string reads as empty. */
static void read_text(const msgpack_object *error, const char *key, char *buf, size_t size)
{
	const msgpack_object *value = get_typed(error, key, MSGPACK_OBJECT_STR);
	size_t len = value ? value->via.str.size : 0;

	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(buf, value->via.str.ptr, len);
	buf[len] = '\0';
	wire_utf8_mend(buf);
}

void wire_error_read(const msgpack_object *error, struct wire_error *ret)
{
	read_text(error, "code", ret->code, sizeof(ret->code));
	read_text(error, "message", ret->message, sizeof(ret->message));
	read_text(error, "where", ret->where, sizeof(ret->where));
	read_text(error, "hint", ret->hint, sizeof(ret->hint));
}
