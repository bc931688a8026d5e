/* SPDX-License-Identifier: MIT */
/*
 * What does a publish cost with 1, 10, 100 and 1,000 processes that read every record? The readers are
 * real processes on another core, polling as fast as that core lets them take turns, so that in every case
 * one of them is at the writer's heels; those not counted in sleep. The numbers of readers take turns too.
 * Beside it: the same record by 1,000 datagrams.
 *
 * Good: flat. The writer touches one slot and one word, whoever reads.
 */
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "ring_link.h"

#define N_READERS 1000
#define N_ROUNDS 12
#define N_BATCHES 40 /* a round and number of readers */
#define BATCH 64
#define POLLS 1000 /* in vain, before a reader gives its turn away */

static const uint32_t n_reading[] = {1, 10, 100, N_READERS};
#define N_CASES (sizeof(n_reading) / sizeof(n_reading[0]))

struct fanout {
	uint32_t n_active; /* futex word: readers below this number read */
	uint32_t n_awake;  /* all at first */
	uint64_t target;   /* number of a batch's last record */
	uint32_t n_done;   /* readers that have read it */
	uint64_t n_read[N_READERS];
};

/** Sleep while it is not reader `index`'s turn. Awake it begins with what is published from then on. */
static void wait_for_turn(
	struct fanout *f, uint32_t index, struct mos_event_reader *r, const struct mos_region *region)
{
	uint32_t n_active = __atomic_load_n(&f->n_active, __ATOMIC_ACQUIRE);

	if (index < n_active)
		return;
	__atomic_fetch_sub(&f->n_awake, 1, __ATOMIC_RELEASE);
	while (index >= n_active) {
		(void)syscall(SYS_futex, &f->n_active, FUTEX_WAIT, n_active, NULL, NULL, 0);
		n_active = __atomic_load_n(&f->n_active, __ATOMIC_ACQUIRE);
	}
	(void)mos_event_reader_init(r, region, /* from_oldest= */ 0);
	__atomic_fetch_add(&f->n_awake, 1, __ATOMIC_RELEASE);
}

static _Noreturn void read_for_ever(struct fanout *f, const struct mos_region *region, uint32_t index)
{
	struct mos_event_reader r;
	struct mos_event ev;
	uint64_t reported = 0;

	if (mos_event_reader_init(&r, region, /* from_oldest= */ 0) < 0)
		_exit(1);
	for (;;) {
		wait_for_turn(f, index, &r, region);
		for (int i = 0; i < POLLS; i++) {
			while (mos_event_next(&r, &ev) == 1)
				f->n_read[index]++;
		}
		if (r.next_seq > reported + 1 && r.next_seq > __atomic_load_n(&f->target, __ATOMIC_ACQUIRE)) {
			reported = r.next_seq - 1;
			__atomic_fetch_add(&f->n_done, 1, __ATOMIC_RELEASE);
		}
		sched_yield();
	}
}

/** Exactly `n` readers read from now on. */
static void set_active(struct fanout *f, uint32_t n)
{
	__atomic_store_n(&f->n_active, n, __ATOMIC_RELEASE);
	(void)syscall(SYS_futex, &f->n_active, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	while (__atomic_load_n(&f->n_awake, __ATOMIC_ACQUIRE) != n)
		sched_yield();
}

static void time_batches(
	struct fanout *f, uint32_t n, struct mos_event_writer *w, double ns_per_cycle, double *ret_ns)
{
	struct mos_event ev = {.type = MOS_EVENT_METRONOME_BEAT};

	for (int i = 0; i < N_BATCHES; i++) {
		uint64_t start, last = 0;

		/* Until it is known, no reader can be done. */
		__atomic_store_n(&f->target, UINT64_MAX, __ATOMIC_RELEASE);
		__atomic_store_n(&f->n_done, 0, __ATOMIC_RELEASE);
		start = bench_cycles();
		for (int k = 0; k < BATCH; k++)
			last = mos_event_publish(w, &ev, /* now_ns= */ 0);
		ret_ns[i] = (double)(bench_cycles() - start) * ns_per_cycle / BATCH;
		__atomic_store_n(&f->target, last, __ATOMIC_RELEASE);
		while (__atomic_load_n(&f->n_done, __ATOMIC_ACQUIRE) < n)
			;
	}
}

/** ns to send one record to 1,000 sockets; 0: not so many descriptors to be had. */
static double datagram_ns(double ns_per_cycle)
{
	struct rlimit limit;
	static int fd[N_READERS][2];
	double ns[20];
	char record[64] = {0};
	int n_open = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	while (n_open < N_READERS && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fd[n_open]) == 0)
		n_open++;
	for (size_t pass = 0; pass < sizeof(ns) / sizeof(ns[0]); pass++) {
		uint64_t start = bench_cycles();

		for (int i = 0; i < n_open; i++)
			(void)!send(fd[i][0], record, sizeof(record), MSG_DONTWAIT);
		ns[pass] = (double)(bench_cycles() - start) * ns_per_cycle;
		for (int i = 0; i < n_open; i++)
			(void)!recv(fd[i][1], record, sizeof(record), MSG_DONTWAIT);
	}
	for (int i = 0; i < n_open; i++) {
		close(fd[i][0]);
		close(fd[i][1]);
	}
	bench_sort(ns, sizeof(ns) / sizeof(ns[0]));
	return n_open == N_READERS ? bench_at(ns, sizeof(ns) / sizeof(ns[0]), 0.5) : 0;
}

