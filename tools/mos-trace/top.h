/* SPDX-License-Identifier: MIT */
/* Figures of one thread, added up by top.bpf.c. Shared with the user side. */
#ifndef MOS_TRACE_TOP_H
#define MOS_TRACE_TOP_H

#include "hist.h"

#define TOP_THREADS_MAX 1024
#define TOP_PROCESSES_MAX 1024
#define TOP_WAKERS_MAX 4096
#define TOP_COMM_LEN 16

struct top_thread {
	__u64 run_ns;
	__u64 switches;  /* times it was taken off its core */
	__u64 preempted; /* of these, while it wanted to run on */
	__u64 wakeups;
	__u64 syscalls;
	__u64 faults;
	__u64 on_ns;     /* runs since; 0: it does not */
	__u64 queued_ns; /* wants to run since; 0: it does not, or it does run */
	__u32 tgid;
	__s32 prio;   /* the kernel's: 0..99 real-time (99 - rtprio), 120 + nice */
	__u32 policy; /* SCHED_... */
	__u32 reserved;
	char comm[TOP_COMM_LEN];
	struct hist wait; /* from wanting to run to running */
};

struct top_wake {
	__u32 tid;   /* who was woken */
	__u32 waker; /* by which thread; 0: by an interrupt, a timer's mostly */
};

struct top_waker {
	__u64 n;
	char comm[TOP_COMM_LEN];
};

#endif
