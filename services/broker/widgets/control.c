/* SPDX-License-Identifier: MIT */
/* broker.widget.*: what people do with widgets. */
#include <errno.h>
#include <string.h>

#include "broker.h"
#include "caps.h"
#include "text.h"

static int handle_start(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	int rc;

	if (!w)
		return -ENOENT;
	rc = supervisor_start(w, req);
	return rc < 0 ? rc : supervisor_wait(w, req, /* for_stop= */ 0);
}

static int handle_stop(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);

	if (!w)
		return -ENOENT;
	supervisor_stop(w);
	return supervisor_wait(w, req, /* for_stop= */ 1);
}

static int handle_restart(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	int rc;

	if (!w)
		return -ENOENT;
	rc = supervisor_start(w, req);
	if (rc < 0)
		return rc;
	supervisor_cycle(w);
	return supervisor_wait(w, req, /* for_stop= */ 0);
}

/* The names of mos/widget.h, or text. */
static int handle_key(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	struct rpc_conn *conn;
	struct wire_out out;
	char key[32];

	if (!w)
		return -ENOENT;
	if (wire_get_str(params, "key", key, sizeof(key)) < 0 || !key[0])
		return rpc_fail_at(req, "key", "rpc.params.invalid", "a key is a character or a name");
	text_clean(key, strlen(key));
	if (!(w->manifest.caps & CAP_INPUT_KEY))
		return rpc_fail_at(req, w->manifest.id, "broker.widget.deaf",
			"it has no capability \"input.key\": it hears no keys");
	conn = w->state == MOS_WIDGET_ACTIVE ? process_begin(w, &out, "widget.key") : NULL;
	if (!conn)
		return rpc_fail_at(req, w->manifest.id, "broker.widget.failed", "it is not active: %s",
			widget_state_name(w->state));
	wire_put_str(&out, "key", key);
	(void)rpc_notify(conn, &out);
	return 0;
}

static const struct rpc_param id_params[] = {{"id", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param install_params[] = {
	{"path", RPC_STR | RPC_REQUIRED}, {"replace", RPC_BOOL}, {0}};
static const struct rpc_param remove_params[] = {{"id", RPC_STR | RPC_REQUIRED}, {"purge", RPC_BOOL}, {0}};
static const struct rpc_param check_params[] = {{"path", RPC_STR}, {"id", RPC_STR}, {0}};
static const struct rpc_param logs_params[] = {{"id", RPC_STR | RPC_REQUIRED}, {"lines", RPC_INT}, {0}};
static const struct rpc_param key_params[] = {
	{"id", RPC_STR | RPC_REQUIRED}, {"key", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param call_params[] = {
	{"id", RPC_STR | RPC_REQUIRED}, {"name", RPC_STR | RPC_REQUIRED}, {"params", RPC_MAP}, {0}};
static const struct rpc_param set_params[] = {
	{"id", RPC_STR | RPC_REQUIRED}, {"settings", RPC_MAP | RPC_REQUIRED}, {"revision", RPC_INT}, {0}};

static const struct rpc_method methods[] = {
	{"broker.widget.install", install_handle, install_params, 0, CAP_WIDGETS},
	{"broker.widget.remove", remove_handle, remove_params, 0, CAP_WIDGETS},
	{"broker.widget.check", describe_handle_check, check_params, 0, CAP_STATUS_READ},
	{"broker.widget.list", describe_handle_list, NULL, 0, CAP_STATUS_READ},
	{"broker.widget.get", describe_handle_get, id_params, 0, CAP_STATUS_READ},
	{"broker.widget.start", handle_start, id_params, 0, CAP_WIDGETS},
	{"broker.widget.stop", handle_stop, id_params, 0, CAP_WIDGETS},
	{"broker.widget.restart", handle_restart, id_params, 0, CAP_WIDGETS},
	{"broker.widget.logs", describe_handle_logs, logs_params, 0, CAP_STATUS_READ},
	{"broker.widget.attach", viewers_handle_attach, id_params, 0, CAP_STATUS_READ},
	{"broker.widget.detach", viewers_handle_detach, id_params, 0, CAP_STATUS_READ},
	{"broker.widget.key", handle_key, key_params, 0, CAP_WIDGETS},
	{"broker.widget.call", call_handle, call_params, 0, CAP_WIDGETS},
	{"broker.settings.get", keep_handle_settings_get, id_params, 0, CAP_STATUS_READ},
	{"broker.settings.set", keep_handle_settings_set, set_params, 0, CAP_WIDGETS},
};

const struct rpc_table widget_methods = {methods, sizeof(methods) / sizeof(*methods)};
