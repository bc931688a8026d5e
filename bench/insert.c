/* SPDX-License-Identifier: MIT */
/*
 * How long is a period away? From the end of the audio thread's work, when it rings the bell, to the moment
 * at which the period that it handed over lies there again: bell (eventfd) -> bus thread -> futex ->
 * mos-fxhost -> plugin. The peer is the same without the bus in between: a futex that the audio thread itself
 * would wake, which is a system call that it may not make. Plugin: MDA Overdrive, which costs nothing; so
 * this is the way alone.
 *
 * Good: p99 below half a cycle (667 us at a quantum of 64), so that a plugin has the other half. With
 * real-time rights; the audio thread's stand-in looks at the memory all the time and so holds one processor.
 */
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "apollo/insert/inserts_internal.h"
#include "bench.h"

#define RATE 48000
#define N_CYCLES 4000
#define PLUGIN "http://drobilla.net/plugins/mda/Overdrive"
#define AUDIO_PRIORITY 88
#define BUS_PRIORITY 10

static struct insert *slot, *next;
static int is_swap_due, is_ready, bell_fd;
static struct insert_bell *bell;

static int on_swap(void *data, uint32_t strip, uint32_t n, struct insert *end)
{
	next = end;
	is_swap_due = 1;
	return 0;
}

static void on_told(
	void *data, uint32_t strip, uint32_t n, enum inserts_news news, int status, const char *text)
{
	if (news == INSERTS_READY)
		is_ready = 1;
	else
		fprintf(stderr, "insert: %s\n", text);
	if (news == INSERTS_FAILED)
		exit(77);
}

static void be_real_time(int priority)
{
	const struct sched_param param = {.sched_priority = priority};

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param))
		fprintf(stderr, "insert: no real-time priority\n");
}

static void *bus(void *data)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int epoll_fd = epoll_create1(0);
	uint64_t count;

	be_real_time(BUS_PRIORITY);
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, bell_fd, &ev);
	for (;;) {
		(void)epoll_wait(epoll_fd, &ev, 1, -1);
		(void)!read(bell_fd, &count, sizeof(count));
		insert_bell_ring(bell);
	}
	return NULL;
}

static void start(struct inserts *in, const char *what)
{
	char error[256];

	if (inserts_set(in, 0, 0, MOS_INSERT_LV2, what, error, sizeof(error)) < 0) {
		fprintf(stderr, "insert: %s\n", error);
		exit(77);
	}
	while (!is_ready) {
		struct pollfd p = {.fd = inserts_fd(in), .events = POLLIN};

		(void)poll(&p, 1, 10);
		inserts_dispatch(in);
		if (is_swap_due)
			inserts_swapped(in, 0, 0, insert_swap(&slot, next));
		is_swap_due = 0;
	}
}

static void ring(int is_direct)
{
	uint64_t one = 1;

	if (is_direct)
		insert_bell_ring(bell);
	else
		(void)!write(bell_fd, &one, sizeof(one));
}

/* @return us, until the last period of this cycle is back; at most a cycle */
static double turnaround(uint32_t quantum, int is_direct)
{
	const double ns_max = 1e9 * quantum / RATE;
	uint64_t n = slot->region->n_in;
	int64_t start_ns = bench_now_ns(), ns = 0;

	ring(is_direct);
	while (__atomic_load_n(&slot->region->out[(n - 1) % INSERT_RING].number, __ATOMIC_ACQUIRE) != n &&
		(double)ns < ns_max)
		ns = bench_now_ns() - start_ns;
	return 1e-3 * (double)(bench_now_ns() - start_ns);
}

static void measure(uint32_t quantum, int is_direct, double ret[N_CYCLES])
{
	const int64_t cycle_ns = INT64_C(1000000000) * quantum / RATE;
	int64_t at_ns = bench_now_ns();
	float l[256] = {0}, r[256] = {0};

	__atomic_store_n(&slot->want_latency, insert_latency_for(quantum), __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < N_CYCLES; i++) {
		struct timespec ts;

		at_ns += cycle_ns;
		ts = (struct timespec){.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000};
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
		if (bench_now_ns() - at_ns > cycle_ns)
			at_ns = bench_now_ns();
		for (uint32_t k = 0; k < quantum; k++)
			l[k] = r[k] = 0.1f;
		insert_process(slot, l, r, quantum);
		(void)insert_bell_due(bell);
		ret[i] = turnaround(quantum, is_direct);
	}
	bench_sort(ret, N_CYCLES);
}

int main(int argc, char **argv)
{
	static const uint32_t quantum[] = {64, 256};
	static const struct {
		const char *name;
		double q;
	} at[] = {{"p50", 0.5}, {"p99", 0.99}, {"max", 1}};
	static double way[N_CYCLES], direct[N_CYCLES];
	struct inserts_config config = {.rate_hz = RATE, .quantum = 64, .swap = on_swap, .told = on_told};
	struct inserts *in;
	pthread_t thread;
	char name[64];

	config.program = FXHOST;
	bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	config.bell = bell = insert_bell_create();
	if (!bell || bell_fd < 0 || inserts_create(&config, &in) < 0 ||
		pthread_create(&thread, NULL, bus, NULL))
		return EXIT_FAILURE;
	start(in, argc > 1 ? argv[1] : PLUGIN);
	be_real_time(AUDIO_PRIORITY);
	for (uint32_t k = 0; k < 2; k++) {
		uint64_t late = slot->n_late;

		measure(quantum[k], 0, way);
		late = slot->n_late - late;
		measure(quantum[k], 1, direct);
		for (uint32_t i = 0; i < 3; i++) {
			(void)snprintf(
				name, sizeof(name), "insert.turnaround.q%u.%s", quantum[k], at[i].name);
			bench_print(name, bench_at(way, N_CYCLES, at[i].q), "us", "without the bus",
				bench_at(direct, N_CYCLES, at[i].q));
		}
		(void)snprintf(name, sizeof(name), "insert.late.q%u", quantum[k]);
		bench_print(name, (double)late, "periods", NULL, 0);
	}
	(void)insert_swap(&slot, NULL);
	inserts_destroy(in);
	return EXIT_SUCCESS;
}
