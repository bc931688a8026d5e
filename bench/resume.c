/* SPDX-License-Identifier: MIT */
/*
 * From kill -9 of rtcore to music in the sink again (SCL-08): twenty times, with General MIDI, while a piece
 * plays that never is silent. Heard in the sink's monitor; the supervisor's part, the new process, its links
 * and the bank are in it.
 *
 * Good: below 300 ms. Beside it how long the sink had no sound, and how far the place of the music is off
 * after it: it should be where it was, not where it would be.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "gap.h"

#define N_KILLS 20u
#define GOAL_MS 300.0
#define PAUSE_MS 5300 /* the third death within ten seconds would be a crash loop */
#define RATE 48000u
#define SINK "mos-null"
#define SECONDS (N_KILLS * 7u + 10u)
#define WAIT_MS 30000

static int fail(struct mos_client *c, const char *what)
{
	fprintf(stderr, "resume: %s: %s\n", what, c ? mos_client_error(c)->message : "");
	return -1;
}

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

static pid_t rtcore_pid(struct mos_client *c)
{
	struct mos_reply reply = {0};
	pid_t pid = 0;

	if (mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply) == 0)
		pid = (pid_t)mos_get_int(&reply.value, "rtcore/pid", 0);
	mos_reply_finish(&reply);
	return pid;
}

struct one {
	double ms;        /* from the kill to the first frame that is heard */
	double silent_ms; /* of the sink */
	double off_ms;    /* the place after it against the one before */
};

static int plays(struct mos_client *c, struct mos_now *now)
{
	return mos_client_refresh(c) >= 0 && mos_clock_now(c, now) == 0 &&
	       now->clock.state == MOS_TRANSPORT_PLAYING && now->clock.flags & MOS_CLOCK_DRIVER_UP;
}

static int kill_once(struct mos_client *c, const struct capture *cap, struct one *ret)
{
	uint64_t from = capture_frames(cap);
	pid_t pid = rtcore_pid(c), now_pid = pid;
	struct mos_now before, after;
	int64_t kill_ns;
	struct gap gap;

	if (pid <= 0 || mos_clock_now(c, &before) < 0)
		return fail(c, "rtcore is not there");
	kill_ns = bench_now_ns();
	if (kill(pid, SIGKILL) < 0)
		return fail(NULL, strerror(errno));
	while (now_pid == pid || now_pid <= 0 || !plays(c, &after)) {
		if (bench_now_ns() - kill_ns > WAIT_MS * INT64_C(1000000))
			return fail(c, "it does not play on");
		sleep_ms(20);
		now_pid = rtcore_pid(c);
	}
	sleep_ms(PAUSE_MS - 3000); /* what is heard is recorded by then */
	if (mos_clock_now(c, &after) < 0)
		return fail(c, "no clock");
	gap = gap_longest(cap, from > RATE / 10 ? from - RATE / 10 : 0, capture_frames(cap));
	ret->ms = (double)(gap_time_of(cap, gap.end) - kill_ns) / 1e6;
	ret->silent_ms = (double)(gap.end - gap.begin) * 1000 / RATE;
	ret->off_ms = (double)(after.tick - before.tick) * 500 / MOS_PPQ -
		      ((double)(after.time_ns - before.time_ns) / 1e6 - ret->silent_ms);
	sleep_ms(3000);
	return gap.end > gap.begin ? 0 : fail(NULL, "nothing was missed");
}

static int measure(struct mos_client *c, const struct capture *cap)
{
	double ms[N_KILLS], silent[N_KILLS], off[N_KILLS];

	for (uint32_t i = 0; i < N_KILLS; i++) {
		struct one one;

		if (kill_once(c, cap, &one) < 0)
			return -1;
		fprintf(stderr, "resume: kill %u: %.0f ms, place off by %.1f ms\n", i + 1, one.ms,
			one.off_ms);
		ms[i] = one.ms;
		silent[i] = one.silent_ms;
		off[i] = one.off_ms < 0 ? -one.off_ms : one.off_ms;
	}
	bench_sort(ms, N_KILLS);
	bench_sort(silent, N_KILLS);
	bench_sort(off, N_KILLS);
	bench_print("resume.kill_to_sound.p50", bench_at(ms, N_KILLS, 0.5), "ms", "goal", GOAL_MS);
	bench_print("resume.kill_to_sound.p99", bench_at(ms, N_KILLS, 0.99), "ms", "goal", GOAL_MS);
	bench_print("resume.silence.p50", bench_at(silent, N_KILLS, 0.5), "ms", NULL, 0);
	bench_print("resume.silence.p99", bench_at(silent, N_KILLS, 0.99), "ms", NULL, 0);
	bench_print("resume.place_off.p50", bench_at(off, N_KILLS, 0.5), "ms", NULL, 0);
	bench_print("resume.place_off.p99", bench_at(off, N_KILLS, 0.99), "ms", NULL, 0);
	return 0;
}

int main(void)
{
	struct mos_client_options options = {
		.name = "bench-resume", .wait_ms = WAIT_MS, .timeout_ms = WAIT_MS};
	char path[] = "/tmp/mos-bench-resume-XXXXXX.mid";
	struct mos_client *c = NULL;
	struct capture *cap = NULL;
	int fd = mkstemps(path, 4), r;

	r = fd < 0 || gap_write_piece(path) < 0 ? fail(NULL, "no piece")
						: mos_client_create(&options, &c, NULL);
	if (r == 0 && mos_call(c, "apollo.engine.init", MOS_NO_ARGS, NULL) < 0)
		r = fail(c, "no bank");
	if (r == 0 && (mos_score_load(c, path, NULL) < 0 ||
			      mos_call(c, "kronos.loop.set",
				      MOS_ARGS(mos_int("from_bar", 1), mos_int("to_bar", 60)), NULL) < 0))
		r = fail(c, "load");
	if (r == 0 && mos_transport_play(c, 0) < 0)
		r = fail(c, "play");
	if (r == 0 &&
		(capture_start(SINK, RATE, (uint64_t)SECONDS * RATE, &cap) < 0 || !capture_wait(cap, RATE)))
		r = fail(NULL, "the recorder hears nothing");
	if (r == 0)
		r = measure(c, cap);
	capture_stop(cap);
	if (c) {
		(void)mos_transport_stop(c);
		mos_client_destroy(c);
	}
	if (fd >= 0) {
		close(fd);
		(void)unlink(path);
	}
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
