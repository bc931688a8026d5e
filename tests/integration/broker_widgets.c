/* SPDX-License-Identifier: MIT */
/* Widgets from installing to removing: order, deadlines, crashes, and that nothing of them stays. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "widget_rig.h"

static struct rig rig;
static struct caller c;

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	caller_connect(&c, &rig);
}

static void teardown(void)
{
	caller_finish(&c);
	rig_finish(&rig);
}

TestSuite(widgets, .init = setup, .fini = teardown, .timeout = 120);

static void ok(const char *method, const char *id)
{
	cr_assert_eq(caller_call(&c, method, "id:s", id), 0, "%s %s: %s %s", method, id, c.error.code,
		c.error.message);
}

static void restart_broker(int sig)
{
	int status;

	caller_finish(&c);
	status = rig_end_broker(&rig, sig);
	cr_expect(sig == SIGKILL || (WIFEXITED(status) && WEXITSTATUS(status) == 0), "status %d", status);
	rig_start_broker(&rig);
	caller_connect(&c, &rig);
}

/* --- One framework --- */

Test(widgets, life,
	.description = "WID-01 WID-05 WID-09 WID-16: install, list, get, start, call, stop, remove; each "
		       "change is told as "
		       "widget:state")
{
	static const uint8_t states[] = {MOS_WIDGET_WAITING, MOS_WIDGET_STARTING, MOS_WIDGET_ACTIVE,
		MOS_WIDGET_STOPPING, MOS_WIDGET_STOPPED, MOS_WIDGET_REMOVED};
	struct mos_event ev[16];
	int64_t pid;

	fake_install(&rig, &c, "one", &(struct fake){.capabilities = "\"clock.read\""});
	cr_expect_str_eq(fake_state(&c, "one", NULL), "stopped");
	ok("broker.widget.get", "one");
	cr_expect_str_eq(caller_str(&c, "name"), "Fake one");
	cr_expect_not_null(wire_get_map(c.in.result, "manifest"));
	ok("broker.widget.start", "one");
	cr_expect_str_eq(caller_str(&c, "state"), "active");
	cr_expect_str_eq(fake_state(&c, "one", &pid), "active");
	cr_expect_gt(pid, 0);
	cr_expect_eq(rtcore_double_clients(rig.rt), 1, "it has a slot like any program");
	cr_assert_eq(fake_call(&c, "one", "echo", "n:i", (int64_t)7), 0, "%s", c.error.message);
	ok("broker.widget.start", "one"); /* again: it is there already */
	ok("broker.widget.stop", "one");
	cr_expect_str_eq(caller_str(&c, "state"), "stopped");
	cr_expect_eq(kill((pid_t)pid, 0), -1, "its process is gone when stop is answered");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 1);
	expect_error(&c, fake_call(&c, "one", "echo", ""), "broker.widget.failed", "one");
	ok("broker.widget.remove", "one");
	cr_expect_str_eq(fake_state(&c, "one", NULL), "");
	expect_error(
		&c, caller_call(&c, "broker.widget.start", "id:s", "one"), "broker.widget.unknown", "one");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_EVENT, 6);
	cr_assert_eq(rtcore_double_events(rig.rt, MOS_EVENT_WIDGET_STATE, ev, 16), 6);
	for (int i = 0; i < 6; i++) {
		cr_expect_eq(ev[i].u.widget.state, states[i], "change %d", i);
		cr_expect_str_eq(ev[i].u.widget.id, "one");
	}
}

Test(widgets, again_and_again,
	.description = "WID-05 EVT-04 E2.4.4.2: 100 starts and stops, every second one by a kill: "
		       "descriptors, slots and "
		       "processes as before")
{
	uint32_t before;
	int64_t pid;

	fake_install(&rig, &c, "cycle", &(struct fake){.capabilities = "\"files.own\",\"events.read\""});
	ok("broker.widget.start", "cycle");
	ok("broker.widget.stop", "cycle");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 1);
	before = rig_broker_fds(&rig);
	for (uint32_t i = 0; i < 100; i++) {
		ok("broker.widget.start", "cycle");
		if (i % 2) {
			cr_assert_str_eq(fake_state(&c, "cycle", &pid), "active");
			cr_assert_eq(kill((pid_t)pid, SIGKILL), 0);
		}
		ok("broker.widget.stop", "cycle");
		(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, i + 2);
	}
	cr_expect_eq(rtcore_double_clients(rig.rt), 0);
	/* The last slot's answer may still be on its way; a leak would show a hundredfold. */
	cr_expect_leq(
		rig_broker_fds(&rig), before + 4, "%u, before it were %u", rig_broker_fds(&rig), before);
}

