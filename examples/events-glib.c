/* SPDX-License-Identifier: MIT */
/* Events in a GLib main loop, as GTK programs have one. */
#include <err.h>
#include <glib-unix.h>
#include <mos/client.h>
#include <stdio.h>

static int n_beats;

static void on_beat(const struct mos_event *event, void *data)
{
	printf("beat %u\n", event->u.beat.beat + 1u);
	if (++n_beats == 4)
		g_main_loop_quit(data);
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	if (mos_events_dispatch(data, /* timeout_ms= */ 0) < 0)
		errx(1, "%s", mos_client_error(data)->message);
	return G_SOURCE_CONTINUE;
}

int main(void)
{
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	struct mos_client *client;
	struct mos_error error;
	int fd;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_on(client, MOS_EVENT_METRONOME_BEAT, on_beat, loop, NULL);
	fd = mos_events_fd(client);
	if (fd < 0)
		errx(1, "%s", mos_client_error(client)->message);
	g_unix_fd_add(fd, G_IO_IN, on_readable, client);
	g_main_loop_run(loop);
	g_main_loop_unref(loop);
	mos_client_destroy(client);
	printf("%d beats\n", n_beats);
	return 0;
}
