/* SPDX-License-Identifier: MIT */
/* Building and sending control frames. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire.h"
#include "wire_utf8.h"

static void fail(struct wire_out *out, int error)
{
	if (!out->error)
		out->error = error;
}

/* msgpack-c's sink. Grows by doubling up to the largest legal frame. */
static int sink(void *data, const char *bytes, size_t len)
{
	struct wire_out *out = data;

	if (out->error)
		return -1;
	if (len > WIRE_FRAME_MAX - out->len) {
		fail(out, -EMSGSIZE);
		return -1;
	}
	if (len > out->capacity - out->len) {
		size_t capacity = out->capacity ? out->capacity : 256;
		char *grown;

		while (capacity < out->len + len)
			capacity *= 2;
		grown = realloc(out->data, capacity);
		if (!grown) {
			fail(out, -ENOMEM);
			return -1;
		}
		out->data = grown;
		out->capacity = capacity;
	}
	memcpy(out->data + out->len, bytes, len);
	out->len += len;
	return 0;
}

static msgpack_packer packer(struct wire_out *out)
{
	return (msgpack_packer){.data = out, .callback = sink};
}

static void pack_str(struct wire_out *out, const char *text)
{
	char valid[512];
	char *heap = NULL, *copy = valid;
	size_t len = strlen(text);
	msgpack_packer pk = packer(out);

	/* Names of files and of clients are bytes; what travels as a string must be one. */
	if (!wire_utf8_valid(text, len)) {
		if (len >= sizeof(valid)) {
			copy = heap = malloc(len + 1);
			if (!heap) {
				fail(out, -ENOMEM);
				return;
			}
		}
		memcpy(copy, text, len + 1);
		wire_utf8_mend(copy);
		text = copy;
		len = strlen(copy); /* a character cut short at the end is gone */
	}
	msgpack_pack_str_with_body(&pk, text, len);
	free(heap);
}

/* Counts the entry in the innermost container and packs its key. */
static void entry(struct wire_out *out, const char *key)
{
	if (out->depth) {
		uint16_t *count = &out->open[out->depth - 1].count;

		if (*count == UINT16_MAX)
			fail(out, -EMSGSIZE);
		else
			(*count)++;
	}
	if (key)
		pack_str(out, key);
}

/* Containers are opened before their size is known: always the 16-bit form, its count written by close. */
static void open_container(struct wire_out *out, const char *key, uint8_t type)
{
	char head[3] = {(char)type, 0, 0};

	entry(out, key);
	if (out->depth == WIRE_DEPTH_MAX - 1) {
		fail(out, -E2BIG);
		return;
	}
	(void)sink(out, head, sizeof(head));
	if (out->error)
		return;
	out->open[out->depth].count_at = out->len - 2;
	out->open[out->depth].count = 0;
	out->depth++;
}

void wire_out_init(struct wire_out *out)
{
	*out = (struct wire_out){0};
}

void wire_out_finish(struct wire_out *out)
{
	for (uint32_t i = 0; i < out->n_fds; i++)
		close(out->fds[i]);
	free(out->data);
	*out = (struct wire_out){0};
}

static void begin(struct wire_out *out, uint32_t n, enum wire_kind kind)
{
	msgpack_packer pk = packer(out);

	msgpack_pack_array(&pk, n);
	msgpack_pack_uint8(&pk, (uint8_t)kind);
}

void wire_begin_request(struct wire_out *out, uint32_t id, const char *method)
{
	msgpack_packer pk = packer(out);

	begin(out, 4, WIRE_REQUEST);
	msgpack_pack_uint32(&pk, id);
	pack_str(out, method);
	wire_open_map(out, NULL);
}

void wire_begin_result(struct wire_out *out, uint32_t id)
{
	msgpack_packer pk = packer(out);

	begin(out, 4, WIRE_RESPONSE);
	msgpack_pack_uint32(&pk, id);
	msgpack_pack_nil(&pk);
	wire_open_map(out, NULL);
}

void wire_begin_notify(struct wire_out *out, const char *method)
{
	begin(out, 3, WIRE_NOTIFY);
	pack_str(out, method);
	wire_open_map(out, NULL);
}

static void put_issues(struct wire_out *out, const struct wire_issue *issues, size_t n)
{
	wire_open_array(out, "errors");
	for (size_t i = 0; i < n; i++) {
		wire_open_map(out, NULL);
		wire_put_str(out, "code", issues[i].code);
		wire_put_str(out, "where", issues[i].where);
		wire_put_str(out, "reason", issues[i].reason);
		if (issues[i].value[0])
			wire_put_str(out, "value", issues[i].value);
		wire_close(out);
	}
	wire_close(out);
}

