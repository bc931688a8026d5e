/* SPDX-License-Identifier: MIT */
/* How the bus delivers: figures of one type over the whole system. */
#include <err.h>
#include <errno.h>
#include <mos/client.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct mos_error error;
	const char *name = argc > 1 ? argv[1] : "metronome:beat";
	struct mos_event_metrics m;
	struct mos_client *client;
	int rc;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	rc = mos_events_metrics(client, mos_event_type_from_name(name), &m);
	if (rc == 0)
		printf("%s: %llu told, %.1f a second, %u subscribers, %llu lost, delivered within %.1f us "
		       "(p99)\n",
			name, (unsigned long long)m.count, m.rate_hz, m.subscribers,
			(unsigned long long)m.lost, (double)m.p99_ns / 1e3);
	else
		fprintf(stderr, "%s: %s\n", name,
			rc == -ENOENT ? "no such type" : mos_client_error(client)->message);
	mos_client_destroy(client);
	return rc != 0;
}
