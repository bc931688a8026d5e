/* SPDX-License-Identifier: MIT */
/*
 * How long does a cycle of the real mos-rtcore take? Read from its counters page, as mosctl top does: first
 * with nothing to play, then with 240 notes struck every second, more than its polyphony takes. How many
 * voices really sounded is printed beside it. The peer is the time there is: the quantum. The histograms are
 * of powers of two, so a figure is an upper bound within a factor of two.
 *
 * Good: the p99.9 at full polyphony below the quantum, that is a ratio below 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/counters.h>
#include <mos/rtctl.h>

#include "bench.h"
#include "cycle.h"

#define N_CYCLES 1875u /* 5 s */
#define N_CHANNELS 4u
#define N_KEYS 60u
#define NOTE_NS UINT64_C(1000000000)
/** A little more than a frame: notes of one frame share a synthesizer, and its 64 voices, in Apollo. */
#define STEP_NS 25000u
#define HELLO_FDS 4 /* clock page, event ring, counters, audio tap */

struct rtcore {
	struct headless_pw *pw;
	pid_t pid;
	int sock;
	struct mos_counters_view counters;
	uint64_t cycles_wanted;
	int64_t next_chord_ns; /**< 0: play none */
	int refused;           /**< why a chord was not played, 0 */
	double voices;         /**< sum of what the gauge showed at `n_looks` looks */
	uint32_t n_looks;
};

static pid_t start(const struct headless_pw *pw)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(MOS_RTCORE, "mos-rtcore", "--runtime-dir", pw->dir, NULL);
	_exit(127);
}

static bool is_connected(void *data)
{
	struct rtcore *rtcore = data;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/rtcore.sock", rtcore->pw->dir);
	return connect(rtcore->sock, (const struct sockaddr *)&addr, sizeof(addr)) == 0;
}

/** One request and its answer, with as many descriptors as come, the rest -1. @return its status. */
static int call(const struct rtcore *rtcore, struct mos_rtctl_msg *msg, int fds[HELLO_FDS])
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(HELLO_FDS * sizeof(int))];
	} control;
	struct iovec iov = {msg, sizeof(*msg)};
	struct msghdr head = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg;

	for (int i = 0; i < HELLO_FDS; i++)
		fds[i] = -1;
	if (send(rtcore->sock, msg, sizeof(*msg), MSG_NOSIGNAL) < 0)
		return -errno;
	if (recvmsg(rtcore->sock, &head, MSG_CMSG_CLOEXEC) != sizeof(*msg))
		return -EPROTO;
	cmsg = CMSG_FIRSTHDR(&head);
	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS && cmsg->cmsg_len <= CMSG_LEN(HELLO_FDS * sizeof(int)))
		memcpy(fds, CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0));
	return msg->status;
}

static int say_hello(struct rtcore *rtcore)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_HELLO, .u.hello.version = MOS_RTCTL_VERSION};
	int fds[HELLO_FDS], r = call(rtcore, &msg, fds);

	if (r == 0)
		r = mos_counters_attach(fds[2], &rtcore->counters, NULL);
	for (int i = 0; i < HELLO_FDS; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return r;
}

/** @return 0, or what the first chord was refused for. */
static int play_chords(struct rtcore *rtcore)
{
	int fds[HELLO_FDS], r = 0;

	for (uint8_t channel = 0; r == 0 && channel < N_CHANNELS; channel++) {
		struct mos_rtctl_msg msg = {
			.op = MOS_RTCTL_NOTE,
			.u.note = {.channel = channel,
				.n_keys = N_KEYS,
				.velocity = 0x8000,
				.len_unit = MOS_UNIT_NS,
				.len = NOTE_NS,
				.step_unit = MOS_UNIT_NS,
				.step = STEP_NS},
		};

		for (uint8_t i = 0; i < N_KEYS; i++)
			msg.u.note.keys[i] = (uint8_t)(30 + i);
		r = call(rtcore, &msg, fds);
	}
	return r;
}

static uint64_t read_counter(const struct rtcore *rtcore, const char *name)
{
	int i = mos_counters_find(&rtcore->counters, name);

	return i < 0 ? 0 : mos_counters_get(&rtcore->counters, (uint32_t)i);
}