void wire_begin_error(struct wire_out *out, uint32_t id, const struct wire_error *err)
{
	wire_begin_error_with(out, id, err, &(struct wire_details){0});
}

void wire_begin_error_with(struct wire_out *out, uint32_t id, const struct wire_error *err,
	const struct wire_details *details)
{
	msgpack_packer pk = packer(out);

	begin(out, 4, WIRE_RESPONSE);
	msgpack_pack_uint32(&pk, id);
	wire_open_map(out, NULL);
	wire_put_str(out, "code", err->code);
	wire_put_str(out, "message", err->message);
	if (err->where[0])
		wire_put_str(out, "where", err->where);
	if (err->hint[0])
		wire_put_str(out, "hint", err->hint);
	if (details->title && details->title[0])
		wire_put_str(out, "title", details->title);
	if (details->n_scores)
		wire_put_u64(out, "scores", details->n_scores);
	if (details->n_issues)
		put_issues(out, details->issues, details->n_issues);
	wire_close(out);
	msgpack_pack_nil(&pk);
}

void wire_put_str(struct wire_out *out, const char *key, const char *value)
{
	entry(out, key);
	pack_str(out, value);
}

void wire_put_i64(struct wire_out *out, const char *key, int64_t value)
{
	msgpack_packer pk = packer(out);

	entry(out, key);
	msgpack_pack_int64(&pk, value);
}

void wire_put_u64(struct wire_out *out, const char *key, uint64_t value)
{
	msgpack_packer pk = packer(out);

	entry(out, key);
	msgpack_pack_uint64(&pk, value);
}

void wire_put_f64(struct wire_out *out, const char *key, double value)
{
	msgpack_packer pk = packer(out);

	entry(out, key);
	msgpack_pack_double(&pk, value);
}

void wire_put_bool(struct wire_out *out, const char *key, int value)
{
	msgpack_packer pk = packer(out);

	entry(out, key);
	if (value)
		msgpack_pack_true(&pk);
	else
		msgpack_pack_false(&pk);
}

void wire_put_nil(struct wire_out *out, const char *key)
{
	msgpack_packer pk = packer(out);

	entry(out, key);
	msgpack_pack_nil(&pk);
}

void wire_put_object(struct wire_out *out, const char *key, const msgpack_object *value)
{
	msgpack_packer pk = packer(out);

	entry(out, key);
	msgpack_pack_object(&pk, *value);
}

void wire_open_map(struct wire_out *out, const char *key)
{
	open_container(out, key, /* map 16 */ 0xde);
}

void wire_open_array(struct wire_out *out, const char *key)
{
	open_container(out, key, /* array 16 */ 0xdc);
}

void wire_close(struct wire_out *out)
{
	size_t at;
	uint16_t count;

	if (out->error || !out->depth)
		return;
	out->depth--;
	at = out->open[out->depth].count_at;
	count = out->open[out->depth].count;
	out->data[at] = (char)(count >> 8);
	out->data[at + 1] = (char)(count & 0xff);
}

void wire_add_fd(struct wire_out *out, int fd)
{
	int copy;

	if (out->n_fds == WIRE_FDS_MAX) {
		fail(out, -E2BIG);
		return;
	}
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		fail(out, -errno);
	else
		out->fds[out->n_fds++] = copy;
}

int wire_end(struct wire_out *out)
{
	while (out->depth && !out->error)
		wire_close(out);
	return out->error;
}

int wire_send(int sock, const struct wire_out *out, int flags)
{
	return fdmsg_send(sock, out->data, out->len, out->fds, out->n_fds, flags);
}

[[gnu::format(printf, 3, 0)]] static void print_into(char *buf, size_t size, const char *fmt, va_list args)
{
	(void)vsnprintf(buf, size, fmt, args);
	wire_utf8_mend(buf);
}

void wire_error_set(struct wire_error *err, const char *code, const char *fmt, ...)
{
	va_list args;

	*err = (struct wire_error){0};
	(void)snprintf(err->code, sizeof(err->code), "%s", code);
	va_start(args, fmt);
	print_into(err->message, sizeof(err->message), fmt, args);
	va_end(args);
}

void wire_error_where(struct wire_error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_into(err->where, sizeof(err->where), fmt, args);
	va_end(args);
}

void wire_error_hint(struct wire_error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_into(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
}
