/* SPDX-License-Identifier: MIT */
/* Events in an sd-event loop. events-glib.c is the same in GLib. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

static int n_beats;

static void on_beat(const struct mos_event *event, void *data)
{
	printf("beat %u\n", event->u.beat.beat + 1u);
	if (++n_beats == 4)
		sd_event_exit(data, 0);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	/* A failure here would end the loop with it, as sd-event has it. */
	return mos_events_dispatch(data, /* timeout_ms= */ 0);
}

int main(void)
{
	struct mos_client *client;
	struct mos_error error;
	sd_event *loop;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	if (sd_event_default(&loop) < 0)
		errx(1, "no event loop");
	mos_events_on(client, MOS_EVENT_METRONOME_BEAT, on_beat, loop, NULL);
	if (sd_event_add_io(loop, NULL, mos_events_fd(client), EPOLLIN, on_readable, client) < 0)
		errx(1, "%s", mos_client_error(client)->message);
	sd_event_loop(loop);
	sd_event_unref(loop);
	mos_client_destroy(client);
	printf("%d beats\n", n_beats);
	return 0;
}
