/* SPDX-License-Identifier: MIT */
/*
 * Between the theater and the widgets: who may be seen, the memory that each draws into, the pointer. The
 * theater is the connection that is registered as service "theater" and has asked for the stage.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <mos/surface.h>

#include "broker.h"
#include "caps.h"
#include "supervise.h"
#include "text.h"

#define PIXELS_EVERY_US 250000 /* each answer is memory that has to be made */

/* Only the theater says this. @return 0; -EACCES with req->error filled. */
static int check_caller(struct rpc_request *req)
{
	const struct registered *theater = registry_find(&broker_of(req)->registry, "theater");

	if (theater && theater->conn == req->conn)
		return 0;
	return rpc_fail(req, -EACCES, "rpc.caller.denied", "only the service \"theater\" says this");
}

/* --- What is told to the theater --- */

static int begin(const struct widget *w, struct wire_out *out, const char *notice)
{
	if (!w->all->stage)
		return 0;
	wire_out_init(out);
	wire_begin_notify(out, notice);
	wire_put_str(out, "id", w->manifest.id);
	wire_put_u64(out, "instance", w->instance);
	return 1;
}

static void tell_widget(const struct widget *w)
{
	const struct manifest *m = &w->manifest;
	struct wire_out out;

	if (!begin(w, &out, "broker.stage.widget"))
		return;
	wire_put_str(&out, "name", m->name);
	wire_put_str(&out, "state", w->state == MOS_WIDGET_ACTIVE ? "active" : "gone");
	caps_put(&out, "capabilities", m->caps);
	wire_open_map(&out, "position");
	wire_put_f64(&out, "x", m->x);
	wire_put_f64(&out, "y", m->y);
	wire_close(&out);
	wire_open_map(&out, "size");
	wire_put_f64(&out, "width", m->width);
	wire_put_f64(&out, "height", m->height);
	wire_close(&out);
	(void)rpc_notify(w->all->stage, &out); /* one that does not read is hung up on */
}

static void tell_pixels(const struct widget *w)
{
	struct wire_out out;

	if (!w->pixels_width || w->state != MOS_WIDGET_ACTIVE || !begin(w, &out, "broker.stage.pixels"))
		return;
	wire_put_u64(&out, "width", w->pixels_width);
	wire_put_u64(&out, "height", w->pixels_height);
	(void)rpc_notify(w->all->stage, &out);
}

void stage_state(struct widget *w, enum mos_widget_state old)
{
	if (w->state != MOS_WIDGET_ACTIVE && old != MOS_WIDGET_ACTIVE)
		return;
	tell_widget(w);
	tell_pixels(w);
}

static int handle_open(struct rpc_request *req, const msgpack_object *params)
{
	struct widgets *ws = &broker_of(req)->widgets;
	const struct widget *w;

	if (check_caller(req) < 0)
		return -EACCES;
	ws->stage = req->conn;
	/* Before the answer: who is not among them when that comes is not there. */
	TAILQ_FOREACH (w, &ws->list, link) {
		if (w->state != MOS_WIDGET_ACTIVE)
			continue;
		tell_widget(w);
		tell_pixels(w);
	}
	return 0;
}

/* --- What is told to widgets --- */

static void take_back(struct widget *w)
{
	struct wire_out out;
	struct rpc_conn *conn;

	if (!(w->manifest.caps & (CAP_SURFACE_SHAPES | CAP_SURFACE_PIXELS)))
		return;
	conn = process_begin(w, &out, "widget.surface");
	if (!conn)
		return;
	wire_put_str(&out, "kind", "none");
	(void)rpc_notify(conn, &out);
}

void stage_forget(struct widgets *ws, const struct rpc_conn *conn)
{
	struct widget *w;

	if (!conn || ws->stage != conn)
		return;
	ws->stage = NULL;
	TAILQ_FOREACH (w, &ws->list, link)
		take_back(w);
}

/* The widget of a request, active, and the process that is meant where `instance` says which. */
static struct widget *actor(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w;
	int64_t instance;

	if (check_caller(req) < 0)
		return NULL;
	w = widgets_of(req, params);
	if (!w)
		return NULL;
	if (w->state == MOS_WIDGET_ACTIVE && w->process.client &&
		(wire_get_i64(params, "instance", &instance) < 0 || instance == w->instance))
		return w;
	(void)rpc_fail_at(req, w->manifest.id, "broker.widget.failed", "it is not active: %s",
		w->state == MOS_WIDGET_ACTIVE ? "another process of it is" : widget_state_name(w->state));
	return NULL;
}

static int check_ears(struct rpc_request *req, const struct widget *w, uint32_t cap)
{
	if (w->manifest.caps & cap)
		return 0;
	return rpc_fail_at(
		req, w->manifest.id, "broker.widget.deaf", "it has no capability \"%s\"", caps_name(cap));
}

static int handle_surface(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = actor(req, params);
	struct rpc_conn *conn;
	struct wire_out out;
	char kind[16];
	int fd;

	if (!w)
		return -ENOENT;
	if (wire_get_str(params, "kind", kind, sizeof(kind)) < 0 ||
		(strcmp(kind, "shapes") != 0 && strcmp(kind, "pixels") != 0))
		return rpc_fail_at(req, "kind", "rpc.params.invalid", "it is \"shapes\" or \"pixels\"");
	if (check_ears(req, w, kind[0] == 's' ? CAP_SURFACE_SHAPES : CAP_SURFACE_PIXELS) < 0)
		return -EACCES;
	fd = rpc_take_fd(req, 0);
	if (fd < 0)
		return fd;
	conn = process_begin(w, &out, "widget.surface");
	wire_put_str(&out, "kind", kind);
	wire_add_fd(&out, fd);
	close(fd);
	(void)rpc_notify(conn, &out);
	return 0;
}

