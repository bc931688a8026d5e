/* SPDX-License-Identifier: MIT */
/* What the PipeWire driver says about itself, and what it does when servers, sinks and links come and go. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "pw_driver_rig.h"

#define QUANTUM 256u

TestSuite(pw_driver_states, .timeout = 90);

/** Play for a while: that many more cycles. */
static void expect_more_cycles(struct rig *rig, unsigned int n)
{
	rig_expect_cycles(rig, atomic_load_explicit(&rig->n_cycles, memory_order_acquire) + n);
}

static void run(struct rig *rig, const char *const *argv)
{
	cr_assert_eq(headless_pw_run(&rig->pw, argv), 0, "%s failed", argv[0]);
}

/** A second null sink, which stays when the tool that made it ends. */
static void make_sink(struct rig *rig, const char *name)
{
	char props[512];
	const char *const argv[] = {"pw-cli", "create-node", "adapter", props, NULL};

	snprintf(props, sizeof(props),
		"{ factory.name=support.null-audio-sink node.name=%s media.class=Audio/Sink "
		"object.linger=true"
		" audio.position=[FL FR] monitor.passthrough=true node.pause-on-idle=false "
		"priority.session=100"
		" priority.driver=290000 session.suspend-timeout-seconds=0 }",
		name);
	run(rig, argv);
	/* the tool may end before the server has made the node */
	cr_assert(headless_pw_run_until(&rig->pw, (const char *const[]){"pw-cli", "info", name, NULL}),
		"sink %s was not made", name);
}

struct saying {
	struct rig *rig;
	enum driver_state state;
	const char *text;
};

static bool says(void *data)
{
	const struct saying *saying = data;
	struct driver_status status = rig_status(saying->rig);

	return status.state == saying->state && strstr(status.text, saying->text);
}

static void expect_saying(struct rig *rig, enum driver_state state, const char *text)
{
	struct saying saying = {rig, state, text};

	cr_assert(headless_pw_wait(says, &saying), "never in state %d saying \"%s\"; it is %d: %s", state,
		text, rig_status(rig).state, rig_status(rig).text);
}

Test(pw_driver_states, bad_config, .description = "what can never work is refused at once")
{
	static const struct driver_config bad[] = {
		{.rate_hz = 0, .node_name = "mos"},
		{.rate_hz = 48000},
		{.rate_hz = 48000, .node_name = "mos", .quantum_frames = DRIVER_MAX_FRAMES + 1},
	};
	struct driver *driver = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_expect_eq(driver_pipewire.create(&bad[i], NULL, NULL, NULL, &driver), -EINVAL);
		cr_expect_null(driver, "written although it failed");
	}
	driver_pipewire.destroy(NULL);
}

Test(pw_driver_states, server_comes_later,
	.description = "no PipeWire: the driver says so and waits; when one comes, it plays")
{
	struct rig *rig = rig_start(QUANTUM);

	headless_pw_kill(&rig->pw);
	rig_start_driver(rig, 0, NULL);
	expect_saying(rig, DRIVER_DOWN, "No connection to PipeWire");
	cr_expect_eq(rig->n_cycles, 0);
	cr_assert_eq(headless_pw_restart(&rig->pw), 0);
	rig_expect(rig, DRIVER_RUNNING);
	rig_stop(rig);
}

Test(pw_driver_states, server_killed,
	.description =
		"PipeWire is killed while playing: down at once, by itself up again with the next one, twice")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, NULL);
	for (unsigned int i = 1; i <= 2; i++) {
		unsigned int n_cycles;

		rig_expect(rig, DRIVER_RUNNING);
		expect_more_cycles(rig, 10);
		headless_pw_kill(&rig->pw);
		expect_saying(rig, DRIVER_DOWN, "the server went away");
		n_cycles = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);
		cr_assert_eq(headless_pw_restart(&rig->pw), 0);
		rig_expect(rig, DRIVER_RUNNING);
		rig_expect_cycles(rig, n_cycles + 10);
		/* The pause was no overload: the graph that is back counts from where it was joined. */
		cr_expect_eq(rig->cycle[n_cycles].xruns, 0);
		cr_expect_eq(rig->n_running, i + 1);
	}
	rig_stop(rig);
}

Test(pw_driver_states, sink_absent,
	.description = "APO-20 the sink is absent: never running, not one cycle, and it says what is missing")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, "missing-sink");
	expect_saying(rig, DRIVER_IDLE, "no sink named missing-sink");
	/* Other sinks play on; ours is still not there. */
	make_sink(rig, "another-sink");
	cr_expect_eq(rig_status(rig).state, DRIVER_IDLE);
	cr_expect_eq(rig->n_running, 0);
	cr_expect_eq(rig->n_cycles, 0);

	make_sink(rig, "missing-sink");
	expect_saying(rig, DRIVER_RUNNING, "Playing to missing-sink");
	rig_expect_cycles(rig, 10);
	rig_stop(rig);
}

Test(pw_driver_states, sink_removed,
	.description = "APO-20 the sink goes away while playing: no longer running")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, HEADLESS_SINK);
	rig_expect(rig, DRIVER_RUNNING);
	run(rig, (const char *const[]){"pw-cli", "destroy", HEADLESS_SINK, NULL});
	expect_saying(rig, DRIVER_IDLE, "no sink named " HEADLESS_SINK);
	make_sink(rig, HEADLESS_SINK);
	rig_expect(rig, DRIVER_RUNNING);
	rig_stop(rig);
}

