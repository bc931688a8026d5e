/* SPDX-License-Identifier: MIT */
/* Calls that do not block: sent or kept to be sent, answered in any order, told by mos_events_dispatch(). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client_impl.h"

static struct item *find(struct mos_client *c, const struct conn *conn, uint32_t id)
{
	struct item *item;

	TAILQ_FOREACH (item, &c->async, link) {
		if (item->conn == conn && item->id == id)
			return item;
	}
	return NULL;
}

/* Its answer is there, or will not come; c->error says why. */
static void complete(struct mos_client *c, struct item *item, int rc)
{
	TAILQ_REMOVE(&c->async, item, link);
	c->n_async--;
	item->rc = rc;
	if (rc < 0)
		item->error = c->error;
	if (item->opens) { /* our own, in the place of those that wait for the service */
		struct conn *conn = item->opens;

		item_free(item);
		conn->opening = 0;
		if (rc < 0)
			async_fail(c, conn, rc);
		else if (conn_flush(c, conn) < 0)
			conn_lost(c, conn, -ECONNRESET);
		return;
	}
	inbox_answer(c, item);
}

void async_answer(struct mos_client *c, struct conn *conn)
{
	struct mos_error before = c->error;
	struct item *item = find(c, conn, c->in.id);
	int rc = 0;

	if (!item)
		return;
	if (c->in.error) {
		call_take_error(c);
		rc = -EREMOTEIO;
	} else if (item->opens) {
		if (!call_take_service(c, item->opens))
			rc = client_fail(c, -EPROTO, "client.answer.invalid",
				"broker.service.connect: no socket came with it");
	} else {
		rc = call_take_reply(c, item->method, &item->reply);
	}
	complete(c, item, rc);
	c->error = before;
}

static void fail_one(struct mos_client *c, struct item *item, int rc)
{
	conn_forget(item->conn, item->id); /* told as failed, so it must not be carried out later */
	/* What its connection was asked before has said why the service cannot be had. */
	if (rc == -ECONNRESET)
		client_fail(c, rc, "client.connection.lost", "%s: %s hung up before it answered",
			item->method, conn_peer(item->conn));
	else if (rc == -ETIMEDOUT)
		client_fail(c, rc, "client.call.timeout", "%s: no answer from %s in time", item->method,
			conn_peer(item->conn));
	else if (rc == -EPROTO)
		client_fail(c, rc, "client.answer.invalid", "%s: %s sent no valid frame", item->method,
			conn_peer(item->conn));
	else if (rc == -ECANCELED)
		client_fail(c, rc, "client.closed", "%s: the client was destroyed", item->method);
	complete(c, item, rc);
}

void async_fail(struct mos_client *c, const struct conn *conn, int rc)
{
	struct mos_error why = c->error;
	struct item *item, *next;

	for (item = TAILQ_FIRST(&c->async); item; item = next) {
		next = TAILQ_NEXT(item, link);
		if (conn && item->conn != conn && item->opens != conn)
			continue;
		c->error = why;
		fail_one(c, item, rc);
		next = TAILQ_FIRST(&c->async); /* one that fails may take others with it */
	}
	c->error = why;
}

void async_expire(struct mos_client *c, int64_t now_ns)
{
	struct mos_error before = c->error;
	struct item *item, *next;

	for (item = TAILQ_FIRST(&c->async); item; item = next) {
		next = TAILQ_NEXT(item, link);
		if (item->deadline_ns > now_ns)
			continue;
		fail_one(c, item, -ETIMEDOUT);
		next = TAILQ_FIRST(&c->async);
	}
	c->error = before;
}

int64_t async_due_ns(const struct mos_client *c)
{
	const struct item *item;
	int64_t due_ns = INT64_MAX;

	TAILQ_FOREACH (item, &c->async, link) {
		if (item->deadline_ns < due_ns)
			due_ns = item->deadline_ns;
	}
	return due_ns;
}

/* Post a request and wait for its answer in c->async. @return the item; NULL: the error is filled, *ret_rc.
 */
static struct item *post(
	struct mos_client *c, struct conn *conn, const struct mos_request *request, int *ret_rc)
{
	struct item *item = calloc(1, sizeof(*item));
	struct wire_out out;
	int rc;

	if (!item) {
		*ret_rc = client_fail(c, -ENOMEM, "client.memory", "out of memory");
		return NULL;
	}
	item->kind = ITEM_ANSWER;
	item->conn = conn;
	item->id = ++conn->next_id;
	strcpy(item->method, request->method); /* its length was checked with its name */
	item->deadline_ns = client_now_ns() +
			    (int64_t)(request->timeout_ms > 0 ? request->timeout_ms : c->timeout_ms) * MS_NS;
	rc = conn_encode(c, item->id, request, &out);
	if (rc < 0) {
		wire_out_finish(&out);
	} else {
		rc = conn_post(c, conn, item->id, &out);
		if (rc == -EPIPE)
			rc = -ECONNRESET;
		if (rc < 0)
			client_fail(c, rc, "client.send.failed", "%s: cannot send to %s: %s", request->method,
				conn_peer(conn), strerror(-rc));
	}
	if (rc < 0) {
		free(item);
		*ret_rc = rc;
		return NULL;
	}
	TAILQ_INSERT_TAIL(&c->async, item, link);
	c->n_async++;
	return item;
}

/* Ask the broker for a socket to the service; what is posted meanwhile waits in its outbox. */
static int ask_service(struct mos_client *c, struct conn *conn)
{
	const struct mos_field args[] = {mos_str("name", conn->service)};
	const struct mos_request request = {.method = "broker.service.connect", .args = args, .n_args = 1};
	struct item *item;
	int rc = 0;

	item = post(c, &c->broker, &request, &rc);
	if (!item)
		return rc;
	item->opens = conn;
	conn->opening = 1;
	return 0;
}

static int begin(
	struct mos_client *c, struct conn *conn, const struct mos_request *request, struct item **ret)
{
	int rc;

	/* A peer that has hung up is noticed here, as long as nothing was sent. */
	if (c->broker.sock >= 0)
		(void)conn_pump(c, &c->broker);
	if (conn != &c->broker && conn->sock >= 0)
		(void)conn_pump(c, conn);
	rc = link_begin(c, client_now_ns());
	if (rc == 0 && conn != &c->broker && conn->sock < 0 && !conn->opening)
		rc = ask_service(c, conn);
	if (rc < 0)
		return rc;
	*ret = post(c, conn, request, &rc);
	return *ret ? 0 : rc;
}

int mos_call_async(
	struct mos_client *client, const struct mos_request *request, mos_call_done done, void *data)
{
	struct mos_client *c = client;
	char service[CLIENT_NAME_MAX];
	struct item *item = NULL;
	int rc;

	if (c->closing)
		return client_fail(c, -ECANCELED, "client.closed", "the client is being destroyed");
	if (!done)
		return client_fail(c, -EINVAL, "client.request.invalid", "nobody to be told of the answer");
	rc = call_service_of(c, request->method, service);
	if (rc < 0)
		return rc;
	if (c->n_async >= CLIENT_ASYNC_MAX)
		return client_fail(c, -EAGAIN, "client.call.limit",
			"%u calls are under way, and no more may be", CLIENT_ASYNC_MAX);
	rc = begin(c, call_is_brokers(service) ? &c->broker : call_find_service(c, service), request, &item);
	if (rc == 0) {
		item->done = done;
		item->data = data;
	}
	client_rearm(c);
	return rc;
}
