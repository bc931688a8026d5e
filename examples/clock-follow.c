/* SPDX-License-Identifier: MIT */
/* Follow the clock: where is the music right now? Asking costs no system call: ask as often as you draw. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct mos_error error;
	int looks = argc > 1 ? atoi(argv[1]) : 10;
	struct mos_client *client;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	for (int i = 0; i < looks; i++) {
		struct mos_now now;

		/* Extrapolated from the clock page to this very moment. */
		if (mos_clock_now(client, &now) == 0)
			printf("%s  bar %u beat %u + %u/960  %.1f BPM\n",
				mos_transport_state_name(now.clock.state), now.bar, now.beat, now.beat_tick,
				now.bpm);
		nanosleep(&(struct timespec){.tv_nsec = 100'000'000}, NULL);
	}
	mos_client_destroy(client);
	return 0;
}
