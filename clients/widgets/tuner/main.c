/* SPDX-License-Identifier: MIT */
/* The tuner: listens to the audio input, shows note and cents, tells them as tuner:pitch. */
#include <errno.h>
#include <string.h>

#include <mos/audio_tap.h>
#include <mos/pitch.h>
#include <mos/widget.h>

#include "draw.h"
#include "ear.h"
#include "view.h"

#define LISTEN_MS 25u
#define CHUNK 256u

struct tuner {
	struct mos_widget *widget;
	struct mos_audio_reader tap;
	int has_tap;
	struct ear *ear;
	struct tuner_view view;
	struct tuner_reading told, now;
	enum mos_tap_channel left, right; /* the same: one side only */
};

static int open_tap(struct tuner *t)
{
	int err = mos_client_audio(mos_widget_client(t->widget), &t->tap);

	t->has_tap = err == 0;
	if (err < 0)
		return err;
	ear_destroy(t->ear);
	t->ear = ear_create(t->tap.rate_hz);
	return t->ear ? 0 : -ENOMEM;
}

/* rtcore is another: its tap too. */
static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	struct tuner *t = data;

	if (what != MOS_CONNECTION_NEW)
		return;
	if (open_tap(t) < 0) {
		t->has_tap = 0;
		mos_widget_log(t->widget, "no audio: %s", mos_client_error(client)->message);
	}
}

static void tell(struct tuner *t, const struct tuner_reading *now)
{
	struct mos_event ev = tuner_view_event(&t->view, now);
	char name[8] = "", text[256];

	if (now->hz <= 0 && t->told.hz <= 0)
		return; /* silence is told once */
	t->told = *now;
	(void)mos_emit(mos_widget_client(t->widget), &ev);
	if (now->hz > 0)
		(void)mos_pitch_format(mos_pitch_spell((uint8_t)now->key, 0), name, sizeof(name));
	tuner_view_text(&t->view, now, text, sizeof(text));
	(void)mos_widget_show(t->widget, text,
		MOS_ARGS(mos_real("hz", now->hz), mos_str("note", name), mos_int("key", now->key),
			mos_real("cents", now->cents), mos_real("confidence", now->confidence),
			mos_int("string", now->string), mos_real("string_cents", now->string_cents),
			mos_real("a4_hz", t->view.a4_hz), mos_str("tuning", t->view.tuning)));
}

/* @return frames read, mono; 0 none; -EOVERFLOW a hole. */
static int read_mono(struct tuner *t, float ret[static CHUNK])
{
	uint64_t from = t->tap.next_frame;
	float right[CHUNK];
	int n = mos_audio_read(&t->tap, t->left, ret, CHUNK), m;

	if (n <= 0 || t->right == t->left)
		return n;
	t->tap.next_frame = from;
	m = mos_audio_read(&t->tap, t->right, right, (uint32_t)n);
	if (m < n)
		return -EOVERFLOW;
	for (int i = 0; i < n; i++)
		ret[i] = 0.5f * (ret[i] + right[i]);
	return n;
}

static void on_listen(struct mos_widget *w, void *data)
{
	struct tuner *t = data;
	struct mos_pitch_found found;
	struct tuner_reading now;
	float sound[CHUNK];
	int n, heard = 0;

	while (t->has_tap && (n = read_mono(t, sound)) != 0) {
		if (n < 0) {
			ear_reset(t->ear);
		} else if (ear_hear(t->ear, sound, (uint32_t)n, &found)) {
			now = tuner_view_step(&t->view, found);
			heard = 1;
		}
	}
	if (!heard)
		return;
	if (now.hz > 0 || t->now.hz > 0)
		mos_widget_redraw(w);
	t->now = now;
	tell(t, &now);
}

static int on_settings(struct mos_widget *w, void *data)
{
	static const struct {
		const char *name;
		enum mos_tap_channel left, right;
	} inputs[] = {
		{"both", MOS_TAP_IN_L, MOS_TAP_IN_R},
		{"left", MOS_TAP_IN_L, MOS_TAP_IN_L},
		{"right", MOS_TAP_IN_R, MOS_TAP_IN_R},
		{"output", MOS_TAP_OUT_L, MOS_TAP_OUT_R},
	};
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const char *input = mos_get_str(settings, "input", "both"),
		   *tuning = mos_get_str(settings, "tuning", "chromatic");
	struct tuner *t = data;

	t->view = (struct tuner_view){
		.a4_hz = mos_get_real(settings, "a4_hz", 440),
		.min_confidence = mos_get_real(settings, "min_confidence", 0.8),
		.tuning = tuner_tuning_name(0),
	};
	for (uint32_t i = 0; tuner_tuning_name(i); i++)
		if (strcmp(tuning, tuner_tuning_name(i)) == 0)
			t->view.tuning = tuner_tuning_name(i);
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
		if (strcmp(input, inputs[i].name) == 0) {
			t->left = inputs[i].left;
			t->right = inputs[i].right;
		}
	mos_widget_redraw(w);
	return 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	const struct tuner *t = data;

	tuner_draw(d, &t->view, &t->now);
}

static int activate(struct mos_widget *w, void *data)
{
	const struct tuner_reading silence = {0};
	struct tuner *t = data;
	char text[256];
	int err;

	t->widget = w;
	t->right = MOS_TAP_IN_R;
	(void)on_settings(w, t);
	err = open_tap(t);
	if (err < 0) {
		mos_widget_log(w, "no audio: %s", mos_client_error(mos_widget_client(w))->message);
		return err;
	}
	mos_client_on_connection(mos_widget_client(w), on_connection, t);
	tuner_view_text(&t->view, &silence, text, sizeof(text));
	(void)mos_widget_show(w, text, MOS_NO_ARGS);
	return mos_widget_timer(w, LISTEN_MS, LISTEN_MS, on_listen, t, NULL);
}

static void deactivate(struct mos_widget *w, void *data)
{
	struct tuner *t = data;

	ear_destroy(t->ear);
	t->ear = NULL;
	t->has_tap = 0;
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .deactivate = deactivate, .settings = on_settings, .draw = draw};
	static struct tuner tuner;

	return mos_widget_main(&ops, &tuner, argc, argv);
}
