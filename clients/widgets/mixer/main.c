/* SPDX-License-Identifier: MIT */
/* mixer: a strip for each part that plays, and the master; by pointer and by keys. */
#include <string.h>

#include "common.h"
#include "desk.h"

#define LOOK_MS 250u

struct app {
	struct mos_widget *widget;
	struct desk desk;
	float width, height; /* as drawn last */
	enum desk_part held; /* what the pointer holds, of the chosen strip */
	int is_asking, is_listing;
	uint32_t listed_at; /* desk.n_changes when the list was asked for */
};

static void show(struct app *a)
{
	char text[2048];
	const struct desk_strip *s = &a->desk.strip[a->desk.chosen];

	desk_text(&a->desk, text, sizeof(text));
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("chosen", s->name), mos_real("gain_db", (double)s->gain_db),
			mos_int("strips", a->desk.n_shown)));
	mos_widget_redraw(a->widget);
}

static void ask_next(struct app *a);

static void on_set(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->is_asking = 0;
	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	ask_next(a);
}

/* One request at a time: a fader that is drawn asks for its newest place only. */
static void ask_next(struct app *a)
{
	struct mos_field args[5];
	size_t n = 1;
	uint32_t strip;
	unsigned what;

	if (a->is_asking || !desk_next(&a->desk, &strip, &what))
		return;
	args[0] = strip == DESK_MASTER ? mos_str("strip", "master") : mos_int("strip", strip);
	if (what & DESK_GAIN)
		args[n++] = mos_real("gain_db", (double)a->desk.strip[strip].gain_db);
	if (what & DESK_PAN)
		args[n++] = mos_real("pan", (double)a->desk.strip[strip].pan);
	if (what & DESK_MUTE)
		args[n++] = mos_bool("mute", a->desk.strip[strip].mute);
	if (what & DESK_SOLO)
		args[n++] = mos_bool("solo", a->desk.strip[strip].solo);
	a->is_asking = mos_call_async(mos_widget_client(a->widget),
			       &(struct mos_request){.method = "apollo.strip.set", .args = args, .n_args = n},
			       on_set, a) == 0;
}

static void on_list(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->is_listing = 0;
	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	/* what was changed since it was asked for is not in it */
	if (rc < 0 || a->is_asking || a->listed_at != a->desk.n_changes)
		return;
	desk_take(&a->desk, mos_get(&reply->value, "strips"));
	show(a);
}

static int look(struct app *a, int64_t now_ns)
{
	const struct mos_counters_view *view = mos_client_counters(mos_widget_client(a->widget));

	return view && desk_meter(&a->desk, view, now_ns);
}

static void on_look(struct mos_widget *w, void *data)
{
	struct app *a = data;

	if (look(a, common_time_ns()))
		mos_widget_redraw(w);
	if (a->is_listing)
		return;
	a->listed_at = a->desk.n_changes;
	a->is_listing = mos_call_async(mos_widget_client(w),
				&(struct mos_request){.method = "apollo.strip.list"}, on_list, a) == 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const int sounds = look(a, mos_draw_time_ns(d));

	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	desk_draw(d, &a->desk);
	if (sounds)
		mos_draw_again(d);
}

static void drag(struct app *a, struct mos_point at)
{
	struct desk_place p;

	if (!desk_place(&a->desk, a->width, a->height, a->desk.chosen, &p))
		return;
	if (a->held == DESK_AT_FADER)
		desk_set_gain(&a->desk, a->desk.chosen, desk_gain_at(&p, at.y));
	else if (a->held == DESK_AT_PAN)
		desk_set_pan(&a->desk, a->desk.chosen, desk_pan_at(&p, at.x));
}

static void press(struct app *a, const struct mos_pointer *at, enum desk_part part, uint32_t strip)
{
	a->desk.chosen = strip;
	if (part == DESK_AT_MUTE)
		desk_toggle(&a->desk, strip, DESK_MUTE);
	else if (part == DESK_AT_SOLO)
		desk_toggle(&a->desk, strip, DESK_SOLO);
	else if (part == DESK_AT_FADER && at->button == 3)
		desk_set_gain(&a->desk, strip, 0);
	else if (part == DESK_AT_PAN && at->button == 3)
		desk_set_pan(&a->desk, strip, 0);
	else if (at->button == 1)
		a->held = part;
}

/* Left: take hold of it; right: back to 0; the wheel: a little more or less. */
static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	uint32_t strip = DESK_MASTER;
	const enum desk_part part = desk_at(&a->desk, a->width, a->height, at->at, &strip);
	const struct desk_strip *s = &a->desk.strip[strip];

	if (at->kind == MOS_POINTER_DOWN && part != DESK_NOTHING)
		press(a, at, part, strip);
	if (at->kind == MOS_POINTER_WHEEL && part == DESK_AT_PAN)
		desk_set_pan(&a->desk, strip, s->pan + 0.1f * at->wheel);
	else if (at->kind == MOS_POINTER_WHEEL && part != DESK_NOTHING)
		desk_set_gain(&a->desk, strip, s->gain_db + at->wheel);
	if (a->held && (at->kind == MOS_POINTER_DOWN || at->kind == MOS_POINTER_MOVE) && at->buttons & 1)
		drag(a, at->at);
	if (!(at->buttons & 1))
		a->held = DESK_NOTHING;
	ask_next(a);
	if (at->kind != MOS_POINTER_MOVE || a->held)
		show(a);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;
	const uint32_t chosen = a->desk.chosen;
	const struct desk_strip *s = &a->desk.strip[chosen];

	if (strcmp(name, "left") == 0 || strcmp(name, "right") == 0)
		desk_choose(&a->desk, name[0] == 'l' ? -1 : 1);
	else if (strcmp(name, "up") == 0 || strcmp(name, "down") == 0)
		desk_set_gain(&a->desk, chosen, s->gain_db + (name[0] == 'u' ? 1 : -1));
	else if (strcmp(name, ",") == 0 || strcmp(name, ".") == 0)
		desk_set_pan(&a->desk, chosen, s->pan + (name[0] == '.' ? 0.1f : -0.1f));
	else if (strcmp(name, "m") == 0)
		desk_toggle(&a->desk, chosen, DESK_MUTE);
	else if (strcmp(name, "s") == 0)
		desk_toggle(&a->desk, chosen, DESK_SOLO);
	else if (strcmp(name, "0") == 0) {
		desk_set_gain(&a->desk, chosen, 0);
		desk_set_pan(&a->desk, chosen, 0);
	}
	ask_next(a);
	show(a);
}

static int activate(struct mos_widget *w, void *data)
{
	struct app *a = data;

	a->widget = w;
	desk_init(&a->desk);
	on_look(w, a);
	return mos_widget_timer(w, LOOK_MS, LOOK_MS, on_look, a, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
