/* SPDX-License-Identifier: MIT */
#include "rt_cause.h"

const char *const rt_cause_word[RT_N_CAUSES] = {
#define X(name, word, what) word,
	RT_CAUSES(X)
#undef X
};
const char *const rt_cause_what[RT_N_CAUSES] = {
#define X(name, word, what) what,
	RT_CAUSES(X)
#undef X
};

static void consider(struct rt_verdict *best, enum rt_cause cause, uint64_t ns)
{
	if (ns > best->ns)
		*best = (struct rt_verdict){.cause = cause, .ns = ns};
}

/** A hold-up is somebody's, or nobody's: then the core slept, or the machine did not run. */
static void consider_wait(struct rt_verdict *best, enum rt_cause cause, const struct rt_wait *w,
	uint64_t at_most_ns, const struct rt_context *x)
{
	uint64_t ns = w->ns < at_most_ns ? w->ns : at_most_ns;

	if (ns <= best->ns)
		return;
	if (w->other_ns >= w->ns / 2)
		*best = (struct rt_verdict){cause, ns, w->other, w->other_ns};
	else if (x->stolen_ns >= ns / 2 || ns > 2 * x->tick_ns)
		consider(best, RT_CAUSE_MACHINE, ns); /* no core needs two ticks to wake up */
	else if (w->idle_ns >= w->ns / 2)
		consider(best, RT_CAUSE_IDLE, ns);
	else
		*best = (struct rt_verdict){cause, ns, w->other, w->other_ns};
}

/** Time in which the thread had the core, and that no task and no interrupt took from it. */
static void consider_own(
	struct rt_verdict *best, const struct rt_cycle *c, uint64_t taken_ns, const struct rt_context *x)
{
	uint64_t own = c->busy_ns > taken_ns ? c->busy_ns - taken_ns : 0;
	uint64_t excess = own > x->typical_ns ? own - x->typical_ns : 0;
	uint64_t ticks_ns = c->n_ticks * x->tick_ns;
	/* a core that runs is ticked; one that was stopped has lost its ticks */
	int is_unticked = own > 3 * x->tick_ns && ticks_ns < own / 2;

	consider(best, x->stolen_ns >= excess / 2 + 1 || is_unticked ? RT_CAUSE_MACHINE : RT_CAUSE_OWN,
		excess);
}

struct rt_verdict rt_judge(const struct rt_cycle *c, const struct rt_context *x)
{
	struct rt_verdict v = {.cause = RT_CAUSE_GRAPH};
	uint64_t taken = c->preempted.ns + c->blocked_ns + c->irq_ns;
	uint64_t call_ns = c->call_ns > c->blocked_ns ? c->call_ns - c->blocked_ns : 0;
	uint64_t known = c->wake.ns + c->driver.ns, gap = c->begin_ns - x->missed_end_ns;

	/* what happened before counts as far as it made us late */
	if (x->missed_cycle && c->begin_ns >= x->missed_end_ns && gap < c->late_ns) {
		consider(&v, RT_CAUSE_FOLLOWS, c->late_ns - gap);
		known += c->late_ns - gap;
	}
	consider_wait(&v, RT_CAUSE_WAKEUP, &c->wake, c->late_ns, x);
	consider_wait(&v, RT_CAUSE_DRIVER, &c->driver, c->late_ns, x);
	consider_wait(&v, RT_CAUSE_PREEMPTED, &c->preempted, c->busy_ns, x);
	consider(&v, c->n_faults ? RT_CAUSE_FAULT : RT_CAUSE_CALL, c->blocked_ns);
	if (c->n_calls)
		consider(&v, RT_CAUSE_CALL, call_ns);
	consider(&v, RT_CAUSE_INTERRUPT, c->irq_ns);
	consider_own(&v, c, taken, x);
	consider(&v, x->stolen_ns >= c->late_ns / 2 + 1 ? RT_CAUSE_MACHINE : RT_CAUSE_GRAPH,
		c->late_ns > known ? c->late_ns - known : 0);
	return v;
}
