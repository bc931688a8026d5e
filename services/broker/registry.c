/* SPDX-License-Identifier: MIT */
/* Services and their callers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"

/* services/METHODS.md: for a service that is starting. Less than callers wait, so that they hear that it is
 * absent. */
#define PATIENCE_US 4000000
#define WAITING_MAX 256u /* callers that wait at one time */
#define WAITING_EACH 8u  /* and of one connection: nobody takes all the places */

struct waiting {
	struct registry *registry;
	struct rpc_request *req;
	char name[REGISTRY_NAME_MAX];
	sd_event_source *timer;
	TAILQ_ENTRY(waiting) link;
};

static void waiting_free(struct waiting *w)
{
	TAILQ_REMOVE(&w->registry->waiting, w, link);
	sd_event_source_disable_unref(w->timer);
	free(w);
}

void registry_init(struct registry *registry)
{
	TAILQ_INIT(&registry->services);
	TAILQ_INIT(&registry->waiting);
}

void registry_finish(struct registry *registry)
{
	struct waiting *w;

	while ((w = TAILQ_FIRST(&registry->waiting))) {
		rpc_finish(w->req, -ECANCELED);
		waiting_free(w);
	}
}

const struct registered *registry_find(const struct registry *registry, const char *name)
{
	const struct registered *r;

	TAILQ_FOREACH (r, &registry->services, link) {
		if (!strcmp(r->name, name))
			return r;
	}
	return NULL;
}

static int serves(const struct registry *registry, const struct rpc_conn *conn)
{
	const struct registered *r;

	TAILQ_FOREACH (r, &registry->services, link) {
		if (r->conn == conn)
			return 1;
	}
	return 0;
}

void registry_forget(struct broker *broker, struct rpc_conn *conn)
{
	struct registered *r, *next;

	for (r = TAILQ_FIRST(&broker->registry.services); r; r = next) {
		next = TAILQ_NEXT(r, link);
		if (r->conn != conn)
			continue;
		log_notice("a service left: name=%s pid=%d", r->name, (int)rpc_conn_peer(conn)->pid);
		TAILQ_REMOVE(&broker->registry.services, r, link);
		free(r);
	}
}

static void put_rtcore(struct wire_out *out, const struct broker *b)
{
	struct mos_clock clock;

	if (rtlink_read_clock(&b->rtlink, &clock) < 0)
		return;
	wire_put_u64(out, "generation", b->rtlink.generation);
	wire_put_u64(out, "timeline_id", clock.timeline_id);
}

void registry_rtcore_up(struct broker *broker)
{
	struct registered *r, *next;

	/* A service that does not read is hung up on, and leaves the list. */
	for (r = TAILQ_FIRST(&broker->registry.services); r; r = next) {
		struct wire_out out;

		next = TAILQ_NEXT(r, link);
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.rtcore.up");
		put_rtcore(&out, broker);
		(void)rpc_notify(r->conn, &out);
	}
}

void registry_quit(struct registry *registry)
{
	struct registered *r, *next;

	for (r = TAILQ_FIRST(&registry->services); r; r = next) {
		struct wire_out out;

		next = TAILQ_NEXT(r, link);
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.system.quit");
		(void)rpc_notify(r->conn, &out);
	}
}

static int read_name(
	struct rpc_request *req, const msgpack_object *params, char name[static REGISTRY_NAME_MAX])
{
	if (wire_get_str(params, "name", name, REGISTRY_NAME_MAX) == 0 && name[0] >= 'a' && name[0] <= 'z' &&
		!name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return 0;
	return rpc_fail_at(req, "name", "rpc.params.invalid",
		"a service's name is a letter, then letters, digits and -, at most %u",
		REGISTRY_NAME_MAX - 1);
}

/* --- Bringing a caller to a service --- */

static int announce(struct rpc_conn *service, const struct rpc_peer *caller, int sock)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "broker.service.caller");
	/* -1: a caller that has no slot, e.g. one that only gives commands */
	wire_put_i64(&out, "client", caller->client == UINT32_MAX ? -1 : (int64_t)caller->client);
	wire_put_i64(&out, "pid", caller->pid);
	wire_put_u64(&out, "uid", caller->uid);
	wire_put_str(&out, "name", caller->name);
	caps_put(&out, "capabilities", caller->caps);
	wire_add_fd(&out, sock);
	return rpc_notify(service, &out);
}

