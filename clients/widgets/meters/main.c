/* SPDX-License-Identifier: MIT */
/* meters: levels of what goes in and out. */
#include "common.h"
#include "meters.h"

#define CHUNK 512u
#define LOOK_MS 250u

struct app {
	struct mos_widget *widget;
	struct mos_audio_reader tap;
	int has_tap;
	struct meters meters;
};

static void open_tap(struct app *a)
{
	struct mos_client *client = mos_widget_client(a->widget);

	a->has_tap = mos_client_audio(client, &a->tap) == 0;
	if (!a->has_tap)
		mos_widget_log(a->widget, "no audio: %s", mos_client_error(client)->message);
	meters_reset(&a->meters);
}

static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	if (what == MOS_CONNECTION_NEW)
		open_tap(data);
}

static void take_sound(struct app *a)
{
	const struct mos_counters_view *view = mos_client_counters(mos_widget_client(a->widget));
	float sample[CHUNK];
	int n = 0;

	do {
		const uint64_t from = a->tap.next_frame;

		n = a->has_tap ? mos_audio_read(&a->tap, MOS_TAP_IN_L, sample, CHUNK) : 0;
		for (int channel = 0; n > 0 && channel < MOS_TAP_N_CHANNELS; channel++) {
			a->tap.next_frame = from;
			if (mos_audio_read(&a->tap, (enum mos_tap_channel)channel, sample, (uint32_t)n) == n)
				meters_feed(&a->meters, (enum mos_tap_channel)channel, sample, (uint32_t)n,
					a->tap.rate_hz);
		}
	} while (n == (int)CHUNK);
	if (view)
		meters_read(&a->meters, view);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	take_sound(a);
	meters_draw(d, &a->meters);
	if (meters_move(&a->meters))
		mos_draw_again(d);
}

static void on_look(struct mos_widget *w, void *data)
{
	struct app *a = data;
	char text[512];

	take_sound(a);
	mos_widget_redraw(w); /* loudness changes in silence, too */
	meters_text(&a->meters, text, sizeof(text));
	(void)mos_widget_show(w, text,
		MOS_ARGS(mos_real("out_l_db", a->meters.channel[MOS_TAP_OUT_L].peak_db),
			mos_real("out_r_db", a->meters.channel[MOS_TAP_OUT_R].peak_db),
			mos_real("momentary_lufs", a->meters.momentary)));
}

/* A click takes the red away. */
static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;

	if (at->kind != MOS_POINTER_DOWN)
		return;
	for (int i = 0; i < MOS_TAP_N_CHANNELS; i++)
		a->meters.channel[i].clipped = 0;
	mos_widget_redraw(w);
}

static int activate(struct mos_widget *w, void *data)
{
	struct app *a = data;

	a->widget = w;
	open_tap(a);
	mos_client_on_connection(mos_widget_client(w), on_connection, a);
	return mos_widget_timer(w, LOOK_MS, LOOK_MS, on_look, a, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
