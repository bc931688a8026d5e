/* SPDX-License-Identifier: MIT */
/* Calls by name: the method says which service, the connection to it is made when first needed. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client_impl.h"
#include "value_wire.h"

void mos_reply_finish(struct mos_reply *reply)
{
	for (uint32_t i = 0; i < reply->n_fds; i++) {
		if (reply->fds[i] >= 0)
			close(reply->fds[i]);
	}
	free(reply->memory);
	*reply = (struct mos_reply){0};
}

int call_take_reply(struct mos_client *c, const char *method, struct mos_reply *ret)
{
	static_assert(MOS_REPLY_FDS_MAX >= WIRE_FDS_MAX, "every descriptor of a frame has a place");
	struct mos_reply reply = {0};
	int rc;

	rc = value_copy(c->in.result, &reply.value, &reply.memory);
	if (rc < 0)
		return client_fail(c, rc, "client.answer.invalid",
			"%s: the answer has values that cannot be read", method);
	for (; reply.n_fds < c->in.n_fds; reply.n_fds++)
		reply.fds[reply.n_fds] = wire_take_fd(&c->in, reply.n_fds);
	*ret = reply;
	return 0;
}

void call_take_error(struct mos_client *c)
{
	struct wire_error err;

	wire_error_read(c->in.error, &err);
	static_assert(sizeof(err.code) == sizeof(c->error.code) &&
			      sizeof(err.message) == sizeof(c->error.message) &&
			      sizeof(err.where) == sizeof(c->error.where) &&
			      sizeof(err.hint) == sizeof(c->error.hint),
		"an error fits the public struct");
	memcpy(c->error.code, err.code, sizeof(err.code));
	memcpy(c->error.message, err.message, sizeof(err.message));
	memcpy(c->error.where, err.where, sizeof(err.where));
	memcpy(c->error.hint, err.hint, sizeof(err.hint));
}

void call_take_refusal(struct mos_client *c)
{
	call_take_error(c);
	free(c->refusal_memory);
	c->refusal_memory = NULL;
	if (value_copy(c->in.error, &c->refusal, &c->refusal_memory) < 0)
		c->refusal = (struct mos_value){0};
}

const struct mos_value *mos_client_refusal(const struct mos_client *client)
{
	return &client->refusal;
}

int call_service_of(struct mos_client *c, const char *method, char service[static CLIENT_NAME_MAX])
{
	size_t len = strcspn(method, ".");

	if (!len || len >= CLIENT_NAME_MAX || !method[len] || strlen(method) >= WIRE_METHOD_MAX)
		return client_fail(c, -EINVAL, "client.method.invalid", "not a method: \"%.64s\"", method);
	memcpy(service, method, len);
	service[len] = '\0';
	return 0;
}

int call_is_brokers(const char *service)
{
	return !strcmp(service, "broker") || !strcmp(service, "kronos") || !strcmp(service, "apollo");
}

static int call_broker(struct mos_client *c, const struct mos_request *request, int64_t deadline_ns)
{
	int rc;

	/* Twice: a broker that was restarted is noticed when the old connection fails, before anything was
	 * sent. */
	for (int attempt = 0;; attempt++) {
		rc = link_open(c, deadline_ns);
		if (rc < 0)
			return rc;
		rc = conn_call(c, &c->broker, request, deadline_ns);
		if (rc != -EPIPE || attempt)
			return rc;
	}
}

static int connect_service(struct mos_client *c, struct conn *conn, int64_t deadline_ns)
{
	const struct mos_field args[] = {mos_str("name", conn->service)};
	const struct mos_request request = {.method = "broker.service.connect", .args = args, .n_args = 1};
	int rc;

	/* A call that does not block may have asked already. */
	while (conn->opening && c->broker.sock >= 0) {
		rc = conn_wait(c->broker.sock, POLLIN, deadline_ns);
		if (rc < 0)
			return client_fail(
				c, rc, "client.call.timeout", "%s: not there in time", conn->service);
		(void)conn_pump(c, &c->broker);
	}
	if (conn->sock >= 0)
		return 0;
	rc = call_broker(c, &request, deadline_ns);
	if (rc < 0)
		return rc;
	if (!call_take_service(c, conn))
		return client_fail(c, -EPROTO, "client.answer.invalid",
			"broker.service.connect: no socket came with it");
	return 0;
}

int call_take_service(struct mos_client *c, struct conn *conn)
{
	conn->sock = wire_take_fd(&c->in, 0);
	if (conn->sock < 0) {
		conn->sock = -1;
		return 0;
	}
	conn->ready = 1;
	bell_fd_add(&c->bell_fd, conn->sock);
	return 1;
}

/* Somebody waits for an answer over it. */
static int is_busy(const struct mos_client *c, const struct conn *conn)
{
	const struct item *item;

	TAILQ_FOREACH (item, &c->async, link) {
		if (item->conn == conn || item->opens == conn)
			return 1;
	}
	return 0;
}

struct conn *call_find_service(struct mos_client *c, const char *service)
{
	struct conn *free_one = NULL, *idle = NULL;

	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++) {
		struct conn *conn = &c->services[i];

		if (!strcmp(conn->service, service))
			return conn;
		if (!free_one && conn->sock < 0 && !conn->opening)
			free_one = conn;
		if (!idle && !is_busy(c, conn))
			idle = conn;
	}
	/* All taken: one that nobody waits on gives way, or the first. */
	if (!free_one) {
		free_one = idle ? idle : &c->services[0];
		conn_lost(c, free_one, -ECONNRESET);
	}
	strcpy(free_one->service, service);
	return free_one;
}

static int call_service(
	struct mos_client *c, const char *service, const struct mos_request *request, int64_t deadline_ns)
{
	struct conn *conn = call_find_service(c, service);
	int rc;

	for (int attempt = 0;; attempt++) {
		if (conn->sock < 0) {
			rc = connect_service(c, conn, deadline_ns);
			if (rc < 0)
				return rc;
		}
		rc = conn_call(c, conn, request, deadline_ns);
		if (rc != -EPIPE || attempt)
			return rc;
	}
}

int mos_call_request(struct mos_client *client, const struct mos_request *request, struct mos_reply *ret)
{
	int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : client->timeout_ms;
	int64_t deadline_ns = client_now_ns() + timeout_ms * MS_NS;
	char service[CLIENT_NAME_MAX];
	int rc;

	rc = call_service_of(client, request->method, service);
	if (rc < 0)
		return rc;
	if (call_is_brokers(service))
		rc = call_broker(client, request, deadline_ns);
	else
		rc = call_service(client, service, request, deadline_ns);
	if (rc == 0 && ret)
		rc = call_take_reply(client, request->method, ret);
	client_rearm(client);
	return rc;
}

int mos_call(struct mos_client *client, const char *method, const struct mos_field *args, size_t n_args,
	struct mos_reply *ret)
{
	const struct mos_request request = {.method = method, .args = args, .n_args = n_args};

	return mos_call_request(client, &request, ret);
}
