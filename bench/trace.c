/* SPDX-License-Identifier: MIT */
/*
 * What does it cost to be looked at?
 *
 * A probe that nobody looks at, beside a loop without it: goal, none that can be measured (a nop). A probe
 * that mos-trace counts: the price of entering the kernel once.
 *
 * Then mos-rtcore at quantum 64, playing the demo: how much of its core the audio thread takes, by the
 * kernel's own account (schedstat), by turns without mos-trace, with its views rt, cycle and path. Other
 * programs and a virtual machine's host only add to it, so the quiet rounds are compared; beside them stand
 * the medians. Good: below 1 % of a core.
 *
 *     bench-trace MOS_TRACE, inside of a mos-session with --quantum 64, with the right to trace
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/control.h>

#include "../shm/probe.h"
#include "bench.h"

#define ROUNDS 9
#define WINDOW_MS 1000
#define LOOPS 20000000u
#define LOOPS_ATTACHED 200000u
#define TRIES 5
#define QUANTUM_NS (64.0 * 1e9 / 48000)

static const char *const view[] = {NULL, "rt", "cycle", "path"};
#define N_VIEWS (sizeof(view) / sizeof(view[0]))

struct tracer {
	pid_t pid;
	FILE *out;
};

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* It looks as soon as it has told its first line. @return 0, -1 it cannot. */
static int tracer_start(struct tracer *t, const char *program, const char *name, pid_t target)
{
	char pid[16];
	int fd[2], byte;

	(void)snprintf(pid, sizeof(pid), "%d", (int)target);
	if (pipe2(fd, O_CLOEXEC) < 0)
		return -1;
	t->pid = fork();
	if (t->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(fd[1], STDOUT_FILENO);
		(void)execl(
			program, program, name, "--pid", pid, "--json", "--interval", "0.3", (char *)NULL);
		_exit(127);
	}
	(void)close(fd[1]);
	t->out = fdopen(fd[0], "r");
	if (t->pid < 0 || !t->out)
		return -1;
	while ((byte = fgetc(t->out)) != EOF && byte != '\n')
		;
	return byte == EOF ? -1 : 0;
}

/* @return its exit code */
static int tracer_stop(struct tracer *t)
{
	int status = 0;

	(void)kill(t->pid, SIGINT);
	while (fgetc(t->out) != EOF)
		;
	(void)fclose(t->out);
	(void)waitpid(t->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static double loop_plain(uint64_t n)
{
	int64_t begin_ns = bench_now_ns();

	for (uint64_t i = 0; i < n; i++)
		__asm__ volatile("" : : "r"(i));
	return (double)(bench_now_ns() - begin_ns) / (double)n;
}

static double loop_probe(uint64_t n)
{
	struct mos_cycle_times times = {.wall_ns = 1, .period_ns = 2, .stage_ns = {1, 1, 1, 1, 1, 1, 1, 1}};
	int64_t begin_ns = bench_now_ns();

	for (uint64_t i = 0; i < n; i++) {
		__asm__ volatile("" : : "r"(i));
		MOS_PROBE(cycle_times, (uintptr_t)&times);
	}
	return (double)(bench_now_ns() - begin_ns) / (double)n;
}

static double best(double (*loop)(uint64_t), uint64_t n)
{
	double least = 1e12;

	for (int i = 0; i < TRIES; i++) {
		double ns = loop(n);

		least = ns < least ? ns : least;
	}
	return least;
}

/* @return 0, or what mos-trace said */
static int measure_probe(const char *program)
{
	double plain = best(loop_plain, LOOPS), probe = best(loop_probe, LOOPS);
	struct tracer t;

	bench_print("trace.probe.unattached", probe, "ns", "no probe", plain);
	if (tracer_start(&t, program, "cycle", getpid()) < 0)
		return tracer_stop(&t);
	bench_print("trace.probe.attached", best(loop_probe, LOOPS_ATTACHED), "ns", "no probe", plain);
	return tracer_stop(&t);
}

/* The audio thread's processor time so far. */
static uint64_t audio_ns(pid_t rtcore)
{
	char path[96], name[16] = "";
	struct dirent *entry;
	uint64_t ns = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)rtcore);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%.20s/comm", (int)rtcore, entry->d_name);
		f = fopen(path, "re");
		if (f && !fgets(name, sizeof(name), f))
			name[0] = '\0';
		if (f)
			(void)fclose(f);
		if (!f || strncmp(name, "data-loop", 9) != 0)
			continue;
		(void)snprintf(
			path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)rtcore, entry->d_name);
		f = fopen(path, "re");
		if (f && fscanf(f, "%lu", &ns) != 1)
			ns = 0;
		if (f)
			(void)fclose(f);
	}
	if (dir)
		closedir(dir);
	return ns;
}

