/* SPDX-License-Identifier: MIT */
/*
 * What do 10,000 events a second cost mos-rtcore (EVT-20: below 2 % of a core, figures included)? Four programs emit
 * 2,500 a second each, in the batched lane, and one reads them all; the processor time of all of rtcore's threads is
 * read from the kernel before and after, and that of an equal time without events is taken off. Beside it, the same
 * number of records through a relay over Unix sockets: the relay's processor time.
 *
 * Then what the times that every 16th record carries cost a publish: with and without, by turns.
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/event_ring.h>

#include "bench.h"

#define SECONDS 5
#define N_EMITTERS 4u
#define PER_SECOND 2500u /* an emitter */

/* Nanoseconds that the threads of a process have run so far. */
static uint64_t cpu_ns(pid_t pid)
{
	char path[96];
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		uint64_t ns = 0;
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid, entry->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%lu", &ns) == 1)
			sum += ns;
		(void)fclose(f);
	}
	if (dir)
		closedir(dir);
	return sum;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* Call `send` PER_SECOND times a second, 10 at a time. */
static _Noreturn void send_evenly(int (*send_one)(void *data), void *data)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (;;) {
		for (uint32_t i = 0; i < 10; i++)
			(void)send_one(data);
		next.tv_nsec += 1000000000 / (PER_SECOND / 10);
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static int emit_one(void *client)
{
	return mos_emit(client, &(struct mos_event){.type = MOS_EVENT_ROCKY_HIGHLIGHT, .tick = INT64_MIN});
}

static int send_one(void *sock)
{
	char record[64] = {0};

	return (int)send(*(int *)sock, record, sizeof(record), MSG_NOSIGNAL);
}

static void end(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* Percent of a core that rtcore takes more while events flow. @return 0, -1. */
static int measure_rtcore(double *ret_percent, double *ret_whole_percent, double *ret_per_second)
{
	struct mos_client *c;
	struct mos_error err;
	struct mos_reply reply = {0};
	pid_t rtcore, emitter[N_EMITTERS];
	uint64_t idle_ns, busy_ns, n = 0;
	int64_t end_ns;

	if (mos_client_create(&(struct mos_client_options){.name = "bench"}, &c, &err) < 0 ||
		mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply) < 0) {
		fprintf(stderr, "bus_load: %s\n", err.message);
		return -1;
	}
	rtcore = (pid_t)mos_get_int(&reply.value, "rtcore/pid", 0);
	mos_reply_finish(&reply);
	idle_ns = cpu_ns(rtcore);
	sleep_ms(SECONDS * 1000);
	idle_ns = cpu_ns(rtcore) - idle_ns;
	for (uint32_t i = 0; i < N_EMITTERS; i++) {
		emitter[i] = fork();
		if (emitter[i] == 0) {
			struct mos_client *mine;

			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (mos_client_create(&(struct mos_client_options){.name = "emitter"}, &mine, NULL) < 0)
				_exit(1);
			send_evenly(emit_one, mine);
		}
	}
	sleep_ms(500);
	(void)mos_events_select(c, (const uint32_t[]){MOS_EVENT_ROCKY_HIGHLIGHT}, 1);
	while (mos_events_next(c, &(struct mos_event){0}) == 1)
		; /* what came until now does not count */
	busy_ns = cpu_ns(rtcore);
	end_ns = bench_now_ns() + SECONDS * INT64_C(1000000000);
	while (bench_now_ns() < end_ns) {
		struct mos_event ev;

		while (mos_events_next(c, &ev) == 1)
			n += ev.type == MOS_EVENT_ROCKY_HIGHLIGHT;
		(void)mos_events_wait(c, 100);
	}
	busy_ns = cpu_ns(rtcore) - busy_ns;
	for (uint32_t i = 0; i < N_EMITTERS; i++)
		end(emitter[i]);
	*ret_per_second = (double)n / SECONDS;
	*ret_whole_percent = (double)busy_ns / (SECONDS * 1e9) * 100;
	*ret_percent = ((double)busy_ns - (double)idle_ns) / (SECONDS * 1e9) * 100;
	if (mos_events_lost(c))
		fprintf(stderr, "bus_load: %lu events were lost\n", mos_events_lost(c));
	mos_client_destroy(c);
	return 0;
}

static _Noreturn void relay(int in, int out)
{
	char record[64];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (recv(in, record, sizeof(record), 0) == sizeof(record))
		(void)send(out, record, sizeof(record), MSG_NOSIGNAL);
	_exit(0);
}

static double measure_relay(void)
{
	int in[2], out[2];
	pid_t pid, emitter[N_EMITTERS];
	uint64_t ns;
	int64_t end_ns;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, in) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, out) < 0)
		return 0;
	pid = fork();
	if (pid == 0)
		relay(in[1], out[0]);
	for (uint32_t i = 0; i < N_EMITTERS; i++) {
		emitter[i] = fork();
		if (emitter[i] == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			send_evenly(send_one, &in[0]);
		}
	}
	ns = cpu_ns(pid);
	end_ns = bench_now_ns() + SECONDS * INT64_C(1000000000);
	while (bench_now_ns() < end_ns) {
		char record[64];

		(void)!recv(out[1], record, sizeof(record), 0);
	}
	ns = cpu_ns(pid) - ns;
	for (uint32_t i = 0; i < N_EMITTERS; i++)
		end(emitter[i]);
	end(pid);
	return (double)ns / (SECONDS * 1e9) * 100;
}

/* Nanoseconds a publish, with and without stamps. */
static int measure_stamps(double *ret_with, double *ret_without)
{
	static double ns[2][200];
	struct mos_region region = {0};
	struct mos_event_log log;
	struct mos_event_writer w;
	const struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT};
	double ns_per_cycle = bench_ns_per_cycle();

	if (mos_region_create("bench", mos_event_ring_size(MOS_EVENT_RING_SLOTS_DEFAULT), MOS_EVENT_RING_ABI_MAJOR,
		    MOS_EVENT_RING_ABI_MINOR, 1, &region) < 0 ||
		mos_event_log_init(&log, &region, MOS_EVENT_RING_SLOTS_DEFAULT) < 0)
		return -1;
	mos_event_writer_init(&w, &log, NULL);
	for (int round = 0; round < 400; round++) {
		uint64_t begin;

		log.stamping = round % 2;
		begin = bench_cycles();
		for (int i = 0; i < 4096; i++)
			(void)mos_event_publish(&w, &ev, 0);
		ns[round % 2][round / 2] = (double)(bench_cycles() - begin) * ns_per_cycle / 4096;
	}
	for (int i = 0; i < 2; i++)
		bench_sort(ns[i], 200);
	*ret_without = bench_at(ns[0], 200, 0.5);
	*ret_with = bench_at(ns[1], 200, 0.5);
	mos_region_finish(&region);
	return 0;
}

int main(void)
{
	double percent, whole_percent, per_second, with, without;

	if (measure_rtcore(&percent, &whole_percent, &per_second) < 0)
		return 1;
	bench_print("bus_load.events", per_second, "1/s", NULL, 0);
	bench_print("bus_load.rtcore_cpu", percent, "%", "Unix socket relay", measure_relay());
	bench_print("bus_load.rtcore_cpu_with_audio", whole_percent, "%", NULL, 0);
	if (measure_stamps(&with, &without) < 0)
		return 1;
	bench_print("bus_load.publish_stamped", with, "ns", "publish without stamps", without);
	return 0;
}
