/* SPDX-License-Identifier: MIT */
/* Events by handlers: register, dispatch; unsubscribing inside a handler is fine. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>

struct counts {
	unsigned int notes, all;
	struct mos_listener *once;
};

static void on_note(const struct mos_event *event, void *data)
{
	struct counts *counts = data;

	printf("note %u, velocity %.2f\n", event->u.note.key, event->u.note.velocity / 65535.0);
	counts->notes++;
}

static void on_first_note(const struct mos_event *event, void *data)
{
	struct counts *counts = data;

	puts("the first note; I do not listen any more");
	mos_events_off(counts->once);
}

static void on_any(const struct mos_event *event, void *data)
{
	((struct counts *)data)->all++;
}

int main(void)
{
	struct mos_error error;
	struct counts counts = {0};
	struct mos_client *client;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_on(client, MOS_EVENT_MIDI_NOTEON, on_note, &counts, NULL);
	mos_events_on(client, MOS_EVENT_MIDI_NOTEON, on_first_note, &counts, &counts.once);
	mos_events_on(client, /* any type */ 0, on_any, &counts, NULL);
	while (counts.notes < 4 && mos_events_dispatch(client, /* timeout_ms= */ -1) >= 0)
		fflush(stdout);
	printf("%u notes among %s events\n", counts.notes, counts.all > counts.notes ? "more" : "as many");
	mos_client_destroy(client);
	return 0;
}