/* --- Deadlines --- */

Test(widgets, hangs_in_activate, .description = "WID-09: a widget that hangs in activate is ended and named")
{
	fake_install(&rig, &c, "hangs", &(struct fake){.behaviour = "hang-activate"});
	expect_error(
		&c, caller_call(&c, "broker.widget.start", "id:s", "hangs"), "broker.widget.failed", "hangs");
	cr_expect_not_null(
		strstr(c.error.message, "activate was not done within 5 s"), "%s", c.error.message);
	ok("broker.widget.stop", "hangs");
}

Test(widgets, hangs_in_deactivate,
	.description = "WID-09: a widget that does not deactivate is killed after 2 s; its log says so")
{
	int64_t pid;

	fake_install(&rig, &c, "stays", &(struct fake){.behaviour = "hang-deactivate"});
	ok("broker.widget.start", "stays");
	(void)fake_state(&c, "stays", &pid);
	ok("broker.widget.stop", "stays");
	cr_expect_eq(kill((pid_t)pid, 0), -1);
	ok("broker.widget.logs", "stays");
	cr_expect_not_null(strstr(caller_str(&c, "text"), "deactivate was not done within 2 s"));
}

Test(widgets, refuses,
	.description = "WID-09: a widget that cannot activate says why, and the caller hears it")
{
	fake_install(&rig, &c, "unhappy", &(struct fake){.behaviour = "refuse"});
	expect_error(&c, caller_call(&c, "broker.widget.start", "id:s", "unhappy"), "broker.widget.failed",
		"unhappy");
	cr_expect_not_null(strstr(c.error.message, "no input is there"), "%s", c.error.message);
	ok("broker.widget.stop", "unhappy");
}

/* --- Crashes --- */

Test(widgets, crashes,
	.description =
		"WID-05: a crash is reported with its signal and last words; it starts again by itself")
{
	const msgpack_object *crashes;
	int64_t pid, next, status;
	char log[4096];

	fake_install(&rig, &c, "fragile", &(struct fake){0});
	ok("broker.widget.start", "fragile");
	(void)fake_state(&c, "fragile", &pid);
	expect_error(&c, fake_call(&c, "fragile", "die", ""), "broker.widget.failed", NULL);
	fake_wait(&c, "fragile", "active");
	do /* it may not be noticed yet that it has died */
		(void)fake_state(&c, "fragile", &next);
	while (next == pid || !next);
	fake_wait(&c, "fragile", "active");
	ok("broker.widget.get", "fragile");
	crashes = wire_get_array(c.in.result, "crashes");
	cr_assert_eq(crashes->via.array.size, 1);
	cr_assert_eq(wire_get_i64(&crashes->via.array.ptr[0], "status", &status), 0);
	cr_expect_eq(status, -SIGSEGV);
	cr_assert_eq(wire_get_str(&crashes->via.array.ptr[0], "log", log, sizeof(log)), 0);
	cr_expect_not_null(strstr(log, "last words"), "%s", log);
	cr_expect_not_null(strstr(log, "signal 11"), "%s", log);
}

Test(widgets, crashes_for_ever,
	.description = "WID-05: after five crashes in a row with growing pauses it has failed; another start "
		       "tries anew")
{
	fake_install(&rig, &c, "broken", &(struct fake){.behaviour = "crash"});
	expect_error(&c, caller_call(&c, "broker.widget.start", "id:s", "broken"), "broker.widget.failed",
		"broken");
	cr_expect_not_null(strstr(c.error.message, "status 3"), "%s", c.error.message);
	fake_wait(&c, "broken", "failed");
	ok("broker.widget.get", "broken");
	cr_expect_eq(caller_i64(&c, "restarts"), 5);
	cr_expect_eq(wire_get_array(c.in.result, "crashes")->via.array.size, 5);
	expect_error(&c, caller_call(&c, "broker.widget.start", "id:s", "broken"), "broker.widget.failed",
		"broken");
	ok("broker.widget.stop", "broken");
	cr_expect_str_eq(fake_state(&c, "broken", NULL), "stopped");
}

