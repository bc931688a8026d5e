/* SPDX-License-Identifier: MIT */
/* link.session.*: what people see and set. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "caps.h"
#include "link.h"

#define INVALID "link.value.invalid"
#define BEAT 1000000

static void put_session(struct wire_out *out, struct link_app *app)
{
	const struct link_node *n = &app->node;
	const int64_t quantum = (int64_t)app->settings.quantum * BEAT;
	int64_t phase = link_node_beat(n, link_net_now_us()) % quantum;
	char id[2 * sizeof(n->session.byte) + 1];

	for (size_t i = 0; i < sizeof(n->session.byte); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", n->session.byte[i]);
	wire_put_str(out, "session", id);
	wire_put_u64(out, "peers", link_node_peers(n));
	wire_put_f64(out, "bpm", 6e7 / (double)n->timeline.beat_us);
	wire_put_f64(out, "phase", (double)(phase < 0 ? phase + quantum : phase) / BEAT);
	wire_put_bool(out, "playing", n->start_stop.is_playing);
	wire_put_u64(out, "interfaces", link_net_ways(&app->net));
	wire_put_i64(out, "jitter_us", n->jitter_us);
	wire_put_u64(out, "refused", n->n_bad);
	wire_put_bool(out, "followed", app->echo.is_led);
	wire_put_bool(out, "in_time", app->echo.is_in_time);
	wire_put_f64(out, "error_ms", app->echo.error_ms);
}

void link_put_status(struct rpc_request *req)
{
	struct link_app *app = link_of(req);
	const struct link_settings *s = &app->settings;

	wire_put_bool(&req->out, "on", s->is_on);
	wire_put_bool(&req->out, "start_stop", s->start_stop);
	wire_put_u64(&req->out, "quantum", s->quantum);
	wire_put_str(&req->out, "interface", s->interface);
	if (app->is_running)
		put_session(&req->out, app);
}

static int handle_get(struct rpc_request *req, const msgpack_object *params)
{
	link_put_status(req);
	return 0;
}

static const struct rpc_param set_params[] = {
	{"on", RPC_BOOL}, {"start_stop", RPC_BOOL}, {"quantum", RPC_INT}, {"interface", RPC_STR}, {0}};

static int read_settings(struct rpc_request *req, const msgpack_object *params, struct link_settings *s)
{
	int64_t quantum = s->quantum;
	int on = s->is_on, start_stop = s->start_stop, rc;
	char interface[IF_NAMESIZE];

	(void)wire_get_bool(params, "on", &on);
	(void)wire_get_bool(params, "start_stop", &start_stop);
	rc = wire_get_i64(params, "quantum", &quantum);
	if (rc == -ERANGE || quantum < 1 || quantum > LINK_QUANTUM_MAX)
		return rpc_fail_at(req, "quantum", INVALID, "1 to %u beats are allowed", LINK_QUANTUM_MAX);
	rc = wire_get_str(params, "interface", interface, sizeof(interface));
	if (rc == 0 && link_settings_is_interface(interface))
		strcpy(s->interface, interface);
	else if (rc != -ENOENT)
		return rpc_fail_at(req, "interface", INVALID, "no network interface is called so");
	s->is_on = on;
	s->start_stop = start_stop;
	s->quantum = (uint32_t)quantum;
	return 0;
}

static int handle_set(struct rpc_request *req, const msgpack_object *params)
{
	struct link_app *app = link_of(req);
	struct link_settings s = app->settings;
	int rc = read_settings(req, params, &s);

	if (rc < 0)
		return rc;
	if (s.interface[0] && !if_nametoindex(s.interface))
		return rpc_fail_at(
			req, "interface", "link.interface.unknown", "there is no interface %s", s.interface);
	rc = link_settings_write(&s);
	if (rc < 0)
		return rpc_fail(
			req, rc, "link.settings.failed", "the settings cannot be kept: %s", strerror(-rc));
	app->settings = s;
	rc = bridge_apply(app);
	if (rc < 0)
		return rpc_fail(req, rc, "link.network.failed", "no Link on this network: %s", strerror(-rc));
	if (rc > 0 && !app->waiting) {
		app->waiting = req;
		return RPC_LATER;
	}
	link_put_status(req);
	return 0;
}

static const struct rpc_method methods[] = {
	{"link.session.get", handle_get, NULL, 0, CAP_STATUS_READ},
	{"link.session.set", handle_set, set_params, 0, CAP_TRANSPORT},
};

const struct rpc_table link_methods = {methods, sizeof(methods) / sizeof(*methods)};
