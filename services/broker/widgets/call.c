/* SPDX-License-Identifier: MIT */
/* Methods of widgets: a caller's request becomes one to the widget, its answer the caller's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "text.h"

#define CALLS_MAX 64u /* under way to one widget */
#define PATIENCE_US 4000000

struct widget_call {
	struct widget *widget;   /* NULL: it is gone */
	struct rpc_request *req; /* NULL: answered, the widget was too slow */
	sd_event_source *timer;
	TAILQ_ENTRY(widget_call) link;
};

static void answer(struct widget_call *c, int rc)
{
	struct rpc_request *req = c->req;

	c->req = NULL;
	c->timer = sd_event_source_disable_unref(c->timer);
	if (req)
		rpc_finish(req, rc);
}

static void put_result(struct wire_out *out, const msgpack_object *result)
{
	for (uint32_t i = 0; i < result->via.map.size; i++) {
		const msgpack_object_kv *kv = &result->via.map.ptr[i];
		char key[128];

		if (wire_to_str(&kv->key, key, sizeof(key)) == 0)
			wire_put_object(out, key, &kv->val);
	}
}

/* Its words, made harmless. */
static void read_refusal(const msgpack_object *error, struct wire_error *ret)
{
	wire_error_read(error, ret);
	text_clean(ret->code, strlen(ret->code));
	text_clean(ret->message, strlen(ret->message));
	text_clean(ret->where, strlen(ret->where));
	text_clean(ret->hint, strlen(ret->hint));
}

static void on_answered(void *data, int rc, struct wire_in *in)
{
	struct widget_call *c = data;

	if (c->widget) {
		TAILQ_REMOVE(&c->widget->calls, c, link);
		c->widget->n_calls--;
	}
	if (c->req && rc == 0) {
		put_result(&c->req->out, in->result);
	} else if (c->req && rc == -EREMOTEIO) {
		read_refusal(in->error, &c->req->error);
		if (!c->req->error.code[0])
			(void)rpc_fail(c->req, rc, "broker.widget.failed", "it refused without a reason");
	} else if (c->req) {
		(void)rpc_fail(c->req, rc, "broker.widget.failed", "it ended before it answered");
	}
	answer(c, rc);
	free(c);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget_call *c = data;

	(void)rpc_fail(c->req, -ETIMEDOUT, "broker.widget.timeout", "it did not answer within 4 s");
	answer(c, -ETIMEDOUT); /* the call stays until it is answered or the widget is gone */
	return 0;
}

static int ask(struct widget_call *c, struct rpc_conn *conn, const char *name, const msgpack_object *params)
{
	struct wire_out out;
	uint32_t id = rpc_begin_call(conn, &out, "widget.call");

	wire_put_str(&out, "name", name);
	if (params) {
		wire_put_object(&out, "params", params);
	} else {
		wire_open_map(&out, "params");
		wire_close(&out);
	}
	return rpc_call(conn, &out, id, on_answered, c);
}

int call_handle(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	struct widget_call *c;
	char name[64];
	int rc;

	if (!w)
		return -ENOENT;
	if (wire_get_str(params, "name", name, sizeof(name)) < 0 || !name[0])
		return rpc_fail_at(req, "name", "rpc.params.invalid", "a method's name has 1 to %zu bytes",
			sizeof(name) - 1);
	if (w->state != MOS_WIDGET_ACTIVE || !w->process.client)
		return rpc_fail_at(req, w->manifest.id, "broker.widget.failed", "it is not active: %s",
			widget_state_name(w->state));
	if (w->n_calls >= CALLS_MAX)
		return rpc_fail_at(req, w->manifest.id, "broker.widget.timeout",
			"%u calls wait for it already", CALLS_MAX);
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	*c = (struct widget_call){.widget = w, .req = req};
	rc = sd_event_add_time_relative(
		w->all->broker->service->event, &c->timer, CLOCK_MONOTONIC, PATIENCE_US, 0, on_timeout, c);
	if (rc < 0) {
		free(c);
		return rc;
	}
	TAILQ_INSERT_TAIL(&w->calls, c, link);
	w->n_calls++;
	rc = ask(c, w->process.client->conn, name, wire_get_map(params, "params"));
	if (rc < 0) {
		TAILQ_REMOVE(&w->calls, c, link);
		w->n_calls--;
		sd_event_source_disable_unref(c->timer);
		free(c);
		return rpc_fail_at(
			req, w->manifest.id, "broker.widget.failed", "it cannot be asked: %s", strerror(-rc));
	}
	return RPC_LATER;
}

/* Its connection has told all of them already; what is left here would be a fault of ours. */
void calls_finish(struct widget *w)
{
	struct widget_call *c;

	while ((c = TAILQ_FIRST(&w->calls))) {
		TAILQ_REMOVE(&w->calls, c, link);
		c->widget = NULL;
	}
	w->n_calls = 0;
}
