/* SPDX-License-Identifier: MIT */
/* Connect to MOS, say what was granted, hang up. The first thing that every other example does. */
#include <mos/client.h>
#include <stdio.h>

int main(void)
{
	/* All defaults: the name of this program, the socket in $MOS_RUNTIME_DIR, 5 seconds for each call. */
	struct mos_client_options options = {.name = "connect", .wait_ms = 2000};
	struct mos_client *client;
	struct mos_error error;
	struct mos_client_info info;

	if (mos_client_create(&options, &client, &error) < 0) {
		fprintf(stderr, "%s\n%s\n", error.message, error.hint);
		return 1;
	}
	info = mos_client_info(client);
	printf("slot %u, %u frames a second, %u frames a cycle\n", info.slot, info.rate_hz, info.quantum);
	printf("may play notes: %s\n", mos_client_can(client, "apollo.play") ? "yes" : "no");
	printf("may end MOS: %s\n", mos_client_can(client, "system.admin") ? "yes" : "no");
	mos_client_destroy(client);
	return 0;
}
