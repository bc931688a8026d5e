/* SPDX-License-Identifier: MIT */
/* chord-cubes: follows chord:detected and nothing else; a click plays a cube, the right button turns it. */
#include <stdio.h>

#include "common.h"
#include "cubes.h"

struct app {
	struct mos_widget *widget;
	struct harmony harmony;
	struct cubes cubes;
	float width, height; /* as drawn last */
	int has_sound;
};

static void on_played(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	if (rc < 0 && error)
		mos_widget_log(data, "no chord: %s", error->message);
}

static void play(struct app *a, int slot)
{
	uint8_t key[CUBES_VOICES];
	struct mos_value notes[CUBES_VOICES];
	const uint32_t n = slot < 0 ? 0 : cubes_voicing(slot, a->cubes.key, a->cubes.cube[slot].turn, key);

	for (uint32_t i = 0; i < n; i++)
		notes[i] = mos_value_int(key[i]);
	if (n)
		(void)mos_call_async(mos_widget_client(a->widget),
			&(struct mos_request){.method = "apollo.chord.play",
				.args = (const struct mos_field[]){mos_list("notes", notes, n),
					mos_str("duration", "2n")},
				.n_args = 2},
			on_played, a->widget);
}

static void show(struct app *a)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "%s  %s\n", a->cubes.now < 0 ? "-" : cubes_numeral(a->cubes.now),
		a->harmony.symbol);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_int("slot", a->cubes.now), mos_str("symbol", a->harmony.symbol)));
	mos_widget_redraw(a->widget);
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (!harmony_event(&a->harmony, ev))
		return;
	a->cubes.key = harmony_tonality(&a->harmony);
	if (ev->type == MOS_EVENT_CHORD_DETECTED) {
		cubes_strike(
			&a->cubes, a->harmony.has_chord ? cubes_find(&a->harmony.chord, a->cubes.key) : -1);
		if (a->has_sound)
			play(a, a->cubes.now);
	}
	show(a);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	cubes_draw(d, &a->cubes);
	if (cubes_step(&a->cubes))
		mos_draw_again(d);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	const int slot = cubes_at(a->width, a->height, at->at);

	if (at->kind != MOS_POINTER_DOWN || slot < 0)
		return;
	if (at->button == 3)
		cubes_turn(&a->cubes, slot);
	else
		cubes_strike(&a->cubes, slot);
	play(a, slot);
	show(a);
}

static int on_settings(struct mos_widget *w, void *data)
{
	struct app *a = data;

	a->has_sound = mos_get_bool(&mos_widget_context(w)->settings, "sound", 0);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	struct mos_now now;

	a->widget = w;
	a->cubes.now = -1;
	(void)on_settings(w, a);
	if (mos_clock_now(client, &now) == 0 && now.clock.timeline_id)
		(void)harmony_key(&a->harmony, now.clock.key_fifths, now.clock.key_minor != 0);
	a->cubes.key = harmony_tonality(&a->harmony);
	show(a);
	return common_listen(client, harmony_types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
