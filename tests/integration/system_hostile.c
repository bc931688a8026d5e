/* SPDX-License-Identifier: MIT */
/*
 * A widget that means harm, attack by attack, while a score plays: the others get every event, in order, the
 * transport rolls on, rtcore and broker are the processes they were, and when it is ended nothing of it is left.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "system.h"
#include "stage_rig.h"

#define N_EVENTS 300u

static const uint32_t highlights[] = {MOS_EVENT_ROCKY_HIGHLIGHT};

static void emit(struct mos_client *c, uint32_t number)
{
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT,
		.tick = INT64_MIN,
		.flags = (uint8_t)(number % 3 ? 0 : MOS_EVENT_IMMEDIATE)};
	int rc;

	ev.u.highlight.keys[0] = number;
	while ((rc = mos_emit(c, &ev)) == -EAGAIN)
		usleep(1000); /* the ring is full until rtcore's next turn */
	cr_assert_eq(rc, 0, "%s", strerror(-rc));
}

/* Others tell and hear N_EVENTS, none is missing; meanwhile the score moves on by at least a beat. */
static void others_live(struct mos_client *sender, struct mos_client *reader)
{
	uint32_t wanted = 1;
	struct mos_now before, now;
	struct mos_event ev;

	cr_assert_eq(mos_clock_now(sender, &before), 0);
	for (uint32_t i = 1; i <= N_EVENTS; i++) {
		emit(sender, i);
		usleep(2000); /* spread over the attack: it is not waited for */
		while (mos_events_next(reader, &ev) == 1)
			if (ev.type == MOS_EVENT_ROCKY_HIGHLIGHT)
				cr_assert_eq(ev.u.highlight.keys[0], wanted++);
	}
	while (wanted <= N_EVENTS) {
		int rc = mos_events_next(reader, &ev);

		cr_assert_neq(rc, -EOVERFLOW, "%llu events were lost", (unsigned long long)mos_events_lost(reader));
		if (rc == 0)
			cr_assert_eq(mos_events_wait(reader, SYSTEM_WAIT_MS), 0, "event %u did not come", wanted);
		else if (ev.type == MOS_EVENT_ROCKY_HIGHLIGHT)
			cr_assert_eq(ev.u.highlight.keys[0], wanted++);
	}
	cr_assert_eq(mos_clock_now(sender, &now), 0);
	cr_assert_eq(now.clock.state, MOS_TRANSPORT_PLAYING);
	cr_assert_gt(now.clock.tick, before.clock.tick + MOS_PPQ / 2);
}

struct attack {
	char name[16]; /* in place: a parameter goes to another process */
};

static struct attack attacks[] = {{"flood"}, {"notes"}, {"records"}, {"positions"}, {"doorbell"}, {"fork"}, {"memory"}, {"forge"}, {"pages"}, {"die"}, {"itself"}, {"frames"}, {"big"}, {"deaf"}, {"busy"}};

ParameterizedTestParameters(system_hostile, others_go_on)
{
	return cr_make_param_array(struct attack, attacks, sizeof(attacks) / sizeof(*attacks), NULL);
}

ParameterizedTest(struct attack *attack, system_hostile, others_go_on, .timeout = 120,
	.description = "WID-07 E2.6.1.8 SEC-01 SEC-09: the score plays on under each attack, the others get every event")
{
	struct mos_client *sender = system_connect("sender"), *reader = system_connect("reader");
	pid_t rtcore = system_rtcore_pid(sender), broker = system_broker_pid(sender);
	uint64_t xruns, clients;

	system_wait_playable(sender);
	cr_assert_eq(mos_score_load(sender, system_demo(), NULL), 0, "%s", mos_client_error(sender)->message);
	cr_assert_eq(mos_transport_play(sender, 0), 0, "%s", mos_client_error(sender)->message);
	stage_install(sender, HOSTILE_DIR);
	clients = system_counter(sender, "control.clients");
	xruns = system_counter(sender, "rt.xruns");
	stage_set(sender, "hostile", mos_str("attack", attack->name));
	cr_assert_eq(stage_call(sender, "broker.widget.start", "hostile"), 0, "%s", mos_client_error(sender)->message);
	cr_assert_eq(mos_events_select(reader, highlights, 1), 0);
	others_live(sender, reader);
	cr_log_info("%s: %llu xruns", attack->name, (unsigned long long)(system_counter(sender, "rt.xruns") - xruns));
	cr_assert_eq(stage_call(sender, "broker.widget.remove", "hostile"), 0, "%s", mos_client_error(sender)->message);
	cr_assert_eq(system_rtcore_pid(sender), rtcore, "rtcore died of it");
	cr_assert_eq(system_broker_pid(sender), broker, "the broker died of it");
	cr_assert(stage_wait_counter(sender, "control.clients", clients), "its slot is still taken");
	cr_assert(stage_none_left("hostile"), "a process of it is left");
	mos_transport_stop(sender);
	mos_client_destroy(reader);
	mos_client_destroy(sender);
}

static bool all_tried(void *data)
{
	char log[8192];

	stage_log(data, "hostile", log, sizeof(log));
	return strstr(log, "ALL TRIED") != NULL;
}

Test(system_hostile, forbidden_calls, .timeout = 120,
	.description = "WID-07 E2.6.1.8 APO-31: open, ptrace, socket, PipeWire, ALSA, mount, io_uring, foreign memory ...: each fails, and its log says how")
{
	static const char *const tried[] = {"open /etc/shadow", "write below /usr", "the broker's door", "ptrace", "internet socket",
		"unix socket", "PipeWire", "ALSA's devices", "ALSA's sequencer", "mount", "io_uring", "read other's memory", "/proc/1/mem", "unshare", "bpf"};
	struct mos_client *c = system_connect("judge");
	char log[8192];

	stage_install(c, HOSTILE_DIR);
	stage_set(c, "hostile", mos_str("attack", "calls"));
	cr_assert_eq(stage_call(c, "broker.widget.start", "hostile"), 0, "%s", mos_client_error(c)->message);
	cr_assert(system_wait(all_tried, c));
	stage_log(c, "hostile", log, sizeof(log));
	cr_assert_null(strstr(log, "BREACH"), "%s", log);
	for (size_t i = 0; i < sizeof(tried) / sizeof(*tried); i++)
		cr_assert_not_null(strstr(log, tried[i]), "%s was not tried:\n%s", tried[i], log);
	cr_assert_eq(stage_call(c, "broker.widget.remove", "hostile"), 0);
	mos_client_destroy(c);
}
