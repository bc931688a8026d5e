/* SPDX-License-Identifier: MIT */
/* Answer an event by another. Two programs that answer each other would go on for ever; mos_emit_answer()
 * counts the hops, and past 8 it ends. */
#include <err.h>
#include <errno.h>
#include <mos/client.h>
#include <stdio.h>
#include <string.h>

static struct mos_client *client;
static int n_answers, ended;

/* Whatever advice is given, give another: we answer our own too. */
static void on_feedback(const struct mos_event *event, void *data)
{
	struct mos_event answer = {
		.type = MOS_EVENT_ROCKY_FEEDBACK, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

	strcpy(answer.u.feedback.message, "and again");
	printf("%u hops: %s\n", event->hops, event->u.feedback.message);
	if (mos_emit_answer(client, &answer, event) == -ELOOP) {
		puts("that would be too many: a circle");
		ended = 1;
	} else {
		n_answers++;
	}
}

int main(void)
{
	struct mos_error error;
	struct mos_event first = {
		.type = MOS_EVENT_ROCKY_FEEDBACK, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	mos_events_on(client, MOS_EVENT_ROCKY_FEEDBACK, on_feedback, NULL, NULL);
	strcpy(first.u.feedback.message, "play it slower");
	mos_emit(client, &first);
	while (!ended && mos_events_dispatch(client, /* timeout_ms= */ 2000) > 0)
		;
	printf("%d answers\n", n_answers);
	mos_client_destroy(client);
	return !ended;
}
