/* SPDX-License-Identifier: MIT */
/*
 * From a program's start to its first sound, ours beside FluidSynth's. A second mos-rtcore is started in the
 * same PipeWire, with nothing but the built-in synthesizer and a runtime directory of its own; as soon as its
 * socket answers it is asked for a note. FluidSynth is asked at once, and loads its bank first.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/rtctl.h>

#include "bench.h"
#include "headless_pw.h"
#include "latency.h"

#define N_STARTS 20u
#define START_GOAL_MS 50
#define NOTE_NS UINT64_C(10000000)
#define LOOK_NS 200000
#define EAR_SECONDS 60

struct rtcore {
	pid_t pid;
	int sock;
	char dir[32];
};

static int rtcore_start(struct rtcore *rtcore)
{
	*rtcore = (struct rtcore){.dir = "/tmp/mos-bench-start-XXXXXX", .sock = -1};
	if (!mkdtemp(rtcore->dir))
		return -errno;
	rtcore->pid = fork();
	if (rtcore->pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(nowhere, STDERR_FILENO);
		execl(MOS_RTCORE, "mos-rtcore", "--runtime-dir", rtcore->dir, "--instrument", "builtin",
			(char *)NULL);
		_exit(127);
	}
	rtcore->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return rtcore->pid < 0 || rtcore->sock < 0 ? -errno : 0;
}

/** Ask for a stroke as soon as somebody answers. @return 0 or -errno. */
static int rtcore_strike(const struct rtcore *rtcore)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct mos_rtctl_msg msg = {
		.op = MOS_RTCTL_NOTE,
		.u.note = {.channel = STROKE_CHANNEL,
			.n_keys = 1,
			.keys = {STROKE_KEY},
			.velocity = 0xc000,
			.len_unit = MOS_UNIT_NS,
			.len = NOTE_NS},
	};
	int64_t end_ns = bench_now_ns() + HEADLESS_WAIT_MS * INT64_C(1000000);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/rtcore.sock", rtcore->dir);
	while (connect(rtcore->sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		if (bench_now_ns() > end_ns || waitpid(rtcore->pid, NULL, WNOHANG) != 0)
			return -ETIMEDOUT;
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
	}
	return send(rtcore->sock, &msg, sizeof(msg), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void rtcore_stop(struct rtcore *rtcore)
{
	char path[64];

	if (rtcore->pid > 0) {
		kill(rtcore->pid, SIGTERM);
		waitpid(rtcore->pid, NULL, 0);
	}
	if (rtcore->sock >= 0)
		close(rtcore->sock);
	snprintf(path, sizeof(path), "%s/rtcore.lock", rtcore->dir);
	(void)unlink(path);
	(void)rmdir(rtcore->dir);
}

static int start_rtcore(struct latency *latency, struct ear *ear, double *ret_ms)
{
	struct rtcore rtcore;
	struct onset onset;
	int64_t begin_ns;
	int r;

	if (!ear_wait_silence(ear))
		return latency_fail(latency, "start", "it is not silent");
	latency_pause(latency, 10, 25);
	ear_from_now(ear);
	begin_ns = bench_now_ns();
	r = rtcore_start(&rtcore);
	if (r == 0)
		r = rtcore_strike(&rtcore);
	if (r < 0)
		(void)latency_fail(latency, "start", strerror(-r));
	else if (!ear_wait_onset(ear, &onset))
		r = latency_fail(latency, "start", "nothing is heard");
	else
		*ret_ms = (double)(onset.time_ns - begin_ns) / 1e6;
	rtcore_stop(&rtcore);
	return r < 0 ? -1 : 0;
}

/** @return 1; 0 it is not here; -1. */
static int start_fluid(struct latency *latency, struct ear *ear, double *ret_ms)
{
	struct fluid fluid;
	struct onset onset;
	int64_t begin_ns;
	int r;

	if (!ear_wait_silence(ear))
		return latency_fail(latency, "start", "it is not silent");
	latency_pause(latency, 10, 25);
	ear_from_now(ear);
	begin_ns = bench_now_ns();
	r = fluid_start(&fluid);
	if (r < 0)
		return r == -ENOENT ? 0 : -1;
	fluid_strike(&fluid);
	if (!ear_wait_onset(ear, &onset))
		r = latency_fail(latency, "start", "FluidSynth is not heard");
	else
		*ret_ms = (double)(onset.time_ns - begin_ns) / 1e6;
	fluid_stop(&fluid);
	return r < 0 ? -1 : 1;
}

int latency_start(struct latency *latency)
{
	double ms[N_STARTS], fluid_ms = 0;
	struct ear ear;
	int r = ear_open(&ear, EAR_SECONDS), is_fluid_here;

	if (r < 0)
		return -1;
	for (uint32_t i = 0; r == 0 && i < N_STARTS; i++)
		r = start_rtcore(latency, &ear, &ms[i]);
	is_fluid_here = r < 0 ? -1 : start_fluid(latency, &ear, &fluid_ms);
	ear_close(&ear);
	if (is_fluid_here < 0)
		return -1;
	latency_print("start", ms, N_STARTS, START_GOAL_MS);
	if (is_fluid_here)
		bench_print("latency.start_beside_fluidsynth.p50", bench_at(ms, N_STARTS, 0.5), "ms",
			"fluidsynth with its bank", fluid_ms);
	return 0;
}
