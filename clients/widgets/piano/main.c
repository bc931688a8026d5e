/* SPDX-License-Identifier: MIT */
/* piano: 88 keys, lit by what the bus tells; a click plays. */
#include <string.h>

#include "common.h"
#include "harmony.h"
#include "piano.h"

struct piano {
	struct mos_widget *widget;
	struct piano_look look;
	struct played played;
	struct harmony harmony;
	struct mos_box keyboard; /* as drawn last */
	int channel, pressed;    /* pressed: key under the pointer, -1: none */
};

static void on_event(const struct mos_event *ev, void *data)
{
	struct piano *p = data;
	char text[512];
	int changed = played_event(&p->played, ev, common_time_ns());

	if (harmony_event(&p->harmony, ev)) {
		p->look.fifths = mos_tonality_fifths(harmony_tonality(&p->harmony));
		changed = 1;
	}
	if (!changed)
		return;
	piano_text(&p->played, p->look.fifths, text, sizeof(text));
	(void)mos_widget_show(
		p->widget, text, MOS_ARGS(mos_int("classes", played_pitch_classes(&p->played))));
	mos_widget_redraw(p->widget);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct piano *p = data;

	(void)played_pass(&p->played, mos_draw_time_ns(d));
	p->keyboard = piano_keyboard(mos_draw_width(d), mos_draw_height(d));
	piano_draw(d, &p->look, &p->played);
	if (p->played.n_due)
		mos_draw_again(d);
}

static void press(struct piano *p, int key, float velocity)
{
	struct mos_client *client = mos_widget_client(p->widget);

	if (key == p->pressed)
		return;
	if (p->pressed >= 0)
		common_note(client, p->channel, p->pressed, 0);
	if (key >= 0)
		common_note(client, p->channel, key, velocity);
	p->pressed = key;
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct piano *p = data;
	const int is_down = at->kind == MOS_POINTER_DOWN || (at->kind == MOS_POINTER_MOVE && p->pressed >= 0);
	const int key = is_down && at->buttons & 1 ? piano_key_at(p->keyboard, at->at) : -1;

	if (at->kind != MOS_POINTER_WHEEL)
		press(p, key, key >= 0 ? piano_velocity_at(p->keyboard, key, at->at) : 0);
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const char *color = mos_get_str(settings, "color", "pitch"),
		   *labels = mos_get_str(settings, "labels", "c");
	struct piano *p = data;

	press(p, -1, 0);
	p->look.color = strcmp(color, "accent") == 0    ? PIANO_COLOR_ACCENT
			: strcmp(color, "channel") == 0 ? PIANO_COLOR_CHANNEL
							: PIANO_COLOR_PITCH;
	p->look.labels = strcmp(labels, "none") == 0    ? PIANO_LABELS_NONE
			 : strcmp(labels, "white") == 0 ? PIANO_LABELS_WHITE
							: PIANO_LABELS_C;
	p->channel = (int)mos_get_int(settings, "channel", 1) - 1;
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct piano *p = data;
	struct mos_now now;
	int r;

	p->widget = w;
	p->pressed = -1;
	(void)on_settings(w, p);
	if (mos_clock_now(client, &now) == 0 && now.clock.timeline_id &&
		harmony_key(&p->harmony, now.clock.key_fifths, now.clock.key_minor != 0))
		p->look.fifths = now.clock.key_fifths;
	r = common_listen(client, played_types, on_event, p);
	return r < 0 ? r : common_listen(client, harmony_types, on_event, p);
}

static void deactivate(struct mos_widget *w, void *data)
{
	press(data, -1, 0);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate,
		.deactivate = deactivate,
		.settings = on_settings,
		.draw = draw,
		.pointer = pointer};
	static struct piano piano;

	return mos_widget_main(&ops, &piano, argc, argv);
}
