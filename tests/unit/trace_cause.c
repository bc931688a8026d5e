/* SPDX-License-Identifier: MIT */
/* What mos-trace rt says of a missed cycle: each cause alone, and which of two. */
#include <criterion/criterion.h>

#include "rt_cause.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

static const struct rt_other hog = {.comm = "hog", .tid = 4711, .prio = 4};
static const struct rt_context box = {.typical_ns = 100 * US, .tick_ns = 4 * MS};

/** A cycle of 2.67 ms that took 100 us, and was called at once. */
static struct rt_cycle good_cycle(void)
{
	return (struct rt_cycle){.cycle = 100,
		.begin_ns = 1000 * MS,
		.wall_ns = 102 * US,
		.busy_ns = 100 * US,
		.period_ns = 2667 * US,
		.last_call = -1};
}

static void expect(const struct rt_cycle *c, const struct rt_context *x, enum rt_cause cause, uint64_t ns)
{
	struct rt_verdict v = rt_judge(c, x);

	cr_expect_eq(v.cause, cause, "%s instead of %s", rt_cause_word[v.cause], rt_cause_word[cause]);
	cr_expect(v.ns + 200 * US >= ns && v.ns <= ns + 200 * US, "%s: %llu ns instead of %llu",
		rt_cause_word[cause], (unsigned long long)v.ns, (unsigned long long)ns);
}

Test(trace_cause, who_ran_in_our_cycle_is_named)
{
	struct rt_cycle c = good_cycle();
	struct rt_verdict v;

	c.busy_ns = 5 * MS;
	c.preempted = (struct rt_wait){.ns = 4900 * US, .other_ns = 4800 * US, .other = hog};
	expect(&c, &box, RT_CAUSE_PREEMPTED, 4900 * US);
	v = rt_judge(&c, &box);
	cr_expect_eq(v.other.tid, 4711);
	cr_expect_eq(v.other_ns, 4800 * US);
}

Test(trace_cause, who_kept_us_or_the_driver_from_beginning_is_named)
{
	struct rt_cycle c = good_cycle();

	c.late_ns = 6 * MS;
	c.wake = (struct rt_wait){.ns = 5900 * US, .other_ns = 5900 * US, .other = hog};
	expect(&c, &box, RT_CAUSE_WAKEUP, 5900 * US);
	cr_expect_eq(rt_judge(&c, &box).other.tid, 4711);
	c.driver = c.wake;
	c.wake = (struct rt_wait){0};
	expect(&c, &box, RT_CAUSE_DRIVER, 5900 * US);
	cr_expect_eq(rt_judge(&c, &box).other.tid, 4711);
}

Test(trace_cause, a_machine_that_was_stopped_is_told_from_a_core_that_slept)
{
	struct rt_cycle c = good_cycle();
	struct rt_context x = box;

	c.late_ns = 3 * MS;
	c.wake = (struct rt_wait){.ns = 2900 * US, .idle_ns = 2900 * US};
	expect(&c, &x, RT_CAUSE_IDLE, 2900 * US);
	x.stolen_ns = 10 * MS;
	expect(&c, &x, RT_CAUSE_MACHINE, 2900 * US);
	x.stolen_ns = 0;
	c.late_ns = c.wake.ns = c.wake.idle_ns = 20 * MS; /* five ticks: no core sleeps so deeply */
	expect(&c, &x, RT_CAUSE_MACHINE, 20 * MS);
}

Test(trace_cause, a_long_cycle_is_ours_if_its_core_was_ticked)
{
	struct rt_cycle c = good_cycle();

	c.busy_ns = 30 * MS;
	c.n_ticks = 7;
	expect(&c, &box, RT_CAUSE_OWN, 30 * MS);
	c.n_ticks = 1; /* six of seven are missing: it did not run */
	expect(&c, &box, RT_CAUSE_MACHINE, 30 * MS);
	c.busy_ns = 4 * MS; /* too short for ticks to tell */
	expect(&c, &box, RT_CAUSE_OWN, 4 * MS);
}

Test(trace_cause, waiting_in_the_cycle_is_a_page_or_a_call)
{
	struct rt_cycle c = good_cycle();

	c.busy_ns = 8 * MS;
	c.blocked_ns = 7900 * US;
	c.n_faults = 1;
	expect(&c, &box, RT_CAUSE_FAULT, 7900 * US);
	c.n_faults = 0;
	c.n_calls = 1;
	c.call_ns = 7900 * US;
	expect(&c, &box, RT_CAUSE_CALL, 7900 * US);
	c.blocked_ns = c.call_ns = 0;
	c.n_calls = 0;
	c.irq_ns = 7900 * US;
	expect(&c, &box, RT_CAUSE_INTERRUPT, 7900 * US);
}

Test(trace_cause, an_overrun_makes_the_next_cycle_late)
{
	struct rt_cycle c = good_cycle();
	struct rt_context x = box;

	c.late_ns = 9 * MS;
	x.missed_cycle = 99;
	x.missed_end_ns = c.begin_ns - 20 * US;
	expect(&c, &x, RT_CAUSE_FOLLOWS, 9 * MS);
	x.missed_end_ns = c.begin_ns - 50 * MS; /* long ago */
	expect(&c, &x, RT_CAUSE_GRAPH, 9 * MS);
}

Test(trace_cause, the_largest_of_several_is_the_cause)
{
	struct rt_cycle c = good_cycle();

	c.late_ns = 2 * MS;
	c.wake = (struct rt_wait){.ns = 1900 * US, .other_ns = 1900 * US, .other = hog};
	c.busy_ns = 1 * MS;
	c.irq_ns = 800 * US;
	expect(&c, &box, RT_CAUSE_WAKEUP, 1900 * US);
	c.irq_ns = 2100 * US;
	c.busy_ns = 2200 * US;
	expect(&c, &box, RT_CAUSE_INTERRUPT, 2100 * US);
}
