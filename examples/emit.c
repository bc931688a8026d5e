/* SPDX-License-Identifier: MIT */
/* Tell an event to everybody: with the 16 ms frame, or at once. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>
#include <string.h>

static int say(struct mos_client *client, const char *message, uint8_t flags)
{
	struct mos_event event = {.type = MOS_EVENT_ROCKY_FEEDBACK, .tick = INT64_MIN, .flags = flags};

	event.u.feedback.kind = MOS_ROCKY_HINT;
	/* Texts are NUL-terminated and every byte that is not used is 0: records are checked field by field.
	 */
	strncpy(event.u.feedback.message, message, sizeof(event.u.feedback.message) - 1);
	return mos_emit(client, &event);
}

int main(void)
{
	struct mos_error error;
	const uint32_t types[] = {MOS_EVENT_ROCKY_FEEDBACK};
	struct mos_client *client;
	struct mos_event event;
	int told = 0;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_select(client, types, 1);
	if (say(client, "with the frame", 0) < 0 || say(client, "at once", MOS_EVENT_IMMEDIATE) < 0)
		return 1;
	/* One program's events keep their order. We hear our own as everybody does: see them come. */
	while (told < 2 && mos_events_wait(client, 2000) == 0) {
		while (mos_events_next(client, &event) == 1) {
			if (event.source != mos_client_info(client).slot)
				continue;
			printf("heard \"%s\" as number %llu\n", event.u.feedback.message,
				(unsigned long long)event.seq);
			told++;
		}
	}
	mos_client_destroy(client);
	return told != 2;
}
