/* SPDX-License-Identifier: MIT */
/* jack.session.*: what people see and set. */
#include <errno.h>
#include <string.h>

#include "caps.h"
#include "jack_service.h"

static const char *state_name(enum bridge_state state)
{
	static const char *const names[] = {[BRIDGE_OFF] = "connecting",
		[BRIDGE_NO_LIBRARY] = "no library",
		[BRIDGE_NO_SERVER] = "no server",
		[BRIDGE_NO_TIMEBASE] = "no timebase",
		[BRIDGE_ON] = "connected"};

	return names[state];
}

static const char *transport_name(int transport)
{
	switch (transport) {
	case JackTransportStopped:
		return "stopped";
	case JackTransportStarting:
		return "starting";
	default:
		return "rolling";
	}
}

static void put_status(struct wire_out *out, struct jack_app *app)
{
	struct bridge *b = &app->bridge;
	const struct bridge_said said = bridge_says(b);

	wire_put_bool(out, "on", app->settings.is_on);
	if (!app->settings.is_on)
		return;
	wire_put_str(out, "state", state_name(said.state));
	wire_put_str(out, "library", said.library);
	if (said.state != BRIDGE_ON) {
		wire_put_str(out, "why", said.why);
		return;
	}
	wire_put_str(out, "client", said.name);
	wire_put_str(
		out, "transport", transport_name(atomic_load_explicit(&b->transport, memory_order_relaxed)));
	wire_put_u64(out, "frame", atomic_load_explicit(&b->frame, memory_order_relaxed));
	wire_put_u64(out, "rate", atomic_load_explicit(&b->rate_hz, memory_order_relaxed));
	wire_put_u64(out, "quantum", atomic_load_explicit(&b->n_frames, memory_order_relaxed));
	wire_put_u64(out, "located", atomic_load_explicit(&b->n_located, memory_order_relaxed));
	wire_put_u64(out, "asked", atomic_load_explicit(&b->n_asked, memory_order_relaxed));
}

static int handle_get(struct rpc_request *req, const msgpack_object *params)
{
	put_status(&req->out, jack_of(req));
	return 0;
}

void jack_said(struct jack_app *app)
{
	struct rpc_request *req = app->waiting;

	if (!req)
		return;
	app->waiting = NULL;
	put_status(&req->out, app);
	rpc_finish(req, 0);
}

static const struct rpc_param set_params[] = {{"on", RPC_BOOL | RPC_REQUIRED}, {0}};

/* Without the library nothing is kept: who installs it asks again. */
static int look_for_library(struct rpc_request *req, struct jack_app *app)
{
	char why[256] = "";

	if (libjack_load(app->bridge.library, why, sizeof(why)))
		return 0;
	(void)rpc_fail(req, -ENOENT, "jack.library.missing", "libjack cannot be loaded: %s", why);
	wire_error_hint(&req->error, "install PipeWire's (Debian: apt install pipewire-jack)");
	return -ENOENT;
}

static int handle_set(struct rpc_request *req, const msgpack_object *params)
{
	struct jack_app *app = jack_of(req);
	struct jack_settings s = app->settings;
	int on = 0, rc;

	(void)wire_get_bool(params, "on", &on);
	s.is_on = on;
	if (on && !app->bridge.is_running && look_for_library(req, app) < 0)
		return -ENOENT;
	rc = jack_settings_write(&s);
	if (rc < 0)
		return rpc_fail(
			req, rc, "jack.settings.failed", "the settings cannot be kept: %s", strerror(-rc));
	app->settings = s;
	rc = jack_apply(app);
	if (rc < 0)
		return rpc_fail(req, rc, "jack.failed", "cannot begin: %s", strerror(-rc));
	if (on && bridge_says(&app->bridge).state == BRIDGE_OFF && !app->waiting) {
		app->waiting = req;
		return RPC_LATER;
	}
	put_status(&req->out, app);
	return 0;
}

static const struct rpc_method methods[] = {
	{"jack.session.get", handle_get, NULL, 0, CAP_STATUS_READ},
	{"jack.session.set", handle_set, set_params, 0, CAP_TRANSPORT},
};

const struct rpc_table jack_methods = {methods, sizeof(methods) / sizeof(*methods)};
