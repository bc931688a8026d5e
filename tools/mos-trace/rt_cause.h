/* SPDX-License-Identifier: MIT */
/** Why a cycle was missed: the largest of what made it late or long. Pure. */
#ifndef MOS_TRACE_RT_CAUSE_H
#define MOS_TRACE_RT_CAUSE_H

#include <stdbool.h>
#include <stddef.h>

#include "rt.h"

#define RT_CAUSES(X)                                                                                         \
	X(PREEMPTED, "pre-emption", "another task ran in the middle of our cycle")                           \
	X(WAKEUP, "late wake-up", "another task ran when we were to begin")                                  \
	X(DRIVER, "late driver", "another task ran when the driver of the graph was to begin")               \
	X(MACHINE, "virtual machine",                                                                        \
		"the processor was taken away from the machine: no task, no tick explains the time")         \
	X(IDLE, "slow core", "the core was idle and took its time to begin")                                 \
	X(INTERRUPT, "interrupts", "interrupts ran in the middle of our cycle")                              \
	X(FAULT, "page fault", "the cycle waited for a page")                                                \
	X(CALL, "system call", "the cycle was in the kernel")                                                \
	X(OWN, "long cycle", "rtcore itself took long: mos-trace cycle tells in which stage")                \
	X(FOLLOWS, "follows", "the cycle before it had overrun")                                             \
	X(GRAPH, "graph",                                                                                    \
		"the graph called late, and none of the above explains it: a node before us, or a late "     \
		"timer")

enum rt_cause {
#define X(name, word, what) RT_CAUSE_##name,
	RT_CAUSES(X)
#undef X
		RT_N_CAUSES,
};

extern const char *const rt_cause_word[RT_N_CAUSES], *const rt_cause_what[RT_N_CAUSES];

/** What is known beside the cycle itself. */
struct rt_context {
	uint64_t typical_ns;   /**< the median cycle's time */
	uint64_t tick_ns;      /**< between two timer ticks of a busy core */
	uint64_t stolen_ns;    /**< what the kernel counted as stolen from this core about then */
	uint64_t missed_cycle; /**< the last cycle missed before, 0: none; and when it ended */
	uint64_t missed_end_ns;
};

struct rt_verdict {
	enum rt_cause cause;
	uint64_t ns;           /**< so long */
	struct rt_other other; /**< PREEMPTED, WAKEUP, DRIVER: who; tid 0 else */
	uint64_t other_ns;     /**< of it, this one alone */
};

struct rt_verdict rt_judge(const struct rt_cycle *c, const struct rt_context *context);

#endif
