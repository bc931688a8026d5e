/* SPDX-License-Identifier: MIT */
/* Events in a loop of your own: one descriptor for poll() or epoll, beside your others. */
#include <err.h>
#include <mos/client.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static void on_beat(const struct mos_event *event, void *data)
{
	printf("beat %u\n", event->u.beat.beat + 1u);
	++*(int *)data;
}

int main(void)
{
	struct mos_error error;
	struct mos_client *client;
	struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
	int n_beats = 0;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_on(client, MOS_EVENT_METRONOME_BEAT, on_beat, &n_beats, NULL);
	fds[1].fd = mos_events_fd(client);
	if (fds[1].fd < 0)
		errx(1, "%s", mos_client_error(client)->message);
	while (n_beats < 4 && poll(fds, 2, -1) > 0) {
		/* Never blocks. Fails when MOS has been gone for long: the descriptor would stay readable. */
		if (fds[1].revents && mos_events_dispatch(client, /* timeout_ms= */ 0) < 0)
			errx(1, "%s", mos_client_error(client)->message);
		if (fds[0].revents) {
			char line[80];
			ssize_t n = read(STDIN_FILENO, line, sizeof(line));

			if (n <= 0)
				fds[0].fd = -1; /* the input has ended: poll() passes it over */
			else
				printf("%zd bytes from standard input\n", n);
		}
		fflush(stdout);
	}
	mos_client_destroy(client);
	return 0;
}
