/* SPDX-License-Identifier: MIT */
/* circle-of-fifths: key and chord in force, a click plays the chord. */
#include <stdio.h>
#include <string.h>

#include "circle.h"
#include "common.h"
#include "played.h"

struct app {
	struct mos_widget *widget;
	struct circle_look look;
	struct harmony harmony;
	struct played played;
	float width, height; /* as drawn last */
};

static void show(struct app *a)
{
	char key[16] = "", numeral[MOS_ROMAN_TEXT_MAX], text[160];

	(void)mos_tonality_format(harmony_tonality(&a->harmony), key, sizeof(key));
	harmony_numeral(&a->harmony, numeral);
	(void)snprintf(text, sizeof(text), "%s  %s  %s\n", a->harmony.has_key ? key : "-", a->harmony.symbol,
		numeral);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("key", a->harmony.has_key ? key : ""), mos_str("symbol", a->harmony.symbol),
			mos_str("numeral", numeral)));
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
	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	if (circle_approach(&a->look.turn, circle_turn(&a->look, &a->harmony)) || a->played.n_due)
		mos_draw_again(d);
	circle_draw(d, &a->look, &a->harmony, played_pitch_classes(&a->played));
}

static void on_played(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	if (rc < 0 && error)
		mos_widget_log(data, "no chord: %s", error->message);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	struct mos_value notes[3];
	enum circle_ring ring;
	int place, key[3];

	if (at->kind != MOS_POINTER_DOWN || at->button != 1 ||
		!circle_at(a->width, a->height, (double)a->look.turn, at->at, &ring, &place))
		return;
	circle_triad(ring, place, key);
	for (int i = 0; i < 3; i++)
		notes[i] = mos_value_int(key[i]);
	(void)mos_call_async(mos_widget_client(w),
		&(struct mos_request){.method = "apollo.chord.play",
			.args = (const struct mos_field[]){mos_list("notes", notes, 3),
				mos_str("duration", "2n")},
			.n_args = 2},
		on_played, w);
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const char *mode = mos_get_str(settings, "mode", "none");
	struct app *a = data;

	a->look.is_turned = strcmp(mos_get_str(settings, "turn", "fixed"), "key") == 0;
	a->look.mode = CIRCLE_NO_MODE;
	for (int i = 0; i < CIRCLE_NO_MODE; i++)
		if (strcmp(mode, circle_mode_names[i]) == 0)
			a->look.mode = (enum circle_mode)i;
	show(a);
	return 0;
}

/* "m": the next mode; "r": turn with the key, or stay. */
static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;

	if (strcmp(name, "m") == 0)
		a->look.mode = (enum circle_mode)((a->look.mode + 1) % (CIRCLE_NO_MODE + 1));
	else if (strcmp(name, "r") == 0)
		a->look.is_turned = !a->look.is_turned;
	mos_widget_redraw(w);
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	struct mos_now now;
	int r;

	a->widget = w;
	if (mos_clock_now(client, &now) == 0 && now.clock.timeline_id)
		(void)harmony_key(&a->harmony, now.clock.key_fifths, now.clock.key_minor != 0);
	(void)on_settings(w, a);
	a->look.turn = (float)circle_turn(&a->look, &a->harmony);
	r = common_listen(client, played_types, on_event, a);
	return r < 0 ? r : common_listen(client, harmony_types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
