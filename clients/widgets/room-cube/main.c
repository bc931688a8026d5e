/* SPDX-License-Identifier: MIT */
/* room-cube: a room around the stage, turned by the pointer, by keys, and by itself. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "orbit.h"
#include "played.h"
#include "room.h"

struct app {
	struct mos_widget *widget;
	struct room room;
	struct played played;
	struct orbit orbit;
	float turn_s; /* as set: what the space bar goes back to */
	int64_t drawn_ns;
};

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	struct mos_now now;

	if (ev->type == MOS_EVENT_METRONOME_BEAT && mos_clock_now(mos_widget_client(a->widget), &now) == 0) {
		a->room.beat = 1;
		a->room.bar = now.bar;
		a->room.beat_number = now.beat;
	} else if (!played_event(&a->played, ev, common_time_ns())) {
		return;
	}
	mos_widget_redraw(a->widget);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const int64_t now_ns = mos_draw_time_ns(d);
	float level[ROOM_CLASSES] = {0};
	int moves;

	(void)played_pass(&a->played, now_ns);
	for (unsigned key = 0; key < 128; key++) {
		const float x = played_level(&a->played, key);

		level[key % 12] = x > level[key % 12] ? x : level[key % 12];
	}
	moves = room_step(&a->room, level, (float)(now_ns - a->drawn_ns) / 1e9f);
	a->drawn_ns = now_ns;
	room_draw(d, &a->room);
	if (moves || a->played.n_due)
		mos_draw_again(d);
}

static void show(struct app *a)
{
	const struct room_camera c = room_camera_at(&a->room, common_time_ns());
	char text[96];

	(void)snprintf(text, sizeof(text), "turn %.0f, tilt %.0f degrees, %.1f m away\n",
		(double)c.turn * 57.29578, (double)c.tilt * 57.29578, (double)c.distance);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_real("turn", (double)c.turn), mos_real("tilt", (double)c.tilt),
			mos_real("distance", (double)c.distance)));
	mos_widget_redraw(a->widget);
}

static void move(struct app *a, const struct orbit_move *by)
{
	room_turn(&a->room, by->turn, by->tilt);
	room_zoom(&a->room, by->zoom);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	struct orbit_move by;

	if (!orbit_pointer(&a->orbit, at, &by))
		return;
	move(a, &by);
	show(a);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;
	const int64_t now_ns = common_time_ns();
	struct orbit_move by;

	if (orbit_key(name, &by))
		move(a, &by);
	else if (strcmp(name, " ") == 0)
		room_set_turning(&a->room, a->room.turn_s > 0 ? 0 : a->turn_s > 0 ? a->turn_s : 60, now_ns);
	else if (strcmp(name, "0") == 0)
		room_init(&a->room, now_ns);
	show(a);
}

static int on_settings(struct mos_widget *w, void *data)
{
	struct app *a = data;

	a->turn_s = (float)mos_get_real(&mos_widget_context(w)->settings, "turn_s", 0);
	room_set_turning(&a->room, a->turn_s, common_time_ns());
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	int r;

	a->widget = w;
	room_init(&a->room, common_time_ns());
	(void)on_settings(w, a);
	show(a);
	r = mos_events_on(client, MOS_EVENT_METRONOME_BEAT, on_event, a, NULL);
	return r < 0 ? r : common_listen(client, played_types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