Test(widgets, hostile_ends,
	.description = "SEC-09 WID-05: garbage frames, hanging up and living on, processes left behind: the "
		       "widget is ended, "
		       "nobody else notices")
{
	static const char *const ways[] = {"garbage", "hang-up", "fork"};
	struct caller other;

	caller_connect(&other, &rig);
	fake_install(&rig, &c, "hostile", &(struct fake){0});
	for (int i = 0; i < 3; i++) {
		int64_t pid, next;

		ok("broker.widget.start", "hostile");
		(void)fake_state(&c, "hostile", &pid);
		(void)fake_call(&c, "hostile", ways[i], "");
		if (i < 2) {
			do
				(void)fake_state(&c, "hostile", &next);
			while (next == pid);
			cr_expect_eq(kill((pid_t)pid, 0), -1, "%s", ways[i]);
		}
		ok("broker.widget.stop", "hostile");
		cr_expect_eq(caller_call(&other, "broker.service.ping", ""), 0, "%s", ways[i]);
	}
	caller_finish(&other);
}

Test(widgets, never_reads,
	.description =
		"SEC-09: a widget that asks and never reads its answers slows itself only; stop ends it")
{
	fake_install(&rig, &c, "lazy", &(struct fake){.behaviour = "lazy"});
	ok("broker.widget.start", "lazy");
	for (int i = 0; i < 200; i++)
		cr_assert_eq(caller_call(&c, "kronos.position.get", ""), 0);
	ok("broker.widget.stop", "lazy");
}

Test(widgets, floods_its_log,
	.description = "SEC-09: a widget that prints without end keeps 64 KiB of it and keeps nobody waiting")
{
	fake_install(&rig, &c, "loud", &(struct fake){.behaviour = "flood"});
	ok("broker.widget.start", "loud");
	for (int i = 0; i < 200; i++)
		cr_assert_eq(caller_call(&c, "kronos.position.get", ""), 0);
	do
		cr_assert_eq(caller_call(&c, "broker.widget.logs", "id:s lines:i", "loud", (int64_t)2), 0);
	while (strcmp(caller_str(&c, "text"), "flooding the log with lines\nflooding the log with lines\n"));
	ok("broker.widget.stop", "loud");
}

/* --- Dependencies --- */

#define NEEDS(id) ",\"dependencies\":[{\"id\":\"" id "\",\"version\":\">=1.0 <2\"}]"

Test(widgets, dependencies,
	.description = "WID-10 E2.6.1.3: dependencies start first and end last; a crashed one takes its "
		       "dependents down and "
		       "up again")
{
	int64_t pid, next;

	fake_install(&rig, &c, "base", &(struct fake){0});
	fake_install(&rig, &c, "middle", &(struct fake){.extra = NEEDS("base")});
	fake_install(&rig, &c, "top", &(struct fake){.extra = NEEDS("middle")});
	ok("broker.widget.start", "top");
	cr_expect_str_eq(fake_state(&c, "base", NULL), "active");
	cr_expect_str_eq(fake_state(&c, "middle", NULL), "active");
	(void)fake_state(&c, "top", &pid);
	(void)fake_call(&c, "base", "die", "");
	do
		(void)fake_state(&c, "top", &next);
	while (next == pid || !next);
	fake_wait(&c, "top", "active");
	ok("broker.widget.stop", "base");
	cr_expect_str_eq(fake_state(&c, "top", NULL), "stopped");
	cr_expect_str_eq(fake_state(&c, "middle", NULL), "stopped");
}

Test(widgets, order_is_refused,
	.description = "WID-14 E2.6.1.9: circles, missing ones and wrong versions are refused by name; "
		       "WID-12 E2.6.1.6: so is "
		       "another API")
{
	char parent[RIG_PATH], path[RIG_PATH];

	fake_install(&rig, &c, "a", &(struct fake){.extra = NEEDS("b")});
	expect_error(&c, caller_call(&c, "broker.widget.start", "id:s", "a"), "broker.widget.missing", "a");
	cr_expect_not_null(strstr(c.error.message, "\"a\" needs \"b\""), "%s", c.error.message);
	fake_install(&rig, &c, "b", &(struct fake){.extra = NEEDS("c")});
	fake_install(&rig, &c, "c", &(struct fake){.extra = NEEDS("a")});
	expect_error(&c, caller_call(&c, "broker.widget.start", "id:s", "a"), "broker.widget.cycle", "a");
	cr_expect_not_null(strstr(c.error.message, "a -> b -> c -> a"), "%s", c.error.message);
	fake_install(&rig, &c, "c", &(struct fake){.version = "2.1.0"});
	expect_error(&c, caller_call(&c, "broker.widget.start", "id:s", "a"), "broker.widget.missing", "a");
	cr_expect_not_null(strstr(c.error.message, "installed is 2.1.0"), "%s", c.error.message);
	(void)snprintf(parent, sizeof(parent), "%s/new", rig.dir);
	fake_make(parent, "future", &(struct fake){.api = 2}, path);
	expect_error(
		&c, caller_call(&c, "broker.widget.install", "path:s", path), "broker.widget.api", "/api");
	cr_expect_not_null(strstr(c.error.message, "API 2"), "%s", c.error.message);
	cr_expect_not_null(strstr(c.error.message, "API 1"), "%s", c.error.message);
}

