/* SPDX-License-Identifier: MIT */
/* The tuner: listens to the audio input, shows note and cents, tells them as tuner:pitch. */
#include <errno.h>
#include <string.h>

#include <mos/pitch.h>
#include <mos/widget.h>

#include "draw.h"
#include "ear.h"
#include "sound.h"
#include "view.h"

#define LISTEN_MS 25u

struct tuner {
	struct mos_widget *widget;
	struct sound sound;
	struct ear *ear;
	struct tuner_view view;
	struct tuner_reading told, now;
};

static int on_opened(uint32_t rate_hz, void *data)
{
	struct tuner *t = data;

	ear_destroy(t->ear);
	t->ear = ear_create(rate_hz);
	return t->ear ? 0 : -ENOMEM;
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

static void on_listen(struct mos_widget *w, void *data)
{
	struct tuner *t = data;
	struct mos_pitch_found found;
	struct tuner_reading now;
	float sound[SOUND_CHUNK];
	int n, heard = 0;

	while ((n = sound_read(&t->sound, sound, SOUND_CHUNK)) != 0) {
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
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const char *tuning = mos_get_str(settings, "tuning", "chromatic");
	struct tuner *t = data;

	t->view = (struct tuner_view){
		.a4_hz = mos_get_real(settings, "a4_hz", 440),
		.min_confidence = mos_get_real(settings, "min_confidence", 0.8),
		.tuning = tuner_tuning_name(0),
	};
	for (uint32_t i = 0; tuner_tuning_name(i); i++)
		if (strcmp(tuning, tuner_tuning_name(i)) == 0)
			t->view.tuning = tuner_tuning_name(i);
	sound_choose(&t->sound, mos_get_str(settings, "input", "both"));
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
	(void)on_settings(w, t);
	err = sound_open(&t->sound, w, on_opened, t);
	if (err < 0)
		return err;
	tuner_view_text(&t->view, &silence, text, sizeof(text));
	(void)mos_widget_show(w, text, MOS_NO_ARGS);
	return mos_widget_timer(w, LISTEN_MS, LISTEN_MS, on_listen, t, NULL);
}

static void deactivate(struct mos_widget *w, void *data)
{
	struct tuner *t = data;

	sound_close(&t->sound);
	ear_destroy(t->ear);
	t->ear = NULL;
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .deactivate = deactivate, .settings = on_settings, .draw = draw};
	static struct tuner tuner;

	return mos_widget_main(&ops, &tuner, argc, argv);
}
