/* SPDX-License-Identifier: MIT */
/* Sleep until the music reaches a bar. Nothing is polled: libmos computes the time, anew if it changes. */
#include <err.h>
#include <errno.h>
#include <mos/client.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct mos_error error;
	int64_t bar = argc > 1 ? atoi(argv[1]) : 2;
	/* In 4/4 a bar is four quarters of 960 ticks. <mos/meter.h> knows the other meters. */
	int64_t tick = (bar - 1) * 4 * 960;
	struct mos_client *client;
	struct mos_now now;
	int rc;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	rc = mos_clock_wait_tick(client, tick, /* timeout_ms= */ 10'000);
	if (rc == -ETIMEDOUT)
		printf("the music did not get to bar %lld\n", (long long)bar);
	if (rc == 0 && mos_clock_now(client, &now) == 0)
		printf("bar %u, beat %u: %lld ticks after its start\n", now.bar, now.beat,
			(long long)(now.tick - tick));
	mos_client_destroy(client);
	return rc == 0 ? 0 : 1;
}
