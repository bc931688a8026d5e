/* SPDX-License-Identifier: MIT */
/* A service's tie to the broker. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audit_note.h"
#include "broker_link.h"
#include "caps.h"
#include "log.h"

int broker_link_connect(const char *runtime_dir, const char *name)
{
	struct sockaddr_un address;
	int sock, rc;

	rc = runtime_dir_address(runtime_dir, name, &address);
	if (rc < 0)
		return rc;
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return -errno;
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0) {
		rc = -errno;
		close(sock);
		return rc;
	}
	return sock;
}

/* Registration was refused for good: another one has the name. */
static void refused(struct broker_link *link, const msgpack_object *error)
{
	struct wire_error err;

	wire_error_read(error, &err);
	log_error("the broker refuses us: code=%s message=\"%s\"", err.code, err.message);
	service_quit(link->ctx->service, strcmp(err.code, "broker.service.taken") ? -EACCES : -EBUSY);
}

/* Says whether there is an rtcore. */
static void take_rtcore(struct broker_link *link, const msgpack_object *map)
{
	uint64_t generation, timeline_id;

	if (link->ops->rtcore_up && wire_get_u64(map, "generation", &generation) == 0 &&
		wire_get_u64(map, "timeline_id", &timeline_id) == 0)
		link->ops->rtcore_up(generation, timeline_id, link->data);
}

/* --- Notes for the broker's audit log --- */

static void on_noted(void *data, int rc, struct wire_in *in)
{
	struct broker_link *link = data;

	link->n_unheard += rc < 0;
}

static void send_note(struct broker_link *link, const struct audit_note *note)
{
	struct wire_out out;
	uint32_t id = rpc_begin_call(link->conn, &out, "broker.audit.note");

	audit_note_put(&out, note);
	if (rpc_call(link->conn, &out, id, on_noted, link) < 0)
		link->n_unheard++;
}

static void tell_unheard(struct broker_link *link)
{
	struct audit_note note = {.method = "audit.unheard", .pid = getpid(), .uid = getuid()};

	if (!link->n_unheard)
		return;
	(void)snprintf(note.name, sizeof(note.name), "%s", link->ctx->service->program);
	(void)snprintf(note.with, sizeof(note.with), "calls=%" PRIu64, link->n_unheard);
	link->n_unheard = 0;
	send_note(link, &note);
}

/* The log is the broker's. While there is none, or it does not take what it was told, calls are counted. */
static void tell_broker(struct rpc_context *ctx, const struct audit_note *note)
{
	struct broker_link *link = ctx->audit_data;

	if (!link->registered || rpc_conn_is_behind(link->conn)) {
		link->n_unheard++;
		return;
	}
	tell_unheard(link);
	if (link->registered)
		send_note(link, note);
}

/* --- Coming and going --- */

static void on_registered(void *data, int rc, struct wire_in *in)
{
	struct broker_link *link = data;

	if (rc == -ECONNRESET)
		return; /* on_closed() tries again */
	if (rc < 0) {
		refused(link, in->error);
		return;
	}
	log_info("registered with the broker");
	link->registered = 1;
	link->refused_logged = 0;
	retry_reset(&link->retry);
	tell_unheard(link);
	if (link->ops->up)
		link->ops->up(link->conn, link->data);
	take_rtcore(link, in->result);
}

static void on_closed(struct rpc_conn *conn, void *data)
{
	struct broker_link *link = data;

	link->conn = NULL;
	if (link->registered) {
		log_warning("the broker is gone, trying again");
		link->registered = 0;
		if (link->ops->down)
			link->ops->down(link->data);
	}
	retry_later(&link->retry);
}

static uint32_t read_caps(const msgpack_object *list)
{
	uint32_t caps = 0;

	for (uint32_t i = 0; list && i < list->via.array.size; i++) {
		char name[32];

		if (wire_to_str(&list->via.array.ptr[i], name, sizeof(name)) == 0)
			caps |= caps_from_name(name);
	}
	return caps;
}

/* Callers cost descriptors, and without those not even the broker can be heard: neither all nor one may take
 * them. */
static int has_room(const struct broker_link *link, pid_t pid)
{
	return link->ctx->n_conns < BROKER_LINK_CALLERS_MAX &&
	       rpc_count_conns_of(link->ctx, pid) < BROKER_LINK_CALLS_PER_PROCESS;
}

