/* SPDX-License-Identifier: MIT */
/* falling-notes: the score's notes on their way to the keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "falling.h"

#define AGAIN_MS 1000u

struct app {
	struct mos_widget *widget;
	struct falling falling;
	struct played played;
	int asking;       /* an answer is on its way */
	int has_order;    /* the score's is known */
	char score[40];   /* which one it is: edits stay within it */
	uint32_t version; /* of the score and the part: notes of an older one are thrown away */
	uint32_t asked_version, index;
	uint32_t order_version; /* the same of its order */
};

static void fetch(struct app *a);

static void on_notes(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	static const struct mos_value nothing = {MOS_VALUE_NIL, 0, {0}};
	struct app *a = data;

	a->asking = 0;
	/* What cannot be had, of a score that is gone, is empty until the next notice: not asked for each
	 * frame. */
	if (a->asked_version == a->version)
		falling_put(&a->falling, a->index, rc < 0 ? &nothing : &reply->value);
	fetch(a);
	mos_widget_redraw(a->widget);
}

static void fetch(struct app *a)
{
	const uint32_t index = a->has_order ? falling_missing(&a->falling) : UINT32_MAX;
	const struct order_run *run = order_run_of(&a->falling.order, index);

	if (a->asking || !run)
		return;
	a->index = index;
	a->asked_version = a->version;
	a->asking = mos_call_async(mos_widget_client(a->widget),
			    &(struct mos_request){.method = "hermes.note.list",
				    .args = (const struct mos_field[]){mos_int(
					    "index", run->first + (int64_t)(index - run->played_first))},
				    .n_args = 1},
			    on_notes, a) == 0;
}

/* Another score, or an edited one, whose order is known. */
static void show(struct app *a)
{
	const uint32_t n = a->falling.order.n_measures;
	char text[64];

	a->has_order = 1;
	fetch(a);
	(void)snprintf(text, sizeof(text), "%u measures\n", n);
	(void)mos_widget_show(a->widget, text, MOS_ARGS(mos_int("measures", n)));
	mos_widget_redraw(a->widget);
}

struct asked_order {
	struct app *app;
	uint32_t version, n_measures;
};

static void on_order(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct asked_order *asked = data;
	struct app *a = asked->app;

	if (asked->version == a->order_version) {
		/* A score that cannot be played has no order: it is shown as it is written. */
		if (rc < 0 || order_read(&a->falling.order, &reply->value) < 0)
			order_plain(&a->falling.order, asked->n_measures);
		show(a);
	}
	free(asked);
}

/* @param state  HermesState */
static void begin(struct app *a, const struct mos_value *state)
{
	const char *score = mos_get_str(state, "score_id", "");
	const int64_t n_measures = mos_get_int(state, "measure_count", 0);
	const uint32_t n = n_measures < 0 || n_measures > INT32_MAX ? 0 : (uint32_t)n_measures;
	struct asked_order *asked = n ? malloc(sizeof(*asked)) : NULL;

	falling_clear(&a->falling, strncmp(score, a->score, sizeof(a->score) - 1) == 0);
	(void)snprintf(a->score, sizeof(a->score), "%s", score);
	a->version++;
	a->order_version++;
	a->has_order = 0;
	if (asked)
		*asked = (struct asked_order){a, a->order_version, n};
	if (asked && mos_call_async(mos_widget_client(a->widget),
			     &(struct mos_request){.method = "hermes.order.get"}, on_order, asked) == 0)
		return;
	free(asked);
	order_plain(&a->falling.order, n);
	show(a);
}

static void subscribe(struct mos_widget *w, void *data);

static void on_subscribed(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	if (rc == 0)
		begin(a, &reply->value);
	else
		(void)mos_widget_timer(a->widget, AGAIN_MS, 0, subscribe, a, NULL);
}

static void subscribe(struct mos_widget *w, void *data)
{
	(void)mos_call_async(mos_widget_client(w), &(struct mos_request){.method = "hermes.score.subscribe"},
		on_subscribed, data);
}

static void on_notice(
	struct mos_client *client, const char *method, const struct mos_value *params, void *data)
{
	struct app *a = data;

	if (strcmp(method, "hermes.score.state") == 0 && !mos_get_bool(params, "loading", 0))
		begin(a, params);
	else if (strcmp(method, "hermes.score.changed") == 0)
		subscribe(a->widget, a); /* its answer says how many measures there are now */
	else if (strcmp(method, "client.service.lost") == 0)
		(void)mos_widget_timer(a->widget, AGAIN_MS, 0, subscribe, a, NULL);
}

/* @return 1: it moves. */
static int look(struct app *a, int64_t time_ns)
{
	struct mos_now now;

	if (mos_clock_now(mos_widget_client(a->widget), &now) < 0)
		return 0;
	a->falling.tick = mos_clock_tick_at(&now.clock, time_ns, NULL);
	a->falling.at = now.clock.measure;
	a->falling.from_tick = now.clock.flags & MOS_CLOCK_COUNT_IN ? now.clock.measure_tick : INT64_MIN;
	return (now.clock.flags & MOS_CLOCK_ROLLING) != 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const int moves = look(a, mos_draw_time_ns(d));

	(void)played_pass(&a->played, mos_draw_time_ns(d));
	fetch(a);
	falling_draw(d, &a->falling, &a->played);
	if (moves || a->played.n_due)
		mos_draw_again(d);
}

static void on_note(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (played_event(&a->played, ev, common_time_ns()))
		mos_widget_redraw(a->widget);
}

static void on_transport(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	mos_widget_redraw(a->widget);
}

static int on_settings(struct mos_widget *w, void *data)
{
	struct app *a = data;

	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const uint32_t part = (uint32_t)mos_get_int(settings, "part", 0);

	a->falling.ahead_beats = mos_get_real(settings, "beats", 8);
	if (part != a->falling.only_part) {
		a->falling.only_part = part;
		falling_clear(&a->falling, 0);
		a->version++;
		fetch(a);
	}
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	static const uint32_t types[] = {MOS_EVENT_TRANSPORT_STATE, MOS_EVENT_TRANSPORT_SEEK, 0};
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	int r;

	a->widget = w;
	(void)on_settings(w, a);
	mos_client_on_notice(client, on_notice, a);
	subscribe(w, a);
	r = common_listen(client, types, on_transport, a);
	return r < 0 ? r : common_listen(client, played_types, on_note, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .draw = draw};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
