/* SPDX-License-Identifier: MIT */
/* A widget: says hello in a colour of your choice and counts beats, also over restarts. */
#include <mos/widget.h>
#include <stdio.h>
#include <string.h>

static int64_t n_beats;

static void show(struct mos_widget *w)
{
	const struct mos_widget_context *context = mos_widget_context(w);
	const char *greeting = mos_get_str(&context->settings, "greeting", "Hello");
	char text[400];

	(void)snprintf(text, sizeof(text), "%s from %s\n%lld beats so far\n", greeting, context->id,
		(long long)n_beats);
	mos_widget_show(w, text, MOS_ARGS(mos_int("beats", n_beats)));
}

static void on_beat(const struct mos_event *event, void *data)
{
	n_beats++;
	show(data);
}

/* Register what you want to hear. It ends by itself when the widget does. */
static int activate(struct mos_widget *w, void *data)
{
	n_beats = mos_get_int(&mos_widget_context(w)->state, "beats", 0);
	mos_widget_log(w, "hello, with %lld beats", (long long)n_beats);
	show(w);
	return mos_events_on(mos_widget_client(w), MOS_EVENT_METRONOME_BEAT, on_beat, w, NULL);
}

static void deactivate(struct mos_widget *w, void *data)
{
	mos_widget_save(w, MOS_ARGS(mos_int("beats", n_beats)));
}

static int settings(struct mos_widget *w, void *data)
{
	show(w);
	return 0;
}

static void key(struct mos_widget *w, const char *key, void *data)
{
	if (!strcmp(key, "0"))
		n_beats = 0;
	show(w);
}

static int call(struct mos_widget *w, const char *name, const struct mos_value *params, void *data)
{
	if (strcmp(name, "beats.get"))
		return mos_widget_refuse(w, "hello.method.unknown", "no method \"%s\"", name);
	mos_widget_reply(w, MOS_ARGS(mos_int("beats", n_beats)));
	return 0;
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {activate, deactivate, settings, key, call};

	return mos_widget_main(&ops, NULL, argc, argv);
}
