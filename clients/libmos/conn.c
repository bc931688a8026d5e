/* SPDX-License-Identifier: MIT */
/* One connection of a client: frames in and out, and one question with its answer before a deadline. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client_impl.h"
#include "value_wire.h"

#define RETRY_MS 20       /* a restarting broker is looked for this often */
#define FRAMES_A_PUMP 256 /* a peer that sends without end has its caller for so many frames */
#define OUTBOX_MAX 512

int64_t client_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

const char *conn_peer(const struct conn *conn)
{
	return conn->service[0] ? conn->service : "the broker";
}

int conn_wait(int sock, short events, int64_t deadline_ns)
{
	struct pollfd pfd = {.fd = sock, .events = events};

	for (;;) {
		int64_t left_ns = deadline_ns - client_now_ns();
		int n;

		if (left_ns < 0)
			left_ns = 0;
		n = ppoll(&pfd, 1, &(struct timespec){left_ns / SECOND_NS, left_ns % SECOND_NS}, NULL);
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
			bell_fd_add(&c->bell_fd, rc);
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

static void frame_free(struct frame *frame)
{
	wire_out_finish(&frame->out);
	free(frame);
}

void conn_close(struct mos_client *c, struct conn *conn)
{
	struct frame *frame;

	while ((frame = STAILQ_FIRST(&conn->outbox))) {
		STAILQ_REMOVE_HEAD(&conn->outbox, link);
		frame_free(frame);
	}
	conn->n_outbox = 0;
	conn->ready = 0;
	conn->waiting = 0;
	if (conn->sock >= 0) {
		bell_fd_remove(&c->bell_fd, conn->sock);
		close(conn->sock);
	}
	conn->sock = -1;
}

void conn_lost(struct mos_client *c, struct conn *conn, int rc)
{
	conn_close(c, conn);
	conn->opening = 0;
	inbox_hung_up(c, conn);
	if (conn == &c->broker)
		link_down(c);
	else
		inbox_service_lost(c, conn);
	async_fail(c, conn, rc);
}

int conn_receive(struct mos_client *c, struct conn *conn)
{
	int rc = wire_recv(conn->sock, &c->in, MSG_DONTWAIT);

	if (rc <= 0)
		return rc == 0 ? -ECONNRESET : rc == -EBADMSG ? -EPROTO : rc;
	switch (c->in.kind) {
	case WIRE_RESPONSE:
		if (conn->waiting && c->in.id == conn->wait_id) {
			conn->waiting = 0;
			return 1;
		}
		/* Answers of calls that timed out belong to nobody and are passed over. */
		if (conn == &c->broker && c->link.question_id && c->in.id == c->link.question_id)
			link_answer(c);
		else
			async_answer(c, conn);
		return 0;
	case WIRE_NOTIFY:
	case WIRE_REQUEST:
		inbox_unasked(c, conn);
	}
	return 0;
}

int conn_pump(struct mos_client *c, struct conn *conn)
{
	int rc = 0;

	for (int i = 0; i < FRAMES_A_PUMP && rc >= 0 && conn->sock >= 0; i++)
		rc = conn_receive(c, conn);
	if (rc >= 0 || rc == -EAGAIN)
		return conn->sock >= 0 ? 0 : -ECONNRESET;
	conn_lost(c, conn, rc == -EPROTO ? rc : -ECONNRESET);
	return rc;
}

int conn_encode(struct mos_client *c, uint32_t id, const struct mos_request *request, struct wire_out *out)
{
	int rc;

	wire_out_init(out);
	wire_begin_request(out, id, request->method);
	for (size_t i = 0; i < request->n_args; i++)
		value_put(out, request->args[i].key, &request->args[i].value);
	for (size_t i = 0; i < request->n_fds; i++)
		wire_add_fd(out, request->fds[i]);
	rc = wire_end(out);
	if (rc == -EMSGSIZE) {
		client_fail(c, rc, "client.request.invalid",
			"%s: cannot be sent: the parameters are larger than a frame's limit of %u bytes",
			request->method, WIRE_FRAME_MAX);
		client_hint(c, "share what is big with mos_data_share() and send its id");
	} else if (rc < 0) {
		client_fail(c, rc, "client.request.invalid", "%s: cannot be sent: %s", request->method,
			strerror(-rc));
	}
	return rc;
}

int conn_flush(struct mos_client *c, struct conn *conn)
{
	struct frame *frame;
	int rc;

	if (!conn->ready || !conn->n_outbox)
		return 0;
	while ((frame = STAILQ_FIRST(&conn->outbox))) {
		rc = wire_send(conn->sock, &frame->out, MSG_DONTWAIT);
		if (rc == -EAGAIN) {
			bell_fd_want_room(&c->bell_fd, conn->sock, 1);
			return 0;
		}
		if (rc < 0)
			return rc;
		STAILQ_REMOVE_HEAD(&conn->outbox, link);
		conn->n_outbox--;
		frame_free(frame);
	}
	bell_fd_want_room(&c->bell_fd, conn->sock, 0);
	return 0;
}

int conn_post(struct mos_client *c, struct conn *conn, uint32_t id, struct wire_out *out)
{
	struct frame *frame;
	int rc;

	if (conn->sock < 0 && !conn->opening) {
		wire_out_finish(out);
		return -EPIPE;
	}
	if (conn->ready && !conn->n_outbox) {
		rc = wire_send(conn->sock, out, MSG_DONTWAIT);
		if (rc != -EAGAIN) {
			wire_out_finish(out);
			return rc;
		}
		bell_fd_want_room(&c->bell_fd, conn->sock, 1);
	}
	frame = conn->n_outbox < OUTBOX_MAX ? malloc(sizeof(*frame)) : NULL;
	if (!frame) {
		wire_out_finish(out);
		return -ENOBUFS;
	}
	*frame = (struct frame){.id = id, .out = *out};
	STAILQ_INSERT_TAIL(&conn->outbox, frame, link);
	conn->n_outbox++;
	return 0;
}

void conn_forget(struct conn *conn, uint32_t id)
{
	struct frame *frame;

	STAILQ_FOREACH (frame, &conn->outbox, link) {
		if (frame->id != id)
			continue;
		STAILQ_REMOVE(&conn->outbox, frame, frame, link);
		conn->n_outbox--;
		frame_free(frame);
		return;
	}
}

static int send_request(struct mos_client *c, struct conn *conn, const struct mos_request *request,
	uint32_t id, int64_t deadline_ns)
{
	struct wire_out out;
	int rc;

	rc = conn_encode(c, id, request, &out);
	if (rc < 0)
		goto out;
	while ((rc = wire_send(conn->sock, &out, MSG_DONTWAIT)) == -EAGAIN) {
		rc = conn_wait(conn->sock, POLLOUT, deadline_ns);
		if (rc < 0)
			break;
	}
	if (rc == -ECONNRESET)
		rc = -EPIPE;
	if (rc < 0)
		client_fail(c, rc, "client.send.failed", "%s: cannot send to %s: %s", request->method,
			conn_peer(conn), strerror(-rc));
out:
	wire_out_finish(&out);
	return rc;
}

/* Until the answer is in c->in. */
static int receive_answer(struct mos_client *c, struct conn *conn, int64_t deadline_ns)
{
	for (;;) {
		int rc = conn_receive(c, conn);

		if (rc == 1)
			return 0;
		if (rc == 0)
			continue;
		if (rc != -EAGAIN)
			return rc;
		rc = conn_wait(conn->sock, POLLIN, deadline_ns);
		if (rc < 0)
			return rc;
	}
}

int conn_call(struct mos_client *c, struct conn *conn, const struct mos_request *request, int64_t deadline_ns)
{
	uint32_t id = ++conn->next_id;
	int rc;

	/* What waits in the outbox was asked before: it goes first, as far as there is room. */
	if (conn_pump(c, conn) < 0 || conn_flush(c, conn) < 0)
		rc = client_fail(c, -EPIPE, "client.connection.lost", "%s has hung up", conn_peer(conn));
	else
		rc = send_request(c, conn, request, id, deadline_ns);
	if (rc < 0) {
		if (rc == -EPIPE && conn->sock >= 0)
			conn_lost(c, conn, -ECONNRESET);
		return rc;
	}
	conn->waiting = 1;
	conn->wait_id = id;
	rc = receive_answer(c, conn, deadline_ns);
	conn->waiting = 0;
	switch (rc) {
	case 0:
		if (!c->in.error)
			return 0;
		call_take_refusal(c);
		return -EREMOTEIO;
	case -ETIMEDOUT:
		client_fail(c, rc, "client.call.timeout", "%s: no answer from %s in time", request->method,
			conn_peer(conn));
		return rc;
	case -ECONNRESET:
		client_fail(c, rc, "client.connection.lost", "%s: %s hung up before it answered",
			request->method, conn_peer(conn));
		client_hint(c, "it may or may not have been carried out");
		break;
	case -EPROTO:
		client_fail(c, rc, "client.answer.invalid", "%s: %s sent no valid frame: %s", request->method,
			conn_peer(conn), c->in.bad);
		break;
	default:
		client_fail(c, rc, "client.receive.failed", "%s: %s", request->method, strerror(-rc));
	}
	conn_lost(c, conn, rc);
	return rc;
}
