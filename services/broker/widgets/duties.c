/* SPDX-License-Identifier: MIT */
/* What a widget says over the connection that it was born with. */
#include <errno.h>
#include <string.h>

#include "broker.h"
#include "caps.h"
#include "text.h"

/* The widget at the other end. @return NULL with req->error filled: it is no widget. */
static struct widget *caller(struct rpc_request *req)
{
	const struct client *c = rpc_conn_data(req->conn);

	if (!c->widget)
		(void)rpc_fail(req, -EACCES, "rpc.caller.denied",
			"only a widget says this, over its own connection");
	return c->widget;
}

static int handle_ready(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = caller(req);
	char failed[160], reason[200];
	int rc;

	if (!w)
		return -EACCES;
	rc = wire_get_str(params, "failed", failed, sizeof(failed));
	if (rc == -ENOENT) {
		supervisor_ready(w);
		return 0;
	}
	text_set(reason, sizeof(reason), "activate failed: %s", rc < 0 ? "it says no reason" : failed);
	text_clean(reason, strlen(reason));
	supervisor_broken(w, reason);
	return 0;
}

/* Its process ends now; that is what is waited for. */
static int handle_done(struct rpc_request *req, const msgpack_object *params)
{
	return caller(req) ? 0 : -EACCES;
}

static int handle_show(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = caller(req);

	return w ? viewers_show(w, req, params) : -EACCES;
}

static int handle_save(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = caller(req);

	return w ? keep_save(w, req, params) : -EACCES;
}

static int handle_log(struct rpc_request *req, const msgpack_object *params)
{
	const msgpack_object *text = wire_get(params, "text");
	struct widget *w = caller(req);

	if (!w)
		return -EACCES;
	journal_add(&w->journal, text->via.str.ptr, text->via.str.size);
	if (text->via.str.size && text->via.str.ptr[text->via.str.size - 1] != '\n')
		journal_add(&w->journal, "\n", 1);
	return 0;
}

static int handle_pixels(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = caller(req);

	return w ? stage_pixels(w, req, params) : -EACCES;
}

static const struct rpc_param ready_params[] = {{"failed", RPC_STR}, {0}};
static const struct rpc_param show_params[] = {{"text", RPC_STR}, {"state", RPC_MAP}, {0}};
static const struct rpc_param save_params[] = {{"state", RPC_MAP | RPC_REQUIRED}, {0}};
static const struct rpc_param log_params[] = {{"text", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param pixels_params[] = {
	{"width", RPC_INT | RPC_REQUIRED}, {"height", RPC_INT | RPC_REQUIRED}, {0}};

static const struct rpc_method methods[] = {
	{"broker.widget.ready", handle_ready, ready_params, 0, 0},
	{"broker.widget.done", handle_done, NULL, 0, 0},
	{"broker.widget.show", handle_show, show_params, 0, 0},
	{"broker.widget.save", handle_save, save_params, 0, 0},
	{"broker.widget.log", handle_log, log_params, 0, 0},
	{"broker.widget.pixels", handle_pixels, pixels_params, 0, CAP_SURFACE_PIXELS},
};

const struct rpc_table duty_methods = {methods, sizeof(methods) / sizeof(*methods)};
