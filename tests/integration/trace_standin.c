/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for mos-rtcore with the same probes around its cycle, and with faults as asked for: mos-trace
 * must find each. It prints "ready TID CORE" and cycles until its input ends.
 *
 *     trace-standin [period=US] [busy=US] [priority=N] [core=N] [bell=1] [syscall=N] [fault=N] [long=N]
 * [ring=N]
 *
 * syscall, fault, long, ring: in every Nth cycle a getppid(), a page touched for the first time, three
 * periods of work, a second write to the bell.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../rtcore/cycle_times.h"

#define PAGES 65536u

static struct {
	int64_t period_ns, busy_ns;
	int priority, core, bell;
	uint64_t syscall, fault, overlong, ring;
} plan = {.period_ns = 2000000, .busy_ns = 100000, .core = -1};

static int is_ended;
static struct cycle_clock clock_of;

static int64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void work(int64_t ns)
{
	int64_t until = now_ns() + ns;

	while (now_ns() < until)
		;
}

static int is_due(uint64_t every, uint64_t cycle)
{
	return every && cycle % every == 0;
}

static void run_cycle(uint64_t cycle, int64_t due_ns, int bell_fd, volatile char *page)
{
	int64_t begin_ns = now_ns(), busy_ns;
	uint64_t one = 1;

	MOS_PROBE(cycle_begin, cycle, 64, begin_ns - due_ns, bell_fd);
	cycle_clock_begin(&clock_of,
		&(struct mos_cycle_times){
			.cycle = cycle, .begin_ns = begin_ns, .late_ns = begin_ns - due_ns, .n_frames = 64});
	cycle_clock_stage(&clock_of, MOS_STAGE_serve);
	if (is_due(plan.syscall, cycle))
		(void)syscall(SYS_getppid);
	if (is_due(plan.fault, cycle))
		page[cycle / plan.fault % PAGES * 4096] = 1;
	work(is_due(plan.overlong, cycle) ? 3 * plan.period_ns : plan.busy_ns);
	cycle_clock_stage(&clock_of, MOS_STAGE_render);
	busy_ns = now_ns() - begin_ns;
	if (plan.bell)
		(void)!write(bell_fd, &one, sizeof(one));
	if (is_due(plan.ring, cycle))
		(void)!write(bell_fd, &one, sizeof(one));
	cycle_clock_stage(&clock_of, MOS_STAGE_publish);
	MOS_PROBE(cycle_end, cycle, busy_ns, plan.period_ns);
	cycle_clock_end(&clock_of, (uint64_t)busy_ns, (uint64_t)plan.period_ns);
}

static void *play(void *data)
{
	int bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	char *page =
		mmap(NULL, (size_t)PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t due_ns = now_ns();
	cpu_set_t cores;

	(void)data;
	(void)madvise(page, (size_t)PAGES * 4096, MADV_NOHUGEPAGE);
	CPU_ZERO(&cores);
	CPU_SET(plan.core, &cores);
	if (plan.core >= 0)
		(void)sched_setaffinity(0, sizeof(cores), &cores);
	if (plan.priority && sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){plan.priority}) < 0)
		(void)fprintf(stderr, "no real-time priority: %s\n", strerror(errno));
	(void)printf("ready %ld %d\n", syscall(SYS_gettid), plan.core);
	(void)fflush(stdout);
	for (uint64_t cycle = 1; !__atomic_load_n(&is_ended, __ATOMIC_RELAXED); cycle++) {
		struct timespec until;

		due_ns += plan.period_ns;
		if (due_ns < now_ns() - 10 * plan.period_ns)
			due_ns = now_ns();
		until = (struct timespec){due_ns / 1000000000, due_ns % 1000000000};
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		run_cycle(cycle, due_ns, bell_fd, page);
	}
	return NULL;
}

static int take(const char *word)
{
	const char *equals = strchr(word, '=');
	long v = equals ? strtol(equals + 1, NULL, 10) : -1;
	size_t n = equals ? (size_t)(equals - word) : 0;

	if (v < 0)
		return -1;
	if (!strncmp(word, "period", n))
		plan.period_ns = v * 1000;
	else if (!strncmp(word, "busy", n))
		plan.busy_ns = v * 1000;
	else if (!strncmp(word, "priority", n))
		plan.priority = (int)v;
	else if (!strncmp(word, "core", n))
		plan.core = (int)v;
	else if (!strncmp(word, "bell", n))
		plan.bell = (int)v;
	else if (!strncmp(word, "syscall", n))
		plan.syscall = (uint64_t)v;
	else if (!strncmp(word, "fault", n))
		plan.fault = (uint64_t)v;
	else if (!strncmp(word, "long", n))
		plan.overlong = (uint64_t)v;
	else if (!strncmp(word, "ring", n))
		plan.ring = (uint64_t)v;
	else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char byte;

	for (int i = 1; i < argc; i++)
		if (take(argv[i]) < 0) {
			(void)fprintf(stderr, "trace-standin: what is %s?\n", argv[i]);
			return 2;
		}
	if (pthread_create(&thread, NULL, play, NULL))
		return 1;
	(void)pthread_setname_np(thread, "data-loop.0");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	__atomic_store_n(&is_ended, 1, __ATOMIC_RELAXED);
	(void)pthread_join(thread, NULL);
	return 0;
}
