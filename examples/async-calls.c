/* SPDX-License-Identifier: MIT */
/* Calls that do not block: send many, do something else, be told. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>

#define N_CALLS 3

static int n_done;

static void on_done(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	const char *method = data;

	if (rc < 0)
		printf("%s: %s\n", method, error->code);
	else
		printf("%s: answered by %s\n", method, mos_get_str(&reply->value, "name", "the broker"));
	n_done++;
}

int main(void)
{
	struct mos_error error;
	static const char *const methods[N_CALLS] = {
		"broker.service.ping", "hermes.service.ping", "kronos.no.such"};
	struct mos_client *client;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	for (int i = 0; i < N_CALLS; i++) {
		struct mos_request request = {.method = methods[i], .timeout_ms = 3000};

		if (mos_call_async(client, &request, on_done, (void *)methods[i]) < 0)
			return 1;
	}
	puts("all sent");
	/* Each is told once: answered, refused, timed out, or cancelled when the client is destroyed. */
	while (n_done < N_CALLS && mos_events_dispatch(client, /* timeout_ms= */ 5000) >= 0)
		;
	mos_client_destroy(client);
	return n_done != N_CALLS;
}
