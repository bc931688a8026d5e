/* SPDX-License-Identifier: MIT */
/* What a widget shows, keeps and logs. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value_wire.h"
#include "widget_impl.h"

#define SHOW_EVERY_NS (SECOND_NS / 60)
#define TEXT_MAX 8192u
#define STATE_MAX (32u * 1024u)
#define LOG_LINE_MAX 1024

int64_t widget_show_due_ns(const struct mos_widget *w)
{
	return w->show_waits ? w->show_sent_ns + SHOW_EVERY_NS : INT64_MAX;
}

/* now_ns INT64_MAX: at once. */
void widget_show_flush(struct mos_widget *w, int64_t now_ns)
{
	struct conn *broker = &w->client->broker;

	if (!w->show_waits || now_ns < widget_show_due_ns(w))
		return;
	w->show_sent_ns = now_ns == INT64_MAX ? client_now_ns() : now_ns;
	/* A broker that does not keep up gets the newest when it reads again. */
	if (!w->by_hand && broker->n_outbox && now_ns != INT64_MAX)
		return;
	w->show_waits = 0;
	if (w->by_hand) {
		term_show(w->text ? w->text : "");
		return;
	}
	(void)conn_post(w->client, broker, 0, &w->shown); /* who hung up sees nothing */
	w->shown = (struct wire_out){0};
}

void widget_show_finish(struct mos_widget *w)
{
	wire_out_finish(&w->shown);
	free(w->text);
}

static int keep_text(struct mos_widget *w, const char *text)
{
	char *copy = strdup(text ? text : "");

	if (!copy)
		return -ENOMEM;
	free(w->text);
	w->text = copy;
	return 0;
}

static int keep_frame(struct mos_widget *w, const char *text, const struct mos_field *state, size_t n_state)
{
	const struct mos_value map = mos_value_map(state, (uint32_t)n_state);
	struct wire_out out;
	int rc;

	wire_out_init(&out);
	/* Its answer says nothing: whatever has this number is passed over. */
	wire_begin_request(&out, ++w->client->broker.next_id, "broker.widget.show");
	if (text)
		wire_put_str(&out, "text", text);
	if (n_state)
		value_put(&out, "state", &map);
	rc = wire_end(&out);
	if (rc < 0) {
		wire_out_finish(&out);
		return client_fail(w->client, rc, "client.request.invalid",
			"the state to show cannot be sent: %s", strerror(-rc));
	}
	wire_out_finish(&w->shown);
	w->shown = out;
	return 0;
}

int mos_widget_show(
	struct mos_widget *widget, const char *text, const struct mos_field *state, size_t n_state)
{
	int rc;

	if (text && strlen(text) > TEXT_MAX)
		return client_fail(widget->client, -EMSGSIZE, "client.widget.text",
			"a text to show has at most %u bytes", TEXT_MAX);
	if (n_state > UINT16_MAX)
		return client_fail(widget->client, -EMSGSIZE, "client.widget.state", "too much to show");
	rc = widget->by_hand ? keep_text(widget, text) : keep_frame(widget, text, state, n_state);
	if (rc < 0)
		return rc;
	widget->show_waits = 1;
	widget_show_flush(widget, client_now_ns());
	return 0;
}

int mos_widget_save(struct mos_widget *widget, const struct mos_field *state, size_t n_state)
{
	const struct mos_field field = mos_field("state", mos_value_map(state, (uint32_t)n_state));
	struct wire_out out;
	int rc;

	if (widget->by_hand)
		return client_fail(widget->client, -ENOTSUP, "client.widget.alone",
			"a widget started by hand has nowhere to keep its state");
	wire_out_init(&out);
	wire_begin_request(&out, 0, "");
	value_put(&out, field.key, &field.value);
	rc = wire_end(&out);
	if (rc == 0 && out.len > STATE_MAX)
		rc = -EMSGSIZE;
	wire_out_finish(&out);
	if (rc < 0)
		return client_fail(widget->client, rc, "client.widget.state",
			"a state to keep has at most %u bytes and 12 levels", STATE_MAX);
	return mos_call(widget->client, "broker.widget.save", &field, 1, NULL);
}

void mos_widget_log(struct mos_widget *widget, const char *fmt, ...)
{
	struct conn *broker = &widget->client->broker;
	const struct mos_field text_field = {"text", {0}};
	struct mos_field args[] = {text_field};
	struct mos_request request = {.method = "broker.widget.log", .args = args, .n_args = 1};
	char text[LOG_LINE_MAX];
	struct wire_out out;
	va_list list;

	va_start(list, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, list);
	va_end(list);
	if (!widget->by_hand && broker->sock >= 0) {
		args[0].value = mos_value_str(text);
		if (conn_encode(widget->client, ++broker->next_id, &request, &out) < 0)
			wire_out_finish(&out);
		else if (conn_post(widget->client, broker, 0, &out) == 0)
			return;
	}
	(void)fprintf(stderr, "%s: %s\n", widget->id, text);
}
