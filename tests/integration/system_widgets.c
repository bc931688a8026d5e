/* SPDX-License-Identifier: MIT */
/* Widgets come and go while a score plays: the real broker, the real sandbox, the real rtcore. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"
#include "stage_rig.h"

static struct mos_client *play(const char *name)
{
	struct mos_client *c = system_connect(name);

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	return c;
}

static void start(struct mos_client *c, const char *id)
{
	char log[4096];

	if (stage_call(c, "broker.widget.start", id) == 0)
		return;
	stage_log(c, id, log, sizeof(log));
	cr_assert_fail("%s: %s %s: %s", id, mos_client_error(c)->code, mos_client_error(c)->message, log);
}

static int n_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int n = 0, ch;

	while (f && (ch = fgetc(f)) != EOF)
		n += ch == '\n';
	if (f)
		(void)fclose(f);
	return n;
}

Test(system_widgets, come_and_go_while_playing, .timeout = 300,
	.description = "WID-02 WID-05 E2.6.1.2 EVT-04 E2.4.4.2: 100 starts and stops during a score: it plays on, and no "
		       "descriptor, slot, mount, process or megabyte is left")
{
	struct mos_client *c = play("stage");
	pid_t rtcore = system_rtcore_pid(c), broker = system_broker_pid(c);
	int rtcore_fds = 0, broker_fds = 0, mounts = 0;
	long rtcore_kib = 0, broker_kib = 0;
	uint64_t clients = 0;
	struct mos_now now;

	stage_install(c, PROBE_DIR);
	for (int i = 0; i < 100; i++) {
		start(c, "probe");
		cr_assert_eq(stage_call(c, "broker.widget.stop", "probe"), 0, "%s", mos_client_error(c)->message);
		if (i != 9)
			continue; /* after ten all caches are warm */
		clients = system_counter(c, "control.clients");
		rtcore_fds = system_fds(rtcore);
		broker_fds = system_fds(broker);
		rtcore_kib = system_rss_kib(rtcore);
		broker_kib = system_rss_kib(broker);
		mounts = n_mounts();
	}
	cr_assert(stage_wait_counter(c, "control.clients", clients));
	cr_assert(stage_none_left("probe"));
	/* one more: the sound font, which is open only while a voice reads from it */
	cr_assert(system_wait_fds(rtcore, rtcore_fds + 1), "rtcore: %d descriptors, %d before", system_fds(rtcore), rtcore_fds);
	cr_assert(system_wait_fds(broker, broker_fds), "broker: %d descriptors, %d before", system_fds(broker), broker_fds);
	cr_assert_leq(n_mounts(), mounts);
	cr_assert_leq(system_rss_kib(broker), broker_kib + 512, "the broker grew from %ld to %ld KiB", broker_kib,
		system_rss_kib(broker));
	cr_assert_leq(system_rss_kib(rtcore), rtcore_kib + 4096, "rtcore grew from %ld to %ld KiB", rtcore_kib,
		system_rss_kib(rtcore));
	cr_assert_eq(mos_clock_now(c, &now), 0);
	cr_assert_eq(now.clock.state, MOS_TRANSPORT_PLAYING);
	mos_transport_stop(c);
	mos_client_destroy(c);
}

static bool hears_answer(void *data)
{
	struct mos_event ev;

	while (mos_events_next(data, &ev) == 1)
		if (ev.type == MOS_EVENT_ROCKY_FEEDBACK && !strcmp(ev.u.feedback.message, "42"))
			return true;
	return false;
}

