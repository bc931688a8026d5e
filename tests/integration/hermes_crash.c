/* SPDX-License-Identifier: MIT */
/*
 * mos-hermes is killed at many points: what was answered is there afterwards, what was not is there or not,
 * and nothing is there in part. Row HER-13.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hermes_rig.h"

#define N_KILLS 60
#define N_EDITS 40 /* under way when it is killed, at most */

static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void send_edit(int sock, int64_t revision)
{
	struct wire_out out;

	rig_begin(&out, "hermes.score.edit");
	wire_open_array(&out, "ops");
	wire_open_map(&out, NULL);
	wire_put_str(&out, "op", "replace");
	wire_put_str(&out, "path", "/parts/p1/notes/n1");
	wire_open_map(&out, "value");
	wire_put_str(&out, "id", "n1");
	wire_put_i64(&out, "tick", 0);
	wire_put_i64(&out, "durationTicks", 1 + revision % 900);
	wire_put_i64(&out, "pitch", 60);
	rig_send(sock, &out);
}

/* Serve both sides until the time is over. @return the last revision that was answered. */
static int64_t serve_until(int64_t end_us, int sock, int64_t revision)
{
	int64_t left_us;

	while ((left_us = end_us - now_us()) > 0) {
		struct pollfd p[2] = {{.fd = sock, .events = POLLIN}, {.fd = rig.broker, .events = POLLIN}};
		const struct timespec wait = {.tv_nsec = left_us * 1000};

		if (ppoll(p, 2, &wait, NULL) <= 0)
			continue;
		if (p[1].revents)
			rig_serve();
		if (p[0].revents) {
			cr_assert_eq(wire_recv(sock, &rig.in, 0), 1);
			rig_expect_result();
			cr_assert_eq(rig_number("revision"), revision + 1);
			revision++;
		}
	}
	return revision;
}

TestSuite(hermes_crash, .init = rig_start, .fini = rig_stop, .timeout = 120);

Test(hermes_crash, HER_13_killed_while_editing,
	.description = "HER-13: kill -9 among edits, at 60 points: the score is as after one of them, not "
		       "before the last that "
		       "was answered")
{
	int64_t revision = 1;

	rig_call(rig.client[0], "hermes.score.load", rig_song(60));
	rig_expect_result();
	for (unsigned i = 0; i < N_KILLS; i++) {
		const int64_t end_us = now_us() + 200 + 700 * (int64_t)i;

		for (int64_t k = 1; k <= N_EDITS; k++)
			send_edit(rig.client[0], revision + k);
		const int64_t answered = serve_until(end_us, rig.client[0], revision);
		rig_end(SIGKILL);
		rig_start_again();
		rig_call(rig.client[0], "hermes.score.get", -1);
		rig_expect_result();
		const int64_t now = rig_number("revision");
		cr_assert(now >= answered && now <= revision + N_EDITS,
			"revision %d, answered %d, begun with %d", (int)now, (int)answered, (int)revision);
		revision = now;
	}
	cr_expect_gt(revision, N_KILLS);
	rig_call(rig.client[0], "hermes.store.check", -1);
	rig_expect_result();
	cr_expect_eq(rig_number("n_errors"), 0);
}

Test(hermes_crash, HER_13_killed_while_loading,
	.description = "HER-13: kill -9 while a score is loaded, at 60 points: the old one is loaded "
		       "afterwards, or the new one")
{
	char state[2][40];

	for (unsigned i = 0; i < 2; i++) {
		rig_call(rig.client[0], "hermes.score.check", rig_song((uint8_t)(60 + i)));
		strcpy(state[i], rig_text("state_id"));
	}
	rig_call(rig.client[0], "hermes.score.load", rig_song(60));
	rig_expect_result();
	unsigned now = 0, n_new = 0;
	for (unsigned i = 0; i < N_KILLS; i++) {
		const unsigned next = !now;

		rig_request(rig.client[0], "hermes.score.load", rig_song((uint8_t)(60 + next)));
		const int64_t end_us = now_us() + 100 * (int64_t)i;
		while (now_us() < end_us) {
			if (!rig_is_quiet(rig.broker, 0))
				rig_serve();
		}
		rig_end(SIGKILL);
		rig_start_again();
		rig_call(rig.client[0], "hermes.score.get", -1);
		rig_expect_result();
		const char *found = rig_text("state_id");
		cr_assert(strcmp(found, state[now]) == 0 || strcmp(found, state[next]) == 0, "%s", found);
		if (strcmp(found, state[next]) == 0) {
			now = next;
			n_new++;
		}
	}
	cr_expect(n_new > 0 && n_new < N_KILLS, "%u of %u", n_new, N_KILLS);
	rig_call(rig.client[0], "hermes.score.list", -1);
	cr_expect_leq(rig_number("n"), 2, "equal content is one score");
	rig_call(rig.client[0], "hermes.store.check", -1);
	cr_expect_eq(rig_number("n_errors"), 0);
}
