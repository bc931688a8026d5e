/* SPDX-License-Identifier: MIT */
#include "workers.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../../shm/probe.h"
#include "../rt_trusted.h"
#include "float_mode.h"

#define PATIENCE_NS 1000000 /* until the audio thread says how long */
#define IDLE_LIVE_NS 50000  /* the next block of a cycle comes within that, the next cycle does not */
#define IDLE_NS 200000
#define SPIN_NS 200000 /* offline, before it sleeps */
#define ALONE_MAX 256u
#define HELP_PART 4u    /* one unit in so many is a help */
#define SHORT_NS 80000 /* live, where it sleeps in between: what takes no longer is not worth waking it */
#define LOOK_EACH 64u /* turns of a loop that spins, between two looks at the clock */

struct workers {
	/* The audio thread's, for both to take from: the job's number, below it the end of the units that nobody has
	 * taken, below that the first of them. What the other fields say belongs to a job from which a unit could be
	 * taken after they were read. */
	alignas(64) _Atomic uint64_t claim;
	_Atomic(workers_unit_fn) unit;
	_Atomic(void *) data;
	_Atomic uint64_t mode;
	_Atomic uint64_t late; /* units of late_job that the audio thread no longer waits for */
	_Atomic uint32_t late_job;
	_Atomic uint32_t is_awaited;
	int64_t patience_ns, begun_ns;
	uint32_t n_alone, n_alone_next; /* jobs that it is left out of: now, and when it is waited for once more */
	_Atomic uint64_t n_late;
	/* the worker's */
	alignas(64) _Atomic uint64_t done; /* bit per unit; emptied by the audio thread between jobs */
	_Atomic uint32_t is_asleep;
	_Atomic uint64_t n_done;
	int is_live, bell_fd, done_fd;
	_Atomic uint32_t is_ending;
	pthread_t thread;
};

static int64_t now_ns(void) MOS_RT
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static void relax(void) MOS_RT
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static uint64_t claim_of(uint32_t job, uint32_t n_units) MOS_RT
{
	return (uint64_t)job << 32 | (uint64_t)n_units << 16;
}

static int is_exhausted(uint64_t claim) MOS_RT
{
	return (uint16_t)claim == (uint16_t)(claim >> 16);
}

struct taken {
	workers_unit_fn run;
	void *data;
	uint64_t mode;
	uint32_t job, unit;
};

/*
 * The audio thread takes them from the front and the worker from the back: from job to job most of what a unit touches
 * stays in the cache of one processor. @return 0: there is nothing to do.
 */
static int take(struct workers *w, uint32_t worker, struct taken *ret) MOS_RT
{
	uint64_t claim = atomic_load_explicit(&w->claim, memory_order_acquire); /* pairs with workers_run() */

	do {
		if (is_exhausted(claim))
			return 0;
		*ret = (struct taken){.run = atomic_load_explicit(&w->unit, memory_order_relaxed),
			.data = atomic_load_explicit(&w->data, memory_order_relaxed),
			.mode = atomic_load_explicit(&w->mode, memory_order_relaxed),
			.job = (uint32_t)(claim >> 32),
			.unit = worker ? (uint16_t)(claim >> 16) - 1u : (uint16_t)claim};
	} while (!atomic_compare_exchange_weak_explicit(
		&w->claim, &claim, worker ? claim - (1u << 16) : claim + 1, memory_order_acquire, memory_order_acquire));
	return 1;
}

/* --- The worker --- */

static int work(struct workers *w)
{
	struct taken t;

	if (!take(w, 1, &t))
		return 0;
	if (float_mode() != t.mode)
		float_mode_set(t.mode);
	MOS_PROBE(worker_begin, t.job, t.unit);
	t.run(t.data, t.unit, 1);
	MOS_PROBE(worker_end, t.job, t.unit);
	atomic_fetch_add_explicit(&w->n_done, 1, memory_order_relaxed);
	/* what the unit wrote goes with it; in one order with is_awaited, see join() */
	atomic_fetch_or_explicit(&w->done, UINT64_C(1) << t.unit, memory_order_seq_cst);
	if (atomic_load_explicit(&w->is_awaited, memory_order_seq_cst) && atomic_exchange(&w->is_awaited, 0))
		trusted_ring(w->done_fd);
	return 1;
}