static int handle_wake(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = actor(req, params);
	struct rpc_conn *conn;
	struct wire_out out;

	if (!w)
		return -ENOENT;
	/* All are alike, and it looks when it reads one: behind one that it has not read there needs no
	 * other. */
	if (w->wake_waits && rpc_conn_waiting(w->process.client->conn))
		return 0;
	conn = process_begin(w, &out, "widget.stage");
	if (rpc_notify(conn, &out) == 0)
		w->wake_waits = rpc_conn_waiting(conn);
	return 0;
}

/* @return 0; -EINVAL with req->error filled. */
static int get_number(struct rpc_request *req, const msgpack_object *params, const char *key, double *ret)
{
	*ret = 0;
	if (wire_get_f64(params, key, ret) < 0 || fabs(*ret) <= (double)MOS_SHAPE_FAR)
		return 0;
	return rpc_fail_at(req, key, "rpc.params.invalid", "it is out of this world");
}

static int handle_pointer(struct rpc_request *req, const msgpack_object *params)
{
	static const char *const kinds[] = {"move", "down", "up", "leave", "wheel"};
	struct widget *w = actor(req, params);
	int64_t button = 0, buttons = 0;
	double x, y, wheel;
	struct rpc_conn *conn;
	struct wire_out out;
	char kind[16];
	size_t i;

	if (!w)
		return -ENOENT;
	if (get_number(req, params, "x", &x) < 0 || get_number(req, params, "y", &y) < 0 ||
		get_number(req, params, "wheel", &wheel) < 0)
		return -EINVAL;
	(void)wire_get_str(params, "kind", kind, sizeof(kind));
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds) && strcmp(kind, kinds[i]) != 0; i++)
		;
	if (i == sizeof(kinds) / sizeof(*kinds))
		return rpc_fail_at(req, "kind", "rpc.params.invalid",
			"it is \"move\", \"down\", \"up\", \"leave\" or \"wheel\"");
	if (check_ears(req, w, CAP_INPUT_POINTER) < 0)
		return -EACCES;
	/* To one that does not keep up the next place of the pointer says more than this one. */
	if (i == 0 && rpc_conn_waiting(w->process.client->conn))
		return 0;
	(void)wire_get_i64(params, "button", &button);
	(void)wire_get_i64(params, "buttons", &buttons);
	conn = process_begin(w, &out, "widget.pointer");
	wire_put_str(&out, "kind", kind);
	wire_put_f64(&out, "x", x);
	wire_put_f64(&out, "y", y);
	wire_put_i64(&out, "button", button & 0xff);
	wire_put_i64(&out, "buttons", buttons & 0xffff);
	wire_put_f64(&out, "wheel", wheel);
	(void)rpc_notify(conn, &out);
	return 0;
}

/* --- What a widget asks for --- */

int stage_pixels(struct widget *w, struct rpc_request *req, const msgpack_object *params)
{
	int64_t width = 0, height = 0, now_us = supervise_now_us();

	(void)wire_get_i64(params, "width", &width);
	(void)wire_get_i64(params, "height", &height);
	if (width < 1 || height < 1 || width > MOS_SURFACE_PIXELS_MAX || height > MOS_SURFACE_PIXELS_MAX)
		return rpc_fail_at(req, "width", "rpc.params.invalid", "a picture has 1 to %u pixels a side",
			MOS_SURFACE_PIXELS_MAX);
	if (w->pixels_width && now_us - w->pixels_us < PIXELS_EVERY_US)
		return rpc_fail_at(req, w->manifest.id, "broker.widget.busy",
			"a picture of another size can be had four times a second");
	w->pixels_us = now_us;
	w->pixels_width = (uint32_t)width;
	w->pixels_height = (uint32_t)height;
	tell_pixels(w);
	return 0;
}

static const struct rpc_param surface_params[] = {{"id", RPC_STR | RPC_REQUIRED},
	{"instance", RPC_INT | RPC_REQUIRED}, {"kind", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param wake_params[] = {
	{"id", RPC_STR | RPC_REQUIRED}, {"instance", RPC_INT | RPC_REQUIRED}, {0}};
static const struct rpc_param pointer_params[] = {{"id", RPC_STR | RPC_REQUIRED},
	{"kind", RPC_STR | RPC_REQUIRED}, {"x", RPC_NUM | RPC_REQUIRED}, {"y", RPC_NUM | RPC_REQUIRED},
	{"button", RPC_INT}, {"buttons", RPC_INT}, {"wheel", RPC_NUM}, {0}};

static const struct rpc_method methods[] = {
	{"broker.stage.open", handle_open, NULL, 0, CAP_SERVICE},
	{"broker.stage.surface", handle_surface, surface_params, 1, CAP_SERVICE},
	{"broker.stage.wake", handle_wake, wake_params, 0, CAP_SERVICE},
	{"broker.stage.pointer", handle_pointer, pointer_params, 0, CAP_SERVICE},
};

const struct rpc_table stage_methods = {methods, sizeof(methods) / sizeof(*methods)};