static bool has_run(void *data)
{
	struct rtcore *rtcore = data;
	int64_t now_ns = bench_now_ns();

	if (rtcore->next_chord_ns && now_ns >= rtcore->next_chord_ns) {
		rtcore->refused = play_chords(rtcore);
		rtcore->next_chord_ns = now_ns + (int64_t)NOTE_NS;
	}
	rtcore->voices += (double)read_counter(rtcore, "apollo.voices");
	rtcore->n_looks++;
	return rtcore->refused || read_counter(rtcore, "rt.cycles") >= rtcore->cycles_wanted;
}

static int run(struct rtcore *rtcore, unsigned int n_cycles)
{
	rtcore->cycles_wanted = read_counter(rtcore, "rt.cycles") + n_cycles;
	if (!headless_pw_wait_for(has_run, rtcore, 60000))
		return -ETIMEDOUT;
	return rtcore->refused;
}

static const uint64_t *histogram(const struct rtcore *rtcore, const char *name)
{
	int i = mos_counters_find(&rtcore->counters, name);

	return i < 0 ? NULL : rtcore->counters.value + rtcore->counters.label[i].value_index;
}

/** Upper bound of a quantile of what was sampled between two copies of the histogram. */
static double quantile(const uint64_t *before, const uint64_t *after, double q)
{
	uint64_t total = 0, below = 0;

	for (uint32_t b = 0; b < MOS_HIST_BUCKETS; b++)
		total += after[b] - before[b];
	for (uint32_t b = 0; b < MOS_HIST_BUCKETS; b++) {
		below += after[b] - before[b];
		if (below && (double)below >= q * (double)total)
			return (double)((UINT64_C(1) << b) - 1);
	}
	return 0;
}

/** @param name  Of the median, the p99.9 and the mean number of voices that sounded meanwhile. */
static int measure(struct rtcore *rtcore, const char *const name[3])
{
	const double quantum_ns = 1e9 * CYCLE_QUANTUM / CYCLE_RATE_HZ;
	const uint64_t *hist = histogram(rtcore, "rt.cycle");
	uint64_t before[MOS_HIST_BUCKETS], after[MOS_HIST_BUCKETS], xruns = read_counter(rtcore, "rt.xruns");
	int r;

	if (!hist)
		return -ENOENT;
	memcpy(before, hist, sizeof(before));
	rtcore->voices = 0;
	rtcore->n_looks = 0;
	r = run(rtcore, N_CYCLES);
	if (r < 0)
		return r;
	memcpy(after, hist, sizeof(after));
	bench_print(name[0], quantile(before, after, 0.5), "ns", "quantum", quantum_ns);
	bench_print(name[1], quantile(before, after, 0.999), "ns", "quantum", quantum_ns);
	bench_print(name[2], rtcore->voices / rtcore->n_looks, "voices", NULL, 0);
	fprintf(stderr, "%s: %lu xruns\n", name[0], read_counter(rtcore, "rt.xruns") - xruns);
	return 0;
}

int cycle_rtcore(struct headless_pw *pw)
{
	static const char *const idle[3] = {
		"cycle.time_idle.p50", "cycle.time_idle.p999", "cycle.voices_idle"};
	static const char *const load[3] = {
		"cycle.time_load.p50", "cycle.time_load.p999", "cycle.voices_load"};
	struct rtcore rtcore = {.pw = pw};
	struct mos_rtctl_msg ready = {.op = MOS_RTCTL_READY};
	int fds[HELLO_FDS], r;

	rtcore.sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (rtcore.sock < 0)
		return -errno;
	rtcore.pid = start(pw);
	r = headless_pw_wait(is_connected, &rtcore) ? say_hello(&rtcore) : -ETIMEDOUT;
	if (r < 0)
		goto finish;
	/* Without a bank the built-in synthesizer plays: also an answer. */
	(void)call(&rtcore, &ready, fds);
	fprintf(stderr, "mos-rtcore: %s\n",
		ready.status == 0 ? "bank loaded" : "no bank, built-in synthesizer");
	r = run(&rtcore, N_CYCLES / 5);
	if (r == 0)
		r = measure(&rtcore, idle);
	rtcore.next_chord_ns = 1;
	if (r == 0)
		r = run(&rtcore, N_CYCLES / 5);
	if (r == 0)
		r = measure(&rtcore, load);
finish:
	if (rtcore.counters.region.base)
		mos_counters_detach(&rtcore.counters);
	close(rtcore.sock);
	if (rtcore.pid > 0) {
		kill(rtcore.pid, SIGTERM);
		waitpid(rtcore.pid, NULL, 0);
	}
	return r;
}
