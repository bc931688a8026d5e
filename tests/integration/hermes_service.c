/* SPDX-License-Identifier: MIT */
/*
 * mos-hermes as a process, between its callers and the broker; the test plays both. Rows HER-05, HER-11,
 * HER-13, HER-14, HER-15.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hermes_rig.h"

#define LOADS_A_CLIENT 125 /* 1,000 in all */
#define PIPELINED 10       /* requests under way of one client */

/* The first half of its digits: enough to tell a test's few apart. */
static uint64_t state_id(void)
{
	char half[17] = "";

	rig_expect_result();
	cr_assert_eq(strlen(rig_text("state_id")), 32);
	memcpy(half, rig_text("state_id"), 16);
	return strtoull(half, NULL, 16);
}

static uint64_t get_state(void)
{
	rig_call(rig.client[0], "hermes.score.get", -1);
	return state_id();
}

/* rtcore has the timeline of what is loaded: the song of these keys that has this state has that timeline
 * too. */
static void expect_in_force(const uint8_t *key, unsigned n)
{
	const uint64_t state = get_state(), timeline = rig.last_id;

	for (unsigned i = 0; i < n; i++) {
		rig_call(rig.client[0], "hermes.score.load", rig_song(key[i]));
		if (state_id() != state)
			continue;
		cr_expect_eq(rig.last_id, timeline);
		return;
	}
	cr_expect_fail("what is loaded is none of the songs");
}

TestSuite(hermes_service, .init = rig_start, .fini = rig_stop, .timeout = 120);

Test(hermes_service, HER_05_load_and_get,
	.description = "HER-05 HER-06: nil before the first load; then what was loaded, "
		       "and rtcore has that timeline")
{
	char text[64];
	double seconds;
	int64_t value;

	rig_call(rig.client[0], "hermes.score.get", -1);
	cr_assert_null(rig.in.error);
	cr_expect_eq(rig.in.result->via.map.size, 1);
	rig_call(rig.client[1], "hermes.score.load", rig_song(60));
	const uint64_t id = state_id();
	cr_expect_eq(rig.last_events, 3, "a note and the program");
	for (unsigned again = 0; again < 2; again++) {
		cr_assert_eq(wire_get_str(rig.in.result, "title", text, sizeof(text)), 0);
		cr_expect_str_eq(text, "Song");
		cr_assert_eq(wire_get_str(rig.in.result, "format", text, sizeof(text)), 0);
		cr_expect_str_eq(text, "SMF 0");
		cr_assert_eq(wire_get_i64(rig.in.result, "end_ticks", &value), 0);
		cr_expect_eq(value, 3840, "to the end of its measure");
		cr_assert_eq(wire_get_f64(rig.in.result, "seconds", &seconds), 0);
		cr_expect_float_eq(seconds, 2, 1e-9);
		cr_expect_eq(wire_get_array(rig.in.result, "parts")->via.array.size, 1);
		cr_expect_eq(wire_get_array(rig.in.result, "warnings")->via.array.size, 0);
		cr_expect_eq(get_state(), id);
	}
}

