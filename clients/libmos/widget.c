/* SPDX-License-Identifier: MIT */
/* A widget's life as the broker tells it: activate, settings, keys, calls, deactivate. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mos/draw.h>

#include "value_wire.h"
#include "widget_impl.h"

struct mos_client *mos_widget_client(struct mos_widget *widget)
{
	return widget->client;
}

const struct mos_widget_context *mos_widget_context(struct mos_widget *widget)
{
	return &widget->context;
}

const char *mos_widget_dir(struct mos_widget *widget)
{
	return widget->dir;
}

const char *widget_reason(const struct mos_widget *w, int rc)
{
	const struct mos_error *err = mos_client_error(w->client);

	/* Whatever libmos refused it said so there; a widget's own reasons are numbers only. */
	return rc == -EREMOTEIO || (rc == -EACCES && !strcmp(err->code, "client.region.denied"))
		       ? err->message
		       : strerror(-rc);
}

static void end_with(struct mos_widget *w, const char *where, int rc)
{
	mos_widget_log(w, "%s: %s", where, widget_reason(w, rc));
	w->rc = rc;
	w->ending = 1;
}

/* @return as ops->activate. */
static int activate(struct mos_widget *w)
{
	w->active = 1;
	return w->ops->activate ? w->ops->activate(w, w->data) : 0;
}

static struct mos_value map_at(const struct mos_value *params, const char *key)
{
	const struct mos_value *v = mos_get(params, key);

	return v && v->type == MOS_VALUE_MAP ? *v : mos_value_map(NULL, 0);
}

static void on_activate(struct mos_widget *w, struct item *item)
{
	const struct mos_value *params = &w->activation.value, *state;
	int rc;

	if (w->active || w->ending)
		return;
	w->activation = item->reply; /* the context points into it */
	item->reply = (struct mos_reply){0};
	(void)snprintf(w->id, sizeof(w->id), "%s", mos_get_str(params, "id", w->id));
	w->dir = mos_get_str(params, "dir", NULL);
	state = mos_get(params, "state");
	w->context = (struct mos_widget_context){
		.id = w->id,
		.api_version = (uint32_t)mos_get_int(params, "api", MOS_WIDGET_API_VERSION),
		.x = mos_get_real(params, "position/x", 0),
		.y = mos_get_real(params, "position/y", 0),
		.width = mos_get_real(params, "size/width", 0),
		.height = mos_get_real(params, "size/height", 0),
		.settings = map_at(params, "settings"),
	};
	if (state)
		w->context.state = *state;
	rc = activate(w);
	if (rc < 0) {
		(void)mos_call(w->client, "broker.widget.ready",
			MOS_ARGS(mos_str("failed", widget_reason(w, rc))), NULL);
		w->rc = rc;
		w->ending = 1;
		return;
	}
	rc = mos_call(w->client, "broker.widget.ready", MOS_NO_ARGS, NULL);
	if (rc < 0)
		end_with(w, "broker.widget.ready", rc);
}

void widget_activate_by_hand(struct mos_widget *w)
{
	int rc;

	w->context = (struct mos_widget_context){
		.id = w->id,
		.api_version = MOS_WIDGET_API_VERSION,
		.width = 200,
		.height = 120,
		.settings = mos_value_map(NULL, 0),
	};
	rc = activate(w);
	if (rc < 0)
		end_with(w, "activate", rc);
}

static void on_settings(struct mos_widget *w, struct item *item)
{
	struct mos_reply before = w->settings;
	int rc;

	if (!w->active)
		return;
	w->settings = item->reply;
	item->reply = (struct mos_reply){0};
	w->context.settings = map_at(&w->settings.value, "settings");
	rc = w->ops->settings ? w->ops->settings(w, w->data) : 0;
	mos_reply_finish(&before); /* it was there to be compared with */
	if (rc < 0)
		end_with(w, "settings", rc);
}

void widget_key(struct mos_widget *w, const char *key)
{
	if (w->active && *key && w->ops->key)
		w->ops->key(w, key, w->data);
}

void widget_deactivate(struct mos_widget *w)
{
	if (w->active && w->ops->deactivate)
		w->ops->deactivate(w, w->data);
	w->active = 0;
	w->ending = 1;
}

static void on_surface(struct mos_widget *w, struct item *item)
{
	widget_surface_given(w, mos_get_str(&item->reply.value, "kind", ""), item->n_fds ? item->fd : -1);
}

