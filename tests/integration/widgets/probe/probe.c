/* SPDX-License-Identifier: MIT */
/* A well-behaved widget for tests: counts its starts, answers highlights with feedback, crashes when told to. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/event_ring.h>
#include <mos/widget.h>

static void show(struct mos_widget *w)
{
	const struct mos_widget_context *context = mos_widget_context(w);
	const struct mos_field state[] = {
		mos_real("gain", mos_get_real(&context->settings, "gain", -1)),
		mos_str("label", mos_get_str(&context->settings, "label", "?")),
		mos_int("starts", mos_get_int(&context->state, "starts", 0) + 1),
	};
	char text[256];

	(void)snprintf(text, sizeof(text), "%s: gain %.2f, start %lld\n", state[1].value.u.str, state[0].value.u.real,
		(long long)state[2].value.u.integer);
	(void)mos_widget_show(w, text, state, 3);
}

static void on_highlight(const struct mos_event *ev, void *data)
{
	struct mos_event answer = {.type = MOS_EVENT_ROCKY_FEEDBACK, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

	(void)snprintf(answer.u.feedback.message, sizeof(answer.u.feedback.message), "%llu",
		(unsigned long long)ev->u.highlight.keys[0]);
	(void)mos_emit_answer(mos_widget_client(data), &answer, ev);
}

static int activate(struct mos_widget *w, void *data)
{
	const struct mos_widget_context *context = mos_widget_context(w);
	const struct mos_field state[] = {mos_int("starts", mos_get_int(&context->state, "starts", 0) + 1)};

	if (mos_events_on(mos_widget_client(w), MOS_EVENT_ROCKY_HIGHLIGHT, on_highlight, w, NULL) < 0)
		return -EIO;
	mos_widget_log(w, "up");
	show(w);
	return mos_widget_save(w, state, 1);
}

static int on_settings(struct mos_widget *w, void *data)
{
	show(w);
	return 0;
}

static void on_key(struct mos_widget *w, const char *key, void *data)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "key %s\n", key);
	(void)mos_widget_show(w, text, NULL, 0);
}

/* What the capabilities of MIDI open, or do not: what each attempt returns. */
static int try_midi(struct mos_widget *w)
{
	struct mos_client *client = mos_widget_client(w);
	struct mos_event note = {.type = MOS_EVENT_MIDI_NOTEOFF, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE},
			 out = note;
	struct mos_event_reader reader;

	note.u.note = out.u.note = (struct mos_ev_note){.key = 60, .part = 0xffff};
	out.flags |= MOS_EVENT_TO_OUTPUT;
	mos_widget_reply(w, MOS_ARGS(mos_int("in", mos_client_midi_in(client, &reader)), mos_int("out", mos_emit(client, &out)),
				    mos_int("play", mos_emit(client, &note))));
	return 0;
}

static int on_call(struct mos_widget *w, const char *name, const struct mos_value *params, void *data)
{
	const struct mos_field result[] = {mos_int("pid", getpid()), mos_int("twice", 2 * mos_get_int(params, "n", 0))};

	if (!strcmp(name, "crash.now"))
		abort();
	if (!strcmp(name, "hang.now"))
		for (;;)
			pause();
	if (!strcmp(name, "midi.try"))
		return try_midi(w);
	if (strcmp(name, "number.double") != 0)
		return mos_widget_refuse(w, "probe.method.unknown", "there is no %s", name);
	mos_widget_reply(w, result, 2);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .key = on_key, .call = on_call};

	return mos_widget_main(&ops, NULL, argc, argv);
}
