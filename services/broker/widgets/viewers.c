/* SPDX-License-Identifier: MIT */
/* What widgets show, and who looks: the newest at most 60 times a second, to those that keep up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "caps.h"
#include "json.h"
#include "supervise.h"
#include "text.h"

#define VIEWERS_MAX 64u
#define FRAME_US 16667

static void put_shown(struct wire_out *out, const struct widget *w)
{
	wire_put_str(out, "text", w->shown_text);
	json_put(out, "state", w->shown ? yyjson_mut_doc_get_root(w->shown) : NULL);
}

static struct widget_viewer *find(struct widget *w, const struct rpc_conn *conn)
{
	struct widget_viewer *v;

	TAILQ_FOREACH (v, &w->viewers, link) {
		if (v->conn == conn)
			return v;
	}
	return NULL;
}

static void drop(struct widget *w, struct widget_viewer *v)
{
	TAILQ_REMOVE(&w->viewers, v, link);
	free(v);
}

/* A viewer is hung up on by rpc_notify() when its queue is full, and is forgotten then: the list may change.
 */
static void tell_all(struct widget *w)
{
	struct widget_viewer *v, *next;

	for (v = TAILQ_FIRST(&w->viewers); v; v = next) {
		struct wire_out out;

		next = TAILQ_NEXT(v, link);
		if (!v->behind)
			continue;
		if (rpc_conn_waiting(v->conn))
			continue;
		v->behind = 0;
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.widget.shown");
		wire_put_str(&out, "id", w->manifest.id);
		put_shown(&out, w);
		(void)rpc_notify(v->conn, &out);
	}
}

static int anybody_behind(const struct widget *w)
{
	const struct widget_viewer *v;

	TAILQ_FOREACH (v, &w->viewers, link) {
		if (v->behind)
			return 1;
	}
	return 0;
}

static void tell(struct widget *w);

static int on_frame(sd_event_source *source, uint64_t usec, void *data)
{
	tell(data);
	return 0;
}

static void tell(struct widget *w)
{
	int64_t now = supervise_now_us();

	if (now - w->told_us >= FRAME_US) {
		w->told_us = now;
		tell_all(w);
	}
	if (!anybody_behind(w))
		return;
	if (!w->tell_timer && sd_event_add_time(w->all->broker->service->event, &w->tell_timer,
				      CLOCK_MONOTONIC, 0, 1000, on_frame, w) < 0)
		return;
	(void)sd_event_source_set_time(w->tell_timer, (uint64_t)(w->told_us + FRAME_US));
	(void)sd_event_source_set_enabled(w->tell_timer, SD_EVENT_ONESHOT);
}

int viewers_show(struct widget *w, struct rpc_request *req, const msgpack_object *params)
{
	const msgpack_object *state = wire_get_map(params, "state");
	char text[WIDGET_TEXT_MAX];
	yyjson_mut_doc *doc = NULL;
	struct widget_viewer *v;
	int rc = wire_get_str(params, "text", text, sizeof(text));

	if (rc < 0 && rc != -ENOENT)
		return rpc_fail_at(req, "text", "rpc.params.invalid", "at most %u bytes of text can be shown",
			WIDGET_TEXT_MAX - 1);
	if (state) {
		yyjson_mut_val *root;

		doc = yyjson_mut_doc_new(NULL);
		root = doc ? json_from_wire(doc, state) : NULL;
		if (!root) {
			yyjson_mut_doc_free(doc);
			return rpc_fail_at(req, "state", "rpc.params.invalid",
				"it holds something that is neither number, text, list nor map");
		}
		yyjson_mut_doc_set_root(doc, root);
	}
	yyjson_mut_doc_free(w->shown);
	w->shown = doc;
	strcpy(w->shown_text, rc == 0 ? text : "");
	text_clean(w->shown_text, strlen(w->shown_text));
	TAILQ_FOREACH (v, &w->viewers, link)
		v->behind = 1;
	tell(w);
	return 0;
}

void viewers_ended(struct widget *w)
{
	struct widget_viewer *v, *next;

	w->shown_text[0] = '\0';
	yyjson_mut_doc_free(w->shown);
	w->shown = NULL;
	for (v = TAILQ_FIRST(&w->viewers); v; v = next) {
		struct wire_out out;

		next = TAILQ_NEXT(v, link);
		v->behind = 0;
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.widget.ended");
		wire_put_str(&out, "id", w->manifest.id);
		wire_put_str(&out, "state", widget_state_name(w->state));
		(void)rpc_notify(v->conn, &out);
	}
}

void viewers_forget(struct widgets *ws, struct rpc_conn *conn)
{
	struct widget *w;

	TAILQ_FOREACH (w, &ws->list, link) {
		struct widget_viewer *v = find(w, conn);

		if (v)
			drop(w, v);
	}
}

void viewers_finish(struct widget *w)
{
	while (!TAILQ_EMPTY(&w->viewers))
		drop(w, TAILQ_FIRST(&w->viewers));
	w->tell_timer = sd_event_source_disable_unref(w->tell_timer);
	yyjson_mut_doc_free(w->shown);
	w->shown = NULL;
}

int viewers_handle_attach(struct rpc_request *req, const msgpack_object *params)
{
	struct widget_viewer *v;
	struct widget *w;
	uint32_t n = 0;

	if (client_not_for_widgets(req) < 0)
		return -EACCES;
	w = widgets_of(req, params);
	if (!w)
		return -ENOENT;
	TAILQ_FOREACH (v, &w->viewers, link)
		n++;
	if (!find(w, req->conn)) {
		if (n >= VIEWERS_MAX)
			return rpc_fail_at(req, w->manifest.id, "broker.widget.failed",
				"%u look at it already, more is not allowed", VIEWERS_MAX);
		v = calloc(1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		v->conn = req->conn;
		TAILQ_INSERT_TAIL(&w->viewers, v, link);
	}
	put_shown(&req->out, w);
	return 0;
}

int viewers_handle_detach(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	struct widget_viewer *v = w ? find(w, req->conn) : NULL;

	if (v)
		drop(w, v);
	return w ? 0 : -ENOENT;
}