Test(widgets, fifty_at_once,
	.description = "WID-10 E2.6.1.3: 50 widgets asked for at once while their service and what they "
		       "depend on come up: "
		       "none sees a missing one")
{
	enum { WIDGETS = 50 };
	struct caller caller[WIDGETS], service;
	char id[16], extra[128];

	fake_install(&rig, &c, "root", &(struct fake){.extra = ",\"services\":[\"hermes\"]"});
	for (int i = 0; i < WIDGETS; i++) {
		(void)snprintf(id, sizeof(id), "w%d", i);
		(void)snprintf(extra, sizeof(extra), ",\"dependencies\":[{\"id\":\"root\"}%s%d%s]",
			i ? ",{\"id\":\"w" : "", i ? (i - 1) / 2 : 0, i ? "\"}" : "");
		if (!i)
			strcpy(extra, ",\"dependencies\":[{\"id\":\"root\"}]");
		fake_install(&rig, &c, id, &(struct fake){.extra = extra, .capabilities = "\"clock.read\""});
	}
	for (int i = 0; i < WIDGETS; i++) {
		(void)snprintf(id, sizeof(id), "w%d", WIDGETS - 1 - i);
		caller_connect(&caller[i], &rig);
		caller_send(&caller[i], "broker.widget.start", "id:s", id);
	}
	fake_wait(&c, "root", "waiting");
	caller_connect(&service, &rig);
	cr_assert_eq(caller_call(&service, "broker.service.register", "name:s", "hermes"), 0);
	for (int i = 0; i < WIDGETS; i++) {
		cr_expect_eq(caller_answer(&caller[i]), 0, "%s: %s", caller[i].error.code,
			caller[i].error.message);
		caller_finish(&caller[i]);
	}
	ok("broker.widget.get", "w49");
	cr_expect_eq(caller_i64(&c, "restarts"), 0, "nobody started too early and fell");
	ok("broker.widget.stop", "root");
	cr_expect_str_eq(fake_state(&c, "w49", NULL), "stopped");
	caller_finish(&service);
}

/* --- The broker's and rtcore's own ends --- */

static void expect_gone(int64_t pid)
{
	/* Its parent is gone too: whoever inherited it reaps it. */
	while (kill((pid_t)pid, 0) == 0)
		;
}

Test(widgets, broker_dies,
	.description = "WID-05: a broker that is killed takes its widgets with it; the next one starts those "
		       "that ran")
{
	int64_t pid, next;

	fake_install(&rig, &c, "lasting", &(struct fake){0});
	fake_install(&rig, &c, "idle", &(struct fake){0});
	ok("broker.widget.start", "lasting");
	ok("broker.widget.start", "idle");
	ok("broker.widget.stop", "idle");
	(void)fake_state(&c, "lasting", &pid);
	/*
	 * What is to run is written down beside the answer, the newest behind the one that is being written;
	 * files that are asked for come in order: the second one is behind both.
	 */
	for (int i = 0; i < 2; i++)
		cr_assert_eq(caller_call(&c, "broker.settings.set", "id:s settings:m", "idle"), 0);
	restart_broker(SIGKILL);
	expect_gone(pid);
	fake_wait(&c, "lasting", "active");
	cr_expect_str_eq(fake_state(&c, "idle", NULL), "stopped");
	(void)fake_state(&c, "lasting", &next);
	cr_expect_neq(next, pid);
	restart_broker(SIGTERM);
	fake_wait(&c, "lasting", "active");
}

Test(widgets, rtcore_comes_later,
	.description = "WID-09: without rtcore a widget's slot is refused and it may go on; it is told when "
		       "another rtcore is "
		       "there")
{
	rig_stop_rtcore(&rig);
	fake_install(&rig, &c, "early", &(struct fake){.capabilities = "\"clock.read\""});
	ok("broker.widget.start", "early");
	rig_start_rtcore(&rig);
	cr_assert_eq(fake_call(&c, "early", "door", "method:s params:m", "broker.client.open"), 0);
	cr_expect_str_eq(caller_str(&c, "code"), "rpc.params.invalid", "no name was given");
	ok("broker.widget.stop", "early");
}

