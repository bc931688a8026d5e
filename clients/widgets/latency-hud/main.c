/* SPDX-License-Identifier: MIT */
/* Latency figures, four times a second: the audio thread's, the clock's, MIDI input's, the bus', the
 * theater's. */
#include "ask.h"
#include "draw.h"

struct hud {
	struct hud_figures figures;
	struct hud_ask ask;
};

static void on_look(struct mos_widget *w, void *data)
{
	struct hud *hud = data;
	const struct hud_figures *f = &hud->figures;
	struct hud_threshold t[HUD_THRESHOLDS];
	char text[2048];

	hud_ask(&hud->ask, mos_widget_client(w));
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
			hud_field(&t[0]), hud_field(&t[1]), hud_field(&t[2]), hud_field(&t[3]),
			hud_field(&t[4])));
	mos_widget_redraw(w);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	const struct hud *hud = data;

	hud_draw(d, &hud->figures);
}

static int activate(struct mos_widget *w, void *data)
{
	struct hud *hud = data;
	const int rc = hud_ask_may(w);

	hud->ask.figures = &hud->figures;
	return rc < 0 ? rc : mos_widget_timer(w, 0, HUD_LOOK_MS, on_look, hud, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw};
	static struct hud hud;

	return mos_widget_main(&ops, &hud, argc, argv);
}