static int has_work(const struct workers *w)
{
	return !is_exhausted(atomic_load_explicit(&w->claim, memory_order_seq_cst)) ||
	       atomic_load_explicit(&w->is_ending, memory_order_acquire);
}

static void sleep_until_rung(struct workers *w)
{
	atomic_store_explicit(&w->is_asleep, 1, memory_order_seq_cst); /* in one order with the claim */
	if (!has_work(w))
		trusted_wait(w->bell_fd);
	atomic_store_explicit(&w->is_asleep, 0, memory_order_relaxed);
}

static void *run(void *data)
{
	struct workers *w = data;
	int64_t idle_ns = w->is_live ? IDLE_LIVE_NS : IDLE_NS, since_ns = now_ns();

	while (!atomic_load_explicit(&w->is_ending, memory_order_acquire)) {
		if (work(w)) {
			since_ns = now_ns();
			continue;
		}
		for (uint32_t i = 0; i < LOOK_EACH && !has_work(w); i++)
			relax();
		if (now_ns() - since_ns > idle_ns) {
			sleep_until_rung(w);
			since_ns = now_ns();
		}
	}
	return NULL;
}

/* --- The audio thread --- */

void workers_set_patience(struct workers *w, int64_t ns) MOS_RT
{
	w->patience_ns = ns;
}

int workers_is_late(const struct workers *w, uint32_t job) MOS_RT
{
	return atomic_load_explicit(&w->late_job, memory_order_acquire) == job &&
	       (atomic_load_explicit(&w->late, memory_order_acquire) &
		       ~atomic_load_explicit(&w->done, memory_order_acquire)) != 0;
}

int workers_are_free(struct workers *w) MOS_RT
{
	if (workers_is_late(w, atomic_load_explicit(&w->late_job, memory_order_relaxed)))
		return 0;
	if (w->n_alone == 0)
		return 1;
	w->n_alone--;
	return 0;
}

/* Ringing for it, and waiting, cost more than it brings where it did little, or was long about it. */
static void judge(struct workers *w, int has_helped) MOS_RT
{
	if (has_helped) {
		w->n_alone_next /= 2;
		return;
	}
	w->n_alone = w->n_alone_next = w->n_alone_next * 2 < ALONE_MAX ? w->n_alone_next * 2 + 1 : ALONE_MAX;
}

/* Until these units, of so many in all, are done. @return those that are not. */
static uint64_t join(struct workers *w, uint64_t units, uint32_t n_units) MOS_RT
{
	int64_t until_ns = 0, now;
	int has_helped = (uint32_t)__builtin_popcountll(units) * HELP_PART >= n_units;
	uint64_t open;

	for (uint32_t turn = 1; (open = units & ~atomic_load_explicit(&w->done, memory_order_acquire)) != 0; turn++) {
		relax();
		if (turn % LOOK_EACH)
			continue;
		now = now_ns();
		until_ns = until_ns ? until_ns : now + (w->is_live ? w->patience_ns : SPIN_NS);
		if (now < until_ns)
			continue;
		has_helped = 0;
		if (w->is_live)
			break;
		atomic_store_explicit(&w->is_awaited, 1, memory_order_seq_cst);
		if (units & ~atomic_load_explicit(&w->done, memory_order_seq_cst))
			trusted_wait(w->done_fd);
		atomic_store_explicit(&w->is_awaited, 0, memory_order_relaxed);
	}
	if (w->is_live && now_ns() - w->begun_ns < SHORT_NS)
		has_helped = 0;
	judge(w, has_helped);
	return open;
}