/* --- Replacing and removing --- */

Test(widgets, replace,
	.description = "WID-12 WID-15 E2.6.1.10: a running widget is replaced by a new version; settings "
		       "that still fit stay")
{
	static const char schema[] =
		",\"settings\":{\"speed\":{\"type\":\"integer\",\"default\":3,\"minimum\":0,\"maximum\":9}}";
	static const char other[] = ",\"settings\":{\"speed\":{\"type\":\"integer\",\"default\":4},"
				    "\"mood\":{\"type\":\"string\",\"default\":\"calm\"}}";
	struct wire_out out;
	int64_t pid, next, speed;
	char parent[RIG_PATH], path[RIG_PATH];

	fake_install(&rig, &c, "growing", &(struct fake){.extra = schema});
	wire_out_init(&out);
	wire_begin_request(&out, ++c.id, "broker.settings.set");
	wire_put_str(&out, "id", "growing");
	wire_open_map(&out, "settings");
	wire_put_i64(&out, "speed", 7);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(c.sock, &out, 0), 0);
	wire_out_finish(&out);
	cr_assert_eq(caller_answer(&c), 0, "%s", c.error.message);
	ok("broker.widget.start", "growing");
	(void)fake_state(&c, "growing", &pid);
	(void)snprintf(parent, sizeof(parent), "%s/new", rig.dir);
	fake_make(parent, "growing", &(struct fake){.version = "1.1.0", .extra = other}, path);
	expect_error(&c, caller_call(&c, "broker.widget.install", "path:s", path), "broker.widget.taken",
		"growing");
	cr_expect_str_eq(fake_state(&c, "growing", &next), "active");
	cr_expect_eq(next, pid, "a refused install disturbs nothing");
	cr_assert_eq(caller_call(&c, "broker.widget.install", "path:s replace:b", path, 1), 0, "%s",
		c.error.message);
	cr_expect_str_eq(caller_str(&c, "version"), "1.1.0");
	fake_wait(&c, "growing", "active");
	(void)fake_state(&c, "growing", &next);
	cr_expect_neq(next, pid);
	ok("broker.settings.get", "growing");
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "settings"), "speed", &speed), 0);
	cr_expect_eq(speed, 7);
	cr_assert_eq(caller_call(&c, "broker.widget.remove", "id:s purge:b", "growing", 1), 0);
	fake_install(&rig, &c, "growing", &(struct fake){.extra = schema});
	ok("broker.settings.get", "growing");
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "settings"), "speed", &speed), 0);
	cr_expect_eq(speed, 3, "purged: the default again");
}

Test(widgets, bad_folders,
	.description = "WID-08 SEC-09: folders that are no widgets are refused with the place")
{
	char parent[RIG_PATH], path[RIG_PATH], file[RIG_PATH + 32];

	(void)snprintf(parent, sizeof(parent), "%s/new", rig.dir);
	fake_make(parent, "links", &(struct fake){0}, path);
	(void)snprintf(file, sizeof(file), "%s/passwd", path);
	cr_assert_eq(symlink("/etc/passwd", file), 0);
	expect_error(&c, caller_call(&c, "broker.widget.install", "path:s", path), "broker.widget.invalid",
		"passwd");
	cr_assert_eq(unlink(file), 0);
	cr_assert_eq(mkfifo(file, 0644), 0);
	expect_error(&c, caller_call(&c, "broker.widget.install", "path:s", path), "broker.widget.invalid",
		"passwd");
	cr_assert_eq(unlink(file), 0);
	(void)snprintf(file, sizeof(file), "%s/program", path);
	cr_assert_eq(chmod(file, 0644), 0);
	expect_error(&c, caller_call(&c, "broker.widget.install", "path:s", path), "broker.widget.invalid",
		"program");
	cr_assert_eq(unlink(file), 0);
	expect_error(&c, caller_call(&c, "broker.widget.check", "path:s", path), "broker.widget.invalid",
		"program");
	expect_error(&c, caller_call(&c, "broker.widget.install", "path:s", "relative"), "rpc.params.invalid",
		"path");
	expect_error(&c, caller_call(&c, "broker.widget.install", "path:s", "/nowhere/at/all"),
		"broker.widget.invalid", NULL);
	(void)snprintf(file, sizeof(file), "%s/widgets", rig.state);
	{
		struct dirent *entry;
		DIR *dir = opendir(file);

		while (dir && (entry = readdir(dir)))
			cr_expect(!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."), "%s was left",
				entry->d_name);
		if (dir)
			closedir(dir);
	}
}
