/* SPDX-License-Identifier: MIT */
/*
 * Following scores, and what is remembered when Hermes, rtcore or a follower goes away. Rows HER-03, HER-04,
 * HER-08, HER-12, HER-13.
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hermes_rig.h"

#define N_FOLLOWERS 100

static int client;

static void setup(void)
{
	rig_start();
	client = rig.client[0];
	rig_call(client, "hermes.score.load", rig_song(60));
	rig_expect_result();
}

/* A change of the only note: its velocity. */
static void begin_edit(struct wire_out *out, int velocity)
{
	rig_begin(out, "hermes.score.edit");
	wire_open_array(out, "ops");
	wire_open_map(out, NULL);
	wire_put_str(out, "op", "replace");
	wire_put_str(out, "path", "/parts/p1/notes/n1");
	wire_open_map(out, "value");
	wire_put_str(out, "id", "n1");
	wire_put_i64(out, "tick", 0);
	wire_put_i64(out, "durationTicks", 960);
	wire_put_i64(out, "pitch", 60);
	wire_put_i64(out, "velocity", velocity);
}

static void edit(int velocity)
{
	struct wire_out out;

	begin_edit(&out, velocity);
	rig_call_out(client, &out);
	rig_expect_result();
}

static void subscribe(int sock, const char *score_id, int64_t revision)
{
	struct wire_out out;

	rig_begin(&out, "hermes.score.subscribe");
	if (score_id)
		wire_put_str(&out, "score_id", score_id);
	if (revision >= 0)
		wire_put_i64(&out, "revision", revision);
	rig_call_out(sock, &out);
	rig_expect_result();
}

static int is_snapshot(void)
{
	int snapshot = 0;

	(void)wire_get_bool(rig.in.params, "snapshot", &snapshot);
	return snapshot;
}

TestSuite(hermes_subscribe, .init = setup, .fini = rig_stop, .timeout = 60);

Test(hermes_subscribe, HER_04_one_delta_each,
	.description =
		"HER-04: 100 subscribers, one edit: each gets one delta with the new state, and nothing else")
{
	int follower[N_FOLLOWERS];
	char before[40], after[40];

	for (unsigned i = 0; i < N_FOLLOWERS; i++) {
		follower[i] = rig_client(NULL);
		subscribe(follower[i], NULL, -1);
		cr_expect_eq(rig_number("revision"), 1);
		cr_expect_eq(rig_number("measure_count"), 1);
	}
	strcpy(before, rig_text("state_id"));
	edit(99);
	strcpy(after, rig_text("state_id"));
	for (unsigned i = 0; i < N_FOLLOWERS; i++) {
		rig_notice(follower[i], "hermes.score.changed");
		cr_expect_str_eq(rig_text("base_state_id"), before);
		cr_expect_str_eq(rig_text("state_id"), after);
		cr_expect_eq(rig_number("revision"), 2);
		cr_expect_eq(wire_get_array(rig.in.params, "ops")->via.array.size, 1);
	}
	for (unsigned i = 0; i < N_FOLLOWERS; i++) {
		cr_expect(rig_is_quiet(follower[i], 0));
		close(follower[i]);
	}
}

Test(hermes_subscribe, HER_08_unsubscribed,
	.description = "HER-08: once the answer is there nothing comes any more")
{
	const int follower = rig.client[1];

	subscribe(follower, NULL, -1);
	edit(98);
	rig_notice(follower, "hermes.score.changed");
	rig_call(follower, "hermes.score.unsubscribe", -1);
	rig_expect_result();
	edit(97);
	cr_expect(rig_is_quiet(follower, 50));
	rig_call(follower, "hermes.score.unsubscribe", -1);
	rig_expect_result();
}

Test(hermes_subscribe, HER_04_resumed,
	.description = "HER-04: who comes back gets what was missed, in order, each once; also after Hermes "
		       "was killed; too long "
		       "ago: it is told to fetch the score")
{
	char score_id[40], state[40];

	subscribe(rig.client[1], NULL, -1);
	strcpy(score_id, rig_text("score_id"));
	for (int i = 0; i < 5; i++)
		edit(90 - i);
	strcpy(state, rig_text("state_id"));
	for (int again = 0; again < 2; again++) {
		const int follower = rig.client[2];
		char base[40] = "";

		subscribe(follower, score_id, 3);
		cr_expect_eq(rig_number("revision"), 6);
		for (int64_t r = 4; r <= 6; r++) {
			rig_notice(follower, "hermes.score.changed");
			cr_expect_eq(rig_number("revision"), r);
			cr_expect(!is_snapshot());
			if (base[0])
				cr_expect_str_eq(rig_text("base_state_id"), base);
			strcpy(base, rig_text("state_id"));
		}
		cr_expect_str_eq(base, state);
		cr_expect(rig_is_quiet(follower, 20));
		if (!again) {
			rig_end(SIGKILL);
			rig_start_again();
			client = rig.client[0];
		}
	}
	subscribe(rig.client[3], score_id, 77);
	rig_notice(rig.client[3], "hermes.score.changed");
	cr_expect(is_snapshot());
	cr_expect_eq(rig_number("revision"), 6);
}

