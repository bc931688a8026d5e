/* SPDX-License-Identifier: MIT */
/* The second thread of the audio cycle: who does what, who waits, and what happens when it is held up. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "apollo/float_mode.h"
#include "apollo/workers.h"

#define UNITS 40u
#define LONG_NS INT64_C(20000000000)

static struct workers *workers;

static void end(void)
{
	workers_destroy(workers);
}

static void begin_offline(void)
{
	cr_assert_eq(workers_create(&(struct workers_options){0}, &workers), 0);
}

static void begin_live(void)
{
	cr_assert_eq(workers_create(&(struct workers_options){.is_live = 1}, &workers), 0);
}

struct sums {
	uint32_t done[UNITS];  /* times */
	float value[UNITS];
	uint64_t mode[UNITS];
	_Atomic uint32_t by[WORKERS_MAX];
};

static void add(void *data, uint32_t unit, uint32_t worker) MOS_RT
{
	struct sums *s = data;

	s->done[unit]++;
	s->mode[unit] = float_mode();
	for (uint32_t i = 0; i < 200; i++)
		s->value[unit] = s->value[unit] * 0.99f + (float)unit;
	atomic_fetch_add(&s->by[worker], 1);
}

static void run_many(void)
{
	static struct sums s;
	struct workers_figures f;
	uint32_t job, last = 0;

	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t n = 1 + i % UNITS;

		memset(&s, 0, sizeof(s));
		while (!workers_are_free(workers))
			;
		cr_assert_eq(workers_run(workers, add, &s, n, &job), WORKERS_UNITS);
		cr_assert_neq(job, last);
		cr_assert_not(workers_is_late(workers, job));
		last = job;
		for (uint32_t u = 0; u < UNITS; u++)
			cr_assert_eq(s.done[u], u < n, "job %u: unit %u was done %u times", i, u, s.done[u]);
		cr_assert_eq(s.by[0] + s.by[1], n);
	}
	workers_figures(workers, &f);
	cr_assert_eq(f.late, 0);
}

Test(workers, each_unit_once, .init = begin_offline, .fini = end, .timeout = 60,
	.description = "TIM-06: work that is divided is done once, all of it, before the job returns")
{
	run_many();
}

Test(workers, each_unit_once_live, .init = begin_live, .fini = end, .timeout = 60,
	.description = "TIM-06: the same of a thread that sleeps between cycles")
{
	workers_set_patience(workers, LONG_NS);
	run_many();
}

/* Wait inside of a unit until the other one is there, so that each thread has one. */
struct pair {
	_Atomic uint32_t n_inside;
	_Atomic uint32_t is_held; /* the worker stays where it is */
	uint64_t mode[WORKERS_MAX];
	_Atomic uint32_t left; /* units that the worker has left */
};

static void meet(void *data, uint32_t unit, uint32_t worker) MOS_RT
{
	struct pair *p = data;

	(void)unit;
	p->mode[worker] = float_mode();
	atomic_fetch_add(&p->n_inside, 1);
	while (atomic_load(&p->n_inside) < 2)
		;
	while (worker == 1 && atomic_load(&p->is_held))
		;
	atomic_fetch_add(&p->left, worker);
}

Test(workers, float_mode, .init = begin_offline, .fini = end, .timeout = 60,
	.description = "TIM-06: both threads round alike: denormal numbers are 0 where they are for the audio thread")
{
	static struct pair p;
	uint64_t before = float_mode();
	uint32_t job;

	float_mode_set(before | 0x8040); /* of x86: flush to zero, denormals are zero; of Arm: nothing that is in force */
	cr_assert_eq(workers_run(workers, meet, &p, 2, &job), WORKERS_UNITS);
	cr_expect_eq(p.mode[0], p.mode[1]);
	float_mode_set(before);
	p.n_inside = 0;
	while (!workers_are_free(workers))
		;
	cr_assert_eq(workers_run(workers, meet, &p, 2, &job), WORKERS_UNITS);
	cr_expect_eq(p.mode[1], before);
}

Test(workers, held_up, .init = begin_live, .fini = end, .timeout = 60,
	.description = "TIM-17: a worker that is held up in the middle of a unit is not waited for beyond the "
		       "audio thread's patience; it has that unit until it is done")
{
	static struct pair p = {.is_held = 1};
	static struct sums after;
	struct workers_figures f;
	uint32_t job, unit;

	workers_set_patience(workers, 1000000);
	unit = workers_run(workers, meet, &p, 2, &job);
	cr_assert_lt(unit, 2);
	cr_assert(workers_is_late(workers, job));
	cr_assert_not(workers_is_late(workers, job - 1));
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert_not(workers_are_free(workers));
	workers_figures(workers, &f);
	cr_expect_eq(f.late, 1);
	atomic_store(&p.is_held, 0);
	workers_await(workers, job);
	cr_expect_eq(p.left, 1, "what it wrote is there");
	while (!workers_are_free(workers)) /* it is left alone for a while */
		;
	workers_set_patience(workers, LONG_NS);
	cr_expect_eq(workers_run(workers, add, &after, UNITS, &job), WORKERS_UNITS);
	for (uint32_t u = 0; u < UNITS; u++)
		cr_expect_eq(after.done[u], 1);
}

Test(workers, starved, .fini = end, .timeout = 60,
	.description = "TIM-17: units that the worker has not begun are the audio thread's: one that never gets a "
		       "processor costs nothing but its help")
{
	const struct sched_param param = {.sched_priority = 1};
	static struct sums s;
	cpu_set_t one;
	uint32_t job;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	cr_assert_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	begin_live();
	if (sched_setscheduler(0, SCHED_FIFO, &param) < 0)
		cr_skip("no right to SCHED_FIFO, under which the worker does not run");
	workers_set_patience(workers, 1000000);
	for (uint32_t i = 0; i < 100; i++)
		cr_assert_eq(workers_run(workers, add, &s, UNITS, &job), WORKERS_UNITS);
	cr_assert_eq(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0}), 0);
	cr_expect_eq(s.by[0], 100 * UNITS);
	cr_expect_eq(s.by[1], 0);
}
