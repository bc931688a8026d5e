/* SPDX-License-Identifier: MIT */
/* From a request frame to its handler, and from the handler's result to an answer. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit_note.h"
#include "caps.h"
#include "log.h"
#include "rpc_internal.h"

int rpc_fail(struct rpc_request *req, int rc, const char *code, const char *fmt, ...)
{
	char text[sizeof(req->error.message)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wire_error_set(&req->error, code, "%s", text);
	return rc;
}

int rpc_fail_at(struct rpc_request *req, const char *where, const char *code, const char *fmt, ...)
{
	char text[sizeof(req->error.message)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wire_error_set(&req->error, code, "%s", text);
	wire_error_where(&req->error, "%s", where);
	return -EINVAL;
}

int rpc_take_fd(struct rpc_request *req, uint32_t index)
{
	return wire_take_fd(&req->ctx->in, index);
}

static struct rpc_request *request_new(struct rpc_conn *conn, uint32_t id)
{
	struct rpc_request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->ctx = rpc_conn_context(conn);
	req->conn = conn;
	req->id = id;
	wire_out_init(&req->out);
	wire_begin_result(&req->out, req->id);
	rpc_conn_add_request(conn, req);
	return req;
}

/* Halved until it fits: what is left are the first ones. */
static void send_error(struct rpc_request *req, struct wire_details details)
{
	struct wire_out out;

	for (;; details.n_issues /= 2) {
		wire_out_init(&out);
		wire_begin_error_with(&out, req->id, &req->error, &details);
		if (!details.n_issues || wire_end(&out) >= 0)
			break;
		wire_out_finish(&out);
	}
	(void)rpc_conn_send(req->conn, &out);
}

/* An answer that cannot be sent as it is becomes an error, so that no caller waits for ever. */
static void send_answer(struct rpc_request *req, int rc, const struct wire_details *details)
{
	int sent = rc;

	if (rc >= 0) {
		sent = wire_end(&req->out);
		if (sent >= 0) {
			(void)rpc_conn_send(req->conn, &req->out);
			return;
		}
		(void)rpc_fail(
			req, sent, "rpc.answer.failed", "the answer cannot be sent: %s", strerror(-sent));
	} else if (!req->error.code[0]) {
		(void)rpc_fail(req, rc, "rpc.request.failed", "%s", strerror(-rc));
	}
	send_error(req, *details);
}

void rpc_finish(struct rpc_request *req, int rc)
{
	rpc_finish_with(req, rc, &(struct wire_details){0});
}

static void tell_audit(struct rpc_request *req, int rc)
{
	if (!req->note)
		return;
	if (rc < 0)
		(void)snprintf(req->note->code, sizeof(req->note->code), "%s",
			req->error.code[0] ? req->error.code : "rpc.request.failed");
	if (req->ctx->audit) /* it may have ended since the call came */
		req->ctx->audit(req->ctx, req->note);
	free(req->note);
}

void rpc_finish_with(struct rpc_request *req, int rc, const struct wire_details *details)
{
	struct rpc_conn *conn;

	tell_audit(req, rc);
	conn = req->conn; /* telling may have closed it */
	if (conn) {
		/* Removed first: sending may close the connection, and that looks at its requests. */
		rpc_conn_remove_request(conn, req);
		send_answer(req, rc, details);
	}
	wire_out_finish(&req->out);
	free(req);
}

/* --- Parameters --- */

static uint32_t type_of(const msgpack_object *value)
{
	switch (value->type) {
	case MSGPACK_OBJECT_STR:
		return RPC_STR;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		return RPC_INT | RPC_NUM;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		return RPC_NUM;
	case MSGPACK_OBJECT_BOOLEAN:
		return RPC_BOOL;
	case MSGPACK_OBJECT_MAP:
		return RPC_MAP;
	case MSGPACK_OBJECT_ARRAY:
		return RPC_ARRAY;
	default:
		return 0;
	}
}

/* "a string or a number", for messages. */
static void type_words(uint32_t types, char *buf, size_t size)
{
	static const struct {
		uint32_t type;
		const char *words;
	} table[] = {
		{RPC_STR, "a string"},
		{RPC_INT, "a whole number"},
		{RPC_NUM, "a number"},
		{RPC_BOOL, "true or false"},
		{RPC_MAP, "a map"},
		{RPC_ARRAY, "a list"},
	};
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(table) / sizeof(*table) && len < size; i++) {
		if (types & table[i].type)
			len += (size_t)snprintf(
				buf + len, size - len, "%s%s", len ? " or " : "", table[i].words);
	}
}

/* The keys that there are, for the hint. */
static void hint_keys(struct rpc_request *req, const struct rpc_param *params)
{
	char keys[sizeof(req->error.hint)] = "";
	size_t len = 0;

	for (const struct rpc_param *p = params; p && p->key && len < sizeof(keys); p++)
		len += (size_t)snprintf(keys + len, sizeof(keys) - len, "%s%s", len ? ", " : "", p->key);
	if (len)
		wire_error_hint(&req->error, "known here: %s", keys);
	else
		wire_error_hint(&req->error, "this method takes no parameters");
}

