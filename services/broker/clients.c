/* SPDX-License-Identifier: MIT */
/* Clients: coming, getting a slot, going. */
#include <errno.h>
#include <fcntl.h>
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

/* Of our processor time, for what one widget says: far more than showing itself 60 times a second takes. */
#define WIDGET_PERMILLE 50u

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; the C library's headers may be older */
#endif

static void client_free(struct client *c)
{
	TAILQ_REMOVE(&c->broker->clients.list, c, link);
	sd_event_source_disable_unref(c->death);
	mos_region_finish(&c->ring);
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

static void on_detached(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
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
	data_forget(&c->broker->shared, c);
	viewers_forget(&c->broker->widgets, conn);
	stage_forget(&c->broker->widgets, conn);
	if (c->widget)
		process_hung_up(c->widget);
	c->widget = NULL;
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

/* Its ring is gone: it opens again. */
static void renew(struct client *c)
{
	struct wire_out out;

	c->state = CLIENT_CALLING;
	mos_region_finish(&c->ring);
	wire_out_init(&out);
	wire_begin_notify(&out, "broker.client.renew");
	wire_put_u64(&out, "generation", c->broker->rtlink.generation);
	(void)rpc_notify(c->conn, &out);
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
			renew(c);
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

/* A client on a connection. @param sock, pidfd  Taken. @return 0, -errno. */
static int client_new(struct broker *broker, int sock, int pidfd, const struct rpc_peer *peer,
	struct widget *widget, struct client **ret)
{
	struct client *c = calloc(1, sizeof(*c));
	int rc;

	if (!c) {
		close(sock);
		if (pidfd >= 0)
			close(pidfd);
		return -ENOMEM;
	}
	*c = (struct client){.broker = broker, .pidfd = pidfd, .widget = widget, .ring = {.fd = -1}};
	rc = widget ? 0 : watch_death(c);
	if (rc < 0)
		close(sock);
	else
		rc = rpc_conn_create(&broker->rpc, sock, peer, &conn_ops, c, &c->conn);
	TAILQ_INSERT_TAIL(&broker->clients.list, c, link);
	if (rc < 0) {
		client_free(c);
		return rc;
	}
	broker->clients.n++;
	*ret = c;
	return 0;
}

/* Until it says how it is called (broker.client.open), which who only calls never does. */
static void name_of_program(pid_t pid, char *buf, size_t size)
{
	char path[32];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, buf, size - 1) : 0;
	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	wire_utf8_mend(buf);
}

int client_accept(struct broker *broker, int sock)
{
	struct rpc_peer peer = {.client = UINT32_MAX};
	struct client *c;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int rc;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		rc = -errno;
		close(sock);
		return rc;
	}
	if (rpc_count_conns_of(&broker->rpc, cred.pid) >= CLIENT_CONNS_PER_PROCESS) {
		log_warning("too many connections of one process, hanging up on the next one: pid=%d max=%u",
			(int)cred.pid, CLIENT_CONNS_PER_PROCESS);
		close(sock);
		return 0;
	}
	peer.pid = cred.pid;
	peer.uid = cred.uid;
	peer.caps = caps_of(cred.uid);
	name_of_program(cred.pid, peer.name, sizeof(peer.name));
	return client_new(broker, sock, open_pidfd(sock, cred.pid), &peer, NULL, &c);
}

int client_adopt(struct broker *broker, int sock, struct widget *widget, struct client **ret)
{
	struct rpc_peer peer = {
		.client = UINT32_MAX,
		.pid = widget->process.pid,
		.uid = geteuid(),
		.caps = widget->manifest.caps,
	};
	int pidfd = fcntl(widget->process.pidfd, F_DUPFD_CLOEXEC, 0), rc;

	strcpy(peer.name, widget->manifest.id);
	rc = client_new(broker, sock, pidfd, &peer, widget, ret);
	return rc < 0 ? rc : rpc_conn_ration((*ret)->conn, WIDGET_PERMILLE);
}

int client_not_for_widgets(struct rpc_request *req)
{
	const struct client *c = rpc_conn_data(req->conn);

	if (!c->widget)
		return 0;
	return rpc_fail(req, -EACCES, "rpc.caller.denied", "no widget looks into another one");
}

void caps_put(struct wire_out *out, const char *key, uint32_t caps)
{
	wire_open_array(out, key);
	for (uint32_t left = caps & CAPS_ALL; left; left &= left - 1)
		wire_put_str(out, NULL, caps_name(left));
	wire_close(out);
}

/* --- Getting a slot --- */

/* Descriptors beside ATTACH's answer. */
enum { ATTACH_RING, ATTACH_DOORBELL, ATTACH_N_FDS };

/* broker.client.open between the request and rtcore's answer. */
struct opening {
	struct client *client;
	struct rpc_request *req;
	int resuming;
};

/* What a client with these capabilities is handed over, in the order of the descriptors. */
static const struct {
	const char *name;
	int region;    /* RTLINK_*; -1: the client's own ... */
	uint32_t own;  /* ... this one of ATTACH's answer */
	uint32_t caps; /* needed */
} regions[] = {
	{"clock", RTLINK_CLOCK, 0, CAP_CLOCK_READ},
	{"events", RTLINK_EVENTS, 0, CAP_EVENTS_READ},
	{"counters", RTLINK_COUNTERS, 0, CAP_STATUS_READ},
	{"ingress", -1, ATTACH_RING, 0},
	{"doorbell", -1, ATTACH_DOORBELL, 0},
	{"audio", RTLINK_AUDIO, 0, CAP_AUDIO_IN},
	{"midi", RTLINK_MIDI, 0, CAP_MIDI_IN},
};

static void hand_over(struct wire_out *out, const struct rtlink *rt, uint32_t caps, const int *own)
{
	wire_open_array(out, "regions");
	for (size_t i = 0; i < sizeof(regions) / sizeof(*regions); i++) {
		if (!own || regions[i].caps & ~caps)
			continue;
		wire_put_str(out, NULL, regions[i].name);
		wire_add_fd(
			out, regions[i].region < 0 ? own[regions[i].own] : rt->region_fd[regions[i].region]);
	}
	wire_close(out);
}

/* @param own  The client's own descriptors; NULL: resumed, it has all of them already. */
static void grant(struct client *c, struct rpc_request *req, const int *own)
{
	struct rtlink *rt = &c->broker->rtlink;
	struct rpc_peer *peer = rpc_conn_peer(c->conn);
	struct mos_clock clock = {0};

	peer->client = c->slot;
	(void)rtlink_read_clock(rt, &clock); /* the graph may have changed its quantum since the greeting */
	wire_put_u64(&req->out, "slot", c->slot);
	wire_put_u64(&req->out, "cookie", c->cookie);
	wire_put_u64(&req->out, "generation", c->generation);
	wire_put_u64(&req->out, "rate", rt->rate_hz);
	wire_put_u64(&req->out, "quantum", clock.quantum_frames ? clock.quantum_frames : rt->quantum);
	wire_put_bool(&req->out, "resumed", !own);
	caps_put(&req->out, "capabilities", peer->caps);
	hand_over(&req->out, rt, peer->caps, own);
}

/* What its records may do. Notes are the one thing that sounds; everything else is told. */
static uint32_t may_of(uint32_t caps)
{
	return (caps & CAP_EVENTS_EMIT ? MOS_MAY_EMIT : 0) | (caps & CAP_PLAY ? MOS_MAY_PLAY : 0) |
	       (caps & CAP_MIDI_OUT ? MOS_MAY_MIDI_OUT : 0);
}

/* For broker.events.metrics only: a client whose figures cannot be read is served all the same. */
static void map_figures(struct client *c, int ring_fd)
{
	mos_region_finish(&c->ring);
	if (mos_region_attach(ring_fd, MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE,
		    /* writable= */ 0, &c->ring, NULL) < 0)
		c->ring = (struct mos_region){.fd = -1};
}

static void on_slot(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds);

/* Ask for the slot of before, or for a fresh one. */
static int ask_slot(struct opening *o)
{
	struct client *c = o->client;
	struct rpc_peer *peer = rpc_conn_peer(c->conn);
	struct mos_rtctl_msg msg = {.op = o->resuming ? MOS_RTCTL_RESUME : MOS_RTCTL_ATTACH};

	msg.u.client.pid = (uint32_t)peer->pid;
	msg.u.client.may = may_of(peer->caps);
	strcpy(msg.u.client.name, peer->name);
	if (o->resuming) {
		msg.u.client.slot = c->slot;
		msg.u.client.cookie = c->cookie;
	}
	return rtlink_request(&c->broker->rtlink, &msg, o->resuming ? -1 : c->pidfd, on_slot, o);
}

/* @return 1 the opening goes on; 0 it succeeded; -errno it failed, req->error says why. */
static int take_slot(
	struct opening *o, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
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
		if (n_fds != ATTACH_N_FDS || msg->u.client.slot >= MOS_CLIENTS_MAX)
			return rpc_fail(o->req, -EPROTO, "rtcore.failed", "rtcore's answer is incomplete");
		c->slot = msg->u.client.slot;
		c->cookie = msg->u.client.cookie;
	}
	c->state = CLIENT_ATTACHED;
	c->generation = c->broker->rtlink.generation;
	if (o->resuming)
		data_adopt(&c->broker->shared, c);
	if (!c->conn)
		return 0;
	if (n_fds > ATTACH_RING)
		map_figures(c, fds[ATTACH_RING]);
	grant(c, o->req, o->resuming ? NULL : fds);
	rc = wire_end(&o->req->out);
	return rc < 0 ? rpc_fail(o->req, rc, "broker.client.failed", "cannot hand over the regions: %s",
				strerror(-rc))
		      : 0;
}

static void on_slot(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
	struct opening *o = data;
	struct client *c = o->client;

	rc = take_slot(o, rc, msg, fds, n_fds);
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
	if (c->widget)
		supervisor_spoke(c->widget);
	if (c->state != CLIENT_CALLING)
		return rpc_fail(
			req, -EALREADY, "broker.client.opened", "this connection has its slot already");
	if (resume && read_resume(req, c, resume) < 0)
		return -EINVAL;
	wire_utf8_mend(name);
	if (!c->widget) /* a widget is called what its manifest says */
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
