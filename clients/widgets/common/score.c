/* SPDX-License-Identifier: MIT */
#include "score.h"

#include <string.h>

#define AGAIN_MS 1000u

static void ask_order(struct score_follow *f);

static void on_order(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct score_follow *f = data;

	f->is_asking = 0;
	if (f->asked_version != f->version) {
		ask_order(f);
		return;
	}
	/* A score that cannot be played has none. */
	if (rc < 0 || order_read(f->order, &reply->value) < 0)
		order_plain(f->order, f->n_measures);
	f->has_order = 1;
	f->ordered(f->data);
}

/* One question at a time: where the score changes meanwhile its answer asks again. */
static void ask_order(struct score_follow *f)
{
	if (f->is_asking)
		return;
	f->asked_version = f->version;
	f->is_asking = f->n_measures &&
		       mos_call_async(mos_widget_client(f->widget),
			       &(struct mos_request){.method = "hermes.order.get"}, on_order, f) == 0;
	if (f->is_asking)
		return;
	order_plain(f->order, f->n_measures);
	f->has_order = 1;
	f->ordered(f->data);
}

static void begin(struct score_follow *f, const struct mos_value *state)
{
	const int64_t n = mos_get_int(state, "measure_count", 0);

	f->n_measures = n < 0 || n > INT32_MAX ? 0 : (uint32_t)n;
	f->version++;
	f->has_order = 0;
	f->begun(f->data, state);
	ask_order(f);
}

static void subscribe(struct mos_widget *w, void *data);

static void again(struct score_follow *f)
{
	(void)mos_widget_timer(f->widget, AGAIN_MS, 0, subscribe, f, NULL);
}

static void on_subscribed(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct score_follow *f = data;

	if (rc == 0)
		begin(f, &reply->value);
	else
		again(f);
}

static void subscribe(struct mos_widget *w, void *data)
{
	(void)mos_call_async(mos_widget_client(w), &(struct mos_request){.method = "hermes.score.subscribe"},
		on_subscribed, data);
}

static void on_notice(
	struct mos_client *client, const char *method, const struct mos_value *params, void *data)
{
	struct score_follow *f = data;

	if (strcmp(method, "hermes.score.state") == 0 && !mos_get_bool(params, "loading", 0))
		begin(f, params);
	else if (strcmp(method, "hermes.score.changed") == 0)
		subscribe(f->widget, f); /* its answer says how many measures there are now */
	else if (strcmp(method, "client.service.lost") == 0)
		again(f);
}

void score_follow(struct score_follow *f)
{
	mos_client_on_notice(mos_widget_client(f->widget), on_notice, f);
	subscribe(f->widget, f);
}
