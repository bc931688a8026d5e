/* SPDX-License-Identifier: MIT */
/*
 * What the kernel sees of the audio thread while music plays: no page fault, and no system call but
 * PipeWire's (wait for the cycle, take it, hand it on) and the bell's. Seen from outside, by /proc and
 * strace.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system.h"

#define WARM_CYCLES 400u
#define FAULT_CYCLES 3000u
#define TRACE_CYCLES 1500u
#define EVENTFDS_MAX 2 /* that of the next node in the graph, and the bell */

/** One line of a file under /proc/PID that begins with `name`, as a number; -1: there is none. */
static long status_number(pid_t pid, const char *name)
{
	char path[64], line[256];
	long value = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	cr_assert_not_null(f);
	while (value < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(line + strlen(name), NULL, 10);
	(void)fclose(f);
	return value;
}

/** PipeWire calls it data-loop.N; rtcore has one. */
static pid_t audio_thread(pid_t rtcore)
{
	char path[300], name[32];
	pid_t found = 0;
	struct dirent *entry;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)rtcore);
	d = opendir(path);
	cr_assert_not_null(d, "no rtcore");
	while ((entry = readdir(d))) {
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", (int)rtcore, entry->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && strncmp(name, "data-loop", 9) == 0) {
			cr_assert_eq(found, 0, "two audio threads");
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		}
		(void)fclose(f);
	}
	closedir(d);
	cr_assert_neq(found, 0, "no audio thread");
	return found;
}

struct faults {
	unsigned long minor, major;
};

