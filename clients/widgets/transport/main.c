/* SPDX-License-Identifier: MIT */
/* transport: play, pause, stop, seek, loop, tempo, click, all by the pointer or by keys. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "transport.h"

#define LOOP_BARS 4

struct app {
	struct mos_widget *widget;
	struct transport_layout layout; /* as drawn last */
	struct transport_state state;
	int seeking, looping; /* a button is held on the bar */
};

static void on_done(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	mos_widget_redraw(a->widget);
}

static void ask(struct app *a, const char *method, const struct mos_field *args, size_t n_args)
{
	(void)mos_call_async(mos_widget_client(a->widget),
		&(struct mos_request){.method = method, .args = args, .n_args = n_args}, on_done, a);
}

/* @return 0, or there is no clock and what was seen before stays. */
static int look(struct app *a, int64_t time_ns)
{
	struct mos_now now;
	uint32_t frac;
	int r = mos_clock_now(mos_widget_client(a->widget), &now);

	if (r < 0)
		return r;
	a->state.clock = now.clock;
	a->state.tick = mos_clock_tick_at(&now.clock, time_ns, &frac);
	a->state.bar = now.bar;
	a->state.beat = now.beat;
	a->state.bpm = now.bpm;
	return 0;
}

static void show(struct app *a)
{
	char text[128];

	if (look(a, common_time_ns()) < 0)
		return;
	(void)snprintf(text, sizeof(text), "%s  %u.%u  %.1f BPM  %u/%u\n",
		mos_transport_state_name(a->state.clock.state), a->state.bar, a->state.beat, a->state.bpm,
		a->state.clock.meter_num, a->state.clock.meter_den);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("state", mos_transport_state_name(a->state.clock.state)),
			mos_int("bar", a->state.bar), mos_int("beat", a->state.beat),
			mos_real("bpm", a->state.bpm)));
	mos_widget_redraw(a->widget);
}

static void on_event(const struct mos_event *ev, void *data)
{
	show(data);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	(void)look(a, mos_draw_time_ns(d));
	a->layout = transport_layout(mos_draw_width(d), mos_draw_height(d));
	transport_draw(d, &a->state);
	if (a->state.clock.flags & MOS_CLOCK_ROLLING)
		mos_draw_again(d);
}

static void toggle_loop(struct app *a)
{
	const uint32_t bar = a->state.bar ? a->state.bar : 1;

	if (a->state.clock.flags & MOS_CLOCK_LOOP)
		ask(a, "kronos.loop.clear", MOS_NO_ARGS);
	else
		ask(a, "kronos.loop.set",
			MOS_ARGS(mos_int("from_bar", bar), mos_int("to_bar", bar + LOOP_BARS - 1)));
}

static void act(struct app *a, enum transport_part part)
{
	(void)look(a, common_time_ns());
	switch (part) {
	case TRANSPORT_STOP:
		ask(a, "kronos.transport.stop", MOS_NO_ARGS);
		break;
	case TRANSPORT_PLAY:
		ask(a, "kronos.transport.toggle", MOS_NO_ARGS);
		break;
	case TRANSPORT_LOOP:
		toggle_loop(a);
		break;
	case TRANSPORT_CLICK:
		ask(a, "kronos.metronome.set",
			MOS_ARGS(mos_bool("on", !(a->state.clock.flags & MOS_CLOCK_METRONOME))));
		break;
	case TRANSPORT_SLOWER:
	case TRANSPORT_FASTER:
		ask(a, "kronos.tempo.set",
			MOS_ARGS(mos_real("bpm", a->state.bpm + (part == TRANSPORT_FASTER ? 1 : -1))));
		break;
	default:
		break;
	}
}

static void end_loop(struct app *a)
{
	int64_t from = a->state.from_tick, to = a->state.to_tick;

	a->state.from_tick = a->state.to_tick = 0;
	a->looping = 0;
	if (from > to) {
		const int64_t swap = from;

		from = to;
		to = swap;
	}
	if (to - from >= MOS_PPQ)
		ask(a, "kronos.loop.set", MOS_ARGS(mos_int("start_ticks", from), mos_int("end_ticks", to)));
	else
		ask(a, "kronos.loop.clear", MOS_NO_ARGS);
}

/* Left on the bar: seek. Right, dragged: the loop. The wheel: the tempo. */
static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	const int64_t tick = transport_tick(&a->layout, at->at.x, a->state.clock.end_tick);

	a->state.under = at->kind == MOS_POINTER_LEAVE ? TRANSPORT_NOWHERE : transport_at(&a->layout, at->at);
	if (at->kind == MOS_POINTER_DOWN && a->state.under == TRANSPORT_BAR && a->state.clock.end_tick > 0) {
		a->seeking = at->button == 1;
		a->looping = at->button == 3;
		a->state.from_tick = a->state.to_tick = a->looping ? tick : 0;
	} else if (at->kind == MOS_POINTER_DOWN && at->button == 1) {
		act(a, a->state.under);
	} else if (at->kind == MOS_POINTER_WHEEL && at->wheel != 0) {
		act(a, at->wheel > 0 ? TRANSPORT_FASTER : TRANSPORT_SLOWER);
	}
	if (a->looping)
		a->state.to_tick = tick;
	if (a->looping && !(at->buttons & 4))
		end_loop(a);
	if (a->seeking && (at->kind == MOS_POINTER_DOWN || at->kind == MOS_POINTER_MOVE))
		ask(a, "kronos.transport.seek", MOS_ARGS(mos_int("ticks", tick)));
	if (!(at->buttons & 1))
		a->seeking = 0;
	mos_widget_redraw(w);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	static const struct {
		const char *key;
		enum transport_part part;
	} keys[] = {{" ", TRANSPORT_PLAY}, {"s", TRANSPORT_STOP}, {"l", TRANSPORT_LOOP},
		{"m", TRANSPORT_CLICK}, {"up", TRANSPORT_FASTER}, {"down", TRANSPORT_SLOWER}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, name) == 0)
			act(data, keys[i].part);
}

static int activate(struct mos_widget *w, void *data)
{
	static const uint32_t types[] = {MOS_EVENT_TRANSPORT_STATE, MOS_EVENT_TRANSPORT_SEEK,
		MOS_EVENT_TRANSPORT_LOOP, MOS_EVENT_TRANSPORT_MEASURE, MOS_EVENT_METRONOME_BEAT,
		MOS_EVENT_SCORE_LOADED, MOS_EVENT_TEMPO_CHANGE, MOS_EVENT_METER_CHANGE, 0};
	struct app *a = data;

	a->widget = w;
	a->state.under = TRANSPORT_NOWHERE;
	show(a);
	return common_listen(mos_widget_client(w), types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
