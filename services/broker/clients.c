/* SPDX-License-Identifier: MIT */
/* Clients: coming, getting a slot, going. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mos/ingress.h>

#include "broker.h"
#include "caps.h"
#include "log.h"
#include "wire_utf8.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; the C library's headers may be older */
#endif

static void client_free(struct client *c)
{
	TAILQ_REMOVE(&c->broker->clients.list, c, link);
	sd_event_source_disable_unref(c->death);
	if (c->pidfd >= 0)
		close(c->pidfd);
	free(c);
}

void clients_init(struct clients *clients)
{
	TAILQ_INIT(&clients->list);
	clients->n = 0;
}

void clients_finish(struct clients *clients)
{
	while (!TAILQ_EMPTY(&clients->list))
		client_free(TAILQ_FIRST(&clients->list));
}

/* --- Going --- */

static int has_slot(const struct client *c)
{
	return c->state == CLIENT_ATTACHED || c->state == CLIENT_LEAVING;
}

static void on_detached(void *data, int rc, const struct mos_rtctl_msg *msg, int fd)
{
	struct client *c = data;

	/* rtcore went away: should the same one come back, clients_rtcore_up() tells it again. */
	if (rc < 0)
		return;
	if (msg->status < 0)
		log_warning("rtcore did not take a slot back: slot=%u error=\"%s\"", c->slot,
			strerror(-msg->status));
	client_free(c);
}

static void detach(struct client *c)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_DETACH};
	int rc;

	if (c->broker->closing) {
		client_free(c);
		return;
	}
	c->state = CLIENT_LEAVING;
	msg.u.client.slot = c->slot;
	msg.u.client.cookie = c->cookie;
	rc = rtlink_request(&c->broker->rtlink, &msg, -1, on_detached, c);
	if (rc < 0 && rc != -ENOTCONN) {
		log_warning("cannot give a slot back: slot=%u error=\"%s\"", c->slot, strerror(-rc));
		client_free(c);
	}
}

static void on_closed(struct rpc_conn *conn, void *data)
{
	struct client *c = data;

	log_debug("a client left: pid=%d name=\"%s\"", (int)rpc_conn_peer(conn)->pid,
		rpc_conn_peer(conn)->name);
	registry_forget(c->broker, conn);
	c->conn = NULL;
	c->death = sd_event_source_disable_unref(c->death);
	c->broker->clients.n--;
	switch (c->state) {
	case CLIENT_CALLING:
		client_free(c);
		break;
	case CLIENT_ATTACHED:
		detach(c);
		break;
	case CLIENT_ATTACHING: /* the answer to come finds nobody and gives the slot back */
	case CLIENT_LEAVING:
		break;
	}
}

static int on_death(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct client *c = data;

	log_info("a client died, its socket lives on in another process: pid=%d",
		(int)rpc_conn_peer(c->conn)->pid);
	rpc_conn_close(c->conn);
	return 0;
}

void clients_rtcore_up(struct broker *broker)
{
	struct client *c, *next;

	for (c = TAILQ_FIRST(&broker->clients.list); c; c = next) {
		next = TAILQ_NEXT(c, link);
		if (!has_slot(c))
			continue;
		if (c->state == CLIENT_LEAVING && c->generation == broker->rtlink.generation)
			detach(c);
		else if (c->state == CLIENT_LEAVING)
			client_free(c);
		else if (c->generation != broker->rtlink.generation)
			c->state = CLIENT_CALLING; /* its ring is gone; it opens again */
	}
}

/* --- Coming --- */

static const struct rpc_conn_ops conn_ops = {.closed = on_closed};

static int open_pidfd(int sock, pid_t pid)
{
	int fd = -1;
	socklen_t len = sizeof(fd);

	/* The peer's own pidfd cannot be somebody who got its number later; older kernels have the number
	 * only. */
	if (getsockopt(sock, SOL_SOCKET, SO_PEERPIDFD, &fd, &len) == 0)
		return fd;
	return pidfd_open(pid, 0);
}

static uint32_t caps_of(uid_t uid)
{
	return uid == geteuid() || uid == 0 ? CAPS_ALL : CAPS_GROUP;
}

static int watch_death(struct client *c)
{
	int rc;

	if (c->pidfd < 0)
		return 0;
	rc = sd_event_add_io(c->broker->service->event, &c->death, c->pidfd, EPOLLIN, on_death, c);
	if (rc < 0)
		return rc;
	/* After its socket: what it said before it died is heard first. */
	return sd_event_source_set_priority(c->death, SD_EVENT_PRIORITY_IDLE);
}

