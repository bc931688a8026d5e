/* SPDX-License-Identifier: MIT */
/**
 * What the BPF programs know of the kernel: the few structs and fields that they read. CO-RE finds where each
 * field lies in the running kernel. Included first in every NAME.bpf.c.
 */
#ifndef MOS_TRACE_KERNEL_H
#define MOS_TRACE_KERNEL_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s32 int32_t;
typedef __s64 int64_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	uint32_t cpu;
};

struct task_struct {
	struct thread_info thread_info;
	int pid, tgid;
	int prio;
	unsigned int policy;
	char comm[16];
};

#pragma clang attribute pop

/** The thread that runs now. */
static inline uint32_t current_tid(void)
{
	return (uint32_t)bpf_get_current_pid_tgid();
}

static inline uint32_t current_tgid(void)
{
	return (uint32_t)(bpf_get_current_pid_tgid() >> 32);
}

/** The core that a thread runs on, or will. */
static inline uint32_t task_core(const struct task_struct *p)
{
	return p->thread_info.cpu;
}

#endif