Test(hermes_service, HER_13_failures_leave_the_old_score,
	.description = "HER-11 HER-13: bad music, a directory, a refusal "
		       "of rtcore: place and reason, and nothing changes")
{
	rig_call(rig.client[0], "hermes.score.load", rig_song(60));
	const uint64_t id = state_id();

	int fd = memfd_create("bad", MFD_CLOEXEC);
	cr_assert_eq(write(fd, "MThd\0\0\0\6\0\0\0\1\0\0", 14), 14);
	rig_call(rig.client[1], "hermes.score.load", fd);
	rig_expect_error("hermes.score.invalid", "byte 12");
	cr_expect_eq(get_state(), id);

	rig_call(rig.client[1], "hermes.score.load", memfd_create("empty", MFD_CLOEXEC));
	rig_expect_error("hermes.format.unknown", NULL);
	rig_call(rig.client[1], "hermes.score.load", open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	rig_expect_error("hermes.file.unreadable", NULL);
	fd = memfd_create("large", MFD_CLOEXEC);
	cr_assert_eq(ftruncate(fd, (off_t)4 << 30), 0);
	rig_call(rig.client[1], "hermes.score.check", fd);
	rig_expect_error("hermes.file.unreadable", NULL);

	cr_expect_eq(rig.n_failed, 3, "HER-12: %u", rig.n_failed);

	rig.kronos = KRONOS_REFUSES;
	rig_call(rig.client[1], "hermes.score.load", rig_song(61));
	rig_expect_error("kronos.timeline.invalid", NULL);
	cr_expect_eq(get_state(), id);

	rig.kronos = KRONOS_HANGS_UP;
	rig_call(rig.client[1], "hermes.score.load", rig_song(62));
	rig_expect_error("rtcore.down", NULL);
	cr_expect_eq(get_state(), id);
	rig_accept();
	rig.kronos = KRONOS_TAKES;
	rig_call(rig.client[1], "hermes.score.load", rig_song(62));
	cr_expect_neq(state_id(), id);
	expect_in_force((const uint8_t[]){62}, 1);
}

Test(hermes_service, check_changes_nothing,
	.description = "HER-11: check answers like load and loads nothing")
{
	rig_call(rig.client[0], "hermes.score.check", rig_song(60));
	const uint64_t checked = state_id();
	cr_expect_eq(rig.n_timelines, 0);
	rig_call(rig.client[0], "hermes.score.load", rig_song(60));
	cr_expect_eq(state_id(), checked);
	cr_expect_eq(rig.n_timelines, 1);
}

Test(hermes_service, HER_15_same_file_same_state,
	.description = "HER-15: loaded again it is the same state; rtcore gets "
		       "its timeline, for it may have lost it")
{
	rig_call(rig.client[0], "hermes.score.load", rig_song(60));
	const uint64_t id = state_id(), timeline = rig.last_id;
	char score[40];
	strcpy(score, rig_text("score_id"));
	rig_call(rig.client[1], "hermes.score.load", rig_song(60));
	cr_expect_eq(state_id(), id);
	cr_expect_str_eq(rig_text("score_id"), score);
	cr_expect_eq(rig.n_timelines, 2);
	cr_expect_eq(rig.last_id, timeline);
	rig_call(rig.client[1], "hermes.score.load", rig_song(61));
	cr_expect_neq(state_id(), id);
}

Test(hermes_service, refused_requests,
	.description = "missing file, unknown key, missing capability, a caller that hangs up")
{
	rig_call(rig.client[0], "hermes.score.load", -1);
	rig_expect_error("rpc.params.invalid", "name");

	struct wire_out out;
	wire_out_init(&out);
	wire_begin_request(&out, 1, "hermes.score.load");
	wire_put_str(&out, "name", "x");
	rig_send(rig.client[0], &out);
	rig_answer(rig.client[0]);
	rig_expect_error("rpc.fds.missing", NULL);

	const int watcher = rig_client(NULL);
	rig_call(watcher, "hermes.score.load", rig_song(60));
	rig_expect_error("rpc.caller.denied", NULL);
	close(watcher);

	/* Loads of a caller that is gone still happen, and nobody is waited for. */
	for (unsigned i = 0; i < 5; i++)
		rig_request(rig.client[2], "hermes.score.load", rig_song((uint8_t)(70 + i)));
	close(rig.client[2]);
	rig_call(rig.client[3], "hermes.score.load", rig_song(90));
	/* requests of different callers have no order: the other five may come after this one */
	rig_wait_timelines(6);
	expect_in_force((const uint8_t[]){70, 71, 72, 73, 74, 90}, 6);
}

Test(hermes_service, HER_14_loads_queue,
	.description = "HER-14: 8 clients, 1,000 loads: one active at a time, each answered "
		       "once, in order, and the last one is in force")
{
	unsigned sent[RIG_CLIENTS] = {0}, answered[RIG_CLIENTS] = {0}, n_answered = 0;
	uint64_t id_of[RIG_CLIENTS];

	for (unsigned i = 0; i < RIG_CLIENTS; i++) {
		rig_call(rig.client[i], "hermes.score.check", rig_song((uint8_t)(60 + i)));
		id_of[i] = state_id();
	}
	while (n_answered < RIG_CLIENTS * LOADS_A_CLIENT) {
		struct pollfd p[RIG_CLIENTS + 1];
		for (unsigned i = 0; i < RIG_CLIENTS; i++) {
			while (sent[i] < LOADS_A_CLIENT && sent[i] - answered[i] < PIPELINED) {
				rig_request(rig.client[i], "hermes.score.load",
					rig_song((uint8_t)(60 + (i + sent[i]) % RIG_CLIENTS)));
				sent[i]++;
			}
			p[i] = (struct pollfd){.fd = rig.client[i], .events = POLLIN};
		}
		p[RIG_CLIENTS] = (struct pollfd){.fd = rig.broker, .events = POLLIN};
		cr_assert_gt(
			poll(p, RIG_CLIENTS + 1, RIG_WATCHDOG_MS), 0, "stuck after %u answers", n_answered);
		if (p[RIG_CLIENTS].revents)
			rig_serve();
		for (unsigned i = 0; i < RIG_CLIENTS; i++) {
			if (!p[i].revents)
				continue;
			rig_answer(rig.client[i]);
			cr_expect_eq(state_id(), id_of[(i + answered[i]) % RIG_CLIENTS],
				"client %u, answer %u", i, answered[i]);
			answered[i]++;
			n_answered++;
		}
	}
	for (unsigned i = 0; i < RIG_CLIENTS; i++) {
		struct pollfd p = {.fd = rig.client[i], .events = POLLIN};
		cr_expect_eq(poll(&p, 1, 0), 0, "one answer too many");
	}
	cr_expect_eq(rig.n_timelines, RIG_CLIENTS * LOADS_A_CLIENT);
	expect_in_force((const uint8_t[]){60, 61, 62, 63, 64, 65, 66, 67}, RIG_CLIENTS);
}
