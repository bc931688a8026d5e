/* SPDX-License-Identifier: MIT */
/*
 * How long does a 64-byte record take from one process to another, and how many go through? Two pinned
 * processes bounce a record; half of a round trip is one way, with no clock in between. All links take
 * turns in short rounds, so that each sees the same machine: cores near or far apart, quiet or not.
 *
 * Good: one way at least 8 times below iceoryx and within 1.5 times of a bare slot, which is what moving a
 * cache line costs on this machine; a publish that costs the same for 1 and for 1,000 readers. A ring goes to
 * a new line with each record, where the slot stays in one: bare slots over 1,024 lines were measured as slow
 * as the ring, so what is above the one slot is the machine's.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "ring_link.h"

#define N_ROUNDS 20
#define N_WARM_UP 2    /* rounds, not counted */
#define N_BOUNCES 5000 /* a link and round */
#define N_STREAM 5000  /* records a link and round */
#define WATCHDOG_S 280
#define WINDOW 128 /* records on the way: below iceoryx' queue of 256 and a socket's buffer */

static const struct link_ops *const all_ops[] = {&link_ring, &link_slot, &link_iceoryx, &link_socket};
#define MAX_LINKS (sizeof(all_ops) / sizeof(all_ops[0]))

struct figures {
	double *one_way_ns;    /* N_ROUNDS * N_BOUNCES */
	double *per_record_ns; /* N_ROUNDS */
};

struct bench {
	struct link links[MAX_LINKS];
	struct figures figures[MAX_LINKS];
	size_t n_links;
	uint64_t *n_received; /* shared: how far the receiver of a stream is */
	double ns_per_cycle;
};

static void take(struct link *link, struct mos_event *ret)
{
	while (!link->ops->take(link, ret))
		;
}

static void bounce_back(struct link *link)
{
	struct mos_event ev;

	for (int i = 0; i < N_BOUNCES; i++) {
		take(link, &ev);
		link->ops->send(link, &ev);
	}
}

static void bounce(struct link *link, double ns_per_cycle, double *ret_ns)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON, .u.note = {.key = 60, .velocity = 30000}};

	for (int i = 0; i < N_BOUNCES; i++) {
		uint64_t start = bench_cycles();

		link->ops->send(link, &ev);
		take(link, &ev);
		ret_ns[i] = (double)(bench_cycles() - start) * ns_per_cycle / 2;
	}
}

/** A bare slot holds one record, so no stream goes through it. */
static bool can_stream(const struct link *link)
{
	return link->ops != &link_slot;
}

static void receive_stream(struct link *link, uint64_t *n_received)
{
	struct mos_event ev;

	for (uint64_t n = 1; n <= N_STREAM; n++) {
		take(link, &ev);
		if (n % (WINDOW / 4) == 0 || n == N_STREAM)
			__atomic_store_n(n_received, n, __ATOMIC_RELEASE);
	}
}

/** @return ns a record, from the first sent to the last received. */
static double send_stream(struct link *link, uint64_t *n_received, double ns_per_cycle)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON};
	uint64_t start, seen = 0;

	__atomic_store_n(n_received, 0, __ATOMIC_RELAXED);
	start = bench_cycles();
	for (uint64_t n = 1; n <= N_STREAM; n++) {
		while (n - seen > WINDOW)
			seen = __atomic_load_n(n_received, __ATOMIC_ACQUIRE);
		link->ops->send(link, &ev);
	}
	while (seen < N_STREAM)
		seen = __atomic_load_n(n_received, __ATOMIC_ACQUIRE);
	return (double)(bench_cycles() - start) * ns_per_cycle / N_STREAM;
}

/** Both processes walk through the same rounds; taking waits for the other side. */
static void run_side(struct bench *b, int side)
{
	for (int round = -N_WARM_UP; round < N_ROUNDS; round++) {
		size_t kept = round < 0 ? 0 : (size_t)round; /* warm-up is overwritten */

		for (size_t i = 0; i < b->n_links; i++) {
			struct link *link = &b->links[i];
			struct figures *f = &b->figures[i];

			if (side == 0)
				bounce(link, b->ns_per_cycle, f->one_way_ns + kept * N_BOUNCES);
			else
				bounce_back(link);
			if (!can_stream(link))
				continue;
			if (side == 0)
				f->per_record_ns[kept] = send_stream(link, b->n_received, b->ns_per_cycle);
			else
				receive_stream(link, b->n_received);
		}
	}
}

