/* SPDX-License-Identifier: MIT */
/* Latency figures, four times a second: the audio thread's, the clock's, MIDI input's, the bus', the
 * theater's. */
#include <errno.h>

#include <mos/widget.h>

#include "draw.h"
#include "hud.h"

#define LOOK_MS 250u

struct hud {
	struct hud_figures figures;
	int asked, asked_theater; /* an answer is on its way */
};

static void on_metrics(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct hud *hud = data;

	hud->asked = 0;
	if (rc == 0)
		hud_read_bus(&hud->figures, &reply->value);
}

static void on_theater(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct hud *hud = data;

	hud->asked_theater = 0;
	if (rc == 0)
		hud_read_theater(&hud->figures, &reply->value);
}

/* What programs see of the thresholds: "seek_ms", nil where it is not measured. */
static struct mos_field field_of(const struct hud_threshold *t)
{
	return t->value_ms < 0 ? mos_field(t->key, (struct mos_value){MOS_VALUE_NIL, 0, {0}})
			       : mos_real(t->key, t->value_ms);
}

static void on_look(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	const struct mos_counters_view *view = mos_client_counters(client);
	const struct mos_request request = {.method = "broker.events.metrics"};
	struct hud *hud = data;
	const struct mos_request theater = {.method = "theater.status.get"};
	const struct hud_figures *f = &hud->figures;
	struct hud_threshold t[HUD_THRESHOLDS];
	char text[2048];

	if (view)
		hud_read(&hud->figures, view);
	hud_text(f, text, sizeof(text));
	hud_thresholds(f, t);
	(void)mos_widget_show(w, text,
		MOS_ARGS(mos_int("cycle_p50_ns", (int64_t)f->cycle.p50_ns),
			mos_int("cycle_p99_ns", (int64_t)f->cycle.p99_ns),
			mos_int("wakeup_p50_ns", (int64_t)f->wakeup.p50_ns),
			mos_int("wakeup_p99_ns", (int64_t)f->wakeup.p99_ns),
			mos_int("xruns", (int64_t)f->xruns), mos_int("overruns", (int64_t)f->overruns),
			mos_int("load_permille", f->load_permille),
			mos_int("event_p50_ns", (int64_t)f->p50_ns),
			mos_int("event_p99_ns", (int64_t)f->p99_ns), mos_real("events_hz", f->events_hz),
			mos_int("lost", (int64_t)f->lost), mos_int("input_p99_ns", (int64_t)f->input.p99_ns),
			field_of(&t[0]), field_of(&t[1]), field_of(&t[2]), field_of(&t[3]), field_of(&t[4])));
	mos_widget_redraw(w);
	if (!hud->asked)
		hud->asked = mos_call_async(client, &request, on_metrics, hud) == 0;
	if (!hud->asked_theater)
		hud->asked_theater = mos_call_async(client, &theater, on_theater, hud) == 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	const struct hud *hud = data;

	hud_draw(d, &hud->figures);
}

static int activate(struct mos_widget *w, void *data)
{
	if (!mos_client_counters(mos_widget_client(w))) {
		mos_widget_log(w, "no figures: the display needs the capability status.read");
		return -EACCES;
	}
	return mos_widget_timer(w, 0, LOOK_MS, on_look, data, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw};
	static struct hud hud;

	return mos_widget_main(&ops, &hud, argc, argv);
}
