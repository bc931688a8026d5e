/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>

int hud_ask_may(struct mos_widget *w)
{
	if (mos_client_counters(mos_widget_client(w)))
		return 0;
	mos_widget_log(w, "no figures: the display needs the capability status.read");
	return -EACCES;
}

static void on_metrics(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct hud_ask *ask = data;

	ask->bus = 0;
	if (rc == 0)
		hud_read_bus(ask->figures, &reply->value);
}

static void on_theater(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct hud_ask *ask = data;

	ask->theater = 0;
	if (rc == 0)
		hud_read_theater(ask->figures, &reply->value);
}

void hud_ask(struct hud_ask *ask, struct mos_client *client)
{
	const struct mos_counters_view *view = mos_client_counters(client);
	const struct mos_request metrics = {.method = "broker.events.metrics"};
	const struct mos_request theater = {.method = "theater.status.get"};

	if (view)
		hud_read(ask->figures, view);
	if (!ask->bus)
		ask->bus = mos_call_async(client, &metrics, on_metrics, ask) == 0;
	if (!ask->theater)
		ask->theater = mos_call_async(client, &theater, on_theater, ask) == 0;
}

struct mos_field hud_field(const struct hud_threshold *t)
{
	return t->value_ms < 0 ? mos_field(t->key, (struct mos_value){MOS_VALUE_NIL, 0, {0}})
			       : mos_real(t->key, t->value_ms);
}