int client_accept(struct broker *broker, int sock)
{
	struct client *c = NULL;
	struct rpc_peer peer = {.client = UINT32_MAX};
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int rc;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		rc = -errno;
		goto fail;
	}
	c = calloc(1, sizeof(*c));
	if (!c) {
		rc = -ENOMEM;
		goto fail;
	}
	c->broker = broker;
	c->pidfd = open_pidfd(sock, cred.pid);
	peer.pid = cred.pid;
	peer.uid = cred.uid;
	peer.caps = caps_of(cred.uid);
	rc = watch_death(c);
	if (rc < 0)
		goto fail;
	rc = rpc_conn_create(&broker->rpc, sock, &peer, &conn_ops, c, &c->conn);
	sock = -1; /* taken */
	if (rc < 0)
		goto fail;
	TAILQ_INSERT_TAIL(&broker->clients.list, c, link);
	broker->clients.n++;
	return 0;
fail:
	if (c) {
		sd_event_source_disable_unref(c->death);
		if (c->pidfd >= 0)
			close(c->pidfd);
	}
	free(c);
	if (sock >= 0)
		close(sock);
	return rc;
}

/* --- Getting a slot --- */

/* broker.client.open between the request and rtcore's answer. */
struct opening {
	struct client *client;
	struct rpc_request *req;
	int resuming;
};

static void grant(struct client *c, struct rpc_request *req, int resumed, int ring_fd)
{
	struct rtlink *rt = &c->broker->rtlink;
	struct rpc_peer *peer = rpc_conn_peer(c->conn);
	struct mos_clock clock = {0};

	peer->client = c->slot;
	(void)rtlink_read_clock(rt, &clock); /* the graph may have changed its quantum since the greeting */
	if (!resumed) {
		wire_add_fd(&req->out, rt->region_fd[RTLINK_CLOCK]);
		wire_add_fd(&req->out, rt->region_fd[RTLINK_EVENTS]);
		wire_add_fd(&req->out, rt->region_fd[RTLINK_COUNTERS]);
		wire_add_fd(&req->out, ring_fd);
		wire_add_fd(&req->out, rt->region_fd[RTLINK_DIRTY]);
	}
	wire_put_u64(&req->out, "slot", c->slot);
	wire_put_u64(&req->out, "cookie", c->cookie);
	wire_put_u64(&req->out, "generation", c->generation);
	wire_put_u64(&req->out, "rate", rt->rate_hz);
	wire_put_u64(&req->out, "quantum", clock.quantum_frames ? clock.quantum_frames : rt->quantum);
	wire_put_bool(&req->out, "resumed", resumed);
	wire_open_array(&req->out, "capabilities");
	for (uint32_t caps = peer->caps & CAPS_ALL; caps; caps &= caps - 1)
		wire_put_str(&req->out, NULL, caps_name(caps));
	wire_close(&req->out);
}

static void on_slot(void *data, int rc, const struct mos_rtctl_msg *msg, int fd);

/* Ask for the slot of before, or for a fresh one. */
static int ask_slot(struct opening *o)
{
	struct client *c = o->client;
	struct rpc_peer *peer = rpc_conn_peer(c->conn);
	struct mos_rtctl_msg msg = {.op = o->resuming ? MOS_RTCTL_RESUME : MOS_RTCTL_ATTACH};

	msg.u.client.pid = (uint32_t)peer->pid;
	strcpy(msg.u.client.name, peer->name);
	if (o->resuming) {
		msg.u.client.slot = c->slot;
		msg.u.client.cookie = c->cookie;
	}
	return rtlink_request(&c->broker->rtlink, &msg, o->resuming ? -1 : c->pidfd, on_slot, o);
}

