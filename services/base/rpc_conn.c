/* SPDX-License-Identifier: MIT */
/* One connection: its socket, its queue, what is under way on it, its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "rpc_internal.h"

/* Frames handled before other connections get their turn. */
#define FRAMES_A_TURN 16

/* What a waiting descriptor counts as, in bytes: it is the scarcer thing. */
#define FD_WEIGHT 4096

/* Of our processor time, that a rationed peer may have saved up. */
#define RATION_BURST_US 100000

struct queued {
	struct wire_out out;
	STAILQ_ENTRY(queued) link;
};

struct call {
	uint32_t id;
	rpc_answered *answered;
	void *data;
	TAILQ_ENTRY(call) link;
};

struct rpc_conn {
	struct rpc_context *ctx;
	int sock;
	int closed;
	int strayed;   /* it answered what nobody asked: said once */
	int reset;     /* the peer left without reading its answers: told once by the kernel */
	uint32_t refs; /* the owner's, and one while a turn is taken */
	sd_event_source *io;
	uint32_t events; /* that epoll watches now */
	struct rpc_peer peer;
	const struct rpc_conn_ops *ops;
	void *data;
	STAILQ_HEAD(, queued) queue;
	size_t queue_bytes;
	TAILQ_HEAD(, rpc_request) requests; /* that we have to answer */
	uint32_t n_requests;
	TAILQ_HEAD(, call) calls; /* that the peer has to answer */
	uint32_t next_id;
	uint32_t permille; /* of our time that it gets; 0: as much as it likes */
	int64_t credit_us, credited_us;
	int paused; /* its credit is used up, `pause` runs */
	sd_event_source *pause;
	TAILQ_ENTRY(rpc_conn) link;
};

int rpc_context_init(struct rpc_context *ctx, struct service *service, const struct rpc_table *table,
	size_t n_tables, void *data)
{
	*ctx = (struct rpc_context){
		.service = service,
		.table = table,
		.n_tables = n_tables,
		.data = data,
	};
	TAILQ_INIT(&ctx->conns);
	return wire_in_init(&ctx->in);
}

void rpc_context_finish(struct rpc_context *ctx)
{
	while (ctx->n_conns)
		rpc_conn_close(TAILQ_FIRST(&ctx->conns));
	wire_in_finish(&ctx->in);
}

static void conn_unref(struct rpc_conn *conn)
{
	if (--conn->refs)
		return;
	free(conn);
}

static int may_read(const struct rpc_conn *conn)
{
	return !conn->paused && conn->n_requests < RPC_REQUESTS_MAX && !rpc_conn_is_behind(conn);
}

/* A peer that does not take its answers is not listened to either: it slows itself only. */
static void update_events(struct rpc_conn *conn)
{
	uint32_t events = 0;

	if (conn->closed)
		return;
	if (may_read(conn))
		events |= EPOLLIN;
	if (!STAILQ_EMPTY(&conn->queue))
		events |= EPOLLOUT;
	if (events != conn->events && sd_event_source_set_io_events(conn->io, events) >= 0)
		conn->events = events;
}

/* --- Rations --- */

static int64_t time_us(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *data)
{
	struct rpc_conn *conn = data;

	conn->paused = 0;
	update_events(conn);
	return 0;
}

static void charge(struct rpc_conn *conn, int64_t used_us)
{
	int64_t now = time_us(CLOCK_MONOTONIC);

	conn->credit_us += (now - conn->credited_us) * conn->permille / 1000 - used_us;
	conn->credited_us = now;
	if (conn->credit_us > RATION_BURST_US)
		conn->credit_us = RATION_BURST_US;
	if (conn->closed || conn->credit_us >= 0)
		return;
	conn->paused = sd_event_source_set_time_relative(
			       conn->pause, (uint64_t)(-conn->credit_us * 1000 / conn->permille)) >= 0 &&
		       sd_event_source_set_enabled(conn->pause, SD_EVENT_ONESHOT) >= 0;
}

int rpc_conn_ration(struct rpc_conn *conn, uint32_t permille)
{
	int rc = sd_event_add_time(
		conn->ctx->service->event, &conn->pause, CLOCK_MONOTONIC, 0, 1000, on_pause_over, conn);

	if (rc >= 0)
		rc = sd_event_source_set_enabled(conn->pause, SD_EVENT_OFF);
	if (rc < 0)
		return rc;
	conn->permille = permille;
	conn->credit_us = RATION_BURST_US;
	conn->credited_us = time_us(CLOCK_MONOTONIC);
	return 0;
}

/* --- Frames --- */

static size_t weight(const struct wire_out *out)
{
	return out->len + (size_t)out->n_fds * FD_WEIGHT;
}

