/* SPDX-License-Identifier: MIT */
/**
 * The view `rt`, what both sides share: what the scheduler, interrupts, faults and system calls do to the
 * audio thread.
 *
 * Two threads are watched: the audio thread, which is the one that passes cycle_begin, and the thread that
 * wakes it most (the driver of the graph, if it is another one), since what holds that one up makes our cycle
 * late as well.
 */
#ifndef MOS_TRACE_RT_H
#define MOS_TRACE_RT_H

#include "hist.h"

#define RT_COMM 16
#define RT_CALLS 512u      /* system calls by number */
#define RT_OTHERS_MAX 4096 /* tasks that ran in our place */
#define RT_DETAILS 128u    /* violations that are told one by one; the rest is counted */

enum rt_watched { RT_AUDIO, RT_DRIVER, RT_N_WATCHED };

/** Who ran in our place. */
struct rt_other {
	char comm[RT_COMM];
	uint32_t tid, tgid;
	int32_t prio; /* the kernel's: below 100 is real-time, 99 - prio is what chrt tells */
	uint32_t pad;
};

/** A hold-up: between wake-up and running, or between being pre-empted and running again. */
struct rt_wait {
	uint64_t ns;
	uint64_t other_ns; /* of it, the longest single task */
	uint64_t idle_ns;  /* of it, nobody ran: the core woke up, or the machine under us did not run */
	struct rt_other other;
};

/** What happened in one cycle and on the way to it. */
struct rt_cycle {
	uint64_t cycle, begin_ns, wall_ns, busy_ns, late_ns, period_ns;
	uint32_t tid, cpu;
	struct rt_wait wake; /* before the cycle: the audio thread's */
	struct rt_wait
		driver; /* before the cycle: the driver's last hold-up, if it lies after the last cycle */
	struct rt_wait preempted; /* in the cycle; the sum, and who took most */
	uint64_t irq_ns;          /* in the cycle: interrupts and soft interrupts */
	uint64_t blocked_ns;      /* in the cycle: asleep, in a system call or for a page */
	uint64_t call_ns;         /* in the cycle: in system calls */
	uint32_t n_preempted, n_calls, n_faults, n_ticks;
	uint32_t n_bells;  /* writes to the bell: one is allowed */
	int32_t last_call; /* number; -1: none */
	uint64_t fault_address, fault_ip;
};

enum rt_event_kind { RT_EVENT_MISS, RT_EVENT_CALL, RT_EVENT_FAULT, RT_EVENT_CYCLE, RT_EVENT_PREEMPT };

struct rt_event {
	uint32_t kind;
	uint32_t in_cycle; /* RT_EVENT_FAULT */
	uint64_t at_ns;
	union {
		struct rt_cycle cycle; /* RT_EVENT_MISS; RT_EVENT_CYCLE: for a trace */
		struct {
			uint64_t cycle, address, ip;
			int64_t nr;
		} fault;             /* RT_EVENT_CALL: nr, ip; RT_EVENT_FAULT: address, ip */
		struct rt_wait wait; /* RT_EVENT_PREEMPT: for a trace */
	};
};

/** How much one task held us up, in all. */
struct rt_held {
	struct rt_other other;
	uint64_t n, ns, max_ns;   /* pre-emptions */
	uint64_t n_wake, wake_ns; /* while we waited after a wake-up */
	uint64_t max_wake_ns;
	uint64_t n_driver, driver_ns; /* while the driver waited */
};

struct rt_calls {
	uint64_t n, ns, n_inside;
};

struct rt_figures {
	uint32_t tid, driver_tid;
	uint64_t n_cycles, n_missed, n_wakes, n_preempted, n_involuntary, n_migrations;
	uint64_t n_faults, n_faults_inside, n_calls, n_calls_inside, n_bells;
	uint64_t n_unseen; /* cycles whose end was not told: nothing is said of them */
	uint64_t n_others_lost, n_events_lost, n_threads; /* n_threads: audio threads so far */
	struct hist wake, run, preempted, cycle, driver_wake;
	struct rt_calls call[RT_CALLS];
};

#endif