static int introduce(struct rpc_request *req, const struct registered *service)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		rc = -errno;
		return rpc_fail(req, rc, "broker.service.failed", "no socket for it: %s", strerror(-rc));
	}
	rc = announce(service->conn, rpc_conn_peer(req->conn), pair[0]);
	if (rc < 0)
		(void)rpc_fail(req, rc, "broker.service.failed", "the service cannot take a caller: %s",
			strerror(-rc));
	else
		wire_add_fd(&req->out, pair[1]);
	close(pair[0]);
	close(pair[1]);
	return rc;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct waiting *w = data;

	if (w->req->conn) {
		(void)rpc_fail_at(
			w->req, w->name, "broker.service.absent", "no service \"%s\" runs here", w->name);
		wire_error_hint(&w->req->error, "start it: mos-%s", w->name);
	}
	rpc_finish(w->req, -ENOENT);
	waiting_free(w);
	return 0;
}

/* A widget is brought to those only that it names. */
static int check_manifest(struct rpc_request *req, const char *name)
{
	const struct client *c = rpc_conn_data(req->conn);

	if (!c->widget || manifest_names_service(&c->widget->manifest, name))
		return 0;
	return rpc_fail_at(req, name, "rpc.caller.denied",
		"the widget's manifest does not name the service \"%s\"", name);
}

int registry_handle_connect(struct rpc_request *req, const msgpack_object *params)
{
	struct broker *b = broker_of(req);
	char name[REGISTRY_NAME_MAX];
	const struct registered *service;
	struct waiting *w;
	uint32_t n = 0, n_own = 0;
	int rc;

	if (read_name(req, params, name) < 0)
		return -EINVAL;
	if (check_manifest(req, name) < 0)
		return -EACCES;
	service = registry_find(&b->registry, name);
	if (service)
		return introduce(req, service);
	TAILQ_FOREACH (w, &b->registry.waiting, link) {
		n++;
		n_own += w->req->conn == req->conn;
	}
	if (n >= WAITING_MAX || n_own >= WAITING_EACH)
		return rpc_fail_at(req, name, "broker.service.absent", "too many callers wait for a service");
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	rc = sd_event_add_time_relative(
		b->service->event, &w->timer, CLOCK_MONOTONIC, PATIENCE_US, 0, on_timeout, w);
	if (rc < 0) {
		free(w);
		return rc;
	}
	w->registry = &b->registry;
	w->req = req;
	strcpy(w->name, name);
	TAILQ_INSERT_TAIL(&b->registry.waiting, w, link);
	return RPC_LATER;
}

int registry_handle_register(struct rpc_request *req, const msgpack_object *params)
{
	struct registry *registry = &broker_of(req)->registry;
	struct rpc_peer *peer = rpc_conn_peer(req->conn);
	char name[REGISTRY_NAME_MAX];
	const struct registered *holder;
	struct registered *r;
	struct waiting *w, *next;

	if (read_name(req, params, name) < 0)
		return -EINVAL;
	holder = registry_find(registry, name);
	if (holder)
		return rpc_fail_at(req, name, "broker.service.taken",
			"the service \"%s\" is there already: pid %d", name,
			(int)rpc_conn_peer(holder->conn)->pid);
	if (serves(registry, req->conn))
		return rpc_fail_at(
			req, name, "broker.service.taken", "this connection serves another name already");
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	strcpy(r->name, name);
	strcpy(peer->name, name);
	r->conn = req->conn;
	TAILQ_INSERT_TAIL(&registry->services, r, link);
	log_info("a service is up: name=%s pid=%d", name, (int)peer->pid);
	put_rtcore(&req->out, broker_of(req));
	supervisor_look(&broker_of(req)->widgets);
	for (w = TAILQ_FIRST(&registry->waiting); w; w = next) {
		next = TAILQ_NEXT(w, link);
		/* Looked up each time: a service that does not take its callers is hung up on. */
		holder = registry_find(registry, name);
		if (!holder)
			break;
		if (strcmp(w->name, name))
			continue;
		rpc_finish(w->req, w->req->conn ? introduce(w->req, holder) : -ECONNRESET);
		waiting_free(w);
	}
	return 0;
}