static void drop_first(struct rpc_conn *conn)
{
	struct queued *first = STAILQ_FIRST(&conn->queue);

	STAILQ_REMOVE_HEAD(&conn->queue, link);
	conn->queue_bytes -= weight(&first->out);
	wire_out_finish(&first->out);
	free(first);
}

static void flush(struct rpc_conn *conn)
{
	while (!STAILQ_EMPTY(&conn->queue)) {
		int rc = wire_send(conn->sock, &STAILQ_FIRST(&conn->queue)->out, MSG_DONTWAIT);

		if (rc == -EAGAIN)
			return;
		/*
		 * Nobody is there to take it. What the peer had sent before it left still counts, so the
		 * end is noticed where it is read.
		 */
		if (rc < 0 && rc != -EPIPE && rc != -ECONNRESET)
			log_warning("cannot send a frame, dropping it: pid=%d error=\"%s\"",
				(int)conn->peer.pid, strerror(-rc));
		drop_first(conn);
	}
}

int rpc_conn_send(struct rpc_conn *conn, struct wire_out *out)
{
	struct queued *frame = NULL;
	int rc = wire_end(out);

	if (rc < 0)
		goto fail;
	if (conn->closed) {
		rc = -ECONNRESET;
		goto fail;
	}
	if (weight(out) > RPC_QUEUE_MAX - conn->queue_bytes) {
		log_warning("a peer does not read its frames, closing: pid=%d name=\"%s\" bytes=%zu",
			(int)conn->peer.pid, conn->peer.name, conn->queue_bytes);
		rpc_conn_close(conn);
		rc = -ENOBUFS;
		goto fail;
	}
	frame = malloc(sizeof(*frame));
	if (!frame) {
		rc = -ENOMEM;
		goto fail;
	}
	frame->out = *out;
	*out = (struct wire_out){0};
	STAILQ_INSERT_TAIL(&conn->queue, frame, link);
	conn->queue_bytes += weight(&frame->out);
	flush(conn);
	update_events(conn);
	return 0;
fail:
	wire_out_finish(out);
	return rc;
}

void rpc_conn_add_request(struct rpc_conn *conn, struct rpc_request *req)
{
	TAILQ_INSERT_TAIL(&conn->requests, req, link);
	conn->n_requests++;
	update_events(conn);
}

void rpc_conn_remove_request(struct rpc_conn *conn, struct rpc_request *req)
{
	TAILQ_REMOVE(&conn->requests, req, link);
	conn->n_requests--;
	update_events(conn);
}

static void take_response(struct rpc_conn *conn, struct wire_in *in)
{
	struct call *call;

	TAILQ_FOREACH (call, &conn->calls, link) {
		if (call->id == in->id)
			break;
	}
	if (!call) {
		if (!conn->strayed)
			log_warning("answers to nothing that was asked, ignoring: pid=%d id=%u",
				(int)conn->peer.pid, in->id);
		conn->strayed = 1;
		return;
	}
	TAILQ_REMOVE(&conn->calls, call, link);
	call->answered(call->data, in->error ? -EREMOTEIO : 0, in);
	free(call);
}

static void take_frame(struct rpc_conn *conn, struct wire_in *in)
{
	switch (in->kind) {
	case WIRE_REQUEST:
		rpc_dispatch(conn, in);
		break;
	case WIRE_RESPONSE:
		take_response(conn, in);
		break;
	case WIRE_NOTIFY:
		if (conn->ops && conn->ops->notified)
			conn->ops->notified(conn, in, conn->data);
		else
			log_debug("a notification that nobody waits for, ignoring: pid=%d method=%s",
				(int)conn->peer.pid, in->method);
		break;
	}
}

/* @return 1 there may be more; 0 enough for now, or the connection is closed. */
static int read_one(struct rpc_conn *conn, int hung_up)
{
	struct wire_in *in = &conn->ctx->in;
	int rc;

	/* What a peer had sent before it hung up is bounded by its socket, so it is read in any case. */
	if (conn->closed || (!hung_up && !may_read(conn)))
		return 0;
	rc = wire_recv(conn->sock, in, MSG_DONTWAIT);
	if (rc == -EAGAIN)
		return 0;
	if (rc > 0) {
		take_frame(conn, in);
		return 1;
	}
	/*
	 * A peer that left without reading its answers: the kernel says so once, before what it had sent.
	 * That is still to be read; the end comes after it.
	 */
	if (rc == -ECONNRESET && !conn->reset) {
		conn->reset = 1;
		return 1;
	}
	if (rc == -EBADMSG)
		log_warning("a malformed frame, closing: pid=%d name=\"%s\" reason=\"%s\"",
			(int)conn->peer.pid, conn->peer.name, in->bad);
	else if (rc < 0 && rc != -ECONNRESET)
		log_warning(
			"cannot receive, closing: pid=%d error=\"%s\"", (int)conn->peer.pid, strerror(-rc));
	rpc_conn_close(conn);
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct rpc_conn *conn = data;
	int64_t begun_us = conn->permille ? time_us(CLOCK_THREAD_CPUTIME_ID) : 0;

	conn->refs++;
	if (revents & EPOLLOUT)
		flush(conn);
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		int n = FRAMES_A_TURN;

		while (n-- && read_one(conn, !!(revents & (EPOLLHUP | EPOLLERR))))
			;
	}
	if (conn->permille)
		charge(conn, time_us(CLOCK_THREAD_CPUTIME_ID) - begun_us);
	update_events(conn);
	conn_unref(conn);
	return 0;
}