/** Any change in the graph resumes the sink, so the command is given until it has taken. */
static bool suspended_and_idle(void *data)
{
	static const char *const suspend[] = {"pw-cli", "send-command", HEADLESS_SINK, "Suspend", "{}", NULL};
	struct rig *rig = data;

	if (rig_status(rig).state == DRIVER_IDLE)
		return true;
	run(rig, suspend);
	return false;
}

Test(pw_driver_states, sink_suspended,
	.description =
		"APO-20 the sink is suspended under our feet: no longer running, whatever the links say")
{
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	cr_expect(headless_pw_wait(suspended_and_idle, rig), "%s", rig_status(rig).text);
	rig_stop(rig);
}

Test(pw_driver_states, default_followed,
	.description = "the default sink changes while playing: the sound moves there, the old links go")
{
	struct rig *rig = rig_start(QUANTUM);
	struct capture *capture;

	rig_start_driver(rig, 0, NULL);
	expect_saying(rig, DRIVER_RUNNING, "Playing to " HEADLESS_SINK);
	make_sink(rig, "second-sink");
	run(rig, (const char *const[]){"pw-metadata", "0", "default.configured.audio.sink",
			 "{\"name\":\"second-sink\"}", "Spa:String:JSON", NULL});
	/* first the session manager has to agree: what fails below is the driver's fault */
	cr_assert(headless_pw_run_until(&rig->pw,
			  (const char *const[]){"sh", "-c",
				  "pw-metadata 0 default.audio.sink | grep -q second-sink", NULL}),
		"the session manager does not change the default sink");
	expect_saying(rig, DRIVER_RUNNING, "Playing to second-sink");
	cr_assert_eq(capture_start("second-sink", RIG_RATE_HZ, RIG_RATE_HZ / 4, &capture), 0);
	cr_assert(capture_wait(capture, RIG_RATE_HZ / 4));
	cr_expect_neq(capture_channel(capture, 0)[RIG_RATE_HZ / 4 - 1], 0.0f, "the new sink is silent");
	capture_stop(capture);
	/* pw-link -d fails where there is no such link. */
	cr_expect_neq(headless_pw_run(&rig->pw, (const char *const[]){"pw-link", "-d", "mos:output_FL",
							HEADLESS_SINK ":playback_FL", NULL}),
		0, "the link to the former sink is still there");
	rig_stop(rig);
}

Test(pw_driver_states, unlinked_by_hand,
	.description = "APO-20 a person removes the links: not running, and they are not made again behind "
		       "their back")
{
	static const char *const unlink[2][5] = {
		{"pw-link", "-d", "mos:output_FL", HEADLESS_SINK ":playback_FL"},
		{"pw-link", "-d", "mos:output_FR", HEADLESS_SINK ":playback_FR"},
	};
	struct rig *rig = rig_start(QUANTUM);

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	run(rig, unlink[0]);
	run(rig, unlink[1]);
	expect_saying(rig, DRIVER_IDLE, "No active link");
	/* Something happens in the graph: no reason to link again. */
	make_sink(rig, "bystander");
	cr_expect_neq(headless_pw_run(&rig->pw, unlink[0]), 0, "the link was made again");

	run(rig, (const char *const[]){"pw-link", "mos:output_FR", HEADLESS_SINK ":playback_FR", NULL});
	rig_expect(rig, DRIVER_RUNNING);
	rig_stop(rig);
}

Test(pw_driver_states, two_instances, .description = "two of us play side by side and can be told apart")
{
	static const char *const links[] = {"pw-link", "mos-2:output_FL", HEADLESS_SINK ":playback_FR", NULL};
	struct rig *first = rig_start(QUANTUM), *second;

	rig_start_driver(first, 0, NULL);
	rig_expect(first, DRIVER_RUNNING);
	second = rig_second(first);
	rig_expect(second, DRIVER_RUNNING);
	expect_more_cycles(first, 10);
	expect_more_cycles(second, 10);
	run(first, links);
	driver_pipewire.destroy(second->driver);
	expect_more_cycles(first, 10);
	cr_expect_eq(rig_status(first).state, DRIVER_RUNNING);
	free(second);
	rig_stop(first);
}

/** pw-link finds no such port. The server learns of our end a little after it. */
static bool port_is_gone(void *data)
{
	static const char *const argv[] = {"pw-link", "mos:output_FL", HEADLESS_SINK ":playback_FL", NULL};
	const struct rig *rig = data;

	return headless_pw_run(&rig->pw, argv) != 0;
}

Test(pw_driver_states, destroyed_at_any_time,
	.description = "created and destroyed in quick succession, nothing is left")
{
	struct rig *rig = rig_start(QUANTUM);

	for (int i = 0; i < 20; i++) {
		rig_start_driver(rig, 0, NULL);
		if (i % 4 == 3)
			rig_expect(rig, DRIVER_RUNNING);
		driver_pipewire.destroy(rig->driver);
		rig->driver = NULL;
		rig->status = (struct driver_status){0};
	}
	cr_expect(headless_pw_wait(port_is_gone, rig), "a node is left in the graph");
	rig_stop(rig);
}
