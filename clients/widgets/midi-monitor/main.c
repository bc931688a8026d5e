/* SPDX-License-Identifier: MIT */
/* midi-monitor: what comes and goes as MIDI; a click or the space bar holds it still. */
#include <string.h>

#include "common.h"
#include "monitor.h"

#define SHOW_MS 250u

struct app {
	struct mos_widget *widget;
	struct midi_monitor monitor;
	uint64_t shown, missed; /**< as they were shown last */
};

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (monitor_event(&a->monitor, ev))
		mos_widget_redraw(a->widget);
}

/* For terminals and programs, not oftener than they read. */
static void on_show(struct mos_widget *w, void *data)
{
	struct app *a = data;
	char text[1024];

	if (a->missed != a->monitor.n_missed)
		mos_widget_redraw(w);
	a->missed = a->monitor.n_missed;
	if (a->shown == a->monitor.n)
		return;
	a->shown = a->monitor.n;
	monitor_text(&a->monitor, text, sizeof(text));
	(void)mos_widget_show(w, text, MOS_ARGS(mos_int("events", (int64_t)a->monitor.n)));
}

static void toggle(struct app *a)
{
	monitor_hold(&a->monitor, !a->monitor.is_held);
	mos_widget_redraw(a->widget);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	if (at->kind == MOS_POINTER_DOWN && at->button == 1)
		toggle(data);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	if (strcmp(name, " ") == 0)
		toggle(data);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	const struct app *a = data;

	monitor_draw(d, &a->monitor);
}

static int activate(struct mos_widget *w, void *data)
{
	struct app *a = data;
	const int r = mos_widget_timer(w, 0, SHOW_MS, on_show, a, NULL);

	a->widget = w;
	return r < 0 ? r : common_listen(mos_widget_client(w), monitor_types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .draw = draw, .pointer = pointer, .key = key};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