Test(hermes_subscribe, follows_loads,
	.description = "HER-04 HER-12: a follower of what is loaded hears of the next load, its failures "
		       "with place and number, "
		       "and of changes of the new score only")
{
	const int follower = rig.client[1];
	char first[40];

	subscribe(follower, NULL, -1);
	strcpy(first, rig_text("score_id"));
	rig_call(client, "hermes.score.load", rig_file("MThd\0\0\0\6\0\0\0\1\0\0", 14));
	const msgpack_object *error;
	do {
		rig_notice(follower, "hermes.score.state");
		error = wire_get_map(rig.in.params, "error");
	} while (!error);
	struct wire_error err;
	wire_error_read(error, &err);
	cr_expect_str_eq(err.code, "hermes.score.invalid");
	cr_expect_str_eq(err.where, "byte 12");
	cr_expect_gt(rig_number("load_id"), 0);
	cr_expect_str_eq(rig_text("score_id"), first);

	rig_call(client, "hermes.score.load", rig_song(61));
	int loading = 1;
	while (loading) {
		rig_notice(follower, "hermes.score.state");
		cr_assert_eq(wire_get_bool(rig.in.params, "loading", &loading), 0);
	}
	cr_expect_str_neq(rig_text("score_id"), first);
	edit(50);
	rig_notice(follower, "hermes.score.changed");
	cr_expect_eq(rig_number("revision"), 2);
}

Test(hermes_subscribe, slow_followers,
	.description =
		"HER-04: who does not read holds up nobody, and is told where things are when it reads again")
{
	const int slow = rig.client[1], quick = rig.client[2];
	unsigned n_told = 0;
	int64_t revision = 0;

	subscribe(slow, NULL, -1);
	subscribe(quick, NULL, -1);
	for (int i = 0; i < 2000; i++) {
		edit(1 + i % 120);
		rig_notice(quick, "hermes.score.changed");
		cr_assert_eq(rig_number("revision"), i + 2);
	}
	while (revision < 2001) {
		rig_notice(slow, "hermes.score.changed");
		cr_assert(rig_number("revision") > revision);
		revision = rig_number("revision");
		n_told++;
	}
	cr_expect(is_snapshot(), "the last one says where things are");
	cr_expect_lt(n_told, 2000);
	edit(5);
	rig_notice(slow, "hermes.score.changed");
	cr_expect_eq(rig_number("revision"), 2002);
	cr_expect(!is_snapshot());
}

Test(hermes_subscribe, another_rtcore,
	.description = "HER-13: an rtcore that was restarted gets the timeline that plays, edits included; "
		       "one that has it does "
		       "not")
{
	rig_rtcore_up(7, rig.last_id);
	edit(42);
	const unsigned n = rig.n_timelines, n_updates = rig.n_updates;
	const uint64_t id = rig.last_id;
	cr_expect_eq(n, 2);
	rig_rtcore_up(7, id);
	rig_rtcore_up(8, 0);
	rig_wait_timelines(n + 1);
	cr_expect_eq(rig.last_id, id);
	cr_expect_eq(rig.n_updates, n_updates, "as after a load: at the start, ready");
	/* The broker came back while another service's timeline plays there: it stays. */
	rig_rtcore_up(8, 4711);
	rig_call(rig.client[0], "hermes.score.get", -1);
	cr_expect_eq(rig.n_timelines, n + 1);
}

Test(hermes_subscribe, hermes_restarted,
	.description = "HER-13: the score that was loaded is loaded again, its history with it; what plays "
		       "goes on, and an "
		       "rtcore that has nothing gets it")
{
	char state[40];

	edit(41);
	strcpy(state, rig_text("state_id"));
	rig.generation = 7;
	rig.timeline_id = rig.last_id;
	rig_end(SIGKILL);
	rig_start_again();
	rig_call(rig.client[0], "hermes.score.get", -1);
	rig_expect_result();
	cr_expect_str_eq(rig_text("state_id"), state);
	cr_expect_eq(rig.n_timelines, 2, "rtcore has it already");
	rig_call(rig.client[0], "hermes.score.undo", -1);
	rig_expect_result();
	cr_expect_eq(rig.n_updates, 2);
	rig.timeline_id = 0;
	rig_end(SIGKILL);
	rig_start_again();
	rig_wait_timelines(4);
	cr_expect_eq(rig.n_updates, 2);
	rig_call(rig.client[0], "hermes.score.redo", -1);
	rig_expect_result();
	cr_expect_str_eq(rig_text("state_id"), state);
}
