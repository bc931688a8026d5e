/* SPDX-License-Identifier: MIT */
/* Something big: an event carries 32 bytes, and refers to what is larger. Here 10 MiB, without a copy. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE ((size_t)10 << 20)

static struct mos_client *client;
static int done;

/* Anybody who hears it can look: mapped read-only, sealed, so that it cannot change under the reader. */
static void on_shared(const struct mos_event *event, void *data)
{
	const void *bytes;
	size_t n;

	if (strcmp(event->u.data.kind, "noise") || mos_data_get(client, event->u.data.id, &bytes, &n) < 0)
		return;
	printf("%zu bytes of %s, the last is %d\n", n, event->u.data.kind,
		((const unsigned char *)bytes)[n - 1]);
	mos_data_release(bytes, n);
	done = 1;
}

int main(void)
{
	unsigned char *bytes = malloc(SIZE);
	struct mos_error error;
	uint64_t id;

	if (!bytes)
		err(1, "%zu bytes", SIZE);
	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_on(client, MOS_EVENT_DATA_SHARED, on_shared, NULL, NULL);
	memset(bytes, 42, SIZE);
	if (mos_data_share(client, "noise", bytes, SIZE, &id) < 0) {
		fprintf(stderr, "%s\n", mos_client_error(client)->message);
		return 1;
	}
	free(bytes); /* it lies in shared memory now, for as long as this program runs */
	while (!done && mos_events_dispatch(client, /* timeout_ms= */ 2000) > 0)
		;
	mos_client_destroy(client);
	return !done;
}
