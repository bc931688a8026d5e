/* SPDX-License-Identifier: MIT */
/* fretboard: six strings, lit by what sounds, marked by chord and scale; a click plays. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "fretboard.h"

struct app {
	struct mos_widget *widget;
	struct fretboard_look look;
	struct fretboard_layout layout; /* as drawn last */
	struct harmony harmony;
	struct played played;
	int channel, pressed;
};

static void show(struct app *a)
{
	char key[16] = "", text[96];

	(void)mos_tonality_format(harmony_tonality(&a->harmony), key, sizeof(key));
	(void)snprintf(text, sizeof(text), "%s  in %s  (%s)\n",
		a->harmony.symbol[0] ? a->harmony.symbol : "-", key, a->look.tuning->name);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("symbol", a->harmony.symbol), mos_str("key", key),
			mos_str("tuning", a->look.tuning->name)));
	mos_widget_redraw(a->widget);
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (played_event(&a->played, ev, common_time_ns()))
		mos_widget_redraw(a->widget);
	if (harmony_event(&a->harmony, ev))
		show(a);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	(void)played_pass(&a->played, mos_draw_time_ns(d));
	a->layout = fretboard_layout(mos_draw_width(d), mos_draw_height(d), a->look.frets);
	fretboard_draw(d, &a->look, &a->harmony, &a->played);
	if (a->played.n_due)
		mos_draw_again(d);
}

static void press(struct app *a, int key)
{
	struct mos_client *client = mos_widget_client(a->widget);

	if (key == a->pressed)
		return;
	if (a->pressed >= 0)
		common_note(client, a->channel, a->pressed, 0);
	if (key >= 0)
		common_note(client, a->channel, key, 0.75f);
	a->pressed = key;
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	int string, fret;
	const int is_down = at->kind == MOS_POINTER_DOWN || (at->kind == MOS_POINTER_MOVE && a->pressed >= 0);

	if (at->kind == MOS_POINTER_WHEEL)
		return;
	press(a, is_down && at->buttons & 1 && fretboard_at(&a->layout, at->at, &string, &fret)
			 ? a->look.tuning->open[string] + fret
			 : -1);
}

static int on_settings(struct mos_widget *w, void *data)
{
	static const char *const shows[] = {"notes", "chord", "scale", "caged"}, *const labels[] = {
											 "interval", "note",
											 "none"};
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const char *show_as = mos_get_str(settings, "show", "chord"),
		   *label = mos_get_str(settings, "labels", "interval"),
		   *shape = mos_get_str(settings, "shape", "all");
	struct app *a = data;

	press(a, -1);
	a->look = (struct fretboard_look){
		.tuning = fretboard_tuning_find(mos_get_str(settings, "tuning", "standard")),
		.frets = (int)mos_get_int(settings, "frets", 22),
		.show = FRETBOARD_CHORD,
		.shape = -1};
	for (int i = 0; i < 4; i++)
		if (strcmp(show_as, shows[i]) == 0)
			a->look.show = (enum fretboard_show)i;
	for (int i = 0; i < 3; i++)
		if (strcmp(label, labels[i]) == 0)
			a->look.labels = (enum fretboard_labels)i;
	for (int i = 0; i < N_SHAPES; i++)
		if (shape[0] == fretboard_shape_name[i])
			a->look.shape = i;
	a->channel = (int)mos_get_int(settings, "channel", 1) - 1;
	show(a);
	return 0;
}

/* "v": what is shown; the arrows: the shape before and behind. */
static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;

	if (strcmp(name, "v") == 0)
		a->look.show = (enum fretboard_show)((a->look.show + 1) % (FRETBOARD_CAGED + 1));
	else if (strcmp(name, "right") == 0)
		a->look.shape = a->look.shape == N_SHAPES - 1 ? -1 : a->look.shape + 1;
	else if (strcmp(name, "left") == 0)
		a->look.shape = a->look.shape < 0 ? N_SHAPES - 1 : a->look.shape - 1;
	show(a);
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	struct mos_now now;
	int r;

	a->widget = w;
	a->pressed = -1;
	if (mos_clock_now(client, &now) == 0 && now.clock.timeline_id)
		(void)harmony_key(&a->harmony, now.clock.key_fifths, now.clock.key_minor != 0);
	(void)on_settings(w, a);
	r = common_listen(client, played_types, on_event, a);
	return r < 0 ? r : common_listen(client, harmony_types, on_event, a);
}

static void deactivate(struct mos_widget *w, void *data)
{
	press(data, -1);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate,
		.deactivate = deactivate,
		.settings = on_settings,
		.key = key,
		.draw = draw,
		.pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
