/* SPDX-License-Identifier: MIT */
/* Call any method of any service by its name; services/METHODS.md lists them. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>

int main(void)
{
	struct mos_error error;
	/* Calls only: no slot in the real-time plane is taken. */
	struct mos_client_options options = {.name = "call-service", .flags = MOS_CLIENT_CONTROL_ONLY};
	struct mos_client *client;
	struct mos_reply reply;
	int rc;

	if (mos_client_create(&options, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	/* Without parameters. The answer is a tree, read by path with a default. */
	if (mos_call(client, "broker.system.status", MOS_NO_ARGS, &reply) == 0) {
		printf("the transport is %s, %lld clients\n",
			mos_get_str(&reply.value, "transport/state", "unknown"),
			(long long)mos_get_int(&reply.value, "clients", 0));
		mos_reply_finish(&reply);
	}
	/* With parameters. */
	rc = mos_call(client, "kronos.tempo.set", MOS_ARGS(mos_real("bpm", 1000)), &reply);
	if (rc == 0) {
		printf("1000 BPM became %.0f\n", mos_get_real(&reply.value, "bpm", 0));
		mos_reply_finish(&reply);
	}
	/* What goes wrong has a stable code, a sentence, a place and a hint. */
	rc = mos_call(client, "apollo.note.play", MOS_ARGS(mos_str("note", "H9")), NULL);
	if (rc < 0)
		printf("%s: %s\n", mos_client_error(client)->code, mos_client_error(client)->message);
	mos_client_destroy(client);
	return 0;
}
