/* SPDX-License-Identifier: MIT */
/* The pitch line: listens to the audio input, draws what it sings, tells it as tuner:pitch a hundred times a
 * second. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <mos/clock.h>
#include <mos/pitch.h>
#include <mos/widget.h>

#include "follow.h"
#include "line.h"
#include "sound.h"

#define LISTEN_MS 4u
#define CHUNK 64u
#define SHOW_NS INT64_C(100000000)

struct app {
	struct mos_widget *widget;
	struct sound sound;
	struct follow *follow;
	struct line line;
	double min_confidence;
	uint32_t looks;
	int told;         /* a pitch, and not yet that it has gone */
	int64_t shown_ns; /* newest that was shown as text */
};

static int on_opened(uint32_t rate_hz, void *data)
{
	struct app *a = data;

	follow_destroy(a->follow);
	a->follow = follow_create(rate_hz);
	return a->follow ? 0 : -ENOMEM;
}

/* When a frame, or a part of one, was there; 0: nobody knows. */
static int64_t time_of(const struct app *a, double frame)
{
	const struct mos_clock_page *page = mos_client_clock(mos_widget_client(a->widget));
	struct mos_clock clock;

	if (!page || mos_clock_read(page, &clock) < 0)
		return 0;
	return clock.time_ns + (int64_t)((frame - (double)clock.frame) * (double)clock.frame_ps / 1000);
}

static void tell(struct app *a, const struct follow_point *p, int64_t time_ns)
{
	struct mos_event ev = {
		.type = MOS_EVENT_TUNER_PITCH, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	double cents = 0;
	const int key = p->hz > 0 ? mos_key_from_hz(p->hz, a->line.a4_hz, &cents) : -1;
	char name[8] = "", text[64];

	if (key < 0 && !a->told)
		return; /* silence is told once */
	a->told = key >= 0;
	ev.time_ns = (uint64_t)time_ns;
	ev.u.pitch.a4_deci_hz = (uint16_t)lround(a->line.a4_hz * 10);
	if (key >= 0) {
		ev.u.pitch.milli_hz = (uint32_t)lround(p->hz * 1000);
		ev.u.pitch.centi_cents = (int32_t)lround(cents * 100);
		ev.u.pitch.key = (uint8_t)key;
		ev.u.pitch.confidence = (uint8_t)lround(fmin(p->confidence, 1) * 255);
		(void)mos_pitch_format(mos_pitch_spell((uint8_t)key, 0), name, sizeof(name));
	}
	(void)mos_emit(mos_widget_client(a->widget), &ev);
	if (key >= 0 && time_ns - a->shown_ns < SHOW_NS)
		return;
	a->shown_ns = time_ns;
	(void)snprintf(
		text, sizeof(text), "%-4s %8.2f Hz %+6.1f cents\n", name[0] ? name : "--", p->hz, cents);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_real("hz", p->hz), mos_str("note", name), mos_real("cents", cents)));
}

static void on_listen(struct mos_widget *w, void *data)
{
	struct app *a = data;
	struct follow_point p;
	float sound[CHUNK];
	int n;

	while ((n = sound_read(&a->sound, sound, CHUNK)) != 0) {
		int64_t time_ns;

		if (n < 0) {
			follow_reset(a->follow);
			continue;
		}
		if (!follow_hear(a->follow, sound, (uint32_t)n, a->min_confidence, &p))
			continue;
		time_ns = time_of(a, (double)a->sound.tap.next_frame - p.ago);
		if (!time_ns || ++a->looks % 2)
			continue;
		if (p.hz > 0) {
			line_add(&a->line, time_ns, p.hz);
			mos_widget_redraw(w);
		}
		tell(a, &p, time_ns);
	}
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	struct app *a = data;

	a->line.a4_hz = mos_get_real(settings, "a4_hz", 440);
	a->line.seconds = mos_get_real(settings, "seconds", 5);
	a->min_confidence = mos_get_real(settings, "min_confidence", 0.88);
	line_clear(&a->line);
	sound_choose(&a->sound, mos_get_str(settings, "input", "both"));
	mos_widget_redraw(w);
	return 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	(void)w;
	if (line_draw(d, &a->line))
		mos_draw_again(d);
}

static int activate(struct mos_widget *w, void *data)
{
	struct app *a = data;
	int err;

	a->widget = w;
	(void)on_settings(w, a);
	err = sound_open(&a->sound, w, on_opened, a);
	if (err < 0)
		return err;
	(void)mos_widget_show(w, "--\n", MOS_NO_ARGS);
	return mos_widget_timer(w, LISTEN_MS, LISTEN_MS, on_listen, a, NULL);
}

static void deactivate(struct mos_widget *w, void *data)
{
	struct app *a = data;

	(void)w;
	sound_close(&a->sound);
	follow_destroy(a->follow);
	a->follow = NULL;
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .deactivate = deactivate, .settings = on_settings, .draw = draw};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