/** proc(5), /proc/PID/stat: fields 10 and 12; the name in field 2 may hold anything. */
static struct faults read_faults(pid_t pid, pid_t tid)
{
	char path[64], line[512], *rest;
	struct faults f = {0};
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
	file = fopen(path, "re");
	cr_assert_not_null(file);
	cr_assert_not_null(fgets(line, sizeof(line), file));
	(void)fclose(file);
	rest = strrchr(line, ')');
	cr_assert_not_null(rest);
	cr_assert_eq(sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %lu %*u %lu", &f.minor, &f.major), 2);
	return f;
}

struct cycles {
	struct mos_client *c;
	uint64_t until;
};

static bool have_run(void *data)
{
	struct cycles *cycles = data;

	return system_counter(cycles->c, "rt.cycles") >= cycles->until;
}

static void wait_cycles(struct mos_client *c, uint64_t n)
{
	cr_assert(system_wait(have_run, &(struct cycles){c, system_counter(c, "rt.cycles") + n}),
		"cycles do not come");
}

static struct mos_client *start_playing(void)
{
	struct mos_client *c = system_connect("rt");

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	wait_cycles(c, WARM_CYCLES);
	return c;
}

/** A bit of all that clients may ask of the audio thread. */
static void keep_busy(struct mos_client *c)
{
	struct mos_event ev = {
		.tick = INT64_MIN, .type = MOS_EVENT_MIDI_NOTEON, .flags = MOS_EVENT_IMMEDIATE};
	static const char *const chord[] = {"C4", "E4", "G4"};

	ev.u.note = (struct mos_ev_note){.channel = 2, .key = 60, .velocity = 0x8000, .part = 0xffff};
	cr_expect_eq(mos_emit(c, &ev), 0);
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	cr_expect_eq(mos_emit(c, &ev), 0);
	cr_expect_eq(mos_chord_play(c, chord, 3, "8n", 0.7), 0, "%s", mos_client_error(c)->message);
	cr_expect_eq(mos_metronome_set(c, 1), 0);
	cr_expect_eq(mos_tempo_set_percent(c, 103), 0);
	cr_expect_eq(mos_transport_seek_bar(c, 9, 1, 0), 0, "%s", mos_client_error(c)->message);
	cr_expect_eq(mos_loop_set_bars(c, 9, 10), 0, "%s", mos_client_error(c)->message);
}

Test(system_rt, no_page_faults, .timeout = 120,
	.description = "TIM-17: the audio thread meets no page fault while playing")
{
	struct mos_client *c = start_playing();
	pid_t rtcore = system_rtcore_pid(c), tid = audio_thread(rtcore);
	struct faults before, after;

	if (status_number(rtcore, "VmLck:") <= 0)
		cr_skip_test("memory may not be locked here (RLIMIT_MEMLOCK)");
	before = read_faults(rtcore, tid);
	keep_busy(c);
	wait_cycles(c, FAULT_CYCLES);
	after = read_faults(rtcore, tid);
	cr_assert_eq(after.minor, before.minor, "%lu minor page faults", after.minor - before.minor);
	cr_assert_eq(after.major, before.major, "%lu major page faults", after.major - before.major);
	mos_transport_stop(c);
	mos_client_destroy(c);
}

static pid_t trace(pid_t tid, const char *output)
{
	char number[16];
	pid_t pid;

	(void)snprintf(number, sizeof(number), "%d", (int)tid);
	pid = fork();
	if (pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(nowhere, STDERR_FILENO);
		execlp("strace", "strace", "-y", "-o", output, "-p", number, (char *)NULL);
		_exit(127);
	}
	return pid;
}

struct trace_wait {
	pid_t strace;
	const char *output;
	int ended; /**< strace's status + 1 when it has ended */
};

static bool trace_begun(void *data)
{
	struct trace_wait *w = data;
	int status;
	char byte;
	int fd = open(w->output, O_RDONLY | O_CLOEXEC);
	bool some = fd >= 0 && read(fd, &byte, 1) == 1;

	if (fd >= 0)
		close(fd);
	if (waitpid(w->strace, &status, WNOHANG) == w->strace)
		w->ended = status + 1;
	return some || w->ended;
}

/** What one wake-up of the audio thread did, and what all did. */
struct calls {
	int reads, writes;
	int written[EVENTFDS_MAX]; /**< eventfds seen so far; 0: free */
	bool now[EVENTFDS_MAX];    /**< written in this wake-up */
	unsigned int wakeups, bells;
};

/** write(36<anon_inode:[eventfd]>, "\1\0\0\0\0\0\0\0", 8) = 8 */
static void check_write(struct calls *calls, const char *line)
{
	int fd = 0, i = 0;

	cr_assert_eq(sscanf(line, "write(%d<anon_inode:[eventfd]>", &fd), 1, "not to an eventfd: %s", line);
	cr_assert_not_null(strstr(line, ", 8) = 8"), "%s", line);
	while (i < EVENTFDS_MAX && calls->written[i] && calls->written[i] != fd)
		i++;
	cr_assert_lt(i, EVENTFDS_MAX, "more than the next node and the bell is woken: %s", line);
	cr_assert_not(calls->now[i], "twice in one cycle: %s", line);
	calls->written[i] = fd;
	calls->now[i] = true;
	calls->writes++;
}

static void check_call(struct calls *calls, const char *line)
{
	if (strncmp(line, "epoll_wait(", 11) == 0) {
		calls->wakeups++;
		calls->bells += calls->writes == 2;
		calls->reads = calls->writes = 0;
		memset(calls->now, 0, sizeof(calls->now));
	} else if (strncmp(line, "read(", 5) == 0) {
		cr_assert_not_null(strstr(line, "<anon_inode:[eventfd]>"), "not from an eventfd: %s", line);
		cr_assert_eq(++calls->reads, 1, "a second read in one cycle: %s", line);
	} else if (strncmp(line, "write(", 6) == 0) {
		check_write(calls, line);
	} else {
		cr_assert_fail("a system call that the audio thread must not make: %s", line);
	}
}

Test(system_rt, known_syscalls_only, .timeout = 120,
	.description = "TIM-17: while playing, the audio thread calls the kernel only as PipeWire's loop, "
		       "and for one bell a cycle")
{
	struct mos_client *c = start_playing();
	char output[] = "/tmp/mos-test-XXXXXX", line[512], next[512];
	struct trace_wait w = {.output = output};
	struct calls calls = {0};
	int fd = mkstemp(output);
	FILE *f;

	cr_assert_geq(fd, 0);
	close(fd);
	w.strace = trace(audio_thread(system_rtcore_pid(c)), output);
	cr_assert_gt(w.strace, 0);
	cr_assert(system_wait(trace_begun, &w), "strace sees nothing");
	if (w.ended) {
		unlink(output);
		cr_skip_test(
			"strace is not installed, or may not attach to mos-rtcore (ptrace is not permitted)");
	}
	keep_busy(c);
	wait_cycles(c, TRACE_CYCLES);
	kill(w.strace, SIGTERM);
	waitpid(w.strace, NULL, 0);
	mos_transport_stop(c);

	f = fopen(output, "re");
	unlink(output);
	cr_assert_not_null(f);
	/* The first line may be the rest of a call, the last one the begin of one. */
	cr_assert_not_null(fgets(line, sizeof(line), f));
	cr_assert_not_null(fgets(line, sizeof(line), f));
	while (fgets(next, sizeof(next), f)) {
		check_call(&calls, line);
		memcpy(line, next, sizeof(line));
	}
	(void)fclose(f);
	cr_assert_gt(calls.wakeups, TRACE_CYCLES / 2, "only %u wake-ups were seen", calls.wakeups);
	cr_assert_gt(calls.bells, 0, "the bell was never seen: this looks at another thread");
	cr_assert_leq(calls.bells, calls.wakeups);
	mos_client_destroy(c);
}
