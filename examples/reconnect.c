/* SPDX-License-Identifier: MIT */
/* Restarts: a broker or real-time core that dies and comes back is an event, and the program goes on. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>

static int is_back;

static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	static const char *const words[] = {
		[MOS_CONNECTION_LOST] = "the broker is gone; the clock and the events go on",
		[MOS_CONNECTION_BACK] = "the broker is back, our slot is the old one",
		[MOS_CONNECTION_NEW] = "the real-time core is another; pages are mapped anew",
	};

	puts(words[what]);
	fflush(stdout);
	is_back |= what != MOS_CONNECTION_LOST;
}

int main(void)
{
	struct mos_error error;
	struct mos_client *client;
	struct mos_now now;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_client_on_connection(client, on_connection, NULL);
	puts("connected; restart the broker now");
	fflush(stdout);
	/* libmos connects again by itself, from here. */
	while (!is_back && mos_events_dispatch(client, /* timeout_ms= */ 1000) >= 0) {
		if (mos_clock_now(client, &now) < 0)
			puts("the clock is not to be had");
	}
	mos_client_destroy(client);
	return !is_back;
}