/* @return 1 the opening goes on; 0 it succeeded; -errno it failed, req->error says why. */
static int take_slot(struct opening *o, int rc, const struct mos_rtctl_msg *msg, int ring_fd)
{
	struct client *c = o->client;

	if (rc < 0)
		return gateway_fail_link(o->req, rc);
	if (msg->status < 0 && o->resuming && c->conn) {
		/* The slot is void, e.g. another rtcore's: a fresh one, and `resumed` tells the client. */
		o->resuming = 0;
		rc = ask_slot(o);
		return rc < 0 ? gateway_fail_link(o->req, rc) : 1;
	}
	if (msg->status < 0)
		return gateway_fail_status(o->req, msg);
	if (!o->resuming) {
		if (ring_fd < 0 || msg->u.client.slot >= MOS_CLIENTS_MAX)
			return rpc_fail(o->req, -EPROTO, "rtcore.failed", "rtcore's answer is incomplete");
		c->slot = msg->u.client.slot;
		c->cookie = msg->u.client.cookie;
	}
	c->state = CLIENT_ATTACHED;
	c->generation = c->broker->rtlink.generation;
	if (!c->conn)
		return 0;
	grant(c, o->req, o->resuming, ring_fd);
	rc = wire_end(&o->req->out);
	return rc < 0 ? rpc_fail(o->req, rc, "broker.client.failed", "cannot hand over the regions: %s",
				strerror(-rc))
		      : 0;
}

static void on_slot(void *data, int rc, const struct mos_rtctl_msg *msg, int fd)
{
	struct opening *o = data;
	struct client *c = o->client;

	rc = take_slot(o, rc, msg, fd);
	if (rc == 1)
		return;
	rpc_finish(o->req, rc);
	free(o);
	if (c->state != CLIENT_ATTACHED) {
		c->state = CLIENT_CALLING;
		if (!c->conn)
			client_free(c);
	} else if (!c->conn) {
		detach(c); /* it left while we asked */
	} else if (rc < 0) {
		rpc_conn_close(c->conn); /* it has a slot that it does not know of */
	}
}

/* A client may come back before we hear that its old connection ended: the cookie says that it is the same.
 */
static void take_over(struct client *c)
{
	struct client *old;

	TAILQ_FOREACH (old, &c->broker->clients.list, link) {
		if (old != c && old->state == CLIENT_ATTACHED && old->slot == c->slot &&
			old->cookie == c->cookie)
			break;
	}
	if (!old)
		return;
	old->state = CLIENT_CALLING;
	rpc_conn_close(old->conn);
}

static int read_resume(struct rpc_request *req, struct client *c, const msgpack_object *resume)
{
	uint64_t slot, cookie;

	if (wire_get_u64(resume, "slot", &slot) < 0 || slot >= MOS_CLIENTS_MAX)
		return rpc_fail_at(
			req, "resume.slot", "rpc.params.invalid", "a slot is 0 to %u", MOS_CLIENTS_MAX - 1);
	if (wire_get_u64(resume, "cookie", &cookie) < 0)
		return rpc_fail_at(req, "resume.cookie", "rpc.params.invalid", "the cookie is missing");
	c->slot = (uint32_t)slot;
	c->cookie = cookie;
	return 0;
}

int client_handle_open(struct rpc_request *req, const msgpack_object *params)
{
	struct client *c = rpc_conn_data(req->conn);
	struct rpc_peer *peer = rpc_conn_peer(req->conn);
	const msgpack_object *resume = wire_get_map(params, "resume");
	char name[sizeof(peer->name)];
	struct opening *o;
	int rc;

	if (wire_get_str(params, "name", name, sizeof(name)) < 0 || !name[0])
		return rpc_fail_at(req, "name", "rpc.params.invalid", "a name has 1 to %zu bytes of UTF-8",
			sizeof(name) - 1);
	if (c->state != CLIENT_CALLING)
		return rpc_fail(
			req, -EALREADY, "broker.client.opened", "this connection has its slot already");
	if (resume && read_resume(req, c, resume) < 0)
		return -EINVAL;
	wire_utf8_mend(name);
	strcpy(peer->name, name);
	o = malloc(sizeof(*o));
	if (!o)
		return -ENOMEM;
	*o = (struct opening){.client = c, .req = req, .resuming = !!resume};
	if (resume)
		take_over(c);
	rc = ask_slot(o);
	if (rc < 0) {
		free(o);
		return gateway_fail_link(req, rc);
	}
	c->state = CLIENT_ATTACHING;
	return RPC_LATER;
}

int client_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	struct client *c;

	wire_open_array(&req->out, "clients");
	TAILQ_FOREACH (c, &broker_of(req)->clients.list, link) {
		struct rpc_peer *peer;

		if (c->state != CLIENT_ATTACHED)
			continue;
		peer = rpc_conn_peer(c->conn);
		wire_open_map(&req->out, NULL);
		wire_put_u64(&req->out, "slot", c->slot);
		wire_put_i64(&req->out, "pid", peer->pid);
		wire_put_str(&req->out, "name", peer->name);
		wire_put_u64(&req->out, "uid", peer->uid);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}
