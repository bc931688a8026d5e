/* SPDX-License-Identifier: MIT */
/* waveform: what is played, or heard, as it comes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <mos/audio_tap.h>

#include "common.h"
#include "wave.h"

#define CHUNK 512u
#define LOOK_MS 250u

struct app {
	struct mos_widget *widget;
	struct mos_audio_reader tap;
	int has_tap, is_input;
	float gain;
	struct wave wave;
};

static void begin(struct app *a)
{
	wave_init(&a->wave, a->tap.rate_hz ? a->tap.rate_hz : 48000,
		mos_get_real(&mos_widget_context(a->widget)->settings, "seconds", 2));
}

static void open_tap(struct app *a)
{
	struct mos_client *client = mos_widget_client(a->widget);

	a->has_tap = mos_client_audio(client, &a->tap) == 0;
	if (!a->has_tap)
		mos_widget_log(a->widget, "no audio: %s", mos_client_error(client)->message);
	begin(a);
}

/* rtcore is another: its tap too. */
static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	if (what == MOS_CONNECTION_NEW)
		open_tap(data);
}

static void take_sound(struct app *a)
{
	const enum mos_tap_channel first = a->is_input ? MOS_TAP_IN_L : MOS_TAP_OUT_L;
	float left[CHUNK], right[CHUNK];
	int n = 0;

	do {
		const uint64_t from = a->tap.next_frame;

		n = a->has_tap ? mos_audio_read(&a->tap, first, left, CHUNK) : 0;
		if (n > 0) {
			a->tap.next_frame = from;
			n = mos_audio_read(&a->tap, (enum mos_tap_channel)(first + 1), right, (uint32_t)n) ==
					    n
				    ? n
				    : -1;
		}
		if (n < 0)
			wave_break(&a->wave);
		else
			wave_feed(&a->wave, (const float *const[]){left, right}, (uint32_t)n);
	} while (n == (int)CHUNK);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	take_sound(a);
	wave_draw(d, &a->wave, a->gain, a->is_input ? "INPUT" : "OUTPUT");
	/* silence stands still; on_look() sees when it ends */
	if (wave_peak_db(&a->wave) > -120)
		mos_draw_again(d);
}

static void on_look(struct mos_widget *w, void *data)
{
	struct app *a = data;
	char text[64];

	take_sound(a);
	if (wave_peak_db(&a->wave) > -120)
		mos_widget_redraw(w);
	(void)snprintf(
		text, sizeof(text), "%s %.1f dB\n", a->is_input ? "input" : "output", wave_peak_db(&a->wave));
	(void)mos_widget_show(w, text, MOS_ARGS(mos_real("peak_db", wave_peak_db(&a->wave))));
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	struct app *a = data;

	a->is_input = strcmp(mos_get_str(settings, "source", "output"), "input") == 0;
	a->gain = (float)pow(10, mos_get_real(settings, "gain_db", 0) / 20);
	begin(a);
	mos_widget_redraw(w);
	return 0;
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;

	if (strcmp(name, "i") == 0) {
		a->is_input = !a->is_input;
		begin(a);
	}
}

static int activate(struct mos_widget *w, void *data)
{
	struct app *a = data;

	a->widget = w;
	open_tap(a);
	(void)on_settings(w, a);
	mos_client_on_connection(mos_widget_client(w), on_connection, a);
	return mos_widget_timer(w, LOOK_MS, LOOK_MS, on_look, a, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .key = key, .draw = draw};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