static void on_pointer(struct mos_widget *w, const struct mos_value *params)
{
	static const char *const kinds[] = {"move", "down", "up", "leave", "wheel"};
	const char *kind = mos_get_str(params, "kind", "");
	struct mos_pointer p = {
		.at = {(float)mos_get_real(params, "x", 0), (float)mos_get_real(params, "y", 0)},
		.button = (uint32_t)mos_get_int(params, "button", 0),
		.buttons = (uint32_t)mos_get_int(params, "buttons", 0),
		.wheel = (float)mos_get_real(params, "wheel", 0),
	};

	if (!w->active || !w->ops->pointer)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kind, kinds[i]))
			continue;
		p.kind = (enum mos_pointer_kind)i;
		w->ops->pointer(w, &p, w->data);
		return;
	}
}

static void on_deactivate(struct mos_widget *w)
{
	widget_deactivate(w);
	widget_show_flush(w, INT64_MAX);
	(void)mos_call(w->client, "broker.widget.done", MOS_NO_ARGS, NULL);
}

void mos_widget_reply(struct mos_widget *widget, const struct mos_field *result, size_t n_result)
{
	if (!widget->in_call)
		return;
	wire_out_finish(&widget->answer);
	wire_out_init(&widget->answer);
	wire_begin_result(&widget->answer, widget->call_id);
	for (size_t i = 0; i < n_result; i++)
		value_put(&widget->answer, result[i].key, &result[i].value);
}

int mos_widget_refuse(struct mos_widget *widget, const char *code, const char *fmt, ...)
{
	char text[sizeof(widget->refusal.message)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wire_error_set(&widget->refusal, code, "%s", text);
	return -EREMOTEIO;
}

static void answer_error(struct mos_widget *w, const struct wire_error *err)
{
	wire_out_finish(&w->answer);
	wire_out_init(&w->answer);
	wire_begin_error(&w->answer, w->call_id, err);
	(void)wire_end(&w->answer);
}

static void on_call(struct mos_widget *w, const struct item *item)
{
	const struct mos_value none = mos_value_map(NULL, 0);
	const struct mos_value *params = mos_get(&item->reply.value, "params");
	const char *name = mos_get_str(&item->reply.value, "name", "");
	int rc;

	w->call_id = item->id;
	w->refusal = (struct wire_error){0};
	w->in_call = 1;
	mos_widget_reply(w, MOS_NO_ARGS); /* what is answered unless it says something else */
	if (strcmp(item->method, "widget.call") || !w->active || !w->ops->call)
		rc = mos_widget_refuse(w, "rpc.method.unknown", "the widget has no method \"%.64s\"", name);
	else
		rc = w->ops->call(w, name, params && params->type == MOS_VALUE_MAP ? params : &none, w->data);
	if (rc < 0 && !w->refusal.code[0])
		wire_error_set(&w->refusal, "widget.call.failed", "%.64s: %s", name, widget_reason(w, rc));
	if (rc >= 0 && wire_end(&w->answer) < 0) {
		wire_error_set(&w->refusal, "rpc.answer.failed",
			"%.64s: the answer does not fit into a frame", name);
		rc = -EMSGSIZE;
	}
	if (rc < 0)
		answer_error(w, &w->refusal);
	(void)conn_post(w->client, item->conn, item->id, &w->answer); /* who hung up needs no answer */
	w->answer = (struct wire_out){0};
	w->in_call = 0;
}

void widget_frame(struct mos_client *c, struct item *item, void *data)
{
	struct mos_widget *w = data;

	if (item->kind == ITEM_REQUEST)
		on_call(w, item);
	else if (!strcmp(item->method, "widget.activate"))
		on_activate(w, item);
	else if (!strcmp(item->method, "widget.settings"))
		on_settings(w, item);
	else if (!strcmp(item->method, "widget.key"))
		widget_key(w, mos_get_str(&item->reply.value, "key", ""));
	else if (!strcmp(item->method, "widget.pointer"))
		on_pointer(w, &item->reply.value);
	else if (!strcmp(item->method, "widget.surface"))
		on_surface(w, item);
	else if (!strcmp(item->method, "widget.stage"))
		widget_surface_look(w);
	else if (!strcmp(item->method, "widget.deactivate"))
		on_deactivate(w);
}
