/* SPDX-License-Identifier: MIT */
/*
 * The theater at work (THE-02, THR-10): the landscape canvas in full, 7680 x 4320, into a video node that
 * somebody watches, with the demo piece's score, its playhead, and five widgets that move. Work is what a
 * frame takes of the theater's thread, over its last 1,024 frames; beside it the 16.7 ms that a frame may
 * take. Then the process is killed.
 *
 * Good: the 99th percentile below the budget; frames given a second near 60; no xruns because of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"

#define WARM_S 4
#define MEASURE_S 24 /* more than 1,024 frames */
#define BUDGET_MS (1000.0 / 60)
#define STREAM "mos.canvas.landscape"

extern char **environ;

static const char *const widgets[] = {"piano", "transport", "meters", "chord-strip", "beat-grid"};

static int fail(struct mos_client *c, const char *what)
{
	fprintf(stderr, "theater: %s: %s\n", what, mos_client_error(c)->message);
	return 1;
}

static uint64_t counter(struct mos_client *c, const char *name)
{
	const int i = mos_counters_find(mos_client_counters(c), name);

	return i < 0 ? 0 : mos_counters_get(mos_client_counters(c), (uint32_t)i);
}

static pid_t start_watcher(void)
{
	static const char *const argv[] = {"gst-launch-1.0", "-q", "pipewiresrc", "target-object=" STREAM,
		"!", "video/x-raw,format=RGBA", "!", "fakesink", "sync=false", NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	(void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc == 0 ? pid : -1;
}

static int start_playing(struct mos_client *c)
{
	const int fd = open(DEMO_MIDI, O_RDONLY | O_CLOEXEC);
	const struct mos_field name[] = {mos_str("name", "first-light.mid")};
	const struct mos_request load = {.method = "hermes.score.load",
		.args = name,
		.n_args = 1,
		.fds = &fd,
		.n_fds = 1,
		.timeout_ms = 30000};

	if (fd < 0 || mos_call_request(c, &load, NULL) < 0)
		return fail(c, "the score");
	(void)close(fd);
	for (size_t i = 0; i < sizeof(widgets) / sizeof(*widgets); i++)
		if (mos_call(c, "broker.widget.start", MOS_ARGS(mos_str("id", widgets[i])), NULL) < 0)
			return fail(c, widgets[i]);
	if (mos_transport_play(c, 0) < 0)
		return fail(c, "play");
	return 0;
}

/* Frames that the stream gave so far. */
static int64_t frames(struct mos_client *c)
{
	struct mos_reply reply;
	int64_t n = -1;

	if (mos_call(c, "theater.stream.list", MOS_NO_ARGS, &reply) < 0)
		return -1;
	const struct mos_value *streams = mos_get(&reply.value, "streams");
	for (uint32_t i = 0; streams && i < streams->len; i++)
		if (strcmp(mos_get_str(&streams->u.items[i], "name", ""), STREAM) == 0)
			n = mos_get_int(&streams->u.items[i], "frames", -1);
	mos_reply_finish(&reply);
	return n;
}

static int report_work(struct mos_client *c)
{
	struct mos_reply reply;

	if (mos_call(c, "theater.status.get", MOS_NO_ARGS, &reply) < 0)
		return fail(c, "status");
	fprintf(stderr, "theater: %s, %s\n", mos_get_str(&reply.value, "renderer/device", "?"),
		mos_get_str(&reply.value, "renderer/backend", "?"));
	bench_print("theater.frame.p50", mos_get_real(&reply.value, "frames/p50_ms", 0), "ms", "60 frames/s",
		BUDGET_MS);
	bench_print("theater.frame.p99", mos_get_real(&reply.value, "frames/p99_ms", 0), "ms", "60 frames/s",
		BUDGET_MS);
	mos_reply_finish(&reply);
	return 0;
}

static pid_t theater_pid(struct mos_client *c)
{
	struct mos_reply reply;
	pid_t pid = 0;

	if (mos_call(c, "theater.service.ping", MOS_NO_ARGS, &reply) == 0) {
		pid = (pid_t)mos_get_int(&reply.value, "pid", 0);
		mos_reply_finish(&reply);
	}
	return pid;
}

/* From the kill to the first picture of the next one, a 64th of the canvas' width. */
static int report_restart(struct mos_client *c)
{
	const struct mos_field small[] = {mos_int("divisor", 64)};
	const struct mos_request shot = {
		.method = "theater.canvas.shot", .args = small, .n_args = 1, .timeout_ms = 30000};
	const uint64_t xruns = counter(c, "rt.xruns");
	const pid_t old = theater_pid(c);
	const int64_t begin = bench_now_ns();
	pid_t now;

	if (old <= 0 || kill(old, SIGKILL) < 0)
		return fail(c, "kill");
	while ((now = theater_pid(c)) <= 0 || now == old)
		(void)usleep(2000);
	if (mos_call_request(c, &shot, NULL) < 0)
		return fail(c, "the first picture");
	bench_print(
		"theater.back_after_kill", (double)(bench_now_ns() - begin) / 1e6, "ms", "asked for", 1000);
	bench_print(
		"theater.back_after_kill.xruns", (double)(counter(c, "rt.xruns") - xruns), "xruns", NULL, 0);
	return 0;
}

int main(void)
{
	const struct mos_client_options options = {.name = "bench-theater", .timeout_ms = 10000};
	struct mos_client *c;
	struct mos_error error;
	uint64_t xruns;
	int64_t before, begin;
	pid_t watcher;

	if (mos_client_create(&options, &c, &error) < 0) {
		fprintf(stderr, "theater: %s\n", error.message);
		return 1;
	}
	if (start_playing(c) != 0)
		return 1;
	watcher = start_watcher();
	if (watcher < 0) {
		fprintf(stderr, "theater: gst-launch-1.0 cannot be run\n");
		return 1;
	}
	for (int i = 0; i < 200 && frames(c) < 10; i++)
		(void)usleep(100000);
	(void)sleep(WARM_S);
	before = frames(c);
	begin = bench_now_ns();
	xruns = counter(c, "rt.xruns");
	(void)sleep(MEASURE_S);
	bench_print("theater.frames_per_s",
		(double)(frames(c) - before) * 1e9 / (double)(bench_now_ns() - begin), "1/s", "asked for",
		60);
	bench_print("theater.xruns", (double)(counter(c, "rt.xruns") - xruns), "xruns", NULL, 0);
	const int rc = report_work(c) != 0 || report_restart(c) != 0;
	(void)kill(watcher, SIGKILL);
	(void)waitpid(watcher, NULL, 0);
	mos_client_destroy(c);
	return rc;
}