static int attach_all(struct bench *b, int side)
{
	for (size_t i = 0; i < b->n_links; i++) {
		int r = b->links[i].ops->attach(&b->links[i], side);

		if (r < 0) {
			fprintf(stderr, "ring: %s: %s\n", b->links[i].ops->name, strerror(-r));
			return r;
		}
	}
	return 0;
}

static int set_up(struct bench *b)
{
	b->n_received =
		mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->n_received == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < MAX_LINKS; i++) {
		struct link *link = &b->links[b->n_links];
		struct figures *f = &b->figures[b->n_links];

		link->ops = all_ops[i];
		if (link->ops->create(link) < 0)
			continue;
		f->one_way_ns = calloc(N_ROUNDS * N_BOUNCES, sizeof(double));
		f->per_record_ns = calloc(N_ROUNDS, sizeof(double));
		if (!f->one_way_ns || !f->per_record_ns)
			return -ENOMEM;
		b->n_links++;
	}
	return 0;
}

/** Our figures against every peer's: iceoryx gives the plain name, the others are named in it. */
static void print_figures(struct bench *b)
{
	const struct figures *ours = &b->figures[0];

	for (size_t i = 0; i < b->n_links; i++) {
		bench_sort(b->figures[i].one_way_ns, N_ROUNDS * N_BOUNCES);
		bench_sort(b->figures[i].per_record_ns, N_ROUNDS);
	}
	for (size_t i = 1; i < b->n_links; i++) {
		static const struct {
			const char *name;
			double q;
		} quantiles[] = {{"p50", 0.5}, {"p99", 0.99}};
		const struct figures *peer = &b->figures[i];
		const char *peer_name = b->links[i].ops->name;
		const char *suffix = b->links[i].ops == &link_iceoryx ? "" : peer_name;
		char name[64];

		for (size_t k = 0; k < sizeof(quantiles) / sizeof(quantiles[0]); k++) {
			snprintf(name, sizeof(name), "ring.oneway.%s%s%s", quantiles[k].name,
				*suffix ? "." : "", suffix);
			bench_print(name, bench_at(ours->one_way_ns, N_ROUNDS * N_BOUNCES, quantiles[k].q),
				"ns", peer_name,
				bench_at(peer->one_way_ns, N_ROUNDS * N_BOUNCES, quantiles[k].q));
		}
		if (!can_stream(&b->links[i]))
			continue;
		snprintf(name, sizeof(name), "ring.throughput%s%s", *suffix ? "." : "", suffix);
		bench_print(name, 1e9 / bench_at(ours->per_record_ns, N_ROUNDS, 0.5), "records/s", peer_name,
			1e9 / bench_at(peer->per_record_ns, N_ROUNDS, 0.5));
	}
}

/** One of the two processes. It ends with exit(), so that iceoryx takes leave of its daemon. */
static pid_t spawn_side(struct bench *b, int side, int cpu)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)bench_pin(cpu);
	if (attach_all(b, side) < 0)
		exit(1);
	run_side(b, side);
	if (side == 0)
		print_figures(b);
	exit(0);
}

/** Wait for both; when one fails the other would wait for it for ever. @return 0, or 1 when one failed. */
static int wait_for_sides(pid_t pid[2])
{
	int failed = 0;

	for (int n = 0; n < 2; n++) {
		int status;
		pid_t ended = wait4(-1, &status, 0, NULL);

		while (ended > 0 && ended != pid[0] && ended != pid[1])
			ended = wait4(-1, &status, 0, NULL); /* a daemon that ended by itself */
		if (ended > 0 && status == 0)
			continue;
		failed = 1;
		kill(pid[ended == pid[0]], SIGKILL);
	}
	return failed;
}

int main(void)
{
	struct bench b = {0};
	int cpu[2] = {bench_nth_cpu(0), bench_nth_cpu(1)}, failed;
	pid_t pid[2];

	if (cpu[0] == cpu[1]) {
		fprintf(stderr, "ring: needs two CPUs\n");
		return 77;
	}
	alarm(WATCHDOG_S); /* should a peer's daemon leave one side waiting */
	b.ns_per_cycle = bench_ns_per_cycle();
	if (set_up(&b) < 0)
		return 1;
	for (int side = 0; side < 2; side++) {
		pid[side] = spawn_side(&b, side, cpu[side]);
		if (pid[side] < 0)
			return 1;
	}
	failed = wait_for_sides(pid);
	for (size_t i = 0; i < b.n_links; i++)
		if (b.links[i].ops->stop)
			b.links[i].ops->stop(&b.links[i]);
	return failed ? 1 : bench_fanout(cpu);
}