/* Percent of a core. */
static double load_of(pid_t rtcore)
{
	uint64_t cpu_ns = audio_ns(rtcore);
	int64_t begin_ns = bench_now_ns();

	sleep_ms(WINDOW_MS);
	return 100 * (double)(audio_ns(rtcore) - cpu_ns) / (double)(bench_now_ns() - begin_ns);
}

static int play(struct mos_client *c)
{
	const int fd = open(DEMO_MIDI, O_RDONLY | O_CLOEXEC);
	const struct mos_field name[] = {mos_str("name", "first-light.mid")};
	const struct mos_request load = {.method = "hermes.score.load",
		.args = name,
		.n_args = 1,
		.fds = &fd,
		.n_fds = 1,
		.timeout_ms = 30000};
	int rc = fd < 0 ? -errno : mos_call_request(c, &load, NULL);

	if (fd >= 0)
		(void)close(fd);
	return rc < 0 ? rc : mos_transport_play(c, 0);
}

/* What disturbs only adds: the second least of the rounds is what the thread needs by itself. */
static double quiet(const double *rounds)
{
	double sorted[ROUNDS];

	memcpy(sorted, rounds, sizeof(sorted));
	bench_sort(sorted, ROUNDS);
	return sorted[1];
}

static double median(const double *rounds)
{
	double sorted[ROUNDS];

	memcpy(sorted, rounds, sizeof(sorted));
	bench_sort(sorted, ROUNDS);
	return sorted[ROUNDS / 2];
}

static int measure_load(const char *program, pid_t rtcore)
{
	double load[N_VIEWS][ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < N_VIEWS; i++) {
			size_t v = (i + (size_t)round) % N_VIEWS;
			struct tracer t;
			int rc = 0;

			if (view[v] && tracer_start(&t, program, view[v], rtcore) < 0)
				return tracer_stop(&t);
			load[v][round] = load_of(rtcore);
			if (view[v])
				rc = tracer_stop(&t);
			if (rc)
				return rc;
		}
	}
	for (size_t v = 1; v < N_VIEWS; v++) {
		double more = quiet(load[v]) - quiet(load[0]);
		char name[40];

		(void)snprintf(name, sizeof(name), "trace.load.%s", view[v]);
		bench_print(name, more, "% of a core more", "goal 1", 1);
		(void)snprintf(name, sizeof(name), "trace.cycle.%s", view[v]);
		bench_print(name, more / 100 * QUANTUM_NS, "ns a cycle more", "quantum", QUANTUM_NS);
		(void)snprintf(name, sizeof(name), "trace.load_disturbed.%s", view[v]);
		bench_print(name, median(load[v]), "% of a core", "without mos-trace", median(load[0]));
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct mos_client *c;
	struct mos_reply reply = {0};
	struct mos_error err;
	pid_t rtcore;
	int rc;

	if (argc != 2)
		return 2;
	rc = measure_probe(argv[1]);
	if (rc) {
		fprintf(stderr, "trace: mos-trace ends with %d: no figures of attached probes here\n", rc);
		return rc == 3 ? 0 : 1;
	}
	if (mos_client_create(&(struct mos_client_options){.name = "bench"}, &c, &err) < 0 ||
		mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply) < 0) {
		fprintf(stderr, "trace: %s\n", err.message);
		return 1;
	}
	rtcore = (pid_t)mos_get_int(&reply.value, "rtcore/pid", 0);
	mos_reply_finish(&reply);
	rc = play(c);
	if (rc < 0) {
		fprintf(stderr, "trace: the demo does not play: %s\n", mos_client_error(c)->message);
		return 1;
	}
	sleep_ms(1000); /* the sound font is there, and streams */
	return measure_load(argv[1], rtcore);
}
