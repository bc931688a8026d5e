/* SPDX-License-Identifier: MIT */
/* performance-monitor: what `mosctl top` shows, on the stage. */
#include <errno.h>

#include "common.h"
#include "monitor.h"

#define LOOK_MS 250u

static int asked; /* an answer of the theater is on its way */

static void on_theater(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	asked = 0;
	if (rc == 0)
		monitor_read_theater(data, &reply->value);
}

static void on_look(struct mos_widget *w, void *data)
{
	const struct mos_counters_view *view = mos_client_counters(mos_widget_client(w));
	const struct mos_request theater = {.method = "theater.status.get"};
	struct monitor *m = data;
	struct mos_now now;
	char text[1024];

	if (!view)
		return;
	if (mos_clock_now(mos_widget_client(w), &now) == 0 && now.clock.rate_hz)
		m->quantum_ms = 1e3 * now.clock.quantum_frames / now.clock.rate_hz;
	monitor_read(m, view);
	monitor_text(m, text, sizeof(text));
	(void)mos_widget_show(w, text,
		MOS_ARGS(mos_int("load_permille", m->load_permille), mos_int("xruns", m->xruns),
			mos_int("late", m->late), mos_int("voices", m->voices),
			mos_int("polyphony", m->polyphony), mos_int("clients", m->clients),
			mos_int("cycle_p50_ns", (int64_t)m->cycle.p50_ns),
			mos_int("cycle_p99_ns", (int64_t)m->cycle.p99_ns),
			mos_int("wakeup_p99_ns", (int64_t)m->wakeup.p99_ns),
			mos_int("jitter_p99_ns", (int64_t)m->jitter.p99_ns),
			mos_int("frame_p99_ns", (int64_t)m->frame.p99_ns)));
	mos_widget_redraw(w);
	if (!asked)
		asked = mos_call_async(mos_widget_client(w), &theater, on_theater, m) == 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	monitor_draw(d, data);
}

static int activate(struct mos_widget *w, void *data)
{
	if (!mos_client_counters(mos_widget_client(w))) {
		mos_widget_log(w, "no figures: the monitor needs the capability status.read");
		return -EACCES;
	}
	return mos_widget_timer(w, 0, LOOK_MS, on_look, data, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw};
	static struct monitor monitor;

	return mos_widget_main(&ops, &monitor, argc, argv);
}
