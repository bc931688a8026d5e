/* SPDX-License-Identifier: MIT */
/* A widget that shows what it heard last, for figures of how long that takes: every chord:detected, and the
 * notes whose key is the number at the end of its id. */
#include <stdlib.h>
#include <string.h>

#include <mos/draw.h>
#include <mos/widget.h>

static struct {
	struct mos_widget *widget;
	unsigned number;
	char symbol[20];
	unsigned n_heard;
} app;

static void on_chord(const struct mos_event *ev, void *data)
{
	memcpy(app.symbol, ev->u.chord.symbol, sizeof(ev->u.chord.symbol));
	app.n_heard++;
	mos_widget_redraw(app.widget);
}

static void on_note(const struct mos_event *ev, void *data)
{
	if (ev->u.note.key != app.number)
		return;
	app.n_heard++;
	mos_widget_redraw(app.widget);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct mos_box box = mos_draw_panel(d, "");

	/* a lamp that blinks, so that each picture is another */
	mos_draw_box(
		d, mos_box_cut_top(&box, 6), 3, mos_ink(app.n_heard % 2 ? MOS_TOKEN_ACCENT : MOS_TOKEN_OFF));
	mos_draw_text(d, mos_box_center(box), 14, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT), "%s",
		app.symbol);
}

static int activate(struct mos_widget *w, void *data)
{
	const char *id = mos_widget_context(w)->id, *dash = strrchr(id, '-');
	struct mos_client *client = mos_widget_client(w);
	int rc;

	app.widget = w;
	app.number = dash ? (unsigned)strtoul(dash + 1, NULL, 10) : 0;
	rc = mos_events_on(client, MOS_EVENT_CHORD_DETECTED, on_chord, NULL, NULL);
	return rc < 0 ? rc : mos_events_on(client, MOS_EVENT_MIDI_NOTEON, on_note, NULL, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw};

	return mos_widget_main(&ops, NULL, argc, argv);
}
