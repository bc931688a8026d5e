/* SPDX-License-Identifier: MIT */
/*
 * NAM-04: mos-fxhost runs foreign code, so it may say anything: whatever comes over its socket, control takes
 * a sane insert from it or none, and says why.
 *
 * Input: datagrams, each behind a byte of length: the first bytes of a message, the rest is zeros up to the
 * size that it names, if that is possible.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "inserts_internal.h"

#define MESSAGES_MAX 64u

static struct insert_region region;

static void send_one(int fd, const uint8_t *data, size_t n)
{
	struct insert_msg m = {0};
	size_t size;

	memcpy(&m, data, n < sizeof(m) ? n : sizeof(m));
	size = offsetof(struct insert_msg, text) + m.size;
	if (m.size > sizeof(m.text))
		size = n;
	FUZZ_CHECK(send(fd, &m, size, MSG_DONTWAIT) == (ssize_t)size);
}

static void check(const struct run *r)
{
	FUZZ_CHECK(r->n_controls <= INSERT_CONTROLS_MAX);
	FUZZ_CHECK(memchr(r->name, 0, sizeof(r->name)));
	for (const char *c = r->name; *c; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~');
	for (uint32_t i = 0; i < r->n_controls; i++) {
		FUZZ_CHECK(
			r->control[i].min <= r->control[i].value && r->control[i].value <= r->control[i].max);
		FUZZ_CHECK(r->control[i].symbol[0] &&
			   memchr(r->control[i].symbol, 0, sizeof(r->control[i].symbol)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct inserts in = {.config.rate_hz = 48000, .latency = 64};
	static struct run r;
	char text[INSERT_PIECE] = "", error[256];
	uint32_t n = 0;
	int pair[2], got;

	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	r = (struct run){.in = &in,
		.process = {.pidfd = -1, .socket = pair[0], .region = {.base = &region, .fd = -1}}};
	if (size && data[size - 1] % 3 == 1) /* it is one that is started again, and had a state */
		r.state = strdup("state");
	if (size && data[size - 1] % 3 == 2) { /* in force, and asked for its state; or for the second time */
		r.n_owed = data[size - 1] / 3 % 2;
		r.end = insert_create(&region, NULL, 0, 64);
		r.is_up = 1;
		FUZZ_CHECK(r.end && run_ask_save(&r) == 0);
	}
	while (size > 1 && n++ < MESSAGES_MAX) {
		size_t len = data[0] < size - 1 ? data[0] : size - 1;

		if (len)
			send_one(pair[1], data + 1, len);
		data += 1 + len;
		size -= 1 + len;
	}
	(void)shutdown(pair[1], SHUT_WR);
	do
		got = run_listen(&r, text, sizeof(text));
	while (got > 0);
	FUZZ_CHECK(got == -EPIPE ? text[0] != 0 : got <= 0);
	check(&r);
	run_talk_end(&r, -EPIPE);
	FUZZ_CHECK(!r.talk.text);
	if (r.end && r.n_controls)
		FUZZ_CHECK(run_set(&r, r.control[0].symbol, r.control[0].min, error, sizeof(error)) == 0);
	insert_destroy(r.end);
	free(r.state);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
