/* SPDX-License-Identifier: MIT */
/* olympus-hud: the fusion of the ears, and the latency of everything, live. */
#include "ask.h"
#include "common.h"
#include "olympus.h"

struct app {
	struct mos_widget *widget;
	struct olympus olympus;
	struct hud_ask ask;
};

static void on_look(struct mos_widget *w, void *data)
{
	struct hud_threshold t[HUD_THRESHOLDS];
	struct app *a = data;
	const struct olympus *o = &a->olympus;
	char text[3072];

	hud_ask(&a->ask, mos_widget_client(w));
	hud_thresholds(&o->figures, t);
	olympus_text(o, text, sizeof(text));
	(void)mos_widget_show(w, text,
		MOS_ARGS(mos_str("chord", o->fused.symbol),
			mos_real("confidence", (double)o->fused.confidence), mos_int("votes", o->votes),
			mos_int("decision", o->version), hud_field(&t[0]), hud_field(&t[1]), hud_field(&t[2]),
			hud_field(&t[3]), hud_field(&t[4])));
	mos_widget_redraw(w);
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (olympus_event(&a->olympus, ev))
		mos_widget_redraw(a->widget);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	const struct app *a = data;

	olympus_draw(d, &a->olympus);
}

static int activate(struct mos_widget *w, void *data)
{
	static const uint32_t types[] = {MOS_EVENT_CHORD_DETECTED, 0};
	struct app *a = data;

	int r = hud_ask_may(w);

	a->widget = w;
	a->ask.figures = &a->olympus.figures;
	if (r == 0)
		r = mos_widget_timer(w, 0, HUD_LOOK_MS, on_look, a, NULL);
	return r < 0 ? r : common_listen(mos_widget_client(w), types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