static uint32_t publish(struct workers *w, workers_unit_fn unit, void *data, uint32_t n_units) MOS_RT
{
	uint32_t job = (uint32_t)(atomic_load_explicit(&w->claim, memory_order_relaxed) >> 32) + 1;

	atomic_store_explicit(&w->late, 0, memory_order_relaxed);
	atomic_store_explicit(&w->done, 0, memory_order_release);
	atomic_store_explicit(&w->unit, unit, memory_order_relaxed);
	atomic_store_explicit(&w->data, data, memory_order_relaxed);
	atomic_store_explicit(&w->mode, float_mode(), memory_order_relaxed);
	/* in one order with is_asleep: either it is rung, or it sees this before it sleeps */
	atomic_store_explicit(&w->claim, claim_of(job, n_units), memory_order_seq_cst);
	if (atomic_load_explicit(&w->is_asleep, memory_order_seq_cst) && atomic_exchange(&w->is_asleep, 0))
		trusted_ring(w->bell_fd);
	return job;
}

uint32_t workers_run(
	struct workers *w, workers_unit_fn unit, void *data, uint32_t n_units, uint32_t *ret_job) MOS_RT
{
	uint64_t others = n_units < 64 ? (UINT64_C(1) << n_units) - 1 : UINT64_MAX, late;
	uint32_t job = *ret_job = publish(w, unit, data, n_units);
	struct taken t;

	w->begun_ns = w->is_live ? now_ns() : 0;
	while (take(w, 0, &t)) {
		unit(data, t.unit, 0);
		others &= ~(UINT64_C(1) << t.unit);
	}
	late = join(w, others, n_units);
	if (!late)
		return WORKERS_UNITS;
	atomic_fetch_add_explicit(&w->n_late, 1, memory_order_relaxed);
	atomic_store_explicit(&w->late_job, job, memory_order_relaxed);
	atomic_store_explicit(&w->late, late, memory_order_release);
	return (uint32_t)__builtin_ctzll(late);
}

void workers_figures(const struct workers *w, struct workers_figures *ret) MOS_RT
{
	ret->units = atomic_load_explicit(&w->n_done, memory_order_relaxed);
	ret->late = atomic_load_explicit(&w->n_late, memory_order_relaxed);
}

/* --- Setup --- */

void workers_await(const struct workers *w, uint32_t job)
{
	while (workers_is_late(w, job))
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* As high as it may be. */
static int set_priority(pthread_t thread, int priority)
{
	struct sched_param param = {.sched_priority = priority};
	struct rlimit lim = {0};

	if (priority == 0 || pthread_setschedparam(thread, SCHED_FIFO, &param) == 0)
		return 0;
	(void)getrlimit(RLIMIT_RTPRIO, &lim);
	if (lim.rlim_cur == 0 || lim.rlim_cur >= (rlim_t)priority)
		return -EPERM;
	param.sched_priority = (int)lim.rlim_cur;
	return -pthread_setschedparam(thread, SCHED_FIFO, &param);
}

int workers_create(const struct workers_options *o, struct workers **ret)
{
	struct workers *w = aligned_alloc(64, sizeof(*w));
	sigset_t all, old;
	int r;

	if (!w)
		return -ENOMEM;
	memset((void *)w, 0, sizeof(*w));
	w->is_live = o->is_live;
	w->patience_ns = PATIENCE_NS;
	w->bell_fd = eventfd(0, EFD_CLOEXEC);
	w->done_fd = eventfd(0, EFD_CLOEXEC);
	r = w->bell_fd < 0 || w->done_fd < 0 ? -errno : 0;
	if (r == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		r = -pthread_create(&w->thread, NULL, run, w);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (r == 0) {
		(void)pthread_setname_np(w->thread, "mos-worker");
		r = set_priority(w->thread, o->priority);
		if (r == 0) {
			*ret = w;
			return 0;
		}
		workers_destroy(w);
		return r;
	}
	if (w->bell_fd >= 0)
		close(w->bell_fd);
	if (w->done_fd >= 0)
		close(w->done_fd);
	free(w);
	return r;
}

void workers_destroy(struct workers *w)
{
	if (!w)
		return;
	atomic_store_explicit(&w->is_ending, 1, memory_order_release);
	trusted_ring(w->bell_fd);
	(void)pthread_join(w->thread, NULL);
	close(w->bell_fd);
	close(w->done_fd);
	free(w);
}
