/* SPDX-License-Identifier: MIT */
/* broker.*: clients, services, the state of everything. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "caps.h"
#include "log.h"

/* --- broker.system.status --- */

/* CNF-01: exactly these eight, each with its one owner. */
static const struct {
	const char *name, *owner;
} primitives[] = {
	{"hermes", "hermes"},
	{"kronos", "rtcore"},
	{"apollo", "rtcore"},
	{"score", "hermes"},
	{"widgets", "broker"},
	{"jam", "jam"},
	{"theater", "theater"},
	{"mesh", "mesh"},
};

static void put_primitives(struct wire_out *out, const struct broker *b)
{
	wire_open_array(out, "primitives");
	for (size_t i = 0; i < sizeof(primitives) / sizeof(*primitives); i++) {
		const char *owner = primitives[i].owner;
		int up = !strcmp(owner, "rtcore")   ? b->rtlink.up
			 : !strcmp(owner, "broker") ? 1
						    : !!registry_find(&b->registry, owner);

		wire_open_map(out, NULL);
		wire_put_str(out, "name", primitives[i].name);
		wire_put_str(out, "owner", owner);
		wire_put_str(out, "state", up ? "up" : "down");
		wire_close(out);
	}
	wire_close(out);
}

static void put_services(struct wire_out *out, const struct broker *b)
{
	const struct registered *r;

	wire_open_array(out, "services");
	TAILQ_FOREACH (r, &b->registry.services, link) {
		wire_open_map(out, NULL);
		wire_put_str(out, "name", r->name);
		wire_put_i64(out, "pid", rpc_conn_peer(r->conn)->pid);
		wire_put_bool(out, "up", 1);
		wire_close(out);
	}
	wire_close(out);
}

/* What can be told without rtcore. */
static void put_common(struct wire_out *out, const struct broker *b)
{
	put_primitives(out, b);
	put_services(out, b);
	wire_put_u64(out, "clients", b->clients.n);
}

static int status_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	char driver[sizeof(answer->u.status.driver) + 1] = "";
	struct wire_out *out = &req->out;
	struct mos_clock clock;
	struct mos_clock_song song;
	int rc = gateway_place(req, &clock, &song);

	if (rc < 0)
		return rc;
	put_common(out, b);
	wire_open_map(out, "transport");
	position_put(out, &b->gateway, &clock, &song);
	wire_close(out);
	wire_open_map(out, "engine");
	engine_put(out, &b->rtlink, answer);
	wire_close(out);
	memcpy(driver, answer->u.status.driver, sizeof(driver) - 1);
	wire_open_map(out, "rtcore");
	wire_put_u64(out, "pid", b->rtlink.pid);
	wire_put_u64(out, "generation", b->rtlink.generation);
	wire_put_str(out, "driver", driver);
	wire_put_u64(out, "rate", answer->u.status.rate_hz);
	wire_put_u64(out, "quantum", answer->u.status.quantum);
	wire_put_u64(out, "rt_priority", answer->u.status.rt_priority);
	wire_put_bool(out, "up", 1);
	wire_close(out);
	return 0;
}

static int handle_status(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STATUS};
	struct broker *b = broker_of(req);

	if (b->rtlink.sock >= 0) /* up, or being greeted */
		return gateway_forward(req, &msg, -1, status_done);
	put_common(&req->out, b);
	wire_put_nil(&req->out, "transport");
	wire_put_nil(&req->out, "engine");
	wire_open_map(&req->out, "rtcore");
	wire_put_bool(&req->out, "up", 0);
	wire_close(&req->out);
	return 0;
}

/* --- broker.score.failed --- */

static const struct rpc_param failed_params[] = {
	{"load_id", RPC_INT | RPC_REQUIRED}, {"error", RPC_INT | RPC_REQUIRED}, {0}};

/* score:error: the record has room for numbers, hermes.load.list has the words (HER-12). */
static int handle_score_failed(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_EVENT};
	struct mos_event *ev = &msg.u.event;
	int64_t load_id = 0, error = 0;
	struct timespec now;

	if (gateway_get_int(req, params, "load_id", 0, INT64_MAX, "rpc.params.invalid", &load_id) < 0 ||
		gateway_get_int(req, params, "error", -4095, -1, "rpc.params.invalid", &error) < 0)
		return -EINVAL;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ev->type = MOS_EVENT_SCORE_ERROR;
	ev->time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	ev->tick = INT64_MIN;
	ev->flags = MOS_EVENT_IMMEDIATE;
	ev->u.score.timeline_id = (uint64_t)load_id;
	ev->u.score.error = (int32_t)error;
	return gateway_forward(req, &msg, -1, NULL);
}

/* --- broker.system.quit --- */

static void on_widgets_ended(struct broker *b)
{
	registry_quit(&b->registry);
	service_quit(b->service, 0);
}

/* Widgets first: what they keep, they keep through us. */
static void quit(struct broker *b)
{
	supervisor_end_all(&b->widgets, on_widgets_ended);
}

static int quit_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	quit(b);
	return 0;
}

static int handle_quit(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_QUIT};
	struct broker *b = broker_of(req);

	log_notice("asked to end everything: pid=%d", (int)rpc_conn_peer(req->conn)->pid);
	if (b->rtlink.sock >= 0)
		return gateway_forward(req, &msg, -1, quit_done);
	quit(b);
	return 0;
}

static const struct rpc_param open_params[] = {{"name", RPC_STR | RPC_REQUIRED}, {"resume", RPC_MAP}, {0}};
static const struct rpc_param type_params[] = {{"type", RPC_STR}, {0}};
static const struct rpc_param kind_params[] = {{"kind", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param id_params[] = {{"id", RPC_INT | RPC_REQUIRED}, {0}};
static const struct rpc_param note_params[] = {{"method", RPC_STR | RPC_REQUIRED}, {"with", RPC_STR | RPC_REQUIRED},
	{"code", RPC_STR | RPC_REQUIRED}, {"name", RPC_STR | RPC_REQUIRED}, {"pid", RPC_INT | RPC_REQUIRED},
	{"uid", RPC_INT | RPC_REQUIRED}, {0}};
static const struct rpc_param name_params[] = {{"name", RPC_STR | RPC_REQUIRED}, {0}};

static const struct rpc_method methods[] = {
	{"broker.client.open", client_handle_open, open_params, 0, 0},
	{"broker.client.list", client_handle_list, NULL, 0, CAP_STATUS_READ},
	{"broker.service.register", registry_handle_register, name_params, 0, CAP_SERVICE},
	{"broker.service.connect", registry_handle_connect, name_params, 0, 0},
	{"broker.events.metrics", metrics_handle, type_params, 0, CAP_STATUS_READ},
	{"broker.data.put", data_handle_put, kind_params, 1, CAP_EVENTS_EMIT},
	{"broker.data.get", data_handle_get, id_params, 0, CAP_EVENTS_READ},
	{"broker.audit.note", audit_handle_note, note_params, 0, CAP_SERVICE},
	{"broker.audit.status", audit_handle_status, NULL, 0, CAP_ADMIN},
	{"broker.score.failed", handle_score_failed, failed_params, 0, CAP_SERVICE},
	{"broker.system.status", handle_status, NULL, 0, CAP_STATUS_READ},
	{"broker.system.quit", handle_quit, NULL, 0, CAP_ADMIN},
};

const struct rpc_table broker_methods = {methods, sizeof(methods) / sizeof(*methods)};
