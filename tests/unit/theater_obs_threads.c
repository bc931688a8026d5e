/* SPDX-License-Identifier: MIT */
/* OBS-02: connections that are opened, listened to and closed at any moment, beside each other. Without
 * Criterion, so that ThreadSanitizer can watch. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "obs.h"

#define CHECK(cond)                                                                                          \
	do {                                                                                                 \
		if (!(cond)) {                                                                               \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond);             \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static void on_state(int is_there, const char *text, void *data)
{
	uint32_t *n_told = data;

	CHECK(!is_there && strstr(text, "OBS at 127.0.0.1:1: "));
	++*n_told;
}

/** Nobody listens at port 1: each is told so, and tries again. */
int main(void)
{
	static const struct obs_ops ops = {.state = on_state};

	for (int round = 0; round < 8; round++) {
		struct obs *obs[8];
		uint32_t n_told[8] = {0};

		for (int i = 0; i < 8; i++)
			CHECK(obs_open("ws://127.0.0.1:1/", "x", &ops, &n_told[i], &obs[i]) == 0);
		for (int i = 0; i < round; i++) {
			struct pollfd readable = {.fd = obs_fd(obs[i]), .events = POLLIN};

			CHECK(poll(&readable, 1, 30000) == 1);
			obs_changed(obs[i]);
			CHECK(n_told[i] == 1);
		}
		for (int i = 0; i < 8; i++)
			obs_close(obs[i]);
	}
	return 0;
}
