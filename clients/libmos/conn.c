/* SPDX-License-Identifier: MIT */
/* One connection of a client: connecting, and one question with its answer, each before a deadline. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client_impl.h"
#include "value_wire.h"

#define RETRY_MS 20 /* a restarting broker is looked for this often */

int64_t client_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Wait for `events`. @return 0, -ETIMEDOUT. Hang-ups count as ready: the call that follows tells them. */
static int wait_ready(int sock, short events, int64_t deadline_ns)
{
	struct pollfd pfd = {.fd = sock, .events = events};

	for (;;) {
		int64_t left_ns = deadline_ns - client_now_ns();
		int n;

		if (left_ns < 0)
			left_ns = 0;
		n = ppoll(&pfd, 1, &(struct timespec){left_ns / 1000000000, left_ns % 1000000000}, NULL);
		if (n > 0)
			return 0;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static int try_connect(const struct mos_client *c)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock, rc;

	static_assert(sizeof(addr.sun_path) == sizeof(c->socket_path), "a path that fits here fits there");
	memcpy(addr.sun_path, c->socket_path, sizeof(addr.sun_path));
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return -errno;
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		rc = -errno;
		close(sock);
		return rc;
	}
	return sock;
}

int conn_connect(struct mos_client *c, int64_t deadline_ns)
{
	int rc;

	for (;;) {
		rc = try_connect(c);
		if (rc >= 0) {
			c->broker.sock = rc;
			return 0;
		}
		/* No socket yet, no listener yet, or its queue is full: each may pass. */
		if ((rc != -ENOENT && rc != -ECONNREFUSED && rc != -EAGAIN) || client_now_ns() >= deadline_ns)
			break;
		(void)poll(NULL, 0, RETRY_MS);
	}
	client_fail(c, rc, "client.broker.unreachable", "cannot reach MOS at %s: %s", c->socket_path,
		strerror(-rc));
	if (rc == -ENOENT || rc == -ECONNREFUSED)
		client_hint(c, "start it with mos-session, or set MOS_RUNTIME_DIR to where it runs");
	else if (rc == -EACCES)
		client_hint(c, "only members of its group may connect");
	return rc;
}

void conn_close(struct conn *conn)
{
	if (conn->sock >= 0)
		close(conn->sock);
	conn->sock = -1;
}

int conn_drain(struct mos_client *c, struct conn *conn)
{
	int rc;

	do {
		rc = wire_recv(conn->sock, &c->in, MSG_DONTWAIT);
	} while (rc > 0);
	return rc == -EAGAIN ? 0 : -ECONNRESET;
}

static const char *peer_name(const struct conn *conn)
{
	return conn->service[0] ? conn->service : "the broker";
}

static int send_request(struct mos_client *c, struct conn *conn, const struct mos_request *request,
	uint32_t id, int64_t deadline_ns)
{
	struct wire_out out;
	int rc;

	wire_out_init(&out);
	wire_begin_request(&out, id, request->method);
	for (size_t i = 0; i < request->n_args; i++)
		value_put(&out, request->args[i].key, &request->args[i].value);
	for (size_t i = 0; i < request->n_fds; i++)
		wire_add_fd(&out, request->fds[i]);
	rc = wire_end(&out);
	if (rc < 0) {
		client_fail(c, rc, "client.request.invalid", "%s: cannot be sent: %s", request->method,
			strerror(-rc));
		goto out;
	}
	while ((rc = wire_send(conn->sock, &out, MSG_DONTWAIT)) == -EAGAIN) {
		rc = wait_ready(conn->sock, POLLOUT, deadline_ns);
		if (rc < 0)
			break;
	}
	if (rc == -ECONNRESET)
		rc = -EPIPE;
	if (rc < 0)
		client_fail(c, rc, "client.send.failed", "%s: cannot send to %s: %s", request->method,
			peer_name(conn), strerror(-rc));
out:
	wire_out_finish(&out);
	return rc;
}

/* Until the answer with this id is in c->in. Late answers of calls that timed out are passed over. */
static int receive_answer(struct mos_client *c, struct conn *conn, uint32_t id, int64_t deadline_ns)
{
	for (;;) {
		int rc = wire_recv(conn->sock, &c->in, MSG_DONTWAIT);

		if (rc > 0 && c->in.kind == WIRE_RESPONSE && c->in.id == id)
			return 0;
		if (rc > 0)
			continue;
		if (rc == 0)
			return -ECONNRESET;
		if (rc != -EAGAIN)
			return rc == -EBADMSG ? -EPROTO : rc;
		rc = wait_ready(conn->sock, POLLIN, deadline_ns);
		if (rc < 0)
			return rc;
	}
}

static int take_error(struct mos_client *c)
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
	return -EREMOTEIO;
}

int conn_call(struct mos_client *c, struct conn *conn, const struct mos_request *request, int64_t deadline_ns)
{
	uint32_t id = conn->next_id++;
	int rc;

	if (conn_drain(c, conn) < 0)
		rc = client_fail(c, -EPIPE, "client.connection.lost", "%s has hung up", peer_name(conn));
	else
		rc = send_request(c, conn, request, id, deadline_ns);
	if (rc < 0) {
		if (rc == -EPIPE)
			conn_close(conn);
		return rc;
	}
	rc = receive_answer(c, conn, id, deadline_ns);
	switch (rc) {
	case 0:
		return c->in.error ? take_error(c) : 0;
	case -ETIMEDOUT:
		client_fail(c, rc, "client.call.timeout", "%s: no answer from %s in time", request->method,
			peer_name(conn));
		return rc;
	case -ECONNRESET:
		client_fail(c, rc, "client.connection.lost", "%s: %s hung up before it answered",
			request->method, peer_name(conn));
		client_hint(c, "it may or may not have been carried out");
		break;
	case -EPROTO:
		client_fail(c, rc, "client.answer.invalid", "%s: %s sent no valid frame: %s", request->method,
			peer_name(conn), c->in.bad);
		break;
	default:
		client_fail(c, rc, "client.receive.failed", "%s: %s", request->method, strerror(-rc));
	}
	conn_close(conn);
	return rc;
}
