/* SPDX-License-Identifier: MIT */
/* beat-grid: the measure as cells; the flash is on the beat when the picture is seen, not when it is drawn.
 */
#include <errno.h>
#include <stdio.h>

#include "common.h"
#include "grid.h"

struct app {
	struct mos_widget *widget;
	unsigned int subdivision;
	int64_t lead_ns;
};

static int look(struct app *a, int64_t time_ns, struct grid_at *ret)
{
	const struct mos_clock_page *page = mos_client_clock(mos_widget_client(a->widget));
	struct mos_clock clock;

	if (!page || mos_clock_read(page, &clock) < 0)
		return -EAGAIN;
	*ret = grid_at(&clock, time_ns + a->lead_ns);
	return 0;
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	struct grid_at at;
	char text[64];

	if (look(a, common_time_ns(), &at) == 0) {
		(void)snprintf(text, sizeof(text), "%u.%u of %u/%u\n", at.measure + 1, at.beat + 1,
			at.n_beats, at.den);
		(void)mos_widget_show(a->widget, text,
			MOS_ARGS(mos_int("measure", at.measure + 1), mos_int("beat", at.beat + 1),
				mos_int("beats", at.n_beats)));
	}
	mos_widget_redraw(a->widget);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	struct grid_at at = {.n_beats = 4, .den = 4};

	(void)look(a, mos_draw_time_ns(d), &at);
	grid_draw(d, &at, a->subdivision);
	if (at.rolling)
		mos_draw_again(d);
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	struct app *a = data;

	a->subdivision = (unsigned int)mos_get_int(settings, "subdivision", 2);
	a->lead_ns = mos_get_int(settings, "visual_lead_ms", 0) * 1000000;
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	static const uint32_t types[] = {MOS_EVENT_METRONOME_BEAT, MOS_EVENT_TRANSPORT_STATE,
		MOS_EVENT_TRANSPORT_SEEK, MOS_EVENT_METER_CHANGE, 0};
	struct app *a = data;

	a->widget = w;
	(void)on_settings(w, a);
	return common_listen(mos_widget_client(w), types, on_event, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .draw = draw};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