static const struct rpc_param *find_param(const struct rpc_param *params, const msgpack_object *key)
{
	for (const struct rpc_param *p = params; p && p->key; p++) {
		if (key->type == MSGPACK_OBJECT_STR && key->via.str.size == strlen(p->key) &&
			!memcmp(key->via.str.ptr, p->key, key->via.str.size))
			return p;
	}
	return NULL;
}

/* A given key: known, of a right type, given once. */
static int check_given(struct rpc_request *req, const struct rpc_param *params, const msgpack_object *map,
	uint32_t index, uint64_t *seen)
{
	const msgpack_object_kv *kv = &map->via.map.ptr[index];
	const struct rpc_param *p = find_param(params, &kv->key);
	char words[96];

	if (!p) {
		char key[sizeof(req->error.where)];

		if (wire_to_str(&kv->key, key, sizeof(key)) < 0)
			(void)snprintf(key, sizeof(key), "key %u", index);
		(void)rpc_fail_at(req, key, "rpc.params.invalid", "there is no such parameter");
		hint_keys(req, params);
		return -EINVAL;
	}
	if (*seen & UINT64_C(1) << (p - params))
		return rpc_fail_at(req, p->key, "rpc.params.invalid", "given twice");
	*seen |= UINT64_C(1) << (p - params);
	if (kv->val.type == MSGPACK_OBJECT_NIL && !(p->types & RPC_REQUIRED))
		return 0;
	if (!(type_of(&kv->val) & p->types)) {
		type_words(p->types, words, sizeof(words));
		return rpc_fail_at(req, p->key, "rpc.params.invalid", "%s is expected", words);
	}
	return 0;
}

static int check_params(struct rpc_request *req, const struct rpc_param *params, const msgpack_object *map)
{
	uint64_t seen = 0;

	for (uint32_t i = 0; i < map->via.map.size; i++) {
		if (check_given(req, params, map, i, &seen) < 0)
			return -EINVAL;
	}
	for (const struct rpc_param *p = params; p && p->key; p++) {
		if (p->types & RPC_REQUIRED && !(seen & UINT64_C(1) << (p - params)))
			return rpc_fail_at(req, p->key, "rpc.params.invalid", "this parameter is required");
	}
	return 0;
}

/* --- Methods --- */

static int handle_ping(struct rpc_request *req, const msgpack_object *params)
{
	struct service *service = req->ctx->service;

	wire_put_str(&req->out, "name", service->name);
	wire_put_str(&req->out, "version", MOS_VERSION);
	wire_put_i64(&req->out, "pid", getpid());
	wire_put_f64(&req->out, "uptime_s", service_uptime_s(service));
	return 0;
}

static const struct rpc_method ping_method = {.name = "service.ping", .handle = handle_ping};

static const struct rpc_method *find_method(const struct rpc_context *ctx, const char *name)
{
	size_t len = strlen(ctx->service->name);

	for (size_t t = 0; t < ctx->n_tables; t++) {
		for (size_t i = 0; i < ctx->table[t].n; i++) {
			if (!strcmp(ctx->table[t].method[i].name, name))
				return &ctx->table[t].method[i];
		}
	}
	if (!strncmp(name, ctx->service->name, len) && name[len] == '.' &&
		!strcmp(name + len + 1, ping_method.name))
		return &ping_method;
	return NULL;
}

static int handle(struct rpc_request *req, struct wire_in *in)
{
	const struct rpc_method *method = find_method(req->ctx, in->method);
	uint32_t missing;

	if (!method)
		return rpc_fail_at(req, in->method, "rpc.method.unknown", "%s has no such method",
			req->ctx->service->name);
	if (req->ctx->audit && audit_wants(method))
		req->note = audit_note_new(method, rpc_conn_peer(req->conn), in->params);
	missing = method->caps & ~rpc_conn_peer(req->conn)->caps;
	if (missing) {
		(void)rpc_fail(req, -EACCES, "rpc.caller.denied", "this needs the capability \"%s\"",
			caps_name(missing));
		wire_error_where(&req->error, "%s", method->name);
		return -EACCES;
	}
	if (check_params(req, method->params, in->params) < 0)
		return -EINVAL;
	if (in->n_fds < method->n_fds)
		return rpc_fail(req, -EINVAL, "rpc.fds.missing",
			"%s needs %u file descriptor%s beside the request", method->name, method->n_fds,
			method->n_fds == 1 ? "" : "s");
	return method->handle(req, in->params);
}

void rpc_dispatch(struct rpc_conn *conn, struct wire_in *in)
{
	struct rpc_request *req = request_new(conn, in->id);
	int rc;

	if (!req) {
		log_error("no memory for a request, closing: pid=%d", (int)rpc_conn_peer(conn)->pid);
		rpc_conn_close(conn);
		return;
	}
	rc = handle(req, in);
	if (rc != RPC_LATER)
		rpc_finish(req, rc);
}