Test(system_widgets, plays_along, .timeout = 120,
	.description = "WID-01 WID-08 EVT-07: a widget is activated with its settings, hears an event and answers, is called, takes a "
		       "key, gets new settings, keeps its state")
{
	struct mos_event ask = {.type = MOS_EVENT_ROCKY_HIGHLIGHT, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE,
		.u.highlight.keys[0] = 42};
	struct mos_client *c = system_connect("stage");
	const struct mos_field n = mos_int("n", 21);
	struct mos_reply reply = {0};
	char text[256];

	stage_install(c, PROBE_DIR);
	stage_set(c, "probe", mos_real("gain", 0.25));
	start(c, "probe");
	cr_assert_eq(mos_emit(c, &ask), 0);
	cr_assert(system_wait(hears_answer, c), "it does not answer");
	cr_assert_eq(mos_call(c, "broker.widget.call",
			     MOS_ARGS(mos_str("id", "probe"), mos_str("name", "number.double"),
				     mos_field("params", mos_value_map(&n, 1))),
			     &reply),
		0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_get_int(&reply.value, "twice", 0), 42);
	mos_reply_finish(&reply);
	cr_assert_eq(mos_call(c, "broker.widget.call", MOS_ARGS(mos_str("id", "probe"), mos_str("name", "no.such")), NULL), -EREMOTEIO);
	cr_assert_str_eq(mos_client_error(c)->code, "probe.method.unknown");
	/* a wrong value changes nothing, not even the good one beside it */
	cr_assert_eq(mos_call(c, "broker.settings.set",
			     MOS_ARGS(mos_str("id", "probe"),
				     mos_field("settings", mos_value_map((const struct mos_field[]){mos_str("label", "x"), mos_real("gain", 7)}, 2))),
			     NULL),
		-EREMOTEIO);
	cr_assert_str_eq(mos_client_error(c)->code, "broker.settings.invalid");
	cr_assert_eq(mos_call(c, "broker.widget.attach", MOS_ARGS(mos_str("id", "probe")), &reply), 0);
	(void)snprintf(text, sizeof(text), "%s", mos_get_str(&reply.value, "text", ""));
	mos_reply_finish(&reply);
	cr_assert_not_null(strstr(text, "probe: gain 0.25"), "%s", text);
	cr_assert_eq(stage_call(c, "broker.widget.remove", "probe"), 0);
	mos_client_destroy(c);
}

static bool restarted(void *data)
{
	return stage_number(data, "probe", "restarts") >= 1;
}

Test(system_widgets, crashes, .timeout = 120,
	.description = "WID-05 EVT-06 E2.4.4.9: a widget crashes: it is started again after a pause, its state is kept, the crash is "
		       "reported")
{
	struct mos_client *c = system_connect("stage");
	struct mos_reply reply = {0};

	stage_install(c, PROBE_DIR);
	start(c, "probe");
	(void)mos_call(c, "broker.widget.call", MOS_ARGS(mos_str("id", "probe"), mos_str("name", "crash.now")), NULL);
	cr_assert(system_wait(restarted, c));
	cr_assert(stage_wait_state(c, "probe", "active"));
	cr_assert_eq(mos_call(c, "broker.widget.get", MOS_ARGS(mos_str("id", "probe")), &reply), 0);
	cr_assert_eq(mos_get_int(&reply.value, "crashes/0/status", 0), -SIGABRT);
	mos_reply_finish(&reply);
	cr_assert_eq(stage_call(c, "broker.widget.stop", "probe"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.remove", "probe"), 0);
	mos_client_destroy(c);
}

static bool other_broker(void *data)
{
	struct mos_client *const *c = data;
	pid_t now = system_broker_pid(c[0]);

	return now > 0 && now != (pid_t)(intptr_t)c[1];
}

Test(system_widgets, broker_killed, .timeout = 120,
	.description = "WID-15 E2.6.1.10: the broker is killed with -9: its widgets end with it, and the next broker starts them again")
{
	struct mos_client *c = play("stage");
	pid_t broker = system_broker_pid(c), old;

	stage_install(c, PROBE_DIR);
	start(c, "probe");
	old = (pid_t)stage_number(c, "probe", "pid");
	cr_assert_eq(kill(broker, SIGKILL), 0);
	cr_assert(system_wait(other_broker, (void *[]){c, (void *)(intptr_t)broker}));
	cr_assert(stage_wait_state(c, "probe", "active"));
	cr_assert_neq((pid_t)stage_number(c, "probe", "pid"), old);
	cr_assert_eq(stage_call(c, "broker.widget.remove", "probe"), 0);
	cr_assert(stage_none_left("probe"));
	mos_transport_stop(c);
	mos_client_destroy(c);
}

Test(system_widgets, fight_over_the_tempo, .timeout = 120,
	.description = "WID-04 E2.6.1.1: two programs set the tempo 200 times each at once: every call is answered, the last one is in force")
{
	struct mos_client *c = play("judge");
	pid_t pid[2];
	struct mos_now now;
	double bpm = 0;
	int status;

	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			struct mos_client *mine;

			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (mos_client_create(&(struct mos_client_options){.name = "fighter"}, &mine, NULL) < 0)
				_exit(1);
			for (int n = 0; n < 200; n++) {
				double wanted = i ? 90 + n : 100.5;

				/* a tempo is whole nanoseconds a quarter */
				if (mos_tempo_set_bpm(mine, wanted, &bpm) < 0 || bpm < wanted - 1e-4 || bpm > wanted + 1e-4)
					_exit(2);
			}
			mos_client_destroy(mine);
			_exit(0);
		}
	}
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(waitpid(pid[i], &status, 0), pid[i]);
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "fighter %d: %d", i, status);
	}
	cr_assert_eq(mos_tempo_set_bpm(c, 123, &bpm), 0);
	cr_assert_float_eq(bpm, 123, 1e-4);
	cr_assert_eq(mos_clock_wait_tick(c, (mos_clock_now(c, &now), now.tick + 480), SYSTEM_WAIT_MS), 0);
	cr_assert_eq(mos_clock_now(c, &now), 0);
	cr_assert_float_eq(now.bpm, 123, 0.001);
	(void)mos_tempo_follow_score(c);
	mos_transport_stop(c);
	mos_client_destroy(c);
}

