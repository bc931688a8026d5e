/* SPDX-License-Identifier: MIT */
/*
 * The theater at work (THE-02, TIM-05, THR-02, THR-10): a canvas in full, 7680 x 4320, then the other, 4320 x
 * 7680, into a video node that somebody watches, with the demo piece's score, its playhead, and five widgets
 * that move. Work is what a frame takes of the theater's thread, over its last 1,024 frames; beside it
 * the 16.7 ms that a frame may take. Then the process is killed.
 *
 * Good: the 99th percentile below the budget; frames given a second near 60; no xruns because of it.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "watch.h"

#define WARM_S 4
#define MEASURE_S 24 /* more than 1,024 frames */
#define BUDGET_MS (1000.0 / 60)

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
	struct mos_now now;

	if (fd < 0 || mos_call_request(c, &load, NULL) < 0)
		return fail(c, "the score");
	(void)close(fd);
	for (size_t i = 0; i < sizeof(widgets) / sizeof(*widgets); i++)
		if (mos_call(c, "broker.widget.start", MOS_ARGS(mos_str("id", widgets[i])), NULL) < 0)
			return fail(c, widgets[i]);
	if (mos_transport_play(c, 0) < 0 || mos_clock_now(c, &now) < 0 ||
		mos_loop_set_ticks(c, 0, now.clock.end_tick / MOS_PPQ * MOS_PPQ) < 0)
		return fail(c, "play");
	return 0;
}

static void tell(const char *prefix, const char *what, double value, const char *unit, const char *peer,
	double peer_value)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.%s", prefix, what);
	bench_print(name, value, unit, peer, peer_value);
}

static int report_work(struct mos_client *c, const char *prefix)
{
	struct mos_reply reply;

	if (mos_call(c, "theater.status.get", MOS_NO_ARGS, &reply) < 0)
		return fail(c, "status");
	fprintf(stderr, "theater: %s, %s\n", mos_get_str(&reply.value, "renderer/device", "?"),
		mos_get_str(&reply.value, "renderer/backend", "?"));
	tell(prefix, "frame.p50", mos_get_real(&reply.value, "frames/p50_ms", 0), "ms", "60 frames/s",
		BUDGET_MS);
	tell(prefix, "frame.p99", mos_get_real(&reply.value, "frames/p99_ms", 0), "ms", "60 frames/s",
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

static int measure(struct mos_client *c, const char *stream, const char *prefix)
{
	const pid_t watcher = watch_start(c, stream);
	int64_t before, begin;
	uint64_t xruns;
	int rc;

	if (watcher < 0)
		return 1;
	(void)sleep(WARM_S);
	before = watch_frames(c, stream);
	begin = bench_now_ns();
	xruns = counter(c, "rt.xruns");
	(void)sleep(MEASURE_S);
	tell(prefix, "frames_per_s",
		(double)(watch_frames(c, stream) - before) * 1e9 / (double)(bench_now_ns() - begin), "1/s",
		"asked for", 60);
	tell(prefix, "xruns", (double)(counter(c, "rt.xruns") - xruns), "xruns", NULL, 0);
	rc = report_work(c, prefix);
	watch_stop(watcher);
	return rc;
}

int main(void)
{
	const struct mos_client_options options = {.name = "bench-theater", .timeout_ms = 10000};
	struct mos_client *c;
	struct mos_error error;
	int rc;

	if (mos_client_create(&options, &c, &error) < 0) {
		fprintf(stderr, "theater: %s\n", error.message);
		return 1;
	}
	if (start_playing(c) != 0)
		return 1;
	rc = measure(c, "mos.canvas.landscape", "theater") != 0 ||
	     measure(c, "mos.canvas.portrait", "theater.portrait") != 0 || report_restart(c) != 0;
	mos_client_destroy(c);
	return rc;
}
