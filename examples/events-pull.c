/* SPDX-License-Identifier: MIT */
/* Events, the simplest way: take one, sleep when there is none. */
#include <err.h>
#include <errno.h>
#include <mos/client.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct mos_error error;
	const uint32_t types[] = {MOS_EVENT_METRONOME_BEAT, MOS_EVENT_TRANSPORT_STATE};
	int left = argc > 1 ? atoi(argv[1]) : 8;
	struct mos_client *client;
	struct mos_event event;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_select(client, types, 2); /* the others do not even wake us */
	while (left > 0) {
		int rc = mos_events_next(client, &event);

		if (rc == -EOVERFLOW) { /* we slept too long; go on with what is there */
			printf("%llu events lost\n", (unsigned long long)mos_events_lost(client));
			continue;
		}
		if (rc == 0)
			rc = mos_events_wait(client, /* timeout_ms= */ -1);
		if (rc < 0 && rc != -EINTR)
			break;
		if (rc != 1)
			continue;
		if (event.type == MOS_EVENT_METRONOME_BEAT)
			printf("bar %u beat %u%s\n", event.u.beat.measure + 1, event.u.beat.beat + 1u,
				event.u.beat.accent == 2 ? " (downbeat)" : "");
		else
			printf("the transport is %s\n", mos_transport_state_name(event.u.transport.state));
		fflush(stdout);
		left--;
	}
	mos_client_destroy(client);
	return left > 0;
}