/** @return number of readers started; none reads yet. */
static uint32_t spawn_readers(struct fanout *f, const struct mos_region *region, int cpu, pid_t *pids)
{
	uint32_t n = 0;

	for (; n < N_READERS; n++) {
		pids[n] = fork();
		if (pids[n] < 0)
			break;
		if (pids[n] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)bench_pin(cpu);
			read_for_ever(f, region, n);
		}
	}
	return n;
}

static void print_figures(double *ns[N_CASES], double datagrams_ns)
{
	const size_t n = N_ROUNDS * N_BATCHES;
	double p50[N_CASES];

	for (size_t c = 0; c < N_CASES; c++) {
		char name[32];

		bench_sort(ns[c], n);
		p50[c] = bench_at(ns[c], n, 0.5);
		snprintf(name, sizeof(name), "ring.publish.%u", n_reading[c]);
		bench_print(name, p50[c], "ns", c == N_CASES - 1 && datagrams_ns > 0 ? "datagrams" : NULL,
			datagrams_ns);
	}
	bench_print("ring.publish.1000_over_1", p50[N_CASES - 1] / p50[0], "ratio", NULL, 0);
}

int bench_fanout(const int cpu[2])
{
	struct fanout *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double ns_per_cycle = bench_ns_per_cycle();
	double *ns[N_CASES];
	struct mos_event_writer w, other;
	struct mos_event_log log;
	struct mos_region region;
	pid_t pids[N_READERS];
	uint64_t n_read = 0;
	uint32_t n_readers;

	if (f == MAP_FAILED ||
		mos_region_create("bench-fanout", mos_event_ring_size(MOS_EVENT_RING_SLOTS_DEFAULT),
			MOS_EVENT_RING_ABI_MAJOR, MOS_EVENT_RING_ABI_MINOR, 1, &region) < 0)
		return 1;
	(void)mos_event_log_init(&log, &region, MOS_EVENT_RING_SLOTS_DEFAULT);
	mos_event_writer_init(&w, &log, &other);
	mos_event_writer_init(&other, &log, &w);
	mos_region_publish(&region, MOS_MAGIC_EVENTS);
	for (size_t c = 0; c < N_CASES; c++) {
		ns[c] = calloc(N_ROUNDS * N_BATCHES, sizeof(double));
		if (!ns[c])
			return 1;
	}
	(void)bench_pin(cpu[0]);
	f->n_awake = N_READERS;
	n_readers = spawn_readers(f, &region, cpu[1], pids);
	if (n_readers == N_READERS)
		set_active(f, 0); /* from here on the numbers of those awake are right */
	for (size_t round = 0; n_readers == N_READERS && round < N_ROUNDS; round++) {
		for (size_t c = 0; c < N_CASES; c++) {
			set_active(f, n_reading[c]);
			time_batches(f, n_reading[c], &w, ns_per_cycle, ns[c] + round * N_BATCHES);
		}
	}
	if (n_readers == N_READERS)
		set_active(f, 0); /* or each would die only when its turn comes */
	for (uint32_t i = 0; i < n_readers; i++)
		kill(pids[i], SIGKILL);
	for (uint32_t i = 0; i < n_readers; i++) {
		waitpid(pids[i], NULL, 0);
		n_read += f->n_read[i];
	}
	if (n_readers < N_READERS) {
		fprintf(stderr, "ring: only %u reader processes could be started\n", n_readers);
		return 1;
	}
	fprintf(stderr, "ring: %u readers took %llu records in all\n", n_readers, (unsigned long long)n_read);
	print_figures(ns, datagram_ns(ns_per_cycle));
	for (size_t c = 0; c < N_CASES; c++)
		free(ns[c]);
	mos_region_finish(&region);
	return 0;
}