static const char *const bundled[] = {"metronome", "chord-detector", "recorder", "latency-hud", "tuner"};

Test(system_widgets, bundled, .timeout = 200,
	.description = "WID-01 SCL-03: the widgets that come with MOS become active together, show themselves, and go")
{
	struct mos_client *c = play("stage");

	for (size_t i = 0; i < sizeof(bundled) / sizeof(*bundled); i++)
		start(c, bundled[i]);
	for (size_t i = 0; i < sizeof(bundled) / sizeof(*bundled); i++) {
		struct mos_reply reply = {0};

		cr_assert(stage_wait_state(c, bundled[i], "active"), "%s", bundled[i]);
		cr_assert_eq(mos_call(c, "broker.widget.attach", MOS_ARGS(mos_str("id", bundled[i])), &reply), 0);
		mos_reply_finish(&reply);
	}
	for (size_t i = 0; i < sizeof(bundled) / sizeof(*bundled); i++) {
		cr_assert_eq(stage_number(c, bundled[i], "restarts"), 0, "%s crashed", bundled[i]);
		cr_assert_eq(stage_call(c, "broker.widget.stop", bundled[i]), 0, "%s: %s", bundled[i], mos_client_error(c)->message);
		cr_assert(stage_none_left(bundled[i]), "%s", bundled[i]);
	}
	mos_transport_stop(c);
	mos_client_destroy(c);
}

/* What `id` got when it tried to hear, to send and to play. */
static void try_midi(struct mos_client *c, const char *id, int ret[static 3])
{
	static const char *const ways[] = {"in", "out", "play"};
	struct mos_reply reply = {0};

	cr_assert_eq(mos_call(c, "broker.widget.call", MOS_ARGS(mos_str("id", id), mos_str("name", "midi.try")), &reply), 0, "%s",
		mos_client_error(c)->message);
	for (int i = 0; i < 3; i++)
		ret[i] = (int)mos_get_int(&reply.value, ways[i], 1);
	mos_reply_finish(&reply);
}

Test(system_widgets, midi_capabilities, .timeout = 60,
	.description = "WID-03: in the sandbox, midi.in opens the lane of MIDI input and midi.out the way to the MIDI output; "
		       "without them neither is there, and neither lets a widget play here")
{
	struct mos_client *c = system_connect("stage");
	int got[3];

	stage_install(c, PROBE_DIR);
	stage_install(c, PROBE_MIDI_DIR);
	start(c, "probe");
	start(c, "probe-midi");
	try_midi(c, "probe", got);
	cr_expect(got[0] == -EACCES && got[1] == -EACCES && got[2] == -EACCES, "WID-03: %d %d %d", got[0], got[1], got[2]);
	try_midi(c, "probe-midi", got);
	cr_expect(got[0] == 0 && got[1] == 0 && got[2] == -EACCES, "WID-03: %d %d %d", got[0], got[1], got[2]);
	cr_assert_eq(stage_call(c, "broker.widget.remove", "probe"), 0);
	cr_assert_eq(stage_call(c, "broker.widget.remove", "probe-midi"), 0);
	mos_client_destroy(c);
}