int rpc_conn_create(struct rpc_context *ctx, int sock, const struct rpc_peer *peer,
	const struct rpc_conn_ops *ops, void *data, struct rpc_conn **ret)
{
	struct rpc_conn *conn = calloc(1, sizeof(*conn));
	int rc;

	if (!conn) {
		close(sock);
		return -ENOMEM;
	}
	*conn = (struct rpc_conn){
		.ctx = ctx,
		.sock = sock,
		.refs = 1,
		.events = EPOLLIN,
		.ops = ops,
		.data = data,
		.next_id = 1,
	};
	if (peer)
		conn->peer = *peer;
	STAILQ_INIT(&conn->queue);
	TAILQ_INIT(&conn->requests);
	TAILQ_INIT(&conn->calls);
	rc = sd_event_add_io(ctx->service->event, &conn->io, sock, conn->events, on_io, conn);
	if (rc < 0) {
		close(sock);
		free(conn);
		return rc;
	}
	TAILQ_INSERT_TAIL(&ctx->conns, conn, link);
	ctx->n_conns++;
	*ret = conn;
	return 0;
}

void rpc_conn_close(struct rpc_conn *conn)
{
	struct rpc_request *req;
	struct call *call;

	if (!conn || conn->closed)
		return;
	conn->closed = 1;
	conn->io = sd_event_source_disable_unref(conn->io);
	conn->pause = sd_event_source_disable_unref(conn->pause);
	close(conn->sock);
	TAILQ_REMOVE(&conn->ctx->conns, conn, link);
	conn->ctx->n_conns--;
	while (!STAILQ_EMPTY(&conn->queue))
		drop_first(conn);
	while ((req = TAILQ_FIRST(&conn->requests))) {
		TAILQ_REMOVE(&conn->requests, req, link);
		conn->n_requests--;
		req->conn = NULL;
	}
	while ((call = TAILQ_FIRST(&conn->calls))) {
		TAILQ_REMOVE(&conn->calls, call, link);
		call->answered(call->data, -ECONNRESET, NULL);
		free(call);
	}
	if (conn->ops && conn->ops->closed)
		conn->ops->closed(conn, conn->data);
	conn_unref(conn);
}

int rpc_conn_is_behind(const struct rpc_conn *conn)
{
	return conn->queue_bytes >= RPC_QUEUE_HIGH;
}

uint32_t rpc_count_conns_of(const struct rpc_context *ctx, pid_t pid)
{
	const struct rpc_conn *conn;
	uint32_t n = 0;

	TAILQ_FOREACH (conn, &ctx->conns, link)
		n += conn->peer.pid == pid;
	return n;
}

struct rpc_context *rpc_conn_context(struct rpc_conn *conn)
{
	return conn->ctx;
}

struct rpc_peer *rpc_conn_peer(struct rpc_conn *conn)
{
	return &conn->peer;
}

void *rpc_conn_data(struct rpc_conn *conn)
{
	return conn->data;
}

int rpc_conn_waiting(const struct rpc_conn *conn)
{
	return !STAILQ_EMPTY(&conn->queue);
}

int rpc_notify(struct rpc_conn *conn, struct wire_out *out)
{
	return rpc_conn_send(conn, out);
}

uint32_t rpc_begin_call(struct rpc_conn *conn, struct wire_out *out, const char *method)
{
	uint32_t id = conn->next_id++;

	wire_out_init(out);
	wire_begin_request(out, id, method);
	return id;
}

int rpc_call(struct rpc_conn *conn, struct wire_out *out, uint32_t id, rpc_answered *answered, void *data)
{
	struct call *call = malloc(sizeof(*call));
	int rc;

	if (!call) {
		wire_out_finish(out);
		return -ENOMEM;
	}
	*call = (struct call){.id = id, .answered = answered, .data = data};
	rc = rpc_conn_send(conn, out);
	if (rc < 0) {
		free(call);
		return rc;
	}
	TAILQ_INSERT_TAIL(&conn->calls, call, link);
	return 0;
}