static void take_caller(struct broker_link *link, struct wire_in *in)
{
	struct rpc_peer peer = {0};
	struct rpc_conn *conn;
	int64_t pid, uid, client;
	int sock = wire_take_fd(in, 0), rc;

	if (sock < 0 || wire_get_i64(in->params, "pid", &pid) < 0 ||
		wire_get_i64(in->params, "uid", &uid) < 0 ||
		wire_get_i64(in->params, "client", &client) < 0 ||
		wire_get_str(in->params, "name", peer.name, sizeof(peer.name)) < 0) {
		log_warning("the broker announced a caller and did not say who, ignoring");
		if (sock >= 0)
			close(sock);
		return;
	}
	if (!has_room(link, (pid_t)pid)) {
		log_warning("too many connections, hanging up on a caller: pid=%d name=\"%s\"", (int)pid,
			peer.name);
		close(sock);
		return;
	}
	peer.pid = (pid_t)pid;
	peer.uid = (uid_t)uid;
	peer.client = (uint32_t)client;
	peer.caps = read_caps(wire_get_array(in->params, "capabilities"));
	rc = rpc_conn_create(link->ctx, sock, &peer, &link->ops->caller, link->data, &conn);
	if (rc < 0)
		log_warning("cannot take a caller, ignoring: pid=%d error=\"%s\"", (int)pid, strerror(-rc));
	else
		log_debug("a caller: pid=%d name=\"%s\"", (int)pid, peer.name);
}

static void on_notified(struct rpc_conn *conn, struct wire_in *in, void *data)
{
	struct broker_link *link = data;

	if (!strcmp(in->method, "broker.service.caller"))
		take_caller(link, in);
	else if (!strcmp(in->method, "broker.rtcore.up"))
		take_rtcore(link, in->params);
	else if (!strcmp(in->method, "broker.system.quit"))
		service_quit(link->ctx->service, 0);
	else if (link->ops->notified)
		link->ops->notified(conn, in, link->data);
}

static const struct rpc_conn_ops conn_ops = {.closed = on_closed, .notified = on_notified};

static void try_connect(void *data)
{
	struct broker_link *link = data;
	/* The broker is who opened the door in our own directory: nothing is asked of it. */
	const struct rpc_peer broker = {.caps = CAPS_ALL, .uid = getuid(), .name = "broker"};
	struct service *service = link->ctx->service;
	struct wire_out out;
	uint32_t id;
	int sock, rc;

	sock = broker_link_connect(service->runtime_dir, "mos.sock");
	if (sock < 0) {
		if (!link->refused_logged)
			log_notice("no broker yet, waiting for it: dir=%s error=\"%s\"", service->runtime_dir,
				strerror(-sock));
		link->refused_logged = 1;
		retry_later(&link->retry);
		return;
	}
	rc = rpc_conn_create(link->ctx, sock, &broker, &conn_ops, link, &link->conn);
	if (rc < 0) {
		log_error("cannot use the connection to the broker: error=\"%s\"", strerror(-rc));
		retry_later(&link->retry);
		return;
	}
	id = rpc_begin_call(link->conn, &out, "broker.service.register");
	wire_put_str(&out, "name", service->name);
	rc = rpc_call(link->conn, &out, id, on_registered, link);
	if (rc < 0) {
		log_error("cannot register with the broker: error=\"%s\"", strerror(-rc));
		rpc_conn_close(link->conn);
	}
}

int broker_link_start(
	struct broker_link *link, struct rpc_context *ctx, const struct broker_link_ops *ops, void *data)
{
	int rc;

	*link = (struct broker_link){.ctx = ctx, .ops = ops, .data = data};
	ctx->audit = tell_broker;
	ctx->audit_data = link;
	rc = retry_init(&link->retry, ctx->service->event, try_connect, link);
	if (rc < 0)
		return rc;
	try_connect(link);
	return 0;
}

void broker_link_stop(struct broker_link *link)
{
	rpc_conn_close(link->conn);
	retry_finish(&link->retry);
}

struct rpc_conn *broker_link_conn(struct broker_link *link)
{
	return link->registered ? link->conn : NULL;
}
